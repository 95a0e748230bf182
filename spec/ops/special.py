"""Functions that NumPy lacks, to about the precision of a double.

Sources: NIST Digital Library of Mathematical Functions, chapters 5 (gamma, 5.11.2 and 5.5), 7 (error
functions) and 10 (Bessel functions).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..accuracy import Array


def _vectorised(function: Any) -> Any:
    spread = np.frompyfunc(function, 1, 1)

    def apply(x: Any) -> Array:
        return np.asarray(spread(np.asarray(x, np.float64)), dtype=np.float64)

    return apply


def _lgamma(x: float) -> float:
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


erf = _vectorised(math.erf)
erfc = _vectorised(math.erfc)
lgamma = _vectorised(_lgamma)

# Coefficients B(2k) / 2k of the asymptotic series of digamma.
_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def digamma(x: Any) -> Array:
    """Return the logarithmic derivative of the gamma function; NaN at negative integers."""
    x = np.asarray(x, np.longdouble)
    reflected = x < 0.5
    y = np.where(reflected, 1 - x, x)
    shift = np.zeros_like(y)
    for _ in range(12):
        low = y < 12
        shift = shift - np.where(low, 1 / np.where(low, y, 1), 0)
        y = np.where(low, y + 1, y)
    inverse = 1 / (y * y)
    series = np.zeros_like(y)
    for coefficient in reversed(_DIGAMMA):
        series = (series + coefficient) * inverse
    value = shift + np.log(y) - 0.5 / y - series
    turn = x - np.rint(x)
    cotangent = np.pi / np.where(turn == 0, np.nan, np.tan(np.longdouble(np.pi) * turn))
    value = np.where(reflected, value - cotangent, value)
    return np.asarray(np.where(x == 0, np.copysign(np.inf, -x), np.where(np.isneginf(x), np.nan, value)))


def erfinv(y: Any) -> Array:
    """Return the inverse of erf on (-1, 1), by Newton's method in the variable where it converges."""
    y = np.asarray(y, np.float64)
    rest = np.clip(1 - np.abs(y), 0, 1)
    inside = (rest > 0) & (y != 0) & ~np.isnan(y)
    rest = np.where(inside, rest, 0.5)
    small = np.where(inside, np.abs(y), 0.5)
    spread = np.log(rest * (2 - rest))
    middle = 2 / (np.pi * 0.147) + spread / 2
    x = np.sqrt(np.maximum(np.sqrt(middle**2 - spread / 0.147) - middle, 0))
    x = np.where(small < 1e-4, small * math.sqrt(math.pi) / 2, x)
    for _ in range(4):
        error = np.where(small < 0.5, erf(x) - small, rest - erfc(x))
        slope = 2 / math.sqrt(math.pi) * np.exp(-x * x)
        step = error / slope
        x = x - step / (1 + x * step)
    edge = np.where(np.abs(y) == 1, np.inf, np.where(y == 0, 0.0, np.nan))
    return np.asarray(np.copysign(np.where(inside, x, edge), y))


def i0(x: Any) -> Array:
    """Return the modified Bessel function of the first kind and order zero; infinite past 713."""
    x = np.asarray(x, np.float64)
    size = np.abs(x)
    safe: Array = np.where(size < 713, size, 1.0)
    return np.asarray(np.where(np.isnan(x), np.nan, np.where(size < 713, np.i0(safe), np.inf)))


def sigmoid(x: Any) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(np.signbit(np.real(x)), small / (1 + small), 1 / (1 + small)))


def softplus(x: Any) -> Array:
    """Return log(1 + exp(x)) without overflow."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def normal_cdf(x: Any) -> Array:
    """Return the distribution function of the standard normal distribution."""
    return np.asarray(0.5 * erfc(-np.asarray(x) / math.sqrt(2)))
