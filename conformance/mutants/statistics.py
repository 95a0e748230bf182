"""Faults of deviations and order statistics."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference import statistics as source
from tensorcanon.reference.folding import axes_of
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import reductions, statistics

from . import statistics_counts
from .mutant import attribute, kernel, mutant
from .tampering import given, nan_as, returned


def of_raw_moments(original: Any) -> Any:
    """Take the mean square less the squared mean, in single precision at least."""

    def wrong(name: str, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
        variance, center = original(name, input, dim, unbiased, keepdim, correction)
        values = np.array(input.array).astype(input.dtype.compute.numpy)
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        axes = axes_of(input, dim)
        count = np.array(np.prod([input.shape[axis] for axis in axes])).astype(values.real.dtype)
        with np.errstate(all="ignore"):
            square = (np.abs(values) ** 2).sum(axes, keepdims=bool(keepdim)) / count
            first = np.abs(values.sum(axes, keepdims=bool(keepdim)) / count) ** 2
            raw = np.maximum(square - first, 0) * count / np.maximum(count - correction, 0)
        return raw.astype(variance.dtype), center

    return wrong


def with_correction(number: float) -> Any:
    def make(original: Any) -> Any:
        def wrong(name: str, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, _: Any) -> Any:
            return original(name, input, None if isinstance(dim, bool) else dim, None, keepdim, number)

        return wrong

    return make


def silent(original: Any) -> Any:
    def wrong(*args: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return original(*args)

    return wrong


def upper_middle(original: Any) -> Any:
    """Take the upper of two middle elements."""

    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        if input.dtype.is_signed and input.numel():
            negative = fresh(-np.array(input.array), input.dtype)
            found = original(negative, dim, keepdim)
            if isinstance(found, Tensor):
                return fresh(-np.array(found.array), found.dtype)
            return type(found)(fresh(-np.array(found.values.array), input.dtype), found.indices)
        return original(input, dim, keepdim)

    return wrong


def sorting_in_place(original: Any) -> Any:
    def wrong(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        found = original(input, dim, keepdim)
        if input.ndim and 0 not in input.strides:
            input.places[...] = np.sort(np.array(input.array), -1)
        return found

    return wrong


def with_method(method: str) -> Any:
    def make(original: Any) -> Any:
        return lambda *args, **kwargs: original(*args, **{**kwargs, "interpolation": method})

    return make


def q_last(original: Any) -> Any:
    """Put the dimension of several q last."""

    def wrong(input: Tensor, q: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(input, q, *args, **kwargs)
        if isinstance(q, Tensor) and q.ndim:
            return fresh(np.moveaxis(np.array(found.array), 0, -1), found.dtype)
        return found

    return wrong


def any_level(original: Any) -> Any:
    """Clamp q instead of refusing it, and take every type."""

    def wrong(input: Tensor, q: Any, method: str) -> Any:
        if isinstance(q, Tensor):
            q = fresh(np.clip(np.array(q.array), 0, 1), q.dtype)
        else:
            q = min(max(q, 0.0), 1.0)
        return original(input if input.dtype.is_floating_point else input.to(dtypes.float32), q, method)

    return wrong


def up_to_n(original: Any) -> Any:
    """Spread positions over n instead of n - 1."""

    def wrong(ordered: Any, counts: Any, level: Any, method: str) -> Any:
        size = np.maximum(counts - 1, 1)
        return original(ordered, counts, np.minimum(level * counts / size, 1).astype(ordered.dtype), method)

    return wrong


def greatest_of_ties(original: Any) -> Any:
    def wrong(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
        if not input.dtype.is_signed:
            return original(input, dim, keepdim)
        negative = fresh(-np.array(input.array), input.dtype)
        found = original(negative, dim, keepdim)
        return type(found)(fresh(-np.array(found.values.array), input.dtype), found.indices)

    return wrong


def least_element(original: Any) -> Any:
    """Take the least element for the mode."""

    def wrong(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
        found = input.min(dim, keepdim)
        return type(original(input, dim, keepdim))(found.values, found.indices)

    return wrong


def in_the_type_itself(original: Any) -> Any:
    """Round the mean to the type of the elements before it is taken from them."""

    def wrong(name: str, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
        variance, center = original(name, input, dim, unbiased, keepdim, correction)
        if input.dtype not in (dtypes.float16, dtypes.bfloat16):
            return variance, center
        with np.errstate(all="ignore"):
            off = center - center.astype(input.dtype.numpy).astype(center.dtype)
        return variance + (off**2).reshape(variance.shape), center

    return wrong


EXACT = statistics.deviations_are_exact_whatever_the_mean
CORRECTION = statistics.correction_lowers_the_count
FEW = statistics.too_few_elements_have_no_deviation
MEDIAN = statistics.the_median_is_the_lower_middle_element
MEDIAN_ALONG = statistics.the_median_along_a_dim_comes_with_an_index
QUANTILE = statistics.quantiles_interpolate_between_sorted_elements
REACH = statistics.quantiles_reach_from_the_least_to_the_greatest
MODE = statistics.the_mode_is_a_most_frequent_element
CANCELS = "tenstorrent/tt-metal#25100"

MUTANTS = [
    mutant(
        "var_of_halves_rounds_the_mean",
        statistics.deviations_of_halves_are_rounded_once,
        attribute("statistics:_spread", in_the_type_itself),
    ),
    mutant(
        "var_is_the_mean_square_less_the_squared_mean",
        EXACT,
        attribute("statistics:_spread", of_raw_moments),
        fault=CANCELS,
    ),
    mutant(
        "var_is_never_corrected", (EXACT, CORRECTION), attribute("statistics:_spread", with_correction(0))
    ),
    mutant("var_is_always_corrected_by_one", CORRECTION, attribute("statistics:_spread", with_correction(1))),
    mutant("too_few_elements_go_without_a_warning", FEW, attribute("statistics:_spread", silent)),
    mutant(
        "var_of_too_few_elements_is_zero",
        FEW,
        returned("var", lambda values: np.where(np.isfinite(values), values, 0).astype(values.dtype)),
    ),
    mutant("std_is_the_variance", EXACT, returned("std", np.square)),
    mutant(
        "var_mean_swaps_its_results",
        EXACT,
        kernel("var_mean", lambda original: lambda *args, **kwargs: original(*args, **kwargs)[::-1]),
    ),
    mutant(
        "var_of_complex_looks_at_the_real_part",
        EXACT,
        given("var", np.real, lambda input: input.dtype.is_complex),
    ),
    mutant("median_is_the_upper_middle_element", (MEDIAN, MEDIAN_ALONG), kernel("median", upper_middle)),
    mutant(
        "median_skips_nan",
        (MEDIAN, MEDIAN_ALONG, reductions.a_nan_makes_the_result_nan),
        kernel(
            "median",
            lambda original: (
                lambda *args, **kwargs: (
                    original(*args, **kwargs) if not args[0].numel() else source.nanmedian(*args, **kwargs)
                )
            ),
        ),
    ),
    mutant("nanmedian_counts_nan", (MEDIAN, MEDIAN_ALONG), given("nanmedian", nan_as(np.inf))),
    mutant(
        "median_works_in_place", reductions.the_input_is_left_as_it_was, kernel("median", sorting_in_place)
    ),
    mutant(
        "indices_of_median_are_ranks",
        MEDIAN_ALONG,
        returned(
            "median", lambda values: values * 0, lambda input: input.ndim > 0 and input.numel() > 0, item=1
        ),
    ),
    mutant("mode_is_the_least_element", MODE, kernel("mode", least_element)),
    mutant(
        "mode_of_a_tie_is_the_greatest",
        statistics.the_least_of_equally_frequent_elements_is_the_mode,
        kernel("mode", greatest_of_ties),
    ),
    mutant("quantile_is_always_linear", QUANTILE, kernel("quantile", with_method("linear"))),
    mutant("quantile_takes_the_lower_element", QUANTILE, kernel("quantile", with_method("lower"))),
    mutant("several_q_come_last", QUANTILE, kernel("quantile", q_last)),
    mutant(
        "quantile_skips_nan",
        QUANTILE,
        kernel("quantile", lambda original: lambda *args, **kwargs: source.nanquantile(*args, **kwargs)),
    ),
    mutant(
        "nanquantile_propagates_nan",
        QUANTILE,
        kernel("nanquantile", lambda original: lambda *args, **kwargs: source.quantile(*args, **kwargs)),
    ),
    mutant("quantile_positions_reach_to_n", QUANTILE, attribute("statistics:_at_level", up_to_n)),
    mutant(
        "quantile_reaches_one_short",
        REACH,
        attribute(
            "statistics:_at_level",
            lambda original: (
                lambda ordered, counts, level, method: original(
                    ordered, np.maximum(counts - 1, 1), level, method
                )
            ),
        ),
    ),
    mutant(
        "quantile_clamps_q_and_takes_all_types",
        statistics.quantile_refuses_other_q_and_types,
        attribute("statistics:levels_of", any_level),
    ),
    *statistics_counts.MUTANTS,
]
