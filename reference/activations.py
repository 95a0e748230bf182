"""Activation functions and the softmax family. Sources: the pages of ``nn.functional``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.spec.ops import special

from . import dtypes
from .dispatch import op, ops
from .folding import lacks_kernel
from .kernels import Array, elements, elementwise, fresh, wrap_dim
from .tensor import Tensor

Function = Callable[..., Any]

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
_ROOT = math.sqrt(2 / math.pi)


# Piecewise linear functions.


@op("relu", "nn.functional.relu", inplace=True, inplace_keyword=True)
def relu(input: Tensor) -> Tensor:
    """Return what is above zero, zero elsewhere; NaN stays."""
    if input.dtype is dtypes.bool_:
        raise RuntimeError("Boolean inputs not supported for relu")
    _refuse_complex("clamp_min_scalar_cpu", input)
    return elementwise(lambda x: np.where(x < 0, x.dtype.type(0), x), input)


@op("nn.functional.hardtanh", inplace_keyword=True)
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return the elements bounded to a range; ValueError where it is none."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.dtype is dtypes.bool_ or (input.dtype is dtypes.uint8 and min_val < 0):
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    _refuse_complex("clamp_scalar_cpu", input)
    return elementwise(lambda x: np.clip(x, x.dtype.type(min_val), x.dtype.type(max_val)), input)


@op("nn.functional.relu6", inplace_keyword=True)
def relu6(input: Tensor) -> Tensor:
    """Return the elements bounded to 0 and 6."""
    return hardtanh(input, 0.0, 6.0)


@op("nn.functional.threshold", inplace_keyword=True)
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """Return the elements above a threshold, another value in the place of the rest."""
    return elementwise(lambda x: np.where(x <= x.dtype.type(threshold), x.dtype.type(value), x), input)


@op("hardshrink", "nn.functional.hardshrink", out=True)
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return the elements of magnitude above ``lambd``, zero in the place of the rest."""
    _refuse_integers("hardshrink_cpu", input)
    return elementwise(lambda x: np.where(np.abs(x) <= x.dtype.type(lambd), x.dtype.type(0), x), input)


@op("nn.functional.softshrink", out=True)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return the elements brought nearer to zero by ``lambd``."""
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}.")
    _refuse_integers("softshrink_cpu", input)

    def shrunk(x: Array) -> Any:
        edge = x.dtype.type(lambd)
        return np.where(x > edge, x - edge, np.where(x < -edge, x + edge, x * 0))

    return elementwise(shrunk, input)


@op("nn.functional.hardsigmoid", inplace_keyword=True)
def hardsigmoid(input: Tensor) -> Tensor:
    """Return ``(x + 3) / 6`` bounded to 0 and 1."""
    _refuse_integers("hardsigmoid_cpu", input)
    return elementwise(_hard_sigmoid, input)


@op("nn.functional.hardswish", inplace_keyword=True)
def hardswish(input: Tensor) -> Tensor:
    """Return x times its hardsigmoid."""
    _refuse_integers("hardswish_cpu", input)
    return elementwise(lambda x: x * _hard_sigmoid(x), input)


def _hard_sigmoid(x: Array) -> Any:
    return np.clip(x + x.dtype.type(3), 0, 6) / x.dtype.type(6)


@op("nn.functional.leaky_relu", inplace_keyword=True)
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Return x where it is above zero, a part of it elsewhere."""
    _refuse_integers("leaky_relu_cpu", input)
    return elementwise(lambda x: np.where(x > 0, x, x * x.dtype.type(negative_slope)), input)


# Smooth functions.


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Any:
    scaled = x * x.dtype.type(beta)
    return np.where(scaled > threshold, x, np.log1p(np.exp(scaled)) / x.dtype.type(beta))


@op("nn.functional.softplus", out=True)
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return ``log(1 + exp(beta x)) / beta``, x itself where ``beta x`` is above the threshold."""
    _refuse_integers("softplus_cpu", input)
    return elementwise(lambda x: _softplus(x, beta, threshold), input)


def _elu(x: Array, alpha: float, scale: float = 1.0, rate: float = 1.0) -> Any:
    one = x.dtype.type
    return np.where(x > 0, x * one(scale), one(alpha * scale) * np.expm1(np.where(x > 0, 0, x) * one(rate)))


@op("nn.functional.elu", inplace_keyword=True)
def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Return x where it is above zero, ``alpha (exp(x) - 1)`` elsewhere."""
    _refuse_integers("elu_cpu", input)
    return elementwise(lambda x: _elu(x, alpha), input)


@op("selu", "nn.functional.selu", inplace=True, inplace_keyword=True)
def selu(input: Tensor) -> Tensor:
    """Return the scaled elu whose fixed point has mean 0 and variance 1."""
    _refuse_integers("elu_cpu", input)
    return elementwise(lambda x: _elu(x, _SELU_ALPHA, _SELU_SCALE), input)


@op("celu", "nn.functional.celu", inplace=True, inplace_keyword=True)
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Return x where it is above zero, ``alpha (exp(x / alpha) - 1)`` elsewhere."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    _refuse_integers("elu_cpu", input)
    return elementwise(lambda x: _elu(x, alpha, rate=1 / alpha), input)


@op("nn.functional.gelu", out=True)
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Return x times the normal distribution function, or its approximation by tanh."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    _refuse_integers("GeluKernelImpl", input)
    return elementwise(_gelu if approximate == "none" else _gelu_tanh, input)


def _gelu(x: Array) -> Any:
    return (x * special.normal_cdf(x)).astype(x.dtype)


def _gelu_tanh(x: Array) -> Any:
    one = x.dtype.type
    return one(0.5) * x * (1 + np.tanh(one(_ROOT) * (x + one(0.044715) * x * x * x)))


def _register(name: str, function: Function, kernel_name: str, **forms: bool) -> None:
    @op(f"nn.functional.{name}", **forms)
    def kernel(input: Tensor) -> Tensor:
        _refuse_integers(kernel_name, input)
        return elementwise(function, input)

    kernel.__doc__ = f"Return {name} of each element."


@op("nn.functional.silu", inplace_keyword=True)
def silu(input: Tensor) -> Tensor:
    """Return each element times its sigmoid; complex ones too."""
    if not input.dtype.is_differentiable:
        raise lacks_kernel("silu_cpu", input.dtype)
    return elementwise(lambda x: x / (1 + np.exp(-x)), input)


_register("mish", lambda x: x * np.tanh(special.softplus(x)), "mish_cpu", inplace_keyword=True)
_register("logsigmoid", lambda x: -special.softplus(-x), "log_sigmoid_cpu", out=True)


@op("nn.functional.softsign", composite=True)
def softsign(input: Tensor) -> Any:
    """Return ``x / (1 + |x|)``."""
    return input / (ops.abs(input) + 1)


@op("nn.functional.tanhshrink", composite=True)
def tanhshrink(input: Tensor) -> Any:
    """Return ``x - tanh(x)``."""
    return input - ops.tanh(input)


def _refuse_integers(name: str, input: Tensor) -> None:
    if not input.dtype.is_floating_point:
        raise lacks_kernel(name, input.dtype)


def _refuse_complex(name: str, input: Tensor) -> None:
    if input.dtype.is_complex:
        raise lacks_kernel(name, input.dtype)


# The softmax family.


@op("softmax", "special.softmax", out=True)
def softmax(input: Tensor, dim: Any, dtype: dtypes.dtype | None = None) -> Tensor:
    """Return exponentials over their sum along a dimension, the greatest element taken out first."""
    kind, values, axis = _along("softmax_lastdim_kernel_impl", input, dim, dtype)
    with np.errstate(all="ignore"):
        powers = np.exp(_lowered(values, axis))
        return fresh(powers / powers.sum(axis=axis, keepdims=True), kind)


@op("log_softmax", "special.log_softmax", out=True)
def log_softmax(input: Tensor, dim: Any, dtype: dtypes.dtype | None = None) -> Tensor:
    """Return the logarithm of the softmax, finite wherever the input is."""
    kind, values, axis = _along("log_softmax_lastdim_kernel_impl", input, dim, dtype)
    with np.errstate(all="ignore"):
        lowered = _lowered(values, axis)
        return fresh(lowered - np.log(np.exp(lowered).sum(axis=axis, keepdims=True)), kind)


def _along(name: str, input: Tensor, dim: Any, dtype: Any) -> tuple[dtypes.dtype, Array, int | None]:
    kind = dtype or input.dtype
    axis = wrap_dim(dim, input.ndim)
    if not kind.is_floating_point:
        raise lacks_kernel(name, kind)
    return kind, elements(input, kind), axis if input.ndim else None


def _lowered(values: Array, axis: int | None) -> Array:
    return values if values.size == 0 else np.asarray(values - values.max(axis=axis, keepdims=True))


@op("nn.functional.softmax", composite=True)
def functional_softmax(input: Tensor, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Return the softmax; without a dimension, along one chosen with a warning."""
    return ops.softmax(input, _chosen("softmax", input, dim), dtype=dtype)


@op("nn.functional.log_softmax", composite=True)
def functional_log_softmax(input: Tensor, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Return the logarithm of the softmax; without a dimension, along one chosen with a warning."""
    return ops.log_softmax(input, _chosen("log_softmax", input, dim), dtype=dtype)


@op("nn.functional.softmin", composite=True)
def softmin(input: Tensor, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Return the softmax of the negatives."""
    return ops.softmax(-input, _chosen("softmin", input, dim), dtype=dtype)


def _chosen(name: str, input: Tensor, dim: Any) -> Any:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
        "argument.",
        UserWarning,
        stacklevel=4,
    )
    return 0 if input.ndim in (0, 1, 3) else 1
