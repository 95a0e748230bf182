"""Triangular factors. Sources: ``torch.linalg.cholesky``, ``torch.linalg.qr`` and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, return_types
from ..cautions import warn_once
from ..dispatch import op, ops
from ..kernels import Array, fresh
from ..tensor import Tensor
from .checking import (
    adjoint,
    check_floating,
    check_info,
    check_kernel,
    check_matrix,
    check_square,
    columnwise,
    values_of,
)

_NOT_DEFINITE = (
    "{name}: {{batch}}The factorization could not be completed because the input is not positive-definite "
    "(the leading minor of order {{order}} is not positive-definite)."
)
_CHOLESKY_OLD = "torch.cholesky is deprecated in favor of torch.linalg.cholesky."
_QR_OLD = "torch.qr is deprecated in favor of torch.linalg.qr."


def _factorised(values: Array) -> tuple[Array, Array]:
    """Return lower factors, of what the lower triangles say, and the orders of minors that failed."""
    codes = np.zeros(values.shape[:-2], np.int32)
    try:
        return np.linalg.cholesky(values), codes
    except np.linalg.LinAlgError:
        found = np.tril(values)
        for place in np.ndindex(*codes.shape):
            codes[place] = _failing_order(values[place])
            if not codes[place]:
                found[place] = np.linalg.cholesky(values[place])
        return found, codes


def _failing_order(matrix: Array) -> int:
    """Return the order of the first leading minor that is not positive, 0 if all are."""
    for order in range(1, len(matrix) + 1):
        try:
            np.linalg.cholesky(matrix[:order, :order])
        except np.linalg.LinAlgError:
            return order
    return 0


@op("linalg.cholesky_ex", out=True)
def cholesky_ex(input: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """Return Cholesky factors and, for each matrix, 0 or the order of the minor that is not positive.

    Raises
    ------
    RuntimeError
        For integers, and unless the matrices are square.
    LinAlgError
        Where ``check_errors`` is set and a matrix is not positive-definite.
    """
    check_square(input, "linalg.cholesky")
    check_floating(input, "linalg.cholesky")
    check_kernel(input, "cholesky_cpu")
    values = values_of(input)
    lower, codes = _factorised(adjoint(values) if upper else values)
    info = fresh(codes, dtypes.int32)
    if check_errors:
        check_info(info, _NOT_DEFINITE.format(name="linalg.cholesky_ex"))
    return return_types.linalg_cholesky_ex(columnwise(adjoint(lower) if upper else lower, input.dtype), info)


@op("linalg.cholesky", composite=True, out=True)
def cholesky(input: Tensor, *, upper: bool = False) -> Any:
    """Return L, lower triangular with a positive diagonal, such that ``L L^H`` is the matrix, or ``L^H``.

    Raises
    ------
    LinAlgError
        For a matrix that is not positive-definite.
    """
    factor, info = ops.linalg.cholesky_ex(input, upper=upper)
    check_info(info, _NOT_DEFINITE.format(name="linalg.cholesky"))
    return factor


@op("cholesky", composite=True, out=True)
def cholesky_old(input: Tensor, upper: bool = False) -> Any:
    """Return Cholesky factors, as ``linalg.cholesky`` does."""
    warn_once(_CHOLESKY_OLD)
    check_square(input, "cholesky")
    check_kernel(input, "cholesky_cpu")
    factor, info = ops.linalg.cholesky_ex(input, upper=upper)
    check_info(info, _NOT_DEFINITE.format(name="cholesky"))
    return factor


@op("cholesky_solve", composite=True, out=True)
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Any:
    """Return X such that ``A X`` is the input, where ``A`` is given by its Cholesky factor."""
    for name, one in (("b", input), ("u", input2)):
        if one.ndim < 2:
            raise RuntimeError(
                f"{name} should have at least 2 dimensions, but has {one.ndim} dimensions instead"
            )
    if input2.shape[-1] != input2.shape[-2]:
        rows, columns = input2.shape[-2:]
        raise RuntimeError(f"A must be batches of square matrices, but they are {rows} by {columns} matrices")
    if input.shape[-2] != input2.shape[-1]:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {input2.shape[-1]} by "
            f"{input2.shape[-1]} but each b matrix is {input.shape[-2]} by {input.shape[-1]}"
        )
    if input.dtype is not input2.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {input.dtype.scalar_name} and "
            f"A of type {input2.dtype.scalar_name} instead"
        )
    check_kernel(input, "cholesky_solve_cpu")
    lower = input2.mH if upper else input2
    half = ops.linalg.solve_triangular(lower, input, upper=False)
    return ops.linalg.solve_triangular(lower.mH, half, upper=True)


@op("cholesky_inverse", composite=True, out=True)
def cholesky_inverse(input: Tensor, upper: bool = False) -> Any:
    """Return the inverse of the matrix that a Cholesky factor is given of."""
    check_square(input, "cholesky_inverse")
    check_kernel(input, "cholesky_inverse_out_cpu")
    unit = ops.eye(input.shape[-1], dtype=input.dtype, device=input.device).expand(input.shape)
    return ops.cholesky_solve(unit, input, upper)


@op("linalg.qr", out=True)
def qr(A: Tensor, mode: str = "reduced") -> Any:
    """Return Q with orthonormal columns and R, upper triangular; ``mode='r'`` leaves Q empty.

    Raises
    ------
    RuntimeError
        For integers, for a vector, and for another mode than ``reduced``, ``complete`` and ``r``.
    """
    check_matrix(A, "linalg.qr")
    check_floating(A, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or "
            "'complete'"
        )
    check_kernel(A, "geqrf_cpu")
    if mode == "r":
        triangle: Any = np.linalg.qr(values_of(A), mode="r")
        return return_types.linalg_qr(fresh(np.zeros(0), A.dtype), columnwise(triangle, A.dtype))
    pair = np.linalg.qr(values_of(A), mode="reduced" if mode == "reduced" else "complete")
    return return_types.linalg_qr(*(columnwise(one, A.dtype) for one in pair))


@op("qr", composite=True, out=True)
def qr_old(input: Tensor, some: bool = True) -> Any:
    """Return ``linalg.qr``, complete unless ``some``."""
    warn_once(_QR_OLD)
    return return_types.qr(*ops.linalg.qr(input, "reduced" if some else "complete"))
