"""How the elements of one type become elements of another. Source: ``torch.Tensor.to``."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dtypes import dtype
from .quiet import quietly

Array = np.ndarray[Any, Any]
Number = bool | int | float | complex

_HALF_PAIR = dtypes.complex32.numpy


def cast(array: Array, target: dtype) -> Array:
    """Return the elements in another type, the array itself where it has it already.

    Integers keep their low bits; floating values truncate towards zero; complex ones lose their imaginary
    part; whatever is not zero becomes True. The 16-bit floating types round a float64 by way of float32.
    """
    if array.dtype == target.numpy:
        return array
    if array.dtype == _HALF_PAIR:
        return cast(_joined_halves(array), target)
    if target is dtypes.complex32:
        return _split_halves(array)
    return quietly(_converted, array, target)  # type: ignore[no-any-return]


def _converted(array: Array, target: dtype) -> Array:
    if target is dtypes.bool_:
        return np.asarray(array != 0)
    if array.dtype.kind == "c" and not target.is_complex:
        array = array.real
    if target.is_integral:
        return _to_integer(array, target)
    if array.dtype != np.float32 and target.compute is dtypes.float32 and target is not dtypes.float32:
        array = array.astype(np.float32)
    return array.astype(target.numpy)


def _to_integer(array: Array, target: dtype) -> Array:
    if array.dtype.kind in "biu" or target.itemsize == 8:
        return array.astype(target.numpy)
    return array.astype(np.int64).astype(target.numpy)


def _joined_halves(array: Array) -> Array:
    joined = np.empty(array.shape, np.complex64)
    joined.real, joined.imag = array["real"], array["imag"]
    return joined


def _split_halves(array: Array) -> Array:
    split = np.empty(array.shape, _HALF_PAIR)
    split["real"] = cast(array.real, dtypes.float16)
    split["imag"] = cast(array.imag, dtypes.float16)
    return split


def number_array(number: Number, target: dtype) -> Array:
    """Return a Python number as a zero-dim array of a type; integers keep their low bits."""
    if isinstance(number, int) and not isinstance(number, bool):
        if not -(2**63) <= number < 2**64:
            raise OverflowError("int too big to convert")
        if target.is_integral:
            wrapped = number & ((1 << target.rule.bits) - 1)
            unsigned = np.array(wrapped, np.dtype(f"u{target.itemsize}"))
            return unsigned.view(target.numpy)
    return cast(np.asarray(number), target)


def checked_number(number: Number, target: dtype) -> Array:
    """Return a Python number as a zero-dim array of a type that holds it.

    An unsigned type takes the negative of each value it holds as well and keeps its low bits.

    Raises
    ------
    RuntimeError
        For a number outside the range of an integer type, NaN included, and for a complex number that is
        not real where the type is.
    """
    if isinstance(number, complex) and not target.is_complex and target is not dtypes.bool_:
        if number.imag != 0:
            kind = f"{target.rule.name}_t" if target.is_integral else "double"
            raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
        number = number.real
    if isinstance(number, int | float) and target.is_integral:
        limits = np.iinfo(target.numpy)
        low = int(limits.min) if target.is_signed else -int(limits.max)
        if not low <= number <= int(limits.max):
            raise RuntimeError(f"value cannot be converted to type {target.rule.name}_t without overflow")
        number = int(number)
    return number_array(number, target)


def plain(array: Array) -> Any:
    """Return an array as nested lists of Python numbers, a zero-dim one as a number."""
    if array.dtype.kind == "V" and array.dtype.names:
        array = cast(array, dtypes.complex64)
    elif array.dtype.kind not in "biufc":
        array = array.astype(np.float32)
    return array.tolist()
