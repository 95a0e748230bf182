"""Named accuracy modes: what somebody may switch on for speed, and how much further results may then lie."""

from __future__ import annotations

from dataclasses import replace

from .accuracy import Dot
from .outcome import Each, OneOf, Outcome, Within
from .rules import dtypes

# ieee: products of float32 take all of their factors' bits. tf32: ten bits of mantissa, as notes/cuda says.
MODES = ("ieee", "tf32")
_PRODUCTS = frozenset(
    [
        "matmul",
        "mm",
        "bmm",
        "mv",
        "dot",
        "vdot",
        "inner",
        "addmm",
        "addmv",
        "addbmm",
        "baddbmm",
        "chain_matmul",
        "einsum",
        "tensordot",
        "linear",
        "bilinear",
        "multi_dot",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
    ]
)
_SINGLE = (dtypes.float32, dtypes.complex64)
# Thirteen bits of each factor are lost.
_TF32 = 2.0**13


def loosened(outcome: Outcome, mode: str, op: str) -> Outcome:
    """Return what a mode allows of an op, by its short name, where without it an outcome is due."""
    if mode != "tf32" or op not in _PRODUCTS:
        return outcome
    made: Outcome
    match outcome:
        case Within(bound=Dot() as bound, dtype=dtype) if dtype in _SINGLE:
            made = replace(outcome, bound=replace(bound, limit=bound.limit * _TF32))
        case Each():
            made = replace(outcome, items=tuple(loosened(item, mode, op) for item in outcome.items))
        case OneOf():
            made = OneOf(*(loosened(option, mode, op) for option in outcome.options))
        case _:
            return outcome
    return made.stated_by(outcome.origin)
