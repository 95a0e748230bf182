"""Faults of decompositions: of order, triangles, shapes and precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import return_types
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import decompositions as d

from . import decompositions_forms
from .mutant import attribute, kernel, mutant


def _changed(change: Any) -> Any:
    """Make a mutant from a function of the results, which returns them changed."""

    def make(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            return type(result)(*change(*result))

        return call

    return make


def _ascending(U: Any, S: Any, Vh: Any) -> Any:
    count = S.shape[-1]
    left = ops.cat([ops.flip(U[..., :count], (-1,)), U[..., count:]], -1)
    right = ops.cat([ops.flip(Vh[..., :count, :], (-2,)), Vh[..., count:, :]], -2)
    return left, ops.flip(S, (-1,)), right


def _not_adjoint(U: Any, S: Any, Vh: Any) -> Any:
    return U, S, (Vh.mH if Vh.shape[-1] == Vh.shape[-2] else Vh)


def _untransposed(U: Any, S: Any, V: Any) -> Any:
    return U, S, (V.mH if V.shape[-1] == V.shape[-2] else V)


def _always_some(original: Any) -> Any:
    return lambda input, some=True, compute_uv=True: original(input, True, compute_uv)


def _empty_vectors(original: Any) -> Any:
    def call(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
        left, size, right = original(input, some, compute_uv)
        found = (left, size, right) if compute_uv else (left[..., :0], size, right[..., :0])
        return return_types.svd(*found)

    return call


def _lower_only(original: Any) -> Any:
    return lambda input, UPLO="L": original(input, "L")


def _reduced(original: Any) -> Any:
    return lambda A, full_matrices=True, **kwargs: original(A, False, **kwargs)


def _never_complete(original: Any) -> Any:
    return lambda A, mode="reduced": original(A, "reduced" if mode == "complete" else mode)


def _with_noise(Q: Any, R: Any) -> Any:
    return Q, R + 1e-9


def _with_q(original: Any) -> Any:
    return lambda A, mode="reduced": original(A, "reduced" if mode == "r" else mode)


def _by_normal_equations(original: Any) -> Any:
    """Factorise the Gram matrix, which loses half of the digits."""

    def call(A: Any, mode: str = "reduced") -> Any:
        result = original(A, mode)
        if mode != "reduced" or A.ndim != 2 or A.shape[-2] < A.shape[-1] or not A.numel():
            return result
        upper = ops.linalg.cholesky_ex(ops.matmul(A.mH, A), upper=True)[0]
        sound = ops.linalg.solve_triangular(upper, A, upper=True, left=False)
        return type(result)(sound, upper)

    return call


def _upper(original: Any) -> Any:
    return lambda input, side: (original(input, side)[0], "U")


def _descending(values: Any, vectors: Any) -> Any:
    return ops.flip(values, (-1,)), ops.flip(vectors, (-1,))


def _unscaled(values: Any, vectors: Any) -> Any:
    return values, vectors * 2


def _real_parts(original: Any) -> Any:
    def call(input: Any) -> Any:
        real = ops.real(original(input))
        return ops.complex(real, ops.zeros_like(real))

    return call


def _low_values(original: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs).bfloat16().to(args[0].dtype.to_real())

    return call


def _full_upper(original: Any) -> Any:
    """Leave in the other triangle what the matrix has there."""

    def call(values: Any) -> Any:
        lower, codes = original(values)
        return np.where(np.triu(np.ones(lower.shape[-2:], bool), 1), values, lower), codes

    return call


def _not_turned(original: Any) -> Any:
    return lambda input, *, upper=False, **kwargs: original(input, **kwargs)


def _lenient(original: Any) -> Any:
    """Take the root of the magnitude where a pivot is negative."""

    def call(values: Any) -> Any:
        lower, codes = original(values)
        return lower, np.zeros_like(codes)

    return call


def _counted_from_zero(original: Any) -> Any:
    return lambda matrix: max(original(matrix) - 1, 1)


def _without_exchanges(original: Any) -> Any:
    """Divide by whatever stands on the diagonal."""

    def call(values: Any) -> Any:
        packed, exchanged = original(values)
        return packed, np.broadcast_to(np.arange(exchanged.shape[-1], dtype=np.int32), exchanged.shape).copy()

    return call


MUTANTS = (
    mutant(
        "svd_ascends",
        d.singular_values_and_vectors_make_up_the_matrix,
        kernel("linalg.svd", _changed(_ascending)),
    ),
    mutant(
        "svd_gives_v_and_not_its_adjoint",
        d.singular_values_and_vectors_make_up_the_matrix,
        kernel("linalg.svd", _changed(_not_adjoint)),
    ),
    mutant(
        "svd_is_always_reduced",
        d.singular_values_and_vectors_make_up_the_matrix,
        kernel("linalg.svd", _reduced),
    ),
    mutant(
        "svdvals_in_bfloat16",
        d.values_alone_are_those_with_vectors,
        kernel("linalg.svdvals", _low_values),
    ),
    mutant("old_svd_gives_the_adjoint", d.svd_of_old_gives_v_itself, kernel("svd", _changed(_untransposed))),
    mutant(
        "old_svd_ignores_some",
        d.svd_of_old_gives_v_itself,
        kernel(
            "svd",
            lambda original: lambda input, some=True, compute_uv=True: original(input, True, compute_uv),
        ),
    ),
    mutant("old_svd_leaves_vectors_out", d.svd_without_vectors_gives_zeros, kernel("svd", _empty_vectors)),
    mutant(
        "eigvalsh_reads_the_lower_triangle_always",
        (d.eigvalsh_reads_the_triangle_that_is_named, d.values_alone_are_those_with_vectors),
        kernel("linalg.eigvalsh", _lower_only),
    ),
    mutant(
        "qr_is_never_complete",
        d.qr_gives_orthonormal_columns_and_a_triangle,
        kernel("linalg.qr", _never_complete),
    ),
    mutant(
        "qr_leaves_noise_below_the_diagonal",
        d.qr_gives_orthonormal_columns_and_a_triangle,
        kernel("linalg.qr", _changed(_with_noise)),
    ),
    mutant(
        "qr_by_normal_equations",
        d.qr_gives_orthonormal_columns_and_a_triangle,
        kernel("linalg.qr", _by_normal_equations),
    ),
    mutant("qr_of_mode_r_gives_q", d.qr_of_mode_r_leaves_q_empty, kernel("linalg.qr", _with_q)),
    mutant(
        "eigh_reads_the_upper_triangle",
        d.eigenvectors_of_a_hermitian_matrix_are_orthonormal,
        attribute("linalg.spectra:_triangle", _upper),
    ),
    mutant(
        "eigh_descends",
        d.eigenvectors_of_a_hermitian_matrix_are_orthonormal,
        kernel("linalg.eigh", _changed(_descending)),
    ),
    mutant(
        "eig_does_not_scale_vectors",
        d.eigenvalues_of_any_matrix_are_complex,
        kernel("linalg.eig", _changed(_unscaled)),
    ),
    mutant(
        "eigvals_drops_imaginary_parts",
        d.each_eigenvalue_makes_the_matrix_singular,
        kernel("linalg.eigvals", _real_parts),
    ),
    mutant(
        "cholesky_leaves_the_other_triangle",
        d.cholesky_gives_a_triangle_with_a_positive_diagonal,
        attribute("linalg.factors:_factorised", _full_upper),
    ),
    mutant(
        "cholesky_ignores_upper",
        d.cholesky_gives_a_triangle_with_a_positive_diagonal,
        kernel("linalg.cholesky_ex", _not_turned),
    ),
    mutant(
        "cholesky_takes_any_matrix",
        (
            d.only_positive_matrices_have_a_cholesky_factor,
            d.cholesky_ex_tells_the_minor_that_fails,
        ),
        attribute("linalg.factors:_factorised", _lenient),
    ),
    mutant(
        "cholesky_ex_counts_minors_from_zero",
        d.cholesky_ex_tells_the_minor_that_fails,
        attribute("linalg.factors:_failing_order", _counted_from_zero),
    ),
    mutant(
        "lu_forgets_its_exchanges",
        d.lu_exchanges_rows_and_gives_two_triangles,
        attribute("linalg.elimination:eliminated", _without_exchanges),
    ),
    *decompositions_forms.MUTANTS,
)
