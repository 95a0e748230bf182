"""What an index expression picks: a window on the tensor first, then elements of it by index tensors.

Integers, slices, None and ... make the window, from the outermost dimension inwards. Each index tensor stands
for one dimension of the window, a mask for as many as it has; they broadcast together, and the dimensions
that they make take the place of theirs where those are adjacent, the front otherwise.

Source: ``tensor_view#note-indexing``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np

from . import dtypes, windows
from .strides import contiguous_strides
from .windows import Window

Shape = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]
# An array is an index tensor: integers, or a mask. An index expression is a part or a tuple of parts.
Part = int | slice | EllipsisType | Array | None


@dataclass(frozen=True, eq=False)
class Pick:
    """What an index expression picks.

    Attributes
    ----------
    window : Window
    tensors : tuple of ndarray or None
        The index tensor of each dimension of the window, with indices from 0 on; None takes it whole.
    """

    window: Window
    tensors: tuple[Array | None, ...]

    @property
    def is_view(self) -> bool:
        """Whether there are no index tensors, so that the result shares memory."""
        return all(tensor is None for tensor in self.tensors)

    @property
    def key(self) -> tuple[slice | Array, ...]:
        """The index expression that picks the elements from the window, the same in NumPy."""
        return tuple(slice(None) if tensor is None else tensor for tensor in self.tensors)


def window_of(shape: Shape, strides: Shape | None = None, offset: int = 0) -> Window:
    """Return the window of a tensor, row-major by default."""
    return Window(shape, contiguous_strides(shape) if strides is None else strides, offset, dtypes.int64)


def places(index: Any, shape: Shape) -> Array:
    """Return the row-major places of the elements that an index expression picks, in the result's shape.

    Raises
    ------
    IndexError, ValueError
        As `resolve` does.
    IndexError
        If index tensors do not broadcast together.
    """
    picked = resolve(index, window_of(shape))
    numbers = np.arange(math.prod(shape))
    return np.asarray(picked.window.of(numbers.view(np.uint8))[picked.key])


def resolve(index: Any, window: Window) -> Pick:
    """Return what an index expression picks from a window.

    Raises
    ------
    IndexError
        If there are more indices than dimensions, an index is out of range, or a mask differs in size from
        the dimensions it stands for.
    ValueError
        If a step is not positive.
    """
    parts = parts_of(index)
    missing = window.ndim - sum(map(_consumed, parts))
    if missing < 0:
        raise IndexError(f"too many indices for tensor of dimension {window.ndim}")
    tensors: list[Array | None] = []
    for part in parts:
        dim = len(tensors)
        match part:
            case None:
                window = windows.unsqueeze(window, dim)
                tensors.append(None)
            case EllipsisType():
                tensors += [None] * missing
            case slice():
                window = _sliced(window, dim, part)
                tensors.append(None)
            case int():
                window = _selected(window, dim, part)
            case _ if part.ndim == 0:
                window = windows.unsqueeze(window, dim)
                tensors.append(np.zeros(int(part), np.int64))
            case _:
                tensors += _indices(window, dim, part)
    return Pick(window, (*tensors, *(None,) * (window.ndim - len(tensors))))


def parts_of(index: Any) -> list[Part]:
    """Return the parts of an index expression: lists become index tensors, bools zero-dim masks.

    A zero-dim tensor of an integer counts as that integer.
    """
    return [_part(part) for part in (index if isinstance(index, tuple) else (index,))]


def _part(part: Any) -> Part:
    if isinstance(part, list):
        part = np.array(part) if part else np.zeros(0, np.int64)
    if isinstance(part, bool):
        part = np.array(part)
    if isinstance(part, np.ndarray):
        return int(part) if part.ndim == 0 and part.dtype.kind != "b" else part
    return part  # type: ignore[no-any-return]


def _consumed(part: Part) -> int:
    """Return how many dimensions of the tensor a part stands for."""
    if isinstance(part, np.ndarray):
        return part.ndim if part.dtype.kind == "b" else 1
    return 0 if part is None or part is Ellipsis else 1


def _selected(window: Window, dim: int, index: int) -> Window:
    size = window.shape[dim]
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return windows.select(window, dim, index)


def _sliced(window: Window, dim: int, part: slice) -> Window:
    step = 1 if part.step is None else part.step
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step < 0:
        raise ValueError("step must be greater than zero")
    start, stop, _ = slice(part.start, part.stop).indices(window.shape[dim])
    return windows.part(window, dim, start, stop, step)


def _indices(window: Window, dim: int, part: Array) -> list[Array]:
    """Return the index tensors, one for each dimension that a part stands for."""
    if part.dtype.kind == "b":
        goal = window.shape[dim : dim + part.ndim]
        if part.shape != goal:
            raise IndexError(
                f"The shape of the mask {list(part.shape)} at index {dim} does not match the shape of the "
                f"indexed tensor {list(window.shape)} at index {dim}"
            )
        return list(np.nonzero(part))
    size = window.shape[dim]
    if part.size and not (-size <= part.min() and part.max() < size):
        wrong = part[(part < -size) | (part >= size)][0]
        raise IndexError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")
    return [np.where(part < 0, part + size, part).astype(np.int64)]
