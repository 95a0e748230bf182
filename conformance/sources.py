"""The documentation that clauses cite: a digest of each cited docstring, to see what a new torch changed.

The lock holds digests only; the text itself is not ours to keep.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from types import ModuleType
from typing import Any

from tensorcanon.spec import canon

# Where a bare name of a source is looked for.
_PREFIXES = ("", "torch.", "torch.optim.", "torch.utils.")
LOCK = "docs.lock"


def cited() -> dict[str, list[str]]:
    """Return the names and pages that clauses cite, each with the ids of the clauses."""
    found: dict[str, list[str]] = {}
    for clause in canon.clauses().values():
        for source in clause.source.split(";"):
            found.setdefault(source.strip(), []).append(clause.id)
    return found


def digests(torch: ModuleType) -> dict[str, str]:
    """Return the digest of each cited docstring of an installed torch; pages have none."""
    found = {name: _docstring(torch, name) for name in cited()}
    return {
        name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in sorted(found.items()) if text
    }


def locked() -> dict[str, Any]:
    """Return the lock: the torch version it was made with, and the digests."""
    text = (files("tensorcanon.conformance") / LOCK).read_text("utf-8")
    return dict(json.loads(text))


def changed(torch: ModuleType) -> dict[str, list[str]]:
    """Return the cited names whose docstring is not the locked one, each with the clauses that cite it."""
    before, now, by_name = locked()["digests"], digests(torch), cited()
    return {
        name: by_name.get(name, [])
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    }


def _docstring(torch: ModuleType, name: str) -> str:
    for prefix in _PREFIXES:
        owner, *parts = f"{prefix}{name}".split(".")
        if owner != "torch":
            continue
        found: Any = torch
        for part in parts:
            found = getattr(found, part, None)
        if found is not None and not isinstance(found, ModuleType):
            return str(getattr(found, "__doc__", None) or "")
    return ""
