"""Derivatives of reductions into places: ``scatter_reduce`` and ``index_reduce``. Sources: their pages."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..kernels import wrap_dim
from ..tensor import Tensor
from .derivatives import Formula, derivative

# Each formula gives the gradients of what was there and of the source, for an index as `scatter` takes it.


def _summed(grad: Tensor, dim: int, index: Tensor, **_: Any) -> tuple[Any, Any]:
    return grad, ops.gather(grad, dim, index)


def _averaged(grad: Tensor, dim: int, index: Tensor, *, include_self: bool, **_: Any) -> tuple[Any, Any]:
    start = ops.ones_like(grad) if include_self else ops.scatter(ops.ones_like(grad), dim, index, 0)
    shared = grad / ops.scatter_add(start, dim, index, grad.new_ones(index.shape))
    return shared, ops.gather(shared, dim, index)


def _multiplied(
    grad: Tensor, dim: int, index: Tensor, *, input: Tensor, src: Tensor, result: Tensor, include_self: bool
) -> tuple[Any, Any]:
    """The product of the others: where one factor is zero, the one of all but that."""

    def product(first: Tensor, others: Tensor) -> Any:
        return ops.scatter_reduce(first, dim, index, others, "prod", include_self=include_self)

    before = grad * product(ops.ones_like(input), src)
    zero = src == 0
    zeros = ops.scatter_add(ops.zeros_like(input), dim, index, zero.to(input.dtype))
    alone = zero & (ops.gather(zeros, dim, index) == 1)
    filled = ops.gather(grad * product(input, ops.masked_fill(src, alone, 1)), dim, index)
    shared = ops.gather(grad * result, dim, index) / ops.masked_fill(src, zero, 1)
    return before, ops.where(alone, filled, shared)


def _extreme(
    grad: Tensor, dim: int, index: Tensor, *, input: Tensor, src: Tensor, result: Tensor, include_self: bool
) -> tuple[Any, Any]:
    """Equal extremes share."""
    before = (input == result).to(grad.dtype)
    if not include_self:
        before = ops.scatter(before, dim, index, 0)
    hits = (src == ops.gather(result, dim, index)).to(grad.dtype)
    shared = grad / ops.scatter_add(before, dim, index, hits)
    return ops.where(before != 0, shared, 0), hits * ops.gather(shared, dim, index)


_FORMULAS = {"sum": _summed, "mean": _averaged, "prod": _multiplied, "amax": _extreme, "amin": _extreme}


def _both(
    grad: Tensor,
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    result: Tensor,
    reduce: str,
    include_self: bool,
) -> tuple[Any, Any]:
    before, source = _FORMULAS[reduce](
        grad, dim, index, input=input, src=src, result=result, include_self=include_self
    )
    return before if include_self else ops.scatter(before, dim, index, 0), source


def _along(index: Tensor, dim: int, source: Tensor) -> Any:
    """Return the index of slices as one of elements."""
    if not source.ndim:
        return index.reshape(())
    shape = [1] * source.ndim
    shape[wrap_dim(dim, source.ndim)] = -1
    return index.reshape(shape).expand(source.shape)


def _of_scatter(part: int) -> Formula:
    def formula(
        grad: Any, input: Any, dim: Any, index: Any, src: Any, result: Any, reduce: Any, include_self: Any
    ) -> Any:
        return _both(grad, input, dim, index, src, result, reduce, include_self)[part]

    return formula


def _of_slices(part: int) -> Formula:
    def formula(
        grad: Any, input: Any, dim: Any, index: Any, source: Any, result: Any, reduce: Any, include_self: Any
    ) -> Any:
        elements = _along(index, dim, source)
        return _both(grad, input, dim, elements, source, result, reduce, include_self)[part]

    return formula


derivative("scatter_reduce", input=_of_scatter(0), src=_of_scatter(1))
derivative("index_reduce", input=_of_slices(0), source=_of_slices(1))
