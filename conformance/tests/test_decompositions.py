"""Singular values, triangular factors and eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.factors import expect_forms
from tensorcanon.conformance.inputs import Operand
from tensorcanon.conformance.matrices import (
    PRECISE,
    draw_batch,
    draw_entries,
    draw_invertible,
    draw_of_rank,
    draw_positive,
    draw_shape_of_matrix,
    draw_side,
    laid_out,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import decompositions
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType


def draw_any_matrix(tape: Tape) -> Operand:
    """Draw matrices of any sides, some of them of less than full rank."""
    dtype, batch = tape.choose(PRECISE), draw_batch(tape)
    rows, columns = draw_shape_of_matrix(tape)
    if tape.one_in(4):
        return laid_out(tape, draw_of_rank(tape, dtype, rows, columns, tape.choose((1, 2, 0)), batch))
    return laid_out(tape, draw_entries(tape, dtype, (*batch, rows, columns)))


@verifies(
    decompositions.svd_of_old_gives_v_itself,
    decompositions.svd_without_vectors_gives_zeros,
    decompositions.values_alone_are_those_with_vectors,
    drawn=draw_any_matrix,
)
def test_old_svd(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = decompositions.svd_of_old_gives_v_itself(operand.array)
    _, values, _ = run.expect(due, "torch.svd", x)
    run.expect(due, "Tensor.svd", x)
    due = decompositions.svd_of_old_gives_v_itself(operand.array, some=False)
    run.expect(due, "torch.svd", x, some=False)
    due = decompositions.svd_without_vectors_gives_zeros(operand.array)
    _, alone, _ = run.expect(due, "torch.svd", x, compute_uv=False)
    run.look(decompositions.values_alone_are_those_with_vectors(elements_of(run, values)), alone, "svd")


def elements_of(run: Run, handle: Any) -> Array:
    """Return the elements that a backend shows of a tensor."""
    run.require_data()
    seen = run.see(handle)
    assert isinstance(seen, Seen) and seen.value is not None
    return seen.value


@verifies(
    decompositions.singular_values_and_vectors_make_up_the_matrix,
    decompositions.values_alone_are_those_with_vectors,
    drawn=draw_any_matrix,
)
def test_svd(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = decompositions.singular_values_and_vectors_make_up_the_matrix(operand.array)
    run.expect(due, "torch.linalg.svd", x)
    run.expect(due, "torch.linalg.svd", x, full_matrices=True)
    due = decompositions.singular_values_and_vectors_make_up_the_matrix(operand.array, full_matrices=False)
    _, values, _ = run.expect(due, "torch.linalg.svd", x, full_matrices=False)
    alone = decompositions.values_alone_are_those_with_vectors(elements_of(run, values))
    run.expect(alone, "torch.linalg.svdvals", x)


@verifies(
    decompositions.qr_gives_orthonormal_columns_and_a_triangle,
    decompositions.qr_of_mode_r_leaves_q_empty,
    drawn=draw_any_matrix,
)
def test_qr(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    for mode in ("reduced", "complete"):
        due = decompositions.qr_gives_orthonormal_columns_and_a_triangle(operand.array, mode)
        run.expect(due, "torch.linalg.qr", x, mode)
    due = decompositions.qr_gives_orthonormal_columns_and_a_triangle(operand.array)
    expect_forms(run, due, ("torch.linalg.qr", "torch.qr", "Tensor.qr"), x)
    due = decompositions.qr_gives_orthonormal_columns_and_a_triangle(operand.array, "complete")
    run.expect(due, "torch.qr", x, some=False)
    due = decompositions.qr_of_mode_r_leaves_q_empty(operand.array)
    run.expect(due, "torch.linalg.qr", x, mode="r")


def draw_square(tape: Tape) -> Operand:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape), draw_batch(tape)
    # LAPACK need not converge on many equal eigenvalues, and is free to say so.
    if tape.one_in(4) and side < 6:
        return laid_out(tape, draw_of_rank(tape, dtype, side, side, 1, batch))
    return laid_out(tape, draw_entries(tape, dtype, (*batch, side, side)))


def draw_hermitian(tape: Tape) -> Operand:
    """Draw matrices whose triangles disagree; the diagonal is real."""
    operand = draw_square(tape)
    places = np.arange(operand.shape[-1])
    array = operand.array.copy()
    array[..., places, places] = array[..., places, places].real
    return Operand(array, operand.layout)


@verifies(
    decompositions.eigenvectors_of_a_hermitian_matrix_are_orthonormal,
    decompositions.values_alone_are_those_with_vectors,
    drawn=draw_hermitian,
)
def test_eigh(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    for side in ("L", "U"):
        due = decompositions.eigenvectors_of_a_hermitian_matrix_are_orthonormal(operand.array, side)
        values, _ = run.expect(due, "torch.linalg.eigh", x, UPLO=side)
        # Of complex64 the upper triangle has a check of its own.
        if side == "L" or operand.dtype is not dtypes.complex64:
            alone = decompositions.values_alone_are_those_with_vectors(elements_of(run, values))
            run.expect(alone, "torch.linalg.eigvalsh", x, UPLO=side)
    due = decompositions.eigenvectors_of_a_hermitian_matrix_are_orthonormal(operand.array)
    run.expect(due, "torch.linalg.eigh", x)


# Of rank 1 without their diagonals, and numbers without a pattern.
TRIANGLES: tuple[Array, ...] = (
    np.outer((-2, -1, -2, -1, 0), (-1, 0, 2, 2, -4)),
    np.outer((1, 2, -1), (2, 1, 2)),
    np.array([[1, 2, 0.5, -3], [4, -1, 2, 0.25], [-2, 1, 3, 1], [0.125, 5, -4, 2]]),
)


@verifies(
    decompositions.eigvalsh_reads_the_triangle_that_is_named,
    over=list(product(TRIANGLES, PRECISE, ("L", "U"), ("contiguous", "transposed", "stepped"))),
)
def test_triangles(run: Run, case: tuple[Array, DType, str, str]) -> None:
    matrix, dtype, side, layout = case
    array = matrix * (1j if dtype.is_complex else 1)
    np.fill_diagonal(array, np.diag(array).real)
    operand = Operand(array.astype(dtype.storage), layout)
    due = decompositions.eigvalsh_reads_the_triangle_that_is_named(operand.array, side)
    run.expect(due, "torch.linalg.eigvalsh", run.tensor(operand), UPLO=side)
    if side == "L":
        run.expect(due, "torch.linalg.eigvalsh", run.tensor(operand))


@verifies(
    decompositions.eigenvalues_of_any_matrix_are_complex,
    decompositions.each_eigenvalue_makes_the_matrix_singular,
    drawn=draw_square,
)
def test_eig(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    run.expect(decompositions.eigenvalues_of_any_matrix_are_complex(operand.array), "torch.linalg.eig", x)
    due = decompositions.each_eigenvalue_makes_the_matrix_singular(operand.array)
    run.expect(due, "torch.linalg.eigvals", x)


def draw_definite(tape: Tape) -> Operand:
    return laid_out(tape, draw_positive(tape, tape.choose(PRECISE), draw_side(tape), draw_batch(tape)))


@verifies(decompositions.cholesky_gives_a_triangle_with_a_positive_diagonal, drawn=draw_definite)
def test_cholesky(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    for upper in (False, True):
        due = decompositions.cholesky_gives_a_triangle_with_a_positive_diagonal(operand.array, upper)
        run.expect(due, "torch.linalg.cholesky", x, upper=upper)
        run.look(due, run.call("torch.linalg.cholesky_ex", x, upper=upper)[0], "cholesky_ex")
    due = decompositions.cholesky_gives_a_triangle_with_a_positive_diagonal(operand.array)
    expect_forms(run, due, ("torch.linalg.cholesky", "torch.cholesky", "Tensor.cholesky"), x)
    out = run.tensor(np.full(operand.shape, 99, operand.array.dtype))
    run.expect(due, "torch.linalg.cholesky", x, out=out)
    due = decompositions.cholesky_gives_a_triangle_with_a_positive_diagonal(operand.array, upper=True)
    run.expect(due, "torch.cholesky", x, upper=True)


# The order of the first leading minor that is not positive; of the last there is one.
@dataclass(frozen=True, eq=False)
class Indefinite:
    matrix: tuple[tuple[float, ...], ...]
    order: int


INDEFINITE = (
    Indefinite(((-1.0,),), 1),
    Indefinite(((1.0, 2.0), (2.0, 1.0)), 2),
    Indefinite(((0.0, 0.0), (0.0, 1.0)), 1),
    Indefinite(((4.0, 2.0, 0.0), (2.0, 4.0, 0.0), (0.0, 0.0, -1.0)), 3),
    Indefinite(((1.0, 2.0, 0.0), (2.0, 1.0, 0.0), (0.0, 0.0, 1.0)), 2),
)


@verifies(
    decompositions.only_positive_matrices_have_a_cholesky_factor,
    decompositions.cholesky_ex_tells_the_minor_that_fails,
    over=list(product(INDEFINITE, PRECISE, (0, 2), (False, True))),
)
def test_indefinite(run: Run, case: tuple[Indefinite, DType, int, bool]) -> None:
    known, dtype, batch, upper = case
    matrix: Array = np.array(known.matrix, dtype.storage)
    unit = np.eye(len(matrix), dtype=dtype.storage)
    array = np.stack([unit] * batch + [matrix]) if batch else matrix
    run.call("torch.linalg.cholesky", run.tensor(unit), upper=upper)
    due = decompositions.only_positive_matrices_have_a_cholesky_factor()
    run.expect(due, "torch.linalg.cholesky", run.tensor(array), upper=upper)
    orders = np.array([0] * batch + [known.order] if batch else known.order, np.int32)
    info = run.call("torch.linalg.cholesky_ex", run.tensor(array), upper=upper)[1]
    run.look(decompositions.cholesky_ex_tells_the_minor_that_fails(orders), info, "cholesky_ex")


def draw_exchanged(tape: Tape) -> Operand:
    if tape.one_in(2):
        return draw_any_matrix(tape)
    return laid_out(tape, draw_invertible(tape, tape.choose(PRECISE), draw_side(tape), draw_batch(tape)))


@verifies(decompositions.lu_exchanges_rows_and_gives_two_triangles, drawn=draw_exchanged)
def test_lu(run: Run, operand: Operand) -> None:
    due = decompositions.lu_exchanges_rows_and_gives_two_triangles(operand.array)
    run.expect(due, "torch.linalg.lu", run.tensor(operand))
