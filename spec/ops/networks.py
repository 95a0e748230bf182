"""Functions of network layers and losses that no chapter states. Sources: the functions' pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules import dtypes
from .columns import FINE, NEITHER, TALL, WIDE
from .function import SECOND, Function

GRID = ((1, 2, 4, 4),)
# Past the sizes at which kernels change their ways.
GRIDS = (1, 130, 4, 4)


def _layer(name: str, exact: Callable[..., Any], *args: Any, **more: Any) -> Function:
    how = {"values": "unit", "types": FINE, "terms": 64, "forms": NEITHER, **more}
    return Function(f"nn.functional.{name}", exact, args=args, **how)


def _pooled(x: Array, parts: tuple[int, ...], by: Any) -> Array:
    """Return a fold of equal parts of the last dimensions."""
    lead = x.shape[: x.ndim - len(parts)]
    split = [
        side for size, part in zip(x.shape[len(lead) :], parts, strict=True) for side in (part, size // part)
    ]
    axes = tuple(len(lead) + 2 * place + 1 for place in range(len(parts)))
    return np.asarray(by(x.reshape(*lead, *split), axis=axes))


def _response(x: Array) -> Array:
    squares = np.pad(x * x, ((0, 0), (1, 1), (0, 0)))
    near = squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]
    return np.asarray(x / (1 + near / 3) ** 0.75)


def _unpooled(x: Array, index: Array) -> Array:
    """Return planes of twice the size with elements at their places."""
    made = np.zeros((*x.shape[:2], x[0, 0].size * 2 ** (x.ndim - 2)), x.dtype)
    np.put_along_axis(made, index.reshape(*x.shape[:2], -1), x.reshape(*x.shape[:2], -1), -1)
    return made.reshape(*x.shape[:2], *(2 * size for size in x.shape[2:]))


def _each(places: Any, channels: int) -> Array:
    """Return the same places for every channel."""
    return np.tile(places, (1, channels) + (1,) * (np.ndim(places) - 1))


def _distance(x: Array, y: Array) -> Array:
    return np.asarray(np.sqrt(((x - y + 1e-6) ** 2).sum(-1)))


def _triplet(anchor: Array, near: Array, far: Array) -> Array:
    return np.asarray(np.maximum(_distance(anchor, near) - _distance(anchor, far) + 1, 0).mean())


def _margin(x: Array) -> Array:
    """Return the loss of the classes 3 and 0 of 4 against the others."""
    return np.asarray(sum(np.maximum(0, 1 - x[yes] + x[no]) for yes in (3, 0) for no in (1, 2)) / 4)


def _columns(x: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), (2, 3))
    return np.asarray(windows.transpose(0, 1, 4, 5, 2, 3).reshape(x.shape[0], 4 * x.shape[1], -1))


def _normal(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Return normalized elements, their mean and the reciprocal of their deviation."""
    mean = x.mean(axes, keepdims=True)
    scale = 1 / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + 0.5)
    return (x - mean) * scale, mean, scale


def _by_row(x: Array) -> tuple[Array, ...]:
    return _normal(x, (-1,))


def _by_channel(x: Array) -> tuple[Array, ...]:
    made, mean, scale = _normal(x, (0, 2))
    return made, mean.reshape(-1), scale.reshape(-1)


def _cross_entropy(x: Array, weight: Array) -> Array:
    logits = x @ weight.T
    chosen = logits[np.arange(3), [1, 0, 3]]
    return np.asarray((np.log(np.exp(logits).sum(-1)) - chosen).mean())


def _incomplete(x: Array) -> Array:
    """Return the lower regularized incomplete gamma function of the orders 1, 2 and 3."""
    terms = np.stack([np.ones_like(x), x, x * x / 2])
    sums = [terms[: order + 1, ..., order].sum(0) for order in range(3)]
    return np.asarray(1 - np.exp(-x) * np.stack(sums, -1))


def _trigamma(x: Array) -> Array:
    """Return the second derivative of the logarithm of the gamma function, by its asymptotic series."""
    far = x + 30
    tail = 1 / far + 1 / (2 * far**2) + 1 / (6 * far**3) - 1 / (30 * far**5) + 1 / (42 * far**7)
    return np.asarray(sum(1 / (x + k) ** 2 for k in range(30)) + tail)


def _hashed(x: Array) -> Array:
    return np.asarray(np.bitwise_xor.reduce(x.reshape(-1).view(np.uint64)))


POOLS = (
    _layer(
        "adaptive_avg_pool1d", lambda x: _pooled(x, (3,), np.mean), 3, inputs=((1, 2, 6),), large=(1, 350, 6)
    ),
    _layer("adaptive_avg_pool2d", lambda x: _pooled(x, (2, 1), np.mean), (2, 1), inputs=GRID, large=GRIDS),
    _layer(
        "adaptive_avg_pool3d",
        lambda x: _pooled(x, (2, 1, 2), np.mean),
        (2, 1, 2),
        inputs=((1, 2, 4, 2, 2),),
        large=(1, 130, 4, 2, 2),
    ),
    _layer(
        "adaptive_max_pool1d",
        lambda x: _pooled(x, (3,), np.max),
        3,
        inputs=((1, 2, 6),),
        values="distinct",
        large=(1, 350, 6),
    ),
    _layer(
        "adaptive_max_pool2d",
        lambda x: _pooled(x, (2, 2), np.max),
        (2, 2),
        inputs=GRID,
        values="distinct",
        large=GRIDS,
    ),
    _layer(
        "adaptive_max_pool3d",
        lambda x: _pooled(x, (1, 1, 2), np.max),
        (1, 1, 2),
        inputs=((1, 2, 2, 2, 2),),
        values="distinct",
        large=(1, 260, 2, 2, 2),
    ),
    *(
        _layer(f"max_unpool{ndim}d", _unpooled, SECOND, 2, inputs=inputs, smooth=channels == 1)
        for channels in (1, 520)
        for ndim, inputs in (
            (1, ((1, channels, 2), _each([[1, 2]], channels))),
            (2, ((1, channels, 1, 2), _each([[[4, 3]]], channels))),
            (3, ((1, channels, 1, 1, 1), _each([[[[6]]]], channels))),
        )
    ),
    _layer("unfold", _columns, (2, 2), inputs=((1, 2, 3, 3),), large=(1, 2, 33, 34)),
)
NORMS = (
    _layer(
        "local_response_norm", _response, 3, inputs=((2, 4, 3),), kwargs={"alpha": 1.0}, large=(2, 4, 300)
    ),
    Function(
        "native_layer_norm",
        _by_row,
        ((3, 4),),
        ((4,), None, None, 0.5),
        large=TALL,
        values="unit",
        types=FINE,
        terms=64,
        forms=NEITHER,
    ),
    Function(
        "native_batch_norm",
        _by_channel,
        ((2, 3, 4),),
        (None, None, None, None, True, 0.1, 0.5),
        large=(2, 3, 700),
        values="unit",
        types=FINE,
        terms=64,
        forms=NEITHER,
    ),
)
LOSSES = (
    _layer(
        "gaussian_nll_loss",
        lambda x, y, v: (0.5 * (np.log(v) + (x - y) ** 2 / v)).mean(),
        inputs=((3, 4), (3, 4), (3, 4)),
        large=(WIDE,) * 3,
        values="positive",
        terms=1e4,
        maps=False,
        smooth=False,
    ),
    _layer(
        "multilabel_margin_loss",
        lambda x, y: _margin(x),
        inputs=((4,), np.array([3, 0, -1, 1])),
        values="distinct",
        twice=False,
    ),
    _layer(
        "triplet_margin_with_distance_loss",
        _triplet,
        inputs=((3, 4),) * 3,
        values="distinct",
        smooth=False,
        large=(WIDE,) * 3,
    ),
    _layer(
        "linear_cross_entropy",
        lambda x, w, y: _cross_entropy(x, w),
        inputs=((3, 2), (4, 2), np.array([1, 0, 3])),
    ),
    _layer(
        "channel_shuffle",
        lambda x: x.reshape(1, 2, 2, -1).swapaxes(1, 2).reshape(x.shape),
        2,
        inputs=((1, 4, 3),),
        large=(1, 4, 700),
    ),
)
OTHERS = (
    Function(
        "igamma",
        lambda a, x: _incomplete(x),
        (np.array([1.0, 2.0, 3.0]), (3,)),
        large=(None, (700, 3)),
        values="positive",
        types=(dtypes.float64,),
        terms=64,
        smooth=False,
    ),
    Function(
        "igammac",
        lambda a, x: 1 - _incomplete(x),
        (np.array([1.0, 2.0, 3.0]), (3,)),
        large=(None, (700, 3)),
        values="positive",
        types=(dtypes.float64,),
        terms=64,
        smooth=False,
    ),
    Function(
        "polygamma",
        _trigamma,
        args=(1,),
        values="positive",
        types=(dtypes.float32,),
        terms=64,
        large=WIDE,
        function=False,
        smooth=False,
    ),
    Function("resolve_neg", np.copy, views=True, large=WIDE),
    Function("resolve_conj", np.copy, views=True, large=WIDE),
    Function(
        "hash_tensor",
        _hashed,
        types=(dtypes.int64,),
        smooth=False,
        forms=NEITHER,
        maps=False,
        large=WIDE,
    ),
)
FUNCTIONS = (*POOLS, *NORMS, *LOSSES, *OTHERS)
