"""Sorting and searching. Rules: `tensorcanon.spec.ops.sorting`."""

from __future__ import annotations

import numpy as np

from .accuracy import Array
from .clause import clause
from .ops import sorting as ops
from .ops.statistics import chosen
from .outcome import Exactly, Outcome, Raises, Structure
from .rules.dtypes import DType
from .selection import Selection

# Sorting.


@clause("torch.sort", covers="sorting.sort")
def sort_orders_each_row_and_says_from_where(array: Array, dim: int, *, descending: bool) -> Outcome:
    """`sort` gives a named tuple: the values of each row in order, and the indices they come from.

    The indices are int64 and a permutation of each row; equal elements come in any order.
    """
    return Selection(ops.permutation(array, dim, descending=descending))


@clause("torch.sort; torch.argsort", covers="sorting.stable")
def a_stable_sort_keeps_the_order_of_equal_elements(array: Array, dim: int, *, descending: bool) -> Outcome:
    """Under `stable=True` equal elements keep their order, in a descending sort as well."""
    return Exactly(ops.order(array, dim, descending=descending).reshape(array.shape).astype(np.int64))


@clause("torch.sort; torch.topk", covers="sorting.nan-last", basis="observed")
def nan_sorts_above_every_number(array: Array, *, descending: bool) -> Outcome:
    """NaN comes last in ascending and first in descending order, infinities notwithstanding."""
    nan = np.sort(np.isnan(array))
    due = nan[::-1] if descending else nan
    return Exactly(np.where(due, np.nan, 0).astype(array.dtype), where=due)


@clause("torch.argsort", covers="sorting.argsort-msort")
def argsort_gives_the_indices_that_sort(array: Array, dim: int, *, descending: bool) -> Outcome:
    """`argsort` gives the indices that `sort` gives: those that bring each row in order."""
    return ops.permutation(array, dim, descending=descending)


@clause("torch.msort", covers="sorting.argsort-msort")
def msort_sorts_along_the_first_dim(array: Array) -> Outcome:
    """`msort` gives the values sorted along the first dimension."""
    return Exactly(ops.ordered(array, 0).reshape(array.shape), signed_zero=False)


@clause("torch.topk", covers="sorting.topk")
def topk_gives_the_extreme_elements(
    array: Array, k: int, dim: int, *, largest: bool, in_order: bool
) -> Outcome:
    """`topk` gives the k largest elements of each row, or the smallest, with their indices.

    They come in order, in any order under `sorted=False`; which of equal elements is open.
    """
    return ops.top(array, k, dim, largest=largest, in_order=in_order)


@clause("torch.topk; torch.kthvalue", covers=("sorting.topk", "sorting.kthvalue"), basis="observed")
def a_rank_outside_the_row_is_an_error() -> Outcome:
    """`topk` and `kthvalue` raise a RuntimeError for k above the size, `kthvalue` for k below 1."""
    return Raises("RuntimeError")


@clause("torch.kthvalue", covers="sorting.kthvalue")
def kthvalue_gives_the_kth_smallest(array: Array, k: int, dim: int, keepdim: bool) -> Outcome:
    """`kthvalue` gives the k-th smallest element of each row, counted from 1, and an index of it."""
    return chosen(array, dim, keepdim, ops.ranked(array, k, dim))


# Searching.


@clause("torch.searchsorted", covers="sorting.searchsorted")
def searchsorted_finds_where_values_go(
    sequence: Array, values: Array, *, right: bool, index: DType
) -> Outcome:
    """`searchsorted` gives the place of each value in a sorted sequence, before equal elements.

    Under `right=True` or `side="right"` it is behind them. A sequence of more dimensions is searched row by
    row. The result is int64, or int32 if asked for.
    """
    return Exactly(ops.insertion_points(sequence, values, right=right).astype(index.storage))


@clause("torch.searchsorted; torch.bucketize", covers="sorting.searchsorted-nan", level="extended")
def a_value_without_a_number_is_placed_at_zero(count: int) -> Outcome:
    """A search for values that are not numbers, where no place is found, gives 0."""
    return Exactly(np.zeros(count, np.int64))


@clause("torch.searchsorted", covers="sorting.searchsorted-sorter", level="extended")
def a_sorter_stands_in_for_sorting(sequence: Array, sorter: Array, values: Array) -> Outcome:
    """With the indices that sort it as `sorter`, an unsorted sequence is searched as the sorted one."""
    return Exactly(ops.insertion_points(np.take_along_axis(sequence, sorter, -1), values, right=False))


@clause("torch.searchsorted", covers="sorting.searchsorted-sorter", level="extended")
def side_and_right_must_agree() -> Outcome:
    """`side="left"` together with `right=True` is a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.bucketize", covers="sorting.bucketize")
def bucketize_finds_the_bucket_of_each_value(
    values: Array, boundaries: Array, *, right: bool, index: DType
) -> Outcome:
    """`bucketize` gives the bucket of each value: b[i-1] < x <= b[i], or b[i-1] <= x < b[i] if `right`."""
    return Exactly(ops.insertion_points(boundaries, values, right=right).astype(index.storage))


# Distinct elements.


@clause("torch.unique", covers="sorting.unique")
def unique_gives_the_distinct_elements_in_order(
    array: Array, dim: int | None, *, inverse: bool, counts: bool
) -> Outcome:
    """`unique` gives the distinct elements in order, or the distinct slices along a dimension.

    On demand it gives, for each element of the input, its place among them, and how often each occurs.
    """
    return ops.distinct(array, dim, inverse=inverse, counts=counts)


@clause("torch.unique", covers="sorting.unique-sorted-false", level="extended")
def unique_sorts_even_if_not_asked_to(array: Array) -> Outcome:
    """Under `sorted=False` the distinct elements still come in order."""
    return ops.distinct(array, None, inverse=False, counts=False)


@clause("torch.unique", covers="sorting.unique-sorted-false", basis="observed", level="extended")
def each_nan_is_distinct(array: Array) -> Outcome:
    """`unique` keeps every NaN."""
    return Structure(shape=(int(np.isnan(array).sum()) + len(np.unique(array[~np.isnan(array)])),))


@clause("torch.unique_consecutive", covers="sorting.unique-consecutive")
def unique_consecutive_drops_equal_neighbours(
    array: Array, dim: int | None, *, inverse: bool, counts: bool
) -> Outcome:
    """`unique_consecutive` keeps the first of each run of equal neighbours, and gives their lengths."""
    return ops.runs(array, dim, inverse=inverse, counts=counts)
