"""Linear algebra. Source: ``linalg``."""

from __future__ import annotations

import numpy as np

from .dispatch import op
from .errors import LinAlgError
from .kernels import fresh
from .tensor import Tensor


@op("linalg.inv", "inverse", out=True)
def inv(A: Tensor) -> Tensor:  # noqa: N803 (torch's own name)
    """Return the inverse of each matrix.

    Raises
    ------
    RuntimeError
        For integers, and unless the matrices are square.
    LinAlgError
        For a singular matrix.
    """
    if not A.dtype.is_differentiable:
        raise RuntimeError(
            f"linalg.inv: Expected a floating point or complex tensor as input. Got {A.dtype.scalar_name}"
        )
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise RuntimeError("linalg.inv: A must be batches of square matrices")
    try:
        return fresh(np.linalg.inv(A.array), A.dtype)
    except np.linalg.LinAlgError:
        raise LinAlgError("linalg.inv: The inversion could not be completed: a matrix is singular.") from None
