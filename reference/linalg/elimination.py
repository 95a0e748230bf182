"""Elimination with row exchanges, and least squares. Sources: ``torch.linalg.lu`` and its kin, ``lstsq``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes, return_types
from ..dispatch import op, ops
from ..kernels import Array, fresh
from ..tensor import Tensor
from .checking import (
    adjoint,
    check_floating,
    check_matrix,
    check_precise,
    check_same_type,
    check_square,
    columnwise,
    values_of,
)


def eliminated(values: Array) -> tuple[Array, Array]:
    """Return both triangles in one matrix, L without its ones, and which row each was exchanged with."""
    *batch, rows, columns = values.shape
    work = np.array(values).reshape(math.prod(batch), rows, columns)
    places = np.arange(len(work))
    exchanged = np.zeros((len(work), min(rows, columns)), np.int32)
    for step in range(min(rows, columns)):
        column = work[:, step:, step]
        best = step + np.argmax(np.abs(column.real) + np.abs(column.imag), -1)
        exchanged[:, step] = best
        work[places, best], work[:, step] = work[:, step].copy(), work[places, best]
        pivot = work[:, step, step, None]
        factors = work[:, step + 1 :, step] / np.where(pivot == 0, 1, pivot)
        work[:, step + 1 :, step] = factors
        work[:, step + 1 :, step + 1 :] -= factors[..., None] * work[:, step, None, step + 1 :]
    return work.reshape(values.shape), exchanged.reshape(*batch, min(rows, columns))


def determinant_of(values: Array) -> Array:
    """Return the products of the pivots, negative for an odd number of exchanges."""
    packed, exchanged = eliminated(values)
    odd = (exchanged != np.arange(exchanged.shape[-1])).sum(-1) % 2
    return np.asarray(np.diagonal(packed, axis1=-2, axis2=-1).prod(-1) * np.where(odd, -1.0, 1.0))


def _order(exchanged: Array, rows: int) -> Array:
    """Return the order in which exchanges leave the rows."""
    order = np.array(np.broadcast_to(np.arange(rows), (*exchanged.shape[:-1], rows)))
    for step in range(exchanged.shape[-1]):
        other = exchanged[..., step, None].astype(np.int64)
        taken = np.take_along_axis(order, other, -1)
        np.put_along_axis(order, other, order[..., step, None].copy(), -1)
        order[..., step, None] = taken
    return order


def _triangles(packed: Array) -> tuple[Array, Array]:
    count = min(packed.shape[-2:])
    unit = np.eye(packed.shape[-2], count)
    return np.tril(packed[..., :count], -1) + unit, np.triu(packed[..., :count, :])


@op("linalg.lu_factor")
def lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """Return L and U in one matrix, and the number, from 1, of the row that each was exchanged with.

    Raises
    ------
    RuntimeError
        For vectors and integers.
    """
    check_matrix(A, "linalg.lu_factor_ex")
    check_floating(A, "linalg.lu_factor_ex")
    packed, exchanged = eliminated(values_of(A))
    return return_types.linalg_lu_factor(
        columnwise(packed, A.dtype), fresh(exchanged + np.int32(1), dtypes.int32)
    )


@op("linalg.lu")
def lu(A: Tensor, *, pivot: bool = True) -> Any:
    """Return P, L and U, whose product the matrix is; errors as for `lu_factor`."""
    check_matrix(A, "linalg.lu")
    check_precise(A, "linalg.lu")
    packed, exchanged = eliminated(values_of(A))
    rows = A.shape[-2]
    permutation = np.swapaxes(np.eye(rows)[_order(exchanged, rows)], -2, -1)
    lower, upper = _triangles(packed)
    kind = A.dtype
    return return_types.linalg_lu(fresh(permutation, kind), columnwise(lower, kind), columnwise(upper, kind))


@op("linalg.lu_solve", composite=True)
def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor) -> Any:
    """Return X with ``A X = B``, where A is given by what `lu_factor` gives of it.

    Raises
    ------
    RuntimeError
        For integers, different types, and matrices that are not square.
    """
    check_square(LU, "torch.linalg.lu_solve", "LU")
    check_floating(LU, "torch.linalg.lu_solve")
    check_same_type(LU, B, "linalg.lu_solve")
    order = fresh(_order(pivots.array - 1, LU.shape[-1])[..., None])
    rows = ops.take_along_dim(B, order, -2)
    half = ops.linalg.solve_triangular(LU, rows, upper=False, unitriangular=True)
    return ops.linalg.solve_triangular(LU, half, upper=True)


@op("linalg.lstsq")
def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> Any:
    """Return the X of least norm that leaves ``A X - B`` least; what else torch returns stays empty.

    Raises
    ------
    RuntimeError
        For vectors, integers and different types, and unless the rows are as many.
    """
    for one, name in ((A, "input"), (B, "other")):
        if one.ndim < 2:
            raise RuntimeError(f"torch.linalg.lstsq: {name} must have at least 2 dimensions.")
    check_floating(A, "torch.linalg.lstsq")
    check_same_type(A, B, "torch.linalg.lstsq")
    if A.shape[-2] != B.shape[-2]:
        raise RuntimeError("torch.linalg.lstsq: input.size(-2) should match other.size(-2)")
    left, size, right = np.linalg.svd(values_of(A), full_matrices=False)
    with np.errstate(all="ignore"):
        within = size > np.finfo(np.float64).eps * max(A.shape[-2:]) * size.max(-1, keepdims=True, initial=0)
        inverse = np.where(within, 1 / size, 0)
    solution = adjoint(right) @ (inverse[..., None] * (adjoint(left) @ values_of(B)))
    empty = fresh(np.zeros(0), A.dtype.to_real())
    rank = fresh(np.zeros(0, np.int64))
    return return_types.linalg_lstsq(columnwise(solution, A.dtype), empty, rank, empty)
