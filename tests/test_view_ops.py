"""The table of view operations: its windows and its elements are two accounts of the same thing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorcanon.conformance.aliasing import draw_base, storage_of, window_of
from tensorcanon.conformance.copy_ops import COPY_OPS, CopyOp
from tensorcanon.conformance.inputs import draw_shape
from tensorcanon.conformance.tape import LENGTH, Tape
from tensorcanon.conformance.view_ops import VIEW_OPS, ViewOp
from tensorcanon.spec.comparison import same_bits
from tensorcanon.spec.outcome import Each, Exactly, Outcome, Raises, Unspecified

DRAWS = 60


def tapes() -> list[Tape]:
    generator = np.random.Generator(np.random.PCG64(7))
    return [Tape(generator.bytes(LENGTH)) for _ in range(DRAWS)]


def items_of(outcome: Outcome) -> tuple[Any, ...]:
    return outcome.items if isinstance(outcome, Each) else (outcome,)


@pytest.mark.parametrize("op", VIEW_OPS, ids=str)
def test_elements_lie_in_the_windows(op: ViewOp) -> None:
    shown = 0
    for tape in tapes():
        shape = op.fitted(tape, draw_shape(tape))
        call = op.draw_call(tape, shape)
        operand = draw_base(tape, tape.choose(op.dtypes), shape)
        outcome = op.outcome(operand.array, window_of(operand), call.args)
        if isinstance(outcome, Raises):
            with pytest.raises((IndexError, RuntimeError)):
                op.windows(window_of(operand), call.args)
        elif not isinstance(outcome, Unspecified):
            shown += 1
            windows = op.windows(window_of(operand), call.args)
            for item, window in zip(items_of(outcome), windows, strict=True):
                assert isinstance(item, Exactly)
                elements = window.of(storage_of(operand))
                assert elements.shape == item.value.shape
                assert elements.dtype == item.value.dtype
                assert same_bits(item.value, elements).all()
    assert shown > DRAWS // 5


@pytest.mark.parametrize("op", COPY_OPS, ids=str)
def test_most_calls_give_a_result(op: CopyOp) -> None:
    results = 0
    for tape in tapes():
        shape = op.fitted(tape, draw_shape(tape))
        args = op.draw(tape, shape)
        first = draw_base(tape, tape.choose(op.dtypes), shape)
        outcome = op.outcome(op.others(tape, first) if op.others else [first], args)
        results += not isinstance(outcome, Raises | Unspecified)
    assert results > DRAWS // 3
