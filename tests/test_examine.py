"""The judge: verdicts, shrinking, repetition, vacuity."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import execnet
import numpy as np
import pytest

from tensorcanon.conformance.backend import Backend
from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.check import Check, verifies
from tensorcanon.conformance.examine import Examination, examine
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.plugin import RECORDS, Examiner
from tensorcanon.conformance.profiles import PROFILES
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec.clause import clause
from tensorcanon.spec.outcome import Exactly, Outcome
from tensorcanon.spec.rules import dtypes

Array = np.ndarray[Any, Any]


@clause("none: a toy")
def negation_negates(x: Array) -> Outcome:
    """Negation negates."""
    return Exactly(np.negative(x)[...])


@clause("none: a toy")
def negation_is_the_identity(x: Array) -> Outcome:
    """Negation is the identity, which is wrong."""
    return Exactly(x[...])


def vector(tape: Tape) -> Operand:
    return draw_operand(tape, dtypes.float32, kind="exact")


def judged(test: Any, backend: Backend | None = None, seed: int = 0) -> list[Examination]:
    check: Check = test.checks[0]
    return examine(check, backend or reference(), PROFILES["ci"], seed)


@verifies(negation_negates, drawn=vector)
def right(run: Run, x: Operand) -> None:
    run.expect(negation_negates(x.array), "torch.neg", run.tensor(x))


@verifies(negation_negates, negation_is_the_identity, drawn=vector)
def half_wrong(run: Run, x: Operand) -> None:
    run.expect(negation_is_the_identity(x.array), "torch.neg", run.tensor(x))
    run.expect(negation_negates(x.array), "torch.neg", run.tensor(x))


@verifies(negation_negates)
def judges_nothing(run: Run, tape: Tape) -> None:
    run.tensor(vector(tape))


@verifies(negation_negates)
def claims_nothing(run: Run, tape: Tape) -> None:
    raise Unclaimed("anything")


@verifies(negation_negates)
def faulty(run: Run, tape: Tape) -> None:
    raise ZeroDivisionError("of the harness")


@verifies(negation_is_the_identity, over=[0.0, 1.0, 2.0])
def wrong_for_some_cases(run: Run, number: float) -> None:
    x = np.array([number], np.float32)
    run.expect(negation_is_the_identity(x), "torch.neg", run.tensor(x))


@pytest.mark.parametrize(
    ("test", "verdict"),
    [(right, "pass"), (judges_nothing, "vacuous"), (claims_nothing, "unclaimed"), (faulty, "error")],
)
def test_verdicts(test: Any, verdict: str) -> None:
    (found,) = judged(test)
    assert found.verdict == verdict


def test_a_pass_counts_what_was_tried() -> None:
    (found,) = judged(right)
    profile = PROFILES["ci"]
    assert found.tally.examples >= profile.seeded + profile.drawn / 2
    assert found.tally.judged[negation_negates.id] == found.tally.examples
    assert "transposed" in {layout for _, layout in found.tally.layouts}


def test_a_failure_shrinks_to_the_smallest_program() -> None:
    found = {each.clause: each for each in judged(half_wrong)}
    witness = found[negation_is_the_identity].witness
    assert witness is not None
    made = witness.refusal.program.steps[0].args[0].array
    # A zero refutes it, as negation flips its sign.
    assert made.tolist() in ([0.0, 0.0, 0.0], 0.0, [0.0])


def test_one_refuted_clause_does_not_hide_the_others() -> None:
    found = {each.clause: each for each in judged(half_wrong)}
    assert found[negation_is_the_identity].verdict == "fail"
    assert found[negation_negates].verdict == "pass"
    assert found[negation_negates].tally.judged[negation_negates.id] > 50


def test_enumerated_cases_name_the_first_that_fails() -> None:
    (found,) = judged(wrong_for_some_cases)
    assert found.verdict == "fail"
    assert found.witness is not None
    assert found.witness.case == "0.0"


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_repeats_a_run(seed: int) -> None:
    def inputs() -> list[bytes]:
        drawn: list[bytes] = []

        @verifies(negation_negates, drawn=lambda tape: drawn.append(tape.take(8).tobytes()))
        def records(run: Run, case: None) -> None:
            run.look(negation_negates(np.zeros(1, np.float32)), run.tensor(-np.zeros(1, np.float32)))

        judged(records, seed=seed)
        return drawn

    assert inputs() == inputs()


def test_another_seed_tries_other_inputs() -> None:
    first, second = (judged(right, seed=seed)[0].tally.layouts for seed in (0, 1))
    assert first and second and first != second


def test_cases_are_enumerated_or_drawn() -> None:
    with pytest.raises(TypeError, match="either enumerate"):
        verifies(negation_negates, over=[1], drawn=vector)


def test_a_verdict_travels_between_processes_whatever_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    witness = {"program": [-(2**63)], "script": "\udc80"}
    found = {"clause": "", "verdict": "fail", "message": "\ud800", "witness": witness, "expectation": None}
    monkeypatch.setattr("tensorcanon.conformance.examination.examined", lambda *given: [found])
    examiner = object.__new__(Examiner)
    vars(examiner).update(backend=None, profile=None, seed=0, expected=[], journal=None)
    node: Any = SimpleNamespace(user_properties=[])
    check: Any = None
    with pytest.raises(pytest.fail.Exception) as failed:
        examiner.examine(check, node)
    execnet.dumps([node.user_properties, str(failed.value)])
    assert json.loads(dict(node.user_properties)[RECORDS]) == [found]
