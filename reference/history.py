"""What a tensor knows of gradients: flags, the node that made it, hooks. Source: ``notes/autograd``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .autograd import engine
from .autograd.nodes import Handle, add_hook, alias, edge_of, leaf_node
from .autograd.windows import regenerated
from .dispatch import op
from .state import state
from .tensor import Tensor

_CHANGE_OF_NON_LEAF = "you can only change requires_grad flags of leaf variables."
_USE_NO_GRAD = (
    " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
    "var_no_grad = var.detach()."
)
_GRAD_OF_NON_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't "
    "be populated during autograd.backward(). If you indeed want the .grad field to be populated for a "
    "non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
    "mistake, make sure you access the leaf Tensor instead."
)


def _grad_fn(self: Tensor) -> Any:
    """The node that made the tensor; for a view, a new one after each write to its base."""
    if self.base is not None and self.seen_version != self.version.count and self.dtype.is_differentiable:
        node = regenerated(self)
        if node is not None and self.origin != "no_grad":
            self.node, self.output_number = node, 0
        self.seen_version = self.version.count
    return self.node


def _requires_grad(self: Tensor) -> bool:
    if self.tracked or self.node is not None:
        return True
    return self.base is not None and self.dtype.is_differentiable and self.base.requires_grad


def _set_requires_grad(self: Tensor, wanted: bool) -> None:
    if self.grad_fn is not None:
        if not wanted:
            raise RuntimeError(_CHANGE_OF_NON_LEAF + _USE_NO_GRAD)
        return
    if wanted and not self.dtype.is_differentiable:
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    if wanted and self.inference and not state.inference:
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        )
    self.tracked = bool(wanted)


def _is_leaf(self: Tensor) -> bool:
    return self.grad_fn is None


def _grad(self: Tensor) -> Tensor | None:
    if self._grad is None and not self.is_leaf and not self.retains_grad:
        warnings.warn(_GRAD_OF_NON_LEAF, UserWarning, stacklevel=2)
    return self._grad


def _set_grad(self: Tensor, value: Tensor | None) -> None:
    if value is None:
        self._grad = None
        return
    if not isinstance(value, Tensor):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
        )
    if value.dtype is not self.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{value.dtype.rule.name}' to a tensor with "
            f"grad_dtype '{self.dtype.scalar_name}'. The gradient must match the tensor's grad_dtype"
        )
    if value.shape != self.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
            f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
        )
    self._grad = value


def _retains_grad(self: Tensor) -> bool:
    node = self.grad_fn
    if node is None:
        return False
    kept = node.retained.get(self.output_number)
    return kept is not None and kept() is self


def _data(self: Tensor) -> Tensor:
    """The same elements without history and with a version counter of their own."""
    made = Tensor.make(self.storage, self.shape, self.strides, self.offset, self.dtype)
    made.conjugate, made.negated = self.conjugate, self.negated
    return made


def _set_data(self: Tensor, value: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if self.requires_grad and not value.dtype.is_differentiable:
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    self.storage, self.shape, self.strides = value.storage, value.shape, value.strides
    self.offset, self.dtype = value.offset, value.dtype
    self.conjugate, self.negated = value.conjugate, value.negated


_PROPERTIES: dict[str, tuple[Any, ...]] = {
    "grad_fn": (_grad_fn,),
    "requires_grad": (_requires_grad, _set_requires_grad),
    "is_leaf": (_is_leaf,),
    "grad": (_grad, _set_grad),
    "retains_grad": (_retains_grad,),
    "data": (_data, _set_data),
}
for _name, _accessors in _PROPERTIES.items():
    setattr(Tensor, _name, property(*_accessors))


@op("requires_grad_", raw=True)
def requires_grad_(input: Tensor, requires_grad: bool = True) -> Tensor:
    """Set whether gradients are wanted, and return the tensor."""
    if requires_grad and not input.dtype.is_differentiable:
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    if not requires_grad and input.grad_fn is not None:
        raise RuntimeError(_CHANGE_OF_NON_LEAF + _USE_NO_GRAD)
    input.requires_grad = requires_grad
    return input


@op("backward", function=False, raw=True)
def backward(
    input: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of the tensor to the leaves it was made of."""
    engine.backward(input, gradient, retain_graph, create_graph, inputs)


@op("retain_grad", function=False, raw=True)
def retain_grad(input: Tensor) -> None:
    """Keep the gradient of a tensor that is no leaf."""
    if not input.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    engine.retain(input)


@op("register_hook", function=False, raw=True)
def register_hook(input: Tensor, hook: Callable[[Tensor], Any]) -> Handle:
    """Call ``hook(grad)`` when the gradient is there; a tensor it returns replaces it."""
    if not input.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    edge = edge_of(input)
    assert edge is not None
    if input.is_leaf:
        leaf_node(input, keep=True)
    return add_hook(edge.node.tensor_hooks.setdefault(edge.number, {}), hook)


@op("register_post_accumulate_grad_hook", function=False, raw=True)
def register_post_accumulate_grad_hook(input: Tensor, hook: Callable[[Tensor], Any]) -> Handle:
    """Call ``hook(tensor)`` after ``grad`` of a leaf has grown."""
    if not input.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if not input.is_leaf:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return add_hook(leaf_node(input, keep=True).after, hook)


@op("detach", raw=True)
def detach(input: Tensor) -> Tensor:
    """Return a window on the same elements without history; it shares the version counter."""
    return alias(input)


@op("detach_", raw=True)
def detach_(input: Tensor) -> Tensor:
    """Cut a tensor off from its history, and return it."""
    if input.base is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead.")
    input.node, input.output_number, input.tracked = None, 0, False
    return input
