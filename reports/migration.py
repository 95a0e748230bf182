"""Records of older schema versions, brought to the version that everything else reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .records import SCHEMA

Record = dict[str, Any]

OLDEST = 1


def upgraded(record: Record, version: int) -> Record:
    """Return a record of the published form of `version` in the form of today.

    What an older version did not record is empty: nothing is made up.
    """
    for step in range(version, SCHEMA):
        record = _STEPS[step](record)
    return record


def _from_1(record: Record) -> Record:
    """Version 2 names each clause's mutants, and counts inputs by type and layout at once."""
    if record["kind"] == "header":
        clauses = {name: {**text, "mutants": []} for name, text in record["clauses"].items()}
        return {**record, "schema": 2, "clauses": clauses}
    if record["kind"] == "verdict":
        return {**record, "coverage": _joint(record["coverage"])}
    return record


def _joint(facets: dict[str, dict[str, int]]) -> Record:
    layouts, specials = facets.get("layout", {}), facets.get("special", {})
    row = [*layouts.values(), *specials.values()]
    return {
        "dtypes": facets.get("dtype", {}),
        "layouts": list(layouts),
        "specials": list(specials),
        "grid": {"any": row} if row else {},
    }


# The step that leads from each version to the next.
_STEPS: dict[int, Callable[[Record], Record]] = {1: _from_1}
