"""What reductions share: their dimensions, rows along one dimension, and the errors of empty ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import dtype
from .kernels import Array, elements, wrap_dim, wrap_dims
from .tensor import Tensor


def axes_of(input: Tensor, dim: Any) -> tuple[int, ...]:
    """Return the dimensions to reduce, all for None and for ``()``; none where the tensor has none."""
    dims = wrap_dims(None if dim is None or dim == () or dim == [] else dim, input.ndim)
    return tuple(axis for axis in dims if axis < input.ndim)


def rows_of(input: Tensor, dim: Any) -> tuple[Array, int]:
    """Return the elements with one dimension at least, and the dimension from the front.

    Without a dimension they are flat.
    """
    values = elements(input, input.dtype)
    if dim is None or not input.ndim:
        if dim is not None:
            wrap_dim(dim, 0)
        return values.reshape(-1), 0
    return values, wrap_dim(dim, input.ndim)


def placed(values: Array, input: Tensor, axis: int, keepdim: bool) -> Array:
    """Return one value per row, whose dimension has size 1, in the shape of the result."""
    if not input.ndim:
        return values.reshape(())
    return values if keepdim else np.squeeze(values, axis)


def refuse_empty_whole(name: str, input: Tensor, kind: type[Exception], hint: str = "") -> None:
    """Raise where a reduction of all elements has none and no identity."""
    if not input.numel():
        raise kind(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.{hint}")


def refuse_empty_dims(name: str, input: Tensor, axes: tuple[int, ...]) -> None:
    """Raise where a dimension to reduce has size 0 and the reduction no identity."""
    for axis in axes:
        if input.shape[axis] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


HINT = " Specify the reduction dim with the 'dim' argument."


def lacks_kernel(kernel: str, dtype: dtype) -> NotImplementedError:
    """Return the error of a type without a kernel."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.scalar_name}'")


def is_nan(values: Array) -> Array:
    """Return which elements are NaN; none of integers."""
    return np.isnan(values) if values.dtype.kind in "fc" else np.zeros(values.shape, np.bool_)
