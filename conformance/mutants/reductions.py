"""Faults of sums, products, tests and of reductions in general."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import reductions

from . import reductions_extremes, reductions_running
from .mutant import attribute, kernel, mutant
from .tampering import Condition, given, nan_as, returned, without


def of_type(*kinds: dtypes.dtype) -> Condition:
    return lambda input: input.dtype in kinds


def empty(input: Tensor) -> bool:
    return input.numel() == 0


def longer_than(count: int) -> Condition:
    return lambda input: input.numel() > count


def without_the_tail(values: Any) -> Any:
    """Zero what lies behind the last full block of 64 elements."""
    values.reshape(-1)[values.size // 64 * 64 :] = 0
    return values


def one_dim_of_several(original: Any) -> Any:
    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
        if isinstance(dim, tuple) and len(dim) > 1:
            dim = dim[:-1]
        return original(input, dim, keepdim, **kwargs)

    return wrong


def a_positive_dim(original: Any) -> Any:
    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
        if isinstance(dim, int) and dim < 0 and input.ndim > 1:
            dim = (dim - 1) % input.ndim
        return original(input, dim, keepdim, **kwargs)

    return wrong


def in_storage_order(input: Tensor) -> Tensor:
    """Return the elements as they lie in storage, under the same shape."""
    if input.is_contiguous() or 0 in input.shape or 0 in input.strides:
        return input
    order = sorted(range(input.ndim), key=lambda dim: -input.strides[dim])
    return fresh(np.transpose(input.array, order).reshape(input.shape), input.dtype)


def of_storage(original: Any) -> Any:
    return lambda input, *args, **kwargs: original(in_storage_order(input), *args, **kwargs)


def in_the_type_itself(original: Any) -> Any:
    """Round each partial sum to the type of the elements."""

    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        if dtype is not None or input.dtype not in (dtypes.float16, dtypes.bfloat16) or dim is not None:
            return original(input, dim, keepdim, dtype=dtype)
        values = np.array(input.array).reshape(-1)
        with np.errstate(all="ignore"):
            total = np.add.accumulate(values)[-1:] if values.size else np.zeros(1, values.dtype)
        return fresh(total.reshape((1,) * input.ndim if keepdim else ()), input.dtype)

    return wrong


def cast_afterwards(original: Any) -> Any:
    def wrong(input: Tensor, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        found = original(input, *args, **kwargs)
        return found if dtype is None else found.to(dtype)

    return wrong


def mean_of_floats(original: Any) -> Any:
    def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not input.dtype.is_differentiable and "dtype" not in kwargs:
            kwargs["dtype"] = dtypes.float32
        return original(input, *args, **kwargs)

    return wrong


def over_all(original: Any) -> Any:
    """Divide by the number of all elements."""

    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
        found = original(input, dim, keepdim, **kwargs)
        share = found.numel() or 1
        return fresh(np.array(found.array) / np.array(share).astype(found.dtype.compute.numpy), found.dtype)

    return wrong


def overflowing(original: Any) -> Any:
    def wrong(input: Tensor, dim: Any, keepdim: bool = False) -> Any:
        found = original(input, dim, keepdim)
        with np.errstate(all="ignore"):
            sums = np.exp(np.array(found.array).astype(np.float32))
            return fresh(np.log(sums), found.dtype)

    return wrong


def one_result_type(original: Any) -> Any:
    return lambda input, *args, **kwargs: original(input, *args, **kwargs).to(dtypes.bool_)


def ends_with_its_number(original: Any) -> Any:
    return lambda self, spec: f"tensor({original(self, spec)})"


STRUCTURE = reductions.reduced_dims_vanish_or_stay_with_size_one
SUMS = reductions.sums_means_and_products_are_the_exact_ones
INTEGERS = reductions.integers_and_bools_accumulate_as_int64
NOTHING = reductions.the_reduction_of_nothing_is_the_identity
TESTS = reductions.all_and_any_test_for_non_zero
DIMS = reductions.dims_out_of_range_or_given_twice_are_errors

MUTANTS = [
    mutant(
        "sum_ignores_keepdim",
        STRUCTURE,
        kernel(
            "sum",
            lambda original: (
                lambda input, dim=None, *args, **kwargs: original(input, dim, dtype=kwargs.get("dtype"))
            ),
        ),
    ),
    mutant(
        "sum_keeps_the_type_of_integers",
        (STRUCTURE, INTEGERS),
        kernel(
            "sum",
            lambda original: (
                lambda input, *args, dtype=None, **kwargs: original(
                    input, *args, dtype=dtype or input.dtype, **kwargs
                )
            ),
        ),
    ),
    mutant(
        "amax_of_several_dims_leaves_the_last",
        (STRUCTURE, reductions.amax_and_amin_are_the_extreme_elements),
        kernel("amax", one_dim_of_several),
    ),
    mutant("mean_counts_negative_dims_wrongly", (STRUCTURE, SUMS), kernel("mean", a_positive_dim)),
    mutant("sum_reads_a_transposed_input_in_storage_order", SUMS, kernel("sum", of_storage)),
    mutant(
        "sum_of_many_drops_the_tail",
        (SUMS, reductions.a_slice_sums_to_about_what_the_batch_has),
        given("sum", without_the_tail, longer_than(256)),
    ),
    mutant(
        "prod_of_many_drops_the_tail",
        SUMS,
        given(
            "prod",
            lambda values: np.where(
                np.arange(values.size).reshape(values.shape) % 17 == 16, np.ones(1, values.dtype), values
            ),
            longer_than(16),
        ),
    ),
    mutant("mean_divides_by_all_elements", SUMS, kernel("mean", over_all)),
    mutant(
        "sum_of_halves_rounds_each_step",
        reductions.sums_of_halves_are_rounded_once,
        kernel("sum", in_the_type_itself),
    ),
    mutant(
        "sum_of_bool_is_any",
        INTEGERS,
        returned("sum", lambda values: np.minimum(values, 1), of_type(dtypes.bool_)),
        fault="IntelPython/dpctl#2017",
    ),
    mutant(
        "sum_of_bool_counts_in_a_byte",
        INTEGERS,
        returned("sum", lambda values: values.astype(np.int8), of_type(dtypes.bool_)),
        fault="IntelPython/dpctl#2017",
    ),
    mutant(
        "prod_of_int32_wraps",
        INTEGERS,
        returned("prod", lambda values: values.astype(np.int32), of_type(dtypes.int32)),
    ),
    mutant(
        "dtype_of_sum_casts_the_result",
        reductions.dtype_argument_casts_before_accumulation,
        kernel("sum", cast_afterwards),
    ),
    mutant(
        "dtype_of_cumprod_is_ignored",
        reductions.dtype_argument_casts_before_accumulation,
        without("cumprod", "dtype"),
    ),
    mutant(
        "mean_of_integers_is_floating",
        reductions.mean_and_deviation_of_integers_are_errors,
        kernel("mean", mean_of_floats),
    ),
    mutant(
        "format_shows_the_tensor",
        reductions.a_zero_dim_result_is_formatted_as_its_number,
        attribute("tensor:Tensor.__format__", ends_with_its_number),
    ),
    mutant(
        "no_dims_reduces_nothing",
        reductions.no_dims_means_all_dims_but_for_all_and_any,
        kernel(
            "sum",
            lambda original: (
                lambda input, dim=None, *args, **kwargs: (
                    input if dim == () else original(input, dim, *args, **kwargs)
                )
            ),
        ),
    ),
    # Nothing to reduce.
    mutant(
        "prod_of_nothing_is_zero",
        NOTHING,
        returned("prod", np.zeros_like, empty),
        fault="kulinseth/pytorch#188",
    ),
    mutant(
        "sum_of_nothing_is_uninitialized",
        NOTHING,
        returned("sum", lambda values: np.full_like(values, 7), empty),
    ),
    mutant("mean_of_nothing_is_zero", NOTHING, returned("mean", np.zeros_like, empty)),
    mutant("all_of_nothing_is_false", NOTHING, returned("all", np.zeros_like, empty)),
    mutant("any_of_nothing_is_true", NOTHING, returned("any", np.ones_like, empty)),
    mutant(
        "logsumexp_of_nothing_is_nan",
        NOTHING,
        returned("logsumexp", lambda values: values * np.float32(np.nan), empty),
    ),
    mutant(
        "median_of_nothing_is_zero",
        reductions.the_median_of_nothing_is_nan,
        returned("median", np.zeros_like, empty),
    ),
    # Dimensions.
    mutant(
        "dims_given_twice_count_once",
        DIMS,
        attribute(
            "folding:wrap_dims",
            lambda original: (
                lambda dims, ndim: original(
                    tuple(dict.fromkeys(d % ndim for d in dims))
                    if isinstance(dims, tuple) and ndim and max(dims) < ndim
                    else dims,
                    ndim,
                )
            ),
        ),
    ),
    mutant(
        "dims_out_of_range_wrap_around",
        DIMS,
        attribute(
            "folding:wrap_dims",
            lambda original: (
                lambda dims, ndim: original(dims % ndim if isinstance(dims, int) and ndim else dims, ndim)
            ),
        ),
    ),
    # NaN and zero.
    mutant("any_takes_nan_for_false", TESTS, given("any", nan_as(0.0))),
    mutant("all_takes_nan_for_false", TESTS, given("all", nan_as(0.0))),
    mutant("all_of_bytes_is_bool", (TESTS, STRUCTURE), kernel("all", one_result_type)),
    mutant(
        "any_looks_at_the_integer_part",
        TESTS,
        given("any", np.trunc, lambda input: input.dtype.is_floating_point),
    ),
    mutant(
        "count_nonzero_skips_nan",
        reductions.count_nonzero_counts_what_is_not_zero,
        given("count_nonzero", nan_as(0.0)),
    ),
    mutant(
        "count_nonzero_of_complex_looks_at_the_real_part",
        reductions.count_nonzero_counts_what_is_not_zero,
        given("count_nonzero", np.real, lambda input: input.dtype.is_complex),
    ),
    mutant("sum_skips_nan", reductions.a_nan_makes_the_result_nan, given("sum", nan_as(0.0))),
    mutant("mean_skips_nan", (reductions.a_nan_makes_the_result_nan, SUMS), given("mean", nan_as(0.0))),
    mutant(
        "nansum_skips_infinities",
        reductions.nan_variants_reduce_the_other_elements,
        given(
            "nansum",
            lambda values: np.where(np.isfinite(values), values, 0),
            lambda input: input.dtype.is_floating_point,
        ),
    ),
    mutant(
        "nanmean_counts_nan", reductions.nan_variants_reduce_the_other_elements, given("nanmean", nan_as(0.0))
    ),
    mutant("logsumexp_overflows", reductions.logsumexp_does_not_overflow, kernel("logsumexp", overflowing)),
    *reductions_extremes.MUTANTS,
    *reductions_running.MUTANTS,
]
