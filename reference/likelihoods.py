"""Losses of classes and of probabilities. Sources: the pages of ``torch.nn.functional``."""

from __future__ import annotations

import warnings

from . import dtypes
from .dispatch import op, ops
from .kernels import promoted
from .losses import check_reduction, chosen, reduced, weighted
from .tensor import Tensor

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
