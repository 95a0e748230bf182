"""Masks and conditions: `masked_fill`, `where`, `nonzero`, `isin` and their kin."""

from __future__ import annotations

import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Each, Exactly, Outcome, Raises, Warns
from .rules import casts, data, dtypes, promotion
from .rules.broadcasting import NotBroadcastableError, broadcast_shapes
from .rules.promotion import Number, Operand

Value = Array | Number


def _elements(value: Value, like: Array) -> Array:
    """Return a value's elements in the type of a tensor."""
    dtype = dtypes.of_array(like)
    if isinstance(value, np.ndarray):
        return casts.cast(value, dtype)
    return data.filled((), value, dtype)


# Masks.


@clause("torch.Tensor.masked_fill_; notes/broadcasting#general-semantics", covers="indexing.masked-fill")
def masked_fill_fills_where_the_mask_is_true(array: Array, mask: Array, value: Value) -> Outcome:
    """`torch.masked_fill` has the value, in the tensor's type, where the mask, which broadcasts, is True.

    The value is a number or a zero-dim tensor. `Tensor.masked_fill_` writes in place.
    """
    shape = broadcast_shapes(array.shape, mask.shape)
    filled = np.where(mask, _elements(value, array), array)
    return Exactly(np.broadcast_to(filled, shape))


@clause("torch.Tensor.masked_fill_", covers="indexing.masked-fill")
def a_mask_that_does_not_broadcast_is_refused() -> Outcome:
    """The shapes of mask and tensor must broadcast, in place to that of the tensor: RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.Tensor.masked_fill_", covers="indexing.masked-fill", basis="observed")
def masked_fill_takes_no_value_with_dimensions() -> Outcome:
    """A value tensor with dimensions is a RuntimeError."""
    return Raises("RuntimeError")


@clause(
    "torch.Tensor.masked_fill_; torch.masked_select; torch.Tensor.masked_scatter_",
    covers=("indexing.masked-fill", "indexing.masked-select", "indexing.masked-scatter"),
)
def a_mask_is_a_bool_tensor() -> Outcome:
    """The mask of `masked_fill`, `masked_select` and `masked_scatter` holds bools: RuntimeError otherwise."""
    return Raises("RuntimeError")


@clause("torch.masked_select", covers="indexing.masked-select")
def masked_select_lists_what_the_mask_picks(array: Array, mask: Array) -> Outcome:
    """`torch.masked_select` copies the elements under True into a vector, in row-major order.

    Tensor and mask broadcast together first.
    """
    shape = broadcast_shapes(array.shape, mask.shape)
    return Exactly(np.broadcast_to(array, shape)[np.broadcast_to(mask, shape)])


@clause("torch.Tensor.masked_scatter_", covers="indexing.masked-scatter", level="extended")
def masked_scatter_deals_out_the_source(array: Array, mask: Array, source: Array) -> Outcome:
    """`Tensor.masked_scatter_` puts the source's elements, in row-major order, where the mask is True.

    The mask broadcasts; a source with fewer elements than places is a RuntimeError.
    """
    places = np.flatnonzero(np.broadcast_to(mask, array.shape))
    if source.size < places.size:
        return Raises("RuntimeError", from_values=True)
    filled = array.copy()
    filled.reshape(-1)[places] = source.reshape(-1)[: places.size]
    return Exactly(filled)


# Choosing.


@clause("torch.where; tensor_attributes#type-promotion-doc", covers="indexing.where-select")
def where_chooses_elementwise(condition: Array, a: Value, b: Value) -> Outcome:
    """`torch.where` takes an element from the first value where the condition is True, else from the second.

    All three broadcast; the values, which may be numbers, are brought to their promoted type.
    """
    kinds = [Operand(dtypes.of_array(v), v.ndim) if isinstance(v, np.ndarray) else v for v in (a, b)]
    like = np.empty(0, promotion.result_type(*kinds).storage)
    first, second = _elements(a, like), _elements(b, like)
    shape = broadcast_shapes(condition.shape, first.shape, second.shape)
    return Exactly(np.broadcast_to(np.where(condition, first, second), shape))


@clause("torch.where", covers="indexing.where-select")
def values_of_where_must_broadcast(condition: tuple[int, ...], *values: tuple[int, ...]) -> Outcome:
    """Condition and values of shapes that do not broadcast are a RuntimeError."""
    try:
        broadcast_shapes(condition, *values)
    except NotBroadcastableError:
        return Raises("RuntimeError")
    raise ValueError("the shapes do broadcast")


@clause("torch.where", covers="indexing.where-condition-dtype", basis="observed", level="extended")
def a_condition_is_a_bool_tensor(condition: Array, a: Array, b: Array) -> Outcome:
    """The condition of `torch.where` holds bools; uint8 is taken with a UserWarning, others: RuntimeError."""
    if condition.dtype == np.uint8:
        return Warns("UserWarning", Exactly(np.where(condition != 0, a, b)))
    return Raises("RuntimeError")


@clause("torch.where", covers="indexing.where-one-arg")
def where_of_a_condition_gives_its_coordinates(array: Array) -> Outcome:
    """`torch.where` of one tensor is a tuple of the coordinates of its nonzero elements."""
    return _coordinates(array)


# Finding.


@clause("torch.nonzero", covers="indexing.nonzero")
def nonzero_lists_coordinates_in_order(array: Array) -> Outcome:
    """`torch.nonzero` has a row of int64 coordinates for each nonzero element, in row-major order.

    NaN is not zero, -0 is. A zero-dim tensor has rows of no coordinates.
    """
    if not array.ndim:
        return Exactly(np.empty((int(array != 0), 0), np.int64))
    return Exactly(np.argwhere(array != 0))


@clause("torch.nonzero", covers="indexing.nonzero")
def nonzero_as_a_tuple_lists_each_dimension(array: Array) -> Outcome:
    """With ``as_tuple=True`` `torch.nonzero` is a tuple of vectors, the coordinates of each dimension.

    A zero-dim tensor counts as having one dimension.
    """
    return _coordinates(array)


def _coordinates(array: Array) -> Outcome:
    found = np.nonzero(np.atleast_1d(array) != 0)
    return Each(tuple(Exactly(places) for places in found), sequence="tuple")


@clause("torch.argwhere", covers="indexing.argwhere", level="extended")
def argwhere_lists_coordinates_as_nonzero_does(array: Array) -> Outcome:
    """`torch.argwhere` has a row of coordinates for each nonzero element, in row-major order."""
    return nonzero_lists_coordinates_in_order.rule(array)


@clause("torch.isin", covers="indexing.isin", level="extended")
def isin_tests_membership_of_each_element(elements: Value, tests: Value, invert: bool) -> Outcome:
    """`torch.isin` has the shape of its first argument, True where the element equals one of the second.

    Either may be a number, not both; ``invert=True`` gives the opposite. NaN equals nothing.
    """
    first, second = np.asarray(elements), np.asarray(tests)
    found = (first[..., np.newaxis] == second.reshape(-1)).any(axis=-1)
    return Exactly(np.asarray(found != invert))


@clause("torch.isin", covers="indexing.isin", level="extended")
def isin_takes_tests_in_any_layout(elements: Array, tests: Array) -> Outcome:
    """How the second argument of `torch.isin` lies in storage makes no difference."""
    return Exactly(np.isin(elements, tests))


@clause("torch.isin", covers="indexing.isin", level="extended")
def isin_of_two_numbers_is_refused() -> Outcome:
    """`torch.isin` of two Python numbers is a TypeError."""
    return Raises("TypeError")
