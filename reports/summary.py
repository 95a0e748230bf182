"""Recounts: what a document says, computed from its verdicts alone.

The **standing** of a clause is the worst verdict of its tests once expectations are taken into account: a
fail that was expected is ``expected``; a pass where every test of the clause passes although a fail was
expected is ``unexpected``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .records import Document, ErrorSeen, Expectation, Footer, Header, Verdict

Standing = Literal[
    "error",
    "crash",
    "timeout",
    "out-of-memory",
    "fail",
    "flaky",
    "unexpected",
    "missing",
    "vacuous",
    "expected",
    "unclaimed",
    "pass",
]

# From the worst to the best; a clause stands where its worst test does.
ORDER: tuple[Standing, ...] = (
    "error",
    "crash",
    "timeout",
    "out-of-memory",
    "fail",
    "flaky",
    "unexpected",
    "missing",
    "vacuous",
    "expected",
    "unclaimed",
    "pass",
)
WORDS: dict[Standing, str] = {
    "error": "harness error",
    "crash": "crash",
    "timeout": "timeout",
    "out-of-memory": "out of memory",
    "fail": "fail",
    "flaky": "flaky",
    "unexpected": "unexpected pass",
    "missing": "missing",
    "vacuous": "vacuous",
    "expected": "fail, as expected",
    "unclaimed": "unclaimed",
    "pass": "pass",
}
DIFFERENCES: frozenset[Standing] = frozenset(
    {"crash", "timeout", "out-of-memory", "fail", "flaky", "unexpected"}
)
UNJUDGED: frozenset[Standing] = frozenset({"error", "missing", "vacuous"})
_STALE = {
    "expired": "The expectation of a failure of {clause} expired on {date}.",
    "unmatched": "An expectation names {clause}, which is no clause (or its witness no check) any more.",
}
_RANK = {standing: place for place, standing in enumerate(ORDER)}


@dataclass(frozen=True)
class Departure:
    """A clause that torch is known to break, contrary to its documentation."""

    clause: str
    backend: str
    standing: Standing
    expectation: Expectation
    verdict: Verdict


@dataclass(frozen=True)
class LargestError:
    """The largest error seen of one clause, as a share of what is allowed."""

    clause: str
    error: ErrorSeen
    share: float


def standings_of(verdicts: Sequence[Verdict]) -> list[Standing]:
    """Return the standing of each test of one clause, in their order."""
    fails = any(_is_expected(verdict) for verdict in verdicts)
    return [_test_standing(verdict, fails) for verdict in verdicts]


def worst(standings: Iterable[Standing]) -> Standing:
    """Return the worst of some standings; none at all is ``missing``."""
    return min(standings, key=_RANK.__getitem__, default="missing")


def by_clause(document: Document) -> dict[str, list[Verdict]]:
    """Return the verdicts of each clause: the inventory in its order, then clauses outside it."""
    found: dict[str, list[Verdict]] = {clause: [] for clause in document.header["inventory"]}
    for verdict in document.verdicts:
        found.setdefault(verdict["clause"], []).append(verdict)
    return found


def clause_standings(document: Document) -> dict[str, Standing]:
    """Return the standing of each clause."""
    return {clause: worst(standings_of(verdicts)) for clause, verdicts in by_clause(document).items()}


def chapter_of(header: Header, clause: str) -> str:
    """Return the chapter of a clause."""
    text = header["clauses"].get(clause)
    return text["chapter"] if text else clause.partition(".")[0]


def counts(document: Document) -> dict[Standing, int]:
    """Return how many clauses have each standing, the worst first; those that do not occur are left out."""
    return tally(clause_standings(document).values())


def by_chapter(document: Document) -> dict[str, dict[Standing, int]]:
    """Return the counts of each chapter, in the order of the inventory."""
    chapters: dict[str, list[Standing]] = {}
    for clause, standing in clause_standings(document).items():
        chapters.setdefault(chapter_of(document.header, clause), []).append(standing)
    return {chapter: tally(standings) for chapter, standings in chapters.items()}


def judged(document: Document) -> int:
    """Return how many observations were judged."""
    return sum(int(verdict["judged"]) for verdict in document.verdicts)


def problems(document: Document) -> list[str]:
    """Return why the run says less than it seems to, each in one sentence; none for a sound run."""
    return [*_incompleteness(document), *_emptiness(document)]


def stale(document: Document) -> list[str]:
    """Return which entries of the expectations no longer stand, each in one sentence."""
    return [
        _STALE[known["state"]].format(clause=known["clause"], date=known["expires"])
        for known in document.header.get("expectations", ())
        if known["state"] in _STALE
    ]


def alarms(document: Document) -> list[str]:
    """Return what is to be said of the run as a whole: `problems`, then what is `stale`."""
    return [*problems(document), *stale(document)]


def is_green(document: Document) -> bool:
    """Return whether all is as the specification or the expectations say, in a complete run."""
    return exit_code(document) == 0


def exit_code(document: Document) -> int:
    """Return 0 when all is as it should be, 1 on differences, 3 when the run does not say.

    A run that does not say returns 3 whether or not it also shows differences.
    """
    found = set(clause_standings(document).values())
    if problems(document) or found & UNJUDGED:
        return 3
    return 1 if found & DIFFERENCES or stale(document) else 0


def footer(
    header: Header, verdicts: list[Verdict], *, finished: str, seconds: float, complete: bool
) -> Footer:
    """Return the footer of a run, counted from its records."""
    return _with_exit(
        Document(
            header,
            verdicts,
            {
                "kind": "footer",
                "finished": finished,
                "complete": complete,
                "seconds": seconds,
                "counts": dict(_plain(counts(Document(header, verdicts, None)))),
                "exit": 3,
            },
        )
    )


def largest_error(verdicts: Iterable[Verdict]) -> ErrorSeen | None:
    """Return the error nearest to its limit, or furthest past it."""
    return max((error for v in verdicts for error in v["errors"]), key=share, default=None)


def largest_errors(document: Document, most: int = 10) -> list[LargestError]:
    """Return each clause's largest error, those nearest to their limits first."""
    found = [
        LargestError(clause, error, share(error))
        for clause, verdicts in by_clause(document).items()
        if (error := largest_error(verdicts)) is not None
    ]
    return sorted(found, key=lambda item: (-item.share, item.clause))[:most]


def share(error: ErrorSeen) -> float:
    """Return an error over its limit; infinite where the limit is 0 and the error is not, or for NaN."""
    largest, limit = float(error["largest"]), float(error["limit"])
    if largest == 0:
        return 0.0
    if largest != largest or limit != limit or limit == 0:
        return float("inf")
    return 1.0 if largest == limit else largest / limit


def departures(documents: Iterable[Document]) -> list[Departure]:
    """Return the verdicts about clauses that torch is known to break, by clause."""
    found = []
    for document in documents:
        for verdicts in by_clause(document).values():
            for verdict, standing in zip(verdicts, standings_of(verdicts), strict=True):
                known = verdict["expectation"]
                if known is not None and known["kind"] == "departure":
                    spec = document.header["backend"]["spec"]
                    found.append(Departure(verdict["clause"], spec, standing, known, verdict))
    return sorted(found, key=lambda departure: departure.clause)


def _test_standing(verdict: Verdict, clause_fails: bool) -> Standing:
    if _is_expected(verdict):
        return "expected"
    if verdict["expectation"] is not None and verdict["verdict"] == "pass" and not clause_fails:
        return "unexpected"
    return verdict["verdict"]


def _is_expected(verdict: Verdict) -> bool:
    """Whether a verdict is the failure that its expectation speaks of."""
    known = verdict["expectation"]
    return known is not None and verdict["verdict"] == known.get("expect", "fail")


def tally(standings: Iterable[Standing]) -> dict[Standing, int]:
    """Return how often each standing occurs, the worst first; those that do not are left out."""
    found = Counter(standings)
    return {standing: found[standing] for standing in ORDER if found[standing]}


def _plain(tally: Mapping[Standing, int]) -> dict[str, int]:
    return {str(standing): count for standing, count in tally.items()}


def _with_exit(document: Document) -> Footer:
    assert document.footer is not None
    return {**document.footer, "exit": exit_code(document)}


def _incompleteness(document: Document) -> Iterable[str]:
    if document.footer is None:
        yield "The run was cut short: its log has no footer, so clauses may not have been judged."
        return
    if not document.footer["complete"]:
        yield _stopped(document)
    if {key: count for key, count in document.footer["counts"].items() if count} != counts(document):
        yield "The footer counts other verdicts than the document holds: records were lost or changed."


def _stopped(document: Document) -> str:
    assert document.footer is not None
    limits = document.header.get("limits")
    budget = limits["run"] if limits else None
    if budget is None or document.footer["seconds"] < budget:
        return "The run stopped before its end: clauses may not have been judged."
    missed = sum(not verdicts for verdicts in by_clause(document).values())
    return (
        f"The run ended with its budget of {budget:g} s: {missed} of {len(document.header['inventory'])} "
        "clauses were not reached, and others by a part of their checks; --resume goes on."
    )


def _emptiness(document: Document) -> Iterable[str]:
    outside = set(by_clause(document)) - set(document.header["inventory"])
    if outside:
        yield f"{len(outside)} clauses have a verdict but were not selected, such as {min(outside)}."
    if not judged(document):
        yield "Nothing was judged: no observation was held against a clause."
