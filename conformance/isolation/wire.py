"""Values as they travel between the run and a worker, as ``schema/protocol-1.json`` publishes.

What JSON has, stands for itself: null, true, false, a string, a whole number, a list. All else is an object
of one tag: ``{"float": 0.5}``, ``{"handle": 7}``, ``{"slice": [null, 3, null]}``. Elements travel as the
base64 of their bytes, little-endian, in row-major order.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.spec.observation import Failed, Observation, Plain, Seen, Several
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Array, Symbol
from ..routine import Name, Routine, Step

Json = Any
# Where every JSON reader still tells neighbours apart.
_WHOLE = 1 << 53
_PLAIN_TYPES = (bool, int, float, complex, str, bytes, tuple, list, dict, type)
_ERRORS = (RuntimeError, IndexError, TypeError, ValueError, KeyError, AttributeError, NotImplementedError)
_TYPES: dict[str, type] = {kind.__name__: kind for kind in (*_PLAIN_TYPES, *_ERRORS)}
_TYPE_NAMES = {kind: name for name, kind in _TYPES.items()}


class NotSendableError(TypeError):
    """A value has no form that a process in another language could read."""


def encode(value: Any, reference: Callable[[Any], Json]) -> Json:
    """Return a value as JSON.

    Parameters
    ----------
    value : object
    reference : callable
        Returns the JSON of what is not plain data: handles, and what a backend keeps to itself.
    """
    kind: Any = type(value)
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple(value)
    if kind is tuple:
        return {"tuple": [encode(item, reference) for item in value]}
    if kind is list:
        return [encode(item, reference) for item in value]
    if kind is dict:
        return {"dict": [[encode(key, reference), encode(item, reference)] for key, item in value.items()]}
    if kind is slice:
        return {"slice": [encode(part, reference) for part in (value.start, value.stop, value.step)]}
    if kind is Routine:
        return _routine(value, reference)
    if kind is type and value in _TYPE_NAMES:
        return {"type": _TYPE_NAMES[value]}
    if isinstance(value, np.ndarray) and value.dtype.kind not in "OSUMm":
        return {"array": array_to_json(value)}
    if isinstance(value, np.generic) and value.dtype.kind not in "OSUMm":
        return {"number": array_to_json(np.asarray(value))}
    return reference(value)


def _integer(value: int) -> Json:
    return value if -_WHOLE <= value <= _WHOLE else {"int": str(value)}


def _float(value: float) -> Json:
    return {"float": value if math.isfinite(value) else str(value)}


_SIMPLE: dict[type, Callable[[Any], Json]] = {
    type(None): lambda value: value,
    bool: lambda value: value,
    str: lambda value: value,
    int: _integer,
    float: _float,
    complex: lambda value: {"complex": [_float(value.real)["float"], _float(value.imag)["float"]]},
    bytes: lambda value: {"bytes": base64.b64encode(value).decode("ascii")},
    type(...): lambda value: {"ellipsis": True},
    range: lambda value: {"range": [value.start, value.stop, value.step]},
    DType: lambda value: {"dtype": value.name},
    Symbol: lambda value: {"symbol": value.path},
    Name: lambda value: {"name": value.name},
}


def _routine(routine: Routine, reference: Callable[[Any], Json]) -> Json:
    steps = [
        {
            "out": step.out,
            "name": step.name,
            "args": [encode(arg, reference) for arg in step.args],
            "kwargs": {key: encode(value, reference) for key, value in step.kwargs.items()},
            "depth": step.depth,
        }
        for step in routine.steps
    ]
    result = encode(routine.result, reference)
    parameters = list(routine.parameters)
    return {"routine": {"name": routine.name, "parameters": parameters, "steps": steps, "result": result}}


def decode(value: Json, handle: Callable[[int], Any]) -> Any:
    """Return the value of its JSON.

    Parameters
    ----------
    value : JSON
    handle : callable
        Returns what a handle's number stands for.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it has not the published form.
    """
    if isinstance(value, list):
        return [decode(item, handle) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, held),) = value.items()
    if tag == "handle":
        return handle(held)
    if tag in ("tuple", "slice"):
        made = (decode(item, handle) for item in held)
        return tuple(made) if tag == "tuple" else slice(*made)
    if tag == "dict":
        return {decode(key, handle): decode(item, handle) for key, item in held}
    if tag == "routine":
        steps = tuple(
            Step(
                step["out"],
                step["name"],
                tuple(decode(arg, handle) for arg in step["args"]),
                {key: decode(item, handle) for key, item in step["kwargs"].items()},
                step["depth"],
            )
            for step in held["steps"]
        )
        return Routine(held["name"], tuple(held["parameters"]), steps, decode(held["result"], handle))
    return _READERS[tag](held)


_READERS: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "complex": lambda parts: complex(float(parts[0]), float(parts[1])),
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "ellipsis": lambda _: ...,
    "range": lambda ends: range(*ends),
    "dtype": dtypes.named,
    "symbol": Symbol,
    "name": Name,
    "type": _TYPES.__getitem__,
    "array": lambda made: array_from_json(made),
    "number": lambda made: array_from_json(made)[()],
    "repr": str,
}


def array_to_json(array: Array) -> Json:
    """Return an array's type, shape and bytes; an array of a type that torch has not goes by NumPy's name."""
    try:
        name = dtypes.of_array(array).name
    except KeyError:
        name = f"numpy.{array.dtype.str}"
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    return {"dtype": name, "shape": list(array.shape), "data": data}


def array_from_json(made: Json) -> Array:
    """Return the array of its JSON; it may be written to.

    Raises
    ------
    ValueError, KeyError, TypeError
    """
    name = made["dtype"]
    own = name.startswith("numpy.")
    storage = np.dtype(name.removeprefix("numpy.")) if own else dtypes.named(name).storage
    data = bytearray(base64.b64decode(made["data"], validate=True))
    return np.frombuffer(data, storage).reshape(made["shape"])


def observation_to_json(seen: Observation) -> Json:
    """Return an observation as JSON."""
    match seen:
        case Seen():
            return {
                "tensor": {
                    "dtype": seen.dtype.name,
                    "shape": list(seen.shape),
                    "strides": None if seen.strides is None else list(seen.strides),
                    "data": None if seen.value is None else array_to_json(seen.value)["data"],
                    "requires_grad": bool(seen.requires_grad),
                    "device": seen.device,
                }
            }
        case Several():
            items = [observation_to_json(item) for item in seen.items]
            return {"several": {"items": items, "names": list(seen.names), "sequence": seen.sequence}}
        case Failed():
            return {"error": {"kind": seen.kind, "message": seen.message}}
        case Plain():
            return {"plain": encode(seen.value, lambda odd: {"repr": repr(odd)})}
    raise NotSendableError(f"an observation of type {type(seen).__name__}")


def observation_from_json(made: Json) -> Observation:
    """Return the observation of its JSON.

    Raises
    ------
    ValueError, KeyError, TypeError
    """
    ((tag, held),) = made.items()
    if tag == "tensor":
        shape = tuple(held["shape"])
        value = None if held["data"] is None else array_from_json({**held, "shape": shape})
        strides = None if held["strides"] is None else tuple(held["strides"])
        return Seen(dtypes.named(held["dtype"]), shape, strides, value, held["requires_grad"], held["device"])
    if tag == "several":
        items = tuple(observation_from_json(item) for item in held["items"])
        return Several(items, tuple(held["names"]), held["sequence"])
    if tag == "error":
        return Failed(held["kind"], held["message"])
    if tag == "plain":
        return Plain(decode(held, _no_handle))
    raise ValueError(f"an observation tagged {tag!r}")


def _no_handle(number: int) -> Any:
    raise ValueError("a handle inside an observation")
