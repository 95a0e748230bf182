"""Which functions promote their operands, and what they compute in the promoted type.

Source: ``tensor_attributes#type-promotion-doc`` for arithmetic and comparison, the pages of the functions for
the types they take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import casts, dtypes
from .dtypes import Category, DType
from .promotion import Number, Operand, result_type

Array = np.ndarray[Any, np.dtype[Any]]
Value = Array | Number

_INTEGRAL = frozenset({Category.BOOL, Category.INTEGER})
_REAL = _INTEGRAL | {Category.FLOATING}
_NUMERIC = _REAL - {Category.BOOL} | {Category.COMPLEX}

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
BITWISE: dict[str, Callable[[Any, Any], Any]] = {
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
}


@dataclass(frozen=True)
class Promoting:
    """A function of two operands of any types.

    Attributes
    ----------
    name : str
        Below ``torch``.
    categories : frozenset of Category
        Those of the promoted types that it is defined for.
    floating : bool
        Whether integers and bools give the default floating type.
    numbers : bool
        Whether the second operand may be a Python number.
    """

    name: str
    categories: frozenset[Category]
    floating: bool = False
    numbers: bool = True

    def __str__(self) -> str:
        return self.name


_FLOATING = frozenset({Category.FLOATING})
_INTEGER = frozenset({Category.INTEGER})
FUNCTIONS = (
    *(Promoting(name, _REAL, numbers=False) for name in ("maximum", "minimum", "fmax", "fmin")),
    *(Promoting(name, _REAL, floating=True, numbers=False) for name in ("atan2", "arctan2")),
    *(Promoting(name, _REAL, floating=True) for name in ("copysign", "xlogy")),
    *(Promoting(name, _NUMERIC - {Category.COMPLEX}) for name in ("fmod", "remainder", "floor_divide")),
    *(Promoting(name, _FLOATING, numbers=False) for name in ("hypot", "logaddexp", "logaddexp2")),
    *(Promoting(name, _FLOATING, numbers=False) for name in ("nextafter",)),
    *(Promoting(name, _INTEGER) for name in ("bitwise_left_shift", "bitwise_right_shift")),
    *(Promoting(name, _INTEGER, numbers=False) for name in ("gcd", "lcm")),
    *(Promoting(name, _INTEGRAL) for name in BITWISE),
)

# The type in which small numbers of each category are computed exactly.
WIDEST = {
    Category.BOOL: dtypes.bool_,
    Category.INTEGER: dtypes.int64,
    Category.FLOATING: dtypes.float64,
    Category.COMPLEX: dtypes.complex128,
}

# Functions of one operand whose values are floating numbers, whatever the operand.
FLOAT_VALUED = (
    *("sqrt", "rsqrt", "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sigmoid"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    *("erf", "erfc", "lgamma", "digamma", "sinc", "logit"),
)
# Those of them that have no complex form.
REAL_VALUED = ("erf", "erfc", "lgamma", "digamma", "logit")


def seen(value: Value) -> Operand | Number:
    """Return what promotion looks at in a tensor's elements or in a number."""
    return Operand(dtypes.of_array(value), value.ndim) if isinstance(value, np.ndarray) else value


def common(*operands: Value, default: DType = dtypes.float32) -> DType:
    """Return the promoted type of tensors' elements and numbers."""
    return result_type(*map(seen, operands), default=default)


def floating(dtype: DType, default: DType = dtypes.float32) -> DType:
    """Return the default type for an integer type or bool, other types unchanged."""
    return default if dtype.format is None else dtype


def computed(function: Callable[[Any, Any], Any], a: Value, b: Value, dtype: DType) -> Array:
    """Return a function of two operands, computed in a type of the same category and brought to this one."""
    with np.errstate(all="ignore"):
        return casts.cast(
            np.asarray(function(widened(np.asarray(a), dtype), widened(np.asarray(b), dtype))), dtype
        )


def compared(name: str, a: Value, b: Value) -> tuple[Array, Array]:
    """Return a comparison in the promoted type, and where that type's values are specified."""
    dtype = common(a, b)
    left, right = np.asarray(a), np.asarray(b)
    known = casts.specified(left, dtype) & casts.specified(right, dtype)
    with np.errstate(invalid="ignore"):
        result = COMPARISONS[name](casts.cast(left, dtype), casts.cast(right, dtype))
    return np.asarray(result, np.bool_), np.broadcast_to(known, result.shape)


def widened(array: Array, dtype: DType) -> Array:
    """Return elements brought to a type, in the widest type of its category."""
    return casts.cast(casts.cast(array, dtype), WIDEST[dtype.category])
