"""A run on a Dask cluster: its shards are tasks, and a shard whose machine is lost runs on another."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tensorcanon.reports import document as documents
from tensorcanon.reports.records import Document

# Shards a worker: enough to spread the slow ones, few enough for each to load the checks.
_EACH = 4
_RETRIES = 2


class ClusterError(RuntimeError):
    """The cluster cannot be used, or a shard came to no end; the message says why."""


def run_shards(
    arguments: Sequence[str], cluster: str, workers: int, advance: Callable[[int, int], None]
) -> list[Document]:
    """Run every shard of a run on a cluster and return their documents.

    Parameters
    ----------
    arguments : sequence of str
        Of ``tensorcanon run``, without ``--shard`` and ``--out``.
    cluster : str
        The address of a scheduler, or ``local`` for one that is started here.
    workers : int
        Of a local cluster.
    advance : callable
        Takes how many shards are done, and of how many.

    Raises
    ------
    ClusterError, DocumentError
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ModuleNotFoundError as error:
        raise ClusterError(f"{error.name} is not installed: pip install 'tensorcanon[cluster]'") from error
    own = client = None
    try:
        if cluster == "local":
            own = distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
            )
        client = distributed.Client(own or cluster, timeout="10s", set_as_default=False)
        of = _EACH * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        tasks = [
            client.submit(run_shard, list(arguments), index, of, pure=False, retries=_RETRIES)
            for index in range(1, of + 1)
        ]
        found = []
        advance(0, of)
        for task in distributed.as_completed(tasks, loop=client.loop):
            found.append(documents.loads(task.result(), f"shard of {task.key}"))
            advance(len(found), of)
        return found
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(f"the cluster {cluster}: {error or type(error).__name__}") from error
    finally:
        for each in (client, own):
            if each is not None:
                each.close()


def run_shard(arguments: Sequence[str], index: int, of: int) -> str:
    """Run one shard in a process of its own and return its document.

    Raises
    ------
    RuntimeError
        If it came to no end.
    """
    with tempfile.TemporaryDirectory(prefix="tensorcanon-") as folder:
        command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", *arguments]
        command += ["--shard", f"{index}/{of}", "--no-report", "--out", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        result = Path(folder) / "run.json"
        if not result.exists():
            last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
            raise RuntimeError(f"shard {index}/{of}: {last}")
        return result.read_text("utf-8")
