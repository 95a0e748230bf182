"""The registration with torch: the device's module, and which function serves which operation."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.utils import backend_registration

from . import host, kernels, memory, random, views

_Library: Any = torch.library.Library
_LIBRARIES: list[Any] = []


class Module:
    """``torch.npy``: what torch and users ask of a device."""

    # Asked for by checkpoints, which keep the state of the stream.
    _initialized = True

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def device_count(self) -> int:
        return 1

    def current_device(self) -> int:
        return 0

    def set_device(self, device: Any) -> None:
        if torch.device("npy", device if isinstance(device, int) else torch.device(device).index or 0).index:
            raise RuntimeError("there is one device npy, of index 0")

    def device(self, device: Any) -> AbstractContextManager[None]:
        """Return a context manager under which a device is the current one: there is no other."""
        return nullcontext()

    def synchronize(self, device: Any = None) -> None:
        """Return at once: what was asked for has been done."""

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed(self, seed: int) -> None:
        random.seed(seed)

    def manual_seed_all(self, seed: int) -> None:
        random.seed(seed)

    def get_rng_state(self, device: Any = None) -> torch.Tensor:
        return random.state()

    def set_rng_state(self, state: torch.Tensor, device: Any = None) -> None:
        random.restore(state)

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.float16, torch.bfloat16]


def _location(held: Any) -> str | None:
    """Return what a file says about where a storage lay, None for other devices' storages."""
    return "npy" if held.device.type == "npy" else None


def _copy_storages() -> None:
    """Let deep copies ask the device for memory: torch would ask its own allocator, which it has not."""
    others = torch.UntypedStorage.clone

    def clone(held: Any) -> Any:
        return memory.copied(held) if held.device.type == "npy" else others(held)  # type: ignore[no-untyped-call]

    torch.UntypedStorage.clone = clone  # type: ignore[method-assign]


def register() -> None:
    """Make ``npy`` a device of torch, once in a process.

    Raises
    ------
    RuntimeError
        If another device holds the dispatch key.
    """
    if _LIBRARIES:
        return
    backend_registration._setup_privateuseone_for_python_backend("npy", backend_module=Module())
    rest = _Library("_", "IMPL", "PrivateUse1")
    rest.fallback(host.run, "PrivateUse1")
    own = _Library("aten", "IMPL", "PrivateUse1")
    for name, kernel in views.KERNELS.items():
        own.impl(name, kernel)
    for name in ("_copy_from", "_copy_from_and_resize"):
        own.impl(name, kernels.copy)
    for bit in ("Conjugate", "Negative"):
        # To resolve the bit is to copy: without this, torch would resolve it before the copy, for ever.
        lazy = _Library("aten", "IMPL", bit)
        lazy.impl("_copy_from", torch.library.fallthrough_kernel)
        _LIBRARIES.append(lazy)
    own.impl("conj_physical_", lambda x: x.copy_(torch.conj_physical(x)))
    own.impl("convolution_overrideable", host.convolve)
    own.impl("convolution_backward_overrideable", host.convolve_backward)
    _LIBRARIES.extend((rest, own))
    torch.serialization.register_package(15, _location, memory.restored)
    _copy_storages()
