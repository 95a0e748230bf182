"""How tensors print. Source: ``torch.set_printoptions``."""

from __future__ import annotations

from .tensor import Tensor


def tensor_text(tensor: Tensor) -> str:
    """Return a tensor's repr."""
    return f"tensor({tensor.tolist()}, dtype={tensor.dtype!r})"
