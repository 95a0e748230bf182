"""A recorded program prints as torch code that runs, and saves as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tensorcanon.conformance.backend import Symbol
from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.inputs import LAYOUTS, Operand
from tensorcanon.conformance.program import encode, source_of
from tensorcanon.conformance.refusal import Refused
from tensorcanon.conformance.reproduction import script
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tally import Tally
from tensorcanon.spec import promotion
from tensorcanon.spec.outcome import Exactly
from tensorcanon.spec.rules import dtypes


def new_run() -> Run:
    return Run(reference(), (promotion.can_cast_looks_at_the_category_only,), Tally())


def executed(program: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(f"import operator\nimport numpy as np\nimport torch\n{program}", names)
    return names


def test_the_text_runs_and_gives_the_same_values() -> None:
    torch = pytest.importorskip("torch")
    run = new_run()
    x = run.tensor(Operand(np.array([[1.5, -0.0], [np.inf, 3.0]], np.float32), "transposed"))
    with run.within("torch.no_grad"):
        y = run.call("operator.mul", x, 2.0)
    z = run.call("operator.getitem", y, (slice(None), 0))
    run.call("operator.setitem", z, 0, 7.0)
    run.call("Tensor.shape", z)
    values, _ = run.call("torch.max", y, dim=1)
    names = executed(str(run.program))
    assert names[z.name].tolist() == [7.0, np.inf]
    assert names[values.name.partition("[")[0]].values.tolist() == values.native.tolist()
    assert torch.signbit(names[x.name])[0, 1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_prints_as_code(layout: str) -> None:
    pytest.importorskip("torch")
    array = np.ones((2, 3, 2, 2), np.float32)
    run = new_run()
    x = run.tensor(Operand(array, layout))
    native = executed(str(run.program))[x.name]
    assert native.stride() == Operand(array, layout).strides
    assert native.storage_offset() == Operand(array, layout).offset


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "float('nan')"),
        ((1,), "(1,)"),
        (slice(None, 2), "slice(None, 2, None)"),
        (Symbol("channels_last"), "torch.channels_last"),
        (dtypes.float32, "torch.float32"),
        ({"a": [True]}, "{'a': [True]}"),
    ],
)
def test_arguments_as_source(value: Any, text: str) -> None:
    assert source_of(value) == text


def test_json_is_exact() -> None:
    array = np.array([0.1, np.inf, -0.0])
    encoded = json.loads(json.dumps(encode(array)))
    assert [float.fromhex(text) for text in encoded["array"]] == array.tolist()


def test_a_script_names_the_clause_and_runs_alone(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    run = new_run()
    x = run.tensor(np.array([1.0], np.float32))
    allowed = promotion.can_cast_looks_at_the_category_only(dtypes.float32, dtypes.int64)
    with pytest.raises(Refused) as caught:
        run.expect(allowed, "torch.neg", x)
    text = script(caught.value, reference().identity)
    assert text.startswith("# promotion.can_cast_looks_at_the_category_only\n")
    assert "tensorcanon.conformance" not in text
    with pytest.raises(SystemExit, match="not as allowed"):
        exec(text, {})
    assert capsys.readouterr().out == "tensor([-1.])\n"


def test_definitions_print_as_they_are_written() -> None:
    run = new_run()
    double = run.define("def double(x):\n    return torch.add(x, x)")
    made = run.call("call", double, run.tensor(np.array([1, 2])))
    assert Exactly(np.array([2, 4])).allows(run.see(made))
    pytest.importorskip("torch")
    assert executed(str(run.program))[made.name].tolist() == [2, 4]
