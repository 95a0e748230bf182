"""Comparisons, tests, bounds and logical operations. Rows: `tensorcanon.spec.ops`."""

from __future__ import annotations

import numpy as np

from .accuracy import Array, widened
from .clause import clause
from .ops import row
from .ops.op import Op, Value, value_outcome
from .outcome import Exactly, Outcome, Raises, Unspecified
from .rules import dtypes


@clause("torch.clamp", covers="elementwise.clamp")
def clamp_bounds_elements(x: Array, low: Value | None, high: Value | None) -> Outcome:
    """`clamp` is min(max(x, low), high), where either bound may be left out; NaN stays, `high` wins."""
    operands = [value for value in (x, low, high) if value is not None]
    op = row("clamp") if len(operands) == 3 else row("clamp_max" if low is None else "clamp_min")
    return value_outcome(op, *operands)


@clause("torch.clamp", covers="elementwise.clamp")
def clamp_needs_a_bound() -> Outcome:
    """`clamp` without any bound is an error."""
    return Raises("RuntimeError")


@clause("torch.maximum; torch.fmax", covers="elementwise.maximum-minimum")
def extremes_treat_nan_by_their_name(op: Op, a: Array, b: Array) -> Outcome:
    """`maximum` and `minimum` are NaN where either operand is; `fmax` and `fmin` prefer the number."""
    return value_outcome(op, a, b)


@clause("torch.isnan; torch.isinf; torch.isfinite", covers="elementwise.isnan-isinf")
def tests_of_elements_give_bools(op: Op, x: Array) -> Outcome:
    """`isnan`, `isinf`, `isfinite` and their like give bools; a complex number is what either part is."""
    return value_outcome(op, x)


@clause("torch.logical_and", covers="elementwise.logical-ops")
def logical_operations_give_bools(op: Op, *operands: Array) -> Outcome:
    """`logical_and` and its like take whatever is not zero, NaN included, for True, and give bools."""
    return value_outcome(op, *operands)


@clause("torch.eq; torch.lt", covers="elementwise.python-operators")
def comparisons_of_nan_are_false(op: Op, a: Array, b: Array) -> Outcome:
    """``==``, ``<`` and their like compare element by element; of NaN only ``!=`` is True."""
    return value_outcome(op, a, b)


@clause("torch.isclose", covers="elementwise.isclose")
def isclose_is_relative_to_the_second_operand(
    a: Array, b: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Outcome:
    """`isclose` is |a - b| <= atol + rtol |b|; what is not finite is close to its equal only.

    Distances within a rounding error of the tolerance are left open.
    """
    close, settled = _close(a, b, rtol, atol, equal_nan)
    return Exactly(close, where=settled)


@clause("torch.allclose", covers="elementwise.isclose")
def allclose_is_the_conjunction(
    a: Array, b: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Outcome:
    """`allclose` is a Python bool: whether all corresponding elements are close."""
    close, settled = _close(a, b, rtol, atol, equal_nan)
    known = close[settled]
    return Exactly(bool(known.all())) if known.size == close.size or not known.all() else Unspecified()


def _close(a: Array, b: Array, rtol: float, atol: float, equal_nan: bool) -> tuple[Array, Array]:
    x, y = np.broadcast_arrays(widened(a), widened(b))
    fmt = dtypes.of_array(a).format
    eps = 2.0**-22 if fmt is None else 4 * 2.0**-fmt.digits
    with np.errstate(all="ignore"):
        distance, tolerance = np.abs(x - y), atol + rtol * np.abs(y)
        finite = np.isfinite(x) & np.isfinite(y)
        close = (x == y) | (finite & (distance <= tolerance))
        margin = eps * (np.abs(x) + np.abs(y) + tolerance)
        settled = ~finite | (x == y) | (np.abs(distance - tolerance) > margin)
    if equal_nan:
        close = close | (np.isnan(x) & np.isnan(y))
    return np.asarray(close), np.asarray(settled)


@clause("torch.isclose", covers="elementwise.isclose")
def isclose_asks_for_one_type() -> Outcome:
    """`isclose` and `allclose` of tensors of different types are errors."""
    return Raises("RuntimeError")


@clause("torch.equal", covers=("elementwise.equal", "elementwise.equal-dtype"))
def equal_compares_shape_and_elements(a: Array, b: Array) -> Outcome:
    """`equal` is a Python bool: whether shapes and elements agree; types may differ, NaN equals nothing."""
    if a.shape != b.shape:
        return Exactly(False)
    return Exactly(bool((widened(a) == widened(b)).all()))


@clause("complex_numbers", covers=("elementwise.complex-order-error", "elementwise.maximum-minimum"))
def complex_numbers_have_no_order() -> Outcome:
    """Comparisons of order, extremes, sorting and bounds of complex tensors are errors."""
    return Raises("RuntimeError")
