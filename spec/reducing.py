"""The outcome of reducing values into places: exact for integers, within the bound of the terms otherwise."""

from __future__ import annotations

from . import accuracy
from .observation import Array
from .outcome import Exactly, Outcome, Within
from .rules import dtypes, scattering
from .rules.scattering import Reduction


def reduced_at(
    array: Array,
    places: Array,
    values: Array,
    reduction: Reduction,
    *,
    include_self: bool = True,
    scale: float = 1.0,
) -> Outcome:
    """Return a tensor after a reduction at places, in whatever order the terms of one place are taken.

    Parameters
    ----------
    array, places, values, reduction, include_self
        As in `rules.scattering.reduced`.
    scale : float
        A factor of the error bound, above 1 where the terms are rounded once more.
    """
    dtype = dtypes.of_array(array)
    due = scattering.reduced(array, places, values, reduction, include_self=include_self)
    if dtype.format is None:
        return Exactly(due.value)
    if reduction in ("amax", "amin"):
        return Exactly(due.value.astype(dtype.storage), signed_zero=False)
    bound = accuracy.dot(due.terms, due.magnitude, scale)
    return Within(due.value, bound, dtype, signed_zero=False)
