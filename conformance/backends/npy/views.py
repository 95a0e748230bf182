"""Operations on sizes and strides. torch's kernels without data do them: the storage stays the same."""

from __future__ import annotations

from typing import Any

import torch

from .memory import META, Sizes, allocate, memory_of, on_host, put, reshape, storage

_deterministic: Any = torch.utils.deterministic


def empty(size: Sizes, *, memory_format: Any = None, **options: Any) -> torch.Tensor:
    """Allocate, densely in the order that a memory format asks for."""
    layout = torch.contiguous_format if memory_format is None else memory_format
    strides = torch.empty(tuple(size), device="meta", memory_format=layout).stride()
    return _filled(allocate(size, strides, _dtype(options)))


def empty_strided(size: Sizes, strides: Sizes, **options: Any) -> torch.Tensor:
    """Allocate, with these strides."""
    return _filled(allocate(size, strides, _dtype(options)))


def _filled(made: torch.Tensor) -> torch.Tensor:
    """Fill new memory where the deterministic mode asks for it."""
    if _is_filled():
        shared = on_host(made)
        shared.copy_(torch.empty_like(shared))
    return made


def _is_filled() -> bool:
    return torch.are_deterministic_algorithms_enabled() and bool(_deterministic.fill_uninitialized_memory)


def _dtype(options: dict[str, Any]) -> torch.dtype:
    return options.get("dtype") or torch.get_default_dtype()


def as_strided(x: torch.Tensor, size: Sizes, strides: Sizes, offset: int | None = None) -> torch.Tensor:
    """View the storage of a tensor with other sizes and strides; checked against its end."""
    start = x.storage_offset() if offset is None else offset
    view = torch.ops.aten.as_strided.default.redispatch(META, x, size, strides, start)
    return reshape(view, size, strides, start)


def resize(x: torch.Tensor, size: Sizes, *, memory_format: Any = None) -> torch.Tensor:
    """Give a tensor another size, in place; its storage grows where that needs more."""
    layout = torch.contiguous_format if memory_format is None else memory_format
    strides = torch.empty(tuple(size), device="meta", memory_format=layout).stride()
    count = torch.Size(size).numel()
    _grow(x, (x.storage_offset() + count) * x.dtype.itemsize if count else 0)
    return reshape(x, size, strides, x.storage_offset())


def _grow(x: torch.Tensor, needed: Any) -> None:
    held, offset = memory_of(x), x.storage_offset()
    if needed <= len(held):
        return
    larger = storage(needed)
    larger.memory[: len(held)] = held
    if _is_filled():
        fresh = torch.empty((needed - len(held)) // x.dtype.itemsize, dtype=x.dtype, device="cpu")
        larger.memory[needed - fresh.nbytes :] = fresh.view(torch.uint8).numpy()
    put(x, larger)
    reshape(x, (0,), (1,), offset)


def set_storage(x: torch.Tensor, held: Any, offset: Any, size: Sizes, strides: Sizes = ()) -> torch.Tensor:
    """Let a tensor lie in a storage of the device."""
    put(x, held)
    if len(strides) != len(size):
        strides = torch.empty(tuple(size), device="meta").stride()
    return reshape(x, size, strides, offset)


def set_whole_storage(x: torch.Tensor, held: Any) -> torch.Tensor:
    """Let a tensor be all of a storage, in one dimension."""
    return set_storage(x, held, 0, (held.nbytes() // x.dtype.itemsize,), (1,))


def set_tensor(x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Let a tensor lie where another one does."""
    return set_storage(x, source.untyped_storage(), source.storage_offset(), source.shape, source.stride())


def set_nothing(x: torch.Tensor) -> torch.Tensor:
    """Let a tensor have no elements."""
    return set_storage(x, storage(0), 0, (0,), (1,))


KERNELS = {
    "empty.memory_format": empty,
    "empty_strided": empty_strided,
    "as_strided": as_strided,
    "resize_": resize,
    "set_.source_Storage_storage_offset": set_storage,
    "set_.source_Storage": set_whole_storage,
    "set_.source_Tensor": set_tensor,
    "set_": set_nothing,
}
