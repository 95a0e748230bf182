"""What many rows of functions have in a column: forms, shapes of inputs, shapes of large inputs, types."""

from __future__ import annotations

from ..rules import dtypes

METHOD = frozenset({"method"})
OUT = frozenset({"out"})
BOTH = METHOD | OUT
NEITHER: frozenset[str] = frozenset()
CUBE = ((2, 3, 4),)
SQUARE = ((3, 3),)
PAIR = ((2, 3), (2, 3))
# Past the sizes at which kernels change their ways.
LONG, WIDE, DEEP, SQUARE_WIDE, TALL = (4099,), (67, 65), (130, 3, 11), (67, 67), (1025, 4)
PAIR_WIDE = (WIDE, WIDE)
# Where a derivative for complex types is missing from some releases.
REAL = (dtypes.bool_, *dtypes.REALS)
# Types that tell the elements of large tensors apart.
FINE = (dtypes.float32, dtypes.float64)
