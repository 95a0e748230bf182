"""Proofs on disk: the journal of one under way, and the document and the page made of it.

A proof holds a function of one operand to its bound on the values of a type, chunk after chunk. The journal
is JSON lines: a header that says what is to be proved, then what each chunk showed. A line is one `write`, so
that a killed run loses at most the chunk under way, and the next one goes on. The published form of both is
``schema/proof-1.json``.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypedDict

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from . import files
from .errors import DocumentError
from .records import Backend, Canon
from .validity import finite

SCHEMA = 1
JOURNAL, DOCUMENT, PAGE = "proof.jsonl", "proof.json", "proof.md"

Verdict = Literal["proved", "held", "refuted"]


class Header(TypedDict):
    """What is to be proved, on what; `limit` and `unit` are None where results are exact."""

    kind: Literal["proof"]
    schema: int
    canon: Canon
    backend: Backend
    op: str
    dtype: str
    values: int
    clause: str
    limit: float | None
    unit: str | None


class Largest(TypedDict):
    """The largest error and the input that gives it."""

    error: float | str
    pattern: str
    input: str
    seen: str
    exact: str


class Counterexample(TypedDict):
    """An input whose result is not allowed."""

    pattern: str
    input: str
    reason: str
    script: str


class Chunk(TypedDict):
    """What the values whose bit patterns lie from `first` to before `end` showed."""

    kind: Literal["chunk"]
    first: int
    end: int
    rounded: int
    seconds: float
    largest: Largest | None
    counterexample: Counterexample | None


@dataclass(frozen=True)
class Proof:
    """A proof, whole or under way."""

    header: Header
    chunks: tuple[Chunk, ...]

    @property
    def held(self) -> int:
        """How many values were tried."""
        return sum(chunk["end"] - chunk["first"] for chunk in self.chunks)

    @property
    def rounded(self) -> int:
        """How many results are the exact one, rounded."""
        return sum(chunk["rounded"] for chunk in self.chunks)

    @property
    def seconds(self) -> float:
        """How long the chunks took, added up over all processes."""
        return sum(chunk["seconds"] for chunk in self.chunks)

    @property
    def largest(self) -> Largest | None:
        """The largest error, of several the one with the smallest bit pattern."""
        found = [chunk["largest"] for chunk in self.chunks if chunk["largest"] is not None]
        return max(found, key=lambda one: (float(one["error"]), -int(one["pattern"], 16)), default=None)

    @property
    def counterexample(self) -> Counterexample | None:
        """The counterexample with the smallest bit pattern."""
        found = [chunk["counterexample"] for chunk in self.chunks if chunk["counterexample"] is not None]
        return min(found, key=lambda one: int(one["pattern"], 16), default=None)

    @property
    def verdict(self) -> Verdict:
        """``held`` says that no value of those tried refutes it, and that not all were tried."""
        if self.counterexample is not None:
            return "refuted"
        return "proved" if self.held == self.header["values"] else "held"

    def as_json(self) -> dict[str, Any]:
        """Return the document."""
        return {
            "schema": SCHEMA,
            "header": self.header,
            "verdict": self.verdict,
            "held": self.held,
            "rounded": self.rounded,
            "seconds": round(self.seconds, 3),
            "largest": self.largest,
            "counterexample": self.counterexample,
        }


class Journal:
    """The journal of a proof; opening one that exists goes on with it.

    Parameters
    ----------
    folder : path-like
        Where the documents of the proof are.
    header : Header

    Raises
    ------
    DocumentError
        If it cannot be opened, is in use, or belongs to another proof.
    """

    def __init__(self, folder: str | Path, header: Header) -> None:
        self.path = Path(folder) / JOURNAL
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise DocumentError(f"{self.path}: another proof is writing here; choose another --out") from None
        except OSError as error:
            raise DocumentError(f"cannot open {self.path}: {error.strerror or error}") from error
        try:
            lines = self._lines()
            self.header, self.chunks = _told_apart(lines, self.path) if lines else (header, [])
            if lines:
                _check_same(self.header, header, self.path)
            else:
                self._write(header)
        except DocumentError:
            self.close()
            raise

    @property
    def proof(self) -> Proof:
        """The proof as far as it is."""
        return Proof(self.header, tuple(self.chunks))

    def append(self, chunk: Mapping[str, Any]) -> None:
        """Add what a chunk showed.

        Raises
        ------
        DocumentError
            If it has not the published form, or cannot be written.
        """
        record = finite(dict(chunk))
        _check(record, "chunk", f"{self.path}: new chunk")
        self._write(record)
        self.chunks.append(record)

    def close(self) -> None:
        """Close the journal, so that another proof may write it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lines(self) -> list[bytes]:
        """Return the whole lines, and cut off a last one that a killed run left half written."""
        whole, newline, torn = self.path.read_bytes().rpartition(b"\n")
        if torn:
            os.ftruncate(self._handle, len(whole) + len(newline))
        return whole.split(b"\n") if whole else []

    def _write(self, record: Mapping[str, Any]) -> None:
        line = json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._handle, line) :]
        except OSError as error:
            with suppress(OSError):
                self._lines()
            raise DocumentError(f"cannot write {self.path}: {error.strerror or error}") from error


def write(proof: Proof, folder: str | Path) -> None:
    """Write the document and its page; earlier ones stay as they are until the new ones are whole.

    Raises
    ------
    DocumentError
    """
    from .proof_page import render

    document = finite(proof.as_json())
    _check(document, "document", f"{folder}")
    files.replace(Path(folder) / DOCUMENT, json.dumps(document, indent=1, allow_nan=False) + "\n")
    files.replace(Path(folder) / PAGE, render(proof))


def _told_apart(lines: Iterable[bytes], path: Path) -> tuple[Header, list[Chunk]]:
    records = [_parsed(line, f"{path}: line {number}") for number, line in enumerate(lines, 1)]
    for number, record in enumerate(records, 1):
        _check(record, "chunk" if number > 1 else "header", f"{path}: line {number}")
    return records[0], records[1:]


def _check_same(known: Header, asked: Header, path: Path) -> None:
    pairs = [
        ("op", known["op"], asked["op"]),
        ("dtype", known["dtype"], asked["dtype"]),
        *(
            (f"backend {key}", known["backend"][key], asked["backend"][key])
            for key in ("spec", "name", "version", "device")
        ),
        ("edition", known["canon"]["edition"][:12], asked["canon"]["edition"][:12]),
    ]
    for what, before, now in pairs:
        if before != now:
            raise DocumentError(f"{path} is a proof of {what} {before}, not {now}; choose another --out")


def _parsed(line: bytes, where: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise DocumentError(f"{where}: not JSON; is this the journal of a proof?") from None


@cache
def _validator(part: str) -> Draft202012Validator:
    text = resources("tensorcanon.reports").joinpath(f"schema/proof-{SCHEMA}.json").read_text("utf-8")
    whole = json.loads(text)
    return Draft202012Validator(
        whole if part == "document" else {"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}
    )


def _check(record: Any, part: str, where: str) -> None:
    error = best_match(_validator(part).iter_errors(record))
    if error is not None:
        raise DocumentError(
            f"{where}: {error.json_path}: {error.message[:160]}; prove again in another --out"
        )
