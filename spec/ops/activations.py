"""Activation functions. Sources: the pages of ``torch.nn`` and its functions, whose formulas they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..rules.dtypes import FLOATS, REALS
from . import special
from .bounds import Bounding, ieee, terms, ulps
from .op import FUNCTION, KEYWORD, METHOD_OUT, OUT, Form, Op

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
_ROOT = math.sqrt(2 / math.pi)


def _relu(x: Any) -> Any:
    return np.where(x < 0, x.dtype.type(0), x)


def _clipped(low: float, high: float) -> Any:
    return lambda x: np.clip(x, x.dtype.type(low), x.dtype.type(high))


def _softplus(beta: float = 1.0, threshold: float = 20.0) -> Any:
    return lambda x: np.where(beta * x > threshold, x, special.softplus(beta * x) / beta)


def _elu(alpha: float = 1.0, scale: float = 1.0, rate: float = 1.0) -> Any:
    return lambda x: scale * np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x) * rate))


def _gelu(x: Any) -> Any:
    return x * special.normal_cdf(x)


def _gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(_ROOT * (x + 0.044715 * x**3)))


def _silu(x: Any) -> Any:
    return x * special.sigmoid(x)


def _mish(x: Any) -> Any:
    return x * np.tanh(special.softplus(x))


def _hard_sigmoid(x: Any) -> Any:
    return np.clip(x + 3, 0, 6) / 6


def _softsign(x: Any) -> Any:
    return x / (1 + np.abs(x))


def _hardshrink(x: Any) -> Any:
    return np.where(np.abs(x) <= 0.5, x.dtype.type(0), x)


def _softshrink(x: Any) -> Any:
    half = x.dtype.type(0.5)
    return np.where(x > half, x - half, np.where(x < -half, x + half, np.where(np.isnan(x), x, 0)))


def _threshold(x: Any) -> Any:
    return np.where(x > x.dtype.type(0.5), x, x.dtype.type(-2))


def _finite(x: Any) -> Any:
    return ~np.isinf(x)


def _ordinary(x: Any) -> Any:
    """Neither infinite nor so small that half of it may be flushed to zero."""
    return ~np.isinf(x) & ((x == 0) | ~(np.abs(x) < 1e-37))


def _above_underflow(x: Any) -> Any:
    """Where the exponential of the input is a normal number of float32."""
    return (x > -80) & (x < np.inf) | np.isnan(x)


def _number(x: Any) -> Any:
    return ~np.isnan(x)


def _moderate(x: Any) -> Any:
    """Where cubes and sums of the input stay inside the range of every type."""
    return ~(np.abs(x) > 100)


_SIZE = terms(4, lambda exact, x: np.abs(x))
_SIZE_AND_ONE = terms(4, lambda exact, x: np.abs(x) + 1)


def _activation(
    name: str,
    exact: Any,
    bound: Bounding = ieee,
    forms: frozenset[Form] = KEYWORD,
    arguments: Mapping[str, Any] | None = None,
    variant: str = "",
    **more: Any,
) -> Op:
    return Op(
        f"nn.functional.{name}",
        exact,
        FLOATS,
        bound=bound,
        forms=forms,
        arguments=arguments or {},
        variant=variant,
        **more,
    )


PIECEWISE = (
    Op("relu", _relu, REALS, forms=frozenset({"method", "inplace"}), signed_zero=False),
    _activation("relu", _relu, variant="function", signed_zero=False),
    _activation("relu6", _clipped(0, 6), signed_zero=False),
    _activation("hardtanh", _clipped(-1, 1), signed_zero=False),
    _activation("hardtanh", _clipped(-2, 0.5), arguments={"min_val": -2.0, "max_val": 0.5}, variant="range"),
    _activation("threshold", _threshold, arguments={"threshold": 0.5, "value": -2.0}, defined=_number),
    Op(
        "hardshrink",
        _hardshrink,
        FLOATS,
        forms=METHOD_OUT,
        signed_zero=False,
        aliases=("nn.functional.hardshrink",),
    ),
    _activation("softshrink", _softshrink, forms=OUT, signed_zero=False),
    _activation("leaky_relu", lambda x: np.where(x > 0, x, x * 0.01), ulps(1.5)),
    _activation(
        "leaky_relu",
        lambda x: np.where(x > 0, x, x * 0.5),
        ieee,
        arguments={"negative_slope": 0.5},
        variant="slope",
    ),
    _activation("hardsigmoid", _hard_sigmoid, _SIZE_AND_ONE),
    _activation("hardswish", lambda x: x * _hard_sigmoid(x), _SIZE_AND_ONE, defined=_moderate),
)
SMOOTH = (
    _activation("softplus", _softplus(), terms(4, lambda exact, x: np.abs(exact)), OUT),
    _activation(
        "softplus",
        _softplus(2.0, 5.0),
        ulps(4),
        OUT,
        arguments={"beta": 2.0, "threshold": 5.0},
        variant="beta",
    ),
    _activation("elu", _elu(), ulps(4)),
    _activation("elu", _elu(0.5), ulps(4), arguments={"alpha": 0.5}, variant="alpha"),
    _activation("selu", _elu(_SELU_ALPHA, _SELU_SCALE), ulps(6)),
    _activation("celu", _elu(2.0, 1.0, 0.5), ulps(6), arguments={"alpha": 2.0}),
    _activation("gelu", _gelu, _SIZE, OUT, defined=_ordinary, signed_zero=False),
    _activation(
        "gelu", _gelu_tanh, _SIZE, OUT, {"approximate": "tanh"}, "tanh", defined=_moderate, signed_zero=False
    ),
    _activation("silu", _silu, ulps(4), defined=_above_underflow),
    _activation("mish", _mish, ulps(6), defined=_above_underflow),
    _activation("logsigmoid", lambda x: -special.softplus(-x), ulps(4), OUT, signed_zero=False, plain=False),
    _activation("softsign", _softsign, ulps(2), FUNCTION, defined=_finite),
    _activation("tanhshrink", lambda x: x - np.tanh(x), _SIZE, FUNCTION, defined=_finite),
)

ACTIVATIONS = (*PIECEWISE, *SMOOTH)
