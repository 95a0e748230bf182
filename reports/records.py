"""The records of a run, as they stand in the log and in the folded document.

The published form is ``schema/result-2.json``; these types mirror it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

SCHEMA = 2

VerdictName = Literal[
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


class Canon(TypedDict):
    """The specification judged against: its version and the digest of its text."""

    version: str
    edition: str


class Backend(TypedDict):
    """What was judged."""

    spec: str
    name: str
    version: str
    device: str
    details: dict[str, str]


class Platform(TypedDict):
    """Where it was judged."""

    python: str
    system: str
    cpus: int
    numpy: str


class ClauseText(TypedDict):
    """A clause as the report shows it."""

    chapter: str
    statement: str
    source: str
    strength: Literal["must", "should", "may"]
    basis: Literal["documented", "observed", "implementation-defined"]
    level: Literal["core", "extended"]
    covers: list[str]
    code: str
    mutants: list[str]


class KnownFailure(TypedDict):
    """An entry of a vendor's expectations, and whether it still stands."""

    clause: str
    reason: str
    url: str
    expires: str | None
    state: Literal["live", "expired", "unmatched"]


class Shard(TypedDict):
    """Which part of a run this is: the `index`-th of `of` cut from one selection of checks."""

    index: int
    of: int
    selection: str


class Limits(TypedDict):
    """The seconds after which a run begins no further check, and a check no further example; None: none."""

    run: float | None
    check: float | None


class Header(TypedDict):
    """The first record: what is judged, against what, and which clauses were selected."""

    kind: Literal["header"]
    schema: int
    canon: Canon
    backend: Backend
    profile: str
    seed: int
    filter: str | None
    started: str
    platform: Platform
    inventory: list[str]
    clauses: dict[str, ClauseText]
    expectations: NotRequired[list[KnownFailure]]
    shard: NotRequired[Shard | None]
    limits: NotRequired[Limits | None]


class ErrorSeen(TypedDict):
    """The largest error of one op and data type; an infinite one is the string ``"inf"``."""

    op: str
    dtype: str
    unit: str
    largest: float | str
    limit: float | str


class Witness(TypedDict):
    """The smallest program that shows a difference."""

    program: Any
    script: str
    allowed: str
    seen: str
    tape: str
    seed: int
    case: NotRequired[int | None]


class Expectation(TypedDict):
    """Why a difference is known: torch departs from its documentation, or the backend has a known fault."""

    reason: str
    url: str
    kind: Literal["departure", "known"]
    expect: NotRequired[VerdictName]


class Coverage(TypedDict):
    """The tensors that the examples made: by type, and by type the counts of `layouts`, then `specials`."""

    dtypes: dict[str, int]
    layouts: list[str]
    specials: list[str]
    grid: dict[str, list[int]]


class Verdict(TypedDict):
    """What one test found out about one clause."""

    kind: Literal["verdict"]
    clause: str
    test: str
    verdict: VerdictName
    examples: int
    judged: int
    unclaimed: int
    proved: bool
    seconds: float
    errors: list[ErrorSeen]
    coverage: Coverage
    message: str
    witness: Witness | None
    expectation: Expectation | None


class Footer(TypedDict):
    """The last record; a log without one was cut short."""

    kind: Literal["footer"]
    finished: str
    complete: bool
    seconds: float
    counts: dict[str, int]
    exit: int


Record = Header | Verdict | Footer


@dataclass(frozen=True)
class Document:
    """One run.

    Attributes
    ----------
    header : Header
    verdicts : list of Verdict
    footer : Footer or None
        None means that the run was cut short.
    """

    header: Header
    verdicts: list[Verdict]
    footer: Footer | None

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.footer is not None and self.footer["complete"]

    def as_json(self) -> dict[str, Any]:
        """Return the folded form, as ``run.json`` holds it."""
        return {
            "schema": SCHEMA,
            "header": self.header,
            "verdicts": self.verdicts,
            "footer": self.footer,
        }
