"""The gate: what a run shows that a change must not bring, beside a baseline where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from . import summary
from .errors import DocumentError
from .markdown import code as cell
from .markdown import plain
from .records import Document
from .summary import Standing

Basis = Literal["documented", "observed", "all"]

_OF_BASIS: dict[Basis, tuple[str, ...]] = {
    "documented": ("documented",),
    "observed": ("documented", "observed"),
    "all": ("documented", "observed", "implementation-defined"),
}
_STOPS: dict[Standing, str] = {
    "crash": "the backend dies",
    "timeout": "the backend does not answer",
    "out-of-memory": "the backend takes too much memory",
    "fail": "fails, and no expectation says so",
    "flaky": "gives different verdicts on the same input",
    "unexpected": "passes, though a failure is expected: delete the expectation",
    "error": "could not be judged: a fault of the harness",
    "missing": "has no verdict",
    "vacuous": "was not judged",
}


@dataclass(frozen=True)
class Finding:
    """A reason to stop.

    Attributes
    ----------
    clause : str
        The clause, or the pattern of an expectation; empty where it is about the run.
    kind : str
        The standing, or ``expired``, ``unmatched``, ``lost`` (of the baseline's clauses) or ``fewer``
        (examples than the baseline).
    reason : str
        In one sentence.
    fresh : bool
        Not so in the baseline.
    """

    clause: str
    kind: str
    reason: str
    fresh: bool = True


def findings(document: Document, baseline: Document | None, basis: Basis = "documented") -> list[Finding]:
    """Return every reason to stop, by clause.

    Parameters
    ----------
    document : Document
        The run.
    baseline : Document or None
        An earlier one of the same backend, profile, seed and filter.
    basis : {"documented", "observed", "all"}
        The clauses that stop: what the documentation says, what was observed besides, or every one.

    Raises
    ------
    DocumentError
        If the baseline is of another kind of run.
    """
    if baseline is not None:
        _check_alike(document, baseline)
    found = [*_standing(document, baseline, basis), *_stale(document)]
    if baseline is not None:
        found += _shrunk(document, baseline, basis)
    return sorted(found, key=lambda finding: (finding.clause, finding.kind))


def exit_code(document: Document, found: Iterable[Finding]) -> int:
    """Return 0 when nothing stops the change, 1 where something does, 3 when the run does not say."""
    if summary.problems(document):
        return 3
    return 1 if any(found) else 0


def markdown(document: Document, found: list[Finding]) -> str:
    """Return the findings as Markdown, for the page of a CI job."""
    code = exit_code(document, found)
    words = {0: "open", 1: f"{len(found)} reasons to stop", 3: "the run does not say"}[code]
    lines = [f"## tensorcanon gate: {words}", ""]
    lines += [f"> **{plain(problem)}**\n" for problem in summary.problems(document)]
    if found:
        lines += ["| clause | finding | |", "| --- | --- | --- |"]
        lines += [
            f"| {cell(f.clause)} | {f.kind}{'' if f.fresh else ' (as before)'} | {plain(f.reason)} |"
            for f in found
        ]
    return "\n".join(lines) + "\n"


def junit(document: Document, found: list[Finding]) -> str:
    """Return the findings as JUnit XML: a case each, or one that passes."""
    suite = TestSuite("tensorcanon gate")
    for finding in found:
        case = TestCase(finding.kind, finding.clause)
        case.result = [Failure(finding.reason, finding.kind)]
        suite.add_testcase(case)
    for problem in summary.problems(document):
        case = TestCase("run", "tensorcanon")
        case.result = [Error(problem, "incomplete")]
        suite.add_testcase(case)
    if not found and not summary.problems(document):
        suite.add_testcase(TestCase("gate", "tensorcanon"))
    xml = JUnitXml("tensorcanon gate")
    xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    raw: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return raw.decode("utf-8")


def _check_alike(document: Document, baseline: Document) -> None:
    now, then = document.header, baseline.header
    pairs = [(key, then.get(key), now.get(key)) for key in ("profile", "seed", "filter", "shard")]
    pairs.append(("backend", then["backend"]["name"], now["backend"]["name"]))
    pairs.append(("device", then["backend"]["device"], now["backend"]["device"]))
    for key, before, after in pairs:
        if before != after:
            raise DocumentError(
                f"the baseline is no baseline of this run: its {key} is {before!r}, the run's {after!r}"
            )


def _standing(document: Document, baseline: Document | None, basis: Basis) -> Iterable[Finding]:
    before = {} if baseline is None else summary.clause_standings(baseline)
    for clause, standing in summary.clause_standings(document).items():
        if standing in _STOPS and _stops(document, clause, basis):
            yield Finding(clause, standing, _STOPS[standing], before.get(clause) != standing)


def _stops(document: Document, clause: str, basis: Basis) -> bool:
    text = document.header["clauses"].get(clause)
    return text is None or text["basis"] in _OF_BASIS[basis]


def _stale(document: Document) -> Iterable[Finding]:
    sentences = iter(summary.stale(document))
    for known in document.header.get("expectations", ()):
        if known["state"] != "live":
            yield Finding(known["clause"], known["state"], next(sentences))


def _shrunk(document: Document, baseline: Document, basis: Basis) -> Iterable[Finding]:
    """Yield what the baseline had more of: clauses, tests of a clause, examples of a test."""
    clauses = set(document.header["inventory"])
    for clause in baseline.header["inventory"]:
        if clause not in clauses and _stops(baseline, clause, basis):
            yield Finding(clause, "lost", "is in the baseline and not in the run")
    now = {(verdict["clause"], verdict["test"]): verdict for verdict in document.verdicts}
    fewer: dict[str, tuple[int, int]] = {}
    for then in baseline.verdicts:
        same = now.get((then["clause"], then["test"]))
        # A failing test stops at what it finds; only those that came to their end compare.
        whole = then["verdict"] == "pass" and (same is None or same["verdict"] == "pass")
        seen = 0 if same is None else same["examples"]
        if then["clause"] in clauses and whole and seen < then["examples"]:
            fewer[then["clause"]] = (then["examples"], seen)
    for clause, (before, after) in fewer.items():
        if _stops(document, clause, basis):
            yield Finding(clause, "fewer", f"was tried with {after} examples, in the baseline with {before}")
