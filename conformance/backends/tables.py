"""An adapter for engines with an API of their own: a table from torch's names to functions."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.observation import Failed, Observation, Plain, Seen, Several
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Absent, Array, Claims, Handle, Identity
from .errors import failed

Functions = Mapping[str, Callable[..., Any]]
# Methods whose tensor is the second argument of the function.
SELF_SECOND = ("Tensor.where",)


@dataclass(frozen=True)
class Engine:
    """What an adapter needs of an engine.

    Attributes
    ----------
    tensor : type
    dtypes : mapping of DType to object
        The engine's own types.
    functions : mapping of str to callable
        By torch's names without ``torch.`` or ``Tensor.``, with torch's signatures.
    attributes : mapping of str to callable
        Attributes of tensors, as functions of the tensor.
    made, read : callable
        From an array and a type to a tensor, and from a tensor to an array.
    """

    tensor: type
    dtypes: Mapping[DType, Any]
    functions: Functions
    attributes: Functions
    made: Callable[[Array, Any], Any]
    read: Callable[[Any], Array]


class Tabled:
    """A backend whose functions stand in a table; what is not in the table is not claimed.

    Parameters
    ----------
    engine : Engine
    identity : Identity
    claims : Claims
    """

    def __init__(self, engine: Engine, identity: Identity, claims: Claims) -> None:
        self.identity = identity
        self.claims = claims
        self._engine = engine
        self._kinds = {str(native): dtype for dtype, native in engine.dtypes.items()}

    def make(self, array: Array, dtype: DType) -> Any:
        return self._engine.made(array, self._engine.dtypes[dtype])

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = [self._native(arg) for arg in args]
        named = {key: self._native(value) for key, value in kwargs.items()}
        space, _, member = name.partition(".")
        if space == "Tensor" and member in self._engine.attributes:
            return self._engine.attributes[member](*given)
        if space == "operator":
            return getattr(operator, member)(*given)
        function = self._engine.functions.get(member) if space in ("torch", "Tensor") else None
        if function is None or (space == "Tensor" and not isinstance(given[0], self._engine.tensor)):
            raise Absent(name)
        if name in SELF_SECOND:
            given[:2] = reversed(given[:2])
        if not _takes(function, given, named):
            raise Absent(f"{name} with these arguments")
        return function(*given, **named)

    def _native(self, arg: Any) -> Any:
        match arg:
            case Handle():
                return arg.native
            case DType():
                if arg not in self._engine.dtypes:
                    raise Absent(str(arg))
                return self._engine.dtypes[arg]
            case tuple():
                return tuple(self._native(item) for item in arg)
            case list():
                return [self._native(item) for item in arg]
            case slice():
                return slice(self._native(arg.start), self._native(arg.stop), self._native(arg.step))
            case None | bool() | int() | float() | complex() | str():
                return arg
        if arg is Ellipsis:
            return arg
        raise Absent(f"an argument such as {arg!r}")

    def look(self, native: Any) -> Observation:
        if isinstance(native, self._engine.tensor):
            kind = self._kinds.get(str(native.dtype))  # type: ignore[attr-defined]
            if kind is None:
                raise TypeError(f"a tensor of {native.dtype}, which is no type of torch's")  # type: ignore[attr-defined]
            array = self._engine.read(native).astype(kind.storage, copy=False)
            return Seen(kind, array.shape, None, np.array(array), False, self.identity.device)
        if isinstance(native, tuple | list):
            items = tuple(self.look(item) for item in native)
            if isinstance(native, tuple) and items and all(isinstance(item, Plain) for item in items):
                return Plain(tuple(item.value for item in items if isinstance(item, Plain)))
            return Several(items, (), "list" if isinstance(native, list) else "tuple")
        known = self._kinds.get(str(native))
        return Plain(native if known is None or isinstance(native, str) else known)

    def failure(self, error: Exception) -> Failed:
        return failed(error)


def _takes(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a function has room for these arguments, as far as its signature or its docstring tells."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return all(f"{key}:" in (function.__doc__ or "") for key in kwargs)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def both_ways(names: Mapping[str, str], owner: Any) -> dict[str, Callable[..., Any]]:
    """Return functions of an engine under torch's names, those that it has."""
    return {name: getattr(owner, own) for name, own in names.items() if hasattr(owner, own)}
