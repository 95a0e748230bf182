"""Distributions: how often random numbers fall where, in every layout and type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import random
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes
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
