"""Recording: which operations become nodes of the graph. Source: ``notes/autograd``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..state import state
from ..tensor import Tensor
from . import forward_ad, mapping
from .derivatives import DERIVATIVES
from .names import camel_case, node_name
from .nodes import Node
from .recording import OperationNode, operation_node

if TYPE_CHECKING:
    from ..dispatch import Op

_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
_VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."
_MULTI_VIEW = "output {} of {} is a view made with others at once: it cannot be written to while recording."
_NO_GRAD_VIEW = "a view made under no_grad cannot be written to while recording."
_INFERENCE = "an inference tensor cannot be written to outside inference mode; clone it first."


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among values, inside lists and tuples as well."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)


def run(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a kernel and record it where an input requires gradients."""
    if op.composite:
        return op.kernel(*args, **kwargs)
    if state.mapping:
        mapping.check(op, args, kwargs)
    grad = state.grad
    recorded = grad and op.differentiable and _wants_grad((*args, *kwargs.values()) if kwargs else args)
    state.grad = False
    try:
        result = op.kernel(*args, **kwargs)
    finally:
        state.grad = grad
    if not (op.view or recorded or state.levels or state.mapping) or (args and result is args[0]):
        return result
    results = tuple(result) if isinstance(result, tuple | list) else (result,)
    if op.view:
        _mark_views(op, results, recorded=grad)
    if recorded and any(isinstance(one, Tensor) and one.dtype.is_differentiable for one in results):
        _record(op, args, kwargs, results)
    if state.levels and any(forward_ad.tangent_of(one) is not None for one in _every(args, kwargs)):
        forward_ad.push(op, args, kwargs, results)
    if state.mapping:
        mapping.mark(results, _every(args, kwargs))
    return result


def _every(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    return list(tensors_in((*args, *kwargs.values())))


def _wants_grad(values: Iterable[Any]) -> bool:
    for value in values:
        if isinstance(value, Tensor):
            if value.tracked or value.node is not None or (value.base is not None and value.requires_grad):
                return True
        elif isinstance(value, list | tuple) and _wants_grad(value):
            return True
    return False


def bound(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Mapping[str, Any]:
    """Return all arguments of a call by name, defaults included."""
    arguments = op.signature.bind(*args, **kwargs)
    arguments.apply_defaults()
    return arguments.arguments


def _mark_views(op: Op, results: tuple[Tensor, ...], *, recorded: bool) -> None:
    for number, view in enumerate(results):
        view.seen_version = view.version.count
        view.origin = None if recorded else "no_grad"
        if recorded and len(results) > 1:
            view.origin, view.output_number = camel_case(op.name), number


def _record(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], results: tuple[Tensor, ...]) -> None:
    arguments = bound(op, args, kwargs)
    if op.view and op.name not in DERIVATIVES:
        from .windows import view_node

        node: Node = view_node(op, node_name(op.name, arguments), args, kwargs)
        for number, view in enumerate(results):
            view.node, view.output_number = node, number
        return
    operation_node(op.name, arguments).finish(results)


def check_writable(target: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a write that autograd cannot follow.

    Raises
    ------
    RuntimeError
        While recording: for a leaf that requires gradients, a view of one, one of several views made at
        once, a view made under ``no_grad``; outside inference mode: for an inference tensor.
    """
    if target.inference and not state.inference:
        raise RuntimeError(_INFERENCE)
    if state.mapping:
        mapping.check_write(target, _every(args, kwargs))
    if not state.grad or not _wants_grad((*args, *kwargs.values())):
        return
    if target.base is not None:
        if target.origin == "no_grad":
            raise RuntimeError(_NO_GRAD_VIEW)
        if target.origin is not None:
            raise RuntimeError(_MULTI_VIEW.format(target.output_number, target.origin))
        if target.base.is_leaf and target.base.requires_grad:
            raise RuntimeError(_VIEW_OF_LEAF)
    if target.is_leaf and target.requires_grad:
        raise RuntimeError(_LEAF)


class InplaceRecording:
    """An in-place operation between the run of its kernel and the write."""

    def __init__(self, op: Op, target: Tensor, arguments: Mapping[str, Any]) -> None:
        self.target = target
        self.node: OperationNode = operation_node(op.name, arguments, **_originals(op, target, arguments))

    def finish(self) -> None:
        """Give the written tensor, or the base it is a view of, its new place in the graph."""
        from .windows import CopySlices, window_of

        target, base = self.target, self.target.base
        if base is None:
            self.node.finish((target,))
            return
        slices = CopySlices(base, window_of(target, base), self.node)
        self.node.finish((target,))
        base.node, base.output_number = slices, 0
        target.node, target.seen_version = None, -1


def _originals(op: Op, target: Tensor, arguments: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return copies of the elements that the write destroys and a formula of another argument needs."""
    from ..conversion import clone

    needed = {
        name
        for argument, entry in DERIVATIVES.get(op.name, {}).items()
        for name in entry.needs
        if any(tensor.requires_grad for tensor in tensors_in([arguments.get(argument)]))
    }
    copies = {}
    for name in needed & arguments.keys():
        if arguments[name] is target:
            copy = clone(target)
            copy.node, copy.output_number, copy.tracked = target.grad_fn, target.output_number, target.tracked
            copies[name] = copy
    return copies


def inplace_recording(
    op: Op, target: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> InplaceRecording | None:
    """Return what records an in-place operation, None where nothing is recorded."""
    if not state.grad or not target.dtype.is_differentiable:
        return None
    if not _wants_grad((*args, *kwargs.values())):
        return None
    return InplaceRecording(op, target, bound(op, args, kwargs))
