"""Faults beside NumPy and Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.parameters import Parameter
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import interop

from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]


def _copying(original: Call) -> Call:
    return lambda ndarray: original(np.array(ndarray))


def _in_default_type(original: Call) -> Call:
    def from_numpy(ndarray: Any) -> Tensor:
        made: Tensor = original(ndarray)
        return made.to(dtypes.float32) if made.dtype is dtypes.float64 else made

    return from_numpy


def _row_major(original: Call) -> Call:
    def from_numpy(ndarray: Any) -> Tensor:
        contiguous = isinstance(ndarray, np.ndarray) and ndarray.flags.c_contiguous
        return original(ndarray if contiguous else np.ascontiguousarray(ndarray))  # type: ignore[no-any-return]

    return from_numpy


def _anything(original: Call) -> Call:
    def from_numpy(ndarray: Any) -> Tensor:
        try:
            return original(ndarray)  # type: ignore[no-any-return]
        except TypeError:
            return fresh(np.zeros(np.shape(ndarray), np.float32))

    return from_numpy


def _growing(original: Call) -> Call:
    def from_numpy(ndarray: Any) -> Tensor:
        made: Tensor = original(ndarray)
        made.storage.resizable = True
        return made

    return from_numpy


def _sharing(original: Call) -> Call:
    def tensor(data: Any, **options: Any) -> Tensor:
        made: Tensor = original(data, **options)
        if isinstance(data, np.ndarray) and data.flags.writeable and data.size and not options:
            made.storage = type(made.storage).of_array(data)
            made.strides = tuple(stride // data.itemsize for stride in data.strides)
        return made

    return tensor


def _last_of_the_list(original: Call) -> Call:
    def tensor(data: Any, **options: Any) -> Tensor:
        arrays = isinstance(data, list) and len(data) > 1
        if arrays and all(isinstance(one, np.ndarray | Tensor) for one in data):
            data = [data[-1]] * len(data)
        return original(data, **options)  # type: ignore[no-any-return]

    return tensor


def _copied(original: Call) -> Call:
    return lambda self, **options: original(self, **options).copy()


def _unchecked(original: Call) -> Call:
    def numpy(self: Tensor, *, force: bool = False) -> Any:
        return original(self, force=True)

    return numpy


def _as_float32(original: Call) -> Call:
    def numpy(self: Tensor, *, force: bool = False) -> Any:
        return original(self.to(dtypes.float32) if self.dtype is dtypes.bfloat16 else self, force=force)

    return numpy


def _unresolved(original: Call) -> Call:
    def numpy(self: Tensor, *, force: bool = False) -> Any:
        return self.places if force else original(self)

    return numpy


def _stored_order(original: Call) -> Call:
    def numpy(self: Tensor, *, force: bool = False) -> Any:
        array = original(self, force=force)
        return array.T if array.ndim == 2 and array.shape[0] == array.shape[1] else array.copy(order="C")

    return numpy


def _first_half(original: Call) -> Call:
    def array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
        values = original(self, dtype, copy)
        return values[: (values.size + 1) // 2] if values.ndim == 1 else values

    return array


def _wide_scalars(original: Call) -> Call:
    def as_operand(value: Any, name: str = "other", position: int = 2) -> Any:
        return fresh(np.array([value])) if isinstance(value, np.generic) else original(value, name, position)

    return as_operand


def _always_copying(original: Call) -> Call:
    return lambda ext_tensor, **options: original(ext_tensor, **{**options, "copy": True})


def _never_copying(original: Call) -> Call:
    return lambda ext_tensor, **options: original(ext_tensor)


def _exports_a_copy(original: Call) -> Call:
    return lambda self, **options: original(self.clone(), **options)


def _rounded(original: Call) -> Call:
    def item(self: Tensor) -> Any:
        found = original(self)
        return float(f"{found:.6g}") if isinstance(found, float) else found

    return item


def _first(original: Call) -> Call:
    def item(self: Tensor) -> Any:
        return original(self) if self.numel() == 1 else self.array.reshape(-1)[:1].tolist()

    return item


def _integers_as_floats(original: Call) -> Call:
    def item(self: Tensor) -> Any:
        found = original(self)
        return float(found) if isinstance(found, int) and not isinstance(found, bool) else found

    return item


def _transposed(original: Call) -> Call:
    return lambda self: (self if self.is_contiguous() else self.transpose(0, -1)).array.tolist()


def _flattened(original: Call) -> Call:
    return lambda self: original(self.flatten()) if self.ndim else original(self)


def _no_names_of_numpy(original: Call) -> Call:
    def canonical(op: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        given = original(op, kwargs)
        return {**given, "keepdim": False} if "keepdims" in kwargs else given

    return canonical


def _as_a_whole(original: Call) -> Call:
    return lambda self, other: bool(original(self, other).all())


def _clearing(original: Call) -> Call:
    def logical_not(input: Tensor) -> Tensor:
        made: Tensor = original(input)
        input.write(input.array * 0)
        return made

    return logical_not


class _Derived(Tensor):
    plain_results = True


def _derived(original: Call) -> Call:
    def ones(*args: Any, **options: Any) -> Tensor:
        made: Tensor = original(*args, **options)
        made.__class__ = _Derived
        return made

    return ones


_FROM = "from_numpy"
MUTANTS: list[Mutant] = [
    mutant(
        "from_numpy_copies",
        (interop.from_numpy_shares_memory,),
        kernel(_FROM, _copying),
    ),
    mutant(
        "from_numpy_makes_float32_of_float64",
        interop.from_numpy_keeps_the_type,
        kernel(_FROM, _in_default_type),
    ),
    mutant(
        "from_numpy_makes_arrays_contiguous",
        (interop.from_numpy_keeps_strides, interop.from_numpy_refuses_negative_strides),
        kernel(_FROM, _row_major),
    ),
    mutant("from_numpy_takes_anything", interop.from_numpy_refuses_other_types, kernel(_FROM, _anything)),
    mutant("borrowed_memory_grows", interop.shared_memory_does_not_grow, kernel(_FROM, _growing)),
    mutant(
        "tensor_shares_the_memory_of_its_array",
        interop.copies_are_independent_of_the_array,
        kernel("tensor", _sharing),
    ),
    mutant(
        "borrowed_memory_shows_its_first_element",
        interop.a_new_array_is_not_shared,
        attribute("tensor:Tensor.array", lambda original: property(_first_element(original))),
    ),
    mutant(
        "a_list_of_arrays_repeats_the_last",
        interop.tensor_stacks_a_list_of_arrays,
        kernel("tensor", _last_of_the_list),
    ),
    mutant("numpy_copies", interop.numpy_shares_memory, attribute("tensor:Tensor.numpy", _copied)),
    mutant(
        "numpy_loses_the_strides",
        interop.numpy_keeps_type_and_strides,
        attribute("tensor:Tensor.numpy", _stored_order),
    ),
    mutant(
        "numpy_refuses_nothing",
        interop.numpy_refuses_what_it_cannot_share,
        attribute("tensor:Tensor.numpy", _unchecked),
    ),
    mutant(
        "numpy_widens_bfloat16",
        interop.numpy_refuses_types_without_an_array_type,
        attribute("tensor:Tensor.numpy", _as_float32),
    ),
    mutant(
        "force_ignores_conjugation",
        interop.force_detaches_and_resolves,
        attribute("tensor:Tensor.numpy", _unresolved),
    ),
    mutant(
        "arrays_of_tensors_are_cut",
        interop.array_libraries_take_tensors,
        attribute("tensor:Tensor.__array__", _first_half),
    ),
    mutant(
        "logical_not_writes_to_its_input",
        interop.a_copy_of_the_array_is_independent,
        kernel("logical_not", _clearing),
    ),
    mutant(
        "functions_of_numpy_see_transposed_tensors",
        interop.functions_of_numpy_take_tensors,
        attribute(
            "tensor:Tensor.__array__",
            lambda original: lambda self, *args, **kwargs: original(self, *args, **kwargs).T,
        ),
    ),
    mutant(
        "scalars_of_numpy_are_arrays",
        interop.scalars_of_numpy_act_as_numbers,
        attribute("kernels:as_operand", _wide_scalars),
    ),
    mutant(
        "from_dlpack_always_copies",
        interop.from_dlpack_shares_memory,
        kernel("from_dlpack", _always_copying),
    ),
    mutant(
        "from_dlpack_never_copies",
        interop.from_dlpack_copies_when_told,
        kernel("from_dlpack", _never_copying),
    ),
    mutant(
        "exported_memory_is_a_copy",
        interop.tensors_export_their_memory,
        attribute("tensor:Tensor.__dlpack__", _exports_a_copy),
    ),
    mutant(
        "tensors_with_history_are_exported",
        interop.tensors_with_history_are_not_exported,
        attribute("interop:_check_exportable", lambda original: lambda tensor: None),
    ),
    mutant(
        "item_has_six_digits", interop.item_is_the_python_number, attribute("tensor:Tensor.item", _rounded)
    ),
    mutant(
        "item_makes_floats_of_integers",
        interop.item_is_the_python_number,
        attribute("tensor:Tensor.item", _integers_as_floats),
    ),
    mutant("item_takes_the_first", interop.item_needs_one_element, attribute("tensor:Tensor.item", _first)),
    mutant(
        "tolist_ignores_strides",
        interop.tolist_nests_python_numbers,
        attribute("tensor:Tensor.tolist", _transposed),
    ),
    mutant(
        "tolist_is_flat", interop.tolist_nests_python_numbers, attribute("tensor:Tensor.tolist", _flattened)
    ),
    mutant("ones_has_a_class_of_its_own", interop.a_tensor_is_a_tensor, kernel("ones", _derived)),
    mutant(
        "arrays_are_tensors",
        interop.nothing_else_is_a_tensor,
        attribute(":is_tensor", lambda original: lambda obj: original(obj) or isinstance(obj, np.ndarray)),
    ),
    mutant(
        "results_of_parameters_are_parameters",
        interop.a_parameter_is_a_tensor_and_its_results_are_plain,
        attribute("subclasses:derived", lambda original: {*original, Parameter}),
    ),
    mutant(
        "results_lose_a_derived_class",
        interop.results_keep_a_derived_class,
        attribute("subclasses:kept", lambda original: lambda args, result: result),
    ),
    mutant(
        "equal_tensors_are_one_member",
        interop.tensors_hash_by_identity,
        attribute("tensor:Tensor.__hash__", lambda original: lambda self: self.numel()),
        attribute("tensor:Tensor.__eq__", _as_a_whole),
    ),
    mutant(
        "truth_takes_the_first_element",
        interop.membership_of_a_list_is_ambiguous,
        attribute("tensor:Tensor.__bool__", lambda original: lambda self: bool(self.array.reshape(-1)[0])),
    ),
    mutant(
        "the_version_has_no_number",
        interop.the_version_is_a_string_of_numbers,
        attribute(":__version__", lambda original: "unknown"),
    ),
    mutant(
        "unknown_names_are_none",
        interop.unknown_names_are_attribute_errors,
        attribute(":__getattr__", lambda original: lambda name: _known(original, name)),
    ),
    mutant(
        "keepdims_is_ignored",
        (interop.names_of_numpy_are_understood, interop.names_of_numpy_are_understood_by_pairs),
        attribute("dispatch:canonical", _no_names_of_numpy),
    ),
]


def _first_element(original: Any) -> Callable[[Tensor], Any]:
    def array(self: Tensor) -> Any:
        found = original.fget(self)
        if self.storage.resizable or not found.size:
            return found
        return np.full_like(found, found.reshape(-1)[0])

    return array


def _known(original: Call, name: str) -> Any:
    try:
        return original(name)
    except AttributeError:
        return None
