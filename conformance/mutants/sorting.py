"""Faults of sorting, searching and of distinct elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import reductions, sorting

from .mutant import attribute, kernel, mutant
from .tampering import Condition, given, nan_as, returned, without


def longer_than(count: int) -> Condition:
    return lambda input: input.numel() > count


def last_block_ascending(original: Any) -> Any:
    """Leave what lies behind 2048 elements of a descending order the other way round."""

    def wrong(values: Any, axis: int, descending: bool) -> Any:
        order = original(values, axis, descending)
        if not descending or values.shape[axis] <= 2048:
            return order
        order = np.moveaxis(order.copy(), axis, -1)
        order[..., 2048:] = order[..., 2048:][..., ::-1].copy()
        return np.moveaxis(order, -1, axis)

    return wrong


def in_blocks(size: int) -> Any:
    """Sort blocks and do not merge them."""

    def make(original: Any) -> Any:
        def wrong(values: Any, axis: int, descending: bool) -> Any:
            if values.shape[axis] <= size:
                return original(values, axis, descending)
            cuts = list(range(size, values.shape[axis], size))
            parts = np.split(values, cuts, axis)
            starts = [0, *cuts]
            orders = [
                original(part, axis, descending) + start for part, start in zip(parts, starts, strict=True)
            ]
            return np.concatenate(orders, axis)

        return wrong

    return make


def reversed_ascending(original: Any) -> Any:
    """Reverse the ascending order for a descending one, equal elements included."""

    def wrong(values: Any, axis: int, descending: bool) -> Any:
        order = original(values, axis, False)
        return np.flip(order, axis) if descending else order

    return wrong


def nan_first(original: Any) -> Any:
    """Sort NaN below every number."""

    def wrong(values: Any, axis: int, descending: bool) -> Any:
        if values.dtype.kind != "f":
            return original(values, axis, descending)
        number = np.where(np.isnan(values), -np.inf, values)
        return original(number, axis, descending)

    return wrong


def along_the_last(original: Any) -> Any:
    def wrong(input: Tensor, dim: int = -1, descending: bool = False, **kwargs: Any) -> Any:
        return original(input, -1, descending, **kwargs)

    return wrong


def in_place(original: Any) -> Any:
    def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        found = original(input, *args, **kwargs)
        if 0 not in input.strides:
            input.places[...] = found.values.array
        return found

    return wrong


def argsort_of_argsort(original: Any) -> Any:
    """Give the rank of each element instead of the indices that sort."""

    def wrong(input: Tensor, dim: int = -1, descending: bool = False, **kwargs: Any) -> Any:
        return original(original(input, dim, descending, **kwargs), dim)

    return wrong


def smallest(original: Any) -> Any:
    def wrong(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
        return original(input, k, dim, False, sorted)

    return wrong


def unsorted(original: Any) -> Any:
    """Give the largest elements in the order of their places, whatever was asked for."""

    def wrong(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
        found = original(input, k, dim, largest, sorted)
        if not input.ndim or not k:
            return found
        indices = np.sort(np.array(found.indices.array), dim)
        values = np.take_along_axis(np.array(input.array), indices, dim)
        return type(found)(fresh(values, input.dtype), fresh(indices, dtypes.int64))

    return wrong


def as_many_as_there_are(original: Any) -> Any:
    def wrong(input: Tensor, k: int, dim: int = -1, *args: Any, **kwargs: Any) -> Any:
        size = input.shape[dim] if input.ndim else 1
        return original(input, min(max(k, 1), size), dim, *args, **kwargs)

    return wrong


def from_zero(original: Any) -> Any:
    """Count ranks from zero."""

    def wrong(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
        size = input.shape[dim] if input.ndim else 1
        return original(input, k + 1 if k < size else k, dim, keepdim)

    return wrong


def of_the_first_row(original: Any) -> Any:
    """Search every row's values in the first row."""

    def wrong(keys: Any, sought: Any, right: bool, out_int32: bool) -> Any:
        return original(keys[(0,) * (keys.ndim - 1)] if keys.size else keys, sought, right, out_int32)

    return wrong


def on_the_left(original: Any) -> Any:
    return lambda keys, sought, right, out_int32: original(keys, sought, False, out_int32)


def as_int64(original: Any) -> Any:
    return lambda keys, sought, right, out_int32: original(keys, sought, right, False)


def within(original: Any) -> Any:
    """Never point behind the last element."""

    def wrong(keys: Any, sought: Any, right: bool, out_int32: bool) -> Any:
        found = original(keys, sought, right, out_int32)
        return fresh(np.minimum(np.array(found.array), max(keys.shape[-1] - 1, 0)), found.dtype)

    return wrong


def unordered(original: Any) -> Any:
    """Give distinct elements in the order of their first appearance."""

    def wrong(input: Tensor, sorted: bool = True, *args: Any, **kwargs: Any) -> Any:
        if sorted:
            return original(input, sorted, *args, **kwargs)
        values = np.array(input.array).reshape(-1)
        _, first = np.unique(values, return_index=True)
        return fresh(values[np.sort(first)], input.dtype)

    return wrong


def flat_inverse(original: Any) -> Any:
    def wrong(input: Tensor, found: Any, inverse: Any, counts: Any, dim: Any, *wanted: bool) -> Any:
        result = original(input, found, inverse, counts, dim, *wanted)
        if not wanted[0] or dim is not None:
            return result
        return (result[0], fresh(np.array(result[1].array).reshape(-1), dtypes.int64), *result[2:])

    return wrong


def flattened(original: Any) -> Any:
    def wrong(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **{key: value for key, value in kwargs.items() if key != "dim"})

    return wrong


def counting_ones(original: Any) -> Any:
    def wrong(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        if not kwargs.get("return_counts"):
            return found
        return (*found[:-1], fresh(np.ones_like(found[-1].array), dtypes.int64))

    return wrong


def one_nan(original: Any) -> Any:
    def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not input.dtype.is_floating_point or args or kwargs:
            return original(input, *args, **kwargs)
        return fresh(np.unique(np.array(input.array).astype(np.float64)), input.dtype)

    return wrong


SORT = sorting.sort_orders_each_row_and_says_from_where
ARGSORT = sorting.argsort_gives_the_indices_that_sort
STABLE = sorting.a_stable_sort_keeps_the_order_of_equal_elements
NAN = sorting.nan_sorts_above_every_number
TOP = sorting.topk_gives_the_extreme_elements
KTH = sorting.kthvalue_gives_the_kth_smallest
SEARCH = sorting.searchsorted_finds_where_values_go
BUCKET = sorting.bucketize_finds_the_bucket_of_each_value
UNIQUE = sorting.unique_gives_the_distinct_elements_in_order
RUNS = sorting.unique_consecutive_drops_equal_neighbours

MUTANTS = [
    mutant(
        "descending_order_ends_with_an_ascending_block",
        (SORT, ARGSORT, STABLE),
        attribute("sorting:order_of", last_block_ascending),
        fault="pytorch/pytorch#15764",
    ),
    mutant("blocks_of_1024_are_not_merged", (SORT, ARGSORT), attribute("sorting:order_of", in_blocks(1024))),
    mutant("blocks_of_4096_are_not_merged", (SORT, ARGSORT), attribute("sorting:order_of", in_blocks(4096))),
    mutant("descending_order_reverses_ties", STABLE, attribute("sorting:order_of", reversed_ascending)),
    mutant("nan_sorts_first", (NAN, SORT, TOP), attribute("sorting:order_of", nan_first)),
    mutant("sort_goes_along_the_last_dim", SORT, kernel("sort", along_the_last)),
    mutant("sort_works_in_place", reductions.the_input_is_left_as_it_was, kernel("sort", in_place)),
    mutant(
        "indices_of_sort_repeat",
        SORT,
        returned("sort", lambda values: values // 2 * 2, lambda input: input.numel() > 1, item=1),
    ),
    mutant(
        "sort_of_bytes_compares_them_as_signed",
        SORT,
        given(
            "sort",
            lambda values: values.view(np.int8).astype(np.int16).clip(0).astype(np.uint8),
            lambda input: input.dtype is dtypes.uint8,
        ),
    ),
    mutant("argsort_gives_ranks", ARGSORT, kernel("argsort", argsort_of_argsort)),
    mutant("argsort_ignores_descending", ARGSORT, without("argsort", "descending")),
    mutant(
        "msort_goes_along_the_last_dim",
        sorting.msort_sorts_along_the_first_dim,
        kernel("msort", lambda original: lambda input: input.sort(-1).values),
    ),
    mutant("topk_gives_the_smallest", TOP, kernel("topk", smallest)),
    mutant("topk_is_not_in_order", TOP, kernel("topk", unsorted)),
    mutant("topk_skips_nan", TOP, given("topk", nan_as(-np.inf))),
    mutant(
        "topk_indices_count_within_blocks",
        TOP,
        returned("topk", lambda values: values % 1024, longer_than(1024), item=1),
    ),
    mutant(
        "topk_takes_any_k", sorting.a_rank_outside_the_row_is_an_error, kernel("topk", as_many_as_there_are)
    ),
    mutant(
        "kthvalue_takes_any_k",
        sorting.a_rank_outside_the_row_is_an_error,
        kernel("kthvalue", as_many_as_there_are),
    ),
    mutant("kthvalue_counts_from_zero", KTH, kernel("kthvalue", from_zero)),
    mutant(
        "searchsorted_ignores_right",
        (SEARCH, BUCKET),
        attribute("sorting:_search", on_the_left),
    ),
    mutant("searchsorted_ignores_side", SEARCH, without("searchsorted", "side")),
    mutant("searchsorted_ignores_out_int32", (SEARCH, BUCKET), attribute("sorting:_search", as_int64)),
    mutant("searchsorted_stays_within_the_sequence", (SEARCH, BUCKET), attribute("sorting:_search", within)),
    mutant("searchsorted_looks_into_the_first_row", SEARCH, attribute("sorting:_search", of_the_first_row)),
    mutant(
        "bucketize_closes_the_wrong_end",
        BUCKET,
        kernel(
            "bucketize",
            lambda original: (
                lambda input, boundaries, *, right=False, **kwargs: original(
                    input, boundaries, right=not right, **kwargs
                )
            ),
        ),
    ),
    mutant(
        "nan_is_placed_at_one",
        sorting.a_value_without_a_number_is_placed_at_zero,
        returned("searchsorted", np.ones_like),
    ),
    mutant("sorter_is_ignored", sorting.a_sorter_stands_in_for_sorting, without("searchsorted", "sorter")),
    mutant(
        "side_overrides_right",
        sorting.side_and_right_must_agree,
        kernel(
            "searchsorted",
            lambda original: (
                lambda *args, side=None, right=False, **kwargs: original(
                    *args, right=side == "right" if side else right, **kwargs
                )
            ),
        ),
    ),
    mutant(
        "unique_keeps_the_order_of_appearance",
        sorting.unique_sorts_even_if_not_asked_to,
        kernel("unique", unordered),
    ),
    mutant("unique_merges_nan", sorting.each_nan_is_distinct, kernel("unique", one_nan)),
    mutant("inverse_of_unique_is_flat", (UNIQUE, RUNS), attribute("sorting:_distinct", flat_inverse)),
    mutant("unique_ignores_dim", UNIQUE, kernel("unique", flattened)),
    mutant("unique_consecutive_ignores_dim", RUNS, kernel("unique_consecutive", flattened)),
    mutant(
        "unique_consecutive_drops_all_duplicates",
        RUNS,
        kernel(
            "unique_consecutive",
            lambda original: (
                lambda input, *args, **kwargs: original(
                    input.sort().values if input.ndim == 1 and not kwargs else input, *args, **kwargs
                )
            ),
        ),
    ),
    mutant("counts_of_unique_are_ones", UNIQUE, kernel("unique", counting_ones)),
]
