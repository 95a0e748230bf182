"""The conformance statement of a run: what a backend conforms to, and the evidence, ready to be rechecked.

A statement holds nothing that its run's document does not: `problems` makes it anew from the document and
names what differs, so that a statement that was changed, or that belongs to another run, is told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from . import summary
from .document import loads
from .errors import DocumentError
from .records import Document
from .summary import DIFFERENCES, UNJUDGED, WORDS, Standing
from .text import one_line

Statement = dict[str, Any]

SCHEMA = 1


def statement(raw: bytes, where: str) -> Statement:
    """Return the statement of a run's document.

    Parameters
    ----------
    raw : bytes
        The document as it lies on disk: the statement holds its digest.
    where : str
        How messages name it.

    Raises
    ------
    DocumentError
        If it is no document.
    """
    document = loads(raw, where)
    header, footer = document.header, document.footer
    found: Statement = {
        "schema": SCHEMA,
        "canon": dict(header["canon"]),
        "backend": dict(header["backend"]),
        "run": {
            "profile": header["profile"],
            "seed": header["seed"],
            "filter": header["filter"],
            "started": header["started"],
            "finished": footer["finished"] if footer else None,
            "platform": dict(header["platform"]),
        },
        "conforms": conforms(document),
        "problems": summary.alarms(document),
        "levels": [
            {
                "level": level,
                "conforms": conforms(document, level),
                "clauses": sum(tally.values()),
                "counts": tally,
            }
            for level, tally in levels(document).items()
        ],
        "evidence": evidence(document),
        "expectations": expectations(document),
        "differences": standing_in(document, DIFFERENCES | UNJUDGED),
        "unclaimed": standing_in(document, {"unclaimed"}),
        "digests": {
            "document": hashlib.sha256(raw).hexdigest(),
            "clauses": digest({"inventory": header["inventory"], "clauses": header["clauses"]}),
            "verdicts": digest(document.verdicts),
        },
    }
    return {**found, "digest": digest(found)}


def problems(claimed: Statement, raw: bytes, where: str) -> list[str]:
    """Return in what a statement differs from the document it speaks of, each in one sentence.

    Raises
    ------
    DocumentError
        If the document is none.
    """
    due = statement(raw, where)
    found = []
    if claimed["digest"] != digest({key: value for key, value in claimed.items() if key != "digest"}):
        found.append("The statement was changed after it was made: its digest is not that of its content.")
    if claimed["digests"]["document"] != due["digests"]["document"]:
        found.append(f"It was made of another document than {where}, or that one was changed since.")
    for key, value in due.items():
        if key not in ("digest", "digests") and _plain(claimed[key]) != _plain(value):
            found.append(f"{key}: the document says otherwise.")
    return found


def read(raw: bytes, where: str) -> Statement:
    """Return the statement that a file holds.

    Raises
    ------
    DocumentError
        If it is not a statement of this version.
    """
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        raise DocumentError(f"{where}: not JSON; pass what `tensorcanon statement` wrote") from None
    error = best_match(Draft202012Validator(_schema()).iter_errors(parsed))
    if error is not None:
        place = error.json_path.removeprefix("$.")[:80]
        raise DocumentError(f"{where}: not a tensorcanon statement ({ascii(place)[1:-1]}: {error.validator})")
    found: Statement = parsed
    return found


def dumped(found: Statement) -> str:
    """Return a statement as text."""
    return json.dumps(found, indent=1, sort_keys=True, allow_nan=False) + "\n"


def described(found: Statement) -> list[str]:
    """Return what a statement says, in lines."""
    evidence, backend = found["evidence"], found["backend"]
    lines = [
        f"{one_line(backend['spec'])} {'conforms' if found['conforms'] else 'is not shown to conform'} to "
        f"edition {one_line(found['canon']['edition'][:12])}, profile {one_line(found['run']['profile'])}, "
        f"seed {found['run']['seed']}"
    ]
    for level in found["levels"]:
        counts = ", ".join(f"{count} {WORDS[standing]}" for standing, count in level["counts"].items())
        lines.append(f"{level['level']}: {counts}")
    lines.append(
        f"evidence: {evidence['judged']} observations of {evidence['examples']} examples, "
        f"{evidence['proved']} clauses proved, {evidence['mutants']} mutants"
    )
    return [*lines, *(f"problem: {problem}" for problem in found["problems"])]


def levels(document: Document) -> dict[str, dict[Standing, int]]:
    """Return the counts of the clauses of each level, ``core`` first."""
    found: dict[str, list[Standing]] = {}
    for clause, standing in summary.clause_standings(document).items():
        found.setdefault(_level(document, clause), []).append(standing)
    return {level: summary.tally(found[level]) for level in sorted(found)}


def conforms(document: Document, level: str | None = None) -> bool:
    """Return whether a sound, complete run of the whole canon shows no difference in a level, or in any."""
    if summary.alarms(document) or document.header["filter"] is not None:
        return False
    standings = [
        standing
        for clause, standing in summary.clause_standings(document).items()
        if level is None or _level(document, clause) == level
    ]
    return bool(standings) and not set(standings) & (DIFFERENCES | UNJUDGED)


def evidence(document: Document) -> dict[str, int]:
    """Return what a statement rests on, counted."""
    found = summary.by_clause(document)
    standings = summary.clause_standings(document)
    texts = document.header["clauses"].values()
    return {
        "clauses": len(found),
        "passed": sum(standing == "pass" for standing in standings.values()),
        "proved": sum(
            standings[clause] == "pass" and all(verdict["proved"] for verdict in verdicts)
            for clause, verdicts in found.items()
        ),
        "tests": len(document.verdicts),
        "examples": sum(int(verdict["examples"]) for verdict in document.verdicts),
        "judged": summary.judged(document),
        "mutants": len({mutant for text in texts for mutant in text["mutants"]}),
    }


def expectations(document: Document) -> list[dict[str, str]]:
    """Return the expectations in force, one a clause and reason."""
    found = {
        (verdict["clause"], known["kind"], known["reason"], known["url"])
        for verdict in document.verdicts
        if (known := verdict["expectation"]) is not None
    }
    return [dict(zip(("clause", "kind", "reason", "url"), entry, strict=True)) for entry in sorted(found)]


def standing_in(document: Document, wanted: Iterable[Standing]) -> list[str]:
    """Return the clauses that have one of some standings."""
    standings = set(wanted)
    return [clause for clause, found in summary.clause_standings(document).items() if found in standings]


def _level(document: Document, clause: str) -> str:
    text = document.header["clauses"].get(clause)
    return text["level"] if text else "unknown"


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value in its canonical form."""
    return hashlib.sha256(_plain(value)).hexdigest()


def _plain(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _schema() -> dict[str, Any]:
    text = files("tensorcanon.reports").joinpath(f"schema/statement-{SCHEMA}.json").read_text("utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed
