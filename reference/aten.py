"""Operations that are public below ``torch.ops.aten`` only. Source: ``torch.compiler_ir``."""

from __future__ import annotations

import math
from typing import Any

from .autograd.derivatives import derivative
from .dispatch import op, ops
from .tensor import Tensor


@op("ops.aten.slice", composite=True)
def slice_(input: Tensor, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    """Return a window on a range of a dimension, as an index does.

    Raises
    ------
    RuntimeError
        Unless the step is positive.
    IndexError
        For a zero-dim tensor, and a dimension out of range.
    """
    if not input.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    if not -input.ndim <= dim < input.ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], but got "
            f"{dim})"
        )
    own: list[Any] = [slice(None)] * input.ndim
    own[dim] = slice(start, end, step)
    return input[tuple(own)]


@op("ops.aten.native_dropout_backward", composite=True)
def native_dropout_backward(grad_output: Tensor, mask: Tensor, scale: float) -> Any:
    """Return the gradient of dropout: scaled where an element was kept."""
    return grad_output * (mask.to(grad_output.dtype) * scale)


@op("ops.aten.max_pool2d_with_indices_backward")
def max_pool2d_with_indices_backward(
    grad_output: Tensor,
    input: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    indices: Tensor,
) -> Any:
    """Return the gradient of ``max_pool2d``: each window's goes to the place of its greatest element."""
    outer, inner = tuple(input.shape[:-2]), tuple(input.shape[-2:])
    flat = (*outer, math.prod(grad_output.shape[-2:]))
    empty = grad_output.new_zeros((*outer, math.prod(inner)))
    sent = ops.scatter_add(empty, -1, indices.reshape(flat), grad_output.reshape(flat))
    return sent.reshape(*outer, *inner)


def _regathered(grad: Tensor, indices: Tensor) -> Any:
    return ops.gather(grad.flatten(-2), -1, indices.flatten(-2)).reshape(indices.shape)


derivative(
    "ops.aten.max_pool2d_with_indices_backward",
    grad_output=lambda grad, indices: _regathered(grad, indices),
    input=lambda grad: ops.zeros_like(grad),
)
