"""Faults of views: windows in the wrong place, of the wrong order or size."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh, view_of
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import views
from tensorcanon.spec.rules.strides import contiguous_strides, is_dense

from .mutant import attribute, kernel, mutant
from .separating import moved, rewindowed

# Windows in the wrong place.

PARTS = [
    mutant(
        "narrow_counts_a_negative_start_from_the_end_minus_one",
        views.narrow_is_a_view_of_a_range,
        kernel(
            "narrow",
            lambda original: (
                lambda input, dim, start, length: original(
                    input,
                    dim,
                    max(start - 1, -input.shape[dim]) if start < 0 and input.ndim else start,
                    length,
                )
            ),
        ),
        fault="torch-spyre/torch-spyre#1333",
    ),
    mutant(
        "narrow_clips_the_length",
        views.narrow_is_a_view_of_a_range,
        kernel(
            "narrow",
            lambda original: (
                lambda input, dim, start, length: original(
                    input,
                    dim,
                    start,
                    min(length, input.shape[dim] - start) if input.ndim and start >= 0 else length,
                )
            ),
        ),
    ),
    mutant(
        "select_forgets_the_offset_of_its_base",
        views.select_is_a_view_of_one_index,
        rewindowed("select", lambda input, view, *_: moved(view, -input.offset)),
        fault="torch-spyre/torch-spyre#3018",
    ),
    mutant(
        "select_wraps_an_index_out_of_range",
        views.select_is_a_view_of_one_index,
        kernel(
            "select",
            lambda original: lambda input, dim, index: original(input, dim, _wrapped(input, dim, index)),
        ),
    ),
    mutant(
        "diagonal_takes_the_absolute_offset",
        views.diagonal_is_a_view_with_the_diagonal_last,
        kernel(
            "diagonal", lambda original: lambda input, offset=0, *dims: original(input, abs(offset), *dims)
        ),
    ),
    mutant(
        "diagonal_steps_along_the_columns_only",
        views.diagonal_is_a_view_with_the_diagonal_last,
        rewindowed(
            "diagonal",
            lambda input, view, *_, **__: _restrided(view, (*view.strides[:-1], min(view.strides[-1], 1))),
        ),
    ),
    mutant(
        "unfold_drops_the_last_window",
        views.unfold_is_a_view_of_sliding_windows,
        kernel(
            "unfold",
            lambda original: (
                lambda input, dimension, size, step: original(
                    input
                    if not input.ndim or input.shape[dimension] <= size
                    else input.narrow(dimension, 0, input.shape[dimension] - 1),
                    dimension,
                    size,
                    step,
                )
            ),
        ),
    ),
    mutant(
        "unfold_steps_by_the_size",
        views.unfold_is_a_view_of_sliding_windows,
        kernel(
            "unfold",
            lambda original: (
                lambda input, dimension, size, step: original(
                    input, dimension, size, max(size, step) if step else 0
                )
            ),
        ),
    ),
    mutant(
        "as_strided_starts_at_the_storage",
        views.as_strided_addresses_the_storage,
        kernel(
            "as_strided",
            lambda original: (
                lambda input, size, stride, storage_offset=0: original(input, size, stride, storage_offset)
            ),
        ),
    ),
    mutant(
        "as_strided_grows_the_storage",
        views.as_strided_addresses_the_storage,
        kernel("as_strided", lambda original: _growing),
    ),
]


def _wrapped(input: Tensor, dim: int, index: int) -> int:
    size = input.shape[dim] if -input.ndim <= dim < input.ndim else 0
    return index % size if size else index


def _restrided(view: Tensor, strides: tuple[int, ...]) -> Tensor:
    return view_of(view, view.shape, strides, view.offset)


def _in_order(input: Tensor, view: Tensor) -> Tensor:
    return _restrided(view, contiguous_strides(view.shape)) if input.is_contiguous() else view


def _growing(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    offset = input.offset if storage_offset is None else storage_offset
    reach = offset + 1 + sum(max(n - 1, 0) * abs(s) for n, s in zip(size, stride, strict=False))
    input.storage.bytes = np.concatenate([input.storage.bytes, np.zeros(reach * input.itemsize, np.uint8)])
    return view_of(input, size, [abs(step) for step in stride] + [1] * (len(size) - len(stride)), offset)


ORDER = [
    mutant(
        "transpose_swaps_sizes_only",
        views.transpose_is_a_view_with_two_dimensions_swapped,
        rewindowed("transpose", lambda input, view, *_, **__: _in_order(input, view)),
    ),
    mutant(
        "transpose_takes_any_dimension",
        views.transpose_is_a_view_with_two_dimensions_swapped,
        kernel(
            "transpose",
            lambda original: (
                lambda input, dim0, dim1: original(
                    input, dim0 % max(input.ndim, 1), dim1 % max(input.ndim, 1)
                )
            ),
        ),
    ),
    mutant(
        "permute_inverts_the_order",
        views.permute_is_a_view_with_the_dimensions_reordered,
        kernel(
            "permute",
            lambda original: (
                lambda input, dims: original(
                    input,
                    [int(place) for place in np.argsort([dim % max(input.ndim, 1) for dim in dims])]
                    if len({dim % max(input.ndim, 1) for dim in dims}) == input.ndim
                    else dims,
                )
            ),
        ),
    ),
    mutant(
        "t_reverses_any_number_of_dimensions",
        views.t_is_a_view_of_a_matrix_transposed,
        kernel("t", lambda original: lambda input: input.permute(tuple(range(input.ndim))[::-1])),
    ),
    mutant(
        "T_swaps_the_last_two_dimensions",
        views.the_attribute_t_reverses_the_dimensions,
        kernel(
            "T", lambda original: lambda input: input.transpose(-1, -2) if input.ndim > 1 else original(input)
        ),
    ),
    mutant(
        "mT_reverses_all_dimensions",
        views.the_attribute_mt_swaps_the_last_two_dimensions,
        kernel(
            "mT",
            lambda original: (
                lambda input: (
                    original(input) if input.ndim < 3 else input.permute(tuple(range(input.ndim))[::-1])
                )
            ),
        ),
    ),
    mutant(
        "mT_takes_a_vector_as_it_is",
        views.the_attribute_mt_swaps_the_last_two_dimensions,
        kernel("mT", lambda original: lambda input: original(input) if input.ndim != 1 else input.view(-1)),
    ),
    mutant(
        "adjoint_does_not_conjugate",
        views.the_attribute_h_is_the_conjugate_transpose,
        kernel("adjoint", lambda original: lambda input: input.mT),
    ),
    mutant(
        "H_takes_batches",
        views.the_attribute_h_is_the_conjugate_transpose,
        kernel("H", lambda original: lambda input: input.mT.conj()),
    ),
]

SIZES = [
    mutant(
        "expand_takes_a_negative_one_in_front",
        (
            views.expand_is_a_view_that_repeats_by_stride_zero,
            views.a_new_dimension_without_elements_has_no_size_to_keep,
        ),
        kernel(
            "expand",
            lambda original: (
                lambda input, size, **options: original(
                    input,
                    [1 if n == -1 and place < len(size) - input.ndim else n for place, n in enumerate(size)],
                )
            ),
        ),
    ),
    mutant(
        "expand_materialises",
        views.expand_is_a_view_that_repeats_by_stride_zero,
        kernel(
            "expand",
            lambda original: lambda input, size, **options: fresh(original(input, size).array, input.dtype),
        ),
    ),
    mutant(
        "writes_to_expanded_tensors_pass",
        views.a_write_to_repeated_elements_is_refused,
        attribute("writing:check_overlap", lambda original: lambda target, inputs: None),
    ),
    mutant(
        "view_copies_where_strides_do_not_fit",
        views.view_needs_compatible_strides,
        kernel("view", lambda original: _reshaping_view(original)),
    ),
    mutant(
        "view_reads_storage_order",
        views.view_needs_compatible_strides,
        kernel("view", lambda original: _storage_order(original)),
    ),
]


def _reshaping_view(original: Any) -> Any:
    def view(input: Tensor, size: Any = None, dtype: Any = None) -> Tensor:
        try:
            return original(input, size, dtype)  # type: ignore[no-any-return]
        except RuntimeError as error:
            if "not compatible" not in str(error):
                raise
            return original(fresh(input.array, input.dtype), size, dtype)  # type: ignore[no-any-return]

    return view


def _storage_order(original: Any) -> Any:
    def view(input: Tensor, size: Any = None, dtype: Any = None) -> Tensor:
        if isinstance(dtype or size, dtypes.dtype) or not is_dense(input.shape, input.strides):
            return original(input, size, dtype)  # type: ignore[no-any-return]
        row_major = view_of(input, input.shape, contiguous_strides(input.shape), input.offset)
        return original(row_major, size, dtype)  # type: ignore[no-any-return]

    return view
