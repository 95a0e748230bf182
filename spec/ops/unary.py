"""Functions of one operand. Sources: the pages of the functions, whose formulas they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..rules.dtypes import COMMON, COMPLEXES, FLOATS, INTEGERS, REALS, bool_, float32, float64
from . import special
from .bounds import complement, normal, terms, ulps
from .op import METHOD, METHOD_OUT, Op

_NOT_COMPLEX = (bool_, *REALS)


def _not_nan(x: Any) -> Any:
    return x == x


def _abs(x: Any) -> Any:
    return np.hypot(x.real, x.imag) if x.dtype.kind == "c" else np.abs(x)


def _angle(x: Any) -> Any:
    if x.dtype.kind == "c":
        return np.arctan2(x.imag, x.real)
    return np.where(np.isnan(x), x, np.where(x < 0, np.longdouble(np.pi), 0.0))


def _nan_to_zero(x: Any) -> Any:
    return np.where(np.isnan(x), x.dtype.type(0), x)


def _not_inf(x: Any) -> Any:
    return ~np.isinf(x)


def _rsqrt(x: Any) -> Any:
    return 1 / np.sqrt(x)


def _sinc(x: Any) -> Any:
    turned = np.longdouble(np.pi) * x
    return np.where(x == 0, 1.0, np.sin(turned) / np.where(x == 0, 1.0, turned))


def _digamma_terms(exact: Any, x: Any) -> Any:
    """Left of 0 an error of the argument counts as often as the pole is near."""
    return (np.abs(exact) + 4) * np.where(x < 0, 1 + np.abs(x * exact), 1)


def _ordinary(x: Any) -> Any:
    """Not so small that a step on the way may be flushed to zero."""
    return (x == 0) | ~(np.abs(x) < 1e-37)


def _one(exact: Any, x: Any) -> Any:
    return 1.0


def _moderate(x: Any) -> Any:
    return np.abs(x) < 1e30


def _logit(x: Any) -> Any:
    return np.log(x / (1 - x))


def _off_the_cut(x: Any) -> Any:
    """Off the negative real axis: the documentation does not say to which side a cut belongs."""
    return (x.imag != 0) | (x.real >= 0) if x.dtype.kind == "c" else np.ones(x.shape, bool)


ARITHMETIC = (
    Op("neg", np.negative, REALS, operator="neg", aliases=("negative",)),
    Op(
        "neg",
        np.negative,
        COMPLEXES,
        operator="neg",
        aliases=("negative",),
        signed_zero=False,
        variant="complex",
    ),
    Op("abs", np.abs, REALS, operator="abs", aliases=("absolute",)),
    Op("abs", _abs, COMPLEXES, gives="real", bound=ulps(4), variant="complex", aliases=("absolute",)),
    Op("square", np.square, REALS),
    Op("square", np.square, COMPLEXES, variant="complex", bound=ulps(4)),
    Op("reciprocal", np.reciprocal, (bool_, *INTEGERS, *FLOATS), computes="floating"),
    Op("reciprocal", lambda z: 1 / z, COMPLEXES, variant="complex", bound=ulps(4)),
    Op("conj_physical", np.conj, COMPLEXES),
)
SIGNS = (
    Op("sign", np.sign, _NOT_COMPLEX[1:], defined=_not_nan, signed_zero=False),
    Op("sgn", np.sign, REALS, defined=_not_nan, signed_zero=False),
    Op("sgn", np.sign, COMPLEXES, variant="complex", bound=ulps(4)),
    Op("signbit", np.signbit, FLOATS, gives="bool", forms=METHOD_OUT),
    Op("signbit", lambda x: x < 0, INTEGERS, gives="bool", forms=METHOD_OUT, variant="integer"),
)
ROUNDINGS = (
    Op("floor", np.floor, FLOATS),
    Op("ceil", np.ceil, FLOATS),
    Op("trunc", np.trunc, FLOATS, aliases=("fix",)),
    Op("round", np.rint, FLOATS),
    *(Op(name, np.positive, INTEGERS, variant="integer") for name in ("floor", "ceil", "trunc", "round")),
    Op("frac", lambda x: x - np.trunc(x), FLOATS, signed_zero=False),
)
TESTS = (
    Op("isnan", np.isnan, COMMON, gives="bool", forms=METHOD),
    Op("isinf", np.isinf, COMMON, gives="bool", forms=METHOD),
    Op("isfinite", np.isfinite, COMMON, gives="bool", forms=METHOD),
    Op("isreal", lambda x: np.imag(x) == 0, COMMON, gives="bool", forms=METHOD),
    Op("isposinf", lambda x: x == np.inf, _NOT_COMPLEX, gives="bool", forms=METHOD_OUT),
    Op("isneginf", lambda x: x == -np.inf, _NOT_COMPLEX, gives="bool", forms=METHOD_OUT),
)
BITS = (
    Op("logical_not", lambda x: x == 0, COMMON, gives="bool"),
    Op("bitwise_not", np.invert, (bool_, *INTEGERS), operator="invert"),
)


def _transcendental(name: str, exact: Any, *, complexes: bool = False, **more: Any) -> tuple[Op, ...]:
    real = Op(name, exact, _NOT_COMPLEX, computes="floating", **{"bound": ulps(4), **more})
    if not complexes:
        return (real,)
    return (
        real,
        replace(real, dtypes=COMPLEXES, variant="complex", bound=_COMPLEX_BOUND, defined=_off_the_cut),
    )


# Half of a complex function's parts may be near 0 where its magnitude is not, and conversely.
_COMPLEX_BOUND = terms(16, lambda exact, z: np.abs(exact) + np.minimum(np.abs(z), 1))

EXPONENTIALS = (
    Op("sqrt", np.sqrt, _NOT_COMPLEX, computes="floating", bound=ulps(1)),
    Op("sqrt", np.sqrt, COMPLEXES, variant="complex", bound=ulps(4), defined=_off_the_cut),
    *_transcendental("rsqrt", _rsqrt),
    *_transcendental("exp", np.exp, complexes=True),
    *_transcendental("exp2", np.exp2),
    *_transcendental("expm1", np.expm1, aliases=("special.expm1",)),
    *_transcendental("log", np.log, complexes=True),
    *_transcendental("log2", np.log2, complexes=True),
    *_transcendental("log10", np.log10, complexes=True),
    *_transcendental("log1p", np.log1p),
)
TRIGONOMETRY = (
    *_transcendental("sin", np.sin, complexes=True),
    *_transcendental("cos", np.cos, complexes=True),
    *_transcendental("tan", np.tan),
    *_transcendental("asin", np.arcsin, aliases=("arcsin",)),
    *_transcendental("acos", np.arccos, aliases=("arccos",)),
    *_transcendental("atan", np.arctan, aliases=("arctan",)),
    *_transcendental("sinh", np.sinh, complexes=True),
    *_transcendental("cosh", np.cosh, complexes=True),
    *_transcendental("tanh", np.tanh, aliases=("nn.functional.tanh",)),
    *_transcendental("asinh", np.arcsinh, aliases=("arcsinh",)),
    *_transcendental("acosh", np.arccosh, aliases=("arccosh",)),
    *_transcendental("atanh", np.arctanh, aliases=("arctanh",)),
    *_transcendental("deg2rad", lambda x: x * (np.longdouble(np.pi) / 180)),
    *_transcendental("rad2deg", lambda x: x * (180 / np.longdouble(np.pi))),
    *_transcendental("sinc", _sinc, bound=terms(4, _one), defined=_moderate),
)
ANGLES = (
    Op("angle", _angle, REALS, computes="floating", bound=ulps(1), forms=METHOD_OUT, signed_zero=False),
    Op(
        "angle",
        _angle,
        COMPLEXES,
        gives="real",
        variant="complex",
        bound=ulps(4),
        forms=METHOD_OUT,
        plain=False,
    ),
)
SPECIAL = (
    *_transcendental(
        "sigmoid",
        special.sigmoid,
        bound=normal(8),
        aliases=("special.expit", "nn.functional.sigmoid"),
    ),
    *_transcendental(
        "erf",
        special.erf,
        bound=complement(4),
        defined=_ordinary,
        aliases=("special.erf",),
    ),
    *_transcendental("erfc", special.erfc, aliases=("special.erfc",)),
    *_transcendental("erfinv", special.erfinv, aliases=("special.erfinv",)),
    *_transcendental(
        "lgamma",
        special.lgamma,
        bound=terms(8, lambda exact, x: np.abs(exact) + 1),
        defined=lambda x: (x > -1000) & (x < np.inf),
        aliases=("special.gammaln",),
    ),
    Op(
        "mvlgamma",
        lambda x: special.lgamma(x) + special.lgamma(x - 0.5) + np.log(np.pi) / 2,
        (float32, float64, *INTEGERS),
        computes="floating",
        bound=terms(16, lambda exact, x: np.abs(exact) + np.abs(x) + 1),
        kinds=("positive",),
        defined=lambda x: (x > 0.5) & (x < 1000),
        arguments={"p": 2},
        aliases=("special.multigammaln",),
        plain=False,  # A sum over a further dimension.
    ),
    *_transcendental(
        "digamma",
        special.digamma,
        bound=terms(8, _digamma_terms),
        aliases=("special.digamma",),
    ),
    *_transcendental("i0", special.i0, bound=ulps(8), defined=_not_inf, aliases=("special.i0",)),
    *_transcendental(
        "logit",
        _logit,
        bound=terms(4, lambda exact, x: np.abs(exact) + 1),
        aliases=("special.logit",),
    ),
)
# What becomes of an infinity depends on the type: `elementwise.nan_to_num_replaces_what_is_not_finite`.
REPLACING = (Op("nan_to_num", _nan_to_zero, REALS, defined=_not_inf),)

UNARY = (
    *ARITHMETIC,
    *SIGNS,
    *ROUNDINGS,
    *TESTS,
    *BITS,
    *EXPONENTIALS,
    *TRIGONOMETRY,
    *ANGLES,
    *SPECIAL,
    *REPLACING,
)
