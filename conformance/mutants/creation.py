"""Faults of making tensors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes, from_numpy
from tensorcanon.reference.casting import number_array
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import creation

from .changes import Call, forcing, ignoring, is_tensor, then, where
from .creation_sizes import SIZES
from .mutant import Mutant, attribute, kernel, mutant


def _is_list(data: Any, **_: Any) -> bool:
    return isinstance(data, list | tuple)


def _is_array(data: Any, *_: Any, **__: Any) -> bool:
    return isinstance(data, np.ndarray)


def _is_matching_array(data: Any, *, dtype: Any = None, **_: Any) -> bool:
    return isinstance(data, np.ndarray) and dtype is None


def _copies(data: Tensor, dtype: Any = None, **_: Any) -> Tensor:
    return data.to(dtype or data.dtype, copy=True)  # type: ignore[no-any-return]


def _int32_for_lists(original: Call) -> Call:
    def tensor(data: Any, **options: Any) -> Tensor:
        made: Tensor = original(data, **options)
        inferred = _is_list(data) and options.get("dtype") is None and made.dtype is dtypes.int64
        return fresh(made.array, dtypes.int32) if inferred else made

    return tensor


def _narrows_float64(original: Call) -> Call:
    def of_numpy(array: Any, kind: Any) -> Any:
        narrow = kind is None and array.dtype == np.float64
        return original(array, dtypes.float32 if narrow else kind)

    return of_numpy


def _reads_in_storage_order(original: Call) -> Call:
    def tensor(data: Any, **options: Any) -> Tensor:
        if _is_array(data):
            data = data.ravel(order="K").reshape(data.shape)
        return original(data, **options)  # type: ignore[no-any-return]

    return tensor


def _drops_a_level_of_one(original: Call) -> Call:
    def tensor(data: Any, **options: Any) -> Tensor:
        made: Tensor = original(data, **options)
        return fresh(made.array.squeeze(-1)) if made.ndim > 1 and made.shape[-1] == 1 else made

    return tensor


def _pads_short_rows(original: Call) -> Call:
    def tensor(data: Any, **options: Any) -> Tensor:
        if _is_list(data) and all(map(_is_list, data)) and len({len(row) for row in data}) > 1:
            longest = max(len(row) for row in data)
            data = [[*row, *[0] * (longest - len(row))] for row in data]
        return original(data, **options)  # type: ignore[no-any-return]

    return tensor


def _rounds(original: Call) -> Call:
    def filled(leaves: list[Any], kind: Any) -> Any:
        return original([round(x) if isinstance(x, float) and x == x else x for x in leaves], kind)

    return lambda leaves, kind: (filled if kind.is_integral else original)(leaves, kind)


def _keeps_history(data: Tensor, **_: Any) -> Tensor:
    warnings.warn("copy", UserWarning, stacklevel=2)
    return data.clone()  # type: ignore[no-any-return]


def _shares_a_tensor(data: Tensor, **_: Any) -> Tensor:
    warnings.warn("copy", UserWarning, stacklevel=2)
    return data.detach()  # type: ignore[no-any-return]


def _silently(original: Call) -> Call:
    def call(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return original(*args, **kwargs)

    return call


def _default_typed(original: Call) -> Call:
    return lambda cls, *args, dtype=None, **options: original(cls, *args, **options)


def _number_as_data(original: Call) -> Call:
    def legacy(cls: Any, *args: Any, **options: Any) -> Tensor:
        if len(args) == 1 and isinstance(args[0], float):
            args = ([args[0]],)
        return original(cls, *args, **options)  # type: ignore[no-any-return]

    return legacy


def _at_the_first_byte(original: Call) -> Call:
    def frombuffer(buffer: Any, *, offset: int = 0, **options: Any) -> Tensor:
        made: Tensor = original(buffer, offset=offset, **options)
        return original(buffer, **{**options, "count": made.numel()})  # type: ignore[no-any-return]

    return frombuffer


MUTANTS: list[Mutant] = [
    mutant(
        "lists_of_integers_become_int32",
        (
            creation.tensor_infers_the_type_from_its_data,
            creation.nested_sequences_give_a_dimension_per_level,
        ),
        kernel("tensor", _int32_for_lists),
    ),
    mutant(
        "the_first_number_decides_the_type",
        creation.tensor_infers_the_type_from_its_data,
        attribute("inference:_type_of", lambda original: lambda leaves: original(leaves[:1])),
    ),
    mutant(
        "python_floats_ignore_the_default_type",
        creation.tensor_infers_the_type_from_its_data,
        attribute(
            "inference:_leaf_type", lambda original: lambda leaf, default: original(leaf, dtypes.float32)
        ),
    ),
    mutant(
        "arrays_of_float64_are_narrowed",
        creation.tensor_keeps_the_type_of_an_array,
        attribute("inference:_of_numpy", _narrows_float64),
    ),
    mutant(
        "arrays_are_read_in_storage_order",
        creation.tensor_keeps_the_type_of_an_array,
        kernel("tensor", _reads_in_storage_order),
    ),
    mutant(
        "a_level_of_one_element_is_dropped",
        creation.nested_sequences_give_a_dimension_per_level,
        kernel("tensor", _drops_a_level_of_one),
    ),
    mutant(
        "short_rows_are_padded", creation.ragged_sequences_are_refused, kernel("tensor", _pads_short_rows)
    ),
    mutant(
        "conversion_to_integers_rounds",
        creation.an_explicit_type_converts_the_data,
        attribute("inference:_filled", _rounds),
    ),
    mutant(
        "integers_wrap_into_their_type",
        creation.integers_outside_the_type_are_refused,
        attribute("inference:_integer", lambda original: number_array),
    ),
    mutant(
        "tensor_shares_the_memory_of_an_array",
        creation.tensor_copies_its_data,
        kernel(
            "tensor",
            where(
                lambda data, dtype=None, **_: _is_array(data) and dtype is None,
                lambda data, **_: from_numpy(data),
            ),
        ),
    ),
    mutant(
        "tensor_shares_the_memory_of_a_tensor",
        creation.tensor_copies_its_data,
        kernel("tensor", where(is_tensor, _shares_a_tensor)),
    ),
    mutant(
        "tensor_of_a_tensor_keeps_history",
        (creation.tensor_of_a_tensor_warns, creation.tensor_makes_a_leaf),
        kernel("tensor", where(is_tensor, _keeps_history)),
    ),
    mutant("tensor_of_a_tensor_is_silent", creation.tensor_of_a_tensor_warns, kernel("tensor", _silently)),
    mutant(
        "as_tensor_copies_tensors",
        creation.as_tensor_returns_a_matching_tensor_itself,
        kernel(
            "as_tensor",
            where(is_tensor, _copies),
        ),
        fault="Lightning-AI/lightning-thunder#1291",
    ),
    mutant(
        "as_tensor_copies_arrays",
        creation.as_tensor_shares_memory_with_an_array,
        kernel("as_tensor", where(_is_array, lambda data, dtype=None, **_: ops.tensor(data, dtype=dtype))),
    ),
    mutant(
        "as_tensor_ignores_the_type",
        creation.as_tensor_copies_what_it_must_convert,
        kernel("as_tensor", ignoring("dtype")),
    ),
    mutant(
        "as_tensor_detaches",
        creation.as_tensor_keeps_history,
        kernel("as_tensor", then(lambda made: made.detach())),
        fault="tinygrad/tinygrad#3593",
    ),
    mutant(
        "asarray_always_copies",
        creation.asarray_shares_unless_told_to_copy,
        kernel("asarray", forcing(copy=True)),
    ),
    mutant(
        "asarray_never_copies",
        creation.asarray_shares_unless_told_to_copy,
        kernel("asarray", ignoring("copy")),
    ),
    mutant(
        "asarray_copies_what_it_may_not",
        creation.asarray_refuses_to_share_what_it_must_copy,
        kernel("asarray", ignoring("copy")),
    ),
    mutant(
        "asarray_drops_history",
        creation.asarray_keeps_history_unless_told_not_to,
        kernel("asarray", forcing(requires_grad=False)),
    ),
    mutant(
        "asarray_ignores_requires_grad",
        creation.asarray_keeps_history_unless_told_not_to,
        kernel("asarray", ignoring("requires_grad")),
    ),
    mutant(
        "frombuffer_copies",
        creation.frombuffer_views_the_bytes,
        kernel("frombuffer", then(lambda made: made.clone())),
    ),
    mutant(
        "frombuffer_ignores_its_offset",
        creation.frombuffer_views_the_bytes,
        kernel("frombuffer", _at_the_first_byte),
    ),
    mutant(
        "typed_constructors_have_the_default_type",
        (creation.legacy_constructors_take_sizes, creation.legacy_constructors_convert_data),
        attribute("creation:legacy", _default_typed),
    ),
    mutant(
        "the_constructor_takes_a_float_for_data",
        creation.legacy_constructors_refuse_a_float,
        attribute("creation:legacy", _number_as_data),
    ),
    *SIZES,
]
