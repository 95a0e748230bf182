"""Views in the graph: reading a window of a tensor, adding into one, and writes through a view.

A window is where a view's elements lie in its base. The three operations below are linear and each other's
derivatives, so one rule serves every view operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.rules import strides as rules

from ..dispatch import Op, op, ops
from ..dtypes import dtype
from ..kernels import empty, fresh
from ..storage import Storage
from ..tensor import Tensor
from .derivatives import derivative
from .nodes import Edge, Grad, Node, edge_of

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """A window on the storage of a base; the offset counts bytes from the base's first element."""

    shape: Shape
    strides: Shape
    offset: int
    dtype: dtype
    conjugate: bool = False
    negated: bool = False


def window_of(view: Tensor, base: Tensor) -> Window:
    """Return where a view lies in its base."""
    offset = view.offset * view.itemsize - base.offset * base.itemsize
    return Window(
        tuple(view.shape),
        view.strides,
        offset,
        view.dtype,
        view.conjugate != base.conjugate,
        view.negated != base.negated,
    )


def whole(tensor: Tensor) -> Window:
    """Return the window of a tensor on itself."""
    return Window(tuple(tensor.shape), tensor.strides, 0, tensor.dtype)


def row_major(shape: Any, kind: dtype) -> Window:
    """Return the window of a fresh tensor on itself."""
    return Window(tuple(shape), rules.contiguous_strides(shape), 0, kind)


def _on(storage: Storage, window: Window) -> Tensor:
    made = Tensor.make(
        storage, window.shape, window.strides, window.offset // window.dtype.itemsize, window.dtype
    )
    made.conjugate, made.negated = window.conjugate, window.negated
    return made


def _laid_out(window: Window, values: Any = None) -> Tensor:
    base = empty(window.shape, window.dtype, window.strides)
    if values is not None:
        base.places[...] = values
    return base


@op("_window_read", method=False)
def window_read(input: Tensor, base: Window, window: Window) -> Tensor:
    """Return the elements of a window of ``input``, which is laid out as ``base``."""
    return fresh(_on(_laid_out(base, input.array).storage, window).array.copy(), window.dtype)


@op("_window_add", method=False)
def window_add(input: Tensor, base: Window, window: Window) -> Tensor:
    """Return zeros laid out as ``base`` with ``input`` added into a window: places seen twice get both."""
    whole_base = _laid_out(base)
    target = _on(whole_base.storage, window)
    values = np.array(input.array)
    if window.conjugate:
        values = np.conj(values)
    if window.negated:
        values = np.negative(values)
    if rules.is_dense(window.shape, window.strides) or not _repeats(window):
        target.places[...] = values
    else:
        _add_repeated(target, values)
    return whole_base


def _repeats(window: Window) -> bool:
    """Return whether two elements of a window may share a place."""
    reach = 0
    for stride, size in sorted(zip(window.strides, window.shape, strict=True)):
        if size > 1:
            if stride <= reach:
                return True
            reach += stride * (size - 1)
    return False


def _add_repeated(target: Tensor, values: Any) -> None:
    """Add in the wider type in which sums are kept, and round once."""
    flat = np.arange(target.storage.nbytes() // target.itemsize)
    places = np.lib.stride_tricks.as_strided(
        flat[target.offset :], target.shape, tuple(stride * flat.itemsize for stride in target.strides)
    )
    wide = np.complex128 if target.dtype.is_complex else np.float64
    total = np.zeros(flat.size, wide)
    np.add.at(total, places.reshape(-1), values.astype(wide).reshape(-1))
    everything = Tensor.make(target.storage, flat.shape, (1,), 0, target.dtype)
    everything.write(total)


@op("_window_zero", method=False)
def window_zero(input: Tensor, base: Window, window: Window) -> Tensor:
    """Return ``input`` laid out as ``base``, with zeros in a window."""
    laid_out = _laid_out(base, input.array)
    _on(laid_out.storage, window).places[...] = 0
    return laid_out


derivative("_window_read", input=lambda grad, base, window: ops._window_add(grad, base, window))
derivative("_window_add", input=lambda grad, base, window: ops._window_read(grad, base, window))
derivative("_window_zero", input=lambda grad, base, window: ops._window_zero(grad, base, window))


class ViewNode(Node):
    """A view of a tensor: gradients are added into the window that the view is."""

    def __init__(self, edge: Edge | None, base: Window, windows: tuple[Window, ...]) -> None:
        super().__init__([edge], len(windows))
        self.base = base
        self.windows = windows

    def apply(self, grads: list[Grad]) -> list[Grad]:
        parts = [
            ops._window_add(grad, self.base, window)
            for grad, window in zip(grads, self.windows, strict=True)
            if grad is not None
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return [total]


def view_node(op: Op, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ViewNode:
    """Return the node of a view operation.

    The windows are found by running the kernel on a row-major stand-in without elements, so that an
    expanded argument, whose elements share places, needs no care.
    """
    input, rest = args[0], args[1:]
    base = row_major(input.shape, input.dtype)
    stand_in = Tensor.make(Storage.empty(0), base.shape, base.strides, 0, base.dtype)
    views = op.kernel(stand_in, *rest, **kwargs)
    every = views if isinstance(views, tuple | list) else (views,)
    windows = tuple(window_of(view, stand_in) for view in every)
    cls: type[ViewNode] = type(name, (ViewNode,), {})
    return cls(edge_of(input), base, windows)


class AsStridedBackward0(ViewNode):
    """A view whose base was written to: the node that replaces the one of the view operation."""


def regenerated(view: Tensor) -> ViewNode | None:
    """Return a new node for a view after a write to its base, None where the base needs no gradients."""
    assert view.base is not None
    edge = edge_of(view.base)
    if edge is None:
        return None
    return AsStridedBackward0(edge, whole(view.base), (window_of(view, view.base),))


class CopySlices(Node):
    """A write through a view: what was there gets no gradient, what was written gets that of the window."""

    def __init__(self, base: Tensor, window: Window, written: Node) -> None:
        super().__init__([edge_of(base), Edge(written, 0)])
        self.base = whole(base)
        self.window = window

    def apply(self, grads: list[Grad]) -> list[Grad]:
        kept = ops._window_zero(grads[0], self.base, self.window) if self.edges[0] is not None else None
        return [kept, ops._window_read(grads[0], self.base, self.window)]
