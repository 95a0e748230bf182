"""The command line as a user meets it: exit codes, one clear line for bad input, nothing half-written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROMOTION = ["-k", "can_cast or promote_types"]


def tensorcanon(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_a_run_writes_its_documents(tmp_path: Path) -> None:
    done = tensorcanon("run", "--backend", "reference", "--profile", "smoke", *PROMOTION, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "run.json",
        "report.html",
        "junit.xml",
        "summary.md",
    }
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert document["footer"]["complete"]
    assert {verdict["verdict"] for verdict in document["verdicts"]} == {"pass"}
    assert "promotion" in done.stdout


def test_workers_find_the_same(tmp_path: Path) -> None:
    def verdicts(*workers: str) -> list[tuple[str, str, int]]:
        options = ("--backend", "reference", "--profile", "smoke", *PROMOTION, *workers)
        assert tensorcanon("run", *options, "--out", "a", cwd=tmp_path).returncode == 0
        document = json.loads((tmp_path / "a" / "run.json").read_text())
        return sorted((v["clause"], v["verdict"], v["judged"]) for v in document["verdicts"])

    assert verdicts("-n", "2") == verdicts()


def test_a_mutant_is_a_difference(tmp_path: Path) -> None:
    options = ("--backend", "mutant:can_cast_compares_widths", "--profile", "smoke", *PROMOTION)
    done = tensorcanon("run", *options, cwd=tmp_path)
    assert done.returncode == 1
    assert "fail: promotion.can_cast_looks_at_the_category_only" in done.stdout
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    (witness,) = [v["witness"] for v in document["verdicts"] if v["verdict"] == "fail"]
    assert "torch.can_cast(" in witness["script"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--backend", "nonesuch"], "no backend 'nonesuch'"),
        (["--backend", "nonesuch.module:attribute"], "cannot load 'nonesuch.module:attribute'"),
        (["--backend", "broken:backend"], "RuntimeError: broken on import"),
        (["--backend", "json:dumps"], "'json:dumps' raised TypeError"),
        (["--backend", "json:decoder"], "is not a backend"),
        (["--backend", "mutant:nonesuch"], "no mutant 'nonesuch'"),
        (["--backend", "torch:nonesuch"], "no usable device"),
        (["--backend", "reference", "-k", "nonesuch"], "no check matches -k 'nonesuch'"),
        (["--backend", "reference", "-k", "not ("], "Wrong expression passed to '-k'"),
        (["--backend", "reference", "--out", "file/below"], "cannot write to file/below"),
        (["--backend", "reference", "--expectations", "none.toml"], "cannot read none.toml"),
        (["--backend", "reference", "--expectations", "broken.toml"], "broken.toml"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(tmp_path: Path, args: list[str], message: str) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('broken on import')")
    (tmp_path / "broken.toml").write_text("[[known]]\nclause = 3\n")
    (tmp_path / "file").touch()
    before = sorted(path.name for path in tmp_path.iterdir())
    done = tensorcanon("run", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "__pycache__") == before


@pytest.mark.parametrize(
    "command", [["explain", "promotion.nonesuch"], ["list", "nonesuch"], ["audit", "nonesuch"]]
)
def test_an_unknown_clause_is_wrong_use(tmp_path: Path, command: list[str]) -> None:
    done = tensorcanon(*command, cwd=tmp_path)
    assert done.returncode == 2
    assert "nonesuch" in done.stderr
    assert "Traceback" not in done.stderr


def test_explain_shows_the_executable_form(tmp_path: Path) -> None:
    done = tensorcanon("explain", "promotion.can_cast_looks_at_the_category_only", cwd=tmp_path)
    assert done.returncode == 0
    assert "def can_cast_looks_at_the_category_only" in done.stdout
    assert "can_cast_compares_widths" in done.stdout
    assert "\x1b" not in done.stdout


def test_audit_prints_each_trial(tmp_path: Path) -> None:
    done = tensorcanon("audit", "promotion.can_cast", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "killed     promotion.can_cast_looks_at_the_category_only" in done.stdout


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", "--backend", "reference"]
    process = subprocess.Popen(
        [*command, "--profile", "full", "-k", "test_promotion"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "out" / "run.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not log.exists() or log.read_bytes().count(b"\n") < 3):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert document["footer"]["complete"] is False
    assert len(document["verdicts"]) >= 2


def test_a_report_of_a_broken_document_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    done = tensorcanon("report", "run.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "run.json" in done.stderr
    assert not (tmp_path / "report.html").exists()
