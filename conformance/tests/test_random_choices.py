"""Parameters in tensors, choices and orders: a distribution for each element, indices, permutations."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import on_cpu
from tensorcanon.spec import random
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

FLOATS = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)
WIDE = (dtypes.float32, dtypes.float64)
INTEGERS = (dtypes.int64, dtypes.int32, dtypes.int16, dtypes.int8, dtypes.uint8)
SHAPES: tuple[Shape, ...] = ((4096,), (64, 65), (2, 2051), (3, 41, 37), (5000,))


CHANCES = (0.0, 0.25, 0.5, 1.0, 0.125, 0.9375)
ROWS = 2500


def _columns(values: tuple[float, ...], dtype: DType, layout: str) -> Operand:
    return Operand(np.tile(np.array(values, dtype.storage), (ROWS, 1)), layout)


def _column(run: Run, x: Handle, place: int) -> Handle:
    return run.call("operator.getitem", x, (slice(None), place))  # type: ignore[no-any-return]


@verifies(
    random.bernoulli_draws_ones_with_the_chances_given,
    random.bernoulli_is_certain_at_the_ends,
    over=product(FLOATS, ("contiguous", "transposed", "stepped", "offset")),
)
def test_bernoulli(run: Run, case: tuple[DType, str]) -> None:
    dtype, layout = case
    chances = _columns(CHANCES, dtype, layout)
    p = run.tensor(chances)
    run.call("torch.manual_seed", 11)
    bits = run.expect(random.bernoulli_is_certain_at_the_ends(chances.array), "torch.bernoulli", p)
    for place, chance in enumerate(CHANCES):
        allowed = random.bernoulli_draws_ones_with_the_chances_given((ROWS,), dtype, chance)
        run.look(allowed, _column(run, bits, place))
    target = run.tensor(np.zeros(chances.shape, dtype.storage))
    run.call("Tensor.bernoulli_", target, p)
    for place, chance in enumerate(CHANCES):
        allowed = random.bernoulli_draws_ones_with_the_chances_given((ROWS,), dtype, chance)
        run.look(allowed, _column(run, target, place))


@verifies(
    random.bernoulli_refuses_other_numbers,
    over=(*product((dtypes.float32, dtypes.float64), (1.5, -0.25)), (dtypes.int64, 1), (dtypes.bool_, 1)),
)
def test_bernoulli_refusals(run: Run, case: tuple[DType, float]) -> None:
    on_cpu(run)
    dtype, chance = case
    run.call("torch.bernoulli", run.tensor(np.array([0.5, 1.0])))
    p = run.tensor(np.array([1, chance], dtype.storage))
    run.expect(random.bernoulli_refuses_other_numbers(), "torch.bernoulli", p)


WEIGHTS = ((0.0, 2.0, 1.0, 5.0, 0.0, 0.5), (1.0, 1.0, 1.0), (1e-3, 1e3, 3e3, 500.0), (3.0, 1.0))


@verifies(random.multinomial_draws_by_weight, over=product(WEIGHTS, FLOATS[:3]))
def test_multinomial(run: Run, case: tuple[tuple[float, ...], DType]) -> None:
    weights, dtype = case
    run.require(dtype)
    rounded = np.array(weights, dtype.storage)
    exact = tuple(float(weight) for weight in rounded)
    run.call("torch.manual_seed", 12)
    w = run.tensor(rounded)
    allowed = random.multinomial_draws_by_weight((4096,), exact)
    run.expect(allowed, "torch.multinomial", w, 4096, True)
    rows = run.tensor(Operand(np.stack([rounded, rounded[::-1]]), "transposed"))
    both = run.call("torch.multinomial", rows, 3000, replacement=True)
    for row, own in enumerate((exact, exact[::-1])):
        allowed = random.multinomial_draws_by_weight((3000,), own)
        run.look(allowed, run.call("operator.getitem", both, row))


@verifies(
    random.multinomial_without_replacement_repeats_nothing,
    random.multinomial_takes_winners_out,
    random.multinomial_draws_by_weight,
    over=product(WEIGHTS, (dtypes.float32, dtypes.float64)),
)
def test_multinomial_without_replacement(run: Run, case: tuple[tuple[float, ...], DType]) -> None:
    weights, dtype = case
    count = max(int(np.count_nonzero(weights)) - 1, 1)
    w = run.tensor(_columns(weights, dtype, "contiguous"))
    exact = tuple(float(weight) for weight in np.array(weights, dtype.storage))
    run.call("torch.manual_seed", 13)
    distinct = random.multinomial_without_replacement_repeats_nothing((ROWS, count), weights)
    drawn = run.expect(distinct, "torch.multinomial", w, count)
    run.look(random.multinomial_draws_by_weight((ROWS,), exact), _column(run, drawn, 0))
    if count > 1:
        run.look(random.multinomial_takes_winners_out((ROWS,), exact), _column(run, drawn, 1))


@verifies(
    random.multinomial_refuses_what_is_no_weight,
    over=product(
        ((-1.0, 2.0), (float("nan"), 1.0), (float("inf"), 1.0), (0.0, 0.0), (1.0, 1.0, 1.0)), (True, False)
    ),
)
def test_multinomial_refusals(run: Run, case: tuple[tuple[float, ...], bool]) -> None:
    on_cpu(run)
    weights, replacement = case
    count = 4 if len(weights) == 3 else 2
    run.call("torch.multinomial", run.tensor(np.array([1.0, 2.0])), 2, replacement)
    w = run.tensor(np.array(weights))
    if len(weights) == 3 and replacement:
        run.expect(random.multinomial_draws_by_weight((4,), weights), "torch.multinomial", w, 4, True)
    else:
        run.expect(random.multinomial_refuses_what_is_no_weight(), "torch.multinomial", w, count, replacement)


@verifies(
    random.multinomial_needs_enough_nonzero_weights,
    over=(((1.0, 0.0, 2.0), 2), ((1.0, 0.0, 2.0), 3), ((0.0, 3.0, 0.0, 0.0), 2)),
)
def test_multinomial_of_few_weights(run: Run, case: tuple[tuple[float, ...], int]) -> None:
    on_cpu(run)
    weights, count = case
    w = run.tensor(np.array(weights))
    allowed = random.multinomial_needs_enough_nonzero_weights(int(np.count_nonzero(weights)), count)
    run.expect(allowed, "torch.multinomial", w, count)


MEANS = (-4.0, 0.0, 8.0)


@verifies(random.normal_takes_means_and_deviations, over=product(FLOATS[:3], (0.5, 2.0, 0.0)))
def test_normal_of_tensors(run: Run, case: tuple[DType, float]) -> None:
    dtype, std = case
    run.require(dtype)
    run.call("torch.manual_seed", 14)
    means = run.tensor(np.array(MEANS, dtype.storage))
    spread = run.tensor(np.full((ROWS, 1), std, dtype.storage))
    whole = run.tensor(_columns(MEANS, dtype, "transposed"))
    for drawn in (
        run.call("torch.normal", means, spread),
        run.call("torch.normal", whole, std),
        run.call("torch.normal", mean=whole, std=spread),
    ):
        for place, mean in enumerate(MEANS):
            allowed = random.normal_takes_means_and_deviations((ROWS,), dtype, mean, std)
            run.look(allowed, _column(run, drawn, place))
    allowed = random.normal_takes_means_and_deviations((ROWS, 1), dtype, 1.0, std)
    run.expect(allowed, "torch.normal", 1.0, spread)
    allowed = random.normal_takes_means_and_deviations((50, 60), dtypes.float32, 1.0, std)
    run.expect(allowed, "torch.normal", 1.0, std, (50, 60))
    run.expect(allowed, "torch.normal", 1.0, std, size=(50, 60))


@verifies(random.normal_refuses_negative_deviations, over=(0, 1, 2))
def test_normal_refusals(run: Run, form: int) -> None:
    ones = run.tensor(np.ones(3, np.float32))
    run.call("torch.normal", ones, ones)
    refused = random.normal_refuses_negative_deviations(form == 0)
    match form:
        case 0:
            run.expect(refused, "torch.normal", ones, run.tensor(np.array([1.0, -1.0, 1.0], np.float32)))
        case 1:
            run.expect(refused, "torch.normal", ones, -1.0)
        case _:
            run.expect(refused, "torch.normal", 0.0, -1.0, (2,))


@verifies(random.normal_takes_shapes_of_equally_many_elements, over=(((2, 3), (6,)), ((6,), (3, 2))))
def test_normal_of_other_shapes(run: Run, case: tuple[Shape, Shape]) -> None:
    mean, std = (run.tensor(np.ones(shape, np.float32)) for shape in case)
    run.expect(random.normal_takes_shapes_of_equally_many_elements(*case), "torch.normal", mean, std)


RATES = (0.0, 0.5, 4.0, 30.0)


@verifies(
    random.poisson_counts_have_their_rate,
    over=((dtypes.float32, "contiguous"), (dtypes.float64, "transposed")),
)
def test_poisson(run: Run, case: tuple[DType, str]) -> None:
    dtype, layout = case
    run.call("torch.manual_seed", 15)
    counts = run.call("torch.poisson", run.tensor(_columns(RATES, dtype, layout)))
    for place, rate in enumerate(RATES):
        allowed = random.poisson_counts_have_their_rate((ROWS,), dtype, rate)
        run.look(allowed, _column(run, counts, place))


@verifies(random.poisson_refuses_negative_rates, over=WIDE)
def test_poisson_refusals(run: Run, dtype: DType) -> None:
    on_cpu(run)
    run.call("torch.poisson", run.tensor(np.ones(2, dtype.storage)))
    rates = run.tensor(np.array([1.0, -1.0], dtype.storage))
    run.expect(random.poisson_refuses_negative_rates(), "torch.poisson", rates)


@verifies(
    random.randperm_shuffles_the_first_integers,
    over=product((0, 1, 2, 3, 17, 33, 100, 1000, 5000, 70000), (None, dtypes.int32, dtypes.float64)),
)
def test_randperm(run: Run, case: tuple[int, DType | None]) -> None:
    count, dtype = case
    run.call("torch.manual_seed", 16)
    allowed = random.randperm_shuffles_the_first_integers(count, dtype or dtypes.int64)
    options = {} if dtype is None else {"dtype": dtype}
    run.expect(allowed, "torch.randperm", count, **options)


PERMUTATIONS = """
    def permutations(rows, count, device):
        return torch.stack([torch.randperm(count, device=device) for _ in range(rows)])
"""


@verifies(random.randperm_puts_every_integer_everywhere, over=(2, 3, 5, 9))
def test_permutations(run: Run, count: int) -> None:
    run.require_data()
    permutations = run.define(PERMUTATIONS)
    run.call("torch.manual_seed", 17)
    allowed = random.randperm_puts_every_integer_everywhere(600, count)
    run.expect(allowed, "call", permutations, 600, count, run.backend.identity.device)
