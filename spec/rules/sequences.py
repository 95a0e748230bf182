"""Evenly spaced numbers. Sources: ``torch.arange``, ``torch.linspace``, ``torch.logspace``."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from . import dtypes
from .dtypes import DType

Array = np.ndarray[Any, np.dtype[Any]]
Real = int | float


def arange_dtype(*arguments: Real, default: DType = dtypes.float32) -> DType:
    """Return int64 where start, end and step are integers, the default type otherwise."""
    return dtypes.int64 if all(isinstance(number, int) for number in arguments) else default


def arange_length(start: Real, end: Real, step: Real) -> int:
    """Return how many steps from the start stay short of the end, fractions being divided as float64."""
    return max(0, math.ceil((end - start) / step))


def arange_values(start: Real, end: Real, step: Real) -> list[Fraction]:
    """Return start + i x step, exactly."""
    first, stride = Fraction(start), Fraction(step)
    return [first + place * stride for place in range(arange_length(start, end, step))]


def linspace_values(start: Real, end: Real, steps: int) -> list[Fraction]:
    """Return so many evenly spaced numbers, both ends included, exactly; one number is the start."""
    first, last = Fraction(start), Fraction(end)
    if steps < 2:
        return [first] * steps
    return [first + (last - first) * place / (steps - 1) for place in range(steps)]


def representable(values: list[Fraction], dtype: DType) -> bool:
    """Return whether a type holds all of these numbers."""
    rounded = wide(values).astype(np.float64).astype(dtype.storage)
    return all(Fraction(float(seen)) == due for seen, due in zip(rounded, values, strict=True))


def exact_in(values: list[Fraction], dtype: DType) -> bool:
    """Return whether a type holds evenly spaced numbers and their distances from the first.

    Then no way to compute them rounds, be it by multiplying the step or by adding it up.
    """
    return representable([*values, *(value - values[0] for value in values)], dtype)


def wide(values: list[Fraction]) -> Array:
    """Return exact numbers as an array of the widest floating type."""
    return np.array(
        [np.longdouble(v.numerator) / np.longdouble(v.denominator) for v in values], np.longdouble
    )


def truncated(values: list[Fraction], dtype: DType) -> Array:
    """Return exact numbers cut off towards zero, in an integer type."""
    return np.array([math.trunc(value) for value in values], dtype.storage)


def exactly_spaced(values: list[Fraction]) -> bool:
    """Return whether float64 holds the distance of two neighbours, so that no element is rounded."""
    return len(values) < 2 or representable([values[1] - values[0]], dtypes.float64)
