"""A program and the machine that says what is due, side by side: steps that a drawn program is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorcanon.spec import programs
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules.machine import Machine, RefusedError, Tensor

from .backend import Array, Handle
from .run import Run
from .tape import Tape

CLAUSES = (
    programs.every_window_shows_every_write,
    programs.results_and_written_tensors_require_grad_as_their_operands_do,
    programs.leaves_stay_leaves,
    programs.passes_add_the_derivative_of_the_recorded_program,
    programs.leaves_refuse_recorded_writes,
    programs.passes_refuse_what_was_written_since,
)
MOST_STEPS = 18
SHAPES = ((3,), (2, 2), (2, 3), ())
_NUMBERS = (2.0, -1.0, 3.0, 0.5)
_TENSORS = 9
# Numbers stay so small that every sum and product is exact.
_LARGEST = 2.0**20

VIEWS: tuple[tuple[str, tuple[Any, ...], Callable[[Array], Array], int], ...] = (
    ("operator.getitem", (slice(1, None),), lambda i: i[1:], 1),
    ("operator.getitem", (slice(None, None, 2),), lambda i: i[::2], 1),
    ("operator.getitem", (0,), lambda i: i[0], 1),
    ("Tensor.t", (), lambda i: i.T, 2),
    ("Tensor.unsqueeze", (0,), lambda i: i[None], 0),
    ("Tensor.flatten", (), lambda i: i.reshape(-1), 0),
)


@dataclass
class Session:
    """A program on a backend and on the machine, side by side."""

    run: Run
    tape: Tape
    machine: Machine = field(default_factory=Machine)
    pairs: list[tuple[Handle, Tensor]] = field(default_factory=list)
    ended: bool = False
    halved: bool = False

    def begin(self, shape: tuple[int, ...], other: tuple[int, ...], *, requires_grad: bool) -> None:
        """Make a leaf, a tensor beside it, and a result of the leaf."""
        self.make(shape, requires_grad=True)
        self.make(other, requires_grad=requires_grad)
        first, tensor = self.pairs[0]
        self.keep(self.run.call("operator.mul", first, 2.0), self.machine.scale(tensor, 2.0))

    def make(self, shape: tuple[int, ...], requires_grad: bool) -> None:
        values = np.array([self.tape.below(9) - 4 for _ in range(int(np.prod(shape)))], np.float64).reshape(
            shape
        )
        handle, tensor = self.run.tensor(values), self.machine.tensor(values)
        if requires_grad and self.machine.require_grad(tensor):
            handle = self.run.call("Tensor.requires_grad_", handle)
        self.pairs.append((handle, tensor))

    def pick(self) -> tuple[Handle, Tensor]:
        """Draw a tensor, the latest first."""
        return self.tape.choose(self.pairs[::-1])

    def pick_target(self) -> tuple[Handle, Tensor]:
        """Draw a tensor to write to: often a computed one with views or, unrecorded, one a pass needs."""
        computed = [tensor.history for _, tensor in self.pairs if tensor.history.leaf is None]
        saved = {counter for _, tensor in self.pairs for counter, _ in tensor.history.saved}
        wanted = [
            pair
            for pair in self.pairs
            if (computed.count(pair[1].history) > 1 if self.machine.recording else pair[1].counter in saved)
        ]
        return self.tape.choose(wanted[::-1]) if wanted and self.tape.one_in(2) else self.pick()

    def partner(self, tensor: Tensor) -> tuple[Handle, Tensor] | None:
        """Draw a tensor of the same shape that shares no memory, None where there is none."""
        others = [
            pair
            for pair in self.pairs
            if pair[1].places.shape == tensor.places.shape and pair[1].storage is not tensor.storage
        ]
        return self.tape.choose(others) if others else None

    def keep(self, handle: Any, tensor: Tensor) -> None:
        if np.abs(tensor.values).max(initial=0) > _LARGEST or np.abs(tensor.rows).max(initial=0) > _LARGEST:
            self.ended = True
        elif len(self.pairs) < _TENSORS:
            self.pairs.append((handle, tensor))

    def judge(self) -> None:
        """Compare everything that the program holds."""
        for handle, tensor in self.pairs:
            self.run.look(programs.every_window_shows_every_write(tensor.values), handle)
            self.run.look(
                programs.results_and_written_tensors_require_grad_as_their_operands_do(tensor.requires_grad),
                handle,
            )
            self._read(programs.leaves_stay_leaves(tensor.is_leaf), "Tensor.is_leaf", handle)
        self._judge_gradients()

    def _judge_gradients(self) -> None:
        for handle, tensor in self.pairs:
            if tensor.is_leaf and tensor.requires_grad:
                allowed = programs.passes_add_the_derivative_of_the_recorded_program(tensor.gradient)
                self._read(allowed, "Tensor.grad", handle)

    def _read(self, allowed: Outcome, name: str, handle: Handle) -> None:
        """Judge an attribute; the program shows the step only where it is wrong."""
        native = self.run.backend.call(name, (handle,), {})
        if allowed.allows(self.run.backend.look(native)):
            self.run.look(allowed, Handle(handle.name, native), name)
        else:
            self.run.expect(allowed, name, handle)

    # Steps.

    def view(self) -> None:
        handle, tensor = self.pick()
        name, args, places, ndim = self.tape.choose(VIEWS)
        made = places(tensor.places) if tensor.places.ndim >= ndim and self.machine.recording else None
        if made is None or not made.size or (name == "Tensor.t" and tensor.places.ndim != 2):
            return
        if name == "Tensor.flatten" and tensor.places.ndim == 1:
            return
        # Flattening a tensor whose elements are not evenly spaced copies them.
        if name == "Tensor.flatten" and not _evenly_spaced(tensor.places):
            self.keep(self.run.call(name, handle, *args), self._flattened_copy(tensor))
            return
        self.keep(self.run.call(name, handle, *args), self.machine.view(tensor, made))

    def _flattened_copy(self, tensor: Tensor) -> Tensor:
        return self.machine.scale(self.machine.view(tensor, tensor.places.reshape(-1)), 1.0)

    def detach(self) -> None:
        handle, tensor = self.pick()
        self.keep(self.run.call("Tensor.detach", handle), self.machine.detach(tensor))

    def compute(self) -> None:
        handle, tensor = self.pick()
        kind = self.tape.choose(("mul", "square", "neg", "sum", "add", "product", "clone", "square"))
        other = self.partner(tensor)
        number = self.tape.choose(_NUMBERS)
        match kind:
            case "mul":
                self.keep(self.run.call("operator.mul", handle, number), self.machine.scale(tensor, number))
            case "neg":
                self.keep(self.run.call("operator.neg", handle), self.machine.scale(tensor, -1.0))
            case "clone":
                self.keep(self.run.call("Tensor.clone", handle), self.machine.scale(tensor, 1.0))
            case "sum":
                self.keep(self.run.call("Tensor.sum", handle), self.machine.total(tensor))
            case "square":
                made = self.machine.multiply(tensor, tensor)
                self.keep(self.run.call("operator.mul", handle, handle), made)
            case "add" if other:
                made = self.machine.add(tensor, other[1])
                self.keep(self.run.call("operator.add", handle, other[0]), made)
            case "product" if other:
                made = self.machine.multiply(tensor, other[1])
                self.keep(self.run.call("operator.mul", handle, other[0]), made)

    def write(self) -> None:
        handle, tensor = self.pick_target()
        kind = self.tape.choose(("mul_", "zero_", "add_", "copy_"))
        other = self.partner(tensor)
        number = self.tape.choose(_NUMBERS)
        if kind in ("mul_", "zero_"):
            factor = number if kind == "mul_" else 0.0
            args = [number] if kind == "mul_" else []
            self._attempt(kind, handle, args, lambda: self.machine.scale_in_place(tensor, factor))
        elif other is not None:
            step = self.machine.add_in_place if kind == "add_" else self.machine.copy_in_place
            self._attempt(kind, handle, [other[0]], lambda: step(tensor, other[1]))
        if np.abs(tensor.values).max(initial=0) > _LARGEST or np.abs(tensor.rows).max(initial=0) > _LARGEST:
            self.ended = True

    def _attempt(self, name: str, handle: Handle, args: list[Any], step: Callable[[], None]) -> None:
        refused = False
        try:
            step()
        except RefusedError:
            refused = True
        self.run.expect(programs.leaves_refuse_recorded_writes(refused), f"Tensor.{name}", handle, *args)

    def backward(self) -> None:
        handle, tensor = self.pick()
        weight = [self.tape.below(5) - 2 for _ in range(tensor.places.size)]
        self._pass_from(handle, tensor, np.reshape(weight, tensor.places.shape).astype(np.float64))

    def _pass_from(self, handle: Handle, tensor: Tensor, weight: Array) -> None:
        try:
            self.machine.backward(tensor, weight)
        except RefusedError:
            # What the leaves hold after half a pass is open.
            self.halved = self.ended = True
        allowed = programs.passes_refuse_what_was_written_since(self.halved)
        self.run.expect(allowed, "Tensor.backward", handle, self.run.tensor(weight), retain_graph=True)

    def finish(self) -> None:
        """Take a pass from every tensor that requires gradients, those that are refused last."""
        wanted = [pair for pair in self.pairs if pair[1].requires_grad and not pair[1].is_leaf]
        for handle, tensor in sorted(wanted, key=lambda pair: self.machine.refuses(pair[1])):
            weight = np.arange(1.0, tensor.places.size + 1).reshape(tensor.places.shape)
            self._pass_from(handle, tensor, weight)
            if not self.halved:
                self._judge_gradients()

    def clear(self) -> None:
        handle, tensor = self.pick()
        if tensor.is_leaf and tensor.requires_grad:
            self.run.call("setattr", handle, "grad", None)
            tensor.gradient = None

    def require_grad(self) -> None:
        handle, tensor = self.pick()
        alone = all(one.history is not tensor.history for _, one in self.pairs if one is not tensor)
        if not tensor.requires_grad and not tensor.is_view and alone and self.machine.require_grad(tensor):
            self.run.call("Tensor.requires_grad_", handle)


def _evenly_spaced(places: Array) -> bool:
    steps = np.diff(places.reshape(-1))
    return bool((steps == steps[:1]).all())
