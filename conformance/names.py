"""What the names of steps tell."""

from __future__ import annotations

# Steps that compute nothing: a value looked at after them is that of an earlier step.
NO_OPS = frozenset({"make", "def", "define", "getattr", "grad", "data", "detach", "is"})
_GRADIENTS = (
    *("Tensor.requires_grad_", "Tensor.backward", "torch.autograd."),
    *(f"torch.func.{name}" for name in ("grad", "vjp", "jvp", "jac", "hessian", "linearize")),
)


def short(name: str) -> str:
    """Return the last part of a name, by which messages and tables call an op."""
    return name.rpartition(".")[2]


def needs_autograd(name: str) -> bool:
    """Return whether a step asks for gradients."""
    return name.startswith(_GRADIENTS)
