"""Convolution layers. Sources: ``nn.Conv2d``, ``nn.ConvTranspose2d`` and their kin."""

from __future__ import annotations

import math
from typing import Any

from tensorcanon.spec.rules import sizes

from ..dispatch import ops
from . import init
from .linear import parameter
from .module import Module

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    weight: Any
    bias: Any
    padding: Any
    count: int
    transposed = False

    def _build(
        self,
        channels: tuple[int, int],
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: Any,
    ) -> None:
        count = self.count
        self.in_channels, self.out_channels = channels
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if channels[0] % groups:
            raise ValueError("in_channels must be divisible by groups")
        if channels[1] % groups:
            raise ValueError("out_channels must be divisible by groups")
        self.kernel_size, self.stride, self.dilation, self.output_padding = (
            sizes.repeated(one, count) for one in (kernel_size, stride, dilation, output_padding)
        )
        self.padding = padding if isinstance(padding, str) else sizes.repeated(padding, count)
        self.groups, self.padding_mode = groups, padding_mode
        self._check()
        first, second = (channels[0], channels[1]) if self.transposed else (channels[1], channels[0])
        self.weight = parameter(first, second // groups, *self.kernel_size, dtype=dtype)
        self.register_parameter("bias", parameter(channels[1], dtype=dtype) if bias else None)
        self.reset_parameters()

    def _check(self) -> None:
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string '{self.padding}', should be one of same, valid")
            if self.padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in _MODES:
            raise ValueError(
                f"padding_mode must be one of {_MODES}, but got padding_mode='{self.padding_mode}'"
            )
        if self.transposed and self.padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in, _ = sizes.fans(self.weight.shape)
        if self.bias is not None and fan_in:
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        parts = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ]
        zeros, ones = (0,) * self.count, (1,) * self.count
        shown = {
            "padding": (self.padding, zeros),
            "dilation": (self.dilation, ones),
            "output_padding": (self.output_padding, zeros),
            "groups": (self.groups, 1),
        }
        parts += [f"{name}={value}" for name, (value, usual) in shown.items() if value != usual]
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Conv(_Convolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sized = (kernel_size, stride, padding, dilation, 0)
        self._build((in_channels, out_channels), *sized, groups, bias, padding_mode, dtype)

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = ops.nn.functional.pad(input, self._amounts(), mode=self.padding_mode)
            padding = (0,) * self.count
        function = getattr(ops.nn.functional, f"conv{self.count}d")
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _amounts(self) -> list[int]:
        pairs: list[Any] = [(0, 0)] * self.count
        if self.padding == "same":
            pairs = [sizes.same_padding(k, d) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
        elif self.padding != "valid":
            pairs = [(amount, amount) for amount in self.padding]
        return [amount for pair in reversed(pairs) for amount in pair]


class _ConvTranspose(_Convolution):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sized = (kernel_size, stride, padding, dilation, output_padding)
        self._build((in_channels, out_channels), *sized, groups, bias, padding_mode, dtype)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        function = getattr(ops.nn.functional, f"conv_transpose{self.count}d")
        rest = (self.stride, self.padding, extra, self.groups, self.dilation)
        return function(input, self.weight, self.bias, *rest)

    def _extra(self, input: Any, output_size: Any) -> tuple[int, ...]:
        wanted = tuple(output_size)[-self.count :]
        least = [
            sizes.transposed_length(n, k, s, p, 0, d)
            for n, k, s, p, d in zip(
                input.shape[-self.count :],
                self.kernel_size,
                self.stride,
                self.padding,
                self.dilation,
                strict=True,
            )
        ]
        for one, low, step in zip(wanted, least, self.stride, strict=True):
            if not low <= one <= low + step - 1:
                raise ValueError(f"requested an output size of {wanted}, but valid sizes start at {least}")
        return tuple(one - low for one, low in zip(wanted, least, strict=True))


def _made(name: str, base: type[_Convolution], count: int) -> type[Module]:
    return type(name, (base,), {"count": count, "__module__": "torch.nn"})


Conv1d, Conv2d, Conv3d = (_made(f"Conv{n}d", _Conv, n) for n in (1, 2, 3))
ConvTranspose1d, ConvTranspose2d, ConvTranspose3d = (
    _made(f"ConvTranspose{n}d", _ConvTranspose, n) for n in (1, 2, 3)
)
