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
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.cli.run import Request, execute
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.mutants.ledger import mutants
from tensorcanon.conformance.resuming import CannotResumeError, resume

ENTRY = [sys.executable, "-m", "tensorcanon.conformance.cli.entry"]
# Many kills say more than the few of every day: TENSORCANON_KILLS=100 pytest tests/test_resume.py -k killed
KILLS = int(os.environ.get("TENSORCANON_KILLS", "2"))
SUBJECTS = Path(__file__).parent / "subjects"
CHOSEN = "test_promotion.py or test_broadcasting_shapes or test_sequences"


def options(*more: str) -> list[str]:
    return [*ENTRY, "run", "--backend", "reference", "--profile", "smoke", "-k", CHOSEN, "-n", "2", *more]


def verdicts(out: Path) -> list[tuple[Any, ...]]:
    document = json.loads((out / "run.json").read_text())
    assert document["footer"]["complete"]
    fields = ("clause", "test", "verdict", "examples", "judged", "unclaimed", "message", "witness")
    return sorted(tuple(json.dumps(v[name]) for name in fields) for v in document["verdicts"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[Any, ...]], float]:
    """What a run finds that nobody disturbs, in one process, and the seconds it takes."""
    reference(), checks(), mutants()  # loaded before the processes part
    folder = tmp_path_factory.mktemp("undisturbed")
    started = time.monotonic()
    whole = spawned(folder)
    whole.join(600)
    assert whole.exitcode == 0
    return verdicts(folder / "out"), time.monotonic() - started


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found, level = [], {pid}
    while level:
        level = {child for child, parent in pairs if parent in level}
        found += level
    return found


def strike(process: subprocess.Popen[bytes], dice: random.Random) -> None:
    """Kill the run, all its processes, or one that works for it."""
    victim = dice.choice(("run", "all", "worker"))
    with suppress(ProcessLookupError):
        if victim == "run":
            process.kill()
        elif victim == "all":
            os.killpg(process.pid, signal.SIGKILL)
        elif workers := descendants(process.pid):
            os.kill(dice.choice(workers), signal.SIGKILL)


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_run_killed_at_any_moment_is_resumed(
    kill: int, tmp_path: Path, undisturbed: tuple[list[tuple[Any, ...]], float]
) -> None:
    due, _ = undisturbed
    dice = random.Random(kill)
    isolate = ["--isolate"] if kill % 2 else []
    with (tmp_path / "told").open("w+") as told:
        process = subprocess.Popen(
            options(*isolate), cwd=tmp_path, stdout=told, stderr=told, start_new_session=True
        )
        log, lines = tmp_path / "out" / "run.jsonl", dice.randrange(len(due))
        while process.poll() is None and not (log.exists() and log.read_bytes().count(b"\n") >= lines):
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.2))
        strike(process, dice)
        process.wait(600)
    if not (tmp_path / "out" / "run.json").exists() or process.returncode != 0:
        resumed = ["--resume"] if resumable(tmp_path / "out") else []
        done = subprocess.run(
            options(*isolate, *resumed), cwd=tmp_path, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr + done.stdout
    assert verdicts(tmp_path / "out") == due


def run_here(folder: Path, resume: bool) -> None:
    os.chdir(folder)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os._exit(execute(Request("reference", "smoke", 0, 0, CHOSEN, (), Path("out"), resume=resume)))


def spawned(folder: Path, resume: bool = False) -> multiprocessing.process.BaseProcess:
    """Start a run in a process that has loaded all it needs, as many kills cost little then."""
    process = multiprocessing.get_context("fork").Process(target=run_here, args=(folder, resume))
    process.start()
    return process


def test_a_run_killed_again_and_again_is_resumed(
    tmp_path: Path, undisturbed: tuple[list[tuple[Any, ...]], float]
) -> None:
    due, seconds = undisturbed
    dice = random.Random(0)
    killed = 0
    while killed < KILLS:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        for _ in range(dice.randint(1, 3)):
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
    command += ["-k", "test_views.py and narrow or can_cast", "--check-seconds", "6"]
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
    command += ["-k", "test_views.py and narrow or can_cast", "--check-seconds", "6", "-n", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert document["footer"]["complete"]
    (crash,) = (v for v in document["verdicts"] if v["verdict"] == "crash")
    assert "torch.narrow(" in crash["witness"]["script"]


CAN_CAST = [*ENTRY, "run", "--backend", "reference", "--profile", "smoke", "-k", "can_cast"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    assert subprocess.run(CAN_CAST, cwd=folder, capture_output=True, timeout=300).returncode == 0
    return folder


def test_a_run_on_a_full_disk_says_so_and_goes_on_when_there_is_room(finished: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    header = json.loads((finished / "out" / "run.json").read_text())["header"]
    room = len(json.dumps(header)) + 100
    done = subprocess.run(
        CAN_CAST,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        # Compiled modules would be cut short as well.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert done.returncode == 3
    assert "cannot write the log out/run.jsonl" in done.stderr and "--resume" in done.stderr
    assert "Traceback" not in done.stderr and "INTERNALERROR" not in done.stderr
    assert subprocess.run([*CAN_CAST, "--resume"], cwd=tmp_path, capture_output=True).returncode == 0
    assert verdicts(tmp_path / "out") == verdicts(finished / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--seed", "3"], "seed was 0 then and is 3 now"),
        (["--out", "nothing"], "holds no run to resume"),
        (["--profile", "ci"], "profile was 'smoke' then"),
    ],
)
def test_another_run_is_not_resumed(finished: Path, change: list[str], message: str) -> None:
    done = subprocess.run(
        [*CAN_CAST, "--resume", *change], cwd=finished, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 2
    assert message in done.stderr


def test_a_run_whose_log_is_broken_is_not_resumed(finished: Path, tmp_path: Path) -> None:
    document = json.loads((finished / "out" / "run.json").read_text())
    header, verdict = map(json.dumps, (document["header"], document["verdicts"][0]))
    (tmp_path / "run.jsonl").write_text(f"{header}\n{verdict[:40]}\n{verdict}\n")
    with pytest.raises(CannotResumeError, match=r"line 2: not JSON.*; run again without --resume$"):
        resume(tmp_path)


@pytest.mark.parametrize(("budget", "whole"), [(5.0, 8.0), (None, None)])
def test_what_a_resumed_run_may_take_is_added(
    finished: Path, tmp_path: Path, budget: float | None, whole: float | None
) -> None:
    document = json.loads((finished / "out" / "run.json").read_text())
    document["header"]["limits"] = {"run": 3.0, "check": None}
    (tmp_path / "run.json").write_text(json.dumps(document))
    assert resume(tmp_path, budget)
    log = (tmp_path / "run.jsonl").read_text().splitlines()
    assert json.loads(log[0])["limits"] == {"run": whole, "check": None}


def test_a_finished_run_resumed_stays_as_it_is(finished: Path) -> None:
    before = verdicts(finished / "out")
    resumed = subprocess.run([*CAN_CAST, "--resume"], cwd=finished, capture_output=True, timeout=300)
    assert resumed.returncode == 0
    assert verdicts(finished / "out") == before
