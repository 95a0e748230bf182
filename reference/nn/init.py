"""``torch.nn.init``: fills in place, none of them recorded. Source: ``nn.init``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from tensorcanon.spec.rules import sizes

from ..autograd.modes import no_grad
from ..dispatch import ops
from ..generator import Generator
from ..tensor import Tensor

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
_GAINS |= {f"conv{transposed}{n}d": 1.0 for n in (1, 2, 3) for transposed in ("", "_transpose")}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor recommended for a nonlinearity; ValueError for one that is unknown."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def _fill(tensor: Tensor, write: Callable[[Any], Any]) -> Tensor:
    with no_grad():
        write(tensor)
    return tensor


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    return _fill(tensor, lambda one: one.uniform_(a, b, generator=generator))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    return _fill(tensor, lambda one: one.normal_(mean, std, generator=generator))


def constant_(tensor: Tensor, val: float) -> Tensor:
    return _fill(tensor, lambda one: one.fill_(val))


def ones_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity; ValueError for another rank."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _fill(tensor, lambda one: one.copy_(ops.eye(*one.shape)))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it keeps its input."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    each = tensor.shape[0] // groups
    middle = tuple(n // 2 for n in tensor.shape[2:])

    def write(one: Any) -> None:
        one.zero_()
        for group in range(groups):
            for place in range(min(each, one.shape[1])):
                one[(group * each + place, place, *middle)] = 1

    return _fill(tensor, write)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    bound = gain * math.sqrt(6.0 / sum(sizes.fans(tensor.shape)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(sizes.fans(tensor.shape))), generator)


def _scale(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = sizes.fans(tensor.shape)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", UserWarning, stacklevel=2)
        return tensor
    bound = math.sqrt(3.0) * _scale(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", UserWarning, stacklevel=2)
        return tensor
    return normal_(tensor, 0.0, _scale(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with orthonormal rows or columns, whichever are fewer; trailing dimensions count as columns."""
    import numpy as np

    from ..kernels import fresh

    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = ops.empty((rows, columns), dtype=tensor.dtype).normal_(0, 1, generator=generator).array
    tall = drawn.T if rows < columns else drawn
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))
    q = q.T if rows < columns else q
    return _fill(tensor, lambda one: one.copy_(fresh(q * gain, tensor.dtype).reshape(one.shape)))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix with normal numbers of which a part of each column is zero."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    count = math.ceil(sparsity * tensor.shape[0])

    def write(one: Any) -> None:
        one.normal_(0, std, generator=generator)
        for column in range(one.shape[1]):
            one[ops.randperm(one.shape[0])[:count], column] = 0

    return _fill(tensor, write)


def _below(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal numbers of which all lie in a range."""
    low, high = (_below((edge - mean) / std) for edge in (a, b))

    def write(one: Any) -> None:
        one.uniform_(2 * low - 1, 2 * high - 1, generator=generator)
        one.erfinv_().mul_(std * math.sqrt(2.0)).add_(mean).clamp_(min=a, max=b)

    return _fill(tensor, write)
