"""What changed between two runs: clauses regressed, fixed, new and gone, and errors that grew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from . import summary
from .payload import error_text, number
from .records import Document, ErrorSeen, Verdict
from .summary import DIFFERENCES, UNJUDGED, Standing
from .text import one_line

Kind = Literal["regressed", "drifted", "changed", "fixed", "new", "gone"]

# In the order of their importance.
KINDS: dict[Kind, str] = {
    "regressed": "was as it should be, and is no more",
    "drifted": "passes still, with a larger error",
    "changed": "stands otherwise than before, neither regressed nor fixed",
    "fixed": "was not as it should be, and is now",
    "new": "was not selected before",
    "gone": "was selected before, and is no more",
}
# An error has drifted where it grew by this factor and this share of its limit; less is the luck of inputs.
FACTOR = 2.0
SHARE = 0.05


@dataclass(frozen=True)
class Drift:
    """The largest error of one op and type, before and after."""

    before: ErrorSeen
    after: ErrorSeen


@dataclass(frozen=True)
class Change:
    """What became of one clause; no standing where it was not selected."""

    clause: str
    kind: Kind
    before: Standing | None
    after: Standing | None
    drifts: tuple[Drift, ...] = ()


def changes(before: Document, after: Document) -> list[Change]:
    """Return what changed, the most important kind first, each in the order of the canon.

    A clause that is absent because a run selected a part of the canon is neither new nor gone; one that an
    incomplete run did not come to has not changed.
    """
    then, now = summary.clause_standings(before), summary.clause_standings(after)
    unreached = _unreached(before, then) | _unreached(after, now)
    old, recent = summary.by_clause(before), summary.by_clause(after)
    # More examples find larger errors.
    alike = before.header["profile"] == after.header["profile"]
    found = []
    for clause in dict.fromkeys(name for name in (*now, *then) if name not in unreached):
        drifts = drifted(old.get(clause, ()), recent.get(clause, ())) if alike else []
        kind = _kind(then.get(clause), now.get(clause), before, after, bool(drifts))
        if kind is not None:
            kept = drifts if kind == "drifted" else ()
            found.append(Change(clause, kind, then.get(clause), now.get(clause), tuple(kept)))
    return sorted(found, key=lambda change: list(KINDS).index(change.kind))


def drifted(before: Sequence[Verdict], after: Sequence[Verdict]) -> list[Drift]:
    """Return the errors of one clause that grew, by op and type; a new op or type grew from nothing."""
    earlier = _largest(before)
    pairs = ((earlier[key], error) for key, error in _largest(after).items() if key in earlier)
    return [Drift(then, now) for then, now in pairs if _grew(then, now)]


def described(change: Change) -> str:
    """Return a change on one line."""
    steps = " → ".join(dict.fromkeys(summary.WORDS[one] for one in (change.before, change.after) if one))
    grown = "; ".join(
        f"{one_line(drift.after['op'], 60)} of {one_line(drift.after['dtype'], 30)}: "
        f"{number(drift.before['largest'])} → {error_text(drift.after)}"
        for drift in change.drifts
    )
    return f"{change.kind}: {change.clause} ({steps}{f'; {grown}' if grown else ''})"


def tally(found: Sequence[Change]) -> dict[Kind, int]:
    """Return how many changes there are of each kind; kinds that do not occur are left out."""
    counts = {kind: sum(change.kind == kind for change in found) for kind in KINDS}
    return {kind: count for kind, count in counts.items() if count}


def _kind(
    before: Standing | None, after: Standing | None, then: Document, now: Document, drift: bool
) -> Kind | None:
    if before is None:
        return "new" if then.header["filter"] is None else None
    if after is None:
        return "gone" if now.header["filter"] is None else None
    if before == after:
        return "drifted" if drift and after == "pass" else None
    bad = DIFFERENCES | UNJUDGED
    if after in bad and before not in bad:
        return "regressed"
    return "fixed" if before in bad and after not in bad else "changed"


def _unreached(document: Document, standings: dict[str, Standing]) -> set[str]:
    return set() if document.complete else {name for name, found in standings.items() if found == "missing"}


def _largest(verdicts: Sequence[Verdict]) -> dict[tuple[str, str, str], ErrorSeen]:
    found: dict[tuple[str, str, str], ErrorSeen] = {}
    for verdict in verdicts:
        for error in verdict["errors"]:
            key = error["op"], error["dtype"], error["unit"]
            if key not in found or summary.share(error) > summary.share(found[key]):
                found[key] = error
    return found


def _grew(before: ErrorSeen, after: ErrorSeen) -> bool:
    then, now = summary.share(before), summary.share(after)
    return now >= FACTOR * then and now - then >= SHARE if then != float("inf") else False
