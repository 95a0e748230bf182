"""Sums of products, exactly, and how far a computed one may lie from them.

Sources: Higham, Accuracy and Stability of Numerical Algorithms, section 3.5, for any order of summation;
``numerical_accuracy#reduced-precision-reduction-for-fp16-and-bf16-gemms`` for types of 16 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..accuracy import Array, Dot, widened
from ..outcome import Exactly, Outcome, Within
from ..rules import dtypes
from ..rules.dtypes import DType

# Types of 16 bits are summed in single precision, save for a few truncations of what is summed so far.
_TRUNCATIONS = 4.0
# A factor, an addend and the result are each rounded once beside the terms.
_ROUNDINGS = 3.0

Contraction = Callable[..., Any]


def sums_of_products(function: Contraction, *operands: Array, absolute: Contraction | None = None) -> Outcome:
    """Return what is allowed for sums of products of one element of each operand.

    Integers wrap around. Where all elements are multiples of 1/8, and so small that no order of summation
    rounds, the result is determined to the last bit.

    Parameters
    ----------
    function : callable
        Of arrays of any type, linear in each.
    *operands : ndarray
        Of one type.
    absolute : callable, optional
        What `function` is for absolute values, where it holds coefficients of its own.
    """
    dtype = dtypes.of_array(operands[0])
    with np.errstate(all="ignore"):
        if dtype.is_integral:
            return Exactly(np.asarray(function(*operands), dtype.storage))
        wide = [widened(operand) for operand in operands]
        exact = np.asarray(function(*wide))
        magnitude = np.asarray((absolute or function)(*map(np.abs, wide)), exact.real.dtype)
        ones = (np.ones(operand.shape) for operand in operands)
        terms = int(np.max((absolute or function)(*ones), initial=0))
        sizes = np.where(_unrounded(magnitude, dtype, operands), 0, magnitude)
    return Within(exact, Dot(sizes, _limit(terms, dtype)), dtype, signed_zero=False)


def _limit(terms: int, dtype: DType) -> float:
    fmt = dtype.format
    assert fmt is not None
    if fmt.digits < 24:
        return _TRUNCATIONS + terms * 2.0 ** (fmt.digits - 24)
    return (2 if dtype.is_complex else 1) * terms + _ROUNDINGS


def _unrounded(magnitude: Array, dtype: DType, operands: tuple[Array, ...]) -> Any:
    """Return where every partial sum is a multiple of one step and has few enough of them to fit."""
    assert dtype.format is not None
    if not all(map(_in_eighths, operands)):
        return False
    # The absolute value of a complex number bounds both of its parts.
    return 2 * magnitude * 8.0 ** len(operands) <= 2.0**dtype.format.digits


def _in_eighths(array: Array) -> bool:
    steps = 8 * widened(array)
    parts = (steps.real, steps.imag) if steps.dtype.kind == "c" else (steps,)
    return all(bool(np.all(np.isfinite(part)) and np.all(part == np.rint(part))) for part in parts)


def scaled(product: Contraction, beta: float, alpha: float) -> tuple[Contraction, Contraction]:
    """Return ``beta * addend + alpha * product`` as a function, and what it is for absolute values."""
    return partial(_scaled, product, beta, alpha), partial(_scaled, product, abs(beta), abs(alpha))


def _scaled(product: Contraction, beta: float, alpha: float, addend: Array, *factors: Array) -> Array:
    result = alpha * product(*factors)
    return np.asarray(beta * np.broadcast_to(addend, result.shape) + result)


def conjugating(product: Contraction) -> Contraction:
    """Return the product of the conjugate of the first operand and the second."""
    return lambda a, b: product(np.conj(a), b)


def inner(a: Array, b: Array) -> Any:
    """Return the sums over both last dimensions."""
    return np.tensordot(a, b, (-1, -1)) if a.ndim and b.ndim else a * b


def kron(a: Array, b: Array) -> Array:
    """Return the elements of one operand times the whole other, each block in the place of its element."""
    ndim = max(a.ndim, b.ndim)
    first, second = ((1,) * (ndim - one.ndim) + one.shape for one in (a, b))
    blocks = a.reshape([size for n in first for size in (n, 1)]) * b.reshape(
        [size for n in second for size in (1, n)]
    )
    return np.asarray(blocks.reshape([n * m for n, m in zip(first, second, strict=True)]))


def cross(a: Array, b: Array, dim: int, combine: Contraction = np.subtract) -> Array:
    """Return the vector products along a dimension of size 3; another function may combine the products."""
    a, b = np.broadcast_arrays(a, b)

    def turned(one: Array, step: int) -> Array:
        return np.take(one, [(step + place) % 3 for place in range(3)], dim)

    return np.asarray(combine(turned(a, 1) * turned(b, 2), turned(a, 2) * turned(b, 1)))
