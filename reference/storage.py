"""A block of bytes that tensors view, and the counter of writes that autograd checks.

Sources: ``tensor_view``, ``storage``, ``notes/autograd#in-place-correctness-checks``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .devices import cpu

Array = np.ndarray[Any, Any]


class Storage:
    """Bytes shared by every view of them.

    Attributes
    ----------
    block : ndarray
        Row-major, of whatever type and shape; it holds the bytes.
    resizable : bool
        False where the bytes belong to somebody else, as after ``from_numpy``.
    device : device
    """

    __slots__ = ("__weakref__", "block", "device", "resizable")

    def __init__(self, data: Array, *, resizable: bool = True) -> None:
        self.block = data
        self.device = cpu
        self.resizable = resizable

    @property
    def bytes(self) -> Array:
        """The bytes as a one-dimensional array of uint8."""
        block = self.block
        return block if block.dtype == np.uint8 and block.ndim == 1 else block.reshape(-1).view(np.uint8)

    @bytes.setter
    def bytes(self, data: Array) -> None:
        self.block = data

    @classmethod
    def empty(cls, nbytes: int) -> Storage:
        return cls(np.zeros(nbytes, np.uint8))

    @classmethod
    def of_array(cls, array: Array) -> Storage:
        """Share the memory that an array's elements span; its strides must not be negative."""
        if array.size == 0:
            return cls(np.zeros(0, np.uint8), resizable=False)
        extent = array.itemsize + sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True))
        first = np.lib.stride_tricks.as_strided(array, (1,), (array.itemsize,))
        whole = np.lib.stride_tricks.as_strided(
            first.view(np.uint8), (extent,), (1,), writeable=array.flags.writeable
        )
        return cls(whole, resizable=False)

    def grow(self, nbytes: int) -> None:
        """Make room for at least so many bytes; the first ones are kept."""
        if nbytes <= self.block.nbytes:
            return
        if not self.resizable:
            raise RuntimeError("Trying to resize storage that is not resizable")
        grown = np.zeros(nbytes, np.uint8)
        grown[: self.block.nbytes] = self.bytes
        self.block = grown

    def data_ptr(self) -> int:
        """Return the address of the first byte, 0 where there is none."""
        return int(self.block.ctypes.data) if self.block.size else 0

    def nbytes(self) -> int:
        return self.block.nbytes

    size = nbytes
    __len__ = nbytes

    def __getitem__(self, place: int) -> int:
        return int(self.bytes[place])

    def tolist(self) -> list[int]:
        return [int(byte) for byte in self.bytes]


class Version:
    """How often the tensors that share it were written to."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0
