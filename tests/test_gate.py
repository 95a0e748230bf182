"""From a run to a decision: expectations, their update, the gate, and shards made whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.conformance import records
from tensorcanon.conformance.backend import Backend
from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.examination import examined
from tensorcanon.conformance.expectations import Expectation, ExpectationError, read
from tensorcanon.conformance.inventory import checks, clause_ids
from tensorcanon.conformance.mutants.ledger import mutant_backend
from tensorcanon.conformance.profiles import PROFILES
from tensorcanon.conformance.selection import ShardError, parsed_shard, part
from tensorcanon.conformance.updating import update
from tensorcanon.reports import gate, merging, summary
from tensorcanon.reports.document import loads
from tensorcanon.reports.errors import DocumentError
from tensorcanon.reports.records import Document

WRONG = "can_cast_compares_widths"
CLAUSE = "promotion.can_cast_looks_at_the_category_only"
NAMES = [name for name in checks() if "can_cast" in name or "promote_types" in name]


def ran(
    backend: Backend, known: Sequence[Expectation] = (), names: Sequence[str] = NAMES, shard: Any = None
) -> Document:
    found = [
        record
        for name in names
        for record in examined(checks()[name], backend, PROFILES["smoke"], 0, list(known))
    ]
    inventory = clause_ids(checks()[name] for name in names)
    header = records.header(backend.identity, "smoke", 0, None, inventory, known, shard)
    footer = summary.footer(header, found, finished=records.now(), seconds=1.0, complete=True)
    document = Document(header, found, footer)
    # As it is read from disk.
    return loads(json.dumps(document.as_json()))


@pytest.fixture(scope="module")
def right() -> Document:
    return ran(reference())


@pytest.fixture(scope="module")
def wrong() -> Document:
    return ran(mutant_backend(WRONG))


def kinds(document: Document, baseline: Document | None = None) -> set[tuple[str, str]]:
    return {(finding.kind, finding.clause) for finding in gate.findings(document, baseline)}


# Expectations


def test_expectations_of_a_first_run_make_the_second_green(tmp_path: Path, wrong: Document) -> None:
    path = tmp_path / "known.toml"
    assert summary.exit_code(wrong) == 1
    done = update(path, wrong, None, write=True)
    assert done.added and not done.removed
    (entry, *_) = read(path)
    assert entry.test in checks()
    second = ran(mutant_backend(WRONG), read(path))
    assert summary.exit_code(second) == 0
    assert not gate.findings(second, None)
    assert not update(path, second, None, write=True).changes


@pytest.mark.parametrize(
    ("kind", "device", "due"),
    [("departure", "cpu", "unexpected"), ("departure", "meta", "pass"), ("known", "meta", "unexpected")],
)
def test_a_device_need_not_share_what_torch_departs_in(kind: Any, device: str, due: str) -> None:
    backend = reference()
    backend.identity = replace(backend.identity, device=device)  # type: ignore[misc]
    entry = Expectation(CLAUSE, "so it is", "", kind)
    names = [name for name in NAMES if CLAUSE in {clause.id for clause in checks()[name].clauses}]
    document = ran(backend, [entry], names)
    assert summary.clause_standings(document)[CLAUSE] == due


@pytest.fixture
def known(tmp_path: Path, wrong: Document) -> Path:
    path = tmp_path / "known.toml"
    update(path, wrong, None, write=True)
    return path


def test_a_fixed_clause_turns_it_red(known: Path) -> None:
    fixed = ran(reference(), read(known))
    assert summary.exit_code(fixed) == 1
    assert ("unexpected", CLAUSE) in kinds(fixed)
    done = update(known, fixed, None, write=True)
    assert CLAUSE in done.removed
    assert not read(known)


def test_an_expired_entry_turns_it_red(known: Path) -> None:
    known.write_text(known.read_text().replace("\nreason", "\nexpires = 2020-01-01\nreason"))
    late = ran(mutant_backend(WRONG), read(known))
    assert summary.exit_code(late) == 1
    assert {("expired", CLAUSE), ("fail", CLAUSE)} <= kinds(late)
    assert update(known, late, None, write=True).undecided


def test_a_vanished_clause_turns_it_red(known: Path) -> None:
    known.write_text(known.read_text() + '\n[[known]]\nclause = "promotion.gone"\nreason = "was there"\n')
    run = ran(mutant_backend(WRONG), read(known))
    assert summary.exit_code(run) == 1
    assert ("unmatched", "promotion.gone") in kinds(run)
    assert any("promotion.gone" in sentence for sentence in summary.alarms(run))
    assert update(known, run, None, write=True).removed == ["promotion.gone"]


def test_an_update_keeps_comments(known: Path, right: Document) -> None:
    text = '# Ours.\n[[known]]\nclause = "views.*"\nreason = "all of them" # for now\n'
    known.write_text(text)
    update(known, ran(mutant_backend(WRONG), read(known)), date(2030, 1, 31), write=True)
    made = known.read_text()
    assert made.startswith(text)
    assert "expires = 2030-01-31" in made
    assert len(read(known)) > 1


def test_without_update_nothing_is_written(tmp_path: Path, wrong: Document) -> None:
    path = tmp_path / "known.toml"
    assert update(path, wrong, None, write=False).changes
    assert not path.exists()


def test_a_witness_finds_what_the_profile_does_not(known: Path) -> None:
    (entry, *_) = [entry for entry in read(known) if entry.clause == CLAUSE]
    found = examined(checks()[entry.test], mutant_backend(WRONG), PROFILES["smoke"], 12345, [entry])
    assert {record["verdict"] for record in found if record["clause"] == CLAUSE} == {"fail"}


def test_a_type_limits_a_known_failure() -> None:
    backend = mutant_backend(WRONG)
    for dtype, expected in (("complex32", False), (None, True)):
        when = {} if dtype is None else {"dtype": dtype}
        entry = Expectation(CLAUSE, "why", "", "known", when)
        made = [r for name in NAMES for r in examined(checks()[name], backend, PROFILES["smoke"], 0, [entry])]
        failed = [r for r in made if r["clause"] == CLAUSE and r["verdict"] == "fail"]
        assert failed and all((r["expectation"] is not None) is expected for r in failed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "tables \\[\\[known\\]\\] only"),
        ("[[known]]\nclause = 'a'", "no reason"),
        ("[[known]]\nclause = 'a'\nreason = ''", "reason is a text"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nwhen = 'cuda'", "when is a table"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nwhen = {os = 'x'}", "unknown os"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nwhen = {dtype = 'float12'}", "no data type 'float12'"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nexpect = 'pass'", "expect is one of"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nexpires = 'soon'", "expires is a day"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nwitness = {test = 'c'}", "no example"),
        ("[[known]]\nclause = 'a'\nreason = 'b'\nwitness = {test = 'c', example = 'x'}", "no example 'x'"),
        ("[[known", "is not TOML"),
    ],
)
def test_a_broken_file_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text)
    with pytest.raises(ExpectationError, match=message):
        read(path)


# The gate


def test_a_clean_run_opens_the_gate(right: Document) -> None:
    found = gate.findings(right, right)
    assert not found and gate.exit_code(right, found) == 0
    assert "open" in gate.markdown(right, found)
    assert 'failures="0"' in gate.junit(right, found)


def test_a_failure_shuts_it(right: Document, wrong: Document) -> None:
    wrong = Document({**wrong.header, "backend": right.header["backend"]}, wrong.verdicts, wrong.footer)
    found = gate.findings(wrong, right)
    assert ("fail", CLAUSE) in {(finding.kind, finding.clause) for finding in found}
    assert all(finding.fresh for finding in found)
    assert gate.exit_code(wrong, found) == 1
    assert CLAUSE in gate.markdown(wrong, found) and CLAUSE in gate.junit(wrong, found)
    assert not any(finding.fresh for finding in gate.findings(wrong, wrong))


def test_only_what_is_documented_shuts_it_unless_told_otherwise(wrong: Document) -> None:
    observed = copy.deepcopy(wrong)
    for text in observed.header["clauses"].values():
        text["basis"] = "observed"
    assert not gate.findings(observed, None)
    assert gate.findings(observed, None, "observed")


def test_a_lost_clause_and_fewer_examples_shut_it(right: Document) -> None:
    less = ran(reference(), names=NAMES[1:])
    assert any(kind in ("lost", "fewer") for kind, _ in kinds(less, right))
    fewer = copy.deepcopy(right)
    fewer.verdicts[0]["examples"] -= 1
    assert ("fewer", fewer.verdicts[0]["clause"]) in kinds(fewer, right)


def test_a_run_cut_short_does_not_say(right: Document) -> None:
    short = Document(right.header, right.verdicts, None)
    assert gate.exit_code(short, gate.findings(short, None)) == 3


def test_another_kind_of_run_is_no_baseline(right: Document) -> None:
    other = Document({**right.header, "profile": "full"}, right.verdicts, right.footer)
    with pytest.raises(DocumentError, match="its profile is 'full'"):
        gate.findings(right, other)


# Shards


@pytest.fixture(scope="module")
def shards() -> list[Document]:
    made = []
    for index in (1, 2, 3):
        names = part(NAMES, index, 3, str, ())
        shard = {"index": index, "of": 3, "selection": "x"}
        made.append(ran(reference(), names=names, shard=shard))
    return made


def test_shards_make_the_whole(right: Document, shards: list[Document]) -> None:
    whole = merging.merge(shards[::-1])
    assert sorted(whole.header["inventory"]) == sorted(right.header["inventory"])
    assert summary.clause_standings(whole) == summary.clause_standings(right)
    assert summary.exit_code(whole) == 0


def test_every_check_is_in_one_shard_and_those_of_a_known_failure_in_the_same() -> None:
    names, clause = list(checks()), "views.narrow_is_a_view_of_a_range"
    both = [name for name in names if len(checks()[name].clauses) > 1 or "narrow" in name]
    shared = {checks()[name].clauses[0].id for name in both}
    known = [Expectation(each, "why", "", "known") for each in (clause, *sorted(shared)[:5])]
    parts = [part(names, index, 7, str, known) for index in range(1, 8)]
    assert sorted(name for each in parts for name in each) == sorted(names)
    assert max(map(len, parts)) < len(names) / 3
    for entry in known:
        holding = [i for i, each in enumerate(parts) if entry.clause in clause_ids(checks()[n] for n in each)]
        assert len(holding) == 1


def test_a_gap_and_a_duplicate_are_refused(right: Document, shards: list[Document]) -> None:
    with pytest.raises(DocumentError, match="shard 2/3 is missing"):
        merging.merge([shards[0], shards[2]])
    with pytest.raises(DocumentError, match="shard 1/3 is given twice"):
        merging.merge([*shards, shards[0]])
    with pytest.raises(DocumentError, match="not a shard"):
        merging.merge([right])
    other = Document({**shards[1].header, "seed": 3}, shards[1].verdicts, shards[1].footer)
    with pytest.raises(DocumentError, match="different runs: the seed is 0 and 3"):
        merging.merge([shards[0], other, shards[2]])


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "a/b", "1/4/4", "-1/4"])
def test_a_shard_is_written_as_two_numbers(text: str) -> None:
    with pytest.raises(ShardError):
        parsed_shard(text)
