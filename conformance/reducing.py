"""Inputs of reductions, drawn from a tape: an operand, the dimensions to reduce, the way they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.ops.reductions import Axes, Reduction, axes_of, reduced_shape
from tensorcanon.spec.rules.dtypes import Category, DType

from .backend import Array
from .inputs import LAYOUTS, Operand, Shape, draw_array, draw_shape
from .run import Run
from .tape import Tape
from .values import Kind


@dataclass(frozen=True, eq=False)
class Reducing:
    """A call of a reduction.

    Attributes
    ----------
    operand : Operand
    dims : int, tuple of int or None
        As given; None where no dimension is.
    keepdim : bool
    form : {"method", "function", "positional"}
    """

    operand: Operand
    dims: int | Axes | None
    keepdim: bool
    form: str

    @property
    def axes(self) -> Axes:
        """The dimensions that are reduced, from the front."""
        return axes_of(self.dims, self.operand.ndim)

    @property
    def shape(self) -> Shape:
        """The shape of the result."""
        return reduced_shape(self.operand.shape, self.axes, self.keepdim)

    def name(self, op: Reduction) -> str:
        """Return what to call."""
        return f"Tensor.{op.name}" if op.method and self.form == "method" else f"torch.{op.name}"

    def arguments(self, op: Reduction) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments after the tensor."""
        if self.dims is None and not self.keepdim:
            return (), {}
        if op.positional and self.form == "positional":
            return (self.dims, *([self.keepdim] if op.keepdim != "never" else [])), {}
        named: dict[str, Any] = {"dim": self.dims}
        if self.keepdim:
            named["keepdim"] = True
        return (), named


def draw_laid_out(tape: Tape, dtype: DType, shape: Shape, kind: Kind = "any") -> Operand:
    """Draw an operand in any layout, expanded ones included."""
    layout = tape.choose(("contiguous", *LAYOUTS, "transposed"))
    array = draw_array(tape, dtype, shape, kind)
    if layout == "expanded" and shape and shape[0] > 1:
        array = np.repeat(array[:1], shape[0], 0)
    if dtype.category >= Category.FLOATING and kind in ("any", "finite") and tape.one_in(4):
        array = _with_nan(tape, array, layout)
    return Operand(array, layout)


def _with_nan(tape: Tape, array: Array, layout: str) -> Array:
    """Put a NaN somewhere, along the whole first dimension where the layout repeats it."""
    if array.size:
        place = tape.below(array.size)
        array = array.copy()
        if layout == "expanded" and array.ndim:
            rows = array.reshape(array.shape[0], -1)
            rows[:, place % rows.shape[1]] = np.nan
        else:
            array.reshape(-1)[place] = np.nan
    return array


def draw_dim(tape: Tape, ndim: int) -> int:
    """Draw a dimension, counted from either end."""
    dim = tape.below(max(ndim, 1))
    return dim - max(ndim, 1) if tape.one_in(3) else dim


def draw_dims(tape: Tape, op: Reduction, ndim: int) -> int | Axes | None:
    """Draw what a reduction takes: no dimension, one, or several."""
    ways = ["one"] * 3 + ["none"] * op.whole + ["several"] * op.many
    match tape.choose(ways):
        case "none":
            return None
        case "several":
            dims = tape.shuffled(tape.subset(range(max(ndim, 1)))) or [0]
            return tuple(dim - max(ndim, 1) if tape.one_in(3) else dim for dim in dims)
        case _:
            return draw_dim(tape, ndim)


def draw_reducing(
    tape: Tape, op: Reduction, kinds: tuple[Kind, ...] = ("any",), *, empty: bool = True
) -> Reducing:
    """Draw a call of a reduction; without `empty` no dimension has size 0."""
    dtype = tape.choose(op.dtypes)
    shape = draw_shape(tape)
    if not empty:
        shape = tuple(max(size, 1) for size in shape)
    dims = draw_dims(tape, op, len(shape))
    keepdim = op.keepdim == "always" or (op.keepdim == "with dim" and dims is not None)
    keepdim = keepdim and tape.one_in(3)
    form = tape.choose(("method", "function", "positional"))
    return Reducing(draw_laid_out(tape, dtype, shape, tape.choose(kinds)), dims, keepdim, form)


def draw_out(run: Run, op: Reduction, case: Reducing) -> Any:
    """Return fresh tensors for ``out=``, one for each result."""
    blank = np.zeros(case.shape, op.result(case.operand.dtype).storage)
    outs = tuple(run.tensor(blank) for _ in op.names)
    return outs or run.tensor(blank)


# Shapes past the sizes at which kernels change their ways, and each layout.
_WINDOWS: tuple[tuple[Shape, str], ...] = (
    *(((2, 3, 4), layout) for layout in ("contiguous", "transposed", "stepped", "offset", "expanded")),
    *(((2, 3, 2, 5), "channels_last"), ((3, 4099), "contiguous"), ((2051, 2), "contiguous")),
    *(((2, 2051), "transposed"), ((4097,), "stepped"), ((), "contiguous")),
)


def every_layout(dtype: DType, *, modulus: int = 11) -> list[Operand]:
    """Return operands of a type in each layout, small and large, with ties and both signs.

    Parameters
    ----------
    modulus : int
        How many values occur: integers around zero, or above it where the type has no sign.
    """
    operands = []
    for shape, layout in _WINDOWS:
        numbers = np.arange(np.prod(shape, dtype=np.int64)) * 7919 % 10007 % modulus
        values = numbers - modulus // 3 if dtype.signed else numbers
        array = values.reshape(shape).astype(dtype.storage)
        operands.append(Operand(np.repeat(array[:1], shape[0], 0) if layout == "expanded" else array, layout))
    return operands


def every_dim(operand: Operand) -> list[int]:
    """Return the first and last dimension, the last counted from the end."""
    return [0, -1] if operand.ndim != 1 else [0]
