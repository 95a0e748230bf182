"""Functions that a program defines run when a backend calls them, print as code and save as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tally import Tally
from tensorcanon.spec import promotion

TEXT = """\
def double(x, *rest):
    y1 = rest[0]
    with torch.no_grad():
        y3 = y1 * 2.0
    return (x, y3)"""


def body(writer: Any, x: Any, rest: Any) -> Any:
    first = writer.call("operator.getitem", rest, 0)
    with writer.within("torch.no_grad"):
        doubled = writer.call("operator.mul", first, 2.0)
    return x, doubled


def test_a_routine_is_called_and_printed() -> None:
    run = Run(reference(), (promotion.can_cast_looks_at_the_category_only,), Tally())
    double = run.function("double", "x *rest", body)
    assert str(run.program) == TEXT
    native = run.backend.make(np.array([1.0]), promotion.dtypes.float64)
    (mapped,) = run.backend.call(
        "builtins.list", (run.backend.call("builtins.map", (double, [1], [native]), {}),), {}
    )
    assert mapped[0] == 1
    assert mapped[1].item() == 2.0
    saved = json.loads(json.dumps(run.program.to_json()))[0]["args"][0]
    assert saved["function"] == "double"
    assert [step["depth"] for step in saved["steps"]] == [0, 0, 1]
