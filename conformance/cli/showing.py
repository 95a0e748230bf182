"""What a run shows while it goes on and when it ends, and the documents that it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tensorcanon.reports import document as documents
from tensorcanon.reports import html, junit, markdown, summary, witnesses
from tensorcanon.reports.records import Document
from tensorcanon.reports.witnesses import WITNESSES

from .console import console, errors

_MOST_LINES = 40


class Bar:
    """A progress bar on a terminal; elsewhere a line every tenth of the way."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("collecting", total=None)
        self._total = self._done = self._failed = 0

    def begin(self, total: int) -> None:
        self._total = total
        self._progress.update(self._task, total=total, description="checks")

    def advance(self, verdict: str, test: str) -> None:
        self._done += 1
        self._failed += verdict not in ("pass", "expected", "unclaimed")
        failures = f", {self._failed} not as it should be" if self._failed else ""
        self._progress.update(self._task, advance=1, description=f"checks{failures}")
        if not errors.is_terminal and self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
            errors.print(f"{self._done} of {self._total} checks{failures}")


@contextmanager
def shown_progress() -> Iterator[Bar]:
    """Show a progress bar for as long as the body runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield Bar(progress)


def write_documents(found: Document, out: Path, *, report: bool = True) -> None:
    """Write run.json and the scripts of failures, and the other documents that are made of it."""
    documents.write(found, out / "run.json")
    witnesses.write(found, out / WITNESSES)
    if not report:
        return
    html.write([found], out / "report.html")
    junit.write(found, out / "junit.xml")
    markdown.write(found, out / "summary.md")


def print_summary(found: Document, out: Path | None) -> None:
    """Print the counts by chapter, what is not as it should be, and where the documents are."""
    chapters = summary.by_chapter(found)
    columns = [standing for standing in summary.ORDER if any(standing in row for row in chapters.values())]
    table = Table("chapter", *(summary.WORDS[standing] for standing in columns))
    for chapter, row in chapters.items():
        table.add_row(chapter, *(str(row.get(standing, "")) for standing in columns))
    console.print(table)
    _print_findings(found)
    for problem in summary.alarms(found):
        console.print(problem, style="bold red", markup=False)
    if out is not None:
        console.print(f"report: {out / 'report.html'}", markup=False)


def _print_findings(found: Document) -> None:
    """Print the clauses that are not as they should be, without those that an interrupted run missed."""
    shown = summary.DIFFERENCES | summary.UNJUDGED - (set() if found.complete else {"missing"})
    lines = [
        f"{summary.WORDS[standing]}: {clause}"
        for clause, standing in summary.clause_standings(found).items()
        if standing in shown
    ]
    for line in lines[:_MOST_LINES]:
        console.print(line, markup=False)
    if len(lines) > _MOST_LINES:
        console.print(f"and {len(lines) - _MOST_LINES} more: see the report")
