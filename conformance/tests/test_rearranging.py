"""Operations that give fresh storage: their results, and that nobody sees anybody's writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tensorcanon.conformance.aliasing import altered, draw_base, repeats, storage_of, window_of
from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.calls import Call, draw_call
from tensorcanon.conformance.chains import Chain, draw_chain
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.copy_ops import COPY_OPS, CopyOp
from tensorcanon.conformance.inputs import Operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import accuracy, rearranging
from tensorcanon.spec.outcome import Each, Exactly, Outcome, Raises, Unspecified, Within
from tensorcanon.spec.rules import dtypes


@dataclass(frozen=True, eq=False)
class Copying:
    """Tensors, a call of an operation on them, and which of them is written to afterwards."""

    tensors: list[Operand]
    call: Call
    written: int


def draw_copying(tape: Tape, op: CopyOp) -> Copying:
    shape = op.fitted(tape, draw_shape(tape))
    call = draw_call(tape, op.forms, op.draw(tape, shape), op.names)
    first = draw_base(tape, tape.choose(op.dtypes), shape)
    return Copying(op.others(tape, first) if op.others else [first], call, tape.below(8))


def given(run: Run, arg: Any) -> Any:
    """Return an argument with tensors for arrays."""
    return run.tensor(arg) if isinstance(arg, np.ndarray) else arg


@verifies(
    rearranging.a_copy_does_not_see_writes_to_its_input,
    rearranging.a_write_to_a_copy_leaves_its_input,
    each=COPY_OPS,
    drawn=draw_copying,
)
def test_copy_op(run: Run, op: CopyOp, case: Copying) -> None:
    allowed = op.outcome(case.tensors, case.call.args)
    if isinstance(allowed, Raises):
        # Without data some kernels check less.
        run.require_data()
    inputs = [run.tensor(tensor) for tensor in case.tensors]
    call = Call(case.call.form, tuple(given(run, arg) for arg in case.call.args), case.call.names)
    made = carried_out(run, op, call, inputs, allowed)
    if made is None or isinstance(allowed, Unspecified):
        return
    place = case.written % len(inputs)
    if not repeats(window_of(case.tensors[place])):
        judge_writes_to_an_input(run, op, case, call, inputs, made)
    kept = op.outcome(case.tensors, case.call.args)
    results: Sequence[Handle] = made if isinstance(made, tuple | list) else (made,)
    for result, outcome in zip(results, kept.items if isinstance(kept, Each) else (kept,), strict=True):
        assert isinstance(outcome, Exactly)
        run.call("Tensor.copy_", result, run.tensor(altered(outcome.value)))
    for tensor, handle in zip(case.tensors, inputs, strict=True):
        run.look(rearranging.a_write_to_a_copy_leaves_its_input(tensor.array), handle)


def carried_out(run: Run, op: CopyOp, call: Call, inputs: list[Handle], allowed: Outcome) -> Any:
    """Take the step and judge it; returns the result, None for an error."""
    if op.others and call.form.endswith("*"):
        return run.expect(allowed, call.function, *inputs)
    return call.expect(run, allowed, inputs if op.others else inputs[0], dtypes.float32)


def judge_writes_to_an_input(
    run: Run, op: CopyOp, case: Copying, call: Call, inputs: list[Handle], made: Any
) -> None:
    """Write to an input, look at the result and call again; then write back what was there."""
    place = case.written % len(inputs)
    old = case.tensors[place]
    new = replace(old, array=altered(old.array))
    run.call("Tensor.copy_", inputs[place], run.tensor(new.array))
    law = rearranging.a_copy_does_not_see_writes_to_its_input
    run.look(law(op.outcome(case.tensors, case.call.args)), made)
    tensors = [new if tensor is old else tensor for tensor in case.tensors]
    carried_out(run, op, call, inputs, op.outcome(tensors, case.call.args))
    run.call("Tensor.copy_", inputs[place], run.tensor(old.array))


# Functions that give exact results of small multiples of 1/8, by how they are called and what they give.
READERS: dict[str, tuple[tuple[Any, ...], Callable[[Array], Array]]] = {
    "torch.neg": ((), np.negative),
    "torch.abs": ((), np.abs),
    "torch.square": ((), np.square),
    "torch.nn.functional.relu": ((), lambda a: np.maximum(a, a.dtype.type(0))),
    "torch.sum": ((), lambda a: np.asarray(a.sum())),
    "torch.cumsum": ((-1,), lambda a: np.cumsum(a, axis=-1)),
    "torch.amax": ((-1,), lambda a: np.max(a, axis=-1)),
    "torch.nonzero": ((), np.argwhere),
    "torch.clone": ((), np.array),
    "torch.ravel": ((), np.ravel),
}


@dataclass(frozen=True, eq=False)
class Reading:
    """A tensor, view operations on it one after the other, and the window and the elements of the last."""

    chain: Chain
    elements: Array


def draw_reading(tape: Tape) -> Reading:
    chain = draw_chain(tape, (dtypes.float32, dtypes.int64, dtypes.float64))
    return Reading(chain, chain.last.of(storage_of(chain.operand)))


@verifies(rearranging.an_operation_reads_through_the_strides, drawn=draw_reading)
def test_operations_read_views(run: Run, case: Reading) -> None:
    """What functions give of views of views, overlapping windows and repeated elements among them."""
    law, elements, dtype = (
        rearranging.an_operation_reads_through_the_strides,
        case.elements,
        case.chain.operand.dtype,
    )
    view = case.chain.take(run, run.tensor(case.chain.operand))
    if not elements.size or not elements.ndim:
        return
    for name, (args, function) in READERS.items():
        run.expect(law(Exactly(np.asarray(function(elements)))), name, view, *args)
    run.expect(law(Exactly(True)), "torch.equal", view, run.tensor(np.array(elements, order="C")))
    if dtype.is_floating_point:
        exact = np.log1p(np.exp(elements.astype(np.float64)))
        allowed = Within(exact, accuracy.CLOSE[dtype.name], dtype)
        run.expect(law(allowed), "torch.nn.functional.softplus", view)
