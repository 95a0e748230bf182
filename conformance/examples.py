"""The examples of a check: a tape where they are drawn, the number of a case where they are enumerated."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import HypothesisException, NoSuchExample

from .check import Check
from .profiles import Profile
from .tape import LENGTH, Tape

Example = bytes | int

_SHRINKS = 400
# A small profile may need more inputs before each clause has met one it concerns.
_EXTRA = 400
_BUNDLE = 8
_HEALTHY = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


def case_of(check: Check, example: Example) -> Any:
    """Return the case that an example stands for.

    Raises
    ------
    LookupError
        If the check has no such example, as when it was enumerated and now is drawn.
    """
    if isinstance(example, bytes):
        if check.draw is None:
            raise LookupError(f"{check.name} enumerates its cases")
        return check.draw(Tape(example))
    if check.cases is None:
        raise LookupError(f"{check.name} draws its cases")
    return _listed(check)[example]


def text_of(example: Example) -> str:
    """Return an example as a word: the tape in hexadecimal, or ``#`` and the number of the case."""
    return f"#{example}" if isinstance(example, int) else example.rstrip(b"\0").hex() or "00"


def parsed(text: str) -> Example:
    """Return the example of a word.

    Raises
    ------
    ValueError
    """
    return int(text[1:]) if text.startswith("#") else bytes.fromhex(text)


def numbers(check: Check, profile: Profile, seed: int) -> range:
    """Return the numbers of the enumerated cases that a profile tries: all, or evenly spaced ones."""
    count = len(_listed(check))
    step = 1 if profile.enumerated is None else -(-count // profile.enumerated)
    return range(seed % step, count, step) if step > 1 else range(count)


def _listed(check: Check) -> list[Any]:
    """Return the cases of a check as a list, which the next call for the same check does not make again."""
    assert check.cases is not None
    if _last.get("check") is not check:
        _last.update(check=check, cases=list(check.cases()))
    listed: list[Any] = _last["cases"]
    return listed


_last: dict[str, Any] = {}


def tapes(check: Check, profile: Profile, seed: int, wanted: Callable[[], bool]) -> Iterator[bytes]:
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


@cache
def _drawn(count: int, seed: int) -> tuple[bytes, ...]:
    """Return tapes that Hypothesis draws: the same for every check, which each decodes in its own way.

    A draw costs Hypothesis much the same whatever its length, so that one draw gives several tapes.
    """
    drawn: list[bytes] = []

    @with_seed(seed)
    @settings(_HEALTHY, max_examples=-(-count // _BUNDLE))
    @given(st.binary(min_size=_BUNDLE * LENGTH, max_size=_BUNDLE * LENGTH))
    def collect(data: bytes) -> None:
        drawn.extend(data[at : at + LENGTH] for at in range(0, len(data), LENGTH))

    collect()
    return tuple(drawn[:count])


def shrunk(data: bytes, fails: Callable[[bytes], bool]) -> bytes | None:
    """Hand a failing tape to Hypothesis and return the smallest one found, None where it fails no more."""
    database = InMemoryExampleDatabase()
    # Hypothesis shrinks what it finds under the secondary key and trusts the primary one to be small.
    database.save(b"tape.secondary", choices_to_bytes((data,)))
    limits = settings(_HEALTHY, max_examples=_SHRINKS, database=database, phases=(Phase.reuse, Phase.shrink))
    try:
        return find(st.binary(max_size=LENGTH), fails, settings=limits, database_key=b"tape")
    except (NoSuchExample, HypothesisException):
        return None
