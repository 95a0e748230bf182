"""The device under test, and expressions that are evaluated as they stand."""

from __future__ import annotations

from typing import Any

from tensorcanon.spec.rules import dtypes

from .backend import Handle
from .run import Run

# Ways to make a tensor of shape (2, 3) and float32; a device goes between the braces.
MAKERS = (
    "torch.zeros(2, 3{})",
    "torch.ones(2, 3{})",
    "torch.full((2, 3), 1.5{})",
    "torch.empty(2, 3{})",
    "torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]{})",
    "torch.eye(2, 3{})",
    "torch.rand(2, 3{})",
    "torch.randn(2, 3{})",
    "torch.arange(6.0{}).reshape(2, 3)",
    "torch.linspace(0, 1, 6{}).view(2, 3)",
    "torch.empty_strided((2, 3), (3, 1){})",
    "torch.as_tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]{})",
)
MADE = (dtypes.float32, (2, 3))


def here(run: Run) -> str:
    """Return the kind of the device under test."""
    return run.backend.identity.device


def evaluated(run: Run, expression: str) -> Any:
    """Return the value of an expression: no device is put into it."""
    return run.call("call", run.define(f"def value():\n    return {expression}"))


def judged(run: Run, allowed: Any, expression: str) -> Any:
    """Judge the value of an expression, evaluated likewise."""
    return run.expect(allowed, "call", run.define(f"def value():\n    return {expression}"))


def stated(run: Run, kind: str, index: int | None) -> Handle:
    """Return a device, given in one string."""
    return run.call("torch.device", kind if index is None else f"{kind}:{index}")  # type: ignore[no-any-return]
