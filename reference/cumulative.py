"""Running results along a dimension, differences and the trapezoidal rule. Sources: the functions' pages."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, return_types
from .dispatch import op, ops
from .folding import is_nan, lacks_kernel
from .kernels import Array, as_int, elements, fresh, wrap_dim
from .reductions import accumulated
from .tensor import Tensor


def _scan(function: Any, values: Array, dim: int, input: Tensor) -> Array:
    """Accumulate along a dimension; a zero-dim tensor is a row of one element."""
    axis = wrap_dim(dim, input.ndim)
    source = values if input.ndim else values.reshape(1)
    with np.errstate(all="ignore"):
        return np.asarray(function(source, axis=axis)).reshape(input.shape)


@op("cumsum", inplace=True, out=True)
def cumsum(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """Return the sums of the elements up to each place; integers and bools sum as int64."""
    kind = accumulated(input, dtype)
    return fresh(_scan(np.cumsum, elements(input, kind), dim, input), kind)


@op("cumprod", inplace=True, out=True)
def cumprod(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """Return the products of the elements up to each place; integers and bools multiply as int64."""
    kind = accumulated(input, dtype)
    return fresh(_scan(np.cumprod, elements(input, kind), dim, input), kind)


@op("logcumsumexp", out=True)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Return the logarithms of the sums of exponentials up to each place."""
    if not input.dtype.is_differentiable:
        raise lacks_kernel("logcumsumexp_out_cpu", input.dtype)
    return fresh(_scan(np.logaddexp.accumulate, elements(input, input.dtype), dim, input), input.dtype)


def _running_extreme(name: str, choose: np.ufunc, input: Tensor, dim: int) -> Any:
    if input.dtype.is_complex:
        raise lacks_kernel(f"{name}_cpu", input.dtype)
    values = elements(input, input.dtype)
    found = _scan(choose.accumulate, values, dim, input)
    # The latest place of the extreme so far; after a NaN only another NaN is one.
    here = (values == found) | (is_nan(values) & is_nan(found))
    axis = wrap_dim(dim, input.ndim)
    own = np.arange(input.shape[axis] if input.ndim else 1)
    own = own.reshape([-1 if place == axis else 1 for place in range(input.ndim)])
    places = _scan(np.maximum.accumulate, np.where(here, own, 0), dim, input)
    return getattr(return_types, name)(fresh(found, input.dtype), fresh(places, dtypes.int64))


@op("cummax", out=True)
def cummax(input: Tensor, dim: int) -> Any:
    """Return the greatest elements up to each place and the latest indices of them."""
    return _running_extreme("cummax", np.maximum, input, dim)


@op("cummin", out=True)
def cummin(input: Tensor, dim: int) -> Any:
    """Return the least elements up to each place and the latest indices of them."""
    return _running_extreme("cummin", np.minimum, input, dim)


# Differences and integrals.


@op("diff", composite=True, out=True)
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Return the differences of neighbours, n times; of bools by exclusive or."""
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    n, axis = as_int(n), wrap_dim(dim, input.ndim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    for part in (prepend, append):
        if part is not None:
            _check_joins(input, part, axis)
    if n == 0:
        return ops.clone(input)  # type: ignore[no-any-return]
    parts = [part for part in (prepend, input, append) if part is not None]
    result = ops.cat(parts, axis) if len(parts) > 1 else input
    subtract = ops.logical_xor if result.dtype is dtypes.bool_ else ops.sub
    for _ in range(n):
        size = result.shape[axis]
        kept = size - 1 if size else 0
        later, earlier = (ops.narrow(result, axis, start, kept) for start in (size - kept, 0))
        result = subtract(later, earlier)
    return result


def _check_joins(input: Tensor, part: Tensor, axis: int) -> None:
    if part.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for place, (size, got) in enumerate(zip(input.shape, part.shape, strict=True)):
        if place != axis and size != got:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along "
                f"the differencing dimension; input.size({place}) = {size}, but got "
                f"tensor.size({place}) = {got}"
            )


@op("trapezoid", "trapz", composite=True, method=False)
def trapezoid(y: Tensor, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Return the sums of the means of neighbours times their distances."""
    return ops.sum(_trapezoids(y, x, dx, dim), dim)  # type: ignore[no-any-return]


@op("cumulative_trapezoid", composite=True, method=False)
def cumulative_trapezoid(y: Tensor, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Return the partial sums of the means of neighbours times their distances."""
    return ops.cumsum(_trapezoids(y, x, dx, dim), dim)  # type: ignore[no-any-return]


def _trapezoids(y: Tensor, x: Tensor | None, dx: Any, dim: int) -> Tensor:
    if not y.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis, size = wrap_dim(dim, y.ndim), y.shape[dim]
    sums = ops.narrow(y, axis, 1, size - 1) + ops.narrow(y, axis, 0, size - 1)
    if x is None:
        return sums * dx / 2  # type: ignore[no-any-return]
    if x.ndim == 1:
        if x.shape[0] != size:
            raise RuntimeError("trapezoid: There must be one `x` value for each sample point")
        return sums * ops.diff(x).reshape([-1 if place == axis else 1 for place in range(y.ndim)]) / 2  # type: ignore[no-any-return]
    return sums * ops.diff(x, dim=dim) / 2  # type: ignore[no-any-return]
