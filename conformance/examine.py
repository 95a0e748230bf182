"""Examine a backend with one check: run its examples, shrink a failure, settle on a verdict."""

from __future__ import annotations

import math
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tensorcanon.spec.clause import Clause

from . import controls
from .attempt import attempt
from .backend import Backend
from .check import Check
from .examples import Example, case_of, numbers, shrunk, tapes
from .profiles import Profile
from .refusal import Refused
from .tally import Tally

Verdict = Literal[
    "pass",
    "fail",
    "crash",
    "timeout",
    "out-of-memory",
    "error",
    "flaky",
    "unclaimed",
    "vacuous",
    "missing",
]

# A backend that dies again and again is not started for ever: what is open then stays refuted.
_MOST_LOSSES = 3
# Each try may cost a start of the backend.
_SECONDS_TO_SHRINK_A_CRASH = 20.0


@dataclass
class Witness:
    """The smallest example found that refutes a clause."""

    refusal: Refused
    example: Example
    case: str | None = None
    flaky: bool = False

    @property
    def tape(self) -> bytes | None:
        return self.example if isinstance(self.example, bytes) else None


@dataclass
class Examination:
    """The verdict on one clause by one check on one backend, and what led to it."""

    check: Check
    clause: Clause[Any]
    verdict: Verdict
    tally: Tally
    seconds: float
    message: str = ""
    witness: Witness | None = None
    proved: bool = False


Witnesses = dict[Clause[Any], Witness]


@dataclass(frozen=True)
class Guidance:
    """What an examination is told besides its profile.

    Attributes
    ----------
    first : sequence of bytes or int
        Examples to try before all others: the witnesses of known failures.
    excuses : callable
        Whether a refusal is known and leaves its clause open: other failures are still looked for.
    before : callable
        Called before each example, to note it where a death of this process cannot reach.
    sought : Clause, optional
        Enough is known once this clause is refuted, by an example of any size.
    """

    first: Sequence[Example] = ()
    excuses: Callable[[Refused], bool] = lambda refusal: False
    before: Callable[[Check, Example], None] = lambda check, example: None
    sought: Clause[Any] | None = None


UNGUIDED = Guidance()


def examine(
    check: Check, backend: Backend, profile: Profile, seed: int, guidance: Guidance = UNGUIDED
) -> list[Examination]:
    """Run a check's examples on a backend.

    Parameters
    ----------
    check : Check
    backend : Backend
    profile : Profile
        How many examples a drawn check tries.
    seed : int
        The same seed gives the same examples.
    guidance : Guidance, optional

    Returns
    -------
    list of Examination
        One for each clause of the check. Exceptions other than refusals become the verdict ``error``: the
        harness's own fault.
    """
    search = _Search(check, backend, guidance)
    started = time.perf_counter()
    message = ""
    complete = False
    try:
        # Warnings are judged where a clause is about them; elsewhere they would only drown the output.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            complete = search.run(profile, seed)
    except Exception as error:
        message = _traced(error)
    seconds = (time.perf_counter() - started) / len(check.clauses)
    found = [search.settled(clause, seconds, message) for clause in check.clauses]
    for each in found:
        each.proved = check.proves and complete and each.verdict == "pass" and not search.tally.unclaimed
    return found


@dataclass
class _Search:
    """The examination under way."""

    check: Check
    backend: Backend
    guidance: Guidance
    tally: Tally = field(default_factory=Tally)
    witnesses: Witnesses = field(default_factory=dict)
    excused: Witnesses = field(default_factory=dict)
    losses: int = 0
    deadline: float = math.inf

    def run(self, profile: Profile, seed: int) -> bool:
        """Try the examples; returns whether all there are were tried."""
        self.deadline = time.monotonic() + profile.seconds
        for example in self.guidance.first:
            self._try(example)
        complete = self._enumerate(profile, seed) if self.check.cases else self._draw(profile, seed)
        if self._found():
            return False
        for refusal in controls.missing(self.check, self.backend, self.tally):
            self.witnesses.setdefault(refusal.clause, Witness(refusal, 0 if self.check.cases else b""))
        return complete

    def _enumerate(self, profile: Profile, seed: int) -> bool:
        chosen = numbers(self.check, profile, seed)
        refuted = -1
        # Again while clauses are left that no example has reached, as others were refuted before them.
        while refuted < len(self.witnesses) and (refuted < 0 or self._unreached()):
            refuted = len(self.witnesses)
            for number in chosen:
                if self._done():
                    return False
                self._try(number)
        return chosen.step == 1

    def _unreached(self) -> bool:
        return any(not self.tally.judged[c.id] and c not in self.witnesses for c in self.check.clauses)

    def _draw(self, profile: Profile, seed: int) -> bool:
        for data in tapes(self.check, profile, seed, self._unjudged):
            if self._done() or len(self.witnesses) == len(self.check.clauses):
                break
            self._try(data)
        return False

    def _done(self) -> bool:
        return self._found() or self._late() or self._keeps_dying()

    def _found(self) -> bool:
        return self.guidance.sought is not None and self.guidance.sought in self.witnesses

    def _late(self) -> bool:
        return self.tally.examples > 0 and time.monotonic() > self.deadline

    def _keeps_dying(self) -> bool:
        return self.losses >= _MOST_LOSSES

    def _unjudged(self) -> bool:
        """Whether a clause that concerns few inputs has met none yet, on a backend that claims some."""
        claimed = self.tally.unclaimed < self.tally.examples
        return claimed and any(not self.tally.judged[clause.id] for clause in self.check.clauses)

    def _try(self, example: Example) -> None:
        case = case_of(self.check, example)
        self.guidance.before(self.check, example)
        refusal = attempt(self.check, self.backend, case, self.tally, frozenset(self.witnesses))
        if refusal is None:
            return
        if refusal.verdict != "fail":
            self.losses += 1
        if self.guidance.excuses(refusal):
            self.excused.setdefault(refusal.clause, Witness(refusal, example, repr(case)))
        elif refusal.clause not in self.witnesses:
            self.witnesses[refusal.clause] = self._witness(example, case, refusal)
        if self._keeps_dying():
            self._close(self.witnesses.get(refusal.clause) or self.excused[refusal.clause])

    def _close(self, witness: Witness) -> None:
        """Refute what is still open: the backend does not live long enough to judge it."""
        for clause in self.check.clauses:
            if not self.tally.judged[clause.id]:
                self.witnesses.setdefault(clause, witness)

    def _witness(self, example: Example, case: Any, refusal: Refused) -> Witness:
        if isinstance(example, int):
            return Witness(refusal, example, repr(case))
        if refusal.verdict == "fail":
            return self._smallest(example, refusal, self.deadline)
        if refusal.verdict == "crash":
            soon = time.monotonic() + _SECONDS_TO_SHRINK_A_CRASH
            found = self._smallest(example, refusal, min(soon, self.deadline))
            if found.flaky:
                refusal.reason += "; not seen again in a fresh process"
            found.flaky = False
            return found
        # A smaller example of these costs its whole limit at every try.
        return Witness(refusal, example)

    def _smallest(self, data: bytes, refusal: Refused, deadline: float) -> Witness:
        """Return the smallest example that refutes the same clause in the same way."""
        smallest: list[Witness] = []
        excused = self.guidance.excuses(refusal)

        def still_fails(candidate: bytes) -> bool:
            return time.monotonic() <= deadline and fails(candidate)

        def fails(candidate: bytes) -> bool:
            case = case_of(self.check, candidate)
            self.guidance.before(self.check, candidate)
            again = attempt(self.check, self.backend, case, Tally(), frozenset(self.witnesses))
            if again is None or (again.clause, again.verdict) != (refusal.clause, refusal.verdict):
                return False
            if self.guidance.excuses(again) is not excused:
                return False
            smallest[:] = [Witness(again, candidate)]
            return True

        best = shrunk(data, still_fails) if self.guidance.sought is None else None
        if refusal.verdict == "fail" and (best is None or not fails(best)):
            smallest.clear()
        return smallest[0] if smallest else Witness(refusal, data, flaky=not fails(data))

    def settled(self, clause: Clause[Any], seconds: float, message: str) -> Examination:
        """Return the verdict on a clause."""
        verdict: Verdict
        witness = self.witnesses.get(clause) or self.excused.get(clause)
        if witness is not None:
            verdict = "flaky" if witness.flaky else witness.refusal.verdict
            reason = witness.refusal.reason
            return Examination(self.check, clause, verdict, self.tally, seconds, reason, witness)
        if message:
            return Examination(self.check, clause, "error", self.tally, seconds, message)
        if self.tally.judged[clause.id]:
            return Examination(self.check, clause, "pass", self.tally, seconds)
        if self.tally.unclaimed:
            return Examination(self.check, clause, "unclaimed", self.tally, seconds)
        reason = "the check's time ended before an example reached it" if self._late() else ""
        return Examination(self.check, clause, "vacuous", self.tally, seconds, reason)


def _traced(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " <- ".join(f"{frame.name} line {frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({where})"
