"""Reading and writing at places: which row-major places of a tensor an operation names, what is done there.

Sources: ``torch.gather``, ``torch.Tensor.scatter_``, ``torch.Tensor.scatter_reduce_``,
``torch.Tensor.index_add_``, ``torch.take``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import dtypes
from .dims import wrap_dim

Shape = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]
Reduction = Literal["sum", "prod", "mean", "amax", "amin"]


# Which places.


def gathered(shape: Shape, dim: int, index: Array) -> Array:
    """Return the places that `gather` reads and `scatter` writes, in the shape of `index`.

    Each is the place of the index's own position, with the index's value as its coordinate along `dim`.
    """
    index = index.astype(np.int64)
    if not shape or not index.size:
        return np.zeros(index.shape, np.int64)
    if not index.ndim:
        return index
    grid: list[Array] = list(np.indices(index.shape, sparse=True))
    grid[wrap_dim(dim, len(shape))] = index
    strides = _strides(shape)
    return sum(stride * part for stride, part in zip(strides, grid, strict=True)) + np.zeros_like(index)


def slices(shape: Shape, dim: int, index: Array) -> Array:
    """Return the places of the listed slices along a dimension, as `index_select` reads them."""
    numbers = np.arange(math.prod(shape)).reshape(shape)
    listed = np.where(index < 0, index + (shape[dim] if shape else 1), index).reshape(-1)
    return np.take(numbers, listed, axis=dim) if shape else numbers


def flat(shape: Shape, index: Array) -> Array:
    """Return the places that `take` reads; negative indices count from the end."""
    return np.where(index < 0, index + math.prod(shape), index)


def _strides(shape: Shape) -> Shape:
    return tuple(math.prod(shape[place + 1 :]) for place in range(len(shape)))


# What is done there.


def written(array: Array, places: Array, values: Array) -> Array:
    """Return elements with values written to places; of several for one place the last stays."""
    result = array.copy()
    result.reshape(-1)[places.reshape(-1)] = np.broadcast_to(values, places.shape).reshape(-1)
    return result


def settled(shape: Shape, places: Array, source: Shape) -> Array:
    """Return which elements do not depend on the order of the writes: those that one value is written to.

    Parameters
    ----------
    shape : tuple of int
    places : ndarray
    source : tuple of int
        The shape of the values before they are broadcast to that of the places.
    """
    numbers = np.arange(math.prod(source)).reshape(source)
    given = np.broadcast_to(numbers, places.shape).reshape(-1)
    first = np.full(math.prod(shape), numbers.size)
    last = np.full(math.prod(shape), -1)
    np.minimum.at(first, places.reshape(-1), given)
    np.maximum.at(last, places.reshape(-1), given)
    return np.asarray((last < 0) | (first == last)).reshape(shape)


@dataclass(frozen=True, eq=False)
class Reduced:
    """The exact results of a reduction at places.

    Attributes
    ----------
    value : ndarray
        In the type itself for integers and bools, in a wider one for others.
    magnitude : ndarray
        The sums of the absolute terms, the absolute values for products; for the error bound.
    terms : int
        The largest number of terms of an element.
    """

    value: Array
    magnitude: Array
    terms: int


_UFUNCS = {"sum": np.add, "prod": np.multiply, "mean": np.add, "amax": np.maximum, "amin": np.minimum}


def reduced(
    array: Array, places: Array, values: Array, reduction: Reduction, *, include_self: bool = True
) -> Reduced:
    """Return elements with the values of each place reduced into them.

    Parameters
    ----------
    array : ndarray
        The elements before.
    places, values : ndarray
        Of one shape; values of the type of `array`.
    reduction : {"sum", "prod", "mean", "amax", "amin"}
    include_self : bool
        Whether the element before is one of the terms; where no place names it, it stays as it is.
    """
    flat_places = places.reshape(-1)
    terms = np.bincount(flat_places, minlength=array.size).reshape(array.shape)
    touched = terms > 0
    start, given = widened(array), widened(values).reshape(-1)
    if not include_self:
        start = np.where(touched, _identity(reduction, start.dtype), start)
    terms = terms + np.where(touched, include_self, True)
    value = start.copy()
    magnitude = np.abs(value)
    with np.errstate(all="ignore"):
        _UFUNCS[reduction].at(value.reshape(-1), flat_places, given)
        if reduction == "prod":
            magnitude = np.abs(value)
        else:
            np.add.at(magnitude.reshape(-1), flat_places, np.abs(given))
        if reduction == "mean":
            value = (value // terms).astype(value.dtype) if value.dtype.kind in "iu" else value / terms
            magnitude = magnitude / terms
    return Reduced(np.asarray(value), np.asarray(magnitude), int(terms.max(initial=1)))


def widened(array: Array) -> Array:
    """Return elements in a wider type where they are floating or complex, as they are otherwise."""
    if array.dtype.kind == "c":
        return array.astype(np.clongdouble)
    return array if array.dtype.kind in "biu" else array.astype(np.longdouble)


def _identity(reduction: Reduction, storage: np.dtype[Any]) -> Any:
    """Return what changes nothing when it is reduced with a value."""
    if reduction in ("sum", "mean"):
        return storage.type(0)
    if reduction == "prod":
        return storage.type(1)
    sign = -1 if reduction == "amax" else 1
    if storage.kind == "f":
        return storage.type(sign * np.inf)
    low, high = dtypes.integer_range(dtypes.of_array(np.empty(0, storage)))
    return storage.type(low if sign < 0 else high)
