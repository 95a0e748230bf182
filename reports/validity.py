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
from .quick import Check, quick
from .records import SCHEMA

RECORDS = ("header", "verdict", "footer")


@cache
def schema() -> dict[str, Any]:
    """Return the published schema."""
    text = files("tensorcanon.reports").joinpath(f"schema/result-{SCHEMA}.json").read_text("utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@cache
def _validator(kind: str) -> Draft202012Validator:
    whole = schema()
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]})


@cache
def _quick(kind: str) -> Check:
    definitions = schema()["$defs"]
    return quick(definitions[kind], definitions)


def check_record(record: Any, where: str) -> None:
    """Check one record.

    Parameters
    ----------
    record : object
        As parsed from JSON.
    where : str
        How the message names the place.

    Raises
    ------
    DocumentError
    """
    if not isinstance(record, dict) or record.get("kind") not in RECORDS:
        raise DocumentError(f"{where}: not a tensorcanon record; is this the log of a tensorcanon run?")
    if record["kind"] == "header":
        check_version(record.get("schema"), where)
    if _quick(record["kind"])(record):
        return
    error = best_match(_validator(record["kind"]).iter_errors(record))
    if error is not None:
        raise DocumentError(f"{where}: {_describe(error)}; write it again with this version of tensorcanon")


def check_version(version: Any, where: str) -> None:
    """Check a document's schema version.

    Raises
    ------
    DocumentError
    """
    if version == SCHEMA and type(version) is int:
        return
    if type(version) is not int:
        raise DocumentError(f"{where}: no schema version; is this a result of a tensorcanon run?")
    advice = "update tensorcanon to read it" if version > SCHEMA else "run again with this version"
    raise DocumentError(f"{where}: schema {version}, this version reads schema {SCHEMA}; {advice}")


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
