"""An earlier, unfinished run: what of it stands, and what was under way when it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorcanon.reports import document as documents
from tensorcanon.reports import files
from tensorcanon.reports.errors import DocumentError
from tensorcanon.reports.records import Document, Header, Verdict
from tensorcanon.spec import canon

from .inventory import checks

LOG = "run.jsonl"
JOURNAL = "journal"
_SAME = ("profile", "seed", "filter", "shard")


class CannotResumeError(ValueError):
    """There is nothing to resume, or it was another run; the message says which."""


@dataclass(frozen=True)
class Earlier:
    """What an unfinished run leaves.

    Attributes
    ----------
    header : Header
    verdicts : list of Verdict
        Of the checks that it finished.
    done : set of str
        The names of these checks.
    """

    header: Header
    verdicts: list[Verdict]
    done: set[str]


def resume(out: Path, budget: float | None = None) -> Earlier | None:
    """Return what stands of the run in a folder and cut its log to that; None where it has not begun.

    The seconds that it goes on for, None for as long as it takes, are added to those that it had.

    Raises
    ------
    CannotResumeError, DocumentError
    """
    found = _found(out)
    if found is None:
        return None
    if found.header["canon"]["edition"] != canon.edition():
        raise CannotResumeError(f"{out}: the canon has changed since; run again without --resume")
    whole = _finished(found.verdicts)
    kept = [verdict for verdict in found.verdicts if verdict["test"] in whole]
    header = _going_on(found.header, budget)
    lines = [json.dumps(record, separators=(",", ":")) for record in (header, *kept)]
    files.replace(out / LOG, "\n".join(lines) + "\n")
    return Earlier(header, kept, whole)


def _going_on(header: Header, budget: float | None) -> Header:
    limits = header.get("limits")
    if limits is None or limits["run"] is None:
        return header
    run = None if budget is None else limits["run"] + budget
    return {**header, "limits": {**limits, "run": run}}


def _found(out: Path) -> Document | None:
    if (out / LOG).exists():
        try:
            return documents.fold(out / LOG)
        except DocumentError as error:
            # Killed while it wrote the very first line.
            if b"\n" not in (out / LOG).read_bytes():
                return None
            fault = str(error).partition(";")[0]
            raise CannotResumeError(f"cannot resume: {fault}; run again without --resume") from error
    if (out / "run.json").exists():
        return documents.read(out / "run.json")
    if (out / JOURNAL).exists():
        return None
    raise CannotResumeError(f"{out} holds no run to resume")


def _finished(verdicts: list[Verdict]) -> set[str]:
    """Return the checks of which every clause has its verdict."""
    seen: dict[str, set[str]] = {}
    for verdict in verdicts:
        seen.setdefault(verdict["test"], set()).add(verdict["clause"])
    known = checks()
    return {
        name
        for name, clauses in seen.items()
        if name in known and clauses == {clause.id for clause in known[name].clauses}
    }


def check_same(header: Header, asked: Mapping[str, Any], version: str) -> None:
    """Check that a run asked for is the one that is to be resumed.

    Raises
    ------
    CannotResumeError
    """
    before: dict[str, Any] = {"backend": header["backend"]["spec"], **{key: header.get(key) for key in _SAME}}
    for key, value in before.items():
        if value != asked[key]:
            raise CannotResumeError(f"cannot resume: {key} was {value!r} then and is {asked[key]!r} now")
    if header["backend"]["version"] != version:
        then = header["backend"]["version"]
        raise CannotResumeError(f"cannot resume: the backend was {then} then and is {version} now")
