"""The largest error of each op and data type in a run, and how it moved between two runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .markdown import plain
from .records import Document, ErrorSeen
from .summary import share

Key = tuple[str, str, str]


def by_op(document: Document) -> dict[Key, ErrorSeen]:
    """Return the error nearest to its limit for each op, data type and unit, over all clauses."""
    found: dict[Key, ErrorSeen] = {}
    for verdict in document.verdicts:
        for error in verdict["errors"]:
            key = error["op"], error["dtype"], error["unit"]
            if key not in found or share(error) > share(found[key]):
                found[key] = error
    return dict(sorted(found.items()))


def moved(before: Document, after: Document) -> list[tuple[ErrorSeen, ErrorSeen]]:
    """Return the errors that differ between two runs, those that grew the most as a share first."""
    then, now = by_op(before), by_op(after)
    pairs = [(then[key], error) for key, error in now.items() if key in then]
    changed = [(old, new) for old, new in pairs if old["largest"] != new["largest"]]
    return sorted(changed, key=lambda pair: share(pair[0]) - share(pair[1]))


def compared(documents: Sequence[Document]) -> list[tuple[Key, list[ErrorSeen | None]]]:
    """Return the errors, a place for each run, that differ between runs: those farthest apart first."""
    tables = [by_op(document) for document in documents]
    rows = [(key, [table.get(key) for table in tables]) for key in sorted({k for t in tables for k in t})]
    apart = {key: _spread([error for error in errors if error is not None]) for key, errors in rows}
    return sorted((row for row in rows if apart[row[0]]), key=lambda row: -apart[row[0]])


def _spread(errors: list[ErrorSeen]) -> float:
    if len({error["largest"] for error in errors}) < 2:
        return 0.0
    shares = [share(error) for error in errors]
    # The smallest number tells errors without a limit, or of one share, from equal ones.
    return max(max(shares) - min(shares), 5e-324) if math.isfinite(max(shares)) else math.inf


def render(before: Document, after: Document) -> str:
    """Return a table in Markdown of the errors that differ."""
    return "\n".join(_lines(moved(before, after))) + "\n"


def _lines(pairs: list[tuple[ErrorSeen, ErrorSeen]]) -> Iterator[str]:
    if not pairs:
        yield "No largest error differs."
        return
    yield "| op | type | before | after | limit | unit |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for old, new in pairs:
        numbers = (f"{float(value):.4g}" for value in (old["largest"], new["largest"], new["limit"]))
        cells = (plain(new["op"]), plain(new["dtype"]), *numbers, plain(new["unit"]))
        yield f"| {' | '.join(cells)} |"
