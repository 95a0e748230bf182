"""How a tensor is written as text.

Source: ``torch.set_printoptions`` names the options; what they do, and the form of the text, is observed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from . import casts, dtypes
from .dtypes import DType

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Options:
    """What `set_printoptions` sets.

    Attributes
    ----------
    precision : int
        Decimals.
    threshold : float
        A tensor with more elements is summarised.
    edgeitems : int
        How many items are left at each end of a dimension then.
    linewidth : int
    sci_mode : bool or None
        Whether to use scientific notation; None leaves it to the numbers.
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


DEFAULT = Options()
PROFILES = {
    "default": DEFAULT,
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}


class Style(Enum):
    """How a number is written: as Python does, as a whole number with a point, with decimals, as a power."""

    PLAIN = "plain"
    WHOLE = "whole"
    FIXED = "fixed"
    SCIENTIFIC = "scientific"


@dataclass(frozen=True)
class Column:
    """The style and width common to the numbers of a tensor."""

    style: Style
    width: int
    precision: int

    def text(self, number: Any) -> str:
        """Return a number as text, filled up with blanks from the left."""
        return written(number, self.style, self.precision).rjust(self.width)


def written(number: Any, style: Style, precision: int) -> str:
    """Return a number as text in a style."""
    match style:
        case Style.PLAIN:
            return str(number)
        case Style.WHOLE:
            return f"{number:.0f}" + "." * math.isfinite(number)
        case Style.FIXED:
            return f"{number:.{precision}f}"
        case Style.SCIENTIFIC:
            return f"{number:.{precision}e}"


def column_of(values: Array, options: Options) -> Column:
    """Return how real numbers are written; zeros, infinities and NaN count neither for style nor width."""
    if values.dtype.kind in "biu":
        longest = max((len(str(value)) for value in values.reshape(-1).tolist()), default=1)
        return Column(Style.PLAIN, longest, options.precision)
    wide = values.astype(np.float64).reshape(-1)
    counted = wide[np.isfinite(wide) & (wide != 0)]
    if not counted.size:
        return Column(Style.WHOLE, 1, options.precision)
    without_power = Style.WHOLE if (counted == np.ceil(counted)).all() else Style.FIXED
    with_power = _spreads(counted, without_power) if options.sci_mode is None else options.sci_mode
    style = Style.SCIENTIFIC if with_power else without_power
    width = max(len(written(x, style, options.precision)) for x in counted.tolist())
    return Column(style, width, options.precision)


def _spreads(counted: Array, style: Style) -> bool:
    smallest, largest = np.abs(counted).min(), np.abs(counted).max()
    tiny = style is Style.FIXED and smallest < 1e-4
    with np.errstate(over="ignore"):
        return bool(largest / smallest > 1000 or largest > 1e8 or tiny)


def tensor_text(
    array: Array,
    options: Options = DEFAULT,
    *,
    default: DType = dtypes.float32,
    gradient: str = "",
    device: str = "cpu",
) -> str:
    """Return what `repr` of a tensor shows.

    Parameters
    ----------
    array : ndarray
        The elements, of any shape.
    options : Options
    default : DType
        The default floating type in force.
    gradient : str
        ``requires_grad=True``, ``grad_fn=<...>``, or empty.
    device : str
        The device with its index.
    """
    facts = [f"device='{device}'"] if device != "cpu" else []
    dtype = dtypes.of_array(array)
    if array.size == 0 and array.ndim != 1:
        facts.append(f"size={array.shape}")
    if not _goes_without_saying(dtype, default, empty=array.size == 0):
        facts.append(f"dtype={dtype}")
    facts += [gradient] if gradient else []
    return _with_facts("tensor(" + elements_text(array, options, indent=7), facts, options.linewidth)


def _goes_without_saying(dtype: DType, default: DType, *, empty: bool) -> bool:
    if dtype is default:
        return True
    # No element shows that an empty tensor is one of integers, bools or complex numbers.
    usual = (dtypes.int64, dtypes.bool_, dtypes.complex_of(default))
    return not empty and dtype in usual


def _with_facts(text: str, facts: Sequence[str], linewidth: int) -> str:
    # The comma, a blank, the closing bracket, and one place more unless a line was begun for the last fact.
    kept_free = 4
    for fact in facts:
        last_line = len(text) - text.rfind("\n") - 1
        breaks = last_line + len(fact) + kept_free > linewidth
        text += (",\n" + " " * 7 if breaks else ", ") + fact
        kept_free = 2 if breaks else kept_free
    return text + ")"


def elements_text(array: Array, options: Options = DEFAULT, indent: int = 0) -> str:
    """Return the elements between brackets, whose first line begins `indent` places from the left."""
    if array.size == 0:
        return "[]"
    parts = casts.parts(array) if dtypes.of_array(array).is_complex else (array,)
    shortens = array.size > options.threshold
    kept = [_summary(part, options.edgeitems) if shortens else part for part in parts]
    columns = [column_of(part, options) for part in kept]
    shown = np.vectorize(lambda *numbers: _element(numbers, columns), otypes=[object])(*map(_python, kept))
    width = sum(column.width for column in columns) + (len(columns) > 1)
    edge = options.edgeitems if shortens else 0

    def room(start: int) -> int:
        return max(1, (options.linewidth - start) // (width + 2))

    return _nested(shown, array.shape, edge, room, indent)


def _python(part: Array) -> Array:
    """Return elements as Python numbers, so that they are written as those are."""
    made = np.empty(part.shape, object)
    wide = part if part.dtype.kind in "biu" else part.astype(np.float64)
    made.reshape(-1)[:] = wide.reshape(-1).tolist()
    return made


def _element(parts: Sequence[Any], columns: Sequence[Column]) -> str:
    if len(parts) == 1:
        return columns[0].text(parts[0])
    imaginary = columns[1].text(parts[1]).lstrip() + "j"
    return columns[0].text(parts[0]) + ("" if imaginary.startswith("-") else "+") + imaginary


def _summary(array: Array, edge: int) -> Array:
    """Return the items at both ends of each dimension that is long enough to lose some."""
    for dim, size in enumerate(array.shape):
        if size > 2 * edge:
            array = np.take(array, [*range(edge), *range(size - edge, size)], dim)
    return array


def _nested(shown: Array, shape: tuple[int, ...], edge: int, room: Callable[[int], int], indent: int) -> str:
    """Return nested brackets; with an `edge`, dots stand in for what a summary left out.

    `room` tells how many elements fit on a line that begins at a place.
    """
    if not shape:
        return str(shown.item())
    if len(shape) == 1:
        items = list(shown)
    else:
        items = [_nested(item, shape[1:], edge, room, indent + 1) for item in shown]
    if edge and shape[0] > 2 * edge:
        items.insert(edge, " ..." if len(shape) == 1 else "...")
    per_line = room(indent) if len(shape) == 1 else 1
    lines = [", ".join(items[at : at + per_line]) for at in range(0, len(items), per_line)]
    # One line break for each dimension below: a blank line between matrices, two between blocks of them.
    return "[" + ("," + "\n" * max(1, len(shape) - 1) + " " * (indent + 1)).join(lines) + "]"
