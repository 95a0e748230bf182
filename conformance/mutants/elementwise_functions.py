"""Faults of functions, roundings, bits and sums of products."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import elementwise as computed
from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import elementwise

from .changes import ignoring, then
from .mutant import attribute, kernel, mutant
from .recomputing import (
    Array,
    are_complex,
    are_floating,
    are_integral,
    of,
    recomputed,
)


def _half_away(x: Array) -> Any:
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def _unsigned(a: Array, count: Array) -> Any:
    bits = np.dtype(f"u{a.dtype.itemsize}")
    return np.right_shift(a.view(bits), count.astype(bits)).view(a.dtype)


def _coarse_erf(x: Array) -> Any:
    """The approximation 7.1.26 of Abramowitz and Stegun, good to 1.5e-7."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    terms = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    series = sum(term * t ** (place + 1) for place, term in enumerate(terms))
    return np.copysign(1 - series * np.exp(-x * x), x)


def _bounded_weight(original: Any) -> Any:
    def lerp(input: Any, end: Any, weight: Any) -> Any:
        return computed(lambda a, b, w: a + np.clip(w, 0, 0.5) * (b - a), input, end, weight)

    return lerp


def _doubled_mantissa(result: Any) -> Any:
    mantissa, exponent = result
    return type(result)(fresh(mantissa.array * 2, mantissa.dtype), fresh(exponent.array - 1, exponent.dtype))


def _converting_values(original: Any) -> Any:
    def heaviside(input: Any, values: Any) -> Any:
        return original(input, values if values.dtype is input.dtype else values.to(input.dtype))

    return heaviside


def _refusing_shifts(a: Array, count: Array) -> Any:
    if ((count < 0) | (count >= 8 * a.dtype.itemsize)).any():
        raise RuntimeError("shift past the width")
    return np.True_


FUNCTIONS = [
    mutant(
        "log1p_is_the_logarithm_of_the_sum",
        elementwise.roots_exponentials_and_logarithms_are_near,
        recomputed("log1p", lambda x: np.log(1 + x), are_floating),
    ),
    mutant(
        "exp_is_flat_past_88",
        elementwise.roots_exponentials_and_logarithms_are_near,
        recomputed("exp", lambda x: np.exp(np.clip(x, -88, 88)), are_floating),
    ),
    mutant(
        "sqrt_of_negative_numbers_is_zero",
        elementwise.roots_exponentials_and_logarithms_are_near,
        recomputed("sqrt", lambda x: np.sqrt(np.maximum(x, 0)), are_floating),
    ),
    mutant(
        "atan2_knows_two_quadrants",
        elementwise.circular_and_hyperbolic_functions_are_near,
        recomputed("atan2", lambda a, b: np.arctan(a / b), floating=True),
    ),
    mutant(
        "sin_takes_the_argument_modulo_a_rounded_pi",
        elementwise.circular_and_hyperbolic_functions_are_near,
        recomputed("sin", lambda x: np.sin(np.fmod(x, np.float32(2 * np.pi))), of("float32")),
    ),
    mutant(
        "tanh_is_one_past_four",
        elementwise.circular_and_hyperbolic_functions_are_near,
        recomputed("tanh", lambda x: np.where(np.abs(x) > 4, np.sign(x), np.tanh(x)), are_floating),
    ),
    mutant(
        "sigmoid_of_large_numbers_is_nan",
        elementwise.special_functions_are_near,
        recomputed("sigmoid", lambda x: np.exp(x) / (1 + np.exp(x)), are_floating),
    ),
    mutant(
        "erf_is_good_to_seven_places",
        elementwise.special_functions_are_near,
        recomputed("erf", _coarse_erf, of("float64")),
    ),
    mutant(
        "round_takes_halves_away_from_zero",
        elementwise.numbers_round_to_integers,
        recomputed("round", _half_away, are_floating),
        fault="pytorch/executorch#21065",
    ),
    mutant(
        "trunc_rounds_down",
        elementwise.numbers_round_to_integers,
        recomputed("trunc", np.floor, are_floating),
    ),
    mutant(
        "frac_of_negative_numbers_is_positive",
        elementwise.numbers_round_to_integers,
        recomputed("frac", lambda x: x - np.floor(x)),
    ),
    mutant("round_ignores_decimals", elementwise.round_takes_decimals, kernel("round", ignoring("decimals"))),
    mutant(
        "sign_of_tiny_numbers_is_zero",
        elementwise.signs_are_those_of_the_elements,
        recomputed("sign", lambda x: np.where(np.abs(x) < 1e-7, 0, np.sign(x)), are_floating),
    ),
    mutant(
        "signbit_of_negative_zero_is_false",
        elementwise.signs_are_those_of_the_elements,
        recomputed("signbit", lambda x: x < 0, result=dtypes.bool_),
    ),
    mutant(
        "sgn_of_complex_numbers_is_that_of_the_real_part",
        elementwise.signs_are_those_of_the_elements,
        recomputed("sgn", lambda z: np.sign(z.real), are_complex),
    ),
    mutant(
        "copysign_takes_negative_zero_for_positive",
        elementwise.signs_are_copied_and_neighbours_found,
        recomputed("copysign", lambda a, b: np.where(b < 0, -np.abs(a), np.abs(a)), floating=True),
    ),
    mutant(
        "frexp_has_mantissas_from_one_to_two",
        elementwise.frexp_gives_mantissa_and_exponent,
        kernel("frexp", then(_doubled_mantissa)),
    ),
    mutant(
        "ldexp_takes_no_negative_exponents",
        elementwise.ldexp_multiplies_by_a_power_of_two,
        recomputed("ldexp", lambda x, n: x * np.exp2(np.maximum(n, 0)), floating=True),
    ),
    mutant(
        "xlogy_of_two_zeros_is_nan",
        elementwise.logarithms_of_two_operands_are_stable,
        recomputed("xlogy", lambda x, y: x * np.log(y), floating=True),
    ),
    mutant(
        "logaddexp_overflows",
        elementwise.logarithms_of_two_operands_are_stable,
        recomputed("logaddexp", lambda a, b: np.log(np.exp(a) + np.exp(b))),
    ),
    mutant(
        "heaviside_at_zero_is_one_half",
        elementwise.heaviside_is_a_step,
        recomputed("heaviside", lambda x, v: np.heaviside(x, 0.5), are_floating),
    ),
    mutant(
        "heaviside_converts_its_second_operand",
        elementwise.heaviside_is_a_step,
        kernel("heaviside", _converting_values),
    ),
    mutant(
        "angle_of_negative_numbers_is_zero",
        elementwise.angles_lie_in_the_complex_plane,
        recomputed("angle", lambda x: np.where(np.isnan(x), x, 0), are_floating),
    ),
    mutant(
        "nan_to_num_ignores_replacements_of_infinities",
        elementwise.nan_to_num_replaces_what_is_not_finite,
        kernel("nan_to_num", ignoring("posinf", "neginf")),
    ),
    mutant(
        "nan_to_num_takes_the_limits_of_float32",
        elementwise.nan_to_num_replaces_what_is_not_finite,
        recomputed("nan_to_num", np.nan_to_num, are_floating),
    ),
]
BITS = [
    mutant(
        "bitwise_not_of_bools_is_true",
        elementwise.bits_combine_in_twos_complement,
        recomputed("bitwise_not", lambda x: np.invert(x.astype(np.int8)) != 0, of("bool")),
    ),
    mutant(
        "bitwise_xor_is_or",
        elementwise.bits_combine_in_twos_complement,
        recomputed("bitwise_xor", np.bitwise_or),
    ),
    mutant(
        "complements_of_floats_are_logical",
        elementwise.floating_numbers_have_no_bits,
        attribute("tensor:Tensor.__invert__", lambda original: lambda self: self.logical_not()),
    ),
    mutant(
        "right_shift_of_uint8_returns_it",
        elementwise.shifts_multiply_and_divide_by_powers_of_two,
        recomputed("bitwise_right_shift", lambda a, count: a + 0 * count, of("uint8")),
        fault="pytorch/pytorch#144190",
    ),
    mutant(
        "right_shift_of_negative_integers_shifts_in_zeros",
        elementwise.shifts_multiply_and_divide_by_powers_of_two,
        recomputed("bitwise_right_shift", _unsigned),
        fault="pytorch/pytorch#40032",
    ),
    mutant(
        "shifts_past_the_width_raise",
        elementwise.shifts_past_the_width_are_no_errors,
        attribute("comparisons:_inside", lambda original: _refusing_shifts),
    ),
    mutant(
        "addcmul_ignores_value",
        elementwise.products_and_quotients_are_added,
        kernel("addcmul", ignoring("value")),
    ),
    mutant(
        "lerp_stops_half_way", elementwise.products_and_quotients_are_added, kernel("lerp", _bounded_weight)
    ),
    mutant(
        "addcdiv_divides_integers",
        elementwise.addcdiv_divides_no_integers,
        recomputed("addcdiv", lambda x, a, b: x + a // b, are_integral),
    ),
]

MUTANTS = [*FUNCTIONS, *BITS]
