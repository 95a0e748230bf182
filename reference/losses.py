"""Losses of differences and margins, and what losses share. Sources: the pages of ``torch.nn.functional``."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .dispatch import op, ops
from .kernels import promoted
from .tensor import Tensor


def check_reduction(reduction: str) -> None:
    """Raise ValueError for the name of no reduction."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """Return the losses, their mean or their sum."""
    check_reduction(reduction)
    if reduction == "none":
        return losses
    return getattr(ops, reduction)(losses)  # type: ignore[no-any-return]


def chosen(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """Return the reduction, of which the deprecated flags speak first, with a warning."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
        UserWarning,
        stacklevel=6,
    )
    return meant


def paired(input: Tensor, target: Tensor) -> None:
    """Warn where the shapes of input and target differ, since they will broadcast."""
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=6,
        )


def weighted(losses: Tensor, weight: Tensor | None) -> Tensor:
    return losses if weight is None else ops.mul(losses, weight)


def check_kernel(name: str, input: Tensor) -> None:
    if not input.dtype.is_differentiable:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{input.dtype.scalar_name}'")


# Differences.


@op("nn.functional.mse_loss", composite=True)
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the squared differences, reduced."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    check_kernel("mse", input)
    paired(input, target)
    far = ops.sub(input, target)
    return reduced(weighted(ops.mul(far, far), weight), reduction)


@op("nn.functional.l1_loss", composite=True)
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the magnitudes of the differences, reduced."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    paired(input, target)
    return reduced(weighted(ops.abs(ops.sub(input, target)), weight), reduction)


@op("nn.functional.smooth_l1_loss", composite=True)
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return the magnitudes less half of ``beta``, below ``beta`` a parabola, reduced."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    check_kernel("smooth_l1", input)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    paired(input, target)
    return reduced(_parabolic(input, target, beta), reduction)


def _parabolic(input: Tensor, target: Tensor, beta: float) -> Tensor:
    far = ops.abs(ops.sub(input, target))
    if beta == 0:
        return far  # type: ignore[no-any-return]
    near = ops.div(ops.mul(ops.mul(far, far), 0.5), beta)
    return ops.where(ops.lt(far, beta), near, ops.sub(far, 0.5 * beta))  # type: ignore[no-any-return]


@op("nn.functional.huber_loss", composite=True)
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Return ``delta`` times the magnitudes less half of ``delta``, up to there a parabola, reduced."""
    check_reduction(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    paired(input, target)
    kind = promoted(input, target)
    losses = ops.mul(_parabolic(input.to(kind.compute), target.to(kind.compute), delta), delta)
    return reduced(weighted(losses.to(kind), weight), reduction)


# Margins.


@op("nn.functional.hinge_embedding_loss", composite=True)
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the input where the target is 1, what it lacks to the margin where it is -1, else their sum."""
    reduction = chosen(reduction, size_average, reduce)
    lacking = ops.where(ops.ne(target, 1), ops.clamp_min(ops.rsub(input, margin), 0), 0)
    return reduced(ops.add(lacking, ops.where(ops.ne(target, -1), input, 0)), reduction)


@op("nn.functional.soft_margin_loss", composite=True)
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the logarithm of one plus the exponential of minus target times input."""
    reduction = chosen(reduction, size_average, reduce)
    return reduced(ops.neg(ops.nn.functional.logsigmoid(ops.mul(target, input))), reduction)


@op("nn.functional.margin_ranking_loss", composite=True)
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return what the first input lacks to be above the second by a margin, or below it."""
    reduction = chosen(reduction, size_average, reduce)
    lead = ops.mul(ops.neg(target), ops.sub(input1, input2))
    return reduced(ops.clamp_min(ops.add(lead, margin), 0), reduction)


@op("nn.functional.cosine_embedding_loss", composite=True)
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return one less the cosine of the angle, or what the cosine exceeds a margin by."""
    reduction = chosen(reduction, size_average, reduce)
    cosine = angle_cosine(input1, input2)
    apart = ops.clamp_min(ops.sub(cosine, margin), 0)
    losses = ops.where(ops.eq(target, 1), ops.rsub(cosine, 1), apart)
    return reduced(losses, reduction)


def angle_cosine(one: Tensor, other: Tensor) -> Tensor:
    """Return the cosine of the angle between vectors along the last dimension."""
    tiny = 1e-12

    def square(vector: Tensor) -> Tensor:
        return ops.add(ops.sum(ops.mul(vector, vector), -1), tiny)  # type: ignore[no-any-return]

    return ops.div(  # type: ignore[no-any-return]
        ops.sum(ops.mul(one, other), -1), ops.sqrt(ops.mul(square(one), square(other)))
    )


@op("nn.functional.triplet_margin_loss", composite=True)
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return what the distance to one example exceeds that to another less a margin by."""
    reduction = chosen(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    near, far = distance(anchor, positive, p, eps), distance(anchor, negative, p, eps)
    if swap:
        far = ops.minimum(far, distance(positive, negative, p, eps))
    return reduced(ops.clamp_min(ops.add(ops.sub(near, far), margin), 0), reduction)


def distance(one: Tensor, other: Tensor, p: float, eps: float) -> Tensor:
    """Return the p-norm of differences, ``eps`` added to each."""
    return ops.linalg.vector_norm(ops.add(ops.sub(one, other), eps), p, -1)  # type: ignore[no-any-return]


# Likelihoods.


@op("nn.functional.poisson_nll_loss", composite=True)
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the rate less the target's share of its logarithm; ``full`` adds Stirling's formula above 1."""
    reduction = chosen(reduction, size_average, reduce)
    if log_input:
        losses = ops.sub(ops.exp(input), ops.mul(target, input))
    else:
        losses = ops.sub(input, ops.mul(target, ops.log(ops.add(input, eps))))
    if full:
        large = ops.where(ops.gt(target, 1), target, 1)
        part = ops.sub(ops.mul(large, ops.log(large)), large)
        term = ops.add(part, ops.mul(ops.log(ops.mul(large, 2 * math.pi)), 0.5))
        losses = ops.add(losses, ops.where(ops.gt(target, 1), term, 0))
    return reduced(losses, reduction)


def _one_for_each(var: Tensor, input: Tensor) -> Tensor:
    """Return variances that broadcast along one dimension at most."""
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return ops.unsqueeze(var, -1)  # type: ignore[no-any-return]
    unlike = [size for own, size in zip(input.shape, var.shape, strict=False) if own != size]
    if var.ndim != input.ndim or unlike != [1]:
        raise ValueError("var is of incorrect size")
    return var


@op("nn.functional.gaussian_nll_loss", composite=True)
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return half of the logarithm of the variance and of the square of the difference over it."""
    check_reduction(reduction)
    spread = _one_for_each(var, input) if isinstance(var, Tensor) else ops.full_like(input, var)
    if (spread.array < 0).any():
        raise ValueError("var has negative entry/entries")
    bounded_below = ops.add(spread, ops.clamp_min(ops.rsub(spread.detach(), eps), 0))
    far = ops.sub(input, target)
    losses = ops.mul(ops.add(ops.log(bounded_below), ops.div(ops.mul(far, far), bounded_below)), 0.5)
    if full:
        losses = ops.add(losses, 0.5 * math.log(2 * math.pi))
    return reduced(losses, reduction)
