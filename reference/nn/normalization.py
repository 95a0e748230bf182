"""Normalization layers. Sources: their pages of ``torch.nn``."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from . import init
from .linear import parameter
from .module import Module


class _Tracking(Module):
    """Channels with an affine map and running statistics, as options ask."""

    weight: Any
    bias: Any
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    ranks: tuple[int, ...]
    affine_by_default, tracking_by_default = True, True

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool | None = None,
        track_running_stats: bool | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine = self.affine_by_default if affine is None else affine
        tracking = self.tracking_by_default if track_running_stats is None else track_running_stats
        self.track_running_stats = tracking
        for name in ("weight", "bias"):
            self.register_parameter(name, parameter(num_features, dtype=dtype) if self.affine else None)
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, ops.zeros(num_features, dtype=dtype) if tracking else None)
        self.register_buffer("num_batches_tracked", ops.tensor(0) if tracking else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def _check(self, input: Tensor) -> None:
        if input.ndim not in self.ranks:
            expected = " or ".join(f"{rank}D" for rank in self.ranks)
            raise ValueError(f"expected {expected} input (got {input.ndim}D input)")

    def _factor(self) -> float:
        """Count a batch and return the weight of its statistics in the running ones."""
        if not self.training or not self.track_running_stats:
            return 0.0 if self.momentum is None else self.momentum
        self.num_batches_tracked.add_(1)
        return 1.0 / self.num_batches_tracked.item() if self.momentum is None else self.momentum

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Tracking):
    def forward(self, input: Tensor) -> Any:
        self._check(input)
        factor = self._factor()
        batch = self.training or not self.track_running_stats
        running = (self.running_mean, self.running_var) if self.track_running_stats else (None, None)
        rest = (self.weight, self.bias, batch, factor, self.eps)
        return ops.nn.functional.batch_norm(input, *running, *rest)


class _InstanceNorm(_Tracking):
    affine_by_default, tracking_by_default = False, False

    def forward(self, input: Tensor) -> Any:
        self._check(input)
        batch = input if input.ndim == self.ranks[-1] else input.unsqueeze(0)
        own = self.training or not self.track_running_stats
        rest = (self.weight, self.bias, own, 0.0 if self.momentum is None else self.momentum, self.eps)
        result = ops.nn.functional.instance_norm(batch, self.running_mean, self.running_var, *rest)
        return result if input.ndim == self.ranks[-1] else result.squeeze(0)


def _made(name: str, base: type[_Tracking], ranks: tuple[int, ...]) -> type[Module]:
    return type(name, (base,), {"ranks": ranks, "__module__": "torch.nn"})


BatchNorm1d, BatchNorm2d, BatchNorm3d = (
    _made(f"BatchNorm{n}d", _BatchNorm, (2, 3) if n == 1 else (n + 2,)) for n in (1, 2, 3)
)
InstanceNorm1d, InstanceNorm2d, InstanceNorm3d = (
    _made(f"InstanceNorm{n}d", _InstanceNorm, (n + 1, n + 2)) for n in (1, 2, 3)
)


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm(Module):
    """Normalization over the trailing dimensions."""

    weight: Any
    bias: Any

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            made = parameter(*self.normalized_shape, dtype=dtype) if wanted else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Any:
        return ops.nn.functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Division by the root of the mean square over the trailing dimensions."""

    weight: Any

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        made = parameter(*self.normalized_shape, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", made)
        if made is not None:
            init.ones_(made)

    def forward(self, input: Tensor) -> Any:
        return ops.nn.functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalization of each sample over groups of channels."""

    weight: Any
    bias: Any

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        for name, fill in (("weight", init.ones_), ("bias", init.zeros_)):
            made = parameter(num_channels, dtype=dtype) if affine else None
            self.register_parameter(name, made)
            if made is not None:
                fill(made)

    def forward(self, input: Tensor) -> Any:
        return ops.nn.functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
