"""Matrices of known properties, drawn from a tape, in every layout: of full rank, positive, singular."""

from __future__ import annotations

import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .backend import Array
from .inputs import Operand, Shape, draw_array
from .tape import Tape

PRECISE = (dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)
_BATCHES: tuple[Shape, ...] = ((), (), (2,), (2, 1), (3,), (0,))
_SIZES = (2, 3, 1, 4, 5, 3, 2, 0)
_LARGE = (17, 33, 65)
_LAYOUTS = ("contiguous", "transposed", "stepped", "offset", "transposed", "expanded")


def draw_batch(tape: Tape) -> Shape:
    """Draw the leading dimensions of a batch of matrices, often none."""
    return tape.choose(_BATCHES)


def draw_side(tape: Tape, *, large: bool = True) -> int:
    """Draw the side of a matrix; one in 16 is past the blocks of kernels."""
    return tape.choose(_LARGE) if large and tape.one_in(16) else tape.choose(_SIZES)


def laid_out(tape: Tape, array: Array) -> Operand:
    """Return an operand in a drawn layout; a batch may be one matrix expanded."""
    layout = tape.choose(_LAYOUTS)
    if layout == "expanded":
        if array.ndim < 3 or array.shape[0] < 2:
            return Operand(array)
        array = np.repeat(array[:1], array.shape[0], 0)
    return Operand(array, layout)


def draw_entries(tape: Tape, dtype: DType, shape: Shape) -> Array:
    """Draw small integers, or numbers that must be rounded."""
    return draw_array(tape, dtype, shape, tape.choose(("small", "unit")))


def draw_invertible(tape: Tape, dtype: DType, side: int, batch: Shape = ()) -> Array:
    """Draw invertible matrices: one element of each row and column, in any order, outweighs the rest."""
    array = draw_entries(tape, dtype, (*batch, side, side))
    heavy = np.eye(side)[:, np.roll(np.arange(side)[:: tape.choose((1, -1))], tape.below(max(side, 1)))]
    return np.asarray(array + tape.choose((12, -16)) * side * heavy, dtype.storage)


def draw_positive(tape: Tape, dtype: DType, side: int, batch: Shape = ()) -> Array:
    """Draw positive-definite matrices."""
    array = draw_array(tape, dtype, (*batch, side, side), "small")
    both = array + np.conj(np.swapaxes(array, -2, -1))
    return np.asarray(both + 24 * side * np.eye(side), dtype.storage)


def draw_of_rank(tape: Tape, dtype: DType, rows: int, columns: int, rank: int, batch: Shape = ()) -> Array:
    """Draw matrices of small integers of at most this rank."""
    left = draw_array(tape, dtype, (*batch, rows, rank), "ties")
    right = draw_array(tape, dtype, (*batch, rank, columns), "ties")
    return np.asarray(np.matmul(left, right), dtype.storage)


def draw_shape_of_matrix(tape: Tape) -> tuple[int, int]:
    """Draw the sides of a matrix that is seldom square; one in 16 is past the blocks of kernels."""
    if tape.one_in(16):
        return tape.choose(((17, 5), (5, 33), (65, 33), (3, 65), (33, 33)))
    rows, columns = tape.choose(_SIZES), tape.choose((3, 2, 1, 4, 5, 0))
    return rows, columns
