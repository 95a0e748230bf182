"""Faults of whole slices, of gathering with broadcasting and of parts replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import scattering

from .mutant import attribute, kernel, mutant
from .storing import reading_storage, writing_its_input

Kernel = Callable[..., Any]


def _sorted_index(original: Kernel) -> Kernel:
    def call(input: Tensor, dim: int, index: Tensor, *args: Any, **kwargs: Any) -> Any:
        return original(input, dim, fresh(np.sort(index.array.reshape(-1))), *args, **kwargs)

    return call


def _clamped(original: Kernel) -> Kernel:
    def call(input: Tensor, dim: int, index: Tensor, *args: Any, **kwargs: Any) -> Any:
        size = input.shape[dim] if input.ndim else 1
        if size and index.dtype.is_integral:
            index = fresh(np.clip(index.array, 0, size - 1), index.dtype)
        return original(input, dim, index, *args, **kwargs)

    return call


def _without_alpha(original: Kernel) -> Kernel:
    return lambda input, dim, index, source, *, alpha=1: original(input, dim, index, source)


def _repeated(original: Kernel) -> Kernel:
    def call(input: Tensor, dim: int, index: Tensor, source: Tensor, *args: Any, **kwargs: Any) -> Any:
        if source.ndim == input.ndim and input.ndim and source.shape[dim] == 1:
            source = fresh(np.repeat(source.array, index.numel(), dim), source.dtype)
        return original(input, dim, index, source, *args, **kwargs)

    return call


def _adding(original: Kernel) -> Kernel:
    def call(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Any:
        copied = original(input, dim, index, source)
        if input.dtype.rule.name == "bool":
            return copied
        return fresh(
            np.where(copied.array == input.array, input.array, copied.array + input.array), input.dtype
        )

    return call


def _everything_where_empty(original: Kernel) -> Kernel:
    def call(input: Tensor, dim: int, index: Tensor, value: Any) -> Any:
        if not index.numel() and input.ndim:
            index = fresh(np.arange(input.shape[dim]))
        return original(input, dim, index, value)

    return call


def _last_dim(original: Kernel) -> Kernel:
    def take(input: Tensor, indices: Tensor, dim: int | None = None) -> Any:
        if dim is None and input.ndim > 1 and indices.ndim == 1:
            return original(input.view(-1), fresh(indices.array % input.shape[-1]), None)
        return original(input, indices, dim)

    return take


def _viewing(original: Kernel) -> Kernel:
    def take(input: Tensor, indices: Tensor, dim: int | None = None) -> Any:
        return original(input.view(-1) if dim is None else input, indices, dim)

    return take


def _next_dim(original: Kernel) -> Kernel:
    def take(input: Tensor, indices: Tensor, dim: int | None = None) -> Any:
        if dim is not None and -input.ndim < dim < 0 and input.shape == indices.shape:
            dim += 1
        return original(input, indices, dim)

    return take


def _late_index(original: Kernel) -> Kernel:
    def select(input: Tensor, src: Tensor, dim: int, index: int) -> Any:
        return original(input, src, dim, index - 1 if -input.shape[dim] < index < 0 else index)

    return select


def _mirrored(original: Kernel) -> Kernel:
    def diagonal(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        return (
            original(input, src, offset, dim2, dim1)
            if input.shape[0] == input.shape[1]
            else original(input, src, offset, dim1, dim2)
        )

    return diagonal


def _broadcast_source(original: Kernel) -> Kernel:
    def replaced(input: Tensor, src: Tensor, part: Any) -> Any:
        def broadcast(copy: Tensor) -> Any:
            window = part(copy)
            if src.numel() == 1 and window.numel():
                window.write(np.broadcast_to(src.array.reshape(()), window.shape))
                return window.view(-1)[:1].view(src.shape) if window.is_contiguous() else window
            return window

        return original(input, src, broadcast)

    return replaced


MUTANTS = [
    mutant(
        "index_select_sorts_its_index",
        scattering.index_select_copies_the_listed_slices,
        kernel("index_select", _sorted_index),
    ),
    mutant(
        "index_select_reads_in_storage_order",
        scattering.index_select_copies_the_listed_slices,
        kernel("index_select", reading_storage),
    ),
    mutant(
        "index_select_clamps_its_index",
        scattering.a_slice_out_of_range_is_refused,
        kernel("index_select", _clamped),
    ),
    mutant(
        "index_add_ignores_alpha",
        scattering.index_add_adds_every_listed_slice,
        kernel("index_add", _without_alpha),
    ),
    mutant(
        "index_add_changes_its_input",
        scattering.index_add_adds_every_listed_slice,
        kernel("index_add", writing_its_input),
    ),
    mutant(
        "a_single_slice_serves_every_index",
        scattering.as_many_slices_as_indices_are_due,
        kernel("index_add", _repeated),
    ),
    mutant(
        "index_copy_adds", scattering.index_copy_overwrites_the_listed_slices, kernel("index_copy", _adding)
    ),
    mutant(
        "an_empty_index_fills_everything",
        scattering.index_fill_fills_the_listed_slices,
        kernel("index_fill", _everything_where_empty),
    ),
    mutant(
        "take_along_no_dim_stays_in_the_first_row",
        scattering.take_along_dim_gathers_with_broadcasting,
        kernel("take_along_dim", _last_dim),
    ),
    mutant(
        "take_along_no_dim_needs_a_view",
        scattering.take_along_dim_flattens_any_layout,
        kernel("take_along_dim", _viewing),
    ),
    mutant(
        "take_along_dim_takes_the_next_of_negative_dims",
        scattering.taking_along_a_sorted_index_sorts,
        kernel("take_along_dim", _next_dim),
    ),
    mutant(
        "select_scatter_counts_from_the_end_minus_one",
        scattering.select_scatter_replaces_a_slice,
        kernel("select_scatter", _late_index),
    ),
    mutant(
        "slice_scatter_changes_its_input",
        scattering.slice_scatter_replaces_a_range,
        kernel("slice_scatter", writing_its_input),
    ),
    mutant(
        "diagonal_scatter_mirrors_squares",
        scattering.diagonal_scatter_replaces_a_diagonal,
        kernel("diagonal_scatter", _mirrored),
    ),
    mutant(
        "a_part_is_replaced_by_a_broadcast_source",
        scattering.a_source_of_another_shape_than_the_part_is_refused,
        attribute("scattering_slices:_replaced", _broadcast_source),
    ),
    mutant(
        "fill_diagonal_always_wraps",
        scattering.fill_diagonal_fills_the_main_diagonal,
        kernel(
            "fill_diagonal_",
            lambda original: lambda input, value, wrap=False: original(input, value, wrap=True),
        ),
    ),
]
