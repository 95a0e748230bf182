"""How values are compared and told in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from .observation import Array, Failed, Observation, Plain, Seen, Several, Warned


def same_bits(due: Array, seen: Array, *, signed_zero: bool = True) -> Array:
    """Return elementwise whether two arrays of one type hold the same value; NaN equals NaN."""
    if due.dtype.names:
        fields = [same_bits(due[name], seen[name], signed_zero=signed_zero) for name in due.dtype.names]
        return np.asarray(np.logical_and.reduce(fields))
    if due.dtype.kind == "c":
        return same_bits(due.real, seen.real, signed_zero=signed_zero) & same_bits(
            due.imag, seen.imag, signed_zero=signed_zero
        )
    with np.errstate(invalid="ignore"):  # a signalling NaN
        same = np.asarray(due == seen)
        if due.dtype.kind in "biu":
            return same
        if signed_zero:
            same &= np.signbit(due) == np.signbit(seen)
        return np.asarray(same | (np.isnan(due) & np.isnan(seen)))


def same_plain(due: Any, seen: Any) -> bool:
    """Return whether two Python values have one type and are equal; NaN equals NaN, -0.0 differs from 0.0."""
    if isinstance(due, tuple) and isinstance(seen, tuple):
        return len(due) == len(seen) and all(same_plain(d, s) for d, s in zip(due, seen, strict=True))
    if type(due) is not type(seen):
        return False
    if isinstance(due, float | complex):
        return bool(same_bits(np.asarray(due), np.asarray(seen)))
    return bool(due == seen)


def describe(seen: Observation) -> str:
    """Return an observation in one line."""
    match seen:
        case Seen():
            value = "no data" if seen.value is None else array_text(seen.value)
            return f"{value}, a tensor of dtype={seen.dtype}, shape={seen.shape}, strides={seen.strides}"
        case Plain():
            return repr(seen.value)
        case Several():
            return "(" + ", ".join(describe(item) for item in seen.items) + ")"
        case Failed():
            return f"{seen.kind}: {seen.message}"
        case Warned():
            return f"{describe(seen.then)} with warnings {seen.categories}"


def array_text(array: Array) -> str:
    wide = array.astype(np.float32) if array.dtype.kind == "V" and not array.dtype.names else array
    return np.array2string(wide, separator=", ", threshold=40, edgeitems=4, floatmode="unique")


def first_wrong(wrong: Array, due: Array, seen: Array) -> str:
    place = int(np.flatnonzero(wrong)[0])
    count = int(wrong.sum())
    return (
        f"{count} of {wrong.size} elements differ, first at {index_text(place, due.shape)}: "
        f"{seen.reshape(-1)[place]}, due: {due.reshape(-1)[place]}"
    )


def index_text(place: int | None, shape: tuple[int, ...]) -> str:
    return "?" if place is None else str(tuple(int(i) for i in np.unravel_index(place, shape)))
