"""Faults of precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import numerics

from .mutant import attribute, kernel, mutant
from .recomputing import Array, are_complex, are_floating, are_integral, of, recomputed


def _truncating(original: Any) -> Any:
    """Narrow to bfloat16 by cutting the low bits off, and to other types through it."""

    def cast(array: Array, target: Any) -> Array:
        if target is dtypes.bfloat16 and array.dtype.kind == "f":
            bits = array.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
            return original(bits.view(np.float32), target)  # type: ignore[no-any-return]
        return original(array, target)  # type: ignore[no-any-return]

    return cast


def _down(original: Any) -> Any:
    """Convert integers to float32 without rounding up."""

    def cast(array: Array, target: Any) -> Array:
        made = original(array, target)
        if array.dtype == np.int64 and target is dtypes.float32:
            lower = np.nextafter(made, np.float32(-np.inf))
            return np.asarray(np.where(made.astype(np.float64) > array, lower, made))
        return made  # type: ignore[no-any-return]

    return cast


def _narrow_sum(original: Any) -> Any:
    """Add 16-bit numbers up in their own type."""

    def sum(input: Tensor, dim: Any = None, *args: Any, **kwargs: Any) -> Any:
        if input.dtype.itemsize > 2 or not input.dtype.is_floating_point:
            return original(input, dim, *args, **kwargs)
        axis = None if dim is None else dim
        running = np.cumsum(input.array.astype(input.dtype.numpy), axis=axis, dtype=input.dtype.numpy)
        return fresh(np.take(running, -1, axis=axis if axis is not None else 0), input.dtype)

    return sum


def _one_after_the_other(original: Any) -> Any:
    def sum(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if input.dtype is not dtypes.float32 or args or input.ndim != 1 or not input.numel():
            return original(input, *args, **kwargs)
        return fresh(np.cumsum(input.array, dtype=np.float32)[-1])

    return sum


def _through_double(original: Any) -> Any:
    def sum(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not input.dtype.is_integral or args:
            return original(input, *args, **kwargs)
        with np.errstate(invalid="ignore"):
            return fresh(np.asarray(input.array.astype(np.float64).sum()).astype(np.int64))

    return sum


def _matrices_through_double(original: Any) -> Any:
    def matmul(input: Tensor, other: Tensor) -> Any:
        if not input.dtype.is_integral:
            return original(input, other)
        with np.errstate(invalid="ignore"):
            return fresh((input.array.astype(np.float64) @ other.array.astype(np.float64)).astype(np.int64))

    return matmul


def _flushed_product(a: Array, b: Array) -> Any:
    product = a * b
    return np.where(np.abs(product) < np.finfo(product.dtype).tiny, 0, product)


def _coarse_rows(original: Any) -> Any:
    """Compute batches with fewer digits than single rows."""

    def exp(input: Tensor) -> Any:
        found = original(input)
        if input.ndim < 2 or not found.dtype.is_floating_point:
            return found
        return fresh(found.array * found.array.dtype.type(1.001), found.dtype)

    return exp


MUTANTS = [
    mutant(
        "conversion_to_bfloat16_truncates",
        numerics.a_format_keeps_its_digits_only,
        attribute("casting:cast", _truncating),
        attribute("conversion:cast", _truncating),
        attribute("kernels:cast", _truncating),
    ),
    mutant(
        "add_of_float64_is_done_in_float32",
        numerics.sums_round_at_every_step,
        recomputed("add", lambda a, b: a.astype(np.float32) + b.astype(np.float32), of("float64")),
    ),
    mutant(
        "exp_saturates_at_the_largest_number",
        numerics.results_past_the_range_are_no_errors,
        recomputed("exp", lambda x: np.minimum(np.exp(x), np.finfo(x.dtype).max), are_floating),
    ),
    mutant(
        "mul_flushes_subnormal_results",
        numerics.results_past_the_range_are_no_errors,
        recomputed(
            "mul", lambda a, b: np.where(np.abs(a * b) < np.finfo(a.dtype).tiny, 0, a * b), are_floating
        ),
    ),
    mutant(
        "eq_of_nan_with_itself_is_true",
        numerics.nan_is_unordered,
        recomputed("eq", lambda a, b: (a == b) | ((a != a) & (b != b)), are_floating, result=dtypes.bool_),
    ),
    mutant(
        "neg_of_zero_is_zero", numerics.zeros_have_a_sign, recomputed("neg", lambda x: 0 - x, are_floating)
    ),
    mutant(
        "sum_of_half_accumulates_in_half", numerics.half_sums_accumulate_wider, kernel("sum", _narrow_sum)
    ),
    mutant(
        "sum_adds_one_number_after_the_other",
        numerics.long_sums_stay_accurate,
        kernel("sum", _one_after_the_other),
    ),
    mutant(
        "mul_of_complex_numbers_forgets_the_cross_terms",
        numerics.complex_arithmetic_follows_the_parts,
        recomputed("mul", lambda a, b: a.real * b.real + 1j * (a.imag * b.real), are_complex),
    ),
    mutant(
        "imag_is_the_real_part",
        numerics.a_complex_number_has_two_parts,
        kernel("imag", lambda original: lambda input: fresh(input.array.real)),
    ),
    mutant(
        "exp_of_batches_has_fewer_digits",
        numerics.a_slice_agrees_with_the_whole,
        kernel("exp", _coarse_rows),
    ),
    mutant(
        "flushing_is_promised_and_not_done",
        numerics.subnormals_are_flushed_on_request,
        attribute(":set_flush_denormal", lambda original: lambda mode: True),
    ),
    mutant(
        "add_of_int64_is_done_in_int32",
        numerics.integers_are_exact,
        recomputed(
            "add", lambda a, b: (a.astype(np.int32) + b.astype(np.int32)).astype(np.int64), of("int64")
        ),
        fault="pytorch/pytorch#78848",
    ),
    mutant(
        "lt_of_integers_goes_through_float64",
        numerics.integers_are_exact,
        recomputed(
            "lt", lambda a, b: a.astype(np.float64) < b.astype(np.float64), are_integral, result=dtypes.bool_
        ),
    ),
    mutant(
        "sum_of_integers_goes_through_float64",
        numerics.integer_sums_are_exact,
        kernel("sum", _through_double),
    ),
    mutant(
        "matmul_of_integers_goes_through_float64",
        numerics.integer_products_of_matrices_are_exact,
        kernel("matmul", _matrices_through_double),
    ),
    mutant(
        "conversion_of_integers_rounds_down",
        numerics.integers_past_the_digits_round,
        attribute("casting:cast", _down),
        attribute("conversion:cast", _down),
        attribute("kernels:cast", _down),
    ),
    mutant(
        "the_number_of_threads_is_fixed",
        numerics.threads_are_as_many_as_set,
        attribute(":get_num_threads", lambda original: lambda: 4),
    ),
]
