"""The data types: their names, categories, widths and, for floating ones, their number format.

Sources: ``tensor_attributes#torch-dtype`` for names and categories, ``type_info`` for the number formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import ml_dtypes
import numpy as np


class Category(IntEnum):
    """The order in which promotion ranks the kinds of number."""

    BOOL = 0
    INTEGER = 1
    FLOATING = 2
    COMPLEX = 3


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format.

    Attributes
    ----------
    digits : int
        Significand bits, the hidden one included (24 for float32).
    emin, emax : int
        Exponents of the smallest normal and of the largest finite number.
    """

    digits: int
    emin: int
    emax: int


@dataclass(frozen=True, slots=True, eq=False)
class DType:
    """One data type. Compared by identity, as ``torch.dtype`` objects are.

    Attributes
    ----------
    name : str
        The name under ``torch``.
    category : Category
    bits : int
        Width of one element.
    signed : bool
    storage : numpy.dtype
        The NumPy type whose bytes are an element's bytes.
    format : Format or None
        The number format of a floating type, or of either part of a complex one.
    """

    name: str
    category: Category
    bits: int
    signed: bool
    storage: np.dtype[Any]
    format: Format | None = None

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.bits // 8

    @property
    def is_floating_point(self) -> bool:
        return self.category is Category.FLOATING

    @property
    def is_complex(self) -> bool:
        return self.category is Category.COMPLEX

    @property
    def is_integral(self) -> bool:
        """Whether the type is an integer one; bool is not."""
        return self.category is Category.INTEGER

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return named, (self.name,)


_HALF = Format(11, -14, 15)
_BFLOAT = Format(8, -126, 127)
_SINGLE = Format(24, -126, 127)
_DOUBLE = Format(53, -1022, 1023)


def _integer(name: str, bits: int, signed: bool) -> DType:
    return DType(name, Category.INTEGER, bits, signed, np.dtype(name))


def _floating(name: str, bits: int, storage: Any, fmt: Format) -> DType:
    return DType(name, Category.FLOATING, bits, True, np.dtype(storage), fmt)


def _complex(name: str, bits: int, storage: Any, fmt: Format) -> DType:
    return DType(name, Category.COMPLEX, bits, True, np.dtype(storage), fmt)


bool_ = DType("bool", Category.BOOL, 8, False, np.dtype(np.bool_))
uint8 = _integer("uint8", 8, False)
uint16 = _integer("uint16", 16, False)
uint32 = _integer("uint32", 32, False)
uint64 = _integer("uint64", 64, False)
int8 = _integer("int8", 8, True)
int16 = _integer("int16", 16, True)
int32 = _integer("int32", 32, True)
int64 = _integer("int64", 64, True)
float8_e4m3fn = _floating("float8_e4m3fn", 8, ml_dtypes.float8_e4m3fn, Format(4, -6, 8))
float8_e5m2 = _floating("float8_e5m2", 8, ml_dtypes.float8_e5m2, Format(3, -14, 15))
float16 = _floating("float16", 16, np.float16, _HALF)
bfloat16 = _floating("bfloat16", 16, ml_dtypes.bfloat16, _BFLOAT)
float32 = _floating("float32", 32, np.float32, _SINGLE)
float64 = _floating("float64", 64, np.float64, _DOUBLE)
complex32 = _complex("complex32", 32, [("real", np.float16), ("imag", np.float16)], _HALF)
complex64 = _complex("complex64", 64, np.complex64, _SINGLE)
complex128 = _complex("complex128", 128, np.complex128, _DOUBLE)

SIGNED = (int8, int16, int32, int64)
UNSIGNED = (uint8, uint16, uint32, uint64)
# The integer types every kernel knows; uint16, uint32 and uint64 are shells with few kernels.
INTEGERS = (uint8, *SIGNED)
FLOATS = (float16, bfloat16, float32, float64)
FLOAT8 = (float8_e4m3fn, float8_e5m2)
COMPLEXES = (complex64, complex128)
REALS = (*INTEGERS, *FLOATS)
# The twelve types that promotion is proved over.
COMMON = (bool_, *REALS, *COMPLEXES)
ALL = (bool_, *UNSIGNED, *SIGNED, *FLOAT8, *FLOATS, complex32, *COMPLEXES)

ALIASES = {
    "float": float32,
    "double": float64,
    "half": float16,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
    "chalf": complex32,
}

_BY_NAME = {dtype.name: dtype for dtype in ALL}
_BY_STORAGE = {dtype.storage: dtype for dtype in ALL}
_COMPLEX_OF = {float16: complex32, bfloat16: complex64, float32: complex64, float64: complex128}
_REAL_OF = {complex32: float16, complex64: float32, complex128: float64}


def named(name: str) -> DType:
    """Return the type of a name, an alias included.

    Raises
    ------
    KeyError
        If no type has this name.
    """
    return ALIASES[name] if name in ALIASES else _BY_NAME[name]


def of_array(array: np.ndarray[Any, Any] | np.generic) -> DType:
    """Return the type whose elements an array holds.

    Raises
    ------
    KeyError
        If the array's NumPy dtype has no counterpart in torch.
    """
    return _BY_STORAGE[array.dtype]


def complex_of(dtype: DType) -> DType:
    """Return the complex type whose parts are of a floating type; complex types map to themselves.

    Source: ``tensor_attributes#torch-dtype``.
    """
    return dtype if dtype.is_complex else _COMPLEX_OF[dtype]


def real_of(dtype: DType) -> DType:
    """Return the type of the parts of a complex type; other types map to themselves."""
    return _REAL_OF.get(dtype, dtype)


def integer_range(dtype: DType) -> tuple[int, int]:
    """Return the smallest and largest value of an integer type (two's complement); bool gives (0, 1)."""
    if dtype is bool_:
        return 0, 1
    if dtype.signed:
        return -(1 << (dtype.bits - 1)), (1 << (dtype.bits - 1)) - 1
    return 0, (1 << dtype.bits) - 1
