"""A way to make an elementwise kernel wrong: another function of the elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import elementwise
from tensorcanon.reference.tensor import Tensor

from .mutant import Patch, kernel

Array = np.ndarray[Any, Any]


def always(*operands: Any) -> bool:
    """Hold of all operands."""
    return True


def are_floating(*operands: Any) -> bool:
    """Return whether the first operand is a floating tensor."""
    return isinstance(operands[0], Tensor) and operands[0].dtype.is_floating_point


def are_integral(*operands: Any) -> bool:
    """Return whether every operand is an integer or an integer tensor."""
    return all(
        value.dtype.is_integral if isinstance(value, Tensor) else type(value) is int for value in operands
    )


def are_complex(*operands: Any) -> bool:
    """Return whether the first operand is a complex tensor."""
    return isinstance(operands[0], Tensor) and operands[0].dtype.is_complex


def of(name: str) -> Callable[..., bool]:
    """Return a condition: the first operand is a tensor of a type."""
    return lambda *operands: isinstance(operands[0], Tensor) and operands[0].dtype.rule.name == name


def strided(*operands: Any) -> bool:
    """Return whether the first operand has two dimensions or more and is not row-major."""
    first = operands[0]
    return isinstance(first, Tensor) and first.ndim > 1 and not first.is_contiguous()


def recomputed(
    op: str, function: Callable[..., Any], when: Callable[..., bool] = always, **how: Any
) -> Patch:
    """Let an op compute another function of its operands' elements, for operands of some kind.

    Parameters
    ----------
    op : str
    function : callable
        Takes an array per operand, in the type in which the reference computes.
    when : callable
        Takes the operands.
    **how
        As for `tensorcanon.reference.kernels.elementwise`.
    """

    def make(original: Any) -> Any:
        def wrong(*operands: Any, **kwargs: Any) -> Any:
            if not when(*operands):
                return original(*operands, **kwargs)
            return elementwise(function, *operands, **how)

        return wrong

    return kernel(op, make)


def through_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of integers that converts them to float32 on the way."""

    def compute(*values: Array) -> Any:
        made = np.asarray(function(*(value.astype(np.float32) for value in values)))
        return made.astype(values[0].dtype) if made.dtype != np.bool_ else made

    return compute
