"""Strides, memory formats and identity: where elements lie, and when a tensor is returned as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.aliasing import altered, repeats, storage_of, window_of
from tensorcanon.conformance.backend import Symbol
from tensorcanon.conformance.calls import Args
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, Operand, Shape, draw_array, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import views
from tensorcanon.spec.outcome import Raises
from tensorcanon.spec.rules import dtypes, reshaping, strides, windows
from tensorcanon.spec.rules.dtypes import DType

CHANNELS_LAST = Symbol("channels_last")


def draw_any(tape: Tape) -> Operand:
    """Draw a tensor of any type in any layout, an expanded one among them."""
    dtype, shape = tape.choose(dtypes.COMMON), draw_shape(tape)
    if shape and tape.one_in(6):
        first = draw_array(tape, dtype, (1, *shape[1:]), "any")
        return Operand(np.repeat(first, shape[0], axis=0), "expanded")
    return draw_operand(tape, dtype, shape)


@verifies(
    views.stride_gives_the_jump_along_each_dimension,
    views.is_contiguous_asks_for_row_major_strides,
    views.contiguous_has_row_major_strides,
    views.contiguous_returns_the_tensor_where_it_is,
    views.clone_preserves_dense_strides,
    drawn=draw_any,
)
def test_layout(run: Run, operand: Operand) -> None:
    window = window_of(operand)
    x = run.tensor(operand)
    run.expect(views.stride_gives_the_jump_along_each_dimension(window), "Tensor.stride", x)
    for dim in range(-operand.ndim - 1, operand.ndim + 1):
        run.expect(views.stride_gives_the_jump_along_each_dimension(window, dim), "Tensor.stride", x, dim)
    run.expect(views.is_contiguous_asks_for_row_major_strides(window), "Tensor.is_contiguous", x)
    made = run.expect(views.contiguous_has_row_major_strides(operand.array), "Tensor.contiguous", x)
    run.expect(views.contiguous_returns_the_tensor_where_it_is(window), "is", made, x)
    for form in ("torch.clone", "Tensor.clone"):
        run.expect(views.clone_preserves_dense_strides(operand.array, window), form, x)


@verifies(
    views.clone_preserves_dense_strides,
    views.clone_of_a_tensor_with_gaps_or_repeats_is_row_major,
    views.is_contiguous_asks_for_row_major_strides,
    over=product(dtypes.COMMON, ((2, 3, 4), (3, 2), (2, 3, 2, 5), (2, 1, 3), (1, 4), (0, 3))),
)
def test_every_order_of_dimensions(run: Run, case: tuple[DType, Shape]) -> None:
    """Dense tensors in orders that no layout of the table has, and a slice of one, which has gaps."""
    dtype, shape = case
    base = Operand(np.arange(int(np.prod(shape))).reshape(shape).astype(dtype.storage))
    x = run.tensor(base)
    for order in ((*range(1, len(shape)), 0), (len(shape) - 1, *range(len(shape) - 1))):
        array, window = base.array.transpose(order), window_of(base).in_order(order)
        turned = run.call("Tensor.permute", x, order)
        run.expect(views.is_contiguous_asks_for_row_major_strides(window), "Tensor.is_contiguous", turned)
        run.expect(views.clone_preserves_dense_strides(array, window), "Tensor.clone", turned)
        half = windows.part(window, 0, 0, array.shape[0], 2)
        gapped = run.call("operator.getitem", turned, slice(None, None, 2))
        run.expect(views.is_contiguous_asks_for_row_major_strides(half), "Tensor.is_contiguous", gapped)
        run.expect(views.clone_preserves_dense_strides(array[::2], half), "Tensor.clone", gapped)
        if not strides.is_dense(half.shape, half.strides):
            allowed = views.clone_of_a_tensor_with_gaps_or_repeats_is_row_major(array[::2])
            run.expect(allowed, "Tensor.clone", gapped)


@verifies(
    views.channels_last_stores_the_channels_innermost,
    views.is_contiguous_in_channels_last_asks_for_its_strides,
    over=product(dtypes.COMMON, LAYOUTS[:5], ((2, 3, 4, 5), (1, 2, 3, 2), (3, 4), (2, 3, 4))),
)
def test_channels_last(run: Run, case: tuple[DType, str, Shape]) -> None:
    dtype, layout, shape = case
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype.storage)
    operand = Operand(array, layout)
    x = run.tensor(operand)
    asked = views.is_contiguous_in_channels_last_asks_for_its_strides
    run.expect(asked(window_of(operand)), "Tensor.is_contiguous", x, memory_format=CHANNELS_LAST)
    allowed = views.channels_last_stores_the_channels_innermost(array)
    made = run.expect(allowed, "Tensor.contiguous", x, memory_format=CHANNELS_LAST)
    if made is None:
        return
    window = replace(window_of(Operand(array)), strides=strides.channels_last_strides(shape))
    run.expect(asked(window), "Tensor.is_contiguous", made, memory_format=CHANNELS_LAST)
    run.expect(views.is_contiguous_asks_for_row_major_strides(window), "Tensor.is_contiguous", made)
    run.expect(views.contiguous_has_row_major_strides(array), "Tensor.contiguous", made)


@verifies(views.an_index_of_everything_is_not_the_tensor_itself, over=dtypes.COMMON)
def test_everything_is_another_tensor(run: Run, dtype: DType) -> None:
    x = run.tensor(np.ones((2, 3), dtype.storage))
    for index in (Ellipsis, slice(None), (slice(None), slice(None))):
        made = run.call("operator.getitem", x, index)
        run.expect(views.an_index_of_everything_is_not_the_tensor_itself(), "is", made, x)


@verifies(views.is_set_to_compares_windows, over=dtypes.COMMON)
def test_is_set_to(run: Run, dtype: DType) -> None:
    """Against views that are the same window, and ones that differ in one property only."""
    base = Operand(np.ones((2, 2), dtype.storage))
    window = window_of(base)
    x = run.tensor(base)
    others = [
        (run.call("Tensor.view", x, (2, 2)), window, True),
        (run.call("Tensor.transpose", x, 0, 1), window.in_order((1, 0)), True),
        (run.call("Tensor.view", x, (4,)), reshaping.view(window, (4,)), True),
        (run.call("operator.getitem", x, 1), windows.select(window, 0, 1), True),
        (run.tensor(base), window, False),
    ]
    for other, seen, one_storage in others:
        allowed = views.is_set_to_compares_windows(seen, window, one_storage=one_storage)
        run.expect(allowed, "Tensor.is_set_to", other, x)
        run.expect(allowed, "Tensor.is_set_to", x, other)


@verifies(views.detach_is_a_view_that_requires_no_gradient, over=product(dtypes.FLOATS, LAYOUTS))
def test_detach_of_what_requires_gradients(run: Run, case: tuple[DType, str]) -> None:
    dtype, layout = case
    operand = Operand(np.ones((2, 3), dtype.storage), layout)
    x = run.tensor(operand, requires_grad=True)
    allowed = views.detach_is_a_view_that_requires_no_gradient(operand.array, window_of(operand))
    for form in ("torch.detach", "Tensor.detach"):
        made = run.expect(allowed, form, x)
    if repeats(window_of(operand)):
        return
    run.call("Tensor.zero_", made)
    zeros = np.zeros_like(operand.array)
    allowed = views.detach_is_a_view_that_requires_no_gradient(zeros, window_of(operand))
    run.look(allowed, run.call("Tensor.detach", x))


# Other sizes.

INPLACE: dict[str, Callable[[Any], Args]] = {
    "Tensor.add_": lambda ones: (ones,),
    "Tensor.mul_": lambda ones: (ones,),
    "Tensor.copy_": lambda ones: (ones,),
    "operator.iadd": lambda ones: (1,),
    "operator.setitem": lambda ones: (Ellipsis, ones),
}
WRITTEN = (dtypes.float32, dtypes.int64, dtypes.complex64, dtypes.bfloat16)


@verifies(
    views.a_new_dimension_without_elements_has_no_size_to_keep,
    over=product(
        ("Tensor.expand", "torch.broadcast_to"),
        (((), (-1, 0)), ((1,), (-1, 0)), ((0,), (-1, 0)), ((0,), (-1, -1)), ((2, 0), (2, -1, 2, 0))),
    ),
)
def test_new_dimensions_of_no_elements(run: Run, case: tuple[str, tuple[Shape, Shape]]) -> None:
    name, (shape, sizes) = case
    x = run.tensor(np.zeros(shape, np.float32))
    run.call(name, x, (3, *shape))
    run.expect(views.a_new_dimension_without_elements_has_no_size_to_keep(), name, x, sizes)


@verifies(
    views.a_write_to_repeated_elements_is_refused,
    over=product(INPLACE, WRITTEN, ((1, 3), (3, 1), (1,))),
)
def test_writes_to_expanded_tensors(run: Run, case: tuple[str, DType, Shape]) -> None:
    name, dtype, shape = case
    goal = tuple(4 if size == 1 else size for size in shape)
    run.require_data()
    wide = run.call("Tensor.expand", run.tensor(np.zeros(shape, dtype.storage)), goal)
    ones = run.tensor(np.ones(goal, dtype.storage))
    run.expect(views.a_write_to_repeated_elements_is_refused(), name, wide, *INPLACE[name](ones))


@dataclass(frozen=True, eq=False)
class Striding:
    """A tensor and the arguments of ``as_strided``."""

    operand: Operand
    form: str
    args: Args


def draw_striding(tape: Tape) -> Striding:
    operand = draw_operand(tape, tape.choose(dtypes.COMMON), kind="distinct")
    room = operand.base().size
    ndim = tape.below(4)
    size = tuple(tape.between(0 if tape.one_in(8) else 1, 3) for _ in range(ndim))
    stride = tuple(tape.between(0, 4) for _ in range(ndim))
    if ndim and tape.one_in(12):
        stride = tape.choose(((-1, *stride[1:]), stride[1:]))
    offset = (tape.choose((0, 1, 2, room // 2, room)),) if tape.one_in(2) else ()
    return Striding(operand, tape.choose(("torch.as_strided", "Tensor.as_strided")), (size, stride, *offset))


@verifies(
    views.as_strided_addresses_the_storage,
    views.tensors_on_one_storage_see_each_others_writes,
    drawn=draw_striding,
)
def test_as_strided(run: Run, case: Striding) -> None:
    window, storage = window_of(case.operand), storage_of(case.operand)
    elements = storage.view(case.operand.dtype.storage)
    x = run.tensor(case.operand)
    allowed = views.as_strided_addresses_the_storage(elements, window, *case.args)
    if isinstance(allowed, Raises):
        # Without data there is no storage to leave.
        run.require_data()
    made = run.expect(allowed, case.form, x, *case.args)
    if made is not None:
        seen = reshaping.as_strided(window, *case.args, room=elements.size)
        values = altered(case.operand.array)
        run.call("Tensor.copy_", x, run.tensor(values))
        run.look(views.tensors_on_one_storage_see_each_others_writes(storage, window, values, seen), made)
