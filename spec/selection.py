"""Outcomes of operations that pick elements and say where they found them; which of equal ones is open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .comparison import same_bits
from .judged import Judged
from .observation import Array, Observation, Seen, Several
from .outcome import Exactly, Structure
from .rules import dtypes

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Places(Judged):
    """Indices along a dimension at which a tensor holds the values due.

    Attributes
    ----------
    source : ndarray
        The tensor searched, with one dimension at least.
    dim : int
        Counted from the front.
    values : ndarray
        The values due, of the shape of `source` except along `dim`.
    shape : tuple of int
        The shape of the indices: that of `values`, with or without `dim`.
    distinct : bool
        No index may occur twice along `dim`.
    upto : bool
        The index at a place may not be above the place, as a cumulative operation has it.
    signed_zero : bool
        Whether +0 may not stand for -0.
    """

    source: Array
    dim: int
    values: Array
    shape: Shape
    distinct: bool = False
    upto: bool = False
    signed_zero: bool = False

    def refusal(self, seen: Observation) -> str | None:
        reason = Structure(dtypes.int64, self.shape).refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        indices = seen.value.reshape(self.values.shape)
        return self._range_refusal(indices) or self._values_refusal(indices)

    def _range_refusal(self, indices: Array) -> str | None:
        size = self.source.shape[self.dim]
        outside = (indices < 0) | (indices >= size)
        if outside.any():
            return f"index {indices[outside][0]} outside 0 to {size - 1}"
        if self.distinct and (np.diff(np.sort(indices, self.dim), axis=self.dim) == 0).any():
            return "an index occurs twice"
        own = np.arange(indices.shape[self.dim])
        if self.upto and (np.moveaxis(indices, self.dim, -1) > own).any():
            return "an index lies behind its own place"
        return None

    def _values_refusal(self, indices: Array) -> str | None:
        found = np.take_along_axis(self.source, indices, self.dim)
        wrong = ~same_bits(self.values, found, signed_zero=self.signed_zero)
        if not wrong.any():
            return None
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        return f"index {indices[place]} at {place} leads to {found[place]}, due: {self.values[place]}"

    def __str__(self) -> str:
        return f"indices along dimension {self.dim} of {self.values.tolist()}"


@dataclass(frozen=True, eq=False)
class Selection(Judged):
    """A named tuple (values, indices): the values due, and where the tensor holds what is shown.

    Attributes
    ----------
    places : Places
        Its `values` are those due.
    ordered : bool
        Whether the values are due in their order along the dimension.
    where : ndarray of bool or None
        The values that are specified; the indices must lead to the values shown everywhere.
    """

    places: Places
    ordered: bool = True
    where: Array | None = None

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Several) or len(seen.items) != 2:
            return f"values and indices were due, seen: {type(seen).__name__}"
        if seen.names != ("values", "indices"):
            return f"fields {seen.names}, due: ('values', 'indices')"
        values, indices = seen.items
        reason = self._values_refusal(values)
        if reason is not None:
            return f"values: {reason}"
        reason = self._places_of(values).refusal(indices)
        return None if reason is None else f"indices: {reason}"

    def _values_refusal(self, seen: Observation) -> str | None:
        due, due_shape = self.places.values, self.places.shape
        if self.ordered or not isinstance(seen, Seen) or seen.value is None or seen.shape != due_shape:
            where = None if self.where is None else self.where.reshape(due_shape)
            return Exactly(due.reshape(due_shape), signed_zero=False, where=where).refusal(seen)
        shown = seen.value.reshape(due.shape)
        in_order = Seen(seen.dtype, due.shape, None, in_ascending_order(shown, self.places.dim))
        return Exactly(in_ascending_order(due, self.places.dim), signed_zero=False).refusal(in_order)

    def _places_of(self, values: Observation) -> Places:
        due = self.places
        if not isinstance(values, Seen) or values.value is None:
            return due
        shown = values.value.reshape(due.values.shape)
        return Places(due.source, due.dim, shown, due.shape, due.distinct, due.upto, signed_zero=True)

    def __str__(self) -> str:
        order = "" if self.ordered else ", in any order"
        return f"values {self.places.values.reshape(self.places.shape).tolist()}{order}, with their indices"


def comparable(array: Array) -> Array:
    """Return an array whose elements compare as the tensor's do, in a type NumPy orders (NaN last)."""
    return array.astype(np.float32) if array.dtype.kind in "fV" and array.dtype.itemsize < 4 else array


def in_ascending_order(array: Array, dim: int) -> Array:
    """Return the elements in ascending order along a dimension, NaN last."""
    order = np.argsort(comparable(array), axis=dim, kind="stable")
    return np.take_along_axis(array, order, dim)
