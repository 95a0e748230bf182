"""Functions with results or arguments of their own: decimals, mantissas, steps, replacements, shifts."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.exhaustive import every, sample
from tensorcanon.conformance.inputs import Operand, draw_array, draw_broadcastable, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import elementwise
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType


@verifies(
    elementwise.round_takes_decimals, over=product((dtypes.float32, dtypes.float64), (0, 1, 2, 3, -1, -2))
)
def test_decimals(run: Run, case: tuple[DType, int]) -> None:
    dtype, decimals = case
    array = (np.arange(-400, 400) * (0.377 * 10.0 ** -min(decimals, 2))).astype(dtype.storage)
    allowed = elementwise.round_takes_decimals(array, decimals)
    x = run.tensor(array)
    for way in ("torch.round", "Tensor.round", "Tensor.round_"):
        run.expect(allowed, way, x, decimals=decimals)


@verifies(elementwise.integers_have_no_decimals_to_round, over=product(dtypes.INTEGERS, (1, -1)))
def test_decimals_of_integers(run: Run, case: tuple[DType, int]) -> None:
    dtype, decimals = case
    array = np.array([0, 7, 115], dtype.storage)
    allowed = elementwise.integers_have_no_decimals_to_round(array)
    run.expect(allowed, "torch.round", run.tensor(array), decimals=decimals)


@verifies(elementwise.round_scales_in_the_type_of_its_input, over=[(10000.0, 3)])
def test_decimals_of_half(run: Run, case: tuple[float, int]) -> None:
    value, decimals = case
    x = run.tensor(np.array([value], np.float16))
    run.expect(elementwise.round_scales_in_the_type_of_its_input(), "torch.round", x, decimals=decimals)


@verifies(elementwise.frexp_gives_mantissa_and_exponent, over=dtypes.FLOATS)
def test_frexp(run: Run, dtype: DType) -> None:
    array = every(dtype) if dtype.bits == 16 else sample(dtype)
    x = run.tensor(array)
    for way in ("torch.frexp", "Tensor.frexp"):
        run.expect(elementwise.frexp_gives_mantissa_and_exponent(array), way, x)


@verifies(elementwise.ldexp_multiplies_by_a_power_of_two, over=dtypes.FLOATS)
def test_ldexp(run: Run, dtype: DType) -> None:
    array = (np.arange(-64, 64) / 8).astype(dtype.storage)
    exponent = (np.arange(128) % 13 - 6).astype(np.int64)
    x, e = run.tensor(array), run.tensor(exponent)
    allowed = elementwise.ldexp_multiplies_by_a_power_of_two(array, exponent)
    for way in ("torch.ldexp", "Tensor.ldexp", "Tensor.ldexp_"):
        run.expect(allowed, way, x, e)


def draw_step(tape: Tape) -> tuple[Operand, Operand]:
    dtype = tape.choose(dtypes.REALS)
    shapes = draw_broadcastable(tape, 2)
    a = Operand(draw_array(tape, dtype, shapes[0], "ties"), draw_layout(tape))
    return a, Operand(draw_array(tape, dtype, shapes[1], "small"), draw_layout(tape))


@verifies(elementwise.heaviside_is_a_step, drawn=draw_step)
def test_heaviside(run: Run, case: tuple[Operand, Operand]) -> None:
    a, values = case
    allowed = elementwise.heaviside_is_a_step(a.array, values.array)
    x, v = run.tensor(a), run.tensor(values)
    for way in ("torch.heaviside", "Tensor.heaviside"):
        run.expect(allowed, way, x, v)


@verifies(
    elementwise.heaviside_is_a_step,
    over=product((dtypes.float32, dtypes.int64), (dtypes.float64, dtypes.int32)),
)
def test_heaviside_of_two_types(run: Run, case: tuple[DType, DType]) -> None:
    run.require_data()
    a, b = (np.zeros(2, dtype.storage) for dtype in case)
    run.expect(elementwise.heaviside_is_a_step(a, b), "torch.heaviside", run.tensor(a), run.tensor(b))


_REPLACEMENTS: tuple[dict[str, float], ...] = (
    {},
    {"nan": 2.0},
    {"posinf": 8.0},
    {"neginf": -4.0},
    {"nan": -1.0, "posinf": 8.0, "neginf": -4.0},
)


@verifies(
    elementwise.nan_to_num_replaces_what_is_not_finite,
    over=product((*dtypes.FLOATS, *dtypes.INTEGERS), _REPLACEMENTS),
)
def test_nan_to_num(run: Run, case: tuple[DType, dict[str, float]]) -> None:
    dtype, replacements = case
    array = sample(dtype)
    allowed = elementwise.nan_to_num_replaces_what_is_not_finite(array, **replacements)
    x = run.tensor(array)
    for way in ("torch.nan_to_num", "Tensor.nan_to_num", "Tensor.nan_to_num_"):
        run.expect(allowed, way, x, **replacements)


@verifies(
    elementwise.shifts_past_the_width_are_no_errors,
    over=product(dtypes.INTEGERS, (64, 100), ("bitwise_left_shift", "bitwise_right_shift")),
)
def test_shifts_past_the_width(run: Run, case: tuple[DType, int, str]) -> None:
    dtype, count, name = case
    array = np.array([1, 5, 100], dtype.storage)
    allowed = elementwise.shifts_past_the_width_are_no_errors(array)
    counts = np.array([count, dtype.bits, -1 if dtype.signed else dtype.bits], dtype.storage)
    run.expect(allowed, f"torch.{name}", run.tensor(array), run.tensor(counts))


@verifies(elementwise.floating_numbers_have_no_bits, over=dtypes.FLOATS)
def test_bits_of_floats(run: Run, dtype: DType) -> None:
    x = run.tensor(np.array([1, 0], dtype.storage))
    run.expect(elementwise.floating_numbers_have_no_bits(), "operator.invert", x)


@verifies(elementwise.addcdiv_divides_no_integers, over=dtypes.INTEGERS)
def test_addcdiv_of_integers(run: Run, dtype: DType) -> None:
    x = run.tensor(np.array([1, 2], dtype.storage))
    for way in ("torch.addcdiv", "Tensor.addcdiv", "Tensor.addcdiv_"):
        run.expect(elementwise.addcdiv_divides_no_integers(), way, x, x, x)
