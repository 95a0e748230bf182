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


@op("nn.functional.mse_loss", composite=True)
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the squared differences, reduced; shapes that differ broadcast with a warning."""
    check_reduction(reduction)
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=5,
        )
    if not input.dtype.is_differentiable:
        raise NotImplementedError(f"\"mse_cpu\" not implemented for '{input.dtype.scalar_name}'")
    difference = ops.sub(input, target)
    return reduced(ops.mul(difference, difference), reduction)
