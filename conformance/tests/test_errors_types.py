"""What refused operations leave behind, and the data types and indices that operations refuse."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import errors
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Shape = tuple[int, ...]

# Operations in place whose other operand must broadcast to the target.
REFUSABLE = ("add_", "sub_", "mul_", "copy_", "lerp_", "masked_fill_", "setitem", "clamp_")


def draw_refused(tape: Tape, name: str) -> tuple[Operand, Array]:
    """A target and an operand of another size in one dimension, or of one dimension too many."""
    dtype = dtypes.float32 if name in ("lerp_", "clamp_") else tape.choose(dtypes.REALS)
    shape = draw_shape(tape, ndim=(1, 2, 3))
    target = Operand(draw_array(tape, dtype, shape, "exact"), draw_layout(tape))
    wrong = list(shape)
    place = tape.below(len(shape))
    wrong[place] = shape[place] + 2
    if tape.one_in(3):
        wrong = [2, *shape]
    kind = np.dtype(bool) if name == "masked_fill_" else dtype.storage
    return target, np.ones(wrong, kind)


def arguments(run: Run, name: str, other: Handle) -> tuple[Any, ...]:
    if name == "masked_fill_":
        return other, 9
    return (other, 0.5) if name == "lerp_" else (other,)


@verifies(
    errors.a_refused_operation_changes_nothing,
    errors.shapes_and_types_are_checked_first,
    each=REFUSABLE,
    drawn=draw_refused,
)
def test_refused_shapes(run: Run, name: str, case: tuple[Operand, Array]) -> None:
    target, wrong = case
    run.require_data()
    x, other = run.tensor(target), run.tensor(wrong)
    refused = errors.shapes_and_types_are_checked_first()
    if name == "setitem":
        run.expect(refused, "operator.setitem", x, Ellipsis, other)
    else:
        run.expect(refused, f"Tensor.{name}", x, *arguments(run, name, other))
    unchanged = errors.a_refused_operation_changes_nothing
    run.look(unchanged(target.array, target.strides), x)
    run.look(unchanged(wrong, Operand(wrong).strides), other)


@verifies(
    errors.a_refused_operation_changes_nothing,
    errors.shapes_and_types_are_checked_first,
    over=product(("add_", "mul_", "div_", "sub_"), dtypes.INTEGERS, ("contiguous", "transposed", "stepped")),
)
def test_refused_types(run: Run, case: tuple[str, DType, str]) -> None:
    name, dtype, layout = case
    run.require_data()
    target = Operand(np.array([[1, 2, 3], [4, 5, 6]]).astype(dtype.storage), layout)
    x = run.tensor(target)
    y = run.tensor(np.full((2, 3), 0.5, np.float32))
    refused = errors.shapes_and_types_are_checked_first()
    unchanged = errors.a_refused_operation_changes_nothing(target.array, target.strides)
    run.expect(refused, f"Tensor.{name}", x, y)
    run.look(unchanged, x)
    run.expect(refused, f"torch.{name.removesuffix('_')}", y, y, out=x)
    run.look(unchanged, x)


# Integers and bools.

NEED_FLOATS: dict[str, tuple[Any, ...]] = {
    "torch.softmax": (0,),
    "torch.log_softmax": (0,),
    "torch.nn.functional.gelu": (),
    "torch.mean": (),
    "torch.std": (),
    "torch.var": (),
    "torch.quantile": (0.5,),
    "torch.linalg.inv": (),
}
KINDS = (dtypes.float32, dtypes.float64, *dtypes.INTEGERS)


@verifies(errors.floating_operations_refuse_integers, over=product(NEED_FLOATS, KINDS))
def test_floats_needed(run: Run, case: tuple[str, DType]) -> None:
    name, dtype = case
    run.require_data()
    x = run.tensor(np.array([[1, 0], [0, 2]]).astype(dtype.storage))
    run.expect(errors.floating_operations_refuse_integers(dtype), name, x, *NEED_FLOATS[name])


@verifies(errors.floating_operations_refuse_integers, over=KINDS)
def test_losses_need_floats(run: Run, dtype: DType) -> None:
    run.require_data()
    x = run.tensor(np.array([1, 0]).astype(dtype.storage))
    run.expect(errors.floating_operations_refuse_integers(dtype), "torch.nn.functional.mse_loss", x, x)


@verifies(errors.integer_operations_take_integers, over=dtypes.INTEGERS)
def test_integers_taken(run: Run, dtype: DType) -> None:
    array = np.array([[3, 1], [2, 4]]).astype(dtype.storage)
    if dtype.signed:
        array[0] *= -1
    x = run.tensor(array)
    allowed = errors.integer_operations_take_integers
    run.expect(allowed(np.maximum(array, 0)), "torch.relu", x)
    run.expect(allowed(np.clip(array, 1, 2)), "torch.clamp", x, 1, 2)
    run.expect(allowed(np.asarray(array.sum(dtype=np.int64))), "torch.sum", x)
    run.expect(allowed(array @ array), "torch.matmul", x, x)
    run.expect(allowed(array @ array.T), "torch.nn.functional.linear", x, x)
    ordered = run.call("torch.sort", x, 1)
    run.look(allowed(np.sort(array, 1)), ordered[0])


MASK = np.array([[True, False], [True, True]])
REFUSE_BOOLS = ("argmax", "argmin", "relu", "mean", "neg")
REFUSE_BOOL_PAIRS = ("torch.matmul", "torch.floor_divide", "operator.floordiv", "torch.sub", "operator.sub")


@verifies(errors.arithmetic_refuses_bools, over=REFUSE_BOOLS)
def test_bools_refused(run: Run, name: str) -> None:
    run.require_data()
    run.call(f"torch.{name}", run.tensor(MASK.astype(np.float32)))
    x = run.tensor(MASK)
    run.expect(errors.arithmetic_refuses_bools(), f"torch.{name}", x)
    if name == "neg":
        run.expect(errors.arithmetic_refuses_bools(), "operator.neg", x)


@verifies(errors.arithmetic_refuses_bools, over=REFUSE_BOOL_PAIRS)
def test_bool_pairs_refused(run: Run, name: str) -> None:
    run.require_data()
    ones = run.tensor(np.ones((2, 2), np.float32))
    run.call(name, ones, ones)
    run.expect(errors.arithmetic_refuses_bools(), name, run.tensor(MASK), run.tensor(MASK))


@verifies(errors.logic_and_order_take_bools, over=("contiguous", "transposed", "stepped", "offset"))
def test_bools_taken(run: Run, layout: str) -> None:
    x, y = run.tensor(Operand(MASK, layout)), run.tensor(MASK.T)
    allowed = errors.logic_and_order_take_bools
    run.expect(allowed(np.array(True)), "torch.max", x)
    run.expect(allowed(np.array(3)), "torch.sum", x)
    run.expect(allowed(np.array([True, False])), "torch.all", x, 0)
    run.expect(allowed(np.array([True, True])), "torch.any", x, 1)
    run.expect(allowed(np.array([True, True])), "torch.amax", x, 0)
    run.expect(allowed(MASK & MASK.T), "operator.and_", x, y)
    run.expect(allowed(MASK ^ MASK.T), "torch.bitwise_xor", x, y)
    run.expect(allowed(~MASK), "torch.bitwise_not", x)
    run.expect(allowed(MASK & MASK.T), "torch.logical_and", x, y)
    ordered = run.call("torch.sort", x, 1)
    run.look(allowed(np.sort(MASK, 1)), ordered[0])


# Indices.

NUMBERS = np.arange(12, dtype=np.float32).reshape(3, 4)


@verifies(errors.indices_must_be_integers, over=(1.5, 0.0, 1j, (0, 1.5), "a", (slice(None), 0.5), {}))
def test_bad_indices(run: Run, index: Any) -> None:
    x = run.tensor(NUMBERS)
    run.call("operator.getitem", x, 1)
    run.expect(errors.indices_must_be_integers(index), "operator.getitem", x, index)


@verifies(
    errors.indices_must_be_integers, over=product((np.float32, np.float64, np.float16), ((), (2,), (3,)))
)
def test_bad_index_tensors(run: Run, case: tuple[type, Shape]) -> None:
    kind, shape = case
    run.require_data()
    x, index = run.tensor(NUMBERS), run.tensor(np.zeros(shape, kind))
    run.expect(errors.indices_must_be_integers(1.5), "operator.getitem", x, index)


@verifies(
    errors.numpy_integers_and_ranges_are_indices,
    over=[
        *(np.int64(1), np.int32(-1), np.uint8(2), np.array([0, 2]), np.array([True, False, True])),
        *(range(2), range(2, 0, -1), (slice(None), np.int64(1)), (np.array([0, 2]), np.array([1, 3]))),
    ],
)
def test_numpy_indices(run: Run, index: Any) -> None:
    x = run.tensor(NUMBERS)
    own = list(index) if isinstance(index, range) else index
    allowed = errors.numpy_integers_and_ranges_are_indices(NUMBERS[own])
    run.expect(allowed, "operator.getitem", x, index)
