"""Where functions of the op table are smooth: tables of 256 places, from which a byte picks.

Every place keeps away from the kinks of the functions, which lie at multiples of 1/8, and from their poles.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from tensorcanon.spec.ops import OPS
from tensorcanon.spec.ops.op import Op
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .backend import Array
from .inputs import Shape
from .tape import Tape

Domain = Literal["line", "positive", "inside", "above one", "between", "second", "third"]

# Functions without a derivative, and those that jump everywhere.
_WITHOUT = frozenset(
    {"heaviside", "nextafter", "floor_divide", "div.floor", "div.trunc", "fmod", "remainder", "angle", "sgn"}
)
# Functions whose gradient some releases give in fewer digits, or not for broadcast operands.
_LESS_ACCURATE = frozenset({"hardsigmoid"})
UNBROADCAST = frozenset({"clamp"})
DIFFERENTIABLE = tuple(
    op
    for op in OPS
    if dtypes.float64 in op.dtypes
    and op.gives == "common"
    and op.label not in _WITHOUT
    and op.variant != "integer"
)
# Functions of one operand with a second derivative.
TWICE = tuple(
    op
    for op in DIFFERENTIABLE
    if op.operands == 1
    and op.label not in {*_LESS_ACCURATE, "conj_physical", "erfinv", "i0", "lgamma", "mvlgamma", "digamma"}
)
_DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "lgamma", "digamma"), "positive"),
    **dict.fromkeys(("pow", "float_power", "xlogy", "special.xlog1py", "reciprocal", "hypot"), "positive"),
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv", "tan"), "inside"),
    **dict.fromkeys(("acosh", "mvlgamma"), "above one"),
    "logit": "between",
}


def domain(op: Op, place: int) -> Domain:
    """Return where an operand of an op is drawn from; those of several operands never meet."""
    first = _DOMAINS.get(op.label, "line")
    if place == 0 or (first == "positive" and op.label not in ("pow", "float_power")):
        return first if place == 0 else "positive"
    return "second" if place == 1 else "third"


@cache
def places(kind: Domain) -> Array:
    """Return 256 places, the simplest first."""
    count = np.arange(256)
    signed = np.where(count % 2 == 0, count // 2, -(count + 1) // 2) % 24
    ladder = np.where(count % 2 == 0, signed, -signed - 1) / 8.0
    match kind:
        case "line":
            return ladder + 1 / 16
        case "second":
            return ladder + 1 / 32
        case "third":
            return ladder + 3 / 32
        case "positive":
            return (count % 32) / 8 + 9 / 16
        case "above one":
            return (count % 32) / 8 + 21 / 16
        case "inside":
            return (ladder + 1 / 16) / 4
        case "between":
            return (count % 8) / 16 + 9 / 32


def types(op: Op) -> tuple[DType, ...]:
    """Return the types in which the gradient of an op is judged."""
    return (dtypes.float32,) if op.label in _LESS_ACCURATE else (dtypes.float32, dtypes.float64)


def draw_places(tape: Tape, kind: Domain, shape: Shape, dtype: DType) -> Array:
    """Draw elements, a byte each."""
    picks = tape.take(int(np.prod(shape)))
    return np.asarray(places(kind)[picks].reshape(shape).astype(dtype.storage))


def draw_weight(tape: Tape, shape: Shape, dtype: DType) -> Array:
    """Draw the gradient of a result: small numbers, exact in every type, few of them 0."""
    picks = tape.take(int(np.prod(shape)))
    table = np.array([1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 0.0, 1.5])
    return np.asarray(table[picks % 8].reshape(shape).astype(dtype.storage))
