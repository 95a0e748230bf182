"""Index tensors, lists, masks and bools: what they pick, where their dimensions go, that they copy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LARGE, Operand, draw_layout, draw_operand, draw_reduced, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.subscripts import (
    Subscript,
    draw_advanced,
    draw_indices,
    draw_mask,
    draw_masked,
    draw_with_bool,
    picks_by_tensor,
    subscript,
)
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import indexing
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.indexing import places

RANKED = (1, 2, 3, 4)


@dataclass(frozen=True)
class Case:
    """A tensor and an index expression."""

    operand: Operand
    index: Subscript


def draw_source(tape: Tape, *, ndim: tuple[int, ...] = RANKED) -> Operand:
    return draw_operand(tape, tape.choose(dtypes.COMMON), draw_shape(tape, ndim=ndim))


def read(run: Run, allowed: Outcome, case: Case) -> tuple[Any, Any]:
    x = run.tensor(case.operand)
    return x, run.expect(allowed, "operator.getitem", x, case.index.given(run))


# Integer tensors.


def draw_rows(tape: Tape) -> Case:
    operand = draw_source(tape)
    shape = tape.choose(((3,), (2,), (5,), (2, 3), (1,), (0,), (2, 1, 2), (2, 0)))
    if operand.array.size <= 16 and tape.one_in(16):
        shape = LARGE[0]
    if operand.shape[0] == 0 and np.prod(shape):
        shape = (0,)
    index = draw_indices(tape, shape, operand.shape[0])
    return Case(operand, Subscript((Operand(index, draw_layout(tape)),), not tape.one_in(4)))


@verifies(indexing.an_integer_tensor_gathers_slices, drawn=draw_rows)
def test_integer_tensors(run: Run, case: Case) -> None:
    read(run, indexing.an_integer_tensor_gathers_slices(case.operand.array, case.index.plain), case)


LISTS = [[0], [1, 0, 1], [-1, -3, 0], [], [2, 2, 2, 2]]


@verifies(
    indexing.an_integer_tensor_gathers_slices,
    over=[
        *product(LISTS, ("contiguous", "transposed", "stepped")),
        *product([([0, -1],), ([[0, 1], [2, 0]],), (..., [1, 1]), (slice(1, None), [0, 1])], ("contiguous",)),
    ],
)
def test_lists(run: Run, case: tuple[Any, str]) -> None:
    index, layout = case
    operand = Operand(np.arange(12, dtype=np.float32).reshape(3, 4), layout)
    drawn = Subscript((index,), True) if isinstance(index, list) else Subscript(index)
    allowed = indexing.an_integer_tensor_gathers_slices(operand.array, drawn.plain)
    read(run, allowed, Case(operand, drawn))


def draw_points(tape: Tape) -> Case:
    operand = draw_source(tape, ndim=(2, 3, 4))
    common = tape.choose(((2,), (3,), (2, 2), (1,), (0,), (2, 3)))
    if operand.array.size <= 16 and tape.one_in(16):
        common = LARGE[2]
    used = operand.shape[: 2 + tape.below(operand.ndim - 1)]
    parts = []
    for size in used:
        shape = (0,) if 0 in operand.shape else draw_reduced(tape, common) if tape.one_in(2) else common
        parts.append(Operand(draw_indices(tape, shape, size), draw_layout(tape)))
    return Case(operand, Subscript(tuple(parts)))


@verifies(indexing.index_tensors_select_pointwise, drawn=draw_points)
def test_pointwise(run: Run, case: Case) -> None:
    read(run, indexing.index_tensors_select_pointwise(case.operand.array, case.index.plain), case)


def draw_any(tape: Tape) -> Case:
    operand = draw_source(tape, ndim=(0, *RANKED))
    return Case(operand, draw_advanced(tape, operand.shape))


@verifies(indexing.index_tensors_keep_their_place_if_adjacent, indexing.index_tensors_copy, drawn=draw_any)
def test_index_tensors(run: Run, case: Case) -> None:
    array = case.operand.array
    allowed = indexing.index_tensors_keep_their_place_if_adjacent(array, case.index.plain)
    x, picked = read(run, allowed, case)
    if picked is None or not picks_by_tensor(case.index, case.operand.shape):
        return
    run.call("Tensor.fill_", picked, 1)
    run.look(indexing.index_tensors_copy(array), x)
    if case.operand.effective_layout != "expanded":
        _, picked = read(run, allowed, case)
        run.call("Tensor.fill_", x, 0)
        before = np.asarray(array.reshape(-1)[places(case.index.plain, array.shape)])
        run.look(indexing.index_tensors_copy(before), picked)


COPIED = [
    *((np.array([0]),), (np.array([0, 1, 2]),), ([0, 1],), (slice(None), np.array([0, 1])), (True,)),
    *((np.ones(3, np.bool_),), (np.ones((3, 2), np.bool_),), ([True, False, False],), (..., np.array([1]))),
]


@verifies(indexing.index_tensors_copy, over=COPIED)
def test_copies(run: Run, parts: tuple[Any, ...]) -> None:
    """Places that a window could give are copied nevertheless."""
    array = np.arange(6, dtype=np.float32).reshape(3, 2)
    drawn = subscript(*parts)
    x = run.tensor(array)
    picked = run.call("operator.getitem", x, Subscript(drawn.parts, len(parts) == 1).given(run))
    run.call("Tensor.fill_", picked, 9)
    run.look(indexing.index_tensors_copy(array), x)


ADJACENT = [
    *((slice(None), [0, 1], [0, 1]), ([0, 1], slice(None), [0, 1]), ([0, 1], [0, 1]), (..., [0, 1], [0, 1])),
    *((..., [0, 1], slice(None), [0, 1]), ([0, 1], None, [0, 1]), (None, [0, 1], [0, 1], None)),
    *((slice(None), [[0], [1]], slice(None), [0, 1, 2]), (slice(None), [0, 1], slice(0, 2), slice(1))),
    *((slice(None), [[0, 1, 1]], [[0], [1]]), ([0, 1], ..., [0, 1]), (None, slice(None), None, [0, 1], [1])),
]


@verifies(indexing.index_tensors_keep_their_place_if_adjacent, over=list(product(ADJACENT, (False, True))))
def test_places_of_dimensions(run: Run, case: tuple[tuple[Any, ...], bool]) -> None:
    index, as_tensors = case
    operand = Operand(np.arange(120, dtype=np.int32).reshape(2, 3, 4, 5), "transposed")
    parts = [np.array(part) if as_tensors and isinstance(part, list) else part for part in index]
    drawn = subscript(*parts)
    read(
        run,
        indexing.index_tensors_keep_their_place_if_adjacent(operand.array, drawn.plain),
        Case(operand, drawn),
    )


@verifies(
    indexing.an_integer_beside_index_tensors_selects_first,
    over=[
        *((0, slice(None), [0, 1]), (slice(None), 0, [0, 1]), ([0, 1], 0, [0, 1]), ([0, 1], slice(None), -1)),
        *((-1, None, [0, 1]), ([0, 1], None, 1), (1, [0, 1]), ([1, 0], 2), (0, [0, 1], slice(None), 1)),
        *(([0, 1], 1, slice(None), [0, 1]), (1, ..., [0, 1]), (slice(None), [0, 1], 1, [0, 1])),
    ],
)
def test_integers_beside_index_tensors(run: Run, index: tuple[Any, ...]) -> None:
    operand = Operand(np.arange(120, dtype=np.int32).reshape(2, 3, 4, 5), "offset")
    drawn = subscript(*(np.array(part) if isinstance(part, list) else part for part in index))
    allowed = indexing.an_integer_beside_index_tensors_selects_first(operand.array, drawn.plain)
    read(run, allowed, Case(operand, drawn))


@verifies(
    indexing.a_zero_dim_integer_tensor_indexes_as_the_integer,
    over=list(product((0, 1, -2), ("int64", "int32"), ((), (slice(None),), ([0, 1],)))),
)
def test_zero_dim_index_tensors(run: Run, case: tuple[int, str, tuple[Any, ...]]) -> None:
    place, dtype, after = case
    operand = Operand(np.arange(24, dtype=np.float32).reshape(2, 3, 4), "transposed")
    drawn = subscript(np.array(place, dtype), *after)
    allowed = indexing.a_zero_dim_integer_tensor_indexes_as_the_integer(operand.array, drawn.plain)
    read(run, allowed, Case(operand, drawn))


BEYOND = 5000


@verifies(
    indexing.an_integer_tensor_gathers_slices,
    indexing.a_mask_selects_true_places_in_order,
    over=list(product(((BEYOND,), (BEYOND, 2)), ("contiguous", "stepped"), (dtypes.float32, dtypes.int64))),
)
def test_many_places(run: Run, case: tuple[tuple[int, ...], str, dtypes.DType]) -> None:
    shape, layout, dtype = case
    array = (np.arange(np.prod(shape)) % 1013).reshape(shape).astype(dtype.storage)
    x = run.tensor(Operand(array, layout))
    order = np.arange(BEYOND) * 7 % BEYOND - BEYOND
    gathered = indexing.an_integer_tensor_gathers_slices(array, order)
    run.expect(gathered, "operator.getitem", x, run.tensor(order))
    mask = np.arange(BEYOND) % 3 > 0
    selected = indexing.a_mask_selects_true_places_in_order(array, mask)
    run.expect(selected, "operator.getitem", x, run.tensor(Operand(mask, layout)))


# Masks and bools.


def draw_by_mask(tape: Tape) -> Case:
    operand = draw_source(tape)
    return Case(operand, draw_masked(tape, operand.shape))


@verifies(indexing.a_mask_selects_true_places_in_order, drawn=draw_by_mask)
def test_masks(run: Run, case: Case) -> None:
    read(run, indexing.a_mask_selects_true_places_in_order(case.operand.array, case.index.plain), case)


def draw_whole_mask(tape: Tape) -> tuple[Operand, Operand]:
    operand = draw_source(tape)
    mask = draw_mask(tape, operand.shape[: operand.ndim - tape.below(operand.ndim)])
    return operand, Operand(mask, draw_layout(tape))


@verifies(indexing.a_mask_picks_what_its_nonzero_coordinates_pick, drawn=draw_whole_mask)
def test_masks_and_coordinates(run: Run, case: tuple[Operand, Operand]) -> None:
    operand, mask = case
    x, m = run.tensor(operand), run.tensor(mask)
    allowed = indexing.a_mask_picks_what_its_nonzero_coordinates_pick(operand.array, mask.array)
    run.expect(allowed, "operator.getitem", x, m)
    run.expect(allowed, "operator.getitem", x, run.call("torch.nonzero", m, as_tuple=True))


def draw_bool(tape: Tape) -> Case:
    operand = draw_source(tape, ndim=(0, *RANKED))
    return Case(operand, draw_with_bool(tape, operand.shape))


@verifies(indexing.a_bool_adds_a_dimension_of_size_one_or_zero, drawn=draw_bool)
def test_bools(run: Run, case: Case) -> None:
    read(
        run, indexing.a_bool_adds_a_dimension_of_size_one_or_zero(case.operand.array, case.index.plain), case
    )


# What is refused, and what counts as something else.

OUT_OF_RANGE = [
    *(((3,), (np.array(part),)) for part in ([3], [-4], [0, 3], [0, -4, 1], [[0], [5]], [10**6])),
    *(((2, 3), (np.array([0, 1]), np.array(part))) for part in ([0, 3], [-4, 0])),
    *(((2, 3), (slice(None), np.array([0, 3]))), ((2, 3), (np.array([2]), slice(None)))),
    *(((0, 3), (np.array([0]),)), ((2, 0), (slice(None), np.array([0])))),
]


@verifies(indexing.an_index_tensor_out_of_range_raises, over=list(product(OUT_OF_RANGE, range(2))))
def test_index_tensors_out_of_range(
    run: Run, case: tuple[tuple[tuple[int, ...], tuple[Any, ...]], int]
) -> None:
    (shape, parts), _ = case
    x = run.tensor(np.zeros(shape, np.float32))
    given = subscript(*parts).given(run)
    run.expect(indexing.an_index_tensor_out_of_range_raises(), "operator.getitem", x, given)
    run.expect(indexing.an_index_tensor_out_of_range_raises(), "operator.setitem", x, given, 1)


@verifies(
    indexing.index_tensors_that_do_not_broadcast_raise,
    over=[([0, 1], [0, 1, 2]), ([[0, 1]], [0, 1, 1]), ([[0], [1], [0]], [[0, 1], [1, 0]]), ([], [0, 1])],
)
def test_index_tensors_that_do_not_broadcast(run: Run, parts: tuple[list[Any], ...]) -> None:
    run.require_data()
    x = run.tensor(np.zeros((2, 3), np.float32))
    given = subscript(*(np.array(part, np.int64) for part in parts)).given(run)
    run.expect(indexing.index_tensors_that_do_not_broadcast_raise(), "operator.getitem", x, given)
    run.expect(indexing.index_tensors_that_do_not_broadcast_raise(), "operator.setitem", x, given, 1)


@verifies(
    indexing.a_mask_of_another_shape_raises,
    over=[((2, 3), (), size) for size in [(3,), (1,), (2, 1), (1, 3), (3, 2), (2, 4), (0,), (2, 0)]]
    + [((2, 3), (slice(None),), size) for size in [(2,), (1,), (4,)]]
    + [((2, 3, 4), (0,), size) for size in [(2,), (3, 3), (4,)]],
)
def test_masks_of_another_shape(
    run: Run, case: tuple[tuple[int, ...], tuple[Any, ...], tuple[int, ...]]
) -> None:
    shape, before, size = case
    x = run.tensor(np.zeros(shape, np.float32))
    given = subscript(*before, np.ones(size, np.bool_)).given(run)
    run.expect(indexing.a_mask_of_another_shape_raises(), "operator.getitem", x, given)
    if np.prod(size):
        run.expect(
            indexing.a_mask_of_another_shape_raises(),
            "operator.setitem",
            x,
            given,
            run.tensor(np.zeros((1, 1), np.float32)),
        )


@verifies(
    indexing.index_tensors_hold_integers_or_bools,
    over=[dtype for dtype in dtypes.COMMON if dtype not in (dtypes.bool_, dtypes.uint8)],
)
def test_types_of_index_tensors(run: Run, dtype: dtypes.DType) -> None:
    run.require_data()
    array = np.arange(6, dtype=np.float32).reshape(3, 2)
    x = run.tensor(array)
    for index in ([0, 2], [1], [[0, 1], [2, 0]]):
        tensor = np.array(index).astype(dtype.storage)
        allowed = indexing.index_tensors_hold_integers_or_bools(array, tensor)
        run.expect(allowed, "operator.getitem", x, run.tensor(tensor))
        run.expect(allowed, "operator.getitem", x, (run.tensor(tensor),))


@verifies(indexing.a_byte_tensor_is_a_mask_with_a_warning, over=[[1, 0, 1], [0, 0, 0], [2, 1, 255]])
def test_byte_masks(run: Run, index: list[int]) -> None:
    run.require_data()
    array, mask = np.arange(6, dtype=np.float32).reshape(3, 2), np.array(index, np.uint8)
    allowed = indexing.a_byte_tensor_is_a_mask_with_a_warning(array, mask)
    run.expect(allowed, "operator.getitem", run.tensor(array), run.tensor(mask))


@verifies(
    indexing.a_nested_list_is_a_tuple_of_lists,
    over=[[[0, 1], [1, 2]], [[0], [0]], [[1, 0, 1], [-1, -2, 0]]],
)
def test_nested_lists(run: Run, index: list[list[int]]) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    allowed = indexing.a_nested_list_is_a_tuple_of_lists(array, index)
    run.expect(allowed, "operator.getitem", run.tensor(array), index)
