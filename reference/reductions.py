"""Functions that combine the elements of dimensions. Sources: the pages of the functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dispatch import op
from .kernels import elements, fresh, wrap_dims
from .tensor import Tensor


@op("sum", out=True)
def sum(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Return the sum over dimensions, over all for None and for ``()``; integers and bools sum as int64."""
    kind = dtype or (input.dtype if input.dtype.is_differentiable else dtypes.int64)
    dims = wrap_dims(None if dim == () or dim == [] else dim, input.ndim)
    values = elements(input, kind)
    axes = tuple(axis for axis in dims if axis < input.ndim)
    with np.errstate(all="ignore"):
        total = np.sum(values, axis=axes, keepdims=bool(keepdim), dtype=values.dtype)
    return fresh(total, kind)
