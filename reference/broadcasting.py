"""Shapes made common. Sources: ``torch.broadcast_tensors``, ``torch.Tensor.sum_to_size`` and their kin."""

from __future__ import annotations

from typing import Any

from tensorcanon.spec.rules.broadcasting import NotBroadcastableError, expandable
from tensorcanon.spec.rules.broadcasting import broadcast_shapes as common_shape

from .dispatch import op, ops
from .kernels import as_sizes, broadcast
from .size import Size
from .tensor import Tensor


@op("broadcast_to", composite=True)
def broadcast_to(input: Tensor, *size: Any) -> Tensor:
    """Return a view of another shape that repeats dimensions of size 1."""
    return input.expand(as_sizes(size))  # type: ignore[no-any-return]


@op("broadcast_tensors", method=False, composite=True)
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return views of the common shape, one for each tensor."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    shape = broadcast(*(tuple(tensor.shape) for tensor in given))
    return tuple(tensor.expand(shape) for tensor in given)


@op("broadcast_shapes", method=False, raw=True)
def broadcast_shapes(*shapes: Any) -> Size:
    """Return the common shape; an int stands for a shape of one size."""
    given = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    if any(size < 0 for shape in given for size in shape):
        raise ValueError("Attempting to broadcast a dimension with negative length!")
    try:
        return Size(common_shape(*given))
    except NotBroadcastableError as error:
        raise RuntimeError(f"Shape mismatch: {error}") from None


@op("sum_to_size", function=False, composite=True)
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Return the sums over the dimensions that a shape lacks or has as 1; RuntimeError for other shapes."""
    shape = as_sizes(size)
    if not expandable(shape, input.shape):
        raise RuntimeError(f"size {{{list(shape)}}} is not expandable to size {{{list(input.shape)}}}.")
    missing = input.ndim - len(shape)
    repeated = [dim + missing for dim, size_ in enumerate(shape) if size_ != input.shape[dim + missing]]
    dims = [*range(missing), *repeated]
    if not shape:
        return ops.sum(input)  # type: ignore[no-any-return]
    if not dims:
        return input
    return ops.sum(input, dims, keepdim=True).view(shape)  # type: ignore[no-any-return]
