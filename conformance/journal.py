"""What a process was about to do when it died: the example under way, and what it died of.

The page cache keeps a file's content whatever becomes of the process that wrote it, `kill -9` included.
"""

from __future__ import annotations

import faulthandler
import json
import os
from dataclasses import dataclass
from pathlib import Path

from .check import Check
from .examples import Example, text_of

_FAULT = ".fault"


class Journal:
    """Keeps the example under way of this process.

    Parameters
    ----------
    folder : path-like
        Made if it is missing; each process has files of its own in it.
    """

    def __init__(self, folder: str | Path) -> None:
        own = Path(folder) / str(os.getpid())
        own.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._fault = own.with_suffix(_FAULT).open("w")
        faulthandler.enable(self._fault)

    def note(self, check: Check, example: Example) -> None:
        """Note an example that is about to run."""
        line = json.dumps([check.name, text_of(example)]).encode() + b"\n"
        os.pwrite(self._handle, line, 0)
        os.ftruncate(self._handle, len(line))

    def close(self) -> None:
        """Write no more."""
        faulthandler.disable()
        self._fault.close()
        os.close(self._handle)


@dataclass(frozen=True)
class Entry:
    """Where a process was: its check, the word of the example, and what it died of where that is known."""

    check: str
    example: str
    fault: str


def entries(folder: Path) -> list[Entry]:
    """Return the entries of every process that wrote a journal; torn ones are left out."""
    found = []
    for path in sorted(folder.glob("*")):
        try:
            check, example = json.loads(path.read_bytes())
        except (ValueError, TypeError, OSError):
            continue
        fault = path.with_suffix(_FAULT)
        text = fault.read_text("utf-8", "replace") if fault.exists() else ""
        found.append(Entry(check, example, text.partition("\n")[0].removeprefix("Fatal Python error: ")))
    return found
