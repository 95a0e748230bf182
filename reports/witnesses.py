"""The witnesses of a run as files: for each failure a stand-alone script, and what replays it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from . import files
from .records import Document, Verdict

WITNESSES = "witnesses"


def write(document: Document, folder: Path) -> int:
    """Write ``CLAUSE.py`` and ``CLAUSE.json`` for each failure with a witness; returns how many there are.

    Raises
    ------
    DocumentError
    """
    shutil.rmtree(folder, ignore_errors=True)
    used: Counter[str] = Counter()
    for verdict in document.verdicts:
        if verdict["witness"] is not None:
            used[verdict["clause"]] += 1
            number = used[verdict["clause"]]
            name = verdict["clause"] + (f"-{number}" if number > 1 else "")
            files.replace(folder / f"{name}.py", verdict["witness"]["script"])
            files.replace(folder / f"{name}.json", json.dumps(_witness(document, verdict), indent=1) + "\n")
    return used.total()


def _witness(document: Document, verdict: Verdict) -> dict[str, Any]:
    assert verdict["witness"] is not None
    return {
        "schema": document.header["schema"],
        "backend": document.header["backend"]["spec"],
        "clause": verdict["clause"],
        "test": verdict["test"],
        "verdict": verdict["verdict"],
        "witness": verdict["witness"],
    }
