"""Distributions: how often random numbers fall where, in every layout and type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import on_cpu
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import random
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import distributions, dtypes
from tensorcanon.spec.rules.distributions import Cells
from tensorcanon.spec.rules.dtypes import DType

FLOATS = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)
WIDE = (dtypes.float32, dtypes.float64)
INTEGERS = (dtypes.int64, dtypes.int32, dtypes.int16, dtypes.int8, dtypes.uint8)
SHAPES: tuple[Shape, ...] = ((4096,), (64, 65), (2, 2051), (3, 41, 37), (5000,))


@dataclass(frozen=True)
class Request:
    """A seed, a shape and a type."""

    seed: int
    shape: Shape
    dtype: DType
    normal: bool = False


def draw_request(tape: Tape) -> Request:
    return Request(tape.below(1 << 16), tape.choose(SHAPES), tape.choose(FLOATS), tape.one_in(2))


def _standard(request: Request) -> tuple[str, Callable[[Shape, DType], Outcome]]:
    if request.normal:
        return "torch.randn", random.randn_is_standard_normal
    return "torch.rand", random.rand_is_uniform_from_zero_to_one


@verifies(random.rand_is_uniform_from_zero_to_one, random.randn_is_standard_normal, drawn=draw_request)
def test_rand_and_randn(run: Run, request: Request) -> None:
    run.require(request.dtype)
    run.call("torch.manual_seed", request.seed)
    name, clause = _standard(request)
    run.expect(clause(request.shape, request.dtype), name, request.shape, dtype=request.dtype)


@verifies(
    random.rand_is_uniform_from_zero_to_one,
    random.randn_is_standard_normal,
    over=product((False, True), WIDE),
)
def test_rand_and_randn_of_the_default_type(run: Run, case: tuple[bool, DType]) -> None:
    normal, dtype = case
    run.call("torch.manual_seed", 3)
    name, clause = _standard(Request(0, (), dtype, normal))
    with run.default_dtype(dtype):
        run.expect(clause((300, 500), dtype), name, 300, 500)


FORMS = ("one by one", "list", "tuple", "size=")


@verifies(
    random.samplers_take_sizes_in_every_form,
    over=product(
        ("torch.rand", "torch.randn"),
        FORMS,
        ((2, 3, 4), (3,), (0,), (2, 0)),
        (*FLOATS, dtypes.complex64, *INTEGERS, dtypes.bool_),
    ),
)
def test_forms_of_sizes(run: Run, case: tuple[str, str, Shape, DType]) -> None:
    name, form, shape, dtype = case
    run.require(dtype)
    allowed = random.samplers_take_sizes_in_every_form(shape, dtype)
    match form:
        case "one by one":
            run.expect(allowed, name, *shape, dtype=dtype)
        case "list":
            run.expect(allowed, name, list(shape), dtype=dtype)
        case "tuple":
            run.expect(allowed, name, shape, dtype=dtype)
        case _:
            run.expect(allowed, name, size=shape, dtype=dtype)


@verifies(random.like_samplers_take_shape_and_type, drawn=draw_request)
def test_like(run: Run, request: Request) -> None:
    x = run.tensor(Operand(np.zeros(request.shape, request.dtype.storage), "transposed"))
    run.call("torch.manual_seed", request.seed)
    allowed = random.like_samplers_take_shape_and_type(request.shape, request.dtype, normal=request.normal)
    run.expect(allowed, "torch.randn_like" if request.normal else "torch.rand_like", x)


@verifies(
    random.like_samplers_take_shape_and_type,
    random.randint_like_takes_shape_and_type,
    over=(*INTEGERS, *FLOATS, dtypes.bool_),
)
def test_like_of_integers(run: Run, dtype: DType) -> None:
    x = run.tensor(np.ones((64, 65), dtype.storage))
    run.call("torch.manual_seed", 1)
    for normal in (False, True):
        name = "torch.randn_like" if normal else "torch.rand_like"
        if not dtype.is_floating_point:
            run.expect(random.like_samplers_take_shape_and_type((64, 65), dtype, normal=normal), name, x)
        allowed = random.like_samplers_take_shape_and_type((64, 65), dtypes.float64, normal=normal)
        run.expect(allowed, name, x, dtype=dtypes.float64)
    high = 2 if dtype is dtypes.bool_ else 100
    allowed = random.randint_like_takes_shape_and_type((64, 65), dtype, 0, high)
    run.expect(allowed, "torch.randint_like", x, high)
    if dtype is not dtypes.bool_:
        allowed = random.randint_like_takes_shape_and_type((64, 65), dtype, 3, 9)
        run.expect(allowed, "torch.randint_like", x, 3, 9)


@verifies(random.complex_randn_has_parts_of_half_the_variance, over=(dtypes.complex64, dtypes.complex128))
def test_complex_randn(run: Run, dtype: DType) -> None:
    run.require(dtype)
    run.call("torch.manual_seed", 4)
    z = run.call("torch.randn", (64, 65), dtype=dtype)
    half = random.complex_randn_has_parts_of_half_the_variance((64, 65), dtypes.real_of(dtype))
    parts = [run.call("torch.real", z), run.call("torch.imag", z)]
    for part in parts:
        run.look(half, part)
    scale = float(np.sqrt(0.5))
    for name in ("torch.add", "torch.sub"):
        run.look(half, run.call("torch.mul", run.call(name, *parts), scale))


@dataclass(frozen=True)
class Fill:
    """A fill in place: its name and arguments, what it gives, and the types it fills."""

    name: str
    args: tuple[Any, ...]
    cells: Callable[[DType], Cells]
    types: tuple[DType, ...]
    continuous: bool = True

    def __str__(self) -> str:
        return f"{self.name}{self.args}"


def _same(cells: Cells) -> Callable[[DType], Cells]:
    return lambda dtype: cells


def _everything(dtype: DType) -> Cells:
    if dtype.format is not None:
        return distributions.any_integer(dtype.format.digits, 0)
    return distributions.any_integer(None, dtypes.integer_range(dtype)[1])


FILLS = (
    Fill("Tensor.uniform_", (), _same(distributions.uniform()), FLOATS),
    Fill("Tensor.uniform_", (-2.0, 3.0), _same(distributions.uniform(-2.0, 3.0)), FLOATS),
    Fill("Tensor.normal_", (), _same(distributions.normal()), FLOATS),
    Fill("Tensor.normal_", (-4.0, 0.5), _same(distributions.normal(-4.0, 0.5)), FLOATS),
    Fill("Tensor.random_", (-3, 5), _same(distributions.integers(-3, 5)), (*INTEGERS[:-1], *FLOATS), False),
    Fill("Tensor.random_", (100,), _same(distributions.integers(0, 100)), (*INTEGERS, *FLOATS), False),
    Fill("Tensor.random_", (1 << 40,), _same(distributions.integers(0, 1 << 40)), (dtypes.int64,), False),
    Fill("Tensor.random_", (), _everything, (*INTEGERS, *FLOATS, dtypes.bool_), False),
    Fill("Tensor.exponential_", (), _same(distributions.exponential(1.0)), WIDE),
    Fill("Tensor.exponential_", (0.25,), _same(distributions.exponential(0.25)), (*WIDE, dtypes.bfloat16)),
    Fill(
        "Tensor.bernoulli_",
        (),
        _same(distributions.bernoulli(0.5)),
        (*FLOATS, *INTEGERS, dtypes.bool_),
        False,
    ),
    Fill("Tensor.bernoulli_", (0.9,), _same(distributions.bernoulli(0.9)), (*FLOATS, *INTEGERS), False),
    Fill("Tensor.bernoulli_", (1.0,), _same(distributions.bernoulli(1.0)), (*FLOATS, dtypes.bool_), False),
    Fill("Tensor.geometric_", (0.3,), _same(distributions.geometric(0.3)), (*FLOATS, *INTEGERS), False),
    Fill("Tensor.cauchy_", (2.0, 0.5), _same(distributions.cauchy(2.0, 0.5)), WIDE),
    Fill("Tensor.log_normal_", (0.5, 0.25), _same(distributions.log_normal(0.5, 0.25)), WIDE),
)
# Views of a tensor of two times 65 by 64 elements: the step that makes each, and its arguments.
VIEWS: dict[str, tuple[str | None, Any]] = {
    "whole": (None, ()),
    "stepped": ("operator.getitem", ((Ellipsis, slice(None, None, 2)),)),
    "offset": ("operator.getitem", (1,)),
    "every other row": ("operator.getitem", ((slice(None), slice(None, None, 2)),)),
    "transposed": ("Tensor.permute", ((2, 1, 0),)),
    "middle": ("operator.getitem", ((slice(None), slice(1, 60), slice(3, 63)),)),
}
FILLER = 1


@dataclass(frozen=True)
class Filling:
    """A fill of a view."""

    fill: Fill
    dtype: DType
    view: str
    seed: int


def draw_filling(tape: Tape, fill: Fill) -> Filling:
    return Filling(fill, tape.choose(fill.types), tape.choose(list(VIEWS)), tape.below(1 << 16))


@verifies(
    random.fills_draw_from_their_distribution,
    random.fills_return_their_tensor,
    random.fills_write_their_own_elements_only,
    drawn=draw_filling,
    each=FILLS,
)
def test_fills(run: Run, fill: Fill, case: Filling) -> None:
    base = np.full((2, 65, 64), FILLER, case.dtype.storage)
    x = run.tensor(base)
    target = _view(run, x, case.view)
    mask = np.zeros(base.shape, bool)
    window = _window(mask, case.view)
    window[...] = True
    run.call("torch.manual_seed", case.seed)
    filled = run.call(fill.name, target, *fill.args)
    run.expect(random.fills_return_their_tensor(), "is", filled, target)
    cells = fill.cells(case.dtype)
    allowed = random.fills_draw_from_their_distribution(
        cells, case.dtype, window.shape, continuous=fill.continuous
    )
    run.look(allowed, _view(run, x, case.view))
    run.look(random.fills_write_their_own_elements_only(base, ~mask), x)


def _view(run: Run, x: Handle, name: str) -> Handle:
    step, args = VIEWS[name]
    return x if step is None else run.call(step, x, *args)


def _window(array: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    step, args = VIEWS[name]
    if step is None:
        return array
    return array.transpose(*args) if step == "Tensor.permute" else array[args[0]]


SMALL = ((0, 10), (1, 10), (-5, 5), (0, 2), (0, 1))
RANGES = (*SMALL, (-1000, 70000), (0, 2**28), (-(2**40), 2**41), (0, 2**62))


@verifies(random.randint_is_uniform_on_integers, over=RANGES)
def test_randint(run: Run, bounds: tuple[int, int]) -> None:
    low, high = bounds
    run.call("torch.manual_seed", 9)
    allowed = random.randint_is_uniform_on_integers((64, 65), dtypes.int64, low, high)
    run.expect(allowed, "torch.randint", low, high, (64, 65))
    run.expect(allowed, "torch.randint", low=low, high=high, size=[64, 65])
    if low == 0:
        run.expect(allowed, "torch.randint", high, (64, 65))


@verifies(random.randint_is_uniform_on_integers, over=product(SMALL, (*INTEGERS[:-1], *FLOATS)))
def test_randint_of_types(run: Run, case: tuple[tuple[int, int], DType]) -> None:
    (low, high), dtype = case
    run.require(dtype)
    run.call("torch.manual_seed", 10)
    allowed = random.randint_is_uniform_on_integers((4099,), dtype, low, high)
    run.expect(allowed, "torch.randint", low, high, (4099,), dtype=dtype)


@verifies(
    random.randint_needs_a_range_and_a_sequence_of_sizes,
    over=((5, 5, (2,)), (5, 4, (2,)), (0, 0, (2,)), (0, 5, 3), (0, 5, None)),
)
def test_randint_refusals(run: Run, case: tuple[int, int, Any]) -> None:
    low, high, size = case
    run.call("torch.randint", 0, 5, (2,))
    refused = random.randint_needs_a_range_and_a_sequence_of_sizes(low, high, isinstance(size, tuple))
    run.expect(refused, "torch.randint", low, high, size)


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


@verifies(
    random.the_deterministic_mode_can_be_asked_for,
    random.deterministic_mode_refuses_operations_without_an_order,
    random.deterministic_mode_may_only_warn,
    over=(True, False),
)
def test_deterministic_mode(run: Run, mode: bool) -> None:
    run.require_data()
    allowed = random.deterministic_mode_refuses_operations_without_an_order
    x = run.tensor(np.zeros(3, np.float32))
    index, source = run.tensor(np.array([1])), run.tensor(np.array([5.0], np.float32))
    written = np.array([0.0, 5.0, 0.0], np.float32)
    try:
        run.call("torch.use_deterministic_algorithms", mode)
        asked = random.the_deterministic_mode_can_be_asked_for(mode)
        run.expect(asked, "torch.are_deterministic_algorithms_enabled")
        run.expect(allowed(None if mode else written), "Tensor.put_", x, index, source)
        run.call("torch.use_deterministic_algorithms", True, warn_only=True)
        run.expect(random.deterministic_mode_may_only_warn(written), "Tensor.put_", x, index, source)
    finally:
        run.call("torch.use_deterministic_algorithms", False)
