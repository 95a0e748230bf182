"""Chunks handed to processes of this machine, or to a Dask cluster."""

from __future__ import annotations

import importlib
import os
from collections.abc import Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import Any

from .holding import Held, hold_chunk
from .question import Interval

# Chunks under way for each process: the next one waits where it will run.
_AHEAD = 2
LOCAL = "local"

Task = tuple[str, str, str]


class PoolError(Exception):
    """The chunks cannot be handed out, or who held one died; the message says which."""


def carried_out(task: Task, chunks: Iterable[Interval], workers: int, cluster: str | None) -> Generator[Held]:
    """Yield what chunks showed, in the order in which they are done.

    Parameters
    ----------
    task : tuple of str
        The names of the backend, the op and the data type.
    chunks : iterable of Interval
    workers : int
        Processes; 1 stays in this one.
    cluster : str or None
        The address of a Dask scheduler, or `LOCAL` for one that is started here with so many workers.

    Raises
    ------
    PoolError
    """
    if cluster is not None:
        return _on_cluster(task, chunks, workers, cluster)
    if workers == 1:
        return (hold_chunk(*task, *chunk) for chunk in chunks)
    return _in_processes(task, chunks, workers)


def _in_processes(task: Task, chunks: Iterable[Interval], workers: int) -> Generator[Held]:
    # One thread each: the processes share the cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    waiting = iter(chunks)
    # Not forked: the libraries below keep threads.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        running: set[Future[Held]] = set()
        while True:
            for chunk in islice(waiting, workers * _AHEAD - len(running)):
                running.add(pool.submit(hold_chunk, *task, *chunk))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise PoolError("a process that held a chunk died; the rest is in the journal") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_cluster(task: Task, chunks: Iterable[Interval], workers: int, cluster: str) -> Generator[Held]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise PoolError("Dask is not installed: pip install 'tensorcanon[cluster]'") from error
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    own: Any = None
    try:
        if cluster == LOCAL:
            own = distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        client = distributed.Client(own or cluster, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise PoolError(f"no Dask scheduler at {cluster}: {error}") from error
    try:
        futures = [client.submit(hold_chunk, *task, *chunk, pure=False) for chunk in chunks]
        for _, held in distributed.as_completed(futures, loop=client.loop, with_results=True):
            yield held
    finally:
        client.close()
        if own is not None:
            own.close()
