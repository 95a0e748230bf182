"""How sizes are asked for and changed, and how tensors are split.

Rules: `tensorcanon.spec.rules.windows`, `reshaping`, `pieces`. A clause on views takes the elements and the
window of the tensor viewed, then the operation's arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises
from .rules import pieces, reshaping, strides, windows
from .rules.dims import wrap_dim
from .rules.windows import Array, Shape, Window
from .viewing import copy_of, view_of, views_of

_DIMS = "torch.Tensor.dim"

# Sizes.


@clause("torch.Tensor.size; size", covers="shape.size-object")
def size_is_a_tuple_of_the_sizes(shape: Shape) -> Outcome:
    """`size()` and `shape` are equal tuples of type `torch.Size`."""
    return Exactly(tuple(shape))


@clause("size", covers="shape.size-object")
def a_size_is_a_tuple() -> Outcome:
    """`torch.Size` is a kind of tuple: it equals the tuple of the same numbers."""
    return Exactly(True)


@clause("torch.Tensor.size", covers="shape.size-object")
def size_of_one_dimension_is_an_int(shape: Shape, dim: int) -> Outcome:
    """`size(d)` is `shape[d]`, a Python int; a negative d counts from the end, others out of range fail."""
    if not -len(shape) <= dim < len(shape):
        return Raises("IndexError")
    return Exactly(shape[dim])


@clause(_DIMS, covers="shape.dim-ndim")
def dim_is_the_number_of_sizes(shape: Shape) -> Outcome:
    """`dim()`, `ndim` and the length of the shape are the same number, 0 for a tensor of shape ()."""
    return Exactly(len(shape))


@clause("torch.numel", covers="shape.dim-ndim")
def numel_is_the_product_of_the_sizes(shape: Shape) -> Outcome:
    """`numel` is the product of the sizes, 1 for a zero-dim tensor."""
    return Exactly(math.prod(shape))


@clause("torch.Tensor", covers="shape.len-iter", basis="observed")
def len_is_the_first_size(shape: Shape) -> Outcome:
    """`len(x)` is `x.size(0)`, a TypeError for a zero-dim tensor."""
    return Exactly(shape[0]) if shape else Raises("TypeError")


@clause("torch.Tensor", covers="shape.len-iter", basis="observed")
def iteration_gives_a_view_of_each_place(elements: Array, window: Window) -> Outcome:
    """Iterating over x yields the views x[0], x[1], ...; over a zero-dim tensor it is a TypeError."""
    if not elements.ndim:
        return Raises("TypeError")
    return views_of(lambda: windows.unbind(window), lambda: _places(elements, 0))


@clause(_DIMS, covers="shape.invalid-dim-error", basis="observed")
def a_dimension_out_of_range_is_an_index_error() -> Outcome:
    """A dimension outside -ndim to ndim - 1 is an IndexError, whatever the operation."""
    return Raises("IndexError")


# What an operation along a dimension makes of one element: itself, its share of the whole, its place.
_OF_ONE: dict[str, Callable[[Array], tuple[Array, ...]]] = {
    "itself": lambda value: (value,),
    "one": lambda value: (np.ones_like(value),),
    "zero": lambda value: (np.zeros_like(value),),
    "place": lambda value: (np.array(0),),
    "itself and place": lambda value: (value, np.array(0)),
}


@clause(_DIMS, covers="shape.zero-dim-as-one", basis="observed")
def a_zero_dim_tensor_counts_as_one_element(value: Array, makes: str, dim: int) -> Outcome:
    """Operations along a dimension take a zero-dim tensor as one element, with dimensions 0 and -1.

    Here `makes` says what the operation makes of one element: itself (a sum), one (a softmax), zero (its
    logarithm), its place (an argmax), or itself and its place (a sort).
    """
    if dim not in (0, -1):
        return Raises("IndexError")
    results = tuple(Exactly(part) for part in _OF_ONE[makes](value))
    return results[0] if len(results) == 1 else Each(results)


def _places(elements: Array, dim: int) -> list[Array]:
    return [np.asarray(np.take(elements, index, axis=dim)) for index in range(elements.shape[dim])]


# Other shapes of the same elements.


@clause("torch.reshape", covers="shape.reshape-numel")
def reshape_keeps_the_row_major_order(elements: Array, sizes: Sequence[int]) -> Outcome:
    """`reshape` keeps the elements in row-major order and their number; one size may be -1."""
    return copy_of(lambda: elements.reshape(reshaping.sizes_for(sizes, elements.size)))


@clause("torch.reshape", covers="shape.reshape-zero-ambiguous", level="extended")
def a_size_next_to_a_zero_cannot_be_inferred(elements: Array, sizes: Sequence[int]) -> Outcome:
    """Without elements, -1 is inferred only where the other sizes do not multiply to 0."""
    return copy_of(lambda: elements.reshape(reshaping.sizes_for(sizes, elements.size)))


@clause("torch.squeeze", covers=("shape.squeeze-all", "shape.squeeze-dim"))
def squeeze_removes_dimensions_of_size_one(
    elements: Array, window: Window, dim: int | Sequence[int] | None = None
) -> Outcome:
    """`squeeze` shows the tensor without its dimensions of size 1, or without those of them it names.

    A named dimension of another size stays, without an error; one out of range is an IndexError.
    """

    def squeezed() -> Array:
        return elements.reshape(windows.squeeze(window, dim).shape)

    return view_of(lambda: windows.squeeze(window, dim), squeezed)


@clause("torch.unsqueeze", covers="shape.unsqueeze")
def unsqueeze_inserts_a_dimension_of_size_one(elements: Array, window: Window, dim: int) -> Outcome:
    """`unsqueeze` shows the tensor with a size of 1 at index `dim`, from -ndim - 1 to ndim."""
    return view_of(lambda: windows.unsqueeze(window, dim), lambda: np.expand_dims(elements, dim))


@clause("torch.flatten", covers="shape.flatten")
def flatten_merges_a_range_of_dimensions(elements: Array, start_dim: int = 0, end_dim: int = -1) -> Outcome:
    """`flatten` merges the dimensions from `start_dim` to `end_dim` in row-major order, () into (1,)."""
    return copy_of(lambda: elements.reshape(reshaping.merged(elements.shape, start_dim, end_dim)))


@clause("torch.flatten", covers="shape.flatten")
def flatten_returns_the_tensor_where_nothing_merges(shape: Shape, start_dim: int, end_dim: int) -> Outcome:
    """`flatten` returns the tensor itself where the range is one dimension."""
    return Exactly(bool(shape) and wrap_dim(start_dim, len(shape)) == wrap_dim(end_dim, len(shape)))


@clause("torch.flatten", covers=("shape.flatten", "views.extra-view-ops"))
def flatten_is_a_view_where_one_is_possible(
    storage: Array, window: Window, values: Array, start_dim: int, end_dim: int
) -> Outcome:
    """A write to the source of `flatten` shows in the result where `view` would work, elsewhere not."""
    return _after_write(storage, window, values, reshaping.merged(window.shape, start_dim, end_dim))


@clause("torch.reshape", covers="views.reshape-view-or-copy", strength="should")
def reshape_is_a_view_where_one_is_possible(
    storage: Array, window: Window, values: Array, sizes: Shape
) -> Outcome:
    """A write to the source of `reshape` shows in the result where `view` would work, elsewhere not."""
    return _after_write(storage, window, values, sizes)


def _after_write(storage: Array, window: Window, values: Array, sizes: Shape) -> Outcome:
    if not reshaping.viewable(window, sizes):
        return Exactly(window.of(storage).reshape(sizes))
    after = storage.copy()
    window.of(after)[...] = values
    return Exactly(reshaping.view(window, sizes).of(after))


@clause("torch.ravel", covers="views.extra-view-ops")
def ravel_is_contiguous_and_copies_only_if_needed(storage: Array, window: Window, values: Array) -> Outcome:
    """`ravel` is contiguous in one dimension: a view of a contiguous tensor, else a copy."""
    shared = strides.is_contiguous(window.shape, window.strides)
    return Exactly((values if shared else window.of(storage)).reshape(-1), strides=(1,))


@clause("torch.unflatten", covers="shape.unflatten", level="extended")
def unflatten_splits_a_dimension(elements: Array, window: Window, dim: int, sizes: Sequence[int]) -> Outcome:
    """`unflatten` shows one dimension as several whose sizes multiply to its own; one may be -1."""
    if not elements.ndim:
        return Raises("RuntimeError", "IndexError")
    return view_of(
        lambda: reshaping.unflatten(window, dim, sizes),
        lambda: elements.reshape(reshaping.unflatten(window, dim, sizes).shape),
    )


@clause("torch.movedim", covers="shape.movedim", level="extended")
def movedim_keeps_the_rest_in_order(
    elements: Array, window: Window, source: int | Sequence[int], destination: int | Sequence[int]
) -> Outcome:
    """`movedim` shows the named dimensions at new places and the rest in their order; each may occur once."""
    return view_of(
        lambda: windows.movedim(window, source, destination),
        lambda: np.moveaxis(elements, source, destination) if elements.ndim else elements,
    )


@clause("torch.atleast_1d; torch.atleast_2d; torch.atleast_3d", covers="shape.atleast", level="extended")
def atleast_adds_dimensions_of_size_one(elements: Array, window: Window, ndim: int) -> Outcome:
    """`atleast_1d`, `2d` and `3d` show smaller tensors with sizes of 1 in front, a vector at 3 as (1, n, 1)
    and a matrix at 3 with one behind, and larger ones as they are.
    """
    made = (np.atleast_1d, np.atleast_2d, np.atleast_3d)[ndim - 1](elements)
    return view_of(lambda: reshaping.view(window, reshaping.at_least(ndim, window.shape)), lambda: made)


# Splitting.


@clause("torch.split", covers="shape.split")
def split_gives_pieces_of_one_length(
    elements: Array, window: Window, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> Outcome:
    """`split` by a number shows pieces of that length, the last perhaps shorter; by a list, pieces of those
    lengths, which must add up to the size.
    """

    def parts() -> Sequence[Array]:
        if isinstance(split_size_or_sections, int):
            return _every(elements, dim, split_size_or_sections)
        ends = accumulate(split_size_or_sections)
        spans = [range(end - length, end) for length, end in zip(split_size_or_sections, ends, strict=True)]
        return [np.take(elements, span, axis=dim) for span in spans]

    return views_of(lambda: pieces.split(window, split_size_or_sections, dim), parts)


@clause("torch.chunk", covers="shape.chunk")
def chunk_gives_at_most_so_many_pieces(elements: Array, window: Window, chunks: int, dim: int = 0) -> Outcome:
    """`chunk` shows pieces of the size divided by their number, rounded up: 5 in 4 gives 2, 2 and 1."""

    def parts() -> Sequence[Array]:
        size = elements.shape[dim]
        return _every(elements, dim, -(-size // chunks)) if size else [elements] * chunks

    return views_of(lambda: pieces.chunk(window, chunks, dim), parts)


@clause("torch.tensor_split", covers="shape.tensor-split")
def tensor_split_gives_exactly_so_many_pieces(
    elements: Array, window: Window, indices_or_sections: int | Sequence[int], dim: int = 0
) -> Outcome:
    """`tensor_split` by a number shows that many pieces, the first ones longer by one where it must.

    By indices i and j it shows the pieces [:i], [i:j] and [j:].
    """

    def parts() -> Sequence[Array]:
        if isinstance(indices_or_sections, int):
            return np.array_split(elements, indices_or_sections, axis=dim)
        bounds = zip([None, *indices_or_sections], [*indices_or_sections, None], strict=True)
        axis = dim % elements.ndim
        return [elements[(slice(None),) * axis + (slice(start, stop),)] for start, stop in bounds]

    return views_of(lambda: pieces.tensor_split(window, indices_or_sections, dim), parts)


@clause("torch.hsplit; torch.vsplit; torch.dsplit", covers="shape.hsplit", level="extended")
def hsplit_vsplit_and_dsplit_cut_one_dimension(
    elements: Array, window: Window, name: str, indices_or_sections: int | Sequence[int]
) -> Outcome:
    """`hsplit`, `vsplit` and `dsplit` cut dimension 1 (0 of a vector), 0 and 2 as `tensor_split` does.

    A number of pieces must divide the size.
    """
    made = {"hsplit": np.hsplit, "vsplit": np.vsplit, "dsplit": np.dsplit}[name]
    cut = indices_or_sections if isinstance(indices_or_sections, int) else list(indices_or_sections)
    return views_of(lambda: pieces.along_axis(name, window, indices_or_sections), lambda: made(elements, cut))


@clause("torch.unbind", covers="shape.unbind")
def unbind_gives_every_place_of_a_dimension(elements: Array, window: Window, dim: int = 0) -> Outcome:
    """`unbind` shows every place of a dimension, without the dimension; a zero-dim tensor is an error."""
    if not elements.ndim:
        return Raises("IndexError", "RuntimeError")
    return views_of(lambda: windows.unbind(window, dim), lambda: _places(elements, dim))


def _every(elements: Array, dim: int, length: int) -> list[Array]:
    """Return pieces of a length along a dimension, the last perhaps shorter; one where there is nothing."""
    size = elements.shape[dim]
    starts = range(0, max(size, 1), max(length, 1))
    return [np.take(elements, range(start, min(start + length, size)), axis=dim) for start in starts]


@clause("torch.chunk; torch.split; torch.unbind", covers="shape.split-types", level="extended")
def pieces_come_as_a_tuple(elements: Sequence[Array]) -> Outcome:
    """`chunk`, `split` and `unbind` return a Python tuple."""
    return Each(tuple(Exactly(piece) for piece in elements), sequence="tuple")


@clause("torch.tensor_split; torch.hsplit", covers="shape.split-types", level="extended")
def pieces_between_indices_come_as_a_list(elements: Sequence[Array]) -> Outcome:
    """`tensor_split`, `hsplit`, `vsplit`, `dsplit` and `broadcast_tensors` return a Python list."""
    return Each(tuple(Exactly(piece) for piece in elements), sequence="list")
