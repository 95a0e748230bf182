"""Derivatives of functions that are known exactly, by central differences in extended precision.

With seven points the error of the method is h^6 times the seventh derivative, that of rounding eps / h. With
eps = 2^-63 and h = 2^-10 times the magnitude of the argument a first derivative is good to about 15 digits,
with a wider h a second one to 11, far below what any data type of a tensor shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

_STEP = 2.0**-10
_WIDE_STEP = 2.0**-8
# The weights of f(x + kh) - f(x - kh) for k = 1, 2, 3, over h.
_WEIGHTS = (45 / 60, -9 / 60, 1 / 60)


def extended(array: Any) -> Array:
    """Return an array in extended precision."""
    values = np.asarray(array)
    return np.asarray(values.astype(np.clongdouble if values.dtype.kind == "c" else np.longdouble))


def derivative(function: Function, x: Array, step: float = _STEP) -> Array:
    """Return the derivative of a function of corresponding elements, for each element.

    Parameters
    ----------
    function : callable
        From an array to an array of the same shape.
    x : ndarray of longdouble
        No element within three steps of a place where the function is not smooth.
    step : float
        Relative to the magnitude of an element.
    """
    apart = step * np.clip(np.abs(x), 2.0**-4, 1.0)
    with np.errstate(all="ignore"):
        rise = sum(
            weight * (function(x + k * apart) - function(x - k * apart))
            for k, weight in enumerate(_WEIGHTS, start=1)
        )
    return np.asarray(rise / apart)


def second_derivative(function: Function, x: Array) -> Array:
    """Return the derivative of the derivative of a function of corresponding elements."""
    return derivative(lambda near: derivative(function, near, _WIDE_STEP), x, _WIDE_STEP)


def pulled_back(function: Function, operands: Sequence[Array], place: int, weight: Array) -> Array:
    """Return the gradient of the weighted sum of a function's result with respect to one operand.

    Parameters
    ----------
    function : callable
        From arrays to an array of the shape of `weight`.
    operands : sequence of ndarray of longdouble
    place : int
        Which operand.
    weight : ndarray of longdouble

    Returns
    -------
    ndarray
        Of the shape of that operand.
    """
    x = operands[place]
    directions = np.eye(x.size, dtype=np.longdouble).reshape(x.size, *x.shape)

    def along(direction: Array) -> Any:
        return np.sum(weight * rate(function, operands, place, direction))

    return np.array([along(direction) for direction in directions], np.longdouble).reshape(x.shape)


def rate(function: Function, operands: Sequence[Array], place: int, direction: Array) -> Array:
    """Return how fast a function's result changes as one operand moves along a direction."""

    def shifted(by: float) -> Any:
        moved = [*operands[:place], operands[place] + by * direction, *operands[place + 1 :]]
        return np.asarray(function(*moved))

    with np.errstate(all="ignore"):
        rise = sum(
            weight * (shifted(k * _STEP) - shifted(-k * _STEP)) for k, weight in enumerate(_WEIGHTS, start=1)
        )
    return np.asarray(rise / np.longdouble(_STEP))


def jacobian(function: Function, x: Array) -> Array:
    """Return the Jacobian of a function of one array, of the shape of the result and then of the argument."""
    size, shape = x.size, x.shape
    columns = [rate(function, (x,), 0, one.reshape(shape)) for one in np.eye(size, dtype=np.longdouble)]
    result = np.asarray(function(x))
    return np.stack(columns, -1).reshape(*result.shape, *shape) if size else np.zeros((*result.shape, *shape))
