"""Random numbers: streams, distributions, orders. Rules: `rules.distributions`; outcomes: `chance`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .accuracy import Close, Dot
from .chance import Arrangements, DistinctRows, Frequencies, Shuffled
from .clause import clause
from .observation import Array
from .outcome import Exactly, OneOf, Outcome, Raises, Structure, Unspecified, Warns, Within
from .rules import distributions, dtypes, streams
from .rules.distributions import Cells
from .rules.dtypes import DType

Shape = tuple[int, ...]

_SEEDS = 1 << 64
_RANDOMNESS = "notes/randomness#pytorch-random-number-generator"


def _drawn(cells: Cells, dtype: DType, shape: Shape, *, continuous: bool = False) -> Outcome:
    """Return the outcome of independent draws; a narrow floating type moves them by its rounding."""
    blur = 2.0 ** (1 - dtype.format.digits) if dtype.format and continuous else 0.0
    wide = dtype.format is not None and dtype.format.digits >= 24 and continuous and len(cells.chances) > 1
    return Frequencies(dtype, shape, cells=cells, blur=blur, resolution=2.0**20 if wide else None)


# Streams.


@clause(f"{_RANDOMNESS}; torch.manual_seed", covers=("random.manual-seed-repro", "random.randint-seeded"))
def a_seed_repeats_the_stream(before: Array) -> Outcome:
    """After `torch.manual_seed` with the same seed the same calls give the same elements, bit for bit.

    It does not matter what was drawn before, an odd number of normal elements included.
    """
    return Exactly(before)


@clause("notes/randomness", covers="random.same-shape-order")
def draws_depend_on_the_calls_before_them(alike: bool) -> Outcome:
    """What a call draws follows from the seed and the draws since: other draws in between change it, draws
    of another generator do not. Streams of other devices and releases are open."""
    return Exactly(alike)


@clause(_RANDOMNESS, covers="random.successive-differ")
def successive_draws_differ(equal: bool) -> Outcome:
    """Each draw advances its generator, so that two draws of many elements after each other differ."""
    assert not equal
    return Exactly(equal)


@clause(
    f"{_RANDOMNESS}; nn.Dropout; torch.nn.init.uniform_",
    covers=("random.dropout-uses-rng", "random.manual-seed-repro"),
)
def dropout_and_initialisers_draw_from_the_default_generator(before: Array) -> Outcome:
    """Dropout and the initialisers of layers draw from the default generator, so that a seed repeats them."""
    return Exactly(before)


@clause("torch.initial_seed; torch.manual_seed", covers="random.initial-seed")
def initial_seed_is_the_seed_set_last(seed: int) -> Outcome:
    """`torch.initial_seed` gives the seed set last on the default generator, up to 2**64 - 1."""
    return Exactly(seed)


@clause("torch.manual_seed", covers="random.manual-seed-returns-generator")
def manual_seed_returns_the_default_generator() -> Outcome:
    """`torch.manual_seed` returns `torch.default_generator` itself, a generator's own method itself."""
    return Exactly(True)


@clause("torch.manual_seed", covers="random.negative-seed", level="extended")
def negative_seeds_count_down_from_the_largest(seed: int) -> Outcome:
    """A negative seed stands for 2**64 - 1 plus itself."""
    assert seed < 0
    return Exactly(_SEEDS - 1 + seed)


@clause("torch.manual_seed", covers="random.negative-seed", level="extended")
def negative_seeds_are_seeds(before: Array) -> Outcome:
    """A negative seed down to -2**63 is a seed as any other."""
    return Exactly(before)


@clause("torch.manual_seed", covers="random.seed-out-of-range", level="extended")
def seeds_outside_the_range_are_refused() -> Outcome:
    """A seed below -2**63 or above 2**64 - 1 is a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.Generator; torch.rand", covers="random.generator-argument")
def a_generator_has_a_stream_of_its_own(before: Array) -> Outcome:
    """With `generator=` a call draws from that generator only; generators of equal seeds give equal draws."""
    return Exactly(before)


@clause("torch.Generator; torch.rand", covers="random.generator-argument")
def draws_from_a_generator_leave_the_default_one(before: Array) -> Outcome:
    """Draws with `generator=` leave the default stream as it was."""
    return Exactly(before)


@clause("torch.get_rng_state; torch.Generator.get_state", covers="random.rng-state")
def a_state_restores_the_stream(before: Array) -> Outcome:
    """After a saved state is set the stream goes on exactly as it did when the state was taken.

    The state holds everything, an odd normal element kept for the next draw included.
    """
    return Exactly(before)


@clause("torch.get_rng_state; torch.Generator.get_state", covers="random.rng-state")
def a_state_is_a_tensor_of_bytes() -> Outcome:
    """The state of a generator is a tensor of uint8 on the CPU."""
    return Structure(dtypes.uint8, device="cpu", requires_grad=False)


@clause("torch.random.fork_rng", covers="random.fork-rng", level="extended")
def draws_in_a_fork_leave_the_outer_stream(before: Array) -> Outcome:
    """After a block of `torch.random.fork_rng` the default stream goes on as if the block had not been."""
    return Exactly(before)


@clause("torch.seed", covers="random.seed-fn", level="extended")
def seed_sets_what_it_returns(equal: bool) -> Outcome:
    """`torch.seed` sets a seed that is not the same again, and returns it: `torch.initial_seed` agrees."""
    return Exactly(equal)


@clause("torch.Generator", covers="random.generator-default-seed", level="extended", basis="observed")
def a_new_generator_has_a_fixed_seed() -> Outcome:
    """A new generator has the seed 67280421310721 until another is set."""
    return Exactly(67280421310721)


# Distributions.


@clause("torch.rand", covers="random.rand-range")
def rand_is_uniform_from_zero_to_one(shape: Shape, dtype: DType) -> Outcome:
    """`torch.rand` gives independent numbers uniform in [0, 1), in the default floating type unless told."""
    return _drawn(distributions.uniform(), dtype, shape, continuous=True)


@clause("torch.randn", covers="random.randn-moments")
def randn_is_standard_normal(shape: Shape, dtype: DType) -> Outcome:
    """`torch.randn` gives independent normal numbers of mean 0 and variance 1, in the default floating type
    unless told otherwise."""
    return _drawn(distributions.normal(), dtype, shape, continuous=True)


@clause("torch.randn", covers="random.complex-randn", level="extended")
def complex_randn_has_parts_of_half_the_variance(shape: Shape, dtype: DType) -> Outcome:
    """The real and the imaginary part of a complex normal number are independent, of variance 1/2 each.

    Sum and difference of the parts have variance 1 then, whichever the part.
    """
    return _drawn(distributions.normal(0.0, float(np.sqrt(0.5))), dtype, shape, continuous=True)


@clause("torch.randint", covers=("random.randint",))
def randint_is_uniform_on_integers(shape: Shape, dtype: DType, low: int, high: int) -> Outcome:
    """`torch.randint` gives whole numbers, each in [low, high) equally often; int64 unless told otherwise."""
    return _drawn(distributions.integers(low, high), dtype, shape)


@clause("torch.randint", covers="random.randint", basis="observed")
def randint_needs_a_range_and_a_sequence_of_sizes(low: int, high: int, listed: bool) -> Outcome:
    """A size that is no sequence is a TypeError; a range without an integer in it is a RuntimeError."""
    assert low >= high or not listed
    return Raises("RuntimeError") if listed else Raises("TypeError")


@clause("torch.randint_like", covers="random.randint-like", level="extended")
def randint_like_takes_shape_and_type(shape: Shape, dtype: DType, low: int, high: int) -> Outcome:
    """`torch.randint_like` gives integers in [low, high) in the shape and the type of its input."""
    return _drawn(distributions.integers(low, high), dtype, shape)


@clause("torch.rand_like; torch.randn_like", covers="random.rand-like", level="extended")
def like_samplers_take_shape_and_type(shape: Shape, dtype: DType, *, normal: bool) -> Outcome:
    """`rand_like` and `randn_like` take shape and floating type of their input; another type is an error."""
    if not (dtype.is_floating_point or dtype.is_complex):
        return Raises("RuntimeError", from_values=True)
    return _drawn(
        distributions.normal() if normal else distributions.uniform(), dtype, shape, continuous=True
    )


@clause("torch.randn; torch.rand", covers="random.size-args")
def samplers_take_sizes_in_every_form(shape: Shape, dtype: DType) -> Outcome:
    """`rand` and `randn` take sizes one by one, as a list, as a tuple or as `size=`; types that are not
    floating are an error, unless there is no element to draw."""
    if not (dtype.is_floating_point or dtype.is_complex):
        return Unspecified() if 0 in shape else Raises("RuntimeError", from_values=True)
    return Structure(dtype, shape, requires_grad=False)


@clause("torch.Tensor.uniform_; torch.Tensor.normal_", covers="random.inplace-samplers")
def fills_draw_from_their_distribution(
    cells: Cells, dtype: DType, shape: Shape, *, continuous: bool
) -> Outcome:
    """The fills in place give every element, in any layout, an independent draw of their distribution.

    `uniform_(a, b)` gives numbers in [a, b), `normal_(m, s)` normal ones, `random_(a, b)` integers from a
    to b - 1, `exponential_` positive numbers, `bernoulli_` zeros and ones, `geometric_` integers from 1.
    """
    return _drawn(cells, dtype, shape, continuous=continuous)


@clause("torch.Tensor.uniform_; torch.Tensor.normal_", covers="random.inplace-samplers")
def fills_return_their_tensor() -> Outcome:
    """The fills in place return the tensor they fill, the same object."""
    return Exactly(True)


@clause("torch.Tensor.uniform_; tensor_view", covers="random.inplace-samplers")
def fills_write_their_own_elements_only(base: Array, others: Array) -> Outcome:
    """A fill of a view changes the elements of the view in its base, and no others."""
    return Exactly(base, where=others)


@clause("torch.bernoulli", covers="random.bernoulli")
def bernoulli_draws_ones_with_the_chances_given(shape: Shape, dtype: DType, chance: float) -> Outcome:
    """`torch.bernoulli` gives 1 with the probability in that place, else 0, in the type of the input."""
    cells = distributions.bernoulli(chance)
    return Frequencies(dtype, shape, cells=cells)


@clause("torch.bernoulli", covers="random.bernoulli")
def bernoulli_is_certain_at_the_ends(chances: Array) -> Outcome:
    """A probability of 0 always gives 0 and one of 1 always gives 1, each in its own place."""
    certain = (chances == 0) | (chances == 1)
    return Exactly(chances, where=certain, signed_zero=False)


@clause("torch.bernoulli", covers="random.bernoulli", basis="observed")
def bernoulli_refuses_other_numbers() -> Outcome:
    """A probability outside [0, 1] is a RuntimeError, an input that is not floating an error too."""
    return Raises("RuntimeError", from_values=True)


@clause("torch.multinomial", covers="random.multinomial")
def multinomial_draws_by_weight(shape: Shape, weights: Sequence[float]) -> Outcome:
    """`torch.multinomial` gives int64 indices in proportion to the weights, which need not sum to 1."""
    return Frequencies(dtypes.int64, shape, cells=distributions.weighted(weights))


@clause("torch.multinomial", covers="random.multinomial")
def multinomial_without_replacement_repeats_nothing(shape: Shape, weights: Sequence[float]) -> Outcome:
    """Without replacement the indices drawn for a row are distinct, and none has the weight 0."""
    return DistinctRows(dtypes.int64, shape, items=np.flatnonzero(weights))


@clause("torch.multinomial", covers="random.multinomial")
def multinomial_takes_winners_out(shape: Shape, weights: Sequence[float]) -> Outcome:
    """Without replacement the second index of a row is drawn by weight among those left."""
    return Frequencies(dtypes.int64, shape, cells=distributions.weighted(distributions.second(weights)))


@clause("torch.multinomial", covers="random.multinomial")
def multinomial_refuses_what_is_no_weight() -> Outcome:
    """Weights that are negative, infinite or NaN, and weights of sum 0, are a RuntimeError; so are more draws
    without replacement than there are categories."""
    return Raises("RuntimeError", from_values=True)


@clause("torch.multinomial", covers="random.multinomial-nonzero-count", level="extended")
def multinomial_needs_enough_nonzero_weights(nonzero: int, count: int) -> Outcome:
    """Without replacement more draws than non-zero weights are an error; just as many may be one."""
    refused = Raises("RuntimeError", from_values=True)
    return refused if count > nonzero else OneOf(Structure(dtypes.int64, (count,)), refused)


@clause("torch.normal", covers="random.normal")
def normal_takes_means_and_deviations(shape: Shape, dtype: DType, mean: float, std: float) -> Outcome:
    """`torch.normal` gives normal numbers of the means and deviations in their places, numbers or tensors
    that broadcast; two numbers need a size."""
    return _drawn(distributions.normal(mean, std), dtype, shape, continuous=True)


@clause("torch.normal", covers="random.normal", basis="observed")
def normal_refuses_negative_deviations(from_values: bool) -> Outcome:
    """A negative deviation is a RuntimeError."""
    return Raises("RuntimeError", from_values=from_values)


@clause("torch.normal", covers="random.normal-shape-mismatch", level="extended")
def normal_takes_shapes_of_equally_many_elements(mean: Shape, std: Shape) -> Outcome:
    """Means and deviations of different shapes but equally many elements give the shape of the means."""
    assert np.prod(mean) == np.prod(std)
    return Structure(shape=mean)


@clause("torch.poisson", covers="random.poisson", level="extended")
def poisson_counts_have_their_rate(shape: Shape, dtype: DType, rate: float) -> Outcome:
    """`torch.poisson` gives counts of the rates in their places, in the type of the rates; rate 0 gives 0."""
    return Frequencies(dtype, shape, cells=distributions.poisson(rate))


@clause("torch.poisson", covers="random.poisson", level="extended", basis="observed")
def poisson_refuses_negative_rates() -> Outcome:
    """A negative rate is a RuntimeError."""
    return Raises("RuntimeError", from_values=True)


# Orders.


@clause("torch.randperm", covers="random.randperm")
def randperm_shuffles_the_first_integers(count: int, dtype: DType) -> Outcome:
    """`torch.randperm(n)` has each integer below n once, in random order; int64 unless told otherwise."""
    items = np.arange(count)
    return Shuffled(dtype, (count,), items=items)


@clause("torch.randperm", covers="random.randperm")
def randperm_puts_every_integer_everywhere(rows: int, count: int) -> Outcome:
    """Over many permutations each integer takes each place equally often."""
    return Arrangements(dtypes.int64, (rows, count))


# Modes.


@clause("torch.use_deterministic_algorithms", covers="random.deterministic-flag")
def the_deterministic_mode_can_be_asked_for(mode: bool) -> Outcome:
    """`torch.are_deterministic_algorithms_enabled` gives what `torch.use_deterministic_algorithms` set."""
    return Exactly(mode)


@clause("torch.use_deterministic_algorithms", covers="random.deterministic-flag")
def deterministic_mode_refuses_operations_without_an_order(array: Array | None) -> Outcome:
    """In deterministic mode an operation that has no deterministic form is a RuntimeError, `put_` without
    accumulation among them."""
    return Raises("RuntimeError") if array is None else Exactly(array)


@clause("torch.use_deterministic_algorithms", covers="random.deterministic-flag")
def deterministic_mode_may_only_warn(array: Array) -> Outcome:
    """With `warn_only=True` such an operation works and warns."""
    return Warns("UserWarning", Exactly(array))


# The streams of torch's CPU generator, which its documentation does not promise.


@clause("notes/randomness", covers="random.seed42-rand", basis="observed", strength="should")
def seed_42_gives_the_numbers_of_the_tutorials(numbers: Array) -> Outcome:
    """On the CPU, `torch.rand` after `torch.manual_seed(42)` gives the numbers that tutorials print."""
    return Within(numbers, Close(0.0, 5.1e-5), dtypes.float32)


@clause("torch.randint", covers="random.randint-seeded", basis="observed", strength="should")
def seeds_give_the_integers_of_the_tutorials(numbers: Array) -> Outcome:
    """On the CPU, `torch.randint` after the seeds 1 and 12 gives the numbers that tutorials show."""
    return Exactly(numbers)


@clause("notes/randomness", basis="implementation-defined", strength="may", level="extended")
def the_cpu_stream_is_that_of_the_mersenne_twister(name: str, seed: int, count: int, dtype: DType) -> Outcome:
    """On the CPU, uniform numbers and integers are made of the words of MT19937 in a fixed way."""
    return Exactly(streams.SAMPLERS[name](streams.words(seed), count, dtype))


@clause("notes/randomness", basis="implementation-defined", strength="may", level="extended")
def the_cpu_normal_stream_is_that_of_box_and_muller(seed: int, count: int, dtype: DType) -> Outcome:
    """On the CPU, normal numbers are made of uniform ones by the polar form of Box and Muller."""
    exact, radius = streams.normal(streams.words(seed), count, dtype)
    return Within(exact, Dot(radius, 16), dtype)
