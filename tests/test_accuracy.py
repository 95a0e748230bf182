"""The largest errors of two runs, side by side."""

from __future__ import annotations

from typing import Any, cast

from tensorcanon.reports import accuracy
from tensorcanon.reports.records import Document, Header


def run(*errors: tuple[str, str, float | str]) -> Document:
    seen = [
        {"op": op, "dtype": dtype, "unit": "ulp", "largest": largest, "limit": 4.0}
        for op, dtype, largest in errors
    ]
    verdicts: Any = [{"errors": seen[:1]}, {"errors": seen[1:]}]
    return Document(cast(Header, {}), verdicts, None)


BEFORE = run(("exp", "float32", 0.5), ("exp", "float32", 0.4), ("log", "float32", 1.0), ("sin", "half", 0.5))
AFTER = run(("exp", "float32", 3.0), ("log", "float32", 0.5), ("sin", "half", 0.5), ("tan", "half", "inf"))


def test_the_largest_of_all_clauses_counts() -> None:
    assert accuracy.by_op(BEFORE)["exp", "float32", "ulp"]["largest"] == 0.5


def test_errors_that_grew_come_first() -> None:
    pairs = accuracy.moved(BEFORE, AFTER)
    assert [(old["op"], old["largest"], new["largest"]) for old, new in pairs] == [
        ("exp", 0.5, 3.0),
        ("log", 1.0, 0.5),
    ]
    assert "| exp | float32 | 0.5 | 3 | 4 | ulp |" in accuracy.render(BEFORE, AFTER)
    assert accuracy.render(AFTER, AFTER) == "No largest error differs.\n"
