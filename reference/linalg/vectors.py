"""Products and powers of vectors. Sources: ``torch.linalg.cross``, ``vecdot``, ``vander``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..cautions import warn_once
from ..dispatch import op, ops
from ..folding import lacks_kernel
from ..kernels import Array, as_tensor, broadcast, elements, fresh, wrap_dim
from ..tensor import Tensor
from .checking import check_floating

_NO_DIM = (
    "Using torch.cross without specifying the dim arg is deprecated. Please either pass the dim explicitly "
    "or simply use torch.linalg.cross."
)


@op("linalg.cross", out=True)
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Return the vector products along a dimension of size 3; the others broadcast.

    Raises
    ------
    RuntimeError
        For different ranks and types, and for another size than 3.
    NotImplementedError
        For bool.
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    axis = wrap_dim(dim, input.ndim)
    if not input.ndim or input.shape[axis] != 3 or other.shape[axis] != 3:
        sizes = " and ".join(str(one.shape[axis]) if one.ndim else "1" for one in (input, other))
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes}")
    shape = broadcast(tuple(input.shape), tuple(other.shape))
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.scalar_name} but found {other.dtype.scalar_name}"
        )
    if input.dtype is dtypes.bool_:
        raise lacks_kernel("cross", input.dtype)
    a, b = (np.broadcast_to(elements(one, input.dtype), shape) for one in (input, other))
    with np.errstate(all="ignore"):
        return fresh(_turned(a, b, 1, axis) - _turned(a, b, -1, axis), input.dtype)


def _turned(a: Array, b: Array, step: int, axis: int) -> Array:
    """Return the products of the elements after each place of one and two after it of the other."""
    return np.asarray(np.roll(a, -step, axis) * np.roll(b, -2 * step, axis))


@op("cross", composite=True, out=True)
def cross_old(input: Tensor, other: Tensor, dim: int | None = None) -> Any:
    """Return ``linalg.cross``, by default along the first dimension of size 3."""
    if dim is None:
        warn_once(_NO_DIM)
        dim = next((axis for axis, size in enumerate(input.shape) if size == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return ops.linalg.cross(input, other, dim=dim)


@op("linalg.vecdot", composite=True, out=True)
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Any:
    """Return the sums of products along a dimension, the first operand conjugated; the others broadcast.

    Raises
    ------
    RuntimeError
        For integers, different types, and sizes that do not broadcast.
    """
    check_floating(x, "linalg.vecdot")
    if x.dtype is not y.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type "
            f"{x.dtype.scalar_name} and y of type {y.dtype.scalar_name} instead"
        )
    if x.ndim == 1 and y.ndim == 1:
        return ops.vdot(x, y)
    return ops.sum(ops.mul(x.conj(), y), dim)


@op("linalg.vander", composite=True)
def vander(x: Tensor, *, N: Any = None) -> Any:
    """Return the powers of each element, from 0, along a new last dimension.

    Raises
    ------
    RuntimeError
        For bool, and for fewer than two powers.
    """
    if as_tensor(x).dtype is dtypes.bool_:
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got Bool"
        )
    x = x if x.ndim else x.unsqueeze(0)
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    columns = x.unsqueeze(-1).expand(*x.shape, count - 1)
    powers = ops.cumprod(columns, -1)
    return ops.cat([powers.new_ones((*x.shape, 1)), powers], -1)
