"""Counting elements by value. Sources: ``torch.bincount``, ``torch.histc``, ``torch.histogram``."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, return_types
from .dispatch import op
from .folding import lacks_kernel
from .kernels import Array, elements, fresh
from .tensor import Tensor


@op("bincount", differentiable=False)
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Return how often each integer from 0 to the greatest occurs, or the sum of its weights."""
    if not input.dtype.is_integral:
        raise lacks_kernel("bincount_cpu", input.dtype)
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    values = elements(input, dtypes.int64)
    if input.ndim == 1 and not input.numel():
        return fresh(np.zeros(minlength), dtypes.int64)
    if input.ndim != 1 or (values < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return fresh(np.bincount(values, minlength=minlength), dtypes.int64)
    if weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    kind = weights.dtype if weights.dtype in (dtypes.float32, dtypes.float64) else dtypes.float64
    return fresh(np.bincount(values, elements(weights, dtypes.float64), minlength), kind)


@op("histc", out=True, differentiable=False)
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Return how many elements lie in each of equally wide bins, in the input's type."""
    if not input.dtype.is_floating_point:
        raise lacks_kernel("histogram_cpu", input.dtype)
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    values = elements(input, input.dtype).reshape(-1)
    low, high = float(min), float(max)
    if low == high and values.size:
        low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    if low == high:
        low, high = low - 1, high + 1
    inside = values[(values >= low) & (values <= high)].astype(np.float64)
    places = np.minimum(((inside - low) / (high - low) * bins).astype(np.int64), bins - 1)
    return fresh(np.bincount(places, minlength=bins), input.dtype)


@op("histogram", out=True, differentiable=False)
def histogram(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> Any:
    """Return the total weight between edges and the edges; a density integrates to 1."""
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise lacks_kernel("histogramdd", input.dtype)
    values = elements(input, input.dtype).reshape(-1)
    edges = elements(bins, bins.dtype) if isinstance(bins, Tensor) else _edges(values, bins, range)
    if len(edges) < 2:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {len(edges) - 1} for dimension 0")
    weights = None if weight is None else elements(weight, weight.dtype).reshape(-1)
    sums = np.histogram(values, edges, weights=weights)[0].astype(np.float64)
    if density:
        sums = sums / (sums.sum() * np.diff(edges.astype(np.float64)))
    return return_types.histogram(fresh(sums, input.dtype), fresh(edges, input.dtype))


def _edges(values: Array, bins: int, span: Any) -> Array:
    if span is None:
        span = (values.min(), values.max()) if values.size else (0, 1)
    low, high = span
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension 0"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1).astype(values.dtype)
