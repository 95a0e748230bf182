"""One small operand of every type and rank, for checks that enumerate types rather than draw values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Number

from .backend import Array
from .run import Run

PAIRS = list(product(dtypes.COMMON, repeat=2))
# Powers of two: every sum, product and quotient of these and of what `filled` gives is exact in every type.
NUMBERS: tuple[Number, ...] = (True, 2, 0.5, 2j)


def filled(dtype: DType, ndim: int, value: int = 4) -> Array:
    """Return the elements of a tensor of sizes 2: True, the value, or that many imaginary units."""
    number = value * 1j if dtype.is_complex else value
    return np.full((2,) * ndim, number).astype(dtype.storage)


def filled_of_every_type(*ndims: int, types: Sequence[DType] = dtypes.COMMON) -> list[Array]:
    """Return the elements of one tensor of each type and rank."""
    return [filled(dtype, ndim) for dtype, ndim in product(types, ndims)]


def given(run: Run, value: Array | Number) -> Any:
    """Return a value as an argument: a tensor for an array, a number as it is."""
    return run.tensor(value) if isinstance(value, np.ndarray) else value
