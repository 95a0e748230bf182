"""Python's operators on tensors: each calls an op by name. Source: ``torch.Tensor``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import dispatch
from .tensor import Tensor

_BINARY = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}
_COMPARISONS = {name: name for name in ("eq", "ne", "lt", "le", "gt", "ge")}
_UNARY = {"neg": "neg", "pos": "positive", "abs": "abs"}
_OPERANDS = (Tensor, bool, int, float, complex, np.generic)


def _binary(name: str, *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return dispatch.run(name, (other, self) if reflected else (self, other), {})

    return operate


def _augmented(name: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return getattr(self, f"{name}_")(other)

    return operate


def _unary(name: str) -> Callable[[Any], Any]:
    def operate(self: Any) -> Any:
        return getattr(dispatch.ops, name)(self)

    return operate


def _invert(self: Any) -> Any:
    if self.dtype.is_differentiable:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return dispatch.ops.bitwise_not(self)


def _getitem(self: Any, key: Any) -> Any:
    return dispatch.run("getitem", (self, key), {})


def _setitem(self: Any, key: Any, value: Any) -> None:
    dispatch.run("setitem", (self, key, value), {})


for _symbol, _name in (_BINARY | _COMPARISONS).items():
    setattr(Tensor, f"__{_symbol}__", _binary(_name))
for _symbol, _name in _BINARY.items():
    setattr(Tensor, f"__r{_symbol}__", _binary(_name, reflected=True))
    if _symbol != "matmul":
        setattr(Tensor, f"__i{_symbol}__", _augmented(_name))
for _symbol, _name in _UNARY.items():
    setattr(Tensor, f"__{_symbol}__", _unary(_name))
for _symbol, _method in (("getitem", _getitem), ("setitem", _setitem), ("invert", _invert)):
    setattr(Tensor, f"__{_symbol}__", _method)
