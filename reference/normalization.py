"""Normalization over channels, groups and trailing dimensions. Sources: their pages of ``nn.functional``."""

from __future__ import annotations

import math
from typing import Any

from .dispatch import op, ops
from .dtypes import finfo
from .tensor import Tensor


def widened(*operands: Any) -> Any:
    """Return tensors in the type in which theirs is computed, so that a result is rounded once."""
    return tuple(None if one is None else one.to(one.dtype.compute) for one in operands)


def standardised(input: Any, dims: Any, eps: float) -> Any:
    """Return elements less their mean over their deviation, to whose square ``eps`` is added."""
    mean = input.mean(dims, keepdim=True)
    variance = input.var(dims, correction=0, keepdim=True)
    return (input - mean) * ops.rsqrt(variance + eps)


def by_channel(values: Any, ndim: int) -> Any:
    """Return a vector as one that varies along the second dimension."""
    return values.reshape(1, -1, *(1,) * (ndim - 2))


def scaled(result: Any, weight: Any, bias: Any) -> Any:
    """Return a result times a weight plus a bias, each where given."""
    if weight is not None:
        result = result * weight
    return result if bias is None else result + bias


def affine(result: Any, weight: Any, bias: Any) -> Any:
    """Return channels times their weights plus their biases, each where given."""
    parts = (None if one is None else by_channel(one, result.ndim) for one in (weight, bias))
    return scaled(result, *parts)


def check_floating(input: Tensor, name: str) -> None:
    """Raise NotImplementedError for types that are not floating."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"\"{name}\" not implemented for '{input.dtype.scalar_name}'")


@op("nn.functional.batch_norm", composite=True)
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel by its own mean and biased variance, or outside training by running ones.

    Raises
    ------
    ValueError
        In training, for a single value a channel.
    """
    count = math.prod(size for dim, size in enumerate(input.shape) if dim != 1)
    if training and count == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.shape}"
        )
    check_floating(input, "batch_norm")
    if not input.numel():
        return input.clone()
    running = running_mean, running_var
    return normalised_by_channel(input, weight, bias, *running, training, momentum, eps)[0]


def normalised_by_channel(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Any, Any, Any]:
    """Return normalised channels, the means and the reciprocal deviations they are normalised by."""
    dims = tuple(dim for dim in range(input.ndim) if dim != 1)
    count = math.prod(input.shape[dim] for dim in dims)
    wide, weight, bias = widened(input, weight, bias)
    if training:
        mean, variance = wide.mean(dims), wide.var(dims, correction=0)
        update(running_mean, mean, momentum)
        update(running_var, variance.detach() * (count / max(count - 1, 1)), momentum)
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when training=False")
    else:
        mean, variance = widened(running_mean, running_var)
    scale = ops.rsqrt(variance + eps)
    result = (wide - by_channel(mean, input.ndim)) * by_channel(scale, input.ndim)
    return affine(result, weight, bias).to(input.dtype), mean, scale


def update(running: Any, value: Any, momentum: float) -> None:
    """Move running statistics towards a value, where there are any."""
    if running is not None:
        running.detach().mul_(1 - momentum).add_(value.detach().to(running.dtype), alpha=momentum)


@op("layer_norm", "nn.functional.layer_norm", method=False, composite=True)
def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Any:
    """Normalise over the trailing dimensions of this shape.

    Raises
    ------
    RuntimeError
        Where the input does not end in that shape.
    """
    check_floating(input, "LayerNormKernelImpl")
    dims = trailing(input, normalized_shape)
    wide, *parts = widened(input, weight, bias)
    return scaled(standardised(wide, dims, eps), *parts).to(input.dtype)


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


@op("rms_norm", "nn.functional.rms_norm", method=False, composite=True)
def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Any:
    """Divide by the root of the mean square over the trailing dimensions of this shape."""
    dims = trailing(input, normalized_shape)
    wide, weight = widened(input, weight)
    small = finfo(wide.dtype).eps if eps is None else eps
    scale = ops.rsqrt((wide * wide).mean(dims, keepdim=True) + small)
    return scaled(wide * scale, weight, None).to(input.dtype)


@op("group_norm", "nn.functional.group_norm", method=False, composite=True)
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Any:
    """Normalise each sample over groups of channels.

    Raises
    ------
    RuntimeError
        Where the channels do not divide into the groups.
    """
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    if input.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    size = math.prod(input.shape[1:]) // num_groups
    wide, *parts = widened(input, weight, bias)
    result = standardised(wide.reshape(input.shape[0], num_groups, size), (2,), eps).reshape(input.shape)
    return affine(result, *parts).to(input.dtype)


@op("nn.functional.instance_norm", composite=True)
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel of each sample over its places."""
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    dims = tuple(range(2, input.ndim))
    count = math.prod(input.shape[2:])
    if count == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    wide, *parts = widened(input, weight, bias)
    update(running_mean, wide.mean(dims).mean(0), momentum)
    update(running_var, wide.var(dims).mean(0), momentum)
    return affine(standardised(wide, dims, eps), *parts).to(input.dtype)


@op("nn.functional.local_response_norm", composite=True)
def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """Divide each element by a power of the mean square over neighbouring channels."""
    if not input.numel():
        return input
    squares = (input * input).unsqueeze(1)
    amounts = [0, 0] * (input.ndim - 2) + [size // 2, (size - 1) // 2]
    spread = ops.constant_pad_nd(squares, amounts)
    total = sum(spread.narrow(2, place, input.shape[1]) for place in range(size))
    rounding = None if input.dtype.is_differentiable else "trunc"
    means = ops.div(total.squeeze(1), size, rounding_mode=rounding)
    return input / ops.pow(means * alpha + k, beta)


# Lengths and angles of vectors.


@op("nn.functional.normalize", composite=True)
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """Divide by the norm along a dimension, by ``eps`` where the norm is less."""
    length = ops.linalg.vector_norm(input, p, dim, keepdim=True)
    return input / ops.clamp_min(length, eps)


@op("cosine_similarity", "nn.functional.cosine_similarity", method=False, composite=True)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Any:
    """Return the cosine of the angle between vectors along a dimension; norms count as ``eps`` at least."""
    x1, x2 = ops.broadcast_tensors(x1, x2)
    lengths = [ops.clamp_min(ops.linalg.vector_norm(x, 2, dim, keepdim=True), eps) for x in (x1, x2)]
    return ((x1 / lengths[0]) * (x2 / lengths[1])).sum(dim)


@op("pairwise_distance", "nn.functional.pairwise_distance", method=False, composite=True)
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """Return the norm of the difference along the last dimension, to which ``eps`` is added first."""
    return ops.linalg.vector_norm(x1 - x2 + eps, p, -1, keepdim=keepdim)
