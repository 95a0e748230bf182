"""Functions that fold, run over, sort or count elements, exactly. Sources: the functions' pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules import dtypes
from ..rules.dtypes import DType
from .columns import BOTH, CUBE, DEEP, FINE, LONG, METHOD, NEITHER, OUT, TALL, WIDE
from .function import Function, Values

# Tests of uint8 give uint8.
LOGICAL = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.uint8)
NUMBERS = (*dtypes.FLOATS, *dtypes.COMPLEXES)


def _fold(
    name: str,
    exact: Callable[..., Any],
    *args: Any,
    terms: int = 16,
    values: Values = "unit",
    types: tuple[DType, ...] = dtypes.FLOATS,
    **more: Any,
) -> Function:
    more.setdefault("large", None if "inputs" in more or not more.get("function", True) else WIDE)
    return Function(
        name, exact, args=args, terms=terms, values=values, types=types, **{"forms": BOTH, **more}
    )


def _order(name: str, exact: Callable[..., Any], *args: Any, **more: Any) -> Function:
    """Make a row of a function that compares elements, of which no two are alike."""
    return _fold(name, exact, *args, **{"terms": 1, "values": "distinct", **more})


def _variance(x: Array, axis: Any, correction: int = 1) -> Array:
    centred = x - x.mean(axis, keepdims=True)
    count = x.size // x.mean(axis).size
    return np.asarray((np.abs(centred) ** 2).sum(axis) / (count - correction))


def _softmax(x: Array, axis: int) -> Array:
    return np.asarray(np.exp(x) / np.exp(x).sum(axis, keepdims=True))


def _sorted(x: Array, axis: int = -1, *, down: bool = False) -> tuple[Array, Array]:
    index = np.argsort(-x if down else x, axis, kind="stable")
    return np.take_along_axis(x, index, axis), index


def _at(x: Array, place: int) -> tuple[Array, Array]:
    values, index = _sorted(x)
    return values[..., place], index[..., place]


def _median(x: Array) -> tuple[Array, Array]:
    """Return the lower of the two middle elements of each row."""
    return _at(x, (x.shape[-1] - 1) // 2)


def _running(by: Any, x: Array, axis: int) -> tuple[Array, Array]:
    values = by.accumulate(x, axis)
    place = np.indices(x.shape)[axis]
    return values, np.maximum.accumulate(np.where(values == x, place, 0), axis)


def _gradient(x: Array) -> tuple[Array, ...]:
    return tuple(np.gradient(x))


def _renorm(x: Array) -> Array:
    norms = np.sqrt((x * x).sum((0, 2), keepdims=True))
    return np.where(norms > 1, x / (norms + 1e-7), x)


SUMS = (
    _fold("sum", lambda x: x.sum(), types=NUMBERS, forms=METHOD),
    _fold("sum", lambda x: x.sum((0, 2), keepdims=True), (0, 2), True, inputs=CUBE, types=NUMBERS),
    _fold("sum", lambda x: x.sum(0), 0, inputs=((0, 3),), types=NUMBERS),
    _fold(
        "sum_to_size",
        lambda x: x.sum(0, keepdims=True),
        *(1, 4),
        function=False,
        forms=METHOD,
        large=TALL,
    ),
    _fold("nansum", lambda x: np.nansum(x, 1), 1),
    _fold("mean", lambda x: x.mean(1), 1, types=NUMBERS),
    _fold("mean", lambda x: x.mean(), forms=METHOD, types=NUMBERS),
    _fold("nanmean", lambda x: np.nanmean(x, 0), 0),
    _fold("prod", lambda x: x.prod(1), 1, types=NUMBERS),
    _fold("logsumexp", lambda x: np.log(np.exp(x).sum(1)), 1, terms=32),
    _fold("var", lambda x: _variance(x, 1), 1, terms=32, types=NUMBERS),
    _fold("var", lambda x: _variance(x, 0, 0), 0, terms=32, kwargs={"correction": 0}),
    _fold("std", lambda x: np.sqrt(_variance(x, 1)), 1, terms=32, values="distinct"),
    _fold("var_mean", lambda x: (_variance(x, 1), x.mean(1)), 1, terms=32, forms=NEITHER),
    _fold(
        "std_mean",
        lambda x: (np.sqrt(_variance(x, 1)), x.mean(1)),
        1,
        terms=32,
        values="distinct",
        forms=NEITHER,
    ),
    _fold("norm", lambda x: np.sqrt((np.abs(x) ** 2).sum(1)), 2, 1, values="positive", terms=32),
    _fold("linalg.vector_norm", lambda x: np.abs(x).sum(1), 1, 1, values="positive", terms=32, forms=OUT),
    _fold(
        "dist",
        lambda x, y: np.sqrt(((x - y) ** 2).sum()),
        inputs=((3, 4), (4,)),
        large=(WIDE, (65,)),
        values="distinct",
        terms=32,
        types=FINE,
        smooth=False,
        forms=METHOD,
    ),
    _fold("trace", lambda x: np.trace(x), forms=METHOD, types=FINE),
    _fold("renorm", _renorm, 2, 1, 1.0, inputs=CUBE, terms=32, types=FINE, smooth=False, large=DEEP),
    _fold(
        "cov",
        lambda x: np.asarray(
            (x - x.mean(1, keepdims=True)) @ (x - x.mean(1, keepdims=True)).T / (x.shape[1] - 1)
        ),
        terms=64,
        types=FINE,
        forms=METHOD,
        maps=False,
    ),
)
RUNNING = (
    _fold("cumsum", lambda x: np.cumsum(x, 1), 1, types=NUMBERS),
    _fold("cumprod", lambda x: np.cumprod(x, 0), 0, types=NUMBERS),
    _fold("logcumsumexp", lambda x: np.log(np.cumsum(np.exp(x), 1)), 1, terms=64, types=FINE),
    _fold("softmax", lambda x: _softmax(x, 1), 1, terms=32, forms=METHOD),
    _fold("log_softmax", lambda x: np.log(_softmax(x, 0)), 0, terms=32, forms=METHOD),
    _fold("diff", lambda x: np.diff(x)),
    _fold("trapezoid", lambda x: ((x[:, 1:] + x[:, :-1]) / 2).sum(1), forms=NEITHER),
    _fold("trapz", lambda x: ((x[:, 1:] + x[:, :-1]) / 2).sum(1), forms=NEITHER),
    _fold("cumulative_trapezoid", lambda x: np.cumsum((x[:, 1:] + x[:, :-1]) / 2, 1), forms=NEITHER),
    _fold("gradient", _gradient, forms=NEITHER, types=FINE, maps=False),
    _order("cummax", lambda x: _running(np.maximum, x, 1), 1),
    _order("cummin", lambda x: _running(np.minimum, x, 0), 0),
)
CHOICES = (
    *(
        _order(name, exact, *args, **more)
        for name, exact, args, more in (
            ("amax", lambda x: x.max((0, 1)), ((0, 1),), {}),
            ("amin", lambda x: x.min(0), (0,), {}),
            ("aminmax", lambda x: (x.min(1), x.max(1)), (), {"kwargs": {"dim": 1}}),
            ("max", lambda x: x.max(), (), {"forms": METHOD}),
            ("max", lambda x: (x.max(1), x.argmax(1)), (1,), {}),
            ("min", lambda x: (x.min(0), x.argmin(0)), (0,), {}),
            ("median", _median, (1,), {}),
            ("nanmedian", _median, (1,), {}),
            ("kthvalue", lambda x: _at(x, 2), (3, 1), {}),
            # Of elements that are all unlike the least is the most frequent.
            ("mode", lambda x: _at(x, 0), (1,), {"smooth": False}),
            ("sort", lambda x: _sorted(x, 1), (1,), {}),
            ("sort", lambda x: _sorted(x, 0, down=True), (0, True), {}),
            ("msort", lambda x: np.sort(x, 0), (), {}),
            ("topk", lambda x: tuple(one[:, :2] for one in _sorted(x, 1, down=True)), (2, 1), {}),
            ("argmax", lambda x: x.argmax(1), (1,), {"smooth": False}),
            ("argmin", lambda x: x.argmin(), (), {"smooth": False}),
            ("argsort", lambda x: x.argsort(0), (0,), {"smooth": False, "forms": METHOD}),
            ("quantile", lambda x: np.quantile(x, 0.5, 1), (0.5, 1), {"types": FINE, "terms": 8}),
            ("nanquantile", lambda x: np.quantile(x, 0.25, 0), (0.25, 0), {"types": FINE, "terms": 8}),
        )
    ),
    _order("all", lambda x: (x != 0).all(1), 1, values="ties", types=LOGICAL, smooth=False),
    _order("any", lambda x: (x != 0).any(), values="ties", types=LOGICAL, smooth=False, forms=METHOD),
    _order(
        "count_nonzero",
        lambda x: (x != 0).sum(0),
        0,
        values="ties",
        types=dtypes.COMMON,
        smooth=False,
        forms=METHOD,
    ),
    _order(
        "searchsorted",
        lambda v, x: np.searchsorted(v, x),
        inputs=(np.array([-1.0, 0.5, 2.0]), (3, 4)),
        large=(None, WIDE),
        values="ties",
        types=(dtypes.float64,),
        smooth=False,
        forms=OUT,
    ),
    _order(
        "bucketize",
        lambda x, v: np.searchsorted(v, x, "right"),
        inputs=((3, 4), np.array([0.0, 1.0])),
        large=WIDE,
        kwargs={"right": True},
        values="ties",
        types=(dtypes.float64,),
        smooth=False,
        forms=OUT,
    ),
    _order(
        "isin",
        lambda x, v: np.isin(x, v),
        inputs=((3, 4), np.array([0.0, 2.0])),
        large=WIDE,
        values="ties",
        types=(dtypes.float64,),
        smooth=False,
        forms=OUT,
    ),
    _order(
        "histc",
        lambda x: np.histogram(x, 4, (-1, 1))[0].astype(x.dtype),
        4,
        -1,
        1,
        values="ties",
        types=FINE,
        smooth=False,
        maps=False,
    ),
    _order(
        "unique", lambda x: np.unique(x), values="ties", smooth=False, maps=False, types=FINE, forms=METHOD
    ),
    _order(
        "unique_consecutive",
        lambda x: x[np.r_[True, x[1:] != x[:-1]]],
        inputs=((9,),),
        large=LONG,
        values="ties",
        smooth=False,
        maps=False,
        types=FINE,
        forms=METHOD,
    ),
)
FUNCTIONS = (*SUMS, *RUNNING, *CHOICES)
