"""Comparisons, tests, extremes, bounds, logic and bits. Sources: the pages of the functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes
from .casting import checked_number, number_array
from .dispatch import op, ops
from .folding import lacks_kernel
from .kernels import Array, Operand, as_operands, elementwise, fresh, promoted
from .tensor import Tensor

Function = Callable[..., Any]


def _rounded(operand: Any, common: dtypes.dtype) -> Any:
    """Return a Python number rounded to the type of the comparison, a tensor as it is."""
    return operand if isinstance(operand, Tensor) else fresh(number_array(operand, common))


def _register_comparison(name: str, alias: str, function: Function, *, orders: bool) -> None:
    @op(name, *([alias] if alias else []), inplace=True, out=True, differentiable=False)
    def kernel(input: Tensor, other: Any) -> Tensor:
        common = promoted(*as_operands(input, other))
        if orders and common.is_complex:
            raise lacks_kernel(f"{name}_cpu", common)
        rounded = (_rounded(operand, common) for operand in (input, other))
        return elementwise(function, *rounded, common=common, result=dtypes.bool_)

    kernel.__doc__ = f"Return whether {name} holds of corresponding elements."


_COMPARISONS: tuple[tuple[str, str, Function, bool], ...] = (
    ("eq", "", np.equal, False),
    ("ne", "not_equal", np.not_equal, False),
    ("lt", "less", np.less, True),
    ("le", "less_equal", np.less_equal, True),
    ("gt", "greater", np.greater, True),
    ("ge", "greater_equal", np.greater_equal, True),
)

for _name, _alias, _function, _orders in _COMPARISONS:
    _register_comparison(_name, _alias, _function, orders=_orders)


@op("isclose", differentiable=False)
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Return whether ``|input - other| <= atol + rtol |other|``; what is not finite equals only itself."""
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.scalar_name} did not match {other.dtype.scalar_name}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")

    def near(a: Array, b: Array) -> Any:
        if a.dtype.kind in "biu":
            a, b = a.astype(np.float64), b.astype(np.float64)
        distance = np.abs(a - b)
        close = (a == b) | (np.isfinite(distance) & (distance <= atol + np.abs(rtol * b)))
        return close | (np.isnan(a) & np.isnan(b)) if equal_nan else close

    return elementwise(near, input, other, result=dtypes.bool_)


@op("allclose", raw=True)
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Return whether all corresponding elements are close."""
    return bool(ops.isclose(input, other, rtol, atol, equal_nan).array.all())


@op("equal", raw=True)
def equal(input: Tensor, other: Tensor) -> bool:
    """Return whether shapes agree and all elements do."""
    if tuple(input.shape) != tuple(other.shape):
        return False
    return bool(elementwise(np.equal, input, other, result=dtypes.bool_).array.all())


# Tests of single elements.


def _register_test(name: str, function: Function, *, real: bool) -> None:
    @op(name, out=real, differentiable=False)
    def kernel(input: Tensor) -> Tensor:
        if real and input.dtype.is_complex:
            raise RuntimeError(f"{name} does not support complex inputs.")
        return elementwise(function, input, result=dtypes.bool_)

    kernel.__doc__ = f"Return {name} of each element."


_TESTS: tuple[tuple[str, Function, bool], ...] = (
    ("isnan", np.isnan, False),
    ("isinf", np.isinf, False),
    ("isfinite", np.isfinite, False),
    ("isreal", lambda x: np.imag(x) == 0, False),
    ("isposinf", lambda x: x == np.inf, True),
    ("isneginf", lambda x: x == -np.inf, True),
)

for _name, _function, _real in _TESTS:
    _register_test(_name, _function, real=_real)


# Extremes and bounds.


def _register_extreme(name: str, function: Function) -> None:
    @op(name, out=True)
    def kernel(input: Tensor, other: Tensor) -> Tensor:
        if promoted(input, other).is_complex:
            raise RuntimeError(f"{name} not implemented for complex tensors.")
        return elementwise(function, input, other)

    kernel.__doc__ = f"Return the {name} of two elements."


_EXTREMES: tuple[tuple[str, Function], ...] = (
    ("maximum", np.maximum),
    ("minimum", np.minimum),
    ("fmax", np.fmax),
    ("fmin", np.fmin),
)

for _name, _function in _EXTREMES:
    _register_extreme(_name, _function)


@op("clamp", "clip", inplace=True, out=True)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Return the elements raised to ``min`` and then lowered to ``max``; NaN stays."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = [bound for bound in (min, max) if bound is not None]
    if len({isinstance(bound, Tensor) for bound in bounds}) > 1:
        raise TypeError("clamp() received an invalid combination of arguments")
    common = promoted(input, *bounds)
    if common.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    for bound in bounds:
        if not isinstance(bound, Tensor):
            checked_number(bound, common)

    def bounded(x: Array, *limits: Array) -> Any:
        left = list(limits)
        raised = x if min is None else np.maximum(x, left.pop(0))
        return raised if max is None else np.minimum(raised, left.pop(0))

    return elementwise(bounded, input, *bounds)


@op("clamp_min", inplace=True, out=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Return the elements raised to ``min``."""
    return clamp(input, min)


@op("clamp_max", inplace=True, out=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Return the elements lowered to ``max``."""
    return clamp(input, None, max)


# Logic and bits.


@op("logical_not", inplace=True, out=True, differentiable=False)
def logical_not(input: Tensor) -> Tensor:
    """Return whether each element is zero."""
    return elementwise(lambda x: x == 0, input, result=dtypes.bool_)


def _register_logic(name: str, function: Function) -> None:
    @op(name, inplace=True, out=True, differentiable=False)
    def kernel(input: Tensor, other: Tensor) -> Tensor:
        return elementwise(lambda a, b: function(a != 0, b != 0), input, other, result=dtypes.bool_)

    kernel.__doc__ = f"Return {name} of elements, whatever is not zero being True."


def _register_bits(name: str, function: Function, *, bools: bool) -> None:
    @op(name, inplace=True, out=True)
    def kernel(input: Operand, other: Operand) -> Tensor:
        common = promoted(*as_operands(input, other))
        if common.is_differentiable or (common is dtypes.bool_ and not bools):
            raise lacks_kernel(f"{name}_cpu", common)
        return elementwise(function, input, other)

    kernel.__doc__ = f"Return {name} of two integers."


_LOGIC: tuple[tuple[str, Function], ...] = (
    ("logical_and", np.logical_and),
    ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor),
)

for _name, _function in _LOGIC:
    _register_logic(_name, _function)


def _left(a: Array, count: Array) -> Any:
    return np.where(_inside(a, count), np.left_shift(a, np.where(_inside(a, count), count, 0)), 0)


def _right(a: Array, count: Array) -> Any:
    """Past the width only copies of the sign are left."""
    return np.right_shift(a, np.where(_inside(a, count), count, 8 * a.dtype.itemsize - 1))


def _inside(a: Array, count: Array) -> Any:
    return (count >= 0) & (count < 8 * a.dtype.itemsize)


_BITS: tuple[tuple[str, Function, bool], ...] = (
    ("bitwise_and", np.bitwise_and, True),
    ("bitwise_or", np.bitwise_or, True),
    ("bitwise_xor", np.bitwise_xor, True),
    ("bitwise_left_shift", _left, False),
    ("bitwise_right_shift", _right, False),
)

for _name, _function, _bools in _BITS:
    _register_bits(_name, _function, bools=_bools)


@op("bitwise_not", inplace=True, out=True)
def bitwise_not(input: Tensor) -> Tensor:
    """Return the complement of the bits, of bools the negation."""
    if input.dtype.is_differentiable:
        raise lacks_kernel("bitwise_not_cpu", input.dtype)
    return elementwise(np.invert, input)
