"""The functions of layers that slide windows, pad and resample, each in several rows.

Sources: the functions' own pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules.broadcasting import Shape
from ..rules.rearranging import padded_places
from ..rules.resampling import linear_weights, nearest_places
from ..rules.windowing import Geometry, adaptive_spans, correlated, spans, spread
from .layer import Layer, in_channels


def _geometry(count: int, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1) -> Geometry:
    return Geometry((stride,) * count, (padding,) * count, (dilation,) * count, groups, (0,) * count)


_LENGTHS: dict[int, Shape] = {1: (5,), 2: (4, 3), 3: (3, 2, 2)}


def _convolution(count: int, transposed: bool = False, **how: int) -> Layer:
    groups = how.get("groups", 1)
    shapes: dict[str, Shape] = {"input": (2, 2, *_LENGTHS[count]), "weight": (2, 2 // groups, *(2,) * count)}
    take = spread if transposed else correlated

    def exact(x: Array, weight: Array, bias: Array) -> Any:
        return take(x, weight, _geometry(count, **how)) + in_channels(bias, x.ndim)

    name = f"conv_transpose{count}d" if transposed else f"conv{count}d"
    return Layer(name, exact, {**shapes, "bias": (2,)}, how, terms=80)


def _mean_windows(x: Array, every: Any) -> Any:
    flat = x.reshape(*x.shape[:2], -1)
    places = np.arange(int(np.prod(x.shape[2:]))).reshape(x.shape[2:])
    found = [
        flat[:, :, places[np.ix_(*(one[at] for one, at in zip(every, place, strict=True)))].reshape(-1)].mean(
            2
        )
        for place in np.ndindex(*(len(one) for one in every))
    ]
    return np.stack(found, -1).reshape(*x.shape[:2], *(len(one) for one in every))


def _pooled(*sizes: int) -> Callable[[Array], Any]:
    return lambda x: _mean_windows(
        x, [spans(n, k, k, 0, 1, False) for n, k in zip(x.shape[2:], sizes, strict=True)]
    )


_PLANE: dict[str, Shape] = {"input": (2, 2, 4, 5)}
_LINE: dict[str, Shape] = {"input": (2, 2, 5)}
WINDOWS = (
    *(
        _convolution(count, transposed, **how)
        for transposed in (False, True)
        for count, how in (
            (1, {}),
            (2, {"stride": 2, "padding": 1}),
            (2, {"groups": 2, "dilation": 2}),
            (3, {}),
        )
    ),
    Layer("avg_pool1d", _pooled(2), _LINE, {"kernel_size": 2}),
    Layer("avg_pool2d", _pooled(2, 2), _PLANE, {"kernel_size": 2}),
    Layer(
        "adaptive_avg_pool2d",
        lambda x: _mean_windows(x, [adaptive_spans(n, k) for n, k in zip(x.shape[2:], (3, 2), strict=True)]),
        _PLANE,
        {"output_size": (3, 2)},
    ),
    Layer(
        "max_pool1d",
        lambda x: np.stack([x[..., 0:2].max(-1), x[..., 2:4].max(-1)], -1),
        _LINE,
        {"kernel_size": 2},
        values="distinct",
    ),
    Layer(
        "max_pool2d",
        lambda x: x[:, :, :4, :4].reshape(*x.shape[:2], 2, 2, 2, 2).max((3, 5)),
        _PLANE,
        {"kernel_size": 2},
        values="distinct",
    ),
)


# Padding and resampling.


def _padded(x: Array, mode: Any) -> Any:
    return np.take(x, padded_places(x.shape[-1], 2, 1, mode), axis=-1)


def _resampled(x: Array, sizes: tuple[int, ...], weights: Callable[[int, int], Array]) -> Any:
    for dim, size in enumerate(sizes, start=2):
        x = np.moveaxis(np.tensordot(weights(x.shape[dim], size), x, (1, dim)), 0, dim)
    return x


def _nearest(length: int, size: int) -> Array:
    return np.eye(length, dtype=np.longdouble)[nearest_places(length, size)]


RESAMPLING = (
    *(
        Layer("pad", lambda x, mode=mode: _padded(x, mode), _LINE, {"pad": (2, 1), "mode": mode})
        for mode in ("reflect", "replicate", "circular")
    ),
    Layer("pad", lambda x: np.pad(x, ((0, 0), (0, 0), (2, 1))), _LINE, {"pad": (2, 1)}),
    *(
        Layer(
            "interpolate",
            lambda x, size=size: _resampled(x, size, _nearest),
            {"input": (2, 2, *(4, 5)[: len(size)])},
            {"size": size, "mode": "nearest"},
        )
        for size in ((7,), (3,), (6, 3), (8, 10))
    ),
    *(
        Layer(
            "interpolate",
            lambda x, size=size, corners=corners: _resampled(
                x, size, lambda n, m: linear_weights(n, m, align_corners=corners)
            ),
            {"input": (2, 2, *(4, 5)[: len(size)])},
            {
                "size": size,
                "mode": "linear" if len(size) == 1 else "bilinear",
                "align_corners": corners,
            },
        )
        for size in ((7,), (6, 3), (8, 10))
        for corners in (False, True)
    ),
    Layer(
        "interpolate",
        lambda x: _resampled(x, (8, 10), _nearest),
        _PLANE,
        {"scale_factor": 2},
    ),
)
