"""Results on disk: the log of a run, and the document that it is folded to.

A log is JSON lines: a header, one verdict a line, a footer. Each line is one `write` to a file opened for
appending, so a killed run loses at most the line under way. The document is one JSON object.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from . import files
from .errors import DocumentError
from .migration import upgraded
from .records import SCHEMA, Document, Footer, Header, Verdict
from .validity import check_record, check_version, finite

__all__ = ["Document", "DocumentError", "Log", "fold", "loads", "read", "write"]


class Log:
    """The log of a run under way.

    Opening an existing log continues it: a torn last line is cut off first.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    DocumentError
        If the file cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self._mend()
        except OSError as error:
            raise DocumentError(f"cannot open the log {path}: {error.strerror or error}") from error

    def append(self, record: Mapping[str, Any]) -> None:
        """Add one record.

        Raises
        ------
        DocumentError
            If it has not the published form, or cannot be written.
        """
        plain = finite(dict(record))
        check_record(plain, f"{self.path}: new record")
        line = json.dumps(plain, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._handle, line) :]
        except OSError as error:
            with suppress(OSError):
                self._mend()
            raise DocumentError(f"cannot write the log {self.path}: {error.strerror or error}") from error

    def close(self) -> None:
        """Bring the log to disk and close it."""
        if self._handle >= 0:
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _mend(self) -> None:
        content = self.path.read_bytes()
        whole, newline, torn = content.rpartition(b"\n")
        if not torn:
            return
        if _parsed_or_none(torn) is not None:
            os.write(self._handle, b"\n")
        else:
            os.ftruncate(self._handle, len(whole) + len(newline))


def fold(path: str | Path) -> Document:
    """Return the document of a log. A torn last line is left out; without a footer the run was cut short.

    Raises
    ------
    DocumentError
    """
    lines = files.content(path).split(b"\n")
    torn = lines.pop()
    records = [_parsed(line, f"{path}: line {number}") for number, line in enumerate(lines, 1)]
    last = _parsed_or_none(torn) if torn else None
    if last is not None:
        records.append(last)
    first = records[0] if records and isinstance(records[0], dict) else {}
    if first.get("kind") != "header":
        raise DocumentError(f"{path}: no header in the first line; is this the log of a tensorcanon run?")
    version = check_version(first.get("schema"), f"{path}: line 1")
    for number, record in enumerate(records, 1):
        check_record(record, f"{path}: line {number}", version)
    return _assembled([upgraded(record, version) for record in records], path)


def read(path: str | Path) -> Document:
    """Return the document of a file such as ``run.json``.

    Raises
    ------
    DocumentError
        If the file is missing, broken, foreign, or of another schema version.
    """
    return loads(files.content(path), str(path))


def loads(content: str | bytes, where: str = "document") -> Document:
    """Return the document of a text; `where` names it in messages.

    Raises
    ------
    DocumentError
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    parsed = _parsed(raw, where)
    if not isinstance(parsed, dict) or not {"schema", "header", "verdicts"} <= parsed.keys():
        raise DocumentError(f"{where}: JSON, but not a tensorcanon result; pass a run.json")
    version = check_version(parsed["schema"], where)
    return _checked(parsed, where, version)


def write(document: Document, path: str | Path) -> None:
    """Write a document; an earlier file stays as it is until the new one is whole.

    Raises
    ------
    DocumentError
    """
    plain = finite(document.as_json())
    _checked(plain, str(path), SCHEMA)
    files.replace(path, json.dumps(plain, separators=(",", ":"), allow_nan=False) + "\n")


def _checked(parsed: dict[str, Any], where: str, version: int) -> Document:
    extra = sorted(parsed.keys() - {"schema", "header", "verdicts", "footer"})
    if extra or "footer" not in parsed or not isinstance(parsed["verdicts"], list):
        fault = f"unknown field {ascii(extra[0])[:80]}" if extra else "no list of verdicts or no footer"
        raise DocumentError(f"{where}: {fault}; write it again with this version of tensorcanon")
    header = _of_kind(parsed["header"], "header", f"{where}: header", version)
    verdicts = [
        _of_kind(verdict, "verdict", f"{where}: verdict {number}", version)
        for number, verdict in enumerate(parsed["verdicts"])
    ]
    footer = parsed["footer"]
    if footer is not None:
        footer = _of_kind(footer, "footer", f"{where}: footer", version)
    return Document(cast(Header, header), cast(list[Verdict], verdicts), footer)


def _of_kind(record: Any, kind: str, where: str, version: int) -> dict[str, Any]:
    check_record(record, where, version)
    if record["kind"] != kind:
        raise DocumentError(f"{where}: a {record['kind']} where a {kind} belongs; write the file again")
    return upgraded(record, version)


def _assembled(records: list[dict[str, Any]], path: str | Path) -> Document:
    verdicts: list[Verdict] = []
    footer: Footer | None = None
    for number, record in enumerate(records[1:], 2):
        match record["kind"]:
            case "header":
                raise DocumentError(f"{path}: line {number}: a second header; one log holds one run")
            case "verdict":
                # A resumed run goes on after the footer of the interrupted one.
                footer = None
                verdicts.append(cast(Verdict, record))
            case _:
                footer = cast(Footer, record)
    return Document(cast(Header, records[0]), verdicts, footer)


def _parsed(raw: bytes, where: str) -> Any:
    if not raw.strip():
        raise DocumentError(f"{where}: empty; the run may have been killed, run it again")
    try:
        return json.loads(raw, parse_constant=_refuse)
    except RecursionError:
        raise DocumentError(f"{where}: nested too deeply for a tensorcanon result") from None
    except ValueError as error:
        reason = ascii(str(error).partition("\n")[0])[1:-1][:120]
        raise DocumentError(f"{where}: not JSON ({reason}); pass a run.json or the log of a run") from None


def _parsed_or_none(raw: bytes) -> Any:
    try:
        return _parsed(raw, "")
    except DocumentError:
        return None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
