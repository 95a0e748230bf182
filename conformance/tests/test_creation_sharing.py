"""Tensors that share the memory of arrays, buffers and other tensors."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import creation
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# The types that NumPy has itself.
NATIVE = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bfloat16)


@verifies(
    creation.as_tensor_returns_a_matching_tensor_itself,
    creation.as_tensor_copies_what_it_must_convert,
    over=product(dtypes.COMMON, dtypes.COMMON),
)
def test_as_tensor_of_tensors(run: Run, pair: tuple[DType, DType]) -> None:
    source, target = pair
    array = np.array([[1, 0, 1], [0, 1, 1]])
    x = run.tensor(Operand(array.astype(source.storage), "transposed"))
    made = run.call("torch.as_tensor", x, dtype=target)
    run.expect(creation.as_tensor_returns_a_matching_tensor_itself(source is target), "is", made, x)
    run.expect(
        creation.as_tensor_returns_a_matching_tensor_itself(True), "is", run.call("torch.as_tensor", x), x
    )
    if source is not target:
        run.call("Tensor.zero_", x)
        run.look(creation.as_tensor_copies_what_it_must_convert(array.astype(target.storage)), made)


@verifies(
    creation.as_tensor_shares_memory_with_an_array,
    creation.as_tensor_copies_what_it_must_convert,
    over=NATIVE,
)
def test_as_tensor_of_arrays(run: Run, dtype: DType) -> None:
    run.require(dtype)
    run.require_data()
    array = np.array([1, 0, 1, 0, 1]).astype(dtype.storage)
    host = run.call("np.array", array.tolist(), dtype=dtype.name)
    other = dtypes.float64 if dtype is dtypes.float32 else dtypes.float32
    if not dtype.is_complex:
        converted = run.call("torch.as_tensor", host, dtype=other)
    shared = run.expect(creation.as_tensor_shares_memory_with_an_array(array), "torch.as_tensor", host)
    same = run.call("torch.as_tensor", host, dtype=dtype)
    run.call("operator.setitem", host, 1, 1)
    array[1] = 1
    run.look(creation.as_tensor_shares_memory_with_an_array(array), shared)
    run.look(creation.as_tensor_shares_memory_with_an_array(array), same)
    run.call("operator.setitem", shared, 4, 0)
    array[4] = 0
    run.look(creation.as_tensor_shares_memory_with_an_array(array), same)
    for place in range(array.size):
        run.expect(creation.as_tensor_shares_memory_with_an_array(array, place), "Tensor.item", host, place)
    if not dtype.is_complex:
        before = np.array([1, 0, 1, 0, 1]).astype(other.storage)
        run.look(creation.as_tensor_copies_what_it_must_convert(before), converted)


@verifies(creation.as_tensor_copies_what_it_must_convert, over=([1, 2], [0.5], [[True]], 3, []))
def test_as_tensor_of_lists(run: Run, data: Any) -> None:
    array = np.array(data, np.float32 if data == [] or data == [0.5] else None)
    run.expect(creation.as_tensor_copies_what_it_must_convert(array), "torch.as_tensor", data)


@verifies(creation.as_tensor_keeps_history, over=(None, dtypes.float32, dtypes.float64, dtypes.complex64))
def test_as_tensor_history(run: Run, dtype: DType | None) -> None:
    array = np.array([1.5, -2.0, 0.25], np.float32)
    x = run.tensor(array, requires_grad=True)
    y = run.call("torch.mul", x, 3)
    kind = dtype or dtypes.float32
    made = run.expect(
        creation.as_tensor_keeps_history((array * 3).astype(kind.storage)), "torch.as_tensor", y, dtype=dtype
    )
    run.call("Tensor.backward", made, run.tensor(np.ones(3, kind.storage)))
    gradient = run.call("Tensor.grad", x)
    run.look(creation.as_tensor_keeps_history(np.full(3, 3, np.float32), requires_grad=False), gradient)


@verifies(creation.asarray_shares_unless_told_to_copy, over=NATIVE)
def test_asarray_of_arrays(run: Run, dtype: DType) -> None:
    run.require(dtype)
    run.require_data()
    array = np.array([[1, 0], [0, 1]]).astype(dtype.storage)
    host = run.call("np.array", array.tolist(), dtype=dtype.name)
    shared = run.call("torch.asarray", host)
    forced = run.call("torch.asarray", host, copy=False)
    copied = run.call("torch.asarray", host, copy=True)
    run.call("operator.setitem", host, (0, 1), 1)
    changed = array.copy()
    changed[0, 1] = 1
    run.look(creation.asarray_shares_unless_told_to_copy(changed), shared)
    run.look(creation.asarray_shares_unless_told_to_copy(changed), forced)
    run.look(creation.asarray_shares_unless_told_to_copy(array), copied)


def draw_asarray(tape: Tape) -> Operand:
    dtype = tape.choose(dtypes.COMMON)
    return Operand(draw_array(tape, dtype, tape.choose(((3,), (2, 3), (5,)))), draw_layout(tape))


@verifies(creation.asarray_shares_unless_told_to_copy, drawn=draw_asarray)
def test_asarray_of_tensors(run: Run, source: Operand) -> None:
    x = run.tensor(source)
    shared = run.call("torch.asarray", x)
    copied = run.call("torch.asarray", x, copy=True)
    other = dtypes.float64 if source.dtype is dtypes.bool_ else dtypes.bool_
    converted = run.call("torch.asarray", x, dtype=other)
    run.call("Tensor.fill_", x, 1)
    ones = creation.asarray_shares_unless_told_to_copy(np.ones_like(source.array))
    run.look(ones, shared)
    run.look(creation.asarray_shares_unless_told_to_copy(source.array), copied)
    before = source.array.astype(np.float64) if other is dtypes.float64 else source.array != 0
    run.look(creation.asarray_shares_unless_told_to_copy(before), converted)


@verifies(
    creation.asarray_keeps_history_unless_told_not_to,
    over=product((dtypes.float32, dtypes.complex128), (None, True, False)),
)
def test_asarray_history(run: Run, case: tuple[DType, bool | None]) -> None:
    dtype, flag = case
    array = np.array([1.0, 2.0]).astype(dtype.storage)
    x = run.tensor(array, requires_grad=True)
    allowed = creation.asarray_keeps_history_unless_told_not_to
    y = run.call("torch.mul", x, 1)
    made = run.expect(allowed(array, flag is not False), "torch.asarray", y, requires_grad=flag)
    if flag is not False:
        run.call("Tensor.backward", made, run.tensor(array))
        run.look(allowed(array, False), run.call("Tensor.grad", x))
    run.expect(allowed(array, flag is not False), "torch.asarray", x, requires_grad=flag)


@verifies(creation.asarray_refuses_to_share_what_it_must_copy, over=NATIVE)
def test_asarray_refusals(run: Run, dtype: DType) -> None:
    run.require(dtype)
    other = dtypes.float64 if dtype is not dtypes.float64 else dtypes.float32
    array = np.array([1, 0]).astype(dtype.storage)
    run.call("torch.asarray", array, copy=False)
    refused = creation.asarray_refuses_to_share_what_it_must_copy()
    run.expect(refused, "torch.asarray", [1, 2], copy=False)
    run.expect(refused, "torch.asarray", array, dtype=other, copy=False)
    run.expect(refused, "torch.asarray", run.tensor(array), dtype=other, copy=False)


def draw_buffer(tape: Tape) -> tuple[bytes, DType, int, int]:
    dtype = tape.choose(tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_))
    data = tape.take(tape.choose((16, 32, 7, 1, 48))).tobytes()
    # Offsets between elements leave them unaligned, which engines need not bear.
    offset = tape.choose((0, 1, 2, 3, -1, 8)) * dtype.itemsize
    return data, dtype, tape.choose((-1, 1, 2, 0, 5)), offset


@verifies(creation.frombuffer_views_the_bytes, drawn=draw_buffer)
def test_frombuffer(run: Run, case: tuple[bytes, DType, int, int]) -> None:
    data, dtype, *window = case
    count, offset = window
    run.require(dtype)
    run.require_data()
    allowed = creation.frombuffer_views_the_bytes
    buffer = run.call("builtins.bytearray", data)
    run.expect(allowed(data, dtypes.uint8), "torch.frombuffer", buffer, dtype=dtypes.uint8)
    made = run.expect(
        allowed(data, dtype, count, offset),
        "torch.frombuffer",
        buffer,
        dtype=dtype,
        count=count,
        offset=offset,
    )
    if made is None:
        return
    data = data[:offset] + bytes([1]) + data[offset + 1 :]
    run.call("operator.setitem", buffer, offset, 1)
    run.look(allowed(data, dtype, count, offset), made)
    run.call("operator.setitem", made, 0, 0)
    data = data[:offset] + bytes(dtype.itemsize) + data[offset + dtype.itemsize :]
    run.expect(allowed(data, dtypes.uint8), "torch.frombuffer", buffer, dtype=dtypes.uint8)


@verifies(creation.frombuffer_views_the_bytes, over=(dtypes.int16, dtypes.float32, dtypes.complex64))
def test_frombuffer_of_odd_lengths(run: Run, dtype: DType) -> None:
    for data, offset in ((bytes(9), 0), (bytes(16), 1), (bytes(17), dtype.itemsize), (b"", 0)):
        buffer = run.call("builtins.bytearray", data)
        allowed = creation.frombuffer_views_the_bytes(data, dtype, -1, offset)
        run.expect(allowed, "torch.frombuffer", buffer, dtype=dtype, offset=offset)
