"""The bytes that decide an input.

Every input is decoded from one string of bytes, whether Hypothesis draws it (and shrinks it) or a seeded
generator does (in bulk, for a fraction of the cost). A zero byte is the simplest choice, and past the end a
tape reads zeros, so that a shorter or smaller string is a simpler input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
Bytes = np.ndarray[Any, np.dtype[np.uint8]]

LENGTH = 128


class Tape:
    """A reader of decisions.

    Parameters
    ----------
    data : bytes
        Usually `LENGTH` of them.
    """

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, count: int) -> int:
        """Return a number from 0 to count - 1."""
        width = 1 if count <= 256 else 2 if count <= 65536 else 8
        chunk = self._data[self._at : self._at + width]
        self._at += width
        return int.from_bytes(chunk, "little") % count

    def between(self, low: int, high: int) -> int:
        """Return a number from low to high, both included; low is the simplest."""
        return low + self.below(high - low + 1)

    def choose(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the simplest."""
        return options[self.below(len(options))]

    def one_in(self, count: int) -> bool:
        """Return True once in `count` times."""
        return self.below(count) == count - 1

    def subset(self, options: Sequence[T]) -> list[T]:
        """Return some of the options, in their order."""
        return [option for option in options if self.one_in(2)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in another order."""
        left = list(options)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]

    def take(self, count: int) -> Bytes:
        """Return bytes, one an element; where the tape is too short its rest seeds a generator."""
        rest = self._data[self._at : self._at + count]
        self._at += len(rest)
        if len(rest) == count:
            return np.frombuffer(rest, np.uint8)
        rest = rest or self._data[-8:]
        if not any(rest):
            return np.zeros(count, np.uint8)
        return np.random.Generator(np.random.PCG64(list(rest))).integers(0, 256, count, np.uint8)
