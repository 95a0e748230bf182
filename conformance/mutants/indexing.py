"""Faults of indexing."""

from __future__ import annotations

from typing import Any

from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import indexing
from tensorcanon.spec.rules import strides

from .index_parts import integers, slices, span
from .indexing_tensors import MUTANTS as TENSORS
from .indexing_writing import MUTANTS as WRITING
from .mutant import attribute, kernel, mutant

_VIEWS = (
    indexing.a_write_through_a_window_reaches_the_tensor,
    indexing.a_write_to_the_tensor_shows_in_a_window,
)


def _late_start(part: slice, size: int) -> slice:
    return slice(part.start - 1, part.stop, part.step) if part.start is not None and part.start < 0 else part


def _whole_steps(part: slice, size: int) -> slice:
    start, stop, step = part.indices(size)
    length = (stop - start) // step
    return slice(start, start + length * step, step) if length > 0 else part


def _row_major(original: Any) -> Any:
    def basic(input: Any, parts: Any) -> Any:
        view = original(input, parts)
        if any(isinstance(part, slice) and part != slice(None) for part in parts):
            view.strides = strides.contiguous_strides(view.shape)
        return view

    return basic


def _without_surplus(original: Any) -> Any:
    def resolve(index: Any, window: Any) -> Any:
        while sum(map(span, index)) > len(window.shape) and type(index[-1]) is int:
            index = index[:-1]
        return original(index, window)

    return resolve


def _copying(original: Any) -> Any:
    return lambda input, parts: fresh(original(input, parts).array, input.dtype)


def _reversed(original: Any) -> Any:
    def resolve(index: Any, window: Any) -> Any:
        plain = len(index) > 1 and all(type(part) is int for part in index)
        return original(index[::-1] if plain else index, window)

    return resolve


MUTANTS = [
    mutant(
        "negative_integers_count_from_the_end_minus_one",
        indexing.an_integer_selects_a_place_and_drops_the_dimension,
        integers(lambda part, size: part - 1 if -size < part < 0 else part),
        fault="torch-spyre/torch-spyre#1333",
    ),
    mutant(
        "an_integer_keeps_the_dimension",
        indexing.an_integer_selects_a_place_and_drops_the_dimension,
        integers(lambda part, size: slice(part, part + 1 or None)),
    ),
    mutant(
        "a_negative_start_counts_from_the_end_minus_one",
        (indexing.a_slice_takes_a_range_as_python_does, indexing.basic_indices_make_one_window),
        slices(_late_start),
        fault="torch-spyre/torch-spyre#1333",
    ),
    mutant(
        "a_slice_ends_before_its_last_step",
        indexing.a_slice_takes_a_range_as_python_does,
        slices(_whole_steps),
    ),
    mutant(
        "a_stop_beyond_the_end_leaves_the_last_place_out",
        indexing.a_slice_takes_a_range_as_python_does,
        slices(lambda part, size: slice(part.start, -1, part.step) if (part.stop or 0) > size + 0 else part),
    ),
    mutant(
        "ellipsis_stands_for_one_dimension",
        indexing.none_adds_and_ellipsis_fills_dimensions,
        attribute(
            "indexing:parts_of",
            lambda original: lambda key: [slice(None) if p is Ellipsis else p for p in original(key)],
        ),
    ),
    mutant(
        "none_goes_to_the_front",
        indexing.none_adds_and_ellipsis_fills_dimensions,
        attribute(
            "indexing:parts_of",
            lambda original: lambda key: sorted(original(key), key=lambda p: p is not None),
        ),
    ),
    mutant(
        "sliced_windows_have_row_major_strides",
        (indexing.basic_indices_make_one_window, indexing.a_slice_takes_a_range_as_python_does),
        kernel("_basic_index", _row_major),
    ),
    mutant(
        "the_offset_of_a_window_is_zero",
        indexing.a_window_starts_at_its_first_element,
        attribute("tensor:Tensor.storage_offset", lambda original: lambda self: 0),
        fault="torch-spyre/torch-spyre#3018",
    ),
    mutant(
        "integers_apply_from_the_innermost_dimension",
        indexing.indices_apply_from_the_outermost_dimension_inwards,
        attribute("indexing:resolve", _reversed),
    ),
    mutant("windows_are_copies", _VIEWS, kernel("_basic_index", _copying)),
    mutant(
        "integers_out_of_range_wrap_around",
        indexing.an_integer_out_of_range_raises,
        integers(lambda part, size: part % size if size else part),
    ),
    mutant(
        "surplus_integers_are_ignored",
        indexing.more_indices_than_dimensions_raise,
        attribute("indexing:resolve", _without_surplus),
    ),
    mutant(
        "a_step_counts_by_its_size",
        indexing.a_step_that_is_not_positive_raises,
        slices(lambda part, size: slice(part.start, part.stop, abs(part.step or 1))),
    ),
    *TENSORS,
    *WRITING,
]
