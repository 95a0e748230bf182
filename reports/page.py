"""What the frame of the HTML page shows, as plain values for its template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import summary
from .payload import address, error_text
from .records import Document
from .summary import ORDER, WORDS, Standing
from .text import clipped, one_line

GLYPHS: dict[Standing, str] = {
    "error": "!",
    "crash": "▲",
    "timeout": "◔",
    "out-of-memory": "▣",
    "fail": "✗",
    "flaky": "≈",
    "unexpected": "◆",
    "missing": "?",
    "vacuous": "∅",
    "expected": "◇",
    "unclaimed": "–",
    "pass": "✓",
}
# The colour of a standing; the glyph and the word say the same without it.
TONES: dict[Standing, str] = {
    "error": "hollow",
    "crash": "bad",
    "timeout": "bad",
    "out-of-memory": "bad",
    "fail": "bad",
    "flaky": "bad",
    "unexpected": "bad",
    "missing": "hollow",
    "vacuous": "hollow",
    "expected": "known",
    "unclaimed": "quiet",
    "pass": "good",
}
MEANINGS: dict[Standing, str] = {
    "pass": "Every observation was one that the clause allows.",
    "expected": "The clause fails, and an expectation says why. Does not make a run red.",
    "fail": "An observation was not among those that the clause allows.",
    "unexpected": "An expectation says that the clause fails, and it passes.",
    "crash": "The process of the backend died.",
    "timeout": "The backend did not answer in time.",
    "out-of-memory": "The backend took more memory than it was allowed.",
    "flaky": "The same input gave different verdicts.",
    "unclaimed": "The backend does not claim what the clause is about.",
    "vacuous": "The test ran and judged nothing.",
    "missing": "The clause was selected and has no verdict.",
    "error": "The fault is the harness's own; nothing is said about the backend.",
}


# The clauses' list shows any number; the section on departures is markup and stops here.
MOST_DEPARTURES = 200


@dataclass(frozen=True)
class Part:
    """One standing in a tally; `start` and `share` place it in a bar of width 100."""

    standing: Standing
    count: int
    start: float
    share: float

    @property
    def glyph(self) -> str:
        return GLYPHS[self.standing]

    @property
    def word(self) -> str:
        return WORDS[self.standing]

    @property
    def tone(self) -> str:
        return TONES[self.standing]


def labels(documents: Sequence[Document]) -> list[str]:
    """Return a name for each document: its backend, numbered where it occurs again."""
    specs = [one_line(document.header["backend"]["spec"], 60) for document in documents]
    return [
        f"{spec} #{specs[: place + 1].count(spec)}" if specs.count(spec) > 1 else spec
        for place, spec in enumerate(specs)
    ]


def frame(documents: Sequence[Document], names: Sequence[str]) -> dict[str, object]:
    """Return the values of the template."""
    return {
        "title": _title(names),
        "canons": sorted({_canon(document) for document in documents}),
        "runs": [_run(document, name) for document, name in zip(documents, names, strict=True)],
        "matrix": _matrix(documents),
        "departures": _departures(documents),
        "most": MOST_DEPARTURES,
        "errors": _errors(documents, names),
        "legend": [(GLYPHS[s], WORDS[s], TONES[s], MEANINGS[s]) for s in MEANINGS],
        "tones": {s: [GLYPHS[s], TONES[s]] for s in ORDER},
    }


def parts(tally: dict[Standing, int]) -> list[Part]:
    """Return a tally from pass to error, as a bar shows it."""
    total, start, found = sum(tally.values()), 0.0, []
    for standing in reversed(ORDER):
        if standing in tally:
            share = 100 * tally[standing] / total
            found.append(Part(standing, tally[standing], round(start, 3), round(share, 3)))
            start += share
    return found


def headline(document: Document) -> tuple[str, str]:
    """Return what a run says in a few words, and its tone."""
    if not document.complete:
        return "Incomplete: says nothing yet", "hollow"
    code, tally = summary.exit_code(document), summary.counts(document)
    if code == 3:
        return "Not conclusive", "hollow"
    if code == 1:
        differing = sum(tally.get(standing, 0) for standing in summary.DIFFERENCES)
        return f"{differing} {'clause differs' if differing == 1 else 'clauses differ'}", "bad"
    if "expected" in tally:
        return "As expected", "good"
    return "Conforms", "good"


def _title(names: Sequence[str]) -> str:
    if not names:
        return "No runs"
    return names[0] if len(names) == 1 else f"{len(names)} backends"


def _canon(document: Document) -> str:
    canon = document.header["canon"]
    return f"canon {one_line(canon['version'], 30)}, edition {one_line(canon['edition'][:12], 12)}"


def _run(document: Document, name: str) -> dict[str, object]:
    header, (words, tone) = document.header, headline(document)
    backend, platform = header["backend"], header["platform"]
    judged = summary.judged(document)
    facts = {
        "Backend": f"{one_line(backend['name'], 60)} {one_line(backend['version'], 60)}",
        "Device": one_line(backend["device"], 60),
        "Profile": one_line(header["profile"], 60),
        "Seed": str(header["seed"]),
        "Filter": one_line(header["filter"] or "", 200),
        "Canon": _canon(document).removeprefix("canon "),
        "Judged": f"{judged:,} observations",
        "Started": header["started"].replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC"),
        "Took": _duration(document.footer["seconds"]) if document.footer else "",
        "Platform": f"{one_line(platform['system'], 60)}, {int(platform['cpus'])} CPUs",
        "Python": f"{one_line(platform['python'], 30)}, NumPy {one_line(platform['numpy'], 30)}",
    }
    details = {one_line(k, 60): one_line(v, 200) for k, v in list(backend["details"].items())[:40]}
    tally = summary.counts(document)
    return {
        "name": name,
        "headline": words,
        "tone": tone,
        "complete": document.complete,
        "problems": summary.alarms(document),
        "parts": parts(tally),
        "passed": tally.get("pass", 0),
        "total": sum(tally.values()),
        "facts": {key: value for key, value in facts.items() if value},
        "details": details,
    }


def _matrix(documents: Sequence[Document]) -> list[tuple[str, list[list[Part]]]]:
    tables = [summary.by_chapter(document) for document in documents]
    chapters = dict.fromkeys(chapter for table in tables for chapter in table)
    return [(chapter, [parts(table.get(chapter, {})) for table in tables]) for chapter in chapters]


def _departures(documents: Sequence[Document]) -> list[dict[str, object]]:
    rows: dict[tuple[str, str], dict[str, object]] = {}
    backends: dict[tuple[str, str], list[str]] = {}
    for departure in summary.departures(documents):
        key = departure.clause, departure.expectation["reason"]
        text = next((d.header["clauses"][key[0]] for d in documents if key[0] in d.header["clauses"]), None)
        shown = f"{one_line(departure.backend, 60)}: {WORDS[departure.standing]}"
        backends[key] = list(dict.fromkeys([*backends.get(key, []), shown]))
        rows[key] = {
            "clause": departure.clause,
            "statement": one_line(text["statement"], 600) if text else "",
            "reason": clipped(departure.expectation["reason"], 1000),
            "url": address(departure.expectation["url"]),
            "backends": backends[key],
        }
    return list(rows.values())


def _errors(documents: Sequence[Document], names: Sequence[str]) -> list[dict[str, str]]:
    found = [
        (item, name)
        for document, name in zip(documents, names, strict=True)
        for item in summary.largest_errors(document, 8)
        if item.share > 0
    ]
    found.sort(key=lambda pair: -pair[0].share)
    return [
        {
            "clause": item.clause,
            "backend": name,
            "op": one_line(item.error["op"], 60),
            "dtype": one_line(item.error["dtype"], 30),
            "error": error_text(item.error),
            "beyond": "yes" if item.share > 1 else "",
            "width": f"{min(100.0, 100 * item.share):.1f}",
        }
        for item, name in found[:12]
    ]


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
