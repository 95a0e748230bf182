"""Writes what a pytest run finds to a result log, in the process that controls the run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from tensorcanon.reports import summary
from tensorcanon.reports.document import Log
from tensorcanon.reports.errors import DocumentError
from tensorcanon.reports.records import Limits, VerdictName
from tensorcanon.spec import canon

from . import records
from .backend import Identity
from .expectations import Expectation
from .inventory import check_name, checks, clause_ids
from .plugin import RECORDS
from .rescue import Rescue
from .resuming import Earlier
from .selection import selection_digest

_NO_CHECK = "no check holds a backend to this clause"


class Progress(Protocol):
    """Shows how far a run is."""

    def begin(self, total: int) -> None: ...

    def advance(self, verdict: str, test: str) -> None: ...


@dataclass(frozen=True)
class Plan:
    """What a run was asked for.

    Attributes
    ----------
    identity : Identity
    profile : str
    seed : int
    expression : str or None
    shard : tuple of int, or None
        The index, from 1, and the number of shards.
    known : tuple of Expectation
        The vendor's known failures.
    limits : Limits or None
        Of time.
    """

    identity: Identity
    profile: str
    seed: int
    expression: str | None
    shard: tuple[int, int] | None = None
    known: tuple[Expectation, ...] = ()
    limits: Limits | None = None


class Recorder:
    """A pytest plugin for the controlling process.

    Parameters
    ----------
    open_log : callable
        Opens the log; called when something was selected, so an empty selection leaves nothing behind.
    plan : Plan
    progress : Progress
    rescue : Rescue
        Examines the checks that a process died of.
    earlier : Earlier, optional
        What stands of an unfinished run that this one goes on with.
    """

    def __init__(
        self,
        open_log: Callable[[], Log],
        plan: Plan,
        progress: Progress,
        rescue: Rescue,
        earlier: Earlier | None = None,
    ) -> None:
        self._open_log = open_log
        self._plan = plan
        self._progress = progress
        self._rescue = rescue
        self._earlier = earlier
        self._started = time.monotonic()
        self._log: Log | None = None
        self._header: Any = None
        self._verdicts: list[Any] = []
        self._selected: set[str] = set()
        self._done: set[str] = set()
        self.selected_anything = False
        self.collection_errors: list[str] = []
        self.fault: DocumentError | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.collection_errors.append(f"{report.nodeid}: {report.longreprtext.splitlines()[-1]}")

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep a log that cannot be written, as on a full disk, from being told as a fault of pytest."""
        if isinstance(excinfo.value, DocumentError):
            self.fault = excinfo.value
        return self.fault is not None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        if session.items:
            self._add(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        if ids:
            self._add(ids)

    def _add(self, nodeids: Iterable[str]) -> None:
        if self._log is None:
            self._begin(nodeids)
        else:
            before = len(self._selected)
            self._selected |= {check_name(nodeid) for nodeid in nodeids} & checks().keys()
            if len(self._selected) > before:
                self._progress.begin(len(self._selected) - len(self._earlier.done if self._earlier else ()))

    def _begin(self, nodeids: Iterable[str]) -> None:
        self.selected_anything = True
        known = checks()
        self._selected = {check_name(nodeid) for nodeid in nodeids} & known.keys()
        if self._earlier is not None:
            self._go_on(self._earlier)
            return
        self._header = self._new_header()
        self._log = self._open_log()
        self._log.append(self._header)
        self._progress.begin(len(self._selected))

    def _new_header(self) -> Any:
        plan, known = self._plan, checks()
        inventory = clause_ids(known[name] for name in self._selected)
        # A clause that no check holds a backend to is missing from a whole run, and from the first shard.
        if plan.expression is None and plan.shard is None:
            inventory |= canon.clauses().keys()
        elif plan.expression is None and plan.shard is not None and plan.shard[0] == 1:
            inventory |= canon.clauses().keys() - clause_ids(known.values())
        shard: Any = None
        if plan.shard is not None:
            index, of = plan.shard
            shard = {"index": index, "of": of, "selection": selection_digest()}
        return records.header(
            plan.identity,
            plan.profile,
            plan.seed,
            plan.expression,
            inventory,
            plan.known,
            shard,
            plan.limits,
        )

    def _go_on(self, earlier: Earlier) -> None:
        self._header = earlier.header
        self._verdicts = list(earlier.verdicts)
        self._done = set(earlier.done)
        self._selected |= earlier.done
        self._log = self._open_log()
        self._progress.begin(len(self._selected) - len(earlier.done))

    def go_on(self, died: Iterable[str]) -> None:
        """Begin where an earlier run ended: with the checks that a process died of."""
        self._begin(died)
        for name in died:
            self._record(name, self._rescue.examine(checks()[name]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        made: Any = dict(report.user_properties).get(RECORDS)
        if report.when == "call" and made:
            self._record(check_name(report.nodeid), json.loads(made))
        elif report.failed:
            self._unexamined(report.nodeid, "error", report.longreprtext)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport, sched: Any) -> None:
        name = check_name(crashitem)
        if name in checks() and name not in self._done:
            self._record(name, self._rescue.examine(checks()[name]))

    def _unexamined(self, nodeid: str, kind: VerdictName, message: str) -> None:
        name = check_name(nodeid)
        check = checks().get(name)
        if check is not None and name not in self._done:
            made = [records.unexamined(clause.id, name, kind, message) for clause in check.clauses]
            self._record(name, made)

    def _record(self, name: str, made: Iterable[Any]) -> None:
        assert self._log is not None
        self._done.add(name)
        for record in made:
            self._log.append(record)
            self._verdicts.append(record)
        self._progress.advance(_worst(made), name)

    def finish(self, *, interrupted: bool) -> None:
        """Write the clauses without a verdict and the footer, and close the log."""
        if self._log is None:
            return
        complete = not interrupted and self._done == self._selected
        seen = {record["clause"] for record in self._verdicts}
        if complete:
            for clause in (name for name in self._header["inventory"] if name not in seen):
                record = records.unexamined(clause, "none", "missing", _NO_CHECK)
                self._log.append(record)
                self._verdicts.append(record)
        seconds = round(time.monotonic() - self._started, 1)
        footer = summary.footer(
            self._header, self._verdicts, finished=records.now(), seconds=seconds, complete=complete
        )
        self._log.append(footer)
        self._log.close()


_BAD = ("error", "crash", "timeout", "out-of-memory", "fail", "flaky")


def _worst(made: Iterable[Any]) -> str:
    order = (*_BAD, "missing", "vacuous", "pass", "unclaimed")
    names = {"expected" if r["expectation"] and r["verdict"] in _BAD else r["verdict"] for r in made}
    return next((name for name in order if name in names), "expected")
