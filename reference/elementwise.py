"""Functions of corresponding elements. Sources: the pages of the functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dispatch import op
from .kernels import elementwise
from .tensor import Tensor


@op("add", inplace=True, out=True)
def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha * other``."""
    return elementwise(lambda a, b: a + (b if alpha == 1 else alpha * b), input, other)


@op("mul", "multiply", inplace=True, out=True)
def mul(input: Any, other: Any) -> Tensor:
    """Return the product."""
    return elementwise(np.multiply, input, other)


@op("neg", "negative", inplace=True, out=True)
def neg(input: Tensor) -> Tensor:
    """Return the negatives; bool tensors are refused."""
    if input.dtype is dtypes.bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return elementwise(np.negative, input)


@op("exp", inplace=True, out=True)
def exp(input: Tensor) -> Tensor:
    """Return e to the power of each element."""
    return elementwise(np.exp, input, floating=True)


@op("eq", inplace=True, out=True, differentiable=False)
def eq(input: Any, other: Any) -> Tensor:
    """Return whether elements are equal."""
    return elementwise(np.equal, input, other, result=dtypes.bool_)
