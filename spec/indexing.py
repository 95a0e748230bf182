"""Reading and writing ``x[index]``. Rules: `tensorcanon.spec.rules.indexing`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Exactly, OneOf, Outcome, Raises, Unspecified, Warns
from .reducing import reduced_at
from .rules import casts, data, dtypes, scattering
from .rules import indexing as rules
from .rules.broadcasting import expandable
from .rules.promotion import Number

Shape = tuple[int, ...]
_PAGE = "tensor_view#note-indexing"


def _picked(array: Array, index: Any) -> Array:
    return np.asarray(array.reshape(-1)[rules.places(index, array.shape)])


def _window(array: Array, strides: Shape, index: Any) -> Outcome:
    window = rules.resolve(index, rules.window_of(array.shape, strides)).window
    return Exactly(_picked(array, index), strides=window.strides)


# Windows: integers, slices, None and ...


@clause(_PAGE, covers="indexing.int")
def an_integer_selects_a_place_and_drops_the_dimension(array: Array, strides: Shape, index: Any) -> Outcome:
    """An integer index picks one place of a dimension and removes the dimension.

    A negative integer counts from the end. The last dimension leaves a zero-dim tensor, not a number.
    """
    return _window(array, strides, index)


@clause(_PAGE, covers="indexing.slice")
def a_slice_takes_a_range_as_python_does(array: Array, strides: Shape, index: Any) -> Outcome:
    """A slice picks the places that Python's rule gives for a list: bounds beyond the ends are cut off."""
    return _window(array, strides, index)


@clause(_PAGE, covers="indexing.none-ellipsis")
def none_adds_and_ellipsis_fills_dimensions(array: Array, strides: Shape, index: Any) -> Outcome:
    """None inserts a dimension of size 1; ... stands for the dimensions that the other indices leave out."""
    return _window(array, strides, index)


@clause(_PAGE, covers=("indexing.int", "indexing.slice", "indexing.none-ellipsis", "views.share-storage"))
def basic_indices_make_one_window(array: Array, strides: Shape, index: Any) -> Outcome:
    """Any mix of integers, slices, None and ... makes a window whose strides follow from the tensor's."""
    return _window(array, strides, index)


@clause(_PAGE, covers="views.storage-offset")
def a_window_starts_at_its_first_element(shape: Shape, strides: Shape, offset: int, index: Any) -> Outcome:
    """The storage offset of ``x[index]`` is the place of its first element."""
    return Exactly(rules.resolve(index, rules.window_of(shape, strides, offset)).window.offset)


@clause(_PAGE, covers="indexing.nested-order")
def indices_apply_from_the_outermost_dimension_inwards(array: Array, indices: Sequence[int]) -> Outcome:
    """``x[i, j]`` is ``x[i][j]``: each index applies to the outermost dimension that is left."""
    for index in indices:
        array = array[index]
    return Exactly(np.asarray(array))


@clause(f"{_PAGE}; tensor_view", covers=("indexing.int", "indexing.slice", "views.multi-level"))
def a_write_through_a_window_reaches_the_tensor(array: Array, index: Any, values: Array) -> Outcome:
    """Basic indexing copies nothing: what is written to ``x[index]`` shows in ``x``."""
    return Exactly(scattering.written(array, rules.places(index, array.shape), values))


@clause(f"{_PAGE}; tensor_view", covers=("indexing.int", "indexing.slice"))
def a_write_to_the_tensor_shows_in_a_window(array: Array, index: Any) -> Outcome:
    """What is written to ``x`` shows in an earlier ``x[index]`` of a basic index."""
    return Exactly(_picked(array, index))


@clause(_PAGE, covers=("indexing.int", "indexing.too-many"))
def an_integer_out_of_range_raises() -> Outcome:
    """An integer must be from -size to size - 1 of its dimension: IndexError."""
    return Raises("IndexError")


@clause(_PAGE, covers="indexing.too-many")
def more_indices_than_dimensions_raise() -> Outcome:
    """An index of more parts than the tensor has dimensions is an IndexError; a zero-dim tensor has none."""
    return Raises("IndexError")


@clause(_PAGE, covers="indexing.slice")
def a_step_that_is_not_positive_raises() -> Outcome:
    """The step of a slice must be at least 1, unlike a list's: ValueError."""
    return Raises("ValueError")


# Index tensors: fresh elements.


@clause(_PAGE, covers="indexing.integer-tensor")
def an_integer_tensor_gathers_slices(array: Array, index: Any) -> Outcome:
    """An integer tensor or list picks a slice per element: the index's shape, then the remaining dimensions.

    Places may repeat, and negative ones count from the end.
    """
    return Exactly(_picked(array, index))


@clause(_PAGE, covers="indexing.multi-integer")
def index_tensors_select_pointwise(array: Array, index: Any) -> Outcome:
    """Several integer tensors broadcast together; each position of theirs picks one element or slice."""
    return Exactly(_picked(array, index))


@clause(_PAGE, covers="indexing.mixed-adjacent")
def index_tensors_keep_their_place_if_adjacent(array: Array, index: Any) -> Outcome:
    """The dimensions of adjacent index tensors stand where theirs were, those of separated ones in front."""
    return Exactly(_picked(array, index))


@clause(_PAGE, covers="indexing.scalar-int-with-tensor", basis="observed", level="extended")
def an_integer_beside_index_tensors_selects_first(array: Array, index: Any) -> Outcome:
    """An integer among index tensors drops its dimension before the tensors apply, and separates nothing."""
    return Exactly(_picked(array, index))


@clause(_PAGE, covers="indexing.none-ellipsis", basis="observed")
def a_bool_adds_a_dimension_of_size_one_or_zero(array: Array, index: Any) -> Outcome:
    """True among the indices adds a dimension of size 1, False one of size 0; so do zero-dim masks."""
    return Exactly(_picked(array, index))


@clause(_PAGE, covers="indexing.bool-mask")
def a_mask_selects_true_places_in_order(array: Array, index: Any) -> Outcome:
    """A mask of some dimensions picks its True places in row-major order, along one dimension."""
    return Exactly(_picked(array, index))


@clause("torch.nonzero", covers="indexing.bool-equals-nonzero")
def a_mask_picks_what_its_nonzero_coordinates_pick(array: Array, mask: Array) -> Outcome:
    """``x[mask]`` is ``x[mask.nonzero(as_tuple=True)]``."""
    return Exactly(array[mask])


@clause(f"{_PAGE}; tensor_view", covers=("indexing.integer-tensor", "indexing.bool-mask", "views.copies"))
def index_tensors_copy(array: Array) -> Outcome:
    """An index with integer tensors or masks gives a copy: a write to one side leaves the other as it is."""
    return Exactly(array)


@clause(_PAGE, basis="observed")
def a_zero_dim_integer_tensor_indexes_as_the_integer(array: Array, index: Any) -> Outcome:
    """A zero-dim integer tensor picks what the integer would; whether memory is shared is left open."""
    return Exactly(_picked(array, index))


@clause(_PAGE, covers="indexing.integer-tensor")
def an_index_tensor_out_of_range_raises() -> Outcome:
    """Each element of an index tensor must be from -size to size - 1: IndexError."""
    return Raises("IndexError", from_values=True)


@clause(_PAGE, covers="indexing.multi-integer")
def index_tensors_that_do_not_broadcast_raise() -> Outcome:
    """Index tensors whose shapes do not broadcast together are an IndexError."""
    return Raises("IndexError")


@clause(_PAGE, covers="indexing.bool-mask")
def a_mask_of_another_shape_raises() -> Outcome:
    """A mask must have exactly the sizes of the dimensions it stands for: IndexError."""
    return Raises("IndexError")


@clause("torch.Tensor", covers="indexing.index-dtype", basis="observed")
def index_tensors_hold_integers_or_bools(array: Array, index: Array) -> Outcome:
    """Index tensors are int64, int32 or bool; floating and complex ones are an IndexError.

    Narrower integers may be refused or taken at their value.
    """
    dtype = dtypes.of_array(index)
    if not dtype.is_integral:
        return Raises("IndexError")
    taken = Exactly(_picked(array, index))
    return taken if dtype.bits > 16 else OneOf(taken, Raises("IndexError"))


@clause("torch.Tensor", covers="indexing.uint8-mask", basis="observed", level="extended")
def a_byte_tensor_is_a_mask_with_a_warning(array: Array, index: Array) -> Outcome:
    """A uint8 index tensor counts as a mask, with a UserWarning."""
    return Warns("UserWarning", Exactly(_picked(array, index != 0)))


@clause(_PAGE, covers="indexing.nested-list", basis="observed", level="extended")
def a_nested_list_is_a_tuple_of_lists(array: Array, index: list[list[int]]) -> Outcome:
    """A list of lists as the whole index counts as a tuple of its items, with a UserWarning."""
    return Warns("UserWarning", Exactly(_picked(array, tuple(index))))


# Writing.


def _assigned(array: Array, index: Any, value: Array | Number, accumulate: bool = False) -> Outcome:
    """Return the tensor after a write; where an element is written twice with different values is open."""
    picked = rules.places(index, array.shape)
    dtype = dtypes.of_array(array)
    given = value if isinstance(value, np.ndarray) else data.filled((), value, dtype)
    given = given.reshape(given.shape[max(0, given.ndim - picked.ndim) :])
    if accumulate:
        return reduced_at(array, picked, np.broadcast_to(given, picked.shape), "sum")
    fixed = scattering.settled(array.shape, picked, given.shape)
    fixed &= scattering.written(
        np.ones(array.shape, np.bool_), picked, np.broadcast_to(casts.specified(given, dtype), picked.shape)
    )
    return Exactly(scattering.written(array, picked, casts.cast(given, dtype)), where=fixed)


@clause(f"{_PAGE}; torch.Tensor.index_put_", covers=("indexing.setitem-basic", "inplace.swap-assign-scalar"))
def basic_assignment_converts_and_broadcasts(array: Array, index: Any, value: Array | Number) -> Outcome:
    """``x[index] = value`` writes into ``x``, the value broadcast to the window and converted to x's type.

    Leading dimensions of size 1 that the window does not have are ignored.
    """
    return _assigned(array, index, value)


@clause(_PAGE, covers=("indexing.setitem-basic", "indexing.setitem-advanced"))
def a_value_that_does_not_broadcast_is_refused(shape: Shape, index: Any, value: Shape) -> Outcome:
    """A value whose shape does not broadcast to what is picked is a RuntimeError."""
    picked = rules.places(index, shape).shape
    while len(value) > len(picked) and value[0] == 1:
        value = value[1:]
    return Unspecified() if expandable(value, picked) else Raises("RuntimeError")


@clause(f"{_PAGE}; torch.Tensor.index_put_", covers="indexing.setitem-advanced")
def assignment_by_index_tensors_writes_in_place(array: Array, index: Any, value: Array | Number) -> Outcome:
    """``x[tensors] = value`` writes into ``x`` the value, broadcast to what the index picks.

    Which of several values for one place stays is open.
    """
    return _assigned(array, index, value)


@clause(f"{_PAGE}; torch.Tensor.index_put_", covers="indexing.setitem-advanced")
def assignment_by_a_mask_uses_up_the_values_in_order(array: Array, index: Any, value: Array) -> Outcome:
    """The n-th of the values assigned by a mask goes to its n-th True place in row-major order."""
    return _assigned(array, index, value)


@clause(
    "torch.Tensor.index_put_", covers="indexing.setitem-advanced-dtype", basis="observed", level="extended"
)
def assignment_by_index_tensors_needs_one_type() -> Outcome:
    """A value with dimensions assigned by integer tensors must have the type of ``x``: RuntimeError."""
    return Raises("RuntimeError")


@clause(_PAGE, covers=("indexing.augmented-dup", "inplace.swap-assign-scalar"), basis="observed")
def augmented_assignment_updates_each_place_once(array: Array, index: Any, number: Number) -> Outcome:
    """``x[index] += n`` reads, adds and writes back: a place that the index names twice is raised once."""
    picked = rules.places(index, array.shape)
    added = array + np.asarray(number).astype(array.dtype)
    return Exactly(scattering.written(array, picked, added.reshape(-1)[picked]))


@clause("torch.Tensor.index_put_", covers="indexing.setitem-advanced")
def index_put_writes_as_assignment_does(array: Array, index: tuple[Array, ...], value: Array) -> Outcome:
    """`Tensor.index_put_` with a tuple of tensors is the assignment ``x[tensors] = value``.

    `torch.index_put` returns the tensor so changed and leaves ``x`` as it is.
    """
    return _assigned(array, index, value)


@clause("torch.Tensor.index_put_", covers="indexing.index-put-accumulate")
def index_put_accumulates_every_value(array: Array, index: tuple[Array, ...], value: Array) -> Outcome:
    """With ``accumulate=True`` every value is added to its place, those for one place together."""
    return _assigned(array, index, value, accumulate=True)


@clause("torch.Tensor", covers="indexing.contains-eq", basis="observed", level="extended")
def membership_asks_whether_any_element_is_equal(array: Array, value: Number) -> Outcome:
    """``value in x`` is whether any element equals the value; NaN equals nothing."""
    return Exactly(bool((array == value).any()))
