"""Faults of datasets, samplers and collation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import data

from .mutant import Mutant, attribute, mutant

Call = Callable[..., Any]
_SETS = "utils.data.datasets"
_SAMPLERS = "utils.data.samplers"
_COLLATING = "utils.data.collating"


def _columns(original: Call) -> Call:
    def getitem(self: Any, index: Any) -> Any:
        return original(self, index)[:1] * len(self.tensors)

    return getitem


def _of_the_first(original: Call) -> Call:
    return lambda self, idx: original(self, idx % self.cumulative_sizes[0] if idx < 0 else idx)


def _sequential_split(original: Call) -> Call:
    def random_split(dataset: Any, lengths: Any, generator: Any = None) -> Any:
        parts = original(dataset, lengths, generator)
        places = iter(range(len(dataset)))
        for part in parts:
            part.indices = list(itertools.islice(places, len(part.indices)))
        return parts

    return random_split


def _rest_to_the_last(original: Call) -> Call:
    def shares(total: int, fractions: Sequence[float]) -> list[int]:
        parts = [int(total * fraction) for fraction in fractions]
        parts[-1] += total - sum(parts)
        return parts

    return shares


def _default_generator(original: Call) -> Call:
    return lambda dataset, lengths, generator=None: original(dataset, lengths)


def _keeps_the_rest(original: Call) -> Call:
    def iterate(self: Any) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            yield batch

    return iterate


def _in_order(original: Call) -> Call:
    def iterate(self: Any) -> Iterator[int]:
        items = getattr(self, "indices", None)
        yield from range(len(self.data_source)) if items is None else items

    return iterate


def _once(original: Call) -> Call:
    """The order of the first pass is kept."""

    def iterate(self: Any) -> Iterator[int]:
        if "kept" not in self.__dict__:
            self.kept = list(original(self))
        yield from self.kept

    return iterate


def _with_replacement(original: Call) -> Call:
    def iterate(self: Any) -> Iterator[int]:
        yield from ops.randint(len(self.data_source), (self.num_samples,)).tolist()

    return iterate


def _cycles(original: Call) -> Call:
    def drawn(self: Any, generator: Any) -> Iterator[int]:
        yield from itertools.cycle(range(len(self.data_source)))

    return drawn


def _unweighted(original: Call) -> Call:
    def iterate(self: Any) -> Iterator[int]:
        yield from ops.randint(self.weights.numel(), (self.num_samples,)).tolist()

    return iterate


def _from_the_system(original: Call) -> Call:
    def drawn_seed(generator: Any) -> int:
        original(generator)
        return int(np.random.SeedSequence().generate_state(1)[0])

    return drawn_seed


def _joins(original: Call) -> Call:
    def collate(batch: Any) -> Any:
        made = original(batch)
        return made.transpose(0, 1) if isinstance(made, Tensor) and made.ndim > 1 else made

    return collate


def _floats_in_default_type(original: Call) -> Call:
    def collate(batch: Any) -> Any:
        made = original(batch)
        floats = isinstance(made, Tensor) and isinstance(batch[0], float)
        return made.to(dtypes.float32) if floats else made

    return collate


def _joined_strings(original: Call) -> Call:
    def collate(batch: Any) -> Any:
        return tuple(batch) if isinstance(batch[0], str) else original(batch)

    return collate


def _cut_to_fit(original: Call) -> Call:
    def collate(batch: Any) -> Any:
        if isinstance(batch[0], Tensor) and batch[0].ndim:
            size = min(len(sample) for sample in batch)
            return original([sample[:size] for sample in batch])
        if batch[0] is None or callable(batch[0]):
            return batch
        if isinstance(batch[0], list):
            size = min(map(len, batch))
            return original([sample[:size] for sample in batch])
        return original(batch)

    return collate


def _reversed_fields(original: Call) -> Call:
    return lambda like, items: original(like, items[::-1])


MUTANTS: list[Mutant] = [
    mutant(
        "tensor_datasets_repeat_their_first_tensor",
        data.tensor_datasets_give_a_row_of_each_tensor,
        attribute(f"{_SETS}:TensorDataset.__getitem__", _columns),
    ),
    mutant(
        "tensor_datasets_count_elements",
        data.tensor_datasets_are_as_long_as_their_tensors,
        attribute(f"{_SETS}:TensorDataset.__len__", lambda original: lambda self: self.tensors[-1].numel()),
    ),
    mutant(
        "tensor_datasets_take_unequal_tensors",
        data.tensor_datasets_are_as_long_as_their_tensors,
        attribute(
            f"{_SETS}:TensorDataset.__init__",
            lambda original: lambda self, *tensors: setattr(self, "tensors", tensors),
        ),
    ),
    mutant(
        "an_abstract_dataset_gives_none",
        data.datasets_must_say_what_a_key_gives,
        attribute(f"{_SETS}:Dataset.__getitem__", lambda original: lambda self, index: None),
    ),
    mutant(
        "a_subset_ignores_its_indices",
        data.subsets_choose_by_their_indices,
        attribute(f"{_SETS}:Subset.__getitem__", lambda original: lambda self, idx: self.dataset[idx]),
    ),
    mutant(
        "concatenation_counts_negative_indices_from_the_first_dataset",
        (data.concatenated_datasets_follow_each_other, data.concatenated_datasets_end),
        attribute(f"{_SETS}:ConcatDataset.__getitem__", _of_the_first),
    ),
    mutant(
        "a_chain_has_its_first_stream_only",
        data.concatenated_datasets_follow_each_other,
        attribute(
            f"{_SETS}:ChainDataset.__iter__", lambda original: lambda self: iter(next(iter(self.datasets)))
        ),
    ),
    mutant(
        "a_stack_gives_its_first_dataset_twice",
        data.stacked_datasets_lie_side_by_side,
        attribute(
            f"{_SETS}:StackDataset.__getitem__",
            lambda original: (
                lambda self, index: (
                    dict.fromkeys(self.datasets, index)
                    if isinstance(self.datasets, dict)
                    else (self.datasets[0][index],) * len(self.datasets)
                )
            ),
        ),
    ),
    mutant(
        "random_split_is_sequential",
        data.random_split_gives_every_sample_once,
        attribute("utils.data:random_split", _sequential_split),
    ),
    mutant(
        "random_split_gives_the_rest_to_the_last_part",
        data.random_split_cuts_by_lengths_or_shares,
        attribute(f"{_SETS}:_shares", _rest_to_the_last),
    ),
    mutant(
        "random_split_ignores_its_generator",
        data.random_split_draws_from_its_generator,
        attribute("utils.data:random_split", _default_generator),
        fault="huggingface/accelerate#789",
    ),
    mutant(
        "drop_last_is_ignored",
        (
            data.batch_samplers_group_a_sampler,
            data.loaders_cut_the_samples_into_batches,
            data.loaders_count_their_batches,
            data.workers_give_the_same_batches,
        ),
        attribute(f"{_SAMPLERS}:BatchSampler.__iter__", _keeps_the_rest),
    ),
    mutant(
        "the_length_of_a_batch_sampler_is_rounded_down",
        (data.samplers_know_their_length, data.loaders_count_their_batches),
        attribute(
            f"{_SAMPLERS}:BatchSampler.__len__",
            lambda original: lambda self: len(self.sampler) // self.batch_size,
        ),
    ),
    mutant(
        "a_random_sampler_keeps_the_order",
        (data.random_samplers_shuffle, data.shuffling_loaders_visit_every_sample_once),
        attribute(f"{_SAMPLERS}:RandomSampler.__iter__", _in_order),
    ),
    mutant(
        "a_random_sampler_of_a_subset_keeps_the_order",
        data.random_samplers_shuffle,
        attribute(f"{_SAMPLERS}:SubsetRandomSampler.__iter__", _in_order),
    ),
    mutant(
        "a_random_sampler_always_replaces",
        (data.random_samplers_shuffle, data.shuffling_loaders_visit_every_sample_once),
        attribute(f"{_SAMPLERS}:RandomSampler.__iter__", _with_replacement),
    ),
    mutant(
        "replacement_goes_round",
        data.random_samplers_repeat_only_with_replacement,
        attribute(f"{_SAMPLERS}:RandomSampler._drawn", _cycles),
    ),
    mutant(
        "every_pass_has_the_first_order",
        data.every_pass_shuffles_anew,
        attribute(f"{_SAMPLERS}:RandomSampler.__iter__", _once),
        fault="pytorch/pytorch#31771",
    ),
    mutant(
        "a_weighted_sampler_ignores_its_weights",
        data.weighted_samplers_draw_by_weight,
        attribute(f"{_SAMPLERS}:WeightedRandomSampler.__iter__", _unweighted),
    ),
    mutant(
        "shuffling_draws_its_seed_from_the_system",
        (data.shuffling_follows_the_seed, data.the_main_process_shuffles_for_workers),
        attribute(f"{_SAMPLERS}:drawn_seed", _from_the_system),
    ),
    mutant(
        "collation_stacks_along_the_second_dimension",
        data.collation_stacks_tensors,
        attribute("utils.data:default_collate", _joins),
    ),
    mutant(
        "collated_floats_have_the_default_type",
        data.collation_stacks_tensors,
        attribute(f"{_COLLATING}:default_collate", _floats_in_default_type),
        attribute("utils.data:default_collate", _floats_in_default_type),
    ),
    mutant(
        "collated_fields_are_reversed",
        (
            data.collation_goes_into_containers,
            data.batches_have_a_tensor_for_each_field,
        ),
        attribute(f"{_COLLATING}:_sequence", _reversed_fields),
    ),
    mutant(
        "collated_strings_are_a_tuple",
        data.collation_keeps_strings,
        attribute("utils.data:default_collate", _joined_strings),
    ),
    mutant(
        "collation_cuts_samples_to_fit",
        data.collation_refuses_what_does_not_fit,
        attribute("utils.data:default_collate", _cut_to_fit),
    ),
]
