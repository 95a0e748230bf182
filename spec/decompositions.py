"""Decompositions of matrices into factors, singular values and eigenvalues.

None but the values is unique: results are held to the equations that define them, and
`tensorcanon.spec.ops.factors` says how closely.
"""

from __future__ import annotations

import numpy as np

from .accuracy import Array, Dot, widened
from .clause import clause
from .ops.factors import (
    LIMIT,
    Residuals,
    adjoint,
    eps_of,
    holds,
    norm,
    orthonormal,
    residual,
    satisfying,
    tensors,
)
from .outcome import Each, Exactly, Outcome, Raises, Structure, Within
from .rules import dtypes
from .rules.dtypes import DType


def _singular(A: Array, U: Array, S: Array, Vh: Array, dtype: DType) -> Residuals:
    count = S.shape[-1]
    product = np.matmul(U[..., :count] * S[..., None, :], Vh[..., :count, :])
    return {
        "U S Vh = A": residual(product - widened(A), norm(widened(A)), dtype),
        "U is orthonormal": orthonormal(U, dtype),
        "V is orthonormal": orthonormal(adjoint(Vh), dtype),
        "S descends to 0": holds((S >= 0).all() and (np.diff(S, axis=-1) <= 0).all()),
    }


@clause("torch.linalg.svd", covers="linalg.svd")
def singular_values_and_vectors_make_up_the_matrix(A: Array, full_matrices: bool = True) -> Outcome:
    """`svd` gives U, S and Vh with orthonormal columns of U and rows of Vh, and real values in S, descending
    and not negative, such that A is U diag(S) Vh. U and Vh are square, unless ``full_matrices=False`` keeps
    as many vectors as there are values. Signs and phases of the vectors are open."""
    dtype, (rows, columns) = dtypes.of_array(A), A.shape[-2:]
    count, batch = min(rows, columns), A.shape[:-2]
    wide, tall = (rows, columns) if full_matrices else (count, count)

    def residuals(U: Array, S: Array, Vh: Array, dtype: DType) -> Residuals:
        return _singular(A, U, S, Vh, dtype)

    structure = tensors(
        U=(dtype, (*batch, rows, wide)),
        S=(dtypes.real_of(dtype), (*batch, count)),
        Vh=(dtype, (*batch, tall, columns)),
    )
    return satisfying(structure, residuals, A)


@clause("torch.linalg.svdvals; torch.linalg.eigvalsh", covers=("linalg.svd", "linalg.eigh"))
def values_alone_are_those_with_vectors(values: Array) -> Outcome:
    """`svdvals` and `eigvalsh` give the values that `svd` and `eigh` give with the vectors, up to
    rounding."""
    return _near(values, dtypes.of_array(values))


def _near(values: Array, dtype: DType) -> Outcome:
    """Return values within the backward errors of two algorithms."""
    size = np.abs(widened(values)).max(-1, keepdims=True, initial=0)
    bound = Dot(np.broadcast_to(size, values.shape), 2 * LIMIT * max(values.shape[-1], 1) ** 1.5)
    return Within(widened(values), bound, dtype, signed_zero=False)


@clause("torch.linalg.eigvalsh", covers="linalg.eigh")
def eigvalsh_reads_the_triangle_that_is_named(A: Array, side: str) -> Outcome:
    """`eigvalsh` gives the eigenvalues of the Hermitian matrix that the lower triangle states, or the upper
    one with ``UPLO="U"``: the other is not read."""
    wide = _hermitian(A.astype(np.result_type(A, np.float64)), side)
    return _near(np.linalg.eigvalsh(wide), dtypes.real_of(dtypes.of_array(A)))


@clause("torch.svd", covers="linalg.svd", level="extended")
def svd_of_old_gives_v_itself(A: Array, some: bool = True) -> Outcome:
    """`torch.svd` gives U, S and V, not the adjoint of V, such that A is U diag(S) V^H: by default as many
    vectors as there are values, all of them with ``some=False``."""
    dtype, batch = dtypes.of_array(A), A.shape[:-2]
    rows, columns = A.shape[-2:]
    count = min(rows, columns)
    wide, tall = (count, count) if some else (rows, columns)

    def residuals(U: Array, S: Array, V: Array, dtype: DType) -> Residuals:
        return _singular(A, U, S, adjoint(V), dtype)

    structure = tensors(
        U=(dtype, (*batch, rows, wide)),
        S=(dtypes.real_of(dtype), (*batch, count)),
        V=(dtype, (*batch, columns, tall)),
    )
    return satisfying(structure, residuals, A)


@clause("torch.svd", covers="linalg.svd", level="extended")
def svd_without_vectors_gives_zeros(A: Array) -> Outcome:
    """With ``compute_uv=False`` `torch.svd` gives square U and V of zeros beside the singular values."""
    dtype, batch = dtypes.of_array(A), A.shape[:-2]
    left, right = (
        Exactly(np.zeros((*batch, side, side), A.dtype), signed_zero=False) for side in A.shape[-2:]
    )
    values = Structure(dtypes.real_of(dtype), (*batch, min(A.shape[-2:])))
    return Each((left, values, right), ("U", "S", "V"))


@clause("torch.linalg.qr", covers="linalg.qr")
def qr_gives_orthonormal_columns_and_a_triangle(A: Array, mode: str = "reduced") -> Outcome:
    """`qr` gives Q with orthonormal columns and R with zeros below its diagonal, such that A is Q R. In the
    mode "complete" Q is square; in the mode "reduced", the default, it has as many columns as the shorter
    side."""
    dtype, (rows, columns) = dtypes.of_array(A), A.shape[-2:]
    inner = rows if mode == "complete" else min(rows, columns)

    def residuals(Q: Array, R: Array, dtype: DType) -> Residuals:
        return {
            "Q R = A": residual(np.matmul(Q, R) - widened(A), norm(widened(A)), dtype),
            "Q is orthonormal": orthonormal(Q, dtype),
            "R is upper triangular": holds(np.tril(R, -1) == 0),
        }

    batch = A.shape[:-2]
    structure = tensors(Q=(dtype, (*batch, rows, inner)), R=(dtype, (*batch, inner, columns)))
    return satisfying(structure, residuals, A)


@clause("torch.linalg.qr", covers="linalg.qr")
def qr_of_mode_r_leaves_q_empty(A: Array) -> Outcome:
    """In the mode "r" only the triangle is worked out, and Q is empty."""
    dtype, (rows, columns) = dtypes.of_array(A), A.shape[-2:]

    def residuals(Q: Array, R: Array, dtype: DType) -> Residuals:
        matrix = widened(A)
        gram = np.matmul(adjoint(R), R) - np.matmul(adjoint(matrix), matrix)
        return {
            "R^H R = A^H A": residual(gram, norm(matrix) ** 2, dtype),
            "R is upper triangular": holds(np.tril(R, -1) == 0),
        }

    shape = (*A.shape[:-2], min(rows, columns), columns)
    return satisfying(tensors(Q=(dtype, (0,)), R=(dtype, shape)), residuals, A)


def _hermitian(A: Array, side: str) -> Array:
    """Return the Hermitian matrix that one triangle states; the diagonal counts as real."""
    inner = np.tril(A, -1) if side == "L" else np.triu(A, 1)
    places = np.arange(A.shape[-1])
    full = inner + adjoint(inner)
    full[..., places, places] = A[..., places, places].real
    return np.asarray(full)


@clause("torch.linalg.eigh", covers="linalg.eigh")
def eigenvectors_of_a_hermitian_matrix_are_orthonormal(A: Array, side: str = "L") -> Outcome:
    """`eigh` gives the real eigenvalues, ascending, and orthonormal eigenvectors as columns, of the Hermitian
    matrix that the lower triangle states, or the upper one with ``UPLO="U"``: the other is not read."""
    dtype, matrix = dtypes.of_array(A), _hermitian(widened(A), side)

    def residuals(roots: Array, vectors: Array, dtype: DType) -> Residuals:
        difference = np.matmul(matrix, vectors) - vectors * roots[..., None, :]
        return {
            "A V = V diag(L)": residual(difference, norm(matrix), dtype),
            "V is orthonormal": orthonormal(vectors, dtype),
            "L ascends": holds(np.diff(roots, axis=-1) >= 0),
        }

    structure = tensors(eigenvalues=(dtypes.real_of(dtype), A.shape[:-1]), eigenvectors=(dtype, A.shape))
    return satisfying(structure, residuals, A)


@clause("torch.linalg.eig", covers="linalg.eigh")
def eigenvalues_of_any_matrix_are_complex(A: Array) -> Outcome:
    """`eig` gives the eigenvalues of a square matrix in any order, and eigenvectors of length 1 as columns;
    both are complex, also those of a real matrix."""
    dtype, matrix = dtypes.of_array(A), widened(A)
    kind = dtypes.complex_of(dtypes.real_of(dtype))

    def residuals(roots: Array, vectors: Array, dtype: DType) -> Residuals:
        difference = np.matmul(matrix, vectors) - vectors * roots[..., None, :]
        lengths = np.sqrt((np.abs(vectors) ** 2).sum(-2, keepdims=True))
        return {
            "A V = V diag(L)": residual(difference, norm(matrix), dtype),
            "V has columns of length 1": residual(lengths - 1, 1.0, dtype),
            **_traces(matrix, roots, dtype),
        }

    structure = tensors(eigenvalues=(kind, A.shape[:-1]), eigenvectors=(kind, A.shape))
    return satisfying(structure, residuals, A)


def _traces(matrix: Array, roots: Array, dtype: DType) -> Residuals:
    total = roots.sum(-1) - np.trace(matrix, axis1=-2, axis2=-1)
    return {"sum of L = trace of A": residual(total[..., None, None], roots.shape[-1] * norm(matrix), dtype)}


@clause("torch.linalg.eigvals", covers="linalg.eigh")
def each_eigenvalue_makes_the_matrix_singular(A: Array) -> Outcome:
    """`eigvals` gives the complex numbers whose subtraction from the diagonal leaves a singular matrix, each
    as often as it occurs: their sum is the trace."""
    matrix = widened(A)
    kind = dtypes.complex_of(dtypes.real_of(dtypes.of_array(A)))

    def residuals(roots: Array, dtype: DType) -> Residuals:
        shifted = matrix[..., None, :, :] - roots[..., None, None] * np.eye(A.shape[-1])
        least = np.linalg.svd(shifted.astype(np.complex128), compute_uv=False)[..., -1:]
        size = A.shape[-1] * eps_of(dtype) * norm(matrix)[..., None, None]
        ratio = least / np.maximum(size, np.finfo(np.float64).tiny)
        return {"A - L is singular": float(ratio.max(initial=0)), **_traces(matrix, roots, dtype)}

    return satisfying(Structure(kind, A.shape[:-1]), residuals, A)


def _triangular(A: Array, factor: Array, upper: bool, dtype: DType) -> Residuals:
    lower = adjoint(factor) if upper else factor
    diagonal = np.diagonal(lower, axis1=-2, axis2=-1)
    return {
        "L L^H = A": residual(np.matmul(lower, adjoint(lower)) - widened(A), norm(widened(A)), dtype),
        "L is triangular": holds(np.triu(lower, 1) == 0),
        "the diagonal is positive": holds((diagonal.real > 0) & (diagonal.imag == 0)),
    }


@clause("torch.linalg.cholesky", covers="linalg.cholesky")
def cholesky_gives_a_triangle_with_a_positive_diagonal(A: Array, upper: bool = False) -> Outcome:
    """`cholesky` of a positive-definite matrix gives L with zeros above its positive diagonal, such that A is
    L L^H; with ``upper=True`` it gives L^H."""

    def residuals(factor: Array, dtype: DType) -> Residuals:
        return _triangular(A, factor, upper, dtype)

    return satisfying(Structure(dtypes.of_array(A), A.shape), residuals, A)


@clause("torch.linalg.cholesky", covers="linalg.cholesky")
def only_positive_matrices_have_a_cholesky_factor() -> Outcome:
    """A matrix that is not positive-definite, be it one of a batch, is a LinAlgError."""
    return Raises("LinAlgError", from_values=True)


@clause("torch.linalg.cholesky_ex", covers="linalg.cholesky")
def cholesky_ex_tells_the_minor_that_fails(orders: Array) -> Outcome:
    """`cholesky_ex` raises nothing: its second result is 0 for each positive-definite matrix, else the order
    of the first leading minor that is not positive."""
    return Exactly(orders)


@clause("torch.linalg.lu", covers="linalg.lu", level="extended")
def lu_exchanges_rows_and_gives_two_triangles(A: Array) -> Outcome:
    """`lu` gives a permutation P, L with ones on its diagonal and zeros above, and U with zeros below, such
    that A is P L U. Rows are exchanged such that no element of L exceeds 1."""
    dtype, (rows, columns) = dtypes.of_array(A), A.shape[-2:]
    count, batch = min(rows, columns), A.shape[:-2]

    def residuals(P: Array, L: Array, U: Array, dtype: DType) -> Residuals:
        size = norm(L) * norm(U)
        permuted = ((P == 0) | (P == 1)).all() and (P.sum(-1) == 1).all() and (P.sum(-2) == 1).all()
        # Of complex numbers the greatest sum of absolute parts is looked for.
        most = (np.sqrt(2) if dtype.is_complex else 1.0) + LIMIT * eps_of(dtype)
        return {
            "P L U = A": residual(np.matmul(P, np.matmul(L, U)) - widened(A), size, dtype),
            "P exchanges rows": holds(permuted),
            "L is a triangle": holds(np.triu(L, 1) == 0) + holds(np.diagonal(L, axis1=-2, axis2=-1) == 1),
            "L is at most 1": holds(np.abs(L) <= most),
            "U is a triangle": holds(np.tril(U, -1) == 0),
        }

    structure = tensors(
        P=(dtype, (*batch, rows, rows)), L=(dtype, (*batch, rows, count)), U=(dtype, (*batch, count, columns))
    )
    return satisfying(structure, residuals, A)
