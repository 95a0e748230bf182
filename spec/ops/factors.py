"""How far solutions and factors of matrices are from the equations that define them.

A residual counts in units of n eps times the norms of what is multiplied, n being the longer side. Standard
algorithms are backward stable in this sense: Higham, Accuracy and Stability of Numerical Algorithms, chapters
9 to 20. LAPACK holds its own implementations to `LIMIT` of these units (LAPACK Working Note 41, section 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..accuracy import Array, widened
from ..outcome import Each, Outcome, Satisfies, Structure
from ..rules import dtypes
from ..rules.broadcasting import Shape
from ..rules.dtypes import DType

LIMIT = 30.0

Residuals = Mapping[str, float]


def eps_of(dtype: DType) -> float:
    """Return the distance of 1 and the next number."""
    assert dtype.format is not None
    return float(2.0 ** (1 - dtype.format.digits))


def adjoint(array: Array) -> Array:
    """Return the conjugate transposes."""
    return np.conj(np.swapaxes(array, -2, -1))


def norm(array: Array) -> Any:
    """Return the Frobenius norm of each matrix."""
    return np.sqrt((np.abs(array) ** 2).sum((-2, -1)))


def residual(difference: Array, scale: Any, dtype: DType) -> float:
    """Return the largest norm of a batch of differences, in n eps of a scale; infinity where it is NaN."""
    if not difference.size:
        return 0.0
    unit = max(difference.shape[-2:]) * eps_of(dtype) * np.asarray(scale)
    found = norm(difference) / np.maximum(unit, np.finfo(np.float64).tiny)
    return float(np.nan_to_num(found, nan=np.inf).max(initial=0))


def orthonormal(columns: Array, dtype: DType) -> float:
    """Return how far columns are from orthonormal."""
    return residual(np.matmul(adjoint(columns), columns) - np.eye(columns.shape[-1]), 1.0, dtype)


def holds(condition: Any) -> float:
    """Return a residual of a condition that is exact: 0 or infinity."""
    return 0.0 if np.all(condition) else float("inf")


def spread(values: Array) -> Array:
    """Return diagonal matrices of vectors."""
    return values[..., None] * np.eye(values.shape[-1])


def tensors(**parts: tuple[DType, Shape]) -> Outcome:
    """Return the structure of a named tuple."""
    return Each(tuple(Structure(*part) for part in parts.values()), tuple(parts))


def satisfying(structure: Outcome, residuals: Any, array: Array, limit: float = LIMIT) -> Satisfies:
    """Return results that fulfil equations to the precision of the type of an array.

    Parameters
    ----------
    structure : Outcome
    residuals : callable
        Takes the elements of each result, widened, and the type.
    array : ndarray
    limit : float
    """
    dtype = dtypes.of_array(array)

    def measured(*values: Array) -> Residuals:
        with np.errstate(all="ignore"):
            return residuals(*map(widened, values), dtype)  # type: ignore[no-any-return]

    return Satisfies(structure, measured, dtype, limit)
