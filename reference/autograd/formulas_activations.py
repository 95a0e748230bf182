"""Derivatives of activation functions. Sources: the pages of ``nn.functional``."""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .derivatives import derivative
from .formulas_elementwise import masked

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
_ROOT_HALF, _DENSITY = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715


def inside(grad: Tensor, input: Tensor, low: float, high: float) -> Any:
    """The bounds themselves stop the gradient."""
    return masked(grad, (input > low) & (input < high))


def exponential(grad: Tensor, input: Tensor, alpha: float, scale: float = 1.0, inner: float = 1.0) -> Any:
    """The derivative of a line that goes over into an exponential below 0."""
    below = ops.exp(ops.clamp(input * inner, max=0.0)) * (alpha * scale * inner)
    return grad * ops.where(input > 0, scale, below)


def gelu(grad: Tensor, input: Tensor, approximate: str) -> Any:
    if approximate == "none":
        chance = (ops.erf(input * _ROOT_HALF) + 1) * 0.5
        return grad * (chance + input * _DENSITY * ops.exp(input * input * -0.5))
    cube = input * input * input
    bent = ops.tanh((input + cube * _TANH_CUBE) * _TANH_SCALE)
    slope = (1 + input * input * (3 * _TANH_CUBE)) * _TANH_SCALE
    return grad * ((bent + 1) * 0.5 + input * 0.5 * (1 - bent * bent) * slope)


def silu(grad: Tensor, input: Tensor) -> Any:
    chance = ops.sigmoid(input)
    return grad * chance * (1 + input * (1 - chance))


def mish(grad: Tensor, input: Tensor) -> Any:
    bent = ops.tanh(ops.nn.functional.softplus(input))
    return grad * (bent + input * (1 - bent * bent) * ops.sigmoid(input))


def softplus(grad: Tensor, input: Tensor, beta: float, threshold: float) -> Any:
    scaled = input * beta
    return grad * ops.where(scaled > threshold, 1, ops.sigmoid(scaled))


def hardswish(grad: Tensor, input: Tensor) -> Any:
    slope = ops.where(input <= 3, input / 3 + 0.5, 1)
    return masked(grad * slope, input >= -3)


derivative("nn.functional.relu6", input=lambda grad, input: inside(grad, input, 0, 6))
derivative(
    "nn.functional.hardtanh",
    input=lambda grad, input, min_val, max_val: inside(grad, input, min_val, max_val),
)
derivative("nn.functional.threshold", input=lambda grad, input, threshold: masked(grad, input > threshold))
derivative("hardshrink", input=lambda grad, input, lambd: masked(grad, ops.abs(input) > lambd))
derivative("nn.functional.softshrink", input=lambda grad, input, lambd: masked(grad, ops.abs(input) > lambd))
derivative(
    "nn.functional.leaky_relu",
    input=lambda grad, input, negative_slope: ops.where(input > 0, grad, grad * negative_slope),
)
derivative("nn.functional.hardsigmoid", input=lambda grad, input: inside(grad, input, -3, 3) / 6)
derivative("nn.functional.hardswish", input=lambda grad, input: hardswish(grad, input))
derivative("nn.functional.elu", input=lambda grad, input, alpha: exponential(grad, input, alpha))
derivative("celu", input=lambda grad, input, alpha: exponential(grad, input, alpha, inner=1 / alpha))
derivative("selu", input=lambda grad, input: exponential(grad, input, _SELU_ALPHA, _SELU_SCALE))
derivative("nn.functional.gelu", input=lambda grad, input, approximate: gelu(grad, input, approximate))
derivative("nn.functional.silu", input=lambda grad, input: silu(grad, input))
derivative("nn.functional.mish", input=lambda grad, input: mish(grad, input))
derivative("nn.functional.logsigmoid", input=lambda grad, input: grad * ops.sigmoid(-input))
derivative(
    "nn.functional.softplus",
    input=lambda grad, input, beta, threshold: softplus(grad, input, beta, threshold),
)
