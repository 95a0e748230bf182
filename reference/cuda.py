"""``torch.cuda`` where there is no such device."""

from __future__ import annotations

from .errors import OutOfMemoryError

__all__ = ["OutOfMemoryError", "device_count", "is_available"]


def is_available() -> bool:
    return False


def device_count() -> int:
    return 0
