"""``tensorcanon sources``."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from .. import sources
from ..backends.catalogue import UnknownBackendError, resolve
from .console import console, refuse


def compare_sources(update: bool) -> int:
    """Print the clauses whose cited docstring differs from the locked one, or write a new lock.

    Returns
    -------
    int
        0 when nothing changed or the lock was written, 1 on changes, 2 without torch.
    """
    try:
        backend: Any = resolve("torch:cpu")
    except UnknownBackendError as error:
        return refuse(str(error))
    if update:
        return _write(backend)
    changed = sources.changed(backend.namespace)
    for name, clauses in changed.items():
        console.print(f"{name}  {', '.join(clauses) or '(cited no more)'}", markup=False)
    before = sources.locked()["torch"]
    console.print(f"{len(changed)} of {len(sources.cited())} sources changed since torch {before}")
    return 1 if changed else 0


def _write(backend: Any) -> int:
    path = Path(str(files("tensorcanon.conformance") / sources.LOCK))
    lock = {
        "torch": backend.identity.version.partition("+")[0],
        "digests": sources.digests(backend.namespace),
    }
    path.write_text(json.dumps(lock, indent=1) + "\n", "utf-8")
    console.print(f"{len(lock['digests'])} digests: {path}", markup=False)
    return 0
