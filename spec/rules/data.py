"""What shape and type nested Python data have. Source: ``torch.tensor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import dtypes, promotion
from .dtypes import Category, DType
from .promotion import Number

Array = np.ndarray[Any, np.dtype[Any]]


class RaggedError(ValueError):
    """Sequences at one depth differ in length."""


def nested_shape(data: Any) -> tuple[int, ...]:
    """Return one size per level of nesting; a number has none.

    Raises
    ------
    RaggedError
    """
    if not isinstance(data, list | tuple):
        return ()
    shapes = {nested_shape(item) for item in data}
    if len(shapes) > 1:
        raise RaggedError(f"items of the shapes {sorted(shapes)} side by side")
    return (len(data), *(shapes.pop() if shapes else ()))


def numbers_in(data: Any) -> Iterator[Number]:
    """Yield the numbers of nested sequences from first to last."""
    if not isinstance(data, list | tuple):
        yield data
        return
    for item in data:
        yield from numbers_in(item)


def inferred_dtype(data: Any, default: DType = dtypes.float32) -> DType:
    """Return the type of the highest category among the numbers, the default one where there are none."""
    found = [promotion.number_dtype(number, default) for number in numbers_in(data)]
    return max(found, key=lambda dtype: dtype.category, default=default)


def nested_array(data: Any, dtype: DType) -> Array:
    """Return the elements of nested sequences in a type that holds them.

    Raises
    ------
    RaggedError
    """
    elements = [element(number, dtype) for number in numbers_in(data)]
    return np.array(elements, dtype.storage).reshape(nested_shape(data))


def element(number: Number, dtype: DType) -> Any:
    """Return a number as a Python number of a type's category: fractions are cut off towards zero."""
    match dtype.category:
        case Category.BOOL:
            return number != 0
        case Category.INTEGER:
            return int(number.real)
        case Category.FLOATING:
            return float(number.real)
        case Category.COMPLEX:
            return complex(number)


def filled(shape: tuple[int, ...], number: Number, dtype: DType) -> Array:
    """Return an array of one number."""
    if dtype is dtypes.complex32:
        parts = np.zeros(shape, dtype.storage)
        parts["real"], parts["imag"] = complex(number).real, complex(number).imag
        return parts
    return np.full(shape, element(number, dtype), dtype.storage)


def unset(shape: tuple[int, ...], dtype: DType) -> Array:
    """Return what deterministic mode puts into fresh memory of a real type: NaN or the largest integer.

    Source: ``torch.utils.deterministic.fill_uninitialized_memory``.
    """
    if dtype.is_floating_point:
        return filled(shape, float("nan"), dtype)
    return filled(shape, dtypes.integer_range(dtype)[1], dtype)
