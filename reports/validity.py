"""Whether a record or a document has the published form."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from .errors import DocumentError
from .migration import OLDEST
from .quick import Check, quick
from .records import SCHEMA

RECORDS = ("header", "verdict", "footer")


@cache
def schema(version: int = SCHEMA) -> dict[str, Any]:
    """Return the published schema of a version."""
    text = files("tensorcanon.reports").joinpath(f"schema/result-{version}.json").read_text("utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@cache
def _validator(kind: str, version: int) -> Draft202012Validator:
    whole = schema(version)
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]})


@cache
def _quick(kind: str, version: int) -> Check:
    definitions = schema(version)["$defs"]
    return quick(definitions[kind], definitions)


def check_record(record: Any, where: str, version: int = SCHEMA) -> None:
    """Check one record against the published form of a version.

    Parameters
    ----------
    record : object
        As parsed from JSON.
    where : str
        How the message names the place.
    version : int
        The schema version of the document that the record belongs to.

    Raises
    ------
    DocumentError
    """
    if not isinstance(record, dict) or record.get("kind") not in RECORDS:
        raise DocumentError(f"{where}: not a tensorcanon record; is this the log of a tensorcanon run?")
    if _quick(record["kind"], version)(record):
        return
    error = best_match(_validator(record["kind"], version).iter_errors(record))
    if error is not None:
        raise DocumentError(f"{where}: {_describe(error)}; write it again with this version of tensorcanon")


def check_version(version: Any, where: str) -> int:
    """Return a document's schema version, which is one that can be read.

    Raises
    ------
    DocumentError
    """
    if type(version) is not int:
        raise DocumentError(f"{where}: no schema version; is this a result of a tensorcanon run?")
    if OLDEST <= version <= SCHEMA:
        return version
    advice = "update tensorcanon to read it" if version > SCHEMA else "run again with this version"
    raise DocumentError(f"{where}: schema {version}, this version reads {OLDEST} to {SCHEMA}; {advice}")


def finite(value: Any) -> Any:
    """Return a JSON value with floats that JSON cannot hold as the strings ``inf``, ``-inf`` and ``nan``."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def _describe(error: ValidationError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".") or "the record"
    return f"{_short(place)}: {_short(error.message)}"


def _short(text: str) -> str:
    """Return a text on one line, ASCII only, its middle cut where it is long."""
    line = ascii(text)[1:-1]
    return line if len(line) <= 160 else f"{line[:90]}...{line[-60:]}"
