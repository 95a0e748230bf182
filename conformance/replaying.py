"""A witness, taken again on any backend."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .attempt import attempt
from .backend import Backend
from .check import Check
from .examples import Example, case_of
from .inventory import checks
from .refusal import Refused
from .tally import Tally


class WitnessError(ValueError):
    """A witness cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Witness:
    """Which example of which check, and what was seen of which clause."""

    clause: str
    check: Check
    example: Example
    program: Any
    backend: str


def read(path: Path) -> Witness:
    """Return the witness of a file that a run left in its folder ``witnesses``.

    Raises
    ------
    WitnessError
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        witness = found["witness"]
        number = witness.get("case")
        example: Example = bytes.fromhex(witness["tape"]) if number is None else int(number)
        clause, test, backend = str(found["clause"]), str(found["test"]), str(found["backend"])
    except OSError as error:
        raise WitnessError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WitnessError(f"{path} is no witness; pass a .json of the folder witnesses of a run") from None
    if test not in checks():
        raise WitnessError(f"{path}: there is no check {test!r} any more")
    return Witness(clause, checks()[test], example, witness["program"], backend)


def replay(witness: Witness, backend: Backend) -> Refused | None:
    """Take the example again; return what refutes a clause, None where all is as it should be.

    Raises
    ------
    WitnessError
        If the check has no such example any more.
    """
    try:
        case = case_of(witness.check, witness.example)
    except LookupError as error:
        raise WitnessError(f"the check has changed since: {error}; run it again") from error
    return attempt(witness.check, backend, case, Tally())
