"""The one error this package raises."""

from __future__ import annotations


class DocumentError(Exception):
    """A result cannot be read or written; the message says in one line what is wrong and what to do."""
