"""Faults of decompositions that show in one form, one layout, one type, or past one size only."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import decompositions as d

from .mutant import attribute, kernel, mutant


def _untransposed(original: Any) -> Any:
    """Read a transposed matrix in the order in which it is stored."""

    def call(A: Any, *args: Any, **kwargs: Any) -> Any:
        if A.ndim == 2 and min(A.shape) > 1 and A.stride(0) == 1 < A.stride(1):
            A = fresh(A.array.T.copy().reshape(A.shape), A.dtype)
        return original(A, *args, **kwargs)

    return call


def _dense(original: Any) -> Any:
    """Read as many elements in a row as there are, whatever the step between them."""

    def call(A: Any, *args: Any, **kwargs: Any) -> Any:
        if A.ndim == 2 and A.stride(1) == 2 and A.shape[1] > 1 and A.shape[0]:
            A = ops.as_strided(A, tuple(A.shape), (A.shape[1], 1), A.storage_offset())
        return original(A, *args, **kwargs)

    return call


def _spoilt(when: Any) -> Any:
    """Make a mutant that rounds the first result to 12 binary digits where a condition holds."""

    def make(original: Any) -> Any:
        def call(A: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(A, *args, **kwargs)
            if not when(A) or not A.numel():
                return found
            first = found[0]
            rounded = fresh(_cut(first.array), first.dtype)
            return type(found)(rounded, *found[1:])

        return call

    return make


def _cut(array: Any) -> Any:
    if array.dtype.kind == "c":
        return (_cut(array.real) + 1j * _cut(array.imag)).astype(array.dtype)
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.round(mantissa * 2**12) / 2**12, exponent).astype(array.dtype)


def _is_large(A: Any) -> bool:
    return bool(min(A.shape[-2:]) > 16)


def _is_wide(A: Any) -> bool:
    return bool(A.shape[-2] < A.shape[-1])


def _is_complex64(A: Any) -> bool:
    return bool(A.dtype is dtypes.complex64)


def _second_matrix(A: Any) -> bool:
    return bool(A.ndim > 3)


def _transposing(original: Any) -> Any:
    """Give the transpose of V where its adjoint is due."""

    def call(A: Any, *args: Any, **kwargs: Any) -> Any:
        left, size, right = found = original(A, *args, **kwargs)
        return type(found)(left, size, ops.conj_physical(right)) if A.dtype.is_complex else found

    return call


def _symmetric(original: Any) -> Any:
    """Mirror a triangle of complex numbers without conjugating it."""

    def call(input: Any, side: str) -> Any:
        values, side = original(input, side)
        if side == "U" and values.dtype.kind == "c":
            return np.swapaxes(values, -2, -1), "L"
        return values, side

    return call


def _unconjugated(original: Any) -> Any:
    """Transpose the lower factor of a complex matrix for the upper one."""

    def call(input: Any, *, upper: bool = False, **kwargs: Any) -> Any:
        factor, info = found = original(input, upper=upper, **kwargs)
        return type(found)(ops.conj_physical(factor), info) if upper and factor.dtype.is_complex else found

    return call


def _of_first(original: Any) -> Any:
    """Tell of the first matrix of a batch only."""

    def call(values: Any) -> Any:
        lower, codes = original(values)
        if codes.size > 1:
            codes = np.broadcast_to(codes.reshape(-1)[:1], codes.shape).copy()
        return lower, codes

    return call


def _left_in_out(original: Any) -> Any:
    """Leave the other triangle of `out` as it was."""

    def call(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        if op.name != "linalg.cholesky" or out.ndim < 2:
            return original(op, out, args, kwargs)
        before = out.clone()
        result = original(op, out, args, kwargs)
        if result.shape == before.shape:
            out.copy_(ops.tril(out) + ops.triu(before, 1))
        return result

    return call


_SVD = d.singular_values_and_vectors_make_up_the_matrix
_QR = d.qr_gives_orthonormal_columns_and_a_triangle
_EIGH = d.eigenvectors_of_a_hermitian_matrix_are_orthonormal
_CHOLESKY = d.cholesky_gives_a_triangle_with_a_positive_diagonal
_LU = d.lu_exchanges_rows_and_gives_two_triangles

MUTANTS = (
    *(
        mutant(f"{name}_reads_transposed_matrices_as_stored", clause, kernel(f"linalg.{name}", _untransposed))
        for name, clause in (("svd", _SVD), ("qr", _QR), ("eig", d.eigenvalues_of_any_matrix_are_complex))
    ),
    *(
        mutant(f"{name}_reads_stepped_matrices_densely", clause, kernel(f"linalg.{name}", _dense))
        for name, clause in (("svd", _SVD), ("qr", _QR), ("eigh", _EIGH), ("cholesky_ex", _CHOLESKY))
    ),
    *(
        mutant(f"{name}_loses_digits_past_16_rows", clause, kernel(f"linalg.{name}", _spoilt(_is_large)))
        for name, clause in (("svd", _SVD), ("qr", _QR), ("eigh", _EIGH), ("cholesky_ex", _CHOLESKY))
    ),
    mutant("svd_of_wide_matrices_loses_digits", _SVD, kernel("linalg.svd", _spoilt(_is_wide))),
    mutant("qr_of_wide_matrices_loses_digits", _QR, kernel("linalg.qr", _spoilt(_is_wide))),
    mutant("qr_of_complex64_loses_digits", _QR, kernel("linalg.qr", _spoilt(_is_complex64))),
    mutant("eigh_of_deep_batches_loses_digits", _EIGH, kernel("linalg.eigh", _spoilt(_second_matrix))),
    mutant("svd_transposes_complex_vectors", _SVD, kernel("linalg.svd", _transposing)),
    mutant(
        "eigh_does_not_conjugate_the_upper_triangle",
        _EIGH,
        attribute("linalg.spectra:_triangle", _symmetric),
    ),
    mutant("cholesky_does_not_conjugate", _CHOLESKY, kernel("linalg.cholesky_ex", _unconjugated)),
    mutant("cholesky_into_out_leaves_a_triangle", _CHOLESKY, attribute("writing:into", _left_in_out)),
    mutant(
        "cholesky_ex_tells_of_the_first_only",
        d.cholesky_ex_tells_the_minor_that_fails,
        attribute("linalg.factors:_factorised", _of_first),
    ),
    mutant("lu_reads_transposed_matrices_as_stored", _LU, kernel("linalg.lu", _untransposed)),
)
