"""Order, search and distinct values. Sources: ``torch.sort``, ``torch.searchsorted``, ``torch.unique``."""

from __future__ import annotations

import numpy as np

from ..accuracy import Array
from ..outcome import Each, Exactly, Outcome
from ..selection import Places, Selection, comparable
from .statistics import rows


def order(array: Array, dim: int, *, descending: bool = False) -> Array:
    """Return the stable order of each row: equal elements, both zeros and all NaN, stay as they are.

    NaN is above every number.
    """
    source, axis = rows(comparable(array), dim)
    if not descending:
        return np.asarray(np.argsort(source, axis=axis, kind="stable"))
    # The stable descending order is the reversed stable order of the reversed row.
    backward = np.argsort(np.flip(source, axis), axis=axis, kind="stable")
    return np.asarray(source.shape[axis] - 1 - np.flip(backward, axis))


def ordered(array: Array, dim: int, *, descending: bool = False) -> Array:
    """Return the sorted rows; a zero-dim array gives one row of one element."""
    source, axis = rows(array, dim)
    return np.take_along_axis(source, order(array, dim, descending=descending), axis)


def permutation(array: Array, dim: int, *, descending: bool) -> Places:
    """Return the outcome of the indices that sort: each once, ties in any order."""
    source, axis = rows(array, dim)
    return Places(source, axis, ordered(array, dim, descending=descending), array.shape, distinct=True)


def top(array: Array, k: int, dim: int, *, largest: bool, in_order: bool) -> Selection:
    """Return the outcome of taking the first k elements of the sorted rows."""
    source, axis = rows(array, dim)
    values = np.take(ordered(array, dim, descending=largest), np.arange(k), axis)
    shape = values.shape if array.ndim else ()
    return Selection(Places(source, axis, values, shape, distinct=True), ordered=in_order)


def ranked(array: Array, k: int, dim: int) -> Array:
    """Return the k-th smallest element, from 1, of each row; `dim` stays with size 1."""
    _, axis = rows(array, dim)
    return np.take(ordered(array, dim), np.array([k - 1]), axis)


def insertion_points(sequence: Array, values: Array, *, right: bool) -> Array:
    """Return where values go in sorted rows: before equal elements, or behind them if `right`.

    Parameters
    ----------
    sequence : ndarray
        One-dimensional, or with the dimensions of `values` before the last.
    """
    side = "right" if right else "left"
    keys, wanted = comparable(sequence), comparable(values)
    if sequence.ndim == 1:
        return np.asarray(np.searchsorted(keys, wanted, side)).astype(np.int64)  # type: ignore[call-overload]
    count = int(np.prod(keys.shape[:-1]))
    table, sought = (part.reshape(count, part.shape[-1]) for part in (keys, wanted))
    found = [
        np.searchsorted(row, some, side)  # type: ignore[call-overload]
        for row, some in zip(table, sought, strict=True)
    ]
    return np.array(found, np.int64).reshape(values.shape)


def distinct(array: Array, dim: int | None, *, inverse: bool, counts: bool) -> Outcome:
    """Return the distinct elements, or slices along a dimension, in ascending order.

    Slices are ordered by their first element that differs. Each NaN counts as distinct from all.
    """
    if dim is None:
        flat = comparable(array).reshape(-1)
        _, first, where, number = np.unique(
            flat, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
        )
        return _results(array.reshape(-1)[first], where.reshape(array.shape), number, inverse, counts)
    _, first, where, number = np.unique(
        comparable(array), return_index=True, return_inverse=True, return_counts=True, axis=dim
    )
    return _results(np.take(array, first, dim), where.reshape(-1), number, inverse, counts)


def runs(array: Array, dim: int | None, *, inverse: bool, counts: bool) -> Outcome:
    """Return the first of each run of equal neighbours, elements or slices along a dimension."""
    source, axis = rows(array, dim)
    table = np.moveaxis(comparable(source), axis, 0)
    changes = (table[1:] != table[:-1]).any(tuple(range(1, table.ndim)))
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(table), 1), np.bool_), changes]))
    number = np.diff(np.concatenate([starts, [len(table)]]))
    where = np.repeat(np.arange(len(starts)), number)
    where = where.reshape(array.shape) if dim is None else where
    return _results(np.take(source, starts, axis), where, number, inverse, counts)


def _results(values: Array, where: Array, number: Array, inverse: bool, counts: bool) -> Outcome:
    extras = [where] * inverse + [number] * counts
    items = [Exactly(values, signed_zero=False), *(Exactly(extra.astype(np.int64)) for extra in extras)]
    return Each(tuple(items)) if extras else items[0]
