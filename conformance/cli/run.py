"""``tensorcanon run``: a pytest run of the checks, recorded, and the documents made of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tensorcanon.reports import document as documents
from tensorcanon.reports import html, junit, markdown, summary
from tensorcanon.reports.errors import DocumentError
from tensorcanon.reports.records import Document

from ..backend import Identity
from ..backends.catalogue import UnknownBackendError, resolve
from ..expectations import ExpectationError, read
from ..recorder import Recorder
from .console import HARNESS_FAULT, WRONG_USE, console, errors, refuse

LOG = "run.jsonl"
_MOST_LINES = 40


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    backend: str
    profile: str
    seed: int
    workers: int
    expression: str | None
    expectations: tuple[Path, ...]
    out: Path


def execute(request: Request) -> int:
    """Run and write the results; returns the exit code."""
    try:
        identity = resolve(request.backend).identity
        for path in request.expectations:
            read(path)
        # Before anything else is written, so that nothing is left half done.
        made_out = _claim(request.out)
    except (UnknownBackendError, ExpectationError, DocumentError) as error:
        return refuse(str(error))
    try:
        recorder, status = _recorded(request, identity)
    except DocumentError as error:
        return refuse(str(error), HARNESS_FAULT)
    if not recorder.selected_anything:
        if made_out:
            request.out.rmdir()
        return _nothing_selected(request, recorder, status)
    return _conclude(request)


def _recorded(request: Request, identity: Identity) -> tuple[Recorder, int]:
    """Run pytest with a recorder; returns it and pytest's exit status."""
    with _shown() as progress:
        recorder = Recorder(
            lambda: documents.Log(request.out / LOG),
            identity,
            request.profile,
            request.seed,
            request.expression,
            progress,
        )
        with _terminated_as_interrupted():
            status = pytest.main(_arguments(request), plugins=[recorder])
        recorder.finish(interrupted=status == pytest.ExitCode.INTERRUPTED)
    return recorder, int(status)


def _claim(out: Path) -> bool:
    """Make the folder for the results, with no log of an earlier run; returns whether it is new."""
    fresh = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / LOG).unlink(missing_ok=True)
        probe = out / f".{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DocumentError(f"cannot write to {out}: {error.strerror}; choose another --out") from error
    return fresh


def _nothing_selected(request: Request, recorder: Recorder, status: int) -> int:
    if status == pytest.ExitCode.USAGE_ERROR:
        return WRONG_USE  # pytest has said what is wrong, in one line
    if recorder.collection_errors:
        return refuse(f"the checks cannot be loaded: {recorder.collection_errors[0]}", HARNESS_FAULT)
    if status == pytest.ExitCode.INTERRUPTED:
        return refuse("interrupted before anything ran", HARNESS_FAULT)
    return refuse(f"no check matches -k {request.expression!r}; tensorcanon list shows the clauses")


def _arguments(request: Request) -> list[str]:
    arguments = [
        str(files("tensorcanon.conformance") / "tests"),
        f"--rootdir={files('tensorcanon.conformance') / 'tests'}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        # Only what the run needs: plugins of the environment are somebody else's.
        "--disable-plugin-autoload",
        *("-p", "tensorcanon.conformance.plugin", "-p", "no:cacheprovider", "-p", "no:terminal"),
        f"--backend={request.backend}",
        f"--profile={request.profile}",
        f"--canon-seed={request.seed}",
    ]
    arguments += [f"--expectations={path.resolve()}" for path in request.expectations]
    if request.expression is not None:
        arguments += ["-k", request.expression]
    if request.workers:
        # Each worker is one thread wide, so that workers do not contend for the cores.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        arguments += ["-p", "xdist", "-n", str(request.workers)]
    return arguments


def _conclude(request: Request) -> int:
    try:
        found = documents.fold(request.out / LOG)
        documents.write(found, request.out / "run.json")
        (request.out / LOG).unlink()
        html.write([found], request.out / "report.html")
        junit.write(found, request.out / "junit.xml")
        markdown.write(found, request.out / "summary.md")
    except DocumentError as error:
        return refuse(str(error), HARNESS_FAULT)
    _print_summary(found, request.out)
    return summary.exit_code(found)


def _print_summary(found: Document, out: Path) -> None:
    chapters = summary.by_chapter(found)
    columns = [standing for standing in summary.ORDER if any(standing in row for row in chapters.values())]
    table = Table("chapter", *(summary.WORDS[standing] for standing in columns))
    for chapter, row in chapters.items():
        table.add_row(chapter, *(str(row.get(standing, "")) for standing in columns))
    console.print(table)
    _print_findings(found)
    for problem in summary.problems(found):
        console.print(problem, style="bold red", markup=False)
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


class _Bar:
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
def _shown() -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield _Bar(progress)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Treat a polite request to end as Ctrl-C, so that a result document says it is incomplete."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
