"""The exception classes that torch adds to Python's. Sources: ``linalg``, ``cuda``."""

from __future__ import annotations


class LinAlgError(RuntimeError):
    """A matrix without the property that an operation needs."""


class OutOfMemoryError(RuntimeError):
    """A device without room for a tensor."""
