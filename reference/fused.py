"""A product and a sum with one rounding, as the processor's fused instruction gives them.

The error-free transformations are those of Dekker (1971) and Knuth; the last rounding follows Boldo and
Melquiond, Emulation of FMA and correctly rounded sums (2008): the inner sum is rounded to odd.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_SPLITTER = 134217729.0


def fma(a: Any, b: Any, c: Any) -> Array:
    """Return ``a * b + c`` rounded once.

    Parameters
    ----------
    a, b, c : array or number
        All float32 or all float64, finite and far from overflow.
    """
    kind = np.result_type(a, b, c)
    x, y, z = (np.asarray(value, np.float64) for value in (a, b, c))
    if kind == np.float32:
        return np.asarray(_sum_to_odd(x * y, z).astype(np.float32))
    high, low = _product(x, y)
    inner, rest = _sum(z, low)
    outer, middle = _sum(high, inner)
    return np.asarray(outer + _sum_to_odd(middle, rest))


def _sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the rounded sum and what rounding took away."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the rounded product and what rounding took away."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Array) -> tuple[Array, Array]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def _sum_to_odd(a: Array, b: Array) -> Array:
    """Return a sum whose last bit is set unless it is exact, so that rounding it again does no harm."""
    total, error = _sum(a, b)
    bits = np.array(total).view(np.int64)
    inexact = (error != 0) & (bits & 1 == 0)
    bits += np.where(inexact, np.where((error > 0) == (total > 0), 1, -1), 0)
    return bits.view(np.float64)
