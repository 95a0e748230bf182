"""Which data type the result of an operation has.

Source: ``tensor_attributes#type-promotion-doc``, ``torch.promote_types``, ``torch.result_type``,
``torch.can_cast``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import dtypes
from .dtypes import Category, DType

Number = bool | int | float | complex


class NoPromotionError(RuntimeError):
    """No type holds the values of both operands' types, as for uint32 with int64."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What promotion looks at in a tensor: its type and whether it has dimensions, never its values."""

    dtype: DType
    ndim: int


def category_of(number: Number) -> Category:
    """Return the category of a Python number."""
    if isinstance(number, bool):
        return Category.BOOL
    if isinstance(number, int):
        return Category.INTEGER
    return Category.FLOATING if isinstance(number, float) else Category.COMPLEX


def number_dtype(number: Number, default: DType = dtypes.float32) -> DType:
    """Return the type a tensor made of one Python number has.

    Parameters
    ----------
    number : bool, int, float or complex
    default : DType
        The default floating type in force.
    """
    return {
        Category.BOOL: dtypes.bool_,
        Category.INTEGER: dtypes.int64,
        Category.FLOATING: default,
        Category.COMPLEX: dtypes.complex_of(default),
    }[category_of(number)]


# Types that exist with few kernels: they combine with little else.
_LIMITED = (dtypes.uint16, dtypes.uint32, dtypes.uint64)


def promote_types(a: DType, b: DType) -> DType:
    """Return the smallest type of the higher category that holds both types.

    Raises
    ------
    NoPromotionError
        For uint16, uint32 or uint64 with a type that is neither the same nor a floating one, and for a
        float8 type with any other.
    """
    if a is b:
        return a
    low, high = sorted((a, b), key=lambda dtype: (dtype.category, dtype.bits))
    if not _combine(low, high):
        raise NoPromotionError(f"no type holds both {a} and {b}")
    if low.is_integral and high.is_integral:
        return _promote_integers(low, high)
    if low.is_floating_point and high.is_complex:
        return promote_types(dtypes.complex_of(low), high)
    return dtypes.float32 if (low, high) in _HALVES else high


_HALVES = ((dtypes.float16, dtypes.bfloat16), (dtypes.bfloat16, dtypes.float16))


def _combine(low: DType, high: DType) -> bool:
    if low in dtypes.FLOAT8 or high in dtypes.FLOAT8:
        return False
    limited = low in _LIMITED or high in _LIMITED
    return not limited or (low in _LIMITED and high.is_floating_point)


def _promote_integers(low: DType, high: DType) -> DType:
    if low.signed is high.signed or high.bits > low.bits:
        return high
    return dtypes.int16  # uint8 with int8


def result_type(*operands: Operand | Number, default: DType = dtypes.float32) -> DType:
    """Return the type of an arithmetic result.

    Operands rank in three groups: tensors with dimensions, zero-dim tensors, Python numbers. A group of
    lower rank counts only where its category is higher than that of the groups above it.

    Parameters
    ----------
    *operands : Operand or number
    default : DType
        The default floating type in force.

    Raises
    ------
    NoPromotionError
        As `promote_types` does.
    ValueError
        Without operands.
    """
    if not operands:
        raise ValueError("result_type needs at least one operand")
    dimensioned = [o.dtype for o in operands if isinstance(o, Operand) and o.ndim > 0]
    zero_dim = [o.dtype for o in operands if isinstance(o, Operand) and o.ndim == 0]
    numbers = [number_dtype(o, default) for o in operands if not isinstance(o, Operand)]
    result: DType | None = None
    for group in (_join(dimensioned), _join(zero_dim), _join(numbers)):
        result = _outrank(result, group)
    assert result is not None
    return result


def _join(types: Iterable[DType]) -> DType | None:
    joined: DType | None = None
    for dtype in types:
        joined = dtype if joined is None else promote_types(joined, dtype)
    return joined


def _outrank(higher: DType | None, lower: DType | None) -> DType | None:
    if higher is None or lower is None:
        return lower if higher is None else higher
    if lower.category <= higher.category:
        return higher
    if lower.is_complex and higher.is_floating_point:
        return dtypes.complex_of(higher)
    return promote_types(higher, lower)


def can_cast(source: DType, target: DType) -> bool:
    """Return whether results of one type may be stored in another: the category may not sink.

    Width never matters; a signed integer may go to an unsigned one.
    """
    return target.category >= source.category
