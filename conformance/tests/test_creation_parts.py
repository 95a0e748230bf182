"""Complex tensors made of their parts."""

from __future__ import annotations

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import (
    Operand,
    draw_array,
    draw_broadcastable,
    draw_layout,
    draw_shape,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import creation
from tensorcanon.spec.rules import dtypes


def draw_parts(tape: Tape) -> tuple[Operand, Operand]:
    real = tape.choose((dtypes.float32, dtypes.float64))
    imag = real if not tape.one_in(8) else tape.choose((dtypes.float64, dtypes.float32, dtypes.int64))
    shapes = draw_broadcastable(tape, 2)
    first, second = (
        Operand(draw_array(tape, kind, shape), draw_layout(tape))
        for kind, shape in zip((real, imag), shapes, strict=True)
    )
    return first, second


@verifies(creation.complex_joins_its_parts, drawn=draw_parts)
def test_complex(run: Run, case: tuple[Operand, Operand]) -> None:
    real, imag = case
    x, y = run.tensor(real), run.tensor(imag)
    if real.dtype is not imag.dtype:
        run.require_data()
    run.expect(creation.complex_joins_its_parts(real.array, imag.array), "torch.complex", x, y)


@verifies(creation.complex_joins_its_parts, over=(np.int64, np.bool_, np.complex64))
def test_complex_of_others(run: Run, kind: type) -> None:
    run.require_data()
    array: Array = np.ones(2, kind)
    x = run.tensor(array)
    run.expect(creation.complex_joins_its_parts(array, array), "torch.complex", x, x)


def draw_polar(tape: Tape) -> tuple[Array, Array]:
    dtype, shape = tape.choose((dtypes.float32, dtypes.float64)), draw_shape(tape)
    return draw_array(tape, dtype, shape, "exact"), draw_array(tape, dtype, shape, "unit")


@verifies(creation.polar_turns_a_length_by_an_angle, drawn=draw_polar)
def test_polar(run: Run, case: tuple[Array, Array]) -> None:
    length, angle = case
    x, y = run.tensor(length), run.tensor(angle)
    run.expect(creation.polar_turns_a_length_by_an_angle(length, angle), "torch.polar", x, y)
