"""Reductions and running results. Rules: `tensorcanon.spec.ops.reductions` and `.cumulative`."""

from __future__ import annotations

import numpy as np

from .accuracy import Array, Ulp, dot
from .clause import clause
from .ops import cumulative, statistics
from .ops import reductions as ops
from .ops.cumulative import Scan
from .ops.reductions import Axes, Reduction, Shape
from .outcome import Each, Exactly, Outcome, Raises, Structure, Warns, Within
from .rules import dtypes, promotion
from .rules.broadcasting import broadcast_shapes
from .rules.dims import DimError, wrap_dims
from .rules.dtypes import Category, DType

_SUMS = "torch.sum; torch.mean; torch.prod"

# Shapes, types and arguments.


@clause(_SUMS, covers="reductions.dim-keepdim")
def reduced_dims_vanish_or_stay_with_size_one(
    op: Reduction, dtype: DType, shape: Shape, axes: Axes, keepdim: bool
) -> Outcome:
    """A reduction removes the dimensions it reduces, or keeps them with size 1 under `keepdim`.

    Negative dimensions count from the end; without a dimension all are reduced. The result has the type
    that the operation gives for its input's.
    """
    due = Structure(op.result(dtype), ops.reduced_shape(shape, axes, keepdim))
    if op.name in ("var_mean", "std_mean"):
        return Each((due, Structure(dtype, due.shape)))
    return Each((due, due), names=op.names) if op.names else due


@clause("torch.sum; torch.amax", covers="reductions.dim-keepdim", basis="observed")
def dims_out_of_range_or_given_twice_are_errors(dims: tuple[int, ...], ndim: int) -> Outcome:
    """A dimension outside the range is an IndexError; the same dimension twice is a RuntimeError."""
    try:
        wrap_dims(dims, ndim)
    except DimError:
        return Raises("IndexError")
    except RuntimeError:
        return Raises("RuntimeError")
    raise ValueError("the dimensions are in range and distinct")


@clause("torch.sum; torch.any", covers="reductions.empty-dim-tuple", basis="observed", level="extended")
def no_dims_means_all_dims_but_for_all_and_any(op: Reduction, dtype: DType, shape: Shape) -> Outcome:
    """An empty tuple of dimensions reduces all of them; `all` and `any` then reduce none."""
    unreduced = op.name in ("all", "any")
    return Structure(op.result(dtype), shape if unreduced else ())


@clause(_SUMS, covers="reductions.sum-mean-values")
def the_input_is_left_as_it_was(array: Array) -> Outcome:
    """A reduction, a running result, an order statistic or a norm does not change its input."""
    return Exactly(array)


# Sums, means and products.


@clause(_SUMS, covers="reductions.sum-mean-values")
def sums_means_and_products_are_the_exact_ones(
    op: Reduction, array: Array, axes: Axes, keepdim: bool
) -> Outcome:
    """`sum`, `mean` and `prod` give the exact value, but for the rounding of any order of evaluation.

    The error is bounded by the sum of the absolute terms. Where a partial result may leave the type, the
    value is open.
    """
    return op.law(array, axes, keepdim)


@clause("torch.sum; torch.mean", covers="reductions.sum-mean-values", basis="observed")
def sums_of_halves_are_rounded_once(op: Reduction, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """A sum or mean of 16-bit floating elements is computed in single precision and rounded at the end."""
    return ops.once_rounded(op, array, axes, keepdim)


@clause("torch.sum; torch.prod; torch.cumsum; torch.cumprod", covers="reductions.sum-dtype")
def integers_and_bools_accumulate_as_int64(op: Reduction | Scan, array: Array, *place: object) -> Outcome:
    """Sums and products, running ones too, of integer or bool elements are int64: True counts as 1.

    Values beyond 64 bits are open.
    """
    return op.law(array, *place)  # type: ignore[arg-type]


@clause("torch.sum; torch.prod; torch.mean; torch.cumsum", covers="reductions.sum-dtype")
def dtype_argument_casts_before_accumulation(
    op: Reduction | Scan, array: Array, dtype: DType, *place: object
) -> Outcome:
    """Under `dtype` the elements are converted before they are combined, and the result has that type."""
    due = op.law(array.astype(dtype.storage), *place)  # type: ignore[arg-type]
    if isinstance(due, Exactly):
        return Exactly(due.value.astype(dtype.storage), where=due.where)
    return due


@clause("torch.mean; torch.std; torch.nanmean", covers="reductions.mean-int-error")
def mean_and_deviation_of_integers_are_errors(dtype: DType) -> Outcome:
    """`mean`, `nanmean`, `var` and `std` of integer or bool elements are an error unless `dtype` is given."""
    if dtype.category >= Category.FLOATING:
        raise ValueError("a floating or complex type has a mean")
    return Raises("RuntimeError")


@clause(
    "numerical_accuracy#batched-computations-or-slice-computations",
    covers="reductions.order-nonassociative",
)
def a_slice_sums_to_about_what_the_batch_has(array: Array, place: int, *, of_slice: bool) -> Outcome:
    """The sum of a slice and the slice of a sum are both near the exact value; bits may differ."""
    if of_slice:
        return ops.total(array[place], (array.ndim - 2,), False)
    batch = ops.total(array, (array.ndim - 1,), False)
    assert isinstance(batch, Within)
    return Within(batch.value[place], dot(array.shape[-1], ops.magnitudes(array[place]).sum(-1)), batch.dtype)


@clause("torch.Tensor.__format__", covers="reductions.max-min-format", basis="observed")
def a_zero_dim_result_is_formatted_as_its_number(number: float, spec: str) -> Outcome:
    """Formatting a zero-dim tensor formats the Python number it holds."""
    return Exactly(format(number, spec))


# Nothing to reduce.


@clause("torch.mean; torch.all", covers="reductions.empty-identities", basis="observed")
def the_reduction_of_nothing_is_the_identity(
    op: Reduction, array: Array, axes: Axes, keepdim: bool
) -> Outcome:
    """Over no elements `sum` is 0, `prod` 1, `all` True, `any` False, `logsumexp` -inf, a norm 0, a count 0.

    `mean`, `nanmean`, `var` and `std` are NaN, the last two with a UserWarning.
    """
    due = op.law(array, axes, keepdim)
    return Warns("UserWarning", due) if op.name in ("var", "std") else due


@clause("torch.median", covers="reductions.empty-identities", basis="observed")
def the_median_of_nothing_is_nan(dtype: DType) -> Outcome:
    """The median of a floating tensor without elements is NaN."""
    return Exactly(np.full((), np.nan).astype(dtype.storage))


@clause("torch.max; torch.amax; torch.argmax", covers="reductions.empty-errors", basis="observed")
def extremes_of_nothing_are_errors(name: str, shape: Shape, dims: Axes | int | None) -> Outcome:
    """Reducing no elements to an extreme is an IndexError, without a dimension a RuntimeError.

    `argmax` and `argmin` raise an IndexError in either case. Along a dimension that has elements the
    result is empty.
    """
    if dims is None:
        return Raises("IndexError" if name.startswith("arg") else "RuntimeError")
    axes = ops.axes_of(dims, len(shape))
    if ops.terms(shape, axes) == 0:
        return Raises("IndexError")
    return Structure(shape=ops.reduced_shape(shape, axes, False))


@clause("torch.aminmax", covers="reductions.empty-errors")
def aminmax_along_an_empty_dim_is_a_runtime_error() -> Outcome:
    """`aminmax` along a dimension of size 0 raises a RuntimeError."""
    return Raises("RuntimeError")


# Extremes.


@clause("torch.amax; torch.amin; torch.aminmax", covers="reductions.amax-amin")
def amax_and_amin_are_the_extreme_elements(op: Reduction, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """`amax` and `amin` give the extreme element over one or several dimensions; `aminmax` gives both.

    A NaN is an extreme in either direction.
    """
    return op.law(array, axes, keepdim)


@clause("torch.max; torch.min", covers=("reductions.max-dim", "reductions.max-dim-tie-index"))
def extremes_along_a_dim_come_with_their_indices(
    array: Array, dim: int, keepdim: bool, *, largest: bool
) -> Outcome:
    """`max` and `min` along a dimension give a named tuple of values and of int64 indices of them.

    Which index a tie gives is open.
    """
    values = statistics.extreme_values(array, dim, largest=largest)
    return statistics.chosen(array, dim, keepdim, values)


@clause("torch.max; torch.min", covers="reductions.max-binary")
def the_extreme_of_all_elements_is_a_zero_dim_tensor(array: Array, *, largest: bool) -> Outcome:
    """`max` and `min` without a dimension give the extreme of all elements."""
    law = ops.greatest if largest else ops.least
    return law(array, tuple(range(array.ndim)), False)


@clause("torch.max; torch.maximum", covers="reductions.max-binary")
def max_of_two_tensors_is_elementwise(a: Array, b: Array, *, largest: bool) -> Outcome:
    """`max` and `min` of two tensors are `maximum` and `minimum`: elementwise, broadcast, promoted."""
    choose = np.maximum if largest else np.minimum
    operands = [promotion.Operand(dtypes.of_array(x), x.ndim) for x in (a, b)]
    storage = promotion.result_type(*operands).storage
    shape = broadcast_shapes(a.shape, b.shape)
    with np.errstate(all="ignore"):
        found = np.asarray(choose(a.astype(storage), b.astype(storage)))
    return Exactly(np.broadcast_to(found, shape).astype(storage), signed_zero=False)


@clause("torch.argmax; torch.argmin", covers="reductions.argmax-tie")
def argmax_is_the_first_index_of_the_extreme(
    array: Array, dim: int | None, keepdim: bool, *, largest: bool
) -> Outcome:
    """`argmax` and `argmin` give the first index of the extreme, without a dimension that of the flat tensor.

    The first NaN counts as the extreme.
    """
    return Exactly(statistics.first_extreme(array, dim, keepdim, largest=largest).astype(np.int64))


@clause("torch.amax; torch.max", covers=("reductions.max-grad", "reductions.amax-amin"))
def the_gradient_of_an_extreme_is_shared_by_ties(
    array: Array, axes: Axes, gradient: Array, *, largest: bool
) -> Outcome:
    """`amax`, `amin` and the extreme of all elements pass their gradient in equal parts to all that tie."""
    due = ops.shared_gradient(array, axes, gradient, largest=largest)
    return Within(due, Ulp(1), dtypes.of_array(array), signed_zero=False)


@clause("torch.max; torch.min", covers="reductions.max-grad")
def the_gradient_of_an_extreme_along_a_dim_goes_to_its_index(
    array: Array, dim: int, indices: Array, gradient: Array
) -> Outcome:
    """`max` and `min` along a dimension pass their gradient to the element whose index they gave."""
    source, axis = statistics.rows(array, dim)
    kept = np.expand_dims(indices, axis) if array.ndim else indices.reshape(1)
    due = np.zeros(source.shape, array.dtype)
    np.put_along_axis(due, kept, gradient.reshape(kept.shape), axis)
    return Exactly(due.reshape(array.shape), signed_zero=False)


# NaN.


@clause("torch.nanmean; torch.median; torch.aminmax", covers="reductions.nan-propagation")
def a_nan_makes_the_result_nan(result: DType, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """Sums, means, products, extremes, deviations and medians over elements with a NaN are NaN."""
    hit = np.asarray(np.isnan(array).any(axes, keepdims=keepdim))
    return Exactly(np.full(hit.shape, np.nan).astype(result.storage), where=hit)


@clause("torch.cumsum; torch.cummax", covers="reductions.nan-propagation", basis="observed")
def a_nan_makes_all_later_results_nan(array: Array, dim: int) -> Outcome:
    """Running sums, products and extremes are NaN from the first NaN on."""
    source, axis = statistics.rows(array, dim)
    hit = np.logical_or.accumulate(np.isnan(source), axis).reshape(array.shape)
    return Exactly(np.full(array.shape, np.nan).astype(array.dtype), where=hit)


@clause("torch.max; torch.argmax", covers="reductions.nan-propagation", basis="observed")
def the_index_of_an_extreme_is_that_of_the_first_nan(array: Array, dim: int) -> Outcome:
    """In a row with NaN, `max` and `min` along a dimension point to the first NaN."""
    hit = np.isnan(statistics.rows(array, dim)[0])
    axis = statistics.rows(array, dim)[1]
    due = statistics.first_extreme(array, dim, False, largest=True).astype(np.int64)
    return Exactly(due, where=np.asarray(hit.any(axis)).reshape(due.shape))


@clause("torch.nansum; torch.nanmean", covers="reductions.nan-variants")
def nan_variants_reduce_the_other_elements(op: Reduction, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """`nansum` and `nanmean` leave NaN out; of NaN alone they give 0 and NaN."""
    return op.law(array, axes, keepdim)


# Tests and counts.


@clause("torch.all; torch.any", covers="reductions.prod-all-any")
def all_and_any_test_for_non_zero(op: Reduction, array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """`all` and `any` take what is not zero, NaN included, for True; they give bool, for uint8 uint8."""
    return op.law(array, axes, keepdim)


@clause("torch.count_nonzero", covers="reductions.count-nonzero")
def count_nonzero_counts_what_is_not_zero(array: Array, axes: Axes) -> Outcome:
    """`count_nonzero` counts the elements that are not zero, NaN included, as int64."""
    return ops.nonzero_count(array, axes, False)


# Sums of exponentials and running results.


@clause("torch.logsumexp", covers="reductions.logsumexp")
def logsumexp_does_not_overflow(array: Array, axes: Axes, keepdim: bool) -> Outcome:
    """`logsumexp` gives the logarithm of the sum of exponentials wherever that is finite.

    Of -inf alone it is -inf; integers give the default floating type.
    """
    return ops.log_sum_exp(array, axes, keepdim)


@clause("torch.cumsum; torch.cumprod; torch.cummax; torch.logcumsumexp", covers="reductions.cumulative")
def running_results_combine_the_elements_so_far(op: Scan, array: Array, dim: int) -> Outcome:
    """`cumsum`, `cumprod`, `logcumsumexp`, `cummax` and `cummin` combine, at each place, all up to it.

    The shape is the input's; the last two give a named tuple of values and of int64 indices of them.
    """
    return op.law(array, dim)


@clause("torch.cummax; torch.cummin", covers="reductions.cum-tie-index", basis="observed", level="extended")
def running_extremes_point_to_the_latest_of_equal_elements(
    array: Array, dim: int, *, largest: bool
) -> Outcome:
    """Of several places of the extreme so far, `cummax` and `cummin` give the latest."""
    return Exactly(cumulative.latest_index(array, dim, largest=largest))


@clause("torch.diff", covers="reductions.diff")
def diff_subtracts_each_element_from_the_next(
    array: Array, n: int, dim: int, prepend: Array | None, append: Array | None
) -> Outcome:
    """`diff` subtracts each element from the next, n times, what is prepended and appended included.

    Bool elements differ by exclusive or; integers keep their low bits.
    """
    return cumulative.difference(array, n, dim, prepend, append)


@clause("torch.trapezoid; torch.cumulative_trapezoid", covers="reductions.trapezoid", level="extended")
def trapezoid_sums_the_means_of_neighbours(
    y: Array, spacing: Array | float, dim: int, *, cumulative_: bool
) -> Outcome:
    """`trapezoid` sums the means of neighbours times their distances; its cumulative form shows each sum."""
    return cumulative.trapezoid(y, spacing, dim, cumulative=cumulative_)
