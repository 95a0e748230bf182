"""What single functions compute: on every value of narrow types, on many of wide ones."""

from __future__ import annotations

from tensorcanon.conformance.exhaustive import tests_of_families
from tensorcanon.spec import elementwise
from tensorcanon.spec.ops import binary, rows, ternary, unary

globals().update(
    tests_of_families(
        (
            (
                elementwise.negatives_and_magnitudes,
                rows("neg", "neg.complex", "abs", "abs.complex", "square"),
            ),
            (elementwise.roots_exponentials_and_logarithms, unary.EXPONENTIALS),
            (
                elementwise.circular_and_hyperbolic_functions,
                (*unary.TRIGONOMETRY, *rows("atan2", "hypot")),
            ),
            (elementwise.special_functions, unary.SPECIAL),
            (elementwise.roundings, unary.ROUNDINGS),
            (elementwise.signs, unary.SIGNS),
            (elementwise.signs_copied_and_neighbours, rows("copysign", "nextafter")),
            (
                elementwise.logarithms_of_two_operands,
                rows("xlogy", "special.xlog1py", "logaddexp", "logaddexp2"),
            ),
            (elementwise.angles, unary.ANGLES),
            (elementwise.mul_multiplies_corresponding_elements, rows("mul", "mul.complex")),
            (elementwise.div_is_the_division_of_ieee_754, rows("div", "div.complex")),
            (elementwise.a_rounding_mode_rounds_the_quotient, rows("div.floor", "div.trunc")),
            (elementwise.floor_divide_rounds_down, rows("floor_divide")),
            (elementwise.remainder_has_the_divisors_sign, rows("remainder")),
            (elementwise.fmod_has_the_dividends_sign, rows("fmod")),
            (elementwise.powers, rows("pow.integer", "pow", "float_power")),
            (elementwise.bitwise_operations, (*rows("bitwise_not"), *binary.BITS[:3])),
            (elementwise.shifts, binary.BITS[3:]),
            (elementwise.interpolation_and_multiplied_sums, (*ternary.MULTIPLYING, *ternary.MIXING)),
        ),
        __name__,
    )
)
