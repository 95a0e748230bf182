"""What is joined, reversed, repeated, padded: operations that give their results fresh storage.

Rules: `tensorcanon.spec.rules.joining`, `rearranging`. A clause takes the elements of the inputs, then the
operation's arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Unspecified
from .rules import dtypes, joining, promotion, rearranging
from .rules.dims import wrap_dim, wrap_dims
from .rules.windows import Array
from .viewing import copy_of, error_like

_VIEW = "tensor_view"


@clause(_VIEW, covers="views.copies")
def a_copy_does_not_see_writes_to_its_input(result: Outcome) -> Outcome:
    """Operations that are no views give fresh storage: after a write to an input the result is as it was."""
    return result


@clause(_VIEW, covers="views.copies")
def a_write_to_a_copy_leaves_its_input(elements: Array) -> Outcome:
    """Operations that are no views give fresh storage: after a write to the result an input is as it was."""
    return Exactly(elements)


@clause("tensor_view; tensor_attributes#torch-layout", covers="views.stride-meaning")
def an_operation_reads_through_the_strides(result: Outcome) -> Outcome:
    """What an operation computes depends on a tensor's elements, not on where they lie in storage.

    Here `result` is what it computes from the same elements in row-major order.
    """
    return result


@clause("torch.permute_copy; torch.unbind_copy; torch.narrow_copy", level="extended", covers="views.copies")
def copies_of_views_hold_what_the_view_shows(shown: Array | Sequence[Array]) -> Outcome:
    """`permute_copy` and its like hold the elements that the view operation shows."""
    if isinstance(shown, np.ndarray):
        return Exactly(shown)
    return Each(tuple(Exactly(piece) for piece in shown))


# Joining.


@clause("torch.cat", covers="shape.cat")
def cat_joins_along_a_dimension(tensors: Sequence[Array], dim: int = 0) -> Outcome:
    """`cat` puts tensors one after the other along a dimension they have; their other sizes must agree.

    The types promote. A zero-dim tensor and tensors of different rank are errors. Nothing is said of a
    dimension out of range where all tensors have shape (0,).
    """
    if dim not in (0, -1) and tensors and all(one.shape == (0,) for one in tensors):
        return Unspecified()
    return _joined(tensors, lambda: joining.cat([one.shape for one in tensors], dim))


@clause("torch.cat", covers="shape.cat-legacy-empty", level="extended")
def cat_leaves_out_empty_vectors(tensors: Sequence[Array], dim: int = 0) -> Outcome:
    """`cat` leaves out tensors of shape (0,), whatever the rank of the others; an empty list is an error."""
    return _joined(tensors, lambda: joining.cat([one.shape for one in tensors], dim))


def _joined(tensors: Sequence[Array], rule: Callable[[], joining.Join]) -> Outcome:
    try:
        join = rule()
    except ValueError:
        return Raises("ValueError", "RuntimeError")
    except (IndexError, RuntimeError) as error:
        return error_like(error)
    parts = _promoted(tensors)
    return Exactly(np.concatenate([parts[place] for place in join.places], axis=join.axis))


def _promoted(tensors: Sequence[Array]) -> list[Array]:
    common = reduce(promotion.promote_types, (dtypes.of_array(one) for one in tensors))
    return [one.astype(common.storage) for one in tensors]


@clause("torch.stack", covers="shape.stack")
def stack_joins_along_a_new_dimension(tensors: Sequence[Array], dim: int = 0) -> Outcome:
    """`stack` puts tensors of one shape along a new dimension at index `dim`, from -ndim - 1 to ndim."""

    def stacked() -> Array:
        axis = joining.stack([one.shape for one in tensors], dim)
        return np.stack(_promoted(tensors), axis=axis)

    return copy_of(stacked)


@clause("torch.stack", covers="shape.stack-is-cat-unsqueeze")
def stack_is_cat_of_unsqueezed_tensors(tensors: Sequence[Array], dim: int) -> Outcome:
    """`stack` of tensors equals `cat` of each with a dimension of size 1 at the same index."""
    return Exactly(np.concatenate([np.expand_dims(one, dim) for one in tensors], axis=dim))


@clause("torch.stack; torch.unbind", covers="shape.stack-is-cat-unsqueeze")
def unbind_undoes_stack(tensors: Sequence[Array]) -> Outcome:
    """`unbind` of a stack, along the same dimension, gives tensors equal to those stacked."""
    return Each(tuple(Exactly(one) for one in tensors))


@clause(
    "torch.vstack; torch.hstack; torch.dstack; torch.column_stack",
    covers="shape.vstack-hstack",
)
def stacks_of_rows_columns_and_depth(name: str, tensors: Sequence[Array]) -> Outcome:
    """`vstack`, `hstack`, `dstack` and `column_stack` join along dimension 0, 1, 2 and 1.

    Vectors become rows for `vstack`, columns for `column_stack` and are joined as they are by `hstack`;
    `dstack` makes them (1, n, 1). Sizes that do not fit are an error.
    """
    parts = [one.reshape(joining.raised(name, one.shape)) for one in tensors]
    dim = joining.stacking_dim(name, parts[0].ndim)
    return _joined(parts, lambda: joining.cat([one.shape for one in parts], dim))


@clause("torch.block_diag", covers="shape.block-diag", level="extended")
def block_diag_surrounds_blocks_with_zeros(tensors: Sequence[Array]) -> Outcome:
    """`block_diag` puts its inputs on the diagonal of a matrix of zeros, numbers and vectors as one row."""
    if any(one.ndim > 2 for one in tensors):
        return Raises("RuntimeError")
    blocks = [np.atleast_2d(one) for one in _promoted(tensors)]
    shape = tuple(sum(block.shape[dim] for block in blocks) for dim in (0, 1))
    made = np.zeros(shape, blocks[0].dtype)
    row = column = 0
    for block in blocks:
        made[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return Exactly(made)


# The order of the elements.


@clause("torch.flip; torch.fliplr; torch.flipud", covers="shape.flip")
def flip_reverses_the_dimensions_named(elements: Array, dims: Sequence[int]) -> Outcome:
    """`flip` reverses the elements along each dimension named, which may occur once.

    `fliplr` reverses dimension 1, `flipud` dimension 0.
    """
    return copy_of(lambda: np.flip(elements, wrap_dims(dims, elements.ndim) if elements.ndim else ()))


@clause("torch.roll", covers="shape.roll")
def roll_moves_elements_round_a_dimension(
    elements: Array, shifts: int | Sequence[int], dims: int | Sequence[int] = ()
) -> Outcome:
    """`roll` moves element i to (i + shift) mod n along each dimension named.

    Where none is named it rolls the flattened tensor. Shifts and dimensions differing in number, and
    dimensions out of range, are errors, of which nothing is said for tensors without elements.
    """

    def rolled() -> Array:
        moves = rearranging.roll(elements.ndim, shifts, dims)
        if dims == ():
            return np.roll(elements, moves[0][0])
        return np.roll(elements, [shift for shift, _ in moves], [dim for _, dim in moves])

    allowed = copy_of(rolled)
    return Unspecified() if isinstance(allowed, Raises) and not elements.size else allowed


@clause("torch.rot90", covers="shape.rot90", level="extended")
def rot90_turns_from_the_first_dimension_to_the_second(
    elements: Array, k: int = 1, dims: Sequence[int] = (0, 1)
) -> Outcome:
    """`rot90` turns a plane k times by 90 degrees from its first dimension towards its second."""
    return copy_of(lambda: np.rot90(elements, k, rearranging.rot90(elements.ndim, dims)))


@clause("torch.nn.functional.pixel_shuffle; nn.PixelShuffle", covers="shape.pixel-shuffle", level="extended")
def pixel_shuffle_turns_channels_into_pixels(elements: Array, upscale_factor: int) -> Outcome:
    """`pixel_shuffle` by r makes (N, C, H x r, W x r) of (N, C x r x r, H, W): channel c x r x r + i x r + j
    holds the pixels in row i and column j of each block.
    """

    def shuffled() -> Array:
        split, order, result = rearranging.pixel_shuffle(elements.shape, upscale_factor)
        return elements.reshape(split).transpose(order).reshape(result)

    return copy_of(shuffled)


@clause("torch.nn.functional.pixel_unshuffle", covers="shape.pixel-shuffle", level="extended")
def pixel_unshuffle_undoes_pixel_shuffle(elements: Array, downscale_factor: int) -> Outcome:
    """`pixel_unshuffle` turns the pixels of each block back into channels."""
    return _unshuffled(elements, downscale_factor)


@clause("torch.nn.functional.pixel_unshuffle", covers="shape.pixel-shuffle", level="extended")
def pixel_unshuffle_reshapes_what_is_empty(elements: Array, downscale_factor: int) -> Outcome:
    """`pixel_unshuffle` gives a tensor without elements the shape (N, C x r x r, H / r, W / r) too."""
    return _unshuffled(elements, downscale_factor)


def _unshuffled(elements: Array, downscale_factor: int) -> Outcome:
    def unshuffled() -> Array:
        split, order, result = rearranging.pixel_unshuffle(elements.shape, downscale_factor)
        return elements.reshape(split).transpose(order).reshape(result)

    return copy_of(unshuffled)


# Repeating.


@clause("torch.Tensor.repeat", covers="shape.repeat-tile")
def repeat_tiles_the_whole_tensor(elements: Array, repeats: Sequence[int]) -> Outcome:
    """`repeat` lays out copies of the tensor, so many along each dimension; extra numbers add leading
    dimensions, and fewer than dimensions are an error.
    """

    def tiled() -> Array:
        rearranging.repeat(elements.shape, repeats)
        return np.tile(elements, repeats)

    return copy_of(tiled)


@clause("torch.tile", covers="shape.repeat-tile")
def tile_takes_missing_numbers_as_one(elements: Array, dims: Sequence[int]) -> Outcome:
    """`tile` is `repeat` with ones in front where there are fewer numbers than dimensions."""
    return copy_of(lambda: np.tile(elements, tuple(dims)))


@clause("torch.repeat_interleave", covers="shape.repeat-interleave")
def repeat_interleave_repeats_each_element(
    elements: Array, repeats: int | Sequence[int], dim: int | None = None
) -> Outcome:
    """`repeat_interleave` repeats each place of a dimension in turn, by one number or each by its own.

    Where no dimension is named it flattens first.

    Other counts of numbers, and negative ones, are an error.
    """
    try:
        axis = 0 if dim is None else wrap_dim(dim, elements.ndim)
        flat = elements.reshape(-1) if dim is None else elements
        places = rearranging.interleaved(flat.shape[axis], repeats)
    except (IndexError, RuntimeError) as error:
        return error_like(error)
    return Exactly(np.take(flat, places, axis=axis))


# Diagonals and triangles.


@clause("torch.tril; torch.triu", covers="shape.tril-triu", level="extended")
def tril_and_triu_keep_one_side_of_a_diagonal(elements: Array, name: str, diagonal: int = 0) -> Outcome:
    """`tril` keeps the elements with column - row <= k, `triu` those with >= k; the rest is 0."""
    if elements.ndim < 2:
        return Raises("RuntimeError")
    rows, columns = (np.arange(size) for size in elements.shape[-2:])
    distance = columns[None, :] - rows[:, None]
    kept = distance <= diagonal if name == "tril" else distance >= diagonal
    return Exactly(np.where(kept, elements, np.zeros((), elements.dtype)))


@clause("torch.diag", covers="shape.diag", level="extended")
def diag_builds_or_reads_a_diagonal(elements: Array, diagonal: int = 0) -> Outcome:
    """`diag` of a vector is the matrix with it on a diagonal, of a matrix the vector on its diagonal."""
    if elements.ndim not in (1, 2):
        return Raises("RuntimeError")
    return Exactly(np.diag(elements, diagonal))


@clause("torch.diag_embed", covers="shape.diag", level="extended")
def diag_embed_builds_matrices_of_the_last_dimension(
    elements: Array, offset: int = 0, dim1: int = -2, dim2: int = -1
) -> Outcome:
    """`diag_embed` puts the last dimension on a diagonal of two new ones, by default the last."""
    ndim = elements.ndim + 1
    if not all(-ndim <= dim < ndim for dim in (dim1, dim2)):
        return Raises("IndexError")
    if dim1 % ndim == dim2 % ndim:
        return Raises("RuntimeError")
    size = elements.shape[-1] + abs(offset)
    made = np.zeros((*elements.shape[:-1], size, size), elements.dtype)
    places = np.arange(elements.shape[-1])
    made[..., places + max(-offset, 0), places + max(offset, 0)] = elements
    return Exactly(np.moveaxis(made, (-2, -1), (dim1, dim2)))


@clause("torch.diagflat", covers="shape.diag", level="extended")
def diagflat_flattens_first(elements: Array, offset: int = 0) -> Outcome:
    """`diagflat` puts all elements, in row-major order, on a diagonal of a matrix."""
    return Exactly(np.diagflat(elements, offset))


# Padding.


@clause("torch.nn.functional.pad", covers="shape.pad")
def pad_surrounds_with_a_constant(elements: Array, pad: Sequence[int], value: complex = 0) -> Outcome:
    """`pad` takes pairs of amounts (before, after) from the last dimension backwards and fills with a value.

    A negative amount crops.
    """

    def padded() -> Array:
        made = elements
        for dim, before, after in rearranging.pad_amounts(elements.ndim, pad):
            if made.shape[dim] + min(before, 0) + min(after, 0) < 0:
                raise RuntimeError(f"padding {pad} leaves nothing of dimension {dim}")
            kept = (slice(None),) * dim + (slice(max(-before, 0), made.shape[dim] - max(-after, 0)),)
            widths = [(0, 0)] * made.ndim
            widths[dim] = (max(before, 0), max(after, 0))
            made = np.pad(made[kept], widths, constant_values=np.array(value).astype(made.dtype))
        return made

    return copy_of(padded)


@clause("torch.nn.functional.pad", covers="shape.pad")
def pad_continues_the_tensor(elements: Array, pad: Sequence[int], mode: rearranging.Mode) -> Outcome:
    """`pad` can reflect at the edge element, replicate it, or go round in a circle.

    A reflection must be shorter than the dimension; a circle may be as long.
    """

    def padded() -> Array:
        made = elements
        for dim, before, after in rearranging.pad_amounts(elements.ndim, pad):
            places = rearranging.padded_places(elements.shape[dim], before, after, mode)
            made = np.take(made, places, axis=dim)
        return made

    return copy_of(padded)
