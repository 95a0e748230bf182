"""Warnings that come once per process. Source: ``torch.set_warn_always``."""

from __future__ import annotations

import warnings

_given: set[str] = set()
_always = False


def set_warn_always(b: bool) -> None:
    """Let the warnings that come once come every time."""
    global _always
    _always = b


def is_warn_always_enabled() -> bool:
    return _always


def warn_once(message: str, *, stacklevel: int = 5) -> None:
    """Give a UserWarning unless the same one was given before."""
    if _always or message not in _given:
        _given.add(message)
        warnings.warn(message, UserWarning, stacklevel=stacklevel)
