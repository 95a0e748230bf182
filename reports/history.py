"""Runs of one backend one after another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .records import Document


def started(document: Document) -> datetime:
    """Return when a run began; a date that the calendar does not have is the earliest of all."""
    try:
        return datetime.fromisoformat(document.header["started"])
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def earlier(document: Document, before: Sequence[Document]) -> list[Document]:
    """Return the runs of a document's backend among `before`, oldest first."""
    spec = document.header["backend"]["spec"]
    return sorted((one for one in before if one.header["backend"]["spec"] == spec), key=started)
