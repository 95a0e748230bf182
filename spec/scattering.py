"""Reading and writing at places that an index tensor names. Rules: `tensorcanon.spec.rules.scattering`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Exactly, OneOf, Outcome, Raises
from .reducing import reduced_at
from .rules import data, dtypes
from .rules import scattering as rules
from .rules.dims import wrap_dim
from .rules.dtypes import DType
from .rules.promotion import Number
from .rules.scattering import Reduction

Shape = tuple[int, ...]


def _taken(array: Array, places: Array) -> Outcome:
    return Exactly(np.asarray(array.reshape(-1)[places]))


def _put(array: Array, places: Array, value: Array | Number) -> Outcome:
    """Return the tensor after writes; where different values go to one place, the winner is open."""
    given = value if isinstance(value, np.ndarray) else data.filled((), value, dtypes.of_array(array))
    settled = rules.settled(array.shape, places, given.shape)
    return Exactly(rules.written(array, places, given), where=settled)


def _used(index: Array, source: Array) -> Array:
    """Return the part of a source that an index of its rank uses: the leading elements of each dimension."""
    return source[tuple(slice(size) for size in index.shape)]


# Along one dimension, element by element.


@clause("torch.gather", covers="indexing.gather")
def gather_reads_along_a_dimension(array: Array, dim: int, index: Array) -> Outcome:
    """`torch.gather` has the index's shape: each element is the one at its own position, moved along `dim`.

    The index says where along `dim`. Nothing broadcasts; an index may be shorter than the tensor.
    """
    return _taken(array, rules.gathered(array.shape, dim, index))


@clause("torch.Tensor.scatter_", covers="indexing.scatter")
def scatter_writes_along_a_dimension(array: Array, dim: int, index: Array, value: Array | Number) -> Outcome:
    """`Tensor.scatter_` writes each element of a source, or a number, to its position moved along `dim`.

    The index says where along `dim`; of several elements for one place any may stay. The source may be
    larger than the index; `torch.scatter` leaves the tensor as it is and returns the changed one.
    """
    given = _used(index, value) if isinstance(value, np.ndarray) and index.size else value
    if not index.size:
        return Exactly(array)
    return _put(array, rules.gathered(array.shape, dim, index), given)


@clause("torch.Tensor.scatter_add_", covers="indexing.scatter-add")
def scatter_add_sums_what_meets_at_a_place(array: Array, dim: int, index: Array, source: Array) -> Outcome:
    """`Tensor.scatter_add_` adds every element of the source to its place, those for one place together."""
    return scatter_reduced(array, dim, index, source, "sum")


@clause("torch.Tensor.scatter_add_; torch.gather", covers="indexing.scatter-add", basis="observed")
def the_gradient_of_gather_is_scatter_add(array: Array, dim: int, index: Array, weights: Array) -> Outcome:
    """The gradient of `gather` adds the gradient of each element it read to the place it was read from."""
    return scatter_reduced(np.zeros_like(array), dim, index, weights, "sum")


@clause("torch.Tensor.scatter_reduce_", covers="indexing.scatter-reduce")
def scatter_reduce_reduces_what_meets_at_a_place(
    array: Array, dim: int, index: Array, source: Array, reduction: Reduction, include_self: bool
) -> Outcome:
    """`Tensor.scatter_reduce_` takes the sum, product, mean, largest or smallest of what meets at a place.

    The element before is one of them unless ``include_self=False``; places not named keep theirs. How the
    mean of integers rounds is open.
    """
    due = scatter_reduced(array, dim, index, source, reduction, include_self)
    if reduction != "mean" or not dtypes.of_array(array).is_integral or not index.size:
        return due
    wide = scatter_means(array, dim, index, source, include_self)
    return OneOf(due, Exactly(np.trunc(wide).astype(array.dtype)))


@clause("torch.Tensor.scatter_reduce_", covers="indexing.scatter-reduce", basis="observed")
def scatter_extremes_of_nan_are_nan(
    array: Array, dim: int, index: Array, source: Array, reduction: Reduction, include_self: bool
) -> Outcome:
    """The largest and the smallest of elements of which one is NaN are NaN, as in `torch.amax`."""
    return scatter_reduced(array, dim, index, source, reduction, include_self)


def scatter_reduced(
    array: Array, dim: int, index: Array, source: Array, reduction: Reduction, include_self: bool = True
) -> Outcome:
    """Return the outcome of a reduction into the places of an index along a dimension."""
    if not index.size:
        return Exactly(array)
    places = rules.gathered(array.shape, dim, index)
    return reduced_at(array, places, _used(index, source), reduction, include_self=include_self)


def scatter_means(array: Array, dim: int, index: Array, source: Array, include_self: bool) -> Array:
    """Return means of integers before they are rounded."""
    places, wide = rules.gathered(array.shape, dim, index), _used(index, source).astype(np.float64)
    return rules.reduced(array.astype(np.float64), places, wide, "mean", include_self=include_self).value


@clause("torch.Tensor.scatter_", covers="indexing.scatter-reduce-arg", level="extended")
def scatter_takes_a_reduction(
    array: Array, dim: int, index: Array, value: Array | Number, reduce: str
) -> Outcome:
    """`Tensor.scatter_` adds with ``reduce="add"``, multiplies with ``"multiply"``, otherwise raises."""
    if reduce not in ("add", "multiply"):
        return Raises("RuntimeError")
    source = value if isinstance(value, np.ndarray) else np.full(index.shape, value).astype(array.dtype)
    return scatter_reduced(array, dim, index, source, "sum" if reduce == "add" else "prod")


@clause("torch.gather; torch.Tensor.scatter_", covers=("indexing.gather", "indexing.scatter"))
def indices_along_a_dimension_are_not_negative_nor_too_large() -> Outcome:
    """An index of `gather`, `scatter` and their kin is from 0 to size - 1: RuntimeError otherwise."""
    return Raises("RuntimeError", from_values=True)


@clause("torch.gather; torch.Tensor.scatter_reduce_", covers=("indexing.gather", "indexing.scatter"))
def an_index_of_another_rank_or_a_larger_size_is_refused() -> Outcome:
    """An index must have the rank of tensor and source and be no larger, but along `dim`: an error."""
    return Raises("RuntimeError", "IndexError")


@clause("torch.Tensor.scatter_", covers="indexing.scatter-no-broadcast", level="extended")
def scatter_broadcasts_its_index(array: Array, dim: int, index: Array, number: Number) -> Outcome:
    """An index of `scatter` with fewer dimensions broadcasts against the tensor."""
    return _put(array, rules.gathered(array.shape, dim, np.broadcast_to(index, array.shape)), number)


@clause("torch.Tensor.scatter_", covers="indexing.scatter", basis="observed")
def a_source_of_another_type_is_refused() -> Outcome:
    """What is scattered, added or copied to places must have the type of the tensor: RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.gather; torch.Tensor.scatter_", covers="indexing.index-dtypes")
def indices_of_gather_and_scatter_are_int64(dtype: DType, outcome: Outcome) -> Outcome:
    """The index of `gather` and `scatter` is an int64 tensor; int32 may be taken, others: RuntimeError."""
    if dtype is dtypes.int64:
        return outcome
    return OneOf(outcome, Raises("RuntimeError")) if dtype is dtypes.int32 else Raises("RuntimeError")


@clause(
    "torch.take; torch.take_along_dim; torch.Tensor.index_copy_; torch.Tensor.index_fill_",
    covers="indexing.index-dtypes",
)
def indices_of_take_and_index_copy_are_int64() -> Outcome:
    """`take`, `put_`, `take_along_dim`, `index_copy_` and `index_fill_` take int64 indices only."""
    return Raises("RuntimeError", "IndexError")


# Whole slices.


@clause("torch.index_select", covers="indexing.index-select")
def index_select_copies_the_listed_slices(array: Array, dim: int, index: Array) -> Outcome:
    """`torch.index_select` gives the listed slices along a dimension, in order, as a copy.

    The index is a vector, int64 or int32; a zero-dim one counts as a vector of one.
    """
    return _taken(array, rules.slices(array.shape, dim, index))


@clause("torch.index_select", covers="indexing.index-select", basis="observed")
def a_slice_out_of_range_is_refused() -> Outcome:
    """A slice that the tensor does not have is an IndexError or RuntimeError."""
    return Raises("IndexError", "RuntimeError", from_values=True)


@clause("torch.Tensor.index_add_", covers="indexing.index-add")
def index_add_adds_every_listed_slice(
    array: Array, dim: int, index: Array, source: Array, alpha: Number = 1
) -> Outcome:
    """`Tensor.index_add_` adds alpha times each slice of the source to the slice its index names.

    The slices for one index are all added.
    """
    exact = source.dtype.kind in "biu"
    scaled = source * source.dtype.type(alpha) if exact else rules.widened(source) * alpha
    places = rules.slices(array.shape, dim, index)
    return reduced_at(array, places, scaled.reshape(places.shape), "sum", scale=1.0 if alpha == 1 else 2.0)


@clause(
    "torch.Tensor.index_add_; torch.Tensor.index_copy_",
    covers=("indexing.index-add", "indexing.index-copy-fill"),
)
def as_many_slices_as_indices_are_due() -> Outcome:
    """A source must have one slice per index, of the shape of the tensor's slices: an error otherwise."""
    return Raises("RuntimeError", "IndexError")


@clause("torch.Tensor.index_copy_", covers="indexing.index-copy-fill")
def index_copy_overwrites_the_listed_slices(array: Array, dim: int, index: Array, source: Array) -> Outcome:
    """`Tensor.index_copy_` writes each slice of the source over the slice its index names.

    Which of several slices for one index stays is open.
    """
    places = rules.slices(array.shape, dim, index)
    return _put(array, places, source.reshape(places.shape))


@clause("torch.Tensor.index_fill_", covers="indexing.index-copy-fill")
def index_fill_fills_the_listed_slices(array: Array, dim: int, index: Array, number: Number) -> Outcome:
    """`Tensor.index_fill_` fills the listed slices with a number or the value of a zero-dim tensor."""
    return _put(array, rules.slices(array.shape, dim, index), number)


# The flattened tensor.


@clause("torch.take", covers="indexing.take-put")
def take_reads_the_flattened_tensor(array: Array, index: Array) -> Outcome:
    """`torch.take` reads the tensor as if it were flattened in row-major order, in the index's shape.

    Negative indices count from the end.
    """
    return _taken(array, rules.flat(array.shape, index))


@clause("torch.Tensor.put_", covers="indexing.take-put")
def put_writes_the_flattened_tensor(array: Array, index: Array, source: Array, accumulate: bool) -> Outcome:
    """`Tensor.put_` writes to the places of the flattened tensor, or adds with ``accumulate=True``.

    The source needs as many elements as the index, in any shape.
    """
    places = rules.flat(array.shape, index)
    given = source.reshape(index.shape)
    return reduced_at(array, places, given, "sum") if accumulate else _put(array, places, given)


@clause("torch.take; torch.Tensor.put_", covers="indexing.take-put", basis="observed")
def a_place_out_of_range_is_refused() -> Outcome:
    """An index beyond the elements of the flattened tensor is an IndexError."""
    return Raises("IndexError", from_values=True)


@clause("torch.Tensor.put_", covers="indexing.take-put")
def put_needs_as_many_elements_as_indices() -> Outcome:
    """A source of another number of elements than the index is an error."""
    return Raises("IndexError", "RuntimeError")


@clause("torch.take_along_dim", covers="indexing.take-along-dim")
def take_along_dim_gathers_with_broadcasting(array: Array, index: Array, dim: int | None) -> Outcome:
    """`torch.take_along_dim` gathers along a dimension after the other dimensions have broadcast.

    Without a dimension both are flattened.
    """
    if dim is None:
        return _taken(array, rules.flat(array.shape, index.reshape(-1)))
    axis = wrap_dim(dim, array.ndim)
    spread = np.broadcast_shapes(*(_without(a.shape, axis) for a in (array, index)))
    wide_array, wide_index = (np.broadcast_to(a, _with(spread, axis, a.shape[axis])) for a in (array, index))
    return _taken(wide_array, rules.gathered(wide_array.shape, axis, wide_index))


@clause("torch.take_along_dim", covers="indexing.take-along-dim", level="extended")
def take_along_dim_flattens_any_layout(array: Array, index: Array) -> Outcome:
    """Without a dimension `torch.take_along_dim` flattens a tensor however it lies in storage."""
    return _taken(array, rules.flat(array.shape, index))


@clause("torch.take_along_dim", covers="indexing.take-along-dim")
def taking_along_a_sorted_index_sorts(array: Array, dim: int) -> Outcome:
    """``x.take_along_dim(x.argsort(dim), dim)`` is ``x`` sorted along a dimension."""
    return Exactly(np.sort(array, axis=dim))


def _without(shape: Shape, dim: int) -> Shape:
    return shape[:dim] + shape[dim + 1 :]


def _with(shape: Shape, dim: int, size: int) -> Shape:
    return (*shape[:dim], size, *shape[dim:])


# A part replaced.


@clause("torch.select_scatter", covers="indexing.select-scatter", level="extended")
def select_scatter_replaces_a_slice(array: Array, source: Array, dim: int, index: int) -> Outcome:
    """`torch.select_scatter` is a copy of the tensor with ``select(dim, index)`` replaced by the source."""
    return _replaced(array, source, lambda whole: np.moveaxis(whole, dim, 0)[index])


@clause("torch.slice_scatter", covers="indexing.select-scatter", level="extended")
def slice_scatter_replaces_a_range(array: Array, source: Array, dim: int, part: slice) -> Outcome:
    """`torch.slice_scatter` is a copy of the tensor with a slice along a dimension replaced by the source."""
    return _replaced(array, source, lambda whole: np.moveaxis(np.moveaxis(whole, dim, 0)[part], 0, dim))


@clause("torch.diagonal_scatter", covers="indexing.select-scatter", level="extended")
def diagonal_scatter_replaces_a_diagonal(array: Array, source: Array, offset: int) -> Outcome:
    """`torch.diagonal_scatter` is a copy of the tensor with a diagonal of dimensions 0 and 1 replaced."""
    return _replaced(array, source, lambda whole: np.diagonal(whole, offset, 0, 1))


@clause("torch.select_scatter", covers="indexing.select-scatter", level="extended")
def a_source_of_another_shape_than_the_part_is_refused() -> Outcome:
    """The source of `select_scatter` and its kin must have exactly the part's shape: RuntimeError."""
    return Raises("RuntimeError")


def _replaced(array: Array, source: Array, part: Any) -> Outcome:
    places = part(np.arange(array.size).reshape(array.shape))
    return Exactly(rules.written(array, places, source.astype(array.dtype)))


@clause("torch.Tensor.fill_diagonal_", covers="indexing.fill-diagonal", level="extended")
def fill_diagonal_fills_the_main_diagonal(array: Array, number: Number, wrap: bool) -> Outcome:
    """`Tensor.fill_diagonal_` fills the main diagonal; with ``wrap=True`` it goes on below, a row apart.

    More than two dimensions must be of one size, fewer than two are refused: RuntimeError.
    """
    if array.ndim < 2 or (array.ndim > 2 and len(set(array.shape)) > 1):
        return Raises("RuntimeError")
    filled = array.copy()
    if filled.size:
        np.fill_diagonal(filled, data.element(number, dtypes.of_array(array)), wrap=wrap)
    return Exactly(filled)
