"""Deviations, order statistics, covariance. Sources: ``torch.var``, ``torch.median``, ``torch.quantile``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensorcanon.spec.ops.reductions import reduced_shape

from . import dtypes, return_types
from .dispatch import op, ops
from .folding import axes_of, is_nan, lacks_kernel, placed, refuse_empty_dims, rows_of
from .kernels import Array, elements, fresh
from .tensor import Tensor

_FEW = (
    "{}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
    "(input numel divided by output numel)."
)

# Deviations.


def _spread(
    name: str, input: Tensor, dim: Any, unbiased: bool | None, keepdim: bool, correction: float | None
) -> tuple[Array, Array]:
    """Return the variance and the mean, in two passes in double precision."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if not input.dtype.is_differentiable:
        raise RuntimeError("std and var only support floating point and complex dtypes")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    axes = axes_of(input, dim)
    count = float(np.prod([input.shape[axis] for axis in axes]))
    if count - correction <= 0:
        warnings.warn(_FEW.format(name), UserWarning, stacklevel=5)
    values = elements(input, input.dtype)
    # A copy, which the steps that follow may overwrite.
    values = np.array(values, np.complex128 if input.dtype.is_complex else np.float64)
    with np.errstate(all="ignore"):
        center = values.sum(axes, keepdims=True) / np.float64(count)
        values -= center
        magnitudes = np.asarray(np.abs(values)) if input.dtype.is_complex else values
        squares = np.square(magnitudes, out=magnitudes).sum(axes, keepdims=bool(keepdim))
        variance = squares / np.float64(np.maximum(0.0, count - correction))
    return np.asarray(variance), np.asarray(center if keepdim else np.squeeze(center, axes))


@op("var", out=True)
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the squared deviations from the mean, over the count less the correction."""
    found, _ = _spread("var", input, dim, unbiased, keepdim, correction)
    return fresh(found, input.dtype.to_real())


@op("std", out=True)
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the root of the variance."""
    found, _ = _spread("std", input, dim, unbiased, keepdim, correction)
    return fresh(np.sqrt(found), input.dtype.to_real())


@op("var_mean", method=False)
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean."""
    found, center = _spread("var_mean", input, dim, unbiased, keepdim, correction)
    return fresh(found, input.dtype.to_real()), fresh(center, input.dtype)


@op("std_mean", method=False)
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean."""
    found, center = _spread("std_mean", input, dim, unbiased, keepdim, correction)
    return fresh(np.sqrt(found), input.dtype.to_real()), fresh(center, input.dtype)


# Order statistics.


def _middle(name: str, input: Tensor, dim: int | None, keepdim: bool, *, skip_nan: bool) -> Any:
    if dim is not None:
        refuse_empty_dims("median", input, axes_of(input, dim))
    if input.numel() and (input.dtype is dtypes.bool_ or input.dtype.is_complex):
        raise lacks_kernel("median_cpu" if dim is None else "median_out", input.dtype)
    if dim is None and not input.numel():
        return fresh(_nothing(input.dtype), input.dtype)
    values, axis = rows_of(input, dim)
    order = np.argsort(values, axis=axis, kind="stable")
    nan = is_nan(values)
    counted = (~nan).sum(axis, keepdims=True)
    rank = np.maximum(counted - 1, 0) // 2
    if not skip_nan:
        # NaN sort last in their order: the first of them stands behind all others.
        rank = np.where(nan.any(axis, keepdims=True), counted, rank)
    indices = np.take_along_axis(order, rank, axis)
    found = np.take_along_axis(values, indices, axis)
    if dim is None:
        return fresh(found.reshape(()), input.dtype)
    results = (placed(part, input, axis, keepdim) for part in (found, indices))
    found, indices = results
    return getattr(return_types, name)(fresh(found, input.dtype), fresh(indices, dtypes.int64))


def _nothing(kind: dtypes.dtype) -> Array:
    """Return what the median of nothing is: NaN, or the least value of an integer type."""
    if kind.is_differentiable:
        return np.asarray(np.nan)
    if kind.itemsize < 4:
        return np.asarray(kind is dtypes.bool_)
    return np.asarray(np.iinfo(kind.numpy).min)


@op("median", out=True)
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the middle element, of an even number the lower, along a dimension with an index; NaN wins."""
    return _middle("median", input, dim, keepdim, skip_nan=False)


@op("nanmedian", out=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median of what is not NaN; NaN where nothing is."""
    return _middle("nanmedian", input, dim, keepdim, skip_nan=True)


@op("mode", out=True)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """Return the most frequent element of each row, of several the least, and its last index."""
    refuse_empty_dims("mode", input, axes_of(input, dim))
    if input.numel() and input.dtype.is_complex:
        raise lacks_kernel("mode_cpu", input.dtype)
    values, axis = rows_of(input, dim)
    order = np.argsort(values, axis=axis, kind="stable")
    ordered = np.moveaxis(np.take_along_axis(values, order, axis), axis, -1)
    starts = np.ones(ordered.shape, np.bool_)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    own = np.arange(ordered.shape[-1])
    run = own - np.maximum.accumulate(np.where(starts, own, 0), -1)
    # Where a run first reaches the greatest length stands its last element.
    place = np.argmax(run, -1, keepdims=True)
    indices = np.take_along_axis(order, np.moveaxis(place, -1, axis), axis)
    found = np.take_along_axis(values, indices, axis)
    return return_types.mode(
        fresh(placed(found, input, axis, keepdim), input.dtype),
        fresh(placed(indices, input, axis, keepdim), dtypes.int64),
    )


# Quantiles.

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


@op("quantile", out=True)
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return the elements q of the way through the sorted rows; NaN of a row with one."""
    return _quantile(input, q, dim, keepdim, interpolation, skip_nan=False)


@op("nanquantile", out=True)
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return the quantiles of what is not NaN; NaN where nothing is."""
    return _quantile(input, q, dim, keepdim, interpolation, skip_nan=True)


def _quantile(input: Tensor, q: Any, dim: Any, keepdim: bool, method: str, *, skip_nan: bool) -> Tensor:
    levels = levels_of(input, q, method)
    values, axis = rows_of(input, dim)
    ordered = np.sort(np.moveaxis(values, axis, -1), -1)
    counts = (~np.isnan(ordered)).sum(-1)
    if not skip_nan:
        counts = np.where(counts == ordered.shape[-1], counts, 0)
    found = np.stack([_at_level(ordered, counts, level, method) for level in levels.reshape(-1)])
    rest = reduced_shape(input.shape, axes_of(input, dim), keepdim)
    return fresh(found.reshape(levels.shape + rest), input.dtype)


def levels_of(input: Tensor, q: Any, method: str) -> Array:
    """Return q as an array of the input's type.

    Raises
    ------
    RuntimeError
        For other types than float32 and float64, an empty input, an unknown method, q outside [0, 1] or of
        more than one dimension.
    """
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if not input.numel():
        raise RuntimeError("quantile() input tensor must be non-empty")
    if method not in _METHODS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {method}"
        )
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
        return np.asarray(q, input.dtype.numpy)
    if q.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if q.dtype is not input.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    levels = elements(q, q.dtype)
    if not ((levels >= 0) & (levels <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")
    return levels


def _at_level(ordered: Array, counts: Array, level: Any, method: str) -> Array:
    below, above, weight = neighbours(level, counts, method, ordered.dtype)
    low, high = (np.take_along_axis(ordered, place[..., None], -1)[..., 0] for place in (below, above))
    with np.errstate(all="ignore"):
        between = low + (high - low) * weight
    return np.where(counts == 0, np.nan, np.where(below == above, low, between)).astype(ordered.dtype)


def neighbours(level: Any, counts: Array, method: str, kind: np.dtype[Any]) -> tuple[Array, Array, Array]:
    """Return the places in sorted rows that a level lies between, and the share of the upper one."""
    position = (level * np.maximum(counts - 1, 0)).astype(kind)
    if method == "lower":
        position = np.floor(position)
    elif method == "higher":
        position = np.ceil(position)
    elif method == "nearest":
        position = np.rint(position)
    below, above = np.floor(position).astype(np.int64), np.ceil(position).astype(np.int64)
    return below, above, np.full(position.shape, 0.5, kind) if method == "midpoint" else position - below


# Covariance.


@op("cov", composite=True)
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Return the covariances of rows over columns, each column weighted where weights are given."""
    if input.ndim > 2:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if input.dtype is dtypes.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    table = input.reshape(1, -1) if input.ndim < 2 else input
    if not table.dtype.is_differentiable:
        table = table.to(dtypes.get_default_dtype())
    _check_weights("fweights", fweights, table.shape[1], integral=True)
    _check_weights("aweights", aweights, table.shape[1], integral=False)
    weights, count = _weights(table, fweights, aweights, correction)
    if count <= 0:
        warnings.warn("cov(): degrees of freedom is <= 0", UserWarning, stacklevel=4)
    apart = table - _average(table, weights)
    scaled = apart if weights is None else apart * weights
    product = ops.matmul(scaled, ops.conj(ops.transpose(apart, 0, 1)))
    found = product / (count if count > 0 else 0)
    return ops.squeeze(found)  # type: ignore[no-any-return]


def _check_weights(name: str, weights: Tensor | None, count: int, *, integral: bool) -> None:
    if weights is None:
        return
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} "
            "dimensions"
        )
    if weights.dtype.is_differentiable is integral or weights.dtype.is_complex:
        raise RuntimeError(
            f"cov(): expected {name} to have {'integral' if integral else 'floating point'} dtype but got "
            f"{name} with {weights.dtype.scalar_name} dtype"
        )
    if weights.numel() != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {count}"
        )
    if weights.numel() and weights.array.min() < 0:
        raise RuntimeError(f"cov(): {name} cannot be negative")


def _weights(table: Tensor, f: Tensor | None, a: Tensor | None, correction: int) -> tuple[Tensor | None, Any]:
    """Return the weights of columns and the corrected count, a tensor where there are weights."""
    if f is None and a is None:
        return None, table.shape[1] - correction
    weights = f if a is None else a if f is None else f * a
    assert weights is not None
    total = ops.sum(weights)
    if a is None or correction == 0:
        return weights, total - correction
    return weights, total - correction * ops.sum(weights * a) / total


def _average(table: Tensor, weights: Tensor | None) -> Tensor:
    if weights is None:
        return ops.mean(table, 1, keepdim=True)  # type: ignore[no-any-return]
    return ops.sum(table * weights, 1, keepdim=True) / ops.sum(weights)  # type: ignore[no-any-return]


@op("corrcoef", composite=True)
def corrcoef(input: Tensor) -> Tensor:
    """Return the covariances divided by the deviations, clipped to [-1, 1]."""
    if input.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    covariances = ops.cov(input)
    if not covariances.ndim:
        return covariances / covariances  # type: ignore[no-any-return]
    spread = ops.sqrt(ops.diagonal(covariances))
    ratio = covariances / spread.reshape(-1, 1) / spread.reshape(1, -1)
    if ratio.dtype.is_complex:
        return ops.complex(ops.clamp(ratio.real, -1, 1), ops.clamp(ratio.imag, -1, 1))  # type: ignore[no-any-return]
    return ops.clamp(ratio, -1, 1)  # type: ignore[no-any-return]
