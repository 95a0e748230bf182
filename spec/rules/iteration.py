"""The layout that an elementwise operation gives its result.

Source: observed; ``tensor_attributes#torch-memory-format`` only says that operators preserve the format.
"""

from __future__ import annotations

from collections.abc import Sequence

from .strides import (
    Shape,
    channels_last_strides,
    contiguous_strides,
    expanded_strides,
    is_contiguous,
    is_dense,
    same_layout,
)

Window = tuple[Shape, Shape]


def elementwise_strides(shape: Shape, operands: Sequence[Window]) -> Shape:
    """Return the strides of a fresh elementwise result.

    Parameters
    ----------
    shape : tuple of int
        The broadcast shape.
    operands : sequence of (shape, strides)
        The tensor operands, zero-dim ones included, in the order of the arguments.

    Returns
    -------
    tuple of int
        Row-major where all operands are, the operands' own where they share dense ones; otherwise dense
        ones whose dimensions are ordered by the operands' strides, the first operand that can tell deciding.
    """
    same_shape = all(own == shape for own, _ in operands)
    if same_shape:
        shared = _shared_layout(shape, [strides for _, strides in operands])
        if shared is not None:
            return shared
    expanded = [expanded_strides(own, strides, shape) for own, strides in operands]
    order = _order(shape, expanded)
    return _dense(shape, order)


def _shared_layout(shape: Shape, all_strides: Sequence[Shape]) -> Shape | None:
    if all(is_contiguous(shape, strides) for strides in all_strides):
        return contiguous_strides(shape)
    if len(shape) == 4:
        last = channels_last_strides(shape)
        if all(same_layout(shape, strides, last) for strides in all_strides):
            return last
    first = all_strides[0]
    if all(strides == first for strides in all_strides) and is_dense(shape, first):
        return first
    return None


def _order(shape: Shape, all_strides: Sequence[Shape]) -> list[int]:
    """Return the dimensions, innermost first, by an insertion sort: ties are not transitive."""

    def compare(inner: int, outer: int) -> int:
        for strides in all_strides:
            a, b = strides[inner], strides[outer]
            if a == 0 or b == 0:
                continue
            if a != b:
                return -1 if a < b else 1
            if shape[inner] > shape[outer]:
                return 1
        return 0

    order = list(range(len(shape) - 1, -1, -1))
    for place in range(1, len(order)):
        moving = place
        for before in range(place - 1, -1, -1):
            verdict = compare(order[before], order[moving])
            if verdict < 0:
                break
            if verdict > 0:
                order[before], order[moving] = order[moving], order[before]
                moving = before
    return order


def _dense(shape: Shape, order: Sequence[int]) -> Shape:
    strides = [1] * len(shape)
    step = 1
    for dim in order:
        strides[dim] = step
        step *= max(shape[dim], 1)
    return tuple(strides)
