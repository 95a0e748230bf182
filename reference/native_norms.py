"""Normalization with its statistics. Sources: ``torch.native_layer_norm`` and its kin, ``nn.functional``.

Low precision is computed in single precision. The statistics have the type of the input, single precision
where that is low and the weight's is not.
"""

from __future__ import annotations

import math
from typing import Any

from .dispatch import op, ops
from .dtypes import dtype
from .folding import lacks_kernel
from .tensor import Tensor

Parts = tuple[Any, Any, Any]


def _check_floating(input: Tensor, name: str) -> None:
    if not input.dtype.is_floating_point:
        raise lacks_kernel(name, input.dtype)


def _wide(value: Tensor | None) -> Any:
    return None if value is None else value.to(value.dtype.compute)


def _statistics_type(input: Tensor, *parameters: Tensor | None) -> dtype:
    other = next((one for one in parameters if one is not None), input)
    return other.dtype if other.dtype.compute is other.dtype else input.dtype


def by_channel(values: Any, ndim: int) -> Any:
    """Return a vector as one that varies along the second dimension; None as it is."""
    return None if values is None else values.reshape(1, -1, *(1,) * (ndim - 2))


def scaled(result: Any, weight: Any, bias: Any) -> Any:
    """Return a result times a weight plus a bias, each where it is given."""
    if weight is not None:
        result = result * _wide(weight)
    return result if bias is None else result + _wide(bias)


def _standardised(input: Any, dims: tuple[int, ...], eps: float) -> Parts:
    mean = input.mean(dims, keepdim=True)
    factor = ops.rsqrt(input.var(dims, correction=0, keepdim=True) + eps)
    return (input - mean) * factor, mean, factor


def _finished(result: Any, kind: dtype, statistics: Any, kept: dtype) -> Parts:
    mean, factor = (one.to(kept) for one in statistics)
    return result.to(kind), mean, factor


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
    _check_floating(input, "LayerNormKernelImpl")
    dims = trailing(input, normalized_shape)
    result, *statistics = _standardised(_wide(input), dims, eps)
    statistics = [one.detach() for one in statistics]
    kept = _statistics_type(input, weight, bias)
    return _finished(scaled(result, weight, bias), input.dtype, statistics, kept)


def trailing(input: Tensor, normalized_shape: Any) -> tuple[int, ...]:
    """Return the trailing dimensions that have this shape; RuntimeError where the input's do not."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional")
    if tuple(input.shape[-len(shape) :]) != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape "
            f"[*, {', '.join(map(str, shape))}], but got input of size{list(input.shape)}"
        )
    return tuple(range(input.ndim - len(shape), input.ndim))


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
    _check_floating(input, "GroupNormKernelImpl")
    grouped = _wide(input).reshape(N, group, C // group * HxW)
    result, *statistics = _standardised(grouped, (2,), eps)
    parts = (by_channel(one, input.ndim) for one in (weight, bias))
    kept = _statistics_type(input, weight, bias)
    whole = scaled(result.reshape(input.shape), *parts)
    return _finished(whole, input.dtype, [one.reshape(N, group) for one in statistics], kept)


@op("native_batch_norm", method=False, composite=True)
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
    _check_floating(input, "batch_norm")
    kept = _statistics_type(input, weight, bias, running_mean)
    wide, count = _wide(input), math.prod(size for dim, size in enumerate(input.shape) if dim != 1)
    if training:
        if not input.numel():
            raise RuntimeError(
                f"input tensor must have at least one element, but got input_sizes = {list(input.shape)}"
            )
        dims = tuple(dim for dim in range(input.ndim) if dim != 1)
        mean, variance = wide.mean(dims), wide.var(dims, correction=0)
        update(running_mean, mean, momentum)
        update(running_var, variance * (count / max(count - 1, 1)), momentum)
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when training=False")
    else:
        mean, variance = _wide(running_mean), _wide(running_var)
    factor = ops.rsqrt(variance + eps)
    result = (wide - by_channel(mean, input.ndim)) * by_channel(factor, input.ndim)
    whole = scaled(result, *(by_channel(one, input.ndim) for one in (weight, bias)))
    shown = (mean.detach(), factor.detach()) if training else (ops.zeros(0), ops.zeros(0))
    return _finished(whole, input.dtype, shown, kept)


def update(running: Any, value: Any, momentum: float) -> None:
    """Move running statistics towards a value, where there are any."""
    if running is not None:
        moved = running.detach() * (1 - momentum) + value.detach() * momentum
        running.detach().copy_(moved)
