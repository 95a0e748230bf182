"""The audit: each clause against its mutants. A clause that no mutant breaks is a defect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tensorcanon.spec import canon
from tensorcanon.spec.clause import Clause

from .backend import Backend
from .backends.catalogue import reference
from .check import Check
from .examine import Guidance, examine
from .expectations import departures
from .inventory import checks
from .mutants.ledger import BrokenMutantError, mutant_backend, mutants
from .profiles import PROFILES


@dataclass(frozen=True)
class Trial:
    """One mutant before one clause.

    Attributes
    ----------
    clause, mutant, fault : str
    killed : bool
        Whether a check of the clause refuted the mutant.
    reason : str
        What the killing check saw, or the verdicts of those that did not kill.
    """

    clause: str
    mutant: str
    fault: str
    killed: bool
    reason: str


def trials(clause_ids: Iterable[str], seed: int = 0) -> Iterator[Trial]:
    """Try every mutant before each clause it is to be killed by.

    Parameters
    ----------
    clause_ids : iterable of str
        The clauses to audit.
    seed : int
        The seed of the inputs, as for a run of profile ci.
    """
    selected = set(clause_ids)
    by_clause: dict[str, list[Check]] = {}
    for check in checks().values():
        for clause in check.clauses:
            by_clause.setdefault(clause.id, []).append(check)
    yield from _departing(selected, by_clause, seed)
    for mutant in mutants().values():
        for clause in mutant.kills:
            if clause.id in selected:
                examined = _likely_first(by_clause.get(clause.id, []), mutant.name)
                try:
                    backend = mutant_backend(mutant.name)
                except BrokenMutantError as error:
                    killed, reason = False, str(error)
                else:
                    killed, reason = _try(clause, examined, backend, seed)
                yield Trial(clause.id, mutant.name, mutant.fault, killed, reason)


def _likely_first(examined: list[Check], mutant: str) -> list[Check]:
    """Put the checks of the op that a mutant's name holds first, as laws have one for every op."""

    def unlikely(check: Check) -> bool:
        subject = check.name.partition("[")[2].rstrip("]").partition(".")[0]
        return not subject or f"_{subject}_" not in f"_{mutant}_"

    return sorted(examined, key=unlikely)


def _departing(selected: set[str], by_clause: dict[str, list[Check]], seed: int) -> Iterator[Trial]:
    """Try the reference itself where it departs from the documentation as torch does."""
    healthy = reference()
    for known in departures(healthy.identity):
        for name in selected:
            if known.concerns(name, healthy.identity):
                killed, reason = _try(canon.clauses()[name], by_clause.get(name, []), healthy, seed)
                yield Trial(name, "reference", "", killed, reason)


def _try(clause: Clause[Any], examined: list[Check], backend: Backend, seed: int) -> tuple[bool, str]:
    verdicts = []
    for check in examined:
        for found in examine(check, backend, PROFILES["ci"], seed, Guidance(sought=clause)):
            if found.clause is clause and found.verdict == "fail":
                return True, found.message
            if found.clause is clause:
                verdicts.append(found.verdict)
    return False, ", ".join(verdicts) or "no check"


def without_kill(clause_ids: Iterable[str], tried: Iterable[Trial]) -> list[str]:
    """Return the clauses that no mutant breaks."""
    killed = {trial.clause for trial in tried if trial.killed}
    return [clause for clause in clause_ids if clause not in killed]


def uncovered() -> list[str]:
    """Return the core behaviours that no clause covers."""
    covered = {name for clause in canon.clauses().values() for name in clause.covers}
    return [name for name, level in canon.behaviours().items() if level == "core" and name not in covered]
