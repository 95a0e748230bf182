"""What single functions of corresponding elements compute. Rows: `tensorcanon.spec.ops`."""

from __future__ import annotations

import numpy as np

from .accuracy import Array, Close, Ulp, widened
from .clause import clause
from .ops import row
from .ops.op import Op, Value, converted, value_outcome
from .outcome import Each, Exactly, Outcome, Raises, Structure, Unspecified, Within
from .rules import dtypes, promotion
from .rules.dtypes import Category, DType
from .rules.promotion import Number

# Arithmetic.


@clause("torch.add; torch.sub", covers="elementwise.add-sub-alpha")
def alpha_scales_the_second_operand(sign: int, a: Array, b: Array, alpha: Number) -> Outcome:
    """`add` gives a + alpha * b and `sub` a - alpha * b.

    Parameters
    ----------
    sign : int
        1 for ``add``, -1 for ``sub``.
    a, b : ndarray
        Of one type, so small that products and sums are exact.
    alpha : number
    """
    dtype = dtypes.of_array(a)
    scale = converted(np.asarray(sign * alpha), dtype)
    with np.errstate(over="ignore"):
        return Exactly(converted(a + scale * b, dtype), signed_zero=False)


@clause("torch.add; torch.sub", covers="elementwise.alpha-type", level="extended")
def alpha_ranks_no_higher_than_the_result(dtype: DType, alpha: Number) -> Outcome:
    """An alpha of a higher category than the result's is an error, as is a bool one unless that is bool."""
    category = promotion.category_of(alpha)
    beyond = category is not Category.INTEGER and category > dtype.category
    if beyond or (category is Category.BOOL and dtype is not dtypes.bool_):
        return Raises("RuntimeError")
    return Structure(dtype=dtype)


@clause("torch.mul", covers="elementwise.mul-is-hadamard")
def mul_multiplies_corresponding_elements(op: Op, a: Value, b: Value) -> Outcome:
    """`mul` is the product element by element, with broadcasting; `multiply` and ``*`` are other names."""
    return value_outcome(op, a, b)


@clause("torch.div", covers="elementwise.div-true")
def div_is_the_division_of_ieee_754(op: Op, a: Value, b: Value) -> Outcome:
    """`div` divides floating numbers, integers as such: n / 0 is an infinity, 0 / 0 is NaN."""
    return value_outcome(op, a, b)


@clause("torch.div", covers="elementwise.div-rounding")
def a_rounding_mode_rounds_the_quotient(op: Op, a: Value, b: Value) -> Outcome:
    """`rounding_mode` "trunc" rounds a quotient towards zero and "floor" down; integers stay integers."""
    return value_outcome(op, a, b)


@clause("torch.div", covers="elementwise.div-rounding")
def no_other_rounding_mode_is_known() -> Outcome:
    """`rounding_mode` other than None, "trunc" and "floor" is an error."""
    return Raises("RuntimeError")


@clause("torch.floor_divide", covers="elementwise.floor-divide")
def floor_divide_rounds_down(op: Op, a: Value, b: Value) -> Outcome:
    """`floor_divide` and ``//`` give the floor of the exact quotient: -7 // 2 is -4 and 1.0 // 0.1 is 9."""
    return value_outcome(op, a, b)


@clause("torch.fmod; torch.remainder", covers="elementwise.int-div-zero")
def an_integer_has_no_quotient_by_zero(device: str) -> Outcome:
    """Integer quotients and remainders by zero raise on the CPU; elsewhere they may be any value."""
    if device != "cpu":
        return Unspecified()
    return Raises("RuntimeError", message="ZeroDivisionError", from_values=True)


@clause("torch.remainder", covers="elementwise.remainder")
def remainder_has_the_divisors_sign(op: Op, a: Value, b: Value) -> Outcome:
    """`remainder` and ``%`` give a - floor(a / b) * b, which has the sign of b."""
    return value_outcome(op, a, b)


@clause("torch.remainder", covers="elementwise.remainder-inf", level="extended")
def a_remainder_is_smaller_than_its_divisor(divisor: Array) -> Outcome:
    """The magnitude of a remainder is below its divisor's, so that of an infinite one it is finite."""
    dtype = dtypes.of_array(divisor)
    any_finite = Close(rtol=0.0, atol=_largest(dtype), unit="largest number")
    return Within(np.zeros(divisor.shape), any_finite, dtype, signed_zero=False)


@clause("torch.fmod", covers="elementwise.fmod")
def fmod_has_the_dividends_sign(op: Op, a: Value, b: Value) -> Outcome:
    """`fmod` gives a - trunc(a / b) * b, which has the sign of a."""
    return value_outcome(op, a, b)


@clause("torch.neg; torch.abs", covers="elementwise.neg-abs")
def negation_and_magnitude_are_exact(op: Op, x: Array) -> Outcome:
    """`neg`, `abs` and `square` are exact; integers wrap around, so the lowest one is its own magnitude.

    The magnitude of a complex number is real.
    """
    return value_outcome(op, x)


@clause("torch.sub; torch.add", covers="elementwise.bool-arith-errors", basis="observed")
def sums_and_products_of_bools_are_bools(a: Array, b: Array, product: bool) -> Outcome:
    """A sum of bools is their logical or, a product their logical and."""
    return Exactly(a & b if product else a | b)


@clause("torch.sub; torch.neg", covers="elementwise.bool-arith-errors", basis="observed")
def bools_are_not_subtracted_nor_negated() -> Outcome:
    """`-` with a bool tensor is an error that names the logical operations to use."""
    return Raises("RuntimeError", message="logical_")


@clause("torch.pow", covers="elementwise.pow")
def powers_are_taken_element_by_element(op: Op, base: Value, exponent: Value) -> Outcome:
    """`pow` and ``**`` raise element by element: x**0 is 1, a root of a negative number NaN.

    Integers wrap around; to the power of a negative element only 1 and -1 are not 0.
    """
    return value_outcome(op, base, exponent)


@clause("torch.pow", covers="elementwise.pow")
def no_integer_is_raised_to_a_negative_number() -> Outcome:
    """An integer tensor to the power of a negative Python integer is an error."""
    return Raises("RuntimeError")


@clause("torch.pow", covers="elementwise.pow-broadcast", level="extended")
def exponents_broadcast(base: Array, exponent: Array) -> Outcome:
    """The shapes of base and exponent broadcast."""
    return value_outcome(row("pow.integer"), base, exponent)


# Functions of floating numbers.


@clause("torch.sqrt; torch.exp; torch.log", covers="elementwise.sqrt-exp-log", basis="implementation-defined")
def roots_exponentials_and_logarithms_are_near(op: Op, x: Array) -> Outcome:
    """They lie near the exact value; of negative numbers roots and logarithms are NaN, log(0) is -inf."""
    return value_outcome(op, x)


@clause("torch.sin; torch.atan2", covers="elementwise.trig-hyperbolic", basis="implementation-defined")
def circular_and_hyperbolic_functions_are_near(op: Op, *operands: Array) -> Outcome:
    """They and their inverses lie near the exact value, and are NaN outside the domain."""
    return value_outcome(op, *operands)


@clause("torch.special", basis="implementation-defined", level="extended")
def special_functions_are_near(op: Op, x: Array) -> Outcome:
    """Error, gamma, Bessel and logistic functions lie near the exact value."""
    return value_outcome(op, x)


@clause("torch.round; torch.floor; torch.ceil; torch.trunc; torch.frac", covers="elementwise.rounding")
def numbers_round_to_integers(op: Op, x: Array) -> Outcome:
    """`floor`, `ceil`, `trunc` round down, up and towards zero, `round` to the nearest with ties to even.

    Integers are returned as they are. `frac` is what `trunc` takes away.
    """
    return value_outcome(op, x)


@clause("torch.round", covers="elementwise.round-decimals", level="extended")
def round_takes_decimals(x: Array, decimals: int) -> Outcome:
    """`round(x, decimals=d)` rounds to d decimal places; a negative d rounds left of the point.

    Numbers whose scaled fraction is nearly a tie are left open.
    """
    dtype = dtypes.of_array(x)
    wide = widened(x)
    scaled = wide * np.float64(10.0) ** decimals
    gap = np.abs(np.abs(scaled - np.trunc(scaled)) - 0.5)
    settled = (gap > 0.01) & (np.abs(scaled) < 1000)
    exact = np.rint(scaled) / np.float64(10.0) ** decimals
    return Within(exact, Ulp(2), dtype, where=settled, signed_zero=False)


@clause("torch.round", covers="elementwise.round-decimals", level="extended")
def integers_have_no_decimals_to_round(x: Array) -> Outcome:
    """Integers are returned unchanged, whatever number of decimals is asked for."""
    return Exactly(x)


@clause("torch.round", covers="elementwise.round-decimals", level="extended")
def round_scales_in_the_type_of_its_input() -> Outcome:
    """`round(10000, decimals=3)` of a float16 overflows on the way: infinity, as the page says."""
    return Exactly(np.array([np.inf], np.float16))


@clause("torch.sign; torch.sgn; torch.signbit", covers="elementwise.sign")
def signs_are_those_of_the_elements(op: Op, x: Array) -> Outcome:
    """`sign` gives -1, 0 or 1 in the input's type, `sgn` z / |z|, `signbit` whether the sign bit is set."""
    return value_outcome(op, x)


@clause("torch.copysign; torch.nextafter", covers="elementwise.copysign-nextafter", level="extended")
def signs_are_copied_and_neighbours_found(op: Op, a: Array, b: Array) -> Outcome:
    """`copysign` gives |a| with the sign bit of b, `nextafter` the neighbour of a towards b."""
    return value_outcome(op, a, b)


@clause("torch.frexp", covers="elementwise.frexp-ldexp", level="extended")
def frexp_gives_mantissa_and_exponent(x: Array) -> Outcome:
    """A number is mantissa times 2**exponent, the mantissa from 0.5 to 1 in magnitude, the exponent int32."""
    mantissa, exponent = np.frexp(widened(x))
    known = np.isfinite(widened(x))
    parts = Exactly(converted(mantissa, dtypes.of_array(x))), Exactly(exponent.astype(np.int32), where=known)
    return Each(parts, names=("mantissa", "exponent"))


@clause("torch.ldexp", covers="elementwise.frexp-ldexp", level="extended")
def ldexp_multiplies_by_a_power_of_two(x: Array, exponent: Array) -> Outcome:
    """`ldexp(x, e)` is x * 2**e."""
    exact = np.ldexp(widened(x), exponent.astype(np.int32))
    return Exactly(converted(exact, dtypes.of_array(x)))


@clause(
    "torch.xlogy; torch.logaddexp; torch.special.xlog1py",
    covers=("elementwise.xlogy", "elementwise.logaddexp"),
)
def logarithms_of_two_operands_are_stable(op: Op, a: Array, b: Array) -> Outcome:
    """`xlogy` is x log y, 0 where x is 0 unless y is NaN; `logaddexp` log(e**a + e**b) without overflow."""
    return value_outcome(op, a, b)


@clause("torch.heaviside", covers="elementwise.heaviside", level="extended")
def heaviside_is_a_step(a: Array, values: Array) -> Outcome:
    """`heaviside` gives 0 below 0, 1 above, and at 0 the second operand; the types must agree."""
    if dtypes.of_array(a) is not dtypes.of_array(values):
        return Raises("RuntimeError")
    return value_outcome(row("heaviside"), a, values)


@clause("complex_numbers#angle-and-abs; torch.angle", covers="elementwise.complex-angle", level="extended")
def angles_lie_in_the_complex_plane(op: Op, x: Array) -> Outcome:
    """`angle` of a complex number is atan2 of its parts; of a real one 0, pi where it is negative."""
    return value_outcome(op, x)


# Replacements, bits and sums of products.


@clause("torch.nan_to_num", covers="elementwise.nan-to-num")
def nan_to_num_replaces_what_is_not_finite(
    x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Outcome:
    """NaN becomes `nan` and an infinity the value given for it, without one the type's largest or lowest."""
    if x.dtype.kind in "biu":
        return Exactly(x)
    most = _largest(dtypes.of_array(x))
    above, below = (most if posinf is None else posinf), (-most if neginf is None else neginf)
    value = np.where(
        np.isnan(x), nan, np.where(x == np.inf, above, np.where(x == -np.inf, below, widened(x)))
    )
    return Exactly(value.astype(x.dtype))


def _largest(dtype: DType) -> float:
    assert dtype.format is not None
    return float((2.0 - 2.0 ** (1 - dtype.format.digits)) * 2.0**dtype.format.emax)


@clause("torch.bitwise_not", covers="elementwise.bitwise")
def bits_combine_in_twos_complement(op: Op, *operands: Array) -> Outcome:
    """``&``, ``|``, ``^`` and ``~`` combine the bits of integers in two's complement, and bools logically."""
    return value_outcome(op, *operands)


@clause("torch.bitwise_not", covers="elementwise.bitwise")
def floating_numbers_have_no_bits() -> Outcome:
    """``~`` of a floating tensor is an error."""
    return Raises("TypeError")


@clause(
    "torch.bitwise_left_shift",
    covers="elementwise.shifts",
    level="extended",
)
def shifts_multiply_and_divide_by_powers_of_two(op: Op, a: Array, count: Array) -> Outcome:
    """``<<`` multiplies by a power of two and wraps around; ``>>`` keeps the sign of a signed integer."""
    return value_outcome(op, a, count)


@clause("torch.bitwise_right_shift", covers="elementwise.shift-range", level="extended")
def shifts_past_the_width_are_no_errors(a: Array) -> Outcome:
    """A shift by a negative count, or by the width and more, gives elements that nobody specifies."""
    return Structure(dtypes.of_array(a), a.shape)


@clause("torch.lerp; torch.addcmul; torch.addcdiv", covers="elementwise.lerp-addcmul")
def products_and_quotients_are_added(op: Op, *operands: Array) -> Outcome:
    """`lerp` is a + w (b - a), `addcmul` x + value a b, `addcdiv` x + value a / b."""
    return value_outcome(op, *operands)


@clause("torch.addcdiv", covers="elementwise.lerp-addcmul")
def addcdiv_divides_no_integers() -> Outcome:
    """`addcdiv` of integer tensors is an error."""
    return Raises("RuntimeError")


# Numbers and operators.


@clause("torch.eq", covers="elementwise.scalar-wrap-comparison", level="extended", basis="observed")
def a_number_past_the_range_wraps_around(op: Op, x: Array, number: int) -> Outcome:
    """A Python integer becomes one of the tensor's type first, and wraps around there."""
    return value_outcome(op, x, number)


@clause("torch.Tensor", covers="elementwise.python-operators")
def operators_take_a_number_on_the_left(op: Op, number: Number, x: Array) -> Outcome:
    """A Python operator with a number on the left is the function with the number as first operand."""
    return value_outcome(op, number, x)
