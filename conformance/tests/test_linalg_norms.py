"""Norms, pseudoinverses, ranks, conditions, powers, and derivatives of functions of matrices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.factors import MULTIPLIED, expect_forms
from tensorcanon.conformance.inputs import Operand, Shape, draw_array
from tensorcanon.conformance.matrices import (
    PRECISE,
    draw_batch,
    draw_entries,
    draw_invertible,
    draw_of_rank,
    draw_shape_of_matrix,
    draw_side,
    laid_out,
)
from tensorcanon.conformance.reducing import draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import linalg
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

INF = float("inf")
ORDERS: tuple[Any, ...] = ("fro", "nuc", INF, -INF, 1, -1, 2, -2)


def draw_normed(tape: Tape) -> Operand:
    shape = tape.choose(((2, 3), (3,), (), (2, 3, 4), (1,), (0,), (33, 5), (2, 2, 2, 2)))
    return draw_laid_out(tape, tape.choose((*dtypes.FLOATS, *dtypes.COMPLEXES)), shape, "small")


@verifies(linalg.without_an_order_all_elements_make_one_vector, drawn=draw_normed)
def test_norm_of_all(run: Run, operand: Operand) -> None:
    due = linalg.without_an_order_all_elements_make_one_vector(operand.array)
    run.expect(due, "torch.linalg.norm", run.tensor(operand))


@dataclass(frozen=True, eq=False)
class Normed:
    """A call of a norm of matrices."""

    operand: Operand
    order: Any
    dims: tuple[int, int] | None
    keepdim: bool

    @property
    def options(self) -> dict[str, Any]:
        named: dict[str, Any] = {} if self.dims is None else {"dim": self.dims}
        return named | ({"keepdim": True} if self.keepdim else {})


def draw_matrix_norm(tape: Tape) -> Normed:
    rows, columns = (max(side, 1) for side in draw_shape_of_matrix(tape))
    batch = tape.choose(((), (2,), (2, 3)))
    array = draw_entries(tape, tape.choose(PRECISE), (*batch, rows, columns))
    ndim = array.ndim
    dims = tape.choose((None, (-2, -1), (-1, -2), (0, 1), (0, ndim - 1), (ndim - 1, 0)))
    return Normed(laid_out(tape, array), tape.choose(ORDERS), dims, tape.one_in(3))


@verifies(linalg.a_matrix_norm_follows_from_its_order, drawn=draw_matrix_norm)
def test_matrix_norms(run: Run, case: Normed) -> None:
    x, array = run.tensor(case.operand), case.operand.array
    due = linalg.a_matrix_norm_follows_from_its_order(array, case.order, case.dims or (-2, -1), case.keepdim)
    run.expect(due, "torch.linalg.matrix_norm", x, case.order, **case.options)
    if case.order == "fro":
        run.expect(due, "torch.linalg.matrix_norm", x, **case.options)
    if case.dims is not None or array.ndim == 2:
        run.expect(due, "torch.linalg.norm", x, case.order, **case.options)


@verifies(linalg.matrix_norms_need_a_matrix, over=list(product(((), (3,)), ORDERS)))
def test_norms_of_vectors(run: Run, case: tuple[Shape, Any]) -> None:
    shape, order = case
    run.call("torch.linalg.matrix_norm", run.tensor(np.ones((2, 2), np.float32)), order)
    x = run.tensor(np.ones(shape, np.float32))
    run.expect(linalg.matrix_norms_need_a_matrix(), "torch.linalg.matrix_norm", x, order)


# Pseudoinverses, ranks and conditions.


def draw_deficient(tape: Tape) -> Operand:
    dtype, batch = tape.choose(PRECISE), draw_batch(tape)
    rows, columns = tape.choose(((3, 2), (2, 3), (3, 3), (1, 4), (5, 5), (4, 1), (17, 5), (0, 3), (2, 0)))
    if tape.one_in(2):
        return laid_out(tape, draw_of_rank(tape, dtype, rows, columns, tape.choose((1, 2)), batch))
    square = draw_invertible(tape, dtype, max(rows, columns), batch)
    return laid_out(tape, square[..., :rows, :columns].copy())


@verifies(linalg.the_pseudoinverse_fulfils_four_equations, drawn=draw_deficient)
def test_pinv(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = linalg.the_pseudoinverse_fulfils_four_equations(operand.array)
    run.expect(due, "torch.linalg.pinv", x)
    # What counts as 0 by default differs.
    expect_forms(run, due, ("torch.pinverse", "Tensor.pinverse"), x, 1e-5)


def draw_ranked(tape: Tape) -> Operand:
    dtype, batch = tape.choose((dtypes.float32, dtypes.float64)), draw_batch(tape)
    rows, columns = tape.choose(((3, 2), (2, 3), (3, 3), (1, 4), (5, 5), (6, 4), (0, 3)))
    return laid_out(tape, draw_of_rank(tape, dtype, rows, columns, tape.choose((1, 2, 3, 0)), batch))


@verifies(linalg.the_rank_counts_independent_rows, drawn=draw_ranked)
def test_rank(run: Run, operand: Operand) -> None:
    due = linalg.the_rank_counts_independent_rows(operand.array)
    run.expect(due, "torch.linalg.matrix_rank", run.tensor(operand))


@verifies(
    linalg.singular_values_up_to_a_tolerance_do_not_count,
    over=list(
        product(((4.0, 2.0, 0.5), (0.0, 0.0), (-3.0, 1.0, 8.0, 1.0)), (0.25, 0.75, 1.5, 5.0, 10.0), PRECISE)
    ),
)
def test_tolerance(run: Run, case: tuple[tuple[float, ...], float, DType]) -> None:
    values, tolerance, dtype = case
    x = run.tensor(np.diag(values).astype(dtype.storage))
    due = linalg.singular_values_up_to_a_tolerance_do_not_count(np.array(values), tolerance)
    run.expect(due, "torch.linalg.matrix_rank", x, atol=tolerance, rtol=0.0)
    run.expect(due, "torch.linalg.matrix_rank", x, atol=tolerance)
    run.expect(due, "torch.linalg.matrix_rank", x, tol=tolerance)


def draw_conditioned(tape: Tape) -> tuple[Operand, Any]:
    dtype, side, batch = tape.choose(PRECISE), max(draw_side(tape, large=False), 1), tape.choose(((), (2,)))
    order = tape.choose((None, 2, 1, INF, "fro", -2))
    return laid_out(tape, draw_invertible(tape, dtype, side, batch)), order


@verifies(linalg.the_condition_is_the_ratio_of_singular_values, drawn=draw_conditioned)
def test_cond(run: Run, case: tuple[Operand, Any]) -> None:
    operand, order = case
    due = linalg.the_condition_is_the_ratio_of_singular_values(operand.array, order)
    args = () if order is None else (order,)
    run.expect(due, "torch.linalg.cond", run.tensor(operand), *args)


# Powers.


def draw_power(tape: Tape) -> tuple[Operand, int]:
    dtype, batch = tape.choose(MULTIPLIED), draw_batch(tape)
    side, exponent = tape.choose((2, 3, 1, 4, 0)), tape.choose((0, 1, 2, 3, 4, 5, 7))
    kind: Kind = "any" if dtype.is_integral and tape.one_in(2) else "ties"
    return laid_out(tape, draw_array(tape, dtype, (*batch, side, side), kind)), exponent


@verifies(linalg.powers_multiply_a_matrix_with_itself, drawn=draw_power)
def test_powers(run: Run, case: tuple[Operand, int]) -> None:
    operand, n = case
    x = run.tensor(operand)
    due = linalg.powers_multiply_a_matrix_with_itself(operand.array, n)
    for name in ("torch.linalg.matrix_power", "torch.matrix_power", "Tensor.matrix_power"):
        run.expect(due, name, x, n)


def draw_negative_power(tape: Tape) -> tuple[Operand, int]:
    dtype, batch = tape.choose(PRECISE), draw_batch(tape)
    return laid_out(tape, draw_invertible(tape, dtype, tape.choose((2, 3, 1, 4)), batch)), tape.choose(
        (-1, -2, -3)
    )


@verifies(linalg.negative_powers_are_those_of_the_inverse, drawn=draw_negative_power)
def test_negative_powers(run: Run, case: tuple[Operand, int]) -> None:
    operand, n = case
    due = linalg.negative_powers_are_those_of_the_inverse(operand.array, n)
    run.expect(due, "torch.linalg.matrix_power", run.tensor(operand), n)


def draw_exponent(tape: Tape) -> Operand:
    dtype, side, batch = tape.choose(PRECISE), tape.choose((2, 3, 1, 4, 0)), draw_batch(tape)
    scale = tape.choose((0.5, 0.125, 1, 2, 0, 4))
    array = draw_array(tape, dtype, (*batch, side, side), "unit") * dtype.storage.type(scale)
    return laid_out(tape, array)


@verifies(linalg.the_exponential_sums_the_powers, drawn=draw_exponent)
def test_exponential(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = linalg.the_exponential_sums_the_powers(operand.array)
    for name in ("torch.linalg.matrix_exp", "torch.matrix_exp", "Tensor.matrix_exp"):
        run.expect(due, name, x)


def draw_vander(tape: Tape) -> tuple[Operand, int | None]:
    dtype = tape.choose((*dtypes.INTEGERS, *PRECISE))
    shape = tape.choose(((3,), (2,), (2, 3), (5,), (2, 2, 2)))
    kinds: tuple[Kind, ...] = ("ties",) if dtype.is_integral else ("ties", "unit")
    return draw_laid_out(tape, dtype, shape, tape.choose(kinds)), tape.choose((None, 2, 3, 5))


@verifies(linalg.vander_has_the_powers_of_each_element_in_a_row, drawn=draw_vander)
def test_vander(run: Run, case: tuple[Operand, int | None]) -> None:
    operand, count = case
    due = linalg.vander_has_the_powers_of_each_element_in_a_row(operand.array, count)
    options = {} if count is None else {"N": count}
    run.expect(due, "torch.linalg.vander", run.tensor(operand), **options)


# Derivatives.


def hermitian(array: Array) -> Array:
    return array + array.T


def as_it_is(array: Array) -> Array:
    return array


@dataclass(frozen=True, eq=False)
class Derived:
    """A function whose gradients are looked at: of which shapes, and which of its results."""

    name: str
    shapes: tuple[Shape, ...]
    outcome: Shape
    result: int | None = None

    def __str__(self) -> str:
        return self.name


DERIVED = (
    Derived("matmul", ((3, 4), (4, 2)), (3, 2)),
    Derived("linalg.inv", ((3, 3),), (3, 3)),
    Derived("linalg.solve", ((3, 3), (3, 2)), (3, 2)),
    Derived("linalg.det", ((3, 3),), ()),
    Derived("logdet", ((3, 3),), ()),
    Derived("linalg.slogdet", ((3, 3),), (), 1),
    Derived("linalg.cholesky", ((3, 3),), (3, 3)),
)


def draw_derived(tape: Tape, function: Derived) -> tuple[list[Operand], Array]:
    dtype = tape.choose((dtypes.float64, dtypes.float32))
    arrays = [draw_array(tape, dtype, shape, "unit") for shape in function.shapes]
    if function.name != "matmul":
        arrays[0] = np.asarray(arrays[0] + 4 * np.eye(3), dtype.storage)
    weight = draw_array(tape, dtype, function.outcome, "positive")
    if function.name == "linalg.cholesky":
        weight = np.tril(weight)
    return [Operand(one, tape.choose(("contiguous", "transposed"))) for one in arrays], weight


@verifies(linalg.gradients_of_matrix_functions_are_derivatives, each=DERIVED, drawn=draw_derived)
def test_gradients(run: Run, function: Derived, case: tuple[list[Operand], Array]) -> None:
    operands, weight = case
    symmetric = function.name == "linalg.cholesky"
    given = [run.tensor(operand, requires_grad=True) for operand in operands]
    first = run.call("operator.add", given[0], run.call("Tensor.t", given[0])) if symmetric else given[0]
    result = run.call(f"torch.{function.name}", first, *given[1:])
    result = result if function.result is None else result[function.result]
    run.call("Tensor.backward", result, run.tensor(weight))
    prepare = hermitian if symmetric else as_it_is
    arrays = [operand.array for operand in operands]
    for place, handle in enumerate(given):
        due = linalg.gradients_of_matrix_functions_are_derivatives(
            function.name, weight, place, prepare, *arrays
        )
        run.expect(due, "Tensor.grad", handle)


def draw_values(tape: Tape) -> tuple[Array, Array, bool]:
    """Draw matrices with values that lie well apart."""
    dtype, is_hermitian = tape.choose((dtypes.float64, dtypes.float32)), tape.one_in(2)
    array = draw_array(tape, dtype, (3, 3), "unit") / 4 + np.diag([1, 3, 6])
    array = (array + array.T) / 2 if is_hermitian else array
    return np.asarray(array, dtype.storage), draw_array(tape, dtype, (3,), "positive"), is_hermitian


@verifies(linalg.gradients_of_values_are_outer_products_of_vectors, drawn=draw_values)
def test_gradients_of_values(run: Run, case: tuple[Array, Array, bool]) -> None:
    array, weight, is_hermitian = case
    x = run.tensor(array, requires_grad=True)
    result = run.call("torch.linalg.eigvalsh" if is_hermitian else "torch.linalg.svdvals", x)
    run.call("Tensor.backward", result, run.tensor(weight))
    due = linalg.gradients_of_values_are_outer_products_of_vectors(weight, array, hermitian=is_hermitian)
    run.expect(due, "Tensor.grad", x)
