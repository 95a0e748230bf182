"""Ranges: what `Within` allows, told by the least and the greatest element instead of a bound.

Both ends are elements of the type and allowed; their neighbours outside are not, but for what the bound
itself is rounded by. Of the zeros, -0 is the lesser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import accuracy
from .accuracy import Bound
from .comparison import describe, index_text
from .judged import Judged
from .observation import Array, Observation, Seen
from .outcome import Structure, Within
from .rules import dtypes
from .rules.dtypes import DType

_MOST_STEPS = 8


@dataclass(frozen=True, eq=False)
class Ranges(Judged):
    """Floating or complex values, each between two ends that are included; NaN where the ends are NaN.

    Attributes
    ----------
    low, high : ndarray
        In the NumPy type of `dtype`; of complex numbers, each part lies between those of the ends.
    dtype : DType
    strides, dense, where
        As in `Exactly`.
    """

    low: Array
    high: Array
    dtype: DType
    strides: tuple[int, ...] | None = None
    dense: bool = False
    where: Array | None = None

    def refusal(self, seen: Observation) -> str | None:
        structure = Structure(self.dtype, self.low.shape, self.strides, self.dense)
        reason = structure.refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        wrong = ~_each_part(_between, self.low, self.high, seen.value)
        if self.where is not None:
            wrong &= self.where
        if not wrong.any():
            return None
        place = int(np.flatnonzero(wrong)[0])
        low, high, got = (array.reshape(-1)[place] for array in (self.low, self.high, seen.value))
        return f"{got} at {index_text(place, self.low.shape)}, due: from {low} to {high}"

    def __str__(self) -> str:
        shown = Seen(self.dtype, self.low.shape, self.strides, self.low)
        return f"at least {describe(shown)}, and not far above"


def ranges(outcome: Within) -> Ranges:
    """Return the ranges of the elements that an outcome allows."""
    exact = np.asarray(outcome.value)
    if not exact.size:
        nothing = np.zeros(exact.shape, outcome.dtype.storage)
        return Ranges(nothing, nothing, outcome.dtype, outcome.strides, outcome.dense, outcome.where)
    wide = accuracy.widened(np.zeros(1, outcome.dtype.storage)).dtype
    exact = exact.astype(np.promote_types(exact.dtype, wide))
    if outcome.dtype.is_complex:
        real = _ends(exact.real, outcome.bound, outcome.dtype)
        imag = _ends(exact.imag, outcome.bound, outcome.dtype)
        low, high = (_complex(re, im, outcome.dtype) for re, im in zip(real, imag, strict=True))
    else:
        low, high = _signed(*_ends(exact, outcome.bound, outcome.dtype), exact, outcome.signed_zero)
    return Ranges(low, high, outcome.dtype, outcome.strides, outcome.dense, outcome.where)


def _ends(exact: Array, bound: Bound, dtype: DType) -> tuple[Array, Array]:
    """Return the least and the greatest value of the (real) type that lie within a bound."""
    real = dtypes.real_of(dtype)
    assert real.format is not None
    past = exact.dtype.type(2) ** (real.format.emax + 1)
    center = np.clip(np.where(np.isnan(exact), 0, exact), -past, past)
    room = np.maximum(np.abs(center), 1)
    with np.errstate(all="ignore"):
        # A distance grows evenly: from a wide step to the limit, then once more where the step lost digits.
        for _ in range(2):
            scaled = room * (bound.limit / bound.distance(center, center + room, dtype))
            room = np.where(np.isnan(scaled), room, scaled)

    def allowed(end: Array) -> Array:
        far = accuracy.distances(bound, exact, accuracy.widened(end).astype(exact.dtype), dtype)
        return np.asarray(far.astype(np.float64) <= bound.limit)

    def outermost(side: int) -> Array:
        end = _end(center + side * room, side, real, allowed)
        return np.asarray(np.where(np.isfinite(exact), end, exact.astype(real.storage)))

    with np.errstate(all="ignore"):
        return outermost(-1), outermost(1)


def _end(near: Array, side: int, real: DType, allowed: Callable[[Array], Array]) -> Array:
    """Return the outermost value allowed on one side, from a guess that is a few values off at most."""
    end = near.astype(real.storage)
    outward = np.full_like(end, np.asarray(side * np.inf).astype(real.storage))
    for _ in range(_MOST_STEPS):
        inside = allowed(end)
        moved = np.nextafter(end, np.where(inside, outward, -outward))
        settled = inside & ~(allowed(moved) & (moved != end))
        if settled.all():
            break
        end = np.where(settled, end, moved)
    return end


def _signed(low: Array, high: Array, exact: Array, signed_zero: bool) -> tuple[Array, Array]:
    """Return ends whose zeros carry the signs that are due, both signs where they are open."""
    zero = np.zeros_like(low)
    judged = (exact == 0) & signed_zero
    least = np.where(judged & ~np.signbit(exact), zero, np.where(low == 0, -zero, low))
    most = np.where(judged & np.signbit(exact), -zero, np.where(high == 0, zero, high))
    return least, most


def _complex(real: Array, imag: Array, dtype: DType) -> Array:
    parts = np.empty((*real.shape, 2), real.dtype)
    parts[..., 0], parts[..., 1] = real, imag
    return np.asarray(parts.view(dtype.storage).reshape(real.shape))


def _each_part(judge: Callable[..., Array], *arrays: Array) -> Array:
    first = arrays[0]
    if first.dtype.names:
        parts = [judge(*(array[name] for array in arrays)) for name in first.dtype.names]
        return np.asarray(np.logical_and.reduce(parts))
    if first.dtype.kind == "c":
        return judge(*(array.real for array in arrays)) & judge(*(array.imag for array in arrays))
    return judge(*arrays)


def _between(low: Array, high: Array, got: Array) -> Array:
    least, most, seen = (accuracy.widened(array) for array in (low, high, got))
    negative = np.signbit(seen)
    above = (least < seen) | ((least == seen) & ((seen != 0) | ~negative | np.signbit(least)))
    below = (seen < most) | ((seen == most) & ((seen != 0) | negative | ~np.signbit(most)))
    return np.asarray((above & below) | (np.isnan(least) & np.isnan(seen)))
