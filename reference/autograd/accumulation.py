"""How ``grad`` of a leaf grows. Source: ``autograd#default-gradient-layouts``."""

from __future__ import annotations

from tensorcanon.spec.rules import strides as rules

from ..kernels import with_strides
from ..tensor import Tensor
from . import modes


def accumulate(variable: Tensor, grad: Tensor) -> None:
    """Add to a tensor's ``grad``: in place, or out of place while the backward pass itself is recorded."""
    held = variable._grad
    if modes.is_grad_enabled():
        variable._grad = grad if held is None else held + grad
    elif held is None:
        variable._grad = own_copy(variable, grad)
    else:
        held.add_(grad)


def own_copy(variable: Tensor, grad: Tensor) -> Tensor:
    """Return a copy of a gradient, laid out as the tensor it belongs to where that is dense."""
    return with_strides(
        grad.array.copy(), grad.dtype, rules.preserved_strides(variable.shape, variable.strides)
    )
