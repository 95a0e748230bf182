"""Gradients of reading and writing at places agree with torch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tensorcanon.reference as reference

torch = pytest.importorskip("torch")

Case = Callable[[Any, Any, Any], Any]
MASK = [True, False, True]
INDEX = [[0, 1, 1], [0, 0, 1]]

# A namespace, a 2 x 3 tensor and a source of its shape, both requiring gradients.
CASES: dict[str, Case] = {
    "getitem": lambda t, x, s: x[[0, 0, 1], 1],
    "window_and_tensor": lambda t, x, s: (x * 1)[None, :, t.tensor([0, 0])],
    "gather": lambda t, x, s: x.gather(0, t.tensor([[1, 1, 0]])),
    "index_select": lambda t, x, s: x.index_select(1, t.tensor([2, 0, 2])),
    "index_add": lambda t, x, s: x.index_add(0, t.tensor([1, 1]), s, alpha=3),
    "index_copy": lambda t, x, s: x.index_copy(1, t.tensor([2, 0, 1]), s),
    "index_fill": lambda t, x, s: x.index_fill(1, t.tensor([2, 0]), 7.0),
    "index_put": lambda t, x, s: x.index_put((t.tensor([1, 0]),), s),
    "index_put_accumulate": lambda t, x, s: x.index_put(
        (t.tensor([1, 1]), t.tensor([0, 0])), s[0, :2], accumulate=True
    ),
    "take": lambda t, x, s: x.take(t.tensor([0, -1, 0])),
    "put": lambda t, x, s: x.put(t.tensor([0, -1]), s[0, :2]),
    "put_accumulate": lambda t, x, s: x.put(t.tensor([0, 0]), s[0, :2], accumulate=True),
    "take_along_dim": lambda t, x, s: x.take_along_dim(t.tensor([[2], [0]]), 1),
    "masked_fill": lambda t, x, s: x.masked_fill(t.tensor(MASK), s[0, 0]),
    "masked_select": lambda t, x, s: x.masked_select(t.tensor(MASK)),
    "masked_scatter": lambda t, x, s: x.masked_scatter(t.tensor(MASK), s),
    "where": lambda t, x, s: t.where(t.tensor(MASK), x, s),
    "scatter_add": lambda t, x, s: x.scatter_add(0, t.tensor(INDEX), s),
    "scatter_reduce": lambda t, x, s: x.scatter_reduce(0, t.tensor(INDEX), s, "sum", include_self=False),
    "select_scatter": lambda t, x, s: x.select_scatter(s[0], 0, 1),
    "slice_scatter": lambda t, x, s: x.slice_scatter(s[:, :2], -1, 0, None, 2),
    "assignment": lambda t, x, s: assigned(t, x, s),
}


def assigned(t: Any, x: Any, s: Any) -> Any:
    y = x * 1
    y[0] = s[1]
    y[:, t.tensor([0, 2])] = s[:, :2]
    y[t.tensor([True, False]), 1] = s[0, 0]
    return y


def gradients(t: Any, case: Case) -> tuple[Any, ...]:
    x = t.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], requires_grad=True)
    s = t.tensor([[1.0, 11.0, 21.0], [31.0, 41.0, 51.0]], requires_grad=True)
    y = case(t, x, s)
    (y * t.arange(1.0, y.numel() + 1).reshape(y.shape)).sum().backward()
    return y.tolist(), x.grad.tolist(), None if s.grad is None else s.grad.tolist()


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_torchs(name: str) -> None:
    assert gradients(reference, CASES[name]) == gradients(torch, CASES[name])
