"""Extremes with indices, extremes of two tensors, and what NaN does to reductions."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_broadcastable, draw_operand, draw_shape
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import reductions
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.ops import statistics
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

ORDERED = (dtypes.bool_, *dtypes.REALS)

Row = tuple[Operand, int, bool]


def draw_row(tape: Tape) -> Row:
    """Draw an operand without empty dimensions, a dimension and keepdim."""
    dtype = tape.choose(dtypes.REALS)
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    operand = draw_laid_out(tape, dtype, shape, tape.choose(("any", "ties", "finite", "any")))
    return operand, draw_dim(tape, len(shape)), tape.one_in(3)


def draw_ordered(tape: Tape) -> Row:
    operand, dim, keepdim = draw_row(tape)
    if tape.one_in(8):
        operand = Operand(np.asarray(operand.array != 0), operand.layout)
    return operand, dim, keepdim


@verifies(
    reductions.extremes_along_a_dim_come_with_their_indices,
    reductions.the_extreme_of_all_elements_is_a_zero_dim_tensor,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_ordered,
)
def test_max_and_min(run: Run, case: Row) -> None:
    operand, dim, keepdim = case
    x = run.tensor(operand)
    for name, largest in (("max", True), ("min", False)):
        whole = reductions.the_extreme_of_all_elements_is_a_zero_dim_tensor(operand.array, largest=largest)
        run.expect(whole, f"Tensor.{name}", x)
        run.expect(whole, f"torch.{name}", x)
        along = reductions.extremes_along_a_dim_come_with_their_indices(
            operand.array, dim, keepdim, largest=largest
        )
        run.expect(along, f"torch.{name}", x, dim, keepdim)
        run.expect(along, f"Tensor.{name}", x, dim=dim, keepdim=keepdim)
    run.look(reductions.the_input_is_left_as_it_was(operand.array), x)


@verifies(
    reductions.argmax_is_the_first_index_of_the_extreme,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_row,
)
def test_argmax(run: Run, case: Row) -> None:
    operand, dim, keepdim = case
    x = run.tensor(operand)
    law = reductions.argmax_is_the_first_index_of_the_extreme
    for name, largest in (("argmax", True), ("argmin", False)):
        run.expect(law(operand.array, None, False, largest=largest), f"Tensor.{name}", x)
        run.expect(law(operand.array, dim, keepdim, largest=largest), f"torch.{name}", x, dim, keepdim)
        due = law(operand.array, dim, keepdim, largest=largest)
        run.expect(due, f"Tensor.{name}", x, dim=dim, keepdim=keepdim)
    run.look(reductions.the_input_is_left_as_it_was(operand.array), x)


@verifies(
    reductions.argmax_is_the_first_index_of_the_extreme,
    over=product(dtypes.REALS, (2047, 2048, 2049, 4097, 70001)),
)
def test_argmax_of_many(run: Run, case: tuple[DType, int]) -> None:
    dtype, count = case
    array = np.zeros(count, dtype.storage)
    array[[count - 2, count - 1]] = 1
    x = run.tensor(array)
    law = reductions.argmax_is_the_first_index_of_the_extreme
    run.expect(law(array, None, False, largest=True), "Tensor.argmax", x)
    run.expect(law(array, 0, False, largest=True), "torch.argmax", x, 0)
    run.expect(law(array, -1, False, largest=False), "torch.argmin", x, -1)


def draw_pair(tape: Tape) -> tuple[Operand, Operand]:
    a, b = draw_broadcastable(tape, 2)
    first = tape.choose(ORDERED)
    second = tape.choose(ORDERED) if tape.one_in(3) else first
    return draw_operand(tape, first, a), draw_operand(tape, second, b)


@verifies(reductions.max_of_two_tensors_is_elementwise, drawn=draw_pair)
def test_max_of_two(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = case
    x, y = run.tensor(a), run.tensor(b)
    for name, largest in (("max", True), ("min", False)):
        due = reductions.max_of_two_tensors_is_elementwise(a.array, b.array, largest=largest)
        run.expect(due, f"torch.{name}", x, y)
        run.expect(due, f"Tensor.{name}", x, y)
        run.expect(due, f"torch.{name}imum", x, y)


# NaN.


def draw_with_nan(tape: Tape) -> tuple[Operand, int, bool]:
    """Draw a floating operand with a NaN in some rows, a dimension and keepdim."""
    dtype = tape.choose(dtypes.FLOATS)
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    operand = draw_laid_out(tape, dtype, shape, tape.choose(("finite", "any")))
    array = operand.array.copy()
    if operand.layout != "expanded":
        array.reshape(-1)[tape.below(array.size)] = np.nan
    return Operand(array, operand.layout), draw_dim(tape, len(shape)), tape.one_in(3)


PROPAGATING = ("sum", "mean", "prod", "amax", "amin", "logsumexp")


@verifies(
    reductions.a_nan_makes_the_result_nan,
    reductions.a_nan_makes_all_later_results_nan,
    reductions.the_index_of_an_extreme_is_that_of_the_first_nan,
    drawn=draw_with_nan,
)
def test_nan(run: Run, case: tuple[Operand, int, bool]) -> None:
    operand, dim, keepdim = case
    array, dtype, x = operand.array, operand.dtype, run.tensor(operand)
    every = tuple(range(array.ndim))
    one = ops.axes_of(dim, array.ndim)
    along = reductions.a_nan_makes_the_result_nan(dtype, array, one, keepdim)
    for name in PROPAGATING:
        run.expect(along, f"torch.{name}", x, dim, keepdim)
    whole = reductions.a_nan_makes_the_result_nan(dtype, array, every, False)
    for name in ("sum", "mean", "prod", "max", "min", "amax", "amin", "median"):
        run.expect(whole, f"Tensor.{name}", x)
    for name in ("aminmax", "max", "min", "median"):
        run.look(along, run.call(f"torch.{name}", x, dim=dim, keepdim=keepdim)[0], name)
    if ops.terms(array.shape, one) > 1:
        for name in ("var", "std"):
            run.expect(along, f"torch.{name}", x, dim=dim, keepdim=keepdim)
    later = reductions.a_nan_makes_all_later_results_nan(array, dim)
    for name in ("cumsum", "cumprod", "logcumsumexp"):
        run.expect(later, f"torch.{name}", x, dim)
    for name in ("cummax", "cummin"):
        run.look(later, run.call(f"torch.{name}", x, dim)[0], name)
    first = reductions.the_index_of_an_extreme_is_that_of_the_first_nan(array, dim)
    for name in ("max", "min"):
        run.look(first, run.call(f"torch.{name}", x, dim)[1], name)
    for name in ("argmax", "argmin"):
        run.expect(first, f"torch.{name}", x, dim)


# Several NaN, infinities beside them, and rows longer than a vector register.
NAN_ROWS = [
    (dtype, count, place)
    for dtype, count in product(dtypes.FLOATS, (1, 2, 7, 8, 17, 33, 64, 130, 4099))
    for place in sorted({0, count // 2, count - 1})
]


@verifies(
    reductions.a_nan_makes_the_result_nan,
    reductions.the_index_of_an_extreme_is_that_of_the_first_nan,
    over=NAN_ROWS,
)
def test_nan_anywhere(run: Run, case: tuple[DType, int, int]) -> None:
    dtype, count, place = case
    array = np.full(count, np.inf).astype(dtype.storage)
    array[place:] = np.nan
    array[place + 1 :: 2] = 0
    x = run.tensor(array)
    due = reductions.a_nan_makes_the_result_nan(dtype, array, (0,), False)
    for name in ("sum", "mean", "amax", "amin", "max", "min", "median"):
        run.expect(due, f"torch.{name}", x)
    first = reductions.the_index_of_an_extreme_is_that_of_the_first_nan(array, 0)
    for name in ("argmax", "argmin"):
        run.expect(first, f"torch.{name}", x, 0)


TIES = [
    (values, dim)
    for values in ([1, 3, 3, 2], [0, 0], [2, 1, 2, 1], [5], [[1, 1], [1, 1]], [[3, 1, 3], [2, 2, 2]])
    for dim in ((0, None) if isinstance(values[0], int) else (0, 1, None))
]


@verifies(reductions.argmax_is_the_first_index_of_the_extreme, over=product(dtypes.REALS, TIES))
def test_ties(run: Run, case: tuple[DType, tuple[list[int], int | None]]) -> None:
    dtype, (values, dim) = case
    array = np.array(values).astype(dtype.storage)
    x = run.tensor(array)
    law = reductions.argmax_is_the_first_index_of_the_extreme
    args = () if dim is None else (dim,)
    run.expect(law(array, dim, False, largest=True), "torch.argmax", x, *args)
    run.expect(law(array, dim, False, largest=False), "torch.argmin", x, *args)


def test_catalogued_values_are_those_of_the_laws() -> None:
    """The spec's own examples: the extremes of a range, and the lower middle of an even number."""
    array = np.arange(10, 100, 10)
    assert statistics.first_extreme(array, None, False, largest=True) == 8
    assert statistics.first_extreme(array, None, False, largest=False) == 0
