"""MLX on the CPU: ``pip install mlx[cpu]``. Its gradients and devices are of another kind: not claimed."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from functools import partial
from typing import Any

import mlx.core as mx
import numpy as np

from tensorcanon.spec.rules import dtypes

from ..backend import Absent, Array, Backend, Claims, Identity
from .tables import Engine, Tabled, both_ways

# Functions with torch's names and signatures, as far as they go.
_SAME = (
    "exp expm1 log log2 log10 log1p sin cos tan sinh cosh tanh sqrt rsqrt square abs floor ceil sign "
    "reciprocal sigmoid erf erfinv isnan isinf isfinite logical_not logical_and logical_or maximum minimum "
    "remainder floor_divide logaddexp bitwise_and bitwise_or bitwise_xor where matmul outer tril triu "
    "isclose broadcast_to nan_to_num"
)
_OTHER = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "atan2": "arctan2",
    "neg": "negative",
    "negative": "negative",
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "multiply": "multiply",
    "true_divide": "divide",
    "pow": "power",
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
}
_KINDS = (
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "bfloat16", "float32", "float64", "complex64"),
)


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        if dtype is None:
            return function(x, axis=_axes(dim), keepdims=keepdim)
        return function(x.astype(dtype), axis=_axes(dim), keepdims=keepdim).astype(dtype)

    return reduce


def _axes(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


def _sizes(given: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], tuple | list) else given


def _spread(
    function: Callable[..., Any], x: Any, dim: Any = None, *, correction: Any = 1, keepdim: bool = False
) -> Any:
    if not isinstance(correction, int):
        raise Absent("a correction by a fraction")
    return function(x, axis=_axes(dim), ddof=correction, keepdims=keepdim)


def _running(function: Callable[..., Any], x: Any, dim: int, *, dtype: Any = None) -> Any:
    return function(x, axis=dim) if dtype is None else function(x.astype(dtype), axis=dim).astype(dtype)


def _sorted(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    if descending:
        raise Absent("sorting from the greatest down")
    order = mx.argsort(x, axis=dim)
    return mx.take_along_axis(x, order, axis=dim), order


def _divided(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode not in (None, "floor"):
        raise Absent("another way to round quotients")
    return mx.divide(x, y) if rounding_mode is None else mx.floor_divide(x, y)


def _moved(x: Any, source: Any, destination: Any) -> Any:
    if not isinstance(source, int):
        raise Absent("several dimensions moved at once")
    return mx.moveaxis(x, source, destination)


def _clamped(x: Any, min: Any = None, max: Any = None) -> Any:
    return mx.clip(x, min, max)


def _flat(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    return mx.flatten(x, start_dim, end_dim)


def _squeezed(x: Any, dim: Any = None) -> Any:
    return mx.squeeze(x, axis=_axes(dim))


def _cast(x: Any, dtype: Any) -> Any:
    if not isinstance(dtype, mx.Dtype):
        raise Absent("devices and the types of other tensors")
    return x.astype(dtype)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **both_ways({name: name for name in _SAME.split()}, mx),
    **both_ways(_OTHER, mx),
    **{name: _reduced(getattr(mx, name)) for name in ("sum", "prod", "mean", "all", "any", "logsumexp")},
    **{name: _reduced(getattr(mx, own)) for name, own in (("amax", "max"), ("amin", "min"))},
    **{name: _reduced(getattr(mx, name)) for name in ("argmax", "argmin")},
    **{name: partial(_spread, getattr(mx, name)) for name in ("var", "std")},
    **{name: partial(_running, getattr(mx, name)) for name in ("cumsum", "cumprod")},
    "div": _divided,
    "round": lambda x, *, decimals=0: mx.round(x, decimals),
    "clamp": _clamped,
    "reshape": lambda x, *shape: mx.reshape(x, _sizes(shape)),
    "permute": lambda x, *dims: mx.transpose(x, _sizes(dims)),
    "transpose": mx.swapaxes,
    "swapaxes": mx.swapaxes,
    "movedim": _moved,
    "squeeze": _squeezed,
    "unsqueeze": lambda x, dim: mx.expand_dims(x, dim),
    "flatten": _flat,
    "cat": lambda tensors, dim=0: mx.concatenate(list(tensors), axis=dim),
    "stack": lambda tensors, dim=0: mx.stack(list(tensors), axis=dim),
    "softmax": lambda x, dim: mx.softmax(x, axis=dim),
    "sort": _sorted,
    "argsort": lambda x, dim=-1, descending=False: _sorted(x, dim, descending)[1],
    "gather": lambda x, dim, index: mx.take_along_axis(x, index, axis=dim),
    "index_select": lambda x, dim, index: mx.take(x, index, axis=dim),
    "zeros_like": mx.zeros_like,
    "ones_like": mx.ones_like,
    "clone": lambda x: mx.array(x),
    "to": _cast,
    "size": lambda x, dim=None: tuple(x.shape) if dim is None else x.shape[dim],
    "dim": lambda x: x.ndim,
    "numel": lambda x: x.size,
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
}
_ATTRIBUTES: dict[str, Callable[..., Any]] = {
    "shape": lambda x: tuple(x.shape),
    "ndim": lambda x: x.ndim,
    "dtype": lambda x: x.dtype,
    "T": lambda x: x.T,
    "real": mx.real,
    "imag": mx.imag,
}


def _made(array: Array, kind: Any) -> Any:
    # NumPy's bfloat16 is not known to MLX; float32 holds all of it. Without a type float64 becomes float32.
    return mx.array(array.astype(np.float32) if kind == mx.bfloat16 else array, dtype=kind)


def _read(x: Any) -> Array:
    return np.array(x.astype(mx.float32) if x.dtype == mx.bfloat16 else x)


def backend() -> Backend:
    """Return MLX as a backend."""
    # The same as on other backends, where there are no others.
    mx.set_default_device(mx.cpu)
    kinds = {dtypes.bool_: mx.bool_} | {dtypes.named(name): getattr(mx, name) for name in _KINDS}
    engine = Engine(mx.array, kinds, _FUNCTIONS, _ATTRIBUTES, _made, _read)
    identity = Identity("mlx", "mlx", importlib.metadata.version("mlx"), "cpu")
    claims = Claims(frozenset(kinds), strides=False, autograd=False, complete=False)
    return Tabled(engine, identity, claims)
