"""Derivatives of functions that combine the elements of dimensions. Sources: the pages of the functions."""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import ops
from ..kernels import wrap_dims
from ..tensor import Tensor
from .derivatives import derivative
from .formulas_elementwise import conj


def restored(value: Tensor, shape: Any, dim: Any, keepdim: bool) -> Tensor:
    """Return a reduced tensor with its reduced dimensions back, as ones."""
    if not keepdim and len(shape):
        gone = wrap_dims(dim if dim != () and dim != [] else None, len(shape))
        key = tuple(None if place in gone else slice(None) for place in range(len(shape)))
        return value[key]  # type: ignore[no-any-return]
    return value


def spread(value: Tensor, shape: Any, dim: Any, keepdim: bool) -> Tensor:
    """Return a reduced tensor repeated along the dimensions that it was reduced over."""
    return restored(value, shape, dim, keepdim).expand(shape)  # type: ignore[no-any-return]


def count(shape: Any, dim: Any) -> int:
    """Return how many elements are combined into one."""
    dims = wrap_dims(dim if dim != () and dim != [] else None, len(shape))
    return math.prod(shape[place] for place in dims if place < len(shape))


derivative("sum", input=lambda grad, meta, dim, keepdim: spread(grad, meta.input.shape, dim, keepdim))
derivative(
    "mean",
    input=lambda grad, meta, dim, keepdim: (
        spread(grad, meta.input.shape, dim, keepdim) / count(meta.input.shape, dim)
    ),
)


def picked(grad: Tensor, results: Any, meta: Any, dim: Any, keepdim: bool) -> Any:
    """The gradient goes to the places whose indices were returned."""
    shape = meta.input.shape
    if not len(shape):
        return grad
    places = restored(results[1], shape, dim, keepdim)
    return ops.scatter(grad.new_zeros(shape), dim, places, restored(grad, shape, dim, keepdim))


def evenly(grad: Tensor, input: Tensor, result: Tensor, dim: Any, keepdim: bool) -> Any:
    """Equal extremes share the gradient."""
    hits = input == restored(result, input.shape, dim, keepdim)
    shares = ops.sum(hits, wrap_dims(dim if dim != () and dim != [] else None, input.ndim), keepdim=True)
    return hits * (restored(grad, input.shape, dim, keepdim) / shares)


def extreme(grad: Tensor, input: Tensor, results: Any, meta: Any, dim: Any, keepdim: bool) -> Any:
    """Over all elements equal extremes share, along a dimension the one whose index was returned gets all."""
    if dim is None:
        return evenly(grad, input, results[0], None, False)
    return picked(grad, results, meta, dim, keepdim)


derivative(
    "max",
    "min",
    input=lambda grad, input, results, meta, dim, keepdim: extreme(grad, input, results, meta, dim, keepdim),
)
derivative(
    "kthvalue",
    "mode",
    input=lambda grad, results, meta, dim, keepdim: picked(grad, results, meta, dim, keepdim),
)
derivative(
    "sort",
    "topk",
    input=lambda grad, results, meta, dim: picked(grad, results, meta, dim, True),
)


def product(grad: Tensor, input: Tensor, dim: Any, keepdim: bool) -> Any:
    """The product of the others, which stays defined where elements are zero."""
    if dim is None:
        flat = input.reshape(-1)
        return (grad * conj(product_of_others(flat, 0))).reshape(input.shape)
    if not input.ndim:
        return grad
    return restored(grad, input.shape, dim, keepdim) * conj(product_of_others(input, dim))


def product_of_others(input: Tensor, dim: int) -> Tensor:
    """Return for each element the product of all others along a dimension."""
    if not input.shape[dim]:
        return input
    one = ops.ones_like(ops.narrow(input, dim, 0, 1))
    size = input.shape[dim]
    before = ops.cumprod(ops.cat([one, ops.narrow(input, dim, 0, size - 1)], dim), dim)
    reverse = ops.flip(input, (dim,))
    after = ops.flip(ops.cumprod(ops.cat([one, ops.narrow(reverse, dim, 0, size - 1)], dim), dim), (dim,))
    return before * after  # type: ignore[no-any-return]


def running_product(grad: Tensor, input: Tensor, dim: int) -> Any:
    """Each element scales the products from its place on; a one in its place leaves those of the others."""
    if not input.ndim or not input.shape[dim]:
        return grad
    parts = []
    for place in range(input.shape[dim]):
        one = ops.ones_like(ops.narrow(input, dim, place, 1))
        rest = [ops.narrow(input, dim, 0, place), one]
        rest.append(ops.narrow(input, dim, place + 1, input.shape[dim] - place - 1))
        others = ops.cumprod(ops.cat(rest, dim), dim)
        later = input.shape[dim] - place
        scaled = ops.narrow(grad, dim, place, later) * conj(ops.narrow(others, dim, place, later))
        parts.append(ops.sum(scaled, dim, keepdim=True))
    return ops.cat(parts, dim)


derivative("cumprod", input=lambda grad, input, dim: running_product(grad, input, dim))
derivative(
    "amax",
    "amin",
    input=lambda grad, input, result, dim, keepdim: evenly(grad, input, result, dim, keepdim),
)
derivative("prod", input=lambda grad, input, dim, keepdim: product(grad, input, dim, keepdim))
