"""How tensors come to be: of data, of sizes, of sequences. Rules: `rules.data`, `rules.sequences`."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import accuracy
from .clause import clause
from .outcome import Exactly, OneOf, Outcome, Raises, Structure, Unspecified, Warns, Within
from .rules import dtypes, strides
from .rules.data import RaggedError, filled, inferred_dtype, nested_array, nested_shape, unset
from .rules.dtypes import DType
from .rules.promotion import Number
from .rules.sequences import Array

Shape = tuple[int, ...]


# Of data.


@clause("torch.tensor", covers=("creation.tensor-infers", "creation.tensor-empty"))
def tensor_infers_the_type_from_its_data(data: Any, default: DType = dtypes.float32) -> Outcome:
    """`torch.tensor` of Python data takes the type of the highest category that occurs in them.

    Bools alone give bool, integers int64, a float anywhere the default type, a complex number its complex
    counterpart; without any number the default type.
    """
    return Exactly(nested_array(data, inferred_dtype(data, default)), requires_grad=False)


@clause("torch.tensor", covers="creation.tensor-infers")
def tensor_keeps_the_type_of_an_array(array: Array) -> Outcome:
    """`torch.tensor` of a NumPy array or scalar keeps its type, whatever the default one."""
    return Exactly(array)


@clause("torch.tensor", covers="creation.tensor-shape-nested")
def nested_sequences_give_a_dimension_per_level(data: Any) -> Outcome:
    """Lists and tuples give one dimension per level of nesting; a number has none."""
    array = nested_array(data, inferred_dtype(data))
    return Exactly(array, strides=strides.contiguous_strides(array.shape))


@clause("torch.tensor", covers="creation.tensor-ragged-error", basis="observed")
def ragged_sequences_are_refused(data: Any) -> Outcome:
    """Sequences of different lengths at one depth are refused with a ValueError.

    Numbers beside sequences are refused too, with an error of an open kind. An empty first sequence leaves
    it open whether longer ones after it are.
    """
    if isinstance(data[0], list | tuple) and not data[0]:
        return Unspecified()
    try:
        nested_shape(data)
    except RaggedError:
        depths = {isinstance(item, list | tuple) for item in data}
        kinds = ("ValueError",) if len(depths) == 1 else ("ValueError", "TypeError")
        return Raises(*kinds, from_values=True)
    return Unspecified()


@clause("torch.tensor", covers="creation.tensor-dtype-arg")
def an_explicit_type_converts_the_data(data: Any, dtype: DType) -> Outcome:
    """`torch.tensor` with `dtype=` gives the data in that type: floats lose their fraction in integers."""
    return Exactly(nested_array(data, dtype))


@clause("torch.tensor", covers="creation.tensor-overflow-error", basis="observed")
def integers_outside_the_type_are_refused(number: int, dtype: DType) -> Outcome:
    """An integer past the range of the type asked for is an error; the ends of the range are not.

    Whether an unsigned type takes a negative number is open. An integer of more than 64 bits is a
    ValueError, one that fits those but not the type a RuntimeError.
    """
    low, high = dtypes.integer_range(dtype)
    if low <= number <= high:
        return Exactly(np.array(number, dtype.storage))
    if not -(2**63) <= number < 2**63:
        return Raises("ValueError", "RuntimeError", from_values=True)
    if number < low and not dtype.signed:
        return Unspecified()
    return Raises("RuntimeError", from_values=True)


@clause("torch.tensor", covers="creation.tensor-copies")
def tensor_copies_its_data(array: Array) -> Outcome:
    """`torch.tensor` copies: later writes to its source do not show in the tensor, nor the other way."""
    return Exactly(array, requires_grad=False)


@clause("torch.tensor", covers="creation.tensor-copies")
def tensor_makes_a_leaf() -> Outcome:
    """A tensor made of another one by `torch.tensor` is a leaf, without the history of its source."""
    return Exactly(True)


@clause("torch.tensor", covers="creation.tensor-from-tensor-warns")
def tensor_of_a_tensor_warns(array: Array, requires_grad: bool) -> Outcome:
    """`torch.tensor` of a tensor acts as ``detach().clone()`` and warns that this is the form to use."""
    return Warns("UserWarning", Exactly(array, requires_grad=requires_grad))


@clause("torch.as_tensor", covers="creation.as-tensor-share")
def as_tensor_returns_a_matching_tensor_itself(matches: bool) -> Outcome:
    """`torch.as_tensor` of a tensor of the right type is that tensor, the same object; otherwise a copy."""
    return Exactly(matches)


@clause("torch.as_tensor", covers="creation.as-tensor-share")
def as_tensor_shares_memory_with_an_array(array: Array, place: int | None = None) -> Outcome:
    """`torch.as_tensor` of a NumPy array of the same type shares its memory: writes show on both sides."""
    return Exactly(array) if place is None else Exactly(array.item(place))


@clause("torch.as_tensor", covers="creation.as-tensor-share")
def as_tensor_copies_what_it_must_convert(array: Array) -> Outcome:
    """`torch.as_tensor` copies lists, and arrays and tensors whose type changes."""
    return Exactly(array)


@clause("torch.as_tensor", covers="creation.as-tensor-autograd")
def as_tensor_keeps_history(array: Array, requires_grad: bool = True) -> Outcome:
    """`torch.as_tensor` of a tensor with history is differentiable, a change of type included."""
    return Exactly(array, requires_grad=requires_grad)


@clause("torch.asarray", covers="creation.asarray", level="extended")
def asarray_shares_unless_told_to_copy(array: Array) -> Outcome:
    """`torch.asarray` shares a tensor's, array's or buffer's memory unless told to copy or to convert."""
    return Exactly(array, requires_grad=False)


@clause("torch.asarray", covers="creation.asarray", level="extended")
def asarray_keeps_history_unless_told_not_to(array: Array, requires_grad: bool) -> Outcome:
    """`torch.asarray` of a tensor keeps its history, but for ``requires_grad=False``."""
    return Exactly(array, requires_grad=requires_grad)


@clause("torch.asarray", covers="creation.asarray", level="extended")
def asarray_refuses_to_share_what_it_must_copy() -> Outcome:
    """`torch.asarray` with ``copy=False`` is a ValueError where the type changes and for lists."""
    return Raises("ValueError")


@clause("torch.frombuffer", covers="creation.frombuffer", level="extended")
def frombuffer_views_the_bytes(buffer: bytes, dtype: DType, count: int = -1, offset: int = 0) -> Outcome:
    """`torch.frombuffer` is a vector on the bytes of a buffer, from an offset on, not a copy of them."""
    left = len(buffer) - offset
    fits = left % dtype.itemsize == 0 if count < 0 else count * dtype.itemsize <= left
    if not 0 <= offset < len(buffer) or count == 0 or not fits:
        return Raises("ValueError")
    return Exactly(np.frombuffer(buffer, dtype.storage, count, offset))


# The legacy constructors.


@clause("torch.Tensor", covers=("creation.legacy-Tensor-sizes", "creation.legacy-typed"))
def legacy_constructors_take_sizes(dtype: DType, sizes: Shape) -> Outcome:
    """`torch.Tensor(2, 3)` has that shape and unspecified elements; without sizes it has no element.

    `torch.Tensor` itself has the default type, `torch.IntTensor` and the like their own.
    """
    shape = sizes or (0,)
    return Structure(dtype, shape, strides.contiguous_strides(shape), requires_grad=False)


@clause("torch.Tensor", covers=("creation.legacy-Tensor-data", "creation.legacy-typed"))
def legacy_constructors_convert_data(data: Any, dtype: DType) -> Outcome:
    """`torch.Tensor` of a sequence or an array gives its numbers in the type of the constructor."""
    return Exactly(nested_array(data, dtype))


@clause(
    "torch.Tensor", covers="creation.legacy-Tensor-scalar-float-error", basis="observed", level="extended"
)
def legacy_constructors_refuse_a_float() -> Outcome:
    """`torch.Tensor(3.5)` is a TypeError: a number is neither a size nor data."""
    return Raises("TypeError")


# Of sizes.


@clause("torch.zeros; torch.ones", covers="creation.zeros-ones")
def a_fill_is_contiguous_and_of_the_default_type(
    shape: Shape, number: Number, dtype: DType = dtypes.float32
) -> Outcome:
    """`zeros` and `ones` fill any shape, sizes of 0 included, in row-major order.

    Without `dtype=` the default type is taken; gradients are not required.
    """
    return Exactly(
        filled(shape, number, dtype), strides=strides.contiguous_strides(shape), requires_grad=False
    )


@clause("tensors; notes/broadcasting#general-semantics", covers="creation.zero-size")
def sizes_of_zero_are_valid(result: Array | int) -> Outcome:
    """A size of 0 gives a tensor without elements, of sum 0 and product 1, that broadcasts."""
    return Exactly(result)


@clause("torch.full", covers=("creation.full-infers", "creation.full-doc-default"))
def full_infers_the_type_from_the_number(
    shape: Shape, number: Number, dtype: DType | None = None, default: DType = dtypes.float32
) -> Outcome:
    """`full` without `dtype=` has the type that `torch.tensor` gives the number."""
    kind = dtype or inferred_dtype(number, default)
    return Exactly(filled(shape, number, kind), strides=strides.contiguous_strides(shape))


@clause("torch.full", covers="creation.full-size-required")
def full_needs_a_sequence_of_sizes() -> Outcome:
    """`torch.full(5, 1)` is a TypeError: the size must be a sequence."""
    return Raises("TypeError")


@clause("torch.zeros", covers="creation.negative-size-error", basis="observed", level="extended")
def negative_sizes_are_refused() -> Outcome:
    """A negative size is a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.empty", covers="creation.empty-uninit")
def empty_has_unspecified_elements(shape: Shape, dtype: DType = dtypes.float32) -> Outcome:
    """`torch.empty` has the shape and type asked for; its elements may be anything."""
    return Structure(dtype, shape, strides.contiguous_strides(shape), requires_grad=False)


@clause("torch.empty", covers="creation.uninit-times-zero", basis="observed", level="extended")
def uninitialised_times_zero_is_zero_or_nan(shape: Shape) -> Outcome:
    """Unspecified floating elements multiplied by 0 are 0 or NaN, nothing more certain."""
    return Exactly(np.ones(shape, bool))


@clause(
    "torch.utils.deterministic.fill_uninitialized_memory",
    covers="creation.empty-deterministic-fill",
    level="extended",
)
def deterministic_mode_fills_what_is_uninitialised(shape: Shape, dtype: DType) -> Outcome:
    """Under `torch.use_deterministic_algorithms` fresh elements are NaN, the largest integer, or True."""
    if dtype.is_complex:
        options = (complex("nan+nanj"), complex("nan"))
        return OneOf(*(Exactly(filled(shape, number, dtype)) for number in options))
    return Exactly(unset(shape, dtype))


@clause("torch.zeros_like; torch.full_like; torch.empty_like", covers="creation.like")
def like_takes_shape_and_type(shape: Shape, dtype: DType, number: Number | None = None) -> Outcome:
    """The ``_like`` functions take shape and type of their input unless `dtype=` says otherwise.

    `requires_grad` is not taken over. Without a number the elements are unspecified.
    """
    if number is None:
        return Structure(dtype, shape, requires_grad=False)
    return Exactly(filled(shape, number, dtype), requires_grad=False)


@clause(
    "torch.empty_like; tensor_attributes#torch-memory-format",
    covers="creation.like-strides",
)
def like_keeps_the_strides_of_a_dense_tensor(shape: Shape, source: Shape) -> Outcome:
    """The ``_like`` functions keep the strides of an input without gaps; else they give row-major ones."""
    return Structure(shape=shape, strides=strides.preserved_strides(shape, source))


@clause("tensor_attributes#torch-memory-format", covers="creation.like-strides", strength="should")
def like_of_a_tensor_with_gaps_is_row_major(shape: Shape) -> Outcome:
    """The ``_like`` functions and `clone` give row-major strides where a transposed input has gaps."""
    return Structure(shape=shape, strides=strides.contiguous_strides(shape))


@clause("tensor_attributes#torch-memory-format", covers="creation.like-strides")
def like_follows_the_memory_format_asked_for(shape: Shape, channels_last: bool) -> Outcome:
    """The ``_like`` functions with `memory_format=` lay their result out as that format says."""
    rule = strides.channels_last_strides if channels_last else strides.contiguous_strides
    return Structure(shape=shape, strides=rule(shape))


@clause("torch.Tensor.new_zeros; torch.Tensor.new_full", covers="creation.new-methods")
def new_methods_take_the_type_of_their_tensor(
    shape: Shape, dtype: DType, number: Number | None = None
) -> Outcome:
    """`new_zeros`, `new_ones`, `new_full` and `new_empty` make row-major tensors of the tensor's own type."""
    rows = strides.contiguous_strides(shape)
    if number is None:
        return Structure(dtype, shape, rows, requires_grad=False)
    return Exactly(filled(shape, number, dtype), strides=rows, requires_grad=False)


@clause(
    "torch.Tensor.new_tensor",
    covers=("creation.new-tensor-dtype", "creation.new-methods"),
    level="extended",
)
def new_tensor_copies_into_the_type_of_its_tensor(data: Any, dtype: DType) -> Outcome:
    """`new_tensor` copies data; without `dtype=` they take the tensor's own type."""
    return Exactly(nested_array(data, dtype), requires_grad=False)


@clause("torch.tensor; notes/autograd#setting-requires-grad", covers="creation.requires-grad-kwarg")
def only_floating_and_complex_tensors_require_gradients(dtype: DType) -> Outcome:
    """Factories take ``requires_grad=True`` for floating and complex types; else it is a RuntimeError."""
    if dtype.is_floating_point or dtype.is_complex:
        return Structure(dtype, requires_grad=True)
    return Raises("RuntimeError")


@clause("torch.complex", covers="creation.complex-polar", level="extended")
def complex_joins_its_parts(real: Array, imag: Array) -> Outcome:
    """`torch.complex` joins a real and an imaginary part of one floating type, bit for bit."""
    kinds = dtypes.of_array(real), dtypes.of_array(imag)
    if kinds[0] is not kinds[1] or kinds[0] not in (dtypes.float32, dtypes.float64):
        return Raises("RuntimeError")
    joined = np.empty(np.broadcast_shapes(real.shape, imag.shape), dtypes.complex_of(kinds[0]).storage)
    joined.real, joined.imag = real, imag
    return Exactly(joined)


@clause("torch.polar", covers="creation.complex-polar", level="extended")
def polar_turns_a_length_by_an_angle(length: Array, angle: Array) -> Outcome:
    """`torch.polar` is length x cos(angle) + i x length x sin(angle)."""
    wide = accuracy.widened(length) * np.exp(1j * accuracy.widened(angle))
    return Within(wide, accuracy.dot(1, np.abs(wide), 2.0), dtypes.complex_of(dtypes.of_array(length)))
