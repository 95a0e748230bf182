"""What is known to fail, and why: torch's departures from its documentation, a vendor's known failures."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from tensorcanon.spec.rules import dtypes

from .backend import Identity
from .examples import Example, parsed
from .program import Program

Kind = Literal["departure", "known"]
Expected = Literal["fail", "crash", "timeout", "out-of-memory", "flaky", "vacuous"]
_FIELDS = {"clause", "reason", "url", "when", "expect", "expires", "witness"}
_NEEDED = {"clause", "reason"}
_WHEN = {"backend", "device", "dtype"}
_WITNESS = {"test", "example"}
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
        The id of a clause, or a pattern with ``*``; every clause that it matches is to fail.
    reason, url : str
        Why it fails, and where that is reported or documented.
    kind : {"departure", "known"}
        torch against its own documentation, or a fault of the backend.
    when : dict
        The name of the backend (``backend``), the kind of device (``device``) and the type (``dtype``) that
        it is limited to. Where a type is named, only programs that use it are known to fail; the others are
        judged as ever.
    expect : str
        The verdict.
    expires : date or None
        From this day on the failure is no longer expected.
    test, example : str, bytes or int
        The witness: a check and the example of it that fails, tried before all others.
    """

    clause: str
    reason: str
    url: str
    kind: Kind
    when: dict[str, str] = field(default_factory=dict)
    expect: Expected = "fail"
    expires: date | None = None
    test: str = ""
    example: Example = b""

    def concerns(self, clause: str, identity: Identity) -> bool:
        """Return whether a failure of this clause on this backend may be the one expected."""
        seen = {"backend": identity.name, "device": identity.device}
        here = all(self.when.get(key, value) == value for key, value in seen.items())
        return here and not self.expired and fnmatchcase(clause, self.clause)

    def explains(self, verdict: str, program: Program | None) -> bool:
        """Return whether a failure of a clause that it concerns is the one expected."""
        if verdict != self.expect:
            return False
        dtype = self.when.get("dtype")
        return dtype is None or (program is not None and dtype in program.dtypes())

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires <= date.today()

    def state(self, clauses: Iterable[str], tests: Iterable[str]) -> Literal["live", "expired", "unmatched"]:
        """Return whether it stands, among the clauses and the tests that there are."""
        lost = bool(self.test) and self.test not in tests
        if lost or not any(fnmatchcase(clause, self.clause) for clause in clauses):
            return "unmatched"
        return "expired" if self.expired else "live"


def departures(identity: Identity) -> list[Expectation]:
    """Return where torch departs from its documentation, for a backend that does as torch does."""
    return every_departure() if identity.name in _TORCH_LIKE else []


def every_departure() -> list[Expectation]:
    """Return all departures of torch from its documentation."""
    folder = files("tensorcanon.conformance") / "departures"
    found: list[Expectation] = []
    for entry in sorted(folder.iterdir(), key=lambda path: path.name):
        if entry.name.endswith(".toml"):
            found += _parsed(entry.read_text("utf-8"), entry.name, "departure")
    return found


def read(path: Path) -> list[Expectation]:
    """Return the known failures of a vendor's file.

    It holds tables ``[[known]]`` with clause and reason, and where wanted url,
    ``when = {backend, device, dtype}``, expect, expires (a date) and ``witness = {test, example}``.

    Raises
    ------
    ExpectationError
    """
    try:
        return _parsed(path.read_text("utf-8"), str(path), "known")
    except (OSError, UnicodeDecodeError) as error:
        raise ExpectationError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from error


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
    if not isinstance(entry, dict):
        raise ExpectationError(f"{where}: not a table")
    _check_fields(entry, _FIELDS, _NEEDED, where)
    when = _table(entry, "when", _WHEN, set(), where)
    witness = _table(entry, "witness", _WITNESS, _WITNESS, where)
    expect = _text(entry.get("expect", "fail"), "expect", where)
    if expect not in get_args(Expected):
        raise ExpectationError(f"{where}: expect is one of {', '.join(get_args(Expected))}, not {expect!r}")
    if "dtype" in when and when["dtype"] not in {dtype.name for dtype in dtypes.ALL}:
        raise ExpectationError(f"{where}: no data type {when['dtype']!r}")
    return Expectation(
        _text(entry["clause"], "clause", where),
        _text(entry["reason"], "reason", where),
        _text(entry.get("url", ""), "url", where),
        kind,
        when,
        expect,  # type: ignore[arg-type]
        _day(entry.get("expires"), where),
        witness.get("test", ""),
        _example(witness.get("example", ""), where),
    )


def _table(entry: Any, key: str, allowed: set[str], needed: set[str], where: str) -> dict[str, str]:
    found = entry.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ExpectationError(
            f"{where}: {key} is a table, such as {{ {' = …, '.join(sorted(allowed))} = … }}"
        )
    _check_fields(found, allowed, needed, f"{where}, {key}")
    return {name: _text(value, name, where) for name, value in found.items()}


def _check_fields(entry: dict[str, Any], allowed: set[str], needed: set[str], where: str) -> None:
    unknown, missing = set(entry) - allowed, needed - set(entry)
    if unknown or missing:
        what = f"unknown {', '.join(sorted(unknown))}" if unknown else f"no {', '.join(sorted(missing))}"
        raise ExpectationError(f"{where}: {what}")


def _text(value: Any, name: str, where: str) -> str:
    if not isinstance(value, str) or (not value and name in _NEEDED):
        raise ExpectationError(f"{where}: {name} is a text")
    return value


def _day(value: Any, where: str) -> date | None:
    if value is None or type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ExpectationError(f"{where}: expires is a day, such as 2027-01-31") from None


def _example(text: str, where: str) -> Example:
    try:
        return parsed(text)
    except ValueError:
        raise ExpectationError(
            f"{where}: no example {text!r}: bytes in hexadecimal, or # and a number"
        ) from None
