"""Changes to the parts of an index before it is resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .mutant import Patch, attribute

Change = Callable[[Any, int], Any]


def parts(change: Change) -> Patch:
    """Put ``change(part, size of its dimension)`` in the place of each part of an index."""

    def make(original: Any) -> Any:
        return lambda index, window: original(_changed(index, window.shape, change), window)

    return attribute("indexing:resolve", make)


def _changed(index: tuple[Any, ...], shape: tuple[int, ...], change: Change) -> tuple[Any, ...]:
    dim, changed = 0, []
    used = sum(map(span, index))
    for part in index:
        changed.append(change(part, shape[dim] if dim < len(shape) else 1))
        dim += len(shape) - used if part is Ellipsis else span(part)
    return tuple(changed)


def span(part: Any) -> int:
    """Return how many dimensions a part stands for."""
    if isinstance(part, np.ndarray):
        return part.ndim if part.dtype == np.bool_ else 1
    return 0 if part is None or part is Ellipsis else 1


def integers(change: Callable[[int, int], Any]) -> Patch:
    """Change the integers of an index."""
    return parts(lambda part, size: change(part, size) if type(part) is int else part)


def slices(change: Callable[[slice, int], Any]) -> Patch:
    """Change the slices of an index."""
    return parts(lambda part, size: change(part, size) if isinstance(part, slice) else part)


def tensors(change: Callable[[Any, int], Any]) -> Patch:
    """Change the integer index tensors of an index."""
    return parts(
        lambda part, size: (
            change(part, size) if isinstance(part, np.ndarray) and part.dtype != np.bool_ else part
        )
    )


def masks(change: Callable[[Any, int], Any]) -> Patch:
    """Change the masks of an index."""
    return parts(
        lambda part, size: (
            change(part, size) if isinstance(part, np.ndarray) and part.dtype == np.bool_ else part
        )
    )
