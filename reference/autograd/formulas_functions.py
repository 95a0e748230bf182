"""Derivatives of exponentials, logarithms, trigonometric and special functions, and those of two operands.

Sources: the pages of the functions.
"""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import op, ops
from ..kernels import elementwise
from ..tensor import Tensor
from .derivatives import derivative, zero
from .formulas_elementwise import conj, masked, power_base, power_exponent

import numpy as np  # isort: skip

_LN2, _LN10 = math.log(2), math.log(10)
_HALF_ROOT_PI = math.sqrt(math.pi) / 2

# Exponentials and logarithms.

derivative("exp2", input=lambda grad, result: grad * conj(result * _LN2))
derivative("expm1", input=lambda grad, result: grad * conj(result + 1))
derivative("log2", input=lambda grad, input: grad / conj(input * _LN2))
derivative("log10", input=lambda grad, input: grad / conj(input * _LN10))
derivative("log1p", input=lambda grad, input: grad / conj(input + 1))
derivative("rsqrt", input=lambda grad, result: -0.5 * grad * conj(result * result * result))

# Trigonometry.

derivative("tan", input=lambda grad, result: grad * conj(1 + result * result))
derivative("asin", input=lambda grad, input: grad * conj(ops.rsqrt(1 - input * input)))
derivative("acos", input=lambda grad, input: -grad * conj(ops.rsqrt(1 - input * input)))
derivative("atan", input=lambda grad, input: grad / conj(input * input + 1))
derivative("sinh", input=lambda grad, input: grad * conj(ops.cosh(input)))
derivative("cosh", input=lambda grad, input: grad * conj(ops.sinh(input)))
derivative("asinh", input=lambda grad, input: grad * conj(ops.rsqrt(input * input + 1)))
derivative("acosh", input=lambda grad, input: grad * conj(ops.rsqrt(input - 1) * ops.rsqrt(input + 1)))
derivative("atanh", input=lambda grad, input: grad / conj(1 - input * input))
derivative("deg2rad", input=lambda grad: grad * (math.pi / 180))
derivative("rad2deg", input=lambda grad: grad * (180 / math.pi))
derivative("sinc", input=lambda grad, input: grad * conj(sinc_slope(input)))
derivative("angle", input=lambda grad, input: turned_by(grad, input))
derivative("conj_physical", input=lambda grad: conj(grad))


def sinc_slope(input: Tensor) -> Any:
    angle = input * math.pi
    slope = (angle * ops.cos(angle) - ops.sin(angle)) / (angle * input)
    return ops.where(input == 0, 0, slope)


def turned_by(grad: Tensor, input: Tensor) -> Any:
    """A real number's angle never changes."""
    if not input.dtype.is_complex:
        return ops.zeros_like(grad)
    size = ops.real(input * conj(input))
    return ops.where(input == 0, 0, grad * 1j * input / size)


# Special functions.


@op("_bessel_one", method=False)
def bessel_one(input: Tensor) -> Tensor:
    """Return the modified Bessel function of the first kind of order one."""
    return elementwise(_bessel_one, input, floating=True)


def _bessel_one(x: Any) -> Any:
    """Integrate ``exp(x cos t) cos t`` over half a turn, which the trapezoidal rule does to all digits."""
    wide = np.asarray(x, np.float64)[..., None]
    turn = np.cos(np.arange(129) * (np.pi / 128))
    weight = np.where(np.isin(np.arange(129), (0, 128)), 0.5, 1.0)
    return (np.exp(wide * turn) * turn * weight).sum(-1) / 128


derivative("erf", input=lambda grad, input: grad / _HALF_ROOT_PI * ops.exp(-input * input))
derivative("erfc", input=lambda grad, input: -grad / _HALF_ROOT_PI * ops.exp(-input * input))
derivative("erfinv", input=lambda grad, result: grad * _HALF_ROOT_PI * ops.exp(result * result))
derivative("lgamma", input=lambda grad, input: grad * ops.digamma(input))
derivative("digamma", input=lambda grad, input: grad * input.polygamma(1))
derivative("polygamma", input=lambda grad, input, n: grad * input.polygamma(n + 1))
derivative("mvlgamma", input=lambda grad, input, p: grad * sum(ops.digamma(input - k / 2) for k in range(p)))
derivative("igamma", other=lambda grad, input, other: grad * gamma_density(input, other))
derivative("igammac", other=lambda grad, input, other: -grad * gamma_density(input, other))
derivative("i0", input=lambda grad, input: grad * ops._bessel_one(input))
derivative("logit", input=lambda grad, input, eps: within(grad / (input * (1 - input)), input, eps))
derivative("nan_to_num", input=lambda grad, input: masked(grad, ops.isfinite(input)))
derivative("frac", input=lambda grad: grad)
derivative("frexp", input=lambda grad, results: ops.ldexp(grad, ops.neg(results[1])))
derivative(
    "nextafter",
    input=lambda grad, input, other: ops.where(input == other, 0, grad),
    other=lambda grad: ops.zeros_like(grad),
)
zero("heaviside")
zero("floor_divide")


def gamma_density(order: Tensor, x: Tensor) -> Any:
    return ops.exp((order - 1) * ops.log(x) - x - ops.lgamma(order))


def within(grad: Tensor, input: Tensor, eps: float | None) -> Any:
    return grad if eps is None else masked(grad, (input >= eps) & (input <= 1 - eps))


# Two and three operands.

derivative(
    "float_power",
    input=lambda grad, input, exponent: power_base(grad, input, exponent),
    exponent=lambda grad, input, exponent, result: power_exponent(grad, input, exponent, result),
)
derivative(
    "ldexp",
    input=lambda grad, other: grad * 2.0**other,
    other=lambda grad, result: grad * result * _LN2,
)
derivative(
    "fmod",
    input=lambda grad: grad,
    other=lambda grad, input, other: -grad * ops.trunc(input / other),
)
derivative(
    "remainder",
    input=lambda grad: grad,
    other=lambda grad, input, other: -grad * ops.floor(input / other),
)
derivative(
    "fmax",
    input=lambda grad, input, other: masked(grad, (input >= other) | ops.isnan(other)),
    other=lambda grad, input, other: masked(grad, ~((input >= other) | ops.isnan(other))),
)
derivative(
    "fmin",
    input=lambda grad, input, other: masked(grad, (input <= other) | ops.isnan(other)),
    other=lambda grad, input, other: masked(grad, ~((input <= other) | ops.isnan(other))),
)
derivative(
    "clamp_min",
    input=lambda grad, input, min: masked(grad, input >= min),
    min=lambda grad, input, min: masked(grad, input < min),
)
derivative(
    "clamp_max",
    input=lambda grad, input, max: masked(grad, input <= max),
    max=lambda grad, input, max: masked(grad, input > max),
)
derivative(
    "atan2",
    input=lambda grad, input, other: grad * other / (input * input + other * other),
    other=lambda grad, input, other: -grad * input / (input * input + other * other),
)
derivative(
    "hypot",
    input=lambda grad, input, result: grad * (input / result),
    other=lambda grad, other, result: grad * (other / result),
)
derivative(
    "copysign",
    input=lambda grad, input, result: ops.where(input == 0, 0, grad * (result / input)),
    other=lambda grad: ops.zeros_like(grad),
)
derivative(
    "logaddexp",
    input=lambda grad, input, result: grad * ops.exp(input - result),
    other=lambda grad, other, result: grad * ops.exp(other - result),
)
derivative(
    "logaddexp2",
    input=lambda grad, input, result: grad * ops.exp2(input - result),
    other=lambda grad, other, result: grad * ops.exp2(other - result),
)
derivative(
    "xlogy",
    input=lambda grad, input, other: grad * ops.where((input == 0) & (other <= 0), 0, ops.log(other)),
    other=lambda grad, input, other: grad * (input / other),
)
derivative(
    "special.xlog1py",
    input=lambda grad, input, other: grad * ops.where((input == 0) & (other <= -1), 0, ops.log1p(other)),
    other=lambda grad, input, other: grad * (input / (other + 1)),
)
derivative(
    "addcmul",
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conj(tensor2 * value),
    tensor2=lambda grad, tensor1, value: grad * conj(tensor1 * value),
)
derivative(
    "addcdiv",
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conj(value / tensor2),
    tensor2=lambda grad, tensor1, tensor2, value: -grad * conj(value * tensor1 / (tensor2 * tensor2)),
)
derivative(
    "lerp",
    input=lambda grad, weight: grad * (1 - conj(weight)),
    end=lambda grad, weight: grad * conj(weight),
    weight=lambda grad, input, end: grad * conj(end - input),
)
derivative("complex", real=lambda grad: ops.real(grad), imag=lambda grad: ops.imag(grad))
derivative(
    "polar",
    abs=lambda grad, angle: ops.real(grad * ops.polar(ops.ones_like(angle), -angle)),
    angle=lambda grad, result: ops.real(grad * conj(result * 1j)),
)
