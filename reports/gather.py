"""The documents that a command line names: files, logs and folders of runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .document import fold, read
from .errors import DocumentError
from .records import Document

DOCUMENT = "run.json"


def collect(paths: Iterable[str | Path]) -> list[Document]:
    """Return the documents of some paths, in their order.

    Parameters
    ----------
    paths : iterable of path-like
        Each a document (``run.json``), the log of a run (``.jsonl``), or a folder that contains a
        ``run.json`` or, where the run was killed before it was folded, one log.

    Raises
    ------
    DocumentError
        At the first that cannot be read.
    """
    return [_document(Path(path)) for path in paths]


def document_path(path: Path) -> Path:
    """Return the file of a document, which a folder may stand for."""
    return path / DOCUMENT if path.is_dir() else path


def _document(path: Path) -> Document:
    if path.is_dir():
        path = _within(path)
    return fold(path) if path.suffix == ".jsonl" else read(path)


def _within(folder: Path) -> Path:
    if (folder / DOCUMENT).exists():
        return folder / DOCUMENT
    logs = sorted(folder.glob("*.jsonl"))
    if len(logs) == 1:
        return logs[0]
    found = f"{len(logs)} logs" if logs else "no log"
    raise DocumentError(f"{folder}: no {DOCUMENT} and {found}; pass the folder that `tensorcanon run` wrote")
