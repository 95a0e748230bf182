"""Memory of the device: storages whose bytes are an array, and tensors that lie in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensorcanon.spec.rules import dtypes

Array = np.ndarray[Any, np.dtype[Any]]
Sizes = Sequence[int]

META = torch._C.DispatchKeySet(torch._C.DispatchKey.Meta)
_aten = torch.ops.aten
STORAGES = {getattr(torch, dtype.name): dtype.storage for dtype in dtypes.ALL if not dtype.storage.fields}


def place() -> torch.device:
    """Return the device."""
    return torch.device("npy", 0)


def is_here(value: Any) -> bool:
    """Whether a value is a tensor of this device."""
    return isinstance(value, torch.Tensor) and value.device.type == "npy"


def allocate(size: Sizes, strides: Sizes, dtype: torch.dtype) -> torch.Tensor:
    """Return a tensor with zeroed memory of its own."""
    count = 0 if 0 in size else 1 + sum((n - 1) * step for n, step in zip(size, strides, strict=True))
    made = torch._C._acc.create_empty_tensor((0,), dtype)
    put(made, storage(count * dtype.itemsize))
    return reshape(made, size, strides, 0)


def storage(count: int) -> Any:
    """Return a storage of so many bytes."""
    memory = np.zeros(count, np.uint8)
    made: Any = torch._C._construct_storage_from_data_pointer(memory.ctypes.data, place(), count)
    # The attribute lives as long as the storage does, and the memory with it.
    made.memory = memory
    # The same memory as the CPU sees it: one storage, so that torch notices operands that overlap.
    made.host = torch.frombuffer(memory, dtype=torch.uint8) if count else _nothing(torch.uint8)
    return made


def restored(held: Any, location: str) -> Any:
    """Return a storage of the device with the bytes of one of the CPU; None for another location."""
    if location.partition(":")[0] != "npy":
        return None
    made = storage(held.nbytes())
    made.memory[:] = np.frombuffer(bytes(held), np.uint8)
    return made


def copied(held: Any) -> Any:
    """Return a storage of the device with the bytes of another."""
    made = storage(held.nbytes())
    made.memory[:] = held.memory
    return made


def put(tensor: torch.Tensor, held: Any) -> None:
    """Let a tensor lie in a storage, without elements at first."""
    # With elements torch would see to it that the storage is large enough, and to resize is ours to do.
    _aten.set_.source_Storage_storage_offset.redispatch(META, tensor, held, 0, (0,), (1,))


def reshape(tensor: torch.Tensor, size: Sizes, strides: Sizes, offset: Any) -> torch.Tensor:
    """Give a tensor other sizes and strides in its storage, in place.

    Raises
    ------
    RuntimeError
        If they reach beyond the storage.
    """
    with torch._C._AutoDispatchBelowAutograd():
        return tensor.as_strided_(size, strides, offset)


def memory_of(tensor: torch.Tensor) -> Array:
    """Return the bytes of a tensor's storage."""
    return tensor.untyped_storage().memory  # type: ignore[attr-defined, no-any-return]


def elements(tensor: torch.Tensor) -> Array:
    """Return the elements as an array that shares the tensor's memory, read and written through it.

    Raises
    ------
    KeyError
        If NumPy has no such type, or the tensor is a lazy conjugate or negative.
    """
    if tensor.is_conj() or tensor.is_neg():
        raise KeyError("lazy")
    kind = STORAGES[tensor.dtype]
    if not tensor.numel():
        return np.empty(tuple(tensor.shape), kind)
    return np.ndarray(
        tuple(tensor.shape),
        kind,
        memory_of(tensor).data,
        tensor.storage_offset() * kind.itemsize,
        tuple(step * kind.itemsize for step in tensor.stride()),
    )


def on_host(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor of the CPU that lies in the same memory."""
    held: Any = tensor.untyped_storage()
    count = held.nbytes() // tensor.dtype.itemsize * tensor.dtype.itemsize
    shared = (
        held.host[:count]
        .view(tensor.dtype)
        .as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
    )
    if tensor.is_conj():
        shared = shared.conj()
    return torch._neg_view(shared) if tensor.is_neg() else shared


def _nothing(dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(0, dtype=dtype, device="cpu")


def dense_strides(tensor: torch.Tensor) -> Sizes:
    """Return the strides of a tensor where it is dense; otherwise those of a dense one like it."""
    return torch.empty_like(tensor, device="meta").stride()


def from_host(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy on the device, with the strides of a tensor of the CPU."""
    made = allocate(tensor.shape, dense_strides(tensor), tensor.dtype)
    on_host(made).copy_(tensor)
    return made
