"""What a tensor knows of gradients: flags, the node that made it, hooks. Source: ``notes/autograd``."""

from __future__ import annotations

from .tensor import Tensor


def _requires_grad(self: Tensor) -> bool:
    return self.tracked or self.node is not None


def _set_requires_grad(self: Tensor, wanted: bool) -> None:
    if wanted and not self.dtype.is_differentiable:
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    self.tracked = bool(wanted)


Tensor.requires_grad = property(_requires_grad, _set_requires_grad)  # type: ignore[assignment]
