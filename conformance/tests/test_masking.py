"""Masks and conditions: filling, selecting, choosing, finding."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.cautions import every_warning
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import (
    Operand,
    draw_array,
    draw_broadcastable,
    draw_layout,
    draw_operand,
    draw_reduced,
    draw_shape,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.subscripts import draw_mask
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import masking
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Number

Shape = tuple[int, ...]
SOURCES = ("contiguous", "transposed", "stepped", "offset")


@dataclass(frozen=True)
class Masked:
    """A tensor, a mask that broadcasts to its shape, and another operand."""

    operand: Operand
    mask: Operand
    other: Operand | Number

    def given(self, run: Run) -> tuple[Any, Any, Any]:
        other = run.tensor(self.other) if isinstance(self.other, Operand) else self.other
        return run.tensor(self.operand), run.tensor(self.mask), other

    @property
    def value(self) -> Array | Number:
        return self.other.array if isinstance(self.other, Operand) else self.other


def draw_mask_operand(tape: Tape, shape: Shape) -> Operand:
    """Draw a mask in one of the layouts; an expanded one repeats its first slice."""
    mask = draw_mask(tape, shape)
    if shape and shape[0] > 1 and tape.one_in(6):
        return Operand(np.broadcast_to(mask[:1], shape).copy(), "expanded")
    return Operand(mask, draw_layout(tape))


def draw_value(tape: Tape, dtype: DType) -> Operand | Number:
    """Draw a number that the type takes, or a zero-dim tensor of the type or of int64 or bool."""
    numbers: tuple[Number, ...] = (1, 0, 9, True) if dtype.is_integral else (1, 0, 9, True, 2.5, 0.125)
    if tape.one_in(2):
        return tape.choose(numbers)
    own = tape.choose((dtype, dtype, dtypes.int64, dtypes.bool_))
    return Operand(draw_array(tape, own, (), "positive"))


def draw_filling(tape: Tape) -> Masked:
    dtype = tape.choose(dtypes.COMMON)
    operand = draw_operand(tape, dtype, draw_shape(tape))
    shape = draw_reduced(tape, operand.shape) if tape.one_in(2) else operand.shape
    return Masked(operand, draw_mask_operand(tape, shape), draw_value(tape, dtype))


@verifies(masking.masked_fill_fills_where_the_mask_is_true, drawn=draw_filling)
def test_masked_fill(run: Run, case: Masked) -> None:
    x, mask, value = case.given(run)
    allowed = masking.masked_fill_fills_where_the_mask_is_true(
        case.operand.array, case.mask.array, case.value
    )
    run.expect(allowed, "torch.masked_fill", x, mask, value)
    run.expect(allowed, "Tensor.masked_fill", x, mask, value)
    run.expect(allowed, "Tensor.masked_fill_", x, mask, value)
    run.look(allowed, x)


@verifies(
    masking.masked_fill_fills_where_the_mask_is_true,
    over=list(product([((3,), (2, 3)), ((1, 3), (2, 1)), ((), (2,)), ((2, 1), (3,)), ((1,), (0,))], SOURCES)),
)
def test_masked_fill_of_a_larger_mask(run: Run, case: tuple[tuple[Shape, Shape], str]) -> None:
    (shape, larger), layout = case
    array = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    mask = np.arange(np.prod(larger, dtype=int)).reshape(larger) % 2 == 0
    allowed = masking.masked_fill_fills_where_the_mask_is_true(array, mask, 9)
    run.expect(allowed, "torch.masked_fill", run.tensor(array), run.tensor(Operand(mask, layout)), 9)


@verifies(
    masking.a_mask_that_does_not_broadcast_is_refused,
    over=[((2, 3), (2,)), ((2, 3), (4,)), ((2, 3), (3, 3)), ((0,), (2,)), ((2, 3), (2, 1, 2))],
)
def test_masks_that_do_not_broadcast(run: Run, case: tuple[Shape, Shape]) -> None:
    x, mask = (
        run.tensor(np.ones(shape, kind)) for shape, kind in zip(case, (np.float32, np.bool_), strict=True)
    )
    allowed = masking.a_mask_that_does_not_broadcast_is_refused()
    for name in ("torch.masked_fill", "Tensor.masked_fill", "Tensor.masked_fill_"):
        run.expect(allowed, name, x, mask, 1)
    run.expect(allowed, "torch.masked_select", x, mask)


@verifies(
    masking.a_mask_that_does_not_broadcast_is_refused,
    over=[((3,), (2, 3)), ((1, 3), (2, 3)), ((), (1,)), ((1,), (3,)), ((2, 1), (2, 3))],
)
def test_masks_larger_than_the_target(run: Run, case: tuple[Shape, Shape]) -> None:
    x, mask = (
        run.tensor(np.ones(shape, kind)) for shape, kind in zip(case, (np.float32, np.bool_), strict=True)
    )
    run.expect(masking.a_mask_that_does_not_broadcast_is_refused(), "Tensor.masked_fill_", x, mask, 1)


@verifies(masking.masked_fill_takes_no_value_with_dimensions, over=[(1,), (3,), (1, 1), (0,)])
def test_values_with_dimensions(run: Run, shape: Shape) -> None:
    x, mask = run.tensor(np.ones(3, np.float32)), run.tensor(np.ones(3, np.bool_))
    value = run.tensor(np.ones(shape, np.float32))
    for name in ("torch.masked_fill", "Tensor.masked_fill_"):
        run.expect(masking.masked_fill_takes_no_value_with_dimensions(), name, x, mask, value)


@verifies(
    masking.a_mask_is_a_bool_tensor,
    over=[dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_],
)
def test_types_of_masks(run: Run, dtype: DType) -> None:
    run.require_data()
    x, mask = run.tensor(np.ones(3, np.float32)), run.tensor(np.ones(3, dtype.storage))
    source, allowed = run.tensor(np.zeros(3, np.float32)), masking.a_mask_is_a_bool_tensor()
    run.expect(allowed, "torch.masked_fill", x, mask, 1)
    run.expect(allowed, "Tensor.masked_fill_", x, mask, 1)
    run.expect(allowed, "torch.masked_select", x, mask)
    run.expect(allowed, "Tensor.masked_scatter_", x, mask, source)


def draw_selection(tape: Tape) -> tuple[Operand, Operand]:
    shape, other = draw_broadcastable(tape, 2)
    return draw_operand(tape, tape.choose(dtypes.COMMON), shape), draw_mask_operand(tape, other)


@verifies(masking.masked_select_lists_what_the_mask_picks, drawn=draw_selection)
def test_masked_select(run: Run, case: tuple[Operand, Operand]) -> None:
    operand, mask = case
    allowed = masking.masked_select_lists_what_the_mask_picks(operand.array, mask.array)
    x, m = run.tensor(operand), run.tensor(mask)
    run.expect(allowed, "torch.masked_select", x, m)
    run.expect(allowed, "Tensor.masked_select", x, m)


def draw_dealing(tape: Tape) -> Masked:
    dtype = tape.choose(dtypes.COMMON)
    operand = draw_operand(tape, dtype, draw_shape(tape))
    shape = draw_reduced(tape, operand.shape) if tape.one_in(3) else operand.shape
    mask = draw_mask_operand(tape, shape)
    size = int(np.broadcast_to(mask.array, operand.shape).sum()) + tape.choose((0, 0, 1, 3))
    source = (size,) if tape.one_in(2) else (1, size)
    return Masked(operand, mask, draw_operand(tape, dtype, source))


@verifies(masking.masked_scatter_deals_out_the_source, drawn=draw_dealing)
def test_masked_scatter(run: Run, case: Masked) -> None:
    assert isinstance(case.other, Operand)
    x, mask, source = case.given(run)
    allowed = masking.masked_scatter_deals_out_the_source(
        case.operand.array, case.mask.array, case.other.array
    )
    run.expect(allowed, "torch.masked_scatter", x, mask, source)
    run.expect(allowed, "Tensor.masked_scatter_", x, mask, source)
    run.look(allowed, x)


@verifies(masking.masked_scatter_deals_out_the_source, over=[(3, 2), (1, 0), (6, 5), (6, 0)])
def test_masked_scatter_of_too_few(run: Run, case: tuple[int, int]) -> None:
    count, size = case
    array, source = np.zeros((2, 3), np.float32), np.ones(size, np.float32)
    mask = (np.arange(6) < count).reshape(2, 3)
    allowed = masking.masked_scatter_deals_out_the_source(array, mask, source)
    run.expect(allowed, "Tensor.masked_scatter_", run.tensor(array), run.tensor(mask), run.tensor(source))


# Choosing.


@dataclass(frozen=True)
class Choice:
    """A condition and two values, tensors or numbers."""

    condition: Operand
    values: tuple[Operand | Number, Operand | Number]

    @property
    def plain(self) -> list[Array | Number]:
        return [value.array if isinstance(value, Operand) else value for value in self.values]


def draw_choice(tape: Tape) -> Choice:
    shapes = draw_broadcastable(tape, 3)
    condition = draw_mask_operand(tape, shapes[0])
    types = [tape.choose(dtypes.COMMON)] * 2
    if tape.one_in(3):
        types = [tape.choose(dtypes.COMMON) for _ in range(2)]
    kind: Any = "any" if types[0] is types[1] else "positive"
    values = [_choosable(tape, dtype, shape, kind) for dtype, shape in zip(types, shapes[1:], strict=True)]
    return Choice(condition, (values[0], values[1]))


def _choosable(tape: Tape, dtype: DType, shape: Shape, kind: Any) -> Operand | Number:
    if tape.one_in(6):
        return tape.choose((1, 0, True, 2.5, 3, 0.0))
    if shape and shape[0] > 1 and tape.one_in(6):
        row = draw_array(tape, dtype, shape[1:], kind)
        return Operand(np.broadcast_to(row, shape).copy(), "expanded")
    return draw_operand(tape, dtype, shape, kind)


@verifies(masking.where_chooses_elementwise, drawn=draw_choice)
def test_where(run: Run, case: Choice) -> None:
    allowed = masking.where_chooses_elementwise(case.condition.array, *case.plain)
    condition = run.tensor(case.condition)
    a, b = (run.tensor(value) if isinstance(value, Operand) else value for value in case.values)
    run.expect(allowed, "torch.where", condition, a, b)
    if isinstance(case.values[0], Operand):
        run.expect(allowed, "Tensor.where", a, condition, b)


@verifies(
    masking.values_of_where_must_broadcast,
    over=[
        ((2, 3), (2,), ()),
        ((2, 3), (3,), (2, 2)),
        ((2,), (3,), (3,)),
        ((0,), (2,), (1,)),
        ((2,), (1,), (3,)),
    ],
)
def test_shapes_of_where(run: Run, case: tuple[Shape, Shape, Shape]) -> None:
    condition = run.tensor(np.ones(case[0], np.bool_))
    a, b = (run.tensor(np.ones(shape, np.float32)) for shape in case[1:])
    run.expect(masking.values_of_where_must_broadcast(*case), "torch.where", condition, a, b)


@verifies(
    masking.a_condition_is_a_bool_tensor,
    over=[dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_],
)
def test_types_of_conditions(run: Run, dtype: DType) -> None:
    run.require_data()
    condition = np.array([0, 1, 2]).astype(dtype.storage)
    a, b = np.array([1.0, 2.0, 3.0], np.float32), np.array([4.0, 5.0, 6.0], np.float32)
    allowed = masking.a_condition_is_a_bool_tensor(condition, a, b)
    operands = run.tensor(condition), run.tensor(a), run.tensor(b)
    with every_warning(run):
        run.expect(allowed, "torch.where", *operands)


# Finding.


def draw_findable(tape: Tape) -> Operand:
    dtype = tape.choose(dtypes.COMMON)
    return draw_operand(tape, dtype, draw_shape(tape), tape.choose(("ties", "any")))


@verifies(
    masking.nonzero_lists_coordinates_in_order,
    masking.nonzero_as_a_tuple_lists_each_dimension,
    masking.where_of_a_condition_gives_its_coordinates,
    masking.argwhere_lists_coordinates_as_nonzero_does,
    drawn=draw_findable,
)
def test_nonzero(run: Run, operand: Operand) -> None:
    x, array = run.tensor(operand), operand.array
    run.expect(masking.nonzero_lists_coordinates_in_order(array), "torch.nonzero", x)
    run.expect(masking.nonzero_lists_coordinates_in_order(array), "Tensor.nonzero", x, as_tuple=False)
    tuples = masking.nonzero_as_a_tuple_lists_each_dimension(array)
    run.expect(tuples, "torch.nonzero", x, as_tuple=True)
    run.expect(tuples, "Tensor.nonzero", x, as_tuple=True)
    run.expect(masking.where_of_a_condition_gives_its_coordinates(array), "torch.where", x)
    run.expect(masking.argwhere_lists_coordinates_as_nonzero_does(array), "torch.argwhere", x)


@dataclass(frozen=True)
class Membership:
    """Elements and what they are sought among, tensors or a number."""

    elements: Operand | Number
    tests: Operand | Number
    invert: bool


def draw_membership(tape: Tape) -> Membership:
    dtype = tape.choose(dtypes.REALS)
    elements = draw_operand(tape, dtype, draw_shape(tape), tape.choose(("ties", "small", "any")))
    tests = draw_operand(tape, dtype, draw_shape(tape, large=False), "ties", "contiguous")
    if tape.one_in(16):
        tests = draw_operand(tape, dtype, (300,), "small", "contiguous")
    number = tape.choose((1, 0, 2, 3))
    invert = tape.one_in(3)
    match tape.below(4):
        case 2:
            return Membership(elements, number, invert)
        case 3:
            return Membership(number, tests, invert)
    return Membership(elements, tests, invert)


@verifies(masking.isin_tests_membership_of_each_element, drawn=draw_membership)
def test_isin(run: Run, case: Membership) -> None:
    elements, tests = (v.array if isinstance(v, Operand) else v for v in (case.elements, case.tests))
    allowed = masking.isin_tests_membership_of_each_element(elements, tests, case.invert)
    given = [run.tensor(v) if isinstance(v, Operand) else v for v in (case.elements, case.tests)]
    run.expect(allowed, "torch.isin", *given, **({"invert": True} if case.invert else {}))


@verifies(masking.isin_takes_tests_in_any_layout, over=["transposed", "stepped"])
def test_isin_of_layouts(run: Run, layout: str) -> None:
    elements, tests = np.arange(24).reshape(2, 12), np.array([[1, 5], [7, 30]])
    allowed = masking.isin_takes_tests_in_any_layout(elements, tests)
    run.expect(allowed, "torch.isin", run.tensor(elements), run.tensor(Operand(tests, layout)))


@verifies(masking.isin_of_two_numbers_is_refused, over=[(1, 1), (1, 2.5), (True, 0)])
def test_isin_of_numbers(run: Run, case: tuple[Number, Number]) -> None:
    run.expect(masking.isin_of_two_numbers_is_refused(), "torch.isin", *case)
