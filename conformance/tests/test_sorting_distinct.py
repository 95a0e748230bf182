"""Distinct elements and runs of equal ones."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_shape
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions, sorting
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

COUNTED = (*dtypes.REALS, dtypes.bool_)

Distinct = tuple[Operand, int | None, bool, bool]


def draw_distinct(tape: Tape) -> Distinct:
    """Draw an operand, a dimension or none, and whether the inverse and the counts are asked for."""
    shape = draw_shape(tape)
    by_slice = bool(shape) and 0 not in shape and tape.one_in(3)
    # How slices with NaN compare is not documented.
    kind: Kind = tape.choose(("ties", "small") if by_slice else ("ties", "finite", "small"))
    operand = draw_laid_out(tape, tape.choose(COUNTED), shape, kind)
    dim = draw_dim(tape, len(shape)) if by_slice else None
    return operand, dim, tape.one_in(2), tape.one_in(2)


def extras(inverse: bool, counts: bool) -> dict[str, bool]:
    return {name: True for name, on in (("return_inverse", inverse), ("return_counts", counts)) if on}


@verifies(
    sorting.unique_gives_the_distinct_elements_in_order,
    sorting.unique_consecutive_drops_equal_neighbours,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_distinct,
)
def test_distinct(run: Run, case: Distinct) -> None:
    operand, dim, inverse, counts = case
    run.require_data()
    array, x = operand.array, run.tensor(operand)
    given = {**extras(inverse, counts), **({} if dim is None else {"dim": dim})}
    due = sorting.unique_gives_the_distinct_elements_in_order(array, dim, inverse=inverse, counts=counts)
    run.expect(due, "torch.unique", x, **given)
    run.expect(due, "Tensor.unique", x, **given)
    runs = sorting.unique_consecutive_drops_equal_neighbours(array, dim, inverse=inverse, counts=counts)
    run.expect(runs, "torch.unique_consecutive", x, **given)
    run.expect(runs, "Tensor.unique_consecutive", x, **given)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


@verifies(
    sorting.unique_gives_the_distinct_elements_in_order,
    sorting.unique_consecutive_drops_equal_neighbours,
    over=product((dtypes.int64, dtypes.float32, dtypes.uint8), (300, 2049, 4097)),
)
def test_many(run: Run, case: tuple[DType, int]) -> None:
    dtype, count = case
    run.require_data()
    array = (np.arange(count) // 3 * 7 % 64).astype(dtype.storage)
    x = run.tensor(array)
    given = extras(True, True)
    due = sorting.unique_gives_the_distinct_elements_in_order(array, None, inverse=True, counts=True)
    run.expect(due, "torch.unique", x, **given)
    runs = sorting.unique_consecutive_drops_equal_neighbours(array, None, inverse=True, counts=True)
    run.expect(runs, "torch.unique_consecutive", x, **given)


@verifies(sorting.unique_sorts_even_if_not_asked_to, over=product(COUNTED, (5, 33, 4097)))
def test_unsorted(run: Run, case: tuple[DType, int]) -> None:
    dtype, count = case
    run.require_data()
    array = (np.arange(count) * 37 % 101).astype(dtype.storage)
    due = sorting.unique_sorts_even_if_not_asked_to(array)
    run.expect(due, "torch.unique", run.tensor(array), sorted=False)


NAN_ROWS = ([np.nan, np.nan, 1.0], [np.nan], [0.0, np.nan, 0.0, np.nan, np.inf], [1.0, 2.0])


@verifies(sorting.each_nan_is_distinct, over=product(dtypes.FLOATS, NAN_ROWS))
def test_nan(run: Run, case: tuple[DType, list[float]]) -> None:
    dtype, values = case
    run.require_data()
    array = np.array(values).astype(dtype.storage)
    run.expect(sorting.each_nan_is_distinct(array), "torch.unique", run.tensor(array))
