"""Normalization with its statistics. Sources: ``torch.native_layer_norm`` and its kin.

The statistics have the type of the input, single precision where that is low and the weight's is not.
"""

from __future__ import annotations

from typing import Any

from .dispatch import op, ops
from .dtypes import dtype
from .normalization import check_floating, normalised_by_channel, trailing
from .tensor import Tensor

Parts = tuple[Any, Any, Any]


def _statistics(values: Any, dims: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    mean = values.mean(dims, keepdim=True)
    return mean, ops.rsqrt(values.var(dims, correction=0, keepdim=True) + eps)


def _kept(statistics: tuple[Any, Any], input: Tensor, *parameters: Tensor | None) -> tuple[Any, Any]:
    """Return statistics in the type they are kept in."""
    kind = _type_of(input, *parameters)
    return statistics[0].to(kind), statistics[1].to(kind)


def _type_of(input: Tensor, *parameters: Tensor | None) -> dtype:
    other = next((one for one in parameters if one is not None), input)
    return other.dtype if other.dtype.compute is other.dtype else input.dtype


def _wide(input: Tensor) -> Any:
    return input.to(input.dtype.compute)


@op("native_layer_norm", method=False, composite=True)
def native_layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Parts:
    """Return `layer_norm`, the means and the reciprocal deviations.

    Raises
    ------
    RuntimeError
        Where the input does not end in that shape.
    """
    result = ops.layer_norm(input, normalized_shape, weight, bias, eps)
    statistics = _statistics(_wide(input.detach()), trailing(input, normalized_shape), eps)
    return result, *_kept(statistics, input, weight, bias)


@op("native_group_norm", method=False, composite=True)
def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
) -> Parts:
    """Return `group_norm` of N samples of C channels, the means and the reciprocal deviations."""
    check_floating(input, "GroupNormKernelImpl")
    result = ops.group_norm(input, group, weight, bias, eps)
    statistics = _statistics(_wide(input).reshape(N, group, C // group * HxW), (2,), eps)
    mean, factor = _kept(statistics, input, weight, bias)
    return result, mean.squeeze(2), factor.squeeze(2)


@op("native_batch_norm", method=False, composite=True, out=True)
def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Parts:
    """Return `batch_norm`, the means and the reciprocal deviations; outside training these are empty.

    Raises
    ------
    RuntimeError
        In training without elements; outside it without running statistics.
    """
    check_floating(input, "batch_norm")
    if training and not input.numel():
        raise RuntimeError(
            f"input tensor must have at least one element, but got input_sizes = {list(input.shape)}"
        )
    running = running_mean, running_var
    result, *statistics = normalised_by_channel(input, weight, bias, *running, training, momentum, eps)
    mean, factor = (one.detach() if training else one.detach()[:0] for one in statistics)
    return result, *_kept((mean, factor), input, weight, bias, running_mean)
