"""The canon as a whole: statements, sources, checks, coverage."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tensorcanon.conformance import audit
from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.expectations import departures
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.mutants import ledger
from tensorcanon.conformance.mutants.ledger import mutants
from tensorcanon.conformance.mutants.mutant import attribute, mutant
from tensorcanon.spec import canon, promotion
from tensorcanon.spec.clause import Clause

CLAUSES = list(canon.clauses().values())


def test_there_are_clauses_in_every_chapter() -> None:
    assert {clause.chapter for clause in CLAUSES} == set(canon.CHAPTERS)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_states_and_names_its_source(clause: Clause[Any]) -> None:
    assert clause.statement.endswith(".")
    assert clause.source
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", clause.rule.__name__)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_covers_known_behaviours(clause: Clause[Any]) -> None:
    assert set(clause.covers) <= canon.behaviours().keys()


def test_every_core_behaviour_has_a_clause() -> None:
    covered = {name for clause in CLAUSES for name in clause.covers}
    core = {name for name, level in canon.behaviours().items() if level == "core"}
    assert not core - covered


def test_every_clause_has_a_check() -> None:
    checked = {clause.id for check in checks().values() for clause in check.clauses}
    assert not canon.clauses().keys() - checked


def test_the_edition_is_a_digest() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", canon.edition())


def test_every_mutant_has_a_name_of_its_own() -> None:
    assert len(mutants()) == len({each.name for each in mutants().values()}) > len(CLAUSES)


def test_every_mutant_can_be_put_in_place() -> None:
    for each in mutants().values():
        with each.applied():
            pass


def test_a_mutant_that_cannot_be_put_in_place_kills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clause = promotion.can_cast_looks_at_the_category_only
    lost = mutant("lost", clause, attribute("elementwise:nowhere", lambda one: one))
    monkeypatch.setattr(audit, "mutants", lambda: {"lost": lost})
    monkeypatch.setattr(ledger, "mutants", lambda: {"lost": lost})
    (trial,) = audit.trials([clause.id])
    assert not trial.killed and "nowhere" in trial.reason


def test_every_clause_has_a_mutant_or_is_a_departure() -> None:
    identity = reference().identity
    known = departures(identity)
    challenged = {clause.id for each in mutants().values() for clause in each.kills}
    departing = {name for name in canon.clauses() if any(one.concerns(name, identity) for one in known)}
    assert not canon.clauses().keys() - challenged - departing
