"""Digests of tensors. Source: ``torch.hash_tensor``."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dispatch import op
from .folding import axes_of, lacks_kernel, refuse_empty_dims
from .kernels import Array, fresh
from .tensor import Tensor


@op("hash_tensor", out=True, differentiable=False)
def hash_tensor(input: Tensor, dim: Any = (), *, keepdim: bool = False, mode: int = 0) -> Tensor:
    """Return the exclusive or of the bits of elements, widened to 64 bits.

    Raises
    ------
    RuntimeError
        For another mode than 0, and of all elements where there are none.
    IndexError
        Over a dimension without elements.
    NotImplementedError
        For complex numbers.
    """
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    if input.dtype.is_complex:
        raise lacks_kernel("xor_sum_cpu", input.dtype)
    whole = dim is None or dim == () or dim == []
    if whole and not input.numel():
        raise RuntimeError(
            "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify the "
            "reduction dim with the 'dim' argument."
        )
    axes = axes_of(input, dim)
    refuse_empty_dims("hash_tensor", input, axes)
    wide = input.array.astype(np.float64 if input.dtype.is_floating_point else np.int64)
    bits = np.ascontiguousarray(wide).view(np.uint64).reshape(wide.shape)
    found: Array = np.bitwise_xor.reduce(bits, axis=axes, keepdims=True)
    return fresh(found if keepdim else np.squeeze(found, axes), dtypes.NAMES["uint64"])
