"""An observation: what a backend showed after one step of a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .rules.dtypes import DType

Array = np.ndarray[Any, np.dtype[Any]]

# The exception classes that torch documents, by the name a backend reports, with their ancestors.
ERROR_KINDS: dict[str, tuple[str, ...]] = {
    "RuntimeError": (),
    "NotImplementedError": ("RuntimeError",),
    "LinAlgError": ("RuntimeError",),
    "OutOfMemoryError": ("RuntimeError",),
    "IndexError": (),
    "TypeError": (),
    "ValueError": (),
    "KeyError": (),
    "AttributeError": (),
    "OverflowError": (),
    "ZeroDivisionError": (),
    "BufferError": (),
}


@dataclass(frozen=True, eq=False)
class Seen:
    """A tensor as a backend shows it.

    Attributes
    ----------
    dtype : DType
    shape : tuple of int
    strides : tuple of int or None
        In elements; None where the backend has no strides.
    value : ndarray or None
        The elements, shape `shape`, in the NumPy type of `dtype`; None on a device without data (meta).
    requires_grad : bool
    device : str
        The kind of device, without an index.
    """

    dtype: DType
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None
    value: Array | None = None
    requires_grad: bool = False
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class Plain:
    """A Python value: a number, a string, a tuple, a data type, None, or the repr of anything else."""

    value: Any


@dataclass(frozen=True, eq=False)
class Several:
    """A tuple or list of observations; `names` are the field names of a named tuple."""

    items: tuple[Observation, ...]
    names: tuple[str, ...] = ()
    sequence: str = "tuple"


@dataclass(frozen=True, eq=False)
class Failed:
    """An exception: the name of its class as in `ERROR_KINDS`, and its message."""

    kind: str
    message: str = ""

    def is_a(self, kind: str) -> bool:
        """Return whether the exception is of a kind or of one derived from it."""
        return kind == self.kind or kind in ERROR_KINDS.get(self.kind, ())


@dataclass(frozen=True, eq=False)
class Warned:
    """An observation that came with warnings, named by their classes."""

    categories: tuple[str, ...]
    then: Observation


Observation = Seen | Plain | Several | Failed | Warned
