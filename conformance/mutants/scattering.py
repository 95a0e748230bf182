"""Faults of gathering and scattering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import scattering
from tensorcanon.spec.rules import scattering as rules

from .mutant import attribute, kernel, mutant
from .scattering_slices import MUTANTS as SLICES
from .storing import BLOCK, reading_storage, writing_its_input

Kernel = Callable[..., Any]


def _positive_dim(original: Kernel) -> Kernel:
    def call(input: Tensor, dim: int, *args: Any, **kwargs: Any) -> Any:
        return original(input, dim + 1 if -input.ndim < dim < 0 and input.ndim > 1 else dim, *args, **kwargs)

    return call


def _in_range(change: Callable[[Any, int], Any]) -> Callable[[Kernel], Kernel]:
    """Bring indices into range before the kernel sees them."""

    def make(original: Kernel) -> Kernel:
        def call(input: Tensor, dim: int, index: Tensor, *args: Any, **kwargs: Any) -> Any:
            size = input.shape[dim] if input.ndim else 1
            if size and index.dtype is dtypes.int64:
                index = fresh(change(index.array, size))
            return original(input, dim, index, *args, **kwargs)

        return call

    return make


def _flat_source(original: Kernel) -> Kernel:
    return lambda values, index: values.reshape(-1)[: index.numel()].reshape(index.shape)


def _lossy(array: Any, places: Any, values: Any, reduction: Any, *, include_self: bool = True) -> Any:
    """Of several values for one place only the last counts."""
    last = dict(zip(places.reshape(-1).tolist(), values.reshape(-1), strict=True))
    found = np.array(list(last), np.int64), np.array(list(last.values()), values.dtype)
    return rules.reduced(array, *found, reduction, include_self=include_self).value


def _blockwise(original: Kernel) -> Kernel:
    def reduced(array: Any, places: Any, values: Any, reduction: str, **options: Any) -> Any:
        return original(array, places.reshape(-1)[:BLOCK], values.reshape(-1)[:BLOCK], reduction, **options)

    return reduced


def _mean_without_self(original: Kernel) -> Kernel:
    def reduced(array: Any, places: Any, values: Any, reduction: str, *, include_self: bool = True) -> Any:
        if reduction != "mean" or not include_self:
            return original(array, places, values, reduction, include_self=include_self)
        sums = rules.reduced(array, places, values, "sum").value
        counts = np.bincount(places.reshape(-1), minlength=array.size).reshape(array.shape)
        return sums / np.maximum(counts, 1) if sums.dtype.kind in "fc" else sums // np.maximum(counts, 1)

    return reduced


def _erasing(original: Kernel) -> Kernel:
    def reduced(array: Any, places: Any, values: Any, reduction: str, *, include_self: bool = True) -> Any:
        result = original(array, places, values, reduction, include_self=include_self)
        touched = np.bincount(places.reshape(-1), minlength=array.size).reshape(array.shape) > 0
        return result if include_self else np.where(touched, result, 0)

    return reduced


def _skipping_nan(original: Kernel) -> Kernel:
    def reduced(array: Any, places: Any, values: Any, reduction: str, **options: Any) -> Any:
        if reduction in ("amax", "amin") and array.dtype.kind not in "biu":
            least = -np.inf if reduction == "amax" else np.inf
            array, values = (np.where(np.isnan(a), a.dtype.type(least), a) for a in (array, values))
        return original(array, places, values, reduction, **options)

    return reduced


def _adding_always(original: Kernel) -> Kernel:
    def scatter(*args: Any, reduce: str | None = None, **kwargs: Any) -> Any:
        return original(*args, reduce="add" if reduce == "multiply" else reduce, **kwargs)

    return scatter


def _any_reduction(original: Kernel) -> Kernel:
    def scatter(*args: Any, reduce: str | None = None, **kwargs: Any) -> Any:
        return original(*args, reduce=reduce if reduce in (None, "add", "multiply") else None, **kwargs)

    return scatter


def _converted(place: int) -> Callable[[Kernel], Kernel]:
    """Convert the argument at a place to the type of the first."""

    def make(original: Kernel) -> Kernel:
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) > place and isinstance(args[place], Tensor):
                args = (*args[:place], fresh(args[place].array, args[0].dtype), *args[place + 1 :])
            return original(*args, **kwargs)

        return call

    return make


def _any_index(place: int) -> Callable[[Kernel], Kernel]:
    """Convert the index at a place to int64."""

    def make(original: Kernel) -> Kernel:
        def call(*args: Any, **kwargs: Any) -> Any:
            return original(
                *args[:place], fresh(args[place].array, dtypes.int64), *args[place + 1 :], **kwargs
            )

        return call

    return make


def _wrapping(original: Kernel) -> Kernel:
    def flat(input: Tensor, index: Tensor) -> Any:
        return index.array % max(input.numel(), 1)

    return flat


def _repeating_source(original: Kernel) -> Kernel:
    def put(input: Tensor, index: Tensor, source: Tensor, *args: Any, **kwargs: Any) -> Any:
        if source.numel() and source.dtype is input.dtype:
            source = fresh(np.resize(source.array, index.shape), source.dtype)
        return original(input, index, source, *args, **kwargs)

    return put


MUTANTS = [
    mutant(
        "gather_reads_in_storage_order",
        scattering.gather_reads_along_a_dimension,
        kernel("gather", reading_storage),
    ),
    mutant(
        "gather_takes_the_next_of_negative_dims",
        scattering.gather_reads_along_a_dimension,
        kernel("gather", _positive_dim),
    ),
    mutant(
        "scatter_uses_its_source_in_row_major_order",
        scattering.scatter_writes_along_a_dimension,
        attribute("scattering:_leading", _flat_source),
    ),
    mutant(
        "scatter_changes_its_input",
        scattering.scatter_writes_along_a_dimension,
        kernel("scatter", writing_its_input),
    ),
    mutant(
        "repeated_indices_lose_contributions",
        (
            scattering.scatter_add_sums_what_meets_at_a_place,
            scattering.the_gradient_of_gather_is_scatter_add,
            scattering.scatter_reduce_reduces_what_meets_at_a_place,
            scattering.index_add_adds_every_listed_slice,
            scattering.put_writes_the_flattened_tensor,
        ),
        attribute("scattering:reduced", lambda original: _lossy),
        fault="torch-spyre/torch-spyre#3638",
    ),
    mutant(
        "contributions_beyond_a_block_are_lost",
        scattering.index_add_adds_every_listed_slice,
        attribute("scattering:reduced", _blockwise),
    ),
    mutant(
        "scatter_reduce_without_self_includes_it",
        scattering.scatter_reduce_reduces_what_meets_at_a_place,
        attribute(
            "scattering:reduced",
            lambda original: lambda *args, include_self=True: original(*args),
        ),
        fault="pytorch/xla#8045",
    ),
    mutant(
        "the_mean_at_a_place_does_not_count_self",
        scattering.scatter_reduce_reduces_what_meets_at_a_place,
        attribute("scattering:reduced", _mean_without_self),
        fault="pytorch/xla#8045",
    ),
    mutant(
        "places_not_named_are_erased_without_self",
        scattering.scatter_reduce_reduces_what_meets_at_a_place,
        attribute("scattering:reduced", _erasing),
    ),
    mutant(
        "extremes_at_a_place_skip_nan",
        scattering.scatter_extremes_of_nan_are_nan,
        attribute("scattering:reduced", _skipping_nan),
        fault="pytorch/pytorch#130295",
    ),
    mutant("scatter_multiply_adds", scattering.scatter_takes_a_reduction, kernel("scatter", _adding_always)),
    mutant(
        "scatter_ignores_unknown_reductions",
        scattering.scatter_takes_a_reduction,
        kernel("scatter", _any_reduction),
    ),
    mutant(
        "gather_counts_negative_indices_from_the_end",
        scattering.indices_along_a_dimension_are_not_negative_nor_too_large,
        kernel(
            "gather",
            _in_range(lambda index, size: np.where((index < 0) & (index >= -size), index + size, index)),
        ),
    ),
    mutant(
        "scatter_clamps_its_indices",
        scattering.indices_along_a_dimension_are_not_negative_nor_too_large,
        kernel("scatter", _in_range(lambda index, size: np.clip(index, 0, size - 1))),
    ),
    mutant(
        "sizes_of_indices_go_unchecked",
        scattering.an_index_of_another_rank_or_a_larger_size_is_refused,
        attribute("scattering:_check_sizes", lambda original: lambda *args: None),
    ),
    mutant(
        "scatter_add_converts_its_source",
        scattering.a_source_of_another_type_is_refused,
        kernel("scatter_add", _converted(3)),
    ),
    mutant(
        "index_copy_converts_its_source",
        scattering.a_source_of_another_type_is_refused,
        kernel("index_copy", _converted(3)),
    ),
    mutant(
        "gather_takes_any_index",
        scattering.indices_of_gather_and_scatter_are_int64,
        kernel("gather", _any_index(2)),
    ),
    mutant(
        "take_takes_any_index",
        scattering.indices_of_take_and_index_copy_are_int64,
        kernel("take", _any_index(1)),
    ),
    mutant(
        "index_fill_takes_any_index",
        scattering.indices_of_take_and_index_copy_are_int64,
        kernel("index_fill", _any_index(2)),
    ),
    mutant(
        "take_reads_in_storage_order",
        scattering.take_reads_the_flattened_tensor,
        kernel("take", reading_storage),
    ),
    mutant(
        "take_reads_negative_places_from_the_front",
        scattering.take_reads_the_flattened_tensor,
        attribute(
            "scattering:_flat",
            lambda original: (
                lambda input, index: np.abs(
                    original(input, index) % max(input.numel(), 1) * (index.array >= 0)
                )
            ),
        ),
    ),
    mutant(
        "put_changes_its_input", scattering.put_writes_the_flattened_tensor, kernel("put", writing_its_input)
    ),
    mutant(
        "places_out_of_range_wrap_around",
        scattering.a_place_out_of_range_is_refused,
        attribute("scattering:_flat", _wrapping),
    ),
    mutant(
        "put_repeats_its_source",
        scattering.put_needs_as_many_elements_as_indices,
        kernel("put", _repeating_source),
    ),
    *SLICES,
]
