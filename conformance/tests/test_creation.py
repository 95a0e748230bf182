"""Tensors of data: lists, numbers, arrays, buffers and other tensors."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import creation
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# The types that NumPy has itself.
NATIVE = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bfloat16)

REAL_DATA: tuple[Any, ...] = (
    *(
        True,
        3,
        2.5,
        -0.0,
        float("nan"),
        [],
        [[]],
        [[], []],
        ((), ()),
        [True, False],
        [1, 2],
        (1, 2),
        [0.5, -1.5],
    ),
    *([True, 2], [2, True], [1, 2.5], [2.5, 1], [True, 2.5], [[1], [2.5]], [[True], [2]], [(1, 2), (3, 4)]),
    *([[[True]], [[1]], [[0.25]]], [2**40, 1], [-(2**63)], [2**63 - 1], [[1, 2, 3]], [float("inf"), 1]),
)
COMPLEX_DATA: tuple[Any, ...] = (1j, [1j, 2], [2.5, 1j], [[True], [2 - 1j]], [[1, 2], [3.0, 4j]])


@verifies(
    creation.tensor_infers_the_type_from_its_data,
    over=[
        *product(REAL_DATA, dtypes.FLOATS),
        *product(COMPLEX_DATA, (dtypes.float32, dtypes.float64)),
    ],
)
def test_inference(run: Run, case: tuple[Any, DType]) -> None:
    data, default = case
    run.require(default)
    with run.default_dtype(default):
        run.expect(creation.tensor_infers_the_type_from_its_data(data, default), "torch.tensor", data)


def draw_native_array(tape: Tape) -> tuple[Array, DType]:
    """An array as programs hold them: also a transposed and a stepped one."""
    dtype = tape.choose(NATIVE)
    array = draw_array(tape, dtype, draw_shape(tape))
    if array.ndim:
        array = tape.choose([array, array.T, array[::2]])
    return array, tape.choose((dtypes.float32, dtypes.float64))


@verifies(creation.tensor_keeps_the_type_of_an_array, drawn=draw_native_array)
def test_arrays(run: Run, case: tuple[Array, DType]) -> None:
    array, default = case
    run.require(dtypes.of_array(array))
    with run.default_dtype(default):
        allowed = creation.tensor_keeps_the_type_of_an_array(array)
        run.expect(allowed, "torch.tensor", array)
        if array.size:
            scalar = array.reshape(-1)[-1]
            run.expect(creation.tensor_keeps_the_type_of_an_array(np.asarray(scalar)), "torch.tensor", scalar)


def draw_nested(tape: Tape) -> Any:
    return nested(tape, draw_shape(tape, ndim=(0, 1, 2, 3, 4), large=False))


def nested(tape: Tape, shape: tuple[int, ...]) -> Any:
    if not shape:
        return tape.below(100)
    items = [nested(tape, shape[1:]) for _ in range(shape[0])]
    return tuple(items) if tape.one_in(4) else items


@verifies(creation.nested_sequences_give_a_dimension_per_level, drawn=draw_nested)
def test_nesting(run: Run, data: Any) -> None:
    run.expect(creation.nested_sequences_give_a_dimension_per_level(data), "torch.tensor", data)


RAGGED = (
    *(
        [[1, 2], [3]],
        [[1], [2, 3]],
        [[1], []],
        [[], [1]],
        [[[1], [2]], [[3]]],
        [[[1, 2]], [[3]]],
        [(1, 2), [3]],
    ),
    *([(1, 2), [3]], [[1, 2], 3], [1, [2, 3]], [[1.5], [True, 2]]),
)


@verifies(creation.ragged_sequences_are_refused, over=RAGGED)
def test_ragged(run: Run, data: Any) -> None:
    run.call("torch.tensor", [[1, 2], [3, 4]])
    run.expect(creation.ragged_sequences_are_refused(data), "torch.tensor", data)
    run.expect(creation.ragged_sequences_are_refused(data), "torch.tensor", data, dtype=dtypes.float64)


@verifies(
    creation.an_explicit_type_converts_the_data,
    over=product(([True, False], [0, 3], [1.75, 2.0], 2.5, 7, True, [[0.5], [1]], [], [[]]), dtypes.COMMON),
    proves=True,
)
def test_explicit_type(run: Run, case: tuple[Any, DType]) -> None:
    data, dtype = case
    run.require(dtype)
    allowed = creation.an_explicit_type_converts_the_data(data, dtype)
    run.expect(allowed, "torch.tensor", data, dtype=dtype)
    run.expect(allowed, "torch.tensor", data, dtype=dtype, requires_grad=False)


@verifies(creation.an_explicit_type_converts_the_data, over=product(NATIVE, dtypes.COMMON))
def test_explicit_type_of_arrays(run: Run, case: tuple[DType, DType]) -> None:
    source, dtype = case
    run.require(source, dtype)
    if source.is_complex and not dtype.is_complex:
        return
    array = np.array([[0, 1.75, 3], [2.5, 1, 0]]).astype(source.storage)
    allowed = creation.an_explicit_type_converts_the_data(array.tolist(), dtype)
    run.expect(allowed, "torch.tensor", array, dtype=dtype)


@verifies(
    creation.integers_outside_the_type_are_refused,
    over=[
        (number, dtype)
        for dtype in dtypes.INTEGERS
        for low, high in [dtypes.integer_range(dtype)]
        for number in (low - 1, low, high, high + 1, 2 * high + 3, 2**64, -(2**64))
    ],
)
def test_overflow(run: Run, case: tuple[int, DType]) -> None:
    number, dtype = case
    allowed = creation.integers_outside_the_type_are_refused(number, dtype)
    run.expect(allowed, "torch.tensor", number, dtype=dtype)
    run.expect(creation.integers_outside_the_type_are_refused(2**64, dtypes.int64), "torch.tensor", 2**64)


@verifies(creation.tensor_copies_its_data, over=NATIVE)
def test_copies_arrays(run: Run, dtype: DType) -> None:
    run.require(dtype)
    run.require_data()
    array = np.array([1, 0, 1]).astype(dtype.storage)
    changed = np.array([0, 0, 1]).astype(dtype.storage)
    host = run.call("np.array", array.tolist(), dtype=dtype.name)
    made = run.expect(creation.tensor_copies_its_data(array), "torch.tensor", host)
    run.call("operator.setitem", host, 0, 0)
    run.look(creation.tensor_copies_its_data(array), made)
    run.call("operator.setitem", made, 2, 0)
    run.expect(creation.tensor_copies_its_data(changed), "torch.tensor", host)


def draw_source(tape: Tape) -> Operand:
    return draw_operand(tape, tape.choose(dtypes.COMMON), draw_shape(tape, ndim=(1, 2, 3, 4)))


@verifies(creation.tensor_copies_its_data, creation.tensor_of_a_tensor_warns, drawn=draw_source)
def test_copies_tensors(run: Run, source: Operand) -> None:
    x = run.tensor(source)
    before = creation.tensor_copies_its_data(source.array)
    run.expect(creation.tensor_of_a_tensor_warns(source.array, False), "torch.tensor", x)
    made = run.call("torch.tensor", x)
    run.call("Tensor.zero_", x)
    run.look(before, made)
    run.call("Tensor.fill_", made, 1)
    run.look(creation.tensor_copies_its_data(np.zeros_like(source.array)), x)


@verifies(
    creation.tensor_of_a_tensor_warns,
    creation.tensor_makes_a_leaf,
    over=(dtypes.float16, dtypes.float32, dtypes.float64, dtypes.complex64),
)
def test_copies_have_no_history(run: Run, dtype: DType) -> None:
    array = np.array([1, 2]).astype(dtype.storage)
    x = run.tensor(array, requires_grad=True)
    y = run.call("torch.mul", x, 1)
    for source in (x, y):
        run.expect(creation.tensor_of_a_tensor_warns(array, False), "torch.tensor", source)
        allowed = creation.tensor_of_a_tensor_warns(array, True)
        made = run.expect(allowed, "torch.tensor", source, requires_grad=True)
        run.expect(creation.tensor_makes_a_leaf(), "Tensor.is_leaf", made)


# The legacy constructors.

LEGACY = {
    "Tensor": dtypes.float32,
    "FloatTensor": dtypes.float32,
    "DoubleTensor": dtypes.float64,
    "HalfTensor": dtypes.float16,
    "BFloat16Tensor": dtypes.bfloat16,
    "ByteTensor": dtypes.uint8,
    "CharTensor": dtypes.int8,
    "ShortTensor": dtypes.int16,
    "IntTensor": dtypes.int32,
    "LongTensor": dtypes.int64,
    "BoolTensor": dtypes.bool_,
}


@verifies(
    creation.legacy_constructors_take_sizes,
    over=product(LEGACY, ((), (3,), (0,), (2, 3), (2, 0, 3), (1, 1, 1, 2), (67, 65))),
)
def test_legacy_sizes(run: Run, case: tuple[str, tuple[int, ...]]) -> None:
    name, sizes = case
    run.require(LEGACY[name])
    run.expect(creation.legacy_constructors_take_sizes(LEGACY[name], sizes), f"torch.{name}", *sizes)
    if name == "Tensor":
        with run.default_dtype(dtypes.float64):
            allowed = creation.legacy_constructors_take_sizes(dtypes.float64, sizes)
            run.expect(allowed, "torch.Tensor", *sizes)


@verifies(
    creation.legacy_constructors_convert_data,
    over=product(LEGACY, ([1], [1, 2, 3, 4], (2, 3), [[1, 2], [3, 4]], [True, False], [1.75, 2.5], [], [[]])),
)
def test_legacy_data(run: Run, case: tuple[str, Any]) -> None:
    name, data = case
    run.require(LEGACY[name])
    allowed = creation.legacy_constructors_convert_data(data, LEGACY[name])
    run.expect(allowed, f"torch.{name}", data)
    if name == "Tensor":
        run.expect(allowed, "torch.Tensor", np.array(data))
        run.expect(allowed, "torch.Tensor", np.array(data, np.float32))


@verifies(creation.legacy_constructors_refuse_a_float, over=(3.5, 0.0, -1.0))
def test_legacy_float(run: Run, number: float) -> None:
    run.call("torch.Tensor", [number])
    run.expect(creation.legacy_constructors_refuse_a_float(), "torch.Tensor", number)
    run.expect(creation.legacy_constructors_refuse_a_float(), "torch.DoubleTensor", number)
