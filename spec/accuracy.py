"""How far a result may lie from the exact one, and how far it does.

A bound measures the distance in its own unit, elementwise, and states a limit. The measured maximum is
recorded even where it is within the limit, so that a drift between two runs can be reported.

Sources: IEEE 754 for ``ROUNDED``; Higham, Accuracy and Stability of Numerical Algorithms, section 3.1 for
`Dot`; ``testing.assert_close`` for `CLOSE`. What torch documents about accuracy is in ``numerical_accuracy``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .rules.dtypes import DType, Format

Array = np.ndarray[Any, np.dtype[Any]]


class Bound(Protocol):
    """A unit of distance and the largest distance allowed in it."""

    @property
    def unit(self) -> str:
        """The name of the unit."""

    @property
    def limit(self) -> float:
        """The largest distance allowed."""

    def distance(self, exact: Array, seen: Array, dtype: DType) -> Array:
        """Return the elementwise distance of finite values, in the unit; shapes as the arguments'."""


@dataclass(frozen=True)
class Ulp:
    """A distance in units in the last place of the exact value; subnormals count as they are spaced."""

    limit: float
    unit: str = "ulp"

    def distance(self, exact: Array, seen: Array, dtype: DType) -> Array:
        assert dtype.format is not None
        return np.asarray(np.abs(seen - exact) / ulp(exact, dtype.format))


@dataclass(frozen=True, eq=False)
class Dot:
    """The forward error bound of a sum of products: `scale` x eps x the sum of the absolute terms.

    Attributes
    ----------
    magnitude : ndarray
        The sum of the absolute values of the terms of each element.
    limit : float
        How many eps of that sum are allowed: grows with the number of terms.
    """

    magnitude: Array
    limit: float
    unit: str = "eps of the absolute sum"

    def distance(self, exact: Array, seen: Array, dtype: DType) -> Array:
        assert dtype.format is not None
        eps = 2.0 ** (1 - dtype.format.digits)
        smallest = 2.0 ** (dtype.format.emin - dtype.format.digits + 1)
        return np.asarray(np.abs(seen - exact) / np.maximum(eps * self.magnitude, smallest))


@dataclass(frozen=True)
class Close:
    """The documented default of ``testing.assert_close``: atol + rtol x the absolute exact value."""

    rtol: float
    atol: float
    unit: str = "tolerance"
    limit: float = 1.0

    def distance(self, exact: Array, seen: Array, dtype: DType) -> Array:
        return np.asarray(np.abs(seen - exact) / (self.atol + self.rtol * np.abs(exact)))


ROUNDED = Ulp(0.5)
# rtol and atol by name of the data type; a complex type takes those of its parts.
CLOSE = {
    "float16": Close(1e-3, 1e-5),
    "bfloat16": Close(1.6e-2, 1e-5),
    "float32": Close(1.3e-6, 1e-5),
    "float64": Close(1e-7, 1e-7),
    "complex64": Close(1.3e-6, 1e-5),
    "complex128": Close(1e-7, 1e-7),
}


def dot(terms: int, magnitude: Array, scale: float = 1.0) -> Dot:
    """Return the bound of a sum of `terms` products, in any order of summation.

    Parameters
    ----------
    terms : int
        How many terms each element sums.
    magnitude : ndarray
        The sums of the absolute terms.
    scale : float
        A factor above 1 where the sum is scaled or rounded once more.
    """
    return Dot(magnitude, scale * (terms + 1))


_EXPONENT_BITS = np.uint64(0x7FF0_0000_0000_0000)


def ulp(exact: Array, fmt: Format) -> Array:
    """Return the spacing of a format's numbers at the magnitude of each exact value."""
    if exact.dtype == np.float64:
        # Without its other bits a number is the power of two below: several times as fast as taking it apart.
        power = (exact.view(np.uint64) & _EXPONENT_BITS).view(np.float64)
        return np.asarray(np.clip(power, 2.0**fmt.emin, 2.0**fmt.emax) * 2.0 ** (1 - fmt.digits))
    _, exponent = np.frexp(np.abs(exact))
    exponent = np.clip(exponent - 1, fmt.emin, fmt.emax)
    return np.asarray(np.ldexp(np.ones_like(exact), exponent - (fmt.digits - 1)))


def widened(array: Array) -> Array:
    """Return an array in a NumPy type wide enough to measure distances in."""
    if array.dtype.kind == "c":
        return array.astype(np.complex128 if array.dtype.itemsize <= 8 else np.clongdouble)
    if array.dtype.kind in "biu" or array.dtype.itemsize > 4:
        return array.astype(np.longdouble)
    return array.astype(np.float64)


def largest_distance(bound: Bound, exact: Array, seen: Array, dtype: DType) -> tuple[float, int | None]:
    """Return the largest distance of one part and the flat index where it is, None for empty arrays.

    An overflowing exact value counts as the first power of two past the format, where an infinity counts
    too; a NaN or an infinity on one side only is infinitely far.
    """
    if exact.size == 0:
        return 0.0, None
    with np.errstate(over="ignore"):
        far = distances(bound, exact, seen, dtype).astype(np.float64).reshape(-1)
    worst = int(np.argmax(far))
    return float(far[worst]), worst


def distances(bound: Bound, exact: Array, seen: Array, dtype: DType) -> Array:
    """Return the distance of each part from its exact value, infinities and NaN as in `largest_distance`."""
    fmt = dtype.format
    assert fmt is not None
    past = exact.dtype.type(2) ** (fmt.emax + 1)
    with np.errstate(all="ignore"):
        if np.abs(exact).max() < past and np.abs(seen).max() < past:
            far = bound.distance(exact, seen, dtype)
            if not np.isnan(far).any():
                return far
    same = (exact == seen) | (np.isnan(exact) & np.isnan(seen))
    clipped = np.clip(exact, -past, past)
    overflowed = np.where(np.isinf(seen) & ~np.isinf(exact), np.copysign(past, seen), seen)
    with np.errstate(all="ignore"):
        far = bound.distance(clipped, overflowed, dtype)
    lost = np.isnan(exact) != np.isnan(seen)
    endless = np.isinf(exact) & ~same
    return np.asarray(np.where(same, 0.0, np.where(lost | endless | np.isnan(far), np.inf, far)))
