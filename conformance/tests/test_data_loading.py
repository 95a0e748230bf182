"""Loaders: batches, orders, workers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import elements, on_cpu
from tensorcanon.spec import data
from tensorcanon.spec.rules import batches

LOADER = "torch.utils.data.DataLoader"
STREAM = """
    class Stream(torch.utils.data.IterableDataset):
        def __init__(self, count):
            self.count = count
        def __iter__(self):
            return iter(range(self.count))
"""
SIZED = """
    class Sized(torch.utils.data.IterableDataset):
        def __init__(self, count):
            self.count = count
        def __iter__(self):
            return iter(range(self.count))
        def __len__(self):
            return self.count
"""
ORDER = """
    def order(loader):
        return torch.cat([batch.reshape(-1) for batch in loader])
"""


def order(run: Run, loader: Handle) -> Handle:
    """Return the samples of one pass in a tensor."""
    return run.call("call", run.define(ORDER), loader)  # type: ignore[no-any-return]


@verifies(
    data.loaders_cut_the_samples_into_batches,
    data.loaders_count_their_batches,
    over=(*product((1, 6, 7, 100), (1, 3, 16, 200), (False, True)), (0, 3, False)),
)
def test_batches(run: Run, case: tuple[int, int, bool]) -> None:
    count, size, drop_last = case
    loader = run.call(LOADER, range(count), batch_size=size, drop_last=drop_last)
    allowed = data.loaders_cut_the_samples_into_batches(*case)
    for _ in range(2):
        run.expect(allowed, "builtins.list", loader)
    length = data.loaders_count_their_batches(*case)
    run.expect(length, "builtins.len", loader)
    run.expect(length, "call", run.define(COUNT), loader)


COUNT = """
    def count(loader):
        numbers = [number for number, batch in enumerate(loader, 0)]
        assert numbers == list(range(len(numbers)))
        return len(numbers)
"""


@verifies(
    data.shuffling_loaders_visit_every_sample_once,
    data.every_pass_shuffles_anew,
    data.shuffling_follows_the_seed,
    over=product((300, 1001), (7, 64), (False, True)),
)
def test_shuffling(run: Run, case: tuple[int, int, bool]) -> None:
    count, size, own = case
    run.require_data()
    allowed = data.shuffling_loaders_visit_every_sample_once(count)
    passes = []
    for _ in range(2):
        run.call("torch.manual_seed", 5)
        source = run.call("torch.Generator") if own else None
        if own:
            run.call("Tensor.manual_seed", source, 6)
            run.call("torch.rand", 1)
        loader = run.call(LOADER, range(count), size, shuffle=True, generator=source)
        passes.append([order(run, loader) for _ in range(2)])
    for one in passes[0]:
        run.look(allowed, one)
    run.expect(data.every_pass_shuffles_anew(False), "torch.equal", *passes[0])
    for first, second in zip(*passes, strict=True):
        run.look(data.shuffling_follows_the_seed(elements(run, first)), second)


@verifies(data.loaders_refuse_arguments_that_exclude_each_other, over=range(12))
def test_exclusive_arguments(run: Run, which: int) -> None:
    sampler = run.call("torch.utils.data.SequentialSampler", range(4))
    groups = [[0, 1], [2]]
    stream = run.call("call", run.define(STREAM), 4)
    refused: tuple[tuple[Any, dict[str, Any]], ...] = (
        (range(4), {"sampler": sampler, "shuffle": True}),
        (range(4), {"batch_sampler": groups, "batch_size": 2}),
        (range(4), {"batch_sampler": groups, "shuffle": True}),
        (range(4), {"batch_sampler": groups, "sampler": sampler}),
        (range(4), {"batch_sampler": groups, "drop_last": True}),
        (range(4), {"batch_size": None, "drop_last": True}),
        (range(4), {"num_workers": -1}),
        (range(4), {"timeout": -1}),
        (stream, {"shuffle": True}),
        (stream, {"sampler": sampler}),
        (stream, {"batch_sampler": groups}),
        (range(4), {"batch_size": 0}),
    )
    dataset, options = refused[which]
    run.call(LOADER, dataset)
    run.expect(data.loaders_refuse_arguments_that_exclude_each_other(), LOADER, dataset, **options)


@verifies(
    data.a_batch_sampler_decides_on_the_batches, over=(((0, 1), (2,)), ((3, 3, 0),), ((2,), (1,), (0,)))
)
def test_batch_samplers(run: Run, groups: tuple[tuple[int, ...], ...]) -> None:
    allowed = data.a_batch_sampler_decides_on_the_batches(groups)
    loader = run.call(LOADER, range(4), batch_sampler=[list(group) for group in groups])
    run.expect(allowed, "builtins.list", loader)
    flat = [index for group in groups for index in group]
    whole = data.a_batch_sampler_decides_on_the_batches(batches.grouped(flat, 2))
    run.expect(whole, "builtins.list", run.call(LOADER, range(4), batch_size=2, sampler=flat))


@verifies(data.loaders_without_batches_give_samples, over=(True, False))
def test_single_samples(run: Run, arrays: bool) -> None:
    allowed = data.loaders_without_batches_give_samples
    if arrays:
        samples: list[Any] = [np.array([1.5, 2.0]), np.array([[3]])]
        loader = run.call(LOADER, samples, batch_size=None)
        run.expect(allowed(samples), "builtins.list", loader)
    else:
        loader = run.call(LOADER, ["a", 2, 0.5], batch_size=None)
        run.expect(allowed(["a", 2, 0.5]), "builtins.list", loader)
        stream = run.call(LOADER, run.call("call", run.define(STREAM), 3), batch_size=None)
        run.expect(allowed([0, 1, 2]), "builtins.list", stream)


@verifies(data.batches_have_a_tensor_for_each_field, over=product((5, 6), (2, 5)))
def test_fields(run: Run, case: tuple[int, int]) -> None:
    count, size = case
    x = np.arange(3 * count, dtype=np.float32).reshape(count, 3)
    y = np.arange(count)
    dataset = run.call("torch.utils.data.TensorDataset", run.tensor(x), run.tensor(y))
    pieces = run.call("builtins.list", run.call(LOADER, dataset, size))
    for place, batch in enumerate(pieces):
        part = slice(place * size, (place + 1) * size)
        run.look(data.batches_have_a_tensor_for_each_field([x[part], y[part]]), batch)


BULK = """
    class Bulk(torch.utils.data.Dataset):
        def __init__(self):
            self.calls = []
        def __len__(self):
            return 7
        def __getitem__(self, index):
            self.calls.append(-1)
            return index
        def __getitems__(self, indices):
            self.calls.append(len(indices))
            return list(indices)
"""


@verifies(
    data.loaders_fetch_whole_batches_where_they_can,
    data.loaders_cut_the_samples_into_batches,
    over=(1, 3, 7),
)
def test_whole_batches(run: Run, size: int) -> None:
    dataset = run.call("call", run.define(BULK))
    loader = run.call(LOADER, dataset, batch_size=size)
    run.expect(data.loaders_cut_the_samples_into_batches(7, size, False), "builtins.list", loader)
    asked = [len(group) for group in batches.grouped(range(7), size)]
    allowed = data.loaders_fetch_whole_batches_where_they_can(asked)
    run.expect(allowed, "builtins.tuple", run.whole("getattr", dataset, "calls"))


@verifies(
    data.streams_are_batched_in_their_order,
    data.streams_have_the_length_they_say,
    over=(*product((1, 6, 7), (1, 3, 10), (False, True)),),
)
def test_streams(run: Run, case: tuple[int, int, bool]) -> None:
    count, size, drop_last = case
    for source in (STREAM, SIZED):
        stream = run.call("call", run.define(source), count)
        loader = run.call(LOADER, stream, batch_size=size, drop_last=drop_last)
        for _ in range(2):
            run.expect(data.streams_are_batched_in_their_order(*case), "builtins.list", loader)
        length = None if source is STREAM else len(batches.grouped(range(count), size, drop_last))
        run.expect(data.streams_have_the_length_they_say(length), "builtins.len", loader)


# Workers.


@verifies(
    data.workers_give_the_same_batches,
    data.the_main_process_shuffles_for_workers,
    over=((7, 2, False, 1), (20, 3, True, 2)),
)
def test_workers(run: Run, case: tuple[int, int, bool, int]) -> None:
    count, size, drop_last, workers = case
    run.require_data()
    loader = run.call(LOADER, range(count), size, drop_last=drop_last, num_workers=workers)
    run.expect(data.workers_give_the_same_batches(count, size, drop_last), "builtins.list", loader)
    orders = []
    for number in (0, workers):
        run.call("torch.manual_seed", 8)
        orders.append(order(run, run.call(LOADER, range(count), size, shuffle=True, num_workers=number)))
    run.look(data.the_main_process_shuffles_for_workers(elements(run, orders[0])), orders[1])


TOLD = """
    class Told(torch.utils.data.Dataset):
        def __len__(self):
            return 4
        def __getitem__(self, index):
            info = torch.utils.data.get_worker_info()
            same = info.dataset is self and info.seed == torch.initial_seed()
            return torch.tensor([info.id, info.num_workers, info.seed, int(same)])
"""
RELATIVE = """
    def relative(loader):
        rows = torch.cat(list(loader))
        rows[:, 2] = rows[:, 2] - rows[0, 2]
        return rows
"""


@verifies(data.the_main_process_is_no_worker, data.workers_know_themselves, over=(1, 2))
def test_worker_info(run: Run, workers: int) -> None:
    run.require_data()
    run.expect(data.the_main_process_is_no_worker(), "torch.utils.data.get_worker_info")
    dataset = run.call("call", run.define(TOLD))
    loader = run.call(LOADER, dataset, batch_size=1, num_workers=workers)
    rows = [[index % workers, workers, index % workers, 1] for index in range(4)]
    run.expect(data.workers_know_themselves(np.array(rows)), "call", run.define(RELATIVE), loader)
    run.expect(data.the_main_process_is_no_worker(), "torch.utils.data.get_worker_info")


RANDOM = """
    class Random(torch.utils.data.Dataset):
        def __len__(self):
            return 2
        def __getitem__(self, index):
            return torch.rand(64)
"""


@verifies(data.workers_draw_differently, over=(2,))
def test_worker_seeds(run: Run, workers: int) -> None:
    run.require_data()
    dataset = run.call("call", run.define(RANDOM))
    loader = run.call(LOADER, dataset, batch_size=1, num_workers=workers)
    allowed = data.workers_draw_differently
    run.call("torch.manual_seed", 9)
    first = run.call("builtins.list", loader)
    second = run.call("builtins.list", loader)
    run.expect(allowed(False), "torch.equal", first[0], first[1])
    run.expect(allowed(False), "torch.equal", first[0], second[0])
    run.call("torch.manual_seed", 9)
    for before, after in zip(first, run.call("builtins.list", loader), strict=True):
        run.expect(allowed(True), "torch.equal", before, after)


SORTED = """
    def gathered(loader):
        return torch.tensor(sorted(int(number) for batch in loader for number in batch))
"""


@verifies(data.every_worker_has_the_whole_stream, over=((5, 2),))
def test_streams_of_workers(run: Run, case: tuple[int, int]) -> None:
    count, workers = case
    run.require_data()
    stream = run.call("call", run.define(STREAM), count)
    loader = run.call(LOADER, stream, batch_size=2, num_workers=workers)
    run.expect(data.every_worker_has_the_whole_stream(count, workers), "call", run.define(SORTED), loader)


FAILING = """
    class Failing(torch.utils.data.Dataset):
        def __init__(self, kind):
            self.kind = kind
        def __len__(self):
            return 3
        def __getitem__(self, index):
            if index == 2:
                raise {"ValueError": ValueError, "IndexError": IndexError}[self.kind]("no sample")
            return index
"""


@verifies(data.exceptions_of_workers_keep_their_type, over=product(("ValueError", "IndexError"), (0, 1)))
def test_exceptions(run: Run, case: tuple[str, int]) -> None:
    kind, workers = case
    loader = run.call(LOADER, run.call("call", run.define(FAILING), kind), num_workers=workers)
    allowed = data.exceptions_of_workers_keep_their_type(kind)
    run.expect(allowed, "call", run.define(CAUGHT), loader)


# The frames are cleared, for they keep the pass alive: the next workers would wait for those before them.
CAUGHT = """
    import traceback
    def caught(loader):
        try:
            list(loader)
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
            return type(error).__name__
"""
INITIALISED = """
    class Initialised(torch.utils.data.Dataset):
        def __len__(self):
            return 4
        def __getitem__(self, index):
            return torch.utils.data.get_worker_info().dataset.number

    def initialise(worker):
        torch.utils.data.get_worker_info().dataset.number = 10 + worker
"""


@verifies(data.worker_init_fn_runs_in_every_worker, over=(2,))
def test_worker_init_fn(run: Run, workers: int) -> None:
    run.require_data()
    initialise = run.define(INITIALISED)
    dataset = run.call("call", run.define(INITIALISED.partition("def initialise")[0]))
    loader = run.call(LOADER, dataset, num_workers=workers, worker_init_fn=initialise)
    numbers = np.array([10 + index % workers for index in range(4)])
    run.look(data.worker_init_fn_runs_in_every_worker(numbers), order(run, loader))


@verifies(data.every_pass_draws_a_base_seed, over=(1, 2))
def test_base_seeds(run: Run, passes: int) -> None:
    run.require_data()
    on_cpu(run)
    loader = run.call(LOADER, range(6), 2)
    run.call("torch.manual_seed", 10)
    for _ in range(passes):
        run.call("torch.randint", -(2**63), 2**63 - 1, (1,))
    before = elements(run, run.call("torch.rand", 3))
    run.call("torch.manual_seed", 10)
    for _ in range(passes):
        run.call("builtins.list", loader)
    run.expect(data.every_pass_draws_a_base_seed(before), "torch.rand", 3)


@verifies(
    data.pinning_without_an_accelerator_warns, data.nothing_is_pinned_without_an_accelerator, over=(2, 3)
)
def test_pinning(run: Run, size: int) -> None:
    run.require_data()
    if run.call("torch.cuda.is_available"):
        raise Unclaimed("an accelerator")
    loader = run.call(LOADER, range(4), size, pin_memory=True)
    allowed = data.pinning_without_an_accelerator_warns(batches.grouped(range(4), size))
    first, *_ = run.expect(allowed, "builtins.list", loader)
    run.expect(data.nothing_is_pinned_without_an_accelerator(), "Tensor.is_pinned", first)
