"""Values with a bound of their error: what rounding may do to a computation, followed step by step.

A computation carried out on `Estimate` instead of arrays gives its exact result and, beside it, how far the
same computation may stray in a data type where each operation is rounded. Source: Higham, Accuracy and
Stability of Numerical Algorithms, section 3.3 (running error analysis).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Estimate:
    """An exact value and a bound of the error of what a format holds in its place.

    Attributes
    ----------
    value : ndarray
        In a wide type, real or complex.
    error : ndarray
        Bounds of the absolute error, real, of the same shape.
    unit : float
        The rounding unit of the format: half its spacing at 1.
    """

    value: Array
    error: Array
    unit: float

    @classmethod
    def exact(cls, array: Array, unit: float) -> Estimate:
        """Return elements that the format holds as they are."""
        wide = array.astype(np.clongdouble if array.dtype.kind == "c" else np.longdouble)
        return cls(wide, np.zeros(array.shape, np.longdouble), unit)

    def _other(self, other: Any) -> Estimate:
        """Return an operand; a number is rounded to the format first."""
        if isinstance(other, Estimate):
            return other
        value = np.asarray(other, np.longdouble)
        return Estimate(value, np.abs(value) * self.unit, self.unit)

    def _rounded(self, value: Any, error: Any) -> Estimate:
        total = np.asarray(error + self.unit * np.abs(value))
        return Estimate(np.asarray(value), np.where(np.isnan(total), np.inf, total), self.unit)

    def __add__(self, other: Any) -> Estimate:
        y = self._other(other)
        return self._rounded(self.value + y.value, self.error + y.error)

    def __sub__(self, other: Any) -> Estimate:
        y = self._other(other)
        return self._rounded(self.value - y.value, self.error + y.error)

    def __mul__(self, other: Any) -> Estimate:
        y = self._other(other)
        with np.errstate(invalid="ignore"):
            error = np.abs(self.value) * y.error + np.abs(y.value) * self.error + self.error * y.error
        return self._rounded(self.value * y.value, error)

    def __truediv__(self, other: Any) -> Estimate:
        y = self._other(other)
        with np.errstate(all="ignore"):
            value = self.value / y.value
            least = np.maximum(np.abs(y.value) - y.error, 0)
            spread = self.error + np.abs(value) * y.error
            error = np.where(spread == 0, 0, spread / least)
        return self._rounded(value, error)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Estimate:
        return self._other(other) - self

    def __rtruediv__(self, other: Any) -> Estimate:
        return self._other(other) / self

    def __neg__(self) -> Estimate:
        return Estimate(-self.value, self.error, self.unit)

    def __abs__(self) -> Estimate:
        return Estimate(np.abs(self.value), self.error, self.unit)

    def root(self) -> Estimate:
        """Return the square root; of a value that may be zero the error is the root of the error."""
        with np.errstate(all="ignore"):
            value = np.sqrt(self.value)
            slope = np.where(value > 0, self.error / np.where(value > 0, value, 1), np.inf)
        return self._rounded(value, np.minimum(slope, np.sqrt(self.error)))

    def maximum(self, other: Estimate) -> Estimate:
        """Return the greater of two."""
        return Estimate(np.maximum(self.value, other.value), np.maximum(self.error, other.error), self.unit)

    def conjugate(self) -> Estimate:
        """Return the complex conjugate."""
        return Estimate(np.conj(self.value), self.error, self.unit)
