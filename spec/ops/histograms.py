"""Counting elements by value. Sources: ``torch.bincount``, ``torch.histc``, ``torch.histogram``."""

from __future__ import annotations

import numpy as np

from ..accuracy import Array, dot, widened
from ..outcome import Each, Exactly, Outcome, Within
from ..rules import dtypes


def occurrences(array: Array, minlength: int = 0) -> Array:
    """Return how often each value from 0 to the greatest occurs."""
    return np.bincount(array.astype(np.int64), minlength=minlength).astype(np.int64)


def weighted(array: Array, weights: Array, minlength: int = 0) -> Outcome:
    """Sum the weights of each value: in the type of float32 or float64 weights, else in float64."""
    size = max(int(array.max()) + 1 if array.size else 0, minlength)
    dtype = dtypes.of_array(weights)
    dtype = dtype if dtype in (dtypes.float32, dtypes.float64) else dtypes.float64
    exact, magnitude = np.zeros(size, np.longdouble), np.zeros(size, np.longdouble)
    np.add.at(exact, array.astype(np.int64), widened(weights))
    np.add.at(magnitude, array.astype(np.int64), np.abs(widened(weights)))
    return Within(exact, dot(array.size, magnitude), dtype, signed_zero=False)


def equal_width_counts(array: Array, bins: int, low: float, high: float) -> Array:
    """Return how many elements lie in each bin, the last closed; NaN and what lies outside do not count."""
    wide = widened(array).reshape(-1)
    inside = wide[(wide >= low) & (wide <= high)]
    places = np.minimum(((inside - low) / (high - low) * bins).astype(np.int64), bins - 1)
    return np.bincount(places, minlength=bins)


def data_range(array: Array) -> tuple[float, float]:
    """Return the least and greatest element, half a unit further each where they are equal."""
    low, high = float(array.min(initial=np.inf)), float(array.max(initial=-np.inf))
    if low > high:
        return 0.0, 1.0
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def histogram(array: Array, edges: Array, weight: Array | None, *, density: bool) -> Outcome:
    """Return the total weight between edges, over the whole and the widths for a density, and the edges."""
    dtype = dtypes.of_array(array)
    wide = widened(array).reshape(-1)
    weights = np.ones(wide.shape) if weight is None else widened(weight).reshape(-1)
    sums, _ = np.histogram(wide, edges, weights=weights)
    reach, _ = np.histogram(wide, edges, weights=np.abs(weights))
    if density:
        scale = sums.sum() * np.diff(edges)
        sums, reach = sums / scale, reach / np.abs(scale)
    bound = dot(max(array.size, 1), np.asarray(reach, np.longdouble), 4.0)
    hist = Within(np.asarray(sums, np.longdouble), bound, dtype, signed_zero=False)
    return Each((hist, Exactly(edges.astype(dtype.storage))), names=("hist", "bin_edges"))
