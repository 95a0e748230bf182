"""Bounds on gradients. Sources: ``nn.utils.clip_grad_norm_``, ``nn.utils.clip_grad_value_``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...autograd.modes import no_grad
from ...dispatch import ops
from ...tensor import Tensor


def _grads(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [one.grad for one in given if one.grad is not None]


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """Return the norm of the norms of tensors."""
    listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not listed:
        return ops.tensor(0.0)
    norms = [ops.linalg.vector_norm(one, norm_type) for one in listed]
    total = ops.linalg.vector_norm(ops.stack(norms), norm_type)
    if error_if_nonfinite and not bool(ops.isfinite(total).item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the non-finite norm "
            "anyway, set `error_if_nonfinite=False`"
        )
    return total


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scale all gradients together so that their total norm is at most ``max_norm``; returns that norm."""
    with no_grad():
        grads = _grads(parameters)
        total = get_total_norm(grads, norm_type, error_if_nonfinite)
        factor = ops.clamp(float(max_norm) / (total + 1e-6), max=1.0)
        for grad in grads:
            grad.mul_(factor.to(grad.dtype))
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Bound every element of the gradients."""
    with no_grad():
        for grad in _grads(parameters):
            grad.clamp_(min=-float(clip_value), max=float(clip_value))
