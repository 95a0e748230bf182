"""Linear layers. Sources: ``nn.Linear``, ``nn.Bilinear``, ``nn.Identity``, ``nn.LazyLinear``."""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import ops
from ..parameters import Parameter
from ..tensor import Tensor
from . import init
from .module import Module


def parameter(*shape: int, dtype: Any = None) -> Parameter:
    """Return a parameter to be filled."""
    return Parameter(ops.empty(shape, dtype=dtype))


class Identity(Module):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """Products of the last dimension with the rows of a weight, plus a bias."""

    weight: Any
    bias: Any

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = parameter(out_features, in_features, dtype=dtype)
        self.register_parameter("bias", parameter(out_features, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Any:
        return ops.nn.functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class UninitializedParameter(Parameter):
    """A parameter whose shape is not known yet."""


class LazyLinear(Linear):
    """A linear layer that learns its number of input features at the first call."""

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        Module.__init__(self)
        self.in_features, self.out_features = 0, out_features
        self._wanted = (bias, dtype)
        self.weight = UninitializedParameter()
        self.register_parameter("bias", UninitializedParameter() if bias else None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bias, dtype = self.__dict__.pop("_wanted")
        self.in_features = args[0].shape[-1]
        self.weight = parameter(self.out_features, self.in_features, dtype=dtype)
        if bias:
            self.bias = parameter(self.out_features, dtype=dtype)
        self.__class__ = Linear  # type: ignore[assignment]
        self.reset_parameters()
        return self(*args, **kwargs)


class Bilinear(Module):
    """``x1 A x2`` for each matrix A of a weight, plus a bias."""

    weight: Any
    bias: Any

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = parameter(out_features, in1_features, in2_features, dtype=dtype)
        self.register_parameter("bias", parameter(out_features, dtype=dtype) if bias else None)
        bound = 1 / math.sqrt(in1_features)
        init.uniform_(self.weight, -bound, bound)
        if bias:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Any:
        return ops.nn.functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
