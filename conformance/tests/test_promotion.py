"""Promotion in arithmetic, over every pair of data types and of tensor, zero-dim tensor and number."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand as Input
from tensorcanon.conformance.inputs import draw_layout, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import NUMBERS, PAIRS, filled, filled_of_every_type, given
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import promotion
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes, promoting
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promoting import Value
from tensorcanon.spec.rules.promotion import Number, Operand, category_of, result_type

DEFAULTS = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)
EXTREMES: tuple[Number, ...] = (0, 1, -1, 300, 70000, 2**31, -(2**40), 2**62, 1e-3, 1e10, 1e39, 1e300)
KINDS = (*NUMBERS, *(Operand(dtype, ndim) for dtype, ndim in product(dtypes.COMMON, (0, 1))))


def expect_in_every_form(run: Run, allowed: Outcome, name: str, a: Value, b: Value) -> None:
    """Judge the function, the method and the operator; a number in front has the operator only."""
    x, y = given(run, a), given(run, b)
    run.expect(allowed, f"operator.{name}", x, y)
    if isinstance(a, np.ndarray):
        run.expect(allowed, f"torch.{name}", x, y)
        run.expect(allowed, f"Tensor.{name}", x, y)


def subtracts_bool(name: str, *values: Value) -> bool:
    """Whether a subtraction involves bools, which is refused."""
    kinds = (np.asarray(value).dtype.kind for value in values)
    return name == "sub" and "b" in kinds


@verifies(
    promotion.promote_types_gives_the_smallest_common_type, over=product(dtypes.ALL, repeat=2), proves=True
)
def test_promote_types(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    run.expect(promotion.promote_types_gives_the_smallest_common_type(*pair), "torch.promote_types", *pair)


@verifies(promotion.promote_types_ignores_order, over=PAIRS, proves=True)
def test_promote_types_in_either_order(run: Run, pair: tuple[DType, DType]) -> None:
    allowed = promotion.promote_types_ignores_order(*pair)
    run.expect(allowed, "torch.promote_types", *pair)
    run.expect(allowed, "torch.promote_types", *reversed(pair))


@verifies(promotion.promote_types_ignores_grouping, over=product(dtypes.COMMON, repeat=3), proves=True)
def test_promote_types_in_any_grouping(run: Run, types: tuple[DType, DType, DType]) -> None:
    a, b, c = types
    allowed = promotion.promote_types_ignores_grouping(types)
    left = run.call("torch.promote_types", a, b)
    run.expect(allowed, "torch.promote_types", left, c)
    right = run.call("torch.promote_types", b, c)
    run.expect(allowed, "torch.promote_types", a, right)


@verifies(promotion.can_cast_looks_at_the_category_only, over=product(dtypes.ALL, repeat=2), proves=True)
def test_can_cast(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    run.expect(promotion.can_cast_looks_at_the_category_only(*pair), "torch.can_cast", *pair)


@verifies(promotion.result_type_is_that_of_the_sum, over=product(KINDS, repeat=2), proves=True)
def test_result_type(run: Run, pair: tuple[Operand | Number, Operand | Number]) -> None:
    a, b = (run.tensor(filled(o.dtype, o.ndim)) if isinstance(o, Operand) else o for o in pair)
    run.require(result_type(*pair))
    run.expect(promotion.result_type_is_that_of_the_sum(*pair), "torch.result_type", a, b)


@verifies(
    promotion.result_type_is_that_of_the_sum,
    over=product((dtypes.float64, dtypes.float16), product(KINDS, repeat=2)),
    proves=True,
)
def test_result_type_under_another_default(
    run: Run, case: tuple[DType, tuple[Operand | Number, Operand | Number]]
) -> None:
    default, (a, b) = case
    x, y = (run.tensor(filled(o.dtype, o.ndim)) if isinstance(o, Operand) else o for o in (a, b))
    allowed = promotion.result_type_is_that_of_the_sum(a, b, default)
    run.require(result_type(a, b, default=default))
    with run.default_dtype(default):
        run.expect(allowed, "torch.result_type", x, y)


@verifies(
    promotion.tensors_with_dimensions_take_the_smallest_common_type,
    each=list(promoting.ARITHMETIC),
    over=PAIRS,
    proves=True,
)
def test_dimensioned(run: Run, name: str, pair: tuple[DType, DType]) -> None:
    a, b = filled(pair[0], 1), filled(pair[1], 1, 2)
    if not subtracts_bool(name, a, b):
        allowed = promotion.tensors_with_dimensions_take_the_smallest_common_type(name, a, b)
        expect_in_every_form(run, allowed, name, a, b)


@verifies(promotion.zero_dim_yields_within_category, each=list(promoting.ARITHMETIC), over=PAIRS, proves=True)
def test_zero_dim(run: Run, name: str, pair: tuple[DType, DType]) -> None:
    for ndims in ((1, 0), (0, 1), (2, 0)):
        a, b = filled(pair[0], ndims[0]), filled(pair[1], ndims[1], 2)
        run.require(promoting.common(a, b))
        if not subtracts_bool(name, a, b):
            allowed = promotion.zero_dim_yields_within_category(name, a, b)
            expect_in_every_form(run, allowed, name, a, b)


@verifies(
    promotion.zero_dim_tensors_promote_among_themselves,
    each=list(promoting.ARITHMETIC),
    over=PAIRS,
    proves=True,
)
def test_two_zero_dim(run: Run, name: str, pair: tuple[DType, DType]) -> None:
    a, b = filled(pair[0], 0), filled(pair[1], 0, 2)
    if not subtracts_bool(name, a, b):
        allowed = promotion.zero_dim_tensors_promote_among_themselves(name, a, b)
        expect_in_every_form(run, allowed, name, a, b)


def _raises_category(array: Array, number: Number) -> bool:
    return category_of(number) > dtypes.of_array(array).category


@verifies(
    promotion.a_number_of_no_higher_category_keeps_the_type,
    each=list(promoting.ARITHMETIC),
    over=[pair for pair in product(filled_of_every_type(0, 1), NUMBERS) if not _raises_category(*pair)],
    proves=True,
)
def test_number_of_no_higher_category(run: Run, name: str, pair: tuple[Array, Number]) -> None:
    for a, b in (pair, pair[::-1]):
        if not subtracts_bool(name, a, b):
            allowed = promotion.a_number_of_no_higher_category_keeps_the_type(name, a, b)
            expect_in_every_form(run, allowed, name, a, b)


@verifies(
    promotion.a_number_of_higher_category_brings_its_own_type,
    each=list(promoting.ARITHMETIC),
    over=[
        (default, *pair)
        for default, pair in product(DEFAULTS, product(filled_of_every_type(0, 1), NUMBERS))
        if _raises_category(*pair) and not (isinstance(pair[1], complex) and default.bits == 16)
    ],
    proves=True,
)
def test_number_of_higher_category(run: Run, name: str, case: tuple[DType, Array, Number]) -> None:
    default, array, number = case
    run.require(promoting.common(array, number, default=default))
    with run.default_dtype(default):
        for a, b in ((array, number), (number, array)):
            if not subtracts_bool(name, a, b):
                allowed = promotion.a_number_of_higher_category_brings_its_own_type(name, a, b, default)
                expect_in_every_form(run, allowed, name, a, b)


@verifies(
    promotion.two_numbers_make_a_zero_dim_tensor,
    each=list(promoting.ARITHMETIC),
    over=product(DEFAULTS[:2], [5, *NUMBERS], [5, *NUMBERS]),
    proves=True,
)
def test_two_numbers(run: Run, name: str, case: tuple[DType, Number, Number]) -> None:
    default, a, b = case
    if not subtracts_bool(name, a, b):
        with run.default_dtype(default):
            allowed = promotion.two_numbers_make_a_zero_dim_tensor(name, a, b, default)
            run.expect(allowed, f"torch.{name}", a, b)


def draw_extremes(tape: Tape) -> tuple[Value, Value]:
    """Draw a tensor with any values, and another or a number of any size."""
    a = draw_operand(tape, tape.choose(dtypes.COMMON), tape.choose(((2,), (), (1, 2))), layout="contiguous")
    if tape.one_in(2):
        return a.array, tape.choose(EXTREMES)
    b = draw_operand(tape, tape.choose(dtypes.COMMON), tape.choose(((), (2,), (1,))), layout="contiguous")
    return a.array, b.array


@verifies(promotion.values_never_decide_the_type, drawn=draw_extremes)
def test_values_do_not_matter(run: Run, pair: tuple[Value, Value]) -> None:
    run.require(promoting.common(*pair))
    allowed = promotion.values_never_decide_the_type(*pair)
    x, y = (given(run, value) for value in pair)
    run.expect(allowed, "torch.add", x, y)
    run.expect(allowed, "operator.mul", y, x)


def draw_pair(tape: Tape) -> tuple[Input, Input]:
    """Draw two tensors of different types and layouts whose small values add up exactly."""
    a, b = (tape.choose(dtypes.COMMON) for _ in range(2))
    shape = tape.choose(((2, 3), (5,), (4, 1025), (2051,)))
    return draw_operand(tape, a, shape, "small", draw_layout(tape)), draw_operand(
        tape, b, tape.choose((shape, shape[-1:])), "small", draw_layout(tape)
    )


@verifies(
    promotion.tensors_with_dimensions_take_the_smallest_common_type,
    each=list(promoting.ARITHMETIC),
    drawn=lambda tape, _: draw_pair(tape),
)
def test_layouts(run: Run, name: str, pair: tuple[Input, Input]) -> None:
    a, b = (operand.array for operand in pair)
    if subtracts_bool(name, a, b):
        return
    allowed = promotion.tensors_with_dimensions_take_the_smallest_common_type(name, a, b)
    run.expect(allowed, f"operator.{name}", *map(run.tensor, pair))


@verifies(
    promotion.true_division_gives_floating_numbers,
    over=[
        (default, a, b)
        for default in (dtypes.float32, dtypes.float64)
        for a, b in product([*NUMBERS, *filled_of_every_type(0, 1)], repeat=2)
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray)
        if promoting.common(a, b, default=default) is not dtypes.complex32
    ],
    proves=True,
)
def test_true_division(run: Run, case: tuple[DType, Value, Value]) -> None:
    default, a, b = case
    with run.default_dtype(default):
        allowed = promotion.true_division_gives_floating_numbers(a, b, default)
        x, y = given(run, a), given(run, b)
        run.expect(allowed, "operator.truediv", x, y)
        if isinstance(a, np.ndarray):
            for name in ("torch.div", "Tensor.div", "torch.true_divide", "torch.divide"):
                run.expect(allowed, name, x, y)
