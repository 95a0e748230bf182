"""Order, search and distinct elements. Sources: ``torch.sort``, ``torch.searchsorted``, ``torch.unique``."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, return_types
from .dispatch import op
from .folding import axes_of, lacks_kernel, placed, refuse_empty_dims, rows_of
from .kernels import Array, as_int, elements, fresh
from .tensor import Tensor

# Sorting.


def order_of(values: Array, axis: int, descending: bool) -> Array:
    """Return the indices that sort rows, equal elements in their order; NaN is above every number."""
    if not descending:
        return np.asarray(np.argsort(values, axis=axis, kind="stable"))
    backward = np.argsort(np.flip(values, axis), axis=axis, kind="stable")
    return np.asarray(values.shape[axis] - 1 - np.flip(backward, axis))


def _sorted(input: Tensor, dim: int, descending: bool) -> tuple[Array, Array]:
    if input.dtype.is_complex:
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    values, axis = rows_of(input, dim)
    order = order_of(values, axis, bool(descending))
    found = np.take_along_axis(values, order, axis)
    return found.reshape(input.shape), order.reshape(input.shape)


@op("sort", out=True)
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    """Return each row in order and the indices its elements come from; equal elements keep their order."""
    found, order = _sorted(input, dim, descending)
    return return_types.sort(fresh(found, input.dtype), fresh(order, dtypes.int64))


@op("argsort", out=True, differentiable=False)
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
    """Return the indices that sort each row."""
    return fresh(_sorted(input, dim, descending)[1], dtypes.int64)


@op("msort", out=True)
def msort(input: Tensor) -> Tensor:
    """Return the values sorted along the first dimension."""
    return fresh(_sorted(input, 0, False)[0], input.dtype)


@op("topk", out=True)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """Return the k largest elements of each row, or the smallest, and their indices."""
    if input.dtype.is_complex or input.dtype is dtypes.bool_:
        space, kind = (" ", "complex") if input.dtype.is_complex else ("", "bool")
        raise RuntimeError(f"{space}topk does not support {kind} dtypes on CPU")
    values, axis = rows_of(input, dim)
    k = as_int(k)
    if not 0 <= k <= values.shape[axis]:
        raise RuntimeError("selected index k out of range")
    indices = np.take(order_of(values, axis, bool(largest)), np.arange(k), axis)
    found = np.take_along_axis(values, indices, axis)
    shape = found.shape if input.ndim else ()
    return return_types.topk(
        fresh(found.reshape(shape), input.dtype), fresh(indices.reshape(shape), dtypes.int64)
    )


@op("kthvalue", out=True, apart=True)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """Return the k-th smallest element of each row, counted from 1, and an index of it."""
    if isinstance(k, float):
        raise TypeError(f"kthvalue(): argument 'k' (position 2) must be int, not {type(k).__name__}")
    refuse_empty_dims("kthvalue", input, axes_of(input, dim))
    if input.dtype.is_complex or input.dtype is dtypes.bool_:
        raise lacks_kernel("kthvalue_cpu", input.dtype)
    values, axis = rows_of(input, dim)
    if not 1 <= k <= values.shape[axis]:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    indices = np.take(order_of(values, axis, False), [k - 1], axis)
    found = np.take_along_axis(values, indices, axis)
    return return_types.kthvalue(
        fresh(placed(found, input, axis, keepdim), input.dtype),
        fresh(placed(indices, input, axis, keepdim), dtypes.int64),
    )


# Searching.


@op("searchsorted", method=False, out=True, differentiable=False)
def searchsorted(
    sorted_sequence: Tensor,
    values: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Return where values go in sorted rows: before equal elements, on the right side behind them."""
    _check_search(sorted_sequence, values, right, side, sorter)
    keys = elements(sorted_sequence, sorted_sequence.dtype)
    if sorter is not None:
        keys = np.take_along_axis(keys, elements(sorter, sorter.dtype), -1)
    sought = elements(values, values.dtype) if isinstance(values, Tensor) else np.asarray(values)
    return _search(keys, sought, right or side == "right", out_int32)


@op("bucketize", method=False, out=True, differentiable=False)
def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Return the bucket between one-dimensional boundaries that each value falls into."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    sought = elements(input, input.dtype) if isinstance(input, Tensor) else np.asarray(input)
    return _search(elements(boundaries, boundaries.dtype), sought, right, out_int32)


def _search(keys: Array, sought: Array, right: bool, out_int32: bool) -> Tensor:
    side: Any = "right" if right else "left"
    if keys.ndim == 1:
        found = np.asarray(np.searchsorted(keys, sought, side))
    else:
        found = np.zeros(sought.shape, np.int64)
        for row in np.ndindex(sought.shape[:-1]):
            found[row] = np.searchsorted(keys[row], sought[row], side)
    return fresh(found, dtypes.int32 if out_int32 else dtypes.int64)


def _check_search(keys: Tensor, values: Any, right: bool, side: str | None, sorter: Tensor | None) -> None:
    prefix = "torch.searchsorted(): "
    if side is not None and side not in ("left", "right"):
        raise RuntimeError(f"{prefix}side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            f"{prefix}side and right can't be set to opposites, got side of left while right was True"
        )
    if keys.dtype.is_complex:
        raise lacks_kernel("searchsorted_out_cpu", keys.dtype)
    shape = values.shape if isinstance(values, Tensor) else ()
    if not shape and keys.ndim != 1:
        raise RuntimeError(
            f"{prefix}input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({keys.ndim}) and input value's dim(0) numel(1)"
        )
    if keys.ndim != 1 and keys.shape[:-1] != shape[:-1]:
        raise RuntimeError(
            f"{prefix}boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(keys.shape)} and "
            f"input value tensor {list(shape)}"
        )
    if sorter is not None:
        _check_sorter(keys, sorter, prefix)


def _check_sorter(keys: Tensor, sorter: Tensor, prefix: str) -> None:
    if sorter.shape != keys.shape:
        raise RuntimeError(
            f"{prefix}boundary and sorter must have the same size, but got boundary tensor {list(keys.shape)}"
            f"and got sorter tensor {list(sorter.shape)}"
        )
    if sorter.dtype is not dtypes.int64:
        raise RuntimeError(
            f"{prefix}sorter must be a tensor of long dtype but got dtype {sorter.dtype.scalar_name}"
        )
    places = elements(sorter, sorter.dtype)
    if ((places < 0) | (places >= keys.shape[-1])).any():
        raise RuntimeError(f"{prefix}sorter index out of range")


# Distinct elements.


@op("unique", differentiable=False)
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the distinct elements, or slices along a dimension, in order; every NaN is distinct."""
    values, axis = _to_compare(input, dim)
    if dim is None:
        found = np.unique(values, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    else:
        found = np.unique(values, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    _, first, inverse, counts = found
    return _distinct(input, np.take(values, first, axis), inverse, counts, dim, return_inverse, return_counts)


@op("unique_consecutive", differentiable=False)
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the first of each run of equal neighbours, elements or slices along a dimension."""
    values, axis = _to_compare(input, dim)
    table = np.moveaxis(values, axis, 0)
    starts = np.ones(len(table), np.bool_)
    starts[1:] = (table[1:] != table[:-1]).any(tuple(range(1, table.ndim)))
    first = np.flatnonzero(starts)
    inverse = np.cumsum(starts) - 1
    counts = np.diff(np.append(first, len(table)))
    return _distinct(input, np.take(values, first, axis), inverse, counts, dim, return_inverse, return_counts)


def _to_compare(input: Tensor, dim: int | None) -> tuple[Array, int]:
    if input.dtype.is_complex:
        raise lacks_kernel("unique", input.dtype)
    if dim is not None:
        if not input.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        empty = [place for place, size in enumerate(input.shape) if not size]
        if len(empty) > 1:
            raise RuntimeError(
                "Number of zero sized dimensions is more than one, so unique cannot be applied "
            )
        if empty and empty[0] != dim % input.ndim:
            raise RuntimeError(
                "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
            )
    return rows_of(input, dim)


def _distinct(
    input: Tensor, found: Array, inverse: Array, counts: Array, dim: int | None, *wanted: bool
) -> Any:
    inverse = inverse.reshape(input.shape if dim is None else -1)
    extras = [fresh(one, dtypes.int64) for one, on in zip((inverse, counts), wanted, strict=True) if on]
    values = fresh(found, input.dtype)
    return (values, *extras) if extras else values
