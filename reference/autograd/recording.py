"""The node of a recorded operation: what it saves and how it applies its formulas."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ..kernels import empty
from ..tensor import Tensor
from .derivatives import DERIVATIVES, Derivative
from .names import node_name
from .nodes import Grad, Node, edge_of
from .reducing import fitted
from .saved import FREED, Saved

Slot = tuple[str, int | None]
# Numbers that these operations take are tensors to them, saved and freed as such.
_TAKE_NUMBERS = frozenset({"mul", "div"})


@dataclass(frozen=True)
class Meta:
    """What is known of a tensor without keeping its elements."""

    shape: Any
    dtype: Any
    strides: tuple[int, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def numel(self) -> int:
        return int(self.shape.numel())


def meta_of(value: Any) -> Any:
    """Return the `Meta` of a tensor, a list of them for a list; other values unchanged."""
    if isinstance(value, Tensor):
        return Meta(value.shape, value.dtype, value.strides)
    if isinstance(value, list | tuple):
        return [meta_of(item) for item in value]
    return value


@functools.cache
def node_class(name: str) -> type[OperationNode]:
    """Return the class of the nodes that show a name."""
    return type(name, (OperationNode,), {})


class OperationNode(Node):
    """A recorded operation with its arguments by name.

    Attributes
    ----------
    slots : list of (argument name, place in a list or None)
        One for each tensor argument, in step with `edges`.
    """

    def __init__(self, op: str, arguments: Mapping[str, Any], **replaced: Any) -> None:
        self.op = op
        self.slots, tensors = _slots(arguments)
        super().__init__([edge_of(tensor) for tensor in tensors])
        self.meta = SimpleNamespace(**{name: meta_of(value) for name, value in arguments.items()})
        self.plain = {name: value for name, value in arguments.items() if not _holds_tensors(value)}
        self.saved: dict[str, Any] = {}
        self.freed = False
        for name in self._needs():
            if name in arguments and name not in self.plain:
                self.saved[name] = _save(replaced.get(name, arguments[name]))

    @property
    def formulas(self) -> dict[str, Derivative]:
        return DERIVATIVES.get(self.op, {})

    def _needs(self) -> set[str]:
        wanted = {slot[0] for slot, edge in zip(self.slots, self.edges, strict=True) if edge is not None}
        return {name for argument in wanted & self.formulas.keys() for name in self.formulas[argument].needs}

    def finish(self, results: tuple[Tensor, ...]) -> None:
        """Take note of the results, once they exist."""
        self.outputs = len(results)
        self.meta.results = meta_of(results)
        self.meta.result = self.meta.results[0]
        for number, result in enumerate(results):
            if result.dtype.is_differentiable:
                result.node, result.output_number = self, number
        needs = self._needs()
        if "result" in needs:
            self.saved["result"] = Saved(results[0], is_output=True)
        if "results" in needs:
            self.saved["results"] = [Saved(result, is_output=True) for result in results]

    def apply(self, grads: list[Grad]) -> list[Grad]:
        if self.freed and self.op in _TAKE_NUMBERS:
            raise RuntimeError(FREED)
        known = {"meta": self.meta, **self.plain, **self._grads(grads)}
        known |= {name: self._unpack(saved) for name, saved in self.saved.items()}
        by_argument: dict[str, Any] = {}
        passed: list[Grad] = []
        for (argument, place), edge in zip(self.slots, self.edges, strict=True):
            if edge is None:
                passed.append(None)
                continue
            if argument not in by_argument:
                by_argument[argument] = self._formula(argument, known)
            result, meta = by_argument[argument], getattr(self.meta, argument)
            if place is not None:
                result, meta = result[place], meta[place]
            passed.append(None if result is None else fitted(result, meta.shape, meta.dtype))
        return passed

    def _grads(self, grads: list[Grad]) -> dict[str, Any]:
        filled = [
            grad if grad is not None or not meta.dtype.is_differentiable else empty(meta.shape, meta.dtype)
            for grad, meta in zip(grads, self.meta.results, strict=True)
        ]
        return {"grad": filled[0], "grads": tuple(filled)}

    def _formula(self, argument: str, known: Mapping[str, Any]) -> Any:
        try:
            entry = self.formulas[argument]
        except KeyError:
            raise NotImplementedError(
                f"the derivative for '{self.op}' with respect to '{argument}' is not implemented"
            ) from None
        return entry.formula(**{name: known[name] for name in entry.needs})

    def _unpack(self, saved: Any) -> Any:
        if isinstance(saved, Saved):
            return saved.get(self)
        return [self._unpack(item) for item in saved] if isinstance(saved, list) else saved

    def release(self) -> None:
        self.freed = True
        for saved in self.saved.values():
            for one in saved if isinstance(saved, list) else [saved]:
                if isinstance(one, Saved):
                    one.free()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_saved_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        key = {"self": "input"}.get(name.removeprefix("_saved_"), name.removeprefix("_saved_"))
        if key in self.saved:
            return self._unpack(self.saved[key])
        if key in self.plain:
            return self.plain[key]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


def operation_node(op: str, arguments: Mapping[str, Any], **replaced: Any) -> OperationNode:
    """Return a node of the class that shows the op's name.

    Parameters
    ----------
    op : str
    arguments : mapping
        The bound arguments of the kernel.
    **replaced
        Tensors to save instead of the arguments of these names.
    """
    return node_class(node_name(op, arguments))(op, arguments, **replaced)


def _slots(arguments: Mapping[str, Any]) -> tuple[list[Slot], list[Tensor]]:
    slots: list[Slot] = []
    tensors: list[Tensor] = []
    for name, value in arguments.items():
        for place, tensor in _tensors_of(value):
            slots.append((name, place))
            tensors.append(tensor)
    return slots, tensors


def _tensors_of(value: Any) -> Iterator[tuple[int | None, Tensor]]:
    if isinstance(value, Tensor):
        yield None, value
    elif isinstance(value, list | tuple):
        yield from ((place, item) for place, item in enumerate(value) if isinstance(item, Tensor))


def _holds_tensors(value: Any) -> bool:
    return any(True for _ in _tensors_of(value))


def _save(value: Any) -> Any:
    if isinstance(value, Tensor):
        return Saved(value)
    return [_save(item) if isinstance(item, Tensor) else item for item in value]
