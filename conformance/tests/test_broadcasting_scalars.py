"""Broadcasting of numbers, its gradient, sums back to a shape, and columns that meet vectors."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_broadcastable, draw_layout, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import broadcasting
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.broadcasting import broadcast_shapes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.expansion import expanded

Shape = tuple[int, ...]

OPS = ("add", "sub", "mul", "eq", "lt")


def draw_with_number(tape: Tape) -> tuple[Operand, complex]:
    dtype = tape.choose((dtypes.float32, *dtypes.REALS))
    array = draw_array(tape, dtype, draw_shape(tape), "small")
    return Operand(array, draw_layout(tape)), tape.choose((2, 0, 1, 3))


@verifies(
    broadcasting.a_number_meets_every_element,
    broadcasting.operands_are_left_as_they_are,
    each=OPS,
    drawn=lambda tape, name: draw_with_number(tape),
)
def test_numbers(run: Run, name: str, case: tuple[Operand, int]) -> None:
    operand, number = case
    x = run.tensor(operand)
    zero_dim = np.asarray(number).astype(operand.array.dtype)
    allowed = broadcasting.a_number_meets_every_element(name, operand.array, zero_dim)
    run.expect(allowed, f"torch.{name}", x, number)
    run.expect(allowed, f"operator.{name}", x, number)
    run.expect(allowed, f"Tensor.{name}", x, run.tensor(zero_dim))
    swapped = broadcasting.a_number_meets_every_element(name, zero_dim, operand.array)
    run.expect(swapped, f"operator.{name}", number, x)
    run.expect(swapped, f"torch.{name}", run.tensor(zero_dim), x)
    run.look(broadcasting.operands_are_left_as_they_are(operand.array, operand.strides), x)


def draw_factors(tape: Tape) -> list[Operand]:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    shapes = draw_broadcastable(tape, 3)
    return [Operand(draw_array(tape, dtype, shape, "small"), draw_layout(tape)) for shape in shapes]


@verifies(broadcasting.the_gradient_of_an_operand_is_summed_to_its_shape, drawn=draw_factors)
def test_gradient(run: Run, operands: list[Operand]) -> None:
    """The gradient of x * y + z under a gradient of small integers is made of exact sums."""
    shape = broadcast_shapes(*(operand.shape for operand in operands))
    arrays = [expanded(operand.array, shape) for operand in operands]
    x, y, z = (run.tensor(operand, requires_grad=True) for operand in operands)
    result = run.call("torch.add", run.call("torch.mul", x, y), z)
    seed = arrays[0] + 1
    run.call("Tensor.backward", result, run.tensor(seed))
    allowed = broadcasting.the_gradient_of_an_operand_is_summed_to_its_shape
    gradients = (seed * arrays[1], seed * arrays[0], seed)
    for operand, leaf, gradient in zip(operands, (x, y, z), gradients, strict=True):
        run.look(allowed(gradient, operand.shape), run.call("Tensor.grad", leaf))


@verifies(
    broadcasting.the_gradient_of_an_operand_is_summed_to_its_shape,
    over=product(
        [((67, 65), (1, 65)), ((67, 65), (67, 1)), ((2051, 2), (2,)), ((4099,), ()), ((0, 3), (1, 3))],
        ("add", "sub", "mul", "maximum"),
    ),
)
def test_large_gradient(run: Run, case: tuple[tuple[Shape, Shape], str]) -> None:
    (shape, small), name = case
    big, little = np.ones(shape, np.float32), np.full(small, 3, np.float32)
    x, y = run.tensor(big, requires_grad=True), run.tensor(little, requires_grad=True)
    result = run.call(f"torch.{name}", x, y)
    run.call("Tensor.backward", result, run.tensor(big * 2))
    slopes = {"add": (2, 2), "sub": (2, -2), "mul": (6, 2), "maximum": (0, 2)}[name]
    allowed = broadcasting.the_gradient_of_an_operand_is_summed_to_its_shape
    run.look(allowed(big * slopes[0], shape), run.call("Tensor.grad", x))
    run.look(allowed(big * slopes[1], small), run.call("Tensor.grad", y))


def draw_sums(tape: Tape) -> tuple[Operand, Shape, DType]:
    dtype = tape.choose((dtypes.float32, dtypes.float64, dtypes.int64))
    shapes = draw_broadcastable(tape, 2)
    full = broadcast_shapes(*shapes)
    target = shapes[0] if not tape.one_in(4) else tape.choose(((2,), (3, 1), (5, 2, 3), (), (1, 1, 1, 1, 1)))
    return Operand(draw_array(tape, dtype, full, "small"), draw_layout(tape)), target, dtype


@verifies(broadcasting.sum_to_size_sums_to_a_shape_that_broadcasts_back, drawn=draw_sums)
def test_sum_to_size(run: Run, case: tuple[Operand, Shape, DType]) -> None:
    operand, shape, dtype = case
    x = run.tensor(operand)
    allowed = broadcasting.sum_to_size_sums_to_a_shape_that_broadcasts_back(operand.array, shape, dtype)
    run.expect(allowed, "Tensor.sum_to_size", x, shape)
    if shape:
        run.expect(allowed, "Tensor.sum_to_size", x, *shape)


@verifies(broadcasting.equal_counts_are_not_paired_in_order, over=product((2, 3, 4, 65), (False, True)))
def test_columns(run: Run, case: tuple[int, bool]) -> None:
    count, swapped = case
    column, vector = np.arange(count)[:, None], np.arange(count) * 100
    x, y = run.tensor(np.ascontiguousarray(column)), run.tensor(vector)
    allowed = broadcasting.equal_counts_are_not_paired_in_order(column, vector)
    run.expect(allowed, "torch.add", *((y, x) if swapped else (x, y)))
    run.expect(allowed, "operator.add", *((y, x) if swapped else (x, y)))


@verifies(broadcasting.a_loss_of_a_column_and_a_vector_warns, over=(2, 4, 8))
def test_loss(run: Run, count: int) -> None:
    column, vector = np.arange(count, dtype=np.float32)[:, None], np.ones(count, np.float32)
    x, y = run.tensor(np.ascontiguousarray(column)), run.tensor(vector)
    allowed = broadcasting.a_loss_of_a_column_and_a_vector_warns(column, vector)
    run.expect(allowed, "torch.nn.functional.mse_loss", x, y)


@verifies(broadcasting.the_compatibility_flag_makes_broadcasting_warn, over=(3, 4))
def test_flag(run: Run, count: int) -> None:
    x, y = run.tensor(np.zeros((count, 1), np.float32)), run.tensor(np.zeros(count, np.float32))
    flag = Symbol("utils.backcompat.broadcast_warning")
    run.call("builtins.setattr", flag, "enabled", True)
    try:
        allowed = broadcasting.the_compatibility_flag_makes_broadcasting_warn((count, count))
        run.expect(allowed, "torch.add", x, y)
    finally:
        run.call("builtins.setattr", flag, "enabled", False)
