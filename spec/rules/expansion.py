"""Elements under broadcasting: repeated out to a shape, and summed back to one.

Sources: ``notes/broadcasting#general-semantics``, ``torch.Tensor.sum_to_size``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import dtypes
from .broadcasting import Shape, broadcast_shapes

Array = np.ndarray[Any, np.dtype[Any]]


def expanded(array: Array, shape: Sequence[int]) -> Array:
    """Return the elements at each place of a shape that an array broadcasts to, as an array of its own."""
    missing = len(shape) - array.ndim
    full = array.reshape((1,) * missing + array.shape)
    for dim, size in enumerate(shape):
        if full.shape[dim] != size:
            full = np.take(full, np.zeros(size, np.intp), axis=dim)
    return full


def summed_to(array: Array, shape: Sequence[int]) -> Array:
    """Return the sums over the dimensions along which a shape would be repeated to give the array's."""
    missing = array.ndim - len(shape)
    repeated = [dim + missing for dim, size in enumerate(shape) if size != array.shape[dim + missing]]
    sums = array.sum(axis=(*range(missing), *repeated), dtype=array.dtype, keepdims=True)
    return np.asarray(sums).reshape(tuple(shape))


def _widely(function: Callable[..., Array]) -> Callable[..., Array]:
    """Compute 16-bit and 32-bit floating types in float64, so that a result is rounded once."""

    def compute(*arrays: Array) -> Array:
        narrow = arrays[0].dtype
        dtype = dtypes.of_array(arrays[0])
        if dtype.is_floating_point:
            arrays = tuple(array.astype(np.float64) for array in arrays)
        return function(*arrays).astype(narrow)

    return compute


# Results at one place; all tensors have one type but for masks, which come where ``where`` has its condition.
POINTWISE: dict[str, Callable[..., Array]] = {
    "add": _widely(np.add),
    "sub": _widely(np.subtract),
    "mul": _widely(np.multiply),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "eq": np.equal,
    "lt": np.less,
    "lerp": _widely(lambda start, end, weight: start + weight * (end - start)),
    "addcmul": _widely(lambda input, one, two: input + one * two),
    "clamp": lambda input, low, high: np.minimum(np.maximum(input, low), high),
    "where": lambda condition, input, other: np.asarray(np.where(condition, input, other)),
    "masked_fill": lambda input, mask, value: np.asarray(np.where(mask, value, input)),
    "copy": lambda target, source: source,
}


def pointwise(op: str, *arrays: Array) -> Array:
    """Return an op's result on explicitly expanded operands."""
    shape: Shape = broadcast_shapes(*(array.shape for array in arrays))
    return np.asarray(POINTWISE[op](*(expanded(array, shape) for array in arrays)))
