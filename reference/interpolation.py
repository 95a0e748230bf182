"""Resampling of signals and images. Source: ``nn.functional.interpolate``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .dispatch import op, ops
from .kernels import fresh
from .tensor import Tensor

_LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}


@op("nn.functional.interpolate", "nn.functional.upsample", composite=True)
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """Return a batch resampled to other sizes.

    Raises
    ------
    ValueError
        Unless exactly one of ``size`` and ``scale_factor`` is given; for ``align_corners`` with a mode that
        has no such choice.
    NotImplementedError
        For a mode that does not fit the rank.
    """
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError("align_corners option can only be set with the interpolating modes")
    count = input.ndim - 2
    factors = _listed(scale_factor, count) if scale_factor is not None else [None] * count
    if size is not None:
        wanted = [int(one) for one in _listed(size, count)]
    else:
        wanted = [math.floor(n * f) for n, f in zip(input.shape[2:], factors, strict=True)]
    if mode == "area":
        return getattr(ops.nn.functional, f"adaptive_avg_pool{count}d")(input, wanted)
    if mode not in ("nearest", "nearest-exact") and _LINEAR.get(mode) != count:
        raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode does not fit")
    result: Any = input
    for dim, (length, factor) in enumerate(zip(wanted, factors, strict=True), start=2):
        ratio = 1 / factor if factor and not recompute_scale_factor else input.shape[dim] / length
        if mode.startswith("nearest"):
            result = _nearest(result, dim, length, ratio, 0.5 if mode == "nearest-exact" else 0.0)
        else:
            result = _linear(result, dim, length, ratio, bool(align_corners))
    return result


def _listed(value: Any, count: int) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        if len(value) != count:
            raise ValueError(f"Input and output must have the same number of spatial dimensions, got {value}")
        return value
    return [value] * count


def _nearest(input: Any, dim: int, length: int, ratio: float, shift: float) -> Any:
    places = np.floor((np.arange(length) + shift) * np.float32(ratio)).astype(np.int64)
    return input.index_select(dim, fresh(np.minimum(places, input.shape[dim] - 1)))


def _linear(input: Any, dim: int, length: int, ratio: float, align_corners: bool) -> Any:
    size = input.shape[dim]
    if align_corners:
        places = np.arange(length) * ((size - 1) / (length - 1) if length > 1 else 0.0)
    else:
        places = np.maximum((np.arange(length) + 0.5) * ratio - 0.5, 0)
    low = np.minimum(np.floor(places).astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    part = fresh(places - low, input.dtype).reshape(-1, *(1,) * (input.ndim - dim - 1))
    first, second = (input.index_select(dim, fresh(one)) for one in (low, high))
    return first * (1 - part) + second * part
