"""Derivatives of functions where they are smooth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout, draw_reduced, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.smooth import (
    DIFFERENTIABLE,
    TWICE,
    UNBROADCAST,
    domain,
    draw_places,
    draw_weight,
    types,
)
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import gradients
from tensorcanon.spec.ops.differentiable import COMBINING, Combining, Family
from tensorcanon.spec.ops.op import Op, shape_of
from tensorcanon.spec.rules import dtypes

TYPES = (dtypes.float32, dtypes.float64)


@dataclass(frozen=True, eq=False)
class Case:
    """Operands, the gradient of the result, and the row, where a function has several."""

    operands: tuple[Operand, ...]
    weight: Array
    row: Combining | None = None

    @property
    def arrays(self) -> tuple[Array, ...]:
        return tuple(operand.array for operand in self.operands)


def draw_elements(tape: Tape, op: Op) -> Case:
    """Draw operands of an elementwise function; half of the shapes of several are broadcast."""
    dtype = tape.choose(types(op))
    shape = draw_shape(tape, large=False)
    broadcasts = op.operands > 1 and op.label not in UNBROADCAST
    shapes = [
        draw_reduced(tape, shape) if broadcasts and tape.one_in(3) else shape for _ in range(op.operands)
    ]
    operands = tuple(
        Operand(draw_places(tape, domain(op, place), own, dtype), draw_layout(tape))
        for place, own in enumerate(shapes)
    )
    return Case(operands, draw_weight(tape, shape_of(*(operand.array for operand in operands)), dtype))


@verifies(
    gradients.gradients_of_elements_are_derivatives_of_the_function, each=DIFFERENTIABLE, drawn=draw_elements
)
def test_elements(run: Run, op: Op, case: Case) -> None:
    given = [run.tensor(operand, requires_grad=True) for operand in case.operands]
    result = run.call(op.call, *given, **op.arguments)
    run.call("Tensor.backward", result, _as_result(run, op, case))
    for place, handle in enumerate(given):
        allowed = gradients.gradients_of_elements_are_derivatives_of_the_function(
            op, place, case.weight, *case.arrays
        )
        run.expect(allowed, "Tensor.grad", handle)


def _as_result(run: Run, op: Op, case: Case) -> Any:
    """Make a weight of the type of the result, which may be wider than the operands'."""
    return run.tensor(case.weight.astype(op.result(*case.arrays).storage))


def draw_twice(tape: Tape, op: Op) -> Case:
    dtype = tape.choose(TYPES)
    shape = tape.choose(((3,), (2, 2), ()))
    return Case((Operand(draw_places(tape, domain(op, 0), shape, dtype)),), draw_weight(tape, shape, dtype))


@verifies(gradients.gradients_have_gradients, each=TWICE, drawn=draw_twice)
def test_second_derivatives(run: Run, op: Op, case: Case) -> None:
    x = run.tensor(case.operands[0], requires_grad=True)
    # The square of the input takes part, so that the first derivative is never a constant.
    total = run.call(
        "Tensor.sum",
        run.call("operator.add", run.call(op.call, x, **op.arguments), run.call("operator.mul", x, x)),
    )
    (first,) = run.call("torch.autograd.grad", total, x, create_graph=True)
    twice = run.call("operator.sub", first, run.call("operator.mul", x, 2.0))
    weighted = run.call("Tensor.sum", run.call("operator.mul", twice, run.tensor(case.weight)))
    run.call("Tensor.backward", weighted)
    run.expect(gradients.gradients_have_gradients(op, case.weight, case.arrays[0]), "Tensor.grad", x)


def draw_combined(tape: Tape, family: Family) -> Case:
    function = tape.choose(family.rows)
    dtype = tape.choose(TYPES)
    operands = []
    for shape in function.shapes:
        if function.values == "distinct":
            picks = tape.shuffled(range(int(np.prod(shape))))
            array = ((np.array(picks, np.float64) - 5) / 4 + 1 / 16).reshape(shape).astype(dtype.storage)
        elif function.values == "zeros":
            array = draw_array(tape, dtype, shape, "ties")
        else:
            kind = "positive" if function.values == "positive" else "line"
            array = draw_places(tape, kind, shape, dtype)  # type: ignore[arg-type]
        operands.append(Operand(array, draw_layout(tape)))
    return Case(tuple(operands), draw_weight(tape, function.outcome_shape(), dtype), function)


@verifies(
    gradients.gradients_of_combined_elements_are_derivatives_of_the_function,
    each=COMBINING,
    drawn=draw_combined,
)
def test_combined(run: Run, family: Family, case: Case) -> None:
    function = case.row
    assert function is not None
    given = [run.tensor(operand, requires_grad=True) for operand in case.operands]
    result = run.call(f"torch.{function.name}", *given, *function.args, **function.kwargs)
    if function.result is not None:
        result = result[function.result]
    run.call("Tensor.backward", result, run.tensor(case.weight))
    for place, handle in enumerate(given):
        allowed = gradients.gradients_of_combined_elements_are_derivatives_of_the_function(
            function, place, case.weight, *case.arrays
        )
        run.expect(allowed, "Tensor.grad", handle)
