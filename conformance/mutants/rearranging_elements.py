"""Faults of reversing, repeating, padding and of diagonals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh, promoted
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import rearranging

from .mutant import mutant
from .separating import changed

Call = Callable[..., Any]


# The order of the elements.


def _first_dim(original: Call, input: Tensor, dims: Any) -> Tensor:
    return original(input, dims if isinstance(dims, int) else tuple(dims)[:1])  # type: ignore[no-any-return]


def _rolled_back(original: Call, input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    opposite = -shifts if isinstance(shifts, int) else tuple(-shift for shift in shifts)
    return original(input, opposite, dims)  # type: ignore[no-any-return]


def _rolled_rows(original: Call, input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    return original(input, shifts, (-1,) if dims == () and isinstance(shifts, int) and input.ndim else dims)  # type: ignore[no-any-return]


ORDER = [
    mutant(
        "flip_reverses_the_first_of_several_dimensions",
        rearranging.flip_reverses_the_dimensions_named,
        changed("flip", _first_dim),
    ),
    mutant(
        "fliplr_reverses_the_last_dimension",
        rearranging.flip_reverses_the_dimensions_named,
        changed("fliplr", lambda original, input: input.flip((-1,))),
    ),
    mutant(
        "roll_goes_backwards",
        rearranging.roll_moves_elements_round_a_dimension,
        changed("roll", _rolled_back),
    ),
    mutant(
        "roll_without_dimensions_rolls_rows",
        rearranging.roll_moves_elements_round_a_dimension,
        changed("roll", _rolled_rows),
    ),
    mutant(
        "rot90_turns_clockwise",
        rearranging.rot90_turns_from_the_first_dimension_to_the_second,
        changed("rot90", lambda original, input, k=1, dims=(0, 1): original(input, -k, dims)),
    ),
    mutant(
        "pixel_shuffle_takes_columns_first",
        rearranging.pixel_shuffle_turns_channels_into_pixels,
        changed(
            "nn.functional.pixel_shuffle",
            lambda original, input, upscale_factor: (
                original(input.transpose(-1, -2), upscale_factor).transpose(-1, -2)
                if input.ndim > 2
                else original(input, upscale_factor)
            ),
        ),
    ),
    mutant(
        "pixel_unshuffle_takes_columns_first",
        rearranging.pixel_unshuffle_undoes_pixel_shuffle,
        changed(
            "nn.functional.pixel_unshuffle",
            lambda original, input, downscale_factor: (
                original(input.transpose(-1, -2), downscale_factor).transpose(-1, -2)
                if input.ndim > 2 and input.shape[-1] == input.shape[-2]
                else original(input, downscale_factor)
            ),
        ),
    ),
]


# Repeating, diagonals, padding.


def _each_repeated(original: Call, input: Tensor, repeats: Any) -> Tensor:
    made: Tensor = original(input, repeats)
    values = input.array.reshape((1,) * (made.ndim - input.ndim) + tuple(input.shape))
    for axis, count in enumerate(repeats):
        values = np.repeat(values, count, axis=axis)
    return fresh(values, made.dtype)


def _tiled_in_front(original: Call, input: Tensor, dims: Any) -> Tensor:
    missing = max(input.ndim - len(dims), 0)
    return original(input, (*dims, *(1,) * missing))  # type: ignore[no-any-return]


def _interleaved_as_tiles(
    original: Call, input: Tensor, repeats: Any = None, dim: Any = None, **size: Any
) -> Tensor:
    made: Tensor = original(input, repeats, dim, **size)
    return (
        input.reshape(-1).repeat(repeats)
        if isinstance(repeats, int) and dim is None and repeats > 0
        else made
    )


def _lengths_unchecked(
    original: Call, input: Tensor, repeats: Any = None, dim: Any = None, **size: Any
) -> Tensor:
    if isinstance(repeats, Tensor) and dim is not None and repeats.numel() > input.shape[dim]:
        repeats = repeats.narrow(0, 0, input.shape[dim])
    return original(input, repeats, dim, **size)  # type: ignore[no-any-return]


def _without_zeros(original: Call, input: Tensor, pad: Any, value: Any = 0) -> Tensor:
    return original(input, tuple(max(amount, 0) for amount in pad), value)  # type: ignore[no-any-return]


def _from_the_first(original: Call, input: Tensor, pad: Any, value: Any = 0) -> Tensor:
    if len(pad) != 2 * input.ndim:
        return original(input, pad, value)  # type: ignore[no-any-return]
    pairs = [tuple(pad[place : place + 2]) for place in range(0, len(pad), 2)]
    return original(input, sum(pairs[::-1], ()), value)  # type: ignore[no-any-return]


def _symmetric(original: Call, input: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    made: Tensor = original(input, pad, mode, value)
    if mode != "reflect":
        return made
    widths = [(0, 0)] * input.ndim
    for place in range(0, len(pad), 2):
        widths[input.ndim - 1 - place // 2] = (pad[place], pad[place + 1])
    return fresh(np.pad(input.array, widths, mode="symmetric"), promoted(input))


def _once_too_often(
    original: Call, input: Tensor, pad: Any, mode: str = "constant", value: Any = None
) -> Tensor:
    return original(input, pad, "replicate" if mode == "circular" else mode, value)  # type: ignore[no-any-return]


REPEATS = [
    mutant(
        "repeat_repeats_each_element",
        rearranging.repeat_tiles_the_whole_tensor,
        changed("repeat", _each_repeated),
    ),
    mutant(
        "tile_puts_ones_behind",
        rearranging.tile_takes_missing_numbers_as_one,
        changed("tile", _tiled_in_front),
    ),
    mutant(
        "repeat_interleave_tiles",
        rearranging.repeat_interleave_repeats_each_element,
        changed("repeat_interleave", _interleaved_as_tiles),
    ),
    mutant(
        "repeat_interleave_takes_any_number_of_repeats",
        rearranging.repeat_interleave_repeats_each_element,
        changed("repeat_interleave", _lengths_unchecked),
    ),
    mutant(
        "tril_ignores_a_negative_diagonal",
        rearranging.tril_and_triu_keep_one_side_of_a_diagonal,
        changed("tril", lambda original, input, diagonal=0: original(input, max(diagonal, 0))),
    ),
    mutant(
        "triu_takes_a_vector",
        rearranging.tril_and_triu_keep_one_side_of_a_diagonal,
        changed(
            "triu",
            lambda original, input, diagonal=0: original(
                input if input.ndim != 1 else input.view(1, -1), diagonal
            ),
        ),
    ),
    mutant(
        "diag_moves_the_wrong_way",
        rearranging.diag_builds_or_reads_a_diagonal,
        changed("diag", lambda original, input, diagonal=0: original(input, -diagonal)),
    ),
    mutant(
        "diag_embed_ignores_its_dimensions",
        rearranging.diag_embed_builds_matrices_of_the_last_dimension,
        changed("diag_embed", lambda original, input, offset=0, *dims, **named: original(input, offset)),
    ),
    mutant(
        "diagflat_takes_the_first_row",
        rearranging.diagflat_flattens_first,
        changed(
            "diagflat",
            lambda original, input, offset=0: original(
                input[0] if input.ndim > 1 and len(input) else input, offset
            ),
        ),
    ),
    mutant(
        "pad_does_not_crop",
        rearranging.pad_surrounds_with_a_constant,
        changed("constant_pad_nd", _without_zeros),
    ),
    mutant(
        "pad_counts_from_the_first_dimension",
        rearranging.pad_surrounds_with_a_constant,
        changed("constant_pad_nd", _from_the_first),
    ),
    mutant(
        "reflection_repeats_the_edge",
        rearranging.pad_continues_the_tensor,
        changed("nn.functional.pad", _symmetric),
    ),
    mutant(
        "circular_padding_replicates",
        rearranging.pad_continues_the_tensor,
        changed("nn.functional.pad", _once_too_often),
    ),
]
