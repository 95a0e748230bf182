"""Norms and distances, exactly, and how far a result may lie from them.

Sources: ``torch.linalg.vector_norm``, ``torch.norm``, ``torch.cdist``.
"""

from __future__ import annotations

import numpy as np

from ..accuracy import Array, dot, widened
from ..outcome import Outcome, Within
from ..rules import dtypes
from .reductions import Axes, Reduction, largest, smallest, terms

# A power and its root are each a few units off, beside the sum.
_POWERS = 8.0


def vector_norm(array: Array, axes: Axes, keepdim: bool, order: float = 2.0) -> Outcome:
    """Return the p-norm; open where a power or their sum leaves the type.

    Raises
    ------
    ValueError
        For an infinite order over no elements: the greatest of none is not defined.
    """
    dtype = dtypes.of_array(array)
    wide = widened(np.abs(widened(array)))
    with np.errstate(all="ignore"):
        exact, inner = _norm(wide, axes, keepdim, order)
        low, high = smallest(dtype), largest(dtype)
        fits = np.asarray((inner >= low) & (inner <= high)) | (exact == 0) | ~np.isfinite(exact)
        powers = wide**order if order not in (0, np.inf, -np.inf) else wide
        sound = np.isnan(wide) | np.isinf(wide) | (wide == 0) | ((powers >= low) & (powers <= high))
        where = fits & np.asarray(sound.all(axes, keepdims=keepdim))
    bound = dot(terms(array.shape, axes), np.where(np.isfinite(exact), exact, 0), _bound_of(order))
    return Within(np.asarray(exact), bound, dtypes.real_of(dtype), where=where, signed_zero=False)


def _norm(wide: Array, axes: Axes, keepdim: bool, order: float) -> tuple[Array, Array]:
    """Return the norm and the sum under the root."""
    if order == 0:
        inner = np.asarray((wide != 0).sum(axes, keepdims=keepdim), wide.dtype)
        return inner, inner
    if np.isinf(order):
        inner = np.asarray((np.max if order > 0 else np.min)(wide, axis=axes, keepdims=keepdim))
        return inner, inner
    inner = np.asarray((wide**order).sum(axes, keepdims=keepdim))
    return np.asarray(inner ** (1 / order)), inner


def _bound_of(order: float) -> float:
    return 1.0 if order in (0, 1, np.inf, -np.inf) else _POWERS


VECTOR_NORM = Reduction(
    "linalg.vector_norm",
    vector_norm,
    (*dtypes.FLOATS, *dtypes.COMPLEXES),
    dtypes.real_of,
    method=False,
    positional=False,
)


def distances(a: Array, b: Array, order: float) -> Outcome:
    """Return the p-norms of the differences of each row of `a` and each row of `b`."""
    dtype = dtypes.of_array(a)
    apart = np.abs(widened(a)[..., :, None, :] - widened(b)[..., None, :, :])
    exact, _ = _norm(apart, (apart.ndim - 1,), False, order)
    count = a.shape[-1]
    # The squared distance may be computed from a product of matrices, which cancels.
    reach = np.abs(widened(a)).max(initial=0) + np.abs(widened(b)).max(initial=0)
    bound = dot(count, exact + (reach if order not in (0, np.inf) else 0), _POWERS)
    return Within(exact, bound, dtype, signed_zero=False)
