"""Datasets, samplers and collation."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import elements
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import data
from tensorcanon.spec.rules import dtypes

SPACE = "torch.utils.data"
SQUARES = """
    class Squares(torch.utils.data.Dataset):
        def __init__(self, count, transform=None):
            self.count, self.transform = count, transform
        def __len__(self):
            return self.count
        def __getitem__(self, index):
            if not 0 <= index < self.count:
                raise IndexError(index)
            sample = torch.tensor(index * index)
            return sample if self.transform is None else self.transform(sample)
"""
NEGATE = """
    def negate(sample):
        return -sample
"""
STREAM = """
    class Stream(torch.utils.data.IterableDataset):
        def __init__(self, start, stop):
            self.numbers = range(start, stop)
        def __iter__(self):
            return iter(self.numbers)
"""
ORDER = """
    def order(indices):
        return torch.tensor(list(indices), dtype=torch.int64)
"""


def make(run: Run, source: str, *args: Any) -> Handle:
    """Return an instance of a class given by its source."""
    return run.call("call", run.define(source), *args)  # type: ignore[no-any-return]


def order(run: Run, indices: Any) -> Handle:
    """Return the indices of a sampler or a list as a tensor."""
    return run.call("call", run.define(ORDER), indices)  # type: ignore[no-any-return]


def numbers(count: int) -> np.ndarray[Any, Any]:
    return np.arange(count)


@verifies(
    data.tensor_datasets_give_a_row_of_each_tensor,
    data.tensor_datasets_are_as_long_as_their_tensors,
    over=((5,), (1,), (3, 3), (4, 4, 4), (0,), (3, 2), (2, 3, 2)),
)
def test_tensor_datasets(run: Run, sizes: tuple[int, ...]) -> None:
    arrays = [np.arange(size * width).reshape(size, width) for width, size in enumerate(sizes, start=1)]
    tensors = [run.tensor(array) for array in arrays]
    allowed = data.tensor_datasets_are_as_long_as_their_tensors(sizes)
    if len(set(sizes)) > 1:
        run.expect(allowed, f"{SPACE}.TensorDataset", *tensors)
        return
    dataset = run.call(f"{SPACE}.TensorDataset", *tensors)
    run.expect(allowed, "builtins.len", dataset)
    for index in range(sizes[0]):
        row = data.tensor_datasets_give_a_row_of_each_tensor(arrays, index)
        run.expect(row, "operator.getitem", dataset, index)


@verifies(
    data.datasets_must_say_what_a_key_gives, data.custom_datasets_transform_their_samples, over=(1, 4, 7)
)
def test_custom_datasets(run: Run, count: int) -> None:
    empty = run.call(f"{SPACE}.Dataset")
    run.expect(data.datasets_must_say_what_a_key_gives(), "operator.getitem", empty, 0)
    dataset = make(run, SQUARES, count, run.define(NEGATE))
    loader = run.call(f"{SPACE}.DataLoader", dataset, batch_size=3)
    squares = -(numbers(count) ** 2)
    parts = [squares[start : start + 3] for start in range(0, count, 3)]
    run.expect(data.custom_datasets_transform_their_samples(parts), "builtins.list", loader)


@verifies(data.subsets_choose_by_their_indices, over=((3, 0, 0), (), (4,), (1, 3, 2, 0)))
def test_subsets(run: Run, indices: tuple[int, ...]) -> None:
    dataset = make(run, SQUARES, 5)
    subset = run.call(f"{SPACE}.Subset", dataset, list(indices))
    squares = [index * index for index in indices]
    run.expect(data.subsets_choose_by_their_indices(squares), "call", run.define(ORDER), subset)
    nested = run.call(f"{SPACE}.Subset", subset, list(range(len(indices)))[::-1])
    run.expect(data.subsets_choose_by_their_indices(squares[::-1]), "call", run.define(ORDER), nested)


@verifies(
    data.concatenated_datasets_follow_each_other,
    data.concatenated_datasets_end,
    over=((2, 3), (1, 0, 4), (3,)),
)
def test_concatenated_datasets(run: Run, counts: tuple[int, ...]) -> None:
    datasets = [make(run, SQUARES, count) for count in counts]
    squares = [number * number for count in counts for number in range(count)]
    allowed = data.concatenated_datasets_follow_each_other
    whole = run.call(f"{SPACE}.ConcatDataset", datasets)
    run.expect(allowed(squares), "call", run.define(ORDER), whole)
    for index in range(-len(squares), len(squares)):
        sample = run.call("operator.getitem", whole, index)
        run.look(allowed(squares[index : index + 1 or None]), run.call("torch.reshape", sample, (1,)))
    run.expect(data.concatenated_datasets_end(False), "operator.getitem", whole, len(squares))
    run.expect(data.concatenated_datasets_end(True), "operator.getitem", whole, -len(squares) - 1)
    if len(datasets) == 2:
        run.expect(allowed(squares), "call", run.define(ORDER), run.call("operator.add", *datasets))
    streams = [make(run, STREAM, 10 * place, 10 * place + count) for place, count in enumerate(counts)]
    chain = run.call(f"{SPACE}.ChainDataset", streams)
    chained = [10 * place + number for place, count in enumerate(counts) for number in range(count)]
    run.expect(allowed(chained), "call", run.define(ORDER), chain)


@verifies(data.stacked_datasets_lie_side_by_side, over=(0, 2, 4))
def test_stacked_datasets(run: Run, index: int) -> None:
    pair = range(5), range(10, 15)
    by_place = run.call(f"{SPACE}.StackDataset", *pair)
    allowed = data.stacked_datasets_lie_side_by_side
    run.expect(allowed((index, 10 + index)), "operator.getitem", by_place, index)
    by_name = run.call(f"{SPACE}.StackDataset", a=pair[0], b=pair[1])
    sample = run.whole("operator.getitem", by_name, index)
    run.expect(allowed((index, 10 + index)), "call", run.define("def pick(x): return x['a'], x['b']"), sample)


SPLITS: tuple[tuple[int, tuple[float, ...]], ...] = (
    *((500, (100, 400)), (500, (500,)), (501, (0.5, 0.5)), (500, (0.25, 0.25, 0.5)), (7, (3, 3))),
    *((500, (0.7, 0.2, 0.1)), (500, (200, 0, 300)), (10, (0.5, 0.4)), (10, (11,)), (503, (1.0,))),
)
PARTS = """
    def parts(subsets):
        return torch.tensor([int(index) for subset in subsets for index in subset.indices])
"""
SIZES = """
    def sizes(subsets):
        return tuple(len(subset) for subset in subsets)
"""


@verifies(
    data.random_split_gives_every_sample_once,
    data.random_split_cuts_by_lengths_or_shares,
    data.random_split_draws_from_its_generator,
    over=SPLITS,
)
def test_random_split(run: Run, case: tuple[int, tuple[float, ...]]) -> None:
    count, lengths = case
    run.require_data()
    allowed = data.random_split_cuts_by_lengths_or_shares(count, lengths)
    split = f"{SPACE}.random_split"
    run.call("torch.manual_seed", 1)
    if abs(sum(lengths) - 1) > 1e-9 and sum(lengths) != count:
        run.expect(allowed, split, range(count), list(lengths))
        return
    subsets = run.whole(split, range(count), list(lengths))
    run.expect(allowed, "call", run.define(SIZES), subsets)
    run.expect(data.random_split_gives_every_sample_once(count), "call", run.define(PARTS), subsets)
    before: Any = None
    for seed in (1, 2):
        source = run.call("Tensor.manual_seed", run.call("torch.Generator"), 5)
        run.call("torch.manual_seed", seed)
        subsets = run.whole(split, range(count), list(lengths), generator=source)
        parts = run.call("call", run.define(PARTS), subsets)
        before = elements(run, parts) if before is None else before
        run.look(data.random_split_draws_from_its_generator(before), parts)


GROUPS = """
    def groups(sampler):
        return tuple(tuple(batch) for batch in sampler)
"""


@verifies(
    data.batch_samplers_group_a_sampler,
    data.samplers_know_their_length,
    over=product((0, 1, 6, 7), (1, 2, 3, 10), (False, True)),
)
def test_batch_samplers(run: Run, case: tuple[int, int, bool]) -> None:
    count, size, drop_last = case
    sequential = run.call(f"{SPACE}.SequentialSampler", range(count))
    run.expect(data.samplers_know_their_length(count), "builtins.len", sequential)
    for sampler in (sequential, range(count)):
        batches = run.call(f"{SPACE}.BatchSampler", sampler, size, drop_last)
        allowed = data.batch_samplers_group_a_sampler(range(count), size, drop_last)
        run.expect(allowed, "call", run.define(GROUPS), batches)
        length = count // size if drop_last else -(-count // size)
        run.expect(data.samplers_know_their_length(length), "builtins.len", batches)


@verifies(data.random_samplers_shuffle, data.samplers_know_their_length, over=(1, 2, 5, 300, 3000))
def test_random_samplers(run: Run, count: int) -> None:
    run.require_data()
    run.call("torch.manual_seed", 2)
    allowed = data.random_samplers_shuffle(numbers(count))
    sampler = run.call(f"{SPACE}.RandomSampler", range(count))
    for _ in range(2):
        run.look(allowed, order(run, sampler))
    run.expect(data.samplers_know_their_length(count), "builtins.len", sampler)
    own = run.call(f"{SPACE}.RandomSampler", range(count), generator=run.call("torch.Generator"))
    run.look(allowed, order(run, own))
    given = (7 * numbers(count) + 3).tolist()
    chosen = run.call(f"{SPACE}.SubsetRandomSampler", given)
    run.look(data.random_samplers_shuffle(np.array(given)), order(run, chosen))
    run.expect(data.samplers_know_their_length(count), "builtins.len", chosen)


@verifies(
    data.random_samplers_repeat_only_with_replacement, data.samplers_know_their_length, over=(2, 5, 8, 100)
)
def test_samplers_with_replacement(run: Run, count: int) -> None:
    run.require_data()
    run.call("torch.manual_seed", 3)
    sampler = run.call(f"{SPACE}.RandomSampler", range(count), replacement=True, num_samples=2000)
    run.look(data.random_samplers_repeat_only_with_replacement(count, 2000), order(run, sampler))
    run.expect(data.samplers_know_their_length(2000), "builtins.len", sampler)


@verifies(
    data.weighted_samplers_draw_by_weight,
    data.samplers_know_their_length,
    over=((1.0, 9.0), (0.0, 1.0, 0.25, 4.0), (3.0, 3.0, 3.0, 0.0)),
)
def test_weighted_samplers(run: Run, weights: tuple[float, ...]) -> None:
    run.require_data()
    run.call("torch.manual_seed", 4)
    sampler = run.call(f"{SPACE}.WeightedRandomSampler", list(weights), 2000)
    run.look(data.weighted_samplers_draw_by_weight(weights, 2000), order(run, sampler))
    run.expect(data.samplers_know_their_length(2000), "builtins.len", sampler)
    own = run.call("torch.Generator")
    again = run.call(f"{SPACE}.WeightedRandomSampler", list(weights), 2000, True, own)
    run.look(data.weighted_samplers_draw_by_weight(weights, 2000), order(run, again))


# Collation.


def draw_arrays(tape: Tape) -> list[np.ndarray[Any, Any]]:
    dtype = tape.choose(tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bfloat16))
    shape = tape.choose(((), (3,), (2, 3), (0,), (1, 2, 2)))
    return [
        (tape.take(int(np.prod(shape))) % 2).reshape(shape).astype(dtype.storage)
        for _ in range(tape.between(1, 4))
    ]


@verifies(data.collation_stacks_tensors, drawn=draw_arrays)
def test_collation_of_tensors(run: Run, arrays: list[np.ndarray[Any, Any]]) -> None:
    allowed = data.collation_stacks_tensors(np.stack(arrays))
    collate = f"{SPACE}.default_collate"
    run.expect(allowed, collate, [run.tensor(array) for array in arrays])
    run.expect(allowed, collate, arrays)


@verifies(
    data.collation_stacks_tensors,
    over=((0.1, 2.5), (1, 2, 2**40), (True, False), (np.float32(1.5), np.float32(2)), (np.int16(3),) * 2),
)
def test_collation_of_numbers(run: Run, samples: tuple[Any, ...]) -> None:
    stacked = np.array(samples)
    run.expect(data.collation_stacks_tensors(stacked), f"{SPACE}.default_collate", list(samples))


UNPACK = """
    def unpacked(batch):
        return tuple(batch.values()) if isinstance(batch, dict) else tuple(batch)
"""
POINT = """
    import collections
    Point = collections.namedtuple("Point", "x y")
    def points(pairs):
        batch = torch.utils.data.default_collate([Point(*pair) for pair in pairs])
        return (batch.x, batch.y, torch.tensor(type(batch) is Point))
"""


@verifies(
    data.collation_goes_into_containers,
    data.collation_keeps_strings,
    data.collated_tuples_are_tuples,
    over=(((1, 2.5), (3, 0.25)), ((4, -1.0),)),
)
def test_collation_of_containers(run: Run, pairs: tuple[tuple[int, float], ...]) -> None:
    collate = f"{SPACE}.default_collate"
    fields = [np.array(field) for field in zip(*pairs, strict=True)]
    allowed = data.collation_goes_into_containers(fields)
    run.expect(data.collated_tuples_are_tuples(fields), collate, list(pairs))
    run.expect(allowed, collate, [list(pair) for pair in pairs])
    mapped = run.call(collate, [{"a": a, "b": b} for a, b in pairs])
    run.expect(allowed, "call", run.define(UNPACK), mapped)
    nested = run.call(collate, [{"a": {"b": pair}} for pair in pairs])
    for key in "ab":
        nested = run.whole("operator.getitem", nested, key)
    run.expect(allowed, "call", run.define(UNPACK), nested)
    named = data.collation_goes_into_containers([*fields, np.array(True)])
    run.expect(named, "call", run.define(POINT), list(pairs))
    run.expect(data.collation_keeps_strings(("a", "bc")), collate, ["a", "bc"])


@verifies(
    data.collation_refuses_what_does_not_fit,
    over=(("RuntimeError", 0), ("RuntimeError", 1), ("TypeError", 2), ("TypeError", 3)),
)
def test_collation_refusals(run: Run, case: tuple[str, int]) -> None:
    kind, which = case
    collate = f"{SPACE}.default_collate"
    run.call(collate, [run.tensor(np.ones(2)), run.tensor(np.ones(2))])
    refused = data.collation_refuses_what_does_not_fit(kind)
    match which:
        case 0:
            run.expect(refused, collate, [run.tensor(np.ones(2)), run.tensor(np.ones(3))])
        case 1:
            run.expect(refused, collate, [[1, 2], [1]])
        case 2:
            run.expect(refused, collate, [None, None])
        case _:
            thing = run.define("def thing(): pass")
            run.expect(refused, collate, [thing, thing])


SUM = """
    def total(samples):
        return torch.tensor([len(samples), sum(samples)])
"""


@verifies(data.collate_fn_makes_the_batch, over=product((5, 6), (2, 3)))
def test_collate_fn(run: Run, case: tuple[int, int]) -> None:
    count, size = case
    loader = run.call(f"{SPACE}.DataLoader", range(count), batch_size=size, collate_fn=run.define(SUM))
    parts = [range(start, min(start + size, count)) for start in range(0, count, size)]
    allowed = data.collate_fn_makes_the_batch([np.array([len(part), sum(part)]) for part in parts])
    run.expect(allowed, "builtins.list", loader)
    first = run.define("def first(samples): return samples[0]")
    same = run.call(f"{SPACE}.DataLoader", range(count), size, collate_fn=first)
    run.expect(data.collate_fn_makes_the_batch([part[0] for part in parts]), "builtins.list", same)
