"""Faults of reshaping."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import shape

from .mutant import kernel, mutant
from .separating import moved, rewindowed

RESHAPING = [
    mutant(
        "reshape_reads_storage_order",
        shape.reshape_keeps_the_row_major_order,
        kernel("reshape", lambda original: lambda input, sizes: original(_by_storage(input), sizes)),
    ),
    mutant(
        "reshape_of_another_number_of_elements_cuts_off",
        shape.reshape_keeps_the_row_major_order,
        kernel("reshape", lambda original: _cutting_off(original)),
    ),
    mutant(
        "reshape_always_copies",
        shape.reshape_is_a_view_where_one_is_possible,
        kernel("reshape", lambda original: lambda input, sizes: original(input.clone(), sizes)),
    ),
    mutant(
        "reshape_infers_zero_next_to_a_zero",
        shape.a_size_next_to_a_zero_cannot_be_inferred,
        kernel(
            "reshape", lambda original: lambda input, sizes: original(input, _inferring_zero(input, sizes))
        ),
    ),
    mutant(
        "squeeze_of_a_larger_dimension_fails",
        shape.squeeze_removes_dimensions_of_size_one,
        kernel("squeeze", lambda original: lambda input, dim=None: _strict_squeeze(original, input, dim)),
    ),
    mutant(
        "squeeze_keeps_one_dimension",
        shape.squeeze_removes_dimensions_of_size_one,
        kernel(
            "squeeze",
            lambda original: (
                lambda input, dim=None: (
                    original(input, range(1, input.ndim))
                    if dim is None and input.numel() == 1
                    else original(input, dim)
                )
            ),
        ),
    ),
    mutant(
        "squeeze_ignores_all_but_the_first_of_several",
        shape.squeeze_removes_dimensions_of_size_one,
        kernel(
            "squeeze",
            lambda original: (
                lambda input, dim=None: original(input, dim[:1] if isinstance(dim, tuple) else dim)
            ),
        ),
    ),
    mutant(
        "unsqueeze_counts_negative_dimensions_of_the_input",
        shape.unsqueeze_inserts_a_dimension_of_size_one,
        kernel(
            "unsqueeze",
            lambda original: (
                lambda input, dim: original(input, dim if dim >= 0 or dim < -input.ndim else dim - 1)
            ),
        ),
    ),
    mutant(
        "flatten_ignores_the_end",
        shape.flatten_merges_a_range_of_dimensions,
        kernel("flatten", lambda original: lambda input, start_dim=0, end_dim=-1: original(input, start_dim)),
    ),
    mutant(
        "flatten_keeps_a_zero_dim_tensor",
        shape.flatten_merges_a_range_of_dimensions,
        kernel(
            "flatten",
            lambda original: (
                lambda input, *dims, **named: original(input, *dims, **named) if input.ndim else input
            ),
        ),
    ),
    mutant(
        "flatten_of_nothing_to_merge_is_a_view",
        shape.flatten_returns_the_tensor_where_nothing_merges,
        kernel(
            "flatten",
            lambda original: lambda input, *dims, **named: _viewed(input, original(input, *dims, **named)),
        ),
    ),
    mutant(
        "flatten_always_copies",
        shape.flatten_is_a_view_where_one_is_possible,
        kernel(
            "flatten",
            lambda original: lambda input, *dims, **named: _cloned(input, original(input, *dims, **named)),
        ),
    ),
    mutant(
        "ravel_keeps_a_step",
        shape.ravel_is_contiguous_and_copies_only_if_needed,
        kernel("ravel", lambda original: lambda input: input.reshape(-1)),
    ),
    mutant(
        "ravel_always_copies",
        shape.ravel_is_contiguous_and_copies_only_if_needed,
        kernel("ravel", lambda original: lambda input: original(input).clone()),
    ),
    mutant(
        "unflatten_reverses_the_sizes",
        shape.unflatten_splits_a_dimension,
        kernel(
            "unflatten",
            lambda original: (
                lambda input, dim, sizes: original(
                    input, dim, tuple(sizes)[::-1] if -1 not in sizes else sizes
                )
            ),
        ),
    ),
    mutant(
        "unflatten_starts_one_place_on",
        shape.unflatten_splits_a_dimension,
        rewindowed("unflatten", lambda input, view, *_, **__: moved(view, 1)),
    ),
    mutant(
        "movedim_swaps",
        shape.movedim_keeps_the_rest_in_order,
        kernel(
            "movedim",
            lambda original: (
                lambda input, source, destination: (
                    input.transpose(source, destination)
                    if isinstance(source, int)
                    else original(input, source, destination)
                )
            ),
        ),
    ),
    mutant(
        "atleast_3d_puts_all_dimensions_in_front",
        shape.atleast_adds_dimensions_of_size_one,
        kernel(
            "atleast_3d",
            lambda original: (
                lambda input: (
                    input.view((1,) * max(3 - input.ndim, 0) + tuple(input.shape))
                    if input.is_contiguous()
                    else original(input)
                )
            ),
        ),
    ),
]


def _by_storage(input: Tensor) -> Tensor:
    return fresh(input.array.T, input.dtype).view(input.shape) if not input.is_contiguous() else input


def _cutting_off(original: Any) -> Any:
    def reshape(input: Tensor, sizes: Any) -> Tensor:
        wanted = int(np.prod(sizes)) if min(tuple(sizes), default=0) >= 0 else input.numel()
        if 0 < wanted < input.numel():
            input = original(input, (-1,)).narrow(0, 0, wanted)
        return original(input, sizes)  # type: ignore[no-any-return]

    return reshape


def _inferring_zero(input: Tensor, sizes: Any) -> Any:
    if input.numel() or 0 not in tuple(sizes):
        return sizes
    return tuple(0 if size == -1 else size for size in sizes)


def _strict_squeeze(original: Any, input: Tensor, dim: Any) -> Tensor:
    if isinstance(dim, int) and -input.ndim <= dim < input.ndim and input.shape[dim] != 1:
        raise RuntimeError("cannot squeeze a dimension of another size than 1")
    return original(input, dim)  # type: ignore[no-any-return]


def _viewed(input: Tensor, made: Tensor) -> Tensor:
    return made.view(made.shape) if made is input else made


def _cloned(input: Tensor, made: Tensor) -> Tensor:
    return made if made is input else made.clone()
