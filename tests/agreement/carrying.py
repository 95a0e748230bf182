"""Values of torch as values of the reference, and back: bits, type, strides, offset and shared storage."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np
import torch

import tensorcanon.reference as reference
from tensorcanon.reference.storage import Storage
from tensorcanon.reference.tensor import Tensor

_SINGLETONS = {
    id(getattr(torch, name)): getattr(reference, name)
    for name in (
        *("strided", "contiguous_format", "preserve_format", "channels_last", "channels_last_3d"),
        *("float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128"),
        *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    )
}


class Carrier:
    """Carries the arguments of one call over; tensors that share storage go on sharing it."""

    def __init__(self) -> None:
        self._storages: dict[int, Storage] = {}
        self._tensors: dict[int, Any] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self._tensors.setdefault(id(value), self._tensor(value))
        return _mapped(value, self)

    def _tensor(self, value: torch.Tensor) -> Any:
        if value.device.type != "cpu" or value.layout is not torch.strided:
            raise NotImplementedError("only strided tensors on the CPU are carried over")
        bytes_ = value.untyped_storage()
        storage = self._storages.setdefault(bytes_.data_ptr(), Storage(_bytes(bytes_)))
        dtype = _SINGLETONS[id(value.dtype)]
        made = Tensor.make(storage, value.shape, value.stride(), value.storage_offset(), dtype)
        made.conjugate, made.negated = value.is_conj(), value.is_neg()
        return made.requires_grad_(value.requires_grad)


class Copier:
    """Copies the arguments of one call, so that torch may write to them."""

    def __init__(self) -> None:
        self._storages: dict[int, torch.UntypedStorage] = {}
        self._tensors: dict[int, torch.Tensor] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self._tensors.setdefault(id(value), self._tensor(value))
        if isinstance(value, list | tuple | dict):
            return _mapped(value, self)
        return value

    def _tensor(self, value: torch.Tensor) -> torch.Tensor:
        if value.device.type != "cpu" or value.layout is not torch.strided:
            return value.clone()
        bytes_ = value.untyped_storage()
        storage = self._storages.setdefault(bytes_.data_ptr(), bytes_.clone())
        made = torch.empty(0, dtype=value.dtype)
        made.set_(storage, value.storage_offset(), value.shape, value.stride())
        made = made.conj() if value.is_conj() else made
        made = torch._neg_view(made) if value.is_neg() else made
        return made.requires_grad_(value.requires_grad)


def _bytes(storage: torch.UntypedStorage) -> np.ndarray[Any, Any]:
    return torch.empty(0, dtype=torch.uint8).set_(storage).numpy().copy()


def _mapped(value: Any, carry: Callable[[Any], Any]) -> Any:
    if isinstance(value, torch.Size):
        return reference.Size(value)
    if isinstance(value, list):
        return [carry(item) for item in value]
    if isinstance(value, tuple):
        return tuple(carry(item) for item in value)
    if isinstance(value, dict):
        return {key: carry(item) for key, item in value.items()}
    if isinstance(value, torch.device):
        return reference.device(str(value))
    if isinstance(value, torch.nn.PairwiseDistance):
        return reference.nn.PairwiseDistance(value.norm, value.eps, value.keepdim)
    if callable(value):
        return rebound(value)
    return _SINGLETONS.get(id(value), value)


class _Torch:
    """The reference with the few private names that torch's samples use."""

    def __getattr__(self, name: str) -> Any:
        if name == "ops":
            return types.SimpleNamespace(aten=_Aten())
        return getattr(reference, name)


class _Aten:
    def __getattr__(self, name: str) -> Any:
        return types.SimpleNamespace(default=getattr(reference.ops.aten, name))


def public_path(function: Any) -> str | None:
    """Return where below ``torch`` a function is found, None for a private one."""
    return _PATHS.get(id(function))


def found(path: str) -> Any:
    """Return what torch has at a path, None where it has nothing."""
    return reduce(lambda space, part: getattr(space, part, None), path.split("."), torch)


def at(path: str) -> Any:
    """Return what the reference has at a path below ``torch``; AttributeError where it has nothing."""
    return reduce(getattr, path.split("."), reference)


def rebound(function: Any) -> Any:
    """Return a function of torch, or one that calls torch, as it reads with the reference for torch."""
    path = public_path(function)
    if path is not None:
        return at(path)
    if isinstance(function, partial):
        return partial(rebound(function.func), *function.args, **function.keywords)
    if isinstance(function, torch._ops.OpOverload):
        return at(f"ops.aten.{function.overloadpacket.__name__}")
    if isinstance(function, types.FunctionType) and not function.__module__.startswith("torch.nn"):
        return _with_globals(function)
    return function


def _with_globals(function: types.FunctionType) -> Any:
    names = {
        name: _with_globals(value)
        for name, value in function.__globals__.items()
        if name in function.__code__.co_names
        and isinstance(value, types.FunctionType)
        and value is not function
        and name.startswith(("_", "wrapper", "max_pool"))
    }
    names |= {name: value for name, value in _SHORTENED.items() if name in function.__code__.co_names}
    cells = tuple(
        types.CellType(_mapped(cell.cell_contents, Carrier())) for cell in function.__closure__ or ()
    )
    made = types.FunctionType(
        function.__code__, {**function.__globals__, **names}, None, function.__defaults__, cells
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


_SHORTENED = {
    "torch": _Torch(),
    "F": reference.nn.functional,
    "wrapper_set_seed": lambda function, *args, **kwargs: rebound(function)(*args, **kwargs),
}


def _paths() -> dict[int, str]:
    spaces = [("", torch), ("nn.functional.", torch.nn.functional), ("linalg.", torch.linalg)]
    spaces += [("special.", torch.special), ("Tensor.", torch.Tensor)]
    return {
        id(getattr(space, name)): f"{prefix}{name}"
        for prefix, space in reversed(spaces)
        for name in dir(space)
        if callable(getattr(space, name, None))
    }


_PATHS = _paths()


def returned(value: Any) -> Any:
    """Return a value of the reference as one of torch."""
    if isinstance(value, Tensor):
        array = np.ascontiguousarray(value.array).reshape(tuple(value.shape))
        dtype = getattr(torch, value.dtype.rule.name)
        flat = torch.from_numpy(array.reshape(-1).view(np.uint8).copy())
        return (
            flat.view(dtype).reshape(tuple(value.shape))
            if array.size
            else torch.empty(value.shape, dtype=dtype)
        )
    if isinstance(value, reference.Size):
        return torch.Size(value)
    if isinstance(value, list | tuple):
        return tuple(returned(item) for item in value)
    if isinstance(value, reference.dtype):
        return getattr(torch, value.rule.name)
    return value
