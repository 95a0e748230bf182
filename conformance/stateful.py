"""Programs as a state machine of Hypothesis: it chooses the steps, and drops those a failure does not need.

The check of chapter ``programs`` decodes its programs from bytes, in bulk. Here every step is a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .backend import Backend
from .refusal import Refused
from .run import Run
from .session import CLAUSES, MOST_STEPS, SHAPES, Session
from .tally import Tally
from .tape import Tape

# What a step decides: which tensor, which function, which numbers.
_CHOICES = st.binary(min_size=12, max_size=12)


def _recording(machine: Any) -> bool:
    return bool(machine.session.machine.recording)


def _step(name: str) -> Any:
    """Return the rule that takes a session's step of that name."""

    def take(machine: Programs, choices: bytes) -> None:
        machine.take(name, choices)

    take.__name__ = name  # by which Hypothesis shows the rule
    return rule(choices=_CHOICES)(take)


class Programs(RuleBasedStateMachine):
    """Views, writes, gradients and their modes in any order, each step compared with what is due.

    A subclass says which `backend` is held.
    """

    backend: ClassVar[Backend]

    def __init__(self) -> None:
        super().__init__()
        self._blocks = ExitStack()
        self.session = Session(Run(self.backend, CLAUSES, Tally()), Tape(b""))

    @initialize(
        shape=st.sampled_from(SHAPES), other=st.sampled_from(SHAPES), grad=st.booleans(), choices=_CHOICES
    )
    def begin(self, shape: tuple[int, ...], other: tuple[int, ...], grad: bool, choices: bytes) -> None:
        self.session.tape = Tape(choices)
        self.session.begin(shape, other, requires_grad=grad)

    def take(self, step: str, choices: bytes) -> None:
        """Take a step of the session, with the decisions that these bytes make."""
        if not self.session.ended:
            self.session.tape = Tape(choices)
            with self._judging():
                getattr(self.session, step)()

    @contextmanager
    def _judging(self) -> Iterator[None]:
        """After a refusal nothing more is judged."""
        try:
            yield
        except Refused:
            self.session.halved = self.session.ended = True
            raise

    compute = _step("compute")
    write = _step("write")
    backward = _step("backward")
    detach = _step("detach")
    # Under `no_grad` nothing is learnt from views.
    view = precondition(_recording)(_step("view"))
    clear = precondition(_recording)(_step("clear"))
    require_grad = precondition(_recording)(_step("require_grad"))

    @precondition(_recording)
    @rule()
    def stop_recording(self) -> None:
        self._blocks.enter_context(self.session.run.within("torch.no_grad"))
        self.session.machine.recording = False

    @precondition(lambda self: not _recording(self))
    @rule()
    def record_again(self) -> None:
        self._blocks.close()
        self.session.machine.recording = True

    @invariant()
    def everything_shows_what_is_due(self) -> None:
        if not self.session.ended:
            with self._judging():
                self.session.judge()

    def teardown(self) -> None:
        self._blocks.close()
        self.session.machine.recording = True
        if not self.session.halved:
            self.session.finish()


def refusal(backend: Backend, programs: int = 100, seed: int = 0) -> Refused | None:
    """Hold a backend to drawn programs.

    Parameters
    ----------
    backend : Backend
    programs : int
        How many are tried.
    seed : int
        The same seed draws the same programs.

    Returns
    -------
    Refused or None
        What the shortest program found shows; None where all show what is due.
    """
    machine = with_seed(seed)(type("Programs", (Programs,), {"backend": backend}))
    quiet = settings(
        max_examples=programs,
        stateful_step_count=MOST_STEPS,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        deadline=None,
        database=None,
    )
    try:
        run_state_machine_as_test(machine, settings=quiet)
    except Refused as found:
        return found
    return None
