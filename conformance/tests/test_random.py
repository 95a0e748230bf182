"""Streams: what a seed, a state and a generator repeat."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Handle, Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import SAMPLERS, Sampler, elements, generator, on_cpu
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import random
from tensorcanon.spec.rules import dtypes, streams
from tensorcanon.spec.rules.dtypes import DType

COUNTS = (1, 3, 2, 5, 15, 16, 17, 33, 100)
SEEDS = (0, 1, 42, 18, 2**31, 2**32 + 5, 2**63 - 1, 2**63, 2**64 - 1)
# So many elements of any sampler are equal by chance in less than one case in 2**60.
MANY = 64


@dataclass(frozen=True)
class Session:
    """A seed and the draws after it."""

    seed: int
    draws: tuple[tuple[Sampler, int], ...]

    def take(self, run: Run, **options: Handle) -> list[Handle]:
        return [sampler.take(run, count, **options) for sampler, count in self.draws]


def draw_session(tape: Tape) -> Session:
    seed = tape.choose(SEEDS) if tape.one_in(2) else tape.below(1 << 16)
    draws = tuple((tape.choose(SAMPLERS), tape.choose(COUNTS)) for _ in range(tape.between(1, 4)))
    return Session(seed, draws)


@verifies(random.a_seed_repeats_the_stream, drawn=draw_session)
def test_seeds(run: Run, session: Session) -> None:
    run.require_data()
    run.call("torch.manual_seed", session.seed)
    before = [elements(run, drawn) for drawn in session.take(run)]
    run.call("torch.randn", 3)
    run.call("torch.random.manual_seed", session.seed)
    for values, drawn in zip(before, session.take(run), strict=True):
        run.look(random.a_seed_repeats_the_stream(values), drawn)


@verifies(
    random.a_generator_has_a_stream_of_its_own,
    random.draws_from_a_generator_leave_the_default_one,
    drawn=draw_session,
)
def test_generators(run: Run, session: Session) -> None:
    run.require_data()
    run.call("torch.manual_seed", session.seed + 1 if session.seed < 2**64 - 1 else 0)
    plain = [elements(run, drawn) for drawn in session.take(run)]
    first, second = generator(run), generator(run)
    for one in (first, second):
        run.call("Tensor.manual_seed", one, session.seed)
    before = [elements(run, drawn) for drawn in session.take(run, generator=first)]
    run.call("torch.manual_seed", session.seed + 1 if session.seed < 2**64 - 1 else 0)
    for values, drawn in zip(before, session.take(run, generator=second), strict=True):
        run.look(random.a_generator_has_a_stream_of_its_own(values), drawn)
    for values, drawn in zip(plain, session.take(run), strict=True):
        run.look(random.draws_from_a_generator_leave_the_default_one(values), drawn)


@verifies(random.a_state_restores_the_stream, random.a_state_is_a_tensor_of_bytes, drawn=draw_session)
def test_states_of_generators(run: Run, session: Session) -> None:
    run.require_data()
    source = generator(run)
    run.call("Tensor.manual_seed", source, session.seed)
    session.take(run, generator=source)
    state = run.expect(random.a_state_is_a_tensor_of_bytes(), "Tensor.get_state", source)
    before = [elements(run, drawn) for drawn in session.take(run, generator=source)]
    run.call("torch.rand", 3, generator=source)
    run.call("Tensor.set_state", source, state)
    for values, drawn in zip(before, session.take(run, generator=source), strict=True):
        run.look(random.a_state_restores_the_stream(values), drawn)


@verifies(
    random.a_state_restores_the_stream,
    random.a_state_is_a_tensor_of_bytes,
    random.draws_in_a_fork_leave_the_outer_stream,
    drawn=draw_session,
)
def test_states_of_the_default_generator(run: Run, session: Session) -> None:
    run.require_data()
    on_cpu(run)
    run.call("torch.manual_seed", session.seed)
    session.take(run)
    state = run.expect(random.a_state_is_a_tensor_of_bytes(), "torch.get_rng_state")
    before = [elements(run, drawn) for drawn in session.take(run)]
    run.call("torch.set_rng_state", state)
    for values, drawn in zip(before, session.take(run), strict=True):
        run.look(random.a_state_restores_the_stream(values), drawn)
    run.call("torch.set_rng_state", state)
    with run.within("torch.random.fork_rng"):
        session.take(run)
        run.call("torch.manual_seed", 7)
    for values, drawn in zip(before, session.take(run), strict=True):
        run.look(random.draws_in_a_fork_leave_the_outer_stream(values), drawn)


@verifies(random.draws_depend_on_the_calls_before_them, random.successive_draws_differ, over=SAMPLERS)
def test_order_of_calls(run: Run, sampler: Sampler) -> None:
    run.require_data()
    allowed = random.draws_depend_on_the_calls_before_them
    source = generator(run)
    run.call("torch.manual_seed", 5)
    first = sampler.take(run, MANY)
    second = sampler.take(run, MANY)
    run.expect(random.successive_draws_differ(False), "torch.equal", first, second)
    run.call("torch.manual_seed", 5)
    sampler.take(run, MANY, generator=source)
    run.expect(allowed(True), "torch.equal", sampler.take(run, MANY), first)
    run.call("torch.manual_seed", 5)
    run.call("torch.rand", 3)
    run.expect(allowed(False), "torch.equal", sampler.take(run, MANY), first)
    run.call("torch.manual_seed", 6)
    run.expect(allowed(False), "torch.equal", sampler.take(run, MANY), first)


@verifies(
    random.initial_seed_is_the_seed_set_last, random.manual_seed_returns_the_default_generator, over=SEEDS
)
def test_seeds_are_kept(run: Run, seed: int) -> None:
    made = run.call("torch.manual_seed", seed)
    run.call("torch.rand", 3)
    run.expect(random.initial_seed_is_the_seed_set_last(seed), "torch.initial_seed")
    same = random.manual_seed_returns_the_default_generator()
    run.expect(same, "is", made, Symbol("default_generator"))
    source = run.call("torch.Generator")
    run.expect(same, "is", run.call("Tensor.manual_seed", source, seed), source)
    run.expect(random.initial_seed_is_the_seed_set_last(seed), "Tensor.initial_seed", source)


@verifies(random.negative_seeds_count_down_from_the_largest, over=(-1, -2, -(2**31), -(2**63)))
def test_negative_seeds_by_number(run: Run, seed: int) -> None:
    run.call("torch.manual_seed", seed)
    run.expect(random.negative_seeds_count_down_from_the_largest(seed), "torch.initial_seed")


@verifies(random.negative_seeds_are_seeds, over=(-1, -2, -(2**31), -(2**63)))
def test_negative_seeds(run: Run, seed: int) -> None:
    run.require_data()
    run.call("torch.manual_seed", seed)
    before = elements(run, run.call("torch.rand", MANY))
    run.call("torch.manual_seed", seed)
    run.expect(random.negative_seeds_are_seeds(before), "torch.rand", MANY)


@verifies(random.seeds_outside_the_range_are_refused, over=(2**64, 2**70, -(2**63) - 1))
def test_seeds_outside_the_range(run: Run, seed: int) -> None:
    run.call("torch.manual_seed", 2**64 - 1)
    run.expect(random.seeds_outside_the_range_are_refused(), "torch.manual_seed", seed)


@verifies(random.seed_sets_what_it_returns, random.a_new_generator_has_a_fixed_seed, over=(0, 1))
def test_seeds_of_the_system(run: Run, attempt: int) -> None:
    first = run.call("torch.seed")
    allowed = random.seed_sets_what_it_returns
    run.expect(allowed(True), "operator.eq", first, run.call("torch.initial_seed"))
    run.expect(allowed(False), "operator.eq", run.call("torch.seed"), first)
    source = run.call("torch.Generator")
    run.expect(random.a_new_generator_has_a_fixed_seed(), "Tensor.initial_seed", source)
    own = run.call("Tensor.seed", source)
    run.expect(allowed(True), "operator.eq", own, run.call("Tensor.initial_seed", source))


@verifies(random.dropout_and_initialisers_draw_from_the_default_generator, over=(0, 42))
def test_layers_draw(run: Run, seed: int) -> None:
    run.require_data()
    on_cpu(run)
    allowed = random.dropout_and_initialisers_draw_from_the_default_generator
    x = run.tensor(np.ones(MANY, np.float32))
    run.call("torch.manual_seed", seed)
    layer = run.call("torch.nn.Dropout", 0.5)
    mask = elements(run, run.call("call", layer, x))
    weight = elements(run, run.call("getattr", run.call("torch.nn.Linear", 8, 4), "weight"))
    run.call("torch.manual_seed", seed)
    run.expect(allowed(mask), "torch.nn.functional.dropout", x, 0.5)
    run.look(allowed(weight), run.call("getattr", run.call("torch.nn.Linear", 8, 4), "weight"))


RAND_42 = (
    (0.8823, 0.9150, 0.3829, 0.9593),
    (0.3904, 0.6009, 0.2566, 0.7936),
    (0.9408, 0.1332, 0.9346, 0.5936),
)
RANDINT_1 = ((5, 6), (1, 6), (8, 2))
RANDINT_12 = ((7, 5, 2, 4, 5), (9, 7, 5, 2, 7), (7, 6, 5, 3, 7), (4, 2, 8, 8, 4))


@verifies(
    random.seed_42_gives_the_numbers_of_the_tutorials,
    random.seeds_give_the_integers_of_the_tutorials,
    over=(0, 1),
)
def test_numbers_of_tutorials(run: Run, attempt: int) -> None:
    run.require_data()
    on_cpu(run)
    run.call("torch.manual_seed", 42)
    run.expect(random.seed_42_gives_the_numbers_of_the_tutorials(np.array(RAND_42)), "torch.rand", 3, 4)
    allowed = random.seeds_give_the_integers_of_the_tutorials
    run.call("torch.manual_seed", 1)
    numbers = np.array(RANDINT_1, np.float64)
    run.expect(allowed(numbers), "torch.randint", 1, 10, (3, 2), dtype=dtypes.float64)
    run.call("torch.manual_seed", 12)
    run.expect(allowed(np.array(RANDINT_12)), "torch.randint", 1, 10, (4, 5))


CALLS = {
    "uniform": ("torch.rand", ()),
    "integers": ("torch.randint", (100,)),
    "wide integers": ("torch.randint", (1 << 28,)),
    "permutation": ("torch.randperm", ()),
}
TYPES = {"uniform": (dtypes.float32, dtypes.float64)}


def sampled() -> list[tuple[str, DType, int, int]]:
    cases = product(
        CALLS, (dtypes.int64, dtypes.float32, dtypes.float64), (0, 1, 7, 40, 1000), (0, 42, 2**40 + 9)
    )
    return [case for case in cases if case[1] in TYPES.get(case[0], (dtypes.int64,))]


@verifies(random.the_cpu_stream_is_that_of_the_mersenne_twister, over=sampled())
def test_the_stream(run: Run, case: tuple[str, DType, int, int]) -> None:
    name, dtype, count, seed = case
    run.require_data()
    on_cpu(run)
    call, before = CALLS[name]
    run.call("torch.manual_seed", seed)
    size = count if name == "permutation" else (count,)
    allowed = random.the_cpu_stream_is_that_of_the_mersenne_twister(name, seed, count, dtype)
    run.expect(allowed, call, *before, size, dtype=dtype)


@verifies(
    random.the_cpu_normal_stream_is_that_of_box_and_muller,
    over=product((dtypes.float32, dtypes.float64), (1, 2, 15, streams.BLOCK, 17, 31, 40, 1000), (0, 42)),
)
def test_the_normal_stream(run: Run, case: tuple[DType, int, int]) -> None:
    dtype, count, seed = case
    run.require_data()
    on_cpu(run)
    run.call("torch.manual_seed", seed)
    allowed = random.the_cpu_normal_stream_is_that_of_box_and_muller(seed, count, dtype)
    run.expect(allowed, "torch.randn", count, dtype=dtype)
