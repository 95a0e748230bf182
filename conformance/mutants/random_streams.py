"""Faults of streams, seeds, states and generators."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.generator import Generator
from tensorcanon.reference.random import default_generator
from tensorcanon.spec import random

from .mutant import attribute, mutant

Call = Callable[..., Any]
_OWN = Generator()


def _keeps_the_spare_number(original: Call) -> Call:
    def manual_seed(self: Generator, seed: int) -> Generator:
        spare = self.__dict__.get("_spare")
        original(self, seed)
        self._spare = spare
        return self

    return manual_seed


def _refuses_to_repeat_negative_seeds(original: Call) -> Call:
    def manual_seed(self: Generator, seed: int) -> Generator:
        made: Generator = original(self, seed)
        if seed < 0:
            self.seed()
        return made

    return manual_seed


def _without_the_spare_number(original: Call) -> Call:
    def get_state(self: Generator) -> Any:
        spare, self._spare = self._spare, None
        state = original(self)
        self._spare = spare
        return state

    return get_state


def _does_not_advance(original: Call) -> Call:
    def words(self: Generator, count: int) -> Any:
        state = self._engine.get_state()
        drawn = original(self, count)
        self._engine.set_state(state)
        return drawn

    return words


def _begins_again(original: Call) -> Call:
    def words(self: Generator, count: int) -> Any:
        self._engine = np.random.RandomState(self._seed & 0xFFFFFFFF)
        self._engine.randint(0, 1 << 32, count, np.uint32)
        return original(self, count)

    return words


def _without_setting(original: Call) -> Call:
    return lambda self: secrets.randbits(53)


@contextmanager
def _no_fork(*args: Any, **options: Any) -> Iterator[None]:
    yield


def _high_bits(original: Call) -> Call:
    def uniform(self: Generator, count: int, digits: int) -> Any:
        if digits > 24:
            return (self.wide_words(count) >> np.uint64(64 - digits)).astype(np.float64) * 2.0**-digits
        return (self.words(count) >> np.uint32(32 - digits)).astype(np.float64) * 2.0**-digits

    return uniform


def _by_multiplication(original: Call) -> Call:
    def integers(kind: Any, low: int, high: int, generator: Generator, count: int) -> Any:
        if high - low >= 1 << 28:
            return original(kind, low, high, generator, count)
        words = generator.words(count).astype(np.uint64)
        return (words * np.uint64(high - low) >> np.uint64(32)).astype(np.int64) + low

    return integers


MUTANTS = [
    mutant(
        "seeding_keeps_the_spare_normal_number",
        random.a_seed_repeats_the_stream,
        attribute("generator:Generator.manual_seed", _keeps_the_spare_number),
    ),
    mutant(
        "fills_draw_from_a_generator_nobody_seeds",
        (
            random.a_seed_repeats_the_stream,
            random.dropout_and_initialisers_draw_from_the_default_generator,
            random.seed_42_gives_the_numbers_of_the_tutorials,
            random.seeds_give_the_integers_of_the_tutorials,
            random.draws_depend_on_the_calls_before_them,
        ),
        attribute("sampling:source", lambda original: lambda generator: generator or _OWN),
    ),
    mutant(
        "the_generator_argument_is_ignored",
        (
            random.a_generator_has_a_stream_of_its_own,
            random.draws_from_a_generator_leave_the_default_one,
        ),
        attribute("sampling:source", lambda original: lambda generator: default_generator),
    ),
    mutant(
        "draws_from_a_generator_seed_the_default_one",
        random.draws_from_a_generator_leave_the_default_one,
        attribute("sampling:source", lambda original: lambda generator: _seeding(original(generator))),
    ),
    mutant(
        "a_state_leaves_out_the_spare_normal_number",
        random.a_state_restores_the_stream,
        attribute("generator:Generator.get_state", _without_the_spare_number),
    ),
    mutant(
        "a_state_is_a_tensor_of_integers",
        random.a_state_is_a_tensor_of_bytes,
        attribute(
            "generator:Generator.get_state",
            lambda original: lambda self: original(self).to(dtypes.int64),
        ),
        attribute(
            "generator:Generator.set_state",
            lambda original: lambda self, state: original(self, state.to(dtypes.uint8)),
        ),
    ),
    mutant(
        "a_fork_does_not_come_back",
        random.draws_in_a_fork_leave_the_outer_stream,
        attribute("random:fork_rng", lambda original: _no_fork),
    ),
    mutant(
        "draws_do_not_advance_the_stream",
        (random.successive_draws_differ, random.draws_depend_on_the_calls_before_them),
        attribute("generator:Generator.words", _does_not_advance),
        fault="PaddlePaddle/Paddle#7796",
    ),
    mutant(
        "every_draw_begins_at_the_seed",
        random.successive_draws_differ,
        attribute("generator:Generator.words", _begins_again),
    ),
    mutant(
        "initial_seed_has_32_bits",
        random.initial_seed_is_the_seed_set_last,
        attribute(
            "generator:Generator.initial_seed", lambda original: lambda self: original(self) & 0xFFFFFFFF
        ),
    ),
    mutant(
        "manual_seed_returns_another_generator",
        random.manual_seed_returns_the_default_generator,
        attribute(":manual_seed", lambda original: lambda seed: original(seed).clone_state()),
    ),
    mutant(
        "manual_seed_of_a_generator_returns_none",
        random.manual_seed_returns_the_default_generator,
        attribute(
            "generator:Generator.manual_seed",
            lambda original: lambda self, seed: original(self, seed) and None,
        ),
    ),
    mutant(
        "negative_seeds_are_drawn_by_the_system",
        random.negative_seeds_are_seeds,
        attribute("generator:Generator.manual_seed", _refuses_to_repeat_negative_seeds),
    ),
    mutant(
        "seed_returns_what_it_does_not_set",
        random.seed_sets_what_it_returns,
        attribute("generator:Generator.seed", _without_setting),
    ),
    mutant(
        "a_new_generator_has_the_seed_0",
        random.a_new_generator_has_a_fixed_seed,
        attribute("generator:_DEFAULT_SEED", lambda original: 0),
    ),
    mutant(
        "uniform_numbers_take_the_high_bits",
        (
            random.seed_42_gives_the_numbers_of_the_tutorials,
            random.the_cpu_stream_is_that_of_the_mersenne_twister,
            random.the_cpu_normal_stream_is_that_of_box_and_muller,
        ),
        attribute("generator:Generator.uniform", _high_bits),
    ),
    mutant(
        "integers_are_made_by_multiplication",
        (
            random.seeds_give_the_integers_of_the_tutorials,
            random.the_cpu_stream_is_that_of_the_mersenne_twister,
        ),
        attribute("sampling:integers", _by_multiplication),
    ),
    mutant(
        "wide_ranges_take_one_word",
        random.the_cpu_stream_is_that_of_the_mersenne_twister,
        attribute("sampling:_WIDE", lambda original: 1 << 32),
    ),
    mutant(
        "blocks_of_normal_numbers_are_not_redrawn",
        random.the_cpu_normal_stream_is_that_of_box_and_muller,
        attribute("sampling:_BLOCK", lambda original: 1 << 20),
    ),
]


def _seeding(generator: Generator) -> Generator:
    if generator is not default_generator:
        default_generator.manual_seed(0)
    return generator
