"""``tensorcanon run`` with several backends: each in a process and a folder of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from types import FrameType

from rich.table import Column, Table

from tensorcanon.reports import files, gather, html, overview, summary
from tensorcanon.reports.errors import DocumentError
from tensorcanon.reports.records import Document

from ..backends.catalogue import installed
from ..resuming import JOURNAL
from .console import HARNESS_FAULT, SIGNALLED, console, errors, refuse
from .run import Request, arguments

ALL = "all"


def execute_each(request: Request, specs: Sequence[str]) -> int:
    """Run each backend, at most as many at a time as there are workers; one that fails stops no other.

    Returns
    -------
    int
        The largest of the exit codes: 3 where a run is incomplete, 2 where a backend cannot be had, 1 on
        differences, 0 when all is as it should be; 128 and the signal's number where one ended it.
    """
    if request.cluster is not None or request.shard is not None:
        return refuse("--cluster and --shard take one backend at a time")
    wanted = dict.fromkeys(each for spec in specs for each in (installed() if spec == ALL else [spec]))
    folders = {spec: request.out / _folder(spec) for spec in wanted}
    if len(set(folders.values())) < len(folders):
        return refuse("two of these backends would write to one folder: run them one by one")
    codes: dict[str, int] = {}
    with _Processes() as processes, ThreadPoolExecutor(max(1, request.workers)) as pool:
        errors.print(f"{len(folders)} backends: {', '.join(folders)}", markup=False)
        tasks = {
            spec: pool.submit(processes.run, spec, _alone(request, spec, folder))
            for spec, folder in folders.items()
        }
        codes = {spec: task.result() for spec, task in tasks.items()}
    found = [folders[spec] for spec in folders if _holds_a_run(folders[spec])]
    try:
        documents = gather.collect(found)
        if request.report:
            html.write(documents, request.out / "report.html")
            files.replace(request.out / "summary.md", overview.render(documents))
    except DocumentError as error:
        return refuse(str(error), HARNESS_FAULT)
    _print(documents, codes)
    if request.report:
        console.print(f"report: {request.out / 'report.html'}", markup=False)
    if processes.ended_by is not None:
        return refuse("interrupted; the same command with --resume goes on", SIGNALLED + processes.ended_by)
    return max(codes.values(), default=HARNESS_FAULT)


def _alone(request: Request, spec: str, folder: Path) -> Request:
    """Return the request of one backend; where it has not begun there is nothing to resume."""
    resume = request.resume and (_holds_a_run(folder) or (folder / JOURNAL).exists())
    return replace(request, backend=spec, workers=0, out=folder, resume=resume)


class _Processes:
    """The runs under way, which end when this one is told to."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = Lock()
        self.ended_by: int | None = None

    def __enter__(self) -> _Processes:
        self._before = {
            number: signal.signal(number, self._end) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.ended_by = number
        for process in list(self._running):
            process.send_signal(signal.SIGTERM)

    def run(self, spec: str, request: Request) -> int:
        """Run one backend, telling how far it is; returns its exit code, 3 where it died."""
        if self.ended_by is not None:
            return HARNESS_FAULT
        command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", *arguments(request)]
        with self._started(command) as process:
            assert process.stderr is not None
            for line in process.stderr:
                errors.print(f"{spec}: {line.rstrip()}", markup=False)
            code = process.wait()
        errors.print(f"{spec}: done, exit code {code}", markup=False)
        return code if code in (0, 1, 2) else HARNESS_FAULT

    @contextmanager
    def _started(self, command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                # Ctrl-C is for this process, which then ends the others.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            with process:
                yield process
        finally:
            self._running.discard(process)


def _folder(spec: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", spec).strip("-.") or "backend"


def _holds_a_run(folder: Path) -> bool:
    return (folder / gather.DOCUMENT).exists() or any(folder.glob("*.jsonl"))


def _print(documents: Sequence[Document], codes: dict[str, int]) -> None:
    tallies = {document.header["backend"]["spec"]: summary.counts(document) for document in documents}
    columns = [standing for standing in summary.ORDER if any(standing in row for row in tallies.values())]
    table = Table(
        Column("backend", no_wrap=True), *(summary.WORDS[standing] for standing in columns), "exit code"
    )
    for spec, code in codes.items():
        row = tallies.get(spec, {})
        table.add_row(spec, *(str(row.get(standing, "")) for standing in columns), str(code))
    console.print(table)
    for document in documents:
        for problem in summary.alarms(document):
            spec = document.header["backend"]["spec"]
            console.print(f"{spec}: {problem}", style="bold red", markup=False)
