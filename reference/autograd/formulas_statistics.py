"""Derivatives of running sums, soft maxima, deviations and norms. Sources: the pages of the functions."""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import ops
from ..norms import shrinkage
from ..tensor import Tensor
from .derivatives import derivative
from .formulas_elementwise import conj, masked
from .formulas_reductions import count, evenly, extreme, picked, restored, spread
from .modes import is_grad_enabled

# Running.


def reversed_sum(grad: Tensor, dim: int) -> Any:
    """Return the sums from each place on."""
    return ops.flip(ops.cumsum(ops.flip(grad, (dim,)), dim), (dim,)) if grad.ndim else grad


def running_extreme(grad: Tensor, indices: Tensor, dim: int) -> Any:
    return ops.scatter_add(ops.zeros_like(grad), dim, indices, grad) if grad.ndim else grad


def running_log_sum(grad: Tensor, input: Tensor, result: Tensor, dim: int) -> Any:
    """The parts of each sign are summed on their own, as logarithms."""
    if not grad.ndim:
        return grad
    if is_grad_enabled():
        # A smooth formula of fewer digits: the logarithm of a gradient has no derivative at 0.
        top = ops.max(result).detach()
        return ops.exp(input - top) * reversed_sum(grad * ops.exp(top - result), dim)
    parts = []
    for sign in (1, -1):
        own = sign * grad > 0
        logs = ops.where(own, ops.log(ops.where(own, sign * grad, 1)), -math.inf) - result
        summed = ops.flip(ops.logcumsumexp(ops.flip(logs, (dim,)), dim), (dim,))
        parts.append(ops.exp(summed + input))
    return parts[0] - parts[1]


derivative("cumsum", input=lambda grad, dim: reversed_sum(grad, dim))
derivative("cummax", "cummin", input=lambda grad, results, dim: running_extreme(grad, results[1], dim))
derivative("logcumsumexp", input=lambda grad, input, result, dim: running_log_sum(grad, input, result, dim))

# Soft maxima.


def softmax(grad: Tensor, result: Tensor, dim: int) -> Any:
    return result * (grad - ops.sum(grad * result, dim, keepdim=True)) if grad.ndim else grad * 0


def log_softmax(grad: Tensor, result: Tensor, dim: int) -> Any:
    return grad - ops.exp(result) * ops.sum(grad, dim, keepdim=True) if grad.ndim else grad * 0


def log_sum(grad: Tensor, input: Tensor, result: Tensor, dim: Any, keepdim: bool) -> Any:
    """Infinite results send the gradient to the extremes they come from."""
    shape = input.shape
    total = restored(result, shape, dim, keepdim)
    share = ops.where(ops.isinf(total), ops.where(input == total, 1, 0), ops.exp(input - total))
    return restored(grad, shape, dim, keepdim) * share


derivative("softmax", input=lambda grad, result, dim: softmax(grad, result, dim))
derivative("log_softmax", input=lambda grad, result, dim: log_softmax(grad, result, dim))
derivative(
    "logsumexp",
    input=lambda grad, input, result, dim, keepdim: log_sum(grad, input, result, dim, keepdim),
)

# Sums that leave NaN out.

derivative(
    "nansum",
    input=lambda grad, input, dim, keepdim: masked(
        spread(grad, input.shape, dim, keepdim), ~ops.isnan(input)
    ),
)
derivative(
    "nanmean",
    input=lambda grad, input, dim, keepdim: nan_mean(grad, input, dim, keepdim),
)


def nan_mean(grad: Tensor, input: Tensor, dim: Any, keepdim: bool) -> Any:
    known = ~ops.isnan(input)
    counts = ops.sum(known, tuple(range(input.ndim)) if dim is None else dim, keepdim=True)
    return masked(restored(grad, input.shape, dim, keepdim) / counts, known)


# Deviations.


def variance(grad: Tensor, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    lost = correction if correction is not None else 1 if unbiased is None else int(unbiased)
    axes = tuple(range(input.ndim)) if dim is None else dim
    centred = input - ops.mean(input, axes, keepdim=True) if input.ndim else input * 0
    return restored(grad, input.shape, dim, keepdim) * centred * (2 / (count(input.shape, dim) - lost))


def deviation(
    grad: Tensor, input: Tensor, result: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any
) -> Any:
    """Where nothing deviates the gradient is 0."""
    scaled = masked(grad / (result * 2), result != 0)
    return variance(scaled, input, dim, unbiased, keepdim, correction)


def mean_part(grad: Tensor, shape: Any, dim: Any, keepdim: bool) -> Any:
    dim = None if isinstance(dim, bool) else dim
    return spread(grad, shape, dim, keepdim) / count(shape, dim)


derivative(
    "var",
    input=lambda grad, input, dim, unbiased, keepdim, correction: variance(
        grad, input, dim, unbiased, keepdim, correction
    ),
)
derivative(
    "std",
    input=lambda grad, input, result, dim, unbiased, keepdim, correction: deviation(
        grad, input, result, dim, unbiased, keepdim, correction
    ),
)
derivative(
    "var_mean",
    input=lambda grads, input, dim, unbiased, keepdim, correction: (
        variance(grads[0], input, dim, unbiased, keepdim, correction)
        + mean_part(grads[1], input.shape, dim, keepdim)
    ),
)
derivative(
    "std_mean",
    input=lambda grads, input, results, dim, unbiased, keepdim, correction: (
        deviation(grads[0], input, results[0], dim, unbiased, keepdim, correction)
        + mean_part(grads[1], input.shape, dim, keepdim)
    ),
)

# Order statistics.


def middle(grad: Tensor, input: Tensor, results: Any, meta: Any, dim: Any, keepdim: bool) -> Any:
    """Over all elements the equals of the median share, along a dimension its index gets all."""
    return extreme(grad, input, results, meta, dim, keepdim)


def both_extremes(grads: Any, input: Tensor, results: Any, dim: Any, keepdim: bool) -> Any:
    low, high = (evenly(grad, input, one, dim, keepdim) for grad, one in zip(grads, results, strict=True))
    return low + high


derivative(
    "median",
    "nanmedian",
    input=lambda grad, input, results, meta, dim, keepdim: middle(grad, input, results, meta, dim, keepdim),
)
derivative(
    "aminmax",
    input=lambda grads, input, results, dim, keepdim: both_extremes(grads, input, results, dim, keepdim),
)
derivative("msort", input=lambda grad, input: sorted_back(grad, input))


def sorted_back(grad: Tensor, input: Tensor) -> Any:
    return picked(grad, (None, ops.argsort(input, 0)), _Shaped(input), 0, True)


class _Shaped:
    """What `picked` asks of the meta data of a call."""

    def __init__(self, input: Tensor) -> None:
        self.input = input


# Norms.


def norm(grad: Tensor, input: Tensor, result: Tensor, ord: Any, dim: Any, keepdim: bool) -> Any:
    """At 0 every norm is at its minimum, and the gradient is 0; a count of elements has none."""
    order = float(ord)
    if order == 0:
        return None
    total = restored(result, input.shape, dim, keepdim)
    weight = restored(grad, input.shape, dim, keepdim)
    if order == 1:
        return weight * ops.sgn(input)
    if order == 2:
        return input * masked(weight / total, total != 0)
    if math.isinf(order):
        return extremes_of(weight, input, total, dim)
    size = ops.abs(input)
    share = input * ops.where(size == 0, 0, size ** (order - 2)) * (weight / total ** (order - 1))
    return masked(share, total != 0)


def extremes_of(weight: Tensor, input: Tensor, total: Tensor, dim: Any) -> Any:
    hits = ops.abs(input) == total
    axes = tuple(range(input.ndim)) if dim is None else dim
    return ops.sgn(input) * hits * (weight / ops.sum(hits, axes, keepdim=True))


derivative(
    "linalg.vector_norm",
    input=lambda grad, input, result, ord, dim, keepdim: (
        None if ord == 0 else norm(grad, input, result, ord, dim, keepdim)
    ),
)
derivative("renorm", input=lambda grad, input, p, dim, maxnorm: shrunk(grad, input, p, dim, maxnorm))


def shrunk(grad: Tensor, input: Tensor, p: Any, dim: int, maxnorm: Any) -> Any:
    """The factor of a slice changes with its norm where that exceeds the limit."""
    others = tuple(place for place in range(input.ndim) if place != dim % input.ndim)
    length = ops.linalg.vector_norm(input, p, others, keepdim=True)
    factor = shrinkage(input, p, dim, maxnorm)
    along = ops.sum(ops.real(grad * conj(input)), others, keepdim=True)
    slope = norm(-along * factor / (length + 1e-7), input, length, p, others, True)
    return grad * factor + masked(slope, length > maxnorm)
