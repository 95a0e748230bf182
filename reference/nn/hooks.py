"""Hooks of modules, and the call that runs them.

Sources: ``torch.nn.Module``, ``notes/modules#module-hooks``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from ..autograd.graph import Grad, Handle, Node, add_hook, alias, edge_of
from ..state import state
from ..tensor import Tensor

STORES = (
    "_forward_pre_hooks",
    "_forward_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


def registered(store: OrderedDict[int, Any], hook: Any, *, prepend: bool = False) -> Handle:
    """Add a hook behind the others, or before them."""
    handle = add_hook(store, hook)
    if prepend:
        store.move_to_end(next(reversed(store)), last=False)
    return handle


def register_forward_pre_hook(
    self: Any, hook: Any, *, prepend: bool = False, with_kwargs: bool = False
) -> Handle:
    """Call ``hook(module, args)`` before `forward`; what it returns takes the place of the arguments."""
    return registered(self._forward_pre_hooks, (hook, with_kwargs), prepend=prepend)


def register_forward_hook(
    self: Any, hook: Any, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
) -> Handle:
    """Call ``hook(module, args, output)`` after `forward`; what it returns takes the place of the output."""
    return registered(self._forward_hooks, (hook, with_kwargs), prepend=prepend)


def register_full_backward_hook(self: Any, hook: Any, prepend: bool = False) -> Handle:
    """Call ``hook(module, grad_input, grad_output)`` once the gradients of the inputs are there."""
    return registered(self._backward_hooks, hook, prepend=prepend)


def register_full_backward_pre_hook(self: Any, hook: Any, prepend: bool = False) -> Handle:
    """Call ``hook(module, grad_output)`` before the gradients of the inputs are computed."""
    return registered(self._backward_pre_hooks, hook, prepend=prepend)


def call(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Run `forward` between its hooks."""
    for hook, with_kwargs in list(self._forward_pre_hooks.values()):
        changed = hook(self, args, kwargs) if with_kwargs else hook(self, args)
        if changed is None:
            continue
        if with_kwargs:
            args, kwargs = changed
        else:
            args = changed if isinstance(changed, tuple) else (changed,)
    watched = Watched(self) if state.grad and (self._backward_hooks or self._backward_pre_hooks) else None
    if watched:
        args = watched.entered(args)
    result = self.forward(*args, **kwargs)
    for hook, with_kwargs in list(self._forward_hooks.values()):
        changed = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
        result = result if changed is None else changed
    return watched.left(result) if watched else result


class Boundary(Node):
    """A place in the graph that passes gradients on through a function."""

    def __init__(self, tensors: Sequence[Tensor], pass_on: Any) -> None:
        super().__init__([edge_of(tensor) for tensor in tensors], len(tensors))
        self.pass_on = pass_on

    def apply(self, grads: list[Grad]) -> list[Grad]:
        passed: list[Grad] = self.pass_on(grads)
        return passed

    def name(self) -> str:
        return "BackwardHookFunctionBackward"


def _crossed(values: Any, pass_on: Any) -> tuple[tuple[Any, ...], list[int]]:
    """Return values whose tensors that want gradients lie behind a boundary, and the places of these."""
    places = [n for n, one in enumerate(values) if isinstance(one, Tensor) and one.requires_grad]
    result = list(values)
    if places:
        node = Boundary([values[place] for place in places], pass_on)
        for number, place in enumerate(places):
            result[place] = alias(values[place])
            result[place].node, result[place].output_number = node, number
    return tuple(result), places


class Watched:
    """One call of a module with backward hooks."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.inputs: list[int] = []
        self.given = 0
        self.grad_output: tuple[Grad, ...] = ()

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments with the boundary behind which gradients leave the module."""
        self.given = len(args)
        crossed, self.inputs = _crossed(args, self._leave)
        return crossed

    def left(self, result: Any) -> Any:
        """Return the result with the boundary at which gradients enter the module."""
        several = isinstance(result, tuple)
        outputs = result if several else (result,)
        places: list[int]
        crossed, places = _crossed(outputs, lambda grads: self._enter(grads, places, len(outputs)))
        return crossed if several else crossed[0]

    def _enter(self, grads: list[Grad], places: list[int], count: int) -> list[Grad]:
        spread: list[Grad] = [None] * count
        for place, grad in zip(places, grads, strict=True):
            spread[place] = grad
        for hook in list(self.module._backward_pre_hooks.values()):
            changed = hook(self.module, tuple(spread))
            if changed is not None:
                spread = list(changed) if isinstance(changed, tuple) else [changed]
        self.grad_output = tuple(spread)
        if not self.inputs:
            self._leave([])
        return [spread[place] for place in places]

    def _leave(self, grads: list[Grad]) -> list[Grad]:
        spread: list[Grad] = [None] * self.given
        for place, grad in zip(self.inputs, grads, strict=True):
            spread[place] = grad
        for hook in list(self.module._backward_hooks.values()):
            changed = hook(self.module, tuple(spread), self.grad_output)
            if changed is not None:
                spread = list(changed) if isinstance(changed, tuple) else [changed]
        return [spread[place] for place in self.inputs]
