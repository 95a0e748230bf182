"""Several backends in one run, and runs that end with their budget."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tensorcanon.conformance.backends.catalogue import KNOWN, installed
from tensorcanon.reports import document, gather, overview, publishing, summary

SMOKE = ("--profile", "smoke", "-k", "can_cast or promote_types")


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


def test_a_backend_that_cannot_be_had_stops_no_other(tmp_path: Path) -> None:
    names = ("-b", "mutant:can_cast_compares_widths", "-b", "nonesuch", "-b", "reference")
    done = run(*names, *SMOKE, "-n", "2", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "nonesuch: tensorcanon: no backend 'nonesuch'" in done.stderr
    folders = [tmp_path / "out" / name for name in ("mutant-can_cast_compares_widths", "reference")]
    mutant, reference = gather.collect(folders)
    assert (summary.exit_code(mutant), summary.exit_code(reference)) == (1, 0)
    page = (tmp_path / "out" / "summary.md").read_text()
    assert "promotion.can_cast_looks_at_the_category_only" in page
    assert "reference" in (tmp_path / "out" / "report.html").read_text()
    assert overview.kind_of(next(v for v in mutant.verdicts if v["verdict"] == "fail")) == "another value"


def test_several_backends_end_with_ctrl_c_and_go_on_with_resume(tmp_path: Path) -> None:
    names = ("-b", "reference", "-b", "mutant:can_cast_compares_widths")
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", *names, *SMOKE]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and "2 backends" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        told = process.stderr.read().splitlines()
    assert process.returncode == 130
    assert told[-1] == "tensorcanon: interrupted; the same command with --resume goes on"
    assert run(*names, *SMOKE, "--resume", cwd=tmp_path).returncode == 1


def test_what_a_budget_does_not_reach_has_no_verdict(tmp_path: Path) -> None:
    done = run("-b", "reference", *SMOKE[:2], "-k", "test_views", "--budget", "1", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    (found,) = gather.collect([tmp_path / "out"])
    assert not found.complete
    assert found.header.get("limits") == {"run": 1.0, "check": None}
    assert "ended with its budget of 1 s" in summary.alarms(found)[0]
    assert len(found.verdicts) < len(found.header["inventory"])
    again = run("-b", "reference", *SMOKE[:2], "-k", "test_views", "--resume", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    (found,) = gather.collect([tmp_path / "out"])
    assert found.complete and not summary.alarms(found)


def test_a_check_is_cut_short_after_its_first_example(tmp_path: Path) -> None:
    assert run("-b", "reference", *SMOKE, "--check-seconds", "0.1", cwd=tmp_path).returncode == 0
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert all(verdict["examples"] for verdict in document["verdicts"])


def test_all_means_what_is_installed() -> None:
    pytest.importorskip("torch")
    assert {"torch", "torch:meta", "torch:npy", "reference"} <= set(installed())
    assert len(installed()) == len(set(installed()))
    assert all(spec in KNOWN or spec.startswith("torch:") for spec in installed())


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("dtype torch.bool, due: torch.float32", "another data type"),
        ("result 1: shape (1,), due: ()", "another shape"),
        ("strides (1,), due: (4,)", "other strides"),
        ("3.2e+05 ulp off at (0,) (at most 4): 1.0, due: 2.0", "a value further off than the bound"),
        ("RuntimeError was due, seen: [1.], a tensor of dtype=torch.float32", "no error where one is due"),
        ("TypeError (no), due: IndexError", "an error of another kind"),
        ("a tensor was due, seen: TypeError: no", "an error where a result is due"),
        ("ValueError: operands could not be broadcast", "an error where a result is due"),
        ("3 of 4 elements differ, first at (0,): 1, due: 2", "another value"),
        ("False, due: True", "another value"),
        ("a UserWarning was due, seen: [1.], a tensor of dtype=torch.float32", "no warning where one is due"),
        ("a tensor was due, seen: None", "a result of another form"),
    ],
)
def test_differences_are_of_a_kind(message: str, kind: str) -> None:
    verdict = {"verdict": "fail", "message": message}
    assert overview.kind_of(verdict) == kind  # type: ignore[arg-type]


def test_what_is_published_is_small_and_names_no_folder(tmp_path: Path) -> None:
    path = Path(__file__).with_name("test_reports_run.json")
    parsed = json.loads(path.read_text())
    verdict = next(each for each in parsed["verdicts"] if each["witness"])
    told = "no kernel in /root/v/lib/python3.11/site-packages/engine/core.py, see /tmp/some one/x.log and a/b"
    verdict["message"] = told.replace("some one", "someone")
    found = document.loads(json.dumps(parsed))
    (written,) = publishing.publish([found], tmp_path)
    again = document.read(written)
    assert written.stat().st_size < path.stat().st_size / 2
    assert summary.counts(again) == summary.counts(found)
    message = next(each["message"] for each in again.verdicts if each["witness"])
    assert message == "no kernel in engine/core.py, see x.log and a/b"
    assert f"`{again.header['backend']['spec']}`" in (tmp_path / "README.md").read_text()
    script = next(each["witness"]["script"] for each in again.verdicts if each["witness"])
    assert "import sys" in script or "import " in script
    (tmp_path / "broken.json.gz").write_bytes(written.read_bytes()[:100])
    with pytest.raises(document.DocumentError):
        document.read(tmp_path / "broken.json.gz")
