"""Faults of index tensors and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import indexing

from .index_parts import masks, tensors
from .mutant import attribute, kernel, mutant
from .storing import BLOCK, in_storage_order


def _outer(original: Any) -> Any:
    def advanced(input: Any, parts: Any) -> Any:
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        if len(arrays) < 2 or any(array.ndim != 1 for array in arrays):
            return original(input, parts)
        opened = iter(np.ix_(*arrays))
        return original(
            input, tuple(next(opened) if isinstance(part, np.ndarray) else part for part in parts)
        )

    return advanced


def _picked_first(original: Any) -> Any:
    def advanced(input: Any, parts: Any) -> Any:
        result = original(input, parts)
        at = [place for place, part in enumerate(parts) if isinstance(part, np.ndarray)]
        rank = np.broadcast(*(parts[place] for place in at)).ndim
        if at == list(range(at[0], at[-1] + 1)):
            moved = np.moveaxis(result.array, range(at[0], at[0] + rank), range(rank))
            return fresh(moved, result.dtype)
        return result

    return advanced


def _as_numpy(original: Any) -> Any:
    def resolve(index: Any, window: Any) -> Any:
        if any(isinstance(part, np.ndarray) and part.ndim for part in index):
            index = tuple(np.array([part]) if type(part) is int else part for part in index)
        return original(index, window)

    return resolve


def _flat_rest(original: Any) -> Any:
    def get(input: Any, key: Any) -> Any:
        result = original(input, key)
        by_mask = hasattr(key, "dtype") and key.dtype.rule.name == "bool"
        return result.view(-1) if by_mask and 0 < key.ndim < input.ndim else result

    return get


def _cut(mask: Any, size: int) -> Any:
    kept = mask.copy()
    kept.reshape(-1)[BLOCK:] = False
    return kept


def _by_column(original: Any) -> Any:
    def advanced(input: Any, parts: Any) -> Any:
        at = [place for place, part in enumerate(parts) if isinstance(part, np.ndarray)]
        if (
            len(at) == 2
            and parts[at[0]].ndim == 1 == parts[at[1]].ndim
            and parts[at[0]].size == parts[at[1]].size
        ):
            order = np.argsort(parts[at[1]], kind="stable")
            parts = tuple(part[order] if place in at else part for place, part in enumerate(parts))
        return original(input, parts)

    return advanced


def _unstrided(original: Any) -> Any:
    return lambda part: original(in_storage_order(part) if hasattr(part, "storage") else part)


def _range_as_view(original: Any) -> Any:
    def get(input: Any, key: Any) -> Any:
        result = original(input, key)
        if hasattr(key, "dtype") and key.dtype.is_integral and key.ndim == 1 and key.numel():
            first = int(key.array[0])
            if first >= 0 and np.array_equal(key.array, np.arange(first, first + key.numel())):
                return original(input, slice(first, first + key.numel()))
        return result

    return get


def _filled_up(mask: Any, size: int) -> Any:
    if mask.ndim != 1 or mask.size >= size:
        return mask
    return np.concatenate([mask, np.zeros(size - mask.size, np.bool_)])


def _truncating(original: Any) -> Any:
    def index_array(part: Any) -> Any:
        if hasattr(part, "dtype") and not isinstance(part, np.ndarray) and part.dtype.is_floating_point:
            part = fresh(part.array.astype(np.int64))
        return original(part)

    return index_array


def _bytes_as_integers(original: Any) -> Any:
    def index_array(part: Any) -> Any:
        if hasattr(part, "storage") and part.dtype.rule.name == "uint8":
            part = fresh(part.array.astype(np.int64))
        return original(part)

    return index_array


def _other_kind(error: type[Exception]) -> Any:
    def make(original: Any) -> Any:
        def check(*args: Any) -> Any:
            try:
                return original(*args)
            except (IndexError, RuntimeError) as raised:
                raise error(str(raised)) from raised

        return check

    return make


def _every_integer(original: Any) -> Any:
    """A zero-dim integer index tensor keeps its dimension."""

    def index_array(part: Any) -> Any:
        found = original(part)
        return np.array([found]) if type(found) is int else found

    return index_array


MUTANTS = [
    mutant(
        "negative_places_of_index_tensors_read_the_first",
        (indexing.an_integer_tensor_gathers_slices, indexing.index_tensors_select_pointwise),
        tensors(lambda part, size: np.maximum(part, 0)),
    ),
    mutant(
        "repeated_places_are_read_once",
        indexing.an_integer_tensor_gathers_slices,
        tensors(lambda part, size: np.unique(part) if part.ndim == 1 else part),
    ),
    mutant(
        "index_tensors_stop_after_a_block",
        indexing.an_integer_tensor_gathers_slices,
        tensors(lambda part, size: np.where(np.arange(part.size).reshape(part.shape) < BLOCK, part, 0)),
    ),
    mutant(
        "index_tensors_select_the_outer_product",
        indexing.index_tensors_select_pointwise,
        kernel("_advanced_index", _outer),
    ),
    mutant(
        "dimensions_of_index_tensors_always_go_first",
        indexing.index_tensors_keep_their_place_if_adjacent,
        kernel("_advanced_index", _picked_first),
    ),
    mutant(
        "an_integer_counts_as_an_index_tensor",
        indexing.an_integer_beside_index_tensors_selects_first,
        attribute("indexing:resolve", _as_numpy),
    ),
    mutant(
        "a_bool_counts_as_an_integer",
        indexing.a_bool_adds_a_dimension_of_size_one_or_zero,
        attribute(
            "indexing:_part",
            lambda original: lambda part: int(part) if isinstance(part, bool) else original(part),
        ),
    ),
    mutant(
        "a_mask_of_fewer_dimensions_flattens_the_rest",
        (
            indexing.a_mask_selects_true_places_in_order,
            indexing.a_mask_picks_what_its_nonzero_coordinates_pick,
        ),
        kernel("getitem", _flat_rest),
        fault="apache/tvm#15588",
    ),
    mutant(
        "a_mask_is_read_in_storage_order",
        indexing.a_mask_selects_true_places_in_order,
        attribute("indexing:_index_array", _unstrided),
    ),
    mutant(
        "a_mask_selects_by_column",
        indexing.a_mask_selects_true_places_in_order,
        kernel("_advanced_index", _by_column),
    ),
    mutant("a_mask_ends_after_a_block", indexing.a_mask_selects_true_places_in_order, masks(_cut)),
    mutant("a_range_of_places_is_a_view", indexing.index_tensors_copy, kernel("getitem", _range_as_view)),
    mutant(
        "a_zero_dim_index_tensor_keeps_the_dimension",
        indexing.a_zero_dim_integer_tensor_indexes_as_the_integer,
        attribute("indexing:_index_array", _every_integer),
    ),
    mutant(
        "index_tensors_out_of_range_are_clamped",
        indexing.an_index_tensor_out_of_range_raises,
        tensors(lambda part, size: np.clip(part, -size, size - 1) if size else part),
    ),
    mutant(
        "a_mismatch_of_index_tensors_is_a_value_error",
        indexing.index_tensors_that_do_not_broadcast_raise,
        attribute("indexing:_check_broadcast", _other_kind(ValueError)),
    ),
    mutant("a_short_mask_is_filled_up", indexing.a_mask_of_another_shape_raises, masks(_filled_up)),
    mutant(
        "floating_index_tensors_are_truncated",
        indexing.index_tensors_hold_integers_or_bools,
        attribute("indexing:_index_array", _truncating),
    ),
    mutant(
        "byte_tensors_index_as_integers",
        indexing.a_byte_tensor_is_a_mask_with_a_warning,
        attribute("indexing:_index_array", _bytes_as_integers),
    ),
    mutant(
        "byte_masks_do_not_warn",
        indexing.a_byte_tensor_is_a_mask_with_a_warning,
        attribute(
            "indexing:_index_array",
            lambda original: (
                lambda part: (
                    part.array != 0
                    if hasattr(part, "storage") and part.dtype.rule.name == "uint8"
                    else original(part)
                )
            ),
        ),
    ),
    mutant(
        "a_nested_list_is_one_index_tensor",
        indexing.a_nested_list_is_a_tuple_of_lists,
        attribute("indexing:_is_part", lambda original: lambda item: False),
    ),
]
