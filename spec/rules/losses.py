"""Losses of a prediction: exact values, derivatives and the size of what the computation meets.

A function of corresponding elements takes wide arrays and returns a `Graded`; those over classes return the
reduced loss and its gradient, as the mean there is a matter of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Graded:
    """Losses, their derivatives with respect to the input, and bounds of the terms of either."""

    value: Array
    slope: Array
    size: Array
    slope_size: Array


def _graded(value: Any, slope: Any, size: Any, slope_size: Any) -> Graded:
    parts = (value, slope, size, slope_size)
    shape = np.broadcast_shapes(*(np.shape(one) for one in parts))
    return Graded(*(np.broadcast_to(np.asarray(one, np.longdouble), shape) for one in parts))


def squared(x: Array, y: Array) -> Graded:
    far, reach = x - y, np.abs(x) + np.abs(y)
    return _graded(far * far, 2 * far, reach * reach, 2 * reach)


def absolute(x: Array, y: Array) -> Graded:
    far = x - y
    return _graded(np.abs(far), np.sign(far), np.abs(x) + np.abs(y), 1)


def smooth(x: Array, y: Array, beta: float = 1.0) -> Graded:
    if beta == 0:
        return absolute(x, y)
    far, reach = x - y, np.abs(x) + np.abs(y)
    near = np.abs(far) < beta
    value = np.where(near, far * far / (2 * beta), np.abs(far) - beta / 2)
    size = reach + beta + np.where(near, reach * reach / beta, 0)
    return _graded(value, np.where(near, far / beta, np.sign(far)), size, 1 + reach / beta)


def huber(x: Array, y: Array, delta: float = 1.0) -> Graded:
    part = smooth(x, y, delta)
    return _graded(*(delta * one for one in (part.value, part.slope, part.size, part.slope_size)))


DIFFERENCES = {"mse": squared, "l1": absolute, "smooth_l1": smooth, "huber": huber}


def divergence(x: Array, y: Array, log_target: bool = False) -> Graded:
    """Return ``y (log y - x)``, 0 where y is 0; with ``log_target`` y is a logarithm."""
    with np.errstate(all="ignore"):
        share = np.exp(y) if log_target else y
        logarithm = y if log_target else np.where(y > 0, np.log(np.where(y > 0, y, 1)), 0)
    size = np.abs(share) * (np.abs(logarithm) + np.abs(x) + 1)
    return _graded(share * (logarithm - x), -share, size, np.abs(share) * (1 + np.abs(logarithm)))


def entropy(x: Array, y: Array) -> Graded:
    """Return ``-(y log x + (1 - y) log(1 - x))``, logarithms bounded below by -100."""
    with np.errstate(all="ignore"):
        first, second = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
        slope = (x - y) / (x * (1 - x))
    value = -(y * first + (1 - y) * second)
    return _graded(value, slope, np.abs(y * first) + np.abs((1 - y) * second) + 1, np.abs(slope) + 1)


def logit_entropy(x: Array, y: Array, pos_weight: Array | None = None) -> Graded:
    """Return the entropy of the sigmoid of x; ``pos_weight`` multiplies the part of y."""
    p = np.ones(()) if pos_weight is None else pos_weight
    softened = np.log1p(np.exp(-np.abs(x)))
    below, above = softened + np.maximum(-x, 0), softened + np.maximum(x, 0)
    share = 1 / (1 + np.exp(-np.clip(x, -11000, 11000)))
    value = p * y * below + (1 - y) * above
    size = (np.abs(p * y) + np.abs(1 - y)) * (np.abs(x) + 1)
    slope = -p * y * (1 - share) + (1 - y) * share
    return _graded(value, slope, size, np.abs(p * y) + np.abs(1 - y))


def hinge(x: Array, y: Array, margin: float = 1.0) -> Graded:
    open_part = np.maximum(0, margin - x)
    value = np.where(y == 1, x, open_part)
    slope = np.where(y == 1, 1, np.where(margin - x > 0, -1, 0))
    return _graded(value, slope, np.abs(x) + abs(margin), 1)


def soft_margin(x: Array, y: Array) -> Graded:
    product = -y * x
    value = np.log1p(np.exp(-np.abs(product))) + np.maximum(product, 0)
    slope = -y / (1 + np.exp(-product))
    return _graded(value, slope, np.abs(product) + 1, np.abs(y))


def poisson(x: Array, y: Array, log_input: bool = True, eps: float = 1e-8) -> Graded:
    if log_input:
        return _graded(np.exp(x) - y * x, np.exp(x) - y, np.exp(x) + np.abs(y * x), np.exp(x) + np.abs(y))
    logarithm = np.log(x + eps)
    slope = 1 - y / (x + eps)
    return _graded(
        x - y * logarithm, slope, np.abs(x) + np.abs(y) * (1 + np.abs(logarithm)), 1 + np.abs(slope)
    )


# Over classes.


@dataclass(frozen=True)
class Rows:
    """What each row of classes adds to a loss: weights of the negative logarithms, and the divisor."""

    shares: Array
    divisor: Array
    kept: Array


def rows_of(x: Array) -> Array:
    """Return an input as rows of classes: dimension 1 last, or the only one."""
    wide = x.astype(np.longdouble)
    return wide.reshape(1, -1) if x.ndim == 1 else np.moveaxis(wide, 1, -1)


def restored(rows: Array, x: Array) -> Array:
    """Return rows of classes in the layout of the input."""
    return rows.reshape(x.shape) if x.ndim == 1 else np.moveaxis(rows, -1, 1)


def class_shares(
    classes: int,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Rows:
    """Return the shares of targets given as class indices; ignored ones have none."""
    heavy = np.ones(classes, np.longdouble) if weight is None else weight.astype(np.longdouble)
    kept = target != ignore_index
    index = np.where(kept, target, 0).astype(np.int64)
    single = np.eye(classes, dtype=np.longdouble)[index]
    shares = ((1 - label_smoothing) * single + label_smoothing / classes) * heavy
    return Rows(np.where(kept[..., None], shares, 0), np.where(kept, heavy[index], 0), kept)


def probability_shares(target: Array, weight: Array | None = None, label_smoothing: float = 0.0) -> Rows:
    """Return the shares of targets given as probabilities, classes last."""
    heavy = np.ones(target.shape[-1]) if weight is None else weight
    shares = (
        (1 - label_smoothing) * target.astype(np.longdouble) + label_smoothing / target.shape[-1]
    ) * heavy
    ones = np.ones(target.shape[:-1], np.longdouble)
    return Rows(shares.astype(np.longdouble), ones, ones > 0)


def log_softmax(rows: Array) -> tuple[Array, Array]:
    """Return the logarithms of the softmax of each row, and the size of what they are differences of."""
    top = rows.max(axis=-1, keepdims=True)
    spread = np.log(np.exp(rows - top).sum(axis=-1, keepdims=True))
    return rows - top - spread, np.abs(rows).max(axis=-1, keepdims=True) * 2 + spread + 1


def over_classes(rows: Array, shares: Rows, logits: bool) -> tuple[Array, Array, Array, Array]:
    """Return losses, sizes, slopes and sizes of slopes of rows of classes."""
    logs, reach = log_softmax(rows) if logits else (rows, np.abs(rows))
    value, size = -(shares.shares * logs).sum(axis=-1), (np.abs(shares.shares) * reach).sum(axis=-1)
    slope = -shares.shares
    whole = np.abs(shares.shares).sum(axis=-1, keepdims=True)
    if logits:
        slope = slope + np.exp(logs) * shares.shares.sum(axis=-1, keepdims=True)
        return value, size, slope, (whole + np.abs(shares.shares)) * reach
    return value, size, slope, np.abs(slope)
