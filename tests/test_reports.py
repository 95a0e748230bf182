"""Result documents: written, read, folded, refused, recounted."""

from __future__ import annotations

import copy
import errno
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tensorcanon.reports import gather, html, junit, markdown, summary, validity
from tensorcanon.reports.document import Document, DocumentError, Log, fold, loads, read, write
from tensorcanon.reports.quick import quick

SAMPLE = Path(__file__).with_name("test_reports_run.json")


def logged(document: Document, path: Path, *, footer: bool = True) -> Path:
    with Log(path) as log:
        log.append(document.header)
        for verdict in document.verdicts:
            log.append(verdict)
        if footer and document.footer is not None:
            log.append(document.footer)
    return path


def sound(document: Document) -> None:
    """Every report can be made of what was read."""
    assert "<!doctype html>" in html.render([document])
    assert "<testsuites" in junit.render(document)
    assert "## tensorcanon" in markdown.render(document)


# Reading and writing


def test_a_document_survives_writing_and_reading(sample: Document, tmp_path: Path) -> None:
    write(sample, tmp_path / "run.json")
    assert read(tmp_path / "run.json") == sample


def test_a_log_folds_to_its_document(sample: Document, tmp_path: Path) -> None:
    assert fold(logged(sample, tmp_path / "run.jsonl")) == sample


def test_a_written_document_meets_the_published_schema(sample: Document, tmp_path: Path) -> None:
    write(sample, tmp_path / "run.json")
    jsonschema.Draft202012Validator.check_schema(validity.schema())
    jsonschema.validate(json.loads((tmp_path / "run.json").read_text()), validity.schema())


def test_what_json_cannot_hold_is_spelled(sample: Document, tmp_path: Path) -> None:
    sample.verdicts[-1]["errors"][0]["largest"] = float("inf")
    sample.verdicts[0]["message"] = "\x00\ud800\u202e"
    write(sample, tmp_path / "run.json")
    again = read(tmp_path / "run.json")
    assert again.verdicts[-1]["errors"][0]["largest"] == "inf"
    assert again.verdicts[0]["message"] == "\x00\ud800\u202e"
    assert summary.largest_errors(again)[0].share == float("inf")


def test_a_full_disk_leaves_the_old_file(
    sample: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DocumentError, match="No space left on device; an earlier file is unchanged"):
        write(sample, path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_a_record_of_another_form_is_refused_at_once(sample: Document, tmp_path: Path) -> None:
    verdict: dict[str, Any] = {**sample.verdicts[0], "verdict": "passed"}
    with Log(tmp_path / "run.jsonl") as log, pytest.raises(DocumentError, match="verdict: 'passed'"):
        log.append(verdict)
    assert (tmp_path / "run.jsonl").read_bytes() == b""


# Torn and interrupted logs


def test_every_cut_of_a_log_folds_or_is_refused(sample: Document, tmp_path: Path) -> None:
    whole = logged(sample, tmp_path / "run.jsonl").read_bytes()
    cut = tmp_path / "cut.jsonl"
    header = whole.index(b"\n")
    for length in {*range(0, len(whole), 41), header, header + 1, len(whole) - 2}:
        cut.write_bytes(whole[:length])
        if length < header:
            with pytest.raises(DocumentError):
                fold(cut)
            continue
        document = fold(cut)
        assert document.verdicts == sample.verdicts[: len(document.verdicts)]
        assert not document.complete
        assert summary.exit_code(document) == 3


def test_a_log_goes_on_after_a_torn_line(sample: Document, tmp_path: Path) -> None:
    path = logged(sample, tmp_path / "run.jsonl", footer=False)
    path.write_bytes(path.read_bytes() + b'{"kind":"verdict","cla')
    with Log(path) as log:
        assert sample.footer is not None
        log.append(sample.footer)
    assert fold(path) == sample


def test_a_resumed_run_has_only_its_last_footer(sample: Document, tmp_path: Path) -> None:
    assert sample.footer is not None
    path = tmp_path / "run.jsonl"
    with Log(path) as log:
        for record in (sample.header, {**sample.footer, "complete": False}, sample.verdicts[0]):
            log.append(record)
    assert fold(path).footer is None
    with Log(path) as log:
        log.append(sample.footer)
    assert fold(path).footer == sample.footer


def test_a_cut_short_run_is_never_green_nor_a_share(sample: Document) -> None:
    cut = Document(sample.header, sample.verdicts[:1], None)
    assert not summary.is_green(cut)
    assert "Incomplete" in markdown.render(cut) and "cut short" in markdown.render(cut)
    page = html.render([cut])
    assert "this run is incomplete" in page and "clauses pass" not in page
    assert "is_sound" in junit.render(cut)


# Foreign and broken documents

FOREIGN = [
    (b"", "empty"),
    (b"\x00\xff\xfe", "not JSON"),
    (b"{", "not JSON"),
    (b"[" * 100_000, "nested|not JSON"),
    (b"[]", "not a tensorcanon result"),
    (b'{"a": NaN}', "NaN"),
    (b'{"tests": []}', "not a tensorcanon result"),
    (b'{"schema":3,"header":{},"verdicts":[],"footer":null}', "schema 3.*update"),
    (b'{"schema":0,"header":{},"verdicts":[],"footer":null}', "schema 0.*run again"),
    (b'{"schema":true,"header":{},"verdicts":[],"footer":null}', "no schema version"),
    (b'{"schema":1,"header":null,"verdicts":[],"footer":null}', "not a tensorcanon record"),
    (b"1" * 10_000, "not"),
]


@pytest.mark.parametrize(("content", "reason"), FOREIGN)
def test_foreign_files_are_refused_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    for reading in (read, fold):
        with pytest.raises(DocumentError) as caught:
            reading(path)
        assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    with pytest.raises(DocumentError, match=reason):
        read(path)


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no such file; run"):
        read(tmp_path / "run.json")
    with pytest.raises(DocumentError, match=r"no run\.json and no log"):
        gather.collect([tmp_path])
    with pytest.raises(DocumentError, match="cannot be read"):
        read(tmp_path)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, lists by their first item."""
    if isinstance(node, dict):
        below = [place for key, item in node.items() for place in places(item, (*path, key))]
    elif isinstance(node, list):
        below = [place for i, item in enumerate(node[:3]) for place in places(item, (*path, i))]
    else:
        below = []
    return [path, *below] if path else below


HOSTILE = "a\x00\n<script>\ud800"
VALUES: tuple[Any, ...] = (None, True, -1, 0, 2.5, 1e999, 10**400, "", HOSTILE, [], {}, [[]], {"x": {"y": 1}})


def of_version(version: int) -> Any:
    """The sample, which is of version 1, or what it becomes in a later one."""
    return json.loads(SAMPLE.read_text()) if version == 1 else read(SAMPLE).as_json()


@pytest.mark.parametrize(
    ("version", "place"),
    [(version, place) for version in (1, 2) for place in places(of_version(version))],
    ids=lambda p: ".".join(map(str, p)) if isinstance(p, tuple) else str(p),
)
def test_a_changed_document_is_refused_or_reported(version: int, place: tuple[Any, ...]) -> None:
    original = of_version(version)
    strict = jsonschema.Draft202012Validator(validity.schema(version))
    for value in (*VALUES, ...):
        changed = copy.deepcopy(original)
        holder = changed
        for key in place[:-1]:
            holder = holder[key]
        if value is ...:
            del holder[place[-1]]
        else:
            holder[place[-1]] = value
        valid = strict.is_valid(changed)
        try:
            document = loads(json.dumps(changed).replace("Infinity", "1e999"))
        except DocumentError as error:
            assert not valid and "\n" not in str(error) and str(error).isascii()
        else:
            assert valid
            if version == validity.SCHEMA:
                sound(document)
            assert summary.counts(document) == recounted(document)


# Older versions


def test_an_older_document_says_what_it_said_and_no_more(sample: Document) -> None:
    older = json.loads(SAMPLE.read_text())
    assert older["schema"] == 1 and sample.as_json()["schema"] == validity.SCHEMA == 2
    assert summary.counts(sample) == older["footer"]["counts"]
    assert all(text["mutants"] == [] for text in sample.header["clauses"].values())
    for before, after in zip(older["verdicts"], sample.verdicts, strict=True):
        coverage = after["coverage"]
        columns = coverage["layouts"] + coverage["specials"]
        row = dict(zip(columns, coverage["grid"].get("any", []), strict=True))
        assert coverage["dtypes"] == before["coverage"].get("dtype", {})
        assert row == before["coverage"].get("layout", {}) | before["coverage"].get("special", {})
        assert {**before, "coverage": None} == {**after, "coverage": None}


def test_an_older_log_folds_to_what_its_document_reads_as(sample: Document, tmp_path: Path) -> None:
    older = json.loads(SAMPLE.read_text())
    lines = [older["header"], *older["verdicts"], older["footer"]]
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert fold(tmp_path / "run.jsonl") == sample


def test_a_migrated_document_meets_the_schema_of_today(sample: Document, tmp_path: Path) -> None:
    write(sample, tmp_path / "run.json")
    again = json.loads((tmp_path / "run.json").read_text())
    assert again["schema"] == again["header"]["schema"] == 2
    jsonschema.validate(again, validity.schema())


def test_an_unknown_field_is_refused(sample: Document) -> None:
    for kind in (sample.as_json(), sample.header, sample.verdicts[0], sample.footer):
        assert kind is not None
        changed: Any = copy.deepcopy(sample.as_json())
        target = {id(sample.header): "header", id(sample.footer): "footer"}.get(id(kind))
        holder = changed[target] if target else changed
        holder["surprise"] = 1
        with pytest.raises(DocumentError, match="surprise"):
            loads(json.dumps(changed))


def test_the_quick_check_knows_every_keyword_and_accepts_only_what_is_valid(sample: Document) -> None:
    definitions = validity.schema()["$defs"]
    assert quick(definitions["header"], definitions)(sample.header)
    assert quick(definitions["footer"], definitions)(sample.footer)
    assert all(map(quick(definitions["verdict"], definitions), sample.verdicts))
    with pytest.raises(KeyError):
        quick({"multipleOf": 2}, {})


# Recounting

WORST = ("error", "crash", "timeout", "out-of-memory", "fail", "flaky", "unexpected")
RANK = (*WORST, "missing", "vacuous", "expected", "unclaimed", "pass")


def recounted(document: Document) -> dict[str, int]:
    """The counts, told anew."""
    by_clause: dict[str, list[Any]] = {clause: [] for clause in document.header["inventory"]}
    for verdict in document.verdicts:
        by_clause.setdefault(verdict["clause"], []).append(verdict)
    tally: dict[str, int] = {}
    for verdicts in by_clause.values():
        known_fail = any(v["verdict"] == "fail" and v["expectation"] for v in verdicts)
        names = ["missing"] if not verdicts else []
        for verdict in verdicts:
            name = verdict["verdict"]
            if verdict["expectation"] and name == "fail":
                name = "expected"
            elif verdict["expectation"] and name == "pass" and not known_fail:
                name = "unexpected"
            names.append(name)
        worst = min(names, key=RANK.index)
        tally[worst] = tally.get(worst, 0) + 1
    return tally


def test_a_recount_gives_what_the_footer_says(sample: Document) -> None:
    assert sample.footer is not None
    assert summary.counts(sample) == sample.footer["counts"] == recounted(sample)
    assert summary.exit_code(sample) == sample.footer["exit"] == 1
    total: dict[str, int] = {}
    for tally in summary.by_chapter(sample).values():
        for standing, count in tally.items():
            total[standing] = total.get(standing, 0) + count
    assert total == sample.footer["counts"]


def changed(document: Document, verdict: str, *, expected: bool = False) -> Document:
    """The document with one clause, whose one test has this verdict."""
    known: Any = {"reason": "why", "url": "", "kind": "known"} if expected else None
    header: Any = {**document.header, "inventory": ["promotion.categories_rank"]}
    only: Any = {**document.verdicts[0], "verdict": verdict, "expectation": known}
    footer = summary.footer(header, [only], finished="2026-11-21T07:02:03Z", seconds=1, complete=True)
    return Document(header, [only], footer)


@pytest.mark.parametrize(
    ("verdict", "expected", "code"),
    [
        ("pass", False, 0),
        ("fail", True, 0),
        ("fail", False, 1),
        ("crash", False, 1),
        ("crash", True, 1),
        ("timeout", False, 1),
        ("flaky", False, 1),
        ("pass", True, 1),
        ("error", False, 3),
        ("vacuous", False, 3),
        ("missing", False, 3),
    ],
)
def test_the_exit_code_follows_the_verdict(sample: Document, verdict: str, expected: bool, code: int) -> None:
    document = changed(sample, verdict, expected=expected)
    assert summary.exit_code(document) == code
    assert summary.is_green(document) == (code == 0)


def test_a_run_that_judged_nothing_is_not_green(sample: Document) -> None:
    document = changed(sample, "pass")
    document.verdicts[0]["judged"] = 0
    assert summary.exit_code(document) == 3
    header: Any = {**sample.header, "inventory": []}
    footer = summary.footer(header, [], finished="2026-11-21T07:02:03Z", seconds=0, complete=True)
    assert footer["exit"] == 3 and footer["counts"] == {}


def test_a_clause_without_a_verdict_is_missing(sample: Document) -> None:
    document = Document(sample.header, sample.verdicts[1:], sample.footer)
    assert summary.clause_standings(document)["promotion.categories_rank"] == "missing"
    assert any("footer counts other" in problem for problem in summary.problems(document))


def test_a_pass_beside_an_expected_fail_is_no_surprise(sample: Document) -> None:
    document = changed(sample, "fail", expected=True)
    document.verdicts.append({**document.verdicts[0], "verdict": "pass"})
    assert summary.counts(document) == {"expected": 1}


def test_the_largest_error_is_the_one_nearest_its_limit(sample: Document) -> None:
    (largest,) = summary.largest_errors(sample)
    assert (largest.error["dtype"], largest.share) == ("float64", 0.375)


def test_departures_are_those_of_torch(sample: Document) -> None:
    (departure,) = summary.departures([sample])
    assert departure.clause == "sorting.cummax_shows_the_first_of_ties"
    assert departure.standing == "expected"


# Gathering


def test_documents_are_gathered_from_files_folders_and_logs(sample: Document, tmp_path: Path) -> None:
    write(sample, tmp_path / "a" / "run.json")
    log = logged(sample, tmp_path / "b" / "run.jsonl", footer=False)
    found = gather.collect([tmp_path / "a", tmp_path / "a" / "run.json", log, tmp_path / "b"])
    assert [document.complete for document in found] == [True, True, False, False]
