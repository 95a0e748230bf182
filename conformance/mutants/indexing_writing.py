"""Faults of assignment through an index, of `index_put` and of membership."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import indexing

from .mutant import attribute, kernel, mutant
from .storing import BLOCK, writing_its_input


def _rounding(original: Any) -> Any:
    def copy(input: Tensor, src: Any, *args: Any) -> Any:
        if isinstance(src, Tensor) and src.dtype.is_floating_point and input.dtype.is_integral:
            src = fresh(np.round(src.array.astype(np.float64)), src.dtype)
        return original(input, src, *args)

    return copy


def _repeating_in_order(original: Any) -> Any:
    def copy(input: Tensor, src: Any, *args: Any) -> Any:
        if isinstance(src, Tensor) and src.shape == (*input.shape[:-1], 1) and input.numel():
            src = fresh(np.resize(src.array, input.shape), src.dtype)
        return original(input, src, *args)

    return copy


def _lost_on_strides(original: Any) -> Any:
    def write(input: Tensor, parts: Any, value: Any) -> Any:
        written = original(input, parts, value)
        return written if input.is_contiguous() else fresh(input.array, input.dtype)

    return write


def _cut_off(original: Any) -> Any:
    def write(input: Tensor, parts: Any, value: Any) -> Any:
        short = tuple(part[:BLOCK] if isinstance(part, np.ndarray) else part for part in parts)
        return original(input, parts if isinstance(value, Tensor) and value.ndim else short, value)

    return write


def _by_place(original: Any) -> Any:
    """The values of a mask are taken at the places of its True elements."""

    def write(input: Tensor, parts: Any, value: Any) -> Any:
        first = parts[0]
        if (
            isinstance(value, Tensor)
            and isinstance(first, np.ndarray)
            and value.shape[:1] == first.shape != (0,)
        ):
            value = fresh(value.array[first % len(first)], value.dtype)
        return original(input, parts, value)

    return write


def _converting(original: Any) -> Any:
    def write(view: Tensor, picked: Any, value: Any, *, by_mask: bool) -> None:
        if isinstance(value, Tensor):
            value = fresh(value.array, view.dtype)
        original(view, picked, value, by_mask=by_mask)

    return write


def _adding_differences(original: Any) -> Any:
    def write(input: Tensor, parts: Any, value: Any) -> Any:
        written = original(input, parts, value)
        if input.dtype.rule.name == "bool" or not isinstance(value, Tensor):
            return written
        key, sums = tuple(parts), np.array(input.array)
        np.add.at(sums, key, value.array - sums[key])
        return fresh(sums, input.dtype)

    return write


def _once_each(original: Any) -> Any:
    def put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Any:
        if not accumulate:
            return original(input, indices, values)
        key = tuple(index.array for index in indices)
        added = np.array(input.array)
        added[key] += values.array
        return fresh(added, input.dtype)

    return put


MUTANTS = [
    mutant(
        "assignment_rounds_to_integers",
        indexing.basic_assignment_converts_and_broadcasts,
        kernel("copy_", _rounding),
    ),
    mutant(
        "assignment_of_a_column_repeats_it_in_row_major_order",
        indexing.basic_assignment_converts_and_broadcasts,
        kernel("copy_", _repeating_in_order),
        fault="pytorch/pytorch#105277",
    ),
    mutant(
        "values_that_do_not_fit_are_a_value_error",
        indexing.a_value_that_does_not_broadcast_is_refused,
        attribute("indexing:expandable", lambda original: lambda *shapes: True),
    ),
    mutant(
        "assignment_by_index_tensors_to_a_strided_tensor_is_lost",
        indexing.assignment_by_index_tensors_writes_in_place,
        kernel("_write_at_", _lost_on_strides),
        fault="pytorch/pytorch#165257",
    ),
    mutant(
        "assignment_of_a_number_ends_after_a_block",
        indexing.assignment_by_index_tensors_writes_in_place,
        kernel("_write_at_", _cut_off),
    ),
    mutant(
        "assignment_by_a_mask_takes_values_at_its_places",
        indexing.assignment_by_a_mask_uses_up_the_values_in_order,
        kernel("_write_at_", _by_place),
    ),
    mutant(
        "assignment_by_index_tensors_converts",
        indexing.assignment_by_index_tensors_needs_one_type,
        attribute("indexing:_write_picked", _converting),
    ),
    mutant(
        "augmented_assignment_adds_for_each_repeat",
        indexing.augmented_assignment_updates_each_place_once,
        kernel("_write_at_", _adding_differences),
    ),
    mutant(
        "index_put_changes_its_input",
        indexing.index_put_writes_as_assignment_does,
        kernel("index_put", writing_its_input),
    ),
    mutant(
        "index_put_accumulates_one_value_of_each_place",
        indexing.index_put_accumulates_every_value,
        kernel("index_put", _once_each),
        fault="torch-spyre/torch-spyre#3638",
    ),
    mutant(
        "membership_asks_whether_all_are_equal",
        indexing.membership_asks_whether_any_element_is_equal,
        attribute(
            "tensor:Tensor.__contains__",
            lambda original: lambda self, element: bool((self.array == element).all()),
        ),
    ),
    mutant(
        "membership_compares_bits",
        indexing.membership_asks_whether_any_element_is_equal,
        attribute(
            "tensor:Tensor.__contains__",
            lambda original: (
                lambda self, element: (
                    original(self, element) or (element != element and bool(np.isnan(self.array).any()))
                )
            ),
        ),
    ),
]
