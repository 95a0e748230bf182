"""Norms and distances. Sources: ``torch.linalg.vector_norm``, ``torch.norm``, ``torch.cdist``."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dispatch import Namespace, op, ops
from .folding import axes_of
from .kernels import Array, elements, fresh, wrap_dim
from .tensor import Tensor

_linalg = Namespace("linalg.")


@op("linalg.vector_norm", out=True)
def vector_norm(
    input: Tensor,
    ord: Any = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:
    """Return the p-th root of the sum of p-th powers of absolute values."""
    if not input.dtype.is_differentiable:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {input.dtype.scalar_name}"
        )
    kind = dtype or input.dtype
    order, axes = float(ord), axes_of(input, dim)
    _refuse_empty(input, order, ord, axes, whole=dim is None)
    found = norm_of(np.abs(elements(input, kind)), order, axes, bool(keepdim))
    return fresh(found, kind.to_real())


def _refuse_empty(input: Tensor, order: float, ord: Any, axes: tuple[int, ...], *, whole: bool) -> None:
    """Raise where nothing is reduced by a norm without identity: an infinite or negative one."""
    if input.numel() or (0 <= order < np.inf):
        return
    if whole:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord} norm on an empty tensor because the operation "
            "does not have an identity"
        )
    for axis in axes:
        if not input.shape[axis]:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {ord} norm on the dimension {axis}because this "
                "dimension is empty and the operation does not have an identity"
            )


def norm_of(size: Array, order: float, axes: Any, keepdim: bool) -> Array:
    """Return the norm of absolute values; powers may overflow the type they are in."""
    with np.errstate(all="ignore"):
        if order == np.inf:
            return np.asarray(np.max(size, axis=axes, keepdims=keepdim))
        if order == -np.inf:
            return np.asarray(np.min(size, axis=axes, keepdims=keepdim))
        if order == 0:
            return np.asarray(np.sum(size != 0, axis=axes, keepdims=keepdim, dtype=size.dtype))
        if order == 1:
            return np.asarray(np.sum(size, axis=axes, keepdims=keepdim))
        if order == 2:
            return np.asarray(np.sqrt(np.sum(size * size, axis=axes, keepdims=keepdim)))
        power = size.dtype.type(order)
        return np.asarray(np.sum(size**power, axis=axes, keepdims=keepdim) ** (1 / power))


@op("norm", composite=True, out=True)
def norm(
    input: Tensor,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:
    """Return a vector norm; ``'fro'`` is the 2-norm."""
    if p == "nuc":
        return _linalg.matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)  # type: ignore[no-any-return]
    order = 2 if p is None or p == "fro" else p
    return _linalg.vector_norm(input, order, dim, keepdim, dtype=dtype)  # type: ignore[no-any-return]


@op("dist", composite=True)
def dist(input: Tensor, other: Tensor, p: Any = 2) -> Tensor:
    """Return the norm of the difference."""
    return _linalg.vector_norm(input - other, p)  # type: ignore[no-any-return]


@op("cdist", method=False)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Tensor:
    """Return the norms of the differences of each row of one matrix and each of the other."""
    for name, one in (("X1", x1), ("X2", x2)):
        got = one.dtype.scalar_name
        if not one.dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {got}")
        if one.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {one.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x1.dtype is not x2.dtype:
        raise RuntimeError(f"expected scalar type {x1.dtype.scalar_name} but found {x2.dtype.scalar_name}")
    a, b = elements(x1, x1.dtype), elements(x2, x2.dtype)
    apart = np.abs(a[..., :, None, :] - b[..., None, :, :])
    if not apart.shape[-1]:
        return fresh(np.zeros(apart.shape[:-1]), x1.dtype)
    return fresh(norm_of(apart, float(p), -1, False), x1.dtype)


@op("renorm", inplace=True, out=True)
def renorm(input: Tensor, p: Any, dim: int, maxnorm: Any) -> Tensor:
    """Return the slices of a dimension, those of a greater norm shrunk to it.

    Raises
    ------
    RuntimeError
        For integers, complex norms, fewer than two dimensions, and limits that are negative.
    """
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if isinstance(maxnorm, complex) or maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    return input * shrinkage(input, p, dim, maxnorm)  # type: ignore[no-any-return]


# What keeps a norm of 0 from dividing.
_LITTLE = 1e-7


def shrinkage(input: Tensor, p: Any, dim: int, maxnorm: Any) -> Any:
    """Return the factor of each slice, in the precision in which the type is computed."""
    axis = wrap_dim(dim, input.ndim)
    others = tuple(place for place in range(input.ndim) if place != axis)
    wide = input.to(input.dtype.compute)
    length = _linalg.vector_norm(wide, p, others, keepdim=True)
    factor = ops.where(length > maxnorm, maxnorm / (length + _LITTLE), 1)
    return factor.to(input.dtype.to_real())
