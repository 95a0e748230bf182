"""Functions of two operands. Sources: the pages of the functions, whose formulas they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules.dtypes import COMPLEXES, FLOATS, INTEGERS, REALS, bool_
from .bounds import terms, ulps
from .op import FUNCTION, METHOD_OUT, OUT, Op

_NOT_COMPLEX = (bool_, *REALS)
_BITWISE = (bool_, *INTEGERS)
# Exact in every type, and so is their reciprocal where they divide.
_ANY_NUMBERS = (2, -3, 0.5, 2.5, True)
_DIVISORS = (2, -4, 0.5)


def _has_lcm(a: Any, b: Any) -> Any:
    """Return where the least common multiple is a value of the type: the documentation names no other."""
    size = np.abs(a.astype(np.longdouble)) / np.maximum(np.gcd(a, b), 1) * np.abs(b.astype(np.longdouble))
    return size <= np.iinfo(a.dtype).max


def floor_quotient(a: Any, b: Any) -> Array:
    """Return the largest integer not above a quotient, as the remainder of the division tells it.

    Rounding a quotient first may reach the next integer: 1.0 // 0.1 is 9.
    """
    if a.dtype.kind in "biu":
        return np.asarray(a // b)
    rest = np.fmod(a, b)
    quotient = (a - rest) / b
    quotient = np.where((rest != 0) & ((b < 0) != (rest < 0)), quotient - 1, quotient)
    nearest = np.rint(quotient)
    sign = np.copysign(0.0, a / b)
    return np.asarray(np.where(b == 0, a / b, np.where(nearest == 0, sign, nearest)))


def truncated_quotient(a: Any, b: Any) -> Array:
    """Return a quotient rounded towards zero; integers are not converted."""
    if a.dtype.kind not in "biu":
        return np.asarray(np.trunc(a / b))
    quotient = a // b
    return np.asarray(quotient + ((quotient < 0) & (quotient * b != a)).astype(a.dtype))


def remainder(a: Any, b: Any) -> Array:
    """Return what a division rounded down leaves: it has the divisor's sign."""
    rest = np.fmod(a, b)
    return np.asarray(np.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest))


def power(a: Any, b: Any) -> Array:
    """Return a power; integers wrap around, and a negative power of an integer is 0 except of 1 and -1."""
    if a.dtype.kind not in "biu":
        # NumPy takes the square root where all exponents are the same half, which differs at these.
        rooted = (b == 0.5) & ((a == 0) | np.isinf(a)) & (a.dtype.kind == "f")
        return np.asarray(np.where(rooted, np.abs(a), np.power(a, b)))
    negative = b < 0
    odd = (b & 1).astype(bool)
    one = a.dtype.type(1)
    of_minus_one = np.where(odd, a, one)
    below = np.where(a == one, one, np.where((a + one == 0) & (a < 0), of_minus_one, a.dtype.type(0)))
    return np.asarray(np.where(negative, below, np.power(a, np.where(negative, one, b))))


def _xlogy(x: Any, y: Any) -> Any:
    return np.where(np.isnan(y), y, np.where(x == 0, 0.0, x * np.log(y)))


def _xlog1py(x: Any, y: Any) -> Any:
    return np.where(np.isnan(y), y, np.where(x == 0, 0.0, x * np.log1p(y)))


def _step(x: Any, value: Any) -> Any:
    return np.where(x == 0, value, (x > 0).astype(x.dtype))


def _log_sum(exact: Any, a: Any, b: Any) -> Any:
    """The terms of the logarithm of a sum: the larger exponent and what is added to it, at most 1."""
    return np.abs(np.maximum(a, b)) + 1


def _settled_floor(a: Any, b: Any) -> Any:
    """Quotients so small that no rounding on the way, were it to a 16-bit type, reaches the next integer."""
    if a.dtype.kind in "biu":
        return True
    most = 2.0**40 if a.dtype == np.float64 else 2.0**5
    return (np.abs(a / b) < most) | (b == 0) | (a == 0)


def _settled_trunc(a: Any, b: Any) -> Any:
    """Quotients that no rounding, were it to a 16-bit type, takes to an integer or past it."""
    if a.dtype.kind in "biu":
        return True
    quotient = np.abs(a.astype(np.longdouble) / b)
    gap = np.abs(quotient - np.rint(quotient))
    eps = 2.0**-50 if a.dtype == np.float64 else 2.0**-7
    return (quotient == 0) | np.isinf(a) | (b == 0) | (quotient < 2**20) & (gap > quotient * eps)


def _finite_divisor(a: Any, b: Any) -> Any:
    """With an infinite divisor of the other sign: `elementwise.a_remainder_is_smaller_than_its_divisor`."""
    if a.dtype.kind in "biu":
        return True
    return _quotient_in_range(a, b) & (~np.isinf(b) | (a == 0) | ((a < 0) == (b < 0)))


def _both_finite(a: Any, b: Any) -> Any:
    """The documentation says nothing of complex infinities."""
    return np.isfinite(a) & np.isfinite(b)


def _quotient_in_range(a: Any, b: Any) -> Any:
    return True if a.dtype.kind in "biu" else np.isfinite(a / b) | ~np.isfinite(a) | (b == 0)


def _in_range(a: Any, b: Any) -> Any:
    return (b >= 0) & (b < 8 * a.dtype.itemsize)


def _whole(a: Any, b: Any) -> Any:
    return np.abs(b) < 24


def _bits(name: str, function: Any, symbol: str = "", **more: Any) -> Op:
    return Op(name, function, _BITWISE, 2, operator=symbol, **{"numbers": (1, 3), **more})


def _compared(name: str, function: Any, dtypes: Any, *aliases: str) -> Op:
    return Op(name, function, dtypes, 2, gives="bool", operator=name, numbers=(1, -2, 0.5), aliases=aliases)


_QUOTIENT = ("dividend", "divisor")
_COMPLEX_PRODUCT = terms(8, lambda exact, a, b: np.abs(a) * np.abs(b))
_FINITE: dict[str, Any] = {"defined": _both_finite, "signed_zero": False}

ARITHMETIC = (
    Op("add", np.add, _NOT_COMPLEX, 2, operator="add", numbers=(2, -3, 0.5, 2.5)),
    Op("add", np.add, COMPLEXES, 2, operator="add", variant="complex", **_FINITE),
    Op("sub", np.subtract, REALS, 2, operator="sub", numbers=(2, -3, 0.5), aliases=("subtract",)),
    Op("sub", np.subtract, COMPLEXES, 2, operator="sub", variant="complex", **_FINITE),
    Op("rsub", lambda a, b: b - a, REALS, 2, numbers=(2, -3, 0.5), forms=FUNCTION, plain=False),
    Op("mul", np.multiply, _NOT_COMPLEX, 2, operator="mul", numbers=_ANY_NUMBERS, aliases=("multiply",)),
    Op("mul", np.multiply, COMPLEXES, 2, operator="mul", bound=_COMPLEX_PRODUCT, variant="complex"),
)
DIVISION = (
    Op(
        "div",
        np.divide,
        _NOT_COMPLEX,
        2,
        "floating",
        operator="truediv",
        numbers=_DIVISORS,
        aliases=("divide", "true_divide"),
    ),
    Op("div", np.divide, COMPLEXES, 2, operator="truediv", bound=ulps(8), variant="complex"),
    Op(
        "div",
        floor_quotient,
        REALS,
        2,
        kinds=_QUOTIENT,
        numbers=_DIVISORS,
        defined=_settled_floor,
        arguments={"rounding_mode": "floor"},
        variant="floor",
    ),
    Op(
        "div",
        truncated_quotient,
        REALS,
        2,
        kinds=_QUOTIENT,
        numbers=_DIVISORS,
        defined=_settled_trunc,
        arguments={"rounding_mode": "trunc"},
        variant="trunc",
    ),
    Op(
        "floor_divide",
        floor_quotient,
        REALS,
        2,
        kinds=_QUOTIENT,
        numbers=_DIVISORS,
        defined=_settled_floor,
        operator="floordiv",
    ),
    Op(
        "remainder",
        remainder,
        REALS,
        2,
        kinds=_QUOTIENT,
        numbers=_DIVISORS,
        defined=_finite_divisor,
        signed_zero=False,
        operator="mod",
    ),
    Op("fmod", np.fmod, REALS, 2, kinds=_QUOTIENT, numbers=_DIVISORS, defined=_quotient_in_range),
)
POWERS = (
    Op("pow", power, INTEGERS, 2, operator="pow", numbers=(2, 3, 0), variant="integer"),
    Op("pow", power, FLOATS, 2, operator="pow", numbers=(2, 3, 0, 1.5, -1, -2), bound=ulps(4)),
    Op(
        "float_power",
        power,
        _NOT_COMPLEX,
        2,
        "double",
        bound=ulps(4),
        numbers=(2, 1.5),
        forms=METHOD_OUT,
    ),
    Op("ldexp", lambda x, n: x * np.exp2(n), FLOATS, 2, kinds=("any", "small"), defined=_whole, plain=False),
)
EXTREMES = (
    Op("maximum", np.maximum, _NOT_COMPLEX, 2, forms=METHOD_OUT, signed_zero=False),
    Op("minimum", np.minimum, _NOT_COMPLEX, 2, forms=METHOD_OUT, signed_zero=False),
    Op("fmax", np.fmax, _NOT_COMPLEX, 2, forms=METHOD_OUT, signed_zero=False),
    Op("fmin", np.fmin, _NOT_COMPLEX, 2, forms=METHOD_OUT, signed_zero=False),
    Op("clamp_min", np.maximum, REALS, 2, numbers=(0, -1, 2), signed_zero=False),
    Op("clamp_max", np.minimum, REALS, 2, numbers=(0, -1, 2), signed_zero=False),
)
COMPARISONS = (
    _compared("eq", np.equal, _NOT_COMPLEX),
    _compared("ne", np.not_equal, _NOT_COMPLEX, "not_equal"),
    _compared("lt", np.less, _NOT_COMPLEX, "less"),
    _compared("le", np.less_equal, _NOT_COMPLEX, "less_equal"),
    _compared("gt", np.greater, _NOT_COMPLEX, "greater"),
    _compared("ge", np.greater_equal, _NOT_COMPLEX, "greater_equal"),
)
LOGIC = tuple(
    Op(name, function, _NOT_COMPLEX, 2, gives="bool")
    for name, function in (
        ("logical_and", lambda a, b: (a != 0) & (b != 0)),
        ("logical_or", lambda a, b: (a != 0) | (b != 0)),
        ("logical_xor", lambda a, b: (a != 0) ^ (b != 0)),
    )
)
COMPLEX = tuple(
    replace(op, dtypes=COMPLEXES, numbers=(), variant="complex") for op in (*COMPARISONS[:2], *LOGIC)
)
BITS = (
    _bits("bitwise_and", np.bitwise_and, "and_"),
    _bits("bitwise_or", np.bitwise_or, "or_"),
    _bits("bitwise_xor", np.bitwise_xor, "xor"),
    *(
        Op(
            name,
            function,
            INTEGERS,
            2,
            kinds=("any", "shift"),
            defined=_in_range,
            numbers=(1, 3),
            operator=symbol,
        )
        for name, function, symbol in (
            ("bitwise_left_shift", np.left_shift, "lshift"),
            ("bitwise_right_shift", np.right_shift, "rshift"),
        )
    ),
)
DIVISORS = (
    Op("gcd", np.gcd, INTEGERS, 2, kinds=("dividend",)),
    Op("lcm", lambda a, b: np.abs(np.lcm(a, b)), INTEGERS, 2, kinds=("small",), defined=_has_lcm),
)
FLOATING = (
    Op("atan2", np.arctan2, _NOT_COMPLEX, 2, "floating", bound=ulps(4), aliases=("arctan2",)),
    Op("hypot", np.hypot, FLOATS, 2, bound=ulps(4)),
    Op("copysign", np.copysign, _NOT_COMPLEX, 2, "floating", numbers=(2, -0.0), plain=False),
    Op("nextafter", np.nextafter, FLOATS[2:], 2),
    Op("heaviside", _step, REALS, 2, promotes=False, defined=lambda x, value: x == x),
    Op("logaddexp", np.logaddexp, FLOATS, 2, bound=terms(4, _log_sum), forms=METHOD_OUT, signed_zero=False),
    Op("logaddexp2", np.logaddexp2, FLOATS, 2, bound=terms(4, _log_sum), forms=METHOD_OUT, signed_zero=False),
    Op("xlogy", _xlogy, _NOT_COMPLEX, 2, "floating", bound=ulps(4), numbers=(2, 0.5), signed_zero=False),
    Op("special.xlog1py", _xlog1py, _NOT_COMPLEX, 2, "floating", bound=ulps(4), forms=OUT, signed_zero=False),
)

BINARY = (
    *ARITHMETIC,
    *DIVISION,
    *POWERS,
    *EXTREMES,
    *COMPARISONS,
    *LOGIC,
    *COMPLEX,
    *BITS,
    *DIVISORS,
    *FLOATING,
)
