"""A run on a Dask cluster says what it says on one machine, whatever becomes of a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

ENTRY = [sys.executable, "-m", "tensorcanon.conformance.cli.entry"]
RUN = [*ENTRY, "run", "--backend", "reference", "--profile", "smoke", "-k", "test_promotion_functions"]


def verdicts(out: Path) -> list[tuple[Any, ...]]:
    document = json.loads((out / "run.json").read_text())
    assert document["footer"]["complete"]
    return sorted((v["clause"], v["test"], v["verdict"], v["judged"]) for v in document["verdicts"])


def workers_of(pid: int) -> list[int]:
    """Return the processes that a run has started to take its shards."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [int(own) for own, parent, words in rows if int(parent) == pid and "resource_tracker" not in words]


def test_a_cluster_that_loses_a_worker_finds_the_same(tmp_path: Path) -> None:
    alone = subprocess.run([*RUN, "--out", "alone"], cwd=tmp_path, capture_output=True, text=True)
    assert alone.returncode == 0, alone.stderr
    command = [*RUN, "--out", "many", "--cluster", "-n", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = []
    killed = False
    for line in process.stderr:
        told.append(line)
        if not killed and line.startswith("1 of"):
            time.sleep(0.5)
            os.kill(workers_of(process.pid)[-1], signal.SIGKILL)
            killed = True
    assert process.wait(600) == 0, "".join(told)
    assert killed and "8 of 8 shards\n" in told
    assert verdicts(tmp_path / "many") == verdicts(tmp_path / "alone")


def test_a_scheduler_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    command = [*RUN, "--cluster", "tcp://127.0.0.1:1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3
    assert "tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
