"""The backward pass. Sources: ``torch.autograd.backward``, ``torch.autograd.grad``, ``notes/autograd``."""

from __future__ import annotations

import heapq
import itertools
import threading
import weakref
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..kernels import empty
from ..state import state
from ..tensor import Tensor
from . import modes
from .accumulation import accumulate
from .nodes import AccumulateGrad, Edge, Grad, Node, edge_of

_NO_GRAD = "element {} of tensors does not require grad and does not have a grad_fn"
_UNUSED = (
    "The differentiated Tensor at index {} appears to not have been used in the graph. "
    "Set allow_unused=True if this is the desired behavior."
)
_NOT_UNUSED = (
    "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
)
Captured = dict[tuple[Node, int], Grad]
_numbers = itertools.count()


@dataclass(eq=False)
class Pass:
    """One walk through the graph.

    Attributes
    ----------
    nodes : set of Node
        Those it reaches.
    number : int
    """

    nodes: set[Node]
    number: int = field(default_factory=lambda: next(_numbers))


class _Running(threading.local):
    passes: tuple[Pass, ...] = ()


_running = _Running()


def current_pass() -> Pass:
    """Return the pass in which a hook is called."""
    return _running.passes[-1]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of the sum of tensors, each weighted by its ``grad_tensors``, to the leaves.

    Parameters
    ----------
    tensors, grad_tensors : Tensor or sequence of Tensor
    retain_graph : bool or None
        Keep what was saved for another pass; by default as `create_graph`.
    create_graph : bool
        Record the pass itself.
    inputs : Tensor, sequence of Tensor or None
        Only these get gradients.

    Raises
    ------
    RuntimeError
        Where a tensor does not require gradients, has several elements and no weight, or a weight of
        another shape; where the graph was freed or a saved tensor was written to.
    """
    roots = _listed(tensors)
    grads = _root_grads(roots, _listed(grad_tensors) or [None] * len(roots), create_graph=create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        _run(roots, grads, keep, create_graph, None)
        return
    wanted = _listed(inputs)
    if not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    captured = _run(roots, grads, keep, create_graph, [_edge(one) for one in wanted])
    with modes.set_grad_enabled(create_graph):
        for one in wanted:
            grad = captured.get(_edge(one))
            if grad is not None:
                accumulate(one, grad)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Grad, ...]:
    """Return the gradients of the sum of outputs with respect to inputs; no ``grad`` changes.

    Raises
    ------
    RuntimeError
        As `backward`, and where an input does not require gradients or took no part.
    """
    roots, wanted = _listed(outputs), _listed(inputs)
    if materialize_grads and allow_unused is False:
        raise ValueError(_NOT_UNUSED)
    grads = _root_grads(roots, _listed(grad_outputs) or [None] * len(roots), create_graph=create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    edges = [_edge(one) for one in wanted]
    captured = _run(roots, grads, keep, create_graph, edges)
    results: list[Grad] = []
    for place, (one, edge) in enumerate(zip(wanted, edges, strict=True)):
        found = captured.get(edge)
        if found is None and materialize_grads:
            found = empty(one.shape, one.dtype)
        elif found is None and not allow_unused:
            raise RuntimeError(_UNUSED.format(place))
        results.append(found)
    return tuple(results)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _edge(tensor: Tensor) -> Edge:
    edge = edge_of(tensor)
    if edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return edge


def _root_grads(roots: Sequence[Tensor], given: Sequence[Any], *, create_graph: bool) -> list[Tensor]:
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    grads = []
    for place, (root, weight) in enumerate(zip(roots, given, strict=True)):
        if weight is None:
            grads.append(_implicit_grad(root, place))
            continue
        if weight.shape != root.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{place}] has a shape of {weight.shape} and "
                f"output[{place}] has a shape of {root.shape}."
            )
        if not root.requires_grad:
            raise RuntimeError(_NO_GRAD.format(place))
        grads.append(weight if create_graph else weight.detach())
    return grads


def _implicit_grad(root: Tensor, place: int) -> Tensor:
    if root.requires_grad and root.numel() != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if root.requires_grad and not root.dtype.is_floating_point:
        raise RuntimeError(
            f"grad can be implicitly created only for real scalar outputs but got {root.dtype.scalar_name}"
        )
    if not root.requires_grad:
        raise RuntimeError(_NO_GRAD.format(place))
    one = empty(root.shape, root.dtype)
    one.places[...] = 1
    return one


def _run(
    roots: Sequence[Tensor],
    grads: Sequence[Tensor],
    keep_graph: bool,
    create_graph: bool,
    capture: list[Edge] | None,
) -> Captured:
    """Walk the graph from the roots, later operations first; a node runs once all its gradients are there."""
    captured: Captured = {}
    starts = [_edge(root) for root in roots]
    waiting, reaching = _survey([edge.node for edge in starts], capture)
    buffers: dict[Node, list[Grad]] = {}
    for edge, start in zip(starts, grads, strict=True):
        _add(buffers, edge, start)
    ready = [_ranked(node) for node in dict.fromkeys(edge.node for edge in starts) if not waiting[node]]
    heapq.heapify(ready)
    before = _running.passes
    _running.passes = (*before, Pass({edge.node for edge in starts} | waiting.keys()))
    try:
        with modes.set_grad_enabled(create_graph):
            while ready:
                node = heapq.heappop(ready)[2]
                arrived = _hooked(node, buffers.pop(node, [None] * node.outputs))
                _keep(node, arrived, capture, captured)
                runs = node in reaching and any(grad is not None for grad in arrived)
                passed = _execute(node, arrived, keep_graph) if runs else [None] * len(node.edges)
                for edge in _deliver(node, passed, buffers, waiting):
                    heapq.heappush(ready, _ranked(edge.node))
    finally:
        _running.passes = before
    return captured


def _ranked(node: Node) -> tuple[int, int, Node]:
    return -node.sequence, id(node), node


def _deliver(
    node: Node, passed: Sequence[Grad], buffers: dict[Node, list[Grad]], waiting: Counter[Node]
) -> list[Edge]:
    """Hand gradients on, and return the edges to nodes that wait for no other."""
    complete = []
    for target, result in zip(node.edges, passed, strict=True):
        if target is None:
            continue
        if result is not None:
            _add(buffers, target, result)
        waiting[target.node] -= 1
        if not waiting[target.node]:
            complete.append(target)
    return complete


def _survey(starts: Sequence[Node], capture: list[Edge] | None) -> tuple[Counter[Node], set[Node]]:
    """Return how many gradients each node waits for, and the nodes worth running."""
    waiting: Counter[Node] = Counter()
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(node, False) for node in starts]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            for edge in node.edges:
                if edge is not None:
                    waiting[edge.node] += 1
                    stack.append((edge.node, False))
    if capture is None:
        return waiting, seen
    targets = {edge.node for edge in capture}
    reaching: set[Node] = set()
    for node in order:  # children before parents
        if any(edge is not None and (edge.node in targets or edge.node in reaching) for edge in node.edges):
            reaching.add(node)
    return waiting, reaching


def _add(buffers: dict[Node, list[Grad]], edge: Edge, grad: Tensor) -> None:
    held = buffers.setdefault(edge.node, [None] * edge.node.outputs)
    before = held[edge.number]
    held[edge.number] = grad if before is None else before + grad


def _hooked(node: Node, grads: list[Grad]) -> list[Grad]:
    for number, hooks in node.tensor_hooks.items():
        for hook in list(hooks.values()):
            grad = grads[number]
            if grad is not None:
                grads[number] = _checked(hook, grad, hook(grad))
    return grads


def _checked(hook: Any, grad: Tensor, changed: Any) -> Tensor:
    """Return what a hook made of a gradient.

    Raises
    ------
    TypeError
        Where it returned something that is no tensor.
    RuntimeError
        Where it changed the shape.
    """
    if changed is None:
        return grad
    if not isinstance(changed, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(changed).__name__}'")
    if changed.shape != grad.shape:
        raise RuntimeError(f"hook '{getattr(hook, '__name__', 'hook')}' has changed the size of value")
    return changed


def _keep(node: Node, grads: list[Grad], capture: list[Edge] | None, captured: Captured) -> None:
    for edge in capture or ():
        if edge.node is node:
            captured[edge] = grads[edge.number]
    for number, reference in node.retained.items():
        tensor, grad = reference(), grads[number]
        if tensor is not None and grad is not None:
            tensor._grad = grad if tensor._grad is None else tensor._grad + grad


def _execute(node: Node, grads: list[Grad], keep_graph: bool) -> list[Grad]:
    for hook in list(node.pre_hooks.values()):
        changed = hook(tuple(grads))
        grads = grads if changed is None else list(_listed(changed))
    results = node.apply(grads)
    if state.anomaly:
        _refuse_nan(node, results)
    for hook in list(node.post_hooks.values()):
        changed = hook(tuple(results), tuple(grads))
        results = results if changed is None else list(_listed(changed))
    if not keep_graph and not isinstance(node, AccumulateGrad):
        node.release()
    return results


def _refuse_nan(node: Node, results: Sequence[Grad]) -> None:
    for place, result in enumerate(results):
        if result is not None and bool(np.isnan(result.array).any()):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {place}th output.")


def retain(tensor: Tensor) -> None:
    """Let a tensor that is no leaf keep its gradient."""
    node = tensor.grad_fn
    if node is not None:
        node.retained[tensor.output_number] = weakref.ref(tensor)
