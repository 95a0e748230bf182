"""Functions that combine elements, exactly, for the sake of their derivatives.

The elementwise functions are rows of the op table itself. Sources: the pages of the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..accuracy import Array
from ..rules.broadcasting import Shape

# What elements are drawn from.
Values = Literal["any", "positive", "zeros", "distinct"]


@dataclass(frozen=True, eq=False)
class Combining:
    """One function with its arguments.

    Attributes
    ----------
    name : str
        The function below ``torch``.
    exact : callable
        The same function of NumPy arrays of any precision.
    shapes : tuple of shape
        Those of the tensors.
    args : tuple
        Arguments after the tensors.
    kwargs : mapping
    values : {"any", "positive", "zeros", "distinct"}
        What the elements are drawn from: with zeros among them; no two alike, where the function chooses.
    result : int or None
        Which of several results; None where there is one.
    listed : bool
        The tensors are given as one list.
    """

    name: str
    exact: Callable[..., Any]
    shapes: tuple[Shape, ...] = ((3, 4),)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    values: Values = "any"
    result: int | None = None
    listed: bool = False

    def outcome_shape(self) -> Shape:
        """Return the shape of the result."""
        return tuple(np.shape(self.exact(*(np.ones(shape) for shape in self.shapes))))


def _keeping(function: Callable[..., Any]) -> tuple[tuple[Shape, Mapping[str, Any], Any], ...]:
    """Return the ways to call a reduction: over all dimensions, one, the last and several."""
    ways: list[tuple[Shape, Mapping[str, Any], Any]] = [
        ((3, 4), {}, None),
        ((3, 4), {"dim": 0}, 0),
        ((3, 4), {"dim": -1, "keepdim": True}, -1),
        ((2, 3, 2), {"dim": (0, 2)}, (0, 2)),
        ((), {}, None),
    ]
    return tuple(
        (shape, kwargs, lambda x, dim=dim, keep="keepdim" in kwargs: function(x, dim, keep))
        for shape, kwargs, dim in ways
    )


def _reduction(name: str, function: Callable[..., Any], *, several: bool = True, **more: Any) -> Any:
    extra = more.pop("kwargs", {})
    return tuple(
        Combining(name, exact, (shape,), kwargs={**extra, **kwargs}, **more)
        for shape, kwargs, exact in _keeping(function)
        if (several or not isinstance(kwargs.get("dim"), tuple)) and not (extra and not kwargs)
    )


def _variance(x: Array, dim: Any, keep: bool, correction: int = 1) -> Any:
    centred = x - x.mean(dim, keepdims=True)
    count = x.size / np.mean(x, dim).size
    return (centred * centred).sum(dim, keepdims=keep) / (count - correction)


def _log_sum_exp(x: Array, dim: Any, keep: bool) -> Any:
    return np.log(np.exp(x).sum(dim, keepdims=keep))


def _softmax(x: Array, dim: int) -> Any:
    return np.exp(x) / np.exp(x).sum(dim, keepdims=True)


def _norm(order: float) -> Callable[..., Any]:
    return lambda x, dim, keep: (np.abs(x) ** order).sum(dim, keepdims=keep) ** (np.longdouble(1) / order)


def _median(x: Array, dim: Any, keep: bool) -> Any:
    """Return the lower of two middle elements."""
    along = x.reshape(-1) if dim is None else x
    axis = 0 if dim is None else dim
    places = [(along.shape[axis] - 1) // 2]
    found = np.take(np.sort(along, axis), places, axis)
    return found if keep else np.squeeze(found, axis)


SUMS = (
    *_reduction("sum", lambda x, dim, keep: x.sum(dim, keepdims=keep)),
    *_reduction("nansum", lambda x, dim, keep: x.sum(dim, keepdims=keep)),
    *_reduction("mean", lambda x, dim, keep: x.mean(dim, keepdims=keep)),
    *_reduction("nanmean", lambda x, dim, keep: x.mean(dim, keepdims=keep)),
    *_reduction("prod", lambda x, dim, keep: x.prod(dim, keepdims=keep), several=False, values="zeros"),
    *_reduction("logsumexp", _log_sum_exp, several=False)[1:3],
    *_reduction("var", _variance)[:4],
    *_reduction("std", lambda x, dim, keep: np.sqrt(_variance(x, dim, keep)), values="distinct")[:4],
    *_reduction("var", lambda x, d, k: _variance(x, d, k, 0), kwargs={"correction": 0}, several=False),
    *(_reduction("norm", _norm(2), values="positive")[:3]),
    *(
        one
        for order in (1, 2, 3)
        for one in _reduction("linalg.vector_norm", _norm(order), kwargs={"ord": order}, values="positive")
    ),
)
CHOICES = (
    *_reduction("amax", lambda x, dim, keep: x.max(dim, keepdims=keep), values="distinct"),
    *_reduction("amin", lambda x, dim, keep: x.min(dim, keepdims=keep), values="distinct"),
    *(
        Combining(name, exact, values="distinct")
        for name, exact in (
            ("max", np.max),
            ("min", np.min),
            ("median", lambda x: _median(x, None, False).reshape(())),
        )
    ),
    *(
        Combining(name, exact, args=(dim,), values="distinct", result=0)
        for dim in (0, -1)
        for name, exact in (
            ("max", lambda x, dim=dim: x.max(dim)),
            ("min", lambda x, dim=dim: x.min(dim)),
            ("median", lambda x, dim=dim: _median(x, dim, False)),
            ("sort", lambda x, dim=dim: np.sort(x, dim)),
            ("cummax", lambda x, dim=dim: np.maximum.accumulate(x, dim)),
            ("cummin", lambda x, dim=dim: np.minimum.accumulate(x, dim)),
        )
    ),
    Combining("kthvalue", lambda x: np.sort(x, 1)[:, 1], args=(2, 1), values="distinct", result=0),
    Combining("topk", lambda x: -np.sort(-x, 1)[:, :2], args=(2, 1), values="distinct", result=0),
)
RUNNING = (
    *(
        Combining(name, exact, args=(dim,), values=values)  # type: ignore[arg-type]
        for dim in (0, -1)
        for name, exact, values in (
            ("cumsum", lambda x, dim=dim: np.cumsum(x, dim), "any"),
            ("cumprod", lambda x, dim=dim: np.cumprod(x, dim), "zeros"),
            ("logcumsumexp", lambda x, dim=dim: np.log(np.cumsum(np.exp(x), dim)), "any"),
            ("softmax", lambda x, dim=dim: _softmax(x, dim), "any"),
            ("log_softmax", lambda x, dim=dim: np.log(_softmax(x, dim)), "any"),
            ("nn.functional.softmin", lambda x, dim=dim: _softmax(-x, dim), "any"),
        )
    ),
    Combining("cumprod", lambda x: np.cumprod(x, 0), ((5,),), (0,), values="zeros"),
    Combining("diff", lambda x: np.diff(x)),
    Combining("trapezoid", lambda x: ((x[:, 1:] + x[:, :-1]) / 2).sum(-1)),
)
PRODUCTS = (
    Combining("dot", lambda a, b: (a * b).sum(), ((4,), (4,))),
    Combining("mv", np.matmul, ((3, 4), (4,))),
    Combining("mm", np.matmul, ((3, 4), (4, 2))),
    Combining("bmm", np.matmul, ((2, 3, 4), (2, 4, 2))),
    *(
        Combining("matmul", np.matmul, shapes)
        for shapes in (
            ((4,), (4,)),
            ((3, 4), (4,)),
            ((4,), (4, 2)),
            ((3, 4), (4, 2)),
            ((2, 1, 3, 2), (3, 2, 1)),
            ((2, 3, 2), (2,)),
            ((3,), (2, 3, 2)),
        )
    ),
    Combining("outer", np.multiply.outer, ((3,), (4,))),
    Combining(
        "addmm", lambda c, a, b: 3 * c + 2 * (a @ b), ((2,), (3, 4), (4, 2)), kwargs={"beta": 3, "alpha": 2}
    ),
    Combining(
        "addmv", lambda c, a, b: 3 * c + 2 * (a @ b), ((3,), (3, 4), (4,)), kwargs={"beta": 3, "alpha": 2}
    ),
    Combining(
        "baddbmm",
        lambda c, a, b: 3 * c + 2 * (a @ b),
        ((2, 3, 2), (2, 3, 4), (2, 4, 2)),
        kwargs={"beta": 3, "alpha": 2},
    ),
)


@dataclass(frozen=True, eq=False)
class Family:
    """A function in all its rows."""

    name: str
    rows: tuple[Combining, ...]

    def __str__(self) -> str:
        return self.name


_ROWS = (*SUMS, *CHOICES, *RUNNING, *PRODUCTS)
COMBINING: tuple[Family, ...] = tuple(
    Family(name, tuple(row for row in _ROWS if row.name == name))
    for name in dict.fromkeys(row.name for row in _ROWS)
)
