"""Bringing a gradient to the shape and type of the argument it belongs to."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..dtypes import dtype
from ..tensor import Tensor


def fitted(grad: Tensor, shape: Any, kind: dtype) -> Tensor:
    """Return a gradient summed over broadcast dimensions, real where the argument is, in its type."""
    if grad.dtype.is_complex and not kind.is_complex:
        grad = ops.real(grad)
    return sum_to(grad, shape) if grad.dtype is kind else sum_to(ops._to(grad, kind), shape)


def sum_to(grad: Tensor, shape: Any) -> Tensor:
    """Return a tensor summed over the dimensions along which a shape was broadcast to its own."""
    if grad.shape == shape:
        return grad
    missing = grad.ndim - len(shape)
    spread = [place for place, size in enumerate(shape, missing) if size == 1 and grad.shape[place] != 1]
    dims = [*range(missing), *spread]
    summed = ops.sum(grad, dims, keepdim=True) if dims else grad
    return summed.view(tuple(shape))  # type: ignore[no-any-return]
