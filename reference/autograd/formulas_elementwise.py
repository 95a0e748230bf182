"""Derivatives of functions of corresponding elements.

Sources: the pages of the functions; ``notes/autograd#autograd-for-complex-numbers`` for the conjugates, and
for the choice where there is none ``notes/autograd#gradients-for-non-differentiable-functions``.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .derivatives import derivative, zero


def conj(value: Any) -> Any:
    """Return the conjugate of a complex tensor or number, real ones unchanged."""
    if isinstance(value, Tensor):
        return ops.conj(value) if value.dtype.is_complex else value
    return value.conjugate() if isinstance(value, complex) else value


def masked(grad: Tensor, mask: Tensor) -> Tensor:
    """Return a gradient where a mask is True, 0 elsewhere, whatever the gradient is there."""
    return ops.where(mask, grad, 0)  # type: ignore[no-any-return]


# Arithmetic.

derivative("add", input=lambda grad: grad, other=lambda grad, alpha: scaled(grad, alpha))
derivative("sub", input=lambda grad: grad, other=lambda grad, alpha: -scaled(grad, alpha))
derivative("rsub", input=lambda grad, alpha: -scaled(grad, alpha), other=lambda grad: grad)
derivative("mul", input=lambda grad, other: grad * conj(other), other=lambda grad, input: grad * conj(input))
derivative(
    "div",
    input=lambda grad, other, rounding_mode: divided(grad, other, rounding_mode),
    other=lambda grad, input, other, rounding_mode: divided_by(grad, input, other, rounding_mode),
)
derivative("neg", input=lambda grad: -grad)
derivative("reciprocal", input=lambda grad, result: -grad * conj(result * result))
derivative("square", input=lambda grad, input: grad * conj(2 * input))
derivative(
    "pow",
    input=lambda grad, input, exponent: power_base(grad, input, exponent),
    exponent=lambda grad, input, exponent, result: power_exponent(grad, input, exponent, result),
)


def scaled(grad: Tensor, alpha: Any) -> Any:
    return grad if alpha == 1 else grad * conj(alpha)


def divided(grad: Tensor, other: Any, rounding_mode: str | None) -> Any:
    return grad / conj(other) if rounding_mode is None else ops.zeros_like(grad)


def divided_by(grad: Tensor, input: Any, other: Tensor, rounding_mode: str | None) -> Any:
    if rounding_mode is not None:
        return ops.zeros_like(grad)
    return -grad * conj((input / other) / other)


def power_base(grad: Tensor, input: Tensor, exponent: Any) -> Any:
    """The exponent 0 gives 0 even where the base is 0 or not finite."""
    if isinstance(exponent, Tensor):
        return ops.where(exponent == 0, 0, grad * conj(exponent * input ** (exponent - 1)))
    if exponent == 0:
        return ops.zeros_like(grad)
    return grad * conj(exponent * input ** (exponent - 1))


def power_exponent(grad: Tensor, input: Any, exponent: Tensor, result: Tensor) -> Any:
    """The base 0 gives 0 for an exponent that is not negative."""
    if not isinstance(input, Tensor):
        if input == 0:
            return grad * ops.where(exponent >= 0, 0, result * -math.inf)
        return grad * conj(result * log_of(input))
    flat = input == 0 if exponent.dtype.is_complex else (input == 0) & (exponent >= 0)
    return grad * ops.where(flat, 0, conj(result * ops.log(input)))


def log_of(number: Any) -> Any:
    if isinstance(number, complex):
        return cmath.log(number)
    return math.log(number) if number > 0 else math.nan


# Exponentials, logarithms, roots.

derivative("exp", input=lambda grad, result: grad * conj(result))
derivative("log", input=lambda grad, input: grad / conj(input))
derivative("sqrt", input=lambda grad, result: grad / conj(2 * result))
derivative("sigmoid", input=lambda grad, result: grad * conj((1 - result) * result))

# Trigonometry.

derivative("sin", input=lambda grad, input: grad * conj(ops.cos(input)))
derivative("cos", input=lambda grad, input: -grad * conj(ops.sin(input)))
derivative("tanh", input=lambda grad, result: grad * conj(1 - result * result))

# Magnitude, sign, rounding.

derivative("abs", input=lambda grad, input: grad * ops.sgn(input))
derivative("sgn", input=lambda grad, input, result: turned(grad, input, result))
derivative("relu", "nn.functional.relu", input=lambda grad, result: masked(grad, result > 0))
derivative("positive", "clone", input=lambda grad: grad)
zero("floor", "ceil", "trunc", "round", "sign")


def turned(grad: Tensor, input: Tensor, result: Tensor) -> Any:
    """Only a turn changes the sign: a real number's never changes, nor that of 0."""
    if not input.dtype.is_complex:
        return ops.zeros_like(grad)
    across = grad - result * ops.real(grad * conj(result))
    return ops.where(input == 0, 0, across / ops.abs(input))


# Choices between elements.

derivative(
    "maximum",
    input=lambda grad, input, other: shared(grad, input, other, input > other),
    other=lambda grad, input, other: shared(grad, input, other, other > input),
)
derivative(
    "minimum",
    input=lambda grad, input, other: shared(grad, input, other, input < other),
    other=lambda grad, input, other: shared(grad, input, other, other < input),
)
derivative(
    "where",
    input=lambda grad, condition: ops.where(condition, grad, 0),
    other=lambda grad, condition: ops.where(condition, 0, grad),
)
derivative(
    "clamp",
    input=lambda grad, input, min, max: clamped(grad, input, min, max),
    min=lambda grad, input, min, max: below(grad, input, min, max),
    max=lambda grad, input, min, max: above(grad, input, min, max),
)


def shared(grad: Tensor, input: Tensor, other: Tensor, wins: Tensor) -> Any:
    """Equal elements share the gradient half and half."""
    return ops.where(input == other, grad / 2, masked(grad, wins))


def clamped(grad: Tensor, input: Tensor, low: Any, high: Any) -> Any:
    """The bounds themselves pass the gradient on."""
    if low is not None:
        grad = masked(grad, input >= low)
    return grad if high is None else masked(grad, input <= high)


def below(grad: Tensor, input: Tensor, low: Tensor, high: Any) -> Any:
    grad = masked(grad, input < low)
    return grad if high is None else masked(grad, low < high)


def above(grad: Tensor, input: Tensor, low: Any, high: Tensor) -> Any:
    """An upper bound below the lower one is the result everywhere."""
    return masked(grad, input > high if low is None else (input > high) | (high < low))
