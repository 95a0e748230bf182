"""Datasets, samplers and loaders: which samples come in which batch. Rules: `rules.batches`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .chance import Frequencies, Shuffled
from .clause import clause
from .observation import Array
from .outcome import Each, Exactly, Outcome, Raises, Warns
from .rules import batches, distributions, dtypes
from .rules.batches import Batch

_LOADING = "data#loading-batched-and-non-batched-data"
_ORDER = "data#data-loading-order-and-sampler"
_WORKERS = "data#multi-process-data-loading"
_COLLATE = "data.default_collate; data#dataloader-collate-fn"


def _batches(parts: Sequence[Sequence[int]]) -> Outcome:
    """Return the outcome of a list of tensors of int64."""
    return Each(tuple(Exactly(np.array(part, np.int64)) for part in parts), sequence="list")


# Datasets.


@clause("data.TensorDataset", covers="data.tensor-dataset")
def tensor_datasets_give_a_row_of_each_tensor(arrays: Sequence[Array], index: int) -> Outcome:
    """A TensorDataset gives, for an index, the tuple of that row of each of its tensors."""
    return Each(tuple(Exactly(np.asarray(array[index])) for array in arrays), sequence="tuple")


@clause("data.TensorDataset", covers="data.tensor-dataset")
def tensor_datasets_are_as_long_as_their_tensors(sizes: Sequence[int]) -> Outcome:
    """The length of a TensorDataset is the first size of its tensors; unequal ones are an AssertionError."""
    return Exactly(sizes[0]) if len(set(sizes)) == 1 else Raises("AssertionError")


@clause("data.Dataset", covers="data.custom-dataset")
def datasets_must_say_what_a_key_gives() -> Outcome:
    """The `__getitem__` of Dataset itself is a NotImplementedError: a subclass must have its own."""
    return Raises("NotImplementedError")


@clause("data.Dataset", covers="data.custom-dataset")
def custom_datasets_transform_their_samples(parts: Sequence[Batch]) -> Outcome:
    """What `__getitem__` of a custom dataset returns, a transform applied in it included, is the sample."""
    return Each(tuple(Exactly(part) for part in parts), sequence="list")


@clause("data.Subset", covers="data.subset-concat")
def subsets_choose_by_their_indices(numbers: Sequence[int]) -> Outcome:
    """`Subset(dataset, indices)[i]` is the sample at `indices[i]`; its length is that of the indices."""
    return Exactly(np.array(numbers, np.int64))


@clause("data.ConcatDataset; data.ChainDataset", covers="data.subset-concat")
def concatenated_datasets_follow_each_other(numbers: Sequence[int]) -> Outcome:
    """ConcatDataset and `+` give the samples of one dataset after those of the other, ChainDataset those of
    streams; a negative index counts from the end."""
    return Exactly(np.array(numbers, np.int64))


@clause("data.ConcatDataset", covers="data.subset-concat", basis="observed")
def concatenated_datasets_end(negative: bool) -> Outcome:
    """An index past the end is the error of the last dataset, one before the start a ValueError."""
    return Raises("ValueError") if negative else Raises("IndexError")


@clause("data.StackDataset", covers="data.subset-concat")
def stacked_datasets_lie_side_by_side(numbers: Sequence[int]) -> Outcome:
    """StackDataset gives a tuple, or a dict, of the samples of its datasets at one index."""
    return Exactly(tuple(numbers))


@clause("data.random_split", covers="data.random-split")
def random_split_gives_every_sample_once(count: int) -> Outcome:
    """The parts of `random_split` have, together, every index of the dataset once, in random order."""
    return Shuffled(dtypes.int64, (count,), items=np.arange(count))


@clause("data.random_split", covers="data.random-split")
def random_split_cuts_by_lengths_or_shares(count: int, lengths: Sequence[float]) -> Outcome:
    """Lengths that sum up to the dataset's are taken as they are; shares that sum to 1 are rounded down and
    what is left goes to the parts in turn. Other lengths are a ValueError."""
    sizes = batches.split_sizes(count, lengths)
    return Raises("ValueError") if sizes is None else Exactly(tuple(sizes))


@clause("data.random_split; torch.Generator", covers="data.random-split")
def random_split_draws_from_its_generator(before: Array) -> Outcome:
    """Equal seeds of the generator given to `random_split` give equal parts, whatever else is drawn."""
    return Exactly(before)


# Samplers.


@clause("data.SequentialSampler; data.BatchSampler", covers=("data.batch-sampler", "data.samplers"))
def batch_samplers_group_a_sampler(indices: Sequence[int], size: int, drop_last: bool) -> Outcome:
    """BatchSampler gives lists of so many indices of a sampler, the last one shorter or dropped."""
    groups = batches.grouped(indices, size, drop_last)
    return Exactly(tuple(groups)) if groups else Each((), sequence="tuple")


@clause("data.BatchSampler", covers="data.batch-sampler")
def a_batch_sampler_decides_on_the_batches(parts: Sequence[Sequence[int]]) -> Outcome:
    """Each list of indices of `batch_sampler` becomes one batch."""
    return _batches(parts)


@clause("data.RandomSampler; data.SubsetRandomSampler", covers="data.samplers")
def random_samplers_shuffle(items: Array) -> Outcome:
    """RandomSampler gives each index of a dataset once in random order, SubsetRandomSampler each of those
    given."""
    return Shuffled(dtypes.int64, items.shape, items=items)


@clause("data.RandomSampler", covers="data.samplers")
def random_samplers_repeat_only_with_replacement(count: int, draws: int) -> Outcome:
    """RandomSampler with `replacement` draws every index equally often, independent of the others."""
    return Frequencies(dtypes.int64, (draws,), cells=distributions.integers(0, count))


@clause("data.WeightedRandomSampler", covers="data.samplers")
def weighted_samplers_draw_by_weight(weights: Sequence[float], draws: int) -> Outcome:
    """WeightedRandomSampler draws so many indices, each in proportion to its weight."""
    return Frequencies(dtypes.int64, (draws,), cells=distributions.weighted(weights))


@clause("data.RandomSampler; data.WeightedRandomSampler", covers="data.samplers")
def samplers_know_their_length(count: int) -> Outcome:
    """The length of a sampler is the number of its indices, `num_samples` where it is given."""
    return Exactly(count)


# Loaders.


@clause(f"{_LOADING}; {_ORDER}", covers=("data.loader-batches", "data.loader-order"))
def loaders_cut_the_samples_into_batches(count: int, size: int, drop_last: bool) -> Outcome:
    """A loader gives the samples in the order of their indices, so many a batch, at every pass; the last
    batch is shorter, or missing with `drop_last`."""
    return _batches(batches.grouped(range(count), size, drop_last))


@clause("data.DataLoader", covers=("data.loader-batches", "data.iteration-count"))
def loaders_count_their_batches(count: int, size: int, drop_last: bool) -> Outcome:
    """The length of a loader is its number of batches, which each pass has, counted from 0."""
    return Exactly(len(batches.grouped(range(count), size, drop_last)))


@clause(_ORDER, covers="data.loader-shuffle")
def shuffling_loaders_visit_every_sample_once(count: int) -> Outcome:
    """With `shuffle=True` each pass has every sample once, in random order."""
    return Shuffled(dtypes.int64, (count,), items=np.arange(count))


@clause(_ORDER, covers="data.loader-shuffle")
def every_pass_shuffles_anew(equal: bool) -> Outcome:
    """Two passes with `shuffle=True` have different orders."""
    assert not equal
    return Exactly(equal)


@clause(f"{_ORDER}; notes/randomness", covers="data.loader-shuffle")
def shuffling_follows_the_seed(before: Array) -> Outcome:
    """The same seed, of the default generator or of the one given, shuffles alike."""
    return Exactly(before)


@clause("data.DataLoader", covers="data.loader-exclusive-args")
def loaders_refuse_arguments_that_exclude_each_other() -> Outcome:
    """A sampler with `shuffle`, a batch sampler with whatever it decides on, `drop_last` without batches, a
    negative number of workers, and `shuffle` or a sampler for a stream are a ValueError."""
    return Raises("ValueError")


@clause("data#disable-automatic-batching", covers="data.no-batching")
def loaders_without_batches_give_samples(samples: Sequence[Any]) -> Outcome:
    """With `batch_size=None` a loader gives the samples one by one: arrays become tensors, the rest stays."""
    return Each(tuple(Exactly(sample) for sample in samples), sequence="list")


@clause("data.TensorDataset; data.default_collate", covers="data.batch-unpack")
def batches_have_a_tensor_for_each_field(fields: Sequence[Array]) -> Outcome:
    """A batch of tuples has one item for each field, in order, that stacks the field of all samples."""
    return Each(tuple(Exactly(field) for field in fields))


@clause("data.Dataset", covers="data.getitems", basis="observed")
def loaders_fetch_whole_batches_where_they_can(calls: Sequence[int]) -> Outcome:
    """A dataset with `__getitems__` is asked once a batch, with all the indices of the batch."""
    return Exactly(tuple(calls))


@clause("data#iterable-style-datasets", covers="data.iterable")
def streams_are_batched_in_their_order(count: int, size: int, drop_last: bool) -> Outcome:
    """An IterableDataset is cut into batches in the order in which its samples come."""
    return _batches(batches.grouped(range(count), size, drop_last))


@clause("data#iterable-style-datasets; data.IterableDataset", covers="data.iterable", basis="observed")
def streams_have_the_length_they_say(length: int | None) -> Outcome:
    """The length of a loader of a stream follows from the `__len__` of the stream, else it is a TypeError."""
    return Raises("TypeError") if length is None else Exactly(length)


# Collation.


@clause(_COLLATE, covers="data.collate")
def collation_stacks_tensors(stacked: Array) -> Outcome:
    """Tensors and arrays are stacked along a new first dimension; numbers become a tensor: floats float64,
    integers int64, bools bool, scalars of NumPy their own type."""
    return Exactly(stacked)


@clause(_COLLATE, covers="data.collate")
def collation_goes_into_containers(fields: Sequence[Any]) -> Outcome:
    """Samples that are mappings, tuples, named tuples or lists are collated field by field."""
    return Each(tuple(Exactly(field) for field in fields))


@clause(_COLLATE, covers="data.collate")
def collation_keeps_strings(strings: Sequence[str]) -> Outcome:
    """Strings are kept as they are, in a list."""
    return Each(tuple(map(Exactly, strings)), sequence="list")


@clause(_COLLATE, covers="data.collate", basis="observed")
def collation_refuses_what_does_not_fit(kind: str) -> Outcome:
    """Tensors of different shapes and sequences of different lengths are a RuntimeError, samples of a type
    that is not known a TypeError."""
    return Raises(kind)


@clause(_COLLATE, covers="data.collate-tuple-list", level="extended")
def collated_tuples_are_tuples(fields: Sequence[Array]) -> Outcome:
    """A batch of tuples is a tuple of collated fields."""
    return Each(tuple(Exactly(field) for field in fields), sequence="tuple")


@clause("data#dataloader-collate-fn", covers="data.collate-fn")
def collate_fn_makes_the_batch(parts: Sequence[Any]) -> Outcome:
    """A function given as `collate_fn` takes the list of samples, and what it returns is the batch."""
    return Each(tuple(Exactly(part) for part in parts), sequence="list")


# Workers.


@clause(_WORKERS, covers="data.worker-equivalence")
def workers_give_the_same_batches(count: int, size: int, drop_last: bool) -> Outcome:
    """A loader with worker processes gives the batches of one without, in the same order."""
    return _batches(batches.grouped(range(count), size, drop_last))


@clause(_WORKERS, covers="data.worker-equivalence")
def the_main_process_shuffles_for_workers(before: Array) -> Outcome:
    """The order of a shuffled pass is drawn in the main process: the same with workers as without."""
    return Exactly(before)


@clause("data.get_worker_info", covers="data.worker-info")
def the_main_process_is_no_worker() -> Outcome:
    """`get_worker_info` gives None in the main process."""
    return Exactly(None)


@clause("data.get_worker_info", covers="data.worker-info")
def workers_know_themselves(rows: Array) -> Outcome:
    """In a worker `get_worker_info` tells its number, how many there are, its dataset, and its seed: the one
    of worker 0 plus its number, which is its `torch.initial_seed`."""
    return Exactly(rows)


@clause(
    "data#data-loading-randomness; notes/randomness#dataloader",
    covers="data.worker-seeds",
    level="extended",
)
def workers_draw_differently(equal: bool) -> Outcome:
    """Workers draw different random numbers, each pass others, and the same again after the same seed."""
    return Exactly(equal)


@clause("data#iterable-style-datasets", covers="data.iterable-workers-duplicate", level="extended")
def every_worker_has_the_whole_stream(count: int, workers: int) -> Outcome:
    """A stream that is not divided among the workers comes once from each."""
    return Exactly(np.repeat(np.arange(count), workers))


@clause(_WORKERS, covers="data.worker-exception", level="extended", basis="observed")
def exceptions_of_workers_keep_their_type(kind: str) -> Outcome:
    """An exception in a worker is raised in the main process with its type."""
    return Exactly(kind)


@clause("data.DataLoader", covers="data.worker-info")
def worker_init_fn_runs_in_every_worker(numbers: Array) -> Outcome:
    """`worker_init_fn` is called in each worker with its number, before the first sample is fetched."""
    return Exactly(numbers)


@clause("data#data-loading-randomness", covers="data.seed-consumption", level="extended")
def every_pass_draws_a_base_seed(before: Array) -> Outcome:
    """Each pass draws one integer of 64 bits from the default generator, even without workers."""
    return Exactly(before)


@clause("data#memory-pinning", covers="data.pin-memory-cpu", level="extended")
def pinning_without_an_accelerator_warns(parts: Sequence[Sequence[int]]) -> Outcome:
    """Without an accelerator `pin_memory=True` changes nothing but gives a warning."""
    return Warns("UserWarning", _batches(parts))


@clause("data#memory-pinning", covers="data.pin-memory-cpu", level="extended")
def nothing_is_pinned_without_an_accelerator() -> Outcome:
    """Batches are not pinned then."""
    return Exactly(False)
