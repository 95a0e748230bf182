"""Operations that exist in place only. Sources: the pages of the methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from .casting import checked_number
from .dispatch import op
from .kernels import as_operand, broadcast, fresh
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
