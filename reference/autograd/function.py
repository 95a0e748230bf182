"""Functions with a derivative of their own. Sources: ``notes/extending``, ``autograd.function``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..kernels import empty
from ..state import state
from ..tensor import Tensor
from . import modes
from .nodes import Grad, Node, alias, edge_of
from .recording import Meta, meta_of
from .reducing import fitted
from .saved import Saved

_LEAF = "a leaf Variable that requires grad has been used in an in-place operation."
_NO_BACKWARD = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
    "backward mode AD."
)
_ONCE = "trying to differentiate twice a function that was marked with @once_differentiable"


class FunctionCtx:
    """What `forward` leaves for `backward`; further attributes may be set on it."""

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    to_save: tuple[Any, ...] = ()
    dirty_tensors: tuple[Tensor, ...] = ()
    non_differentiable: tuple[Tensor, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Save tensors; they are checked for writes."""
        self.to_save = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Name the inputs that were modified in place; they must be outputs."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Name outputs that have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether gradients that are not there are zeros, or else None."""
        self.materialize_grads = value


class FunctionNode(Node, FunctionCtx):
    """The node of a call, which is the context of its function as well."""

    def __init__(self, function: type[Function], arguments: Sequence[Any], *, recorded: bool) -> None:
        tensors = [argument for argument in arguments if isinstance(argument, Tensor)]
        super().__init__([edge_of(tensor) if recorded else None for tensor in tensors])
        self.function = function
        self.arguments: list[Meta | None] = [
            meta_of(argument) if isinstance(argument, Tensor) else None for argument in arguments
        ]
        self.needs_input_grad = tuple(
            isinstance(argument, Tensor) and argument.requires_grad for argument in arguments
        )
        self._saved: list[Saved | None] = []
        self._results: list[Any] = []

    def finish(self, results: Sequence[Any]) -> None:
        """Take note of the results, and save what was asked for."""
        self._results = [meta_of(result) if isinstance(result, Tensor) else None for result in results]
        self.outputs = len(results)
        self._saved = [
            None if one is None else Saved(one, is_output=any(one is result for result in results))
            for one in self.to_save
        ]
        self.to_save = ()

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors saved; RuntimeError where they were freed or written to since."""
        return tuple(None if one is None else one.get(self) for one in self._saved)

    def apply(self, grads: list[Grad]) -> list[Grad]:
        returned = _backward_of(self.function)(self, *self._materialized(grads))
        given = list(returned) if isinstance(returned, tuple) else [returned]
        expected = len(self.arguments)
        if len(given) > expected and all(one is None for one in given[expected:]):
            given = given[:expected]
        if len(given) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, "
                f"got {len(given)})"
            )
        pairs = [
            pair for pair in enumerate(zip(given, self.arguments, strict=True)) if pair[1][1] is not None
        ]
        return [
            None if edge is None or grad is None else self._fitted(place, grad, meta)
            for edge, (place, (grad, meta)) in zip(self.edges, pairs, strict=True)
        ]

    def _materialized(self, grads: Sequence[Grad]) -> list[Grad]:
        return [
            empty(meta.shape, meta.dtype)
            if grad is None and meta is not None and self.materialize_grads
            else grad
            for grad, meta in zip(grads, self._results, strict=True)
        ]

    def _fitted(self, place: int, grad: Any, meta: Any) -> Tensor:
        if not isinstance(grad, Tensor):
            raise TypeError(f"expected Variable or None (got {type(grad).__name__})")
        if not _sums_to(grad.shape, meta.shape):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {place} - got "
                f"{list(grad.shape)} but expected shape compatible with {list(meta.shape)}"
            )
        return fitted(grad, meta.shape, meta.dtype)

    def release(self) -> None:
        for one in self._saved:
            if one is not None:
                one.free()


def _sums_to(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    """Return whether a shape is one to which another broadcasts."""
    if len(shape) < len(wanted):
        return False
    tail = shape[len(shape) - len(wanted) :]
    return all(size in (1, own) for size, own in zip(wanted, tail, strict=True))


class Function:
    """The base of functions with a derivative of their own.

    A subclass defines ``forward(ctx, ...)``, or ``forward(...)`` and ``setup_context(ctx, inputs, output)``,
    and ``backward(ctx, ...)``, which gets the gradient of each result and returns one for each argument.
    """

    _backward_cls: type[FunctionNode]

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the results."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what `backward` needs."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradient of each argument."""
        raise NotImplementedError(_NO_BACKWARD)

    vjp = backward

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call the function, recorded where an argument requires gradients."""
        recorded = state.grad and any(isinstance(arg, Tensor) and arg.requires_grad for arg in args)
        node = _node_class(cls)(cls, args, recorded=recorded)
        with modes.no_grad():
            if cls.setup_context is Function.setup_context:
                made = cls.forward(node, *args)
            else:
                made = cls.forward(*args)
                cls.setup_context(node, args, made)
        several = isinstance(made, tuple | list)
        results = [_own(node, args, one) for one in (made if several else (made,))]
        if recorded:
            for number, result in enumerate(results):
                _attach(node, number, result)
        node.finish(results)
        return tuple(results) if several else results[0]


def _node_class(function: type[Function]) -> type[FunctionNode]:
    made: type[FunctionNode] | None = vars(function).get("_backward_cls")
    if made is None:
        made = function._backward_cls = type(f"{function.__name__}Backward", (FunctionNode,), {})
    return made


def _backward_of(function: type[Function]) -> Callable[..., Any]:
    if function.backward is Function.backward and function.vjp is not Function.vjp:
        return function.vjp
    return function.backward


def _is_one_of(tensor: Any, others: Sequence[Any]) -> bool:
    return any(tensor is other for other in others)


def _own(node: FunctionNode, args: Sequence[Any], result: Any) -> Any:
    """Return a result as a tensor of its own: an input handed through becomes a view."""
    if not isinstance(result, Tensor) or _is_one_of(result, node.dirty_tensors):
        return result
    return alias(result) if _is_one_of(result, args) or result.base is not None else result


def _attach(node: FunctionNode, number: int, result: Any) -> None:
    if not isinstance(result, Tensor) or not result.dtype.is_differentiable:
        return
    if _is_one_of(result, node.non_differentiable):
        return
    if _is_one_of(result, node.dirty_tensors) and result.is_leaf and result.requires_grad:
        raise RuntimeError(_LEAF)
    result.node, result.output_number = node, number


class _Twice(Node):
    """Stands where a second derivative would be."""

    def apply(self, grads: list[Grad]) -> list[Grad]:
        raise RuntimeError(_ONCE)


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a ``backward`` that cannot be differentiated: what it returns raises in a second pass."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with modes.no_grad():
            made = fn(ctx, *args)
        tracked = [arg for arg in args if isinstance(arg, Tensor) and arg.requires_grad]
        if not state.grad or not tracked:
            return made
        results = made if isinstance(made, tuple) else (made,)
        node = _Twice([edge_of(tensor) for tensor in tracked], len(results))
        linked = [one if one is None else alias(one) for one in results]
        for number, one in enumerate(linked):
            if one is not None:
                one.node, one.output_number = node, number
        return tuple(linked) if isinstance(made, tuple) else linked[0]

    return wrapper
