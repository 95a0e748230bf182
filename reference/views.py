"""Operations that return another window on the same storage. Source: ``tensor_view``."""

from __future__ import annotations

from typing import Any

from tensorcanon.spec.rules import strides as rules
from tensorcanon.spec.rules.broadcasting import expandable

from .dispatch import op
from .kernels import as_int, as_sizes, view_of, wrap_dim
from .tensor import Tensor


@op("view", view=True, function=False)
def view(input: Tensor, *shape: Any) -> Tensor:
    """Return a window of another shape; the elements keep their order."""
    target = as_sizes(shape)
    try:
        resolved = rules.resolve_shape(target, input.numel())
    except ValueError:
        raise RuntimeError(f"shape '{list(target)}' is invalid for input of size {input.numel()}") from None
    strides = rules.view_strides(input.shape, input.strides, resolved)
    if strides is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead."
        )
    return view_of(input, resolved, strides, input.offset)


op("_unsafe_view", method=False, view=True)(view)


@op("transpose", "swapaxes", "swapdims", view=True)
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a window with two dimensions swapped."""
    order = list(range(input.ndim))
    first, second = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    if order:
        order[first], order[second] = order[second], order[first]
    return permuted(input, order)


def permuted(input: Tensor, order: list[int]) -> Tensor:
    """Return a window with its dimensions in another order."""
    return view_of(
        input, [input.shape[dim] for dim in order], [input.strides[dim] for dim in order], input.offset
    )


@op("narrow", view=True)
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Return a window on ``length`` elements of a dimension, from ``start`` on."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim, first, length = wrap_dim(dim, input.ndim), as_int(start), as_int(length)
    size = input.shape[dim]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= first <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {first})"
        )
    first += size if first < 0 else 0
    if first + length > size:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size}).")
    shape = [*input.shape[:dim], length, *input.shape[dim + 1 :]]
    return view_of(input, shape, input.strides, input.offset + first * input.strides[dim])


@op("expand", view=True, function=False)
def expand(input: Tensor, *size: Any, implicit: bool = False) -> Tensor:
    """Return a window that repeats dimensions of size 1; -1 keeps a size."""
    target = list(as_sizes(size))
    missing = len(target) - input.ndim
    if missing < 0:
        raise RuntimeError(
            f"expand({list(input.shape)}, size={target}): the number of sizes provided ({len(target)}) "
            f"must be greater or equal to the number of dimensions in the tensor ({input.ndim})"
        )
    for place, goal in enumerate(target):
        if goal != -1:
            continue
        if place < missing:
            raise RuntimeError(
                "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension "
                f"{place}"
            )
        target[place] = input.shape[place - missing]
    if not expandable(input.shape, target):
        raise RuntimeError(_not_expandable(input, target))
    return view_of(input, target, rules.expanded_strides(input.shape, input.strides, target), input.offset)


def _not_expandable(input: Tensor, target: list[int]) -> str:
    missing = len(target) - input.ndim
    for place in reversed(range(input.ndim)):
        own, goal = input.shape[place], target[place + missing]
        if own not in (1, goal):
            return (
                f"The expanded size of the tensor ({goal}) must match the existing size ({own}) at "
                f"non-singleton dimension {place + missing}.  Target sizes: {target}.  "
                f"Tensor sizes: {list(input.shape)}"
            )
    return f"sizes {target} cannot be negative"
