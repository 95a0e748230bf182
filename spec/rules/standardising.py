"""Means and variances of layers, and how exactly they can be known.

Sources: ``nn.LayerNorm``, ``nn.BatchNorm1d``, ``nn.GroupNorm``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def _wide(array: Array) -> Array:
    return np.asarray(array, np.float64)


def standardised(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Array]:
    """Return values with mean 0 and variance 1 and by how many eps of the type they may be off."""
    wide = _wide(x)
    mean, variance = wide.mean(axes, keepdims=True), wide.var(axes, keepdims=True)
    root = np.sqrt(variance + eps)
    size = (np.abs(wide).max(axes, keepdims=True) + np.abs(wide)) / root
    exact = (wide - mean) / root
    # The variance is as exact as the squares that it sums, which the exact value is divided by.
    return exact, size + np.abs(exact) * (1 + np.abs(wide).max(axes, keepdims=True) ** 2 / root**2)


def scaled(exact: Array, size: Array, weight: Array | None, bias: Array | None) -> tuple[Array, Array]:
    """Return values and magnitudes after an affine map."""
    if weight is not None:
        exact, size = exact * _wide(weight), size * np.abs(_wide(weight))
    if bias is not None:
        exact, size = exact + _wide(bias), size + np.abs(_wide(bias))
    return exact, size


def column(array: Array | None, ndim: int) -> Array | None:
    """Return one number for each channel in a shape that broadcasts with (N, C, ...)."""
    return None if array is None else array.reshape(-1, *(1,) * (ndim - 2))


def followed(
    batches: Sequence[Array], momentum: float | None, of: Literal["mean", "var"]
) -> tuple[Array, Array]:
    """Return running statistics after some batches, and the sum of the magnitudes that made them."""
    axes = tuple(axis for axis in range(batches[0].ndim) if axis != 1)
    running = np.full(batches[0].shape[1], 0.0 if of == "mean" else 1.0)
    size = np.abs(running) + 1
    for count, batch in enumerate(batches, start=1):
        part = 1 / count if momentum is None else momentum
        wide = _wide(batch)
        seen = wide.mean(axes) if of == "mean" else wide.var(axes, ddof=1)
        running = (1 - part) * running + part * seen
        size = size + np.abs(wide).max(axes) ** (1 if of == "mean" else 2)
    return running, size
