"""How the elements of one type become elements of another.

Sources: ``torch.Tensor.to``, ``tensor_attributes#torch-dtype``. The documentation is silent on floating
values that an integer type cannot hold, on finite values beyond the range of float8_e4m3fn, which has no
infinity, and on whether a wide number becomes a 16- or 8-bit one directly or by way of float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .dtypes import DType

Array = np.ndarray[Any, np.dtype[Any]]

# Halfway from the largest finite number to where the next one would be; a tie goes down, to even.
_E4M3FN_LIMIT = 464.0


def cast(array: Array, target: DType) -> Array:
    """Return elements in another type.

    Integers keep their low bits, floating values lose their fraction, numbers round to the nearest even
    one, complex numbers lose their imaginary part, and True is whatever is not zero.

    Parameters
    ----------
    array : ndarray
        Of any shape; its NumPy type is the storage of a `DType`.
    target : DType

    Returns
    -------
    ndarray
        Of the same shape; elements that are not `specified` are arbitrary.
    """
    if dtypes.of_array(array) is target:
        return array
    # Overflow is meant, and every operation on a signalling NaN counts as invalid.
    with np.errstate(all="ignore"):
        real, imag = parts(array)
        if target is dtypes.bool_:
            return np.asarray((real != 0) | (imag != 0))
        if target.is_complex:
            part = dtypes.real_of(target)
            return joined(_cast_real(real, part), _cast_real(imag, part), target)
        return _cast_real(real, target)


def specified(array: Array, target: DType) -> Array:
    """Return elementwise whether the value in another type follows from documentation and IEEE 754."""
    real, imag = parts(array)
    if target is dtypes.bool_:
        return np.ones(array.shape, np.bool_)
    with np.errstate(all="ignore"):
        if target.is_complex:
            part = dtypes.real_of(target)
            return _is_specified(real, part) & _is_specified(imag, part)
        return _is_specified(real, target)


def parts(array: Array) -> tuple[Array, Array]:
    """Return the real and the imaginary parts; those of a real array are zeros."""
    if array.dtype.names:
        return array["real"], array["imag"]
    if array.dtype.kind == "c":
        return array.real, array.imag
    return array, np.zeros(array.shape, array.dtype)


def joined(real: Array, imag: Array, target: DType) -> Array:
    """Return a complex array of its parts."""
    made = np.empty(real.shape, target.storage)
    if target.storage.names:
        made["real"], made["imag"] = real, imag
    else:
        made.real, made.imag = real, imag
    return made


def _cast_real(values: Array, target: DType) -> Array:
    if target.is_integral and _is_floating(values):
        wide = np.uint64 if target is dtypes.uint64 else np.int64
        values = np.trunc(values.astype(np.float64)).astype(wide)
    return np.asarray(values).astype(target.storage)


def _is_floating(values: Array) -> bool:
    return values.dtype.kind not in "biu"


def _is_specified(values: Array, target: DType) -> Array:
    everywhere = np.ones(values.shape, np.bool_)
    if target.is_integral:
        return _fits(values, target) if _is_floating(values) else everywhere
    if target.bits > 16:
        return everywhere
    if target is dtypes.float8_e4m3fn:
        everywhere &= ~(np.abs(values.astype(np.float64)) > _E4M3FN_LIMIT)
    return everywhere & _rounds_alike(values, target)


def _fits(values: Array, target: DType) -> Array:
    low, high = dtypes.integer_range(target)
    whole = np.trunc(values.astype(np.float64))
    # 1 above the largest value is a power of two, which float64 holds where it may not hold the largest.
    return np.asarray((whole >= float(low)) & (whole < float(high + 1)))


def _rounds_alike(values: Array, target: DType) -> Array:
    """Return where rounding to float32 first makes no difference."""
    direct = values.astype(target.storage).astype(np.float32)
    by_float32 = values.astype(np.float32).astype(target.storage).astype(np.float32)
    return np.asarray((direct == by_float32) | np.isnan(direct))
