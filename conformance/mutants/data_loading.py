"""Faults of loaders and workers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tensorcanon.reference.random import get_rng_state, set_rng_state
from tensorcanon.reference.utils.data import workers
from tensorcanon.spec import data

from .mutant import Mutant, attribute, mutant

Call = Callable[..., Any]
_LOADING = "utils.data.loading"
_WORKERS = "utils.data.workers"


def _indices_for_samples(original: Call) -> Call:
    def fetch(self: Any, indices: Any) -> Any:
        return self.collate_fn(indices) if isinstance(indices, list) else original(self, indices)

    return fetch


def _one_by_one(original: Call) -> Call:
    def fetch(self: Any, indices: Any) -> Any:
        if isinstance(indices, list):
            return self.collate_fn([self.dataset[index] for index in indices])
        return original(self, indices)

    return fetch


def _collated_again(original: Call) -> Call:
    def init(self: Any, dataset: Any, *args: Any, collate_fn: Any = None, **options: Any) -> None:
        original(self, dataset, *args, **options)

    return init


def _unconverted(original: Call) -> Call:
    return lambda sample: sample


def _sorted_groups(original: Call) -> Call:
    def init(self: Any, dataset: Any, *args: Any, batch_sampler: Any = None, **options: Any) -> None:
        groups = None if batch_sampler is None else [sorted(set(group)) for group in batch_sampler][:1]
        original(self, dataset, *args, batch_sampler=groups, **options)

    return init


def _whole_batches_only(original: Call) -> Call:
    def streaming(self: Any) -> Callable[[Any], Any]:
        fetch = original(self)

        def fetched(places: Any) -> Any:
            batch = fetch(places)
            if isinstance(places, list) and len(batch) < len(places):
                raise StopIteration
            return batch

        return fetched

    return streaming


def _says_nothing(original: Call) -> Call:
    def length(self: Any) -> int:
        try:
            return original(self)  # type: ignore[no-any-return]
        except TypeError:
            return 0

    return length


def _last_first(original: Call) -> Call:
    def following(self: Any) -> Any:
        if len(self._due) > 1:
            self._due.rotate(1)
        return original(self)

    return following


def _seeded_alike(original: Call) -> Call:
    return lambda base_seed, worker: original(base_seed, 0)


def _unseeded(original: Call) -> Call:
    return lambda base_seed, worker: None


def _numbered_from_one(original: Call) -> Call:
    def work(info: Any, *args: Any) -> Any:
        return original(replace(info, id=info.id + 1), *args)

    return work


def _unprepared(original: Call) -> Call:
    def work(info: Any, base_seed: int, fetcher: Any, prepare: Any, *queues: Any) -> Any:
        return original(info, base_seed, fetcher, None, *queues)

    return work


def _shared_stream(original: Call) -> Call:
    """The stream is divided among the workers unasked."""

    def streaming(self: Any) -> Callable[[Any], Any]:
        info = workers.get_worker_info()
        fetch = original(self)
        if info is None:
            return fetch  # type: ignore[no-any-return]

        turns = itertools.count()

        def fetched(places: Any) -> Any:
            while True:
                batch = fetch(places)
                if next(turns) % info.num_workers == info.id:
                    return batch

        return fetched

    return streaming


def _as_runtime_error(original: Call) -> Call:
    return lambda self: RuntimeError(self.message)


def _without_a_base_seed(original: Call) -> Call:
    def iterate(self: Any) -> Iterator[Any]:
        if self.num_workers:
            return original(self)  # type: ignore[no-any-return]
        state = get_rng_state()
        made = original(self)
        set_rng_state(state)
        return made  # type: ignore[no-any-return]

    return iterate


def _quiet(original: Call) -> Call:
    def iterate(self: Any) -> Iterator[Any]:
        pinned, self.pin_memory = self.pin_memory, False
        made = original(self)
        self.pin_memory = pinned
        return made  # type: ignore[no-any-return]

    return iterate


def _nothing(original: Call) -> Call:
    return lambda *args: None


MUTANTS: list[Mutant] = [
    mutant(
        "loaders_give_indices",
        data.custom_datasets_transform_their_samples,
        attribute(f"{_LOADING}:DataLoader._fetch", _indices_for_samples),
    ),
    mutant(
        "whole_batches_are_fetched_one_by_one",
        data.loaders_fetch_whole_batches_where_they_can,
        attribute(f"{_LOADING}:DataLoader._fetch", _one_by_one),
    ),
    mutant(
        "collate_fn_is_ignored",
        data.collate_fn_makes_the_batch,
        attribute(f"{_LOADING}:DataLoader.__init__", _collated_again),
    ),
    mutant(
        "single_samples_are_not_converted",
        data.loaders_without_batches_give_samples,
        attribute(f"{_LOADING}:default_convert", _unconverted),
    ),
    mutant(
        "a_batch_sampler_is_sorted",
        data.a_batch_sampler_decides_on_the_batches,
        attribute(f"{_LOADING}:DataLoader.__init__", _sorted_groups),
    ),
    mutant(
        "loaders_take_arguments_that_exclude_each_other",
        data.loaders_refuse_arguments_that_exclude_each_other,
        attribute(f"{_LOADING}:_check_batches", _nothing),
    ),
    mutant(
        "loaders_take_a_sampler_for_a_stream",
        data.loaders_refuse_arguments_that_exclude_each_other,
        attribute(f"{_LOADING}:_check_order", _nothing),
    ),
    mutant(
        "the_end_of_a_stream_is_lost",
        data.streams_are_batched_in_their_order,
        attribute(f"{_LOADING}:DataLoader._streaming", _whole_batches_only),
    ),
    mutant(
        "a_stream_without_a_length_has_none",
        data.streams_have_the_length_they_say,
        attribute(f"{_LOADING}:DataLoader.__len__", _says_nothing),
    ),
    mutant(
        "batches_of_workers_come_out_of_order",
        data.workers_give_the_same_batches,
        attribute(f"{_WORKERS}:Pass.__next__", _last_first),
    ),
    mutant(
        "workers_have_one_seed",
        (data.workers_know_themselves, data.workers_draw_differently),
        attribute(f"{_WORKERS}:_seed_all", _seeded_alike),
    ),
    mutant(
        "workers_keep_the_stream_of_the_main_process",
        data.workers_draw_differently,
        attribute(f"{_WORKERS}:_seed_all", _unseeded),
    ),
    mutant(
        "workers_count_from_one",
        data.workers_know_themselves,
        attribute(f"{_WORKERS}:_work", _numbered_from_one),
    ),
    mutant(
        "the_main_process_is_worker_0",
        data.the_main_process_is_no_worker,
        attribute("utils.data:get_worker_info", lambda original: lambda: original() or 0),
    ),
    mutant(
        "worker_init_fn_is_not_called",
        data.worker_init_fn_runs_in_every_worker,
        attribute(f"{_WORKERS}:_work", _unprepared),
    ),
    mutant(
        "a_stream_is_divided_among_workers",
        data.every_worker_has_the_whole_stream,
        attribute(f"{_LOADING}:DataLoader._streaming", _shared_stream),
    ),
    mutant(
        "exceptions_of_workers_are_runtime_errors",
        data.exceptions_of_workers_keep_their_type,
        attribute(f"{_WORKERS}:Raised.again", _as_runtime_error),
    ),
    mutant(
        "a_pass_without_workers_draws_nothing",
        data.every_pass_draws_a_base_seed,
        attribute(f"{_LOADING}:DataLoader.__iter__", _without_a_base_seed),
    ),
    mutant(
        "pinning_is_ignored_in_silence",
        data.pinning_without_an_accelerator_warns,
        attribute(f"{_LOADING}:DataLoader.__iter__", _quiet),
    ),
    mutant(
        "every_batch_is_pinned",
        data.nothing_is_pinned_without_an_accelerator,
        attribute("tensor:Tensor.is_pinned", lambda original: lambda self: True),
    ),
]
