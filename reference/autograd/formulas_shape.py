"""Derivatives of operations that move elements: joining, indexing, writing, converting."""

from __future__ import annotations

from typing import Any

from ..dispatch import op, ops
from ..indexing import numpy_key
from ..kernels import empty
from ..tensor import Tensor
from .derivatives import derivative

import numpy as np  # isort: skip


def pieces(grad: Tensor, tensors: Any, dim: int) -> list[Tensor]:
    """Return the part of a gradient that belongs to each of the tensors joined."""
    parts: list[Tensor] = []
    first = 0
    for one in tensors:
        if one.shape == (0,) and grad.ndim != 1:
            parts.append(grad.new_zeros((0,)))
            continue
        size = one.shape[dim]
        parts.append(ops.narrow(grad, dim, first, size))
        first += size
    return parts


derivative("cat", tensors=lambda grad, meta, dim: pieces(grad, meta.tensors, dim))
derivative(
    "stack",
    tensors=lambda grad, meta, dim: [ops.select(grad, dim, place) for place in range(len(meta.tensors))],
)
derivative("flip", input=lambda grad, dims: ops.flip(grad, dims))
derivative("_to_copy", input=lambda grad: grad)
derivative("copy_", input=lambda grad: ops.zeros_like(grad), src=lambda grad: grad)
derivative("fill", "fill_", input=lambda grad: ops.zeros_like(grad), value=lambda grad: grad)
derivative("zero_", input=lambda grad: ops.zeros_like(grad))


# Gathering and scattering along a dimension.

derivative(
    "gather",
    input=lambda grad, meta, dim, index: ops.scatter_add(grad.new_zeros(meta.input.shape), dim, index, grad),
)
derivative(
    "scatter",
    input=lambda grad, dim, index: ops.scatter(grad, dim, index, 0),
    src=lambda grad, dim, index: ops.gather(grad, dim, index),
)
derivative(
    "scatter_add",
    input=lambda grad: grad,
    src=lambda grad, dim, index: ops.gather(grad, dim, index),
)

# Indexing with tensors: the places are numbers, so reading them is linear and its transpose adds.


@op("_index_add_back", method=False)
def index_add_back(input: Tensor, parts: list[Any], shape: Any) -> Tensor:
    """Return zeros of a shape with ``input`` added at the places an index picks."""
    made = empty(shape, input.dtype)
    wide = np.zeros(made.shape, np.complex128 if input.dtype.is_complex else np.float64)
    np.add.at(wide, numpy_key(parts), input.array.astype(wide.dtype))
    made.write(wide)
    return made


@op("_index_erase", method=False)
def index_erase(input: Tensor, parts: list[Any]) -> Tensor:
    """Return ``input`` with zeros at the places an index picks."""
    made = empty(input.shape, input.dtype)
    made.places[...] = input.array
    made.places[numpy_key(parts)] = 0
    return made


derivative(
    "_advanced_index",
    input=lambda grad, meta, parts: ops._index_add_back(grad, parts, meta.input.shape),
)
derivative("_index_add_back", input=lambda grad, parts: ops._advanced_index(grad, parts))
derivative("_index_erase", input=lambda grad, parts: ops._index_erase(grad, parts))
derivative(
    "_write_at_",
    input=lambda grad, parts: ops._index_erase(grad, parts),
    value=lambda grad, parts: ops._advanced_index(grad, parts),
)


# Rearranging.


def _opposite(numbers: Any) -> Any:
    return -numbers if isinstance(numbers, int) else tuple(-number for number in numbers)


derivative("roll", input=lambda grad, shifts, dims: ops.roll(grad, _opposite(shifts), dims))
derivative("tril", input=lambda grad, diagonal: ops.tril(grad, diagonal))
derivative("triu", input=lambda grad, diagonal: ops.triu(grad, diagonal))
derivative("constant_pad_nd", input=lambda grad, pad: ops.constant_pad_nd(grad, _opposite(pad)))
