"""How torch's CPU generator makes numbers of the words of MT19937. Source: observed.

The words themselves are those of Matsumoto and Nishimura (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dtypes import DType

Array = np.ndarray[Any, np.dtype[Any]]
Words = Callable[[int], Array]

# Normal numbers are made in blocks of so many uniform ones, from this count on.
BLOCK = 16
# Ranges from here on take two words a number.
_WIDE = 1 << 28
_HUNDRED = 100


def words(seed: int) -> Words:
    """Return a function that gives the next words of a seed's stream, uint64."""
    engine = np.random.RandomState(seed & 0xFFFFFFFF)
    return lambda count: engine.randint(0, 1 << 32, count, np.uint32).astype(np.uint64)


def _pairs(draw: Words, count: int) -> Array:
    both = draw(2 * count).reshape(count, 2)
    return np.asarray(both[:, 0] << np.uint64(32) | both[:, 1])


def uniform(draw: Words, count: int, dtype: DType) -> Array:
    """Return numbers in [0, 1): the low 24 bits of a word, for float64 the low 53 bits of two."""
    assert dtype.format is not None
    digits = dtype.format.digits
    drawn = draw(count) if digits <= 24 else _pairs(draw, count)
    return ((drawn & np.uint64((1 << digits) - 1)).astype(np.float64) * 2.0**-digits).astype(dtype.storage)


def integers(draw: Words, count: int, dtype: DType) -> Array:
    """Return integers below 100: a word modulo the range."""
    return (draw(count) % np.uint64(_HUNDRED)).astype(dtype.storage)


def wide_integers(draw: Words, count: int, dtype: DType) -> Array:
    """Return integers below 2**28: two words modulo the range."""
    return (_pairs(draw, count) % np.uint64(_WIDE)).astype(dtype.storage)


def permutation(draw: Words, count: int, dtype: DType) -> Array:
    """Return the integers below a count: each place in turn is exchanged with a later one."""
    order = np.arange(count)
    for place, word in enumerate(draw(max(count - 1, 0)).tolist()):
        other = place + word % (count - place)
        order[[place, other]] = order[[other, place]]
    return order.astype(dtype.storage)


SAMPLERS: dict[str, Callable[[Words, int, DType], Array]] = {
    "uniform": uniform,
    "integers": integers,
    "wide integers": wide_integers,
    "permutation": permutation,
}


def normal(draw: Words, count: int, dtype: DType) -> tuple[Array, Array]:
    """Return normal numbers in float64 and the radius of the point of which each is a coordinate."""
    if count < BLOCK:
        pairs = _uniform53(draw, 2 * -(-count // 2)).reshape(-1, 2)
        return _coordinates(pairs[:, 1], pairs[:, 0], count, axis=1)
    numbers = uniform(draw, count, dtype).astype(np.float64)
    whole = count - count % BLOCK
    made, radius = _in_blocks(numbers[:whole])
    if whole < count:
        last = _in_blocks(uniform(draw, BLOCK, dtype).astype(np.float64))
        keep = count - BLOCK
        made, radius = (np.concatenate([x[:keep], y]) for x, y in zip((made, radius), last, strict=True))
    return made, radius


def _uniform53(draw: Words, count: int) -> Array:
    return np.asarray((_pairs(draw, count) & np.uint64((1 << 53) - 1)).astype(np.float64) * 2.0**-53)


def _in_blocks(numbers: Array) -> tuple[Array, Array]:
    halves = numbers.reshape(-1, 2, BLOCK // 2)
    return _coordinates(halves[:, 0], halves[:, 1], numbers.size, axis=1)


def _coordinates(depth: Array, angle: Array, count: int, axis: int) -> tuple[Array, Array]:
    radius = np.sqrt(-2 * np.log1p(-depth))
    points = radius * np.cos(2 * np.pi * angle), radius * np.sin(2 * np.pi * angle)
    return np.stack(points, axis).reshape(-1)[:count], np.stack([radius, radius], axis).reshape(-1)[:count]
