"""Eigenvalues and singular values. Sources: ``torch.linalg.eigh``, ``torch.linalg.svd`` and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import return_types
from ..dispatch import op, ops
from ..errors import LinAlgError
from ..kernels import Array, fresh
from ..tensor import Tensor
from .checking import (
    check_floating,
    check_kernel,
    check_matrix,
    check_square,
    columnwise,
    values_of,
)

_NOT_FINITE = (
    "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."
)
_NO_CONVERGENCE = "linalg.{name}: The algorithm failed to converge."


def _check_general(input: Tensor, name: str) -> Array:
    check_square(input, f"linalg.{name}")
    if not input.dtype.is_differentiable:
        raise RuntimeError(f"Unknown Complex ScalarType for {input.dtype.scalar_name}")
    check_kernel(input, "linalg_eig_out_cpu")
    values = values_of(input)
    if not np.isfinite(values).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    return values


@op("linalg.eig", out=True)
def eig(input: Tensor) -> Any:
    """Return complex eigenvalues, in no order, and eigenvectors of length 1 as columns.

    Raises
    ------
    RuntimeError
        For integers, matrices that are not square, and elements that are not finite.
    """
    roots, vectors = np.linalg.eig(_check_general(input, "eig"))
    kind = input.dtype.to_complex()
    return return_types.linalg_eig(fresh(roots, kind), columnwise(vectors, kind))


@op("linalg.eigvals", out=True)
def eigvals(input: Tensor) -> Tensor:
    """Return complex eigenvalues, in no order; errors as for `eig`."""
    return fresh(np.linalg.eigvals(_check_general(input, "eigvals")), input.dtype.to_complex())


def _triangle(input: Tensor, side: str) -> tuple[Array, Any]:
    check_square(input, "linalg.eigh")
    if side.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {side}")
    check_kernel(input, "linalg_eigh_cpu")
    return values_of(input), side.upper()


@op("linalg.eigh", out=True)
def eigh(input: Tensor, UPLO: str = "L") -> Any:
    """Return the real eigenvalues, ascending, and orthonormal eigenvectors of what a triangle says.

    Raises
    ------
    RuntimeError
        For matrices that are not square, and unless the triangle is ``L`` or ``U``.
    """
    try:
        roots, vectors = np.linalg.eigh(*_triangle(input, UPLO))
    except np.linalg.LinAlgError:
        raise LinAlgError(_NO_CONVERGENCE.format(name="eigh")) from None
    return return_types.linalg_eigh(fresh(roots, input.dtype.to_real()), columnwise(vectors, input.dtype))


@op("linalg.eigvalsh", composite=True, out=True)
def eigvalsh(input: Tensor, UPLO: str = "L") -> Any:
    """Return the real eigenvalues, ascending; errors as for `eigh`."""
    return ops.linalg.eigh(input, UPLO)[0]


def _check_singular(A: Tensor) -> Array:
    check_matrix(A, "linalg.svd")
    check_floating(A, "linalg.svd")
    check_kernel(A, "linalg_svd_cpu")
    return values_of(A)


@op("linalg.svd", out=True)
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Return U, the singular values, descending, and V^H, square or with as many vectors as values.

    Raises
    ------
    RuntimeError
        For integers and vectors.
    LinAlgError
        For elements that are not finite.
    """
    try:
        left, size, right = np.linalg.svd(_check_singular(A), full_matrices=bool(full_matrices))
    except np.linalg.LinAlgError:
        raise LinAlgError(_NOT_FINITE) from None
    kind = A.dtype
    return return_types.linalg_svd(
        columnwise(left, kind), fresh(size, kind.to_real()), columnwise(right, kind)
    )


@op("linalg.svdvals", out=True)
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Return the singular values, descending; errors as for `svd`."""
    try:
        size = np.linalg.svd(_check_singular(A), compute_uv=False)
    except np.linalg.LinAlgError:
        raise LinAlgError(_NOT_FINITE) from None
    return fresh(size, A.dtype.to_real())


@op("svd", composite=True, out=True)
def svd_old(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """Return U, the singular values and V; without ``compute_uv`` U and V are square and zero."""
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    if compute_uv:
        left, size, right = ops.linalg.svd(input, not some)
        return return_types.svd(left, size, right.mH)
    empty = (input.new_zeros((*input.shape[:-2], side, side)) for side in input.shape[-2:])
    left, right = empty
    return return_types.svd(left, ops.linalg.svdvals(input), right)
