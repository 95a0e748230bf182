"""Faults of running results and differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import reductions

from .mutant import Mutant, kernel, mutant
from .tampering import given, nan_as, returned, without


def of_bools(input: Tensor) -> bool:
    return input.dtype is dtypes.bool_


def exclusive(original: Any) -> Any:
    """Leave out each element from its own sum."""

    def wrong(input: Tensor, dim: int, **kwargs: Any) -> Any:
        found = original(input, dim, **kwargs)
        own = np.array(input.to(found.dtype).array)
        return fresh(np.array(found.array) - own, found.dtype)

    return wrong


def along_the_last(original: Any) -> Any:
    return lambda input, dim, *args, **kwargs: original(input, -1, *args, **kwargs)


def in_place(original: Any) -> Any:
    """Leave the result in the input."""

    def wrong(input: Tensor, dim: int, **kwargs: Any) -> Any:
        found = original(input, dim, **kwargs)
        if found.dtype is input.dtype and 0 not in input.strides:
            input.places[...] = found.array
        return found

    return wrong


def restarting(values: Any) -> Any:
    """Start again after 2048 elements."""
    flat = values.reshape(-1)
    flat[2048:] -= flat[2047] if flat.size > 2048 else 0
    return values


def swapped_ends(original: Any) -> Any:
    def wrong(input: Tensor, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
        return original(input, n, dim, append, prepend)

    return wrong


def once(original: Any) -> Any:
    """Take only the first difference, whatever the order."""

    def wrong(input: Tensor, n: int = 1, dim: int = -1, *args: Any, **kwargs: Any) -> Any:
        found = original(input, n, dim, *args, **kwargs)
        first = original(input, 1, dim, *args, **kwargs)
        return first.narrow(dim, 0, found.shape[dim])

    return wrong


RUNNING = reductions.running_results_combine_the_elements_so_far
LATER = reductions.a_nan_makes_all_later_results_nan
DIFF = reductions.diff_subtracts_each_element_from_the_next
UNTOUCHED = reductions.the_input_is_left_as_it_was

MUTANTS: list[Mutant] = [
    mutant(
        "cumsum_of_bools_counts_in_a_byte",
        (RUNNING, reductions.integers_and_bools_accumulate_as_int64),
        returned("cumsum", lambda values: values.astype(np.int8), of_bools),
        fault="pytorch/pytorch#96614",
    ),
    mutant("cumsum_leaves_out_the_element", RUNNING, kernel("cumsum", exclusive)),
    mutant(
        "cumsum_restarts_after_a_block",
        RUNNING,
        returned("cumsum", restarting, lambda input: input.numel() > 4000),
    ),
    mutant("cumprod_goes_along_the_last_dim", RUNNING, kernel("cumprod", along_the_last)),
    mutant(
        "cumprod_of_zero_starts_again",
        RUNNING,
        given("cumprod", lambda values: np.where(values == 0, np.ones(1, values.dtype), values)),
    ),
    mutant("cumsum_works_in_place", UNTOUCHED, kernel("cumsum", in_place)),
    mutant("cummin_goes_along_the_last_dim", RUNNING, kernel("cummin", along_the_last)),
    mutant(
        "cummax_skips_nan", (RUNNING, LATER), given("cummax", nan_as(-np.inf)), fault="pytorch/pytorch#130295"
    ),
    mutant("cumsum_skips_nan", (RUNNING, LATER), given("cumsum", nan_as(0.0))),
    mutant(
        "logcumsumexp_overflows",
        RUNNING,
        kernel("logcumsumexp", lambda original: lambda input, dim: input.exp().cumsum(dim).log()),
    ),
    mutant("diff_of_bools_is_of_all", DIFF, given("diff", np.ones_like, of_bools)),
    mutant("diff_swaps_what_is_joined", DIFF, kernel("diff", swapped_ends)),
    mutant("diff_of_any_order_is_the_first", DIFF, kernel("diff", once)),
    mutant(
        "trapezoid_ignores_the_spacing",
        reductions.trapezoid_sums_the_means_of_neighbours,
        without("trapezoid", "dx", "x"),
    ),
    mutant(
        "cumulative_trapezoid_ignores_the_dim",
        reductions.trapezoid_sums_the_means_of_neighbours,
        without("cumulative_trapezoid", "dim"),
    ),
]
