"""Bounds, closeness and equality; what complex numbers have no order for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import (
    Operand,
    draw_array,
    draw_broadcastable,
    draw_layout,
    draw_operand,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import comparisons
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Number

_KINDS: tuple[Kind, ...] = ("any", "special")


@dataclass(frozen=True, eq=False)
class Bounded:
    """A tensor with bounds: tensors, numbers or none."""

    x: Operand
    low: Operand | Number | None
    high: Operand | Number | None


def draw_bounded(tape: Tape) -> Bounded:
    dtype = tape.choose(dtypes.REALS)
    shapes = draw_broadcastable(tape, 3)
    x = Operand(draw_array(tape, dtype, shapes[0], tape.choose(_KINDS)), draw_layout(tape))
    if tape.one_in(2):
        low, high = (Operand(draw_array(tape, dtype, shape), draw_layout(tape)) for shape in shapes[1:])
        return tape.choose((Bounded(x, low, high), Bounded(x, low, None), Bounded(x, None, high)))
    numbers: tuple[tuple[Number | None, Number | None], ...] = (
        (0, 3),
        (None, 2),
        (1, None),
        (3, 1),
        (0.5, 2.5),
    )
    return Bounded(x, *tape.choose(numbers))


@verifies(comparisons.clamp_bounds_elements, drawn=draw_bounded)
def test_clamp(run: Run, case: Bounded) -> None:
    x = run.tensor(case.x)
    bounds = (case.low, case.high)
    arrays = [bound.array if isinstance(bound, Operand) else bound for bound in bounds]
    low, high = (run.tensor(bound) if isinstance(bound, Operand) else bound for bound in bounds)
    allowed = comparisons.clamp_bounds_elements(case.x.array, *arrays)
    for way in ("torch.clamp", "Tensor.clamp", "torch.clip"):
        run.expect(allowed, way, x, low, high)
    run.expect(allowed, "torch.clamp", x, min=low, max=high)


@verifies(comparisons.clamp_needs_a_bound, over=("torch.clamp", "Tensor.clamp", "Tensor.clamp_"))
def test_clamp_without_bounds(run: Run, way: str) -> None:
    run.require_data()
    run.expect(comparisons.clamp_needs_a_bound(), way, run.tensor(np.array([1, 2], np.float32)))


@dataclass(frozen=True, eq=False)
class Pair:
    """Two tensors and the tolerances to compare them with."""

    a: Operand
    b: Operand
    tolerances: dict[str, Any]


def draw_close(tape: Tape) -> Pair:
    """Draw pairs near each other: the second lies a share or a step from the first, on either side."""
    dtype = tape.choose((*dtypes.FLOATS[2:], *dtypes.FLOATS[:2], *dtypes.INTEGERS))
    kind = tape.choose(_KINDS)
    a, b = (draw_array(tape, dtype, shape, kind) for shape in draw_broadcastable(tape, 2))
    shift = tape.choose((0.0, 0.4, -0.4, 1.0))
    if a.shape == b.shape and tape.one_in(2):
        with np.errstate(all="ignore"):
            moved = a.astype(np.float64) * (1 + shift)
            known = np.abs(np.nan_to_num(moved, posinf=0, neginf=0)) < 100
            b = np.where(known, moved, a.astype(np.float64)).astype(dtype.storage)
    tolerances = tape.choose(
        ({}, {"rtol": 0.5, "atol": 0.25}, {"rtol": 0.0, "atol": 1.5}, {"rtol": 0.25, "atol": 0.0})
    )
    if tape.one_in(3):
        tolerances = {**tolerances, "equal_nan": True}
    return Pair(Operand(a, draw_layout(tape)), Operand(b, draw_layout(tape)), tolerances)


@verifies(comparisons.isclose_is_relative_to_the_second_operand, drawn=draw_close)
def test_isclose(run: Run, case: Pair) -> None:
    allowed = comparisons.isclose_is_relative_to_the_second_operand(
        case.a.array, case.b.array, **case.tolerances
    )
    a, b = run.tensor(case.a), run.tensor(case.b)
    for way in ("torch.isclose", "Tensor.isclose"):
        run.expect(allowed, way, a, b, **case.tolerances)


@verifies(
    comparisons.isclose_is_relative_to_the_second_operand,
    comparisons.allclose_is_the_conjunction,
    over=product(dtypes.FLOATS, (True, False)),
)
def test_closeness_of_specials(run: Run, case: tuple[DType, bool]) -> None:
    dtype, equal_nan = case
    values = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])
    a, b = (np.array(column).astype(dtype.storage) for column in zip(*product(values, repeat=2), strict=True))
    allowed = comparisons.isclose_is_relative_to_the_second_operand(a, b, equal_nan=equal_nan)
    x = run.tensor(a)
    run.expect(allowed, "torch.isclose", x, run.tensor(b), equal_nan=equal_nan)
    run.require_data()
    itself = comparisons.allclose_is_the_conjunction(a, a, equal_nan=equal_nan)
    run.expect(itself, "torch.allclose", x, x, equal_nan=equal_nan)


@verifies(comparisons.allclose_is_the_conjunction, drawn=draw_close)
def test_allclose(run: Run, case: Pair) -> None:
    run.require_data()
    same = Operand(case.a.array.copy(), case.b.layout)
    a, b, c = run.tensor(case.a), run.tensor(case.b), run.tensor(same)
    for other, handle in ((case.b, b), (same, c)):
        allowed = comparisons.allclose_is_the_conjunction(case.a.array, other.array, **case.tolerances)
        for way in ("torch.allclose", "Tensor.allclose"):
            run.expect(allowed, way, a, handle, **case.tolerances)


@verifies(
    comparisons.isclose_asks_for_one_type,
    over=product((dtypes.float32, dtypes.int64), (dtypes.float64, dtypes.int32)),
)
def test_isclose_of_two_types(run: Run, case: tuple[DType, DType]) -> None:
    run.require_data()
    a, b = (run.tensor(np.ones(2, dtype.storage)) for dtype in case)
    for way in ("torch.isclose", "torch.allclose"):
        run.expect(comparisons.isclose_asks_for_one_type(), way, a, b)


def draw_equal(tape: Tape) -> tuple[Operand, Operand]:
    """Draw equal tensors of one type or two, or ones that differ in one element, or in shape."""
    dtype = tape.choose(dtypes.COMMON)
    a = draw_operand(tape, dtype, kind=tape.choose(("small", "any")))
    other = tape.choose((dtype, dtype, dtypes.float64, dtypes.int64))
    if other is not dtype:
        a = Operand(np.abs(a.array.real.astype(np.float64)).clip(0, 1).astype(dtype.storage), a.layout)
    with np.errstate(all="ignore"):
        b = (a.array if other.is_complex else a.array.real).astype(other.storage)
    if b.size and tape.one_in(3):
        flat = b.reshape(-1).copy()
        place = tape.below(min(b.size, 200))
        flat[place] = other.storage.type(flat[place] == 0)
        b = flat.reshape(b.shape)
    if tape.one_in(6):
        b = b.reshape(*b.shape, 1)
    return a, Operand(b, draw_layout(tape))


@verifies(comparisons.equal_compares_shape_and_elements, drawn=draw_equal)
def test_equal(run: Run, case: tuple[Operand, Operand]) -> None:
    run.require_data()
    a, b = case
    x, y = run.tensor(a), run.tensor(b)
    for way in ("torch.equal", "Tensor.equal"):
        run.expect(comparisons.equal_compares_shape_and_elements(a.array, b.array), way, x, y)


_ORDERING = ("torch.lt", "torch.le", "torch.gt", "torch.ge", "operator.lt", "torch.maximum", "torch.minimum")
_OF_ONE = ("torch.max", "torch.min", "torch.argmax", "torch.sort", "torch.topk", "torch.amax")


@verifies(comparisons.complex_numbers_have_no_order, over=product(dtypes.COMPLEXES, (*_ORDERING, *_OF_ONE)))
def test_order_of_complex_numbers(run: Run, case: tuple[DType, str]) -> None:
    run.require_data()
    dtype, way = case
    x = run.tensor(np.array([1 + 2j, 3 - 1j], dtype.storage))
    given = {"torch.topk": (x, 1)}.get(way, (x, x) if way in _ORDERING else (x,))
    run.expect(comparisons.complex_numbers_have_no_order(), way, *given)
    run.expect(comparisons.complex_numbers_have_no_order(), "torch.clamp", x, 0, 1)
