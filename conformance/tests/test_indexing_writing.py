"""Assignment through an index, augmented assignment, `index_put_`, and membership."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout, draw_operand, draw_reduced, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.subscripts import (
    Subscript,
    draw_advanced,
    draw_basic,
    draw_indices,
    draw_mask,
    draw_masked,
    draw_tensors,
    picks_by_tensor,
    subscript,
)
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import indexing
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.indexing import places
from tensorcanon.spec.rules.promotion import Number, category_of

NUMBERS: tuple[Number, ...] = (1, 0, True, 2.5, 7, 0.25, 3 + 2j)
COUNTED = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_)


@dataclass(frozen=True)
class Case:
    """A tensor, an index expression and what is assigned."""

    operand: Operand
    index: Subscript
    value: Operand | Number

    @property
    def plain(self) -> Array | Number:
        return self.value.array if isinstance(self.value, Operand) else self.value

    def given(self, run: Run) -> Any:
        return run.tensor(self.value) if isinstance(self.value, Operand) else self.value


def draw_number(tape: Tape, dtype: DType) -> Number:
    """Draw a number that a type takes: a complex one only where the type is complex."""
    fitting = [number for number in NUMBERS if dtype.is_complex or not isinstance(number, complex)]
    return tape.choose(fitting)


def draw_value(tape: Tape, dtype: DType, shape: tuple[int, ...]) -> Operand | Number:
    """Draw a number, or a tensor that broadcasts to a shape, perhaps with dimensions of size 1 in front."""
    if tape.one_in(4):
        return draw_number(tape, dtype)
    own = draw_reduced(tape, shape) if tape.one_in(2) else shape
    if tape.one_in(6):
        own = (1,) * (len(shape) - len(own) + 1) + own
    return draw_operand(tape, dtype, own, "finite")


def assign(run: Run, case: Case, allowed: Outcome) -> None:
    x = run.tensor(case.operand)
    run.call("operator.setitem", x, case.index.given(run), case.given(run))
    run.look(allowed, x)


# Windows.


def draw_window_write(tape: Tape) -> Case:
    dtype = tape.choose(dtypes.COMMON)
    operand = draw_operand(tape, dtype, draw_shape(tape))
    index = draw_basic(tape, operand.shape)
    source = tape.choose([other for other in dtypes.COMMON if dtype.is_complex or not other.is_complex])
    value = draw_value(tape, dtype if tape.one_in(2) else source, places(index.plain, operand.shape).shape)
    fits = (
        isinstance(value, Operand) or category_of(value) <= dtype.category or not isinstance(value, complex)
    )
    return Case(operand, index, value if fits else 1)


@verifies(indexing.basic_assignment_converts_and_broadcasts, drawn=draw_window_write)
def test_window_assignment(run: Run, case: Case) -> None:
    allowed = indexing.basic_assignment_converts_and_broadcasts
    assign(run, case, allowed(case.operand.array, case.index.plain, case.plain))


@verifies(
    indexing.basic_assignment_converts_and_broadcasts,
    over=list(product(dtypes.COMMON, repeat=2)),
)
def test_types_of_window_assignment(run: Run, case: tuple[DType, DType]) -> None:
    target, source = case
    if source.is_complex and not target.is_complex:
        return
    array = np.arange(6).reshape(2, 3).astype(target.storage)
    value = np.array([0, 2.5, 3.75]).astype(source.storage)
    for operand in (Operand(value), Operand(value[1:2].reshape(()))):
        written = Case(Operand(array, "transposed"), Subscript((1, slice(None))), operand)
        allowed = indexing.basic_assignment_converts_and_broadcasts(array, written.index.plain, operand.array)
        assign(run, written, allowed)


MISFITS = [
    *(
        ((2, 3), index, value)
        for index, value in [(0, (2,)), (0, (2, 1)), ((0, 0), (2,)), (..., (3, 2)), (..., (4,))]
    ),
    *(
        ((2, 3), index, value)
        for index, value in [((slice(0, 0),), (4,)), ((slice(None), 0), (3,)), (0, (2, 3))]
    ),
    *(((2, 3), ([0, 1],), value) for value in [(2,), (3, 3), (2, 2, 3)]),
    *(((2, 3), ([0, 1], [0, 1]), value) for value in [(3,), (3, 2), (2, 2)]),
    *(((4,), (np.array([True, False, True, True]),), value) for value in [(2,), (4,), (0,), (3, 1)]),
    *(((2, 3), (np.eye(2, 3) > 0,), value) for value in [(3,), (2, 2), (6,)]),
]


@verifies(indexing.a_value_that_does_not_broadcast_is_refused, over=MISFITS)
def test_values_that_do_not_fit(run: Run, case: tuple[tuple[int, ...], Any, tuple[int, ...]]) -> None:
    run.require_data()
    shape, index, size = case
    drawn = subscript(*index) if isinstance(index, tuple) else Subscript((index,), True)
    allowed = indexing.a_value_that_does_not_broadcast_is_refused(shape, drawn.plain, size)
    x, value = run.tensor(np.zeros(shape, np.float32)), run.tensor(np.ones(size, np.float32))
    run.expect(allowed, "operator.setitem", x, drawn.given(run), value)


# Index tensors and masks.


def draw_tensor_write(tape: Tape) -> Case:
    dtype = tape.choose(dtypes.COMMON)
    operand = draw_operand(tape, dtype, draw_shape(tape, ndim=(1, 2, 3, 4)))
    index = draw_advanced(tape, operand.shape)
    picked = places(index.plain, operand.shape)
    if not picks_by_tensor(index, operand.shape):
        return Case(operand, index, draw_number(tape, dtype))
    return Case(operand, index, draw_value(tape, dtype, picked.shape))


@verifies(indexing.assignment_by_index_tensors_writes_in_place, drawn=draw_tensor_write)
def test_tensor_assignment(run: Run, case: Case) -> None:
    allowed = indexing.assignment_by_index_tensors_writes_in_place
    assign(run, case, allowed(case.operand.array, case.index.plain, case.plain))


def draw_mask_write(tape: Tape) -> Case:
    dtype = tape.choose(dtypes.COMMON)
    operand = draw_operand(tape, dtype, draw_shape(tape, ndim=(1, 2, 3, 4)))
    index = draw_masked(tape, operand.shape)
    return Case(operand, index, draw_operand(tape, dtype, places(index.plain, operand.shape).shape))


@verifies(indexing.assignment_by_a_mask_uses_up_the_values_in_order, drawn=draw_mask_write)
def test_mask_assignment(run: Run, case: Case) -> None:
    assert isinstance(case.value, Operand)
    allowed = indexing.assignment_by_a_mask_uses_up_the_values_in_order
    assign(run, case, allowed(case.operand.array, case.index.plain, case.value.array))


@verifies(
    indexing.assignment_by_index_tensors_needs_one_type,
    over=[(a, b) for a, b in product(dtypes.COMMON, repeat=2) if a is not b],
)
def test_types_of_tensor_assignment(run: Run, case: tuple[DType, DType]) -> None:
    run.require_data()
    target, source = case
    x = run.tensor(np.zeros((2, 3), target.storage))
    value = run.tensor(np.ones(3, source.storage))
    index = run.tensor(np.array([0, 1]))
    allowed = indexing.assignment_by_index_tensors_needs_one_type
    run.expect(allowed(), "operator.setitem", x, index, value)
    run.expect(allowed(), "Tensor.index_put_", x, (index,), value)


BEYOND = 5000


@verifies(
    indexing.assignment_by_index_tensors_writes_in_place,
    indexing.assignment_by_a_mask_uses_up_the_values_in_order,
    over=list(product(((BEYOND,), (BEYOND, 2)), ("contiguous", "stepped"))),
)
def test_many_places(run: Run, case: tuple[tuple[int, ...], str]) -> None:
    shape, layout = case
    array = np.zeros(shape, np.float32)
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    order, mask = np.arange(BEYOND) * 7 % BEYOND, np.arange(BEYOND) % 3 > 0
    for index, value in ((order, Operand(values)), (order, 1), (mask, 2)):
        written = Case(Operand(array, layout), Subscript((Operand(index),), True), value)
        allowed = indexing.assignment_by_index_tensors_writes_in_place(array, index, written.plain)
        assign(run, written, allowed)
    some = values[: int(mask.sum())]
    allowed = indexing.assignment_by_a_mask_uses_up_the_values_in_order(array, mask, some)
    assign(run, Case(Operand(array, layout), Subscript((Operand(mask),), True), Operand(some)), allowed)


# Augmented assignment.


@dataclass(frozen=True)
class Raise:
    """A tensor, an index expression and the number added."""

    operand: Operand
    index: Subscript
    number: int


def draw_raise(tape: Tape) -> Raise:
    operand = draw_operand(tape, tape.choose(COUNTED), draw_shape(tape, ndim=(1, 2, 3, 4)), "exact")
    draw = tape.choose((draw_tensors, draw_basic, draw_advanced))
    return Raise(operand, draw(tape, operand.shape), tape.choose((1, 2)))


@verifies(indexing.augmented_assignment_updates_each_place_once, drawn=draw_raise)
def test_augmented_assignment(run: Run, case: Raise) -> None:
    x, index = run.tensor(case.operand), case.index.given(run)
    raised = run.call("operator.iadd", run.call("operator.getitem", x, index), case.number)
    run.call("operator.setitem", x, index, raised)
    allowed = indexing.augmented_assignment_updates_each_place_once
    run.look(allowed(case.operand.array, case.index.plain, case.number), x)


# index_put_ takes a tuple of tensors.


@dataclass(frozen=True)
class Put:
    """A tensor, index tensors and the values put."""

    operand: Operand
    tensors: tuple[Operand, ...]
    value: Operand

    @property
    def index(self) -> tuple[Array, ...]:
        return tuple(tensor.array for tensor in self.tensors)


def draw_put(tape: Tape, dtype: DType, kind: Kind) -> Put:
    """Draw what `index_put_` takes: a mask, or index tensors of the leading dimensions."""
    operand = draw_operand(tape, dtype, draw_shape(tape, ndim=(1, 2, 3)), kind)
    leading = operand.shape[: 1 + tape.below(operand.ndim)]
    common = (0,) if 0 in operand.shape else tape.choose(((2,), (3,), (5,), (2, 2), (1,)))
    if operand.array.size > 1000 and operand.ndim == 1:
        common = (4500,)
    if tape.one_in(4):
        tensors = [draw_mask(tape, leading)]
    else:
        shapes = [draw_reduced(tape, common) if all(common) and tape.one_in(2) else common for _ in leading]
        tensors = [draw_indices(tape, shape, size) for shape, size in zip(shapes, leading, strict=True)]
    shape = places(tuple(tensors), operand.shape).shape
    own = draw_reduced(tape, shape) if tape.one_in(3) else shape
    given = tuple(Operand(tensor, draw_layout(tape)) for tensor in tensors)
    return Put(operand, given, draw_operand(tape, dtype, own, kind))


@verifies(
    indexing.index_put_writes_as_assignment_does,
    drawn=lambda tape: draw_put(tape, tape.choose(dtypes.COMMON), "any"),
)
def test_index_put(run: Run, case: Put) -> None:
    allowed = indexing.index_put_writes_as_assignment_does(case.operand.array, case.index, case.value.array)
    x, value = run.tensor(case.operand), run.tensor(case.value)
    tensors = tuple(run.tensor(tensor) for tensor in case.tensors)
    run.expect(allowed, "torch.index_put", x, tensors, value)
    none = np.zeros(0, np.int64), np.zeros((), case.operand.array.dtype)
    run.look(indexing.index_put_writes_as_assignment_does(case.operand.array, none[:1], none[1]), x)
    run.expect(allowed, "Tensor.index_put_", x, tensors, value)
    run.look(allowed, x)


@verifies(
    indexing.index_put_accumulates_every_value,
    drawn=lambda tape: draw_put(tape, tape.choose(COUNTED), "exact"),
)
def test_accumulating_index_put(run: Run, case: Put) -> None:
    allowed = indexing.index_put_accumulates_every_value(case.operand.array, case.index, case.value.array)
    x, value = run.tensor(case.operand), run.tensor(case.value)
    tensors = tuple(run.tensor(tensor) for tensor in case.tensors)
    run.expect(allowed, "Tensor.index_put", x, tensors, value, accumulate=True)
    run.expect(allowed, "Tensor.index_put_", x, tensors, value, True)
    run.look(allowed, x)


@verifies(
    indexing.membership_asks_whether_any_element_is_equal,
    over=[
        *product(([0, 1, 2], [], [[3, 4], [5, 6]], [-1.5, 2.0]), (0, 2, 2.0, 7, 5, -1.5, True)),
        *product(([float("nan"), 1.0], [0.0], [-0.0]), (float("nan"), 1, 0.0, -0.0)),
    ],
)
def test_membership(run: Run, case: tuple[list[Any], Number]) -> None:
    array, value = np.array(case[0]), case[1]
    array = array.astype(np.float32) if array.dtype.kind == "f" else array
    allowed = indexing.membership_asks_whether_any_element_is_equal(array, value)
    run.require_data()
    run.expect(allowed, "operator.contains", run.tensor(array), value)
