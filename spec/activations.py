"""Activation functions and the softmax family. Rows: `tensorcanon.spec.ops.activations`."""

from __future__ import annotations

import numpy as np

from .accuracy import Array, Dot, widened
from .clause import clause
from .ops.op import Op, converted, value_outcome
from .outcome import Outcome, Structure, Warns, Within
from .rules import dtypes, softmax
from .rules.dtypes import DType


@clause("nn.functional; nn.ReLU", covers="elementwise.activations", basis="implementation-defined")
def activations_follow_their_formula(op: Op, x: Array) -> Outcome:
    """Activation functions lie near their formula, also far from zero."""
    return value_outcome(op, x)


@clause("nn.functional.softmax; nn.Softmax", covers="elementwise.softmax", basis="implementation-defined")
def softmax_is_normalised_exponentials(x: Array, dim: int, dtype: DType | None = None) -> Outcome:
    """`softmax` is exp(x) over its sum along a dimension, for x of any size; a type converts x first."""
    given = converted(x, dtype or dtypes.of_array(x))
    wide, kind = widened(given), dtypes.of_array(given)
    with np.errstate(all="ignore"):
        exact = softmax.softmax(wide, dim)
        magnitude = exact * (1 + softmax.spread(wide, dim)) + _least(kind)
    return Within(exact, Dot(magnitude, 8 + _length(x, dim)), kind)


@clause("nn.functional.log_softmax", covers="elementwise.softmax", basis="implementation-defined")
def log_softmax_stays_finite(x: Array, dim: int) -> Outcome:
    """`log_softmax` is the logarithm of the softmax, finite where x is."""
    wide, kind = widened(x), dtypes.of_array(x)
    with np.errstate(all="ignore"):
        exact = softmax.log_softmax(wide, dim)
        magnitude = 1 + 2 * softmax.spread(wide, dim)
    return Within(exact, Dot(magnitude, 4 + _length(x, dim)), kind, signed_zero=False)


@clause("nn.functional.softmin", covers="elementwise.softmax", basis="implementation-defined")
def softmin_is_the_softmax_of_the_negative(x: Array, dim: int) -> Outcome:
    """`softmin(x)` is `softmax(-x)`."""
    return softmax_is_normalised_exponentials.rule(-x, dim)


@clause("nn.functional.softmax", covers="elementwise.softmax")
def a_softmax_without_dimension_warns(x: Array) -> Outcome:
    """Without a dimension, the softmax of ``nn.functional`` chooses one and warns."""
    return Warns("UserWarning", Structure(dtypes.of_array(x), x.shape))


def _length(x: Array, dim: int) -> int:
    return x.shape[dim] if x.ndim else 1


def _least(dtype: DType) -> float:
    """An exponential below the smallest normal number may be flushed to zero."""
    assert dtype.format is not None
    return float(2.0 ** (dtype.format.emin + dtype.format.digits - 1))
