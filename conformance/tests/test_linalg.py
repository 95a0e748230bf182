"""Inverses, systems of equations, least squares and determinants."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.factors import expect_forms
from tensorcanon.conformance.inputs import Operand, Shape, draw_array
from tensorcanon.conformance.matrices import (
    PRECISE,
    draw_batch,
    draw_entries,
    draw_invertible,
    draw_of_rank,
    draw_positive,
    draw_side,
    laid_out,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import linalg
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Pair = tuple[Operand, Operand]


def draw_inverted(tape: Tape) -> Operand:
    return laid_out(tape, draw_invertible(tape, tape.choose(PRECISE), draw_side(tape), draw_batch(tape)))


@verifies(linalg.the_inverse_times_the_matrix_is_the_unit, drawn=draw_inverted)
def test_inverse(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = linalg.the_inverse_times_the_matrix_is_the_unit(operand.array)
    expect_forms(run, due, ("torch.linalg.inv", "torch.inverse", "Tensor.inverse"), x)
    run.look(due, run.call("torch.linalg.inv_ex", x)[0], "inv_ex")
    out = run.tensor(np.full(operand.shape, 99, operand.array.dtype))
    run.expect(due, "torch.linalg.inv", x, out=out)
    run.look(due, out, "inv")


def draw_system(tape: Tape) -> tuple[Operand, Operand, bool]:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape), draw_batch(tape)
    left, columns = not tape.one_in(3), tape.choose((1, side, 3, 0, 17, 2))
    own = () if tape.one_in(4) else batch
    right = draw_entries(tape, dtype, (*own, side, columns) if left else (*own, columns, side))
    return laid_out(tape, draw_invertible(tape, dtype, side, batch)), laid_out(tape, right), left


@verifies(linalg.solve_fulfils_the_equations, drawn=draw_system)
def test_solve(run: Run, case: tuple[Operand, Operand, bool]) -> None:
    a, b, left = case
    x, y = run.tensor(a), run.tensor(b)
    due = linalg.solve_fulfils_the_equations(a.array, b.array, left)
    if b.ndim == a.ndim or b.shape != a.shape[:-1]:
        run.expect(due, "torch.linalg.solve", x, y, left=left)
        run.look(due, run.call("torch.linalg.solve_ex", x, y, left=left)[0], "solve_ex")
        if left:
            run.expect(due, "torch.linalg.solve", x, y)


def draw_columns(tape: Tape) -> Pair:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape), tape.choose(((), (2,), (2, 3)))
    right = draw_entries(tape, dtype, (*batch, side))
    return laid_out(tape, draw_invertible(tape, dtype, side, batch)), laid_out(tape, right)


@verifies(linalg.a_vector_on_the_right_is_a_column, drawn=draw_columns)
def test_solve_vectors(run: Run, case: Pair) -> None:
    a, b = case
    due = linalg.a_vector_on_the_right_is_a_column(a.array, b.array)
    run.expect(due, "torch.linalg.solve", run.tensor(a), run.tensor(b))


# Singular without any rounding: a row or a column of zeros, or elimination in powers of two.
SINGULAR: tuple[list[list[float]], ...] = (
    *([[0.0]], [[1.0, 2.0], [0.0, 0.0]], [[1.0, 0.0], [2.0, 0.0]], [[1.0, 2.0], [2.0, 4.0]]),
    *(
        [[0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [1.0, 1.0, 1.0]],
        [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
)


@verifies(
    linalg.singular_matrices_have_no_inverse,
    linalg.inv_ex_tells_which_are_singular,
    over=list(product(SINGULAR, PRECISE, (0, 1, 2))),
)
def test_singular(run: Run, case: tuple[list[list[float]], DType, int]) -> None:
    elements, dtype, batch = case
    matrix: Array = np.array(elements, dtype.storage)
    # In a batch only the last is singular.
    regular = np.broadcast_to(np.eye(len(matrix), dtype=dtype.storage), (batch, *matrix.shape))
    given = np.concatenate([regular, matrix[None]]) if batch else matrix
    x, right = run.tensor(given), run.tensor(np.ones((*given.shape[:-1], 1), dtype.storage))
    unit = run.tensor(np.eye(len(matrix), dtype=dtype.storage))
    run.call("torch.linalg.inv", unit)
    run.expect(linalg.singular_matrices_have_no_inverse(), "torch.linalg.inv", x)
    run.call("torch.linalg.solve", unit, run.call("Tensor.clone", unit))
    run.expect(linalg.singular_matrices_have_no_inverse(), "torch.linalg.solve", x, right)
    singular = np.arange(batch + 1) == batch if batch else np.asarray(True)
    due = linalg.inv_ex_tells_which_are_singular(singular)
    run.look(due, run.call("torch.linalg.inv_ex", x)[1], "inv_ex")
    run.look(due, run.call("torch.linalg.solve_ex", x, right)[1], "solve_ex")


SQUARE = (
    *("inv", "det", "slogdet", "cholesky", "eig", "eigh", "eigvals", "eigvalsh", "inv_ex", "cholesky_ex"),
    *("matrix_exp", "solve", "matrix_power"),
)


def with_matrix(run: Run, name: str, array: Array) -> tuple[Any, ...]:
    """Return the arguments of a function of square matrices."""
    x = run.tensor(array)
    extra = {"solve": (x,), "matrix_power": (2,)}
    return (x, *extra.get(name, ()))


@verifies(
    linalg.matrices_must_be_square,
    over=list(
        product(SQUARE, ((2, 3), (3, 2), (2, 3, 4), (1, 2), (3,)), (dtypes.float32, dtypes.complex128))
    ),
)
def test_square(run: Run, case: tuple[str, Shape, DType]) -> None:
    name, shape, dtype = case
    run.call(f"torch.linalg.{name}", *with_matrix(run, name, np.eye(2, dtype=dtype.storage)))
    given = with_matrix(run, name, np.ones(shape, dtype.storage))
    run.expect(linalg.matrices_must_be_square(), f"torch.linalg.{name}", *given)


FLOATING = (*(name for name in SQUARE if name not in ("matrix_power",)), "svd", "qr", "pinv", "svdvals")


@verifies(
    linalg.elements_must_be_floating_or_complex,
    over=list(product(FLOATING, (dtypes.int64, dtypes.bool_, dtypes.uint8, dtypes.int32))),
)
def test_types(run: Run, case: tuple[str, DType]) -> None:
    name, dtype = case
    run.call(f"torch.linalg.{name}", *with_matrix(run, name, np.eye(2, dtype=np.float32)))
    given = with_matrix(run, name, np.eye(2).astype(dtype.storage))
    run.expect(linalg.elements_must_be_floating_or_complex(), f"torch.linalg.{name}", *given)


@verifies(
    linalg.right_hand_sides_must_fit,
    over=[((2, 2), (3, 1)), ((2, 2), (3,)), ((2, 2, 2), (3, 2, 1)), ((3, 3), (2, 3))],
)
def test_unfit_sides(run: Run, case: tuple[Shape, Shape]) -> None:
    a, b = case
    matrix = np.zeros(a, np.float32) + np.eye(a[-1], dtype=np.float32)
    x, y = run.tensor(matrix), run.tensor(np.ones(b, np.float32))
    run.call("torch.linalg.solve", x, x)
    run.expect(linalg.right_hand_sides_must_fit(), "torch.linalg.solve", x, y)
    if len(b) > 1:
        run.call("torch.linalg.solve_triangular", x, x, upper=True)
        run.expect(linalg.right_hand_sides_must_fit(), "torch.linalg.solve_triangular", x, y, upper=True)


Triangle = tuple[Operand, Operand, dict[str, bool]]


def draw_triangle(tape: Tape) -> Triangle:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape), draw_batch(tape)
    options = {name: tape.one_in(2) for name in ("upper", "unitriangular")} | {"left": not tape.one_in(3)}
    columns = tape.choose((1, 2, 3, 0))
    right = draw_entries(tape, dtype, (*batch, side, columns) if options["left"] else (*batch, columns, side))
    array = draw_array(tape, dtype, (*batch, side, side), "unit") / max(side, 1)
    array = np.asarray(array + 2 * np.eye(side), dtype.storage)
    # What is not to be read would show.
    unread = np.tril(np.ones((side, side), bool), -1)
    array[..., unread if options["upper"] else unread.T] = np.nan
    if options["unitriangular"]:
        array[..., np.arange(side), np.arange(side)] = np.nan
    return laid_out(tape, array), laid_out(tape, right), options


@verifies(linalg.solve_triangular_reads_one_triangle, drawn=draw_triangle)
def test_solve_triangular(run: Run, case: Triangle) -> None:
    a, b, options = case
    x, y = run.tensor(a), run.tensor(b)
    due = linalg.solve_triangular_reads_one_triangle(a.array, b.array, **options)
    run.expect(due, "torch.linalg.solve_triangular", x, y, **options)
    if options["left"] and not options["unitriangular"]:
        run.expect(due, "torch.linalg.solve_triangular", x, y, upper=options["upper"])


def draw_factored(tape: Tape) -> tuple[Operand, Operand]:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape), tape.choose(((), (2,), (3, 2)))
    right = draw_entries(tape, dtype, (*batch, side, tape.choose((1, 2, 3))))
    draw = tape.choose((draw_invertible, draw_positive))
    return laid_out(tape, draw(tape, dtype, side, batch)), laid_out(tape, right)


@verifies(linalg.lu_solve_solves_with_the_factors, drawn=draw_factored)
def test_lu_solve(run: Run, case: Pair) -> None:
    a, b = case
    factors, pivots = run.call("torch.linalg.lu_factor", run.tensor(a))
    due = linalg.lu_solve_solves_with_the_factors(a.array, b.array)
    run.expect(due, "torch.linalg.lu_solve", factors, pivots, run.tensor(b))


def draw_positive_system(tape: Tape) -> tuple[Operand, Operand, bool]:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape), tape.choose(((), (2,), (3, 2)))
    right = draw_entries(tape, dtype, (*batch, side, tape.choose((1, 2, 3))))
    return laid_out(tape, draw_positive(tape, dtype, side, batch)), laid_out(tape, right), tape.one_in(2)


@verifies(linalg.cholesky_solve_solves_with_the_factor, drawn=draw_positive_system)
def test_cholesky_solve(run: Run, case: tuple[Operand, Operand, bool]) -> None:
    a, b, upper = case
    factor = run.call("torch.linalg.cholesky", run.tensor(a), upper=upper)
    due = linalg.cholesky_solve_solves_with_the_factor(a.array, b.array)
    run.expect(due, "torch.cholesky_solve", run.tensor(b), factor, upper=upper)
    unit = np.zeros_like(a.array) + np.eye(a.shape[-1], dtype=a.array.dtype)
    due = linalg.cholesky_solve_solves_with_the_factor(a.array, unit)
    run.expect(due, "torch.cholesky_inverse", factor, upper=upper)


def draw_overdetermined(tape: Tape) -> Pair:
    dtype, batch = tape.choose(PRECISE), tape.choose(((), (2,)))
    rows, columns = tape.choose(((4, 2), (3, 3), (2, 4), (5, 1), (1, 3), (17, 5), (33, 3), (1, 1)))
    square = draw_invertible(tape, dtype, max(rows, columns), batch)
    right = draw_entries(tape, dtype, (*batch, rows, tape.choose((1, 2, 3))))
    return laid_out(tape, square[..., :rows, :columns].copy()), laid_out(tape, right)


@verifies(linalg.lstsq_leaves_the_least_remainder, drawn=draw_overdetermined)
def test_lstsq(run: Run, case: Pair) -> None:
    a, b = case
    x, y = run.tensor(a), run.tensor(b)
    due = linalg.lstsq_leaves_the_least_remainder(a.array, b.array)
    run.look(due, run.call("torch.linalg.lstsq", x, y, driver="gels")[0], "lstsq")
    # Whether the default pivots a wide matrix has a check of its own.
    if a.ndim == 2 and a.shape[0] >= a.shape[1]:
        run.look(due, run.call("torch.linalg.lstsq", x, y)[0], "lstsq")


WIDE = (((1, 2, 3), (0, -3, -42)), ((4, 0, 0), (0, 0, 5), (0, -1, 2)), ((3, 1, 2), (0, 0, 5)))


@verifies(linalg.lstsq_pivots_each_matrix_anew, over=list(product(PRECISE, WIDE)))
def test_lstsq_of_wide_batches(run: Run, case: tuple[DType, tuple[tuple[int, ...], ...]]) -> None:
    dtype, rows = case
    matrices: Array = np.array(rows, dtype.storage)[:, None]
    right = np.ones((len(rows), 1, 2), dtype.storage)
    due = linalg.lstsq_pivots_each_matrix_anew(matrices, right)
    run.look(due, run.call("torch.linalg.lstsq", run.tensor(matrices), run.tensor(right))[0], "lstsq")


# Determinants.


def draw_determined(tape: Tape) -> Operand:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape, large=False), draw_batch(tape)
    if tape.one_in(4) and side:
        return laid_out(tape, draw_of_rank(tape, dtype, side, side, max(side - 1, 1), batch))
    if tape.one_in(2):
        return laid_out(tape, draw_entries(tape, dtype, (*batch, side, side)))
    return laid_out(tape, draw_invertible(tape, dtype, side, batch))


@verifies(
    linalg.the_determinant_is_exact_to_rounding,
    drawn=draw_determined,
)
def test_determinant(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = linalg.the_determinant_is_exact_to_rounding(operand.array)
    expect_forms(run, due, ("torch.linalg.det", "torch.det", "Tensor.det"), x)


def draw_permuted(tape: Tape) -> Operand:
    dtype, side = tape.choose((dtypes.float32, dtypes.float64)), tape.choose((2, 3, 4, 1, 5, 0))
    diagonal: Array = np.array([tape.choose((1, 2, -1, 0.5, -4)) for _ in range(side)], dtype.storage)
    if tape.one_in(2):
        return laid_out(tape, np.diag(diagonal)[tape.shuffled(range(side))])
    return laid_out(tape, np.triu(draw_array(tape, dtype, (side, side), "ties"), 1) + np.diag(diagonal))


@verifies(linalg.determinants_of_triangles_multiply_the_diagonal, drawn=draw_permuted)
def test_exact_determinant(run: Run, operand: Operand) -> None:
    due = linalg.determinants_of_triangles_multiply_the_diagonal(operand.array)
    run.expect(due, "torch.linalg.det", run.tensor(operand))


def draw_logarithmic(tape: Tape) -> Operand:
    dtype, side, batch = tape.choose(PRECISE), draw_side(tape, large=False), draw_batch(tape)
    if tape.one_in(5) and side:
        return laid_out(tape, np.zeros((*batch, side, side), dtype.storage))
    return laid_out(tape, draw_invertible(tape, dtype, side, batch))


@verifies(
    linalg.slogdet_gives_the_sign_and_the_logarithm,
    linalg.logdet_is_the_logarithm_of_the_determinant,
    drawn=draw_logarithmic,
)
def test_slogdet(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    if not operand.dtype.is_complex:
        due = linalg.logdet_is_the_logarithm_of_the_determinant(operand.array)
        expect_forms(run, due, ("torch.logdet", "Tensor.logdet"), x)
    due = linalg.slogdet_gives_the_sign_and_the_logarithm(operand.array)
    expect_forms(run, due, ("torch.linalg.slogdet", "torch.slogdet", "Tensor.slogdet"), x)
