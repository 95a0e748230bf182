"""Determinants. Sources: ``torch.linalg.det``, ``torch.linalg.slogdet``, ``torch.logdet``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import return_types
from ..dispatch import op, ops
from ..folding import lacks_kernel
from ..kernels import fresh
from ..tensor import Tensor
from .checking import check_floating, check_precise, check_square, is_low, values_of
from .elimination import determinant_of


@op("linalg.det", "det", out=True)
def det(A: Tensor) -> Tensor:
    """Return determinants, 1 of an empty matrix.

    Raises
    ------
    RuntimeError
        For integers, and unless the matrices are square.
    """
    check_square(A, "linalg.det")
    check_floating(A, "linalg.det")
    if is_low(A.dtype):
        raise lacks_kernel("lu_cpu", A.dtype)
    with np.errstate(all="ignore"):
        return fresh(determinant_of(values_of(A)), A.dtype)


@op("linalg.slogdet", out=True)
def slogdet(A: Tensor) -> Any:
    """Return the signs of determinants and the logarithms of their magnitudes; errors as for `inv`."""
    check_square(A, "linalg.slogdet")
    check_precise(A, "linalg.slogdet")
    with np.errstate(all="ignore"):
        sign, logarithm = np.linalg.slogdet(values_of(A))
    known = np.where(np.isnan(sign), 0, sign)
    return return_types.linalg_slogdet(fresh(known, A.dtype), fresh(logarithm, A.dtype.to_real()))


@op("slogdet", composite=True, out=True)
def slogdet_old(input: Tensor) -> Any:
    """Return ``linalg.slogdet``."""
    return return_types.slogdet(*ops.linalg.slogdet(input))


@op("logdet", composite=True)
def logdet(input: Tensor) -> Any:
    """Return the logarithms of determinants: NaN of a negative one, complex of a complex one."""
    check_square(input, "logdet")
    check_precise(input, "logdet")
    sign, logarithm = ops.linalg.slogdet(input)
    if input.dtype.is_complex:
        return ops.log(sign) + logarithm
    return ops.where(sign == -1.0, float("nan"), logarithm)
