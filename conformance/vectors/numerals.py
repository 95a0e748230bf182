"""Numbers as vectors hold them: the values of `isolation.wire` with every float in hexadecimal.

A float is a text that C's ``strtod``, Python's ``float.fromhex`` and Java's ``Double.parseDouble`` read, or
``inf``, ``-inf``, ``nan``; a NaN of other bits than the usual ones has them: ``nan:7f800001``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Array
from ..isolation import wire
from ..program import Elements

Json = Any
_NAN = "nan:"
_TYPES = {dtype.name for dtype in dtypes.ALL}
_MOST_ELEMENTS = 2048


class NotTellableError(Exception):
    """An example cannot be told as data; the message says what stands in the way."""


def encode(value: Any, reference: Callable[[Any], Json]) -> Json:
    """Return a value as JSON; the parameters are those of `wire.encode`."""

    def beyond(odd: Any) -> Json:
        return {"array": array_to_json(odd.array)} if isinstance(odd, Elements) else reference(odd)

    return _mapped(wire.encode(value, beyond), _to_hexadecimal)


def decode(made: Json, handle: Callable[[int], Any]) -> Any:
    """Return the value of its JSON.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it has not the published form.
    """
    return wire.decode(_mapped(made, _from_hexadecimal), handle)


def text(number: float) -> str:
    """Return a float in hexadecimal, without the zeros at its end."""
    digits, exponent, power = float(number).hex().partition("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{exponent}{power}"


def _mapped(made: Json, change: Callable[[str, Json], Json | None]) -> Json:
    """Return JSON with each tagged number changed."""
    if isinstance(made, list):
        return [_mapped(item, change) for item in made]
    if not isinstance(made, dict):
        return made
    if len(made) == 1:
        ((tag, held),) = made.items()
        changed = change(tag, held)
        if changed is not None:
            return {tag: changed}
    return {key: _mapped(item, change) for key, item in made.items()}


def _to_hexadecimal(tag: str, held: Json) -> Json | None:
    match tag:
        case "float":
            return text(float(held))
        case "complex":
            return [text(float(part)) for part in held]
        case "array" | "number" if "data" in held:
            return array_to_json(wire.array_from_json(held))
    return None


def _from_hexadecimal(tag: str, held: Json) -> Json | None:
    match tag:
        case "float":
            return float.fromhex(held)
        case "complex":
            return [float.fromhex(part) for part in held]
        case "array" | "number":
            return wire.array_to_json(array_from_json(held))
    return None


def dtypes_in(made: Json) -> set[str]:
    """Return the names of the data types that steps are given."""
    if isinstance(made, list):
        return set().union(*map(dtypes_in, made))
    if not isinstance(made, dict):
        return set()
    named = made.get("dtype")
    if isinstance(named, str):
        return {named} & _TYPES
    return set().union(*(dtypes_in(item) for key, item in made.items() if key != "allowed"))


def array_to_json(array: Array) -> Json:
    """Return an array's type, shape and elements in row-major order.

    Raises
    ------
    NotTellableError
        If the type is none of torch's, or there are too many elements.
    """
    try:
        dtype = dtypes.of_array(array)
    except KeyError:
        raise NotTellableError(f"an array of NumPy's type {array.dtype}") from None
    return {"dtype": dtype.name, "shape": list(array.shape), "elements": elements(array)}


def array_from_json(made: Json) -> Array:
    """Return the array of its JSON.

    Raises
    ------
    ValueError, KeyError, TypeError
    """
    return from_elements(made["elements"], dtypes.named(made["dtype"]), tuple(made["shape"]))


def elements(array: Array, where: Array | None = None) -> list[Json]:
    """Return the elements in row-major order, None for those outside `where`."""
    if array.size > _MOST_ELEMENTS:
        raise NotTellableError("it has more elements than a vector may have")
    flat = array.reshape(-1)
    if array.dtype.names:
        told: list[Json] = list(
            map(list, zip(*(elements(flat[name]) for name in array.dtype.names), strict=True))
        )
    elif array.dtype.kind == "c":
        told = list(map(list, zip(elements(flat.real.copy()), elements(flat.imag.copy()), strict=True)))
    elif array.dtype.kind in "biu":
        told = [wire.encode(item, _odd) for item in flat.tolist()]
    else:
        told = [_hexadecimal(item) for item in flat]
    if where is None:
        return told
    shown = np.broadcast_to(where, array.shape).reshape(-1)
    return [item if keep else None for item, keep in zip(told, shown, strict=True)]


def _pairs(real: Array, imag: Array) -> list[Json]:
    return [list(pair) for pair in zip(elements(real), elements(imag), strict=True)]


def from_elements(told: list[Json], dtype: DType, shape: tuple[int, ...]) -> Array:
    """Return the array of elements in row-major order; those that are None become zero.

    Raises
    ------
    ValueError, TypeError
    """
    made = np.zeros(len(told), dtype.storage)
    for place, item in enumerate(told):
        if item is not None:
            _put(made[place : place + 1], item)
    return made.reshape(shape)


def _put(one: Array, item: Json) -> None:
    """Write an element into an array of one."""
    if one.dtype.names or one.dtype.kind == "c":
        parts = [one[name] for name in one.dtype.names] if one.dtype.names else [one.real, one.imag]
        for part, numeral in zip(parts, item, strict=True):
            _put(part, numeral)
    elif one.dtype.kind in "biu":
        one[0] = wire.decode(item, _odd)
    elif item.startswith(_NAN):
        one.view(f"u{one.dtype.itemsize}")[0] = int(item.removeprefix(_NAN), 16)
    else:
        one[0] = float.fromhex(item)


def _hexadecimal(item: Any) -> str:
    number = float(item)
    if number == number:
        return text(number)
    width = item.dtype.itemsize
    bits = np.asarray(item).reshape(1).view(f"u{width}")[0]
    usual = np.asarray([np.nan]).astype(item.dtype).view(f"u{width}")[0]
    return "nan" if bits == usual else f"{_NAN}{int(bits):0{2 * width}x}"


def _odd(value: Any) -> Any:
    raise TypeError(f"{value!r} is no element")
