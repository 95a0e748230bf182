"""Masks and conditions: filling, selecting, choosing, finding. Sources: the pages of the functions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensorcanon.spec.rules.promotion import can_cast

from . import dtypes
from .casting import checked_number
from .dispatch import op, ops
from .kernels import arranged, as_operand, as_tensor, broadcast, elements, fresh, promoted
from .scattering import number_of
from .tensor import Tensor

Array = np.ndarray[Any, Any]


# Masks.


@op("masked_fill", inplace=True)
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Return the tensor with a number wherever a mask is True.

    Raises
    ------
    RuntimeError
        For a mask that holds no bools and a value tensor with dimensions.
    """
    if as_tensor(mask, "mask").dtype is not dtypes.bool_:
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.c_name}"
        )
    number = as_operand(value, "value", 3)
    if isinstance(number, Tensor) and number.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {number.ndim} "
            "dimension(s)."
        )
    if isinstance(number, Tensor) and not can_cast(number.dtype.rule, input.dtype.rule):
        number = number.item()
    shape = broadcast(input.shape, mask.shape)
    filled = np.where(mask.array, number_of(number, input), input.array)
    return arranged(np.broadcast_to(filled, shape), input.dtype, input, mask)


@op("masked_select", out=True, exact_out=True, apart=True)
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Return the elements where a mask is True as a vector; both broadcast."""
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = broadcast(input.shape, mask.shape)
    picked = np.broadcast_to(input.array, shape)[np.broadcast_to(mask.array, shape)]
    return fresh(picked, input.dtype)


@op("masked_scatter", inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Return the tensor with the elements of a source, in order, where a mask is True."""
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.scalar_name}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{input.dtype.scalar_name} and {source.dtype.scalar_name}"
        )
    shape = broadcast(input.shape, mask.shape)
    places = np.flatnonzero(np.broadcast_to(mask.array, shape))
    if source.numel() < places.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    filled = np.array(np.broadcast_to(input.array, shape), order="C")
    filled.reshape(-1)[places] = source.array.reshape(-1)[: places.size]
    return fresh(filled, input.dtype)


# Choosing.


@op("where", method=False, out=True, exact_out=True)
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Return elements of two tensors or numbers by a condition; the condition's coordinates on its own.

    Raises
    ------
    RuntimeError
        For a condition that holds neither bools nor bytes.
    TypeError
        With one of the two.
    """
    if input is None and other is None:
        return _coordinates(as_tensor(condition, "condition"))
    if input is None or other is None:
        raise TypeError("where() received an invalid combination of arguments")
    if condition.dtype is dtypes.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a "
            "future version of PyTorch. Use a boolean condition instead.",
            UserWarning,
            stacklevel=4,
        )
    elif condition.dtype is not dtypes.bool_:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{condition.dtype.scalar_name}"
        )
    a, b = as_operand(input, "input"), as_operand(other, "other", 3)
    common = promoted(a, b)
    shape = broadcast(condition.shape, *(one.shape for one in (a, b) if isinstance(one, Tensor)))
    chosen = np.where(condition.array != 0, _branch(a, common), _branch(b, common))
    return arranged(np.broadcast_to(chosen, shape), common, condition, a, b)


def _branch(branch: Any, common: dtypes.dtype) -> Any:
    """Return a branch's elements; a number must lie in the range of an integer type."""
    if not isinstance(branch, Tensor):
        checked_number(branch, common)
    return elements(branch, common)


@op("_where_of", "where", function=False, composite=True)
def where_method(input: Any, condition: Tensor, other: Any) -> Tensor:
    """Return this tensor's elements where a condition is True, else those of another tensor or number."""
    return ops.where(condition, input, other)  # type: ignore[no-any-return]


# Finding.


@op("nonzero", out=True, exact_out=True, differentiable=False)
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Return the coordinates of the elements that are not zero: a row each, or a vector a dimension."""
    if as_tuple:
        return _coordinates(input)
    return fresh(_rows(input.array), dtypes.int64)


@op("argwhere", composite=True)
def argwhere(input: Tensor) -> Tensor:
    """Return the coordinates of the elements that are not zero, a row each."""
    return ops.nonzero(input)  # type: ignore[no-any-return]


@op("nonzero_static", differentiable=False)
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """Return ``size`` rows of coordinates: more are cut off, fewer are filled up."""
    rows = _rows(input.array)[:size]
    filled = np.full((size, rows.shape[1]), fill_value)
    filled[: len(rows)] = rows
    return fresh(filled, dtypes.int64)


def _rows(array: Array) -> Array:
    if not array.ndim:
        return np.empty((int(array != 0), 0), np.int64)
    return np.argwhere(array != 0)


def _coordinates(input: Tensor) -> tuple[Tensor, ...]:
    found = np.nonzero(np.atleast_1d(input.array) != 0)
    return tuple(fresh(places, dtypes.int64) for places in found)


@op("isin", method=False, out=True, differentiable=False)
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Return whether each element is among others.

    Raises
    ------
    TypeError
        For two numbers.
    RuntimeError
        For bools and complex numbers, and for others that cannot be viewed as a vector.
    """
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError("isin() received an invalid combination of arguments")
    sought, among = (one if isinstance(one, Tensor) else ops.tensor(one) for one in (elements, test_elements))
    for one in (sought, among):
        if one.dtype is dtypes.bool_ or one.dtype.is_complex:
            raise RuntimeError(f"Unsupported input type encountered for isin(): {one.dtype.scalar_name}")
    listed = among.view(-1).array
    found = (sought.array[..., np.newaxis] == listed).any(axis=-1)
    return fresh(np.asarray(found != invert))
