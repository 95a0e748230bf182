"""Derivatives of quantiles. Source: ``torch.quantile``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..dispatch import ops
from ..kernels import Array, fresh
from ..statistics import levels_of, neighbours
from ..tensor import Tensor
from .derivatives import Formula, derivative


class _Rows:
    """The rows that quantiles are taken of: in the last dimension, and in order."""

    def __init__(self, input: Tensor, dim: int | None, skip_nan: bool) -> None:
        self.whole = dim is None or not input.ndim
        self.elements = input.reshape(-1) if self.whole else ops.movedim(input, dim, -1)
        self.order = ops.argsort(self.elements, -1)
        size = self.elements.shape[-1]
        known = (~np.isnan(self.elements.array)).sum(-1)
        self.counts = known if skip_nan else np.full_like(known, size)

    def between(self, levels: Array, method: str) -> Iterator[tuple[int, tuple[Any, Any], Any]]:
        """Yield the number of a level, the indices of its two elements and the share of the upper one."""
        kind = self.elements.dtype
        for number, level in enumerate(levels.reshape(-1)):
            below, above, weight = neighbours(level, self.counts, method, kind.numpy)
            pair = (ops.gather(self.order, -1, fresh(place[..., None])) for place in (below, above))
            yield number, tuple(pair), fresh(weight[..., None], kind)

    def gradients(self, grad: Tensor, count: int) -> Any:
        return grad.reshape(count, *self.elements.shape[:-1], 1)


def _of_input(grad: Tensor, input: Tensor, q: Any, dim: Any, method: str, skip_nan: bool) -> Any:
    """Each level sends its gradient to the two elements it lies between."""
    rows, levels = _Rows(input, dim, skip_nan), levels_of(input, q, method)
    sent = rows.gradients(grad, levels.size)
    total = ops.zeros_like(rows.elements)
    for number, (below, above), weight in rows.between(levels, method):
        total = ops.scatter_add(total, -1, below, sent[number] * (1 - weight))
        total = ops.scatter_add(total, -1, above, sent[number] * weight)
    return total.reshape(input.shape) if rows.whole else ops.movedim(total, -1, dim)


def _of_levels(grad: Tensor, input: Tensor, q: Tensor, dim: Any, method: str, skip_nan: bool) -> Any:
    """A level moves between two elements by the steps of its row."""
    if method != "linear":
        return None if method == "midpoint" else ops.zeros_like(q)
    rows, levels = _Rows(input, dim, skip_nan), levels_of(input, q, method)
    sent = rows.gradients(grad, levels.size)
    steps = fresh(np.maximum(rows.counts - 1, 0)[..., None], input.dtype)
    moved = []
    for number, (below, above), _ in rows.between(levels, method):
        rise = ops.gather(rows.elements, -1, above) - ops.gather(rows.elements, -1, below)
        moved.append(ops.sum(sent[number] * rise * steps))
    return ops.stack(moved).reshape(q.shape)


def _formula(function: Formula, skip_nan: bool) -> Formula:
    def formula(grad: Any, input: Any, q: Any, dim: Any, interpolation: Any) -> Any:
        return function(grad, input, q, dim, interpolation, skip_nan)

    return formula


for _name, _skips in (("quantile", False), ("nanquantile", True)):
    derivative(_name, input=_formula(_of_input, _skips), q=_formula(_of_levels, _skips))
