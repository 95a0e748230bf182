"""Operations that exist in place only. Sources: the pages of the methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import writing
from .autograd import tape
from .casting import checked_number
from .determinism import settle_added
from .dispatch import op
from .formats import contiguous_format
from .kernels import as_operand, as_sizes, broadcast, fresh, strides_in
from .tensor import Tensor


@op("copy_", convert=True)
def copy(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Return the source's elements, converted and broadcast to the shape of ``input``."""
    source = as_operand(src, "src")
    values = source.array if isinstance(source, Tensor) else checked_number(source, input.dtype)
    return fresh(np.broadcast_to(values, broadcast(input.shape, values.shape)))


@op("fill_", convert=True)
def fill(input: Tensor, value: Any) -> Tensor:
    """Return one value at every place of ``input``."""
    number = as_operand(value, "value")
    if not isinstance(number, Tensor):
        return fresh(np.broadcast_to(checked_number(number, input.dtype), input.shape))
    if number.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {number.ndim} dimensions."
        )
    return fresh(np.broadcast_to(number.array, input.shape))


@op("zero_", convert=True)
def zero(input: Tensor) -> Tensor:
    """Return zero at every place of ``input``."""
    return fresh(np.zeros(input.shape, input.dtype.numpy))


@op("apply_", raw=True)
def apply(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by a function of it, called with Python numbers."""
    return _replaced(input, [callable(value) for value in input.array.reshape(-1).tolist()])


@op("map_", raw=True)
def map_pairs(input: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by a function of it and of the corresponding one of ``tensor``."""
    others = np.broadcast_to(tensor.array, input.shape).reshape(-1).tolist()
    pairs = zip(input.array.reshape(-1).tolist(), others, strict=True)
    return _replaced(input, [callable(a, b) for a, b in pairs])


def _replaced(input: Tensor, values: list[Any]) -> Tensor:
    tape.check_writable(input, (input,), {})
    input.write(np.array(values, input.dtype.compute.numpy).reshape(input.shape))
    return input


@op("resize_", raw=True)
def resize(input: Tensor, *size: Any, memory_format: Any = contiguous_format) -> Tensor:
    """Give ``input`` another shape over its storage, which grows where needed; new elements are open.

    Raises
    ------
    RuntimeError
        Where ``input`` requires gradients and the shape changes, or the storage cannot grow.
    """
    shape = as_sizes(size)
    if shape == tuple(input.shape):
        return input
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    kept = input.storage.nbytes()
    writing.resize(input, shape, strides_in(memory_format, shape))
    settle_added(input, kept)
    input.version.count += 1
    return input


@op("set_", raw=True)
def set_source(input: Tensor, source: Tensor | None = None) -> Tensor:
    """Give ``input`` the storage, shape and strides of ``source``; without one it becomes empty.

    Raises
    ------
    RuntimeError
        Where the types differ.
    """
    source = fresh(np.zeros(0, input.dtype.numpy)) if source is None else source
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {source.dtype.rule.name} to one of type {input.dtype.rule.name}"
        )
    input.storage, input.offset = source.storage, source.offset
    input.shape, input.strides = source.shape, source.strides
    input.version.count += 1
    return input
