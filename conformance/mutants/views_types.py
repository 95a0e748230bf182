"""Faults of views of other types, of lazy conjugates and of memory formats."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import views
from tensorcanon.spec.rules.strides import contiguous_strides

from .mutant import attribute, kernel, mutant
from .separating import moved, rewindowed

TYPES = [
    mutant(
        "view_of_another_type_converts",
        views.view_of_another_type_reads_the_same_bytes,
        kernel(
            "view",
            lambda original: (
                lambda input, size=None, dtype=None: (
                    fresh(original(input, size, dtype).array, input.dtype).to(dtype or size)
                    if isinstance(dtype or size, dtypes.dtype)
                    else original(input, size, dtype)
                )
            ),
        ),
    ),
    mutant(
        "view_of_another_width_swaps_halves",
        views.view_of_another_type_reads_the_same_bytes,
        rewindowed(
            "view", lambda input, view, *_, **__: _swapped(view) if view.itemsize < input.itemsize else view
        ),
    ),
    mutant(
        "real_is_in_row_major_storage",
        views.real_is_a_view_of_the_real_parts,
        kernel(
            "real",
            lambda original: lambda input: fresh(original(input).array) if input.dtype.is_complex else input,
        ),
    ),
    mutant(
        "imag_of_a_real_tensor_is_zero",
        views.imag_is_a_view_of_the_imaginary_parts,
        kernel(
            "imag",
            lambda original: (
                lambda input: (
                    original(input) if input.dtype.is_complex else fresh(np.zeros(input.shape), input.dtype)
                )
            ),
        ),
    ),
    mutant(
        "imag_shows_the_real_parts",
        views.imag_is_a_view_of_the_imaginary_parts,
        rewindowed("imag", lambda input, view: moved(view, -1)),
    ),
    mutant(
        "real_of_a_real_tensor_is_a_view",
        views.real_and_conj_of_a_real_tensor_are_that_tensor,
        kernel(
            "real",
            lambda original: (
                lambda input: original(input) if input.dtype.is_complex else input.view(input.shape)
            ),
        ),
    ),
    mutant(
        "conj_of_a_real_tensor_is_a_view",
        views.real_and_conj_of_a_real_tensor_are_that_tensor,
        kernel(
            "conj",
            lambda original: (
                lambda input: original(input) if input.dtype.is_complex else input.view(input.shape)
            ),
        ),
    ),
    mutant(
        "view_as_real_puts_the_imaginary_part_first",
        views.view_as_real_is_a_view_of_both_parts,
        kernel("view_as_real", lambda original: lambda input: original(input).flip((-1,))),
    ),
    mutant(
        "view_as_complex_copies_where_strides_do_not_fit",
        views.view_as_complex_is_a_view_of_pairs,
        kernel(
            "view_as_complex",
            lambda original: (
                lambda input: original(
                    fresh(input.array, input.dtype) if input.ndim and input.shape[-1] == 2 else input
                )
            ),
        ),
    ),
    mutant(
        "conj_is_computed_at_once",
        (views.conj_is_a_view_of_the_conjugates, views.conj_flips_a_flag_of_a_complex_tensor),
        kernel(
            "conj",
            lambda original: (
                lambda input: fresh(np.conj(input.array), input.dtype) if input.dtype.is_complex else input
            ),
        ),
    ),
    mutant(
        "writes_through_a_conjugate_are_not_conjugated",
        views.conj_is_a_view_of_the_conjugates,
        attribute("tensor:Tensor.write", lambda original: _write_plainly),
    ),
    mutant(
        "resolve_conj_forgets_to_conjugate",
        views.resolve_conj_stores_the_conjugates,
        kernel("resolve_conj", lambda original: lambda input: fresh(input.places, input.dtype)),
    ),
]


def _swapped(view: Tensor) -> Tensor:
    """Return a copy in which neighbours in the last dimension change places."""
    return fresh(view.array.reshape(*view.shape[:-1], -1, 2)[..., ::-1].reshape(view.shape), view.dtype)


def _write_plainly(self: Tensor, values: Any) -> None:
    self.places[...] = np.asarray(values).astype(self.places.dtype)
    self.version.count += 1


LAYOUT = [
    mutant(
        "stride_counts_bytes",
        views.stride_gives_the_jump_along_each_dimension,
        attribute(
            "tensor:Tensor.stride",
            lambda original: (
                lambda self, dim=None: (
                    tuple(s * self.itemsize for s in original(self))
                    if dim is None
                    else original(self, dim) * self.itemsize
                )
            ),
        ),
    ),
    mutant(
        "is_contiguous_looks_at_dimensions_of_size_one",
        (views.is_contiguous_asks_for_row_major_strides, views.contiguous_returns_the_tensor_where_it_is),
        attribute(
            "formats:lies_in",
            lambda original: (
                lambda order, shape, strides: (
                    original(order, shape, strides) and strides == contiguous_strides(shape)
                )
            ),
        ),
    ),
    mutant(
        "is_contiguous_accepts_any_dense_tensor",
        views.is_contiguous_asks_for_row_major_strides,
        attribute(
            "formats:lies_in",
            lambda original: lambda order, shape, strides: np.prod(shape) < 2 or 1 in strides,
        ),
    ),
    mutant(
        "contiguous_returns_transposed_tensors",
        views.contiguous_has_row_major_strides,
        kernel(
            "contiguous",
            lambda original: (
                lambda input, *order, **named: input if input.is_contiguous() or named else input.clone()
            ),
        ),
    ),
    mutant(
        "contiguous_always_copies",
        views.contiguous_returns_the_tensor_where_it_is,
        kernel("contiguous", lambda original: lambda input, **order: fresh(input.array, input.dtype)),
    ),
    mutant(
        "contiguous_ignores_channels_last",
        views.channels_last_stores_the_channels_innermost,
        kernel("contiguous", lambda original: lambda input, **order: original(input)),
    ),
    mutant(
        "is_contiguous_ignores_the_format",
        views.is_contiguous_in_channels_last_asks_for_its_strides,
        attribute(
            "tensor:Tensor.is_contiguous", lambda original: lambda self, memory_format=None: original(self)
        ),
    ),
    mutant(
        "clone_is_always_row_major",
        views.clone_preserves_dense_strides,
        kernel("clone", lambda original: lambda input, **order: fresh(np.array(input.array), input.dtype)),
    ),
]
