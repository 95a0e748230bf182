"""The table of derivatives: op name -> argument name -> formula.

A formula returns the gradient of one argument. What it needs it names as its parameters:

``grad``, ``grads``
    The gradient of the (first) result; those of all results.
``result``, ``results``
    The (first) result; all of them. Naming it saves it for the backward pass.
the name of an argument of the kernel
    That argument; a tensor so named is saved, and checked for writes before it is used.
``meta``
    Shapes and types without saving anything: ``meta.input.shape``, ``meta.result.dtype``.

The tape does the rest: a gradient is summed to the shape of its argument where that was broadcast, loses its
imaginary part where the argument is real, and takes the argument's type. Formulas are made of operations, so
that they can be recorded themselves. An argument without a formula raises when its gradient is wanted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..dispatch import ops

Formula = Callable[..., Any]


@dataclass(frozen=True)
class Derivative:
    """A formula and the names of what it needs."""

    formula: Formula
    needs: tuple[str, ...]


DERIVATIVES: dict[str, dict[str, Derivative]] = {}


def derivative(*names: str, **formulas: Formula) -> None:
    """Enter the formulas of an op, or of several ops that share them, by argument name."""
    entry = {
        argument: Derivative(formula, tuple(inspect.signature(formula).parameters))
        for argument, formula in formulas.items()
    }
    for name in names:
        DERIVATIVES[name] = entry


def zero(*names: str, argument: str = "input") -> None:
    """Enter ops whose derivative is zero wherever it exists, as for ``floor`` and ``sign``."""
    for name in names:
        derivative(name, **{argument: lambda grad: ops.zeros_like(grad)})
