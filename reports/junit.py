"""JUnit XML, for the CI systems that read it: a suite a chapter, a case a clause and test."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from . import files, summary
from .records import Document, Verdict
from .summary import DIFFERENCES, WORDS, Standing
from .text import clipped, one_line

# JUnit's viewers load the whole file; the document has the rest of a long text.
LONGEST = 20_000


def render(document: Document) -> str:
    """Return a run as JUnit XML.

    Differences are failures, what was not judged is an error; a fail that was expected and what the backend
    does not claim are skipped, with the reason. An incomplete run has one more suite, ``run``, that says so.
    """
    xml = JUnitXml(f"tensorcanon {one_line(document.header['backend']['spec'])}")
    for chapter, clauses in _chapters(document).items():
        suite = _suite(document, chapter)
        for clause, verdicts in clauses.items():
            suite.add_testcases(list(_cases(clause, verdicts)))
        xml.add_testsuite(suite)
    problems = summary.alarms(document)
    if problems:
        suite = _suite(document, "run")
        suite.add_testcase(
            _case("run", "is_sound", 0.0, [_result(Error, " ".join(problems), "", "incomplete")])
        )
        xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    raw: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    text = raw.decode("utf-8")
    return text if text.startswith("<?xml") else f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def write(document: Document, path: str | Path) -> None:
    """Write the XML; an earlier file stays as it is until the new one is whole.

    Raises
    ------
    DocumentError
    """
    files.replace(path, render(document))


def _chapters(document: Document) -> dict[str, dict[str, list[Verdict]]]:
    chapters: dict[str, dict[str, list[Verdict]]] = {}
    for clause, verdicts in summary.by_clause(document).items():
        chapters.setdefault(summary.chapter_of(document.header, clause), {})[clause] = verdicts
    return chapters


def _suite(document: Document, name: str) -> TestSuite:
    header = document.header
    suite = TestSuite(name)
    suite.timestamp = header["started"]
    for key, value in (
        ("backend", f"{header['backend']['name']} {header['backend']['version']}"),
        ("profile", header["profile"]),
        ("seed", str(header["seed"])),
        ("edition", header["canon"]["edition"]),
    ):
        suite.add_property(key, one_line(value))
    return suite


def _cases(clause: str, verdicts: list[Verdict]) -> Iterable[TestCase]:
    if not verdicts:
        yield _case(clause, clause, 0.0, [_result(Error, "The clause has no verdict.", "", "missing")])
    for verdict, standing in zip(verdicts, summary.standings_of(verdicts), strict=True):
        yield _case(clause, one_line(verdict["test"]), verdict["seconds"], _results(verdict, standing))


def _case(clause: str, name: str, seconds: float, results: list[FinalResult]) -> TestCase:
    case = TestCase(name, clause, seconds)
    case.result = results
    return case


def _results(verdict: Verdict, standing: Standing) -> list[FinalResult]:
    if standing == "pass":
        return []
    message = one_line(verdict["message"]) or WORDS[standing]
    if standing == "expected":
        assert verdict["expectation"] is not None
        reason = one_line(verdict["expectation"]["reason"])
        return [_result(Skipped, f"{WORDS[standing]}: {reason}", "", standing)]
    if standing == "unclaimed":
        return [_result(Skipped, "The backend does not claim it.", "", standing)]
    kind = Failure if standing in DIFFERENCES else Error
    return [_result(kind, message, _body(verdict), standing)]


def _result(kind: type[FinalResult], message: str, body: str, name: str) -> FinalResult:
    result = kind(message, name)
    if body:
        result.text = body
    return result


def _body(verdict: Verdict) -> str:
    parts = [clipped(verdict["message"], LONGEST)]
    witness = verdict["witness"]
    if witness is not None:
        parts += [
            f"allowed: {clipped(witness['allowed'], LONGEST)}",
            f"seen: {clipped(witness['seen'], LONGEST)}",
        ]
        parts.append(clipped(witness["script"], LONGEST))
    return "\n\n".join(part for part in parts if part)
