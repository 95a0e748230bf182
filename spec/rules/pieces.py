"""How a dimension is cut into pieces.

Sources: ``torch.split``, ``torch.chunk``, ``torch.tensor_split``, ``torch.hsplit``, ``torch.vsplit``,
``torch.dsplit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from .dims import wrap_dim
from .windows import Window, narrow, part

Pieces = tuple[Window, ...]


def _cut(window: Window, name: str, dim: int) -> tuple[int, int]:
    """Return a dimension counted from the front and its size."""
    if not window.ndim:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")
    place = wrap_dim(dim, window.ndim)
    return place, window.shape[place]


def split(window: Window, split_size_or_sections: int | Sequence[int], dim: int = 0) -> Pieces:
    """Return pieces of one length, the last one shorter where it does not divide, or of the lengths given."""
    place, size = _cut(window, "split", dim)
    if not isinstance(split_size_or_sections, int):
        return split_with_sizes(window, split_size_or_sections, dim)
    length = split_size_or_sections
    if length < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={length}")
    if length == 0 and size:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}"
        )
    starts = range(0, size, length) if size else (0,)
    return tuple(part(window, place, start, min(start + length, size)) for start in starts)


def split_with_sizes(window: Window, split_sizes: Sequence[int], dim: int = 0) -> Pieces:
    """Return pieces of the lengths given, which must add up to the size."""
    place, size = _cut(window, "split_with_sizes", dim)
    if any(length < 0 for length in split_sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, "
            f"but got split_sizes={list(split_sizes)}"
        )
    if sum(split_sizes) != size:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at "
            f"dimension {place}), but got split_sizes={list(split_sizes)}"
        )
    ends = accumulate(split_sizes)
    return tuple(
        narrow(window, place, end - length, length) for length, end in zip(split_sizes, ends, strict=True)
    )


def chunk(window: Window, chunks: int, dim: int = 0) -> Pieces:
    """Return at most so many pieces of one length, the size divided by their number and rounded up."""
    if not window.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    place, size = _cut(window, "chunk", dim)
    if not size:
        return tuple(part(window, place, 0, 0) for _ in range(chunks))
    return split(window, -(-size // chunks), place)


def tensor_split(window: Window, indices_or_sections: int | Sequence[int], dim: int = 0) -> Pieces:
    """Return exactly so many pieces, the first ones longer by one, or those between the indices given."""
    place, size = _cut(window, "tensor_split", dim)
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {count}")
        lengths = [size // count + (number < size % count) for number in range(count)]
        return split_with_sizes(window, lengths, place)
    ends = [slice(None, end).indices(size)[1] for end in indices_or_sections]
    return tuple(
        part(window, place, start, stop) for start, stop in zip([0, *ends], [*ends, size], strict=True)
    )


def along_axis(name: str, window: Window, indices_or_sections: int | Sequence[int]) -> Pieces:
    """Return the pieces of ``hsplit``, ``vsplit`` or ``dsplit``: a number must divide the size."""
    dim, least = {"hsplit": (1, 1), "vsplit": (0, 2), "dsplit": (2, 3)}[name]
    if window.ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with "
            f"{window.ndim} dimensions!"
        )
    dim = min(dim, window.ndim - 1)
    size = window.shape[dim]
    if isinstance(indices_or_sections, int) and (indices_or_sections <= 0 or size % indices_or_sections):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is "
            f"not divisible by the split_size {indices_or_sections}!"
        )
    return tensor_split(window, indices_or_sections, dim)
