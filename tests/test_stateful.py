"""Programs by Hypothesis's state machine: healthy backends pass, faults are found and shrunk."""

from __future__ import annotations

import pytest

from tensorcanon.conformance.backends.catalogue import resolve
from tensorcanon.conformance.stateful import refusal
from tensorcanon.spec import programs

FAULTS = {
    "written_tensors_are_leaves": programs.leaves_stay_leaves,
    "no_grad_does_nothing_in_programs": (
        programs.results_and_written_tensors_require_grad_as_their_operands_do
    ),
    "views_of_leaves_are_written": programs.leaves_refuse_recorded_writes,
}


@pytest.mark.parametrize("backend", ["torch", "reference"])
def test_programs_show_what_is_due(backend: str) -> None:
    assert refusal(resolve(backend), programs=50) is None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_in_few_steps(fault: str) -> None:
    found = refusal(resolve(f"mutant:{fault}"), programs=200)
    assert found is not None and found.clause is FAULTS[fault]
    assert len(found.program.steps) < 10
