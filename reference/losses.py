"""Losses. Sources: the pages of ``torch.nn.functional``."""

from __future__ import annotations

import warnings

from .dispatch import op, ops
from .tensor import Tensor


def check_reduction(reduction: str) -> None:
    """Raise ValueError for the name of no reduction."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """Return the losses, their mean or their sum."""
    if reduction == "none":
        return losses
    return getattr(ops, reduction)(losses)  # type: ignore[no-any-return]


def difference(input: Tensor, target: Tensor) -> Tensor:
    """Return the input minus the target; shapes that differ broadcast with a warning."""
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=6,
        )
    return ops.sub(input, target)  # type: ignore[no-any-return]


def _check_kernel(name: str, input: Tensor) -> None:
    if not input.dtype.is_differentiable:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{input.dtype.scalar_name}'")


@op("nn.functional.mse_loss", composite=True)
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the squared differences, reduced."""
    check_reduction(reduction)
    _check_kernel("mse", input)
    far = difference(input, target)
    return reduced(ops.mul(far, far), reduction)


@op("nn.functional.l1_loss", composite=True)
def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the absolute differences, reduced."""
    check_reduction(reduction)
    return reduced(ops.abs(difference(input, target)), reduction)


@op("nn.functional.smooth_l1_loss", composite=True)
def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return the absolute differences less half of ``beta``, below ``beta`` a parabola, reduced."""
    check_reduction(reduction)
    _check_kernel("smooth_l1", input)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    far = ops.abs(difference(input, target))
    if beta == 0:
        return reduced(far, reduction)
    near = ops.div(ops.mul(ops.mul(far, far), 0.5), beta)
    return reduced(ops.where(ops.lt(far, beta), near, ops.sub(far, 0.5 * beta)), reduction)
