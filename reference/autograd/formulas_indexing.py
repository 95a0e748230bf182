"""Derivatives of reading and writing at places: slices, masks, the flattened tensor, parts replaced."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .derivatives import derivative


def zeros(grad: Tensor, like: Any) -> Any:
    """Return zeros of the shape of an argument, in the gradient's type."""
    return grad.new_zeros(like.shape)


# Whole slices.

derivative(
    "index_select",
    input=lambda grad, meta, dim, index: ops.index_add(zeros(grad, meta.input), dim, index, grad),
)
derivative(
    "index_add",
    input=lambda grad: grad,
    source=lambda grad, dim, index, alpha: ops.index_select(grad, dim, index) * alpha,
)
derivative(
    "index_copy",
    input=lambda grad, dim, index: ops.index_fill(grad, dim, index, 0),
    source=lambda grad, dim, index: ops.index_select(grad, dim, index),
)
derivative(
    "index_fill",
    input=lambda grad, dim, index: ops.index_fill(grad, dim, index, 0),
    value=lambda grad, dim, index: ops.sum(ops.index_select(grad, dim, ops.unique(index))),
)


# Index tensors and the flattened tensor.


def put_nothing(grad: Tensor, indices: Any, accumulate: bool) -> Any:
    """Where values replace an input, nothing of its gradient is left."""
    return grad if accumulate else ops.index_put(grad, indices, grad.new_zeros(()))


derivative(
    "index_put",
    input=lambda grad, indices, accumulate: put_nothing(grad, indices, accumulate),
    values=lambda grad, indices: grad[tuple(indices)],
)
derivative(
    "take",
    input=lambda grad, meta, index: ops.put(zeros(grad, meta.input), index, grad, True),
)
derivative(
    "put",
    input=lambda grad, meta, index, accumulate: (
        grad if accumulate else ops.put(grad, index, zeros(grad, meta.source))
    ),
    source=lambda grad, meta, index: ops.take(grad, index).reshape(meta.source.shape),
)


# Masks.


def selected_from(grad: Tensor, input: Any, mask: Tensor) -> Any:
    """Return a selection's gradient at the places it was taken from."""
    shape = ops.broadcast_shapes(input.shape, mask.shape)
    return ops.masked_scatter(grad.new_zeros(shape), mask, grad)


def dealt_out(grad: Tensor, source: Any, mask: Tensor) -> Any:
    """Return the gradient of a source of which the first elements were dealt out."""
    used = ops.masked_select(grad, mask)
    unused = grad.new_zeros(source.numel() - used.numel())
    return ops.cat([used, unused]).reshape(source.shape)


derivative(
    "masked_fill",
    input=lambda grad, mask: ops.masked_fill(grad, mask, 0),
    value=lambda grad, mask: ops.sum(ops.where(mask, grad, 0)),
)
derivative("masked_select", input=lambda grad, meta, mask: selected_from(grad, meta.input, mask))
derivative(
    "masked_scatter",
    input=lambda grad, mask: ops.masked_fill(grad, mask, 0),
    source=lambda grad, meta, mask: dealt_out(grad, meta.source, mask),
)


# A part replaced.

derivative(
    "select_scatter",
    input=lambda grad, meta, dim, index: ops.select_scatter(grad, zeros(grad, meta.src), dim, index),
    src=lambda grad, dim, index: ops.select(grad, dim, index),
)
derivative(
    "slice_scatter",
    input=lambda grad, meta, dim, start, end, step: ops.slice_scatter(
        grad, zeros(grad, meta.src), dim, start, end, step
    ),
    src=lambda grad, dim, start, end, step: grad[
        (slice(None),) * (dim % grad.ndim) + (slice(start, end, step),)
    ],
)
derivative(
    "diagonal_scatter",
    input=lambda grad, meta, offset, dim1, dim2: ops.diagonal_scatter(
        grad, zeros(grad, meta.src), offset, dim1, dim2
    ),
    src=lambda grad, offset, dim1, dim2: ops.diagonal(grad, offset, dim1, dim2),
)
