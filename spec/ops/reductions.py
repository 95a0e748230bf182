"""Reductions: what each makes of the elements it combines, exactly, and how far a result may lie from it.

Sources: the pages of the functions; ``numerical_accuracy`` for what floating sums do not promise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..accuracy import Array, Dot, dot, ulp, widened
from ..outcome import Each, Exactly, Outcome, Within
from ..rules import dtypes
from ..rules.dims import wrap_dims
from ..rules.dtypes import Category, DType

Shape = tuple[int, ...]
Axes = tuple[int, ...]
Dims = int | Sequence[int] | None
Law = Callable[[Array, Axes, bool], Outcome]

# Rounding errors of one step beside the summation: the division of a mean, the root of a norm.
_EXTRA = 2.0


def axes_of(dims: Dims, ndim: int) -> Axes:
    """Return the dimensions to reduce, from the front; None and an empty tuple mean all.

    Raises
    ------
    DimError
    RuntimeError
        If one occurs twice.
    """
    if dims is None or (not isinstance(dims, int) and len(dims) == 0):
        return tuple(range(ndim))
    given = (dims,) if isinstance(dims, int) else dims
    return tuple(axis for axis in wrap_dims(given, ndim) if ndim)


def reduced_shape(shape: Shape, axes: Axes, keepdim: bool) -> Shape:
    """Return the shape without the reduced dimensions, or with a 1 in their place."""
    if keepdim:
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def terms(shape: Shape, axes: Axes) -> int:
    """Return how many elements each result combines."""
    return int(np.prod([shape[axis] for axis in axes], dtype=np.int64))


def largest(dtype: DType) -> float:
    """Return the largest finite number of a floating or complex type's parts."""
    assert dtype.format is not None
    return float(np.ldexp(2.0 - 2.0 ** (1 - dtype.format.digits), dtype.format.emax))


def smallest(dtype: DType) -> float:
    """Return the smallest normal number of a floating or complex type's parts."""
    assert dtype.format is not None
    return float(2.0**dtype.format.emin)


def accumulated(dtype: DType) -> DType:
    """Return the type in which sums and products come: int64 for integers and bool, else the input's."""
    return dtypes.int64 if dtype.category < Category.FLOATING else dtype


def magnitudes(wide: Array) -> Array:
    """Return the absolute values, zero for a number or a part of one that is not finite."""
    if wide.dtype.kind == "c":
        return magnitudes(wide.real) + magnitudes(wide.imag)
    return np.asarray(np.where(np.isfinite(wide), np.abs(wide), 0))


def multipliable(wide: Array) -> Array:
    """Return which elements have a product that is documented: a complex one must be finite."""
    return np.isfinite(wide) if wide.dtype.kind == "c" else np.ones(wide.shape, np.bool_)


def total(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Sum the elements; open where the sum of the absolute values leaves the type."""
    return _sum(array, axes, keepdim, skip_nan=False, divide=False)


def mean(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return _sum(array, axes, keepdim, skip_nan=False, divide=True)


def nansum(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return _sum(array, axes, keepdim, skip_nan=True, divide=False)


def nanmean(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return _sum(array, axes, keepdim, skip_nan=True, divide=True)


def _sum(array: Array, axes: Axes, keepdim: bool, *, skip_nan: bool, divide: bool) -> Outcome:
    dtype = dtypes.of_array(array)
    if dtype.category < Category.FLOATING:
        return _integer_fold(np.add, array, axes, keepdim)
    wide = widened(array)
    counted = ~np.isnan(wide) if skip_nan else np.ones(wide.shape, np.bool_)
    wide = np.where(counted, wide, 0)
    with np.errstate(all="ignore"):
        exact = np.asarray(wide.sum(axes, keepdims=keepdim))
        magnitude = np.asarray(magnitudes(wide).sum(axes, keepdims=keepdim))
        where = np.asarray(magnitude <= largest(dtype))
        if divide:
            where &= multipliable(wide).all(axes, keepdims=keepdim)
            number = counted.sum(axes, keepdims=keepdim)
            exact, magnitude = np.asarray(exact / number), np.asarray(magnitude / np.maximum(number, 1))
    bound = dot(terms(array.shape, axes), magnitude, _EXTRA if divide else 1.0)
    return Within(exact, bound, dtype, where=where, signed_zero=False)


def _integer_fold(fold: np.ufunc, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Return the exact integer; open where a partial result may leave int64."""
    wide = array.astype(np.int64)
    exact = np.asarray(fold.reduce(wide, axis=axes, keepdims=keepdim))
    size = np.abs(array.astype(np.float64))
    with np.errstate(over="ignore"):
        bound = fold.reduce(size if fold is np.add else np.maximum(size, 1), axis=axes, keepdims=keepdim)
    return Exactly(exact, where=np.asarray(bound < 2.0**62))


def once_rounded(op: Reduction, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Sum 16-bit floating elements in single precision, divide for a mean, and round once."""
    dtype = dtypes.of_array(array)
    assert dtype.format is not None
    wide, count = widened(array), terms(array.shape, axes)
    with np.errstate(all="ignore"):
        exact = np.asarray(wide.sum(axes, keepdims=keepdim))
        magnitude = np.asarray(magnitudes(wide).sum(axes, keepdims=keepdim))
        where = np.asarray(magnitude <= 2.0**127)
        if op is MEAN:
            exact, magnitude = np.asarray(exact / count), np.asarray(magnitude / count)
    single, eps = 2.0**-23, 2.0 ** (1 - dtype.format.digits)
    finite = np.where(np.isfinite(exact), exact, 0)
    allowed = 0.5 * ulp(finite, dtype.format) + (count + 2) * single * magnitude
    return Within(exact, Dot(np.asarray(allowed / eps), 1.0), dtype, where=where, signed_zero=False)


def product(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Multiply the elements; open where a partial product may leave the type, at either end."""
    dtype = dtypes.of_array(array)
    if dtype.category < Category.FLOATING:
        return _integer_fold(np.multiply, array, axes, keepdim)
    wide = widened(array)
    size = np.abs(wide)
    with np.errstate(all="ignore"):
        exact = np.asarray(wide.prod(axes, keepdims=keepdim))
        high = np.where(np.isfinite(size), np.maximum(size, 1), 1).prod(axes, keepdims=keepdim)
        low = np.where(size > 0, np.minimum(size, 1), 1).prod(axes, keepdims=keepdim)
        where = np.asarray((high <= largest(dtype)) & (low >= smallest(dtype)))
        where &= multipliable(wide).all(axes, keepdims=keepdim)
        magnitude = np.asarray(np.where(np.isfinite(exact), np.abs(exact), 0))
    bound = dot(terms(array.shape, axes), magnitude, 4.0 if dtype.is_complex else 1.0)
    return Within(exact, bound, dtype, where=where, signed_zero=False)


def greatest(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Take the greatest element, NaN above all; either zero may stand for both."""
    return _extreme(np.maximum, array, axes, keepdim)


def least(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Take the least element, NaN below all; either zero may stand for both."""
    return _extreme(np.minimum, array, axes, keepdim)


def _extreme(choose: np.ufunc, array: Array, axes: Axes, keepdim: bool) -> Exactly:
    with np.errstate(all="ignore"):
        found = choose.reduce(array, axis=axes, keepdims=keepdim)
    return Exactly(np.asarray(found).astype(array.dtype), signed_zero=False)


def least_and_greatest(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return Each((least(array, axes, keepdim), greatest(array, axes, keepdim)))


def shared_gradient(array: Array, axes: Axes, gradient: Array, *, largest: bool) -> Array:
    """Return the gradient of each element of an extreme: equal parts for those that tie, zero for others."""
    extreme = (np.max if largest else np.min)(array, axis=axes, keepdims=True)
    hits = array == extreme
    shares = hits.sum(axes, keepdims=True)
    return np.asarray(np.where(hits, widened(gradient).reshape(extreme.shape) / shares, 0))


def all_nonzero(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Tell whether no element is zero; NaN is not zero."""
    found = np.all(array != 0, axis=axes, keepdims=keepdim)
    return Exactly(np.asarray(found).astype(truth(dtypes.of_array(array)).storage))


def any_nonzero(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Tell whether an element is not zero; NaN is not zero."""
    found = np.any(array != 0, axis=axes, keepdims=keepdim)
    return Exactly(np.asarray(found).astype(truth(dtypes.of_array(array)).storage))


def nonzero_count(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    return Exactly(np.asarray((array != 0).sum(axes, keepdims=keepdim, dtype=np.int64)))


def truth(dtype: DType) -> DType:
    """Return the type of `all` and `any`: bool, but uint8 for uint8."""
    return dtype if dtype is dtypes.uint8 else dtypes.bool_


def log_sum_exp(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Take the logarithm of the sum of exponentials, as if nothing overflowed."""
    dtype = floating(dtypes.of_array(array))
    wide = widened(array.astype(dtype.storage))
    with np.errstate(all="ignore"):
        top = np.max(wide, axis=axes, keepdims=True, initial=-np.inf)
        base = np.where(np.isfinite(top), top, 0)
        exact = np.log(np.exp(wide - base).sum(axes, keepdims=True)) + base
    exact = np.asarray(exact.reshape(reduced_shape(array.shape, axes, keepdim)))
    magnitude = 1 + magnitudes(exact) + magnitudes(top).reshape(exact.shape)
    bound = dot(terms(array.shape, axes), magnitude, _EXTRA)
    return Within(exact, bound, dtype, signed_zero=False)


def floating(dtype: DType) -> DType:
    """Return the default floating type for integers and bool, other types unchanged."""
    return dtypes.float32 if dtype.category < Category.FLOATING else dtype


@dataclass(frozen=True, eq=False)
class Reduction:
    """A function that combines the elements of dimensions.

    Attributes
    ----------
    name : str
        Below ``torch``.
    law : callable
        Takes the elements, the dimensions and keepdim and returns the outcomes allowed.
    dtypes : tuple of DType
        The types taken.
    result : callable
        Takes the type of the input and returns that of the result.
    many : bool
        Several dimensions may be given.
    whole : bool
        The dimension may be left out, and all are reduced.
    keepdim : {"always", "with dim", "never"}
        When there is a keepdim argument.
    identity : bool
        The reduction of no elements has a value.
    method : bool
        There is a method of the same name.
    positional : bool
        The dimension and keepdim may be given without their names.
    out : bool
        There is an ``out=`` form where a dimension is given.
    names : tuple of str
        The field names of a result of several tensors.
    """

    name: str
    law: Law
    dtypes: tuple[DType, ...] = dtypes.COMMON
    result: Callable[[DType], DType] = accumulated
    many: bool = True
    whole: bool = True
    keepdim: str = "always"
    identity: bool = True
    method: bool = True
    positional: bool = True
    out: bool = True
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _same(dtype: DType) -> DType:
    return dtype


def _count(dtype: DType) -> DType:
    return dtypes.int64


_INEXACT = (*dtypes.FLOATS, *dtypes.COMPLEXES)
_ORDERED = (dtypes.bool_, *dtypes.REALS)

SUM = Reduction("sum", total)
MEAN = Reduction("mean", mean, _INEXACT, _same)
NANSUM = Reduction("nansum", nansum, _ORDERED)
NANMEAN = Reduction("nanmean", nanmean, dtypes.FLOATS, _same)
PROD = Reduction("prod", product, many=False, keepdim="with dim")
AMAX = Reduction("amax", greatest, _ORDERED, _same, identity=False)
AMIN = Reduction("amin", least, _ORDERED, _same, identity=False)
AMINMAX = Reduction(
    "aminmax",
    least_and_greatest,
    _ORDERED,
    _same,
    many=False,
    identity=False,
    positional=False,
    names=("min", "max"),
)
ALL = Reduction("all", all_nonzero, result=truth)
ANY = Reduction("any", any_nonzero, result=truth)
COUNT_NONZERO = Reduction("count_nonzero", nonzero_count, result=_count, keepdim="never", out=False)
LOGSUMEXP = Reduction("logsumexp", log_sum_exp, _ORDERED, floating, whole=False)

SUMS = (SUM, MEAN, PROD)
NAN_SUMS = (NANSUM, NANMEAN)
EXTREMES = (AMAX, AMIN, AMINMAX)
TESTS = (ALL, ANY)
FOLDS = (*SUMS, *NAN_SUMS, *EXTREMES, *TESTS, COUNT_NONZERO, LOGSUMEXP)
