"""The softmax family, along every dimension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import activations
from tensorcanon.spec.rules import dtypes


@dataclass(frozen=True, eq=False)
class Along:
    """A tensor and one of its dimensions."""

    x: Operand
    dim: int


def draw_along(tape: Tape) -> Along:
    dtype = tape.choose((dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16))
    x = draw_operand(tape, dtype, draw_shape(tape), tape.choose(("finite", "any", "small")))
    return Along(x, tape.between(0, max(2 * x.ndim - 1, 0)) - x.ndim)


def draw_integers(tape: Tape) -> Along:
    x = draw_operand(tape, tape.choose(dtypes.INTEGERS), draw_shape(tape), "small")
    return Along(x, tape.between(0, max(2 * x.ndim - 1, 0)) - x.ndim)


@verifies(activations.softmax_is_normalised_exponentials, drawn=draw_along)
def test_softmax(run: Run, case: Along) -> None:
    x = run.tensor(case.x)
    allowed = activations.softmax_is_normalised_exponentials(case.x.array, case.dim)
    for way in ("torch.softmax", "torch.nn.functional.softmax", "Tensor.softmax", "torch.special.softmax"):
        run.expect(allowed, way, x, case.dim)
    wide = activations.softmax_is_normalised_exponentials(case.x.array, case.dim, dtypes.float64)
    run.expect(wide, "torch.softmax", x, dim=case.dim, dtype=dtypes.float64)


@verifies(activations.softmax_is_normalised_exponentials, drawn=draw_integers)
def test_softmax_of_integers(run: Run, case: Along) -> None:
    x = run.tensor(case.x)
    allowed = activations.softmax_is_normalised_exponentials(case.x.array, case.dim, dtypes.float32)
    run.expect(allowed, "torch.nn.functional.softmax", x, dim=case.dim, dtype=dtypes.float32)


@verifies(activations.log_softmax_stays_finite, drawn=draw_along)
def test_log_softmax(run: Run, case: Along) -> None:
    x = run.tensor(case.x)
    allowed = activations.log_softmax_stays_finite(case.x.array, case.dim)
    for way in ("torch.log_softmax", "torch.nn.functional.log_softmax", "Tensor.log_softmax"):
        run.expect(allowed, way, x, case.dim)


@verifies(activations.softmin_is_the_softmax_of_the_negative, drawn=draw_along)
def test_softmin(run: Run, case: Along) -> None:
    allowed = activations.softmin_is_the_softmax_of_the_negative(case.x.array, case.dim)
    run.expect(allowed, "torch.nn.functional.softmin", run.tensor(case.x), dim=case.dim)


@verifies(activations.a_softmax_without_dimension_warns, over=("softmax", "log_softmax", "softmin"))
def test_softmax_without_dimension(run: Run, name: str) -> None:
    array = np.array([[1, 2, 3], [1, 1, 1]], np.float32)
    allowed = activations.a_softmax_without_dimension_warns(array)
    run.expect(allowed, f"torch.nn.functional.{name}", run.tensor(array))
