"""Faults of distributions and orders."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.generator import Generator
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.random import default_generator
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import random

from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]


def _repeating(period: int) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def uniform(self: Generator, count: int, digits: int) -> Any:
            return np.resize(original(self, min(count, period), digits), count)

        return uniform

    return make


def _rising(original: Call) -> Call:
    """Numbers rise within every four, as those of a counter that is not mixed."""

    def uniform(self: Generator, count: int, digits: int) -> Any:
        drawn = original(self, count, digits)
        whole = count - count % 4
        drawn[:whole] = np.sort(drawn[:whole].reshape(-1, 4), axis=1).reshape(-1)
        return drawn

    return uniform


def _in_default_type(name: str) -> Callable[[Call], Call]:
    return lambda original: lambda *size, **options: original(*size, **{**options, "dtype": dtypes.float32})


def _half_the_variance(original: Call) -> Call:
    return lambda numbers: original(numbers) * np.sqrt(0.5).astype(numbers.dtype)


def _unscaled_parts(original: Call) -> Call:
    def normal(input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
        scale = 2**0.5 if input.dtype.is_complex else 1.0
        return original(input, mean, std * scale, generator=generator)  # type: ignore[no-any-return]

    return normal


def _end_included(original: Call) -> Call:
    def integers(kind: Any, low: int, high: int, generator: Generator, count: int) -> Any:
        return original(kind, low, high + 1 if high < 100 else high, generator, count)

    return integers


def _takes_anything(original: Call) -> Call:
    def randint(*args: Any, **options: Any) -> Any:
        *bounds, size = args
        shape = size if isinstance(size, list | tuple) else (size or 1,)
        if len(bounds) == 2 and bounds[0] >= bounds[1]:
            bounds = [bounds[1], bounds[0] + 1]
        return original(*bounds, shape, **options)

    return randint


def _as_int64(original: Call) -> Call:
    return lambda input, *bounds, **options: original(input, *bounds, **{"dtype": dtypes.int64, **options})


def _like_in_default_type(original: Call) -> Call:
    return lambda input, **options: original(input, **{"dtype": dtypes.float32, **options})


def _only_contiguous(original: Call) -> Call:
    def filled(input: Tensor, values: Any) -> Tensor:
        return original(input, values) if input.is_contiguous() else input

    return filled


def _ignores_strides(original: Call) -> Call:
    def filled(input: Tensor, values: Any) -> Tensor:
        original(input, values)
        kept = input.storage.bytes.view(input.dtype.numpy)[input.offset :]
        kept[: input.numel()] = input.array.reshape(-1)[: kept.size]
        return input

    return filled


def _detached(original: Call) -> Call:
    return lambda *args, **kwargs: original(*args, **kwargs).detach()


def _failures(original: Call) -> Call:
    return lambda input, p, **options: original(input, p, **options).sub_(1)


def _mean_chance(original: Call) -> Call:
    def bernoulli(input: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        if isinstance(p, Tensor):
            p = float(p.array.astype(np.float64).mean()) if p.numel() else 0.5
        return original(input, min(max(p, 0.0), 1.0), generator=generator)  # type: ignore[no-any-return]

    return bernoulli


def _never_certain(original: Call) -> Call:
    def bernoulli(input: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        return original(input, p * 0.99, generator=generator)  # type: ignore[no-any-return]

    return bernoulli


def _unweighted(original: Call) -> Call:
    def multinomial(input: Tensor, num_samples: int, replacement: bool = False, **options: Any) -> Any:
        even = fresh((input.array > 0).astype(np.float32))
        return original(even, num_samples, replacement, **options)

    return multinomial


def _with_replacement(original: Call) -> Call:
    def multinomial(input: Tensor, num_samples: int, replacement: bool = False, **options: Any) -> Any:
        return original(input, num_samples, True, **options)

    return multinomial


def _best_of_the_rest(original: Call) -> Call:
    """Only the first index is drawn; the others follow by weight."""

    def without_replacement(input: Tensor, count: int, generator: Any) -> Tensor:
        first = original(input, 1, generator).array
        weights = input.array.astype(np.float64).copy()
        np.put_along_axis(weights, first, np.inf, axis=-1)
        order = np.argsort(-weights, axis=-1, kind="stable")[..., :count]
        return fresh(order, dtypes.int64)

    return without_replacement


def _second_deviation(original: Call) -> Call:
    def spread(mean: Any, std: Tensor, generator: Any) -> Tensor:
        return original(mean, ops.ones_like(std), generator)  # type: ignore[no-any-return]

    return spread


def _absolute_deviations(original: Call) -> Call:
    def normal(mean: Any, std: Any = 1.0, size: Any = None, **options: Any) -> Any:
        return original(
            mean, fresh(np.abs(std.array)) if isinstance(std, Tensor) else abs(std), size, **options
        )

    return normal


def _rounded_normal(original: Call) -> Call:
    def poisson(generator: Generator, rate: float) -> int:
        return max(0, round(rate + math.sqrt(rate) * float(generator.normal(1)[0])))

    return poisson


def _two_runs(original: Call) -> Call:
    def randperm(n: int, **options: Any) -> Tensor:
        drawn: Tensor = original(n, **options)
        values = np.sort(drawn.array[: (n + 1) // 2]), np.sort(drawn.array[(n + 1) // 2 :])
        drawn.array[::2], drawn.array[1::2] = values
        return drawn

    return randperm


def _nobody_stays(original: Call) -> Call:
    """Sattolo's algorithm in the place of Fisher and Yates': only cycles through all."""

    def randperm(n: int, *, generator: Any = None, **options: Any) -> Tensor:
        order = np.arange(n)
        for place in range(n - 1, 0, -1):
            other = int((generator or default_generator).words(1)[0]) % place
            order[[place, other]] = order[[other, place]]
        return fresh(order, options.get("dtype") or dtypes.int64)

    return randperm


def _halves(original: Call) -> Call:
    """The halves are shuffled apart."""

    def randperm(n: int, **options: Any) -> Tensor:
        drawn: Tensor = original(n, **options)
        lower = drawn.array < (n + 1) // 2
        drawn.array[...] = np.concatenate([drawn.array[lower], drawn.array[~lower]])
        return drawn

    return randperm


MUTANTS: list[Mutant] = [
    mutant(
        "uniform_numbers_repeat_after_a_block",
        random.rand_is_uniform_from_zero_to_one,
        attribute("generator:Generator.uniform", _repeating(1024)),
    ),
    mutant(
        "uniform_numbers_rise_in_fours",
        random.rand_is_uniform_from_zero_to_one,
        attribute("generator:Generator.uniform", _rising),
    ),
    mutant(
        "rand_ignores_the_default_type",
        random.rand_is_uniform_from_zero_to_one,
        kernel("rand", _in_default_type("rand")),
    ),
    mutant(
        "normal_numbers_have_half_the_variance",
        (
            random.randn_is_standard_normal,
            random.like_samplers_take_shape_and_type,
            random.complex_randn_has_parts_of_half_the_variance,
        ),
        attribute("sampling:_box_muller", _half_the_variance),
    ),
    mutant(
        "complex_normal_numbers_have_twice_the_variance",
        random.complex_randn_has_parts_of_half_the_variance,
        kernel("normal_", _unscaled_parts),
    ),
    mutant(
        "randint_includes_its_end",
        (random.randint_is_uniform_on_integers, random.randint_like_takes_shape_and_type),
        attribute("sampling:integers", _end_included),
    ),
    mutant(
        "randint_takes_any_range_and_size",
        random.randint_needs_a_range_and_a_sequence_of_sizes,
        kernel("randint", _takes_anything),
    ),
    mutant(
        "randint_like_is_int64",
        random.randint_like_takes_shape_and_type,
        kernel("randint_like", _as_int64),
    ),
    mutant(
        "rand_like_has_the_default_type",
        random.like_samplers_take_shape_and_type,
        kernel("rand_like", _like_in_default_type),
    ),
    mutant(
        "integers_are_uniform_too",
        (random.samplers_take_sizes_in_every_form, random.like_samplers_take_shape_and_type),
        attribute("sampling:_check_floating", lambda original: lambda input, name: 24),
    ),
    mutant(
        "sizes_come_one_by_one_only",
        random.samplers_take_sizes_in_every_form,
        kernel("rand", lambda original: lambda *size, **options: original(_flat(size), **options)),
    ),
    mutant(
        "views_are_not_filled",
        random.fills_draw_from_their_distribution,
        attribute("sampling:_filled", _only_contiguous),
        fault="pytorch/pytorch#165257",
    ),
    mutant(
        "fills_ignore_strides",
        random.fills_write_their_own_elements_only,
        attribute("sampling:_filled", _ignores_strides),
        fault="pytorch/pytorch#124029",
    ),
    mutant(
        "geometric_counts_failures",
        random.fills_draw_from_their_distribution,
        kernel(
            "geometric_", lambda original: lambda input, p, **options: original(input, p, **options).sub_(1)
        ),
    ),
    mutant(
        "a_fill_returns_another_tensor",
        random.fills_return_their_tensor,
        kernel("uniform_", _detached),
    ),
    mutant(
        "bernoulli_takes_the_mean_chance",
        (
            random.bernoulli_draws_ones_with_the_chances_given,
            random.bernoulli_is_certain_at_the_ends,
            random.bernoulli_refuses_other_numbers,
        ),
        kernel("bernoulli_", _mean_chance),
    ),
    mutant(
        "bernoulli_is_never_certain",
        random.bernoulli_is_certain_at_the_ends,
        kernel("bernoulli_", _never_certain),
    ),
    mutant(
        "multinomial_ignores_weights", random.multinomial_draws_by_weight, kernel("multinomial", _unweighted)
    ),
    mutant(
        "multinomial_always_replaces",
        random.multinomial_without_replacement_repeats_nothing,
        kernel("multinomial", _with_replacement),
    ),
    mutant(
        "multinomial_draws_only_the_first",
        random.multinomial_takes_winners_out,
        attribute("counts:_without_replacement", _best_of_the_rest),
    ),
    mutant(
        "multinomial_takes_any_weight",
        random.multinomial_refuses_what_is_no_weight,
        attribute("counts:_check_weights", lambda original: lambda *args: None),
    ),
    mutant(
        "normal_ignores_a_tensor_of_deviations",
        random.normal_takes_means_and_deviations,
        attribute("draws:_spread", _second_deviation),
    ),
    mutant(
        "normal_takes_absolute_deviations",
        random.normal_refuses_negative_deviations,
        kernel("normal", _absolute_deviations),
    ),
    mutant(
        "poisson_counts_are_rounded_normal_numbers",
        random.poisson_counts_have_their_rate,
        attribute("counts:_poisson", _rounded_normal),
    ),
    mutant(
        "negative_rates_count_nothing",
        random.poisson_refuses_negative_rates,
        kernel("poisson", lambda original: lambda input, *args: original(input.clamp(min=0), *args)),
    ),
    mutant(
        "randperm_gives_two_rising_runs",
        random.randperm_shuffles_the_first_integers,
        kernel("randperm", _two_runs),
        fault="pytorch/pytorch#104170",
    ),
    mutant(
        "randperm_shuffles_halves_apart",
        random.randperm_shuffles_the_first_integers,
        kernel("randperm", _halves),
    ),
    mutant(
        "randperm_leaves_nothing_in_its_place",
        random.randperm_puts_every_integer_everywhere,
        kernel("randperm", _nobody_stays),
    ),
    mutant(
        "deterministic_mode_is_not_kept",
        random.the_deterministic_mode_can_be_asked_for,
        attribute(":are_deterministic_algorithms_enabled", lambda original: lambda: False),
    ),
    mutant(
        "deterministic_mode_refuses_nothing",
        (
            random.deterministic_mode_refuses_operations_without_an_order,
            random.deterministic_mode_may_only_warn,
        ),
        attribute("scattering:refuse", lambda original: lambda name: None),
    ),
]


def _flat(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return sizes as if each were one: of a list its length."""
    return tuple(len(one) if isinstance(one, list | tuple) else one for one in size)
