"""The pytest plugin: ``pytest --pyargs tensorcanon.conformance --backend torch:cpu --profile ci -n auto``.

It is loaded by every pytest in the environment, so nothing heavy is imported before a check runs.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .check import Check
    from .journal import Journal

RECORDS = "tensorcanon.records"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tensorcanon", "conformance with the canon of tensor semantics")
    group.addoption(
        "--backend",
        default="torch",
        help="what is held against the canon: torch, torch:DEVICE, reference, package.module:attribute",
    )
    group.addoption("--profile", default="ci", choices=tuple(PROFILES), help="how much is tried")
    group.addoption("--canon-seed", type=int, default=0, help="the same seed tries the same examples")
    group.addoption("--expectations", action="append", default=[], help="a TOML file of known failures")
    group.addoption(
        "--canon-isolate",
        choices=("auto", "yes", "no"),
        default="auto",
        help="whether the backend gets a process of its own; auto: all but torch on CPU and the reference",
    )
    group.addoption("--canon-step-seconds", type=float, default=60.0, help="the time of one step there")
    group.addoption("--canon-memory", type=float, default=8.0, help="the memory it may take there, in GiB")
    group.addoption("--canon-shard", help="I/N: only the I-th of N parts of the checks selected")
    group.addoption(
        "--canon-deadline", type=float, help="the time (since the epoch) from which no check begins"
    )
    group.addoption(
        "--canon-check-seconds",
        type=float,
        default=math.inf,
        help="the seconds after which a check tries no further example",
    )
    group.addoption("--canon-skip", help="a file with the names of checks to leave out, one a line")
    group.addoption("--canon-journal", help="a folder that keeps the example under way, should this die")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of the shard, without those to leave out, and mix them where time may run out."""
    shard, skip, deadline = (config.getoption(f"--canon-{name}") for name in ("shard", "skip", "deadline"))
    if shard is None and skip is None and deadline is None:
        return
    from .selection import chosen, mixed

    if deadline is not None:
        items[:] = mixed(items, config.getoption("--canon-seed"))
    kept = chosen(config, items)
    names = {item.nodeid for item in kept}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Begin no check past the deadline."""
    deadline = item.config.getoption("--canon-deadline")
    if deadline is None or time.time() < deadline:
        return None
    item.session.shouldstop = "the budget is spent"
    return True


class Examiner:
    """Examines checks on the backend that the command line names."""

    def __init__(self, config: pytest.Config) -> None:
        from .backends.catalogue import UnknownBackendError
        from .expectations import ExpectationError, departures, read
        from .isolation.channel import Limits
        from .isolation.opening import opened

        seconds, memory = config.getoption("--canon-step-seconds"), config.getoption("--canon-memory")
        isolate = {"auto": None, "yes": True, "no": False}[config.getoption("--canon-isolate")]
        try:
            limits = Limits.of(seconds, memory)
            self.backend = opened(config.getoption("--backend"), isolate, limits)
            self.expected = departures(self.backend.identity)
            for path in config.getoption("--expectations"):
                self.expected += read(config.invocation_params.dir / path)
        except (UnknownBackendError, ExpectationError) as error:
            raise pytest.UsageError(str(error)) from error
        self.profile = replace(
            PROFILES[config.getoption("--profile")], seconds=config.getoption("--canon-check-seconds")
        )
        self.seed: int = config.getoption("--canon-seed")
        folder = config.getoption("--canon-journal")
        self.journal = None if folder is None else _journal(folder)

    def examine(self, check: Check, node: pytest.Item) -> None:
        """Run a check, attach its records to the test's report, and end the test by the verdict."""
        from .examination import examined

        note = _nothing if self.journal is None else self.journal.note
        made = examined(check, self.backend, self.profile, self.seed, self.expected, note)
        # As text: between processes xdist carries no integer below -2**31 and no lone surrogate.
        node.user_properties.append((RECORDS, json.dumps(made)))
        self._refresh()
        _conclude(made)

    def close(self) -> None:
        """End the backend's process and the journal."""
        from .isolation.remote import Isolated

        if isinstance(self.backend, Isolated):
            self.backend.close()
        if self.journal is not None:
            self.journal.close()

    def _refresh(self) -> None:
        """Let the next check begin in a fresh worker where this one left the backend unusable."""
        from .backends.probe import is_sound
        from .isolation.remote import Isolated

        if isinstance(self.backend, Isolated) and not is_sound(self.backend):
            self.backend.close()


def _journal(folder: str) -> Journal:
    from .journal import Journal

    return Journal(folder)


def _nothing(check: Check, example: Any) -> None:
    """Note nothing, as no run asks for it."""


def _conclude(made: list[Any]) -> None:
    red = [record for record in made if _is_red(record)]
    if red:
        pytest.fail("\n\n".join(map(_text, red)), pytrace=False)
    known = next((record for record in made if record["verdict"] not in ("pass", "unclaimed")), None)
    if known is not None:
        pytest.xfail(known["expectation"]["reason"])
    if all(record["verdict"] == "unclaimed" for record in made):
        pytest.skip("the backend does not claim what this needs")


def _is_red(record: Any) -> bool:
    """Whether a verdict ends its test as failed; an unexpected pass shows over all tests of a clause only."""
    return record["expectation"] is None and record["verdict"] not in ("pass", "unclaimed")


def _text(record: Any) -> str:
    head = f"{record['clause']}: {record['verdict']}: {record['message']}"
    whole = head if record["witness"] is None else f"{head}\n\n{record['witness']['script']}"
    return whole.encode("utf-8", "backslashreplace").decode()


class Bound:
    """What a check sees: the examiner, bound to the pytest item that runs it."""

    def __init__(self, examiner: Examiner, node: pytest.Item) -> None:
        self._examiner = examiner
        self._node = node

    def examine(self, check: Check) -> None:
        self._examiner.examine(check, self._node)


@pytest.fixture(scope="session")
def canon_examiner(pytestconfig: pytest.Config) -> Iterator[Examiner]:
    examiner = Examiner(pytestconfig)
    yield examiner
    examiner.close()


@pytest.fixture
def canon(canon_examiner: Examiner, request: pytest.FixtureRequest) -> Bound:
    return Bound(canon_examiner, request.node)
