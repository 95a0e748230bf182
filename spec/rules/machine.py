"""A small machine that knows what a program of linear operations, views, writes and passes must show.

Storages are arrays, views are places in them. For each tensor that owns a history the machine keeps the
derivative of every element by every element of every leaf, as a matrix: each operation here is linear, or a
product, so that the chain rule is a product of matrices, and no graph is walked.

Sources: ``notes/autograd``, ``tensor_view``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# How many elements all leaves of a program may have together.
PARAMETERS = 48


class RefusedError(Exception):
    """Autograd cannot follow the operation: a backend must raise."""


@dataclass(eq=False)
class Counter:
    """How often the elements that some tensors share were written."""

    writes: int = 0


@dataclass(eq=False)
class History:
    """What a tensor that is no view, and all its views, derive from.

    Attributes
    ----------
    jacobian : ndarray
        For each place of the storage the derivative by each parameter.
    requires_grad : bool
    leaf : slice or None
        The parameters that a leaf owns.
    reaches : set of slices, as pairs
        The leaves that a backward pass arrives at.
    saved : list of (Counter, int)
        What was saved on the way, and how often it had been written by then.
    """

    jacobian: Array
    requires_grad: bool = False
    leaf: tuple[int, int] | None = None
    reaches: set[tuple[int, int]] = field(default_factory=set)
    saved: list[tuple[Counter, int]] = field(default_factory=list)


@dataclass(eq=False)
class Tensor:
    """A window: `places` are flat places in `storage`, in the shape of the tensor."""

    storage: Array
    places: Array
    history: History
    counter: Counter
    is_view: bool = False
    gradient: Array | None = None

    @property
    def values(self) -> Array:
        """The elements."""
        return np.asarray(self.storage[self.places])

    @property
    def rows(self) -> Array:
        """The derivative of each element, in the order of the flattened tensor."""
        return self.history.jacobian[self.places.reshape(-1)]

    @property
    def requires_grad(self) -> bool:
        return self.history.requires_grad

    @property
    def is_leaf(self) -> bool:
        return not self.requires_grad or (self.history.leaf is not None and not self.is_view)


class Machine:
    """The state of a program: whether operations are recorded, and the leaves so far."""

    def __init__(self) -> None:
        self.recording = True
        self.leaves: dict[tuple[int, int], Tensor] = {}
        self._parameters = 0

    def tensor(self, values: Array) -> Tensor:
        """Return a new tensor without history."""
        storage = values.reshape(-1).astype(np.float64)
        places = np.arange(storage.size).reshape(values.shape)
        return Tensor(storage, places, History(np.zeros((storage.size, PARAMETERS))), Counter())

    def require_grad(self, tensor: Tensor) -> bool:
        """Make a leaf of a tensor; returns whether there were parameters left for it."""
        size = tensor.places.size
        if self._parameters + size > PARAMETERS:
            return False
        leaf = (self._parameters, self._parameters + size)
        self._parameters += size
        history = tensor.history
        history.requires_grad, history.leaf, history.reaches = True, leaf, {leaf}
        history.jacobian[tensor.places.reshape(-1), leaf[0] : leaf[1]] = np.eye(size)
        self.leaves[leaf] = tensor
        return True

    def view(self, tensor: Tensor, places: Array) -> Tensor:
        """Return a window on some places of a tensor's."""
        return Tensor(tensor.storage, places, tensor.history, tensor.counter, is_view=True)

    def detach(self, tensor: Tensor) -> Tensor:
        """Return the same window with a history of its own, which is empty."""
        history = History(np.zeros_like(tensor.history.jacobian))
        return Tensor(tensor.storage, tensor.places, history, tensor.counter)

    # Operations that make a tensor.

    def scale(self, tensor: Tensor, factor: float) -> Tensor:
        """Return a multiple; 1 makes a copy."""
        return self._made(tensor.values * factor, tensor.rows * factor, (tensor,))

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the sum of tensors of one shape."""
        return self._made(a.values + b.values, a.rows + b.rows, (a, b))

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product of tensors of one shape, for which each is saved where the other needs it."""
        left, right = a.values.reshape(-1, 1), b.values.reshape(-1, 1)
        made = self._made(a.values * b.values, right * a.rows + left * b.rows, (a, b))
        if made.requires_grad:
            pairs = ((b, a), (a, b))
            made.history.saved += [
                (kept.counter, kept.counter.writes) for kept, other in pairs if other.requires_grad
            ]
        return made

    def total(self, tensor: Tensor) -> Tensor:
        """Return the sum of all elements."""
        return self._made(np.asarray(tensor.values.sum()), tensor.rows.sum(0, keepdims=True), (tensor,))

    def _made(self, values: Array, rows: Array, operands: Sequence[Tensor]) -> Tensor:
        made = self.tensor(values)
        if self._records(operands):
            self._derive(made, rows, operands)
        return made

    def _records(self, operands: Sequence[Tensor]) -> bool:
        return self.recording and any(operand.requires_grad for operand in operands)

    def _derive(self, target: Tensor, rows: Array, operands: Sequence[Tensor]) -> None:
        history = target.history
        history.jacobian[target.places.reshape(-1)] = rows
        history.requires_grad = True
        for operand in operands:
            history.reaches |= operand.history.reaches
            history.saved += [each for each in operand.history.saved if operand.history is not history]

    # Writes.

    def write(self, target: Tensor, values: Array, rows: Array, operands: Sequence[Tensor]) -> None:
        """Store elements with their derivatives; unrecorded, only the elements change.

        Raises
        ------
        RefusedError
            For a leaf that requires gradients, or a view of one, while operations are recorded.
        """
        records = self._records((target, *operands))
        if records and target.history.leaf is not None:
            raise RefusedError
        target.storage[target.places] = values
        target.counter.writes += 1
        if records:
            self._derive(target, rows, operands)

    def scale_in_place(self, target: Tensor, factor: float) -> None:
        """Multiply a tensor by a number; 0 overwrites it."""
        self.write(target, target.values * factor, target.rows * factor, ())

    def add_in_place(self, target: Tensor, other: Tensor) -> None:
        """Add a tensor of the same shape that shares no place with the target."""
        self.write(target, target.values + other.values, target.rows + other.rows, (other,))

    def copy_in_place(self, target: Tensor, other: Tensor) -> None:
        """Overwrite a tensor with one of the same shape that shares no place with it."""
        self.write(target, other.values, other.rows, (other,))

    # Passes.

    def refuses(self, tensor: Tensor) -> bool:
        """Return whether a pass from a tensor is an error: it requires no gradients, or one that was saved
        has been written since."""
        written = any(counter.writes != before for counter, before in tensor.history.saved)
        return written or not tensor.requires_grad

    def backward(self, tensor: Tensor, weight: Array) -> None:
        """Add the gradient of a weighted sum of a tensor's elements to the leaves.

        Raises
        ------
        RefusedError
            Where the tensor requires no gradients, or one that was saved has been written since.
        """
        if self.refuses(tensor):
            raise RefusedError
        gradient = weight.reshape(-1) @ tensor.rows
        for first, end in tensor.history.reaches:
            leaf = self.leaves[first, end]
            part = gradient[first:end].reshape(leaf.places.shape)
            leaf.gradient = part if leaf.gradient is None else leaf.gradient + part
