"""First and second derivatives of the reference against the installed torch, in double precision."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as canon

torch = pytest.importorskip("torch")

A = np.array([[1.5, -2.0, 0.5], [3.0, 2.0, 2.0]])
B = np.array([[2.0, -1.0, 0.5]])
POSITIVE = np.abs(A) + 0.1
COMPLEX = A + 1j * A[::-1]
ZEROS = np.array([[0.0, 2, 3], [4, 0, 6]])


def written(x: Any, b: Any) -> Any:
    x[0] = b[0] * 3
    x[:, 1] = 7
    return x


def written_at(t: Any, x: Any, b: Any) -> Any:
    x[t.tensor([0, 1]), t.tensor([0, 2])] = b[0, :2]
    return x


def filled(x: Any, b: Any) -> Any:
    x[0].fill_(b[0, 0])
    x[1, :2].zero_()
    return x


CASES: dict[str, tuple[Callable[[Any, Any, Any], Any], Any]] = {
    "sub": (lambda t, a, b: a - b * 2, A),
    "reflected_sub": (lambda t, a, b: 3 - a, A),
    "div": (lambda t, a, b: a / b + 1 / a + a / 2, A),
    "alpha": (lambda t, a, b: t.add(a, b, alpha=3) + t.sub(a, b, alpha=2), A),
    "powers": (lambda t, a, b: a**2 + a**3 + a**0 + a**1, A),
    "power_of_tensors": (lambda t, a, b: a**b, POSITIVE),
    "power_of_zero": (lambda t, a, b: a ** (b * 0 + 2), ZEROS),
    "power_of_numbers": (lambda t, a, b: 2**a + 2.5**b, A),
    "logarithms": (lambda t, a, b: a.log() + a.sqrt(), POSITIVE),
    "transcendental": (lambda t, a, b: a.sin() + b.cos() + a.tanh() + a.sigmoid() + a.relu(), A),
    "abs": (lambda t, a, b: a.abs(), ZEROS),
    "mean": (lambda t, a, b: a.mean() + a.mean(0) + a.mean(1, True), A),
    "sum": (lambda t, a, b: a.sum(0) + a.sum(1, True) + a.sum((0, 1)), A),
    "amax": (lambda t, a, b: t.amax(a, 1).sum() + t.amin(a, 0, True) + t.amax(a), A),
    "max": (lambda t, a, b: a.max() + a.max(1)[0].sum() * a.min(0, keepdim=True).values, A),
    "prod": (lambda t, a, b: a.prod(1, True) * a.prod(), A),
    "prod_with_zeros": (lambda t, a, b: a.prod(0) + a.prod(), ZEROS),
    "cumprod": (lambda t, a, b: a.cumprod(1), ZEROS),
    "maximum": (lambda t, a, b: t.maximum(a, b) + t.minimum(a, b * 2), A),
    "where": (lambda t, a, b: t.where(a > 0, a * 2, b), A),
    "clamp": (lambda t, a, b: t.clamp(a, -2, 2) + t.clamp(a, min=0.5), A),
    "clamp_to_tensor": (lambda t, a, b: t.clamp(a, max=b), A),
    "stack": (lambda t, a, b: t.stack([a, a * 2], 1), A),
    "iteration": (lambda t, a, b: t.stack([row * 2 for row in a]), A),
    "clone": (lambda t, a, b: a.clone() * 2, A),
    "mask": (lambda t, a, b: a[a > 0] * 2, A),
    "reshape": (lambda t, a, b: a.transpose(0, 1).reshape(2, 3) * b, A),
    "split": (lambda t, a, b: a.split(2, 1)[0] * 2 + a.unbind(1)[2][:, None], A),
    "gather": (lambda t, a, b: a.gather(1, t.tensor([[0, 0], [2, 1]])) * 2, A),
    "complex_mul": (lambda t, a, b: a * a * b, COMPLEX),
    "complex_div": (lambda t, a, b: b / a, COMPLEX),
    "complex_exp": (lambda t, a, b: a.exp() + a.conj() * 2, COMPLEX),
    "complex_abs": (lambda t, a, b: a.abs(), COMPLEX),
    "complex_parts": (lambda t, a, b: a.real * 2 + a.imag, COMPLEX),
    "complex_product": (lambda t, a, b: a @ a.transpose(0, 1), COMPLEX),
    "complex_vdot": (lambda t, a, b: t.vdot(a[0], a[1]), COMPLEX),
    "in_place": (lambda t, a, b: (a * 1).mul_(b).add_(b).div_(b).sub_(a).pow_(2), A),
    "in_place_exp": (lambda t, a, b: (a * 1).exp_() * b, A),
    "written": (lambda t, a, b: written(a * 1, b), A),
    "written_at": (lambda t, a, b: written_at(t, a * 1, b), A),
    "filled": (lambda t, a, b: filled(a * 1, b), A),
    "outer": (lambda t, a, b: t.outer(a[0], b[0]), A),
    "addmv": (lambda t, a, b: t.addmv(a[:, 0], a, b[0], alpha=2, beta=3), A),
    "addr": (lambda t, a, b: t.addr(a, a[:, 0], b[0], alpha=2, beta=3), A),
    "batches": (lambda t, a, b: a.expand(4, 2, 3) @ b.transpose(0, 1), A),
    "baddbmm": (
        lambda t, a, b: t.baddbmm(a[0, 0], a.expand(4, 2, 3), a.transpose(0, 1).expand(4, 3, 2), alpha=2),
        A,
    ),
    "addbmm": (
        lambda t, a, b: t.addbmm(a[:, :2], a.expand(4, 2, 3), a.transpose(0, 1).expand(4, 3, 2), alpha=2),
        A,
    ),
}


def derivatives(t: Any, function: Callable[[Any, Any, Any], Any], data: Any) -> list[Any]:
    """Return the result, its derivatives and those of the sum of their squares."""
    a = t.tensor(data, requires_grad=True)
    b = t.tensor(B, requires_grad=True)
    result = function(t, a, b)
    weight = t.tensor(np.random.RandomState(0).randn(*result.shape) + 0.0).to(result.dtype)
    first = t.autograd.grad(result, [a, b], weight, create_graph=True, allow_unused=True)
    squares = [(one * one.conj()).real.sum() for one in first if one is not None]
    total = squares[0] + squares[1] if len(squares) > 1 else squares[0]
    second: Any = (None, None)
    if total.requires_grad:
        second = t.autograd.grad(total, [a, b], allow_unused=True)
    return [
        as_array(one, like) for one, like in zip([result, *first, *second], [result, a, b, a, b], strict=True)
    ]


def as_array(tensor: Any, like: Any) -> Any:
    """Return the elements; an input that took no part has zeros."""
    return np.zeros(tuple(like.shape)) if tensor is None else tensor.detach().clone().resolve_conj().numpy()


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name: str) -> None:
    function, data = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        due = derivatives(torch, function, data)
    try:
        found = derivatives(canon, function, data)
    except AttributeError as missing:
        pytest.skip(f"the reference lacks an operation: {missing}")
    for ours, theirs in zip(found, due, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
