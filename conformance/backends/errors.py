"""Errors: why there is no such backend, and what a backend's own are called."""

from __future__ import annotations

from tensorcanon.spec.observation import ERROR_KINDS, Failed


class UnknownBackendError(ValueError):
    """No backend has this name, or it cannot be loaded; the message says why and what to do."""


def failed(error: Exception) -> Failed:
    """Name an error by the first of its classes that a clause knows."""
    kinds = (kind.__name__.removeprefix("_") for kind in type(error).__mro__)
    return Failed(next((kind for kind in kinds if kind in ERROR_KINDS), type(error).__name__), str(error))
