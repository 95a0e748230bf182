"""Windows on a storage: what each view operation makes of one.

A rule takes the window of the tensor and the arguments, and returns the window of the result (or a tuple of
them); it raises what the operation raises. Sources: ``tensor_view`` and the page of each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .dims import DimError, wrap_dim, wrap_dims
from .dtypes import DType

Shape = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Window:
    """Where the elements of a tensor lie in its storage; strides and offset count elements."""

    shape: Shape
    strides: Shape
    offset: int
    dtype: DType

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    def of(self, storage: Array) -> Array:
        """Return the elements that lie in a storage (a flat array of bytes), as a writable NumPy view."""
        if 0 in self.shape:
            return np.empty(self.shape, self.dtype.storage)
        steps = tuple(stride * self.itemsize for stride in self.strides)
        return np.ndarray(self.shape, self.dtype.storage, storage, self.offset * self.itemsize, steps)

    def with_dim(self, dim: int, size: int, stride: int, *, skip: int = 0) -> Window:
        """Return the window with another size and stride of a dimension, `skip` elements further on."""
        return replace(
            self,
            shape=(*self.shape[:dim], size, *self.shape[dim + 1 :]),
            strides=(*self.strides[:dim], stride, *self.strides[dim + 1 :]),
            offset=self.offset + skip,
        )

    def without_dims(self, dims: Sequence[int], *, skip: int = 0) -> Window:
        """Return the window without some dimensions, `skip` elements further on."""
        kept = [dim for dim in range(self.ndim) if dim not in dims]
        return replace(self.in_order(kept), offset=self.offset + skip)

    def in_order(self, dims: Sequence[int]) -> Window:
        """Return the window with these dimensions, in this order."""
        return replace(
            self,
            shape=tuple(self.shape[dim] for dim in dims),
            strides=tuple(self.strides[dim] for dim in dims),
        )


# Parts of a dimension.


def narrow(window: Window, dim: int, start: int, length: int) -> Window:
    """Return `length` places of a dimension from `start` on; a negative start counts from the end."""
    if not window.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, window.ndim)
    size = window.shape[dim]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return part(window, dim, start, start + length)


def part(window: Window, dim: int, start: int, stop: int, step: int = 1) -> Window:
    """Return the places `start` to `stop` (excluded) of a dimension, both in range, every `step`-th."""
    stride = window.strides[dim]
    length = max(0, -(-(stop - start) // step))
    return window.with_dim(dim, length, stride * step, skip=start * stride)


def select(window: Window, dim: int, index: int) -> Window:
    """Return one place of a dimension, without the dimension."""
    if not window.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, window.ndim)
    size = window.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(window.shape)} at dimension {dim}"
        )
    return window.without_dims([dim], skip=index % size * window.strides[dim])


def unbind(window: Window, dim: int = 0) -> tuple[Window, ...]:
    """Return every place of a dimension, without the dimension."""
    if not window.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = wrap_dim(dim, window.ndim)
    return tuple(select(window, dim, index) for index in range(window.shape[dim]))


def diagonal(window: Window, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Window:
    """Return a diagonal of two dimensions as a last dimension; above the main one for a positive offset."""
    first, second = wrap_dim(dim1, window.ndim), wrap_dim(dim2, window.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    (rows, columns), (down, right) = (
        (values[first], values[second]) for values in (window.shape, window.strides)
    )
    length = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    skip = (offset * right if offset >= 0 else -offset * down) if length else 0
    rest = window.without_dims([first, second], skip=skip)
    return replace(rest, shape=(*rest.shape, length), strides=(*rest.strides, down + right))


def unfold(window: Window, dimension: int, size: int, step: int) -> Window:
    """Return the windows of `size` places of a dimension, `step` apart, their places as a last dimension."""
    dim = wrap_dim(dimension, window.ndim)
    length, stride = (window.shape[dim], window.strides[dim]) if window.ndim else (1, 1)
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not window.ndim:
        return replace(window, shape=(size,), strides=(1,))
    counted = window.with_dim(dim, (length - size) // step + 1, step * stride)
    return replace(counted, shape=(*counted.shape, size), strides=(*counted.strides, stride))


# The order and number of dimensions.


def permute(window: Window, dims: Sequence[int]) -> Window:
    """Return the window with its dimensions in the order given."""
    if len(dims) != window.ndim:
        raise RuntimeError(
            f"permute(): a tensor of {window.ndim} dimensions needs an order of as many, not of {len(dims)}"
        )
    try:
        return window.in_order(wrap_dims(dims, window.ndim))
    except DimError:
        raise
    except RuntimeError:
        raise RuntimeError("permute(): duplicate dims are not allowed.") from None


def transpose(window: Window, dim0: int, dim1: int) -> Window:
    """Return the window with two dimensions swapped."""
    first, second = wrap_dim(dim0, window.ndim), wrap_dim(dim1, window.ndim)
    order = list(range(window.ndim))
    if order:
        order[first], order[second] = second, first
    return window.in_order(order)


def reversed_dims(window: Window) -> Window:
    """Return the window with its dimensions in reverse order."""
    return window.in_order(range(window.ndim)[::-1])


def t(window: Window) -> Window:
    """Return the window of a matrix with its dimensions swapped, one of fewer dimensions as it is."""
    if window.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {window.ndim}D")
    return reversed_dims(window)


def matrix_transpose(window: Window) -> Window:
    """Return the window with its last two dimensions swapped; a zero-dim one as it is."""
    if window.ndim == 1:
        raise RuntimeError("the last two dimensions of a 1-D tensor cannot be swapped: it is not a matrix")
    return transpose(window, -2, -1) if window.ndim else window


def hermitian(window: Window) -> Window:
    """Return the window of the conjugate transpose of a matrix; a zero-dim one as it is."""
    if window.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {window.ndim}-D tensor."
        )
    return matrix_transpose(window)


def movedim(window: Window, source: int | Sequence[int], destination: int | Sequence[int]) -> Window:
    """Return the window with some dimensions at new places, the rest in their order."""
    origins, goals = (
        (places,) if isinstance(places, int) else tuple(places) for places in (source, destination)
    )
    if len(origins) != len(goals):
        raise RuntimeError(
            f"movedim: as many source dims ({list(origins)}) as destination dims ({list(goals)}) are needed"
        )
    wrapped = []
    for name, places in (("source", origins), ("destination", goals)):
        wrapped.append([wrap_dim(place, window.ndim) for place in places])
        if len(set(wrapped[-1])) < len(places):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(places)})")
    order = [dim for dim in range(window.ndim) if dim not in wrapped[0]]
    for goal, origin in sorted(zip(wrapped[1], wrapped[0], strict=True)):
        order.insert(goal, origin)
    return window.in_order(order) if window.ndim else window


def squeeze(window: Window, dim: int | Sequence[int] | None = None) -> Window:
    """Return the window without its dimensions of size 1, or without those of them that are named."""
    named = (
        range(window.ndim) if dim is None else wrap_dims((dim,) if isinstance(dim, int) else dim, window.ndim)
    )
    return window.without_dims([place for place in named if window.ndim and window.shape[place] == 1])


def unsqueeze(window: Window, dim: int) -> Window:
    """Return the window with a dimension of size 1 at index `dim`."""
    place = wrap_dim(dim, window.ndim + 1)
    stride = window.shape[place] * window.strides[place] if place < window.ndim else 1
    return replace(
        window,
        shape=(*window.shape[:place], 1, *window.shape[place:]),
        strides=(*window.strides[:place], stride, *window.strides[place:]),
    )
