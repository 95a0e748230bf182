"""Faults of norms, distances, covariances and counts by value."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import reductions, statistics

from .mutant import Mutant, attribute, kernel, mutant
from .tampering import returned, without


def of_another_order(original: Any) -> Any:
    def wrong(size: Any, order: float, *args: Any) -> Any:
        return original(size, 2.0 if order == 3 else order, *args)

    return wrong


def without_absolute_values(original: Any) -> Any:
    def wrong(input: Tensor, ord: Any = 2, *args: Any, **kwargs: Any) -> Any:
        if ord == float("inf") and input.dtype.is_floating_point:
            dim = args[0] if args else kwargs.get("dim")
            return input.amax(() if dim is None else dim, kwargs.get("keepdim", False))
        return original(input, ord, *args, **kwargs)

    return wrong


def in_single_precision(original: Any) -> Any:
    def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if input.dtype is not dtypes.float64:
            return original(input, *args, **kwargs)
        return original(input.to(dtypes.float32), *args, **kwargs).to(dtypes.float64)

    return wrong


def of_other_shape(original: Any) -> Any:
    def wrong(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Any:
        return original(x1, x2, 2.0 if p == 1.0 else p)

    return wrong


def of_squares(original: Any) -> Any:
    def wrong(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Any:
        found = original(x1, x2, p)
        return fresh(np.array(found.array) ** 2, found.dtype) if p == 2.0 else found

    return wrong


def columns_as_variables(original: Any) -> Any:
    def wrong(input: Tensor, **kwargs: Any) -> Any:
        table = fresh(np.array(input.array).T, input.dtype) if input.ndim == 2 else input
        return original(table, **kwargs)

    return wrong


def half_open(original: Any) -> Any:
    """Leave the last bin open."""

    def wrong(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Any:
        if min == max:
            return original(input, bins, min, max)
        kept = np.array(input.array).reshape(-1)
        return original(fresh(kept[kept != max], input.dtype), bins, min, max)

    return wrong


def clamped(original: Any) -> Any:
    """Count what lies outside in the bins at the ends."""

    def wrong(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Any:
        if min == max:
            return original(input, bins, min, max)
        return original(fresh(np.clip(np.array(input.array), min, max), input.dtype), bins, min, max)

    return wrong


def refusing_nothing(error: type[Exception]) -> Any:
    def make(original: Any) -> Any:
        def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
            try:
                return original(input, *args, **kwargs)
            except error:
                return fresh(np.zeros(1), dtypes.int64)

        return wrong

    return make


NORM = statistics.vector_norm_is_the_root_of_the_sum_of_powers
HISTC = statistics.histc_counts_in_bins_of_equal_width
COUNTS = statistics.bincount_counts_each_value

MUTANTS: list[Mutant] = [
    # Norms, distances, covariances.
    mutant("norm_of_order_3_is_the_2_norm", NORM, attribute("norms:norm_of", of_another_order)),
    mutant("norm_of_order_inf_forgets_signs", NORM, kernel("linalg.vector_norm", without_absolute_values)),
    mutant("norm_drops_the_root", NORM, returned("linalg.vector_norm", np.square)),
    mutant(
        "norm_of_doubles_is_computed_in_single",
        (NORM, statistics.a_norm_may_overflow_within_its_type_only),
        kernel("linalg.vector_norm", in_single_precision),
    ),
    mutant(
        "norm_of_nothing_is_nan",
        reductions.the_reduction_of_nothing_is_the_identity,
        returned(
            "linalg.vector_norm",
            lambda values: values * np.array(np.nan).astype(values.dtype),
            lambda input: not input.numel(),
        ),
    ),
    mutant(
        "keepdim_of_norm_keeps_one_dim",
        statistics.keepdim_of_norm_is_ignored_without_dim,
        returned("linalg.vector_norm", lambda values: values.reshape(-1)),
    ),
    mutant(
        "cdist_of_order_1_is_euclidean",
        statistics.cdist_gives_the_norms_of_all_differences,
        kernel("cdist", of_other_shape),
    ),
    mutant(
        "cdist_drops_the_root",
        statistics.cdist_gives_the_norms_of_all_differences,
        kernel("cdist", of_squares),
    ),
    mutant(
        "cov_takes_columns_for_variables",
        statistics.cov_of_rows_divides_by_the_corrected_count,
        kernel("cov", columns_as_variables),
    ),
    mutant(
        "cov_ignores_the_correction",
        statistics.cov_of_rows_divides_by_the_corrected_count,
        without("cov", "correction"),
    ),
    mutant(
        "corrcoef_is_not_clipped_but_doubled",
        statistics.corrcoef_divides_by_the_deviations,
        returned("corrcoef", lambda values: values * 2),
    ),
    # Counts.
    mutant(
        "bincount_ends_at_minlength",
        COUNTS,
        kernel(
            "bincount",
            lambda original: (
                lambda input, weights=None, minlength=0: (
                    original(input, weights, minlength).narrow(0, 0, minlength)
                    if minlength
                    else original(input, weights, 0)
                )
            ),
        ),
    ),
    mutant(
        "bincount_ignores_minlength",
        (COUNTS, statistics.bincount_sums_weights),
        kernel(
            "bincount", lambda original: lambda input, weights=None, minlength=0: original(input, weights, 0)
        ),
    ),
    mutant(
        "bincount_ignores_weights",
        statistics.bincount_sums_weights,
        kernel(
            "bincount",
            lambda original: lambda input, weights=None, minlength=0: original(input, None, minlength),
        ),
    ),
    mutant("bincount_of_weights_truncates", statistics.bincount_sums_weights, returned("bincount", np.trunc)),
    mutant("bincount_counts_in_a_byte", COUNTS, returned("bincount", lambda values: values.astype(np.int8))),
    mutant(
        "bincount_takes_anything",
        statistics.bincount_refuses_what_has_no_bin,
        kernel("bincount", refusing_nothing(RuntimeError)),
    ),
    mutant("histc_leaves_the_last_bin_open", HISTC, kernel("histc", half_open)),
    mutant("histc_counts_what_lies_outside", HISTC, kernel("histc", clamped)),
    mutant(
        "histc_counts_as_int64",
        HISTC,
        kernel("histc", lambda original: lambda *args, **kwargs: original(*args, **kwargs).to(dtypes.int64)),
    ),
    mutant(
        "histc_takes_anything",
        statistics.histc_needs_a_finite_range_and_a_floating_type,
        kernel("histc", refusing_nothing(RuntimeError)),
    ),
    mutant(
        "histogram_ignores_density",
        statistics.histogram_gives_weights_and_edges,
        without("histogram", "density"),
    ),
    mutant(
        "histogram_ignores_weights",
        statistics.histogram_gives_weights_and_edges,
        without("histogram", "weight"),
    ),
]
