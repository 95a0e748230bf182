"""What the suite needs of an engine: four verbs and what it claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import numpy as np

from tensorcanon.spec.observation import Failed, Observation
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Claims:
    """What a backend says it can do; what it does not claim is reported, never failed.

    Attributes
    ----------
    dtypes : frozenset of DType
    data : bool
        Tensors have elements that can be looked at; False for a device such as ``meta``.
    strides : bool
        Tensors have strides and views share memory.
    autograd : bool
    complete : bool
        Every function of the API is there, so that a missing one is a difference; False for a backend that
        provides a part of it, where a missing one is not claimed.
    """

    dtypes: frozenset[DType] = frozenset(dtypes.ALL)
    data: bool = True
    strides: bool = True
    autograd: bool = True
    complete: bool = True


@dataclass(frozen=True)
class Identity:
    """Who answers: as asked for on the command line, as it calls itself, its version and device."""

    spec: str
    name: str
    version: str
    device: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named constant of the namespace, such as ``torch.channels_last``."""

    path: str

    def __repr__(self) -> str:
        return f"torch.{self.path}"


class Absent(Exception):  # noqa: N818 (the word of the report)
    """A backend that claims only a part of the API has no such function; the message names it."""


class NotSeveralError(TypeError):
    """One value of a backend was taken for several."""


class Handle:
    """A value that lives in the backend: `native` is the backend's own object, `name` its variable."""

    __slots__ = ("name", "native")

    def __init__(self, name: str, native: Any) -> None:
        self.name = name
        self.native = native

    def __repr__(self) -> str:
        return self.name

    def __iter__(self) -> NoReturn:
        raise NotSeveralError(f"one value, {type(self.native).__name__}, where a tuple or a list is due")

    def __getitem__(self, place: object) -> NoReturn:
        iter(self)
        raise AssertionError


class Backend(Protocol):
    """An engine under test.

    Operations are called by name: ``torch.add`` (a function), ``Tensor.add_`` (a method or an attribute),
    ``operator.add`` (Python syntax), ``builtins.len``, ``is`` (identity), ``getattr``, ``np.array`` (an
    array on the host that tensors may share memory with), ``threading.Thread``, ``define`` (the name and the
    Python source of a function or class), ``call`` (of what was defined). Arguments are
    `Handle`, `DType`, `Symbol`, `Routine` (a function to call back), Python values, NumPy arrays, and tuples,
    lists, dicts and slices of these.
    """

    @property
    def identity(self) -> Identity: ...

    @property
    def claims(self) -> Claims: ...

    def make(self, array: Array, dtype: DType) -> Any:
        """Return a fresh contiguous tensor holding the elements of an array."""

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call by name and return the native result; errors are raised as they come.

        Raises
        ------
        Absent
            If the backend claims only a part of the API, and this is not in it.
        """

    def look(self, native: Any) -> Observation:
        """Return what a native value shows."""

    def failure(self, error: Exception) -> Failed:
        """Name an error."""
