"""Programs drawn step by step, each step compared with the machine."""

from __future__ import annotations

from contextlib import ExitStack

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.session import CLAUSES, MOST_STEPS, SHAPES, Session
from tensorcanon.conformance.tape import Tape

STEPS = (
    *(Session.compute, Session.view, Session.write, Session.backward, Session.write, Session.view),
    *(Session.backward, Session.detach, Session.write, Session.clear, Session.require_grad, None),
)
# Under `no_grad` nothing is learnt from views and little from results.
UNRECORDED = (
    *(Session.write, Session.compute, Session.write, Session.detach, Session.write, Session.backward, None),
)


@verifies(*CLAUSES)
def test_programs(run: Run, tape: Tape) -> None:
    """Steps in any order; one in twelve enters or leaves `no_grad`."""
    run.require_data()
    session = Session(run, tape)
    shape = tape.choose(SHAPES)
    other = shape if tape.one_in(2) else tape.choose(SHAPES)
    session.begin(shape, other, requires_grad=tape.one_in(2))
    carry_out(session, MOST_STEPS)
    if not session.halved:
        session.finish()


def carry_out(session: Session, left: int) -> int:
    """Take steps until the program or a block ends; returns how many are left."""
    while left and not session.ended:
        left -= 1
        step = session.tape.choose(STEPS if session.machine.recording else UNRECORDED)
        if step is not None:
            step(session)
            if not session.ended:
                session.judge()
            continue
        if not session.machine.recording:
            return left
        with ExitStack() as stack:
            stack.enter_context(session.run.within("torch.no_grad"))
            session.machine.recording = False
            left = carry_out(session, left)
            session.machine.recording = True
    return left
