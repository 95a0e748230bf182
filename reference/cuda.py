"""``torch.cuda`` where there is no such device."""

from __future__ import annotations

from typing import Any

from .devices import checked
from .errors import OutOfMemoryError

__all__ = [
    "OutOfMemoryError",
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "memory_allocated",
    "synchronize",
]


def is_available() -> bool:
    return False


def device_count() -> int:
    return 0


def manual_seed(seed: int) -> None:
    """Do nothing: there is no stream to start."""


def manual_seed_all(seed: int) -> None:
    """Do nothing: there is no stream to start."""


def empty_cache() -> None:
    """Do nothing: nothing is kept."""


def memory_allocated(device: Any = None) -> int:
    return 0


def synchronize(device: Any = None) -> None:
    """Refuse: there is no CUDA device."""
    checked("cuda")
