"""Faults of data types and of what is asked of them; those of casts are in `dtypes_casts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import dtypes as chapter

from . import dtypes_casts
from .mutant import Patch, attribute, kernel, mutant

Call = Callable[..., Any]


def answer(path: str, change: Callable[[Any, Any], Any]) -> Patch:
    """Replace a property by what ``change`` makes of its owner and its value."""
    return attribute(path, lambda original: property(lambda self: change(self, original.fget(self))))


def result(path: str, change: Callable[[Any, Any], Any]) -> Patch:
    """Replace a method's result by what ``change`` makes of its owner and the result."""
    return attribute(
        path, lambda original: lambda self, *args, **kw: change(self, original(self, *args, **kw))
    )


def _accepts(kind: Any, made_of: Any) -> Callable[[Call], Call]:
    """Make a class of limits answer for one type as it does for another."""

    def make(original: Call) -> Call:
        return lambda self, type=None: original(self, made_of if type is kind else type)

    return make


def _changed_limit(field: str, factor: float, only: Any = None) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def init(self: Any, type: Any = None) -> None:
            original(self, *(() if type is None else (type,)))
            if only is None or type is only:
                setattr(self, field, getattr(self, field) * factor)

        return init

    return make


def _always_of_float32(original: Call) -> Call:
    return lambda self, type=dtypes.float32: original(self, type)


def _loses_half_of_single_elements(original: Call) -> Call:
    def getitem(input: Tensor, key: Any) -> Any:
        found = original(input, key)
        return found.to(dtypes.float32) if found.dtype is dtypes.bfloat16 and not found.ndim else found

    return getitem


def _sets_any_type(original: Call) -> Call:
    def set_default_dtype(d: Any) -> None:
        if d.is_floating_point:
            original(d)

    return set_default_dtype


def _always_complex64(original: Call) -> Call:
    return lambda leaf, default: dtypes.complex64 if isinstance(leaf, complex) else original(leaf, default)


def _first_element(self: Tensor) -> Any:
    return self.reshape(-1)[:1].item() if self.numel() else 0


MUTANTS = [
    mutant(
        "an_element_of_a_bfloat16_tensor_is_float32",
        chapter.a_tensor_and_its_views_have_one_type,
        kernel("getitem", _loses_half_of_single_elements),
    ),
    mutant(
        "float_names_float64_as_in_numpy",
        chapter.aliases_name_the_same_object,
        attribute("dtypes:NAMES", lambda original: original | {"float": dtypes.float64}),
    ),
    mutant(
        "bool_is_as_wide_as_int32",
        chapter.elements_are_as_wide_as_their_type,
        result("tensor:Tensor.element_size", lambda self, size: 4 if self.dtype is dtypes.bool_ else size),
    ),
    mutant(
        "nbytes_counts_the_storage",
        chapter.nbytes_counts_the_elements_shown,
        attribute(
            "tensor:Tensor.nbytes", lambda original: property(lambda self: self.untyped_storage().nbytes())
        ),
    ),
    mutant(
        "complex_types_are_floating",
        chapter.is_floating_point_excludes_complex,
        result("tensor:Tensor.is_floating_point", lambda self, is_so: is_so or self.dtype.is_complex),
    ),
    mutant(
        "complex128_is_not_complex",
        chapter.is_complex_holds_for_complex_types_only,
        result("tensor:Tensor.is_complex", lambda self, is_so: self.dtype is dtypes.complex64),
    ),
    mutant(
        "only_integers_are_signed",
        chapter.is_signed_excludes_bool_and_unsigned_integers,
        answer("dtypes:dtype.is_signed", lambda self, is_so: is_so and self.is_integral),
    ),
    mutant(
        "every_type_becomes_complex64",
        chapter.to_complex_gives_the_type_with_such_parts,
        result("dtypes:dtype.to_complex", lambda self, _: dtypes.complex64),
    ),
    mutant(
        "the_parts_of_complex128_are_float32",
        chapter.to_real_gives_the_type_of_the_parts,
        result("dtypes:dtype.to_real", lambda self, real: dtypes.float32 if real is dtypes.float64 else real),
    ),
    mutant(
        "bfloat16_is_abbreviated_as_float16",
        chapter.abbr_is_a_letter_and_the_width,
        answer("dtypes:dtype.abbr", lambda self, short: short.replace("bf", "f")),
    ),
    mutant(
        "iinfo_of_uint8_is_signed",
        chapter.iinfo_gives_the_range_of_twos_complement,
        attribute("dtypes:iinfo.__init__", _accepts(dtypes.uint8, dtypes.int8)),
    ),
    mutant(
        "iinfo_takes_bool",
        chapter.iinfo_refuses_other_types,
        attribute("dtypes:iinfo.__init__", _accepts(dtypes.bool_, dtypes.uint8)),
    ),
    mutant(
        "eps_is_the_unit_roundoff",
        chapter.finfo_gives_the_limits_of_the_format,
        attribute("dtypes:finfo.__init__", _changed_limit("eps", 0.5)),
    ),
    mutant(
        "tiny_is_the_smallest_subnormal",
        chapter.finfo_gives_the_limits_of_the_format,
        attribute("dtypes:finfo.__init__", _changed_limit("tiny", 2.0**-23, dtypes.float32)),
    ),
    mutant(
        "finfo_without_a_type_is_of_float32",
        chapter.finfo_gives_the_limits_of_the_format,
        attribute("dtypes:finfo.__init__", _always_of_float32),
    ),
    mutant(
        "the_resolution_of_bfloat16_is_that_of_float16",
        chapter.finfo_gives_the_decimal_resolution,
        attribute("dtypes:finfo.__init__", _changed_limit("resolution", 0.1, dtypes.bfloat16)),
    ),
    mutant(
        "finfo_takes_integers",
        chapter.finfo_refuses_other_types,
        attribute("dtypes:finfo.__init__", _accepts(dtypes.int64, dtypes.float64)),
    ),
    mutant(
        "the_default_type_is_float64_as_in_numpy",
        chapter.the_default_type_is_float32,
        attribute("dtypes:_default", lambda original: dtypes.float64),
    ),
    mutant(
        "zeros_is_always_float32",
        chapter.new_tensors_take_the_default_type,
        kernel(
            "zeros", lambda original: lambda *size, **kw: original(*size, **{"dtype": dtypes.float32} | kw)
        ),
    ),
    mutant(
        "the_default_type_cannot_be_float16",
        chapter.the_default_type_is_what_was_set,
        attribute(
            ":set_default_dtype", lambda original: lambda d: None if d is dtypes.float16 else original(d)
        ),
    ),
    mutant(
        "setting_an_integer_default_is_ignored",
        chapter.only_floating_types_can_be_the_default,
        attribute(":set_default_dtype", _sets_any_type),
    ),
    mutant(
        "complex_numbers_are_always_complex64",
        chapter.complex_numbers_take_the_complex_default,
        attribute("inference:_leaf_type", _always_complex64),
    ),
    mutant(
        "type_names_the_type_itself",
        chapter.type_names_the_legacy_class,
        kernel(
            "type",
            lambda original: (
                lambda self, *args, **kw: original(self, *args, **kw) if args else repr(self.dtype)
            ),
        ),
    ),
    mutant(
        "truth_is_being_positive",
        chapter.one_element_is_true_unless_zero,
        attribute(
            "tensor:Tensor.__bool__",
            lambda original: (
                lambda self: (
                    original(self) if self.numel() != 1 or self.dtype.is_complex else bool(self.item() > 0)
                )
            ),
        ),
    ),
    mutant(
        "several_elements_are_true_if_one_is",
        chapter.no_or_several_elements_have_no_truth,
        attribute("tensor:Tensor.__bool__", lambda original: lambda self: bool(np.any(self.array != 0))),
    ),
    mutant(
        "no_element_is_false",
        chapter.no_or_several_elements_have_no_truth,
        attribute(
            "tensor:Tensor.__bool__", lambda original: lambda self: bool(self.numel()) and original(self)
        ),
    ),
    mutant(
        "int_rounds",
        chapter.one_element_converts_to_a_python_number,
        attribute(
            "tensor:Tensor.__int__", lambda original: lambda self: round(original(self) + self.item() % 1)
        ),
    ),
    mutant(
        "the_first_element_converts",
        chapter.no_or_several_elements_are_no_python_number,
        attribute("tensor:Tensor._single", lambda original: _first_element),
    ),
    mutant(
        "floats_are_indices",
        chapter.only_integers_are_indices,
        attribute("tensor:Tensor.__index__", lambda original: lambda self: int(self.item())),
    ),
    mutant(
        "wide_unsigned_numbers_saturate_as_signed",
        chapter.wide_unsigned_types_hold_their_range,
        attribute(
            "inference:_integer",
            lambda original: lambda number, kind: original(min(number, 2 ** (kind.rule.bits - 1) - 1), kind),
        ),
    ),
    mutant(
        "uint16_takes_any_integer",
        chapter.wide_unsigned_types_do_not_mix_with_integers,
        kernel(
            "promote_types",
            lambda original: lambda a, b: a if a.is_integral and b.is_integral else original(a, b),
        ),
    ),
    *dtypes_casts.MUTANTS,
]
