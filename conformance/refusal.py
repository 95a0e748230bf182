"""How an example ends early: a clause is refuted, or the backend does not claim what is needed."""

from __future__ import annotations

from typing import Any, Literal

from tensorcanon.spec.clause import Clause
from tensorcanon.spec.outcome import Outcome

from .program import Program

# What may show of an example that a clause does not allow.
Shown = Literal["fail", "crash", "timeout", "out-of-memory"]


class Refused(AssertionError):  # noqa: N818 (the verdict's word)
    """A backend showed what a clause does not allow."""

    def __init__(
        self,
        clause: Clause[Any],
        reason: str,
        allowed: str,
        seen: str,
        program: Program,
        *,
        due: Outcome | None = None,
        subject: str | None = None,
        verdict: Shown = "fail",
    ) -> None:
        super().__init__(f"{clause.id}: {reason}")
        self.clause = clause
        self.reason = reason
        self.allowed = allowed
        self.seen = seen
        # As it is now: a check may tidy up on its way out.
        self.program = program.copy()
        # What was due of which variable; without a variable, of the last step.
        self.due = due
        self.subject = subject
        self.verdict: Shown = verdict


class Unclaimed(Exception):  # noqa: N818 (the verdict's word)
    """The example needs something that the backend does not claim."""
