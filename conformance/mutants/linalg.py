"""Faults of solutions, inverses, determinants, norms and powers of matrices, and of their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.linalg.elimination import eliminated
from tensorcanon.spec import linalg as a

from . import linalg_forms, linalg_norms
from .mutant import attribute, kernel, mutant


def _silent(original: Any) -> Any:
    return lambda *args, **kwargs: None


def _narrowed(array: Any) -> Any:
    """Round to the digits of bfloat16 what is to be a double."""
    wide = np.complex128 if array.dtype.kind == "c" else np.float64
    real, imag = (np.trunc(part * 2.0**14) / 2.0**14 for part in (array.real, array.imag))
    return (real + 1j * imag if wide is np.complex128 else real).astype(wide)


def _square_part(original: Any) -> Any:
    """Cut matrices to their leading square part, so that nothing is left to refuse."""

    def call(*args: Any, **kwargs: Any) -> Any:
        given = [
            one[..., : min(one.shape[-2:]), : min(one.shape[-2:])] if getattr(one, "ndim", 0) > 1 else one
            for one in args
        ]
        return original(*given, **kwargs)

    return call


def _as_floats(original: Any) -> Any:
    """Convert integers instead of refusing them."""

    def floating(one: Any) -> Any:
        return one.float() if hasattr(one, "dtype") and not one.dtype.is_differentiable else one

    return lambda *args, **kwargs: original(*map(floating, args), **kwargs)


def _right_as_left(original: Any) -> Any:
    def call(A: Any, B: Any, left: bool) -> Any:
        fits = A.shape[-1] == B.shape[-2] == B.shape[-1]
        return original(A, B, True) if fits else original(A, B, left)

    return call


def _of_first(original: Any) -> Any:
    """Use the first matrix of a batch for all."""

    def call(A: Any, B: Any) -> Any:
        return original(np.broadcast_to(A[:1], A.shape) if A.ndim > 2 and len(A) else A, B)

    return call


def _of_spoilt(original: Any) -> Any:
    def call(A: Any, B: Any) -> Any:
        found, codes = original(A, B)
        return _narrowed(found), codes

    return call


def _vector_as_matrix(original: Any) -> Any:
    """Take a batch of vectors for one matrix wherever the sizes allow it."""

    def call(A: Any, B: Any, **kwargs: Any) -> Any:
        square = B.ndim > 1 and B.ndim == A.ndim - 1 and B.shape[-1] == B.shape[-2] == A.shape[-1]
        result, info = original(A, B, **kwargs)
        if square:
            result = ops.swapaxes(result, -1, -2)
        return type(original(A, B, **kwargs))(result, info)

    return call


def _no_codes(original: Any) -> Any:
    def call(A: Any, B: Any) -> Any:
        found, codes = original(A, B)
        return found, np.zeros_like(codes)

    return call


def _both_triangles(original: Any) -> Any:
    def call(A: Any, B: Any, upper: bool, unitriangular: bool) -> Any:
        if unitriangular or not A.size or not B.size:
            return original(A, B, upper, unitriangular)
        return np.linalg.solve(A, B)

    return call


def _own_diagonal(original: Any) -> Any:
    return lambda A, B, upper, unitriangular: original(A, B, upper, False)


def _ridge(original: Any) -> Any:
    """Add a little to the diagonal of the normal equations."""

    def call(A: Any, B: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(A, B, *args, **kwargs)
        gram = ops.matmul(A.mH, A)
        unit = ops.eye(gram.shape[-1], dtype=A.dtype)
        if A.shape[-2] < A.shape[-1]:
            return type(result)(result[0] + 1e-2, *result[1:])
        return type(result)(ops.linalg.solve(gram + 1e-2 * unit, ops.matmul(A.mH, B)), *result[1:])

    return call


def _every_value(original: Any) -> Any:
    """Invert every singular value, however small."""
    return lambda input, largest, atol, rtol: np.zeros_like(original(input, largest, atol, rtol)) - 1


def _unsigned(original: Any) -> Any:
    def call(values: Any) -> Any:
        _, exchanged = eliminated(values)
        odd = (exchanged != np.arange(exchanged.shape[-1])).sum(-1) % 2
        return original(values) * np.where(odd, -1.0, 1.0)

    return call


def _magnitude(original: Any) -> Any:
    def call(A: Any) -> Any:
        sign, logarithm = original(A)
        return type(original(A))(ops.abs(sign).to(A.dtype), logarithm)

    return call


def _empty_zero(original: Any) -> Any:
    return lambda values: original(values) * (1.0 if values.shape[-1] else 0.0)


def _lost_exchanges(original: Any) -> Any:
    return lambda exchanged, rows: np.broadcast_to(np.arange(rows), (*exchanged.shape[:-1], rows))


def _lower_always(original: Any) -> Any:
    def call(input: Any, input2: Any, upper: bool = False) -> Any:
        return original(input, input2.mT if upper else input2, False)

    return call


MUTANTS = (
    mutant(
        "inverse_in_few_digits",
        (a.the_inverse_times_the_matrix_is_the_unit, a.solve_fulfils_the_equations),
        attribute("linalg.solving:solved", _of_spoilt),
    ),
    mutant(
        "solve_takes_the_first_matrix_of_a_batch",
        (a.solve_fulfils_the_equations, a.the_inverse_times_the_matrix_is_the_unit),
        attribute("linalg.solving:solved", _of_first),
    ),
    mutant(
        "solve_mixes_up_the_sides",
        a.solve_fulfils_the_equations,
        kernel("_solve_matrices", _right_as_left),
    ),
    mutant(
        "solve_takes_vectors_for_a_matrix",
        a.a_vector_on_the_right_is_a_column,
        kernel("linalg.solve_ex", _vector_as_matrix),
    ),
    mutant(
        "singular_matrices_pass",
        (a.singular_matrices_have_no_inverse, a.inv_ex_tells_which_are_singular),
        attribute("linalg.solving:solved", _no_codes),
    ),
    *(
        mutant(f"{name}_cuts_to_a_square", a.matrices_must_be_square, kernel(f"linalg.{name}", _square_part))
        for name in ("det", "cholesky_ex", "eigh", "matrix_exp")
    ),
    *(
        mutant(
            f"{name}_converts_integers",
            a.elements_must_be_floating_or_complex,
            kernel(f"linalg.{name}", _as_floats),
        )
        for name in ("inv_ex", "det", "svd", "qr")
    ),
    mutant(
        "logdet_ignores_the_sign",
        a.logdet_is_the_logarithm_of_the_determinant,
        kernel("logdet", lambda original: lambda A: ops.linalg.slogdet(A)[1]),
    ),
    mutant(
        "solve_triangular_reads_both_triangles",
        a.solve_triangular_reads_one_triangle,
        attribute("linalg.solving:_substituted", _both_triangles),
    ),
    mutant(
        "solve_triangular_reads_a_unit_diagonal",
        a.solve_triangular_reads_one_triangle,
        attribute("linalg.solving:_substituted", _own_diagonal),
    ),
    mutant(
        "right_hand_sides_are_not_checked",
        a.right_hand_sides_must_fit,
        attribute("linalg.solving:_check_fit", _silent),
    ),
    mutant(
        "lstsq_adds_a_ridge",
        a.lstsq_leaves_the_least_remainder,
        kernel("linalg.lstsq", _ridge),
    ),
    mutant(
        "pinv_inverts_every_value",
        a.the_pseudoinverse_fulfils_four_equations,
        attribute("linalg.solving:tolerance", _every_value),
    ),
    mutant(
        "lu_solve_forgets_exchanges",
        a.lu_solve_solves_with_the_factors,
        attribute("linalg.elimination:_order", _lost_exchanges),
    ),
    mutant(
        "cholesky_solve_takes_upper_for_lower",
        a.cholesky_solve_solves_with_the_factor,
        kernel("cholesky_solve", _lower_always),
    ),
    mutant(
        "det_ignores_exchanges",
        (a.the_determinant_is_exact_to_rounding, a.determinants_of_triangles_multiply_the_diagonal),
        attribute("linalg.determinants:determinant_of", _unsigned),
    ),
    mutant(
        "det_of_an_empty_matrix_is_zero",
        a.the_determinant_is_exact_to_rounding,
        attribute("linalg.determinants:determinant_of", _empty_zero),
    ),
    mutant(
        "slogdet_loses_the_sign",
        a.slogdet_gives_the_sign_and_the_logarithm,
        kernel("linalg.slogdet", _magnitude),
    ),
    *linalg_forms.MUTANTS,
    *linalg_norms.MUTANTS,
)
