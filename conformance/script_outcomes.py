"""An outcome as an expression of a stand-alone script: true of what the outcome allows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.spec.outcome import (
    Between,
    Each,
    Exactly,
    OneOf,
    Outcome,
    Raises,
    Structure,
    Unspecified,
    Warns,
    Within,
)
from tensorcanon.spec.ranges import Ranges, ranges
from tensorcanon.spec.rules.dtypes import DType

from .backend import Array
from .program import source_of

# The helper that an expression calls, by name.
HELPERS = {
    "is_tensor": '''
def is_tensor(x, dtype, shape, strides=None, dense=False, requires_grad=None, device=None):
    """Whether x is such a tensor; None leaves a property open, and so does a dimension of one element."""
    if not isinstance(x, torch.Tensor) or (dtype or x.dtype) != x.dtype:
        return False
    if shape is not None and tuple(x.shape) != shape:
        return False
    if requires_grad not in (None, x.requires_grad) or device not in (None, x.device.type):
        return False
    if x.numel() and strides is not None:
        if any(n > 1 and s != t for n, s, t in zip(x.shape, x.stride(), strides)):
            return False
    return not (dense and x.numel()) or 1 + sum((n - 1) * s for n, s in zip(x.shape, x.stride())) == x.numel()
''',
    "elements": '''
def elements(x):
    """The elements in row-major order; of a complex number its two parts."""
    x = x.detach().cpu().reshape(-1)
    values = (x.to(torch.float32) if "float8" in str(x.dtype) else x).tolist()
    if any(isinstance(value, complex) for value in values):
        return [part for value in values for part in (value.real, value.imag)]
    return values
''',
    "same": '''
def same(x, due, signed_zero=True):
    """Whether the elements are these, NaN for NaN; None stands for any."""
    for got, want in zip(elements(x), due):
        if want is None or (got != got and want != want):
            continue
        if got != want or (signed_zero and math.copysign(1, got) != math.copysign(1, want)):
            return False
    return True
''',
    "within": '''
def within(x, due):
    """Whether the elements lie in these ranges (low, high, sign); NaN in one of NaN, a sign of 0 is any."""
    for got, (low, high, sign) in zip(elements(x), due):
        if low != low:
            if got == got:
                return False
        elif not low <= got <= high or (sign and math.copysign(1, got) != sign):
            return False
    return True
''',
    "raised": '''
def raised(x, kinds, message=""):
    """Whether x is an error of one of these kinds."""
    names = {kind.__name__.lstrip("_") for kind in type(x).__mro__}
    return isinstance(x, Exception) and bool(names & set(kinds)) and message in str(x)
''',
    "is_plain": '''
def is_plain(x, due):
    """Whether x is this Python value, of this type."""
    x = tuple(x) if isinstance(x, tuple) else x
    return type(x) is type(due) and repr(x) == repr(due)
''',
}
_NEEDS = {"same": ("elements",), "within": ("elements",)}


class NoExpressionError(TypeError):
    """An outcome is told by equations or counts, which have no short expression."""


def expression(outcome: Outcome, x: str = "result") -> str:
    """Return a Python expression that is true where an outcome allows the value of `x`.

    Raises
    ------
    NoExpressionError
    """
    match outcome:
        case Exactly() if isinstance(outcome.value, np.ndarray):
            due = _listed(outcome.value, outcome.where)
            sign = "" if outcome.signed_zero else ", signed_zero=False"
            return f"{_structure(outcome, x)} and same({x}, {due}{sign})"
        case Exactly():
            return f"is_plain({x}, {source_of(outcome.value)})"
        case Within():
            return expression(ranges(outcome), x)
        case Ranges():
            facets = {"dense": outcome.dense or None, "strides": outcome.strides}
            tensor = _tensor(x, outcome.dtype, outcome.low.shape, **facets)
            return f"{tensor} and within({x}, {_ends(outcome)})"
        case Between():
            ends = f"[({source_of(outcome.low)}, {source_of(outcome.high)}, 0)] * {x}.numel()"
            return (
                f"{_tensor(x, outcome.dtype, outcome.shape, strides=outcome.strides)} and within({x}, {ends})"
            )
        case Structure():
            return _structure_of(outcome, x)
        case Raises():
            text = f", {outcome.message!r}" if outcome.message else ""
            return f"raised({x}, {list(outcome.kinds)}{text})"
        case OneOf():
            return "(" + " or ".join(expression(option, x) for option in outcome.options) + ")"
        case Each():
            items = [expression(item, f"{x}[{place}]") for place, item in enumerate(outcome.items)]
            kinds = {"tuple": "tuple", "list": "list"}.get(outcome.sequence or "", "(tuple, list)")
            return " and ".join([f"isinstance({x}, {kinds})", f"len({x}) == {len(items)}", *items])
        case Warns():
            warned = f"{outcome.category!r} in warned and " if outcome.category else ""
            return f"{warned}{expression(outcome.then, x)}"
        case Unspecified():
            return "True"
    raise NoExpressionError(type(outcome).__name__)


def wants_warnings(outcome: Outcome) -> bool:
    """Return whether an outcome is about warnings."""
    if isinstance(outcome, OneOf):
        return any(map(wants_warnings, outcome.options))
    return isinstance(outcome, Warns)


def helpers(text: str) -> list[str]:
    """Return the source of the helpers that an expression calls."""
    wanted = [name for name in HELPERS if f"{name}(" in text]
    wanted += [more for name in wanted for more in _NEEDS.get(name, ()) if more not in wanted]
    return [HELPERS[name].strip("\n") for name in HELPERS if name in wanted]


def _structure(outcome: Exactly, x: str) -> str:
    return _structure_of(outcome._structure, x)


def _structure_of(due: Structure, x: str) -> str:
    facets = {"strides": due.strides, "requires_grad": due.requires_grad, "device": due.device}
    return _tensor(x, due.dtype, due.shape, dense=due.dense or None, **facets)


def _tensor(x: str, dtype: DType | None, shape: tuple[int, ...] | None, **facets: Any) -> str:
    given = [x, repr(dtype), source_of(shape)]
    given += [f"{name}={source_of(value)}" for name, value in facets.items() if value is not None]
    return f"is_tensor({', '.join(given)})"


def _parts(array: Array) -> Array:
    """Return the elements in row-major order, of complex ones the parts, in a type that Python has."""
    flat = array.reshape(-1)
    if array.dtype.names:
        return np.stack([flat[name] for name in array.dtype.names], -1).reshape(-1).astype(np.float64)
    if array.dtype.kind == "c":
        return np.stack([flat.real, flat.imag], -1).reshape(-1)
    return flat.astype(np.float64) if array.dtype.kind == "V" else flat


def _listed(array: Array, where: Array | None) -> str:
    values = [source_of(item) for item in _parts(array).tolist()]
    if where is not None:
        each = len(values) // max(where.size, 1)
        open_places = np.repeat(~np.broadcast_to(where, array.shape).reshape(-1), each)
        values = ["None" if skip else value for skip, value in zip(open_places, values, strict=True)]
    return f"[{', '.join(values)}]"


def _ends(outcome: Ranges) -> str:
    made = []
    for low, high in zip(_parts(outcome.low).tolist(), _parts(outcome.high).tolist(), strict=True):
        made.append(f"({_end(low)}, {_end(high)}, {_sign(low, high)})")
    if outcome.where is not None:
        skipped = ~np.broadcast_to(outcome.where, outcome.low.shape).reshape(-1)
        for place in np.flatnonzero(np.repeat(skipped, len(made) // max(skipped.size, 1))):
            made[place] = "(-math.inf, math.inf, 0)"
    return f"[{', '.join(made)}]"


def _sign(low: float, high: float) -> int:
    """Return the sign that every number between two ends has, by a zero at an end, or 0."""
    if low == 0 and np.copysign(1, low) > 0:
        return 1
    return -1 if high == 0 and np.copysign(1, high) < 0 else 0


def _end(number: float) -> str:
    return source_of(number).replace("float('inf')", "math.inf").replace("float('-inf')", "-math.inf")
