"""tinygrad on the CPU: ``pip install tinygrad``. Its tensors are graphs that are carried out when read."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

# Before the import: tinygrad looks for a device when it is imported.
os.environ.setdefault("DEV", "CPU")

from tinygrad import Tensor, dtypes as kinds_of  # noqa: I001

from tensorcanon.spec.rules import dtypes

from ..backend import Absent, Array, Backend, Claims, Identity
from .probe import probe
from .tables import Engine, Tabled, both_ways

# Functions with torch's names and signatures, as far as they go.
_SAME = (
    "exp log log2 log10 sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh sqrt rsqrt square abs "
    "neg floor ceil trunc round sign reciprocal sigmoid erf isnan isinf isfinite logical_not "
    "maximum minimum pow add sub mul div eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor "
    "bitwise_not where matmul "
    "tril triu isclose relu gelu silu softplus elu leaky_relu logaddexp "
    "reshape permute transpose squeeze unsqueeze flatten unflatten flip roll repeat expand "
    "split chunk gather scatter argsort sort topk cumsum cumprod cummax softmax log_softmax logsumexp "
    "clone item tolist numel size masked_fill masked_select diagonal diag repeat_interleave "
    "lerp clamp copysign"
)
_KINDS = (
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "bfloat16", "float32", "float64"),
)


def _reduced(name: str) -> Callable[..., Any]:
    def reduce(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        axes = tuple(dim) if isinstance(dim, list) else dim
        named = {} if dtype is None else {"dtype": dtype}
        if named and name not in ("sum", "prod"):
            raise Absent(f"{name} with a type")
        return getattr(x, name)(axis=axes, keepdim=keepdim, **named)

    return reduce


def _spread(name: str) -> Callable[..., Any]:
    def spread(x: Any, dim: Any = None, *, correction: Any = 1, keepdim: bool = False) -> Any:
        axes = tuple(dim) if isinstance(dim, list) else dim
        return getattr(x, name)(axis=axes, keepdim=keepdim, correction=correction)

    return spread


def _joined(name: str) -> Callable[..., Any]:
    def join(tensors: Any, dim: int = 0) -> Any:
        first, *others = tensors
        return getattr(first, name)(*others, dim=dim)

    return join


def _repeated(x: Any, repeats: Any, dim: Any = None) -> Any:
    if not isinstance(repeats, int):
        raise Absent("as many times as a tensor says")
    return x.repeat_interleave(repeats, dim)


def _cast(x: Any, dtype: Any) -> Any:
    if not isinstance(dtype, type(kinds_of.bool)):
        raise Absent("devices and the types of other tensors")
    return x.cast(dtype)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **both_ways({name: name for name in _SAME.split()}, Tensor),
    **{name: _reduced(name) for name in ("sum", "prod", "mean", "any", "all", "argmax", "argmin")},
    **{name: _reduced(own) for name, own in (("amax", "max"), ("amin", "min"))},
    **{name: _spread(name) for name in ("var", "std")},
    "cat": _joined("cat"),
    "stack": _joined("stack"),
    "repeat_interleave": _repeated,
    "zeros_like": lambda x: x.zeros_like(),
    "ones_like": lambda x: x.ones_like(),
    "dim": lambda x: x.ndim,
    "to": _cast,
}
_ATTRIBUTES: dict[str, Callable[..., Any]] = {
    "shape": lambda x: tuple(x.shape),
    "ndim": lambda x: x.ndim,
    "dtype": lambda x: x.dtype,
    "T": lambda x: x.T,
}


def _made(array: Array, kind: Any) -> Any:
    if kind == kinds_of.bfloat16:
        return Tensor(array.astype(np.float32)).cast(kind).contiguous()
    return Tensor(np.array(array), dtype=kind)


def _read(x: Any) -> Array:
    return np.asarray((x.cast(kinds_of.float32) if x.dtype == kinds_of.bfloat16 else x).numpy())


def backend() -> Backend:
    """Return tinygrad as a backend."""
    kinds = {dtypes.bool_: kinds_of.bool} | {dtypes.named(name): getattr(kinds_of, name) for name in _KINDS}
    engine = Engine(Tensor, kinds, _FUNCTIONS, _ATTRIBUTES, _made, _read)
    identity = Identity("tinygrad", "tinygrad", importlib.metadata.version("tinygrad"), "cpu")
    claims = Claims(frozenset(kinds), strides=False, autograd=False, complete=False)
    # Which types there are is up to the compiler that tinygrad finds.
    found = probe(Tabled(engine, identity, claims))
    return Tabled(engine, identity, replace(claims, dtypes=found.dtypes))
