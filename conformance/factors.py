"""Factors of products, drawn from a tape: sizes past the blocks of kernels, every layout, rounded or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .backend import Array
from .inputs import Operand, Shape
from .reducing import draw_laid_out
from .run import Run
from .tape import Tape
from .values import Kind

MULTIPLIED = (*dtypes.INTEGERS, *dtypes.FLOATS, *dtypes.COMPLEXES)
_SIZES = (2, 3, 1, 4, 5, 3, 7, 8, 0)
# Past the sizes of vectors, of blocks, and of what is summed before it is rounded: rows, inner, columns.
_LARGE = ((33, 65, 17), (5, 300, 3), (65, 33, 5), (3, 17, 67), (1, 2051, 1), (66, 2, 65))


def draw_sizes(tape: Tape) -> tuple[int, int, int]:
    """Draw the rows of the first factor, the inner size and the columns of the second; one in 12 is large."""
    if tape.one_in(12):
        return tape.choose(_LARGE)
    rows, inner, columns = (tape.choose(_SIZES) for _ in range(3))
    return rows, inner, columns


def draw_factors(tape: Tape, *shapes: Shape, types: tuple[DType, ...] = MULTIPLIED) -> tuple[Operand, ...]:
    """Draw operands of one type: multiples of 1/8, numbers that must be rounded, or any integers."""
    dtype = tape.choose(types)
    kinds: tuple[Kind, ...] = ("small", "unit", "exact")
    kind = tape.choose(("small", "any") if dtype.is_integral else kinds)
    return tuple(draw_laid_out(tape, dtype, shape, kind) for shape in shapes)


def arrays_of(operands: Iterable[Operand]) -> list[Array]:
    """Return the elements of operands."""
    return [operand.array for operand in operands]


def draw_blank(tape: Tape, dtype: DType, shape: Shape) -> Operand:
    """Draw a tensor of another number than any result's, to be written into."""
    return Operand(np.full(shape, 99, dtype.storage), tape.choose(("contiguous", "transposed", "stepped")))


def expect_forms(run: Run, due: Any, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
    """Judge each of several ways to say the same by one outcome."""
    for name in names:
        run.expect(due, name, *args, **kwargs)
