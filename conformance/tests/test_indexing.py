"""Windows by index: integers, slices, None and ..., alone and together, and what shares memory."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.subscripts import Subscript, draw_basic, subscript
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import indexing
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.indexing import places

LAYOUTS = ("contiguous", "transposed", "stepped", "offset", "expanded")
SIZES = (0, 1, 4)
BOUNDS = {size: (None, *range(-size - 1, size + 2)) for size in SIZES}
SLICES = [
    (size, slice(start, stop, step))
    for size in SIZES
    for start, stop, step in product(BOUNDS[size], BOUNDS[size], (None, 1, 2, 9))
]


def counted(*shape: int) -> Array:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@dataclass(frozen=True)
class Case:
    """A tensor, an index expression and other elements for the tensor."""

    operand: Operand
    index: Subscript
    others: Array


def draw_window(tape: Tape) -> Case:
    operand = draw_operand(tape, tape.choose(dtypes.COMMON), draw_shape(tape))
    index = draw_basic(tape, operand.shape)
    return Case(operand, index, draw_array(tape, operand.dtype, operand.shape))


@verifies(
    indexing.basic_indices_make_one_window,
    indexing.a_window_starts_at_its_first_element,
    indexing.a_write_through_a_window_reaches_the_tensor,
    indexing.a_write_to_the_tensor_shows_in_a_window,
    drawn=draw_window,
)
def test_windows(run: Run, case: Case) -> None:
    operand, index = case.operand, case.index.plain
    x = run.tensor(operand)
    allowed = indexing.basic_indices_make_one_window(operand.array, operand.strides, index)
    window = run.expect(allowed, "operator.getitem", x, case.index.given(run))
    if window is None:
        return
    picked = places(index, operand.shape)
    if picked.size:
        start = indexing.a_window_starts_at_its_first_element(
            operand.shape, operand.strides, operand.offset, index
        )
        run.expect(start, "Tensor.storage_offset", window)
    values = np.asarray(case.others.reshape(-1)[picked])
    run.call("Tensor.copy_", window, run.tensor(values))
    run.look(indexing.a_write_through_a_window_reaches_the_tensor(operand.array, index, values), x)
    later = np.roll(case.others, 1)
    run.call("Tensor.copy_", x, run.tensor(later))
    run.look(indexing.a_write_to_the_tensor_shows_in_a_window(later, index), window)


@verifies(
    indexing.an_integer_selects_a_place_and_drops_the_dimension,
    over=[
        (shape, layout, index)
        for shape, layout in product([(3,), (1,), (2, 3), (3, 1), (2, 0), (2, 3, 4)], LAYOUTS)
        for index in (
            *range(-shape[0], shape[0]),
            *((..., place) for place in range(-shape[-1], shape[-1])),
            *(tuple(places) for places in product(*((0, size - 1, -size) for size in shape)) if all(shape)),
        )
    ],
)
def test_integers(run: Run, case: tuple[tuple[int, ...], str, Any]) -> None:
    shape, layout, index = case
    array = counted(*shape) if layout != "expanded" else np.broadcast_to(counted(*shape[1:]), shape).copy()
    operand = Operand(array, layout)
    allowed = indexing.an_integer_selects_a_place_and_drops_the_dimension(array, operand.strides, index)
    run.expect(allowed, "operator.getitem", run.tensor(operand), index)


@verifies(indexing.a_slice_takes_a_range_as_python_does, over=SLICES)
def test_slices(run: Run, case: tuple[int, slice]) -> None:
    size, part = case
    for operand, index in (
        (Operand(counted(size)), part),
        (Operand(counted(size, 2), "transposed"), (..., part, slice(1))),
    ):
        allowed = indexing.a_slice_takes_a_range_as_python_does(operand.array, operand.strides, index)
        run.expect(allowed, "operator.getitem", run.tensor(operand), index)


@verifies(
    indexing.none_adds_and_ellipsis_fills_dimensions,
    over=[
        *(None, ..., (None,), (...,), (), (None, None), (None, ...), (..., None), (None, 0), (0, None)),
        *((slice(None), None), (..., 0), (0, ...), (0, ..., 0), (..., None, 0), (0, None, ...)),
        *((slice(1, 2), ..., None, slice(None, None, 2)), (None, 1, None, 0, None), (..., 0, None, 0)),
    ],
)
def test_none_and_ellipsis(run: Run, index: Any) -> None:
    used = sum(isinstance(part, int) for part in index) if isinstance(index, tuple) else 0
    for shape, layout in product([(), (2,), (2, 3), (2, 3, 2), (2, 1, 3, 2)], LAYOUTS[:4]):
        if len(shape) >= max(used, 2):
            operand = Operand(counted(*shape), layout)
            allowed = indexing.none_adds_and_ellipsis_fills_dimensions(operand.array, operand.strides, index)
            run.expect(allowed, "operator.getitem", run.tensor(operand), index)


@verifies(
    indexing.indices_apply_from_the_outermost_dimension_inwards,
    over=list(product((0, 1, -1), (0, 2, -3), (0, 3, -1))),
)
def test_nested(run: Run, indices: tuple[int, ...]) -> None:
    for layout in LAYOUTS[:4]:
        array = counted(2, 3, 4)
        x = run.tensor(Operand(array, layout))
        nested = x
        for depth, index in enumerate(indices, start=1):
            allowed = indexing.indices_apply_from_the_outermost_dimension_inwards(array, indices[:depth])
            nested = run.expect(allowed, "operator.getitem", nested, index)
            run.expect(allowed, "operator.getitem", x, indices[:depth])
            if nested is None:
                break


BEYOND = [
    *(((3,), index) for index in (3, -4, 100, -100, (..., 3), (None, 3), (3, None))),
    *(((2, 3), index) for index in (2, -3, (0, 3), (0, -4), (slice(None), 3), (..., -4), (2, slice(None)))),
    *(((0,), index) for index in (0, -1)),
    *(((2, 0, 3), index) for index in ((0, 0), (0, -1), (..., 3), 2)),
]


@verifies(indexing.an_integer_out_of_range_raises, over=BEYOND)
def test_integers_out_of_range(run: Run, case: tuple[tuple[int, ...], Any]) -> None:
    shape, index = case
    for layout in ("contiguous", "stepped"):
        x = run.tensor(Operand(counted(*shape), layout))
        run.expect(indexing.an_integer_out_of_range_raises(), "operator.getitem", x, index)
        run.expect(indexing.an_integer_out_of_range_raises(), "operator.setitem", x, index, 1)


@verifies(
    indexing.more_indices_than_dimensions_raise,
    over=[
        *(((), index) for index in (0, -1, (0,), (None, 0), (0, None), (..., 0), ([0],))),
        *(((3,), index) for index in ((0, 0), (slice(None), 0), (0, ..., 0), (0, None, 0), ([0], [0]))),
        *(((2, 3), index) for index in ((0, 0, 0), (slice(None),) * 3, ([0], 0, [0]), (..., 0, 0, 0))),
        ((3,), np.ones((3, 1), np.bool_)),
        ((2, 3), (0, np.ones((3, 2), np.bool_))),
    ],
)
def test_too_many_indices(run: Run, case: tuple[tuple[int, ...], Any]) -> None:
    shape, index = case
    x = run.tensor(counted(*shape))
    given = subscript(*(index if isinstance(index, tuple) else (index,))).given(run)
    run.expect(indexing.more_indices_than_dimensions_raise(), "operator.getitem", x, given)
    run.expect(indexing.more_indices_than_dimensions_raise(), "operator.setitem", x, given, 1)


@verifies(
    indexing.a_step_that_is_not_positive_raises,
    over=list(product((0, -1, -2), ((3,), (0,), (2, 3)), (None, 0, 2))),
)
def test_steps(run: Run, case: tuple[int, tuple[int, ...], int | None]) -> None:
    step, shape, start = case
    x = run.tensor(counted(*shape))
    for index in (slice(start, None, step), (..., slice(start, 3, step))):
        run.expect(indexing.a_step_that_is_not_positive_raises(), "operator.getitem", x, index)
        run.expect(indexing.a_step_that_is_not_positive_raises(), "operator.setitem", x, index, 1)
