"""Windows of another shape: expanding, viewing, splitting a dimension, striding at will.

Sources: ``torch.Tensor.expand``, ``torch.Tensor.view``, ``torch.unflatten``, ``torch.as_strided``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from . import strides as stride_rules
from .broadcasting import expandable
from .dims import wrap_dim
from .windows import Window


def expand(window: Window, sizes: Sequence[int]) -> Window:
    """Return the window that repeats dimensions of size 1 by a stride of 0; -1 keeps a size."""
    missing = len(sizes) - window.ndim
    if missing < 0:
        raise RuntimeError(
            f"expand({list(window.shape)}, size={list(sizes)}): the number of sizes provided ({len(sizes)}) "
            f"must be greater or equal to the number of dimensions in the tensor ({window.ndim})"
        )
    goal = list(sizes)
    for place, size in enumerate(sizes):
        if size == -1 and place < missing:
            raise RuntimeError(
                "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension "
                f"{place}"
            )
        if size == -1:
            goal[place] = window.shape[place - missing]
    _check_expands(window, sizes, goal)
    return replace(
        window,
        shape=tuple(goal),
        strides=stride_rules.expanded_strides(window.shape, window.strides, goal),
    )


def _check_expands(window: Window, sizes: Sequence[int], goal: Sequence[int]) -> None:
    if expandable(window.shape, goal):
        return
    missing = len(goal) - window.ndim
    for place in reversed(range(window.ndim)):
        own, size = window.shape[place], goal[place + missing]
        if own not in (1, size):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({own}) at "
                f"non-singleton dimension {place + missing}.  Target sizes: {list(sizes)}.  "
                f"Tensor sizes: {list(window.shape)}"
            )
    raise RuntimeError(f"sizes {list(sizes)} cannot be negative")


def sizes_for(sizes: Sequence[int], numel: int) -> tuple[int, ...]:
    """Return sizes with their one -1 inferred.

    Raises
    ------
    RuntimeError
        If they do not multiply to `numel`, or what to infer cannot be told.
    """
    if list(sizes).count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    try:
        return stride_rules.resolve_shape(sizes, numel)
    except ValueError:
        pass
    if -1 in sizes and 0 in sizes and not numel:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified dimension "
            "size -1 can be any value and is ambiguous"
        )
    raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}")


def view(window: Window, sizes: Sequence[int]) -> Window:
    """Return the window of another shape on the same elements in the same order.

    Raises
    ------
    RuntimeError
        If the number of elements differs, or no strides reach the elements in that order.
    """
    shape = sizes_for(sizes, math.prod(window.shape))
    strides = stride_rules.view_strides(window.shape, window.strides, shape)
    if strides is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead."
        )
    return replace(window, shape=shape, strides=strides)


def viewable(window: Window, sizes: Sequence[int]) -> bool:
    """Return whether `view` finds strides; the number of elements must agree."""
    shape = sizes_for(sizes, math.prod(window.shape))
    return stride_rules.view_strides(window.shape, window.strides, shape) is not None


def unflatten(window: Window, dim: int, sizes: Sequence[int]) -> Window:
    """Return the window with one dimension split into several."""
    if not window.ndim:
        raise RuntimeError("unflatten: a zero-dim tensor has no dimension to split")
    place = wrap_dim(dim, window.ndim)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        inner = stride_rules.resolve_shape(sizes, window.shape[place])
    except ValueError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {place} "
            f"({window.shape[place]}) in the input tensor"
        ) from None
    return view(window, (*window.shape[:place], *inner, *window.shape[place + 1 :]))


def merged(shape: Sequence[int], start_dim: int = 0, end_dim: int = -1) -> tuple[int, ...]:
    """Return a shape with a range of its dimensions merged into one; that of a zero-dim tensor is (1,)."""
    first, last = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])


def at_least(ndim: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape with dimensions of size 1 added to make at least `ndim` (1, 2 or 3)."""
    if len(shape) == 0:
        return (1,) * ndim
    if ndim == 3 and len(shape) < 3:
        return (*(1,) * (2 - len(shape)), *shape, 1)
    return (*(1,) * (ndim - len(shape)), *shape)


def as_strided(
    window: Window,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
    *,
    room: int,
) -> Window:
    """Return any window on the storage.

    Parameters
    ----------
    window : Window
        That of the tensor, whose offset is taken where none is given.
    size, stride : sequence of int
    storage_offset : int or None
    room : int
        How many elements the storage holds.

    Raises
    ------
    RuntimeError
        If sizes and strides differ in number, one is negative, or the window leaves the storage.
    """
    offset = window.offset if storage_offset is None else storage_offset
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )
    if any(count < 0 for count in size) or offset < 0:
        raise RuntimeError(f"as_strided: negative sizes {list(size)} or offset {offset}")
    if 0 not in size and stride_rules.storage_size(size, stride, offset) > room:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset} "
            f"are out of bounds for storage of {room} elements"
        )
    return replace(window, shape=tuple(size), strides=tuple(stride), offset=offset)
