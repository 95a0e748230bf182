"""Faults of comparisons, tests, extremes, bounds and logic."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import elementwise, fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import comparisons

from .changes import ignoring, then
from .mutant import kernel, mutant
from .recomputing import are_complex, are_floating, are_integral, recomputed, through_float32

_BOOL: dict[str, Any] = {"result": dtypes.bool_}


def _swapped(original: Any) -> Any:
    def isclose(input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
        return original(other, input, *args, **kwargs)

    return isclose


def _min_wins(original: Any) -> Any:
    def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
        lowered = input if max is None else original(input, None, max)
        return lowered if min is None else original(lowered, min)

    return clamp


def _nan_bounded(original: Any) -> Any:
    def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
        found = original(input, min, max)
        if not input.dtype.is_floating_point or isinstance(max, Tensor) or max is None:
            return found
        return ops.where(ops.isnan(found), max, found)

    return clamp


def _unbounded(original: Any) -> Any:
    def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
        return input.clone() if min is None and max is None else original(input, min, max)

    return clamp


def _broadcasting(original: Any) -> Any:
    def equal(input: Any, other: Any) -> Any:
        try:
            return bool(ops.all(ops.eq(input, other)))
        except RuntimeError:
            return False

    return equal


def _type_first(original: Any) -> Any:
    return lambda input, other: input.dtype is other.dtype and original(input, other)


def _lexicographic(original: Any) -> Any:
    def lt(input: Any, other: Any) -> Any:
        if are_complex(input):
            return elementwise(np.less, input, other, result=dtypes.bool_)
        return original(input, other)

    return lt


def _converting(original: Any) -> Any:
    return lambda input, other, *args, **kwargs: original(input, other.to(input.dtype), *args, **kwargs)


MUTANTS = [
    mutant("maximum_skips_nan", comparisons.extremes_treat_nan_by_their_name, recomputed("maximum", np.fmax)),
    mutant("fmin_keeps_nan", comparisons.extremes_treat_nan_by_their_name, recomputed("fmin", np.minimum)),
    mutant(
        "minimum_of_integers_goes_through_float32",
        comparisons.extremes_treat_nan_by_their_name,
        recomputed(
            "minimum", lambda a, b: np.minimum(a.astype(np.float32), b.astype(np.float32)), are_integral
        ),
    ),
    mutant(
        "isinf_is_true_of_positive_infinity_only",
        comparisons.tests_of_elements_give_bools,
        recomputed("isinf", lambda x: x == np.inf, **_BOOL),
    ),
    mutant(
        "isfinite_of_complex_numbers_looks_at_the_real_part",
        comparisons.tests_of_elements_give_bools,
        recomputed("isfinite", lambda z: np.isfinite(z.real), are_complex, **_BOOL),
    ),
    mutant(
        "isnan_of_integers_keeps_their_type",
        comparisons.tests_of_elements_give_bools,
        recomputed("isnan", np.zeros_like, are_integral),
    ),
    mutant(
        "logical_and_takes_nan_for_false",
        comparisons.logical_operations_give_bools,
        recomputed("logical_and", lambda a, b: (a * b != 0) & (a == a) & (b == b), are_floating, **_BOOL),
    ),
    mutant(
        "logical_xor_is_bitwise",
        comparisons.logical_operations_give_bools,
        recomputed("logical_xor", lambda a, b: (a ^ b) != 0, are_integral, **_BOOL),
    ),
    mutant(
        "logical_not_takes_fractions_for_false",
        comparisons.logical_operations_give_bools,
        recomputed("logical_not", lambda x: np.abs(x) < 1, are_floating, **_BOOL),
    ),
    mutant(
        "le_is_the_complement_of_gt",
        comparisons.comparisons_of_nan_are_false,
        recomputed("le", lambda a, b: ~(a > b), are_floating, **_BOOL),
    ),
    mutant(
        "eq_of_integers_goes_through_float32",
        comparisons.comparisons_of_nan_are_false,
        recomputed("eq", through_float32(np.equal), are_integral, **_BOOL),
    ),
    mutant("clamp_raises_last", comparisons.clamp_bounds_elements, kernel("clamp", _min_wins)),
    mutant(
        "clamp_takes_nan_to_the_upper_bound", comparisons.clamp_bounds_elements, kernel("clamp", _nan_bounded)
    ),
    mutant("clamp_without_bounds_is_a_copy", comparisons.clamp_needs_a_bound, kernel("clamp", _unbounded)),
    mutant(
        "isclose_is_relative_to_the_first_operand",
        comparisons.isclose_is_relative_to_the_second_operand,
        kernel("isclose", _swapped),
    ),
    mutant(
        "isclose_ignores_equal_nan",
        comparisons.isclose_is_relative_to_the_second_operand,
        kernel("isclose", ignoring("equal_nan")),
    ),
    mutant(
        "isclose_ignores_the_absolute_tolerance",
        comparisons.isclose_is_relative_to_the_second_operand,
        kernel("isclose", ignoring("atol")),
    ),
    mutant(
        "allclose_is_relative_to_the_first_operand",
        comparisons.allclose_is_the_conjunction,
        kernel("allclose", _swapped),
    ),
    mutant(
        "allclose_returns_a_tensor",
        comparisons.allclose_is_the_conjunction,
        kernel("allclose", then(lambda found: fresh(np.array(found)))),
    ),
    mutant(
        "allclose_asks_for_any",
        comparisons.allclose_is_the_conjunction,
        kernel("allclose", lambda original: lambda *args, **kwargs: bool(ops.isclose(*args, **kwargs).any())),
    ),
    mutant(
        "isclose_converts_its_second_operand",
        comparisons.isclose_asks_for_one_type,
        kernel("isclose", _converting),
    ),
    mutant("equal_broadcasts", comparisons.equal_compares_shape_and_elements, kernel("equal", _broadcasting)),
    mutant(
        "equal_compares_types", comparisons.equal_compares_shape_and_elements, kernel("equal", _type_first)
    ),
    mutant(
        "complex_numbers_are_ordered_by_their_real_parts",
        comparisons.complex_numbers_have_no_order,
        kernel("lt", _lexicographic),
    ),
]
