"""``tensorcanon run``: a pytest run of the checks, recorded, and the documents made of it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from tensorcanon.reports import document as documents
from tensorcanon.reports import merging, records, summary
from tensorcanon.reports.errors import DocumentError
from tensorcanon.reports.witnesses import WITNESSES

from ..backend import Identity
from ..backends.catalogue import UnknownBackendError
from ..cluster import ClusterError, run_shards
from ..expectations import ExpectationError, departures, read
from ..inventory import checks
from ..isolation.channel import Limits
from ..isolation.opening import opened
from ..isolation.remote import Isolated
from ..profiles import PROFILES
from ..recorder import Plan, Recorder
from ..rescue import Rescue
from ..resuming import JOURNAL, LOG, CannotResumeError, Earlier, check_same, resume
from ..selection import ShardError, parsed_shard, selection_digest
from .console import HARNESS_FAULT, SIGNALLED, WRONG_USE, errors, refuse
from .showing import print_summary, shown_progress, write_documents

_MOST_LINES = 40
_SKIP = "done.txt"
_RESTARTS = "--max-worker-restart=1000"
_ISOLATE = {None: "auto", True: "yes", False: "no"}
# Written by every run; those of an earlier one would pass for this one's.
_DOCUMENTS = ("run.json", "report.html", "junit.xml", "summary.md")


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
    isolate: bool | None = None
    seconds: float = 60.0
    memory: float = 8.0
    shard: str | None = None
    resume: bool = False
    cluster: str | None = None
    budget: float | None = None
    check_seconds: float | None = None
    report: bool = True

    @property
    def limits(self) -> Limits:
        return Limits.of(self.seconds, self.memory)


def execute(request: Request) -> int:
    """Run and write the results; returns the exit code."""
    if request.cluster is not None:
        return _on_cluster(request, request.cluster)
    try:
        known = tuple(entry for path in request.expectations for entry in read(path))
        shard = None if request.shard is None else parsed_shard(request.shard)
        earlier = resume(request.out, request.budget) if request.resume else None
        identity = _identity(request)
        profile, seed, expression = request.profile, request.seed, request.expression
        plan = Plan(identity, profile, seed, expression, shard, known, _time_limits(request))
        if earlier is not None:
            check_same(earlier.header, _asked(request, plan), identity.version)
        # Before anything else is written, so that nothing is left half done.
        made_out = _claim(request.out, keep=request.resume)
    except (UnknownBackendError, ExpectationError, ShardError, CannotResumeError, DocumentError) as error:
        return refuse(str(error))
    try:
        recorder, status = _recorded(request, plan, earlier)
    except DocumentError as error:
        return refuse(str(error), HARNESS_FAULT)
    if not recorder.selected_anything:
        if made_out:
            shutil.rmtree(request.out / JOURNAL, ignore_errors=True)
            request.out.rmdir()
        return _nothing_selected(request, recorder, status)
    code = _conclude(request)
    return status if code == HARNESS_FAULT and status > SIGNALLED else code


def _on_cluster(request: Request, cluster: str) -> int:
    if request.resume or request.shard is not None or request.budget is not None:
        return refuse("--cluster makes shards of its own, has no budget and cannot be resumed")
    try:
        _identity(request)
        for path in request.expectations:
            read(path)
        _claim(request.out, keep=False)
        workers = request.workers or os.cpu_count() or 1
        shards = run_shards(_shard_arguments(request), cluster, workers, _tell_shards)
        whole = merging.merge(shards)
        write_documents(whole, request.out, report=request.report)
    except (UnknownBackendError, ExpectationError, DocumentError) as error:
        return refuse(str(error))
    except ClusterError as error:
        return refuse(str(error), HARNESS_FAULT)
    except KeyboardInterrupt:
        return refuse("interrupted: shards are not kept; run again", SIGNALLED + signal.SIGINT)
    print_summary(whole, request.out if request.report else None)
    return summary.exit_code(whole)


def _tell_shards(done: int, of: int) -> None:
    errors.print(f"{done} of {of} shards")


def arguments(request: Request) -> list[str]:
    """Return the arguments of ``tensorcanon run`` that ask for this request in another process."""
    made = [*_shard_arguments(request), "--out", str(request.out)]
    if not request.report:
        made.append("--no-report")
    if request.budget is not None:
        made += ["--budget", str(request.budget)]
    return [*made, "--resume"] if request.resume else made


def _shard_arguments(request: Request) -> list[str]:
    made = ["--backend", request.backend, "--profile", request.profile, "--seed", str(request.seed)]
    made += ["--timeout", str(request.seconds), "--memory", str(request.memory)]
    if request.expression is not None:
        made += ["-k", request.expression]
    if request.isolate is not None:
        made.append("--isolate" if request.isolate else "--no-isolate")
    if request.check_seconds is not None:
        made += ["--check-seconds", str(request.check_seconds)]
    for path in request.expectations:
        made += ["--expectations", str(path.resolve())]
    return made


def _time_limits(request: Request) -> records.Limits | None:
    if request.budget is None and request.check_seconds is None:
        return None
    return {"run": request.budget, "check": request.check_seconds}


def _identity(request: Request) -> Identity:
    backend = opened(request.backend, request.isolate, request.limits)
    if isinstance(backend, Isolated):
        backend.close()
    return backend.identity


def _asked(request: Request, plan: Plan) -> dict[str, object]:
    shard = plan.shard and {"index": plan.shard[0], "of": plan.shard[1], "selection": selection_digest()}
    return {
        "backend": plan.identity.spec,
        "profile": request.profile,
        "seed": request.seed,
        "filter": request.expression,
        "shard": shard,
    }


def _recorded(request: Request, plan: Plan, earlier: Earlier | None) -> tuple[Recorder, int]:
    """Run pytest with a recorder; returns it and pytest's exit status, or that of a signal that ended it."""
    folder = request.out / JOURNAL
    expected = [*departures(plan.identity), *plan.known]
    profile = PROFILES[plan.profile]
    rescue = Rescue(request.backend, request.limits, profile, plan.seed, expected, folder)
    with shown_progress() as progress:
        recorder = Recorder(lambda: documents.Log(request.out / LOG), plan, progress, rescue, earlier)
        with _ended_by_signal() as signals:
            status = _run(request, recorder, rescue, earlier)
        if recorder.fault is not None:
            raise DocumentError(f"{recorder.fault}; the same command with --resume goes on from there")
        recorder.finish(interrupted=status == pytest.ExitCode.INTERRUPTED)
    return recorder, SIGNALLED + signals[0] if signals else status


def _run(request: Request, recorder: Recorder, rescue: Rescue, earlier: Earlier | None) -> int:
    arguments = _arguments(request)
    if request.budget is not None:
        arguments.append(f"--canon-deadline={time.time() + request.budget}")
    if earlier is not None:
        died = sorted((rescue.under_way() & checks().keys()) - earlier.done)
        recorder.go_on(died)
        skip = request.out / JOURNAL / _SKIP
        skip.parent.mkdir(exist_ok=True)
        skip.write_text("\n".join([*earlier.done, *died]), "utf-8")
        arguments.append(f"--canon-skip={skip.resolve()}")
    return int(pytest.main(arguments, plugins=[recorder]))


def _claim(out: Path, *, keep: bool) -> bool:
    """Make the folder for the results, without those of an earlier run; returns whether it is new."""
    fresh = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not keep:
            for name in (LOG, *_DOCUMENTS):
                (out / name).unlink(missing_ok=True)
            for folder in (JOURNAL, WITNESSES):
                shutil.rmtree(out / folder, ignore_errors=True)
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
    if status > SIGNALLED:
        return refuse("interrupted before anything ran", status)
    return refuse(f"no check matches -k {request.expression!r}; tensorcanon list shows the clauses")


def _arguments(request: Request) -> list[str]:
    arguments = [
        str(files("tensorcanon.conformance") / "tests"),
        f"--rootdir={files('tensorcanon.conformance') / 'tests'}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        # Only what the run needs: plugins of the environment are somebody else's.
        "--disable-plugin-autoload",
        # A check judges by outcomes; it has no assertions to explain.
        "--assert=plain",
        *("-p", "tensorcanon.conformance.plugin", "-p", "no:cacheprovider", "-p", "no:terminal"),
        # The journal keeps what a process died of.
        *("-p", "no:faulthandler"),
        f"--backend={request.backend}",
        f"--profile={request.profile}",
        f"--canon-seed={request.seed}",
        f"--canon-isolate={_ISOLATE[request.isolate]}",
        f"--canon-step-seconds={request.seconds}",
        f"--canon-memory={request.memory}",
        f"--canon-journal={(request.out / JOURNAL).resolve()}",
    ]
    if request.check_seconds is not None:
        arguments.append(f"--canon-check-seconds={request.check_seconds}")
    if request.shard is not None:
        arguments.append(f"--canon-shard={request.shard}")
    arguments += [f"--expectations={path.resolve()}" for path in request.expectations]
    if request.expression is not None:
        arguments += ["-k", request.expression]
    if request.workers:
        # Each worker is one thread wide, so that workers do not contend for the cores.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        arguments += ["-p", "xdist", "-n", str(request.workers), _RESTARTS]
    return arguments


def _conclude(request: Request) -> int:
    try:
        found = documents.fold(request.out / LOG)
        write_documents(found, request.out, report=request.report)
        # Until here, --resume finds what it needs; of an unfinished run it does ever.
        (request.out / LOG).unlink()
        if found.complete:
            shutil.rmtree(request.out / JOURNAL, ignore_errors=True)
    except DocumentError as error:
        return refuse(str(error), HARNESS_FAULT)
    print_summary(found, request.out if request.report else None)
    return summary.exit_code(found)


@contextmanager
def _ended_by_signal() -> Iterator[list[int]]:
    """Keep the signal that ends a run, so that its result document is written and says it is incomplete."""
    seen: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        seen.append(number)
        raise KeyboardInterrupt

    # A run in the background of a script ignores Ctrl-C.
    heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heard}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
