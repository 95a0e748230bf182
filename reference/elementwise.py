"""Arithmetic of corresponding elements. Sources: the pages of the functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .casting import number_array
from .dispatch import op, ops
from .folding import lacks_kernel
from .kernels import Array, Operand, as_operands, elementwise, promoted
from .tensor import Tensor

_NEGATION = (
    "Negation, the `-` operator, on a bool tensor is not supported. "
    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
)
_TWO_BOOLS = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. "
    "Use the `^` or `logical_xor()` operator instead."
)
_ONE_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. "
    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
)


# Sums and products.


@op("add", inplace=True, out=True)
def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha * other``."""
    if type(alpha) is int and alpha == 1:
        return elementwise(np.add, input, other)
    check_alpha(alpha, promoted(*as_operands(input, other)))
    return elementwise(lambda a, b: a + scaled(b, alpha), input, other)


@op("sub", "subtract", inplace=True, out=True)
def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input - alpha * other``; bool tensors are refused."""
    bools = [isinstance(operand, Tensor) and operand.dtype is dtypes.bool_ for operand in (input, other)]
    if any(bools):
        raise RuntimeError(_TWO_BOOLS if all(bools) else _ONE_BOOL)
    check_alpha(alpha, promoted(*as_operands(input, other)))
    return elementwise(lambda a, b: a - scaled(b, alpha), input, other)


@op("rsub", method=False)
def rsub(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``other - alpha * input``."""
    return sub(other, input, alpha=alpha)


def scaled(values: Array, alpha: Any) -> Any:
    """Return alpha times an array, in the array's type."""
    return values if alpha == 1 else number_array(alpha, dtypes.of_numpy(values.dtype)) * values


def check_alpha(alpha: Any, common: dtypes.dtype) -> None:
    """Refuse an alpha of a higher category than the result's, and a bool one unless that is bool."""
    if isinstance(alpha, bool) and common is not dtypes.bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and not common.is_differentiable:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, complex) and not common.is_complex:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")


@op("mul", "multiply", inplace=True, out=True)
def mul(input: Any, other: Any) -> Tensor:
    """Return the product."""
    return elementwise(np.multiply, input, other)


@op("neg", "negative", inplace=True, out=True)
def neg(input: Tensor) -> Tensor:
    """Return the negatives; bool tensors are refused."""
    if input.dtype is dtypes.bool_:
        raise RuntimeError(_NEGATION)
    return elementwise(np.negative, input)


@op("positive", raw=True)
def positive(input: Tensor) -> Tensor:
    """Return ``input`` itself; bool tensors are refused."""
    if input.dtype is dtypes.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@op("addcmul", inplace=True, out=True)
def addcmul(input: Tensor, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return ``input + value * tensor1 * tensor2``."""
    return elementwise(lambda x, a, b: x + scaled(a, value) * b, input, tensor1, tensor2)


@op("addcdiv", inplace=True, out=True)
def addcdiv(input: Tensor, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return ``input + value * tensor1 / tensor2``; integer tensors are refused."""
    if not promoted(tensor1, tensor2).is_differentiable:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future release addcdiv will "
            "perform a true division of tensor1 and tensor2."
        )
    return elementwise(lambda x, a, b: x + scaled(a, value) / b, input, tensor1, tensor2)


@op("lerp", inplace=True, out=True)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """Return ``input + weight * (end - input)``, from whichever end is nearer; one type only."""
    for name, operand in (("end", end), ("weight", weight)):
        if isinstance(operand, Tensor) and operand.dtype is not input.dtype:
            raise RuntimeError(f"expected dtype {input.dtype} for `{name}` but got dtype {operand.dtype}")
    if not input.dtype.is_differentiable:
        raise lacks_kernel("lerp_kernel_scalar", input.dtype)
    return elementwise(_between, input, end, weight)


def _between(start: Array, end: Array, weight: Array) -> Any:
    span = end - start
    return np.where(np.abs(weight) < 0.5, start + weight * span, end - span * (1 - weight))


# Quotients.


@op("div", "divide", inplace=True, out=True)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Return the quotient, as it is, rounded down or towards zero."""
    if rounding_mode is None:
        return elementwise(np.divide, input, other, floating=True)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return elementwise(_QUOTIENTS[rounding_mode], input, other)


@op("true_divide", inplace=True, out=True, composite=True)
def true_divide(input: Any, other: Any) -> Any:
    """Return the quotient as it is."""
    return ops.div(input, other)


@op("floor_divide", inplace=True, out=True)
def floor_divide(input: Any, other: Any) -> Tensor:
    """Return the quotient rounded down."""
    refuse_bool("floor_divide", input, other)
    return elementwise(floor_quotient, input, other)


@op("remainder", inplace=True, out=True)
def remainder(input: Operand, other: Operand) -> Tensor:
    """Return what division rounded down leaves: it has the divisor's sign."""
    refuse_bool("remainder", input, other)
    return elementwise(_modulus, input, other)


@op("fmod", inplace=True, out=True)
def fmod(input: Tensor, other: Any) -> Tensor:
    """Return what division rounded towards zero leaves: it has the dividend's sign."""
    refuse_bool("fmod", input, other)
    return elementwise(_rest, input, other)


def refuse_bool(name: str, *operands: Any) -> None:
    """Raise as torch does where it has no kernel for the operands' common type."""
    common = promoted(*as_operands(*operands))
    if common is dtypes.bool_ or common.is_complex:
        raise lacks_kernel(f"{name}_cpu", common)


def _refuse_zero(divisor: Array) -> None:
    if divisor.dtype.kind in "biu" and not divisor.all():
        raise RuntimeError("ZeroDivisionError")


def floor_quotient(a: Array, b: Array) -> Array:
    """Return the quotient rounded down, by way of the remainder: 1.0 // 0.1 is 9."""
    _refuse_zero(b)
    return np.floor_divide(a, b) if a.dtype.kind in "biu" else np.where(b == 0, a / b, _floored(a, b))


def _floored(a: Array, b: Array) -> Array:
    rest = np.fmod(a, b)
    quotient = (a - rest) / b
    quotient = quotient - ((rest != 0) & ((b < 0) != (rest < 0)))
    lower = np.floor(quotient)
    nearest = np.where(quotient - lower > 0.5, lower + 1, lower)
    return np.where(quotient == 0, np.copysign(0.0, a / b), nearest).astype(a.dtype)


def _truncated(a: Array, b: Array) -> Array:
    _refuse_zero(b)
    if a.dtype.kind not in "biu":
        return np.asarray(np.trunc(a / b))
    below = np.floor_divide(a, b)
    return np.asarray(below + ((np.remainder(a, b) != 0) & ((a < 0) != (b < 0))).astype(a.dtype))


def _modulus(a: Array, b: Array) -> Array:
    _refuse_zero(b)
    rest = np.fmod(a, b)
    return np.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest)


def _rest(a: Array, b: Array) -> Array:
    _refuse_zero(b)
    return np.fmod(a, b)


_QUOTIENTS = {"floor": floor_quotient, "trunc": _truncated}


@op("gcd", inplace=True, out=True)
def gcd(input: Tensor, other: Tensor) -> Tensor:
    """Return the greatest common divisor."""
    return elementwise(np.gcd, input, other)


@op("lcm", inplace=True, out=True)
def lcm(input: Tensor, other: Tensor) -> Tensor:
    """Return the least common multiple."""
    return elementwise(lambda a, b: np.abs(np.lcm(a, b)), input, other)


# Powers.


@op("pow", inplace=True, out=True)
def pow(input: Operand, exponent: Operand) -> Tensor:
    """Return the power; integers wrap around."""
    common = promoted(*as_operands(input, exponent))
    if common is dtypes.bool_:
        raise lacks_kernel("pow", common)
    if common.is_differentiable:
        return elementwise(_power_of(exponent), input, exponent)
    if isinstance(exponent, int) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return elementwise(integer_power, input, exponent)


def _power_of(exponent: Any) -> Any:
    """Squares and roots are computed as such where the exponent is a number."""
    if isinstance(exponent, Tensor):
        return _real_power
    known = {2: lambda a, b: a * a, 0.5: lambda a, b: np.sqrt(a), -0.5: lambda a, b: 1 / np.sqrt(a)}
    return known.get(exponent, np.power)


def _real_power(base: Array, exponent: Array) -> Array:
    """Return a power; NumPy may take a root for one half, which differs for -0 and minus infinity."""
    if base.dtype.kind == "f":
        same_power = np.where(np.isinf(base), np.abs(base), base + 0)
        base = np.where(exponent == 0.5, same_power, base)
    return np.asarray(np.power(base, exponent))


def integer_power(base: Array, exponent: Array) -> Any:
    """Return a power by repeated squaring; a negative one is 0 but for the bases 1 and -1."""
    one = base.dtype.type(1)
    left = np.where(exponent < 0, 0, exponent)
    result, square = np.broadcast_to(one, np.broadcast_shapes(base.shape, exponent.shape)), base
    while left.any():
        result = np.where(left & 1, result * square, result)
        square, left = square * square, left >> 1
    odd = np.where(exponent & 1, base, one)
    inverse = np.where(np.abs(base) == 1, np.where(base == 1, one, odd), 0)
    return np.where(exponent < 0, inverse, result).astype(base.dtype)


@op("float_power", inplace=True, out=True, exact_out=True)
def float_power(input: Operand, exponent: Operand) -> Tensor:
    """Return the power in double precision."""
    widest = dtypes.complex128 if promoted(*as_operands(input, exponent)).is_complex else dtypes.float64
    return elementwise(_power_of(exponent), input, exponent, common=widest)


@op("ldexp", inplace=True, out=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Return ``input * 2 ** other``."""
    return elementwise(lambda x, n: x * np.exp2(n), input, other, floating=True)


@op("square", inplace=True, out=True)
def square(input: Tensor) -> Tensor:
    """Return the square; that of bools is int64."""
    return pow(input, 2)


@op("reciprocal", inplace=True, out=True)
def reciprocal(input: Tensor) -> Tensor:
    """Return one divided by each element."""
    return elementwise(lambda a: 1 / a, input, floating=True)
