"""Losses. Sources: the pages of ``torch.nn.functional``."""

from __future__ import annotations

import math
import warnings
from typing import Any

from . import dtypes
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


def _check_kernel(name: str, input: Tensor) -> None:
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
    _check_kernel("mse", input)
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
    _check_kernel("smooth_l1", input)
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


# Classes.


@op("nn.functional.nll_loss", composite=True)
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the input at the target's class, weighted; the mean divides by the weights."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    axis = _class_axis(input, target)
    _check_target(target, input.shape[axis], ignore_index)
    kept = ops.ne(target, ignore_index)
    index = ops.where(kept, target.to(dtypes.int64), 0)
    picked = ops.squeeze(ops.gather(input, axis, ops.unsqueeze(index, axis)), axis)
    heavy = ops.ones_like(picked.detach()) if weight is None else ops.take(weight, index)
    losses = ops.where(kept, ops.neg(ops.mul(picked, heavy)), 0)
    if reduction != "mean":
        return reduced(losses, reduction)
    return ops.div(ops.sum(losses), divisor(heavy, kept))  # type: ignore[no-any-return]


def divisor(heavy: Tensor, kept: Tensor) -> Tensor:
    """Return the sum of the weights of the targets that count."""
    return ops.sum(ops.where(kept, heavy, 0))  # type: ignore[no-any-return]


def _class_axis(input: Tensor, target: Tensor) -> int:
    """Return the dimension of the classes; ValueError where the batches differ."""
    if input.ndim == 0:
        raise ValueError("Expected input to have at least 1 dimension")
    if input.ndim == 1:
        if target.ndim:
            raise _other_batch(input, target)
        return 0
    if target.ndim and input.shape[0] != target.shape[0]:
        raise _other_batch(input, target)
    if (input.shape[0], *input.shape[2:]) != tuple(target.shape):
        raise RuntimeError(
            f"Expected target size {[input.shape[0], *input.shape[2:]]}, got {list(target.shape)}"
        )
    return 1


def _other_batch(input: Tensor, target: Tensor) -> ValueError:
    sizes = f"({input.shape[0]}) to match target batch_size ({target.shape[0]})."
    return ValueError(f"Expected input batch_size {sizes}")


def _check_target(target: Tensor, classes: int, ignore_index: int) -> None:
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but found {target.dtype.scalar_name}")
    values = target.array[target.array != ignore_index]
    outside = values[(values < 0) | (values >= classes)]
    if outside.size:
        raise IndexError(f"Target {int(outside.reshape(-1)[0])} is out of bounds.")


@op("nn.functional.cross_entropy", composite=True)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the entropy of the softmax under targets given as classes or as probabilities."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    axis = 0 if input.ndim == 1 else 1
    if tuple(input.shape) == tuple(target.shape):
        return _of_probabilities(input, target, weight, reduction, label_smoothing, axis)
    _class_axis(input, target)
    logs = ops.log_softmax(input, axis)
    single = ops.nn.functional.nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
    if label_smoothing == 0:
        return single  # type: ignore[no-any-return]
    uniform = _uniform(logs, target, weight, ignore_index, reduction, axis)
    share = label_smoothing / input.shape[axis]
    return ops.add(ops.mul(single, 1 - label_smoothing), ops.mul(uniform, share))  # type: ignore[no-any-return]


def _uniform(
    logs: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, axis: int
) -> Tensor:
    """Return the losses against every class alike; those of ignored targets are 0."""
    kept = ops.ne(target, ignore_index)
    losses = ops.where(kept, ops.neg(ops.sum(_heavy(logs, weight, axis), axis)), 0)
    if reduction != "mean":
        return reduced(losses, reduction)
    index = ops.where(kept, target.to(dtypes.int64), 0)
    heavy = ops.ones_like(losses.detach()) if weight is None else ops.take(weight, index)
    return ops.div(ops.sum(losses), divisor(heavy, kept))  # type: ignore[no-any-return]


def _heavy(logs: Tensor, weight: Tensor | None, axis: int) -> Tensor:
    if weight is None:
        return logs
    shape = [1] * logs.ndim
    shape[axis] = -1
    return ops.mul(logs, ops.reshape(weight, shape))  # type: ignore[no-any-return]


def _of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float, axis: int
) -> Tensor:
    if not target.dtype.is_floating_point:
        raise RuntimeError("Expected floating point type for target with class probabilities")
    classes = input.shape[axis]
    if smoothing > 0:
        target = ops.add(ops.mul(target, 1 - smoothing), smoothing / classes)
    logs = _heavy(ops.log_softmax(input, axis), weight, axis)
    losses = ops.neg(ops.sum(ops.mul(logs, target), axis))
    if reduction != "mean":
        return reduced(losses, reduction)
    return ops.div(ops.sum(losses), max(input.numel() // max(classes, 1), 1))  # type: ignore[no-any-return]


# Probabilities.


@op("nn.functional.kl_div", composite=True)
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return how far a distribution, given by its logarithms, is from a target; ``batchmean`` is by rows."""
    reduction = chosen(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. "
            "'batchmean' divides only by the batch size, and aligns with the KL math definition. "
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            UserWarning,
            stacklevel=4,
        )
    losses = (
        ops.mul(ops.exp(target), ops.sub(target, input))
        if log_target
        else ops.sub(ops.xlogy(target, target), ops.mul(target, input))
    )
    if reduction == "batchmean":
        return ops.div(ops.sum(losses), input.shape[0])  # type: ignore[no-any-return]
    return reduced(losses, reduction)


@op("nn.functional.binary_cross_entropy", composite=True)
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the entropy of two classes; logarithms are bounded below by -100."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is "
            "deprecated. Please ensure they have the same size."
        )
    values = input.array
    if ((values < 0) | (values > 1)).any():
        raise RuntimeError("all elements of input should be between 0 and 1")
    first = ops.mul(target, bounded(ops.log(input)))
    second = ops.mul(ops.sub(1, target), bounded(ops.log1p(ops.neg(input))))
    return reduced(weighted(ops.neg(ops.add(first, second)), weight), reduction)


def bounded(logarithms: Tensor) -> Tensor:
    """Return logarithms, none below -100."""
    return ops.clamp(logarithms, min=-100)  # type: ignore[no-any-return]


@op("nn.functional.binary_cross_entropy_with_logits", composite=True)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Return the entropy of the sigmoid, which is never computed: finite wherever the input is."""
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    wide, ones = input.to(input.dtype.compute), target.to(target.dtype.compute)
    below = ops.neg(ops.nn.functional.logsigmoid(wide))
    heavy = below if pos_weight is None else ops.mul(below, pos_weight.to(pos_weight.dtype.compute))
    above = ops.neg(ops.nn.functional.logsigmoid(ops.neg(wide)))
    losses = ops.add(ops.mul(ones, heavy), ops.mul(ops.sub(1, ones), above))
    return reduced(weighted(losses.to(promoted(input, target)), weight), reduction)


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
