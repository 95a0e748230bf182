"""Samples become batches. Sources: ``data.default_collate``, ``data.default_convert``."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ... import dtypes
from ...dispatch import ops
from ...tensor import Tensor

_UNKNOWN = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
_NO_NUMBERS = "SUO"


def default_collate(batch: Sequence[Any]) -> Any:
    """Return a batch of samples: tensors stacked, numbers as tensors, strings in a list, containers field by
    field.

    Raises
    ------
    RuntimeError
        For tensors of different shapes and sequences of different lengths.
    TypeError
        For samples of another type.
    """
    first = batch[0]
    match first:
        case Tensor():
            return ops.stack(list(batch), 0)
        case np.ndarray():
            if first.dtype.kind in _NO_NUMBERS:
                raise TypeError(_UNKNOWN.format(first.dtype))
            return default_collate([ops.as_tensor(sample) for sample in batch])
        # A float64 scalar of NumPy is a Python float too.
        case np.generic() if first.dtype.kind not in _NO_NUMBERS:
            return ops.as_tensor(np.array(batch))
        case float():
            return ops.tensor(batch, dtype=dtypes.float64)
        case int():
            return ops.tensor(batch)
        case str() | bytes():
            return batch
        case Mapping():
            return _mapping(first, lambda key: default_collate([sample[key] for sample in batch]))
        case Sequence():
            return _fields(first, batch)
    raise TypeError(_UNKNOWN.format(type(first)))


def _fields(first: Sequence[Any], batch: Sequence[Any]) -> Any:
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(default_collate, zip(*batch, strict=False)))
    if any(len(sample) != len(first) for sample in batch):
        raise RuntimeError("each element in list of batch should be of equal size")
    return _sequence(first, [default_collate(field) for field in zip(*batch, strict=True)])


def default_convert(data: Any) -> Any:
    """Return a sample with its NumPy arrays and scalars as tensors, also inside of containers."""
    match data:
        case np.ndarray() | np.generic() if data.dtype.kind not in _NO_NUMBERS:
            return ops.as_tensor(data)
        case Mapping():
            return _mapping(data, lambda key: default_convert(data[key]))
        case tuple() if hasattr(data, "_fields"):
            return type(data)(*map(default_convert, data))
        case Sequence() if not isinstance(data, str | bytes):
            return _sequence(data, [default_convert(item) for item in data])
    return data


def _mapping(like: Mapping[Any, Any], value: Callable[[Any], Any]) -> Any:
    values = {key: value(key) for key in like}
    try:
        if isinstance(like, MutableMapping):
            clone = copy.copy(like)
            clone.update(values)
            return clone
        return type(like)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _sequence(like: Sequence[Any], items: list[Any]) -> Any:
    """Return items in a sequence of the same type; a plain tuple becomes a list."""
    if isinstance(like, tuple):
        return items
    try:
        if isinstance(like, MutableSequence):
            clone = copy.copy(like)
            for place, item in enumerate(items):
                clone[place] = item
            return clone
        return type(like)(items)  # type: ignore[call-arg]
    except TypeError:
        return items
