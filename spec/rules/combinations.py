"""Grids, products, choices and triangles. Sources: the pages of the functions of these names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def meshgrid(vectors: Sequence[Array], indexing: str) -> list[Array]:
    """Return a grid per vector that varies along its own dimension only; ``"xy"`` swaps the first two."""
    order = _order(len(vectors), indexing)
    sizes = [vectors[place].size for place in order]
    shapes = [[-1 if own == place else 1 for own in order] for place in range(len(order))]
    return [np.broadcast_to(v.reshape(shape), sizes) for v, shape in zip(vectors, shapes, strict=True)]


def meshgrid_strides(strides: Sequence[int], indexing: str) -> list[tuple[int, ...]]:
    """Return the strides of the grids as views of vectors with these strides."""
    order = _order(len(strides), indexing)
    return [tuple(strides[own] if own == place else 0 for own in order) for place in range(len(order))]


def _order(count: int, indexing: str) -> list[int]:
    order = list(range(count))
    return [1, 0, *order[2:]] if indexing == "xy" and count > 1 else order


def triangle(rows: int, columns: int, offset: int, *, lower: bool) -> Array:
    """Return rows above columns of the places on and below (or above) a diagonal, ordered by row."""
    row, column = np.indices((rows, columns)).reshape(2, -1)
    inside = column - row <= offset if lower else column - row >= offset
    return np.stack([row[inside], column[inside]])


def cartesian_product(vectors: Sequence[Array]) -> Array:
    """Return a row for each tuple of elements, the last vector varying first."""
    rows = list(itertools.product(*vectors))
    return np.array(rows, vectors[0].dtype).reshape(len(rows), len(vectors))


def choices(vector: Array, length: int, *, repeats: bool) -> Array:
    """Return a row for each choice of so many places, in lexicographic order of the places."""
    choose = itertools.combinations_with_replacement if repeats else itertools.combinations
    rows = list(choose(range(vector.size), length))
    places = np.array(rows, np.int64).reshape(len(rows), length)
    return np.asarray(vector[places])


def one_hot(classes: Array, count: int) -> Array:
    """Return the classes with a dimension appended that is 1 at the class, in int64."""
    return np.asarray(classes[..., None] == np.arange(count)).astype(np.int64)
