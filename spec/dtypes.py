"""What data types there are and how numbers pass from one to another.

Rules: `tensorcanon.spec.rules.dtypes` and `.casts`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import ml_dtypes
import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Exactly, Outcome, Raises, Structure, Warns
from .rules import casts, dtypes
from .rules.dtypes import Category, DType
from .rules.promotion import Number

_TYPES = "tensor_attributes#torch-dtype"
_LEGACY = {
    dtypes.bool_: "Bool",
    dtypes.uint8: "Byte",
    dtypes.int8: "Char",
    dtypes.int16: "Short",
    dtypes.int32: "Int",
    dtypes.int64: "Long",
    dtypes.float16: "Half",
    dtypes.bfloat16: "BFloat16",
    dtypes.float32: "Float",
    dtypes.float64: "Double",
}
_LETTERS = {Category.BOOL: "b", Category.FLOATING: "f", Category.COMPLEX: "c"}
WRAPPING: dict[str, Callable[..., Any]] = {"add": np.add, "sub": np.subtract, "mul": np.multiply}


@clause(f"{_TYPES}; torch.Tensor", covers="dtype.one-per-tensor")
def a_tensor_and_its_views_have_one_type(dtype: DType) -> Outcome:
    """A tensor has one data type, which indexing and views keep."""
    return Exactly(dtype)


@clause(_TYPES, covers="dtype.aliases")
def aliases_name_the_same_object(alias: str) -> Outcome:
    """A type with two names is one object: `torch.float` is `torch.float32`, `torch.long` `torch.int64`."""
    assert alias in dtypes.ALIASES
    return Exactly(True)


@clause(f"{_TYPES}; torch.Tensor.element_size", covers="dtype.itemsize")
def elements_are_as_wide_as_their_type(dtype: DType) -> Outcome:
    """A type's ``itemsize`` and a tensor's `element_size` are the bytes of one element."""
    return Exactly(dtype.itemsize)


@clause("torch.Tensor.nbytes", covers="dtype.nbytes")
def nbytes_counts_the_elements_shown(dtype: DType, shape: tuple[int, ...]) -> Outcome:
    """``nbytes`` is the number of elements times their width, whatever storage lies behind a view."""
    return Exactly(int(np.prod(shape)) * dtype.itemsize)


@clause(f"{_TYPES}; torch.is_floating_point", covers="dtype.is-floating-point")
def is_floating_point_excludes_complex(dtype: DType) -> Outcome:
    """`is_floating_point` is True for the floating types and False for complex ones, integers and bool."""
    return Exactly(dtype.is_floating_point)


@clause(f"{_TYPES}; torch.is_complex", covers="dtype.is-complex")
def is_complex_holds_for_complex_types_only(dtype: DType) -> Outcome:
    """`is_complex` is True for the complex types only."""
    return Exactly(dtype.is_complex)


@clause(_TYPES, covers="dtype.is-signed", level="extended")
def is_signed_excludes_bool_and_unsigned_integers(dtype: DType) -> Outcome:
    """``is_signed`` is False for bool and unsigned integers, True for every other type."""
    return Exactly(dtype.signed)


@clause(_TYPES, covers="dtype.to-real-to-complex", level="extended")
def to_complex_gives_the_type_with_such_parts(dtype: DType) -> Outcome:
    """``to_complex`` of a floating type is the complex type whose parts have it; a complex one is kept."""
    return Exactly(dtypes.complex_of(dtype))


@clause(_TYPES, covers="dtype.to-real-to-complex", level="extended")
def to_real_gives_the_type_of_the_parts(dtype: DType) -> Outcome:
    """``to_real`` of a complex type is the type of its parts; other types are kept."""
    return Exactly(dtypes.real_of(dtype))


@clause(_TYPES, covers="dtype.abbr", level="extended")
def abbr_is_a_letter_and_the_width(dtype: DType) -> Outcome:
    """``abbr`` is a letter for the kind of number and its bits: f32, i64, u8, c64, b8, with bf16 apart."""
    if dtype is dtypes.bfloat16:
        return Exactly("bf16")
    return Exactly(f"{_LETTERS.get(dtype.category) or ('i' if dtype.signed else 'u')}{dtype.bits}")


@clause("type_info#torch-iinfo", covers="dtype.iinfo")
def iinfo_gives_the_range_of_twos_complement(dtype: DType, field: Literal["bits", "min", "max"]) -> Outcome:
    """`torch.iinfo` of an integer type has its width in bits and its smallest and largest value."""
    low, high = dtypes.integer_range(dtype)
    return Exactly({"bits": dtype.bits, "min": low, "max": high}[field])


@clause("type_info#torch-iinfo", covers="dtype.iinfo")
def iinfo_refuses_other_types(dtype: DType) -> Outcome:
    """`torch.iinfo` of anything but an integer type is a TypeError."""
    assert not dtype.is_integral
    return Raises("TypeError")


@clause("type_info#torch-finfo", covers=("dtype.finfo", "dtype.finfo-default"))
def finfo_gives_the_limits_of_the_format(dtype: DType, field: str) -> Outcome:
    """`torch.finfo` of a floating type has its width, the distance from 1 to the next number (eps), the
    largest, the most negative and the smallest normal number; without argument it is of the default type."""
    fmt = dtype.format
    assert fmt is not None
    largest = float(ml_dtypes.finfo(dtypes.real_of(dtype).storage).max)  # type: ignore[no-untyped-call]
    smallest = 2.0**fmt.emin
    eps = 2.0 ** (1 - fmt.digits)
    values: dict[str, int | float] = {"bits": dtypes.real_of(dtype).bits, "eps": eps, "max": largest}
    values |= {"min": -largest, "tiny": smallest, "smallest_normal": smallest}
    return Exactly(values[field])


@clause("type_info#torch-finfo", covers="dtype.finfo")
def finfo_gives_the_decimal_resolution(dtype: DType) -> Outcome:
    """``resolution`` is one in the last decimal digit that every number of the type can carry."""
    assert dtype.format is not None
    return Exactly(float(f"1e-{int((dtype.format.digits - 1) * np.log10(2))}"))


@clause("type_info#torch-finfo", covers="dtype.finfo")
def finfo_refuses_other_types(dtype: DType) -> Outcome:
    """`torch.finfo` of an integer type or bool is a TypeError."""
    assert dtype.format is None
    return Raises("TypeError")


@clause("torch.get_default_dtype", covers="dtype.default-is-float32")
def the_default_type_is_float32() -> Outcome:
    """The default floating type is float32 until a program sets another."""
    return Exactly(dtypes.float32)


@clause("torch.set_default_dtype", covers="dtype.set-default")
def new_tensors_take_the_default_type(default: DType) -> Outcome:
    """Tensors made without a type, or of Python floats, have the default type in force."""
    return Structure(dtype=default)


@clause("torch.set_default_dtype", covers="dtype.set-default")
def the_default_type_is_what_was_set(default: DType) -> Outcome:
    """`torch.get_default_dtype` returns what `torch.set_default_dtype` was given."""
    return Exactly(default)


@clause("torch.set_default_dtype", covers="dtype.set-default")
def only_floating_types_can_be_the_default(dtype: DType) -> Outcome:
    """Setting an integer type, bool or a complex type as the default is a TypeError."""
    assert not dtype.is_floating_point
    return Raises("TypeError")


@clause(
    "torch.set_default_dtype; complex_numbers#creating-complex-tensors",
    covers=("dtype.default-complex", "dtype.default-bfloat16-complex"),
)
def complex_numbers_take_the_complex_default(default: DType) -> Outcome:
    """A tensor of Python complex numbers has the complex type whose parts are of the default type; bfloat16
    is the part of none, and then it is an error."""
    if default is dtypes.bfloat16:
        return Raises("RuntimeError")
    return Structure(dtype=dtypes.complex_of(default))


@clause("torch.Tensor.type; tensors#data-types", covers="dtype.type-string")
def type_names_the_legacy_class(dtype: DType, device: str = "cpu") -> Outcome:
    """`Tensor.type` without argument is the name of the tensor class of earlier days: torch.FloatTensor."""
    return Exactly(legacy_name(dtype, device))


def legacy_name(dtype: DType, device: str = "cpu") -> str:
    """Return the name of the class that tensors of a type once had."""
    return f"torch.{'' if device == 'cpu' else device + '.'}{_LEGACY[dtype]}Tensor"


@clause("torch.Tensor.to; torch.Tensor.type", covers=("dtype.to-noop", "dtype.type-cast"))
def a_cast_to_its_own_type_is_the_tensor_itself(dtype: DType) -> Outcome:
    """A cast that changes nothing returns the very tensor it was called on."""
    return Exactly(True)


@clause("torch.Tensor.to", covers="dtype.to-noop")
def a_copy_is_another_tensor(array: Array) -> Outcome:
    """With ``copy=True`` a cast returns a new tensor even where nothing changes."""
    return Exactly(array)


@clause("torch.Tensor.to", covers="dtype.to-noop")
def a_copy_has_memory_of_its_own(array: Array) -> Outcome:
    """After a cast that copies, writing into either tensor leaves the other as it was."""
    return Exactly(array)


def _cast(array: Array, target: DType) -> Outcome:
    known = casts.specified(array, target)
    return Exactly(casts.cast(array, target), where=None if known.all() else known)


@clause(
    "torch.Tensor.to; torch.Tensor.type; torch.Tensor.type_as; torch.Tensor.half",
    covers=("dtype.cast-methods", "dtype.type-as", "dtype.type-cast"),
)
def every_way_of_casting_gives_the_same(array: Array, target: DType) -> Outcome:
    """`to`, `type`, `type_as` and the methods named after a type give the same elements in that type."""
    return _cast(array, target)


@clause("torch.Tensor.copy_; torch.Tensor", covers="dtype.cast-methods")
def writes_convert_to_the_type_of_the_target(array: Array, target: DType) -> Outcome:
    """Copying or assigning elements into a tensor of another type casts them to that type."""
    return _cast(array, target)


@clause("torch.Tensor.to", covers=("dtype.float-to-int-truncates", "dtype.narrow-int-precision"))
def floats_lose_their_fraction(array: Array, target: DType) -> Outcome:
    """A floating number cast to an integer type that holds its whole part becomes that: it is cut off."""
    assert target.is_integral
    return _cast(array, target)


@clause("torch.Tensor.to", covers="dtype.nonfinite-to-int", basis="implementation-defined", level="extended")
def floats_outside_an_integer_type_give_any_value(shape: tuple[int, ...], target: DType) -> Outcome:
    """NaN, infinities and numbers out of range become unspecified integers, without an error."""
    return Structure(dtype=target, shape=shape)


@clause("torch.Tensor.to", covers="dtype.int-narrowing-wraps", basis="observed")
def integers_keep_their_low_bits(array: Array, target: DType) -> Outcome:
    """An integer cast to another integer type keeps as many of its low bits as that has."""
    assert target.is_integral
    return _cast(array, target)


@clause("torch.Tensor.bool", covers="dtype.bool-cast")
def bool_is_whatever_is_not_zero(array: Array) -> Outcome:
    """Cast to bool, zeros of either sign are False and everything else is True, NaN and fractions too."""
    return _cast(array, dtypes.bool_)


@clause("torch.Tensor.to", covers="dtype.bool-cast")
def bools_become_zero_and_one(array: Array, target: DType) -> Outcome:
    """False and True become 0 and 1 in every other type."""
    return _cast(array, target)


@clause(
    "torch.Tensor.to; numerical_accuracy",
    covers=("dtype.float-narrowing", "dtype.narrow-int-precision"),
    basis="observed",
    level="extended",
)
def numbers_round_to_the_nearest(array: Array, target: DType) -> Outcome:
    """A number cast to a floating type becomes the nearest number of that type, the even one of two; beyond
    the largest finite one it is infinite, or unspecified where the type has no infinity."""
    assert target.is_floating_point
    return _cast(array, target)


@clause("torch.Tensor.to; complex_numbers", covers="dtype.cast-methods")
def numbers_become_complex_part_by_part(array: Array, target: DType) -> Outcome:
    """Cast to a complex type, each part becomes the nearest number; a real number gets a zero part."""
    assert target.is_complex
    return _cast(array, target)


@clause("torch.Tensor.to", covers="dtype.complex-to-real-cast-warns", basis="observed", level="extended")
def complex_numbers_lose_their_imaginary_part(array: Array, target: DType) -> Outcome:
    """A complex number cast to a real type, other than bool, becomes its real part, with a warning."""
    assert not target.is_complex and target is not dtypes.bool_
    return Warns("UserWarning", _cast(array, target))


@clause("torch.Tensor.to; autograd", covers="dtype.cast-methods")
def casts_between_floating_types_are_differentiable(target: DType) -> Outcome:
    """A cast from one floating or complex type to another belongs to the graph."""
    return Structure(dtype=target, requires_grad=True)


@clause("tensor_attributes#torch-dtype", covers="dtype.int-overflow-wraps", basis="observed")
def integer_arithmetic_wraps_around(name: str, a: Array, b: Array) -> Outcome:
    """Sums, differences and products of integers are taken modulo two to the number of bits."""
    assert dtypes.of_array(a).is_integral and a.dtype == b.dtype
    with np.errstate(over="ignore"):
        return Exactly(np.asarray(WRAPPING[name](a, b)))


@clause("torch.Tensor.fill_; torch.full; torch.where", covers="dtype.write-overflow-error", basis="observed")
def numbers_out_of_range_cannot_be_written(dtype: DType, number: int) -> Outcome:
    """Writing a Python integer that neither an integer type nor its signed or unsigned twin holds is an
    error, unlike arithmetic with it."""
    low, high = dtypes.integer_range(dtype)
    assert not -high <= number <= high and number != low
    return Raises("RuntimeError", from_values=True)


@clause("torch.is_nonzero", covers="dtype.bool-tensor-truth", level="extended")
def one_element_is_true_unless_zero(element: Array) -> Outcome:
    """The truth of a tensor of one element, whatever its rank, is whether that is not zero."""
    return Exactly(bool((casts.cast(element, dtypes.bool_)).item()))


@clause("torch.is_nonzero", covers="dtype.bool-tensor-truth", level="extended")
def no_or_several_elements_have_no_truth(shape: tuple[int, ...]) -> Outcome:
    """The truth of a tensor without elements, or of several, is ambiguous: a RuntimeError."""
    assert np.prod(shape) != 1
    return Raises("RuntimeError", message="ambiguous")


_PLAIN: dict[str, Callable[[Any], Number]] = {"int": int, "float": float, "complex": complex}


@clause("torch.Tensor.item", covers="dtype.python-number-conversion", level="extended", basis="observed")
def one_element_converts_to_a_python_number(element: Array, kind: str) -> Outcome:
    """`int`, `float` and `complex` of a tensor of one element convert that as they do Python numbers."""
    wide = casts.cast(element, dtypes.float64) if dtypes.of_array(element).is_floating_point else element
    return Exactly(_PLAIN[kind](wide.item()))


@clause("torch.Tensor.item", covers="dtype.python-number-conversion", level="extended", basis="observed")
def no_or_several_elements_are_no_python_number(shape: tuple[int, ...]) -> Outcome:
    """Converting a tensor without elements, or of several, to a Python number is a ValueError."""
    assert np.prod(shape) != 1
    return Raises("ValueError")


@clause("torch.Tensor.item", covers="dtype.python-number-conversion", level="extended", basis="observed")
def only_integers_are_indices(element: Array) -> Outcome:
    """A tensor of one integer or bool counts as a Python index; any other tensor is a TypeError."""
    if element.size == 1 and dtypes.of_array(element).category <= Category.INTEGER:
        return Exactly(int(element.item()))
    return Raises("TypeError")


@clause(_TYPES, covers="dtype.unsigned-16-32-64-exist", level="extended")
def wide_unsigned_types_hold_their_range(array: Array) -> Outcome:
    """uint16, uint32 and uint64 tensors can be made and shown over their whole range."""
    return Exactly(array)


@clause(_TYPES, covers="dtype.unsigned-16-32-64-exist", level="extended", basis="observed")
def wide_unsigned_types_do_not_mix_with_integers(a: DType, b: DType) -> Outcome:
    """uint16, uint32 or uint64 with another integer type has no common type: an error."""
    assert a.is_integral and b.is_integral and a is not b
    return Raises("RuntimeError")
