"""Operands: an array together with the layout in which a backend is to hold it, drawn from a tape."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import ml_dtypes
import numpy as np

from tensorcanon.spec.rules import dtypes, strides
from tensorcanon.spec.rules.dtypes import DType

from . import values
from .backend import Array
from .tape import Tape

Shape = tuple[int, ...]
Recipe = list[tuple[str, tuple[Any, ...]]]

LAYOUTS = ("contiguous", "transposed", "stepped", "offset", "channels_last", "expanded")

SHAPES: tuple[Shape, ...] = (
    *((3,), (2, 3), (), (1,), (2,), (5,), (4, 3), (1, 3), (3, 1), (2, 3, 4), (0,), (0, 3), (2, 0)),
    *((2, 1, 3), (1, 1), (3, 3), (2, 3, 0), (7,), (2, 2, 2), (1, 2, 3, 2), (2, 3, 2, 2), (17,), (33,)),
)
# Past the sizes at which kernels change their ways: vector width, block, 2048, 4096.
LARGE: tuple[Shape, ...] = ((4099,), (2, 2051), (67, 65), (130, 3, 11), (260,))


@dataclass(frozen=True, eq=False)
class Operand:
    """A tensor to be made.

    Attributes
    ----------
    array : ndarray
        The elements as the tensor shows them.
    layout : str
        One of `LAYOUTS`; a layout that the shape does not admit counts as contiguous. ``expanded`` asks
        for an array that repeats itself along its first dimension.
    """

    array: Array
    layout: str = "contiguous"

    @property
    def dtype(self) -> DType:
        return dtypes.of_array(self.array)

    @property
    def shape(self) -> Shape:
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def strides(self) -> Shape:
        """The strides that the tensor must have, in elements."""
        row_major = strides.contiguous_strides(self.shape)
        match self.effective_layout:
            case "transposed":
                return tuple(reversed(strides.contiguous_strides(self.shape[::-1])))
            case "stepped":
                doubled = strides.contiguous_strides((*self.shape[:-1], 2 * self.shape[-1]))
                return (*doubled[:-1], 2)
            case "channels_last":
                return strides.channels_last_strides(self.shape)
            case "expanded":
                return (0, *row_major[1:])
            case _:
                return row_major

    @property
    def offset(self) -> int:
        """The storage offset that the tensor must have, in elements."""
        if self.effective_layout != "offset":
            return 0
        return strides.contiguous_strides((2, *self.shape))[0] if self.shape else 1

    @cached_property
    def effective_layout(self) -> str:
        """The layout that the shape admits."""
        match self.layout:
            case "transposed":
                admitted = self.ndim >= 2
            case "stepped":
                admitted = self.ndim >= 1
            case "channels_last":
                admitted = self.ndim in (4, 5)
            case "expanded":
                admitted = self.ndim >= 1 and self.shape[0] > 1
            case _:
                admitted = True
        return self.layout if admitted else "contiguous"

    def base(self) -> Array:
        """Return the elements of the contiguous tensor from which `recipe` makes this one."""
        array = self.array
        match self.effective_layout:
            case "transposed":
                return _row_major(array.T)
            case "channels_last":
                return _row_major(np.moveaxis(array, 1, -1))
            case "stepped":
                wide = np.full((*self.shape[:-1], 2 * self.shape[-1]), _filler(array), array.dtype)
                wide[..., ::2] = array
                return wide
            case "offset":
                return np.stack([np.full_like(array, _filler(array)), array])
            case "expanded":
                return _row_major(array[:1])
        return array

    def recipe(self) -> Recipe:
        """Return the view operations, as (name, arguments after the tensor), that give the layout."""
        match self.effective_layout:
            case "transposed":
                return [("Tensor.permute", (tuple(reversed(range(self.ndim))),))]
            case "channels_last":
                return [("Tensor.permute", ((0, self.ndim - 1, *range(1, self.ndim - 1)),))]
            case "stepped":
                return [("operator.getitem", ((Ellipsis, slice(None, None, 2)),))]
            case "offset":
                return [("operator.getitem", (1,))]
            case "expanded":
                return [("Tensor.expand", (self.shape,))]
        return []

    def count(self, layouts: Counter[tuple[str, str]], specials: Counter[tuple[str, str]]) -> None:
        """Add this operand to counts, by data type, of the layouts and special cases tried."""
        dtype = self.dtype.name
        layouts[dtype, self.effective_layout] += 1
        for special in special_names(self.array):
            specials[dtype, special] += 1


def special_names(array: Array) -> list[str]:
    """Return which special cases an array shows."""
    found = []
    if array.ndim == 0:
        found.append("zero-dim")
    if array.size == 0:
        return [*found, "empty"]
    if array.size > 1024:
        found.append("large")
    if array.dtype.kind in "fV" and not array.dtype.names:
        found += _special_floats(array)
    return found


def _special_floats(array: Array) -> list[str]:
    """Return which special numbers an array shows, told by their bits: every input passes here."""
    unsigned, sign, smallest, largest = _encodings(array.dtype)
    array = array.reshape(-1)
    bits = array.view(unsigned)
    magnitude = bits & ~sign
    large, small = array[magnitude > largest], bits[magnitude < smallest]
    shown = {
        "nan": large.size and np.isnan(large).any(),
        "inf": large.size and np.isinf(large).any(),
        "-0": small.size and (small == sign).any(),
        "subnormal": small.size and (small & ~sign).any(),
    }
    return [name for name, is_shown in shown.items() if is_shown]


@cache
def _encodings(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Any, Any, Any]:
    """Return the unsigned type of a format's bits, and its sign, smallest normal and largest number in it."""
    unsigned = np.dtype(f"u{dtype.itemsize}")
    smallest = values.smallest_normal(dtypes.of_array(np.empty(0, dtype)))
    largest = ml_dtypes.finfo(dtype).max  # type: ignore[no-untyped-call]
    return unsigned, *np.array([-0.0, smallest, largest], dtype).view(unsigned)


def _row_major(array: Array) -> Array:
    """Return a copy whose strides are row-major also where a size is 1, which NumPy does not care about."""
    copy = np.empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def _filler(array: Array) -> Any:
    """A value that would show if a kernel read the gaps of a layout."""
    return array.dtype.type(1) if array.dtype.kind == "b" else array.dtype.type(77)


def draw_shape(tape: Tape, *, ndim: Sequence[int] = (0, 1, 2, 3, 4), large: bool = True) -> Shape:
    """Draw a shape of one of these ranks; one in 32 is large."""
    if large and tape.one_in(32):
        options = [shape for shape in LARGE if len(shape) in ndim]
        if options:
            return tape.choose(options)
    return tape.choose([shape for shape in SHAPES if len(shape) in ndim])


def draw_array(tape: Tape, dtype: DType, shape: Shape, kind: values.Kind = "any") -> Array:
    """Draw elements, a byte each."""
    picks = tape.take(math.prod(shape))
    return values.table(dtype, kind)[picks].reshape(shape)


def draw_layout(tape: Tape) -> str:
    """Draw a layout; half are contiguous, none expanded (which constrains the elements)."""
    return tape.choose(("contiguous", "transposed", "contiguous", "stepped", "offset", "contiguous"))


def draw_operand(
    tape: Tape,
    dtype: DType,
    shape: Shape | None = None,
    kind: values.Kind = "any",
    layout: str | None = None,
) -> Operand:
    """Draw an operand; shape and layout are drawn where they are not given."""
    if shape is None:
        shape = draw_shape(tape)
    if layout is None:
        layout = "channels_last" if len(shape) == 4 and tape.one_in(2) else draw_layout(tape)
    return Operand(draw_array(tape, dtype, shape, kind), layout)


def draw_broadcastable(tape: Tape, count: int, *, large: bool = True) -> list[Shape]:
    """Draw shapes that broadcast together; half of the draws give equal shapes."""
    shape = draw_shape(tape, large=large)
    return [draw_reduced(tape, shape) if tape.one_in(2) else shape for _ in range(count)]


def draw_reduced(tape: Tape, shape: Shape) -> Shape:
    """Draw a shape that broadcasts to a shape: sizes become 1, leading dimensions go."""
    kept = tuple(1 if tape.one_in(3) else size for size in shape)
    return kept[tape.below(len(shape) + 1) :]
