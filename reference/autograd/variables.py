"""``torch.autograd.Variable``, which is a tensor since tensors record operations themselves."""

from __future__ import annotations

from ..tensor import Tensor
from .nodes import alias


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """Return a leaf on the elements of a tensor."""
    made = alias(data)
    made.requires_grad = requires_grad
    return made
