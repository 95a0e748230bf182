"""What shape and type nested Python data have. Source: ``torch.tensor``."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tensorcanon.spec.rules import promotion

from . import dtypes
from .casting import Number, cast, checked_number
from .dtypes import dtype
from .tensor import Tensor

Array = np.ndarray[Any, Any]

_COPY_OF_TENSOR = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)
_SLOW_LIST = (
    "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list "
    "to a single numpy.ndarray with numpy.array() before converting to a tensor."
)


def array_of(data: Any, kind: dtype | None = None) -> tuple[Array, dtype]:
    """Return the elements of data as an array that may share its memory, and their type.

    Raises
    ------
    ValueError
        For ragged sequences, integers beyond 64 bits and sequences of strings.
    TypeError
        For strings and arrays of a type that torch does not have.
    RuntimeError
        For anything else without a type, and for numbers that the type asked for cannot hold.
    """
    if isinstance(data, Tensor):
        warnings.warn(_COPY_OF_TENSOR, UserWarning, stacklevel=4)
        return cast(data.array, kind or data.dtype), kind or data.dtype
    if isinstance(data, np.ndarray | np.generic):
        return _of_numpy(np.asarray(data), kind)
    if isinstance(data, str | bytes):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, list | tuple) and data and isinstance(data[0], np.ndarray):
        warnings.warn(_SLOW_LIST, UserWarning, stacklevel=4)
    shape = _shape_of(data)
    leaves: list[Any] = []
    _collect(data, shape, 0, leaves)
    kind = kind or _type_of(leaves)
    return _filled(leaves, kind).reshape(shape), kind


def _of_numpy(array: Array, kind: dtype | None) -> tuple[Array, dtype]:
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. "
            "Conversion between byte orders is currently not supported."
        )
    own = dtypes.of_numpy(array.dtype)
    return cast(array, kind or own), kind or own


def _is_sequence(value: Any) -> bool:
    if isinstance(value, Tensor | np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shape_of(data: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while _is_sequence(data):
        shape.append(len(data))
        if not len(data):
            break
        data = data[0]
        if isinstance(data, Tensor) and data.numel() == 1:
            break
    return tuple(shape)


def _collect(data: Any, shape: tuple[int, ...], depth: int, leaves: list[Any]) -> None:
    if depth == len(shape):
        leaves.append(_leaf(data))
        return
    if not _is_sequence(data):
        raise TypeError("not a sequence")
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    for item in data:
        _collect(item, shape, depth + 1, leaves)


def _leaf(value: Any) -> Any:
    if isinstance(value, str | bytes):
        raise ValueError(f"too many dimensions '{type(value).__name__}'")
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value[()]
    if isinstance(value, int | float | complex | np.generic):
        return value
    if _is_sequence(value):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    raise RuntimeError(f"Could not infer dtype of {type(value).__name__}")


def _type_of(leaves: Iterable[Any]) -> dtype:
    default = dtypes.get_default_dtype()
    found: dtype | None = None
    for kind in dict.fromkeys(_leaf_type(leaf, default) for leaf in leaves):
        found = kind if found is None else dtypes.of(promotion.promote_types(found.rule, kind.rule))
    return found or default


def _leaf_type(leaf: Any, default: dtype) -> dtype:
    if isinstance(leaf, Tensor):
        return leaf.dtype
    if isinstance(leaf, np.generic):
        return dtypes.of_numpy(leaf.dtype)
    if isinstance(leaf, complex):
        return default.to_complex() if default is not dtypes.bfloat16 else _no_complex(default)
    return dtypes.of(promotion.number_dtype(leaf, default.rule))


def _no_complex(default: dtype) -> dtype:
    raise RuntimeError(f"No complex type for the default dtype {default!r}")


def _filled(leaves: list[Any], kind: dtype) -> Array:
    numbers = [leaf.item() if isinstance(leaf, Tensor | np.generic) else leaf for leaf in leaves]
    for number in numbers:
        if isinstance(number, int) and not -(2**63) <= number < (
            2**64 if kind.rule.name == "uint64" else 2**63
        ):
            raise ValueError("Overflow when unpacking long long")
        if isinstance(number, complex) and not kind.is_complex and kind is not dtypes.bool_:
            raise TypeError("must be real number, not complex")
    if kind.is_integral:
        filled = np.empty(len(numbers), kind.numpy)
        for place, number in enumerate(numbers):
            filled[place] = _integer(number, kind)
        return filled
    wide = np.array(
        numbers, np.complex128 if kind.is_complex else None if kind is dtypes.bool_ else np.float64
    )
    return cast(wide.reshape(-1), kind)


def _integer(number: Number, kind: dtype) -> Any:
    try:
        return checked_number(number, kind)
    except RuntimeError:
        raise RuntimeError(f"value cannot be converted to type {kind.rule.name} without overflow") from None
