"""Jacobians, Hessians and their products. Source: ``torch.autograd.functional``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..dispatch import ops
from ..kernels import empty, fresh
from ..tensor import Tensor
from . import engine, modes

Function = Callable[..., Any]

_ONE_VALUE = "The Tensor returned by the function given to {} should contain a single element"
_NEEDS_VECTOR = (
    "The vector v can only be None if the user-provided function returns a single Tensor with a single "
    "element."
)
_INDEPENDENT = (
    "Output {} of the user-provided function does not require gradients. The outputs must be computed in a "
    "differentiable manner from the input when running in strict mode."
)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _like(template: Any, values: Sequence[Any]) -> Any:
    return tuple(values) if isinstance(template, tuple | list) else values[0]


def _inputs(given: Any, *, create_graph: bool) -> tuple[Tensor, ...]:
    """Return inputs to differentiate by: views of what is given where its graph is to go on."""
    tensors = _as_tuple(given)
    if create_graph:
        return tuple(
            one.view_as(one) if one.requires_grad else one.detach().requires_grad_() for one in tensors
        )
    return tuple(one.detach().requires_grad_() for one in tensors)


def _done(values: Sequence[Tensor], *, create_graph: bool) -> list[Tensor]:
    return list(values) if create_graph else [value.detach() for value in values]


def _gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], weights: Sequence[Any], *, create_graph: bool
) -> list[Tensor]:
    """Return the gradients of the outputs that depend on anything, zeros for inputs that took no part."""
    pairs = [(out, weight) for out, weight in zip(outputs, weights, strict=True) if out.requires_grad]
    if not pairs:
        return [empty(one.shape, one.dtype) for one in inputs]
    found = engine.grad(
        [out for out, _ in pairs],
        inputs,
        [weight for _, weight in pairs],
        retain_graph=True,
        create_graph=create_graph,
        allow_unused=True,
    )
    return [
        empty(one.shape, one.dtype) if grad is None else grad for grad, one in zip(found, inputs, strict=True)
    ]


def _call(func: Function, inputs: Sequence[Tensor], *, strict: bool) -> tuple[Any, tuple[Tensor, ...]]:
    with modes.enable_grad():
        made = func(*inputs)
    outputs = _as_tuple(made)
    for place, output in enumerate(outputs):
        if strict and not output.requires_grad:
            raise RuntimeError(_INDEPENDENT.format(place))
    return made, outputs


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the value of a function and the product of a vector with its Jacobian."""
    own = _inputs(inputs, create_graph=create_graph)
    made, outputs = _call(func, own, strict=strict)
    weights = _vector(v, outputs)
    products = _gradients(outputs, own, weights, create_graph=create_graph)
    results = _done(outputs, create_graph=create_graph)
    return _like(made, results), _like(inputs, _done(products, create_graph=create_graph))


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the value of a function and the product of its Jacobian with a vector.

    The product with the Jacobian from the left is linear in its vector: its own gradient is the product from
    the right.
    """
    own = _inputs(inputs, create_graph=create_graph)
    made, outputs = _call(func, own, strict=strict)
    weights = _vector(v, own)
    with modes.enable_grad():
        probes = [ops.zeros_like(output).requires_grad_() for output in outputs]
        pulled = _gradients(outputs, own, probes, create_graph=True)
    products = _gradients(pulled, probes, weights, create_graph=create_graph)
    results = _done(outputs, create_graph=create_graph)
    return _like(made, results), _like(made, _done(products, create_graph=create_graph))


def _vector(v: Any, like: Sequence[Tensor]) -> tuple[Tensor, ...]:
    if v is not None:
        return _as_tuple(v)
    if len(like) != 1 or like[0].numel() != 1:
        raise RuntimeError(_NEEDS_VECTOR)
    return (ops.ones_like(like[0]),)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the derivative of each element of the outputs by each of the inputs."""
    own = _inputs(inputs, create_graph=create_graph)
    made, outputs = _call(func, own, strict=strict)
    blocks = [rows_of(output, own, create_graph=create_graph) for output in outputs]
    finished = [_like(inputs, _done(block, create_graph=create_graph)) for block in blocks]
    return _like(made, finished)


def rows_of(output: Tensor, inputs: Sequence[Tensor], *, create_graph: bool) -> list[Tensor]:
    """Return the Jacobian of one output by each input, a row for each element of the output."""
    rows = []
    for place in range(output.numel()):
        weight = np.zeros(output.numel(), output.dtype.numpy)
        weight[place] = 1
        unit = fresh(weight.reshape(output.shape), output.dtype)
        rows.append(_gradients([output], inputs, [unit], create_graph=create_graph))
    return [
        ops.stack([row[place] for row in rows]).reshape((*output.shape, *one.shape))
        if rows
        else empty((*output.shape, *one.shape), one.dtype)
        for place, one in enumerate(inputs)
    ]


def _gradient_of(func: Function, name: str, *, strict: bool) -> Function:
    """Return the function that gives the gradients of a function with one value."""

    def gradient(*inputs: Tensor) -> Any:
        own = tuple(one.view_as(one) for one in inputs)
        made, outputs = _call(func, own, strict=strict)
        if not isinstance(made, Tensor) or made.numel() != 1:
            raise RuntimeError(_ONE_VALUE.format(name))
        return tuple(_gradients(outputs, own, [ops.ones_like(made)], create_graph=True))

    return gradient


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the second derivatives of a function with one value."""
    given = _as_tuple(inputs)
    gradient = _gradient_of(func, "hessian", strict=strict)
    blocks = jacobian(gradient, given, create_graph=create_graph)
    return blocks if isinstance(inputs, tuple | list) else blocks[0][0]


def _product(
    kind: Callable[..., tuple[Any, Any]],
    name: str,
    func: Function,
    inputs: Any,
    v: Any,
    *,
    create_graph: bool,
    strict: bool,
) -> tuple[Any, Any]:
    given = _as_tuple(inputs)
    gradient = _gradient_of(func, name, strict=strict)
    vector = _as_tuple(v) if v is not None else None
    with modes.set_grad_enabled(create_graph):
        value = func(*given)
    _, products = kind(gradient, given, vector, create_graph=create_graph)
    return value, _like(inputs, products)


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the value of a function and the product of its Hessian with a vector."""
    return _product(jvp, "hvp", func, inputs, v, create_graph=create_graph, strict=strict)


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the value of a function and the product of a vector with its Hessian."""
    return _product(vjp, "vhp", func, inputs, v, create_graph=create_graph, strict=strict)
