"""Results fit to be kept beside the code: small, compressed, and without a trace of the machine."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import files, overview
from .document import loads
from .records import Coverage, Document

SUFFIX = ".json.gz"
PAGE = "README.md"
_NOTHING: Coverage = {"dtypes": {}, "layouts": [], "specials": [], "grid": {}}
# A file of an installed package keeps what follows the folder of packages; any other, its name.
_PACKAGES = re.compile(r"(?:/[^\s/:'\"]+)*/(?:site|dist)-packages/")
_FILE = re.compile(
    r"(?<![\w.:/<])/(?:root|home|Users|tmp|var|usr|opt|private|work|mnt|etc)(?:/[^\s/:'\"();,]+)+"
)


def publish(documents: Sequence[Document], folder: Path) -> list[Path]:
    """Write each document, in short, under the name of its backend, and a page that shows all of them.

    Raises
    ------
    DocumentError
    """
    short = [shortened(document) for document in documents]
    written = []
    for document in short:
        path = folder / f"{_name(document)}{SUFFIX}"
        text = json.dumps(document.as_json(), separators=(",", ":"), allow_nan=False)
        files.replace(path, gzip.compress(text.encode(), mtime=0))
        written.append(path)
    files.replace(folder / PAGE, overview.render(short))
    return written


def shortened(document: Document) -> Document:
    """Return a document without the code of clauses and the coverage of inputs, and without paths."""
    plain = _private(document.as_json())
    header, verdicts = plain["header"], plain["verdicts"]
    for text in header["clauses"].values():
        text.update(code="", mutants=[])
    for verdict in verdicts:
        verdict["coverage"] = _NOTHING
    return loads(json.dumps(plain))


def _private(value: Any) -> Any:
    """Return a JSON value whose texts name no folder of the machine."""
    match value:
        case str():
            return _FILE.sub(lambda found: found.group().rpartition("/")[2], _PACKAGES.sub("", value))
        case list():
            return [_private(item) for item in value]
        case dict():
            return {key: _private(item) for key, item in value.items()}
    return value


def _name(document: Document) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", document.header["backend"]["spec"]).strip("-.") or "backend"
