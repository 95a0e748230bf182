"""What is known to fail, and why: torch's departures from its documentation, a vendor's known failures."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from .backend import Identity

Kind = Literal["departure", "known"]
_FIELDS = {"clause", "reason", "url", "device"}
# The backends that do as torch does: torch's departures are expected of both.
_TORCH_LIKE = ("torch", "reference")


class ExpectationError(ValueError):
    """An expectation file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Expectation:
    """A failure that is known.

    Attributes
    ----------
    clause : str
        The id of a clause, or a pattern with ``*``.
    reason, url : str
        Why it fails, and where that is reported or documented.
    kind : {"departure", "known"}
        torch against its own documentation, or a fault of the backend.
    device : str
        The kind of device it is limited to; empty means any.
    """

    clause: str
    reason: str
    url: str
    kind: Kind
    device: str = ""

    def concerns(self, clause: str, identity: Identity) -> bool:
        """Return whether a failure of this clause on this backend is the one expected."""
        return fnmatchcase(clause, self.clause) and self.device in ("", identity.device)


def departures(identity: Identity) -> list[Expectation]:
    """Return where torch departs from its documentation, for a backend that does as torch does."""
    if identity.name not in _TORCH_LIKE:
        return []
    folder = files("tensorcanon.conformance") / "departures"
    found: list[Expectation] = []
    for entry in sorted(folder.iterdir(), key=lambda path: path.name):
        if entry.name.endswith(".toml"):
            found += _parsed(entry.read_text("utf-8"), entry.name, "departure")
    return found


def read(path: Path) -> list[Expectation]:
    """Return the known failures of a vendor's file: tables ``[[known]]`` with clause, reason and url.

    Raises
    ------
    ExpectationError
    """
    try:
        return _parsed(path.read_text("utf-8"), str(path), "known")
    except OSError as error:
        raise ExpectationError(f"cannot read {path}: {error.strerror}") from error


def _parsed(text: str, name: str, kind: Kind) -> list[Expectation]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExpectationError(f"{name} is not TOML: {error}") from error
    entries = table.get(kind, [])
    if set(table) - {kind} or not isinstance(entries, list):
        raise ExpectationError(f"{name} may hold tables [[{kind}]] only")
    return [
        _entry(entry, f"{name}, [[{kind}]] number {place}", kind) for place, entry in enumerate(entries, 1)
    ]


def _entry(entry: Any, where: str, kind: Kind) -> Expectation:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise ExpectationError(f"{where}: every value is a string")
    unknown, missing = set(entry) - _FIELDS, {"clause", "reason", "url"} - set(entry)
    if unknown or missing:
        what = f"unknown {', '.join(sorted(unknown))}" if unknown else f"no {', '.join(sorted(missing))}"
        raise ExpectationError(f"{where}: {what}")
    return Expectation(entry["clause"], entry["reason"], entry["url"], kind, entry.get("device", ""))
