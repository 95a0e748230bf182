"""Vectors to a folder: a file for each chapter, and a manifest of their digests."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files as resources
from pathlib import Path

import numpy as np

from tensorcanon.reports import files
from tensorcanon.spec import canon

from ..backend import Backend
from ..backends.catalogue import reference
from ..check import Check
from ..examples import Example, case_of, text_of
from ..expectations import every_departure
from ..inventory import checks
from ..recorder import Progress
from ..tape import LENGTH
from .numerals import Json
from .recording import told

FORMAT = "tensorcanon-vectors"
VERSION = 1
MANIFEST = "manifest.json"
SCHEMAS = ("vectors-1.json", "protocol-1.json")
# Of so many inputs the first are taken that judge a clause not judged often enough.
_TRIES = 24
# A test whose vectors are small has more of them, up to so many bytes for each example asked for.
_ROOM = 3000


class NotEmptyError(ValueError):
    """The folder holds something else than vectors."""


@dataclass
class Written:
    """What was written.

    Attributes
    ----------
    told, untold : int and dict
        How many clauses have a vector; of the others, why not.
    vectors, size : int
        The number of vectors, and their bytes.
    """

    told: int = 0
    untold: dict[str, str] = field(default_factory=dict)
    vectors: int = 0
    size: int = 0


def write(folder: Path, part: str, examples: int, seed: int, progress: Progress) -> Written:
    """Write vectors for the clauses whose id contains `part`.

    Parameters
    ----------
    folder : Path
    part : str
    examples : int
        How often each check judges each of its clauses.
    seed : int
    progress : Progress

    Raises
    ------
    NotEmptyError
        If the folder holds other files.
    DocumentError
        If it cannot be written to.
    """
    _clear(folder)
    wanted = {name: clause for name, clause in canon.clauses().items() if part in name}
    chapters: dict[str, list[Json]] = {}
    reasons: dict[str, Counter[str]] = {name: Counter() for name in wanted}
    judged: Counter[str] = Counter()
    healthy = reference()
    concerned = [c for c in checks().values() if any(clause.id in wanted for clause in c.clauses)]
    progress.begin(len(concerned))
    for check in concerned:
        found = chapters.setdefault(check.clauses[0].chapter, [])
        for vector in _vectors(check, healthy, examples, seed, reasons):
            found.append(vector)
            judged.update({line["clause"] for line in vector["steps"] if "clause" in line})
        progress.advance("pass", check.name)
    untold = {name: _reason(reasons[name]) for name in wanted if not judged[name]}
    return _store(
        folder, chapters, untold, {"clauses": part, "examples": examples, "seed": seed}, len(wanted)
    )


def _reason(counted: Counter[str]) -> str:
    return min(
        counted, key=lambda reason: (-counted[reason], reason), default="no check holds a backend to it"
    )


def _vectors(
    check: Check, backend: Backend, examples: int, seed: int, reasons: dict[str, Counter[str]]
) -> Iterator[Json]:
    """Yield the first examples of a check that judge a clause less often than wanted."""
    left, size = {clause.id: examples for clause in check.clauses}, 0
    for example in _candidates(check, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = told(check, backend, case_of(check, example))
        for clause, reason in made.untold.items():
            if clause in reasons:
                reasons[clause][reason] += 1
        if made.vector is None:
            continue
        news = {line["clause"] for line in made.vector["steps"] if left.get(line.get("clause"), 0) > 0}
        if news or size <= _ROOM * examples:
            for clause in news:
                left[clause] -= 1
            size += len(_dumped(made.vector))
            yield {"check": check.name, "example": text_of(example), **made.vector}
        if not any(left.values()) and size > _ROOM * examples:
            return


def _candidates(check: Check, seed: int) -> Iterator[Example]:
    """Yield evenly spaced cases, or seeded tapes and then the simplest."""
    generator = np.random.Generator(np.random.PCG64([seed, zlib.crc32(check.name.encode())]))
    if check.cases is None:
        for _ in range(_TRIES):
            yield generator.bytes(LENGTH)
        yield bytes(LENGTH)
    else:
        count = sum(1 for _ in check.cases())
        step = max(count // _TRIES, 1)
        yield from range(int(generator.integers(step)), count, step)


def _store(folder: Path, chapters: dict[str, list[Json]], untold: Json, asked: Json, wanted: int) -> Written:
    version, edition = importlib.metadata.version("tensorcanon"), canon.edition()
    written = Written(wanted - len(untold), untold)
    listed: Json = {}
    for chapter, vectors in chapters.items():
        if not vectors:
            continue
        head = {"format": FORMAT, "version": VERSION, "chapter": chapter}
        lines = ",\n".join(_dumped(vector) for vector in vectors)
        raw = f'{_dumped(head)[:-1]},"vectors":[\n{lines}\n]}}\n'.encode()
        files.replace(folder / f"{chapter}.json", raw)
        listed[f"{chapter}.json"] = {"sha256": _digest(raw), "vectors": len(vectors)}
        written.vectors += len(vectors)
        written.size += len(raw)
    schemas = {
        name: (resources("tensorcanon.conformance") / "schema" / name).read_bytes() for name in SCHEMAS
    }
    for name, raw in schemas.items():
        files.replace(folder / name, raw)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "canon": {"version": version, "edition": edition},
        "asked": asked,
        "told": written.told,
        "untold": untold,
        "departures": {entry.clause: entry.reason for entry in every_departure()},
        "schemas": {name: _digest(raw) for name, raw in schemas.items()},
        "files": listed,
    }
    # Last: without it, what was left half-written is no set of vectors.
    files.replace(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return written


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _dumped(made: Json) -> str:
    return json.dumps(made, separators=(",", ":"))


def _clear(folder: Path) -> None:
    """Remove the vectors that a folder holds; raise where it holds anything else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NotEmptyError(f"{folder} is no folder; choose another --out")
    chapters = {f"{chapter}.json" for chapter in canon.CHAPTERS}
    others = [path.name for path in folder.iterdir() if path.name not in {*chapters, MANIFEST, *SCHEMAS}]
    if others:
        raise NotEmptyError(f"{folder} holds {sorted(others)[0]}, which is no vector; choose another --out")
    for name in (MANIFEST, *chapters):
        (folder / name).unlink(missing_ok=True)
