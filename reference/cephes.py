"""Single-precision logarithm, sine and cosine as torch's vectorised normal generator computes them.

The polynomials and the reduction of the argument are those of the Cephes library (Moshier, 1989; the
coefficients are in its ``logf.c`` and ``sinf.c``). Which products and sums are fused is observed, through
``torch.randn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .fused import fma

Array = np.ndarray[Any, Any]

_one = np.float32


def _constants(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(number) for number in numbers)


_LOG = _constants(
    *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
    *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
_SIN = _constants(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _constants(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
# ln 2 and pi / 4 as sums of a short number and the rest.
_LN2_LOW, _LN2_HIGH = _constants(-2.12194440e-4, 0.693359375)
_MINUS_PI_4 = _constants(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)
_4_PI, _HALF, _ROOT_HALF = _constants(1.27323954473516, 0.5, 0.707106781186547524)


def _polynomial(x: Array, coefficients: Sequence[np.float32]) -> Array:
    value: Array = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = fma(value, x, coefficient)
    return value


def log(x: Array) -> Array:
    """Return the natural logarithm of positive normal float32 numbers."""
    bits = x.view(np.int32)
    mantissa = (bits & 0x007FFFFF | 0x3F000000).view(np.float32)
    small = mantissa < _ROOT_HALF
    exponent = (((bits >> 23) - 126) - small).astype(np.float32)
    y = (mantissa - _one(1)) + np.where(small, mantissa, _one(0))
    square = y * y
    series = fma(_polynomial(y, _LOG) * y, square, exponent * _LN2_LOW)
    return fma(exponent, _LN2_HIGH, y + fma(square, -_HALF, series))


def sin_cos(x: Array) -> tuple[Array, Array]:
    """Return the sine and the cosine of float32 numbers from 0 to 2 pi."""
    octant = ((x * _4_PI).astype(np.int32) + 1) & ~1
    for part in _MINUS_PI_4:
        x = fma(octant.astype(np.float32), part, x)
    square = x * x
    cosine = fma(_polynomial(square, _COS) * square, square, -(square * _HALF)) + _one(1)
    sine = fma(_polynomial(square, _SIN) * square, x, x)
    swapped = octant & 2 != 0
    sines, cosines = np.where(swapped, cosine, sine), np.where(swapped, sine, cosine)
    return (
        np.where(octant & 4 != 0, -sines, sines),
        np.where((octant - 2) & 4 == 0, -cosines, cosines),
    )
