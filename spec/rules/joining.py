"""How tensors are joined: which of them count, along which dimension, to which shape.

Sources: ``torch.cat``, ``torch.stack``, ``torch.hstack``, ``torch.vstack``, ``torch.dstack``,
``torch.column_stack``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .dims import wrap_dim
from .reshaping import at_least

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Which tensors are joined, by their places in the list, and along which dimension."""

    places: tuple[int, ...]
    axis: int


def cat(shapes: Sequence[Shape], dim: int = 0) -> Join:
    """Return how tensors of these shapes are joined; those of shape (0,) are left out.

    Raises
    ------
    ValueError
        Without tensors.
    RuntimeError
        For a zero-dim tensor, or shapes that differ elsewhere than in the dimension joined.
    IndexError
        If the dimension is out of range.
    """
    if not shapes:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for place, shape in enumerate(shapes):
        if not shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {place}) cannot be concatenated")
    places = tuple(place for place, shape in enumerate(shapes) if shape != (0,)) or (0,)
    first = shapes[places[0]]
    axis = wrap_dim(dim, len(first))
    for place in places:
        _check_fits(first, shapes[place], axis, place)
    return Join(places, axis)


def _check_fits(first: Shape, shape: Shape, axis: int, place: int) -> None:
    if len(shape) != len(first):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
    for dim, (due, size) in enumerate(zip(first, shape, strict=True)):
        if dim != axis and due != size:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {axis}. Expected size {due} but got size "
                f"{size} for tensor number {place} in the list."
            )


def stack(shapes: Sequence[Shape], dim: int = 0) -> int:
    """Return where the new dimension goes.

    Raises
    ------
    RuntimeError
        Without tensors, or if the shapes differ.
    IndexError
        If the dimension is out of range.
    """
    if not shapes:
        raise RuntimeError("stack expects a non-empty TensorList")
    axis = wrap_dim(dim, len(shapes[0]) + 1)
    for place, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shapes[0])} at entry 0 and "
                f"{list(shape)} at entry {place}"
            )
    return axis


def raised(name: str, shape: Shape) -> Shape:
    """Return the shape an input of ``hstack``, ``vstack``, ``dstack`` or ``column_stack`` is joined with."""
    if name == "column_stack":
        return shape if len(shape) > 1 else (*at_least(1, shape), 1)
    return at_least({"hstack": 1, "vstack": 2, "dstack": 3}[name], shape)


def stacking_dim(name: str, ndim: int) -> int:
    """Return the dimension that ``hstack``, ``vstack``, ``dstack`` or ``column_stack`` joins along."""
    return {"hstack": min(1, ndim - 1), "vstack": 0, "dstack": 2, "column_stack": 1}[name]
