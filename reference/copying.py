"""Copies by ``copy`` and ``pickle``: tensors that share a storage still share one afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import dtype
from .storage import Storage
from .tensor import Tensor

_NOT_A_LEAF = (
    "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
)


def _deep_copy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """Return a copy with a storage of its own; RuntimeError unless the tensor is a leaf."""
    if id(self) in memo:
        return memo[id(self)]  # type: ignore[no-any-return]
    if not self.is_leaf:
        raise RuntimeError(_NOT_A_LEAF)
    storage = memo.setdefault(id(self.storage), Storage(self.storage.bytes.copy()))
    made = rebuilt(_pickled_class(self), storage, *_window(self))
    memo[id(self)] = made
    own = Tensor.__annotations__
    made.__dict__.update({name: value for name, value in self.__dict__.items() if name not in own})
    if self._grad is not None:
        made._grad = _deep_copy(self._grad, memo)
    return made


def _window(tensor: Tensor) -> tuple[Any, ...]:
    return (
        tuple(tensor.shape),
        tensor.strides,
        tensor.offset,
        tensor.dtype,
        tensor.tracked,
        tensor.conjugate,
        tensor.negated,
    )


def _pickled_class(tensor: Tensor) -> type[Tensor] | None:
    """Return the class where it is a derived one: Tensor itself is known to pickle as torch's own."""
    return None if type(tensor) is Tensor else type(tensor)


def rebuilt(
    cls: type[Tensor] | None,
    storage: Storage,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    kind: dtype,
    tracked: bool,
    conjugate: bool,
    negated: bool,
) -> Tensor:
    """Return a tensor on a storage from what describes it."""
    made = Tensor.make(storage, shape, strides, offset, kind, cls=cls)
    made.tracked, made.conjugate, made.negated = tracked, conjugate, negated
    return made


def _reduce(self: Tensor, protocol: Any) -> tuple[Any, ...]:
    return rebuilt, (_pickled_class(self), self.storage, *_window(self))


def storage_of(data: bytes) -> Storage:
    """Return a storage that holds bytes."""
    return Storage(np.frombuffer(data, np.uint8).copy())


def _reduce_storage(self: Storage) -> tuple[Any, ...]:
    return storage_of, (self.bytes.tobytes(),)


for _cls, _name, _method in (
    (Tensor, "__deepcopy__", _deep_copy),
    (Tensor, "__reduce_ex__", _reduce),
    (Storage, "__reduce__", _reduce_storage),
):
    setattr(_cls, _name, _method)
