"""The check under way when a process died, examined once more where a death does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorcanon.reports.records import Verdict

from . import journal, records
from .backend import Backend
from .check import Check
from .examination import examined
from .expectations import Expectation
from .isolation.channel import Limits
from .isolation.opening import opened
from .profiles import Profile

_LOSSES = ("crash", "timeout", "out-of-memory")


class Rescue:
    """Finds out what a check does that a process did not survive.

    Parameters
    ----------
    spec : str
        The backend, which gets a process of its own.
    limits : Limits
    profile : Profile
    seed : int
    expected : sequence of Expectation
    folder : Path
        The journal.
    """

    def __init__(
        self,
        spec: str,
        limits: Limits,
        profile: Profile,
        seed: int,
        expected: Sequence[Expectation],
        folder: Path,
    ) -> None:
        self._spec = spec
        self._limits = limits
        self._profile = profile
        self._seed = seed
        self._expected = expected
        self._folder = folder
        self._backend: Backend | None = None

    def under_way(self) -> set[str]:
        """Return the checks that a process died of, as far as it could say so."""
        return {entry.check for entry in journal.entries(self._folder) if entry.fault}

    def examine(self, check: Check) -> list[Verdict]:
        """Return the records of a check; a death that is not seen again is one of them."""
        self._backend = self._backend or opened(self._spec, True, self._limits)
        made = examined(check, self._backend, self._profile, self._seed, self._expected)
        entry = next((e for e in journal.entries(self._folder) if e.check == check.name and e.fault), None)
        if entry is None or any(record["verdict"] in _LOSSES for record in made):
            return made
        message = (
            f"the process died of {entry.fault} at example {entry.example}; "
            "not seen again in a process of its own"
        )
        return [records.unexamined(clause.id, check.name, "crash", message) for clause in check.clauses]
