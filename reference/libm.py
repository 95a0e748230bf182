"""Functions of the C mathematical library, element by element.

torch's scalar generators call the C library; NumPy has vectorised versions that differ in the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def _of_c(function: Callable[[float], float]) -> Callable[[Array], Array]:
    elementwise = np.frompyfunc(function, 1, 1)

    def apply(x: Array) -> Array:
        return np.asarray(elementwise(np.asarray(x, np.float64))).astype(np.float64)

    return apply


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


log = _of_c(_log)
log1p = _of_c(math.log1p)
exp = _of_c(math.exp)
sin = _of_c(math.sin)
cos = _of_c(math.cos)
tan = _of_c(math.tan)
