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


def distance_of_shuffled(
    inputs: Array, targets: Array, start: float, rate: float, size: int, epochs: int
) -> float:
    """Return how far from the least-squares solution descent by shuffled batches may end, whatever the order.

    Parameters
    ----------
    inputs : ndarray, shape (n, k)
        As many rows as make whole batches.
    targets : ndarray, shape (n,)
    start : float
        The norm of the parameters at the start.
    rate : float
    size : int
        That of a batch.
    epochs : int

    Notes
    -----
    On a batch with rows ``A`` and residuals ``r`` at the solution, a step takes the distance ``e`` from it to
    ``(I - H) e + h`` where ``H = 2 rate / size A.T A`` and ``h = 2 rate / size A.T r``. Let ``s`` be the sum
    of the norms of all ``H`` of an epoch, which the squared lengths of the rows bound. While no ``H`` is
    larger than 2, no factor ``I - H`` expands, and products of such factors telescope:

    - a product differs from ``I`` by at most ``s``, and from ``I`` less the sum of all ``H`` by at most
      ``s**2 / 2``; an epoch thus shrinks a distance to at most ``1 - smallest + s**2 / 2`` of it, where
      ``smallest`` is the least eigenvalue of that sum, the same for every order;
    - the ``h`` of an epoch sum to zero, by the normal equations, so that what an epoch adds is at most ``s``
      times the sum of their norms.

    What each epoch adds, with the roundings of its steps, is summed as a geometric series.
    """
    wanted = solution(inputs, targets)
    lengths = np.linalg.norm(inputs, axis=1)
    share = 2 * rate / size
    pull = share * float((lengths**2).sum())
    smallest = share * float(np.linalg.eigvalsh(inputs.T @ inputs)[0])
    kept = 1 - smallest + pull**2 / 2
    assert size * share * float((lengths**2).max()) < 2 and kept < 1
    farthest = start + float(np.linalg.norm(wanted))
    push = pull * share * float(lengths @ np.abs(inputs @ wanted - targets))
    terms = 2 * farthest + share * float(lengths @ (lengths * 2 * farthest + np.abs(targets)))
    lost = 2.0**-23 * _ROUNDINGS * len(inputs) / size * terms
    return farthest * kept**epochs + (push + lost) / (1 - kept)
