"""The graph of recorded operations: nodes and edges. Source: ``notes/autograd``."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..tensor import Tensor

Grad = Tensor | None
_sequence = itertools.count()


class Edge(NamedTuple):
    """Where a gradient goes: a node and which of its outputs it belongs to."""

    node: Node
    number: int


class Handle:
    """What `register_hook` returns."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Unregister the hook."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Node:
    """One recorded operation.

    Attributes
    ----------
    edges : list of Edge or None
        Where the gradient of each tensor argument goes; None where it is not wanted.
    outputs : int
        How many gradients the node takes.
    tensor_hooks : dict
        By output number, the hooks of the tensor that is this output.
    retained : dict
        By output number, the tensors that keep their gradients.
    """

    def __init__(self, edges: Iterable[Edge | None], outputs: int = 1) -> None:
        self.edges = list(edges)
        self.outputs = outputs
        self.sequence = next(_sequence)
        self.tensor_hooks: dict[int, dict[int, Callable[[Tensor], Any]]] = {}
        self.retained: dict[int, weakref.ref[Tensor]] = {}
        self.pre_hooks: dict[int, Callable[..., Any]] = {}
        self.post_hooks: dict[int, Callable[..., Any]] = {}
        self.metadata: dict[str, Any] = {}

    def apply(self, grads: list[Grad]) -> list[Grad]:
        """Return the gradient for each edge from those of the outputs."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go of what was saved."""

    def name(self) -> str:
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        return tuple((None, 0) if edge is None else tuple(edge) for edge in self.edges)  # type: ignore[misc]

    def register_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(grad_inputs, grad_outputs)`` after the node has run."""
        return add_hook(self.post_hooks, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(grad_outputs)`` before the node runs."""
        return add_hook(self.pre_hooks, hook)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


def add_hook(hooks: dict[int, Any], hook: Callable[..., Any]) -> Handle:
    """Add a hook behind the others."""
    key = next(_sequence)
    hooks[key] = hook
    return Handle(hooks, key)


class AccumulateGrad(Node):
    """The end of the graph at a leaf: adds to its ``grad``."""

    def __init__(self, variable: Tensor) -> None:
        super().__init__([])
        self.variable = variable
        self.after: dict[int, Callable[[Tensor], Any]] = {}
        self.sequence = 1 << 62

    def apply(self, grads: list[Grad]) -> list[Grad]:
        from .accumulation import accumulate

        if grads[0] is not None:
            accumulate(self.variable, grads[0])
            for hook in list(self.after.values()):
                hook(self.variable)
        return []


def leaf_node(tensor: Tensor, *, keep: bool = False) -> AccumulateGrad:
    """Return the node at which a leaf's gradients arrive, always the same while anything refers to it."""
    held = tensor._leaf_node
    node: AccumulateGrad | None = held() if isinstance(held, weakref.ref) else held
    if node is None:
        node = AccumulateGrad(tensor)
    tensor._leaf_node = node if keep else (held if held is not None and held is node else weakref.ref(node))
    return node


def edge_of(tensor: Tensor) -> Edge | None:
    """Return where gradients of a tensor go, None where they are not wanted."""
    node = tensor.grad_fn
    if node is not None:
        return Edge(node, tensor.output_number)
    return Edge(leaf_node(tensor), 0) if tensor.tracked else None


def alias(tensor: Tensor) -> Tensor:
    """Return the same window without history; it shares the version counter."""
    made = Tensor.make(
        tensor.storage, tensor.shape, tensor.strides, tensor.offset, tensor.dtype, version=tensor.version
    )
    made.conjugate, made.negated, made.inference = tensor.conjugate, tensor.negated, tensor.inference
    return made
