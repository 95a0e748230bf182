"""Pooling undone. Sources: the pages of ``nn.functional.max_unpool2d`` and its kin."""

from __future__ import annotations

import math
from typing import Any

from tensorcanon.spec.rules import sizes

from . import dtypes
from .dispatch import op, ops
from .folding import lacks_kernel
from .tensor import Tensor


def _lengths(
    count: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> list[int]:
    """Return the sizes of the result: those given, or the least that pool to the input's.

    Raises
    ------
    ValueError
        For sizes that do not pool to the input's.
    """
    kernel, margin = sizes.repeated(kernel_size, count), sizes.repeated(padding, count)
    step = kernel if stride is None or stride == () else sizes.repeated(stride, count)
    least = [
        (n - 1) * s + k - 2 * p for n, s, k, p in zip(input.shape[-count:], step, kernel, margin, strict=True)
    ]
    if output_size is None:
        return least
    given = [int(one) for one in output_size]
    given = given[2:] if len(given) == count + 2 else given
    if len(given) != count:
        raise ValueError(
            f"output_size should be a sequence containing {count} or {count + 2} elements, but it has a "
            f"length of '{len(given)}'"
        )
    for dim, (size, default, s) in enumerate(zip(given, least, step, strict=True)):
        if not default - s < size < default + s:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {dim} must be between {default - s} and '
                f"{default + s})"
            )
    return given


def _check(count: int, input: Tensor, indices: Tensor, lengths: list[int]) -> None:
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype.scalar_name}")
    if input.ndim not in (count + 1, count + 2):
        raise RuntimeError(
            f"Input to max_unpooling{count}d should be a {count + 1}d or {count + 2}d Tensor, but got a "
            f"tensor with {input.ndim} dimensions."
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got "
            f"indices tensor with shape: {list(indices.shape)}"
        )
    if not input.dtype.is_floating_point:
        raise lacks_kernel(f"max_unpool{count}d", input.dtype)
    outside = indices.array[(indices.array < 0) | (indices.array >= math.prod(lengths))]
    if outside.size:
        volumes = "x".join(map(str, lengths))
        raise RuntimeError(
            f"Found an invalid max index: {int(outside.reshape(-1)[0])} (output volumes are of size "
            f"{volumes})"
        )


def _register(count: int) -> None:
    @op(f"nn.functional.max_unpool{count}d", composite=True)
    def kernel(
        input: Tensor,
        indices: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Any:
        lengths = _lengths(count, input, kernel_size, stride, padding, output_size)
        _check(count, input, indices, lengths)
        outer = tuple(input.shape[:-count])
        flat = (*outer, math.prod(input.shape[-count:]))
        empty = input.new_zeros((*outer, math.prod(lengths)))
        placed = ops.scatter(empty, -1, indices.reshape(flat), input.reshape(flat))
        return placed.reshape(*outer, *lengths)

    kernel.__doc__ = f"Return zeros with the elements at their places before ``max_pool{count}d``."


for _count in (1, 2, 3):
    _register(_count)
