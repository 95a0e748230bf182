"""The memory of a tensor, modelled: where its elements lie, and writes to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.windows import Window

from .backend import Array, Handle
from .inputs import Operand, Shape, draw_array, draw_operand
from .run import Run
from .tape import Tape


def window_of(operand: Operand) -> Window:
    """Return where the elements of an operand lie in its storage."""
    return Window(operand.shape, operand.strides, operand.offset, operand.dtype)


def storage_of(operand: Operand) -> Array:
    """Return the bytes of an operand's storage."""
    return operand.base().reshape(-1).view(np.uint8)


def draw_base(tape: Tape, dtype: DType, shape: Shape) -> Operand:
    """Draw a tensor to view, in any layout; one in 12 is expanded."""
    if shape and tape.one_in(12):
        first = draw_array(tape, dtype, (1, *shape[1:]), "exact")
        return Operand(np.repeat(first, shape[0], axis=0), "expanded")
    return draw_operand(tape, dtype, shape, "exact")


def altered(array: Array) -> Array:
    """Return other elements of the same type: the opposite bools, or one more."""
    if array.dtype.kind == "b":
        return ~array
    with np.errstate(all="ignore"):
        return np.asarray(array + array.dtype.type(1)).astype(array.dtype)


def write_by_copy(run: Run, tensor: Handle, values: Handle) -> None:
    """Write all elements of a tensor by ``copy_``."""
    run.call("Tensor.copy_", tensor, values)


def write_by_assignment(run: Run, tensor: Handle, values: Handle) -> None:
    """Write all elements of a tensor by ``x[...] = values``."""
    run.call("operator.setitem", tensor, Ellipsis, values)


WRITES: tuple[Callable[[Run, Handle, Handle], None], ...] = (write_by_copy, write_by_assignment)


def without_repeats(run: Run, tensor: Handle, window: Window) -> tuple[Handle, Window]:
    """Return a view that shows each element repeated by a stride of 0 once, and its window."""
    for dim in reversed(range(window.ndim)):
        if window.strides[dim] == 0 and window.shape[dim] > 1:
            tensor = run.call("Tensor.narrow", tensor, dim, 0, 1)
            window = replace(window, shape=(*window.shape[:dim], 1, *window.shape[dim + 1 :]))
    return tensor, window


def repeats(window: Window) -> bool:
    """Return whether a dimension repeats elements by a stride of 0."""
    return any(size > 1 and stride == 0 for size, stride in zip(window.shape, window.strides, strict=True))


def draw_write(tape: Tape) -> Callable[[Run, Handle, Handle], None]:
    """Draw a way to write."""
    return tape.choose(WRITES)
