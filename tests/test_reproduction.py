"""The scripts of failures: their exit codes are those of ``git bisect run``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.examine import examine
from tensorcanon.conformance.expectations import departures
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.mutants.ledger import mutant_backend, mutants
from tensorcanon.conformance.profiles import PROFILES
from tensorcanon.conformance.refusal import Refused
from tensorcanon.conformance.reproduction import script
from tensorcanon.conformance.routine import Name, Routine, Step
from tensorcanon.conformance.script_outcomes import NoExpressionError, expression
from tensorcanon.conformance.script_transforms import line_through, preamble

# One in sixty, and the same ones whatever mutants are added.
SAMPLE = [name for name in mutants() if crc32(name.encode()) % 60 == 0]


def exit_code(text: str, folder: Path) -> tuple[int, str]:
    path = folder / "script.py"
    path.write_text(text)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def refusals(mutant: str) -> list[Refused]:
    """Return what the first check shows that the mutant fails, at the first profile in which one does."""
    wanted = set(mutants()[mutant].kills)
    for profile in ("smoke", "ci"):
        for check in checks().values():
            if wanted & set(check.clauses):
                found = examine(check, mutant_backend(mutant), PROFILES[profile], 0)
                if shown := [each.witness.refusal for each in found if each.witness is not None]:
                    return shown
    raise AssertionError(f"no check shows {mutant}")


def can_be_told(refusal: Refused) -> bool:
    """Whether the outcome has an expression that a script can hold; equations and counts have none."""
    if refusal.due is None:  # A step on the way was to give no error.
        return True
    try:
        expression(refusal.due)
    except NoExpressionError:
        return False
    return True


@pytest.mark.parametrize("mutant", SAMPLE)
def test_a_script_is_good_where_the_behaviour_is_right(mutant: str, tmp_path: Path) -> None:
    known = departures(reference().identity)
    refusal = refusals(mutant)[0]
    code, text = exit_code(script(refusal, reference().identity), tmp_path)
    departs = any(entry.concerns(refusal.clause.id, reference().identity) for entry in known)
    assert code == (int(departs) if can_be_told(refusal) else 125), text


def test_a_script_is_bad_where_the_behaviour_is_wrong(tmp_path: Path) -> None:
    backend = reference()
    known = [entry.clause for entry in departures(backend.identity)][::3]
    tried = 0
    for check in checks().values():
        if any(clause.id in known for clause in check.clauses):
            for found in examine(check, backend, PROFILES["smoke"], 0):
                if found.witness is not None and can_be_told(found.witness.refusal):
                    code, text = exit_code(script(found.witness.refusal, backend.identity), tmp_path)
                    assert code == 1 and "not as allowed" in text, text
                    tried += 1
    assert tried >= 5


def test_a_script_tells_nothing_without_the_framework(tmp_path: Path) -> None:
    (refusal, *_) = refusals("can_cast_compares_widths")
    text = script(refusal, reference().identity).replace("tensorcanon.reference", "nonesuch")
    code, _ = exit_code(text, tmp_path)
    assert code == 125


def test_a_script_through_a_compiler_runs_from_its_start(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    lines = ["import sys, torch", *preamble("eager"), "through(lambda x: x + 1, torch.ones(1))"]
    assert exit_code("\n".join(lines), tmp_path)[0] == 0


def test_steps_of_a_routine_go_through_the_compiler_too() -> None:
    routine = Routine("f", ("x",), (Step("y1", "torch.sin", (Name("x"),), {}),), Name("y1"))
    code = line_through(Step(None, "def", (routine,), {}, depth=1), "eager")
    assert code.splitlines()[1] == "        y1 = through(lambda x: torch.sin(x), x)"


@pytest.mark.parametrize(("last", "due"), [("import ctypes; ctypes.string_at(0)", 1), ("pass", 0)])
def test_the_script_of_a_crash_outlives_it(last: str, due: int, tmp_path: Path) -> None:
    (refusal, *_) = refusals("can_cast_compares_widths")
    refusal.verdict = "crash"
    code, _ = exit_code(script(refusal, reference().identity) + last, tmp_path)
    assert code == due
