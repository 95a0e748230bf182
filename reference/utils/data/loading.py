"""``torch.utils.data.DataLoader``. Sources: ``data``, ``data.DataLoader``."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from ...generator import Generator
from .collating import default_collate, default_convert
from .datasets import IterableDataset
from .samplers import BatchSampler, RandomSampler, SequentialSampler, drawn_seed
from .workers import Pass, Workers

T = TypeVar("T", covariant=True)
_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
_NO_ACCELERATOR = (
    "'pin_memory' argument is set as true but no accelerator is found, "
    "then device pinned memory won't be used."
)


class DataLoader(Generic[T]):
    """An iterable of the batches of a dataset.

    Parameters
    ----------
    dataset : Dataset
    batch_size : int or None
        None gives single samples, as `default_convert` makes them.
    shuffle : bool
    sampler, batch_sampler : iterable, optional
        Indices, or lists of them, in the place of the order that `shuffle` asks for.
    num_workers : int
        Processes that fetch; 0 fetches in this one.
    collate_fn : callable, optional
        Makes a batch of a list of samples.
    pin_memory : bool
        Without an accelerator it only warns.
    drop_last : bool
    timeout : float
    worker_init_fn : callable, optional
    multiprocessing_context : str or context, optional
    generator : Generator, optional
    prefetch_factor : int, optional
    persistent_workers : bool
    in_order : bool

    Raises
    ------
    ValueError
        For arguments that exclude each other or lie outside their range.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        streamed = isinstance(dataset, IterableDataset)
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        _check_order(streamed, shuffle, sampler, batch_sampler)
        _check_batches(batch_size, batch_sampler, shuffle, sampler, drop_last)
        if sampler is None:
            sampler = _sampler(dataset, streamed, bool(shuffle), generator)
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory_device = pin_memory_device
        self.in_order = in_order
        self._kept: Workers | None = None
        self._made = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and self.__dict__.get("_made"):
            raise ValueError(f"{name} attribute should not be set after DataLoader is initialized")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            order: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
            return len(order)
        count: int = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self.pin_memory:
            warnings.warn(_NO_ACCELERATOR, stacklevel=2)
        batches = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        # A pass without workers draws the number too, so that the stream goes on alike.
        if self._kept is None:
            seed = drawn_seed(self.generator)
        if not self.num_workers:
            return _fetched(self._fetcher(), batches)
        if self._kept is not None:
            self._kept.restart()
        workers = self._kept or self._workers(seed)
        return Pass(workers, batches, self.prefetch_factor or 1, self.timeout, self.persistent_workers)

    def _workers(self, seed: int) -> Workers:
        made = Workers(
            *(self.num_workers, self.dataset, seed, self._fetcher),
            *(self.worker_init_fn, self.multiprocessing_context),
        )
        if self.persistent_workers:
            self._kept = made
        return made

    def __del__(self) -> None:
        kept = self.__dict__.get("_kept")
        if kept is not None:
            kept.close()

    def _fetcher(self) -> Callable[[Any], Any]:
        """Return a function from indices to a batch; it raises StopIteration where a stream ends."""
        if isinstance(self.dataset, IterableDataset):
            return self._streaming()
        return self._fetch

    def _fetch(self, indices: Any) -> Any:
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[indices])
        several = getattr(self.dataset, "__getitems__", None)
        return self.collate_fn(several(indices) if several else [self.dataset[index] for index in indices])

    def _streaming(self) -> Callable[[Any], Any]:
        stream: Iterator[Any] = iter(self.dataset)

        def fetch(places: Any) -> Any:
            if self.batch_sampler is None:
                return self.collate_fn(next(stream))
            samples = list(itertools.islice(stream, len(places)))
            if not samples or (self.drop_last and len(samples) < len(places)):
                raise StopIteration
            return self.collate_fn(samples)

        return fetch


def _fetched(fetch: Callable[[Any], Any], batches: Iterator[Any]) -> Iterator[Any]:
    for indices in batches:
        try:
            batch = fetch(indices)
        except StopIteration:
            return
        yield batch


def _sampler(dataset: Any, streamed: bool, shuffle: bool, generator: Generator | None) -> Iterable[Any]:
    if streamed:
        return _Endless()
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


class _Endless:
    """The sampler of a stream, which has no indices."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


def _check_workers(count: int, timeout: float, ahead: int | None, persistent: bool) -> None:
    if count < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if not count and ahead is not None:
        raise ValueError("prefetch_factor option could only be specified in multiprocessing.")
    if ahead is not None and ahead < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and not count:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_order(streamed: bool, shuffle: bool | None, sampler: Any, batch_sampler: Any) -> None:
    if streamed:
        for name, value in (
            ("shuffle", shuffle or None),
            ("sampler", sampler),
            ("batch_sampler", batch_sampler),
        ):
            if value is not None:
                raise ValueError(
                    f"DataLoader with IterableDataset: expected unspecified {name} option, "
                    f"but got {name}={value}"
                )
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")


def _check_batches(
    size: int | None, batch_sampler: Any, shuffle: bool | None, sampler: Any, drop_last: bool
) -> None:
    if batch_sampler is not None and (size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError(
            "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
        )
    if batch_sampler is None and size is None and drop_last:
        raise ValueError(
            "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
        )
