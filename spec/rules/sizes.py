"""Sizes of what windows give: convolution, pooling, and the fans that initialization uses.

Sources: ``nn.Conv2d``, ``nn.ConvTranspose2d``, ``nn.MaxPool2d``, ``nn.AdaptiveAvgPool2d``, ``nn.init``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Shape = tuple[int, ...]


def repeated(value: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Return a number once for each dimension, several numbers as they are."""
    if isinstance(value, int):
        return (value,) * count
    return tuple(value) * count if len(value) == 1 else tuple(value)


def window_count(
    length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Return how many windows fit along a dimension that is padded on both sides.

    With `ceil_mode` a last window may reach over the end, if it starts inside the input or its left padding.
    """
    room = length + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= length + padding else count


def transposed_length(
    length: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Return the length that a transposed convolution gives."""
    return (length - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1


def same_padding(kernel: int, dilation: int) -> tuple[int, int]:
    """Return the zeros before and after that keep a length; an odd one goes behind."""
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def adaptive_windows(length: int, count: int) -> list[tuple[int, int]]:
    """Return the start and stop of each of `count` windows that cover a length."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return fan-in and fan-out of a weight.

    Raises
    ------
    ValueError
        For fewer than two dimensions.
    """
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field
