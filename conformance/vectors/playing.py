"""A vector on a backend: its lines are taken one after the other, and what is due is judged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from tensorcanon.spec import canon
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes

from ..backend import Handle
from ..refusal import Refused, Unclaimed
from ..routine import Name, Routine
from ..run import Run
from . import numerals, outcomes
from .numerals import Json
from .restoring import restores


def play(run: Run, vector: Json) -> None:
    """Take the lines of a vector.

    Raises
    ------
    Refused
        If a backend shows what is not allowed.
    Unclaimed
        If the vector needs what the backend does not claim.
    """
    _require(run, vector["needs"])
    lines = vector["steps"]
    try:
        _carry_out(run, lines, {})
    except (Refused, Unclaimed):
        for line in filter(restores, lines):
            with suppress(Refused, Unclaimed):
                _carry_out(run, [line], {})
        raise


def _require(run: Run, needs: Json) -> None:
    run.require(*map(dtypes.named, needs["dtypes"]))
    for claim in ("strides", "autograd", "data"):
        if needs.get(claim) and not getattr(run.backend.claims, claim):
            raise Unclaimed(claim)
    device = needs.get("device")
    if device is not None and device != run.backend.identity.device:
        raise Unclaimed(f"the device {device}")


def _carry_out(run: Run, lines: list[Json], known: dict[str, Any]) -> None:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.get("name", "").startswith("with."):
            _take(run, line, known)
            continue
        end = at
        while end < len(lines) and lines[end].get("depth", 0) > line.get("depth", 0):
            end += 1
        with run.within(line["name"].removeprefix("with."), *_arguments(line, known)):
            _carry_out(run, lines[at:end], known)
        at = end


def _take(run: Run, line: Json, known: dict[str, Any]) -> None:
    allowed = _due(line) if "clause" in line else None
    if "look" in line:
        assert allowed is not None
        run.look(allowed, _value(line["look"], known))
        return
    name, args = line["name"], _arguments(line, known)
    kwargs = {key: _value(value, known) for key, value in line.get("kwargs", {}).items()}
    if name == "make":
        made: Any = run.tensor(args[0])
    elif allowed is None:
        made = run.whole(name, *args, **kwargs)
    else:
        made = run.expect(allowed, name, *args, **kwargs)
    if "out" in line:
        _bind(known, line["out"], made)


def _due(line: Json) -> Outcome:
    return outcomes.decode(line["allowed"]).stated_by(canon.clauses()[line["clause"]])


def _arguments(line: Json, known: dict[str, Any]) -> list[Any]:
    return [_value(arg, known) for arg in line["args"]]


def _value(made: Json, known: dict[str, Any]) -> Any:
    return _filled(numerals.decode(made, _no_handle), known)


def _filled(value: Any, known: dict[str, Any]) -> Any:
    """Return a value with what is known in the place of variables; those of a routine's own stay."""
    match value:
        case Name():
            return known.get(value.name, value)
        case tuple():
            return tuple(_filled(item, known) for item in value)
        case list():
            return [_filled(item, known) for item in value]
        case dict():
            return {key: _filled(item, known) for key, item in value.items()}
        case slice():
            return slice(*(_filled(part, known) for part in (value.start, value.stop, value.step)))
        case Routine():
            steps = tuple(
                replace(step, args=_filled(step.args, known), kwargs=_filled(step.kwargs, known))
                for step in value.steps
            )
            return replace(value, steps=steps, result=_filled(value.result, known))
    return value


def _bind(known: dict[str, Any], name: str, made: Any) -> None:
    """Bind a value to its variable, and the items of a sequence to theirs."""
    known[name] = made
    items = made.native if isinstance(made, Handle) else made
    if isinstance(items, tuple | list) and type(items).__name__ != "Size":
        for place, item in enumerate(items):
            own = f"{name}[{place}]"
            bound = item if items is made and isinstance(item, Handle | tuple | list) else Handle(own, item)
            _bind(known, own, bound)


def _no_handle(number: int) -> Any:
    raise ValueError("a handle in a vector")
