"""View operations: what they show, in which strides, and who sees whose writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tensorcanon.conformance.aliasing import (
    altered,
    draw_base,
    draw_write,
    repeats,
    storage_of,
    window_of,
    without_repeats,
    write_by_copy,
)
from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.calls import Call
from tensorcanon.conformance.chains import Chain, draw_chain
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.view_ops import VIEW_OPS, ViewOp
from tensorcanon.spec import views
from tensorcanon.spec.outcome import Raises, Unspecified
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.windows import Window

Write = Callable[[Run, Handle, Handle], None]

# Past these many results the rest is not looked at again.
MANY = 12


@dataclass(frozen=True, eq=False)
class Viewing:
    """A tensor, a call of a view operation on it, and how to write afterwards."""

    operand: Operand
    call: Call
    write: Write
    piece: int
    quiet: bool

    def mode(self, run: Run) -> AbstractContextManager[None]:
        """Return the mode to take the steps in: within ``no_grad`` or plainly."""
        return run.within("torch.no_grad") if self.quiet else nullcontext()


def draw_viewing(tape: Tape, op: ViewOp) -> Viewing:
    shape = op.fitted(tape, draw_shape(tape))
    call = op.draw_call(tape, shape)
    write, piece, quiet = draw_write(tape), tape.below(MANY), tape.one_in(8)
    return Viewing(draw_base(tape, tape.choose(op.dtypes), shape), call, write, piece, quiet)


@verifies(
    views.tensors_on_one_storage_see_each_others_writes,
    views.storage_offset_counts_elements,
    views.a_view_has_the_storage_of_its_base,
    each=VIEW_OPS,
    drawn=draw_viewing,
)
def test_view_op(run: Run, op: ViewOp, case: Viewing) -> None:
    base, args, dtype = window_of(case.operand), case.call.args, case.operand.dtype
    allowed = op.outcome(case.operand.array, base, args)
    x = run.tensor(case.operand)
    with case.mode(run):
        made = case.call.expect(run, allowed, x, dtype)
        # An error that did not come has been refused; there are no windows to look through.
        if isinstance(allowed, Unspecified) or (isinstance(allowed, Raises) and made is not None):
            return
        if made is None:
            # Uninitialised memory may answer right once.
            case.call.expect(run, allowed, x, dtype)
            return
        results: Sequence[Handle] = made if isinstance(made, tuple | list) else (made,)
        windows = op.windows(base, args)
        if len(results) != len(windows):
            return
        pairs = list(zip(results, windows, strict=True))[:MANY]
        judge_places(run, x, pairs)
        if not repeats(base):
            judge_writes(run, op, case, x, base, pairs)


def judge_places(run: Run, x: Handle, pairs: Sequence[tuple[Handle, Window]]) -> None:
    """Judge where the storage of views begins, and where in it they begin."""
    address = pointer(run, x)
    for result, window in pairs[:2]:
        run.expect(views.storage_offset_counts_elements(window), "Tensor.storage_offset", result)
        run.expect(views.a_view_has_the_storage_of_its_base(), "operator.eq", address, pointer(run, result))


def pointer(run: Run, x: Handle) -> Handle:
    return run.whole("Tensor.data_ptr", run.call("Tensor.untyped_storage", x))


def judge_writes(
    run: Run, op: ViewOp, case: Viewing, x: Handle, base: Window, pairs: Sequence[tuple[Handle, Window]]
) -> None:
    """Write through the base and look at its views; write through a view and look at the base."""
    law = views.tensors_on_one_storage_see_each_others_writes
    storage, values = storage_of(case.operand), altered(case.operand.array)
    case.write(run, x, run.tensor(values))
    for result, window in pairs:
        run.look(law(storage, base, values, window), result)
    case.call.expect(run, op.outcome(values, base, case.call.args), x, case.operand.dtype)
    if not pairs:
        return
    storage = written(storage, base, values)
    target, window = without_repeats(run, *pairs[case.piece % len(pairs)])
    values = altered(window.of(storage))
    case.write(run, target, run.tensor(values))
    run.look(law(storage, window, values, base), x)


def written(storage: Array, window: Window, values: Array) -> Array:
    """Return a storage after a write through a window."""
    after = storage.copy()
    window.of(after)[...] = values
    return after


@verifies(
    views.a_view_of_a_view_sees_writes_to_the_first_base,
    views.the_base_of_a_view_of_a_view_is_the_first_tensor,
    drawn=draw_chain,
)
def test_views_of_views(run: Run, case: Chain) -> None:
    law = views.a_view_of_a_view_sees_writes_to_the_first_base
    base, storage = window_of(case.operand), storage_of(case.operand)
    x = run.tensor(case.operand)
    view = case.take(run, x)
    values = altered(case.operand.array)
    write_by_copy(run, x, run.tensor(values))
    run.look(law(storage, base, values, case.last), view)
    storage = written(storage, base, values)
    values = altered(case.last.of(storage))
    write_by_copy(run, view, run.tensor(values))
    run.look(law(storage, case.last, values, base), x)
    if case.calls and case.operand.effective_layout == "contiguous" and case.operand.dtype is dtypes.float32:
        owner = run.call("Tensor._base", view)
        run.expect(views.the_base_of_a_view_of_a_view_is_the_first_tensor(), "is", owner, x)
