"""What single functions compute: on every value of narrow types, on many of wide ones."""

from __future__ import annotations

from tensorcanon.conformance.exhaustive import family_tests
from tensorcanon.spec import elementwise
from tensorcanon.spec.ops import binary, rows, ternary, unary

globals().update(
    family_tests(
        (
            (
                elementwise.negation_and_magnitude_are_exact,
                rows("neg", "neg.complex", "abs", "abs.complex", "square"),
            ),
            (elementwise.roots_exponentials_and_logarithms_are_near, unary.EXPONENTIALS),
            (
                elementwise.circular_and_hyperbolic_functions_are_near,
                (*unary.TRIGONOMETRY, *rows("atan2", "hypot")),
            ),
            (elementwise.special_functions_are_near, unary.SPECIAL),
            (elementwise.numbers_round_to_integers, unary.ROUNDINGS),
            (elementwise.signs_are_those_of_the_elements, unary.SIGNS),
            (elementwise.signs_are_copied_and_neighbours_found, rows("copysign", "nextafter")),
            (
                elementwise.logarithms_of_two_operands_are_stable,
                rows("xlogy", "special.xlog1py", "logaddexp", "logaddexp2"),
            ),
            (elementwise.angles_lie_in_the_complex_plane, unary.ANGLES),
            (elementwise.mul_multiplies_corresponding_elements, rows("mul", "mul.complex")),
            (elementwise.div_is_the_division_of_ieee_754, rows("div", "div.complex")),
            (elementwise.a_rounding_mode_rounds_the_quotient, rows("div.floor", "div.trunc")),
            (elementwise.floor_divide_rounds_down, rows("floor_divide")),
            (elementwise.remainder_has_the_divisors_sign, rows("remainder")),
            (elementwise.fmod_has_the_dividends_sign, rows("fmod")),
            (elementwise.powers_are_taken_element_by_element, rows("pow.integer", "pow", "float_power")),
            (elementwise.bits_combine_in_twos_complement, (*rows("bitwise_not"), *binary.BITS[:3])),
            (elementwise.shifts_multiply_and_divide_by_powers_of_two, binary.BITS[3:]),
            (elementwise.products_and_quotients_are_added, (*ternary.MULTIPLYING, *ternary.MIXING)),
        ),
        __name__,
    )
)
