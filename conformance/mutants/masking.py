"""Faults of masks and conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import masking

from .mutant import attribute, kernel, mutant
from .storing import BLOCK, reading_storage

Kernel = Callable[..., Any]


def _first_row_only(original: Kernel) -> Kernel:
    def fill(input: Tensor, mask: Tensor, value: Any) -> Any:
        result = original(input, mask, value)
        if mask.ndim < input.ndim and result.shape == input.shape and input.shape[0]:
            kept = np.array(input.array)
            kept[0] = result.array[0]
            return fresh(kept, input.dtype)
        return result

    return fill


def _first_row_of_size_one(original: Kernel) -> Kernel:
    def fill(input: Tensor, mask: Tensor, value: Any) -> Any:
        if mask.ndim and mask.ndim == input.ndim and mask.shape[0] == 1 < input.shape[0]:
            spread = np.zeros(input.shape[:1] + mask.shape[1:], np.bool_)
            spread[0] = mask.array[0]
            mask = fresh(spread)
        return original(input, mask, value)

    return fill


def _repeated_mask(original: Kernel) -> Kernel:
    def fill(input: Tensor, mask: Tensor, value: Any) -> Any:
        if mask.shape[-1:] != input.shape[-1:] and mask.shape[-1:] != (1,) and mask.dtype is dtypes.bool_:
            mask = fresh(np.resize(mask.array, input.shape))
        return original(input, mask, value)

    return fill


def _first_value(original: Kernel) -> Kernel:
    def fill(input: Tensor, mask: Tensor, value: Any) -> Any:
        if isinstance(value, Tensor) and value.numel():
            value = fresh(value.array.reshape(-1)[0], value.dtype)
        return original(input, mask, value)

    return fill


def _any_mask(original: Kernel) -> Kernel:
    return lambda input, mask, *args: original(input, fresh(mask.array != 0), *args)


def _block(original: Kernel) -> Kernel:
    def select(input: Tensor, mask: Tensor) -> Any:
        return fresh(original(input, mask).array[: BLOCK // 4], input.dtype)

    return select


def _by_place(original: Kernel) -> Kernel:
    def scatter(input: Tensor, mask: Tensor, source: Tensor) -> Any:
        if source.numel() and input.shape == mask.shape and source.dtype is input.dtype:
            places = np.flatnonzero(mask.array)
            if places.size <= source.numel():
                source = fresh(source.array.reshape(-1)[places % source.numel()], source.dtype)
        return original(input, mask, source)

    return scatter


def _repeated_source(original: Kernel) -> Kernel:
    def scatter(input: Tensor, mask: Tensor, source: Tensor) -> Any:
        if 0 < source.numel() < mask.numel():
            source = fresh(np.resize(source.array, mask.shape), source.dtype)
        return original(input, mask, source)

    return scatter


def _first_block_only(original: Kernel) -> Kernel:
    """With an input broadcast along dimension 0, the condition counts in the first row only."""

    def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
        spread = isinstance(input, Tensor) and condition.ndim > 1 and input.ndim < condition.ndim
        if spread and condition.shape[0] > 1 and condition.dtype is dtypes.bool_:
            condition = fresh(np.broadcast_to(condition.array[:1], condition.shape))
        return original(condition, input, other)

    return where


def _first_of_expanded(original: Kernel) -> Kernel:
    """A condition with stride 0 is read as if it had the elements."""

    def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
        if 0 in condition.strides and condition.numel() and input is not None:
            kept = np.zeros(condition.shape, np.bool_)
            kept[0] = condition.array[0]
            condition = fresh(kept)
        return original(condition, input, other)

    return where


def _blending(original: Kernel) -> Kernel:
    def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
        result = original(condition, input, other)
        if isinstance(result, tuple) or not result.dtype.is_floating_point:
            return result
        with np.errstate(all="ignore"):
            unused = original(condition, other, input).array * result.dtype.numpy.type(0)
            return fresh(result.array + unused, result.dtype)

    return where


def _first_type(original: Kernel) -> Kernel:
    def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
        result = original(condition, input, other)
        return fresh(result.array, input.dtype) if isinstance(input, Tensor) else result

    return where


def _any_condition(original: Kernel) -> Kernel:
    def where(condition: Tensor, *values: Any) -> Any:
        return original(fresh(condition.array != 0) if values else condition, *values)

    return where


def _value_error(original: Kernel) -> Kernel:
    def broadcast(*shapes: Any) -> Any:
        try:
            return original(*shapes)
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    return broadcast


def _matrix(original: Kernel) -> Kernel:
    def where(condition: Tensor, *values: Any) -> Any:
        return original(condition, *values) if values else fresh(np.argwhere(condition.array != 0))

    return where


def _by_column(original: Kernel) -> Kernel:
    def rows(array: Any) -> Any:
        found = original(array)
        return found[np.lexsort(found.T)] if found.size else found

    return rows


def _without_nan(original: Kernel) -> Kernel:
    def rows(array: Any) -> Any:
        return original(np.where(np.isnan(array), 0, array) if array.dtype.kind in "fc" else array)

    return rows


def _no_dims(original: Kernel) -> Kernel:
    return lambda input: original(input) if input.ndim else ()


def _finding_nan(original: Kernel) -> Kernel:
    def isin(elements: Any, test_elements: Any, **options: Any) -> Any:
        found = original(elements, test_elements, **options)
        if isinstance(elements, Tensor) and elements.dtype.is_floating_point and not options.get("invert"):
            return fresh(found.array | np.isnan(elements.array))
        return found

    return isin


def _as_tensors(original: Kernel) -> Kernel:
    def isin(elements: Any, test_elements: Any, **options: Any) -> Any:
        if not isinstance(elements, Tensor):
            elements = fresh(np.asarray(elements) * 1)
        return original(elements, test_elements, **options)

    return isin


MUTANTS = [
    mutant(
        "masked_fill_of_a_shorter_mask_fills_the_first_row",
        masking.masked_fill_fills_where_the_mask_is_true,
        kernel("masked_fill", _first_row_only),
        fault="tracel-ai/burn#5730",
    ),
    mutant(
        "masked_fill_of_a_single_row_fills_the_first_row",
        masking.masked_fill_fills_where_the_mask_is_true,
        kernel("masked_fill", _first_row_of_size_one),
        fault="tracel-ai/burn#5730",
    ),
    mutant(
        "masked_fill_repeats_a_mask_of_another_size",
        masking.a_mask_that_does_not_broadcast_is_refused,
        kernel("masked_fill", _repeated_mask),
    ),
    mutant(
        "masked_fill_takes_the_first_of_several_values",
        masking.masked_fill_takes_no_value_with_dimensions,
        kernel("masked_fill", _first_value),
    ),
    mutant("masks_may_be_bytes", masking.a_mask_is_a_bool_tensor, kernel("masked_select", _any_mask)),
    mutant(
        "masked_select_ends_after_a_block",
        masking.masked_select_lists_what_the_mask_picks,
        kernel("masked_select", _block),
    ),
    mutant(
        "masked_select_reads_in_storage_order",
        masking.masked_select_lists_what_the_mask_picks,
        kernel("masked_select", reading_storage),
    ),
    mutant(
        "masked_scatter_takes_the_source_at_its_places",
        masking.masked_scatter_deals_out_the_source,
        kernel("masked_scatter", _by_place),
    ),
    mutant(
        "masked_scatter_repeats_a_short_source",
        masking.masked_scatter_deals_out_the_source,
        kernel("masked_scatter", _repeated_source),
    ),
    mutant(
        "where_ignores_the_condition_after_the_first_block",
        masking.where_chooses_elementwise,
        kernel("where", _first_block_only),
        fault="tracel-ai/burn#5730",
    ),
    mutant(
        "where_reads_an_expanded_condition_once",
        masking.where_chooses_elementwise,
        kernel("where", _first_of_expanded),
    ),
    mutant("where_blends_its_values", masking.where_chooses_elementwise, kernel("where", _blending)),
    mutant(
        "where_takes_the_type_of_its_first_value",
        masking.where_chooses_elementwise,
        kernel("where", _first_type),
    ),
    mutant(
        "shapes_of_where_are_a_value_error",
        masking.values_of_where_must_broadcast,
        attribute("masking:broadcast", _value_error),
    ),
    mutant(
        "where_takes_any_condition", masking.a_condition_is_a_bool_tensor, kernel("where", _any_condition)
    ),
    mutant(
        "where_of_a_condition_is_a_matrix",
        masking.where_of_a_condition_gives_its_coordinates,
        kernel("where", _matrix),
    ),
    mutant(
        "nonzero_goes_by_column",
        masking.nonzero_lists_coordinates_in_order,
        attribute("masking:_rows", _by_column),
    ),
    mutant(
        "nan_counts_as_zero",
        (masking.nonzero_lists_coordinates_in_order, masking.argwhere_lists_coordinates_as_nonzero_does),
        attribute("masking:_rows", _without_nan),
    ),
    mutant(
        "a_zero_dim_tensor_has_no_coordinates",
        (masking.nonzero_as_a_tuple_lists_each_dimension, masking.where_of_a_condition_gives_its_coordinates),
        attribute("masking:_coordinates", _no_dims),
    ),
    mutant("isin_finds_nan", masking.isin_tests_membership_of_each_element, kernel("isin", _finding_nan)),
    mutant(
        "isin_ignores_invert",
        masking.isin_tests_membership_of_each_element,
        kernel(
            "isin",
            lambda original: lambda elements, test_elements, **options: original(elements, test_elements),
        ),
    ),
    mutant("isin_compares_two_numbers", masking.isin_of_two_numbers_is_refused, kernel("isin", _as_tensors)),
]
