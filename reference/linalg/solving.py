"""Systems of equations, inverses and pseudoinverses. Sources: ``torch.linalg.solve`` and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, return_types
from ..dispatch import op, ops
from ..dtypes import finfo
from ..folding import lacks_kernel
from ..kernels import Array, broadcast, fresh
from ..tensor import Tensor
from .checking import (
    adjoint,
    check_floating,
    check_info,
    check_kernel,
    check_matrix,
    check_precise,
    check_same_type,
    check_square,
    columnwise,
    identity_like,
    is_low,
    values_of,
)

_SINGULAR_INVERSE = (
    "{name}: {{batch}}The diagonal element {{order}} is zero, the inversion could not be completed because "
    "the input matrix is singular."
)
_SINGULAR = "torch.linalg.{name}: {{batch}}The solver failed because the input matrix is singular."


def solved(A: Array, B: Array) -> tuple[Array, Array]:
    """Return X with ``A X = B``, and for each matrix 0 or the number of its first pivot that is zero."""
    codes = np.zeros(A.shape[:-2], np.int32)
    try:
        with np.errstate(all="ignore"):
            return np.linalg.solve(A, B), codes
    except np.linalg.LinAlgError:
        batch = broadcast(A.shape[:-2], B.shape[:-2])
        every = np.broadcast_to(A, (*batch, *A.shape[-2:]))
        right = np.broadcast_to(B, (*batch, *B.shape[-2:]))
        found = np.full(right.shape, np.inf, B.dtype)
        codes = np.zeros(batch, np.int32)
        for place in np.ndindex(*batch):
            codes[place] = _zero_pivot(every[place])
            if not codes[place]:
                found[place] = np.linalg.solve(every[place], right[place])
        return found, codes


def _zero_pivot(matrix: Array) -> int:
    """Return the number, from 1, of the first zero pivot of an elimination with row exchanges, 0 without."""
    try:
        np.linalg.inv(matrix)
        return 0
    except np.linalg.LinAlgError:
        work = matrix.copy()
    for step in range(len(work)):
        best = step + int(np.argmax(np.abs(work[step:, step])))
        if work[best, step] == 0:
            return step + 1
        work[[step, best]] = work[[best, step]]
        work[step + 1 :] -= np.outer(work[step + 1 :, step] / work[step, step], work[step])
    return len(work)


@op("linalg.inv_ex", out=True)
def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """Return inverses and, for each matrix, 0 or the number of a pivot that is zero.

    Raises
    ------
    RuntimeError
        For integers and types of low precision, and unless the matrices are square.
    LinAlgError
        Where ``check_errors`` is set and a matrix is singular.
    """
    check_square(A, "linalg.inv")
    check_precise(A, "linalg.inv")
    values = values_of(A)
    inverse, codes = solved(values, identity_like(values))
    info = fresh(codes, dtypes.int32)
    if check_errors:
        check_info(info, _SINGULAR_INVERSE.format(name="linalg.inv_ex"))
    return return_types.linalg_inv_ex(columnwise(inverse, A.dtype), info)


@op("linalg.inv", "inverse", composite=True, out=True)
def inv(A: Tensor) -> Any:
    """Return the inverse of each matrix; LinAlgError for a singular one, else errors as of `inv_ex`."""
    inverse, info = ops.linalg.inv_ex(A)
    check_info(info, _SINGULAR_INVERSE.format(name="linalg.inv"))
    return inverse


@op("_solve_matrices", method=False)
def solve_matrices(A: Tensor, B: Tensor, left: bool) -> tuple[Tensor, Tensor]:
    """Return X with ``A X = B``, or ``X A = B``, for matrices of one type, and the codes of `solved`."""
    matrix, right = values_of(A), values_of(B)
    if left:
        solution, codes = solved(matrix, right)
    else:
        turned, codes = solved(*(np.swapaxes(one, -2, -1) for one in (matrix, right)))
        solution = np.swapaxes(turned, -2, -1)
    return columnwise(solution, A.dtype), fresh(codes, dtypes.int32)


@op("linalg.solve_ex", composite=True, out=True)
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """Return X with ``A X = B``, or ``X A = B``, and for each matrix 0 or the number of a zero pivot.

    A single vector is a column, and so is each of a batch of as many vectors as there are matrices.

    Raises
    ------
    RuntimeError
        For integers, different types, matrices that are not square, and shapes that do not fit.
    LinAlgError
        Where ``check_errors`` is set and a matrix is singular.
    """
    check_square(A, "linalg.solve")
    check_floating(A, "linalg.solve")
    check_same_type(A, B, "linalg.solve")
    is_vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and tuple(B.shape) == tuple(A.shape[:-1]))
    if is_vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In "
            "this case linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    matrix = ops.unsqueeze(B, -1) if is_vector else B
    _check_fit(A, matrix, left, "linalg.solve")
    if is_low(A.dtype):
        raise lacks_kernel("lu_cpu", A.dtype)
    result, info = ops._solve_matrices(A, matrix, left)
    if check_errors:
        check_info(info, _SINGULAR.format(name="solve_ex"))
    return return_types.linalg_solve_ex(ops.squeeze(result, -1) if is_vector else result, info)


def _check_fit(A: Tensor, B: Tensor, left: bool, name: str) -> None:
    """Raise RuntimeError unless the sizes agree and the batches broadcast."""
    check_matrix(B, name, "B")
    if A.shape[-2] != B.shape[-2 if left else -1]:
        sign = "AX = B" if left else "XA = B"
        sizes = f"({A.shape[-2]}x{A.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})"
        raise RuntimeError(f"{name}: Incompatible shapes of A and B for the equation {sign} {sizes}")
    broadcast(tuple(A.shape[:-2]), tuple(B.shape[:-2]))


@op("linalg.solve", composite=True, out=True)
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Any:
    """Return X with ``A X = B``, or ``X A = B``; LinAlgError for a singular matrix."""
    result, info = ops.linalg.solve_ex(A, B, left=left)
    check_info(info, _SINGULAR.format(name="solve"))
    return result


@op("linalg.solve_triangular", out=True)
def solve_triangular(
    input: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """Return X with ``A X = B``, or ``X A = B``; only a triangle of A is read, its diagonal as ones if told.

    Raises
    ------
    RuntimeError
        For different types, matrices that are not square, and shapes that do not fit.
    """
    check_square(input, "linalg.solve_triangular")
    check_same_type(input, B, "linalg.solve_triangular")
    _check_fit(input, B, left, "linalg.solve_triangular")
    check_kernel(input, "triangular_solve_cpu")
    A, right = values_of(input), values_of(B)
    if not left:
        A, right, upper = np.swapaxes(A, -2, -1), np.swapaxes(right, -2, -1), not upper
    batch = broadcast(A.shape[:-2], right.shape[:-2])
    found = _substituted(A, np.broadcast_to(right, (*batch, *right.shape[-2:])), upper, unitriangular)
    return columnwise(found if left else np.swapaxes(found, -2, -1), input.dtype)


def _substituted(A: Array, B: Array, upper: bool, unitriangular: bool) -> Array:
    """Solve row by row, from the one that holds a single unknown."""
    size = A.shape[-1]
    found = np.array(B)
    with np.errstate(all="ignore"):
        for row in reversed(range(size)) if upper else range(size):
            known = slice(row + 1, size) if upper else slice(0, row)
            rest = np.matmul(A[..., row : row + 1, known], found[..., known, :])
            found[..., row, :] -= rest[..., 0, :]
            if not unitriangular:
                found[..., row, :] /= A[..., row, row, None]
    return found


@op("linalg.pinv", out=True)
def pinv(
    input: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Return pseudoinverses; singular values up to a tolerance count as zero.

    Raises
    ------
    RuntimeError
        For vectors, integers and types of low precision.
    """
    if input.ndim < 2 or not input.dtype.is_differentiable or is_low(input.dtype):
        raise RuntimeError(
            f"linalg.pinv({input.dtype.scalar_name}{{{list(input.shape)}}}): expected a tensor with 2 or "
            "more dimensions of float, double, cfloat or cdouble types"
        )
    values = values_of(input)
    if not values.size:
        return fresh(np.zeros((*input.shape[:-2], input.shape[-1], input.shape[-2])), input.dtype)
    relative = rcond if rtol is None else rtol
    left, size, right = _parts(values, hermitian)
    bound = tolerance(input, np.abs(size).max(-1), atol, relative)
    with np.errstate(all="ignore"):
        inverse = np.where(np.abs(size) > bound[..., None], 1 / size, 0).astype(size.dtype)
    found = np.matmul(adjoint(right) * inverse[..., None, :], adjoint(left))
    return fresh(found, input.dtype)


def _parts(values: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    if hermitian:
        size, vectors = np.linalg.eigh(values)
        return vectors, size, adjoint(vectors)
    left, size, right = np.linalg.svd(values, full_matrices=False)
    return left, size, right


def tolerance(input: Tensor, largest: Array, atol: Any, rtol: Any) -> Array:
    """Return what a singular value must exceed: the larger of an absolute and a relative bound.

    Without either the relative one is the rounding error of the type times the longer side.
    """
    absolute, relative = (one.array if isinstance(one, Tensor) else one for one in (atol, rtol))
    if relative is None:
        positive = np.any(np.asarray(0 if absolute is None else absolute) > 0)
        relative = 0.0 if positive else finfo(input.dtype).eps * max(input.shape[-2:])
    return np.asarray(np.maximum(0.0 if absolute is None else absolute, np.asarray(relative) * largest))


@op("pinverse", composite=True)
def pinverse(input: Tensor, rcond: float = 1e-15) -> Any:
    """Return ``linalg.pinv`` with a relative tolerance."""
    return ops.linalg.pinv(input, rcond)
