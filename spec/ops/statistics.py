"""Variance, order statistics and correlation, exactly, and how far a result may lie from them.

Sources: ``torch.var``, ``torch.median``, ``torch.quantile``, ``torch.mode``, ``torch.cov``,
``torch.corrcoef``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..accuracy import Array, Dot, dot, widened
from ..outcome import Each, Exactly, Outcome, Within
from ..rules import dtypes
from ..selection import Places, Selection, comparable, in_ascending_order
from .reductions import Axes, Reduction, Shape, largest, mean, reduced_shape, smallest, terms

# Steps of a two-pass variance for each element: subtract, square, add.
_STEPS = 4.0


def variance(array: Array, axes: Axes, keepdim: bool, correction: float = 1) -> Outcome:
    """Divide the squared deviations from the mean by the count less the correction."""
    return _spread(array, axes, keepdim, correction, root=False)


def deviation(array: Array, axes: Axes, keepdim: bool, correction: float = 1) -> Outcome:
    """Take the root of the variance."""
    return _spread(array, axes, keepdim, correction, root=True)


def once_rounded(array: Array, axes: Axes, keepdim: bool, *, root: bool) -> Outcome:
    """Take the variance of 16-bit elements, or its root, in single precision and round once."""
    return _spread(array, axes, keepdim, 1, root=root, step=2.0**-23)


def _spread(
    array: Array, axes: Axes, keepdim: bool, correction: float, *, root: bool, step: float | None = None
) -> Outcome:
    """Return the variance or its root; `step` is the rounding of one step where it is not the type's own."""
    dtype = dtypes.of_array(array)
    assert dtype.format is not None
    wide, count = widened(array), terms(array.shape, axes)
    eps, free = 2.0 ** (1 - dtype.format.digits), max(0.0, count - correction)
    with np.errstate(all="ignore"):
        center = np.asarray(wide.sum(axes, keepdims=True) / np.asarray(count, wide.dtype))
        square = np.asarray((np.abs(wide - center) ** 2).sum(axes, keepdims=keepdim))
        # The difference of an infinity and an infinite mean is NaN, in each part.
        exact = np.asarray(square / np.asarray(free, square.dtype))
        where = np.asarray((np.abs(wide) ** 2).sum(axes, keepdims=keepdim) <= largest(dtype))
        where &= (square == 0) | (exact >= smallest(dtype))
        where |= ~np.isfinite(square)
        size = np.abs(center).reshape(exact.shape)
        error = _error_of_variance(exact, size, _STEPS * (count + 1) * (step or eps))
        if root:
            exact = np.sqrt(exact)
            error = np.minimum(error / exact, np.sqrt(error))
        error = error + eps * exact
    bound = Dot(np.asarray(np.where(np.isfinite(error), error / eps, 0)), 1.0)
    return Within(exact, bound, dtypes.real_of(dtype), where=where, signed_zero=False)


def _error_of_variance(variance: Array, center: Array, unit: float) -> Array:
    """Return how far a two-pass or an updating algorithm may be off; `unit` is the rounding of all steps.

    Both lose digits as the mean grows against the deviation, by the first power of that ratio (Chan, Golub
    and LeVeque 1983); the difference of the mean square and the squared mean loses them by its square.
    """
    return np.asarray(unit * np.sqrt(variance * (variance + center**2)) + (unit * center) ** 2)


def variance_and_mean(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return Each((variance(array, axes, keepdim), _finite_mean(array, axes, keepdim)))


def deviation_and_mean(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return Each((deviation(array, axes, keepdim), _finite_mean(array, axes, keepdim)))


def _finite_mean(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Return the mean, open where it is infinite: an updating algorithm then gives NaN."""
    due = mean(array, axes, keepdim)
    assert isinstance(due, Within) and due.where is not None
    return replace(due, where=due.where & ~np.isinf(due.value))


_INEXACT = (*dtypes.FLOATS, *dtypes.COMPLEXES)
VAR = Reduction("var", variance, _INEXACT, dtypes.real_of, positional=False)
STD = Reduction("std", deviation, _INEXACT, dtypes.real_of, positional=False)
VAR_MEAN, STD_MEAN = (
    Reduction(name, law, dtypes.FLOATS, dtypes.real_of, method=False, positional=False, out=False)
    for name, law in (("var_mean", variance_and_mean), ("std_mean", deviation_and_mean))
)
SPREADS = (VAR, STD, VAR_MEAN, STD_MEAN)


def rows(array: Array, dim: int | None) -> tuple[Array, int]:
    """Return the array with one dimension at least, flat where no dimension is given, and the dimension."""
    if dim is None or array.ndim == 0:
        return array.reshape(-1), 0
    return array, dim % array.ndim


def result_shape(shape: Shape, dim: int, keepdim: bool) -> Shape:
    """Return the shape of a reduction of one dimension; a zero-dim tensor stays as it is."""
    return reduced_shape(shape, (dim % len(shape),), keepdim) if shape else ()


def chosen(array: Array, dim: int, keepdim: bool, values: Array, where: Array | None = None) -> Selection:
    """Return the outcome of picking one value per row; `values` have `dim` with size 1."""
    source, axis = rows(array, dim)
    return Selection(Places(source, axis, values, result_shape(array.shape, dim, keepdim)), where=where)


def extreme_values(array: Array, dim: int, *, largest: bool) -> Array:
    """Return the greatest or least element of each row, NaN where there is one; `dim` is kept."""
    source, axis = rows(array, dim)
    choose = np.maximum if largest else np.minimum
    with np.errstate(all="ignore"):
        return np.asarray(choose.reduce(source, axis=axis, keepdims=True)).astype(array.dtype)


def first_extreme(array: Array, dim: int | None, keepdim: bool, *, largest: bool) -> Array:
    """Return the first index of each row's greatest or least element, of its first NaN where there is one."""
    source, axis = rows(comparable(array), dim)
    found = (np.argmax if largest else np.argmin)(source, axis=axis, keepdims=keepdim)
    if dim is None:
        return np.asarray(found).reshape((1,) * array.ndim if keepdim else ())
    return np.asarray(found).reshape(result_shape(array.shape, dim, keepdim))


def ranked(array: Array, dim: int, ranks: Array) -> Array:
    """Return the element of a rank (from 0) of each row; `ranks` have `dim` with size 1."""
    return np.take_along_axis(in_ascending_order(array, dim), ranks, dim)


def median_values(array: Array, dim: int | None, *, skip_nan: bool) -> Array:
    """Return the lower middle element of each row, `dim` kept; a NaN wins unless it is left out."""
    source, axis = rows(array, dim)
    nan = np.isnan(source) if source.dtype.kind in "fV" else np.zeros(source.shape, np.bool_)
    has_nan = nan.any(axis, keepdims=True)
    counted = (~nan).sum(axis, keepdims=True)
    rank = np.maximum(counted - 1, 0) // 2
    if not skip_nan:
        rank = np.where(has_nan, source.shape[axis] - 1, rank)
    return ranked(source, axis, rank)


def mode_values(array: Array, dim: int) -> tuple[Array, Array]:
    """Return the least of the most frequent elements of each row and whether only one is that frequent.

    Rows with NaN count as ambiguous: whether NaN equals itself is not documented.
    """
    source, axis = rows(array, dim)
    last = np.moveaxis(source, axis, -1)
    table = last.reshape(-1, last.shape[-1])
    values = np.empty((len(table), 1), array.dtype)
    sole = np.empty((len(table), 1), np.bool_)
    for place, row in enumerate(comparable(table)):
        distinct, first, counts = np.unique(row, return_index=True, return_counts=True)
        values[place] = table[place, first[np.argmax(counts)]]
        sole[place] = (counts == counts.max()).sum() == 1 and not np.isnan(distinct).any()
    shape = (*last.shape[:-1], 1)
    return np.moveaxis(values.reshape(shape), -1, axis), np.moveaxis(sole.reshape(shape), -1, axis)


INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


def quantiles(
    array: Array, q: Array, dim: int | None, keepdim: bool, method: str = "linear", *, skip_nan: bool = False
) -> Outcome:
    """Return the element at position q x (n - 1) of each sorted row, between two by the method.

    Parameters
    ----------
    array : ndarray
        float32 or float64, not empty.
    q : ndarray
        Zero- or one-dimensional; a dimension of `q` comes first in the result.
    skip_nan : bool
        Whether NaN are left out; otherwise one makes the row's quantiles NaN.
    """
    source, axis = rows(array, dim)
    ordered = np.moveaxis(in_ascending_order(source, axis), axis, -1)
    nan = np.isnan(ordered)
    counts = (~nan).sum(-1)
    if not skip_nan:
        counts = np.where(nan.any(-1), 0, counts)
    shape = result_shape(array.shape, dim, keepdim) if dim is not None else (1,) * array.ndim * keepdim
    results = [_quantile(ordered, counts, level, method) for level in np.atleast_1d(q)]
    exact, low, high, sure = (np.stack(part).reshape(q.shape + shape) for part in zip(*results, strict=True))
    dtype = dtypes.of_array(array)
    if method in ("lower", "higher", "nearest"):
        return Exactly(exact.astype(dtype.storage), where=sure, signed_zero=False)
    # An interpolated value lies between its neighbours; the position itself is rounded once.
    spread = array.shape[dim] if dim is not None and array.ndim else array.size
    with np.errstate(invalid="ignore"):
        reach = np.abs(low) + np.abs(high) + spread * np.abs(high - low)
    fits = reach <= largest(dtype)
    bound = dot(2, np.where(fits, reach, 0), 2.0)
    return Within(exact, bound, dtype, where=sure & (fits | np.isnan(low)), signed_zero=False)


def _quantile(ordered: Array, counts: Array, q: float, method: str) -> tuple[Array, Array, Array, Array]:
    """Return the quantiles of rows, their neighbours, and where rounding cannot choose other neighbours."""
    wide = widened(ordered)
    position = np.asarray(widened(np.asarray(q)) * np.maximum(counts - 1, 0))
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    above = np.where(position == below, below, above)
    fraction = position - below
    low, high = (np.take_along_axis(wide, index[..., None], -1)[..., 0] for index in (below, above))
    with np.errstate(invalid="ignore"):
        exact = {
            "linear": low + (high - low) * fraction,
            "lower": low,
            "higher": high,
            "nearest": np.where(np.rint(position) == below, low, high),
            "midpoint": (low + high) / 2,
        }[method]
    empty = counts == 0
    # Rounded to the type, a position this near an integer or a half may fall on either side.
    doubt = np.minimum(np.abs(position - np.rint(position)), np.abs(fraction - 0.5))
    rounded = (position != np.rint(position)) & (fraction != 0.5)
    continuous = np.isfinite(wide).all(-1) & (method == "linear")
    sure = empty | continuous | ~((doubt < 1e-3) & rounded)
    exact = np.where(empty, np.nan, exact)
    return exact, np.where(empty, np.nan, low), np.where(empty, np.nan, high), sure


def covariance(array: Array, correction: float = 1) -> Outcome:
    """Return the covariances of rows, the variables, over columns; of one variable, its variance."""
    dtype = dtypes.of_array(array)
    exact, reach, count = _covariance(array, correction)
    return Within(exact, dot(count, reach, _STEPS), dtype, signed_zero=False)


def correlation(array: Array) -> Outcome:
    """Return the covariances divided by the deviations, from -1 to 1; open where a deviation is zero."""
    dtype = dtypes.of_array(array)
    exact, reach, count = _covariance(array, 1)
    with np.errstate(all="ignore"):
        spread = np.sqrt(np.diag(np.atleast_2d(exact)))
        scale = np.outer(spread, spread).reshape(exact.shape)
        ratio = np.clip(exact / scale, -1, 1)
        relative = reach / scale + 1
    where = np.asarray((scale > 0) & np.isfinite(relative))
    bound = dot(count, np.where(where, relative, 0), 4 * _STEPS)
    return Within(np.asarray(ratio), bound, dtype, where=where, signed_zero=False)


def _covariance(array: Array, correction: float) -> tuple[Array, Array, int]:
    wide = np.atleast_2d(widened(array))
    count = wide.shape[1]
    shape = (len(wide), len(wide)) if array.ndim == 2 else ()
    with np.errstate(all="ignore"):
        free = np.asarray(max(0.0, count - correction), wide.dtype)
        apart = wide - wide.mean(1, keepdims=True)
        exact = (apart @ apart.T) / free
        reach = np.sqrt(np.outer((wide**2).sum(1), (wide**2).sum(1))) / free
    return (
        np.asarray(exact).reshape(shape),
        np.asarray(np.where(np.isfinite(reach), reach, 0)).reshape(shape),
        count,
    )
