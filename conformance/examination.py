"""From a check to the records of its verdicts, guided by what is expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorcanon.reports.records import Verdict

from . import records
from .backend import Backend
from .check import Check
from .examine import Guidance, examine
from .examples import Example
from .expectations import Expectation
from .profiles import Profile
from .refusal import Refused

Note = Callable[[Check, Example], None]


def examined(
    check: Check,
    backend: Backend,
    profile: Profile,
    seed: int,
    expected: Sequence[Expectation],
    note: Note = lambda check, example: None,
) -> list[Verdict]:
    """Examine a backend with a check and return the records.

    Parameters
    ----------
    check : Check
    backend : Backend
    profile : Profile
    seed : int
    expected : sequence of Expectation
        Their witnesses are tried first.
    note : callable
        Takes each example before it runs.
    """
    identity = backend.identity
    limited = [entry for entry in expected if "dtype" in entry.when]

    def excuses(refusal: Refused) -> bool:
        return any(
            entry.concerns(refusal.clause.id, identity) and entry.explains(refusal.verdict, refusal.program)
            for entry in limited
        )

    first = [entry.example for entry in expected if entry.test == check.name and _fits(entry.example, check)]
    found = examine(check, backend, profile, seed, Guidance(first, excuses, note))
    return [records.verdict(each, identity, seed, expected) for each in found]


def _fits(example: Example, check: Check) -> bool:
    """Whether a check, as it is now, has such an example."""
    if isinstance(example, bytes):
        return check.draw is not None
    return check.cases is not None and example < sum(1 for _ in check.cases())
