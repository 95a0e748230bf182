"""Convolution and pooling written out, tap by tap and window by window, in the precision of the arrays given.

Sources: ``nn.Conv2d``, ``nn.ConvTranspose2d``, ``nn.MaxPool2d``, ``nn.AvgPool2d``, ``nn.AdaptiveAvgPool2d``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import sizes

Array = np.ndarray[Any, np.dtype[Any]]
Span = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    """Where windows lie: one number for each spatial dimension."""

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1
    output_padding: tuple[int, ...] = ()


def _taps(kernel: Sequence[int], counts: Sequence[int], geometry: Geometry) -> Any:
    """Yield each tap with the places of a padded input that meet it."""
    for tap in np.ndindex(*kernel):
        yield (
            tap,
            tuple(
                slice(t * d, t * d + s * (n - 1) + 1, s)
                for t, d, s, n in zip(tap, geometry.dilation, geometry.stride, counts, strict=True)
            ),
        )


def _every(where: tuple[slice, ...]) -> tuple[slice, ...]:
    return (slice(None), slice(None), *where)


def _product(x: Array, weight: Array, groups: int) -> Array:
    """Return the sum over the channels of each group: (N, C, ...) with (O, C / groups) gives (N, O, ...)."""
    batch, places = x.shape[0], x.shape[2:]
    split = x.reshape(batch, groups, -1, *places)
    rows = weight.reshape(groups, -1, weight.shape[1])
    product = np.einsum("ngc...,goc->ngo...", split, rows)
    return np.asarray(product.reshape(batch, weight.shape[0], *places))


def _transposed_weight(weight: Array, groups: int) -> Array:
    """Turn a weight (I, O / groups) into (O, I / groups)."""
    split = weight.reshape(groups, -1, weight.shape[1])
    return split.swapaxes(1, 2).reshape(groups * weight.shape[1], -1)


def correlated(x: Array, weight: Array, geometry: Geometry) -> Array:
    """Return the cross-correlation of (N, C, ...) with (O, C / groups, ...)."""
    counts = [
        sizes.window_count(n, k, s, p, d)
        for n, k, s, p, d in zip(
            x.shape[2:], weight.shape[2:], geometry.stride, geometry.padding, geometry.dilation, strict=True
        )
    ]
    wide = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in geometry.padding)])
    result = np.zeros((x.shape[0], weight.shape[0], *counts), x.dtype)
    for tap, where in _taps(weight.shape[2:], counts, geometry):
        result += _product(wide[_every(where)], weight[_every(tap)], geometry.groups)
    return result


def spread(x: Array, weight: Array, geometry: Geometry) -> Array:
    """Return the transposed convolution of (N, I, ...) with (I, O / groups, ...)."""
    full = [
        sizes.transposed_length(n, k, s, 0, extra, d)
        for n, k, s, extra, d in zip(
            x.shape[2:],
            weight.shape[2:],
            geometry.stride,
            geometry.output_padding,
            geometry.dilation,
            strict=True,
        )
    ]
    result = np.zeros((x.shape[0], weight.shape[1] * geometry.groups, *full), x.dtype)
    for tap, where in _taps(weight.shape[2:], x.shape[2:], geometry):
        rows = _transposed_weight(weight[_every(tap)], geometry.groups)
        result[_every(where)] += _product(x, rows, geometry.groups)
    return result[_every(tuple(slice(p, n - p) for p, n in zip(geometry.padding, full, strict=True)))]


def weight_gradient(x: Array, grad: Array, kernel: Sequence[int], geometry: Geometry) -> Array:
    """Return the derivative of a weighted sum of a cross-correlation with respect to its weight."""
    wide = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in geometry.padding)])
    groups, batch = geometry.groups, x.shape[0]
    sent = grad.reshape(batch, groups, grad.shape[1] // groups, -1)
    result = np.zeros((grad.shape[1], x.shape[1] // groups, *kernel), x.dtype)
    for tap, where in _taps(kernel, grad.shape[2:], geometry):
        seen = wide[_every(where)].reshape(batch, groups, x.shape[1] // groups, -1)
        rows = np.einsum("ngol,ngcl->goc", sent, seen)
        result[_every(tap)] = rows.reshape(result.shape[:2])
    return result


def spans(
    length: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> list[list[int]]:
    """Return the places of the input that each window covers along one dimension."""
    count = sizes.window_count(length, kernel, stride, padding, dilation, ceil_mode)
    every = ([i * stride - padding + j * dilation for j in range(kernel)] for i in range(count))
    return [[place for place in window if 0 <= place < length] for window in every]


def adaptive_spans(length: int, count: int) -> list[list[int]]:
    """Return the places that each of the windows which cover a length takes in."""
    return [list(range(*span)) for span in sizes.adaptive_windows(length, count)]


def windowed(x: Array, every: Sequence[Sequence[Sequence[int]]]) -> Any:
    """Yield the place of each window and the flat places of the input inside it."""
    flat = np.arange(int(np.prod(x.shape[2:]))).reshape(x.shape[2:])
    for place in np.ndindex(*(len(one) for one in every)):
        inside = [one[at] for one, at in zip(every, place, strict=True)]
        yield place, flat[np.ix_(*inside)].reshape(-1)
