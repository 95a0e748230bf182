"""The functions of layers, each in several rows; those with windows are in `windowed`, losses in
`penalties`.

The first operands hold samples side by side along dimension 0, so that a batch of copies has copies of the
results and of the gradients. Sources: the functions' own pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules.broadcasting import Shape
from .layer import Layer, LayerFamily, in_channels
from .penalties import PENALTIES
from .windowed import RESAMPLING, WINDOWS

# Linear maps.

_LINEAR = (
    Layer("linear", lambda x, w, b: x @ w.T + b, {"input": (3, 4), "weight": (2, 4), "bias": (2,)}),
    Layer("linear", lambda x, w: x @ w.T, {"input": (2, 3, 4), "weight": (3, 4)}),
    Layer("linear", lambda x, w: x @ w.T, {"input": (4,), "weight": (3, 4)}, batched=()),
    Layer("linear", lambda x, w: x @ w.T, {"input": (2, 70), "weight": (3, 70)}, terms=80),
    Layer(
        "bilinear",
        lambda x, y, w, b: np.einsum("ni,oij,nj->no", x, w, y) + b,
        {"input1": (3, 2), "input2": (3, 4), "weight": (2, 2, 4), "bias": (2,)},
        batched=("input1", "input2"),
        terms=64,
    ),
)


# Normalization.


def _standardised(x: Array, axes: Any, eps: float) -> Any:
    centred = x - x.mean(axes, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axes, keepdims=True) + eps)


def _grouped(x: Array, groups: int, eps: float = 1e-5) -> Any:
    return _standardised(x.reshape(x.shape[0], groups, -1), 2, eps).reshape(x.shape)


def _channelled(function: Callable[[Array], Any]) -> Callable[..., Any]:
    return lambda x, w, b: function(x) * in_channels(w, x.ndim) + in_channels(b, x.ndim)


def _rooted(x: Array, eps: float) -> Any:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)


_MEAN, _VARIANCE = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.25, 2.0])
_ROWS = {"input": (3, 4), "weight": (4,), "bias": (4,)}
_CHANNELS = {"input": (2, 4, 3), "weight": (4,), "bias": (4,)}
_PLANES = {"input": (3, 3, 2, 2), "weight": (3,), "bias": (3,)}


def _normal(name: str, exact: Callable[..., Any], shapes: Any, **options: Any) -> Layer:
    return Layer(name, exact, shapes, options, values="distinct", terms=64)


_NORMALIZATION = (
    _normal("layer_norm", lambda x, w, b: _standardised(x, -1, 1e-5) * w + b, _ROWS, normalized_shape=(4,)),
    _normal("layer_norm", lambda x: _standardised(x, -1, 1e-5), {"input": (2, 70)}, normalized_shape=(70,)),
    _normal(
        "layer_norm",
        lambda x: _standardised(x, (1, 2), 0.5),
        {"input": (2, 3, 2)},
        normalized_shape=(3, 2),
        eps=0.5,
    ),
    _normal(
        "rms_norm",
        lambda x, w: _rooted(x, 0.25) * w,
        {"input": (3, 4), "weight": (4,)},
        normalized_shape=(4,),
        eps=0.25,
    ),
    _normal("group_norm", _channelled(lambda x: _grouped(x, 2)), _CHANNELS, num_groups=2),
    _normal("group_norm", _channelled(lambda x: _grouped(x, 1, 0.5)), _PLANES, num_groups=1, eps=0.5),
    _normal("instance_norm", _channelled(lambda x: _grouped(x, 3)), _PLANES),
    _normal(
        "batch_norm",
        _channelled(lambda x: _standardised(x, (0, 2, 3), 1e-5)),
        _PLANES,
        running_mean=None,
        running_var=None,
        training=True,
    ),
    _normal(
        "batch_norm",
        lambda x: (x - _MEAN) / np.sqrt(_VARIANCE + 1e-5),
        {"input": (4, 3)},
        running_mean=_MEAN,
        running_var=_VARIANCE,
    ),
)


# Distances.


def _length(x: Array, dim: int, p: float = 2.0) -> Any:
    return (np.abs(x) ** p).sum(dim, keepdims=True) ** (np.longdouble(1) / p)


def _cosine(a: Array, b: Array, dim: int) -> Any:
    product = (a * b).sum(dim, keepdims=True) / (_length(a, dim) * _length(b, dim))
    return np.squeeze(product, dim)


def _distance(a: Array, b: Array, p: float = 2.0) -> Any:
    return _length(a - b + 1e-6, -1, p)[..., 0]


_BOTH: dict[str, Shape] = {"x1": (3, 4), "x2": (3, 4)}
_DISTANCES = (
    Layer(
        "normalize",
        lambda x: x / np.maximum(_length(x, 1), 1e-12),
        {"input": (3, 4)},
        terms=32,
        values="positive",
    ),
    Layer(
        "normalize",
        lambda x: x / _length(x, -1, 3.0),
        {"input": (2, 3, 2)},
        {"p": 3.0, "dim": -1},
        terms=32,
        values="positive",
    ),
    Layer("cosine_similarity", lambda a, b: _cosine(a, b, 1), _BOTH, batched=("x1", "x2"), terms=32),
    Layer(
        "cosine_similarity",
        lambda a, b: _cosine(a, b, 2),
        {"x1": (2, 3, 4), "x2": (2, 3, 4)},
        {"dim": -1},
        batched=("x1", "x2"),
        terms=32,
    ),
    Layer("pairwise_distance", _distance, _BOTH, batched=("x1", "x2"), values="distinct", terms=64),
    Layer(
        "pairwise_distance",
        lambda a, b: _distance(a, b, 3.0)[:, None],
        _BOTH,
        {"p": 3.0, "keepdim": True},
        batched=("x1", "x2"),
        values="distinct",
        terms=64,
    ),
)


# Attention and gates.


def _softmax(x: Array) -> Any:
    return np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True)


def _attended(mask: Any, scale: float | None) -> Callable[..., Any]:
    def exact(q: Array, k: Array, v: Array) -> Any:
        factor = 1 / np.sqrt(np.longdouble(q.shape[-1])) if scale is None else scale
        scores = q @ k.swapaxes(-1, -2) * factor
        if mask is not None:
            scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
        return _softmax(scores) @ v

    return exact


_HEADS: dict[str, Shape] = {"query": (2, 2, 3, 4), "key": (2, 2, 3, 4), "value": (2, 2, 3, 2)}
_FREE = np.array([[True, False, True], [True, True, True], [False, True, False]])


def _heads(mask: Any = None, **options: Any) -> Layer:
    exact = _attended(mask, options.get("scale"))
    name = "scaled_dot_product_attention"
    return Layer(name, exact, _HEADS, options, ("query", "key", "value"), terms=64)


_ATTENTION = (
    _heads(),
    _heads(np.tri(3) == 1, is_causal=True),
    _heads(_FREE, attn_mask=_FREE),
    _heads(_FREE * 0.5, attn_mask=_FREE * 0.5, scale=2.0),
    Layer("glu", lambda x: x[:, :2] / (1 + np.exp(-x[:, 2:])), {"input": (3, 4)}),
    Layer("prelu", lambda x, w: np.where(x > 0, x, w * x), {"input": (3, 4), "weight": (4,)}),
)


# Tables.

_PICKS = np.array([[1, 0, 1], [2, 2, 0]])
_FLAT = np.array([1, 0, 1, 2, 2, 0])
_TABLE: dict[str, Shape] = {"weight": (4, 3)}


def _bags(reduce: Callable[..., Any]) -> Callable[[Array], Any]:
    return lambda w: np.stack([reduce(w[row], axis=0) for row in _PICKS])


_TABLES = (
    Layer("embedding", lambda w: w[_PICKS], _TABLE, {"input": _PICKS}),
    *(
        Layer("embedding_bag", _bags(reduce), _TABLE, {"input": _PICKS, "mode": mode}, values="distinct")
        for mode, reduce in (("sum", np.sum), ("mean", np.mean), ("max", np.max))
    ),
    Layer(
        "embedding_bag",
        lambda w: np.stack([w[_FLAT[:2]].sum(0), 0 * w[0], w[_FLAT[2:]].sum(0)]),
        _TABLE,
        {"input": _FLAT, "offsets": np.array([0, 2, 2]), "mode": "sum"},
        batched=(),
    ),
    Layer(
        "embedding_bag",
        lambda w, part: np.einsum("nki,nk->ni", w[_PICKS], part),
        {**_TABLE, "per_sample_weights": (2, 3)},
        {"input": _PICKS, "mode": "sum"},
        batched=("input", "per_sample_weights"),
    ),
)


_EVERY = (*_LINEAR, *_NORMALIZATION, *_DISTANCES, *_ATTENTION, *_TABLES, *WINDOWS, *RESAMPLING, *PENALTIES)
LAYERS: tuple[LayerFamily, ...] = tuple(
    LayerFamily(name, tuple(row for row in _EVERY if row.name == name))
    for name in dict.fromkeys(row.name for row in _EVERY)
)
