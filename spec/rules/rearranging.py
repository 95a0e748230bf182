"""Which element goes where when elements are reversed, shifted, rotated, repeated and padded.

Sources: ``torch.flip``, ``torch.roll``, ``torch.rot90``, ``torch.Tensor.repeat``, ``torch.tile``,
``torch.nn.functional.pad``, ``nn.PixelShuffle``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from .dims import wrap_dim

Shape = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]
Mode = Literal["reflect", "replicate", "circular"]


def roll(ndim: int, shifts: int | Sequence[int], dims: int | Sequence[int] = ()) -> list[tuple[int, int]]:
    """Return (shift, dimension) pairs; the flattened tensor, for want of dimensions, is dimension 0.

    Raises
    ------
    RuntimeError
        If shifts and dimensions differ in number.
    IndexError
        If a dimension is out of range; a zero-dim tensor has none.
    """
    amounts, axes = ((given,) if isinstance(given, int) else tuple(given) for given in (shifts, dims))
    if not amounts:
        raise RuntimeError("`shifts` required")
    if not axes and len(amounts) == 1:
        return [(amounts[0], 0)]
    if len(axes) != len(amounts):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(amounts)}, dims:{len(axes)}")
    if not ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    return [(amount, wrap_dim(axis, ndim)) for amount, axis in zip(amounts, axes, strict=True)]


def rot90(ndim: int, dims: Sequence[int]) -> tuple[int, int]:
    """Return the two dimensions of a rotation.

    Raises
    ------
    RuntimeError
        Unless the tensor has two dimensions and two different ones are named.
    IndexError
        If one is out of range.
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = (wrap_dim(dim, ndim) for dim in dims)
    if first == second:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return first, second


def repeat(shape: Shape, repeats: Sequence[int]) -> Shape:
    """Return the shape of a tensor tiled so often along each dimension; extra ones lead.

    Raises
    ------
    RuntimeError
        For fewer numbers than dimensions, or a negative one.
    """
    if len(repeats) < len(shape):
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    sizes = (1,) * (len(repeats) - len(shape)) + shape
    result = tuple(size * times for size, times in zip(sizes, repeats, strict=True))
    if any(times < 0 for times in repeats):
        raise RuntimeError(f"Trying to create tensor with negative dimension: {list(result)}")
    return result


def tile(shape: Shape, dims: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers that ``tile`` gives to ``repeat``: ones in front of missing dimensions."""
    return (1,) * (len(shape) - len(dims)) + tuple(dims)


def interleaved(length: int, repeats: int | Sequence[int]) -> Array:
    """Return which element stands at each place when each is repeated in turn.

    Raises
    ------
    RuntimeError
        For a negative number, or as many numbers as neither one nor the length.
    """
    times = (repeats,) if isinstance(repeats, int) else tuple(repeats)
    if any(count < 0 for count in times):
        raise RuntimeError("repeats can not be negative")
    if len(times) not in (1, length):
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got "
            f"repeats.size(0) = {len(times)} and input.size = {length}"
        )
    return np.repeat(np.arange(length), times)


def pad_amounts(ndim: int, pad: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (dimension, before, after), from the last dimension backwards.

    Raises
    ------
    RuntimeError
        For an odd number of amounts, or more than two for each dimension.
    """
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding "
            f"length {len(pad)} and input of dimension {ndim}"
        )
    return [(ndim - 1 - place // 2, pad[place], pad[place + 1]) for place in range(0, len(pad), 2)]


def padded_places(size: int, before: int, after: int, mode: Mode) -> Array:
    """Return which element of a dimension stands at each place after padding.

    Raises
    ------
    RuntimeError
        If a reflection reaches past the far edge, or a circle goes round more than once.
    """
    if mode == "reflect" and max(before, after) >= size:
        raise RuntimeError(
            f"Padding size should be less than the input dimension: {(before, after)} of {size}"
        )
    if mode == "circular" and max(before, after) > size:
        raise RuntimeError("Padding value causes wrapping around more than once.")
    places = np.arange(-before, size + after)
    if mode == "circular":
        return np.asarray(places % size)
    if mode == "replicate":
        return np.clip(places, 0, size - 1)
    return np.asarray(size - 1 - np.abs(size - 1 - np.abs(places)))


def pixel_shuffle(shape: Shape, factor: int) -> tuple[Shape, Shape, Shape]:
    """Return how channels become pixels: the shape to split into, the order of its dimensions, the result.

    Raises
    ------
    RuntimeError
        For fewer than three dimensions, a factor below 1 or channels that its square does not divide.
    """
    if len(shape) < 3:
        raise RuntimeError(
            "pixel_shuffle expects input to have at least 3 dimensions, "
            f"but got input with {len(shape)} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {factor}")
    *batch, channels, height, width = shape
    if channels % (factor * factor):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, but input.size(-3)={channels} is not divisible by {factor * factor}"
        )
    kept = channels // (factor * factor)
    first = len(batch)
    order = (*range(first), *(first + place for place in (0, 3, 1, 4, 2)))
    split = (*batch, kept, factor, factor, height, width)
    return split, order, (*batch, kept, height * factor, width * factor)


def pixel_unshuffle(shape: Shape, factor: int) -> tuple[Shape, Shape, Shape]:
    """Return how pixels become channels, as in `pixel_shuffle`.

    Raises
    ------
    RuntimeError
        For fewer than three dimensions, a factor below 1 or sizes that it does not divide.
    """
    if len(shape) < 3:
        raise RuntimeError(
            "pixel_unshuffle expects input to have at least 3 dimensions, "
            f"but got input with {len(shape)} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {factor}")
    *batch, channels, height, width = shape
    for name, size, place in (("height", height, -2), ("width", width, -1)):
        if size % factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, "
                f"but input.size({place})={size} is not divisible by {factor}"
            )
    first = len(batch)
    order = (*range(first), *(first + place for place in (0, 2, 4, 1, 3)))
    split = (*batch, channels, height // factor, factor, width // factor, factor)
    return split, order, (*batch, channels * factor * factor, height // factor, width // factor)
