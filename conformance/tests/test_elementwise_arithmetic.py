"""Arithmetic: alpha, division by zero, bools, powers, numbers on either side."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import (
    Operand,
    draw_array,
    draw_broadcastable,
    draw_layout,
    draw_operand,
    draw_shape,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import elementwise
from tensorcanon.spec.ops import row, rows
from tensorcanon.spec.ops.op import Op
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Number

_QUOTIENTS = ("torch.floor_divide", "torch.remainder", "torch.fmod", "operator.floordiv", "operator.mod")
_BOOLS = np.array([False, False, True, True]), np.array([False, True, False, True])


def some(dtype: DType, *values: float) -> Array:
    return np.array(values).astype(dtype.storage)


def draw_pair(tape: Tape) -> tuple[Operand, Operand]:
    dtype = tape.choose((*dtypes.REALS, *dtypes.COMPLEXES))
    shapes = draw_broadcastable(tape, 2)
    a, b = (Operand(draw_array(tape, dtype, shape, "small"), draw_layout(tape)) for shape in shapes)
    return a, b


def draw_alpha(tape: Tape) -> tuple[Operand, Operand, Number]:
    a, b = draw_pair(tape)
    return a, b, tape.choose((2, -1, 3, 0) if a.dtype.is_integral else (2, -1, 0.5, -3, 0))


@verifies(elementwise.alpha_scales_the_second_operand, drawn=draw_alpha)
def test_alpha(run: Run, case: tuple[Operand, Operand, Number]) -> None:
    a, b, alpha = case
    x, y = run.tensor(a), run.tensor(b)
    for sign, name in ((1, "add"), (-1, "sub")):
        allowed = elementwise.alpha_scales_the_second_operand(sign, a.array, b.array, alpha)
        for way in (f"torch.{name}", f"Tensor.{name}"):
            run.expect(allowed, way, x, y, alpha=alpha)
    plain = elementwise.alpha_scales_the_second_operand(1, a.array, b.array, 1)
    for way in ("torch.add", "Tensor.add", "operator.add"):
        run.expect(plain, way, x, y)
    if np.broadcast_shapes(a.shape, b.shape) == a.shape:
        allowed = elementwise.alpha_scales_the_second_operand(-1, a.array, b.array, alpha)
        run.expect(allowed, "Tensor.sub_", x, y, alpha=alpha)


@verifies(
    elementwise.alpha_ranks_no_higher_than_the_result,
    over=product(
        (dtypes.bool_, dtypes.int8, dtypes.int64, dtypes.float32, dtypes.complex64), (True, 2, 0.5, 1j)
    ),
)
def test_alpha_ranks(run: Run, case: tuple[DType, Number]) -> None:
    run.require_data()
    dtype, alpha = case
    x = run.tensor(some(dtype, 1, 0))
    run.expect(
        elementwise.alpha_ranks_no_higher_than_the_result(dtype, alpha), "torch.add", x, x, alpha=alpha
    )


@verifies(
    elementwise.a_rounding_mode_rounds_the_quotient,
    elementwise.no_other_rounding_mode_is_known,
    over=("", "down", "Floor"),
)
def test_rounding_modes(run: Run, mode: str) -> None:
    run.require_data()
    array = some(dtypes.int32, 7, -7)
    x = run.tensor(array)
    divisor = some(dtypes.int32, 2, 2)
    for known in rows("div.floor", "div.trunc"):
        allowed = elementwise.a_rounding_mode_rounds_the_quotient(known, array, divisor)
        run.expect(allowed, "torch.div", x, run.tensor(divisor), **known.arguments)
    run.expect(elementwise.no_other_rounding_mode_is_known(), "torch.div", x, x, rounding_mode=mode)


@verifies(elementwise.an_integer_has_no_quotient_by_zero, over=product(dtypes.INTEGERS, _QUOTIENTS))
def test_division_by_zero(run: Run, case: tuple[DType, str]) -> None:
    dtype, name = case
    x, zero = run.tensor(some(dtype, 3, 5, 0)), run.tensor(some(dtype, 1, 0, 2))
    for _ in range(2):
        run.expect(elementwise.an_integer_has_no_quotient_by_zero(run.backend.identity.device), name, x, zero)
    run.expect(elementwise.an_integer_has_no_quotient_by_zero(run.backend.identity.device), name, x, 0)
    for mode in ("floor", "trunc"):
        allowed = elementwise.an_integer_has_no_quotient_by_zero(run.backend.identity.device)
        run.expect(allowed, "torch.div", x, zero, rounding_mode=mode)


@verifies(elementwise.a_remainder_is_smaller_than_its_divisor, over=dtypes.FLOATS)
def test_remainders_of_infinities(run: Run, dtype: DType) -> None:
    a, b = some(dtype, -1, 2.5, 1), some(dtype, np.inf, -np.inf, np.inf)
    allowed = elementwise.a_remainder_is_smaller_than_its_divisor(b)
    run.expect(allowed, "torch.remainder", run.tensor(a), run.tensor(b))


@verifies(elementwise.sums_and_products_of_bools_are_bools, over=[(False,), (True,)])
def test_sums_of_bools(run: Run, case: tuple[bool]) -> None:
    a, b = _BOOLS
    x, y = run.tensor(a), run.tensor(b)
    allowed = elementwise.sums_and_products_of_bools_are_bools(a, b, *case)
    for way in (
        ("torch.mul", "operator.mul", "Tensor.mul_")
        if case[0]
        else ("torch.add", "operator.add", "Tensor.add_")
    ):
        run.expect(allowed, way, x, y)


@verifies(elementwise.bools_are_not_subtracted_nor_negated, over=((1,), (0,)))
def test_differences_of_bools(run: Run, case: tuple[int]) -> None:
    run.require_data()
    x = run.tensor(_BOOLS[case[0]])
    for way, given in (
        ("torch.sub", (x, x)),
        ("operator.sub", (x, x)),
        ("operator.neg", (x,)),
        ("torch.neg", (x,)),
        ("operator.sub", (1, x)),
        ("operator.sub", (x, 1)),
    ):
        run.expect(elementwise.bools_are_not_subtracted_nor_negated(), way, *given)


@verifies(elementwise.no_integer_is_raised_to_a_negative_number, over=product(dtypes.SIGNED, (-1, -2)))
def test_negative_powers(run: Run, case: tuple[DType, int]) -> None:
    run.require_data()
    dtype, exponent = case
    x = run.tensor(some(dtype, 1, 2))
    for way in ("torch.pow", "operator.pow", "Tensor.pow"):
        run.expect(elementwise.no_integer_is_raised_to_a_negative_number(), way, x, exponent)


# Cases of the documentation and past 2**24, where a detour through float32 shows.
_POWERS = (
    ("pow.integer", (2, -1, 3, 1, 0, 4099, -4099, 2**31 + 1), (62, -3, -2, -5, 0, 2, 3, 1), dtypes.int64),
    ("pow.integer", (4099, 257, -7), (2, 3, 5), dtypes.int32),
    ("pow", (0.0, -8.0, 1.0, np.nan, 2.0, -np.inf), (0.0, 1 / 3, np.nan, 0.0, -1.0, 3.0), dtypes.float64),
)


@verifies(elementwise.powers_are_taken_element_by_element, over=_POWERS)
def test_powers(run: Run, case: tuple[str, tuple[float, ...], tuple[float, ...], DType]) -> None:
    label, bases, exponents, dtype = case
    a, b = np.array(bases, dtype.storage), np.array(exponents, dtype.storage)
    allowed = elementwise.powers_are_taken_element_by_element(row(label), a, b)
    x, y = run.tensor(a), run.tensor(b)
    for way in ("torch.pow", "operator.pow", "Tensor.pow"):
        run.expect(allowed, way, x, y)
    run.expect(elementwise.powers_are_taken_element_by_element(row(label), a, 2), "operator.pow", x, 2)


@verifies(elementwise.exponents_broadcast)
def test_exponents_broadcast(run: Run, tape: Tape) -> None:
    dtype = tape.choose(dtypes.INTEGERS)
    shapes = draw_broadcastable(tape, 2)
    a, b = (Operand(draw_array(tape, dtype, shape, "small"), draw_layout(tape)) for shape in shapes)
    run.expect(elementwise.exponents_broadcast(a.array, b.array), "torch.pow", run.tensor(a), run.tensor(b))


# A number on the left of an operator: it may be divided by way of a reciprocal, which is exact for these.
LEFT = (
    *rows("add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "pow.integer"),
    *rows("bitwise_and", "bitwise_or", "bitwise_xor"),
)


def draw_right(tape: Tape, op: Op) -> tuple[Number, Operand]:
    dtype = tape.choose(op.dtypes)
    number: Number = 2 if dtype.format is None else tape.choose((2, 0.5))
    kind: Kind = "positive" if op.label == "div" else "divisor" if op.kind(1) == "divisor" else "any"
    return number, draw_operand(tape, dtype, draw_shape(tape), kind)


@verifies(elementwise.operators_take_a_number_on_the_left, each=LEFT, drawn=draw_right)
def test_numbers_on_the_left(run: Run, op: Op, case: tuple[Number, Operand]) -> None:
    number, operand = case
    if op.label == "mul" and operand.dtype is dtypes.bool_:
        return
    allowed = elementwise.operators_take_a_number_on_the_left(op, number, operand.array)
    run.expect(allowed, f"operator.{op.operator}", number, run.tensor(operand))


@verifies(
    elementwise.a_number_past_the_range_wraps_around,
    over=product(
        ("eq", "ne", "add", "sub"), (dtypes.uint8, dtypes.int8, dtypes.int16), (256, 300, 65536, -129)
    ),
)
def test_numbers_past_the_range(run: Run, case: tuple[str, DType, int]) -> None:
    label, dtype, number = case
    array = some(dtype, 0, 1, 44, 127)
    allowed = elementwise.a_number_past_the_range_wraps_around(row(label), array, number)
    x = run.tensor(array)
    run.expect(allowed, f"torch.{label}", x, number)
    run.expect(allowed, f"operator.{label}", x, number)
