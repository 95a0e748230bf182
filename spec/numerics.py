"""What finite precision means for results."""

from __future__ import annotations

import numpy as np

from .accuracy import CLOSE, Array, Ulp, dot, widened
from .clause import clause
from .ops.op import Op, converted, value_outcome
from .outcome import Exactly, Outcome, Within
from .rules import dtypes
from .rules.dtypes import DType

_PAGE = "numerical_accuracy"


@clause(_PAGE, covers="numerics.float-precision")
def a_format_keeps_its_digits_only(values: Array, dtype: DType) -> Outcome:
    """A number becomes the nearest of its type, ties to even: float32 has 24 digits and no 2**24 + 1.

    Parameters
    ----------
    values : ndarray
        float64 numbers inside the range of the type.
    dtype : DType
    """
    return Exactly(_nearest(values, dtype))


def _nearest(values: Array, dtype: DType) -> Array:
    """Round to a format by its definition, in float64."""
    fmt = dtype.format
    assert fmt is not None
    _, exponent = np.frexp(values)
    spacing = np.ldexp(1.0, np.maximum(exponent - 1, fmt.emin) - (fmt.digits - 1))
    return converted(np.rint(values / spacing) * spacing, dtype)


@clause(_PAGE, covers="numerics.nonassociative")
def sums_round_at_every_step(a: Array, b: Array, c: Array, left_first: bool) -> Outcome:
    """Each addition rounds, so that (a + b) + c may differ from a + (b + c)."""
    with np.errstate(all="ignore"):
        return Exactly((a + b) + c if left_first else a + (b + c))


@clause(f"{_PAGE}#extremal-values", covers="numerics.overflow-underflow")
def results_past_the_range_are_no_errors(op: Op, *operands: Array) -> Outcome:
    """Past the largest number is infinity, below the smallest normal one are subnormals, then 0.

    What has no value, such as inf - inf or log(-1), is NaN. No exception is raised.
    """
    return value_outcome(op, *operands)


@clause(_PAGE, covers="numerics.nan-comparison")
def nan_is_unordered(op: Op, a: Array, b: Array) -> Outcome:
    """NaN is neither equal to, nor below, nor above anything, itself included; sums and products keep it."""
    return value_outcome(op, a, b)


@clause(_PAGE, covers="numerics.signed-zero")
def zeros_have_a_sign(op: Op, *operands: Array) -> Outcome:
    """-0 equals 0 but keeps its sign through negation, copysign, products and quotients: 1 / -0 is -inf."""
    return value_outcome(op, *operands)


@clause(_PAGE, covers="numerics.half-accumulation")
def half_sums_accumulate_wider(x: Array, dim: int, mean: bool = False) -> Outcome:
    """Sums and means of 16-bit numbers accumulate in float32 at least and are rounded once.

    Parameters
    ----------
    x : ndarray
        Small integers, whose sums float32 holds exactly.
    dim : int
    mean : bool
    """
    exact = x.astype(np.float64).sum(axis=dim)
    dtype = dtypes.of_array(x)
    if mean:
        return Within(exact / x.shape[dim], Ulp(0.51), dtype, signed_zero=False)
    return Exactly(_nearest(exact, dtype), signed_zero=False)


@clause(_PAGE, covers="numerics.sum-accuracy", basis="implementation-defined")
def long_sums_stay_accurate(x: Array) -> Outcome:
    """A sum of a million float32 numbers is added up in blocks: it lies within 1e-5 of the exact sum.

    Added one after the other, a million times 0.1 is off by 1e-2.
    """
    exact = widened(x).sum()
    dtype = dtypes.of_array(x)
    return Within(np.asarray(exact), dot(100, np.abs(widened(x)).sum()), dtype)


@clause("complex_numbers", covers="numerics.complex-arith")
def complex_arithmetic_follows_the_parts(op: Op, *operands: Array) -> Outcome:
    """Complex arithmetic follows from that of the parts: (1+2i)(3-i) is 5+5i, exp(it) is cos t + i sin t."""
    return value_outcome(op, *operands)


@clause("complex_numbers", covers="numerics.complex-arith")
def a_complex_number_has_two_parts(x: Array, imaginary: bool) -> Outcome:
    """`real` and `imag` are the parts, of the floating type of half the width."""
    return Exactly(np.ascontiguousarray(x.imag if imaginary else x.real))


@clause(
    f"{_PAGE}#batched-computations-or-slice-computations", covers="numerics.slice-vs-full", level="extended"
)
def a_slice_agrees_with_the_whole(whole: Array) -> Outcome:
    """Computing on a slice and slicing what was computed agree within tolerance; no more is promised.

    Parameters
    ----------
    whole : ndarray
        The slice of the result that was computed on the whole.
    """
    dtype = dtypes.of_array(whole)
    return Within(widened(whole), CLOSE[dtype.name], dtype, signed_zero=False)


@clause("torch.set_flush_denormal", covers="numerics.denormals", level="extended")
def subnormals_are_flushed_on_request(x: Array, flushing: bool) -> Outcome:
    """Where `set_flush_denormal(True)` returns True, results that would be subnormal are 0."""
    half = (x * x.dtype.type(0.5)).astype(x.dtype)
    return Exactly(np.zeros_like(half) if flushing else half, signed_zero=False)


@clause("tensor_attributes#torch-dtype", covers="numerics.int-exact")
def integers_are_exact(op: Op, *operands: Array) -> Outcome:
    """Integer arithmetic and comparisons are exact up to the limits of the type, far past 2**53."""
    return value_outcome(op, *operands)


@clause("tensor_attributes#torch-dtype", covers="numerics.int-exact")
def integer_sums_are_exact(x: Array) -> Outcome:
    """The sum of int64 numbers is exact up to 2**63 - 1."""
    return Exactly(np.asarray(x.astype(np.int64).sum()))


@clause("tensor_attributes#torch-dtype", covers="numerics.int-exact")
def integer_products_of_matrices_are_exact(a: Array, b: Array) -> Outcome:
    """The matrix product of integers is exact up to the limits of the type."""
    return Exactly(a @ b)


@clause("torch.Tensor.to", covers="numerics.int-exact")
def integers_past_the_digits_round(x: Array) -> Outcome:
    """An integer becomes the nearest float32, ties to even: those past 2**24 may change."""
    return Exactly(_nearest(x.astype(np.float64), dtypes.float32))


@clause("torch.set_num_threads", covers="numerics.threads", level="extended")
def threads_are_as_many_as_set(count: int) -> Outcome:
    """`get_num_threads` gives what `set_num_threads` was given."""
    return Exactly(count)
