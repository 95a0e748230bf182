"""Functions around the gamma function. Sources: ``torch.polygamma``, ``torch.igamma``, ``torch.mvlgamma``.

Their mathematics is in the NIST Digital Library of Mathematical Functions, chapters 5, 8 and 25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorcanon.spec.ops import special

from . import dtypes
from .dispatch import op
from .folding import lacks_kernel
from .kernels import Array, elementwise, promoted
from .tensor import Tensor

# The coefficients B(2k) / (2k)! of the Euler-Maclaurin formula.
_EULER = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600)
_DIRECT = 12


def zeta(order: int, start: Array) -> Array:
    """Return the sums of ``(start + k) ** -order`` over all k, for positive starts and orders from 2 on."""
    total = sum((start + k) ** -order for k in range(_DIRECT))
    far = start + _DIRECT
    total = total + far ** (1 - order) / (order - 1) + far**-order / 2
    factor = order * far ** (-order - 1)
    for k, coefficient in enumerate(_EULER, start=1):
        total = total + coefficient * factor
        factor = factor * (order + 2 * k - 1) * (order + 2 * k) / (far * far)
    return np.asarray(total)


def polygamma_of(order: int, x: Array) -> Array:
    """Return a derivative of digamma, or digamma itself."""
    x = np.asarray(x, np.float64)
    if order == 0:
        return np.asarray(special.digamma(x), np.float64)
    power = order + 1
    scale = (-1.0) ** power * math.factorial(order)
    return np.asarray(np.where(np.isneginf(x), np.nan, scale * _sums(power, x)))


def _sums(power: int, start: Array) -> Array:
    """Return `zeta` of any start; below 0 the sum is split where its terms change their sign."""
    whole = np.floor(start)
    pole = (start <= 0) & (start == whole)
    part = np.where(start == whole, 0.5, start - whole)
    passed = zeta(power, 1 - part) - zeta(power, 1 - part - whole)
    below = zeta(power, part) + (-1.0) ** power * passed
    found = np.where(start > 0, zeta(power, np.where(start > 0, start, 1.0)), below)
    return np.asarray(np.where(pole, np.inf, found))


@op("polygamma", function=False, inplace=True)
def polygamma(input: Tensor, n: int) -> Tensor:
    """Return the n-th derivative of digamma.

    Raises
    ------
    RuntimeError
        For a negative order.
    NotImplementedError
        For complex numbers.
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if input.dtype.is_complex:
        raise lacks_kernel("polygamma", input.dtype)
    return elementwise(lambda x: polygamma_of(n, x), input, floating=True)


@op("special.polygamma", "polygamma", method=False, composite=True, out=True)
def polygamma_by_order(n: int, input: Tensor) -> Any:
    """Return the n-th derivative of digamma, the order given first."""
    return input.polygamma(n)


@op("mvlgamma", "special.multigammaln", inplace=True, out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Return the logarithm of the multivariate gamma function.

    Raises
    ------
    RuntimeError
        For bool, and for fewer than one dimension.
    """
    if input.dtype is dtypes.bool_:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if input.dtype.is_complex:
        raise lacks_kernel("lgamma_cpu", input.dtype)
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    constant = p * (p - 1) / 4 * math.log(math.pi)

    def compute(x: Array) -> Any:
        wide = np.asarray(x, np.float64)
        return sum(special.lgamma(wide - step / 2) for step in range(p)) + constant

    return elementwise(compute, input, floating=True)


# Incomplete gamma functions.


def _check_gamma(name: str, input: Any, other: Any) -> None:
    kind = promoted(input, other)
    if not kind.is_floating_point:
        raise lacks_kernel(f"{name}_cpu", kind)


@op("igamma", "special.gammainc", inplace=True, out=True)
def igamma(input: Tensor, other: Tensor) -> Tensor:
    """Return the share of the gamma integral of order ``input`` below ``other``; NaN below 0.

    Raises
    ------
    NotImplementedError
        For integers and complex numbers.
    """
    _check_gamma("igamma", input, other)
    return elementwise(lambda a, x: shares(a, x)[0], input, other)


@op("igammac", "special.gammaincc", inplace=True, out=True)
def igammac(input: Tensor, other: Tensor) -> Tensor:
    """Return the share of the gamma integral of order ``input`` above ``other``; errors as for `igamma`."""
    _check_gamma("igammac", input, other)
    return elementwise(lambda a, x: shares(a, x)[1], input, other)


_MOST_STEPS = 10_000
_LARGE = 1e5


def shares(order: Any, bound: Any) -> tuple[Array, Array]:
    """Return the shares of the gamma integral below and above a bound."""
    a, x = np.broadcast_arrays(np.asarray(order, np.float64), np.asarray(bound, np.float64))
    inside = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    own, at = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
    large = own > _LARGE
    usual = np.where(large, 1.0, own)
    start = np.where(large, 1.0, at)
    by_series = start <= usual + 1
    low = _series(np.where(by_series, usual, 1.0), np.where(by_series, start, 1.0))
    high = _fraction(np.where(by_series, 1.0, usual), np.where(by_series, 2.0, start))
    below, above = np.where(by_series, low, 1 - high), np.where(by_series, 1 - low, high)
    if large.any():
        pair = _expanded(np.where(large, own, 2 * _LARGE), np.where(large, at, 2 * _LARGE))
        below, above = (np.where(large, far, near) for far, near in zip(pair, (below, above), strict=True))
    zero = ((x == 0) & (a > 0)) | (np.isposinf(a) & (x >= 0) & np.isfinite(x))
    one = ((a == 0) & (x > 0)) | (np.isposinf(x) & (a >= 0) & np.isfinite(a))
    edges = [zero, one, inside]
    return np.select(edges, [0.0, 1.0, below], np.nan), np.select(edges, [1.0, 0.0, above], np.nan)


def _weight(a: Array, x: Array) -> Array:
    """Return ``x ** a * exp(-x) / gamma(a + 1)``, for large orders by Stirling's formula around the peak."""
    apart = (x - a) / a
    near = a * (np.log1p(apart) - apart) - 1 / (12 * a) + 1 / (360 * a**3) - np.log(2 * np.pi * a) / 2
    return np.asarray(np.exp(np.where(a > 50, near, a * np.log(x) - x - special.lgamma(a + 1))))


def _series(a: Array, x: Array) -> Array:
    """Return the share below, by the power series."""
    term, total = np.ones_like(x), np.ones_like(x)
    for step in range(1, _MOST_STEPS):
        term = term * x / (a + step)
        total = total + term
        if (term <= total * 1e-17).all():
            break
    return total * _weight(a, x)


def _fraction(a: Array, x: Array) -> Array:
    """Return the share above, by the continued fraction in Lentz's form."""
    tiny = 1e-300
    step = x + 1 - a
    upper, lower = np.full_like(x, 1 / tiny), 1 / step
    value = lower
    for count in range(1, _MOST_STEPS):
        numerator = -count * (count - a)
        step = step + 2
        lower = numerator * lower + step
        lower = 1 / np.where(np.abs(lower) < tiny, tiny, lower)
        upper = step + numerator / upper
        upper = np.where(np.abs(upper) < tiny, tiny, upper)
        value = value * lower * upper
        if (np.abs(lower * upper - 1) < 1e-16).all():
            break
    return value * _weight(a, x) * a


def _expanded(a: Array, x: Array) -> tuple[Array, Array]:
    """Return both shares by Temme's expansion for large orders."""
    apart = (x - a) / a
    height = np.sqrt(np.maximum(2 * (apart - np.log1p(apart)), 0)) * np.sign(apart)
    safe = np.abs(height) > 1e-3
    first = 1 / np.where(safe, apart, 1) - 1 / np.where(safe, height, 1)
    rest = np.where(safe, first, -1 / 3 + height / 12)
    rest = rest * np.exp(-a * height * height / 2) / np.sqrt(2 * np.pi * a)
    half = height * np.sqrt(a / 2)
    return special.erfc(-half) / 2 - rest, special.erfc(half) / 2 + rest
