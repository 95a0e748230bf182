"""The losses, unreduced, each in one row or two. Sources: the functions' own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules.broadcasting import Shape
from .layer import Layer

_PAIR: dict[str, Shape] = {"input": (3, 4), "target": (3, 4)}
_SIGNS = np.array([[1.0, -1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, 1.0]])
_SHARES = np.array([[0.5, 0.25, 1.0, 0.0], [1.0, 0.0, 0.25, 0.5], [0.75, 0.5, 0.0, 1.0]])
_CLASSES = np.array([2, 0, 3])
_LABELS = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]])
_WEIGHT = np.array([0.5, 2.0, 1.0, 1.5])
# Between the values that differences take, so that no kink is met.
_EDGE = 0.65


def _loss(name: str, exact: Callable[..., Any], shapes: Any = None, **options: Any) -> Layer:
    halves = options.pop("halves", True)
    values, terms = options.pop("values", "any"), options.pop("terms", 48)
    given = {"input": (3, 4)} if shapes is None else shapes
    reduction = options.setdefault("reduction", "none")
    batched = (*given, "target", "var") if reduction == "none" else ()
    return Layer(name, exact, given, options, batched, values, terms, halves=halves)


def _bent(far: Array, edge: float, scale: float) -> Any:
    """Return a parabola up to an edge and a line past it."""
    return np.where(far < edge, far * far / 2, edge * (far - edge / 2)) * scale


def _log_softmax(x: Array) -> Any:
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def _logistic(x: Array) -> Any:
    return np.log1p(np.exp(x))


def _margins(p: int, weight: Any) -> Callable[[Array], Any]:
    def exact(x: Array) -> Any:
        rows = np.arange(len(x))
        lacking = np.maximum(0, _EDGE - x[rows, _CLASSES][:, None] + x) ** p * weight[_CLASSES][:, None]
        return (lacking.sum(1) - lacking[rows, _CLASSES]) / x.shape[1]

    return exact


def _length(x: Array) -> Any:
    return np.sqrt((x * x).sum(1))


def _triplet(anchor: Array, positive: Array, negative: Array) -> Any:
    return 9 + _length(anchor - positive + 1e-6) - _length(anchor - negative + 1e-6)


def _angles(a: Array, b: Array) -> Any:
    cosine = (a * b).sum(1) / (_length(a) * _length(b))
    return np.where(_CLASSES > 1, 1 - cosine, np.maximum(0, cosine + 2))


PENALTIES = (
    _loss("mse_loss", lambda x, y: (x - y) ** 2, _PAIR),
    _loss("mse_loss", lambda x, y: ((x - y) ** 2).mean(), _PAIR, reduction="mean"),
    _loss("l1_loss", lambda x, y: np.abs(x - y), _PAIR, values="distinct"),
    _loss(
        "smooth_l1_loss",
        lambda x, y: _bent(np.abs(x - y), _EDGE, 1 / _EDGE),
        _PAIR,
        beta=_EDGE,
        values="distinct",
    ),
    _loss("huber_loss", lambda x, y: _bent(np.abs(x - y), _EDGE, 1.0), _PAIR, delta=_EDGE, values="distinct"),
    _loss(
        "kl_div",
        lambda x: np.where(_SHARES > 0, _SHARES * (np.log(np.maximum(_SHARES, 1e-9)) - x), 0),
        target=_SHARES,
    ),
    _loss("binary_cross_entropy_with_logits", lambda x: _logistic(x) - _SHARES * x, target=_SHARES),
    _loss("soft_margin_loss", lambda x: _logistic(-_SIGNS * x), target=_SIGNS),
    _loss(
        "hinge_embedding_loss",
        lambda x: np.where(_SIGNS > 0, x, np.maximum(0, _EDGE - x)),
        target=_SIGNS,
        margin=_EDGE,
    ),
    _loss(
        "margin_ranking_loss",
        lambda x, y: np.maximum(0, -_SIGNS * (x - y) + _EDGE),
        {"input1": (3, 4), "input2": (3, 4)},
        target=_SIGNS,
        margin=_EDGE,
        values="distinct",
    ),
    _loss(
        "cosine_embedding_loss",
        _angles,
        {"input1": (3, 4), "input2": (3, 4)},
        target=np.where(_CLASSES > 1, 1, -1),
        margin=-2.0,
        # Some add a little to the squares of the lengths.
        terms=512,
    ),
    _loss(
        "triplet_margin_loss",
        _triplet,
        {"anchor": (3, 4), "positive": (3, 4), "negative": (3, 4)},
        margin=9.0,
        values="distinct",
    ),
    _loss("poisson_nll_loss", lambda x: np.exp(x) - _SHARES * x, target=_SHARES),
    _loss("nll_loss", lambda x: -x[np.arange(3), _CLASSES], target=_CLASSES),
    _loss("nll_loss", lambda x: -x[np.arange(3), _CLASSES], target=_CLASSES.astype(np.uint8)),
    _loss("cross_entropy", lambda x: -_log_softmax(x)[np.arange(3), _CLASSES], target=_CLASSES),
    _loss(
        "cross_entropy",
        lambda x: -_log_softmax(x)[np.arange(3), _CLASSES],
        target=_CLASSES.astype(np.uint8),
    ),
    _loss(
        "cross_entropy",
        lambda x: -(_log_softmax(x) * _WEIGHT)[np.arange(3), _CLASSES].sum() / _WEIGHT[_CLASSES].sum(),
        target=_CLASSES,
        weight=_WEIGHT,
        reduction="mean",
    ),
    _loss(
        "multi_margin_loss",
        _margins(1, np.ones(4)),
        target=_CLASSES,
        margin=_EDGE,
        halves=False,
        values="distinct",
    ),
    _loss(
        "multi_margin_loss",
        _margins(2, _WEIGHT),
        target=_CLASSES,
        margin=_EDGE,
        p=2,
        weight=_WEIGHT,
        halves=False,
        values="distinct",
    ),
    _loss("multilabel_soft_margin_loss", lambda x: (_logistic(x) - _LABELS * x).mean(1), target=_LABELS),
)
