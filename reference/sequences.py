"""Evenly spaced numbers, the identity and the indices of triangles. Sources: the pages of the functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorcanon.spec.rules import combinations
from tensorcanon.spec.rules import sequences as rules

from . import dtypes
from .casting import cast
from .creation import Options, finished, plain_number
from .devices import checked
from .dispatch import op
from .kernels import as_int, fresh
from .tensor import Tensor

Array = np.ndarray[Any, Any]
# The types without a kernel for sequences.
_LIMITED = {"bool", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"}


def _made(values: Array, kind: dtypes.dtype, options: Options) -> Tensor:
    checked(options.device)
    return finished(fresh(cast(values, kind), kind), options.requires_grad)


def _refuse_limited(name: str, kind: dtypes.dtype) -> None:
    if kind.rule.name in _LIMITED:
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind.scalar_name}'")


@op("arange", method=False, out=True, exact_out=True)
def arange(*args: Any, start: Any = None, end: Any = None, step: Any = None, **options: Any) -> Tensor:
    """Return the numbers from start (0) to before end by step (1).

    The count is that of float64 arithmetic; integer types take the whole parts of start and step, int64
    takes them before it counts.

    Raises
    ------
    RuntimeError
        For a step of 0 or of the wrong sign and for bounds that are not finite.
    NotImplementedError
        For bool and complex types.
    """
    bounds = _bounds(args, {"start": start, "end": end, "step": step})
    chosen = Options(**options)
    default = dtypes.get_default_dtype()
    kind = dtypes.given(chosen.dtype) or dtypes.of(rules.arange_dtype(*bounds, default=default.rule))
    first, stop, by = bounds
    if not (math.isfinite(first) and math.isfinite(stop)):
        raise RuntimeError(f"unsupported range: {first} -> {stop}")
    if by == 0:
        raise RuntimeError("step must be nonzero")
    if (stop - first) * by < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    _refuse_limited("arange_cpu", kind)
    if kind.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{kind.scalar_name}'")
    if kind is dtypes.int64:
        first, stop, by = int(first), int(stop), int(by)
    if by == 0:
        raise ValueError("step must be nonzero")
    count = rules.arange_length(first, stop, by)
    if kind.is_integral:
        return _made(np.int64(first) + np.arange(count) * np.int64(by), kind, chosen)
    return _made(first + np.arange(count) * np.float64(by), kind, chosen)


def _bounds(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any, Any]:
    alone = len(args) == 1 and named["end"] is None
    order = ("end",) if alone else ("start", "end", "step")
    if len(args) > 3:
        raise TypeError(f"arange() takes at most 3 positional arguments ({len(args)} given)")
    given = {**named, **dict(zip(order, args, strict=False))}
    numbers = {key: plain_number(value) for key, value in given.items() if value is not None}
    for value in numbers.values():
        if not isinstance(value, int | float):
            raise TypeError(f"arange() received an argument of type {type(value).__name__}")
    if "end" not in numbers:
        raise TypeError("arange() missing the argument 'end'")
    return numbers.get("start", 0), numbers["end"], numbers.get("step", 1)


@op("linspace", method=False, out=True, exact_out=True)
def linspace(start: Any, end: Any, steps: Any, **options: Any) -> Tensor:
    """Return so many evenly spaced numbers, both ends included.

    Raises
    ------
    RuntimeError
        For a negative number of steps and for ends that are tensors with dimensions.
    """
    chosen = Options(**options)
    values, kind = _spaced("linspace", start, end, steps, chosen)
    return _made(values, kind, chosen)


@op("logspace", method=False, out=True, exact_out=True)
def logspace(start: Any, end: Any, steps: Any, base: float = 10.0, **options: Any) -> Tensor:
    """Return the base to the power of evenly spaced numbers."""
    chosen = Options(**options)
    exponents, kind = _spaced("logspace", start, end, steps, chosen)
    with np.errstate(all="ignore"):
        return _made(np.asarray(np.power(base, exponents)), kind, chosen)


def _spaced(name: str, start: Any, end: Any, steps: Any, options: Options) -> tuple[Array, dtypes.dtype]:
    for bound, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor) and value.ndim:
            raise RuntimeError(
                f"{name} only supports 0-dimensional start and end tensors, "
                f"but got {bound} with {value.ndim} dimension(s)."
            )
    count = as_int(steps)
    if count < 0:
        raise RuntimeError("number of steps must be non-negative")
    first, last = plain_number(start), plain_number(end)
    default = dtypes.get_default_dtype()
    is_complex = isinstance(first, complex) or isinstance(last, complex)
    kind = dtypes.given(options.dtype) or (default.to_complex() if is_complex else default)
    _refuse_limited(f"{name}_cpu", kind)
    if kind.is_integral:
        first, last = int(first), int(last)
    if count == 1:
        return np.asarray([first]), kind
    return _between(first, last, count), kind


def _between(first: Any, last: Any, count: int) -> Array:
    """Count from both ends, so that each is met exactly."""
    if not count:
        return np.zeros(0)
    step = (last - first) / (count - 1)
    place = np.arange(count)
    with np.errstate(all="ignore"):
        values = np.where(place < count // 2, first + place * step, last - (count - 1 - place) * step)
    return np.asarray(values)


@op("eye", method=False, out=True, exact_out=True)
def eye(n: Any, m: Any = None, **options: Any) -> Tensor:
    """Return a matrix with ones on its main diagonal."""
    rows = as_int(n)
    columns = rows if m is None else as_int(m)
    for name, size in (("n", rows), ("m", columns)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    chosen = Options(**options)
    kind = dtypes.given(chosen.dtype) or dtypes.get_default_dtype()
    return _made(np.eye(rows, columns), kind, chosen)


@op("tril_indices", method=False)
def tril_indices(row: Any, col: Any, offset: Any = 0, **options: Any) -> Tensor:
    """Return rows above columns of the places on and below a diagonal."""
    return _triangle("tril_indices", row, col, offset, Options(**options))


@op("triu_indices", method=False)
def triu_indices(row: Any, col: Any, offset: Any = 0, **options: Any) -> Tensor:
    """Return rows above columns of the places on and above a diagonal."""
    return _triangle("triu_indices", row, col, offset, Options(**options))


def _triangle(name: str, row: Any, col: Any, offset: Any, options: Options) -> Tensor:
    rows, columns = as_int(row), as_int(col)
    for what, size in (("row", rows), ("col", columns)):
        if size < 0:
            raise RuntimeError(f"{what} must be non-negative, got{size}")
    kind = dtypes.given(options.dtype) or dtypes.int64
    if kind not in (dtypes.int32, dtypes.int64):
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind.scalar_name}'")
    places = combinations.triangle(rows, columns, as_int(offset), lower=name == "tril_indices")
    return _made(places, kind, options)
