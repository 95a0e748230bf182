"""Dropout, on torch's CPU stream. Sources: the dropout functions of ``torch.nn.functional``."""

from __future__ import annotations

import warnings
from typing import Any

from .dispatch import op, ops
from .tensor import Tensor


def _check(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _kept(input: Tensor, p: float, shape: tuple[int, ...]) -> Any:
    """Return zeros and survivors' factors, drawn in this shape."""
    noise = ops.empty_like(input) if shape == tuple(input.shape) else ops.empty(shape, dtype=input.dtype)
    noise.bernoulli_(1 - p)
    return noise.div_(1 - p)


def _dropped(input: Tensor, p: float, training: bool, shape: tuple[int, ...], inplace: bool) -> Any:
    _check(p)
    if p == 0 or not training or not input.numel():
        return input
    factors = ops.zeros((), dtype=input.dtype) if p == 1 else _kept(input, p, shape)
    return input.mul_(factors) if inplace else ops.mul(input, factors)


@op("nn.functional.dropout", composite=True)
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero each element with probability ``p`` and divide the others by ``1 - p``; only in training.

    Raises
    ------
    ValueError
        For a probability outside 0 to 1.
    """
    return _dropped(input, p, training, tuple(input.shape), inplace)


def _channels(input: Tensor) -> tuple[int, ...]:
    return (*input.shape[:2], *(1,) * (input.ndim - 2))


@op("feature_dropout", method=False, composite=True)
def feature_dropout(input: Tensor, p: float, train: bool) -> Any:
    """Zero whole channels of a batch."""
    return _dropped(input, p, train, _channels(input), False)


def _by_channel(count: int, input: Tensor, p: float, training: bool, inplace: bool) -> Any:
    _check(p)
    if input.ndim not in (count + 1, count + 2):
        warnings.warn(
            f"dropout{count}d: Received a {input.ndim}-D input to dropout{count}d, which is deprecated and "
            "will result in an error in a future release.",
            UserWarning,
            stacklevel=4,
        )
    if count == 2 and input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior "
            "is desired - input is interpreted as shape (N, C, L).",
            UserWarning,
            stacklevel=4,
        )
        return _dropped(input, p, training, _channels(input), inplace)
    if input.ndim == count + 1:
        result = _dropped(input.unsqueeze(0), p, training, _channels(input.unsqueeze(0)), inplace)
        return result.squeeze(0)
    return _dropped(input, p, training, _channels(input), inplace)


def _register(count: int) -> None:
    @op(f"nn.functional.dropout{count}d", composite=True)
    def kernel(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        return _by_channel(count, input, p, training, inplace)

    kernel.__doc__ = f"Zero whole channels of {count} spatial dimensions with probability ``p``."


for _count in (1, 2, 3):
    _register(_count)

_ALPHA = -1.7580993408473766


@op("nn.functional.alpha_dropout", composite=True)
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Set elements to selu's limit with probability ``p``, keeping mean and variance."""
    _check(p)
    if p == 0 or not training or not input.numel():
        return input
    if p == 1:
        return ops.mul(input, 0.0)
    a = 1.0 / ((_ALPHA * _ALPHA * p + 1) * (1 - p)) ** 0.5
    noise = ops.empty_like(input).bernoulli_(1 - p)
    shift = (noise - 1) * (_ALPHA * a) + _ALPHA * a * p
    return ops.mul(input, noise * a) + shift
