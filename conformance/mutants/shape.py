"""Faults of pieces, and those of `shape_sizes` and `shape_reshaping`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import shape, views
from tensorcanon.spec.rules.dims import wrap_dim

from .mutant import Mutant, kernel, mutant
from .separating import copying, rewindowed
from .shape_reshaping import RESHAPING
from .shape_sizes import SIZES


def _every_slice_is_the_first(input: Tensor, made: tuple[Tensor, ...], dim: int = 0) -> tuple[Tensor, ...]:
    return made[:1] * len(made) if input.ndim >= 3 and wrap_dim(dim, input.ndim) == 0 else made


PIECES = [
    mutant(
        "unbind_of_three_dimensions_reads_the_first_slice",
        (shape.unbind_gives_every_place_of_a_dimension, shape.iteration_gives_a_view_of_each_place),
        rewindowed("unbind", _every_slice_is_the_first),
        fault="torch-spyre/torch-spyre#3018",
    ),
    mutant(
        "unbind_keeps_the_dimension",
        shape.unbind_gives_every_place_of_a_dimension,
        rewindowed("unbind", lambda input, made, dim=0: tuple(one.unsqueeze(dim) for one in made)),
    ),
    mutant(
        "split_leaves_the_rest_out",
        shape.split_gives_pieces_of_one_length,
        rewindowed(
            "split",
            lambda input, made, size, dim=0: (
                made[:-1]
                if isinstance(size, int) and len(made) > 1 and made[-1].shape != made[0].shape
                else made
            ),
        ),
    ),
    mutant(
        "split_takes_lengths_that_do_not_add_up",
        shape.split_gives_pieces_of_one_length,
        kernel(
            "split_with_sizes",
            lambda original: lambda input, split_sizes, dim=0: _unsummed(original, input, split_sizes, dim),
        ),
    ),
    mutant(
        "split_rounds_up_evenly",
        shape.split_gives_pieces_of_one_length,
        kernel(
            "split",
            lambda original: (
                lambda input, size, dim=0: (
                    input.tensor_split(-(-input.shape[dim] // size), dim)
                    if isinstance(size, int)
                    and size > 0
                    and input.ndim
                    and -input.ndim <= dim < input.ndim
                    and input.shape[dim]
                    else original(input, size, dim)
                )
            ),
        ),
    ),
    mutant(
        "chunk_gives_exactly_so_many_pieces",
        shape.chunk_gives_at_most_so_many_pieces,
        kernel("chunk", lambda original: lambda input, chunks, dim=0: input.tensor_split(chunks, dim)),
    ),
    mutant(
        "tensor_split_makes_the_last_pieces_longer",
        shape.tensor_split_gives_exactly_so_many_pieces,
        kernel(
            "tensor_split", lambda original: lambda input, cut, dim=0: _last_longer(original, input, cut, dim)
        ),
    ),
    mutant(
        "tensor_split_clips_indices_to_one",
        shape.tensor_split_gives_exactly_so_many_pieces,
        kernel(
            "tensor_split",
            lambda original: (
                lambda input, cut, dim=0: original(
                    input, tuple(min(max(i, 0), 1) for i in cut) if isinstance(cut, tuple) else cut, dim
                )
            ),
        ),
    ),
    mutant(
        "hsplit_of_a_vector_fails",
        shape.hsplit_vsplit_and_dsplit_cut_one_dimension,
        kernel(
            "hsplit",
            lambda original: lambda input, cut: original(input, cut) if input.ndim > 1 else input.vsplit(cut),
        ),
    ),
    mutant(
        "vsplit_takes_numbers_that_do_not_divide",
        shape.hsplit_vsplit_and_dsplit_cut_one_dimension,
        kernel(
            "vsplit",
            lambda original: (
                lambda input, cut: original(input, cut) if input.ndim < 2 else input.tensor_split(cut, 0)
            ),
        ),
    ),
    mutant(
        "chunk_returns_a_list",
        shape.pieces_come_as_a_tuple,
        kernel("chunk", lambda original: lambda input, chunks, dim=0: list(original(input, chunks, dim))),
    ),
    mutant(
        "pieces_of_chunk_are_copies", views.tensors_on_one_storage_see_each_others_writes, copying("chunk")
    ),
]


def _unsummed(original: Any, input: Tensor, lengths: Any, dim: int) -> Any:
    missing = input.shape[dim] - sum(lengths) if input.ndim and -input.ndim <= dim < input.ndim else 0
    if missing <= 0 or min(lengths, default=0) < 0:
        return original(input, lengths, dim)
    return original(input, (*lengths, missing), dim)[:-1]


def _last_longer(original: Any, input: Tensor, cut: Any, dim: int) -> Any:
    made = original(input, cut, dim)
    if not isinstance(cut, int):
        return made
    return original(
        input, tuple(int(end) for end in np.cumsum([one.shape[dim] for one in made][::-1])[:-1]), dim
    )


MUTANTS: list[Mutant] = [*SIZES, *RESHAPING, *PIECES]
