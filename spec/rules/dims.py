"""Dimension arguments: negative ones, ranges, duplicates. Source: the convention of ``dim``."""

from __future__ import annotations

from collections.abc import Sequence


class DimError(IndexError):
    """A dimension outside the range of the tensor."""


def wrap_dim(dim: int, ndim: int) -> int:
    """Return a dimension counted from the front; a zero-dim tensor counts as having one.

    Raises
    ------
    DimError
    """
    count = max(ndim, 1)
    if not -count <= dim < count:
        raise DimError(
            f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})"
        )
    return dim % count


def wrap_dims(dims: Sequence[int], ndim: int) -> tuple[int, ...]:
    """Return several dimensions counted from the front.

    Raises
    ------
    DimError
    RuntimeError
        If one occurs twice.
    """
    wrapped = tuple(wrap_dim(dim, ndim) for dim in dims)
    for dim in wrapped:
        if wrapped.count(dim) > 1:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return wrapped
