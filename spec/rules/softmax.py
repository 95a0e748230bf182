"""Exponentials that sum to 1, without overflow. Source: ``nn.functional.softmax``, ``log_softmax``."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def softmax(x: Array, dim: int) -> Array:
    """Return exp(x) over its sum along a dimension; x may be of any size."""
    powers = np.exp(_lowered(x, dim))
    return np.asarray(powers / powers.sum(axis=dim, keepdims=True))


def log_softmax(x: Array, dim: int) -> Array:
    """Return the logarithm of the softmax: finite wherever x is."""
    lowered = _lowered(x, dim)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=dim, keepdims=True)))


def spread(x: Array, dim: int) -> Array:
    """Return how far each element lies below the largest along a dimension; 0 where that is not finite."""
    lowered = np.abs(_lowered(x, dim))
    return np.asarray(np.where(np.isfinite(lowered), lowered, 0))


def _lowered(x: Array, dim: int) -> Array:
    if x.size == 0 or x.ndim == 0:
        return np.asarray(x - x)
    return np.asarray(x - x.max(axis=dim, keepdims=True))
