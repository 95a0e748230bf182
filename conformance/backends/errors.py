"""Why there is no such backend."""

from __future__ import annotations


class UnknownBackendError(ValueError):
    """No backend has this name, or it cannot be loaded; the message says why and what to do."""
