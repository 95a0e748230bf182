"""Processes that fetch batches. Source: ``data#multi-process-data-loading``."""

from __future__ import annotations

import multiprocessing
import random as python_random
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import random


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker knows of itself."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


@dataclass(frozen=True)
class Raised:
    """An exception in a worker: its class and what is to be said of it."""

    kind: type[BaseException]
    message: str

    def again(self) -> BaseException:
        """Return an exception of the same class, or a RuntimeError where that cannot be made."""
        try:
            return self.kind(self.message)
        except Exception:
            return RuntimeError(self.message)


@dataclass(frozen=True)
class Ended:
    """A worker's stream has no more batches."""


# What the parent sends besides the indices of a batch.
_RESTART = "restart"

_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Return what the worker in which this is called knows of itself, None in the main process."""
    return _info


def _seed_all(base_seed: int, worker: int) -> None:
    seed = base_seed + worker
    python_random.seed(seed)
    random.manual_seed(seed)
    words = [worker, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


def _work(
    info: WorkerInfo,
    base_seed: int,
    fetcher: Callable[[], Callable[[Any], Any]],
    prepare: Callable[[int], None] | None,
    tasks: Any,
    results: Any,
) -> None:
    """The life of a worker: fetch what is asked for, in that order, until terminated."""
    global _info
    _seed_all(base_seed, info.id)
    _info = info
    fetch: Any = None
    while True:
        number, task = tasks.get()
        if task == _RESTART:
            fetch = None
            continue
        try:
            if fetch is None:
                if prepare is not None:
                    prepare(info.id)
                    prepare = None
                fetch = fetcher()
            answer = fetch(task)
        except StopIteration:
            answer = Ended()
        except Exception as error:
            text = f"Caught {type(error).__name__} in DataLoader worker process {info.id}.\n"
            answer = Raised(type(error), f"{text}Original {traceback.format_exc()}")
        results.send((number, answer))


class Workers:
    """Worker processes, each with a queue of tasks and a pipe of results.

    Parameters
    ----------
    count : int
    dataset : Dataset
    base_seed : int
        A worker's own seed is this one and its number.
    fetcher : callable
        Makes, in the worker, the function that fetches a batch.
    prepare : callable or None
        Called in each worker with its number, after seeding.
    method : str or context or None
        How processes start.
    """

    def __init__(
        self,
        count: int,
        dataset: Any,
        base_seed: int,
        fetcher: Callable[[], Callable[[Any], Any]],
        prepare: Callable[[int], None] | None,
        method: Any,
    ) -> None:
        self.count = count
        self._pass = 0
        context: Any = multiprocessing.get_context(method) if not hasattr(method, "Process") else method
        self._tasks = [context.Queue() for _ in range(count)]
        pipes = [context.Pipe(duplex=False) for _ in range(count)]
        self._results = [receiver for receiver, _ in pipes]
        self._processes = []
        for worker, (_, sender) in enumerate(pipes):
            info = WorkerInfo(worker, count, base_seed + worker, dataset)
            args = (info, base_seed, fetcher, prepare, self._tasks[worker], sender)
            process = context.Process(target=_work, args=args, daemon=True)
            process.start()
            sender.close()
            self._processes.append(process)

    def send(self, worker: int, task: Any) -> None:
        """Give a worker a task."""
        self._tasks[worker].put((self._pass, task))

    def receive(self, worker: int, timeout: float) -> Any:
        """Return a worker's next result in this pass; RuntimeError if it died or is too late."""
        number = None
        while number != self._pass:
            if timeout and not self._results[worker].poll(timeout):
                raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
            try:
                number, result = self._results[worker].recv()
            except EOFError:
                pid = self._processes[worker].pid
                raise RuntimeError(f"DataLoader worker (pid(s) {pid}) exited unexpectedly") from None
        return result

    def restart(self) -> None:
        """Begin another pass: every worker begins its dataset anew."""
        self._pass += 1
        for worker in range(len(self._tasks)):
            self.send(worker, _RESTART)

    def close(self) -> None:
        """End the processes; once more does nothing."""
        for tasks, process in zip(self._tasks, self._processes, strict=True):
            process.terminate()
            process.join()
            tasks.cancel_join_thread()
            tasks.close()
        for results in self._results:
            results.close()
        self._tasks, self._processes, self._results = [], [], []


class Pass:
    """One pass over the batches that workers fetch, in the order of the batches.

    Workers take turns; one whose stream has ended is left out from then on. The first batches are asked for
    at once, a new one whenever one is taken.

    Parameters
    ----------
    workers : Workers
    batches : iterator
        The indices of each batch.
    ahead : int
        How many batches each worker is asked for in advance.
    timeout : float
        In seconds; 0 waits for ever.
    kept : bool
        The workers outlive the pass.
    """

    def __init__(
        self, workers: Workers, batches: Iterator[Any], ahead: int, timeout: float, kept: bool
    ) -> None:
        self._workers = workers
        self._batches = batches
        self._timeout = timeout
        self._kept = kept
        self._turns = list(range(workers.count))
        self._due: deque[int] = deque()
        for _ in range(ahead * workers.count):
            self._ask()

    def _ask(self) -> None:
        """Give the next batch to the worker whose turn it is."""
        if not self._turns:
            return
        for batch in self._batches:
            worker = self._turns.pop(0)
            self._turns.append(worker)
            self._workers.send(worker, batch)
            self._due.append(worker)
            return

    def __iter__(self) -> Pass:
        return self

    def __next__(self) -> Any:
        while self._due:
            worker = self._due.popleft()
            result = self._workers.receive(worker, self._timeout)
            if isinstance(result, Ended):
                if worker in self._turns:
                    self._turns.remove(worker)
                    self._ask()
                continue
            self._ask()
            if isinstance(result, Raised):
                raise result.again()
            return result
        self._end()
        raise StopIteration

    def _end(self) -> None:
        if not self._kept:
            self._workers.close()

    __del__ = _end
