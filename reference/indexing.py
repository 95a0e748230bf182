"""Reading and writing by index: ``tensor_view#note-indexing``; rules: `tensorcanon.spec.rules.indexing`.

An index is a window on the tensor, made by integers, slices, ``...`` and None, and then, where it has index
tensors, a pick of the window's elements.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorcanon.spec.rules.broadcasting import expandable
from tensorcanon.spec.rules.indexing import resolve
from tensorcanon.spec.rules.scattering import reduced
from tensorcanon.spec.rules.windows import Window

from . import dtypes
from .casting import cast, checked_number
from .dispatch import op, ops
from .kernels import fresh, view_of
from .tensor import Tensor

Array = np.ndarray[Any, Any]

_INVALID = (
    "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
    "(got {})"
)
_NOT_INDICES = "tensors used as indices must be long, int, byte or bool tensors"
_BYTE_MASK = "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead."
_NESTED = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch "
    "2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, "
    "x[torch.tensor(seq)], which will result either in an error or a different result"
)
_FULL = slice(None)


# Reading an index.


def parts_of(key: Any) -> list[Any]:
    """Return the parts of an index: integers, slices, ``...``, None and arrays of integers or bools.

    Raises
    ------
    IndexError
        For anything else, floating index tensors included.
    """
    if isinstance(key, list) and any(_is_part(item) for item in key):
        warnings.warn(_NESTED, UserWarning, stacklevel=5)
        key = tuple(key)
    return [_part(part) for part in (key if isinstance(key, tuple) else (key,))]


def _is_part(item: Any) -> bool:
    """Return whether an item of a list makes the list count as a tuple."""
    return item is None or item is Ellipsis or isinstance(item, slice | Sequence | Tensor | np.ndarray)


def _part(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, bool | np.bool_):
        return np.array(bool(part))
    if isinstance(part, Tensor | Sequence | np.ndarray) and not isinstance(part, str):
        return _index_array(part)
    if hasattr(part, "__index__"):
        return part.__index__()
    raise IndexError(_INVALID.format(type(part).__name__))


def _index_array(part: Any) -> Any:
    """Return an index tensor as an array, a zero-dim one of an integer as that integer."""
    if not isinstance(part, Tensor):
        part = ops.tensor(part) if len(part) else ops.tensor(part, dtype=dtypes.int64)
    kind, array = part.dtype, part.array
    if kind is dtypes.uint8:
        if array.ndim:
            warnings.warn(_BYTE_MASK, UserWarning, stacklevel=6)
        return np.asarray(array != 0)
    if array.ndim == 0 and kind.is_integral:
        return int(array)
    if kind not in (dtypes.bool_, dtypes.int32, dtypes.int64):
        raise IndexError(_NOT_INDICES)
    return array.copy()


def split(input: Tensor, key: Any) -> tuple[list[Any], tuple[Any, ...] | None]:
    """Return the parts of an index that make the window, and how to pick from it, None for all of it."""
    parts = parts_of(key)
    picked = resolve(tuple(parts), window_on(input))
    basic = [one for part in parts for one in _basic(part)]
    return basic, None if picked.is_view else picked.key


def _basic(part: Any) -> list[Any]:
    """Return the parts that make the window for a part to pick from."""
    if not isinstance(part, np.ndarray):
        return [part]
    if part.dtype != np.bool_:
        return [_FULL]
    return [_FULL] * part.ndim or [None]


def window_on(input: Tensor) -> Window:
    """Return the window of a tensor in the terms of the rules."""
    return Window(tuple(input.shape), input.strides, input.offset, input.dtype.rule)


# Reading.


@op("getitem", function=False, method=False, composite=True)
def getitem(input: Tensor, key: Any) -> Tensor:
    """Return ``input[key]``: a view for a basic index, fresh elements for one with tensors."""
    basic, key = split(input, key)
    view = input if key is not None and _is_whole(basic) else ops._basic_index(input, basic)
    return view if key is None else ops._advanced_index(view, key)


def _is_whole(basic: list[Any]) -> bool:
    return all(part is Ellipsis or part == _FULL for part in basic)


@op("_basic_index", method=False, view=True)
def basic_index(input: Tensor, parts: list[Any]) -> Tensor:
    """Return the window that integers, slices, ``...`` and None select."""
    window = resolve(tuple(parts), window_on(input)).window
    return view_of(input, window.shape, window.strides, window.offset)


@op("_advanced_index", method=False)
def advanced_index(input: Tensor, parts: Sequence[Any]) -> Tensor:
    """Return the elements that index arrays pick, as a fresh tensor; a slice takes a dimension whole."""
    _check_broadcast(parts)
    return fresh(input.array[tuple(parts)], input.dtype)


def _check_broadcast(parts: Sequence[Any]) -> None:
    shapes = [part.shape for part in parts if isinstance(part, np.ndarray)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}"
        ) from None


def numpy_key(parts: Sequence[Any]) -> tuple[Any, ...]:
    """Return the parts of `advanced_index` in NumPy's terms."""
    return tuple(parts)


# Writing.


@op("setitem", function=False, method=False, raw=True)
def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Write ``input[key] = value``: a copy into a view, or into the places that tensors pick."""
    if not isinstance(value, Tensor | bool | int | float | complex | np.generic):
        kind = input.dtype.scalar_name
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{kind}Tensor")
    basic, picked = split(input, key)
    view = input if _is_whole(basic) else ops._basic_index(input, basic)
    if picked is not None:
        _write_picked(view, picked, value, by_mask=_is_mask(key))
    elif isinstance(value, Tensor):
        view.copy_(_without_leading_ones(value, view.ndim))
    else:
        view.fill_(value)


def _is_mask(key: Any) -> bool:
    return isinstance(key, Tensor) and key.dtype is dtypes.bool_


def _write_picked(view: Tensor, picked: tuple[Any, ...], value: Any, *, by_mask: bool) -> None:
    if isinstance(value, Tensor) and value.dtype is not view.dtype:
        if not (by_mask and value.numel() == 1):
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{view.dtype.scalar_name} for the destination and {value.dtype.scalar_name} for the source."
            )
        value = value.item()
    view._write_at_(picked, value)


def _without_leading_ones(value: Tensor, ndim: int) -> Tensor:
    extra = value.ndim - ndim
    if extra > 0 and all(size == 1 for size in value.shape[:extra]):
        return ops._basic_index(value, [0] * extra)  # type: ignore[no-any-return]
    return value


@op("_write_at_", convert=True)
def write_at(input: Tensor, parts: Sequence[Any], value: Any) -> Tensor:
    """Return the elements with those that index arrays pick replaced."""
    return _put(input, tuple(parts), value)


@op("index_put", inplace=True)
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """Return the elements with those that a tuple of index tensors picks replaced, or added to.

    Raises
    ------
    TypeError
        Where the indices are no tuple or list of tensors.
    """
    if not isinstance(indices, tuple | list) or not all(isinstance(index, Tensor) for index in indices):
        raise TypeError("index_put(): argument 'indices' (position 2) must be tuple of Tensors")
    if values.dtype is not input.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.scalar_name} for the destination and {values.dtype.scalar_name} for the source."
        )
    parts = [_index_array(index) if index.ndim else index.array.reshape(1) for index in indices]
    picked = resolve(tuple(parts), window_on(input))
    return _put(input, picked.key, values, accumulate=accumulate)


def _put(input: Tensor, key: tuple[Any, ...], value: Any, *, accumulate: bool = False) -> Tensor:
    _check_broadcast(key)
    source = value.array if isinstance(value, Tensor) else checked_number(value, input.dtype)
    numbers = np.arange(input.numel()).reshape(input.shape)
    places = np.asarray(numbers[key])
    extra = max(0, source.ndim - places.ndim)
    if not expandable(source.shape[extra:], places.shape) or any(n != 1 for n in source.shape[:extra]):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(source.shape)} cannot be broadcast to indexing "
            f"result of shape {list(places.shape)}"
        )
    given = np.broadcast_to(cast(source.reshape(source.shape[extra:]), input.dtype), places.shape)
    if accumulate:
        return fresh(reduced(input.array, places, given, "sum").value, input.dtype)
    written = np.array(input.array, order="C")
    written.reshape(-1)[places.reshape(-1)] = given.reshape(-1)
    return fresh(written, input.dtype)
