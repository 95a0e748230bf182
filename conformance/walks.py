"""Drawn walks of a parameter: its start, the gradients of each step, and options of the optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .backend import Array, Handle
from .inputs import Operand, Shape, draw_layout
from .run import Run
from .tape import Tape

_PLACES = np.array([1.0, -1.0, 2.0, 0.5, -3.0, 0.0, 4.0, -0.25, 1e-3, 10.0, -7.5, 0.1])
_SLOPES = np.array([1.0, -1.0, 0.5, 3.0, -2.0, 0.1, 1e-3, -1e-5, 0.0, 7.0, -0.25, 1e-7])
_SHAPES: tuple[Shape, ...] = ((2,), (), (1,), (2, 3), (5,), (3, 1, 2), (0,), (17,))
_LARGE: tuple[Shape, ...] = ((2051,), (65, 64))

# What is drawn for each option; the first value is drawn most.
_CHOICES: dict[str, tuple[Any, ...]] = {
    "lr": (0.1, 0.5, 1e-3, 1.0),
    "momentum": (0.9, 0.5),
    "dampening": (0.5, 0.25, 1.0),
    "weight_decay": (0.1, 0.01, 0.5),
    "betas": ((0.5, 0.75), (0.9, 0.999), (0.0, 0.9), (0.8, 0.99)),
    "eps": (0.1, 1e-8, 1e-3),
    "lr_decay": (0.5, 0.1),
    "initial_accumulator_value": (0.5, 0.1),
    "alpha": (0.9, 0.5, 0.99),
    "rho": (0.5, 0.9, 0.99),
    "momentum_decay": (0.1, 4e-3),
    "centered": (True, False),
    "maximize": (True, False),
    "amsgrad": (True, False),
    "nesterov": (True, False),
}


@dataclass(frozen=True)
class Walk:
    """A start, a gradient for each step (None for none), and options."""

    start: Operand
    gradients: tuple[Operand | None, ...]
    options: dict[str, Any]

    @property
    def dtype(self) -> DType:
        return self.start.dtype

    @property
    def slopes(self) -> list[Array | None]:
        return [None if one is None else one.array for one in self.gradients]


def _elements(tape: Tape, table: Array, shape: Shape, dtype: DType) -> Array:
    picks = tape.take(int(np.prod(shape)))
    values = table[picks % len(table)].reshape(shape)
    if dtype.is_complex:
        values = values + 1j * table[(picks // len(table)) % len(table)].reshape(shape)
    return np.asarray(values.astype(dtype.storage))


def draw_options(tape: Tape, optional: Sequence[str], always: Sequence[str] = ()) -> dict[str, Any]:
    """Draw options: those always given, and of the others about two in three."""
    given = [*always, *(name for name in optional if not tape.one_in(3))]
    return {name: tape.choose(_CHOICES[name]) for name in given}


def draw_walk(
    tape: Tape,
    optional: Sequence[str] = (),
    always: Sequence[str] = (),
    *,
    kinds: Sequence[DType] = (dtypes.float32, dtypes.float64),
    pauses: bool = True,
) -> Walk:
    """Draw a walk of one to five steps; one gradient in eight is missing, one shape in 24 is large."""
    options = draw_options(tape, optional, always)
    dtype = tape.choose(kinds)
    shape = tape.choose(_LARGE) if tape.one_in(24) else tape.choose(_SHAPES)
    start = Operand(_elements(tape, _PLACES, shape, dtype), draw_layout(tape))
    gradients: list[Operand | None] = []
    for _ in range(tape.between(1, 5)):
        if pauses and tape.one_in(8):
            gradients.append(None)
            continue
        gradients.append(Operand(_elements(tape, _SLOPES, shape, dtype), draw_layout(tape)))
    return Walk(start, tuple(gradients), options)


def take_step(run: Run, optimizer: Handle, parameter: Handle, gradient: Operand | None) -> None:
    """Give a parameter its gradient and step."""
    run.call("setattr", parameter, "grad", None if gradient is None else run.tensor(gradient))
    run.call("Tensor.step", optimizer)


def follow(run: Run, name: str, walk: Walk, **more: Any) -> Handle:
    """Walk with an optimizer and return the parameter."""
    parameter = run.tensor(walk.start, requires_grad=True)
    optimizer = run.call(f"torch.optim.{name}", [parameter], **walk.options, **more)
    for gradient in walk.gradients:
        take_step(run, optimizer, parameter, gradient)
    return parameter
