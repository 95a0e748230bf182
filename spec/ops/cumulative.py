"""Running results along a dimension, and differences, exactly.

Sources: ``torch.cumsum``, ``torch.cumprod``, ``torch.cummax``, ``torch.logcumsumexp``, ``torch.diff``,
``torch.trapezoid``, ``torch.cumulative_trapezoid``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..accuracy import ROUNDED, Array, Dot, dot, widened
from ..outcome import Exactly, Outcome, Within
from ..rules import dtypes
from ..rules.dtypes import Category, DType
from ..selection import Places, Selection
from .reductions import accumulated, largest, magnitudes, multipliable, smallest
from .statistics import rows

Law = Callable[[Array, int], Outcome]


@dataclass(frozen=True, eq=False)
class Scan:
    """A function whose result at each place combines the elements up to it.

    Attributes
    ----------
    name : str
        Below ``torch``.
    law : callable
        Takes the elements and the dimension and returns the outcomes allowed.
    dtypes : tuple of DType
    result : callable
        Takes the type of the input and returns that of the result.
    inplace : bool
        There is a method that writes into its tensor.
    """

    name: str
    law: Law
    dtypes: tuple[DType, ...]
    result: Callable[[DType], DType]
    inplace: bool = False

    def __str__(self) -> str:
        return self.name


def running_sum(array: Array, dim: int) -> Outcome:
    """Sum the elements up to each place; open from where their absolute sum leaves the type."""
    dtype = dtypes.of_array(array)
    source, axis = rows(array, dim)
    if dtype.category < Category.FLOATING:
        return _integer_scan(np.add, array, dim)
    wide = widened(source)
    with np.errstate(all="ignore"):
        exact = np.cumsum(wide, axis).reshape(array.shape)
        magnitude = np.cumsum(magnitudes(wide), axis).reshape(array.shape)
    bound = dot(source.shape[axis], magnitude)
    return Within(exact, bound, dtype, where=np.asarray(magnitude <= largest(dtype)), signed_zero=False)


def running_product(array: Array, dim: int) -> Outcome:
    """Multiply the elements up to each place; open from where a partial product may leave the type."""
    dtype = dtypes.of_array(array)
    source, axis = rows(array, dim)
    if dtype.category < Category.FLOATING:
        return _integer_scan(np.multiply, array, dim)
    wide = widened(source)
    size = np.abs(wide)
    with np.errstate(all="ignore"):
        exact = np.cumprod(wide, axis).reshape(array.shape)
        high = np.cumprod(np.where(np.isfinite(size), np.maximum(size, 1), 1), axis)
        low = np.cumprod(np.where(size > 0, np.minimum(size, 1), 1), axis)
        sound = np.logical_and.accumulate(multipliable(wide), axis)
        where = np.asarray((high <= largest(dtype)) & (low >= smallest(dtype)) & sound).reshape(array.shape)
        magnitude = np.where(np.isfinite(exact), np.abs(exact), 0)
    bound = dot(source.shape[axis], magnitude, 4.0 if dtype.is_complex else 1.0)
    return Within(exact, bound, dtype, where=where, signed_zero=False)


def _integer_scan(fold: np.ufunc, array: Array, dim: int) -> Outcome:
    source, axis = rows(array, dim)
    exact = fold.accumulate(source.astype(np.int64), axis).reshape(array.shape)
    size = np.abs(source.astype(np.float64))
    with np.errstate(over="ignore"):
        reach = fold.accumulate(size if fold is np.add else np.maximum(size, 1), axis).reshape(array.shape)
    return Exactly(exact, where=np.asarray(reach < 2.0**62))


def running_maximum(array: Array, dim: int) -> Outcome:
    """Take the greatest element up to each place, NaN from the first NaN on, and an index of it."""
    return _running_extreme(np.maximum, array, dim)


def running_minimum(array: Array, dim: int) -> Outcome:
    """Take the least element up to each place, NaN from the first NaN on, and an index of it."""
    return _running_extreme(np.minimum, array, dim)


def _running_extreme(choose: np.ufunc, array: Array, dim: int) -> Outcome:
    source, axis = rows(array, dim)
    with np.errstate(all="ignore"):
        values = choose.accumulate(source, axis).astype(array.dtype)
    return Selection(Places(source, axis, values, array.shape, upto=True))


def latest_index(array: Array, dim: int, *, largest: bool) -> Array:
    """Return the last place, up to each, of the extreme so far; a NaN that follows a NaN moves it on."""
    source, axis = rows(array, dim)
    choose = np.maximum if largest else np.minimum
    with np.errstate(all="ignore"):
        values = choose.accumulate(source, axis)
        here = (source == values) | ((source != source) & (values != values))
    places = np.arange(source.shape[axis]).reshape([-1 if a == axis else 1 for a in range(source.ndim)])
    return np.maximum.accumulate(np.where(here, places, 0), axis).reshape(array.shape)


def running_log_sum_exp(array: Array, dim: int) -> Outcome:
    """Take the logarithm of the sum of exponentials up to each place, as if nothing overflowed."""
    dtype = dtypes.of_array(array)
    source, axis = rows(array, dim)
    wide = widened(source)
    with np.errstate(all="ignore"):
        exact = np.logaddexp.accumulate(wide, axis).reshape(array.shape)
        reach = np.maximum.accumulate(magnitudes(wide), axis).reshape(array.shape)
    magnitude = 1 + magnitudes(exact) + reach
    return Within(exact, dot(source.shape[axis], magnitude, 4.0), dtype, signed_zero=False)


def _same(dtype: DType) -> DType:
    return dtype


_ORDERED = (dtypes.bool_, *dtypes.REALS)
CUMSUM = Scan("cumsum", running_sum, dtypes.COMMON, accumulated, inplace=True)
CUMPROD = Scan("cumprod", running_product, dtypes.COMMON, accumulated, inplace=True)
CUMMAX = Scan("cummax", running_maximum, _ORDERED, _same)
CUMMIN = Scan("cummin", running_minimum, _ORDERED, _same)
LOGCUMSUMEXP = Scan("logcumsumexp", running_log_sum_exp, dtypes.FLOATS, _same)
SCANS = (CUMSUM, CUMPROD, CUMMAX, CUMMIN, LOGCUMSUMEXP)


def difference(
    array: Array, n: int, dim: int, prepend: Array | None = None, append: Array | None = None
) -> Outcome:
    """Subtract each element from the next, n times; bool elements by exclusive or."""
    parts = [part for part in (prepend, array, append) if part is not None]
    dtype = dtypes.of_array(array)
    joined = np.concatenate(parts, dim) if len(parts) > 1 else array
    if dtype is dtypes.bool_:
        return Exactly(_times(np.logical_xor, joined, n, dim))
    if dtype.is_integral:
        with np.errstate(all="ignore"):
            return Exactly(_times(np.subtract, joined, n, dim).astype(dtype.storage))
    exact, reach = (_times(fold, wide, n, dim) for fold, wide in _wide_folds(joined))
    if n == 1 and not dtype.is_complex:
        return Within(exact, ROUNDED, dtype, signed_zero=False)
    # The rounding of each round is carried into the later ones.
    where = (reach <= largest(dtype)) & (multipliable(exact) if dtype.is_complex else True)
    return Within(exact, Dot(reach, n + 1.0), dtype, where=where, signed_zero=False)


def _wide_folds(joined: Array) -> tuple[tuple[np.ufunc, Array], tuple[np.ufunc, Array]]:
    wide = widened(joined)
    return (np.subtract, wide), (np.add, magnitudes(wide))


def _times(fold: np.ufunc, array: Array, n: int, dim: int) -> Array:
    """Combine each element with the one before it, n times."""
    moved = np.moveaxis(array, dim, -1)
    with np.errstate(all="ignore"):
        for _ in range(min(n, moved.shape[-1])):
            moved = fold(moved[..., 1:], moved[..., :-1])
    return np.moveaxis(moved, -1, dim)


def trapezoid(y: Array, spacing: Array | float, dim: int, *, cumulative: bool) -> Outcome:
    """Sum the means of neighbours times their distances.

    Parameters
    ----------
    spacing : float or ndarray
        The distance of neighbours, or their places: an array of the shape of `y`.
    """
    dtype = dtypes.of_array(y)
    wide = np.moveaxis(widened(y), dim, -1)
    apart: Array | float = spacing if isinstance(spacing, float) else np.diff(widened(spacing), axis=dim)
    if not isinstance(apart, float):
        apart = np.moveaxis(apart, dim, -1)
    parts = apart * (wide[..., 1:] + wide[..., :-1]) / 2
    size = np.abs(apart) * (np.abs(wide[..., 1:]) + np.abs(wide[..., :-1]))
    count = y.shape[dim]
    if cumulative:
        exact, reach = (np.moveaxis(np.cumsum(part, -1), -1, dim) for part in (parts, size))
    else:
        exact, reach = parts.sum(-1), size.sum(-1)
    return Within(np.asarray(exact), dot(count, np.asarray(reach), 3.0), dtype, signed_zero=False)
