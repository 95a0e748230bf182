"""Examine a backend with one check: run its examples, shrink a failure, settle on a verdict."""

from __future__ import annotations

import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import HypothesisException, NoSuchExample

from tensorcanon.spec.clause import Clause

from .backend import Backend
from .check import Check
from .profiles import Profile
from .run import Refused, Run, Tally, Unclaimed
from .tape import LENGTH, Tape

Verdict = Literal["pass", "fail", "crash", "timeout", "error", "flaky", "unclaimed", "vacuous", "missing"]

_SHRINKS = 400
# A small profile may need more inputs before each clause has met one it concerns.
_EXTRA = 400
_HEALTHY = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


@dataclass
class Witness:
    """The smallest example found that refutes a clause."""

    refusal: Refused
    tape: bytes | None
    case: str | None
    flaky: bool = False


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


def examine(check: Check, backend: Backend, profile: Profile, seed: int) -> list[Examination]:
    """Run a check's examples on a backend.

    Parameters
    ----------
    check : Check
    backend : Backend
    profile : Profile
        How many examples a drawn check tries.
    seed : int
        The same seed gives the same examples.

    Returns
    -------
    list of Examination
        One for each clause of the check. Exceptions other than refusals become the verdict ``error``: the
        harness's own fault.
    """
    tally = Tally()
    started = time.perf_counter()
    message = ""
    witnesses: Witnesses = {}
    complete = False
    try:
        # Warnings are judged where a clause is about them; elsewhere they would only drown the output.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if check.cases:
                complete = _enumerate(check, backend, profile, seed, tally, witnesses)
            else:
                _search(check, backend, profile, seed, tally, witnesses)
    except Exception as error:
        message = _traced(error)
    seconds = (time.perf_counter() - started) / len(check.clauses)
    found = [
        _settled(check, clause, tally, seconds, message, witnesses.get(clause)) for clause in check.clauses
    ]
    for each in found:
        each.proved = check.proves and complete and each.verdict == "pass" and not tally.unclaimed
    return found


def _enumerate(
    check: Check, backend: Backend, profile: Profile, seed: int, tally: Tally, witnesses: Witnesses
) -> bool:
    """Run the enumerated cases, in a small profile only some; returns whether it ran them all."""
    assert check.cases is not None
    cases = list(check.cases())
    step = 1 if profile.enumerated is None else -(-len(cases) // profile.enumerated)
    for case in cases[seed % step :: step] if step > 1 else cases:
        refusal = _attempt(check, backend, case, tally, frozenset(witnesses))
        if refusal is not None and refusal.clause not in witnesses:
            witnesses[refusal.clause] = Witness(refusal, None, repr(case))
    return step <= 1


def _search(
    check: Check, backend: Backend, profile: Profile, seed: int, tally: Tally, witnesses: Witnesses
) -> None:
    assert check.draw is not None
    for data in _tapes(check, profile, seed, lambda: _unjudged(check, tally)):
        refusal = _attempt(check, backend, check.draw(Tape(data)), tally, frozenset(witnesses))
        if refusal is not None:
            witnesses[refusal.clause] = _shrunk(check, backend, data, refusal, frozenset(witnesses))
            if len(witnesses) == len(check.clauses):
                return


def _tapes(check: Check, profile: Profile, seed: int, wanted: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the simplest input, a seeded batch, what Hypothesis draws, and more while they are wanted."""
    yield bytes(LENGTH)
    generator = np.random.Generator(np.random.PCG64([seed, zlib.crc32(check.name.encode())]))
    for _ in range(profile.seeded):
        yield generator.bytes(LENGTH)
    yield from _drawn(profile.drawn, seed)
    for _ in range(_EXTRA):
        if not wanted():
            return
        yield generator.bytes(LENGTH)


def _unjudged(check: Check, tally: Tally) -> bool:
    """Whether a clause that concerns few inputs has met none yet, on a backend that claims some."""
    claimed = tally.unclaimed < tally.examples
    return claimed and any(not tally.judged[clause.id] for clause in check.clauses)


@cache
def _drawn(count: int, seed: int) -> tuple[bytes, ...]:
    """Return tapes that Hypothesis draws: the same for every check, which each decodes in its own way."""
    tapes: list[bytes] = []

    @with_seed(seed)
    @settings(_HEALTHY, max_examples=count)
    @given(st.binary(min_size=LENGTH, max_size=LENGTH))
    def collect(data: bytes) -> None:
        tapes.append(data)

    collect()
    return tuple(tapes)


def _attempt(
    check: Check, backend: Backend, case: Any, tally: Tally, closed: frozenset[Clause[Any]]
) -> Refused | None:
    """Run one example; return the refusal, None where it holds or is not claimed."""
    tally.examples += 1
    try:
        check.body(Run(backend, check.clauses, tally, closed), case)
    except Refused as refusal:
        return refusal
    except Unclaimed:
        tally.unclaimed += 1
    return None


def _shrunk(
    check: Check, backend: Backend, data: bytes, refusal: Refused, closed: frozenset[Clause[Any]]
) -> Witness:
    """Hand a failing tape to Hypothesis and return the smallest one that refutes the same clause."""
    assert check.draw is not None
    draw = check.draw
    smallest: list[Witness] = []

    def fails(candidate: bytes) -> bool:
        again = _attempt(check, backend, draw(Tape(candidate)), Tally(), closed)
        if again is None or again.clause is not refusal.clause:
            return False
        smallest[:] = [Witness(again, candidate, None)]
        return True

    database = InMemoryExampleDatabase()
    # Hypothesis shrinks what it finds under the secondary key and trusts the primary one to be small.
    database.save(b"tape.secondary", choices_to_bytes((data,)))
    limits = settings(_HEALTHY, max_examples=_SHRINKS, database=database, phases=(Phase.reuse, Phase.shrink))
    try:
        fails(find(st.binary(max_size=LENGTH), fails, settings=limits, database_key=b"tape"))
    except (NoSuchExample, HypothesisException):
        smallest.clear()
    return smallest[0] if smallest else Witness(refusal, data, None, flaky=not fails(data))


def _settled(
    check: Check, clause: Clause[Any], tally: Tally, seconds: float, message: str, witness: Witness | None
) -> Examination:
    verdict: Verdict
    if witness is not None:
        verdict = "flaky" if witness.flaky else "fail"
        return Examination(check, clause, verdict, tally, seconds, witness.refusal.reason, witness)
    if message:
        return Examination(check, clause, "error", tally, seconds, message)
    if tally.judged[clause.id]:
        return Examination(check, clause, "pass", tally, seconds)
    verdict = "unclaimed" if tally.unclaimed else "vacuous"
    return Examination(check, clause, verdict, tally, seconds)


def _traced(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " <- ".join(f"{frame.name} line {frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({where})"
