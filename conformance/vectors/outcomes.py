"""Outcomes as JSON, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.spec.outcome import (
    Between,
    Each,
    Exactly,
    OneOf,
    Outcome,
    Raises,
    Satisfies,
    Structure,
    Unspecified,
    Warns,
    Within,
)
from tensorcanon.spec.ranges import Ranges, ranges
from tensorcanon.spec.rates import Rates
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.selection import Places, Selection

from . import numerals
from .numerals import Json, NotTellableError


def encode(outcome: Outcome) -> Json:
    """Return an outcome as JSON.

    Raises
    ------
    NotTellableError
        If it is told by equations, or by a value that has no form as data.
    """
    match outcome:
        case Exactly() if isinstance(outcome.value, np.ndarray):
            told: Json = {"elements": numerals.elements(outcome.value, outcome.where)}
            floats = outcome.value.dtype.kind not in "biu"
            open_zeros: Json = {"signed_zero": False} if floats and not outcome.signed_zero else {}
            return {"tensor": {**_structure(outcome._structure), **told, **open_zeros}}
        case Exactly():
            return {"value": numerals.encode(outcome.value, _untellable)}
        case Within():
            found = ranges(outcome)
            told = {end: numerals.elements(getattr(found, end), found.where) for end in ("low", "high")}
            return {"tensor": {**_structure(outcome._structure), **told}}
        case Between():
            structure = Structure(outcome.dtype, outcome.shape, outcome.strides)
            return {
                "tensor": {
                    **_structure(structure),
                    "low": numerals.text(outcome.low),
                    "high": numerals.text(outcome.high),
                }
            }
        case Structure():
            return {"tensor": _structure(outcome)}
        case Raises():
            message: Json = {} if outcome.message is None else {"message": outcome.message}
            values: Json = {"from_values": True} if outcome.from_values else {}
            return {"raises": {"kinds": list(outcome.kinds), **message, **values}}
        case OneOf():
            return {"one_of": [encode(option) for option in outcome.options]}
        case Each():
            names = {"names": list(outcome.names)} if outcome.names else {}
            kind = {} if outcome.sequence is None else {"sequence": outcome.sequence}
            return {"each": {"items": [encode(item) for item in outcome.items], **names, **kind}}
        case Warns():
            return {"warns": {"category": outcome.category, "then": encode(outcome.then)}}
        case Unspecified():
            return {"unspecified": True}
        case Rates():
            values = [numerals.text(value) for value in outcome.values]
            return {"numbers": {"values": values, "scale": numerals.text(outcome.scale)}}
        case Places():
            return {"places": _places(outcome)}
        case Selection():
            where: Json = {} if outcome.where is None else {"where": outcome.where.reshape(-1).tolist()}
            order: Json = {} if outcome.ordered else {"ordered": False}
            return {"selection": {**_places(outcome.places), **order, **where}}
        case Satisfies():
            raise NotTellableError("what is due is told by equations")
    raise NotTellableError(f"what is due is a {type(outcome).__name__}")


def _places(due: Places) -> Json:
    flags = {name: True for name in ("distinct", "upto", "signed_zero") if getattr(due, name)}
    return {
        "source": numerals.array_to_json(due.source),
        "dim": due.dim,
        "values": numerals.array_to_json(due.values),
        "shape": list(due.shape),
        **flags,
    }


def _untellable(value: Any) -> Json:
    if hasattr(value, "variable"):
        raise NotTellableError("what is due follows from what the backend shows")
    raise NotTellableError(f"what is due is a Python object, {type(value).__name__}")


def _structure(due: Structure) -> dict[str, Json]:
    facets = {
        "dtype": due.dtype and due.dtype.name,
        "shape": None if due.shape is None else list(due.shape),
        "strides": None if due.strides is None else list(due.strides),
        "dense": due.dense or None,
        "requires_grad": due.requires_grad,
        "device": due.device,
    }
    return {name: value for name, value in facets.items() if value is not None}


def decode(made: Json) -> Outcome:
    """Return the outcome of its JSON.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it has not the published form.
    """
    ((tag, held),) = made.items()
    match tag:
        case "tensor":
            return _tensor(held)
        case "value":
            return Exactly(numerals.decode(held, _no_handle))
        case "raises":
            return Raises(
                *held["kinds"], message=held.get("message"), from_values=held.get("from_values", False)
            )
        case "one_of":
            return OneOf(*map(decode, held))
        case "each":
            items = tuple(map(decode, held["items"]))
            return Each(items, tuple(held.get("names", ())), held.get("sequence"))
        case "warns":
            return Warns(held["category"], decode(held["then"]))
        case "unspecified":
            return Unspecified()
        case "numbers":
            return Rates(tuple(map(float.fromhex, held["values"])), float.fromhex(held["scale"]))
        case "places":
            return _places_of(held)
        case "selection":
            places = _places_of(held)
            where = np.array(held["where"]).reshape(places.values.shape) if "where" in held else None
            return Selection(places, held.get("ordered", True), where)
    raise ValueError(f"an outcome tagged {tag!r}")


def _tensor(held: Json) -> Outcome:
    dtype = dtypes.named(held["dtype"]) if "dtype" in held else None
    shape = tuple(held["shape"]) if "shape" in held else None
    strides = tuple(held["strides"]) if "strides" in held else None
    dense = held.get("dense", False)
    facets = (strides, dense, held.get("requires_grad"), held.get("device"))
    if dtype is None or shape is None or not held.keys() & {"elements", "low"}:
        return Structure(dtype, shape, *facets)
    if "elements" in held:
        value, where = numerals.from_elements(held["elements"], dtype, shape), _where(held["elements"], shape)
        return Exactly(value, *facets, where, held.get("signed_zero", True))
    if isinstance(held["low"], str):
        return Between(float.fromhex(held["low"]), float.fromhex(held["high"]), dtype, shape, strides)
    low, high = (numerals.from_elements(held[end], dtype, shape) for end in ("low", "high"))
    return Ranges(low, high, dtype, strides, dense, _where(held["low"], shape))


def _places_of(held: Json) -> Places:
    source, values = numerals.array_from_json(held["source"]), numerals.array_from_json(held["values"])
    flags = (held.get(name, False) for name in ("distinct", "upto", "signed_zero"))
    return Places(source, held["dim"], values, tuple(held["shape"]), *flags)


def _where(told: list[Json], shape: tuple[int, ...]) -> Any:
    if None not in told:
        return None
    return np.array([item is not None for item in told]).reshape(shape)


def _no_handle(number: int) -> Any:
    raise ValueError("a handle inside an outcome")
