"""Workflow commands of GitHub Actions: each line becomes an annotation of the job."""

from __future__ import annotations

from collections.abc import Iterable

from . import page, summary
from .records import Document
from .summary import DIFFERENCES, UNJUDGED, WORDS
from .text import one_line

# GitHub shows ten annotations of a kind a step; the last one counts the rest.
MOST = 10


def render(document: Document) -> str:
    """Return the commands: an error for each problem of the run and each clause not as it should be.

    The last line is a notice that says what the run says.
    """
    errors = [*_problems(document), *_clauses(document)]
    if len(errors) > MOST:
        rest = f"and {len(errors) - MOST + 1} more: see the job summary"
        errors = [*errors[: MOST - 1], _command("error", "tensorcanon", rest)]
    spec = one_line(document.header["backend"]["spec"], 60)
    notice = _command("notice", "tensorcanon", f"{spec}: {page.headline(document)[0]}")
    return "".join(f"{line}\n" for line in (*errors, notice))


def _problems(document: Document) -> Iterable[str]:
    for problem in summary.alarms(document):
        yield _command("error", "tensorcanon", one_line(problem))


def _clauses(document: Document) -> Iterable[str]:
    for clause, verdicts in summary.by_clause(document).items():
        standings = summary.standings_of(verdicts)
        standing = summary.worst(standings)
        if standing not in DIFFERENCES | UNJUDGED or (standing == "missing" and not document.complete):
            continue
        message = next((v["message"] for v, s in zip(verdicts, standings, strict=True) if s == standing), "")
        yield _command("error", f"{WORDS[standing]}: {clause}", one_line(message, 400) or WORDS[standing])


def _command(kind: str, title: str, message: str) -> str:
    escaped = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={escaped}::{message.replace('%', '%25')}"
