"""Gradients of extremes."""

from __future__ import annotations

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_shape
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import reductions
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.ops.reductions import axes_of, reduced_shape
from tensorcanon.spec.rules import dtypes

Case = tuple[Operand, int, np.ndarray, np.ndarray, str]


def draw_ties(tape: Tape) -> Case:
    """Draw an operand with many ties, a dimension, gradients of the row and of the whole, a direction."""
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    operand = draw_laid_out(tape, dtype, shape, tape.choose(("ties", "ties", "exact")))
    dim = draw_dim(tape, len(shape))
    along = draw_array(tape, dtype, reduced_shape(shape, axes_of(dim, len(shape)), False), "exact")
    return operand, dim, along, draw_array(tape, dtype, (), "positive"), tape.choose(("max", "min"))


@verifies(
    reductions.the_gradient_of_an_extreme_is_shared_by_ties,
    reductions.the_gradient_of_an_extreme_along_a_dim_goes_to_its_index,
    drawn=draw_ties,
)
def test_gradients(run: Run, case: Case) -> None:
    operand, dim, along, whole, name = case
    run.require_data()
    array, law = operand.array, reductions.the_gradient_of_an_extreme_is_shared_by_ties
    every, one = tuple(range(array.ndim)), axes_of(dim, array.ndim)
    for form, args, axes, gradient in ((name, (), every, whole), (f"a{name}", (dim,), one, along)):
        x = run.tensor(operand, requires_grad=True)
        run.call("Tensor.backward", run.call(f"Tensor.{form}", x, *args), run.tensor(gradient))
        due = law(array, axes, gradient, largest=name == "max")
        run.look(due, run.call("Tensor.grad", x))
    x = run.tensor(operand, requires_grad=True)
    values, indices = run.call(f"torch.{name}", x, dim)
    shown = run.see(indices)
    assert isinstance(shown, Seen) and shown.value is not None
    run.call("Tensor.backward", values, run.tensor(along))
    due = reductions.the_gradient_of_an_extreme_along_a_dim_goes_to_its_index(array, dim, shown.value, along)
    run.look(due, run.call("Tensor.grad", x))
