"""Products of vectors, sums of an addend and a product, traces, and the precision of float32."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.factors import (
    MULTIPLIED,
    arrays_of,
    draw_blank,
    draw_factors,
    draw_sizes,
    expect_forms,
)
from tensorcanon.conformance.inputs import Operand, Shape, draw_array, draw_reduced
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import products
from tensorcanon.spec.products import Added
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Pair = tuple[Operand, Operand]
LENGTHS = (3, 1, 2, 7, 0, 17, 33, 260, 2051)


def draw_dotted(tape: Tape) -> Pair:
    length = tape.choose(LENGTHS)
    a, b = draw_factors(tape, (length,), (length,))
    return a, b


@verifies(products.dot_conjugates_nothing, products.vdot_conjugates_the_first, drawn=draw_dotted)
def test_dot(run: Run, case: Pair) -> None:
    a, b = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.dot_conjugates_nothing(a.array, b.array)
    expect_forms(run, due, ("torch.dot", "Tensor.dot"), x, y)
    blank = np.full((), 99, a.array.dtype)
    run.expect(due, "torch.dot", x, y, out=run.tensor(blank))
    due = products.vdot_conjugates_the_first(a.array, b.array)
    expect_forms(run, due, ("torch.vdot", "Tensor.vdot"), x, y)
    run.expect(due, "torch.vdot", x, y, out=run.tensor(blank))


def draw_outer(tape: Tape) -> tuple[Operand, Operand, Operand]:
    rows, columns = (tape.choose((3, 1, 2, 7, 0, 33)) for _ in range(2))
    a, b = draw_factors(tape, (rows,), (columns,))
    return a, b, draw_blank(tape, a.dtype, (rows, columns))


@verifies(products.outer_multiplies_every_pair, drawn=draw_outer)
def test_outer(run: Run, case: tuple[Operand, Operand, Operand]) -> None:
    a, b, blank = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.outer_multiplies_every_pair(a.array, b.array)
    expect_forms(run, due, ("torch.outer", "Tensor.outer", "torch.ger"), x, y)
    run.expect(due, "torch.outer", x, y, out=run.tensor(blank))


def draw_inner(tape: Tape) -> Pair:
    length = tape.choose((3, 1, 2, 5, 0, 33))
    shapes = [(*tape.choose(((), (2,), (3, 2), (1,), (5,))), length) for _ in range(2)]
    if tape.one_in(5):
        shapes[tape.below(2)] = ()
    a, b = draw_factors(tape, *shapes)
    return a, b


@verifies(products.inner_sums_over_both_last_dimensions, drawn=draw_inner)
def test_inner(run: Run, case: Pair) -> None:
    a, b = case
    due = products.inner_sums_over_both_last_dimensions(a.array, b.array)
    expect_forms(run, due, ("torch.inner", "Tensor.inner"), run.tensor(a), run.tensor(b))


UNFIT = (
    *(("inner", ((2, 3), (2, 2))), ("inner", ((3,), (2,))), ("inner", ((2, 1), (3, 4)))),
    *(("outer", ((2, 3), (3,))), ("outer", ((3,), ())), ("outer", ((1, 3), (1, 3)))),
)


@verifies(products.inner_and_outer_need_fitting_shapes, over=UNFIT)
def test_unfit_vectors(run: Run, case: tuple[str, tuple[Shape, Shape]]) -> None:
    name, shapes = case
    fitting = run.tensor(np.ones(3, np.float32))
    run.call(f"torch.{name}", fitting, fitting)
    given = (run.tensor(np.ones(shape, np.float32)) for shape in shapes)
    run.expect(products.inner_and_outer_need_fitting_shapes(), f"torch.{name}", *given)


def draw_ones(tape: Tape, shape: Shape, kept: int) -> Shape:
    """Draw a shape that broadcasts to another, whose size stays along one dimension."""
    return tuple(n if place == kept or tape.below(3) else 1 for place, n in enumerate(shape))


def draw_vecdot(tape: Tape) -> tuple[Operand, Operand, int]:
    shape = tape.choose(((2, 3), (3,), (4, 3, 2), (2, 33), (1, 5), (0, 3), (2, 0), (2, 2051)))
    dim = draw_dim(tape, len(shape))
    # The dimension of the sum has one size in both; the others broadcast.
    kept = [
        tuple(n if i == dim % len(shape) or tape.below(3) else 1 for i, n in enumerate(shape)) for _ in "ab"
    ]
    a, b = draw_factors(tape, *kept, types=(*dtypes.FLOATS, *dtypes.COMPLEXES))
    return a, b, dim


@verifies(products.vecdot_conjugates_the_first_along_a_dimension, drawn=draw_vecdot)
def test_vecdot(run: Run, case: tuple[Operand, Operand, int]) -> None:
    a, b, dim = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.vecdot_conjugates_the_first_along_a_dimension(a.array, b.array, dim)
    run.expect(due, "torch.linalg.vecdot", x, y, dim=dim)
    if dim in (-1, a.ndim - 1):
        run.expect(due, "torch.linalg.vecdot", x, y)


# An addend and a product.


@dataclass(frozen=True, eq=False)
class Sum:
    """A call of one of the functions that add a product to an addend."""

    name: Added
    addend: Operand
    factors: tuple[Operand, Operand]
    shape: Shape
    scales: dict[str, float]

    def handles(self, run: Run) -> list[Any]:
        return [run.tensor(one) for one in (self.addend, *self.factors)]


def shapes_of(tape: Tape, name: Added) -> tuple[Shape, Shape, Shape]:
    """Draw the shapes of the factors and of the product."""
    rows, inner, columns = draw_sizes(tape)
    count = tape.choose((2, 1, 3)) if rows < 9 else 2
    match name:
        case "addmm":
            return (rows, inner), (inner, columns), (rows, columns)
        case "addmv":
            return (rows, inner), (inner,), (rows,)
        case "addr":
            return (rows,), (columns,), (rows, columns)
        case "baddbmm":
            return (count, rows, inner), (count, inner, columns), (count, rows, columns)
        case "addbmm":
            return (count, rows, inner), (count, inner, columns), (rows, columns)


ADDED: tuple[Added, ...] = ("addmm", "addmv", "addr", "baddbmm", "addbmm")


def draw_scales(tape: Tape, dtype: DType) -> dict[str, float]:
    """Draw factors of the addend and the product, either of which may be left at 1."""
    numbers = (1, 2, 3) if dtype is dtypes.uint8 else (1, 2, -1, 3) if dtype.is_integral else (1, 2, -1, 0.5)
    names = [name for name in ("beta", "alpha") if tape.below(4)]
    return {name: tape.choose(numbers[1:]) for name in names}


def draw_sum(tape: Tape, name: Added) -> Sum:
    left, right, shape = shapes_of(tape, name)
    addend, a, b = draw_factors(tape, draw_reduced(tape, shape) if tape.one_in(2) else shape, left, right)
    if name == "addmv":
        addend = Operand(np.array(np.broadcast_to(addend.array, shape)))
    return Sum(name, addend, (a, b), shape, draw_scales(tape, a.dtype))


@verifies(products.an_addend_and_a_product_are_scaled_apart, each=ADDED, drawn=draw_sum)
def test_sums(run: Run, name: Added, case: Sum) -> None:
    c, a, b = arrays_of((case.addend, *case.factors))
    beta, alpha = case.scales.get("beta", 1), case.scales.get("alpha", 1)
    due = products.an_addend_and_a_product_are_scaled_apart(name, c, a, b, beta, alpha)
    addend, x, y = case.handles(run)
    expect_forms(run, due, (f"torch.{name}", f"Tensor.{name}"), addend, x, y, **case.scales)
    out = run.tensor(np.full(case.shape, 99, c.dtype))
    run.expect(due, f"torch.{name}", addend, x, y, **case.scales, out=out)
    run.look(due, out, name)
    if case.addend.shape == case.shape and case.addend.layout != "expanded":
        run.expect(due, f"Tensor.{name}_", addend, x, y, **case.scales)
        run.look(due, addend, name)


def draw_unread(tape: Tape, name: Added) -> Sum:
    left, right, shape = shapes_of(tape, name)
    a, b = draw_factors(tape, left, right, types=(*dtypes.FLOATS, dtypes.complex64))
    fill = tape.choose((np.nan, np.inf, -np.inf))
    scales = {"beta": 0.0} | ({"alpha": 2.0} if tape.one_in(2) else {})
    return Sum(name, Operand(np.full(shape, fill, a.array.dtype)), (a, b), shape, scales)


@verifies(products.a_beta_of_zero_leaves_the_addend_out, each=ADDED, drawn=draw_unread)
def test_beta_of_zero(run: Run, name: Added, case: Sum) -> None:
    alpha = case.scales.get("alpha", 1)
    a, b = arrays_of(case.factors)
    due = products.a_beta_of_zero_leaves_the_addend_out(name, a, b, alpha)
    addend, x, y = case.handles(run)
    expect_forms(run, due, (f"torch.{name}", f"Tensor.{name}"), addend, x, y, **case.scales)
    run.expect(due, f"Tensor.{name}_", addend, x, y, **case.scales)


# Fitting factors, and triples that do not fit.
UNFIT_SUMS: dict[Added, tuple[tuple[Shape, Shape], tuple[tuple[Shape, Shape, Shape], ...]]] = {
    "addmm": (
        ((2, 3), (3, 4)),
        (
            ((3, 4), (2, 3), (3, 4)),
            ((2, 2, 4), (2, 3), (3, 4)),
            ((2, 4), (2, 3), (2, 4)),
            ((2, 4), (3,), (3, 4)),
        ),
    ),
    "addmv": (((2, 3), (3,)), (((3,), (2, 3), (3,)), ((2,), (2, 3), (2,)), ((2,), (3,), (3,)))),
    "addr": (((2,), (3,)), (((3, 2), (2,), (3,)), ((2, 2), (2,), (3,)), ((2, 3), (2, 1), (3,)))),
    "baddbmm": (
        ((2, 2, 3), (2, 3, 4)),
        (((3, 2, 4), (2, 2, 3), (2, 3, 4)), ((2, 2, 4), (2, 2, 3), (1, 3, 4))),
    ),
    "addbmm": (
        ((2, 2, 3), (2, 3, 4)),
        (((3, 4), (2, 2, 3), (2, 3, 4)), ((2, 4), (2, 2, 3), (1, 3, 4))),
    ),
}


@verifies(
    products.addends_broadcast_to_the_product_only,
    over=[(name, shapes) for name, (_, many) in UNFIT_SUMS.items() for shapes in many],
)
def test_unfit_sums(run: Run, case: tuple[Added, tuple[Shape, ...]]) -> None:
    name, shapes = case
    fitting = [run.tensor(np.ones(shape, np.float32)) for shape in UNFIT_SUMS[name][0]]
    run.call(f"torch.{name}", run.tensor(np.ones(1, np.float32)), *fitting)
    given = (run.tensor(np.ones(shape, np.float32)) for shape in shapes)
    run.expect(products.addends_broadcast_to_the_product_only(), f"torch.{name}", *given)


# Traces.


def draw_square(tape: Tape) -> Operand:
    dtype = tape.choose(MULTIPLIED)
    shape = tape.choose(((3, 3), (2, 4), (4, 2), (1, 1), (0, 0), (0, 3), (33, 33), (2051, 2)))
    kinds: tuple[Kind, ...] = ("small", "any") if dtype.is_integral else ("small", "exact", "unit")
    return draw_laid_out(tape, dtype, shape, tape.choose(kinds))


@verifies(products.trace_sums_the_diagonal, drawn=draw_square)
def test_trace(run: Run, operand: Operand) -> None:
    x = run.tensor(operand)
    due = products.trace_sums_the_diagonal(operand.array)
    expect_forms(run, due, ("torch.trace", "Tensor.trace"), x)


@verifies(products.trace_needs_a_matrix, over=[(), (3,), (2, 2, 2), (1, 3, 3)])
def test_trace_of_other_ranks(run: Run, shape: Shape) -> None:
    run.call("torch.trace", run.tensor(np.ones((2, 2), np.float32)))
    run.expect(products.trace_needs_a_matrix(), "torch.trace", run.tensor(np.ones(shape, np.float32)))


# The precision of float32.

PRECISIONS = ("highest", "high", "medium")


@verifies(products.float32_is_multiplied_in_the_highest_precision_by_default)
def test_default_precision(run: Run, case: Tape) -> None:
    due = products.float32_is_multiplied_in_the_highest_precision_by_default()
    run.expect(due, "torch.get_float32_matmul_precision")


@verifies(products.the_precision_that_is_set_is_in_force, over=list(product(PRECISIONS, PRECISIONS)))
def test_setting_precision(run: Run, case: tuple[str, str]) -> None:
    try:
        for precision in case:
            run.call("torch.set_float32_matmul_precision", precision)
            due = products.the_precision_that_is_set_is_in_force(precision)
            run.expect(due, "torch.get_float32_matmul_precision")
    finally:
        run.call("torch.set_float32_matmul_precision", "highest")


def draw_precision(tape: Tape) -> tuple[str, Array, Array]:
    rows, inner, columns = tape.choose(((3, 5, 2), (33, 65, 17), (2, 300, 3), (1, 1, 1)))
    a, b = (draw_array(tape, dtypes.float32, shape, "unit") for shape in ((rows, inner), (inner, columns)))
    return tape.choose(PRECISIONS), a, b


@verifies(products.a_lower_precision_rounds_factors_and_keeps_the_type, drawn=draw_precision)
def test_lower_precision(run: Run, case: tuple[str, Array, Array]) -> None:
    precision, a, b = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.a_lower_precision_rounds_factors_and_keeps_the_type(a, b, precision)
    run.call("torch.set_float32_matmul_precision", precision)
    try:
        expect_forms(run, due, ("torch.matmul", "torch.mm"), x, y)
    finally:
        run.call("torch.set_float32_matmul_precision", "highest")
