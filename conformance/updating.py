"""A vendor's expectations, brought in line with a run; comments and layout stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import tomlkit

from tensorcanon.reports import files, summary
from tensorcanon.reports.records import Document, Verdict

from .examples import text_of
from .expectations import read

_EXPECTABLE = ("fail", "crash", "timeout", "out-of-memory", "flaky", "vacuous")


@dataclass
class Update:
    """What was changed in a file: the clauses added, those removed, and what a person has to decide."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        return bool(self.added or self.removed)


def update(path: Path, document: Document, expires: date | None, *, write: bool) -> Update:
    """Add the failures of a run that no expectation knows, and remove what passes or is gone.

    Parameters
    ----------
    path : Path
        A TOML file; made if it is missing.
    document : Document
        A complete run with the expectations of this file.
    expires : date or None
        The day on which the entries added expire.
    write : bool
        Whether the file is written.

    Raises
    ------
    ExpectationError, DocumentError
    """
    if path.exists():
        read(path)
    text = path.read_text("utf-8") if path.exists() else ""
    table: Any = tomlkit.parse(text)
    entries = table.get("known")
    if entries is None:
        entries = tomlkit.aot()
        table["known"] = entries
    done = Update()
    standings = summary.clause_standings(document)
    known = summary.by_clause(document)
    states = {entry["clause"]: entry["state"] for entry in document.header.get("expectations", ())}
    for place in reversed(range(len(entries))):
        pattern = str(entries[place]["clause"])
        matched = [standings[clause] for clause in known if fnmatchcase(clause, pattern)]
        gone = states.get(pattern) == "unmatched"
        if gone or (matched and all(standing == "unexpected" for standing in matched)):
            done.removed.append(pattern)
            del entries[place]
        elif states.get(pattern) == "expired":
            done.undecided.append(f"{pattern}: expired; renew it or delete it")
        elif "unexpected" in matched:
            done.undecided.append(f"{pattern}: some of its clauses pass; name the others one by one")
    expired = [clause for clause, state in states.items() if state == "expired"]
    for clause, standing in standings.items():
        if standing not in _EXPECTABLE or any(fnmatchcase(clause, pattern) for pattern in expired):
            continue
        for verdict in _distinct(known[clause], standing):
            entries.append(_entry(verdict, document, expires))
            done.added.append(clause)
    if write and done.changes:
        files.replace(path, tomlkit.dumps(table))
    return done


def _distinct(verdicts: list[Verdict], standing: str) -> list[Verdict]:
    """Return a verdict for each way in which a clause fails."""
    found: dict[str, Verdict] = {}
    for verdict in verdicts:
        if verdict["verdict"] in _EXPECTABLE and verdict["expectation"] is None:
            found.setdefault(verdict["verdict"], verdict)
    return list(found.values())


def _entry(verdict: Verdict, document: Document, expires: date | None) -> Any:
    backend = document.header["backend"]
    entry = tomlkit.table()
    entry["clause"] = verdict["clause"]
    message = " ".join(verdict["message"].split())[:300] or verdict["verdict"]
    entry["reason"] = f"seen on {backend['name']} {backend['version']}: {message}"
    if verdict["verdict"] != "fail":
        entry["expect"] = verdict["verdict"]
    if backend["device"] != "cpu":
        entry["when"] = _inline(device=backend["device"])
    if expires is not None:
        entry["expires"] = expires
    witness = verdict["witness"]
    if witness is not None and verdict["verdict"] in ("fail", "crash"):
        number = witness.get("case")
        example = text_of(bytes.fromhex(witness["tape"]) if number is None else number)
        entry["witness"] = _inline(test=verdict["test"], example=example)
    entry.add(tomlkit.nl())
    return entry


def _inline(**values: str) -> Any:
    made = tomlkit.inline_table()
    made.update(values)
    return made
