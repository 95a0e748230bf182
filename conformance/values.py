"""Tables of 256 curated values for each data type, from which a byte picks an element.

A normal generator never makes a NaN, a negative zero, a tie or a neighbour of a power of two; these tables
hold them in fixed proportion. The first entries are the simplest.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import ml_dtypes
import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import Category, DType

Array = np.ndarray[Any, np.dtype[Any]]

# any: specials included; finite: neither NaN nor infinity, moderate magnitudes and extremes;
# exact: multiples of 1/8 (or small integers) whose sums and products are exact; distinct: no value twice;
# small: -8 to 8; positive: above zero, finite; unit: from -1 to 1; ties: few distinct values.
# special: zeros, infinities, NaN, subnormals, extremes (of integers: any);
# dividend, divisor: any, but no quotient of integers is by zero or past the range; shift: below the width.
_General = Literal["any", "finite", "exact", "distinct", "small", "positive", "unit", "ties"]
Kind = _General | Literal["special", "dividend", "divisor", "shift"]

_SPECIAL_COUNT = 64
_MOST_SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0])


@cache
def table(dtype: DType, kind: Kind = "any") -> Array:
    """Return the 256 values a byte may pick, in the NumPy type of `dtype`."""
    match dtype.category:
        case Category.BOOL:
            values: Array = np.arange(256) % 2 == 1
        case Category.INTEGER:
            values = _integers(dtype, kind)
        case Category.FLOATING:
            values = _floats(dtype, kind)
        case Category.COMPLEX:
            values = _complexes(dtype, kind)
    values = np.asarray(values)
    values.flags.writeable = False
    return values


def specials(dtype: DType) -> Array:
    """Return the special values: zeros, infinities, NaN, subnormals, extremes, neighbours of 2^k."""
    fmt = dtype.format
    assert fmt is not None
    tiny, eps = 2.0**fmt.emin, 2.0 ** (1 - fmt.digits)
    largest = float(ml_dtypes.finfo(dtype.storage).max)  # type: ignore[no-untyped-call]
    integral = 2.0**fmt.digits
    magnitudes = [
        *(
            0.0,
            float("inf"),
            float("nan"),
            tiny,
            tiny * eps,
            tiny * (1 - eps),
            largest,
            largest / 2,
            tiny * 2,
        ),
        *(1 + eps, 1 - eps / 2, 0.5, 1.5, 2.5, 3.5, integral, integral - 1, integral + 2, 1 / 3, 0.1, 0.7),
        *(2.0**k for k in (-1, 7, 8, 10, -10)),
        *(2.0**k - 1 for k in (7, 8)),
        *(np.pi, np.e, np.pi / 2, 88.0),
    ]
    return np.array([sign * value for value in magnitudes for sign in (1.0, -1.0)])[:_SPECIAL_COUNT]


def smallest_normal(dtype: DType) -> float:
    """Return the smallest normal number of a floating type."""
    assert dtype.format is not None
    return float(2.0**dtype.format.emin)


def _ordinary(count: int, spread: float) -> Array:
    """Return simple numbers first, then ones that vary over `spread` decimal orders of magnitude."""
    simple = [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, 4.0, -3.0, 0.25, 10.0]
    rng = np.random.Generator(np.random.PCG64(20))
    varied = rng.choice([-1.0, 1.0], count) * 10.0 ** rng.uniform(-spread / 2, spread / 2, count)
    return np.concatenate([simple, varied])[:count]


def _floats(dtype: DType, kind: Kind) -> Array:
    fmt = dtype.format
    assert fmt is not None
    spread = min(8.0, (fmt.emax - 2) * 0.3)
    ordinary = _ordinary(256, spread)
    match kind:
        case "any" | "dividend" | "divisor":
            values = np.concatenate([ordinary[: 256 - _SPECIAL_COUNT], specials(dtype)])
        case "special":
            values = np.concatenate([specials(dtype), np.tile(_MOST_SPECIAL, 32)])
        case "finite":
            values = np.concatenate([ordinary[: 256 - _SPECIAL_COUNT], specials(dtype)])
            values = np.where(np.isfinite(values), values, 6.5)
        case "positive":
            values = np.abs(ordinary) + (ordinary == 0) * 0.75
        case "unit":
            values = np.concatenate([[0.0, 1.0, -1.0, 0.5], np.linspace(-1, 1, 252)])
        case _:
            return _exact(kind).astype(dtype.storage)
    with np.errstate(over="ignore"):
        return values.astype(dtype.storage)


def _exact(kind: Kind) -> Array:
    index = np.arange(256)
    match kind:
        case "ties":
            return np.array([0.0, 1.0, -1.0, 2.0])[index % 4]
        case "small":
            return np.concatenate([index[:9], -index[1:9], np.tile(np.arange(-8, 9), 16)[: 256 - 17]]) * 1.0
        case "distinct":
            return index * 1.0
    steps = np.where(index % 2 == 0, index // 2, -(index + 1) // 2)
    return steps / 8.0


def _integers(dtype: DType, kind: Kind) -> Array:
    low, high = dtypes.integer_range(dtype)
    index = np.arange(256)
    signed = np.where(index % 2 == 0, index // 2, -(index + 1) // 2)
    if kind in ("dividend", "divisor"):
        values = _integers(dtype, "any")
        return np.where(values == (low if kind == "dividend" and low else 0), values.dtype.type(1), values)
    if kind == "shift":
        return (index % dtype.bits).astype(dtype.storage)
    if kind in ("any", "special", "finite"):
        edges = [low, high, low + 1, high - 1, high // 2, low // 2]
        powers = [s * (2**k + d) for k in (7, 8, 15, 16, 24, 31, 32, 53) for d in (-1, 0, 1) for s in (1, -1)]
        fitting = [value for value in edges + powers if low <= value <= high]
        simple = [int(v) for v in signed if low <= v <= high][: 256 - len(fitting)]
        listed = [*simple, *fitting] * 3
        return np.array(listed[:256], dtype=dtype.storage)
    if kind == "distinct":
        return (index % (high + 1)).astype(dtype.storage) if high < 255 else index.astype(dtype.storage)
    if kind == "ties":
        return (index % 4).astype(dtype.storage)
    if kind in ("positive", "unit"):
        return (1 + index % 9 if kind == "positive" else index % 2).astype(dtype.storage)
    small = signed % 9 if low == 0 else np.sign(signed) * (np.abs(signed) % 9)
    return small.astype(dtype.storage)


def _complexes(dtype: DType, kind: Kind) -> Array:
    part = table(dtypes.real_of(dtype), kind)
    index = np.arange(256)
    values = np.empty(256, dtype.storage)
    values.real = part[index]
    values.imag = part[(index * 77) % 256]
    return values
