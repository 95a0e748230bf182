"""The op table: its rows are torch's operations, and its functions those of mathematics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tensorcanon.spec.ops import OPS, row, special
from tensorcanon.spec.ops.op import Op, value_outcome
from tensorcanon.spec.outcome import Exactly, Within
from tensorcanon.spec.rules import dtypes

EULER = 0.57721566490153286061


def test_labels_are_unique() -> None:
    labels = [op.label for op in OPS]
    assert len(labels) == len(set(labels))


def test_a_row_is_found_by_its_label() -> None:
    assert row("div.floor").arguments == {"rounding_mode": "floor"}
    with pytest.raises(KeyError):
        row("no such row")


@pytest.mark.parametrize("op", OPS, ids=str)
def test_a_row_names_what_torch_has(op: Op) -> None:
    torch: Any = pytest.importorskip("torch")
    for name in (op.name, *op.aliases):
        found = torch
        for part in name.split("."):
            found = getattr(found, part)
        assert callable(found)
    if "method" in op.forms:
        assert hasattr(torch.Tensor, op.name)
    if "inplace" in op.forms:
        assert hasattr(torch.Tensor, f"{op.name}_")


@pytest.mark.parametrize("op", OPS, ids=str)
def test_a_row_gives_an_outcome_for_each_type(op: Op) -> None:
    for dtype in op.dtypes:
        allowed = value_outcome(op, *[np.ones(3, dtype.storage)] * op.operands)
        assert isinstance(allowed, Exactly if op.is_exact or op.gives == "bool" else Within)


def test_sixteen_bit_sums_round_once() -> None:
    a, b = (np.array([value], dtypes.bfloat16.storage) for value in (1.0, 2.0**-9))
    allowed = value_outcome(row("add"), a, b)
    assert isinstance(allowed, Exactly)
    assert float(allowed.value[0]) == 1.0


def test_floor_division_tells_an_integer_from_what_lies_below() -> None:
    allowed = value_outcome(row("floor_divide"), np.array([1.0]), np.array([0.1]))
    assert isinstance(allowed, Exactly)
    assert allowed.value[0] == 9


@pytest.mark.parametrize(
    ("function", "x", "due"),
    [
        (special.digamma, 1.0, -EULER),
        (special.digamma, 0.5, -EULER - 2 * math.log(2)),
        (special.digamma, -0.5, 2 - EULER - 2 * math.log(2)),
        (special.digamma, 10.0, sum(1 / k for k in range(1, 10)) - EULER),
        (special.lgamma, 0.5, math.log(math.pi) / 2),
        (special.lgamma, -1.0, math.inf),
        (special.erfinv, math.erf(0.3), 0.3),
        (special.erfinv, math.erf(-2.0), -2.0),
        (special.erfinv, 1.0, math.inf),
        (special.i0, 0.0, 1.0),
        (special.i0, 1.0, 1.26606587775200833560),
        (special.sigmoid, -800.0, 0.0),
        (special.softplus, 800.0, 800.0),
        (special.normal_cdf, 0.0, 0.5),
    ],
)
def test_special_functions(function: Any, x: float, due: float) -> None:
    assert float(function(np.float64(x))) == pytest.approx(due, rel=1e-13)
