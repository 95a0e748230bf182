"""Order statistics, deviations, norms and counts by value. Rules: `tensorcanon.spec.ops.statistics`."""

from __future__ import annotations

import numpy as np

from .accuracy import Array, dot
from .clause import clause
from .ops import histograms, norms, statistics
from .ops.reductions import Axes, Reduction
from .outcome import Exactly, OneOf, Outcome, Raises, Warns, Within
from .rules import dtypes

# Order statistics.


@clause("torch.median; torch.nanmedian", covers=("reductions.median", "reductions.nan-variants"))
def the_median_is_the_lower_middle_element(array: Array, *, skip_nan: bool) -> Outcome:
    """`median` gives the middle element, of an even number the lower; NaN if one is, `nanmedian` without."""
    value = statistics.median_values(array, None, skip_nan=skip_nan).reshape(())
    return Exactly(value, signed_zero=False)


@clause(
    "torch.median; torch.nanmedian",
    covers=("reductions.median", "reductions.nan-variants", "reductions.max-dim-tie-index"),
)
def the_median_along_a_dim_comes_with_an_index(
    array: Array, dim: int, keepdim: bool, *, skip_nan: bool
) -> Outcome:
    """`median` and `nanmedian` along a dimension give values and indices at which they occur."""
    return statistics.chosen(array, dim, keepdim, statistics.median_values(array, dim, skip_nan=skip_nan))


@clause("torch.quantile; torch.nanquantile", covers=("reductions.quantile", "reductions.nan-variants"))
def quantiles_interpolate_between_sorted_elements(
    array: Array, q: Array, dim: int | None, keepdim: bool, method: str, *, skip_nan: bool
) -> Outcome:
    """`quantile` takes the element at q of the way through the sorted row, between two by the method.

    Several q add a leading dimension; q = 0.5 gives the mean of the middles. A NaN makes the row NaN,
    `nanquantile` leaves it out. Where rounding decides which elements are next to the position, it is open.
    """
    return statistics.quantiles(array, q, dim, keepdim, method, skip_nan=skip_nan)


@clause("torch.quantile", covers="reductions.quantile-range", basis="observed", level="extended")
def quantiles_reach_from_the_least_to_the_greatest(array: Array, *, greatest: bool) -> Outcome:
    """The quantile 0 is the least element and the quantile 1 the greatest: positions run from 0 to n - 1."""
    return Exactly(np.asarray(array.max() if greatest else array.min()), signed_zero=False)


@clause("torch.quantile", covers="reductions.quantile")
def quantile_refuses_other_q_and_types() -> Outcome:
    """`quantile` raises a RuntimeError for q outside [0, 1] and for elements not float32 or float64."""
    return Raises("RuntimeError", from_values=True)


@clause("torch.mode", covers=("reductions.mode", "reductions.max-dim-tie-index"))
def the_mode_is_a_most_frequent_element(array: Array, dim: int, keepdim: bool) -> Outcome:
    """`mode` gives the most frequent element of each row and an index of it; of several any may do."""
    values, sole = statistics.mode_values(array, dim)
    return statistics.chosen(array, dim, keepdim, values, where=sole)


@clause("torch.mode", covers="reductions.mode", basis="observed", level="extended")
def the_least_of_equally_frequent_elements_is_the_mode(array: Array, dim: int, keepdim: bool) -> Outcome:
    """Of several equally frequent elements `mode` gives the least."""
    return statistics.chosen(array, dim, keepdim, statistics.mode_values(array, dim)[0])


# Deviations.


@clause("torch.var; torch.std; torch.var_mean; torch.std_mean", covers="reductions.std-var")
def deviations_are_exact_whatever_the_mean(op: Reduction, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """`var` divides the squared deviations from the mean by the count less 1; `std` is its root.

    `var_mean` and `std_mean` give the mean as well. The error may grow with the ratio of the mean to the
    deviation, not with its square.
    """
    return op.law(array, axes, keepdim)


@clause("torch.var; torch.std", covers="reductions.std-var", basis="observed")
def deviations_of_halves_are_rounded_once(array: Array, axes: Axes, keepdim: bool, *, root: bool) -> Outcome:
    """The deviation of 16-bit floating elements is computed in single precision and rounded at the end."""
    return statistics.once_rounded(array, axes, keepdim, root=root)


@clause("torch.var; torch.std", covers="reductions.std-var")
def correction_lowers_the_count(
    array: Array, axes: Axes, keepdim: bool, correction: float, *, root: bool
) -> Outcome:
    """`correction` is taken from the count, down to 0; `unbiased=False` is a correction of 0."""
    law = statistics.deviation if root else statistics.variance
    return law(array, axes, keepdim, correction)


@clause("torch.var; torch.std", covers="reductions.std-var", basis="observed")
def too_few_elements_have_no_deviation(array: Array, axes: Axes, correction: float, *, root: bool) -> Outcome:
    """Where the correction takes all of the count the result is NaN or infinite, with a UserWarning."""
    law = statistics.deviation if root else statistics.variance
    return Warns("UserWarning", law(array, axes, False, correction))


@clause("torch.cov", covers="reductions.cov-corrcoef", level="extended")
def cov_of_rows_divides_by_the_corrected_count(array: Array, correction: float) -> Outcome:
    """`cov` takes rows for variables and divides by the number of columns less the correction."""
    return statistics.covariance(array, correction)


@clause("torch.corrcoef", covers="reductions.cov-corrcoef", level="extended")
def corrcoef_divides_by_the_deviations(array: Array) -> Outcome:
    """`corrcoef` divides covariances by the deviations of both variables and clips to [-1, 1]."""
    return statistics.correlation(array)


# Norms.


@clause("torch.linalg.vector_norm; torch.norm", covers="reductions.norm")
def vector_norm_is_the_root_of_the_sum_of_powers(
    array: Array, axes: Axes, keepdim: bool, order: float
) -> Outcome:
    """A p-norm is the p-th root of the sum of the p-th powers of the absolute elements.

    The orders inf and -inf give the greatest and least absolute element, 0 the count of what is not zero;
    the default is 2. Where powers leave the type the result is open.
    """
    return norms.vector_norm(array, axes, keepdim, order)


@clause("numerical_accuracy#extremal-values", covers="reductions.norm-overflow", level="extended")
def a_norm_may_overflow_within_its_type_only(array: Array) -> Outcome:
    """The 2-norm of elements whose squares leave float32 may be infinite there; in float64 it is exact."""
    wide = np.asarray(np.sqrt((array.astype(np.longdouble) ** 2).sum()))
    exact = Within(wide, dot(array.size, wide, 8.0), dtypes.of_array(array))
    if array.dtype == np.float64:
        return exact
    return OneOf(Exactly(np.asarray(np.inf, array.dtype)), exact)


@clause("torch.norm", covers="reductions.norm-keepdim", level="extended")
def keepdim_of_norm_is_ignored_without_dim(array: Array) -> Outcome:
    """`torch.norm` without dim and out ignores keepdim and gives a zero-dim tensor."""
    return norms.vector_norm(array, tuple(range(array.ndim)), False)


@clause("torch.cdist", covers="reductions.cdist", level="extended")
def cdist_gives_the_norms_of_all_differences(a: Array, b: Array, order: float) -> Outcome:
    """`cdist` gives the p-norms of the differences of each row of one matrix and each of the other."""
    return norms.distances(a, b, order)


# Counts by value.


@clause("torch.bincount", covers="reductions.bincount")
def bincount_counts_each_value(array: Array, minlength: int) -> Outcome:
    """`bincount` gives how often each integer from 0 to the greatest occurs, at least `minlength` counts."""
    return Exactly(histograms.occurrences(array, minlength))


@clause("torch.bincount", covers=("reductions.bincount", "reductions.bincount-weight-dtype"))
def bincount_sums_weights(array: Array, weights: Array, minlength: int) -> Outcome:
    """With weights `bincount` sums them for each value: in their own type, float64 for integers."""
    return histograms.weighted(array, weights, minlength)


@clause("torch.bincount", covers="reductions.bincount")
def bincount_refuses_what_has_no_bin() -> Outcome:
    """`bincount` of negative values, of a matrix or of floating elements raises a RuntimeError."""
    return Raises("RuntimeError", from_values=True)


@clause("torch.histc", covers="reductions.histc")
def histc_counts_in_bins_of_equal_width(array: Array, bins: int, low: float, high: float) -> Outcome:
    """`histc` counts elements in equal bins from min to max, both included; others and NaN do not count.

    The counts have the input's type. If min and max are both 0 the data's own range is taken.
    """
    if low == high == 0:
        low, high = histograms.data_range(array)
    counts = histograms.equal_width_counts(array, bins, low, high)
    return Exactly(counts.astype(array.dtype))


@clause("torch.histc", covers="reductions.histc", basis="observed")
def histc_needs_a_finite_range_and_a_floating_type() -> Outcome:
    """`histc` over the range of data with an infinity, or of integers, raises a RuntimeError."""
    return Raises("RuntimeError", from_values=True)


@clause("torch.histogram", covers="reductions.histogram", level="extended")
def histogram_gives_weights_and_edges(
    array: Array, edges: Array, weight: Array | None, *, density: bool
) -> Outcome:
    """`histogram` gives the total weight between edges, and the edges; a density integrates to 1."""
    return histograms.histogram(array, edges, weight, density=density)
