"""Functions that pick elements, or write and add them, at given places. Sources: the functions' pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules import dtypes
from .columns import BOTH, LONG, METHOD, NEITHER, REAL, WIDE
from .function import SECOND, THIRD, Function

AT = np.array([2, 0, 2])
GRID = np.array([[0, 2, 1, 0], [2, 2, 0, 1]])
MASK = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, False]])
# Below a mask of three by four, past the sizes at which kernels change their ways.
MASKED = (350, 3, 4)
ROWS = np.array([1, 0])
DISTINCT = np.array([[2, 0], [1, 2]])
# Types in which NumPy adds as torch does.
EXACT = (*dtypes.INTEGERS, dtypes.float32, dtypes.float64)


def _pick(name: str, exact: Callable[..., Any], *inputs: Any, **more: Any) -> Function:
    return Function(name, exact, inputs=inputs, **{"forms": BOTH, **more})


def written(x: Array, at: Any, y: Any) -> Array:
    """Return a copy with elements written at places."""
    made = x.copy()
    made[at] = y
    return made


def added(x: Array, at: Any, y: Any) -> Array:
    """Return a copy with elements added at places, each as often as its place is named."""
    made = x.copy()
    np.add.at(made, at, y)
    return made


def _along(index: Array, dim: int) -> tuple[Array, ...]:
    """Return the places that an index names along a dimension."""
    places = np.indices(index.shape)
    places[dim] = index
    return tuple(places)


def _folded(x: Array, at: Any, y: Array, by: Any) -> Array:
    made = x.copy()
    by.at(made, at, y)
    return made


PICKED = (
    _pick("index_select", lambda x, i: x[:, i], (2, 3), AT, args=(1, SECOND), large=WIDE),
    _pick("gather", lambda x, i: np.take_along_axis(x[:2], i, 1), (2, 3), GRID, args=(1, SECOND), large=WIDE),
    _pick("take", lambda x, i: x.reshape(-1)[i], (2, 3), GRID, large=WIDE),
    _pick("take_along_dim", lambda x, i: np.take_along_axis(x, i, 1), (2, 3), GRID, args=(SECOND, 1)),
    _pick(
        "take_along_dim",
        lambda x, i: np.take_along_axis(x, i, 1),
        *((2, 3), GRID[:1]),
        args=(SECOND, 1),
        large=WIDE,
    ),
    _pick("masked_select", lambda x, m: x[..., m].reshape(-1), (3, 4), MASK, maps=False, large=MASKED),
    _pick(
        "where",
        lambda x, m, y: np.where(m, x, y),
        (3, 4),
        MASK,
        (4,),
        args=(SECOND, THIRD),
        function=False,
        forms=NEITHER,
        large=MASKED,
    ),
    _pick(
        "nn.functional.embedding",
        lambda i, w: w[i],
        *(GRID, (3, 2)),
        forms=NEITHER,
        types=dtypes.FLOATS,
        large=(None, (3, 2051)),
    ),
    _pick("nonzero", lambda x: np.argwhere(x), (3, 4), values="ties", maps=False, smooth=False, large=WIDE),
    _pick(
        "argwhere",
        lambda x: np.argwhere(x),
        (3, 4),
        values="ties",
        maps=False,
        smooth=False,
        forms=METHOD,
        large=WIDE,
    ),
)
WRITTEN = (
    _pick(
        "index_copy",
        lambda x, i, y: written(x, i, y),
        *((3, 2), ROWS, (2, 2)),
        args=(0, SECOND, THIRD),
        large=((3, 2051), None, (2, 2051)),
    ),
    _pick(
        "index_fill",
        lambda x, i: written(x, (slice(None), i), 1),
        (2, 3),
        AT,
        args=(1, SECOND, 1),
        forms=METHOD,
        large=WIDE,
    ),
    _pick(
        "index_put",
        lambda x, i, y: written(x, i, y),
        (3, 2),
        ROWS,
        (2, 2),
        args=((SECOND,), THIRD),
        forms=METHOD,
        large=((3, 2051), None, (2, 2051)),
    ),
    _pick(
        "masked_fill",
        lambda x, m: np.where(m, np.ones((), x.dtype), x),
        (3, 4),
        MASK,
        args=(SECOND, 1),
        forms=METHOD,
        large=MASKED,
    ),
    _pick(
        "masked_scatter",
        lambda x, m, y: written(x, m, y[: m.sum()]),
        *((3, 4), MASK, (12,)),
        forms=METHOD,
        large=(None, None, LONG),
    ),
    _pick(
        "put",
        lambda x, i, y: written(x.reshape(-1), i, y).reshape(x.shape),
        *((2, 3), ROWS, (2,)),
        forms=METHOD,
        large=WIDE,
    ),
    _pick(
        "scatter",
        lambda x, i, y: written(x, _along(i, 1), y),
        (2, 3),
        DISTINCT,
        (2, 2),
        args=(1, SECOND, THIRD),
        large=WIDE,
    ),
    _pick(
        "select_scatter",
        lambda x, y: written(x, (slice(None), -1), y),
        (3, 4),
        (3,),
        args=(SECOND, 1, -1),
        forms=METHOD,
        large=(WIDE, (67,)),
        types=REAL,
    ),
    _pick(
        "slice_scatter",
        lambda x, y: written(x, (slice(None), slice(1, 4, 2)), y),
        (3, 4),
        (3, 2),
        args=(SECOND, 1, 1, 4, 2),
        forms=METHOD,
        large=(WIDE, (67, 2)),
        types=REAL,
    ),
    _pick(
        "diagonal_scatter",
        lambda x, y: written(x, (np.arange(len(y)),) * 2, y),
        (3, 4),
        (3,),
        forms=METHOD,
        large=(WIDE, (65,)),
    ),
)
ADDED = (
    _pick(
        "index_add",
        lambda x, i, y: added(x, (slice(None), i), y),
        (2, 3),
        AT,
        (2, 3),
        args=(1, SECOND, THIRD),
        values="exact",
        types=EXACT,
        large=(WIDE, None, (67, 3)),
    ),
    _pick(
        "scatter_add",
        lambda x, i, y: added(x, _along(i, 1), y),
        (2, 3),
        GRID,
        (2, 4),
        args=(1, SECOND, THIRD),
        values="exact",
        types=EXACT,
        large=WIDE,
    ),
    _pick(
        "index_put",
        lambda x, i, y: added(x, i, y),
        (3, 2),
        AT,
        (3, 2),
        args=((SECOND,), THIRD, True),
        forms=METHOD,
        large=((3, 2051), None, (3, 2051)),
        values="exact",
        types=EXACT,
    ),
    _pick(
        "put",
        lambda x, i, y: added(x.reshape(-1), i, y).reshape(x.shape),
        (2, 3),
        AT,
        (3,),
        args=(SECOND, THIRD, True),
        forms=METHOD,
        large=WIDE,
        values="exact",
        types=EXACT,
    ),
    *(
        _pick(
            "scatter_reduce",
            lambda x, i, y, by=by: _folded(x, _along(i, 1), y, by),
            *((2, 3), GRID, (2, 4)),
            args=(1, SECOND, THIRD),
            kwargs={"reduce": reduce},
            values="distinct",
            types=EXACT,
            large=WIDE,
            smooth=reduce == "sum",
        )
        for reduce, by in (("sum", np.add), ("amax", np.maximum), ("amin", np.minimum))
    ),
    *(
        _pick(
            "index_reduce",
            lambda x, i, y, by=by: _folded(x, (slice(None), i), y, by),
            *((2, 3), AT, (2, 3)),
            args=(1, SECOND, THIRD, reduce),
            values="distinct",
            types=EXACT,
            large=(WIDE, None, (67, 3)),
            smooth=False,
            maps=False,
        )
        for reduce, by in (("amax", np.maximum), ("amin", np.minimum))
    ),
)
FUNCTIONS = (*PICKED, *WRITTEN, *ADDED)
