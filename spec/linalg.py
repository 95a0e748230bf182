"""Linear algebra: solutions, inverses, determinants, norms and powers of matrices.

Solutions are held to the equations that define them; `tensorcanon.spec.ops.factors` says how closely.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .accuracy import Array, Dot, widened
from .clause import clause
from .ops.determinants import SUMS, determinants, logarithms, matrix_norm, of_each
from .ops.factors import (
    LIMIT,
    Residuals,
    adjoint,
    eps_of,
    holds,
    norm,
    residual,
    satisfying,
)
from .ops.gradients import near, of_function, of_values
from .outcome import Each, Exactly, Outcome, Raises, Structure, Within
from .rules import dtypes, elimination
from .rules.broadcasting import broadcast_shapes
from .rules.dtypes import DType

_SQUARE = "torch.linalg.inv; torch.linalg.det; torch.linalg.cholesky; torch.linalg.eigh; torch.linalg.eig"

# Systems of equations.


def _solution(A: Array, B: Array, shape: tuple[int, ...], *, left: bool = True) -> Outcome:
    dtype = dtypes.of_array(A)
    matrix, right = widened(A), widened(B)

    def residuals(X: Array, dtype: DType) -> Residuals:
        columns = X.reshape(*X.shape[: A.ndim - 1], -1) if right.shape[-1:] != X.shape[-1:] else X
        product = np.matmul(matrix, columns) if left else np.matmul(columns, matrix)
        return {"A X = B": residual(product - right, norm(matrix) * norm(columns) + norm(right), dtype)}

    return satisfying(Structure(dtype, shape), residuals, A)


@clause("torch.linalg.inv", covers="linalg.inv-solve")
def the_inverse_times_the_matrix_is_the_unit(A: Array) -> Outcome:
    """The inverse of a matrix, and of each matrix of a batch, multiplied with it from either side gives the
    unit matrix."""
    matrix = widened(A)
    unit = np.eye(A.shape[-1])

    def residuals(X: Array, dtype: DType) -> Residuals:
        size = norm(matrix) * norm(X)
        return {
            "A X = 1": residual(np.matmul(matrix, X) - unit, size, dtype),
            "X A = 1": residual(np.matmul(X, matrix) - unit, size, dtype),
        }

    return satisfying(Structure(dtypes.of_array(A), A.shape), residuals, A)


@clause("torch.linalg.solve", covers="linalg.inv-solve")
def solve_fulfils_the_equations(A: Array, B: Array, left: bool = True) -> Outcome:
    """`solve` gives X such that A X is B, or X A is B with ``left=False``; batches of matrices broadcast."""
    shape = (*broadcast_shapes(A.shape[:-2], B.shape[:-2]), *B.shape[-2:])
    return _solution(A, B, shape, left=left)


@clause("torch.linalg.solve", covers="linalg.inv-solve")
def a_vector_on_the_right_is_a_column(A: Array, B: Array) -> Outcome:
    """Where the right-hand side is a vector, or a batch of as many vectors as there are matrices, each is a
    column, and so is each solution."""
    matrix, right = widened(A), widened(B)

    def residuals(X: Array, dtype: DType) -> Residuals:
        product = np.matmul(matrix, X[..., None])
        size = norm(matrix) * norm(X[..., None]) + norm(right[..., None])
        return {"A x = b": residual(product - right[..., None], size, dtype)}

    return satisfying(Structure(dtypes.of_array(A), B.shape), residuals, A)


@clause("torch.linalg.inv; torch.linalg.solve", covers="linalg.inv-solve")
def singular_matrices_have_no_inverse() -> Outcome:
    """A matrix that is singular beyond rounding, be it one of a batch, is a LinAlgError, which is a
    RuntimeError."""
    return Raises("LinAlgError", from_values=True)


@clause("torch.linalg.inv_ex; torch.linalg.solve_ex", covers="linalg.inv-solve")
def inv_ex_tells_which_are_singular(singular: Array) -> Outcome:
    """`inv_ex` raises nothing: its second result is 0 for each matrix that has an inverse, and not 0 for each
    that has none."""

    def residuals(info: Array, dtype: DType) -> Residuals:
        return {"info is 0 where an inverse is": holds((info != 0) == singular)}

    return satisfying(Structure(dtypes.int32, singular.shape), residuals, np.zeros(0, np.float32))


@clause(_SQUARE, covers="linalg.square-float-required")
def matrices_must_be_square() -> Outcome:
    """Inverses, determinants, Cholesky factors, eigenvalues, solutions, powers and exponentials are those of
    square matrices; others are refused, and so is a vector."""
    return Raises("RuntimeError")


@clause(_SQUARE, covers="linalg.square-float-required")
def elements_must_be_floating_or_complex() -> Outcome:
    """Matrices of integers or bools are not inverted, solved with or factorised."""
    return Raises("RuntimeError")


@clause("torch.linalg.solve; torch.linalg.solve_triangular", covers="linalg.inv-solve", basis="observed")
def right_hand_sides_must_fit() -> Outcome:
    """A right-hand side with another number of rows than the matrix is refused."""
    return Raises("RuntimeError")


@clause("torch.linalg.solve_triangular", covers="linalg.solve-triangular")
def solve_triangular_reads_one_triangle(
    A: Array, B: Array, upper: bool, left: bool = True, unitriangular: bool = False
) -> Outcome:
    """`solve_triangular` solves with the upper or lower triangle of a matrix, whatever stands in the other;
    with ``unitriangular=True`` the diagonal counts as ones and is not read either."""
    matrix = np.triu(widened(A)) if upper else np.tril(widened(A))
    if unitriangular:
        places = np.arange(A.shape[-1])
        matrix[..., places, places] = 1
    right = widened(B)

    def residuals(X: Array, dtype: DType) -> Residuals:
        factors = (matrix, X) if left else (X, matrix)
        product = np.matmul(*factors)
        size = np.matmul(*map(np.abs, factors)) + np.abs(right)
        # Substitution is stable row by row: Higham, theorem 8.5.
        unit = np.maximum(eps_of(dtype) * A.shape[-1] * size, np.finfo(np.float64).tiny)
        return {"A X = B": float((np.abs(product - right) / unit).max(initial=0))}

    shape = (*broadcast_shapes(A.shape[:-2], B.shape[:-2]), *B.shape[-2:])
    return satisfying(Structure(dtypes.of_array(A), shape), residuals, A)


@clause("torch.linalg.lstsq", covers="linalg.lstsq")
def lstsq_leaves_the_least_remainder(A: Array, B: Array) -> Outcome:
    """The solution of `lstsq` leaves a remainder A X - B orthogonal to the columns of A; of a wide matrix of
    full rank it is the one of least norm, a combination of its rows."""
    return _least(A, B)


@clause("torch.linalg.lstsq", covers="linalg.lstsq")
def lstsq_pivots_each_matrix_anew(A: Array, B: Array) -> Outcome:
    """By default `lstsq` pivots on the CPU, so that matrices may begin with columns of zeros; what a batch
    held before a matrix does not matter."""
    return _least(A, B)


def _least(A: Array, B: Array) -> Outcome:
    matrix, right = widened(A), widened(B)

    def residuals(X: Array, dtype: DType) -> Residuals:
        remainder = np.matmul(matrix, X) - right
        size = norm(matrix) * (norm(matrix) * norm(X) + norm(right))
        found = {"A^H (A X - B) = 0": residual(np.matmul(adjoint(matrix), remainder), size, dtype)}
        if A.shape[-2] < A.shape[-1]:
            basis = np.linalg.qr(adjoint(A.astype(np.result_type(A, np.float64))))[0]
            outside = X - np.matmul(basis, np.matmul(adjoint(basis), X))
            condition = np.linalg.cond(A).max(initial=1)
            found["X is made of rows"] = residual(outside, norm(X) * condition, dtype)
        return found

    shape = (*broadcast_shapes(A.shape[:-2], B.shape[:-2]), A.shape[-1], B.shape[-1])
    return satisfying(Structure(dtypes.of_array(A), shape), residuals, A)


@clause("torch.linalg.pinv", covers="linalg.pinv-rank")
def the_pseudoinverse_fulfils_four_equations(A: Array) -> Outcome:
    """The pseudoinverse X of any matrix, of full rank or not, is determined by: A X A is A, X A X is X, and
    A X and X A are Hermitian."""
    matrix = widened(A)

    def residuals(X: Array, dtype: DType) -> Residuals:
        left, right = np.matmul(matrix, X), np.matmul(X, matrix)
        condition = norm(matrix) * norm(X)
        return {
            "A X A = A": residual(np.matmul(left, matrix) - matrix, condition * norm(matrix), dtype),
            "X A X = X": residual(np.matmul(right, X) - X, condition * norm(X), dtype),
            "A X is Hermitian": residual(left - adjoint(left), condition, dtype),
            "X A is Hermitian": residual(right - adjoint(right), condition, dtype),
        }

    shape = (*A.shape[:-2], A.shape[-1], A.shape[-2])
    return satisfying(Structure(dtypes.of_array(A), shape), residuals, A)


@clause("torch.linalg.matrix_rank", covers="linalg.pinv-rank")
def the_rank_counts_independent_rows(A: Array) -> Outcome:
    """The rank of a matrix of small integers is the number of its linearly independent rows: singular values
    within rounding of 0 do not count."""
    return Exactly(of_each(elimination.exact_rank, A).astype(np.int64))


@clause("torch.linalg.matrix_rank", covers="linalg.pinv-rank")
def singular_values_up_to_a_tolerance_do_not_count(values: Array, tolerance: float) -> Outcome:
    """With an absolute tolerance the rank is the number of singular values above it."""
    return Exactly(np.asarray((np.abs(values) > tolerance).sum(-1), np.int64))


@clause("torch.linalg.cond", covers="linalg.pinv-rank")
def the_condition_is_the_ratio_of_singular_values(A: Array, order: Any = None) -> Outcome:
    """The condition of an invertible matrix is its norm times the norm of its inverse; by default of the
    2-norm, which is the ratio of the greatest and the least singular value."""
    values = A.astype(np.result_type(A, np.float64))
    exact = np.linalg.cond(values, 2 if order is None else order)
    # A relative error of up to n eps cond, as the least singular value is known to n eps of the greatest.
    bound = Dot(np.asarray(exact * np.maximum(exact, np.linalg.cond(values))), LIMIT * A.shape[-1])
    return Within(np.asarray(exact), bound, dtypes.real_of(dtypes.of_array(A)))


@clause("torch.linalg.lu_factor; torch.linalg.lu_solve", covers="linalg.lu", level="extended")
def lu_solve_solves_with_the_factors(A: Array, B: Array) -> Outcome:
    """`lu_solve` with what `lu_factor` gives of a matrix solves the equations of that matrix."""
    return _solution(A, B, B.shape)


@clause("torch.cholesky_solve; torch.cholesky_inverse", covers="linalg.cholesky", level="extended")
def cholesky_solve_solves_with_the_factor(A: Array, B: Array) -> Outcome:
    """`cholesky_solve` with the Cholesky factor of a matrix solves its equations; `cholesky_inverse` solves
    those of the unit matrix."""
    return _solution(A, B, B.shape)


# Determinants.


@clause("torch.linalg.det", covers="linalg.det")
def the_determinant_is_exact_to_rounding(A: Array) -> Outcome:
    """The determinant is the signed sum over all permutations of products of elements: 0 of a singular matrix
    up to rounding, and 1 of an empty one."""
    exact, change = determinants(A)
    return Within(exact, Dot(change, LIMIT), dtypes.of_array(A), signed_zero=False)


@clause("torch.linalg.det", covers="linalg.det")
def determinants_of_triangles_multiply_the_diagonal(A: Array) -> Outcome:
    """The determinant of an upper triangular matrix is the product of its diagonal, however large the rest;
    exchanging two rows of a diagonal one changes the sign."""
    exact, _ = determinants(A)
    bound = Dot(np.abs(exact), 2.0 * (A.shape[-1] + 1))
    return Within(exact, bound, dtypes.of_array(A), signed_zero=False)


@clause("torch.linalg.slogdet", covers="linalg.det")
def slogdet_gives_the_sign_and_the_logarithm(A: Array) -> Outcome:
    """`slogdet` gives the sign of the determinant, of a complex one its direction, and the logarithm of its
    magnitude: 0 and minus infinity of a matrix that is singular without rounding."""
    sign, logarithm, relative = logarithms(A)
    dtype = dtypes.of_array(A)
    direction = Within(sign, Dot(relative + 1, LIMIT), dtype, signed_zero=False)
    return Each((direction, _logarithm(logarithm, relative, dtype)), ("sign", "logabsdet"))


@clause("torch.logdet", covers="linalg.det")
def logdet_is_the_logarithm_of_the_determinant(A: Array) -> Outcome:
    """`logdet` of a real matrix is the logarithm of its determinant: minus infinity where it is 0, NaN where
    it is negative."""
    sign, logarithm, relative = logarithms(A)
    return _logarithm(np.where(sign < 0, np.nan, logarithm), relative, dtypes.of_array(A))


def _logarithm(exact: Array, relative: Array, dtype: DType) -> Outcome:
    size = relative + 1 + np.abs(np.where(np.isfinite(exact), exact, 0))
    return Within(exact, Dot(size, LIMIT), dtypes.real_of(dtype), signed_zero=False)


# Norms.


def _norms(exact: Array, array: Array, scale: float, size: Any = 0.0) -> Outcome:
    bound = Dot(np.maximum(exact, size if scale > 1 else 0), scale * (array.size + 3))
    return Within(exact, bound, dtypes.real_of(dtypes.of_array(array)), signed_zero=False)


@clause("torch.linalg.norm", covers="linalg.norms")
def without_an_order_all_elements_make_one_vector(array: Array) -> Outcome:
    """`linalg.norm` without an order and dimensions is the 2-norm of all elements, whatever the shape."""
    exact = np.sqrt((np.abs(widened(array)) ** 2).sum())
    return _norms(np.asarray(exact), array, 1.0)


@clause("torch.linalg.matrix_norm; torch.linalg.norm", covers="linalg.norms")
def a_matrix_norm_follows_from_its_order(
    array: Array, order: Any, dims: tuple[int, int] = (-2, -1), keepdim: bool = False
) -> Outcome:
    """The order "fro" is the root of the sum of squares, "nuc" the sum of the singular values, 2 and -2 the
    greatest and the least of them, 1 and -1 the greatest and the least sum of the absolute elements of a
    column, inf and -inf those of a row."""
    matrix = np.moveaxis(array, dims, (-2, -1))
    exact = matrix_norm(matrix, order)
    scale = 1.0 if order in SUMS else LIMIT * max(matrix.shape[-2:])
    if keepdim:
        exact = np.expand_dims(exact, tuple(sorted(dim % array.ndim for dim in dims)))
    return _norms(exact, array, scale, norm(widened(matrix)).max(initial=0))


@clause("torch.linalg.matrix_norm", covers="linalg.norms")
def matrix_norms_need_a_matrix() -> Outcome:
    """A tensor of fewer than two dimensions has no matrix norm."""
    return Raises("RuntimeError")


# Powers.


@clause("torch.linalg.matrix_power", covers="linalg.matrix-power-exp")
def powers_multiply_a_matrix_with_itself(A: Array, n: int) -> Outcome:
    """The n-th power of a square matrix is the product of as many of it; the power 0 is the unit matrix."""
    exact, magnitude = (np.linalg.matrix_power(widened(one), n) for one in (A, np.abs(A)))
    dtype = dtypes.of_array(A)
    if dtype.is_integral:
        return Exactly(np.linalg.matrix_power(A, n))
    return Within(exact, Dot(magnitude, 2.0 * max(n, 1) * (A.shape[-1] + 1)), dtype, signed_zero=False)


@clause("torch.linalg.matrix_power", covers="linalg.matrix-power-exp")
def negative_powers_are_those_of_the_inverse(A: Array, n: int) -> Outcome:
    """A negative power is that of the inverse matrix."""
    inverses = of_each(elimination.inverse, widened(A)).reshape(A.shape)
    exact = np.linalg.matrix_power(inverses, -n)
    size = norm(inverses) ** -n * (norm(widened(A)) * norm(inverses))
    bound = Dot(np.broadcast_to(size[..., None, None], exact.shape), LIMIT * -n * A.shape[-1])
    return Within(exact, bound, dtypes.of_array(A), signed_zero=False)


@clause("torch.linalg.matrix_exp", covers="linalg.matrix-power-exp")
def the_exponential_sums_the_powers(A: Array) -> Outcome:
    """The exponential of a square matrix is the sum of its powers, each over the factorial of its exponent;
    that of zeros is the unit matrix."""
    matrix = widened(A)
    exact = term = np.broadcast_to(np.eye(A.shape[-1], dtype=matrix.dtype), A.shape)
    # The powers stay below those of the norm, so that the sum of their norms bounds every rounding.
    for k in range(1, 120):
        term = np.matmul(term, matrix) / k
        exact = exact + term
    size = np.exp(norm(matrix)) * (1 + norm(matrix))
    bound = Dot(np.broadcast_to(size[..., None, None], exact.shape), LIMIT * max(A.shape[-1], 1))
    return Within(exact, bound, dtypes.of_array(A), signed_zero=False)


@clause("torch.linalg.vander", covers="linalg.vander-multi-dot", level="extended")
def vander_has_the_powers_of_each_element_in_a_row(x: Array, count: int | None = None) -> Outcome:
    """Each row of `vander` holds the powers of one element from 0 to one less than the number of columns, by
    default as many as there are elements; batches of vectors give batches of matrices."""
    powers = np.arange(x.shape[-1] if count is None else count)
    dtype = dtypes.of_array(x)
    if dtype.is_integral:
        wide = x.astype(np.int64)[..., None] ** powers
        return Exactly(wide)
    exact = widened(x)[..., None] ** powers
    return Within(exact, Dot(np.abs(exact), 4.0 * (len(powers) + 1)), dtype, signed_zero=False)


# Derivatives.


@clause("torch.autograd.gradcheck; torch.linalg.inv; torch.linalg.solve", covers="linalg.gradients")
def gradients_of_matrix_functions_are_derivatives(
    name: str, weight: Array, place: int, prepare: Callable[[Array], Array], *operands: Array
) -> Outcome:
    """The gradient of an operand of a product, inverse, solution, determinant, its logarithm or a Cholesky
    factor is the derivative of the weighted sum of the results.

    Parameters
    ----------
    name : str
    weight : ndarray
        That of each result.
    place : int
        Which operand.
    prepare : callable
        What the first operand is made into before, as the Hermitian part of a matrix.
    *operands : ndarray
    """
    return near(of_function(name, weight, place, prepare, *operands), weight, operands[place])


@clause("torch.linalg.eigvalsh; torch.linalg.svdvals", covers="linalg.gradients")
def gradients_of_values_are_outer_products_of_vectors(weight: Array, A: Array, *, hermitian: bool) -> Outcome:
    """The gradient of distinct eigenvalues or singular values is, for each, its weight times the outer
    product of its vectors."""
    return near(of_values(weight, A, hermitian=hermitian), weight, A)
