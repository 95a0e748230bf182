"""Faults of single functions of corresponding elements: arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import elementwise as arithmetic
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import elementwise as computed
from tensorcanon.spec import elementwise

from . import elementwise_functions
from .changes import ignoring
from .mutant import attribute, kernel, mutant
from .recomputing import (
    Array,
    are_complex,
    are_floating,
    are_integral,
    of,
    recomputed,
    through_float32,
)


def _as_fmod(a: Array, b: Array) -> Any:
    return np.fmod(a, b)


def _as_remainder(a: Array, b: Array) -> Any:
    return np.remainder(a, b)


def _floor_of_quotient(a: Array, b: Array) -> Any:
    return np.floor(a / b)


def _truncated(a: Array, b: Array) -> Any:
    return np.trunc(a.astype(np.float64) / b)


def _zero_divisor_gives_zero(a: Array, b: Array) -> Any:
    return np.where(b == 0, 0, a // np.where(b == 0, 1, b))


def _without_rounding_mode(original: Any) -> Any:
    def div(input: Any, other: Any, *, rounding_mode: Any = None) -> Any:
        return original(input, other, rounding_mode=rounding_mode if rounding_mode == "floor" else None)

    return div


def _floor_by_rounding(original: Any) -> Any:
    def div(input: Any, other: Any, *, rounding_mode: Any = None) -> Any:
        if rounding_mode == "floor" and are_floating(input):
            return computed(_floor_of_quotient, input, other)
        return original(input, other, rounding_mode=rounding_mode)

    return div


def _any_rounding_mode(original: Any) -> Any:
    def div(input: Any, other: Any, *, rounding_mode: Any = None) -> Any:
        return original(input, other, rounding_mode=rounding_mode if rounding_mode == "floor" else "trunc")

    return div


ARITHMETIC = [
    mutant(
        "add_ignores_alpha",
        elementwise.alpha_scales_the_second_operand,
        kernel("add", ignoring("alpha")),
    ),
    mutant(
        "sub_scales_the_first_operand",
        elementwise.alpha_scales_the_second_operand,
        kernel("sub", lambda original: lambda input, other, alpha=1: original(input * alpha, other)),
    ),
    mutant(
        "add_takes_any_alpha",
        elementwise.alpha_ranks_no_higher_than_the_result,
        attribute("elementwise:check_alpha", lambda original: lambda alpha, common: None),
    ),
    mutant(
        "mul_of_uint8_saturates",
        elementwise.mul_multiplies_corresponding_elements,
        recomputed("mul", lambda a, b: np.minimum(a.astype(np.int64) * b, 255), of("uint8")),
    ),
    mutant(
        "mul_of_complex_numbers_multiplies_the_parts",
        elementwise.mul_multiplies_corresponding_elements,
        recomputed("mul", lambda a, b: a.real * b.real + 1j * a.imag * b.imag, are_complex),
    ),
    mutant(
        "div_of_integers_truncates",
        elementwise.div_is_the_division_of_ieee_754,
        recomputed("div", _truncated, are_integral),
        fault="pytorch/pytorch#43879",
    ),
    mutant(
        "div_by_zero_is_zero",
        elementwise.div_is_the_division_of_ieee_754,
        recomputed("div", lambda a, b: np.where(b == 0, 0, a / b), are_floating),
    ),
    mutant(
        "div_floor_of_floats_is_the_floor_of_the_rounded_quotient",
        elementwise.a_rounding_mode_rounds_the_quotient,
        kernel("div", _floor_by_rounding),
        fault="pytorch/pytorch#50280",
    ),
    mutant(
        "div_ignores_trunc",
        elementwise.a_rounding_mode_rounds_the_quotient,
        kernel("div", _without_rounding_mode),
    ),
    mutant(
        "div_takes_any_rounding_mode_for_trunc",
        elementwise.no_other_rounding_mode_is_known,
        kernel("div", _any_rounding_mode),
    ),
    mutant(
        "floor_divide_truncates",
        elementwise.floor_divide_rounds_down,
        recomputed("floor_divide", _truncated),
        fault="pytorch/pytorch#43879",
    ),
    mutant(
        "floor_divide_of_floats_is_the_floor_of_the_rounded_quotient",
        elementwise.floor_divide_rounds_down,
        recomputed("floor_divide", _floor_of_quotient, are_floating),
        fault="pytorch/pytorch#50280",
    ),
    mutant(
        "floor_divide_of_integers_by_zero_is_zero",
        elementwise.an_integer_has_no_quotient_by_zero,
        recomputed("floor_divide", _zero_divisor_gives_zero, are_integral),
    ),
    mutant(
        "remainder_has_the_dividends_sign",
        elementwise.remainder_has_the_divisors_sign,
        recomputed("remainder", _as_fmod),
    ),
    mutant(
        "fmod_has_the_divisors_sign",
        elementwise.fmod_has_the_dividends_sign,
        recomputed("fmod", _as_remainder),
    ),
    mutant(
        "abs_of_integers_goes_through_float32",
        elementwise.negation_and_magnitude_are_exact,
        recomputed("abs", through_float32(np.abs), are_integral),
        fault="pytorch/pytorch#190052",
    ),
    mutant(
        "neg_of_uint8_saturates",
        elementwise.negation_and_magnitude_are_exact,
        recomputed("neg", lambda x: np.zeros_like(x), of("uint8")),
    ),
    mutant(
        "abs_of_complex_numbers_is_that_of_the_real_part",
        elementwise.negation_and_magnitude_are_exact,
        kernel("abs", lambda original: lambda z: original(ops.real(z) if z.dtype.is_complex else z)),
    ),
    mutant(
        "sum_of_bools_is_exclusive",
        elementwise.sums_and_products_of_bools_are_bools,
        recomputed("add", np.logical_xor, of("bool")),
    ),
    mutant(
        "neg_of_bools_inverts_them",
        elementwise.bools_are_not_subtracted_nor_negated,
        recomputed("neg", np.logical_not, of("bool")),
    ),
    mutant(
        "sub_of_bools_is_exclusive_or",
        elementwise.bools_are_not_subtracted_nor_negated,
        recomputed("sub", np.logical_xor, of("bool")),
    ),
    mutant(
        "pow_of_integers_goes_through_float32",
        elementwise.powers_are_taken_element_by_element,
        recomputed("pow", through_float32(np.power), are_integral),
        fault="kulinseth/pytorch#288",
    ),
    mutant(
        "pow_of_negative_bases_takes_their_magnitude",
        elementwise.powers_are_taken_element_by_element,
        recomputed("pow", lambda a, b: np.power(np.abs(a), b), are_floating),
    ),
    mutant(
        "pow_of_integers_to_negative_numbers_is_zero",
        elementwise.no_integer_is_raised_to_a_negative_number,
        recomputed("pow", arithmetic.integer_power, are_integral),
    ),
    mutant(
        "pow_needs_exponents_of_the_same_size",
        elementwise.exponents_broadcast,
        kernel("pow", lambda original: lambda a, b: original(a, b.reshape(a.shape))),
    ),
    mutant(
        "pow_reads_expanded_exponents_in_the_wrong_order",
        elementwise.exponents_broadcast,
        recomputed("pow", lambda a, b: a ** np.abs(np.resize(b, np.broadcast_shapes(a.shape, b.shape)))),
    ),
    mutant(
        "numbers_on_the_left_of_minus_go_to_the_right",
        elementwise.operators_take_a_number_on_the_left,
        attribute("tensor:Tensor.__rsub__", lambda original: lambda self, other: self - other),
    ),
    mutant(
        "numbers_on_the_left_of_a_floor_division_truncate",
        elementwise.operators_take_a_number_on_the_left,
        attribute(
            "tensor:Tensor.__rfloordiv__",
            lambda original: lambda self, other: computed(_truncated, other, self),
        ),
    ),
    mutant(
        "numbers_past_the_range_widen_the_comparison",
        elementwise.a_number_past_the_range_wraps_around,
        kernel("eq", lambda original: lambda a, b: original(a.long() if a.dtype.is_integral else a, b)),
    ),
]

MUTANTS = [*ARITHMETIC, *elementwise_functions.MUTANTS]
