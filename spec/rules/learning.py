"""Where training goes: the exact course of descent on squared errors, and how far rounding leads it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import descent
from .rounding import Array, Estimate

# Roundings in one step: of the products, sums, the rate, and the difference from the parameter.
_ROUNDINGS = 8.0


@dataclass(frozen=True)
class Course:
    """A parameter after some steps, and the largest error in it, in units of roundoff."""

    value: Array
    error: float


def steps_on_rows(start: Array, rows: Iterable[tuple[Array, Array]], rate: float) -> Course:
    """Follow gradient descent on the squared error of a linear map, one step for each batch of rows.

    Parameters
    ----------
    start : ndarray, shape (n,)
    rows : iterable of (ndarray of shape (m, n), ndarray of shape (m,))
        The inputs and targets of each step.
    rate : float

    Notes
    -----
    A step multiplies the distance from any point by ``I - 2 rate A.T A``, hence an earlier error by at most
    the spectral norm of that matrix, and adds a few roundings of the terms it sums.
    """
    value, error = np.asarray(start, np.float64), 0.0
    for inputs, targets in rows:
        map_of_errors = np.eye(len(value)) - 2 * rate * inputs.T @ inputs
        terms = np.abs(inputs).T @ (np.abs(inputs) @ np.abs(value) + np.abs(targets))
        value = value - 2 * rate * inputs.T @ (inputs @ value - targets)
        rounding = _ROUNDINGS * float(np.linalg.norm(np.abs(value) + 2 * rate * terms))
        error = float(np.linalg.norm(map_of_errors, 2)) * error + rounding
    return Course(value, error)


def solution(inputs: Array, targets: Array) -> Array:
    """Return the least-squares solution, which solves the normal equations."""
    return np.asarray(np.linalg.solve(inputs.T @ inputs, inputs.T @ targets))


def distance_left(
    name: str, start: Array, inputs: Array, targets: Array, options: Mapping[str, Any], steps: int
) -> float:
    """Return how far the exact rule of an optimizer is from the solution after some steps, at its farthest
    in the last tenth of them."""
    wanted = solution(inputs, targets)
    state: dict[str, Any] = {}
    p, unit = np.asarray(start, np.float64), 2.0**-53
    distances = []
    for _ in range(steps):
        slope = 2 * inputs.T @ (inputs @ p - targets) / len(inputs)
        after = descent.RULES[name](Estimate.exact(p, unit), Estimate.exact(slope, unit), state, **options)
        p = np.asarray(after.value, np.float64)
        distances.append(float(np.linalg.norm(p - wanted)))
    return max(distances[-steps // 10 :])
