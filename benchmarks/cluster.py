"""How much faster a run is on a Dask cluster of two workers than on one: ``python benchmarks/cluster.py``.

Prints the seconds by the clock and the seconds of processor of both, so that it shows where other work on the
machine, or a start of shards that costs more than it spares, spoils the ratio. It needs an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", "--backend", "reference"]


def measured(workers: int, chosen: list[str], folder: Path) -> tuple[float, float, int]:
    """Return the seconds by the clock and of processor, and the verdicts, of a run on so many workers."""
    before, started = os.times(), time.monotonic()
    command = [*RUN, *chosen, "--cluster", "-n", str(workers), "--out", str(folder)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    seconds, after = time.monotonic() - started, os.times()
    if done.returncode not in (0, 1):
        raise SystemExit(f"the run on {workers} workers ended with {done.returncode}")
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, busy, len(json.loads((folder / "run.json").read_text("utf-8"))["verdicts"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", default="ci", help="ci takes about five minutes on one worker")
    parser.add_argument("-k", dest="expression", help="only checks whose name matches, for a shorter try")
    given = parser.parse_args()
    chosen = ["--profile", given.profile]
    if given.expression is not None:
        chosen += ["-k", given.expression]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2):
            found[workers] = measured(workers, chosen, Path(folder) / str(workers))
            seconds, busy, verdicts = found[workers]
            spent = f"{seconds:.1f} s by the clock, {busy:.1f} s of processor"
            print(f"{workers} worker(s): {spent}, {verdicts} verdicts")
    (one, _, verdicts), (two, _, same) = found[1], found[2]
    if verdicts != same:
        raise SystemExit("the two runs do not have the same number of verdicts")
    print(f"two workers are {one / two:.2f} times as fast as one")


if __name__ == "__main__":
    main()
