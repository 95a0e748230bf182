"""Functions that combine the elements of dimensions. Sources: the pages of the functions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import dtypes, return_types
from .dispatch import FUNCTIONS, op
from .folding import HINT, axes_of, lacks_kernel, placed, refuse_empty_dims, refuse_empty_whole, rows_of
from .kernels import Array, as_tensor, elements, fresh, to_floating
from .tensor import Tensor

# Sums and products.


def accumulated(input: Tensor, dtype: dtypes.dtype | None) -> dtypes.dtype:
    """Return the type of a sum or product: the one asked for, int64 for integers and bool."""
    own = as_tensor(input).dtype
    return dtype or (own if own.is_differentiable else dtypes.int64)


def sum_of(values: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    """Return a sum in the type of its terms."""
    with np.errstate(all="ignore"):
        return np.asarray(np.sum(values, axis=axes, keepdims=bool(keepdim), dtype=values.dtype))


@op("sum", out=True)
def sum(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Return the sum over dimensions, over all for None and for ``()``; integers and bools sum as int64."""
    kind = accumulated(input, dtype)
    return fresh(sum_of(elements(input, kind), axes_of(input, dim), keepdim), kind)


@op("nansum", out=True)
def nansum(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Return the sum of what is not NaN."""
    if input.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    kind = accumulated(input, dtype)
    values = elements(input, kind)
    if kind.is_floating_point:
        values = np.where(np.isnan(values), 0, values)
    return fresh(sum_of(values, axes_of(input, dim), keepdim), kind)


@op("mean", out=True)
def mean(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Return the sum divided by the count; NaN of nothing. Integers need ``dtype``."""
    kind = dtype or input.dtype
    if not kind.is_differentiable:
        raise RuntimeError(
            f"mean(): could not infer output dtype. {'Optional' if dtype else 'Input'} dtype must be either "
            f"a floating point or complex dtype. Got: {kind.scalar_name}"
        )
    values, axes = elements(input, kind), axes_of(input, dim)
    count = np.prod([input.shape[axis] for axis in axes], dtype=np.int64)
    with np.errstate(all="ignore"):
        return fresh(sum_of(values, axes, keepdim) / values.dtype.type(count), kind)


@op("nanmean", out=True)
def nanmean(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Return the mean of what is not NaN; NaN where nothing is."""
    if not input.dtype.is_differentiable:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{input.dtype.scalar_name}"
        )
    if input.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    kind = dtype or input.dtype
    values, axes = elements(input, kind), axes_of(input, dim)
    counted = ~np.isnan(values)
    total = sum_of(np.where(counted, values, 0), axes, keepdim)
    with np.errstate(all="ignore"):
        return fresh(total / counted.sum(axes, keepdims=bool(keepdim), dtype=total.dtype), kind)


@op("prod", out=True)
def prod(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Return the product over one dimension or all; integers and bools multiply as int64."""
    if isinstance(dim, tuple | list):
        raise TypeError(f"prod(): argument 'dim' must be int, not {type(dim).__name__}")
    kind = accumulated(input, dtype)
    values = elements(input, kind)
    with np.errstate(all="ignore"):
        found = np.prod(values, axis=axes_of(input, dim), keepdims=bool(keepdim), dtype=values.dtype)
    return fresh(found, kind)


@op("logsumexp", "special.logsumexp", out=True)
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exponentials, the greatest element taken out first."""
    kind = to_floating(input.dtype)
    values, axes = elements(input, kind), axes_of(input, dim)
    with np.errstate(all="ignore"):
        top = values.real.max(axes, keepdims=True, initial=-np.inf)
        base = np.where(np.isfinite(top), top, 0).astype(values.dtype)
        total = np.log(np.exp(values - base).sum(axes, keepdims=True)) + base
    return fresh(total if keepdim else np.squeeze(total, axes), kind)


# Tests and counts.


def _tested(test: Any, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    kind = dtypes.uint8 if input.dtype is dtypes.uint8 else dtypes.bool_
    hits = elements(input, input.dtype) != 0
    if dim == () or dim == []:
        return fresh(hits, kind)
    return fresh(test(hits, axis=axes_of(input, dim), keepdims=bool(keepdim)), kind)


@op("all", out=True, differentiable=False)
def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return whether no element is zero, as bool, for uint8 as uint8; ``dim=()`` reduces nothing."""
    return _tested(np.all, input, dim, keepdim)


@op("any", out=True, differentiable=False)
def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return whether an element is not zero, as bool, for uint8 as uint8; ``dim=()`` reduces nothing."""
    return _tested(np.any, input, dim, keepdim)


@op("count_nonzero", differentiable=False)
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """Return how many elements are not zero, as int64."""
    hits = elements(input, input.dtype) != 0
    return fresh(np.sum(hits, axis=axes_of(input, dim), dtype=np.int64))


# Extremes.


def _extreme(name: str, fold: Any, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    if dim is None or dim == () or dim == []:
        refuse_empty_whole(name, input, RuntimeError, HINT)
    axes = axes_of(input, dim)
    refuse_empty_dims(name, input, axes)
    if input.dtype.is_complex:
        raise lacks_kernel(f"{name[1:]}_values_cpu", input.dtype)
    with np.errstate(all="ignore"):
        found = fold(elements(input, input.dtype), axis=axes, keepdims=bool(keepdim))
    return fresh(found, input.dtype)


@op("amax", out=True)
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """Return the greatest elements over dimensions, NaN where there is one."""
    return _extreme("amax", np.max, input, dim, keepdim)


@op("amin", out=True)
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """Return the least elements over dimensions, NaN where there is one."""
    return _extreme("amin", np.min, input, dim, keepdim)


@op("aminmax", out=True, exact_out=True)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the least and the greatest elements as a named tuple."""
    if dim is None and not input.numel():
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    axes = axes_of(input, dim)
    refuse_empty_dims("aminmax", input, axes)
    if input.dtype.is_complex:
        raise lacks_kernel("aminmax_cpu", input.dtype)
    values = elements(input, input.dtype)
    with np.errstate(all="ignore"):
        both = [fold(values, axis=axes, keepdims=bool(keepdim)) for fold in (np.min, np.max)]
    return return_types.aminmax(*(fresh(one, input.dtype) for one in both))


def _whole_or_row(name: str, find: Any, input: Tensor, dim: int | None, keepdim: bool) -> Any:
    if dim is None:
        refuse_empty_whole(name, input, RuntimeError, HINT)
        if input.dtype.is_complex:
            raise lacks_kernel(f"{name}_all", input.dtype)
        values = elements(input, input.dtype).reshape(-1)
        return fresh(values[find(values)], input.dtype)
    values, axis = rows_of(input, dim)
    refuse_empty_dims(name, input, axes_of(input, dim))
    if input.dtype.is_complex:
        raise RuntimeError(f"{name}(): does not support complex input")
    indices = find(values, axis=axis, keepdims=True)
    found = placed(np.take_along_axis(values, indices, axis), input, axis, keepdim)
    places = placed(indices, input, axis, keepdim)
    return getattr(return_types, name)(fresh(found, input.dtype), fresh(places, dtypes.int64))


@op("max", out=True)
def max(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the greatest element of all, or those along a dimension with their first indices.

    A NaN counts as the greatest. With a tensor as second argument it is `maximum`.
    """
    return _whole_or_row("max", np.argmax, input, dim, keepdim)


@op("min", out=True)
def min(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the least element of all, or those along a dimension with their first indices.

    A NaN counts as the least. With a tensor as second argument it is `minimum`.
    """
    return _whole_or_row("min", np.argmin, input, dim, keepdim)


def _or_elementwise(name: str, elementwise: str) -> None:
    """Let the function and the method of a reduction take a second tensor, as the elementwise one does."""

    def with_choice(reducing: Any) -> Any:
        def either(*args: Any, **kwargs: Any) -> Any:
            second = args[1] if len(args) > 1 else kwargs.get("other")
            chosen = FUNCTIONS[elementwise] if isinstance(second, Tensor) else reducing
            return chosen(*args, **kwargs)

        return functools.update_wrapper(either, reducing)

    FUNCTIONS[name] = with_choice(FUNCTIONS[name])
    setattr(Tensor, name, with_choice(getattr(Tensor, name)))


_or_elementwise("max", "maximum")
_or_elementwise("min", "minimum")


def _argument(name: str, find: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    if input.dtype is dtypes.bool_ or input.dtype.is_complex:
        raise RuntimeError(
            f"{name}(): does not support {'complex' if input.dtype.is_complex else 'bool'} input"
        )
    if dim is None:
        refuse_empty_whole(name, input, IndexError)
        found = np.asarray(find(elements(input, input.dtype).reshape(-1)))
        return fresh(found.reshape((1,) * input.ndim if keepdim else ()), dtypes.int64)
    values, axis = rows_of(input, dim)
    refuse_empty_dims(name, input, axes_of(input, dim))
    return fresh(placed(find(values, axis=axis, keepdims=True), input, axis, keepdim), dtypes.int64)


@op("argmax", out=True, differentiable=False)
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the first index of the greatest element, or of the first NaN."""
    return _argument("argmax", np.argmax, input, dim, keepdim)


@op("argmin", out=True, differentiable=False)
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the first index of the least element, or of the first NaN."""
    return _argument("argmin", np.argmin, input, dim, keepdim)
