"""Faults of extremes and their indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes, return_types
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import reductions

from .mutant import Mutant, Patch, attribute, kernel, mutant
from .tampering import given, nan_as, returned


def integral(input: Tensor) -> bool:
    return input.dtype.is_integral


def zero_of_nothing(original: Any) -> Any:
    """Give zeros where there is nothing to reduce."""

    def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(input, *args, **kwargs)
        except (IndexError, RuntimeError):
            if input.numel():
                raise
            return original(
                fresh(np.zeros([size or 1 for size in input.shape]), input.dtype), *args, **kwargs
            )

    return wrong


def last_index(original: Any) -> Any:
    """Search from the end."""

    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            flipped = fresh(np.flip(np.array(input.array)), input.dtype)
            return fresh(input.numel() - 1 - np.array(original(flipped, None, keepdim).array), dtypes.int64)
        if not input.ndim:
            return original(input, dim, keepdim)
        flipped = fresh(np.flip(np.array(input.array), dim), input.dtype)
        return fresh(input.shape[dim] - 1 - np.array(original(flipped, dim, keepdim).array), dtypes.int64)

    return wrong


def keepdim_for_values_only(original: Any) -> Any:
    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        found = original(input, dim, keepdim)
        if dim is None or not keepdim or not input.ndim:
            return found
        indices = np.squeeze(np.array(found.indices.array), dim)
        return return_types.max(found.values, fresh(indices, dtypes.int64))

    return wrong


def of_the_block(values: Any) -> Any:
    """Count indices from the start of their block of 2048."""
    return values % 2048


def skips_nan(name: str, number: float) -> Patch:
    return given(name, nan_as(number))


def first_of_equal(original: Any) -> Any:
    def wrong(input: Tensor, dim: int) -> Any:
        found = original(input, dim)
        if not input.ndim or not input.numel():
            return found
        values = np.array(found.values.array)
        starts = np.ones(values.shape, np.bool_)
        moved, begins = np.moveaxis(values, dim, -1), np.moveaxis(starts, dim, -1)
        begins[..., 1:] = moved[..., 1:] != moved[..., :-1]
        own = np.moveaxis(np.broadcast_to(np.arange(moved.shape[-1]), moved.shape), -1, dim)
        indices = np.maximum.accumulate(np.where(starts, own, 0), dim)
        return type(found)(found.values, fresh(indices, dtypes.int64))

    return wrong


def undivided(original: Any) -> Any:
    """Pass the whole gradient to each of several equal extremes."""

    def wrong(grad: Tensor, input: Tensor, result: Tensor, dim: Any, keepdim: bool) -> Any:
        shared = original(grad, input, result, dim, keepdim)
        parts = np.array(shared.array)
        axes = tuple(range(parts.ndim)) if dim is None or dim == () else dim
        counts = (parts != 0).sum(axis=axes, keepdims=True)
        return fresh(parts * counts, shared.dtype)

    return wrong


def to_the_first(original: Any) -> Any:
    """Pass all gradient of an extreme of all elements to the first that has it."""

    def wrong(grad: Tensor, input: Tensor, results: Any, meta: Any, dim: Any, keepdim: bool) -> Any:
        if dim is not None:
            return original(grad, input, results, meta, dim, keepdim)
        values = np.array(input.array)
        due = np.zeros(values.size, values.dtype)
        due[np.argmax(values.reshape(-1) == np.array(results[0].array))] = grad.array
        return fresh(due.reshape(values.shape), input.dtype)

    return wrong


def to_all_ties(original: Any) -> Any:
    """Share the gradient of an extreme along a dimension."""

    def wrong(grad: Tensor, input: Tensor, results: Any, meta: Any, dim: Any, keepdim: bool) -> Any:
        from tensorcanon.reference.autograd.formulas_reductions import evenly

        return evenly(grad, input, results[0], dim, keepdim)

    return wrong


SHARED = reductions.the_gradient_of_an_extreme_is_shared_by_ties
PICKED = reductions.the_gradient_of_an_extreme_along_a_dim_goes_to_its_index
FORMULAS = "autograd.formulas_reductions"
ALONG = reductions.extremes_along_a_dim_come_with_their_indices
MANY = reductions.amax_and_amin_are_the_extreme_elements
FIRST = reductions.argmax_is_the_first_index_of_the_extreme
NOTHING = reductions.extremes_of_nothing_are_errors
WHOLE = reductions.the_extreme_of_all_elements_is_a_zero_dim_tensor
NAN = reductions.a_nan_makes_the_result_nan
SKIPS = "pytorch/pytorch#130295"
LEAST = -(2**63)

MUTANTS: list[Mutant] = [
    mutant(
        "gradient_of_amax_is_not_divided",
        SHARED,
        attribute(f"{FORMULAS}:evenly", undivided),
        fault="tensorflow/tensorflow#109337",
    ),
    mutant("gradient_of_max_goes_to_the_first", SHARED, attribute(f"{FORMULAS}:extreme", to_the_first)),
    mutant("gradient_of_max_along_a_dim_is_shared", PICKED, attribute(f"{FORMULAS}:extreme", to_all_ties)),
    mutant(
        "max_skips_nan",
        (ALONG, WHOLE, NAN, reductions.the_index_of_an_extreme_is_that_of_the_first_nan),
        skips_nan("max", -np.inf),
        fault=SKIPS,
    ),
    mutant("min_skips_nan", (ALONG, WHOLE, NAN), skips_nan("min", np.inf), fault=SKIPS),
    mutant("amax_skips_nan", (MANY, NAN), skips_nan("amax", -np.inf), fault=SKIPS),
    mutant("amin_skips_nan", (MANY, NAN), skips_nan("amin", np.inf), fault=SKIPS),
    mutant("aminmax_skips_nan", (MANY, NAN), skips_nan("aminmax", 0.0), fault=SKIPS),
    mutant(
        "argmax_skips_nan",
        (FIRST, reductions.the_index_of_an_extreme_is_that_of_the_first_nan),
        skips_nan("argmax", -np.inf),
        fault=SKIPS,
    ),
    mutant(
        "amax_of_integers_goes_through_float32",
        MANY,
        returned(
            "amax", lambda values: values.astype(np.float32).astype(np.float64).astype(values.dtype), integral
        ),
    ),
    mutant(
        "aminmax_swaps_its_results",
        MANY,
        kernel(
            "aminmax",
            lambda original: (
                lambda *args, **kwargs: return_types.aminmax(*reversed(original(*args, **kwargs)))
            ),
        ),
    ),
    mutant(
        "argmax_of_integers_is_the_least_int64",
        FIRST,
        returned("argmax", lambda values: np.full_like(values, LEAST), integral),
        fault="pytorch/pytorch#98191",
    ),
    mutant(
        "argmin_of_integers_is_the_least_int64",
        FIRST,
        returned("argmin", lambda values: np.full_like(values, LEAST), integral),
        fault="pytorch/pytorch#98191",
    ),
    mutant(
        "index_of_max_of_integers_is_the_least_int64",
        ALONG,
        returned(
            "max",
            lambda values: np.full_like(values, LEAST),
            lambda input: integral(input) and input.ndim > 1,
            item=1,
        ),
        fault="pytorch/pytorch#98191",
    ),
    mutant("argmax_of_a_tie_is_the_last", FIRST, kernel("argmax", last_index)),
    mutant("argmin_of_a_tie_is_the_last", FIRST, kernel("argmin", last_index)),
    mutant("argmax_of_many_counts_within_blocks", FIRST, returned("argmax", of_the_block)),
    mutant("indices_of_max_drop_the_dim", ALONG, kernel("max", keepdim_for_values_only)),
    mutant(
        "indices_of_min_are_one_off",
        ALONG,
        returned("min", lambda values: np.maximum(values - 1, 0), lambda input: input.ndim > 0, item=1),
    ),
    mutant(
        "max_of_bytes_compares_them_as_signed",
        (ALONG, WHOLE),
        given(
            "max",
            lambda values: values.view(np.int8).clip(0).astype(np.uint8),
            lambda input: input.dtype is dtypes.uint8,
        ),
    ),
    mutant(
        "max_of_two_skips_nan",
        reductions.max_of_two_tensors_is_elementwise,
        kernel(
            "maximum",
            lambda original: (
                lambda input, other: fresh(
                    np.fmax(*np.broadcast_arrays(input.array, other.array)), original(input, other).dtype
                )
            ),
        ),
    ),
    mutant(
        "min_of_two_keeps_the_first_type",
        reductions.max_of_two_tensors_is_elementwise,
        kernel("minimum", lambda original: lambda input, other: original(input, other).to(input.dtype)),
    ),
    mutant(
        "amax_of_nothing_is_zero", NOTHING, kernel("amax", zero_of_nothing), fault="pytorch/pytorch#61901"
    ),
    mutant("max_of_nothing_is_zero", NOTHING, kernel("max", zero_of_nothing), fault="pytorch/pytorch#61901"),
    mutant(
        "argmin_of_nothing_is_zero", NOTHING, kernel("argmin", zero_of_nothing), fault="pytorch/pytorch#61901"
    ),
    mutant(
        "aminmax_of_nothing_is_zero",
        (NOTHING, reductions.aminmax_along_an_empty_dim_is_a_runtime_error),
        kernel("aminmax", zero_of_nothing),
        fault="pytorch/pytorch#61901",
    ),
    mutant(
        "cummax_points_to_the_first",
        reductions.running_extremes_point_to_the_latest_of_equal_elements,
        kernel("cummax", first_of_equal),
    ),
]
