"""Norms, condition and rank of matrices. Sources: ``torch.linalg.matrix_norm`` and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dispatch import op, ops
from ..kernels import fresh, wrap_dim
from ..tensor import Tensor
from .checking import check_floating, check_matrix, check_square, values_of
from .solving import tolerance

_ORDERS = (1.0, 2.0, float("inf"))


def _pair(dim: Any, ndim: int) -> tuple[int, int]:
    dims = tuple(dim) if isinstance(dim, list | tuple) else (dim,)
    if len(dims) != 2:
        raise RuntimeError(
            f"linalg.matrix_norm: dim must be a 2-tuple. Got {', '.join(str(one) for one in dims)}"
        )
    first, second = (wrap_dim(one, ndim) for one in dims)
    if first == second:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dims[0]}, {dims[1]})")
    return first, second


def _widened(input: Tensor, dtype: dtypes.dtype | None, name: str) -> Any:
    if dtype is None or dtype is input.dtype:
        return input
    narrower = dtype.itemsize < input.dtype.itemsize
    if narrower or dtype.is_complex != input.dtype.is_complex or not dtype.is_differentiable:
        raise RuntimeError(
            f"{name}: the dtype of the input ({input.dtype.scalar_name}) should be convertible without "
            f"narrowing to the specified dtype ({dtype.scalar_name})"
        )
    return input.to(dtype)


@op("linalg.matrix_norm", composite=True, out=True)
def matrix_norm(
    input: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: dtypes.dtype | None = None,
) -> Any:
    """Return a norm of the matrices that two dimensions span.

    Raises
    ------
    RuntimeError
        For integers and vectors, an order that is none, dimensions that are not two different ones, and a
        narrower type.
    """
    check_matrix(input, "linalg.matrix_norm")
    check_floating(input, "linalg.matrix_norm")
    rows, columns = _pair(dim, input.ndim)
    wide = _widened(input, dtype, "linalg.matrix_norm")
    if ord == "fro":
        return ops.linalg.vector_norm(wide, 2, (rows, columns), keepdim)
    if ord == "nuc" or (not isinstance(ord, str) and abs(ord) == 2):
        return _spectral(wide, ord, rows, columns, keepdim)
    if isinstance(ord, str) or abs(ord) not in _ORDERS:
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    summed, kept = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = ops.sum(ops.abs(wide), summed, keepdim=True)
    largest = _extreme(sums, ord, kept)
    return largest if keepdim else largest.squeeze((rows, columns))


def _extreme(values: Tensor, ord: Any, dim: int) -> Any:
    """Return the largest, for a negative order the least; 0 of none."""
    if ord > 0:
        return (
            ops.amax(values, dim, keepdim=True) if values.shape[dim] else ops.sum(values, dim, keepdim=True)
        )
    return ops.amin(values, dim, keepdim=True)


def _spectral(wide: Tensor, ord: Any, rows: int, columns: int, keepdim: bool) -> Any:
    size = ops.linalg.svdvals(ops.movedim(wide, (rows, columns), (-2, -1)))
    value = ops.sum(size, -1, keepdim=True) if ord == "nuc" else _extreme(size, ord, -1)
    if not keepdim:
        return value.squeeze(-1)
    return ops.movedim(value.unsqueeze(-1), (-2, -1), (rows, columns))


@op("linalg.norm", composite=True, out=True)
def norm(
    input: Tensor,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtypes.dtype | None = None,
) -> Any:
    """Return a vector norm over all elements or one dimension, a matrix norm over two.

    Raises
    ------
    RuntimeError
        For three dimensions and more, and for an order without dimensions unless the input has one or two.
    """
    dims = dim if dim is None or isinstance(dim, list | tuple) else (dim,)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if dims is None and ord is not None and input.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {input.ndim}D."
        )
    is_matrix = len(dims) == 2 if dims is not None else input.ndim == 2 or isinstance(ord, str)
    if ord is not None and is_matrix:
        return ops.linalg.matrix_norm(input, ord, dims or (-2, -1), keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.norm: Order {ord} not supported for vectors.")
    return ops.linalg.vector_norm(input, 2 if ord is None else ord, dims, keepdim, dtype=dtype)


@op("linalg.cond", composite=True, out=True)
def cond(input: Tensor, p: Any = None) -> Any:
    """Return the ratio of the extreme singular values, or the product of the norms of matrix and inverse.

    Raises
    ------
    RuntimeError
        For an order that is none, and for all but 2 and -2 unless the matrices are square.
    """
    if input.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    named = p in ("fro", "nuc")
    if not named and (isinstance(p, str) or (p is not None and abs(p) not in _ORDERS)):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if not input.numel():
        return input.new_zeros(tuple(input.shape[:-2]), dtype=input.dtype.to_real())
    if p is None or p in (2, -2):
        size = ops.linalg.svdvals(input)
        largest, least = size[..., 0], size[..., -1]
        return least / largest if p == -2 else largest / least
    check_square(input, f"linalg.cond(ord={p})")
    inverse, info = ops.linalg.inv_ex(input)
    known = ops.where((info != 0)[..., None, None], 0, inverse)
    product = ops.linalg.matrix_norm(input, p) * ops.linalg.matrix_norm(known, p)
    return ops.where(info != 0, float("inf"), product)


@op("linalg.matrix_rank", out=True, differentiable=False)
def matrix_rank(
    input: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Return how many singular values exceed the tolerance; of Hermitian matrices, magnitudes of eigenvalues.

    Raises
    ------
    RuntimeError
        For integers and vectors.
    """
    if not input.dtype.is_differentiable or input.dtype.compute is not input.dtype:
        raise RuntimeError("This function doesn't handle types other than float and double")
    check_matrix(input, "torch.linalg.matrix_rank", "input")
    if not input.numel():
        return fresh(np.zeros(input.shape[:-2], np.int64))
    values = values_of(input)
    if hermitian:
        check_square(input, "linalg.matrix_rank")
        size = np.abs(np.linalg.eigvalsh(values))
    else:
        size = np.linalg.svd(values, compute_uv=False)
    given = (tol, 0.0) if tol is not None else (atol, rtol)
    bound = tolerance(input, size.max(-1), *given)
    return fresh(np.sum(size > np.asarray(bound)[..., None], axis=-1, dtype=np.int64))
