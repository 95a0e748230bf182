"""A run that is killed at a random moment and resumed says what an undisturbed one says."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.cli.run import Request, execute
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.mutants.ledger import mutants

ENTRY = [sys.executable, "-m", "tensorcanon.conformance.cli.entry"]
KILLS = int(os.environ.get("TENSORCANON_KILLS", "3"))
SUBJECTS = Path(__file__).parent / "subjects"


def options(out: str, *more: str, backend: str = "reference") -> list[str]:
    chosen = ["-k", "test_promotion or test_views_layout or test_broadcasting_shapes"]
    return [*ENTRY, "run", "--backend", backend, "--profile", "smoke", *chosen, "--out", out, *more]


def verdicts(out: Path) -> list[tuple[Any, ...]]:
    document = json.loads((out / "run.json").read_text())
    assert document["footer"]["complete"]
    fields = ("clause", "test", "verdict", "examples", "judged", "unclaimed", "message", "witness")
    return sorted(tuple(json.dumps(v[name]) for name in fields) for v in document["verdicts"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[Any, ...]], float]:
    folder = tmp_path_factory.mktemp("undisturbed")
    started = time.monotonic()
    done = subprocess.run(options("out", "-n", "2"), cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return verdicts(folder / "out"), time.monotonic() - started


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found, level = [], {pid}
    while level:
        level = {child for child, parent in pairs if parent in level}
        found += level
    return found


def strike(process: subprocess.Popen[str], dice: random.Random) -> str:
    """Kill the run, all its processes, or one that works for it."""
    victim = dice.choice(("run", "all", "worker"))
    if victim == "run":
        process.kill()
    elif victim == "all":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        workers = descendants(process.pid)
        if workers:
            os.kill(dice.choice(workers), signal.SIGKILL)
    return victim


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_run_killed_at_any_moment_is_resumed(
    kill: int, tmp_path: Path, undisturbed: tuple[list[tuple[Any, ...]], float]
) -> None:
    due, seconds = undisturbed
    dice = random.Random(kill)
    isolate = ["--isolate"] if kill % 2 else []
    process = subprocess.Popen(
        options("out", "-n", "2", *isolate),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(dice.uniform(0, seconds * 1.1))
    strike(process, dice)
    process.communicate(timeout=600)
    if not (tmp_path / "out" / "run.json").exists() or process.returncode != 0:
        resumed = [] if not (tmp_path / "out" / "run.jsonl").exists() else ["--resume"]
        done = subprocess.run(
            options("out", "-n", "2", *isolate, *resumed),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr + done.stdout
    assert verdicts(tmp_path / "out") == due


def run_here(folder: Path, resume: bool) -> None:
    os.chdir(folder)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    chosen = "test_promotion_functions or test_views_layout"
    os._exit(execute(Request("reference", "smoke", 0, 0, chosen, (), Path("out"), resume=resume)))


def spawned(folder: Path, resume: bool = False) -> multiprocessing.process.BaseProcess:
    """Start a run in a process that has loaded all it needs, as many kills cost little then."""
    process = multiprocessing.get_context("fork").Process(target=run_here, args=(folder, resume))
    process.start()
    return process


def test_a_run_killed_again_and_again_is_resumed(tmp_path: Path) -> None:
    reference(), checks(), mutants()  # loaded before the processes part
    started = time.monotonic()
    whole = spawned(tmp_path)
    whole.join(600)
    seconds = time.monotonic() - started
    assert whole.exitcode == 0
    due = verdicts(tmp_path / "out")
    dice = random.Random(0)
    killed = 0
    while killed < KILLS * 5:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        for _ in range(dice.randint(1, 4)):
            process = spawned(tmp_path, resume=resumable(tmp_path / "out"))
            process.join(dice.uniform(0, seconds))
            if process.exitcode is None:
                process.kill()
                killed += 1
            process.join()
            assert process.exitcode in (0, -signal.SIGKILL)
        last = spawned(tmp_path, resume=resumable(tmp_path / "out"))
        last.join(600)
        assert last.exitcode == 0
        assert verdicts(tmp_path / "out") == due


def resumable(out: Path) -> bool:
    """Whether a run got as far as to leave something."""
    return any((out / name).exists() for name in ("run.jsonl", "run.json", "journal"))


def test_a_crash_in_the_process_of_the_run_is_found_when_it_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SUBJECTS), prepend=os.pathsep)
    command = [*ENTRY, "run", "--backend", "misbehaving:segfault", "--no-isolate", "--profile", "smoke"]
    command += ["-k", "test_views.py and narrow or can_cast"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert first.returncode == -signal.SIGSEGV
    second = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert second.returncode == 1, second.stderr
    assert "crash: views.narrow_is_a_view_of_a_range" in second.stdout
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    (crash,) = (v for v in document["verdicts"] if v["verdict"] == "crash")
    assert "SIGSEGV" in crash["message"] and "torch.narrow(" in crash["witness"]["script"]
    assert not (tmp_path / "out" / "journal").exists()


def test_a_worker_that_crashes_is_replaced_and_the_crash_has_its_witness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SUBJECTS), prepend=os.pathsep)
    command = [*ENTRY, "run", "--backend", "misbehaving:segfault", "--no-isolate", "--profile", "smoke"]
    command += ["-k", "test_views.py and narrow or can_cast", "-n", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert document["footer"]["complete"]
    (crash,) = (v for v in document["verdicts"] if v["verdict"] == "crash")
    assert "torch.narrow(" in crash["witness"]["script"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--seed", "3"], "seed was 0 then and is 3 now"),
        (["--out", "nothing"], "holds no run to resume"),
        (["--profile", "ci"], "profile was 'smoke' then"),
    ],
)
def test_another_run_is_not_resumed(tmp_path: Path, change: list[str], message: str) -> None:
    command = [*ENTRY, "run", "--backend", "reference", "--profile", "smoke", "-k", "can_cast"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300).returncode == 0
    done = subprocess.run(
        [*command, "--resume", *change], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 2
    assert message in done.stderr


def test_a_finished_run_resumed_stays_as_it_is(tmp_path: Path) -> None:
    command = [*ENTRY, "run", "--backend", "reference", "--profile", "smoke", "-k", "can_cast"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300).returncode == 0
    before = verdicts(tmp_path / "out")
    assert (
        subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, timeout=300).returncode == 0
    )
    assert verdicts(tmp_path / "out") == before
