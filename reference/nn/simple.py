"""Layers that only call a function with what they were given: activations, pooling, dropout, padding."""

from __future__ import annotations

import inspect
from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from . import init
from .linear import parameter
from .module import Module

_EMPTY = inspect.Parameter.empty


class _Called(Module):
    """A layer whose attributes are the arguments of a function of ``nn.functional``."""

    function: str
    options: dict[str, Any]
    shown: tuple[str, ...]
    trains = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        names = list(self.options)
        given = dict(zip(names, args, strict=False)) | kwargs
        if len(args) > len(names) or given.keys() - self.options.keys():
            raise TypeError(f"{type(self).__name__}() got unexpected arguments")
        missing = [name for name in names if self.options[name] is _EMPTY and name not in given]
        if missing:
            raise TypeError(f"{type(self).__name__}.__init__() missing argument: '{missing[0]}'")
        self._names = names
        for name in names:
            setattr(self, name, given.get(name, self.options[name]))
        self.check()

    def check(self) -> None:
        """Refuse wrong options."""

    def forward(self, input: Any, *others: Any) -> Any:
        options = {name: getattr(self, name) for name in self._names}
        if self.trains:
            options["training"] = self.training
        return getattr(ops.nn.functional, self.function)(input, *others, **options)

    def extra_repr(self) -> str:
        return ", ".join(self._entry(name) for name in self.shown)

    def _entry(self, name: str) -> str:
        return f"{name}={getattr(self, name)}"


class _Activation(_Called):
    def extra_repr(self) -> str:
        shown = [name for name in self.shown if name != "inplace" or getattr(self, name)]
        return ", ".join(self._entry(name) for name in shown)


class _Dropout(_Called):
    trains = True
    p: float

    def check(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {self.p}")


class _Pool(_Called):
    stride: Any
    kernel_size: Any

    def check(self) -> None:
        if self.stride is None:
            self.stride = self.kernel_size


class _Softmax(_Called):
    def extra_repr(self) -> str:
        return f"dim={self.dim!r}"


class _Adaptive(_Called):
    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


def layer(
    name: str, function: str, base: type[_Called] = _Activation, shown: Any = None, **options: Any
) -> type[Any]:
    """Return a layer's class; the options are its parameters with their defaults."""
    listed = tuple(options) if shown is None else tuple(shown)
    space = {"function": function, "options": options, "shown": listed, "__module__": "torch.nn"}
    return type(name, (base,), space)


ReLU = layer("ReLU", "relu", inplace=False)
ReLU6 = layer("ReLU6", "relu6", inplace=False)
Sigmoid = layer("Sigmoid", "sigmoid")
Tanh = layer("Tanh", "tanh")
ELU = layer("ELU", "elu", alpha=1.0, inplace=False)
SELU = layer("SELU", "selu", inplace=False)
CELU = layer("CELU", "celu", alpha=1.0, inplace=False)
GELU = layer("GELU", "gelu", approximate="none")
SiLU = layer("SiLU", "silu", inplace=False)
Mish = layer("Mish", "mish", inplace=False)
Softplus = layer("Softplus", "softplus", beta=1.0, threshold=20.0)
Softshrink = layer("Softshrink", "softshrink", lambd=0.5)
Hardshrink = layer("Hardshrink", "hardshrink", lambd=0.5)
Hardtanh = layer("Hardtanh", "hardtanh", min_val=-1.0, max_val=1.0, inplace=False)
Hardsigmoid = layer("Hardsigmoid", "hardsigmoid", inplace=False)
Hardswish = layer("Hardswish", "hardswish", inplace=False)
LeakyReLU = layer("LeakyReLU", "leaky_relu", negative_slope=0.01, inplace=False)
LogSigmoid = layer("LogSigmoid", "logsigmoid")
Softsign = layer("Softsign", "softsign")
Tanhshrink = layer("Tanhshrink", "tanhshrink")
Threshold = layer("Threshold", "threshold", threshold=_EMPTY, value=_EMPTY, inplace=False)
GLU = layer("GLU", "glu", dim=-1)
Softmax = layer("Softmax", "softmax", _Softmax, dim=None)
LogSoftmax = layer("LogSoftmax", "log_softmax", _Softmax, dim=None)
Softmin = layer("Softmin", "softmin", _Softmax, dim=None)

Dropout, Dropout1d, Dropout2d, Dropout3d = (
    layer(f"Dropout{n}", f"dropout{n}", _Dropout, p=0.5, inplace=False) for n in ("", "1d", "2d", "3d")
)
AlphaDropout = layer("AlphaDropout", "alpha_dropout", _Dropout, p=0.5, inplace=False)

_MAX: dict[str, Any] = {
    "kernel_size": _EMPTY,
    "stride": None,
    "padding": 0,
    "dilation": 1,
    "return_indices": False,
    "ceil_mode": False,
}
_SHOWN = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
MaxPool1d, MaxPool2d, MaxPool3d = (
    layer(f"MaxPool{n}d", f"max_pool{n}d", _Pool, _SHOWN, **_MAX) for n in (1, 2, 3)
)
_AVERAGE: dict[str, Any] = {
    "kernel_size": _EMPTY,
    "stride": None,
    "padding": 0,
    "ceil_mode": False,
    "count_include_pad": True,
}
AvgPool1d, AvgPool2d, AvgPool3d = (
    layer(
        f"AvgPool{n}d",
        f"avg_pool{n}d",
        _Pool,
        ("kernel_size", "stride", "padding"),
        **_AVERAGE,
        **({} if n == 1 else {"divisor_override": None}),
    )
    for n in (1, 2, 3)
)
AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = (
    layer(f"AdaptiveAvgPool{n}d", f"adaptive_avg_pool{n}d", _Adaptive, output_size=_EMPTY) for n in (1, 2, 3)
)
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = (
    layer(
        f"AdaptiveMaxPool{n}d", f"adaptive_max_pool{n}d", _Adaptive, output_size=_EMPTY, return_indices=False
    )
    for n in (1, 2, 3)
)
CosineSimilarity = layer("CosineSimilarity", "cosine_similarity", dim=1, eps=1e-8)
PairwiseDistance = layer("PairwiseDistance", "pairwise_distance", p=2.0, eps=1e-6, keepdim=False)
PixelShuffle = layer("PixelShuffle", "pixel_shuffle", upscale_factor=_EMPTY)
PixelUnshuffle = layer("PixelUnshuffle", "pixel_unshuffle", downscale_factor=_EMPTY)
Unfold = layer("Unfold", "unfold", kernel_size=_EMPTY, dilation=1, padding=0, stride=1)
Upsample = layer("Upsample", "interpolate", size=None, scale_factor=None, mode="nearest", align_corners=None)
LocalResponseNorm = layer(
    "LocalResponseNorm", "local_response_norm", size=_EMPTY, alpha=1e-4, beta=0.75, k=1.0
)


class Flatten(Module):
    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Any:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Any:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class PReLU(Module):
    """A leaky unit whose slope is learned."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = parameter(num_parameters, dtype=dtype)
        _constant(self.weight, init)

    def forward(self, input: Tensor) -> Any:
        return ops.nn.functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


def _constant(tensor: Tensor, value: float) -> None:
    init.constant_(tensor, value)


class _Pad(Module):
    count: int
    mode: str

    def __init__(self, padding: Any, value: float | None = None) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self.count) if isinstance(padding, int) else tuple(padding)
        self.value = value

    def forward(self, input: Tensor) -> Any:
        return ops.nn.functional.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}" + ("" if self.value is None else f", value={self.value}")


class _ZeroPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


PADS: dict[str, type[Module]] = {
    f"{name}{n}d": type(f"{name}{n}d", (base,), {"count": n, "mode": mode, "__module__": "torch.nn"})
    for n in (1, 2, 3)
    for name, mode, base in (
        ("ReflectionPad", "reflect", _Pad),
        ("ReplicationPad", "replicate", _Pad),
        ("CircularPad", "circular", _Pad),
        ("ConstantPad", "constant", _Pad),
        ("ZeroPad", "constant", _ZeroPad),
    )
}
