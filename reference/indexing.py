"""Reading and writing by index. Sources: ``tensors``, ``tensor_view``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .casting import cast
from .dispatch import op, ops
from .kernels import fresh, view_of
from .tensor import Tensor

_INVALID = (
    "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
    "(got {})"
)


def parts_of(key: Any) -> list[Any]:
    """Return an index as a list; arrays and lists become tensors or arrays of integers or bools."""
    parts = list(key) if isinstance(key, tuple) else [key]
    return [_part(part) for part in parts]


def _part(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice | bool | Tensor):
        return part
    if isinstance(part, list | range | np.ndarray):
        return np.asarray(part)
    if hasattr(part, "__index__"):
        return part.__index__()
    raise IndexError(_INVALID.format(type(part).__name__))


def is_basic(parts: list[Any]) -> bool:
    """Return whether an index consists of integers, slices, ``...`` and None, so that it gives a view."""
    return all(part is None or part is Ellipsis or type(part) in (int, slice) for part in parts)


@op("getitem", function=False, method=False, composite=True)
def getitem(input: Tensor, key: Any) -> Tensor:
    """Return ``input[key]``: a view for a basic index, fresh elements for one with tensors."""
    parts = parts_of(key)
    if is_basic(parts):
        return ops._basic_index(input, parts)  # type: ignore[no-any-return]
    return ops._advanced_index(input, parts)  # type: ignore[no-any-return]


@op("_basic_index", method=False, view=True)
def basic_index(input: Tensor, parts: list[Any]) -> Tensor:
    """Return the window that integers, slices, ``...`` and None select."""
    used = sum(part is not None and part is not Ellipsis for part in parts)
    if used > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
    shape: list[int] = []
    strides: list[int] = []
    offset, dim = input.offset, 0
    for part in parts if Ellipsis in parts else [*parts, Ellipsis]:
        if part is None:
            shape.append(1)
            strides.append(input.strides[dim] * input.shape[dim] if dim < input.ndim else 1)
        elif part is Ellipsis:
            rest = input.ndim - used
            shape += input.shape[dim : dim + rest]
            strides += input.strides[dim : dim + rest]
            dim += rest
        elif isinstance(part, slice):
            first, length, step = _slice(part, input.shape[dim])
            offset += first * input.strides[dim]
            shape.append(length)
            strides.append(input.strides[dim] * step)
            dim += 1
        else:
            offset += _place(part, input.shape[dim], dim) * input.strides[dim]
            dim += 1
    return view_of(input, shape, strides, offset)


def _slice(part: slice, size: int) -> tuple[int, int, int]:
    step = 1 if part.step is None else part.step.__index__()
    if step <= 0:
        raise ValueError("step must be greater than zero")
    first, stop, _ = slice(part.start, part.stop, 1).indices(size)
    return first, max(0, -(-(stop - first) // step)), step


def _place(index: int, size: int, dim: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index % size


@op("_advanced_index", method=False)
def advanced_index(input: Tensor, parts: list[Any]) -> Tensor:
    """Return the elements that an index with integer or bool tensors picks, as a fresh tensor."""
    return fresh(input.array[numpy_key(parts)], input.dtype)


def numpy_key(parts: list[Any]) -> tuple[Any, ...]:
    """Return an index in NumPy's terms."""
    return tuple(part.array if isinstance(part, Tensor) else part for part in parts)


@op("setitem", function=False, method=False, raw=True)
def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Write ``input[key] = value``: a copy into a view, or into the places that tensors pick."""
    parts = parts_of(key)
    if is_basic(parts):
        ops._basic_index(input, parts).copy_(value)
    else:
        input._write_at_(parts, value)


@op("_write_at_", convert=True)
def write_at(input: Tensor, parts: list[Any], value: Any) -> Tensor:
    """Return the elements with those that an index picks replaced."""
    written = fresh(input.array, input.dtype)
    source = value if isinstance(value, Tensor) else ops.tensor(value, dtype=input.dtype)
    written.array[numpy_key(parts)] = cast(source.array, input.dtype)
    return written
