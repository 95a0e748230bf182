"""Reading and writing whole slices, and copies with a part replaced. Sources: the pages of the functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.spec.rules import scattering as rules

from . import scattering
from .casting import checked_number
from .dispatch import op, ops
from .kernels import fresh, wrap_dim
from .scattering import INDEX_TYPES, REDUCTIONS, check_long, check_values, like, number_of, size_along
from .tensor import Tensor

Array = np.ndarray[Any, Any]


# Whole slices.


@op("index_select", out=True, exact_out=True, apart=True)
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the slices along a dimension that a vector of indices names.

    Raises
    ------
    IndexError
        For an index that is no vector, and for values out of range.
    """
    axis = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.dtype not in INDEX_TYPES:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if not input.ndim and index.numel() != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {index.numel()} value(s)"
        )
    check_values(index.array, size_along(input, axis), axis, IndexError)
    places = rules.slices(tuple(input.shape), axis, index.array)
    return fresh(input.array.reshape(-1)[places], input.dtype)


@op("index_add", inplace=True, out=True)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """Return the tensor with multiples of a source's slices added to the slices an index names."""
    if index.dtype not in INDEX_TYPES:
        raise RuntimeError(
            f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.scalar_name}"
        )
    places = _slices("index_add_", input, dim, index, source, RuntimeError)
    values = source.array
    if alpha != 1:
        factor = checked_number(alpha, input.dtype) if input.dtype.is_integral else alpha
        values = rules.widened(values) * factor
    return like(input, scattering.reduced(input.array, places, values.reshape(places.shape), "sum"))


@op("index_reduce", inplace=True, out=True)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return the tensor with a source's slices reduced into the slices an index names."""
    if reduce not in REDUCTIONS[1:]:
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    places = _slices("index_reduce", input, dim, index, source, RuntimeError)
    values = source.array.reshape(places.shape)
    return like(input, scattering.reduced(input.array, places, values, reduce, include_self=include_self))


@op("index_copy", inplace=True, out=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Return the tensor with a source's slices in the place of the slices an index names."""
    check_long("index_copy_", index)
    places = _slices("index_copy_", input, dim, index, source, IndexError)
    return like(input, rules.written(input.array, places, source.array.reshape(places.shape)))


@op("index_fill", inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Return the tensor with the slices an index names filled with a number."""
    check_long("index_fill_", index, IndexError)
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} "
            "dimension(s)."
        )
    axis = wrap_dim(dim, input.ndim)
    size = size_along(input, axis)
    check_values(np.where(index.array < 0, index.array + size, index.array), size, axis, IndexError)
    places = rules.slices(tuple(input.shape), axis, index.array)
    return like(input, rules.written(input.array, places, number_of(value, input)))


def _slices(
    name: str, input: Tensor, dim: int, index: Tensor, source: Tensor, error: type[Exception]
) -> Array:
    """Return the places of the slices that an index names, one for each slice of a source.

    Raises
    ------
    RuntimeError or IndexError
        Where the source has another type, another number of slices or slices of another shape, and for
        values out of range.
    """
    axis = wrap_dim(dim, input.ndim)
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}(): self ({input.dtype.scalar_name}) and source ({source.dtype.scalar_name}) must have "
            "the same scalar type"
        )
    if index.ndim > 1:
        raise IndexError(f"{name}(): Index should have dimension 1 or 0 (got {index.ndim})")
    if source.ndim != input.ndim and max(source.ndim, input.ndim) > 1:
        raise error(
            f"{name}(): the source must have the dimensions of self, got {source.ndim} and {input.ndim}"
        )
    if index.numel() != size_along(source, axis):
        raise error(
            f"{name}(): Number of indices ({index.numel()}) should be equal to source.size(dim): "
            f"({size_along(source, axis)}), for dim: {axis}"
        )
    if any(
        a != b for place, (a, b) in enumerate(zip(source.shape, input.shape, strict=False)) if place != axis
    ):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            f"self.shape = {list(input.shape)} source.shape = {list(source.shape)}"
        )
    check_values(index.array, size_along(input, axis), axis, error)
    return rules.slices(tuple(input.shape), axis, index.array)


# A part replaced.


@op("select_scatter", out=True)
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Return a copy of the tensor with one slice along a dimension replaced."""
    return _replaced(input, src, lambda copy: ops.select(copy, dim, index))


@op("slice_scatter", out=True)
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Return a copy of the tensor with a range along a dimension replaced."""
    axis = wrap_dim(dim, input.ndim)
    parts = [slice(None)] * axis + [slice(start, end, step)]
    return _replaced(input, src, lambda copy: ops._basic_index(copy, parts))


@op("diagonal_scatter", out=True)
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a copy of the tensor with a diagonal replaced."""
    return _replaced(input, src, lambda copy: ops.diagonal(copy, offset, dim1, dim2))


def _replaced(input: Tensor, src: Tensor, part: Callable[[Tensor], Tensor]) -> Tensor:
    copy = like(input, input.array)
    window = part(copy)
    if window.shape != src.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. "
            f"src size = {list(src.shape)}, slice size = {list(window.shape)}"
        )
    window.write(src.array)
    return copy


@op("fill_diagonal_", convert=True)
def fill_diagonal(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Return the tensor with its main diagonal filled, and the ones below it that wrapping gives."""
    if input.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if input.ndim > 2 and len(set(input.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    filled = np.array(input.array, order="C")
    if filled.size:
        np.fill_diagonal(filled, number_of(fill_value, input), wrap=wrap)
    return fresh(filled, input.dtype)
