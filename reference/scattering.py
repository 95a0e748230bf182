"""Reading and writing at places that an index tensor names. Sources: the pages of the functions.

Rules: `tensorcanon.spec.rules.scattering`, which says for every operation which places those are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.spec.rules import scattering as rules
from tensorcanon.spec.rules.strides import preserved_strides

from . import dtypes
from .casting import cast, checked_number
from .dispatch import op, ops
from .kernels import as_tensor, fresh, with_strides, wrap_dim
from .tensor import Tensor

Array = np.ndarray[Any, Any]

_INDEX_TYPES = (dtypes.int32, dtypes.int64)
_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


# Checks.


def _check_along(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor | None = None) -> None:
    """Refuse an index along a dimension that does not fit the tensor or the source.

    Raises
    ------
    IndexError
        For a dimension out of range.
    RuntimeError
        For another type, rank or size, and for values out of range.
    """
    dim = wrap_dim(dim, input.ndim)
    if index.dtype not in _INDEX_TYPES:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if source is not None and source.dtype is not input.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
    if not index.numel():
        return
    for other, role in ((input, "self"), (source, "src")):
        if other is not None and max(other.ndim, 1) != max(index.ndim, 1):
            role = "input" if source is None else role
            raise RuntimeError(f"Index tensor must have the same number of dimensions as {role} tensor")
    _check_sizes(input, dim, index, source)
    _check_values(index.array, input.shape[dim] if input.ndim else 1, dim)


def _check_sizes(input: Tensor, dim: int, index: Tensor, source: Tensor | None) -> None:
    fits = all(
        place == dim or size <= own
        for place, (size, own) in enumerate(zip(index.shape, input.shape, strict=False))
    )
    covered = source is None or all(size <= own for size, own in zip(index.shape, source.shape, strict=False))
    if not (fits and covered):
        more = "" if source is None else f" and to be no larger size than src {list(source.shape)}"
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from "
            f"dimension {dim}{more}"
        )


def _check_values(index: Array, size: int, dim: int, error: type[Exception] = RuntimeError) -> None:
    wrong = index[(index < 0) | (index >= size)]
    if wrong.size:
        raise error(f"index {wrong[0]} is out of bounds for dimension {dim} with size {size}")


def _check_long(name: str, index: Tensor, error: type[Exception] = RuntimeError) -> None:
    if index.dtype is not dtypes.int64:
        raise error(f"{name}(): Expected a long tensor for index, but got {index.dtype.scalar_name}")


# Along one dimension, element by element.


@op("gather", out=True, exact_out=True)
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Return the elements that an index names along a dimension, in the shape of the index."""
    _check_along("gather", input, dim, index)
    if not index.numel():
        return fresh(np.empty(index.shape, input.dtype.numpy), input.dtype)
    places = rules.gathered(tuple(input.shape), dim, index.array)
    return fresh(input.array.reshape(-1)[places], input.dtype)


@op("scatter", inplace=True, out=True)
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, value: Any = None, *, reduce: str | None = None
) -> Tensor:
    """Return the tensor with a source's elements, or a number, at the places an index names.

    Raises
    ------
    RuntimeError
        For a reduction other than ``add`` and ``multiply``.
    TypeError
        Without source and value.
    """
    given = value if src is None else src
    if given is None:
        raise TypeError("scatter() missing 1 required positional argument: 'src'")
    if reduce is not None and reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    source = given if isinstance(given, Tensor) else None
    _check_along("scatter", input, dim, index, source)
    values = source.array if source is not None else checked_number(given, input.dtype)
    if source is None:
        values = np.broadcast_to(values, index.shape)
    if reduce is None:
        return _written_along(input, dim, index, values)
    return _reduced_along(input, dim, index, values, "sum" if reduce == "add" else "prod")


@op("scatter_add", inplace=True, out=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Return the tensor with every element of a source added at its place."""
    _check_along("scatter", input, dim, index, as_tensor(src, "src"))
    return _reduced_along(input, dim, index, src.array, "sum")


@op("scatter_reduce", inplace=True, out=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return the tensor with the elements of a source reduced into their places.

    Raises
    ------
    RuntimeError
        For an unknown reduction.
    NotImplementedError
        For one that the type has not: means of bools, extremes of complex numbers.
    """
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    _check_along("scatter", input, dim, index, src)
    ordered = reduce in ("amax", "amin")
    if (reduce == "mean" and input.dtype is dtypes.bool_) or (ordered and input.dtype.is_complex):
        raise NotImplementedError(
            f"\"scatter_gather_tensor_cpu_reduce_{reduce}\" not implemented for '{input.dtype.scalar_name}'"
        )
    return _reduced_along(input, dim, index, src.array, reduce, include_self)


def _written_along(input: Tensor, dim: int, index: Tensor, values: Array) -> Tensor:
    if not index.numel():
        return like(input, input.array)
    places = rules.gathered(tuple(input.shape), dim, index.array)
    return like(input, rules.written(input.array, places, _leading(values, index)))


def _reduced_along(
    input: Tensor, dim: int, index: Tensor, values: Array, reduction: Any, include_self: bool = True
) -> Tensor:
    if not index.numel():
        return like(input, input.array)
    places = rules.gathered(tuple(input.shape), dim, index.array)
    used = _leading(values, index)
    return like(input, reduced(input.array, places, used, reduction, include_self=include_self))


def reduced(
    array: Array, places: Array, values: Array, reduction: Any, *, include_self: bool = True
) -> Array:
    """Return elements with the values of each place reduced into them, in a wider type."""
    return rules.reduced(array, places, values, reduction, include_self=include_self).value


def _leading(values: Array, index: Tensor) -> Array:
    """Return the part of a source that an index uses."""
    return values[tuple(slice(size) for size in index.shape)].reshape(index.shape)


def like(input: Tensor, array: Array) -> Tensor:
    """Return a new tensor of an array's elements, in the type and dense layout of another."""
    return with_strides(array, input.dtype, preserved_strides(input.shape, input.strides))


# Whole slices.


@op("index_select", out=True, exact_out=True)
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
    if index.dtype not in _INDEX_TYPES:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if not input.ndim and index.numel() != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {index.numel()} value(s)"
        )
    _check_values(index.array, _size(input, axis), axis, IndexError)
    places = rules.slices(tuple(input.shape), axis, index.array)
    return fresh(input.array.reshape(-1)[places], input.dtype)


@op("index_add", inplace=True, out=True)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """Return the tensor with multiples of a source's slices added to the slices an index names."""
    if index.dtype not in _INDEX_TYPES:
        raise RuntimeError(
            f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.scalar_name}"
        )
    places = _slices("index_add_", input, dim, index, source, RuntimeError)
    values = source.array
    if alpha != 1:
        factor = checked_number(alpha, input.dtype) if input.dtype.is_integral else alpha
        values = rules.widened(values) * factor
    return like(input, reduced(input.array, places, values.reshape(places.shape), "sum"))


@op("index_reduce", inplace=True, out=True)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return the tensor with a source's slices reduced into the slices an index names."""
    if reduce not in _REDUCTIONS[1:]:
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    places = _slices("index_reduce", input, dim, index, source, RuntimeError)
    values = source.array.reshape(places.shape)
    return like(input, reduced(input.array, places, values, reduce, include_self=include_self))


@op("index_copy", inplace=True, out=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Return the tensor with a source's slices in the place of the slices an index names."""
    _check_long("index_copy_", index)
    places = _slices("index_copy_", input, dim, index, source, IndexError)
    return like(input, rules.written(input.array, places, source.array.reshape(places.shape)))


@op("index_fill", inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Return the tensor with the slices an index names filled with a number."""
    _check_long("index_fill_", index, IndexError)
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} "
            "dimension(s)."
        )
    axis = wrap_dim(dim, input.ndim)
    size = _size(input, axis)
    _check_values(np.where(index.array < 0, index.array + size, index.array), size, axis, IndexError)
    places = rules.slices(tuple(input.shape), axis, index.array)
    return like(input, rules.written(input.array, places, number_of(value, input)))


def number_of(value: Any, like: Tensor) -> Array:
    """Return a number or zero-dim tensor as an array of another tensor's type."""
    return cast(value.array, like.dtype) if isinstance(value, Tensor) else checked_number(value, like.dtype)


def _size(input: Tensor, dim: int) -> int:
    return int(input.shape[dim]) if input.ndim else 1


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
    if index.numel() != _size(source, axis):
        raise error(
            f"{name}(): Number of indices ({index.numel()}) should be equal to source.size(dim): "
            f"({_size(source, axis)}), for dim: {axis}"
        )
    if any(
        a != b for place, (a, b) in enumerate(zip(source.shape, input.shape, strict=False)) if place != axis
    ):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            f"self.shape = {list(input.shape)} source.shape = {list(source.shape)}"
        )
    _check_values(index.array, _size(input, axis), axis, error)
    return rules.slices(tuple(input.shape), axis, index.array)


# The flattened tensor.


@op("take", out=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """Return the elements of the flattened tensor that an index names."""
    _check_long("take", index)
    return fresh(input.array.reshape(-1)[_flat(input, index)], input.dtype)


@op("put", inplace=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Return the tensor with a source's elements at places of the flattened tensor, or added to them."""
    _check_long("put_", index)
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.scalar_name} and source.dtype = {source.dtype.scalar_name}"
        )
    if source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel()}, index.numel() = {index.numel()}"
        )
    places, values = _flat(input, index), source.array.reshape(index.shape)
    if accumulate:
        return like(input, reduced(input.array, places, values, "sum"))
    return like(input, rules.written(input.array, places, values))


def _flat(input: Tensor, index: Tensor) -> Array:
    array, count = index.array, input.numel()
    wrong = array[(array < -count) | (array >= count)]
    if wrong.size:
        raise IndexError(f"out of range: tried to access index {wrong[0]} on a tensor of {count} elements.")
    return rules.flat(tuple(input.shape), array)


@op("take_along_dim", out=True, composite=True)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Return the elements along a dimension at indices that broadcast against the tensor."""
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.scalar_name}"
        )
    if dim is None:
        return ops.gather(input.view(-1), 0, indices.view(-1))  # type: ignore[no-any-return]
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    axis = wrap_dim(dim, input.ndim)
    shapes = (
        [1 if place == axis else size for place, size in enumerate(one.shape)] for one in (input, indices)
    )
    spread = ops.broadcast_shapes(*shapes)
    wide = [one.expand([*spread[:axis], one.shape[axis], *spread[axis + 1 :]]) for one in (input, indices)]
    return ops.gather(wide[0], axis, wide[1])  # type: ignore[no-any-return]


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
