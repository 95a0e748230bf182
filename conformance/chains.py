"""View operations one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.windows import Window

from .aliasing import window_of
from .backend import Handle
from .calls import Call
from .inputs import Operand, draw_operand
from .run import Run
from .tape import Tape
from .view_ops import VIEW_OPS

# Operations that give one view, another tensor than the one viewed, in the same type and without repeats.
CHAINED = [
    op
    for op in VIEW_OPS
    if op.name
    in ("narrow", "select", "getitem", "diagonal", "transpose", "permute", "movedim", "squeeze", "unsqueeze")
    or op.name in ("view", "unfold", "T")
]


@dataclass(frozen=True, eq=False)
class Chain:
    """View operations, each on the result of the one before, and the window of the last."""

    operand: Operand
    calls: tuple[Call, ...]
    last: Window

    def take(self, run: Run, tensor: Handle) -> Handle:
        """Take the operations, one after the other; returns the last view."""
        for call in self.calls:
            tensor = call.take(run, tensor, self.operand.dtype)
        return tensor


def draw_chain(tape: Tape, types: Sequence[DType] = dtypes.COMMON) -> Chain:
    """Draw up to three view operations that are no errors, on a tensor in any layout that can be written."""
    operand = draw_operand(tape, tape.choose(types), kind="exact")
    window = window_of(operand)
    calls: list[Call] = []
    for _ in range(6):
        op = tape.choose(CHAINED)
        call = op.draw_call(tape, window.shape)
        try:
            (window,) = op.windows(window, call.args)
        except (IndexError, RuntimeError, ValueError):
            continue
        calls.append(call)
        if len(calls) == 3:
            break
    return Chain(operand, tuple(calls), window)
