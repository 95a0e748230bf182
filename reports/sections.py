"""What the page says beyond its matrix: the statement, what changed, the history, how near errors come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from . import difference, statement, summary
from .accuracy import compared
from .coverage import rank
from .difference import Change, Drift, Kind
from .history import earlier, started
from .page import TONES, Part, parts
from .payload import error_text, number
from .records import Document
from .summary import ORDER, WORDS, Standing
from .text import one_line

# Markup, unlike the list of clauses: changes beyond this are counted and not listed.
MOST = 200
# What tells standings of one colour apart in a plot.
HATCHES: dict[Standing, str] = {
    "expected": "//",
    "crash": "xx",
    "timeout": "..",
    "out-of-memory": "++",
    "flaky": "--",
    "unexpected": "oo",
    "missing": "//",
    "vacuous": "..",
}
TITLES: dict[Kind, str] = {
    "regressed": "Regressed",
    "drifted": "Drifted accuracy",
    "changed": "Changed",
    "fixed": "Fixed",
    "new": "New",
    "gone": "Gone",
}
LOOKS: dict[Kind, tuple[str, str]] = {
    "regressed": ("↓", "bad"),
    "drifted": ("≈", "hollow"),
    "changed": ("↔", "quiet"),
    "fixed": ("↑", "good"),
    "new": ("+", "known"),
    "gone": ("−", "quiet"),
}


@dataclass(frozen=True)
class Comparison:
    """One run against the one before it."""

    name: str
    since: str
    note: str
    groups: list[tuple[Kind, list[dict[str, object]], int]]


@dataclass(frozen=True)
class History:
    """The runs of one backend, oldest first, as rows and as a plot."""

    name: str
    rows: list[dict[str, object]]
    plot: Markup


def levels(documents: Sequence[Document]) -> list[tuple[str, list[dict[str, object] | None]]]:
    """Return by level what each run states."""
    tables = [statement.levels(document) for document in documents]
    names = sorted({level for table in tables for level in table})
    return [
        (
            level,
            [
                _stated(document, level, parts(table[level])) if level in table else None
                for document, table in zip(documents, tables, strict=True)
            ],
        )
        for level in names
    ]


def comparisons(
    documents: Sequence[Document], names: Sequence[str], before: Sequence[Document]
) -> list[Comparison]:
    """Return each run against the latest earlier one of its backend, where there is one."""
    found = []
    for document, name in zip(documents, names, strict=True):
        past = earlier(document, before)
        if past:
            found.append(_comparison(document, name, past[-1]))
    return found


def histories(
    documents: Sequence[Document], names: Sequence[str], before: Sequence[Document]
) -> list[History]:
    """Return the runs of each backend that has earlier ones."""
    found = []
    for document, name in zip(documents, names, strict=True):
        past = earlier(document, before)
        if past:
            found.append(_history(name, [*past, document]))
    return found


def accuracy(documents: Sequence[Document], names: Sequence[str]) -> Markup | None:
    """Return a plot of the errors seen, by type and backend, as shares of their limits."""
    from . import plots  # heavy, and not every page has errors

    rows = tuple(
        (
            f"{dtype} · {name}" if len(names) > 1 else dtype,
            "bad" if max(values) > 1 else "good",
            tuple(values),
        )
        for dtype, place, values in _shares(documents)
        for name in [one_line(names[place], 30)]
    )
    return plots.boxes(rows[:60], "Errors seen as shares of their limits, by type") if rows else None


def largest_errors(documents: Sequence[Document]) -> list[dict[str, object]]:
    """Return the largest errors of each op and type side by side, where runs differ."""
    return [
        {
            "op": one_line(op, 60),
            "dtype": one_line(dtype, 30),
            "errors": [error_text(error) if error else "" for error in errors],
        }
        for (op, dtype, _), errors in compared(documents)
    ]


def _stated(document: Document, level: str, tally: list[Part]) -> dict[str, object]:
    return {
        "conforms": statement.conforms(document, level),
        "total": sum(part.count for part in tally),
        "parts": tally,
    }


def _comparison(document: Document, name: str, before: Document) -> Comparison:
    found = difference.changes(before, document)
    editions = {one.header["canon"]["edition"] for one in (before, document)}
    groups = [
        (kind, [_row(change) for change in found if change.kind == kind][:MOST], count)
        for kind, count in difference.tally(found).items()
    ]
    return Comparison(
        name, _date(before), "the canon changed in between" if len(editions) > 1 else "", groups
    )


def _row(change: Change) -> dict[str, object]:
    return {
        "clause": change.clause,
        "before": WORDS[change.before] if change.before else "",
        "after": WORDS[change.after] if change.after else "",
        "drifts": [_drift(drift) for drift in change.drifts[:3]],
        "more": max(0, len(change.drifts) - 3),
    }


def _drift(drift: Drift) -> str:
    op, dtype = one_line(drift.after["op"], 60), one_line(drift.after["dtype"], 30)
    return f"{op}, {dtype}: {number(drift.before['largest'])} → {error_text(drift.after)}"


def _history(name: str, runs: list[Document]) -> History:
    from . import plots

    tallies = [summary.counts(run) for run in runs]
    shown = [
        standing for standing in ORDER if standing != "pass" and any(standing in tally for tally in tallies)
    ]
    layers = [
        (WORDS[standing], TONES[standing], HATCHES.get(standing, ""), [t.get(standing, 0) for t in tallies])
        for standing in reversed(shown)
    ]
    rows: list[dict[str, object]] = [
        {
            "date": _date(run),
            "version": one_line(run.header["backend"]["version"], 40),
            "profile": one_line(run.header["profile"], 40),
            "edition": one_line(run.header["canon"]["edition"][:12], 12),
            "parts": parts(tally),
            "judged": summary.judged(run),
        }
        for run, tally in zip(runs, tallies, strict=True)
    ]
    dates = [started(run).strftime("%m-%d\n%H:%M") for run in runs]
    plot = plots.bars(dates, layers, f"Clauses of {name} that do not pass, run by run")
    return History(name, rows, plot)


def _date(document: Document) -> str:
    return document.header["started"].replace("T", " ")[:16]


def _shares(documents: Sequence[Document]) -> list[tuple[str, int, list[float]]]:
    found: dict[tuple[str, int], list[float]] = {}
    for place, document in enumerate(documents):
        for verdict in document.verdicts:
            for error in verdict["errors"]:
                found.setdefault((one_line(error["dtype"], 30), place), []).append(summary.share(error))
    return [
        (dtype, place, found[dtype, place])
        for dtype, place in sorted(found, key=lambda key: (rank(key[0]), key))
    ]
