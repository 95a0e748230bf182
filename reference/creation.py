"""Functions that make tensors of data, sizes or arrays. Sources: the pages of the functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .devices import checked
from .dispatch import op
from .inference import array_of
from .kernels import as_sizes, empty, fresh
from .size import Size
from .storage import Storage
from .tensor import Tensor


@op("tensor", method=False, differentiable=False, raw=True)
def tensor(
    data: Any,
    *,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Return a new tensor with a copy of the data; the type follows from the data unless given."""
    checked(device)
    return finished(fresh(*array_of(data, dtype)), requires_grad)


def finished(made: Tensor, requires_grad: bool = False) -> Tensor:
    """Return a new tensor with its ``requires_grad`` set."""
    if requires_grad:
        made.requires_grad = True
    return made


@op("zeros", method=False, differentiable=False, raw=True)
def zeros(
    *size: Any, dtype: dtypes.dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of zeros."""
    checked(device)
    return finished(empty(as_sizes(size), dtype or dtypes.get_default_dtype()), requires_grad)


@op("from_numpy", method=False, differentiable=False, raw=True)
def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """Return a tensor that shares memory with an array."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    kind = dtypes.of_numpy(ndarray.dtype)
    if any(stride < 0 for stride in ndarray.strides):
        raise ValueError("At least one of the strides is negative")
    strides = [stride // ndarray.itemsize for stride in ndarray.strides]
    return Tensor.make(Storage.of_array(ndarray), ndarray.shape, strides, 0, kind)


def legacy(cls: type[Tensor], *args: Any, dtype: dtypes.dtype | None = None, **options: Any) -> Tensor:
    """Return what ``torch.Tensor(...)`` makes: of data, or of sizes with unspecified elements."""
    kind = dtype or dtypes.get_default_dtype()
    if (len(args) == 1 and not hasattr(args[0], "__index__")) or (args and isinstance(args[0], Tensor)):
        if isinstance(args[0], float | complex):
            raise TypeError(f"new(): data must be a sequence (got {type(args[0]).__name__})")
        if isinstance(args[0], Tensor):
            return args[0].detach() if args[0].dtype is kind else fresh(args[0].array, kind)
        if not isinstance(args[0], Size):
            return fresh(*array_of(args[0], kind))
    return empty(as_sizes(args or (0,)), kind)
