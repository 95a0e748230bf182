"""Reading and writing at places that an index tensor names. Sources: the pages of the functions.

Rules: `tensorcanon.spec.rules.scattering`, which says for every operation which places those are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.spec.rules import scattering as rules
from tensorcanon.spec.rules.strides import preserved_strides

from . import dtypes
from .casting import cast, checked_number
from .determinism import refuse
from .dispatch import op, ops
from .kernels import as_tensor, fresh, with_strides, wrap_dim
from .tensor import Tensor

Array = np.ndarray[Any, Any]

INDEX_TYPES = (dtypes.int32, dtypes.int64)
REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


# Checks.


def _check_along(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor | None = None) -> None:
    """Refuse an index along a dimension that does not fit the tensor or the source.

    Raises
    ------
    IndexError
        For a dimension out of range.
    RuntimeError
        For another type, rank or size, and for values out of range; an empty index may have any.
    """
    dim = wrap_dim(dim, input.ndim)
    if source is not None and source.dtype is not input.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
    if not index.numel():
        return
    if index.dtype not in INDEX_TYPES:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    for other, role in ((input, "self"), (source, "src")):
        if other is not None and max(other.ndim, 1) != max(index.ndim, 1):
            role = "input" if source is None else role
            raise RuntimeError(f"Index tensor must have the same number of dimensions as {role} tensor")
    _check_sizes(input, dim, index, source)
    check_values(index.array, size_along(input, dim), dim)


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


def check_values(index: Array, size: int, dim: int, error: type[Exception] = RuntimeError) -> None:
    """Refuse indices that are not from 0 to size - 1."""
    wrong = index[(index < 0) | (index >= size)]
    if wrong.size:
        raise error(f"index {wrong[0]} is out of bounds for dimension {dim} with size {size}")


def check_long(name: str, index: Tensor, error: type[Exception] = RuntimeError) -> None:
    """Refuse an index that is not int64."""
    if index.dtype is not dtypes.int64:
        raise error(f"{name}(): Expected a long tensor for index, but got {index.dtype.scalar_name}")


def size_along(input: Tensor, dim: int) -> int:
    """Return the size of a dimension; a zero-dim tensor counts as having one of size 1."""
    return int(input.shape[dim]) if input.ndim else 1


def number_of(value: Any, like: Tensor) -> Array:
    """Return a number or zero-dim tensor as an array of another tensor's type."""
    return cast(value.array, like.dtype) if isinstance(value, Tensor) else checked_number(value, like.dtype)


# Along one dimension, element by element.


@op("gather", out=True, exact_out=True, apart=True)
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
    if reduce not in REDUCTIONS:
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


# The flattened tensor.


@op("take", out=True, apart=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """Return the elements of the flattened tensor that an index names."""
    check_long("take", index)
    return fresh(input.array.reshape(-1)[_flat(input, index)], input.dtype)


@op("put", inplace=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Return the tensor with a source's elements at places of the flattened tensor, or added to them."""
    check_long("put_", index)
    if not accumulate:
        refuse("put_")
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
        return take_along_dim(input.reshape(-1), indices.reshape(-1), 0)
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
    # Indices wrap around, negative ones too.
    inside = ops.remainder(wide[1], wide[0].shape[axis]) if wide[1].numel() else wide[1]
    return ops.gather(wide[0], axis, inside)  # type: ignore[no-any-return]
