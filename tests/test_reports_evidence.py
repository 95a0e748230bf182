"""What is told from results beside the page: differences, statements, badges, annotations."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from typer.testing import CliRunner

from tensorcanon.conformance.cli.app import app
from tensorcanon.reports import badge, difference, html, markdown, statement, summary, workflow
from tensorcanon.reports.document import Document, read, write
from tensorcanon.reports.errors import DocumentError

SAMPLE = Path(__file__).with_name("test_reports_run.json")


@pytest.fixture
def sample() -> Document:
    return read(SAMPLE)


def changed(document: Document, **by_clause: str) -> Document:
    """The document with other verdicts of some clauses, named by their last part."""
    other = copy.deepcopy(document)
    for verdict in other.verdicts:
        name = verdict["clause"].partition(".")[2]
        if name in by_clause:
            verdict |= {"verdict": by_clause[name], "expectation": None}  # type: ignore[misc]
    assert other.footer is not None
    other.footer["counts"] = {str(key): count for key, count in summary.counts(other).items()}
    return other


# Differences


def kinds(before: Document, after: Document) -> dict[str, str]:
    return {change.clause: change.kind for change in difference.changes(before, after)}


def test_a_run_does_not_differ_from_itself(sample: Document) -> None:
    assert difference.changes(sample, sample) == []


def test_each_change_has_its_kind(sample: Document) -> None:
    after = changed(
        sample,
        categories_rank="fail",
        narrow_is_a_range="pass",
        cummax_shows_the_first_of_ties="pass",
        msort_is_stable="fail",
    )
    assert kinds(sample, after) == {
        "promotion.categories_rank": "regressed",
        "views.narrow_is_a_range": "fixed",
        "sorting.cummax_shows_the_first_of_ties": "changed",
        "sorting.msort_is_stable": "changed",
    }
    assert next(iter(kinds(sample, after).values())) == "regressed"


def test_what_a_run_did_not_select_is_new_or_gone_only_without_a_filter(sample: Document) -> None:
    header: Any = {**sample.header, "inventory": sample.header["inventory"][1:]}
    fewer = Document(header, sample.verdicts[1:], sample.footer)
    assert kinds(sample, fewer) == {"promotion.categories_rank": "gone"}
    assert kinds(fewer, sample) == {"promotion.categories_rank": "new"}
    part = Document({**header, "filter": "views"}, sample.verdicts[1:], sample.footer)
    assert kinds(sample, part) == kinds(part, sample) == {}


def test_what_an_incomplete_run_did_not_reach_has_not_changed(sample: Document) -> None:
    cut = Document(sample.header, sample.verdicts[1:], None)
    assert kinds(sample, cut) == kinds(cut, sample) == {}


@pytest.mark.parametrize(
    ("before", "after", "grew"),
    [
        (0.5, 3.0, True),
        (0.5, 0.9, False),
        (0.01, 0.1, False),
        (0.0, 1.0, True),
        (1.0, "inf", True),
        ("inf", "inf", False),
        (3.0, 0.5, False),
        ("nan", 1.0, False),
    ],
)
def test_an_error_drifts_where_it_grew_by_much(
    sample: Document, before: float | str, after: float | str, grew: bool
) -> None:
    then, now = copy.deepcopy(sample), copy.deepcopy(sample)
    then.verdicts[-1]["errors"][1]["largest"] = before
    now.verdicts[-1]["errors"][1]["largest"] = after
    assert kinds(then, now) == ({"elementwise.exp_is_accurate": "drifted"} if grew else {})
    now.header["profile"] = "full"
    assert kinds(then, now) == {}


def test_the_page_of_several_runs_compares_their_largest_errors(sample: Document) -> None:
    other = copy.deepcopy(sample)
    assert "run beside run" not in html.render([sample, other])
    error = other.verdicts[-1]["errors"][1]
    error["largest"] = 0.4321
    content = html.render([sample, other])
    assert "1 operation and type differs" in content
    row = content.partition("run beside run")[2].partition("</table>")[0]
    assert error["op"] in row and "1.5 of 4" in row and "0.432 of 4" in row


def test_the_page_shows_changes_and_history(sample: Document) -> None:
    earlier = changed(sample, categories_rank="fail")
    earlier.header["started"] = "2026-11-20T07:00:00Z"
    content = html.render([sample], [earlier])
    assert 'id="page-changes"' in content and "was not as it should be, and is now" in content
    assert 'id="page-history"' in content and "2026-11-20 07:00" in content
    earlier.header["backend"]["spec"] = "another"
    assert 'id="page-changes"' not in html.render([sample], [earlier])


def test_the_difference_in_markdown_names_clauses(sample: Document) -> None:
    content = markdown.differing(sample, changed(sample, categories_rank="fail"))
    assert "**1 regressed**" in content and "- `promotion.categories_rank` pass → fail" in content
    assert "Every clause stands where it stood" in markdown.differing(sample, sample)


# Statements


def made(document: Document, tmp_path: Path) -> bytes:
    write(document, tmp_path / "run.json")
    return (tmp_path / "run.json").read_bytes()


def test_a_statement_says_what_the_run_shows(sample: Document, tmp_path: Path) -> None:
    found = statement.statement(made(sample, tmp_path), "run.json")
    assert found["conforms"] is False
    assert found["differences"] == ["views.narrow_is_a_range", "sorting.msort_is_stable"]
    assert found["unclaimed"] == ["views.view_needs_compatible_strides"]
    assert [entry["clause"] for entry in found["expectations"]] == ["sorting.cummax_shows_the_first_of_ties"]
    assert found["evidence"] | {"mutants": 0} == {
        "clauses": 6,
        "passed": 2,
        "proved": 1,
        "tests": 7,
        "examples": sum(v["examples"] for v in sample.verdicts),
        "judged": sum(v["judged"] for v in sample.verdicts),
        "mutants": 0,
    }
    levels = {level["level"]: (level["conforms"], level["clauses"]) for level in found["levels"]}
    assert levels == {"core": (False, 5), "extended": (True, 1)}
    schema = Path(statement.__file__).parent / "schema" / "statement-1.json"
    jsonschema.validate(found, json.loads(schema.read_text()))


def test_only_a_sound_run_of_the_whole_canon_conforms(sample: Document) -> None:
    good = changed(sample, narrow_is_a_range="pass", msort_is_stable="pass")
    assert statement.conforms(good)
    header: Any = {**good.header, "filter": "views"}
    assert not statement.conforms(Document(header, good.verdicts, good.footer))
    assert not statement.conforms(Document(good.header, good.verdicts, None))


def test_a_statement_holds_for_its_own_run_only(sample: Document, tmp_path: Path) -> None:
    raw = made(sample, tmp_path)
    found = statement.read(statement.dumped(statement.statement(raw, "run.json")).encode(), "statement.json")
    assert statement.problems(found, raw, "run.json") == []
    other = made(changed(sample, msort_is_stable="pass"), tmp_path)
    assert any("another document" in problem for problem in statement.problems(found, other, "run.json"))


def test_a_statement_that_was_changed_is_told(sample: Document, tmp_path: Path) -> None:
    raw = made(sample, tmp_path)
    due = statement.statement(raw, "run.json")
    for key in due.keys() - {"schema", "digest", "digests"}:
        false = copy.deepcopy(due)
        if isinstance(false[key], bool):
            false[key] = not false[key]
        elif isinstance(false[key], list):
            false[key] = false[key][1:] or ["surprise"]
        else:
            first = next(iter(false[key]))
            false[key][first] = 12345 if isinstance(false[key][first], int) else "surprise"
        assert statement.problems(false, raw, "run.json"), key
        # Even with a fresh digest.
        false["digest"] = statement.digest({k: v for k, v in false.items() if k != "digest"})
        assert statement.problems(false, raw, "run.json") == [f"{key}: the document says otherwise."]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"schema": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_statement_is_refused(raw: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        statement.read(raw, "statement.json")
    assert "\n" not in str(caught.value)


# Badges and annotations


def test_a_badge_says_what_the_run_says(sample: Document) -> None:
    assert "2 clauses differ" in badge.render(sample)
    good = changed(sample, narrow_is_a_range="pass", msort_is_stable="pass")
    assert "4 of 6 clauses, 1 known" in badge.render(good)
    assert "incomplete" in badge.render(Document(good.header, good.verdicts, None))


def test_a_badge_is_xml_whatever_the_backend_is_called(sample: Document) -> None:
    sample.header["backend"]["spec"] = "</svg><script>alert(1)</script>\x00\ud800"
    root = ElementTree.fromstring(badge.render(sample).encode())
    assert not [element for element in root.iter() if element.tag.endswith("script")]


def test_annotations_are_commands_on_a_line_each(sample: Document) -> None:
    sample.verdicts[2]["message"] = "100%\n::error::forged\r\n\x1b"
    lines = workflow.render(sample).splitlines()
    assert len(lines) == 3 and all(line.startswith(("::error title=", "::notice title=")) for line in lines)
    assert lines[0] == r"::error title=fail%3A views.narrow_is_a_range::100%25 ::error::forged\x0d \x1b"
    many = copy.deepcopy(sample)
    many.header["inventory"] += [f"views.extra{i}" for i in range(30)]
    lines = workflow.render(many).splitlines()
    assert len(lines) == 11 and "more: see the job summary" in lines[-2]


# The commands


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_the_commands_make_what_they_say(sample: Document, tmp_path: Path) -> None:
    write(sample, tmp_path / "a" / "run.json")
    write(changed(sample, categories_rank="fail"), tmp_path / "b" / "run.json")
    assert run("statement", tmp_path / "a", "--out", tmp_path / "s.json")[0] == 1
    assert run("verify", tmp_path / "s.json", tmp_path / "a")[0] == 0
    assert run("verify", tmp_path / "s.json", tmp_path / "b")[0] == 1
    assert run("diff", tmp_path / "a", tmp_path / "a") == (0, "nothing changed\n")
    code, output = run("diff", tmp_path / "a", tmp_path / "b")
    assert code == 1 and "regressed: promotion.categories_rank (pass → fail)" in output
    assert run("badge", tmp_path / "a", "--out", tmp_path / "badge.svg")[0] == 0
    assert (tmp_path / "badge.svg").read_text().startswith("<svg")
    assert "::error" in run("annotate", tmp_path / "a")[1]
    out = tmp_path / "report.html"
    assert run("report", tmp_path / "b", "--before", tmp_path / "a", "--out", out)[0] == 0
    assert "Changes" in out.read_text()
    assert run("diff", tmp_path / "a", tmp_path / "none")[0] == 2
