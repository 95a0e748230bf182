"""How far a result of an op may lie from the exact one: a function of its type, value and operands.

IEEE 754 determines arithmetic, roots, comparisons and roundings to the last bit. For other functions the
documentation states no bound: the figures here are what the C libraries and vendors of GPUs promise for
theirs, one figure for all functions of a class. 16-bit types are computed in float32, and rounded once more
where a function is made of two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array, Bound, Dot, Ulp
from ..rules.dtypes import DType

# Two roundings, and an error of float32 that tips one of them.
_NARROW = 1.5

Bounding = Callable[..., Bound | None]


def ieee(dtype: DType, exact: Array, *operands: Array) -> Bound | None:
    """Bitwise: the function is computed in the format in which torch computes, and rounded once."""
    return None


def ulps(count: float) -> Bounding:
    """Return a bound in units in the last place; complex results in eps of their magnitude."""

    def bound(dtype: DType, exact: Array, *operands: Array) -> Bound:
        if dtype.is_complex:
            return Dot(np.abs(exact), _limit(2 * count, dtype))
        return Ulp(_limit(count, dtype))

    return bound


def terms(count: float, magnitude: Callable[..., Any]) -> Bounding:
    """Return a bound in eps of the terms that are summed on the way.

    Parameters
    ----------
    count : float
    magnitude : callable
        Takes the exact result and the operands, and returns the sum of the absolute terms.
    """

    def bound(dtype: DType, exact: Array, *operands: Array) -> Bound:
        total = np.broadcast_to(magnitude(exact, *operands), exact.shape)
        return Dot(np.maximum(total, np.abs(exact)), _limit(count, dtype))

    return bound


def normal(count: float) -> Bounding:
    """Return a bound in eps of the result, where a subnormal one may be flushed to zero."""

    def bound(dtype: DType, exact: Array, *operands: Array) -> Bound:
        assert dtype.format is not None
        limit = _limit(count, dtype)
        smallest = 2.0 ** (dtype.format.emin + dtype.format.digits - 1) / limit
        return Dot(np.maximum(np.abs(exact), smallest), limit)

    return bound


def complement(count: float) -> Bounding:
    """Return the bound of a function that may be computed as 1 less another.

    16-bit results may then be off by a few eps of float32 where they are near 0.
    """

    def bound(dtype: DType, exact: Array, *operands: Array) -> Bound:
        assert dtype.format is not None
        if dtype.format.digits >= 24:
            return Ulp(count)
        limit = _limit(count, dtype)
        return Dot(np.abs(exact) + 2.0 ** (dtype.format.digits - 22) / limit, limit)

    return bound


def _limit(count: float, dtype: DType) -> float:
    assert dtype.format is not None
    return count if dtype.format.digits >= 24 else min(count, _NARROW)
