"""Faults of promotion in functions other than arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import promoted
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import promotion

from .mutant import attribute, kernel, mutant

Call = Callable[..., Any]


def _like_the_first(original: Call) -> Call:
    """Give the result the type of the first operand."""

    def function(input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(input, other, *args, **kwargs)
        return result.to(input.dtype) if isinstance(input, Tensor) else result

    return function


def _zero_dim_like_the_first(original: Call) -> Call:
    """Give the result the type of the first of two zero-dim operands of one category."""

    def function(input: Any, other: Any) -> Any:
        result = original(input, other)
        tensors = isinstance(input, Tensor) and isinstance(other, Tensor)
        if not tensors or input.ndim or other.ndim or not input.is_floating_point():
            return result
        return result.to(input.dtype)

    return function


def _truncates_integers(original: Call) -> Call:
    def div(input: Any, other: Any, *, rounding_mode: Any = None) -> Any:
        if rounding_mode is None and promoted(input, other).is_integral:
            return original(input, other, rounding_mode="trunc")
        return original(input, other, rounding_mode=rounding_mode)

    return div


def _converts_to_the_first(original: Call) -> Call:
    """Compare in the type of the first operand."""

    def compare(input: Any, other: Any) -> Any:
        if isinstance(input, Tensor) and isinstance(other, Tensor):
            other = other.to(input.dtype)
        elif isinstance(input, Tensor) and isinstance(other, float) and other == other:
            other = int(other) if input.dtype.is_integral and abs(other) < 100 else other
        return original(input, other)

    return compare


def _joins_in_the_type_of_the_first(original: Call) -> Call:
    def cat(tensors: Any, dim: int = 0) -> Any:
        return original([one.to(tensors[0].dtype) for one in tensors], dim)

    return cat


def _leaves_empty_tensors_out(original: Call) -> Call:
    def cat(tensors: Any, dim: int = 0) -> Any:
        result = original(tensors, dim)
        filled = [one for one in tensors if one.numel()]
        return result.to(promoted(*filled)) if filled else result

    return cat


def _where_like_the_first(original: Call) -> Call:
    def where(condition: Any, input: Any = None, other: Any = None) -> Any:
        result = original(condition, input, other)
        return result.to(input.dtype) if isinstance(input, Tensor) else result

    return where


def _promotes(original: Call) -> Call:
    """Bring all operands of a function that takes one type to their common type."""

    def function(*tensors: Any, **kwargs: Any) -> Any:
        common = promoted(*tensors)
        return original(*(one.to(common) for one in tensors), **kwargs)

    return function


def _counts_as_any(original: Call) -> Call:
    def sum(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = original(input, *args, **kwargs)
        return result.clamp(max=1) if input.dtype is dtypes.bool_ and result.dtype is dtypes.int64 else result

    return sum


def _counts_in(kind: dtypes.dtype) -> Callable[[Call], Call]:
    """Count integers and bools in a narrower type."""

    def make(original: Call) -> Call:
        def reduce(input: Tensor, *args: Any, **kwargs: Any) -> Any:
            result = original(input, *args, **kwargs)
            return result if result.dtype is not dtypes.int64 else result.to(kind).to(dtypes.int64)

        return reduce

    return make


def _keeps_integers(original: Call) -> Call:
    def reduce(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = original(input, *args, **kwargs)
        return result.to(input.dtype) if input.dtype.is_integral and "dtype" not in kwargs else result

    return reduce


def _widens_halves(original: Call) -> Call:
    def reduce(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = original(input, *args, **kwargs)
        return result.to(dtypes.float32) if result.dtype is dtypes.float16 else result

    return reduce


def _converts_afterwards(original: Call) -> Call:
    def reduce(input: Tensor, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        result = original(input, *args, **kwargs)
        return result if dtype is None else result.to(dtype)

    return reduce


def _takes_floats_as_integers(original: Call) -> Call:
    def whole(value: Any) -> Any:
        return value.to(dtypes.int64) if isinstance(value, Tensor) else int(abs(value))

    def bitwise(input: Any, other: Any) -> Any:
        if promoted(input, other).is_differentiable:
            return original(whole(input), whole(other))
        return original(input, other)

    return bitwise


def _halves_negative_powers(original: Call) -> Call:
    """Raise integers to negative powers as floats and cut the result off."""

    def pow(input: Any, exponent: Any) -> Any:
        integers = isinstance(input, Tensor) and input.dtype.is_integral
        if integers and isinstance(exponent, int) and exponent < 0:
            return original(input.to(dtypes.float64), exponent).to(input.dtype)
        return original(input, exponent)

    return pow


def _clamps_in_the_type_of_the_input(original: Call) -> Call:
    def clamp(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return original(input, *args, **kwargs).to(input.dtype)

    return clamp


_JOINED = promotion.joined_tensors_take_a_type_that_holds_all
_SUMS = promotion.sums_of_integers_are_int64

MUTANTS = [
    mutant(
        "atan2_of_zero_dim_tensors_has_the_type_of_the_first",
        promotion.functions_of_two_operands_promote_alike,
        kernel("atan2", _zero_dim_like_the_first),
        fault="pytorch/pytorch#43360",
    ),
    *(
        mutant(
            f"{name}_has_the_type_of_its_first_operand",
            promotion.functions_of_two_operands_promote_alike,
            kernel(name, _like_the_first),
        )
        for name in ("maximum", "remainder", "copysign", "bitwise_left_shift")
    ),
    mutant(
        "division_of_integers_truncates",
        promotion.true_division_gives_floating_numbers,
        kernel("div", _truncates_integers),
        fault="pytorch/pytorch#43879",
    ),
    mutant(
        "division_of_integers_gives_float64",
        (
            promotion.true_division_gives_floating_numbers,
            promotion.functions_with_floating_values_give_floats,
        ),
        attribute(
            "kernels:to_floating",
            lambda original: lambda kind: kind if kind.is_differentiable else dtypes.float64,
        ),
    ),
    mutant(
        "functions_with_floating_values_ignore_the_default_type",
        promotion.functions_with_floating_values_give_floats,
        attribute(
            "kernels:to_floating",
            lambda original: lambda kind: kind if kind.is_differentiable else dtypes.float32,
        ),
    ),
    mutant(
        "comparison_is_in_the_type_of_the_first_operand",
        promotion.comparisons_give_bool,
        kernel("eq", _converts_to_the_first),
    ),
    mutant(
        "comparison_gives_uint8",
        promotion.comparisons_give_bool,
        kernel("lt", lambda original: lambda a, b: original(a, b).to(dtypes.uint8)),
    ),
    mutant(
        "cat_takes_the_type_of_the_first",
        _JOINED,
        kernel("cat", _joins_in_the_type_of_the_first),
        fault="pytorch/pytorch#35014",
    ),
    mutant("cat_ignores_the_type_of_empty_tensors", _JOINED, kernel("cat", _leaves_empty_tensors_out)),
    mutant(
        "where_takes_the_type_of_the_first_branch",
        promotion.where_promotes_its_branches,
        kernel("where", _where_like_the_first),
    ),
    *(
        mutant(f"{name}_promotes", promotion.matrix_products_take_one_type, kernel(name, _promotes))
        for name in ("mm", "bmm", "mv", "dot", "addmm")
    ),
    mutant("sum_of_bools_is_any", _SUMS, kernel("sum", _counts_as_any), fault="IntelPython/dpctl#2017"),
    mutant("sum_of_integers_wraps_in_int32", _SUMS, kernel("sum", _counts_in(dtypes.int32))),
    mutant("prod_of_integers_wraps_in_int32", _SUMS, kernel("prod", _counts_in(dtypes.int32))),
    mutant("sum_keeps_integer_types", _SUMS, kernel("sum", _keeps_integers)),
    mutant(
        "sum_of_float16_is_float32", promotion.sums_of_floats_keep_the_type, kernel("sum", _widens_halves)
    ),
    mutant(
        "sum_converts_after_reducing",
        promotion.dtype_converts_before_reducing,
        kernel("sum", _converts_afterwards),
    ),
    mutant(
        "bitwise_and_has_the_type_of_its_first_operand",
        promotion.bitwise_functions_promote_bools_and_integers,
        kernel("bitwise_and", _like_the_first),
    ),
    mutant(
        "bitwise_or_takes_floats",
        promotion.bitwise_functions_refuse_floats,
        kernel("bitwise_or", _takes_floats_as_integers),
    ),
    mutant("pow_has_the_type_of_the_base", promotion.powers_promote, kernel("pow", _like_the_first)),
    mutant(
        "integers_have_negative_powers",
        promotion.integers_have_no_negative_powers,
        kernel("pow", _halves_negative_powers),
    ),
    mutant("lerp_promotes", promotion.lerp_takes_one_type, kernel("lerp", _promotes)),
    mutant(
        "clamp_keeps_the_type_of_its_input",
        promotion.clamp_promotes_its_bounds,
        kernel("clamp", _clamps_in_the_type_of_the_input),
    ),
    mutant(
        "mse_loss_has_the_type_of_its_input",
        promotion.losses_of_differences_promote,
        kernel("nn.functional.mse_loss", _like_the_first),
    ),
]
