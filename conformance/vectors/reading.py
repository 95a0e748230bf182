"""Vectors from a folder: checked against their digests, and made into checks of a backend."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorcanon.spec import canon

from ..check import Check
from ..run import Run
from .numerals import Json
from .playing import play
from .writing import FORMAT, MANIFEST, VERSION


class VectorsError(ValueError):
    """Vectors cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Vectors:
    """What a folder holds.

    Attributes
    ----------
    manifest : dict
    checks : list of Check
        Those that the vectors were made from, with the vectors as their cases.
    """

    manifest: Json
    checks: list[Check]

    @property
    def examples(self) -> int:
        """How often each check judges each of its clauses."""
        return int(self.manifest["asked"]["examples"])

    @property
    def seed(self) -> int:
        return int(self.manifest["asked"]["seed"])


def read(folder: Path, part: str = "") -> Vectors:
    """Return the vectors of a folder that judge clauses whose id contains `part`.

    Raises
    ------
    VectorsError
        If a file is missing, damaged, of another format, or about clauses that are not in this canon.
    """
    manifest = _manifest(folder)
    try:
        vectors = [v for name, entry in manifest["files"].items() for v in _file(folder / name, entry)]
        made = list(_checks(vectors, part))
        int(manifest["asked"]["examples"]), int(manifest["asked"]["seed"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, VectorsError):
            raise
        raise VectorsError(f"{folder} has not the published form: {error!r}") from None
    if not made:
        raise VectorsError(f"{folder} has no vector of a clause with {part!r} in its id")
    return Vectors(manifest, made)


def _manifest(folder: Path) -> Json:
    path = folder / MANIFEST
    made = _json(_content(path, "tensorcanon vectors --out writes one"), path)
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise VectorsError(f"{path} is no manifest of vectors")
    if made.get("version") != VERSION:
        raise VectorsError(f"{path} is of version {made.get('version')}; this tensorcanon reads {VERSION}")
    return made


def _file(path: Path, entry: Json) -> list[Json]:
    raw = _content(path, "the manifest names it: write the vectors again")
    if hashlib.sha256(raw).hexdigest() != entry["sha256"]:
        raise VectorsError(f"{path} is cut short or changed: it has not the digest that the manifest says")
    made = _json(raw, path)
    if made.get("format") != FORMAT or made.get("version") != VERSION:
        raise VectorsError(f"{path} is no file of vectors of version {VERSION}")
    found: list[Json] = made["vectors"]
    return found


def _content(path: Path, hint: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise VectorsError(f"{path}: no such file; {hint}") from None
    except OSError as error:
        raise VectorsError(f"{path}: cannot be read: {error.strerror or error}") from None


def _json(raw: bytes, path: Path) -> Json:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise VectorsError(f"{path} is not JSON: {error}") from None


def _checks(vectors: list[Json], part: str) -> Iterator[Check]:
    """Yield a check for each test that the vectors come from."""
    by_test: dict[str, list[Json]] = {}
    for vector in vectors:
        by_test.setdefault(vector["check"], []).append(vector)
    for name, own in by_test.items():
        judged = dict.fromkeys(line["clause"] for v in own for line in v["steps"] if "clause" in line)
        unknown = sorted(judged.keys() - canon.clauses().keys())
        if unknown:
            raise VectorsError(f"{unknown[0]} is no clause of this canon: the vectors are of another edition")
        if any(part in clause for clause in judged):
            clauses = tuple(canon.clauses()[clause] for clause in judged)
            yield Check(f"vectors of {name}", clauses, _play, _cases(own), None)


def _play(run: Run, vector: Any) -> None:
    play(run, vector)


def _cases(vectors: list[Json]) -> Any:
    return lambda: vectors
