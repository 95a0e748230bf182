"""Examine a backend with one check: run its examples, shrink a failure, settle on a verdict."""

from __future__ import annotations

import time
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import HypothesisException, NoSuchExample

from .backend import Backend
from .check import Check
from .profiles import Profile
from .run import Refused, Run, Tally, Unclaimed
from .tape import LENGTH, Tape

Verdict = Literal["pass", "fail", "crash", "timeout", "error", "flaky", "unclaimed", "vacuous", "missing"]

_SHRINKS = 400
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


@dataclass
class Examination:
    """The verdict of one check on one backend, and what led to it."""

    check: Check
    verdict: Verdict
    tally: Tally
    seconds: float
    message: str = ""
    witness: Witness | None = None
    failing_cases: int = 0
    total_cases: int = 0
    proved: bool = field(default=False)


def examine(check: Check, backend: Backend, profile: Profile, seed: int) -> Examination:
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
    Examination
        Exceptions other than refusals become the verdict ``error``: the harness's own fault.
    """
    tally = Tally()
    started = time.perf_counter()
    try:
        found = (
            _enumerate(check, backend, tally)
            if check.cases
            else _search(check, backend, profile, seed, tally)
        )
    except Exception as error:
        found = Examination(check, "error", tally, 0.0, f"{type(error).__name__}: {error}")
        found.message = _traced(error)
    found.seconds = time.perf_counter() - started
    return found


def _enumerate(check: Check, backend: Backend, tally: Tally) -> Examination:
    assert check.cases is not None
    first: Witness | None = None
    failing = total = 0
    for case in check.cases():
        total += 1
        refusal = _attempt(check, backend, case, tally)
        if refusal is not None:
            failing += 1
            first = first or Witness(refusal, None, repr(case))
    found = _settled(check, tally, first)
    found.failing_cases, found.total_cases = failing, total
    found.proved = check.proves and found.verdict == "pass" and tally.unclaimed == 0
    return found


def _search(check: Check, backend: Backend, profile: Profile, seed: int, tally: Tally) -> Examination:
    assert check.draw is not None
    draw = check.draw

    def refutes(data: bytes) -> Refused | None:
        return _attempt(check, backend, draw(Tape(data)), tally)

    for data in _tapes(check, profile, seed):
        refusal = refutes(data)
        if refusal is None:
            continue
        if refutes(data) is None:
            return Examination(check, "flaky", tally, 0.0, refusal.reason, Witness(refusal, data, None))
        return _settled(check, tally, _shrunk(check, backend, data))
    return _settled(check, tally, None)


def _tapes(check: Check, profile: Profile, seed: int) -> Iterator[bytes]:
    """Yield the inputs: the simplest, then a seeded batch, then what Hypothesis makes of it."""
    yield bytes(LENGTH)
    generator = np.random.Generator(np.random.PCG64([seed, zlib.crc32(check.name.encode())]))
    for _ in range(profile.seeded):
        yield generator.bytes(LENGTH)
    drawn: list[bytes] = []

    @with_seed(seed)
    @settings(_HEALTHY, max_examples=profile.drawn)
    @given(st.binary(min_size=LENGTH, max_size=LENGTH))
    def collect(data: bytes) -> None:
        drawn.append(data)

    collect()
    yield from drawn


def _attempt(check: Check, backend: Backend, case: Any, tally: Tally) -> Refused | None:
    """Run one example; return the refusal, None where it holds or is not claimed."""
    tally.examples += 1
    try:
        check.body(Run(backend, tally), case)
    except Refused as refusal:
        return refusal
    except Unclaimed:
        tally.unclaimed += 1
    return None


def _shrunk(check: Check, backend: Backend, data: bytes) -> Witness:
    """Hand a failing tape to Hypothesis and return the smallest failing one it finds."""
    assert check.draw is not None
    draw = check.draw
    best: list[tuple[Refused, bytes]] = []

    def fails(candidate: bytes) -> bool:
        refusal = _attempt(check, backend, draw(Tape(candidate)), Tally())
        if refusal is not None:
            best[:] = [(refusal, candidate)]
        return refusal is not None

    database = InMemoryExampleDatabase()
    # Hypothesis shrinks what it finds under the secondary key and trusts the primary one to be small.
    database.save(b"tape.secondary", choices_to_bytes((data,)))
    try:
        smallest = find(
            st.binary(max_size=LENGTH),
            fails,
            settings=settings(
                _HEALTHY, max_examples=_SHRINKS, database=database, phases=(Phase.reuse, Phase.shrink)
            ),
            database_key=b"tape",
        )
    except (NoSuchExample, HypothesisException):
        smallest = data
    fails(smallest) or fails(data)
    refusal, tape = best[0]
    return Witness(refusal, tape, None)


def _settled(check: Check, tally: Tally, witness: Witness | None) -> Examination:
    if witness is not None:
        return Examination(check, "fail", tally, 0.0, witness.refusal.reason, witness)
    if tally.judged:
        return Examination(check, "pass", tally, 0.0)
    verdict: Verdict = "unclaimed" if tally.unclaimed else "vacuous"
    return Examination(check, verdict, tally, 0.0)


def _traced(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " <- ".join(f"{frame.name} line {frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({where})"
