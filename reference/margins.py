"""Losses by margins, and of linear layers. Sources: the pages of ``torch.nn.functional``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from . import dtypes
from .dispatch import op, ops
from .folding import lacks_kernel
from .losses import check_reduction, chosen, reduced
from .tensor import Tensor


def _rows(input: Tensor, target: Tensor, name: str) -> Any:
    """Return the input as rows of classes; RuntimeError for empty rows, three dimensions and real targets."""
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(input.shape)}"
        )
    if not input.dtype.is_floating_point or input.dtype.compute is not input.dtype:
        raise lacks_kernel(name, input.dtype)
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.scalar_name}")
    return input.reshape(1, -1) if input.ndim < 2 else input


@op("nn.functional.multi_margin_loss", composite=True)
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Return by how much the other classes come within a margin of the target's, to a power, per class.

    Raises
    ------
    ValueError
        For another power than 1 and 2, and weights that are no vector.
    RuntimeError
        For a target of another type, size or range, and weights of another size.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    rows = _rows(input, target, "multi_margin_loss_cpu_kernel")
    count, classes = rows.shape
    if target.ndim > 1 or target.numel() != count:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples "
            f"(batch size). Expected target size [{count}], but got {list(target.shape)}. Input has shape "
            f"{list(input.shape)}."
        )
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    if ((target.array < 0) | (target.array >= classes)).any():
        raise RuntimeError("target out of range")
    index = target.reshape(count, 1)
    lacking = ops.relu(margin - ops.gather(rows, 1, index) + rows) ** p
    if weight is not None:
        lacking = lacking * ops.take(weight, index)
    others = index != ops.arange(classes, device=input.device)
    losses = ops.sum(ops.where(others, lacking, 0), 1) / classes
    return reduced(losses.reshape(tuple(target.shape) if input.ndim == 2 else ()), reduction)


@op("nn.functional.multilabel_margin_loss", composite=True)
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Return by how much other classes come within 1 of those of the target, which ends at the first -1.

    Raises
    ------
    RuntimeError
        For a target of another type, shape or range.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_reduction(reduction)
    if target.shape != input.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    rows = _rows(input, target, "multilabel_margin_loss_forward_out_frame")
    classes = rows.shape[1]
    if ((target.array < -1) | (target.array >= classes)).any():
        raise RuntimeError("argument #2 'target' is out of range")
    labels = target.reshape(rows.shape)
    valid = ops.cumprod((labels >= 0).to(dtypes.int64), 1) == 1
    index = ops.where(valid, labels, 0)
    named = (valid.unsqueeze(2) & (index.unsqueeze(2) == ops.arange(classes, device=input.device))).any(1)
    lacking = ops.relu(1 - ops.gather(rows, 1, index).unsqueeze(2) + rows.unsqueeze(1))
    counted = valid.unsqueeze(2) & ~named.unsqueeze(1)
    losses = ops.sum(ops.where(counted, lacking, 0), (1, 2)) / classes
    return reduced(losses.reshape(tuple(input.shape[:-1])), reduction)


@op("nn.functional.multilabel_soft_margin_loss", composite=True)
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Return the mean over the classes of the entropies of their sigmoids."""
    reduction = chosen(reduction, size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    below = ops.nn.functional.logsigmoid(input)
    above = ops.nn.functional.logsigmoid(-input)
    losses = -(target * below + (1 - target) * above)
    if weight is not None:
        losses = losses * weight
    return reduced(ops.sum(losses, -1) / input.shape[-1], reduction)


@op("nn.functional.triplet_margin_with_distance_loss", composite=True)
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """Return what a distance to one example exceeds that to another less a margin by.

    Raises
    ------
    ValueError
        For a margin that is not positive.
    RuntimeError
        For different ranks.
    """
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            f"but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    measured = distance_function or ops.pairwise_distance
    near, far = measured(anchor, positive), measured(anchor, negative)
    if swap:
        far = ops.minimum(far, measured(positive, negative))
    return reduced(ops.clamp_min(margin + near - far, 0), reduction)


@op("nn.functional.linear_cross_entropy", composite=True)
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Any:
    """Return the cross entropy of a linear layer's results.

    Options, which tell torch how to divide the work, change the rounding of low precision alone.

    Raises
    ------
    RuntimeError
        For ranks and sizes that do not fit, and for ``ignore_index`` where targets are probabilities.
    """
    _check_layer(input, linear_weight, linear_bias)
    classes, *places = linear_weight.shape[:-1]
    shape = (*input.shape[:-1], classes, *places)
    if ignore_index is not None and tuple(target.shape) == shape:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    rows = linear_weight.reshape(math.prod(linear_weight.shape[:-1]), input.shape[-1])
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    layer: tuple[Any, ...] = input, rows, bias, weight
    if options is not None:
        layer = tuple(None if one is None else one.to(one.dtype.compute) for one in layer)
    losses = ops.nn.functional.cross_entropy(
        ops.nn.functional.linear(*layer[:3]).reshape(shape),
        target,
        layer[3],
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )
    return losses.to(input.dtype)


def _check_layer(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {weight.ndim}")
    if input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{input.shape[-1]} and {weight.shape[-1]}, respectively"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {tuple(weight.shape[:-1])}, got {tuple(bias.shape)}")
    if weight.ndim > 2 and input.ndim == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(weight.shape)} requires batched "
            f"input, (N, {input.shape[-1]}), got unbatched input with shape {tuple(input.shape)}"
        )
