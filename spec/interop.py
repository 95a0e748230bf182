"""Tensors beside Python and other array libraries: shared memory, numbers, names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Each, Exactly, Outcome, Raises
from .rules import dtypes
from .rules.dtypes import DType

Shape = tuple[int, ...]


# Arrays become tensors.


@clause("torch.from_numpy", covers="interop.from-numpy-shares")
def from_numpy_shares_memory(array: Array, place: int | None = None) -> Outcome:
    """`torch.from_numpy` gives a tensor of the array's type on its memory: writes show on both sides."""
    return Exactly(array) if place is None else Exactly(array.item(place))


@clause("torch.from_numpy", covers="interop.from-numpy-shares")
def shared_memory_does_not_grow() -> Outcome:
    """A tensor on an array's memory cannot be resized beyond it: a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.from_numpy", covers="interop.from-numpy-rebind")
def a_new_array_is_not_shared(array: Array) -> Outcome:
    """``array = array + 1`` makes a new array: the tensor on the old one does not change."""
    return Exactly(array)


@clause("torch.from_numpy", covers="interop.from-numpy-dtypes")
def from_numpy_keeps_the_type(array: Array) -> Outcome:
    """Every numeric type and bool that both sides have converts to the type of its name."""
    return Exactly(array)


@clause("torch.from_numpy", covers="interop.from-numpy-dtypes")
def from_numpy_refuses_other_types() -> Outcome:
    """Arrays of strings, objects or extended floats, and what is no array, are a TypeError."""
    return Raises("TypeError")


@clause("torch.from_numpy", covers="interop.from-numpy-strides", basis="observed")
def from_numpy_keeps_strides(array: Array, strides: Shape) -> Outcome:
    """A slice or a transposed array converts with its strides, in elements."""
    return Exactly(array, strides=strides)


@clause("torch.from_numpy", covers="interop.from-numpy-strides", basis="observed")
def from_numpy_refuses_negative_strides() -> Outcome:
    """An array that runs backwards is a ValueError."""
    return Raises("ValueError")


@clause("torch.clone; torch.tensor", covers="interop.clone-independence")
def copies_are_independent_of_the_array(array: Array) -> Outcome:
    """`torch.from_numpy(array).clone()` and `torch.tensor(array)` share nothing with the array."""
    return Exactly(array)


@clause("torch.tensor", covers="interop.tensor-of-numpy-list", basis="observed")
def tensor_stacks_a_list_of_arrays(stacked: Array) -> Outcome:
    """`torch.tensor` of a list of arrays stacks them; of a list of tensors with one element it has their
    numbers."""
    return Exactly(stacked)


# Tensors become arrays.


@clause("torch.Tensor.numpy", covers="interop.numpy-shares")
def numpy_shares_memory(array: Array) -> Outcome:
    """`x.numpy()` is an array of the tensor's type and strides on its memory: writes show on both sides."""
    return Exactly(array)


@clause("torch.Tensor.numpy", covers="interop.numpy-shares")
def numpy_keeps_type_and_strides(dtype: DType, shape: Shape, strides: Shape) -> Outcome:
    """The array is an `ndarray` of the type of the same name, of the tensor's shape and strides."""
    nbytes = tuple(stride * dtype.itemsize for stride in strides)
    return Exactly(("ndarray", dtype.name, *shape, *nbytes))


@clause("torch.Tensor.numpy", covers="interop.numpy-shares")
def a_copy_of_the_array_is_independent(array: Array) -> Outcome:
    """``x.numpy().copy()`` does not see later writes, and ``x = x + 1`` does not change the array."""
    return Exactly(array)


@clause("torch.Tensor.numpy", covers="interop.numpy-errors")
def numpy_refuses_what_it_cannot_share() -> Outcome:
    """A tensor that requires gradients, or is a lazy conjugate or negative, is a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.Tensor.numpy", covers="interop.numpy-errors")
def numpy_refuses_types_without_an_array_type() -> Outcome:
    """A type that NumPy does not have, bfloat16, is a TypeError."""
    return Raises("TypeError")


@clause("torch.Tensor.numpy", covers="interop.numpy-errors")
def force_detaches_and_resolves(array: Array) -> Outcome:
    """`x.numpy(force=True)` detaches, resolves and copies where it must."""
    return Exactly(array)


@clause("torch.Tensor.numpy", covers="interop.plot-numpy-conversion")
def array_libraries_take_tensors(array: Array) -> Outcome:
    """`numpy.asarray` of a tensor on the CPU without history is an array of all its elements."""
    return Exactly(array)


@clause("torch.Tensor", covers="interop.numpy-ufunc", basis="observed")
def functions_of_numpy_take_tensors(array: Array) -> Outcome:
    """NumPy's functions take tensors and give an array or a tensor of the same values; a tensor plus an array
    is a tensor."""
    return Exactly(array)


@clause("torch.Tensor", covers="interop.numpy-scalar", basis="observed")
def scalars_of_numpy_act_as_numbers(array: Array) -> Outcome:
    """A NumPy scalar in arithmetic acts as the Python number: float32 times ``numpy.float64`` is float32."""
    return Exactly(array)


@clause("torch.from_dlpack", covers="interop.dlpack")
def from_dlpack_shares_memory(array: Array, strides: Shape) -> Outcome:
    """`torch.from_dlpack` shares memory with an array or tensor, both ways, and keeps type and strides."""
    return Exactly(array, strides=strides)


@clause("torch.from_dlpack", covers="interop.dlpack")
def from_dlpack_copies_when_told(array: Array) -> Outcome:
    """With `copy=True` the tensor has memory of its own."""
    return Exactly(array)


@clause("torch.Tensor.__dlpack__", covers="interop.dlpack")
def tensors_export_their_memory(array: Array) -> Outcome:
    """`numpy.from_dlpack` of a tensor is an array on the tensor's memory."""
    return Exactly(array)


@clause("torch.Tensor.__dlpack__", covers="interop.dlpack", basis="observed")
def tensors_with_history_are_not_exported() -> Outcome:
    """A tensor that requires gradients is not exported: a BufferError, once a RuntimeError."""
    return Raises("BufferError", "RuntimeError")


# Python numbers.


@clause("torch.Tensor.item", covers="interop.item")
def item_is_the_python_number(element: Any, dtype: DType) -> Outcome:
    """`x.item()` of one element, in any number of dimensions, is the Python number of its exact value."""
    return Exactly(number(element, dtype))


def number(element: Any, dtype: DType) -> Any:
    """Return an element as a Python number of its category."""
    if dtype.is_complex:
        return complex(element)
    if dtype.is_floating_point:
        return float(element)
    return bool(element) if dtype is dtypes.bool_ else int(element)


@clause("torch.Tensor.item", covers="interop.item")
def item_needs_one_element(count: int) -> Outcome:
    """`x.item()` of more elements, or none, is a RuntimeError that says how many there are."""
    return Raises("RuntimeError", message=f"a Tensor with {count} elements cannot be converted to Scalar")


@clause("torch.Tensor.tolist", covers="interop.tolist")
def tolist_nests_python_numbers(array: Array) -> Outcome:
    """`x.tolist()` is nested lists of Python numbers of the exact values; a number for a zero-dim tensor."""
    return _nested(array, dtypes.of_array(array))


def _nested(array: Array, dtype: DType) -> Outcome:
    if array.ndim == 0:
        return Exactly(number(array[()], dtype))
    return Each(tuple(_nested(np.asarray(row), dtype) for row in array), sequence="list")


# Python classes and names.


@clause("torch.is_tensor", covers="interop.isinstance")
def a_tensor_is_a_tensor() -> Outcome:
    """The class of every tensor is `torch.Tensor`, whatever its type and shape; `torch.is_tensor` agrees."""
    return Exactly((True, True, True))


@clause("torch.is_tensor", covers="interop.isinstance")
def nothing_else_is_a_tensor() -> Outcome:
    """`torch.is_tensor` is False for arrays, numbers and lists."""
    return Exactly(False)


@clause("nn.Parameter", covers="interop.parameter-class")
def a_parameter_is_a_tensor_and_its_results_are_plain(known: tuple[bool, ...]) -> Outcome:
    """`nn.Parameter` is derived from `torch.Tensor`; results of operations on it are plain tensors."""
    return Exactly(known)


@clause("notes/extending#subclassing-torch-tensor", covers="interop.subclass-preserve", level="extended")
def results_keep_a_derived_class(known: tuple[str, ...]) -> Outcome:
    """Operations on instances of a class derived from `torch.Tensor` give instances of that class."""
    return Exactly(known)


@clause("torch.Tensor", covers="interop.python-hash-eq", basis="observed", level="extended")
def tensors_hash_by_identity(count: int) -> Outcome:
    """Equal tensors are different members of a set; ``==`` compares elements."""
    return Exactly(count)


@clause("torch.Tensor", covers="interop.python-hash-eq", basis="observed", level="extended")
def membership_of_a_list_is_ambiguous() -> Outcome:
    """Looking for a tensor of several elements in a list of others is a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.__version__", covers="interop.version")
def the_version_is_a_string_of_numbers() -> Outcome:
    """`torch.__version__` is a string that begins with two numbers and a point between them."""
    return Exactly((True, True))


@clause("torch.Tensor", covers="interop.attribute-typos", basis="observed")
def unknown_names_are_attribute_errors() -> Outcome:
    """A name that does not exist, of the namespace or of a tensor, is an AttributeError."""
    return Raises("AttributeError")


@clause("torch.sum", covers="interop.keyword-aliases", basis="observed")
def names_of_numpy_are_understood(result: Array) -> Outcome:
    """Reductions take `axis` for `dim` and `keepdims` for `keepdim`; functions take `input`, factories
    `size`."""
    return Exactly(result)


@clause("torch.max", covers="interop.keyword-aliases", basis="observed")
def names_of_numpy_are_understood_by_pairs(values: Array, indices: Array) -> Outcome:
    """Reductions that give values and indices take the same names."""
    return Each((Exactly(values), Exactly(indices)))
