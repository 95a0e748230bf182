"""What the page's script shows: all clauses and verdicts, as short as they come.

Lists instead of objects, trailing empty fields left out; ``templates/clause.js`` and ``templates/page.js``
are the only readers. All text is visible text already; the script puts it into the page as text only.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from . import summary
from .coverage import ANY, grid
from .highlight import runs
from .records import ClauseText, Document, ErrorSeen, Expectation, Verdict, Witness
from .sources import sources
from .text import clipped, one_line, visible

# Beyond this size the data are compressed; below it they stay readable in the page's source.
READABLE = 1_000_000
# Characters of messages and scripts in all; what comes later is cut to a line.
ROOM = 6_000_000
LONGEST = 12_000
# Rows and columns of a grid; more of them are no input of tensors.
MOST = 40
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_NOTHING: tuple[Any, ...] = (0, "", None, False, [], {})


class Pool:
    """The strings of the verdicts, each once; verdicts name them by number."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}
        self._room = ROOM

    def short(self, text: str, most: int = 300) -> int:
        """Return the number of a text on one line."""
        return self._place(one_line(text, most))

    def long(self, text: str) -> int:
        """Return the number of a text that is cut where it is long or where the room is used up."""
        return self._place(self._cut(text))

    def code(self, text: str) -> tuple[int, int]:
        """Return the numbers of a code, cut likewise, and of its runs."""
        shown = self._cut(text)
        return self._place(shown), self._place(runs(shown))

    def lines(self, lines: Iterable[str]) -> int:
        """Return the number of some lines that are visible text already."""
        return self._place("\n".join(lines))

    @property
    def strings(self) -> list[str]:
        """The strings by number."""
        return list(self._places)

    def _cut(self, text: str) -> str:
        return clipped(text, LONGEST if self._room > 0 else 200)

    def _place(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = len(self._places)
            self._room -= len(text)
        return self._places[text]


def payload(documents: Sequence[Document], labels: Sequence[str]) -> dict[str, Any]:
    """Return the data of the page; `labels` name the documents."""
    order = dict.fromkeys(clause for document in documents for clause in summary.by_clause(document))
    texts: dict[str, ClauseText] = {}
    for document in reversed(documents):
        texts |= document.header["clauses"]
    places = {clause: _chapter(clause, texts) for clause in order}
    chapters = list(dict.fromkeys(places.values()))
    pool = Pool()
    made = grid(verdict for document in documents for verdict in document.verdicts)
    cells = [_cells(document, order, pool) for document in documents]
    return {
        "backends": [visible(label) for label in labels],
        "devices": [one_line(document.header["backend"]["device"], 60) for document in documents],
        "layouts": [one_line(name, 40) for name in made.layouts[:MOST]],
        "specials": [one_line(name, 40) for name in made.specials[:MOST]],
        "types": [one_line(name, 40) for name in list(made.rows)[: 2 * MOST] if name != ANY],
        "chapters": chapters,
        "standings": list(summary.ORDER),
        "words": [summary.WORDS[standing] for standing in summary.ORDER],
        "clauses": [
            [clause, chapters.index(chapter), *_clause(texts.get(clause))]
            for clause, chapter in places.items()
        ],
        "cells": cells,
        "strings": pool.strings,
    }


def embedded(data: Any) -> tuple[str, bool]:
    """Return data as text that is safe within a script element, and whether it is compressed.

    Readable JSON has the characters that could end the element escaped; larger data are zlib in base64.
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if len(text) > READABLE:
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii"), True
    return re.sub("[<>&\u2028\u2029]", lambda match: _ESCAPES[match.group()], text), False


def number(value: float | str) -> str:
    """Return a number with three significant digits; text stays text."""
    return value if isinstance(value, str) else f"{value:.3g}"


def address(url: str) -> str:
    """Return an address that is safe as a link, else nothing."""
    return url if re.fullmatch(r"https?://[!-~]+", url) and len(url) < 2000 else ""


def error_text(error: ErrorSeen) -> str:
    """Return an error in a few words, as ``0.52 of 4 ulp``; what is hardly past its limit shows it."""
    largest, limit = number(error["largest"]), number(error["limit"])
    if largest == limit and error["largest"] != error["limit"]:
        largest = repr(error["largest"])
    return f"{largest} of {limit} {one_line(error['unit'], 40)}"


def _chapter(clause: str, texts: dict[str, ClauseText]) -> str:
    return texts[clause]["chapter"] if clause in texts else clause.partition(".")[0]


def _clause(text: ClauseText | None) -> list[Any]:
    if text is None:
        return ["No text: the run did not record this clause."]
    code = clipped(text["code"], LONGEST)
    return [
        one_line(text["statement"], 2000),
        [_trimmed([visible(s.text), s.url, visible(s.remark)]) for s in sources(text["source"])],
        text["strength"],
        text["basis"],
        text["level"],
        [one_line(covered) for covered in text["covers"][:50]],
        code,
        runs(code),
        [one_line(mutant, 80) for mutant in text["mutants"][:50]],
    ]


def _cells(document: Document, order: dict[str, None], pool: Pool) -> list[Any]:
    found = summary.by_clause(document)
    return [_cell(found[clause], pool) if clause in found else 0 for clause in order]


def _cell(verdicts: list[Verdict], pool: Pool) -> list[Any]:
    standings = summary.standings_of(verdicts)
    standing, error = summary.worst(standings), summary.largest_error(verdicts)
    proved = standing == "pass" and all(verdict["proved"] for verdict in verdicts)
    tests = [_test(v, s, pool) for v, s in zip(verdicts, standings, strict=True)]
    return _trimmed(
        [
            summary.ORDER.index(standing),
            tests,
            int(proved),
            error_text(error) if error else "",
            _coverage(verdicts, pool),
        ]
    )


def _test(verdict: Verdict, standing: summary.Standing, pool: Pool) -> list[Any]:
    return _trimmed(
        [
            pool.short(verdict["test"]),
            summary.ORDER.index(standing),
            int(verdict["examples"]),
            int(verdict["judged"]),
            int(verdict["unclaimed"]),
            round(verdict["seconds"], 3),
            int(verdict["proved"] and standing == "pass"),
            _errors(verdict["errors"], pool),
            pool.long(verdict["message"]),
            _witness(verdict["witness"], pool),
            _expectation(verdict["expectation"], pool),
        ]
    )


def _errors(errors: list[ErrorSeen], pool: Pool) -> list[list[Any]]:
    """Return errors, those nearest to their limits first: op, type and unit by number, then two figures."""
    return [
        [
            *(pool.short(text, 60) for text in (error["op"], error["dtype"], error["unit"])),
            number(error["largest"]),
            number(error["limit"]),
        ]
        for error in sorted(errors, key=summary.share, reverse=True)[:40]
    ]


def _coverage(verdicts: list[Verdict], pool: Pool) -> list[int]:
    """Return the number of three lines (layouts, special values, types), then the counts row by row."""
    made = grid(verdicts)
    if not made.rows:
        return []
    rows = list(made.rows.items())[:MOST]
    across = min(len(made.layouts), MOST), min(len(made.specials), MOST)
    names = (made.layouts[: across[0]], made.specials[: across[1]], [dtype for dtype, _ in rows])
    place = pool.lines("\t".join(one_line(name, 40).replace("\t", " ") for name in line) for line in names)
    kept = [*range(1 + across[0]), *range(1 + len(made.layouts), 1 + len(made.layouts) + across[1])]
    return [place, *(counts[column] for _, counts in rows for column in kept)]


def _witness(witness: Witness | None, pool: Pool) -> list[Any]:
    if witness is None:
        return []
    return [
        *pool.code(witness["script"]),
        pool.long(witness["allowed"]),
        pool.long(witness["seen"]),
        str(witness["seed"]),
    ]


def _expectation(expectation: Expectation | None, pool: Pool) -> list[Any]:
    if expectation is None:
        return []
    return [
        expectation["kind"],
        pool.long(expectation["reason"]),
        pool.short(address(expectation["url"]), 2000),
        pool.short(expectation["url"]),
    ]


def _trimmed(row: list[Any]) -> list[Any]:
    while row and any(row[-1] is empty or row[-1] == empty for empty in _NOTHING):
        row.pop()
    return row
