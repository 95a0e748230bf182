"""How shapes combine. Source: ``notes/broadcasting#general-semantics``."""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int, ...]


class NotBroadcastableError(RuntimeError):
    """Two sizes at one position differ and neither is 1."""


def broadcast_shapes(*shapes: Sequence[int]) -> Shape:
    """Return the common shape: aligned at the last dimension, sizes agree or are 1 or are missing.

    Raises
    ------
    NotBroadcastableError
    """
    if len(set(map(tuple, shapes))) == 1:
        return tuple(shapes[0])
    ndim = max((len(shape) for shape in shapes), default=0)
    result = [1] * ndim
    for shape in shapes:
        for place, size in enumerate(shape, start=ndim - len(shape)):
            if size == 1 or size == result[place]:
                continue
            if result[place] != 1:
                raise NotBroadcastableError(
                    f"sizes {result[place]} and {size} at dimension {place} do not broadcast"
                )
            result[place] = size
    return tuple(result)


def expandable(shape: Sequence[int], target: Sequence[int]) -> bool:
    """Return whether a shape broadcasts to exactly the target shape."""
    try:
        return broadcast_shapes(shape, target) == tuple(target)
    except NotBroadcastableError:
        return False
