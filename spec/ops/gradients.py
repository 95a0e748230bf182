"""Derivatives of functions of matrices, and how far a computed one may be off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array, Bound, Close, Dot
from ..outcome import Outcome, Within
from ..rules import dtypes, elimination
from ..rules.differentiation import extended, pulled_back
from .factors import LIMIT

_EXACT: dict[str, Callable[..., Any]] = {
    "matmul": np.matmul,
    "linalg.inv": elimination.inverse,
    "linalg.solve": elimination.solution,
    "linalg.det": elimination.determinant,
    "logdet": lambda A: np.log(elimination.determinant(A)),
    "linalg.slogdet": lambda A: np.log(np.abs(elimination.determinant(A))),
    "linalg.cholesky": elimination.lower_factor,
}


def of_function(
    name: str, weight: Array, place: int, prepare: Callable[[Array], Array], *operands: Array
) -> Array:
    """Return the derivative of weighted results by one operand, the first of which is prepared before."""

    def function(first: Array, *rest: Array) -> Any:
        return _EXACT[name](prepare(first), *rest)

    return pulled_back(function, [extended(operand) for operand in operands], place, extended(weight))


def of_values(weight: Array, A: Array, *, hermitian: bool) -> Array:
    """Return the derivative of weighted eigenvalues or singular values."""
    wide = A.astype(np.float64)
    if hermitian:
        vectors = np.linalg.eigh(wide)[1]
        return np.asarray((vectors * weight) @ vectors.T)
    left, _, right = np.linalg.svd(wide, full_matrices=False)
    return np.asarray((left * weight) @ right)


def near(gradient: Array, weight: Array, operand: Array) -> Outcome:
    """Return what is allowed for a gradient of well-conditioned matrices."""
    dtype = dtypes.of_array(operand)
    size = np.abs(gradient).max(initial=0) + np.abs(weight).max(initial=0)
    bound: Bound = Dot(np.full(gradient.shape, size), LIMIT * 8)
    if dtype is dtypes.float64:
        bound = Close(1e-9, 1e-9 * float(max(size, 1)))
    return Within(gradient, bound, dtype, signed_zero=False)
