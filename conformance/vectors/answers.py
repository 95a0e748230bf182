"""Answers on their way to a check: Python values that know their variable, and answers that are changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.spec.observation import Observation, Plain, Seen, Several, Warned

from ..backend import Array


class _Int(int):
    variable: str


class _Float(float):
    variable: str


class _Complex(complex):
    variable: str


class _Text(str):
    variable: str


class _Bytes(bytes):
    variable: str


# Values that know the variable they come from.
_NAMED: dict[type, Any] = {int: _Int, float: _Float, complex: _Complex, str: _Text, bytes: _Bytes}


def named(value: Any, variable: str) -> Any:
    """Return a Python value as one that knows the variable it comes from; others as they are."""
    kind = _NAMED.get(type(value))
    if kind is None:
        return value
    made = kind(value)
    made.variable = variable
    return made


def changed(value: Any, number: int) -> Any:
    """Return another Python value of the same type, a number that no other answer is."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1009 + number
        case float() | complex():
            return (value if value == value else 0.0) + 1009.5 + number
        case str():
            return f"{value}?{number}"
        case bytes():
            return value + bytes([number % 256])
    return value


def changed_observation(seen: Observation) -> Observation:
    """Return an observation of other elements, strides and flags, of the same type and shape."""
    match seen:
        case Seen():
            strides = None if seen.strides is None else tuple(stride + 1 for stride in seen.strides)
            value = None if seen.value is None else _changed_elements(seen.value)
            return Seen(seen.dtype, seen.shape, strides, value, not seen.requires_grad, seen.device)
        case Plain():
            return Plain(changed(seen.value, 0))
        case Several():
            return Several(tuple(map(changed_observation, seen.items)), seen.names, seen.sequence)
        case Warned():
            return Warned(seen.categories, changed_observation(seen.then))
    return seen


def _changed_elements(array: Array) -> Array:
    if array.dtype.names:
        return np.zeros_like(array)
    with np.errstate(all="ignore"):
        return np.asarray(np.where(array == 0, np.ones_like(array), np.zeros_like(array)))
