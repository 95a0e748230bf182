"""Operations on elements, in NumPy. torch has settled the types, the shape and the strides of the result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from .memory import STORAGES, Array, elements, is_here, on_host

_UNARY = {
    "neg": np.negative,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil,
    "bitwise_not": np.invert,
}
_BITWISE = {
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
}
_COMPARING = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


def _array(value: Any) -> Array:
    """Return the elements of an operand: a tensor of the device, one number of the CPU or of Python."""
    if is_here(value):
        return elements(value)
    return np.asarray(value.numpy() if isinstance(value, torch.Tensor) else value)


def _in(kind: np.dtype[Any], value: Any) -> Array:
    array = _array(value)
    return array if array.dtype == kind else array.astype(kind)


def _wide(kind: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type to compute in: 16 bits and fewer are rounded once, from float32."""
    narrow = kind.itemsize <= 2 and kind.kind in "fV"
    return np.dtype(np.float32) if narrow else kind


def _written(out: torch.Tensor, value: Array, due: torch.dtype) -> torch.Tensor:
    """Write a result; one of another shape or type is left to the host, which resizes or refuses."""
    if value.shape != tuple(out.shape) or out.dtype is not due:
        raise KeyError("out")
    elements(out)[...] = value
    return out


def unary(ufunc: Callable[..., Any], x: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
    """Compute from one operand in its own type; functions of integers that give others are the host's."""
    return _written(out, ufunc(_in(_wide(elements(x).dtype), x)), x.dtype)


def binary(ufunc: Callable[..., Any], x: Any, y: Any, *, out: torch.Tensor) -> torch.Tensor:
    """Compute from two operands in the type that both promote to."""
    due, kind = _common(x, y)
    return _written(out, ufunc(_in(kind, x), _in(kind, y)), due)


def bitwise(ufunc: Callable[..., Any], x: Any, y: Any, *, out: torch.Tensor) -> torch.Tensor:
    """Combine the bits of two operands; numbers that have none to combine are refused by the host."""
    if _common(x, y)[1].kind not in "biu":
        raise KeyError("refused by the host")
    return binary(ufunc, x, y, out=out)


def scaled(sign: int, x: Any, y: Any, *, alpha: Any = 1, out: torch.Tensor) -> torch.Tensor:
    """Add a multiple of the second operand to the first, or subtract it."""
    due, kind = _common(x, y)
    if kind == np.bool_ or not isinstance(alpha, int):
        raise KeyError("left to the host")
    second = _in(kind, y) if alpha == 1 else _in(kind, y) * np.asarray(alpha).astype(kind)
    return _written(out, _in(kind, x) + second if sign > 0 else _in(kind, x) - second, due)


def compare(ufunc: Callable[..., Any], x: Any, y: Any, *, out: torch.Tensor) -> torch.Tensor:
    """Compare two operands in the type that both promote to."""
    _, kind = _common(x, y)
    if kind.kind == "c":
        raise KeyError("numbers without an order")
    return _written(out, ufunc(_in(kind, x), _in(kind, y)), torch.bool)


def _common(x: Any, y: Any) -> tuple[torch.dtype, np.dtype[Any]]:
    """Return the type that two operands promote to, and NumPy's to compute in."""
    due = torch.result_type(x, y)
    return due, _wide(STORAGES[due])


def fill(x: torch.Tensor, value: Any) -> torch.Tensor:
    """Fill a tensor with a number; one that its type cannot hold is refused as on the host."""
    kind = elements(x).dtype
    if isinstance(value, torch.Tensor) or kind.kind not in "fb":
        raise KeyError("left to the host")
    elements(x)[...] = np.asarray(value).astype(np.float64).astype(kind)
    return x


def zero(x: torch.Tensor) -> torch.Tensor:
    """Fill a tensor with zeros."""
    elements(x)[...] = 0
    return x


def copy(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    """Copy elements between the device and the CPU or within the device, converted where types differ."""
    ends = [on_host(end) if is_here(end) else end for end in (target, source)]
    if {end.device.type for end in ends} != {"cpu"}:
        raise NotImplementedError(f"cannot copy from {source.device} to {target.device}")
    ends[0].copy_(ends[1])
    return target


def product(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
    """Multiply two matrices, narrow floating types in float32."""
    if a.dtype is not b.dtype or a.dtype is torch.bool:
        raise KeyError("refused by the host")
    kind = _wide(elements(a).dtype)
    return _written(out, _in(kind, a) @ _in(kind, b), a.dtype)


KERNELS: dict[str, Callable[..., torch.Tensor]] = {
    **{f"{name}.out": partial(unary, ufunc) for name, ufunc in _UNARY.items()},
    **{f"{name}.Tensor_out": partial(bitwise, ufunc) for name, ufunc in _BITWISE.items()},
    **{f"{name}.Tensor_out": partial(compare, ufunc) for name, ufunc in _COMPARING.items()},
    **{f"{name}.Scalar_out": partial(compare, ufunc) for name, ufunc in _COMPARING.items()},
    "mul.out": partial(binary, np.multiply),
    "add.out": partial(scaled, 1),
    "sub.out": partial(scaled, -1),
    "fill_.Scalar": fill,
    "zero_": zero,
    "mm.out": product,
}
