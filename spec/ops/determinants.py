"""Determinants and norms of matrices, exactly, and how far computed determinants may be off.

Sources: ``torch.linalg.det``, ``torch.linalg.matrix_norm``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array, widened
from ..rules import dtypes, elimination
from .factors import LIMIT, eps_of, norm


def of_each(function: Callable[[Array], Any], A: Array) -> Array:
    """Return what a function gives of each matrix of a batch: numbers, or matrices of the same shape."""
    found: Array = np.array([function(A[place]) for place in np.ndindex(*A.shape[:-2])])
    return found.reshape(A.shape[:-2] + found.shape[1:] if found.size else A.shape[:-2])


def determinants(A: Array) -> tuple[Array, Array]:
    """Return determinants and what an error of 1 in every element may add to them.

    A backward error E changes a determinant by at most n |E| times the product of all but the least singular
    value (Ipsen and Rehman, Perturbation bounds for determinants, 2008); rounding lifts the values.
    """
    exact = of_each(_determinant, A)
    size = A.shape[-1]
    if not size:
        return exact, np.zeros(exact.shape)
    values = np.linalg.svd(A.astype(np.result_type(A, np.float64)), compute_uv=False)
    lifted = values + LIMIT * size * eps_of(dtypes.of_array(A)) * values[..., :1]
    return exact, size * values[..., 0] * lifted[..., :-1].prod(-1)


def logarithms(A: Array) -> tuple[Array, Array, Array]:
    """Return signs of determinants, logarithms of their sizes, and how far an error of 1 moves those."""
    exact, change = determinants(A)
    size = np.abs(exact)
    safe = np.where(size > 0, size, 1)
    with np.errstate(divide="ignore"):
        return exact / safe, np.log(size), np.where(size > 0, change / safe, 0)


def _determinant(matrix: Array) -> Any:
    if matrix.dtype.kind == "c":
        return elimination.determinant(widened(matrix))
    exact = elimination.exact_determinant(matrix)
    return np.longdouble(exact.numerator) / np.longdouble(exact.denominator)


# By order: the dimension of the sum, and what is taken of the sums.
SUMS: dict[Any, tuple[int, Callable[..., Any]]] = {
    1: (-2, np.max),
    -1: (-2, np.min),
    np.inf: (-1, np.max),
    -np.inf: (-1, np.min),
}
_OF_VALUES: dict[Any, Callable[..., Any]] = {"nuc": np.sum, 2: np.max, -2: np.min}


def matrix_norm(matrix: Array, order: Any) -> Array:
    """Return the norm of each matrix, of an order that `SUMS` has, or "fro", "nuc", 2 or -2."""
    size = np.abs(widened(matrix))
    if order == "fro":
        return np.asarray(norm(size))
    if order in SUMS:
        dim, pick = SUMS[order]
        return np.asarray(pick(size.sum(dim), axis=-1))
    values = np.linalg.svd(matrix.astype(np.result_type(matrix, np.float64)), compute_uv=False)
    return np.asarray(_OF_VALUES[order](values, axis=-1))
