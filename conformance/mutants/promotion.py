"""Faults of promotion in arithmetic and where results are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import promotion

from . import promotion_functions
from .mutant import attribute, kernel, mutant

Call = Callable[..., Any]


def _types(operands: tuple[Any, ...]) -> list[dtypes.dtype]:
    return [operand.dtype for operand in operands if isinstance(operand, Tensor)]


def _as_if_dimensioned(original: Call) -> Call:
    """Promote zero-dim tensors as any other."""

    def promoted(*operands: Any) -> Any:
        return original(*(o.reshape(1) if isinstance(o, Tensor) and not o.ndim else o for o in operands))

    return promoted


def _as_numpy_does(original: Call) -> Call:
    """Promote an integer with a float to a float that holds both."""

    def promoted(*operands: Any) -> Any:
        kinds = [kind.numpy for kind in _types(operands) if kind.numpy.kind in "iuf"]
        if len(kinds) < len(operands) or len({kind.kind for kind in kinds}) < 2:
            return original(*operands)
        return dtypes.of_numpy(np.result_type(*kinds))

    return promoted


def _first_of_two_zero_dim(original: Call) -> Call:
    def promoted(*operands: Any) -> Any:
        kinds = _types(operands)
        if len(kinds) == 2 and not any(operand.ndim for operand in operands):
            a, b = kinds
            return a if a.rule.category == b.rule.category else original(*operands)
        return original(*operands)

    return promoted


def _numbers_as_zero_dim_tensors(original: Call) -> Call:
    """Let a Python float widen a zero-dim or dimensioned half tensor."""

    def promoted(*operands: Any) -> Any:
        result = original(*operands)
        has_float = any(isinstance(operand, float) for operand in operands)
        return dtypes.float32 if has_float and result is dtypes.float16 else result

    return promoted


def _ignores_the_default(original: Call) -> Call:
    """Give float32 for a Python float, whatever the default type."""

    def promoted(*operands: Any) -> Any:
        result = original(*operands)
        floating = [kind for kind in _types(operands) if kind.is_differentiable]
        return dtypes.float32 if result.is_floating_point and not floating else result

    return promoted


def _complex_of_the_default(original: Call) -> Call:
    """Give complex64 for a float64 tensor with a complex number."""

    def promoted(*operands: Any) -> Any:
        result = original(*operands)
        plain = not any(kind.is_complex for kind in _types(operands))
        return dtypes.complex64 if result is dtypes.complex128 and plain else result

    return promoted


def _looks_at_values(original: Call) -> Call:
    """Take int64 where a number does not fit into an integer tensor's type."""

    def promoted(*operands: Any) -> Any:
        result = original(*operands)
        numbers = [operand for operand in operands if type(operand) is int]
        if not result.is_integral or not numbers:
            return result
        limits = np.iinfo(result.numpy)
        return result if limits.min <= numbers[0] <= limits.max else dtypes.int64

    return promoted


def _writes_before_it_checks(original: Call) -> Call:
    def check_category(result: Any, target: Any) -> None:
        if result.shape == target.shape:
            target.write(result.array)
        original(result, target)

    return check_category


def _compares_widths(original: Call) -> Call:
    def check_category(result: Any, target: Any) -> None:
        original(result, target)
        if result.dtype.itemsize > target.dtype.itemsize:
            raise RuntimeError(f"result type {result.dtype} can't be cast to the desired output type")

    return check_category


MUTANTS = [
    mutant(
        "promote_types_picks_the_wider_width",
        promotion.promote_types_gives_the_smallest_common_type,
        kernel("promote_types", lambda original: lambda a, b: a if a.itemsize >= b.itemsize else b),
    ),
    mutant(
        "promote_types_keeps_the_first_of_two_halves",
        (promotion.promote_types_ignores_order, promotion.promote_types_ignores_grouping),
        kernel(
            "promote_types",
            lambda original: lambda a, b: a if a.itemsize == b.itemsize == 2 else original(a, b),
        ),
    ),
    mutant(
        "promote_types_of_uint8_and_int8_is_int8",
        (promotion.promote_types_gives_the_smallest_common_type, promotion.promote_types_ignores_grouping),
        kernel(
            "promote_types",
            lambda original: (
                lambda a, b: dtypes.int8 if {a, b} == {dtypes.uint8, dtypes.int8} else original(a, b)
            ),
        ),
    ),
    mutant(
        "can_cast_compares_widths",
        promotion.can_cast_looks_at_the_category_only,
        kernel("can_cast", lambda original: lambda a, b: original(a, b) and a.itemsize <= b.itemsize),
    ),
    mutant(
        "can_cast_keeps_signed_integers_from_uint8",
        promotion.can_cast_looks_at_the_category_only,
        kernel(
            "can_cast",
            lambda original: lambda a, b: original(a, b) and not (a.is_signed and b is dtypes.uint8),
        ),
    ),
    mutant(
        "result_type_ignores_the_default_type",
        promotion.result_type_is_that_of_the_sum,
        attribute("inspection:promoted_type", _ignores_the_default),
    ),
    mutant(
        "result_type_ignores_dimensions",
        promotion.result_type_is_that_of_the_sum,
        attribute("inspection:promoted_type", _as_if_dimensioned),
    ),
    mutant(
        "integers_widen_floats_as_in_numpy",
        promotion.tensors_with_dimensions_take_the_smallest_common_type,
        attribute("kernels:promoted", _as_numpy_does),
    ),
    mutant(
        "zero_dim_tensors_promote_as_dimensioned_ones",
        promotion.zero_dim_yields_within_category,
        attribute("kernels:promoted", _as_if_dimensioned),
        fault="Lightning-AI/lightning-thunder#1239",
    ),
    mutant(
        "the_first_of_two_zero_dim_tensors_decides",
        promotion.zero_dim_tensors_promote_among_themselves,
        attribute("kernels:promoted", _first_of_two_zero_dim),
    ),
    mutant(
        "a_python_float_widens_half_tensors",
        promotion.a_number_of_no_higher_category_keeps_the_type,
        attribute("kernels:promoted", _numbers_as_zero_dim_tensors),
    ),
    mutant(
        "a_python_float_is_always_float32",
        (
            promotion.a_number_of_higher_category_brings_its_own_type,
            promotion.two_numbers_make_a_zero_dim_tensor,
        ),
        attribute("kernels:promoted", _ignores_the_default),
    ),
    mutant(
        "a_complex_number_makes_float64_complex64",
        promotion.a_number_of_higher_category_brings_its_own_type,
        attribute("kernels:promoted", _complex_of_the_default),
    ),
    mutant(
        "large_numbers_widen_narrow_integers",
        promotion.values_never_decide_the_type,
        attribute("kernels:promoted", _looks_at_values),
    ),
    mutant(
        "writes_go_to_any_category",
        (
            promotion.in_place_arithmetic_refuses_a_higher_category,
            promotion.out_takes_results_of_no_higher_category,
            promotion.functions_with_floating_values_refuse_integers_in_place,
        ),
        attribute("writing:check_category", lambda original: lambda result, target: None),
    ),
    mutant(
        "writes_go_to_no_narrower_type",
        (promotion.in_place_arithmetic_keeps_the_type, promotion.out_takes_results_of_no_higher_category),
        attribute("writing:check_category", _compares_widths),
    ),
    mutant(
        "refused_writes_come_too_late",
        promotion.a_refused_write_changes_nothing,
        attribute("writing:check_category", _writes_before_it_checks),
    ),
    *promotion_functions.MUTANTS,
]
