"""The pytest plugin: ``pytest --pyargs tensorcanon.conformance --backend torch:cpu --profile ci -n auto``.

It is loaded by every pytest in the environment, so nothing heavy is imported before a check runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .check import Check

RECORDS = "tensorcanon.records"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tensorcanon", "conformance with the canon of tensor semantics")
    group.addoption(
        "--backend",
        default="torch",
        help="what is held against the canon: torch, torch:DEVICE, reference, package.module:attribute",
    )
    group.addoption("--profile", default="ci", choices=("smoke", "ci", "full"), help="how much is tried")
    group.addoption("--canon-seed", type=int, default=0, help="the same seed tries the same examples")
    group.addoption("--expectations", action="append", default=[], help="a TOML file of known failures")


class Examiner:
    """Examines checks on the backend that the command line names."""

    def __init__(self, config: pytest.Config) -> None:
        from .backends.catalogue import UnknownBackendError, resolve
        from .expectations import ExpectationError, departures, read
        from .profiles import PROFILES

        try:
            self.backend = resolve(config.getoption("--backend"))
            self.expected = departures(self.backend.identity)
            for path in config.getoption("--expectations"):
                self.expected += read(config.invocation_params.dir / path)
        except (UnknownBackendError, ExpectationError) as error:
            raise pytest.UsageError(str(error)) from error
        self.profile = PROFILES[config.getoption("--profile")]
        self.seed: int = config.getoption("--canon-seed")

    def examine(self, check: Check, node: pytest.Item) -> None:
        """Run a check, attach its records to the test's report, and end the test by the verdict."""
        from . import records
        from .examine import examine

        found = examine(check, self.backend, self.profile, self.seed)
        identity = self.backend.identity
        made = [records.verdict(each, identity, self.seed, self.expected) for each in found]
        node.user_properties.append((RECORDS, made))
        _conclude(made)


def _conclude(made: list[Any]) -> None:
    red = [record for record in made if _is_red(record)]
    if red:
        pytest.fail("\n\n".join(map(_text, red)), pytrace=False)
    known = next((record for record in made if record["verdict"] == "fail"), None)
    if known is not None:
        pytest.xfail(known["expectation"]["reason"])
    if all(record["verdict"] == "unclaimed" for record in made):
        pytest.skip("the backend does not claim what this needs")


def _is_red(record: Any) -> bool:
    """Whether a verdict ends its test as failed; an unexpected pass shows over all tests of a clause only."""
    if record["expectation"] is not None:
        return record["verdict"] not in ("fail", "pass", "unclaimed")
    return record["verdict"] not in ("pass", "unclaimed")


def _text(record: Any) -> str:
    head = f"{record['clause']}: {record['verdict']}: {record['message']}"
    return head if record["witness"] is None else f"{head}\n\n{record['witness']['script']}"


class Bound:
    """What a check sees: the examiner, bound to the pytest item that runs it."""

    def __init__(self, examiner: Examiner, node: pytest.Item) -> None:
        self._examiner = examiner
        self._node = node

    def examine(self, check: Check) -> None:
        self._examiner.examine(check, self._node)


@pytest.fixture(scope="session")
def canon_examiner(pytestconfig: pytest.Config) -> Examiner:
    return Examiner(pytestconfig)


@pytest.fixture
def canon(canon_examiner: Examiner, request: pytest.FixtureRequest) -> Bound:
    return Bound(canon_examiner, request.node)
