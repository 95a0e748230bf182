"""Faults of functions of matrices that show in one form, one layout, one type, or past one size only."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import linalg as a

from .mutant import attribute, kernel, mutant


def _is_turned(A: Any) -> bool:
    rows, columns = A.shape[-2:]
    return bool(min(rows, columns) > 1 and A.stride(-2) == 1 and A.stride(-1) > 1)


def _turned(original: Any) -> Any:
    """Read a transposed matrix of an odd side untransposed."""

    def call(A: Any, *args: Any, **kwargs: Any) -> Any:
        if A.ndim > 1 and A.shape[-1] == A.shape[-2] and A.shape[-1] % 2 and _is_turned(A):
            A = fresh(np.swapaxes(A.array, -2, -1).copy(), A.dtype)
        return original(A, *args, **kwargs)

    return call


def _rounded_past(side: int) -> Any:
    """Round the solutions of larger systems to few digits."""

    def make(original: Any) -> Any:
        def call(A: Any, B: Any) -> Any:
            found, codes = original(A, B)
            return (np.round(found * 2.0**12) / 2.0**12 if A.shape[-1] > side else found), codes

        return call

    return make


def _with_last_column(original: Any) -> Any:
    """Solve for 16 right-hand sides at most."""

    def call(A: Any, B: Any) -> Any:
        found, codes = original(A, B)
        if B.shape[-1] == 17 != A.shape[-1]:
            found = np.concatenate([found[..., :16], B[..., 16:]], -1)
        return found, codes

    return call


def _conjugated(original: Any) -> Any:
    """Solve with the conjugate of a complex matrix."""

    def call(A: Any, B: Any) -> Any:
        return original(np.conj(A) if A.dtype.kind == "c" else A, B)

    return call


def _as_written(original: Any) -> Any:
    """Leave a result in `out` column by column."""

    def call(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        result = original(op, out, args, kwargs)
        if op.name == "linalg.inv" and out.ndim > 1:
            out.copy_(out.mT.clone())
        return result

    return call


def _signless_past_three(original: Any) -> Any:
    return lambda values: abs(original(values)) if values.shape[-1] > 3 else original(values)


def _low_float32(original: Any) -> Any:
    def call(A: Any) -> Any:
        result = original(A)
        return result.bfloat16().float() if A.dtype is dtypes.float32 else result

    return call


def _conjugate(original: Any) -> Any:
    def call(A: Any) -> Any:
        sign, logarithm = original(A)
        return type(original(A))(ops.conj_physical(sign), logarithm)

    return call


def _any_solution(original: Any) -> Any:
    """Add to the solution of a wide system what the matrix does not see."""

    def call(A: Any, B: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(A, B, *args, **kwargs)
        if A.shape[-2] >= A.shape[-1]:
            return result
        unseen = ops.linalg.svd(A)[2].mH[..., -1:]
        return type(result)(result[0] + unseen, *result[1:])

    return call


def _unpivoted(original: Any) -> Any:
    """Take a matrix that begins with zeros, and is not the first of a batch, for zero."""

    def call(A: Any, B: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(A, B, *args, **kwargs)
        if A.ndim > 2:
            result[0].array[1:][A.array[1:, 0, 0] == 0] = 0
        return result

    return call


def _short_series(original: Any) -> Any:
    """Sum eight powers, however large they are."""

    def call(values: Any) -> Any:
        total = term = np.broadcast_to(np.eye(values.shape[-1], dtype=values.dtype), values.shape)
        for k in range(1, 9):
            term = np.matmul(term, values) / k
            total = total + term
        return total

    return call


def _through_floats(original: Any) -> Any:
    def call(input: Any, n: Any) -> Any:
        if input.dtype is dtypes.int64 and int(n) > 1:
            return original(input.float(), n).to(input.dtype)
        return original(input, n)

    return call


def _second_pivot(original: Any) -> Any:
    def call(A: Any, B: Any) -> Any:
        found, codes = original(A, B)
        return found, np.where(np.arange(codes.size).reshape(codes.shape) > 1, 0, codes)

    return call


def _ordered(original: Any) -> Any:
    """Take the dimensions of a matrix in their own order."""

    def call(input: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, **kwargs: Any) -> Any:
        places = tuple(sorted(one % input.ndim for one in dim))
        return original(input, ord, places, keepdim, **kwargs)

    return call


MUTANTS = (
    mutant(
        "inverse_reads_a_transposed_matrix_untransposed",
        a.the_inverse_times_the_matrix_is_the_unit,
        kernel("linalg.inv_ex", _turned),
    ),
    mutant(
        "solve_reads_a_transposed_matrix_untransposed",
        (a.solve_fulfils_the_equations, a.a_vector_on_the_right_is_a_column),
        kernel("linalg.solve_ex", _turned),
    ),
    mutant(
        "solve_and_inverse_lose_digits_past_16_rows",
        (a.solve_fulfils_the_equations, a.the_inverse_times_the_matrix_is_the_unit),
        attribute("linalg.solving:solved", _rounded_past(16)),
    ),
    mutant(
        "solve_leaves_out_the_seventeenth_side",
        a.solve_fulfils_the_equations,
        attribute("linalg.solving:solved", _with_last_column),
    ),
    mutant(
        "solve_conjugates_the_matrix",
        a.solve_fulfils_the_equations,
        attribute("linalg.solving:solved", _conjugated),
    ),
    mutant(
        "inverse_into_out_is_transposed",
        a.the_inverse_times_the_matrix_is_the_unit,
        attribute("writing:into", _as_written),
    ),
    mutant(
        "singular_matrices_pass_past_the_second_of_a_batch",
        (a.singular_matrices_have_no_inverse, a.inv_ex_tells_which_are_singular),
        attribute("linalg.solving:solved", _second_pivot),
    ),
    mutant(
        "solve_triangular_reads_transposed_matrices_untransposed",
        a.solve_triangular_reads_one_triangle,
        kernel("linalg.solve_triangular", _turned),
    ),
    mutant(
        "det_loses_its_sign_past_three_rows",
        a.the_determinant_is_exact_to_rounding,
        attribute("linalg.determinants:determinant_of", _signless_past_three),
    ),
    mutant(
        "det_of_float32_in_bfloat16",
        a.the_determinant_is_exact_to_rounding,
        kernel("linalg.det", _low_float32),
    ),
    mutant(
        "slogdet_conjugates_the_sign",
        a.slogdet_gives_the_sign_and_the_logarithm,
        kernel("linalg.slogdet", _conjugate),
    ),
    mutant(
        "lstsq_of_a_wide_matrix_is_not_the_least",
        a.lstsq_leaves_the_least_remainder,
        kernel("linalg.lstsq", _any_solution),
    ),
    mutant(
        "lstsq_keeps_its_pivots",
        a.lstsq_pivots_each_matrix_anew,
        kernel("linalg.lstsq", _unpivoted),
        fault="pytorch/pytorch#187411",
    ),
    mutant(
        "matrix_exp_sums_eight_powers",
        a.the_exponential_sums_the_powers,
        attribute("linalg.powers:_exponential", _short_series),
    ),
    mutant(
        "matrix_power_of_int64_through_float32",
        a.powers_multiply_a_matrix_with_itself,
        kernel("linalg.matrix_power", _through_floats),
    ),
    mutant(
        "matrix_norm_takes_dimensions_in_their_order",
        a.a_matrix_norm_follows_from_its_order,
        kernel("linalg.matrix_norm", _ordered),
    ),
)
