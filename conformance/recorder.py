"""Writes what a pytest run finds to a result log, in the process that controls the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import pytest

from tensorcanon.reports import summary
from tensorcanon.reports.document import Log
from tensorcanon.spec import canon

from . import records
from .backend import Identity
from .inventory import check_name, checks, clause_ids
from .plugin import RECORDS

_NO_CHECK = "no check holds a backend to this clause"


class Progress(Protocol):
    """Shows how far a run is."""

    def begin(self, total: int) -> None: ...

    def advance(self, verdict: str, test: str) -> None: ...


class Recorder:
    """A pytest plugin for the controlling process.

    Parameters
    ----------
    open_log : callable
        Opens the log; called when something was selected, so an empty selection leaves nothing behind.
    identity : Identity
    profile, seed, expression
        What the run was asked for.
    progress : Progress
    """

    def __init__(
        self,
        open_log: Callable[[], Log],
        identity: Identity,
        profile: str,
        seed: int,
        expression: str | None,
        progress: Progress,
    ) -> None:
        self._open_log = open_log
        self._identity = identity
        self._profile = profile
        self._seed = seed
        self._expression = expression
        self._progress = progress
        self._started = time.monotonic()
        self._log: Log | None = None
        self._header: Any = None
        self._verdicts: list[Any] = []
        self._selected: set[str] = set()
        self._done: set[str] = set()
        self.selected_anything = False
        self.collection_errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.collection_errors.append(f"{report.nodeid}: {report.longreprtext.splitlines()[-1]}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        if session.items:
            self._begin(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        if ids and self._log is None:
            self._begin(ids)

    def _begin(self, nodeids: Iterable[str]) -> None:
        self.selected_anything = True
        known = checks()
        self._selected = {check_name(nodeid) for nodeid in nodeids} & known.keys()
        inventory = clause_ids(known[name] for name in self._selected)
        if self._expression is None:
            inventory |= canon.clauses().keys()
        self._header = records.header(self._identity, self._profile, self._seed, self._expression, inventory)
        self._log = self._open_log()
        self._log.append(self._header)
        self._progress.begin(len(self._selected))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        made: Any = dict(report.user_properties).get(RECORDS)
        if report.when == "call" and made:
            self._record(check_name(report.nodeid), made)
        elif report.failed:
            self._unexamined(report.nodeid, "error", report.longreprtext)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport, sched: Any) -> None:
        self._unexamined(crashitem, "crash", "the process that ran the backend died")

    def _unexamined(self, nodeid: str, kind: str, message: str) -> None:
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


def _worst(made: Iterable[Any]) -> str:
    order = ("error", "crash", "timeout", "fail", "flaky", "missing", "vacuous", "pass", "unclaimed")
    names = {"expected" if r["verdict"] == "fail" and r["expectation"] else r["verdict"] for r in made}
    return next((name for name in order if name in names), "expected")
