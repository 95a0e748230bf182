"""A program: the steps of one example, recorded as they run. It prints as torch code and saves as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .backend import Array, Handle, Symbol
from .routine import Name, Routine, Step

_OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "and_": "&",
    "or_": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
_PREFIXES = {"neg": "-", "invert": "~", "pos": "+"}

# Attributes of a tensor, as against methods.
ATTRIBUTES = frozenset(
    {"T", "H", "mT", "mH", "data", "device", "dtype", "grad", "grad_fn", "imag", "is_leaf", "itemsize"}
    | {"layout", "nbytes", "ndim", "names", "real", "requires_grad", "shape", "_version", "_base"}
)


@dataclass
class Program:
    """The steps so far; `raised` has the places of those that raised an error as they should."""

    steps: list[Step] = field(default_factory=list)
    depth: int = 0
    raised: set[int] = field(default_factory=set)
    _names: int = 0

    def copy(self) -> Program:
        """Return the steps so far, to which later ones are not added."""
        return Program(list(self.steps), self.depth, set(self.raised), self._names)

    def new_name(self) -> str:
        """Return a variable name not used before."""
        self._names += 1
        return f"x{self._names}"

    def record(self, out: str | None, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Append a step."""
        self.steps.append(Step(out, name, args, kwargs, self.depth))

    def dtypes(self) -> set[str]:
        """Return the names of the data types that its steps are given."""
        found: set[str] = set()
        for step in self.steps:
            _add_dtypes((step.args, step.kwargs), found)
        return found

    def __str__(self) -> str:
        return "\n".join(indented(step) for step in self.steps)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the steps as JSON values; array elements are exact (hexadecimal floats)."""
        return [_step_to_json(step) for step in self.steps]


def _add_dtypes(value: Any, found: set[str]) -> None:
    match value:
        case DType():
            found.add(value.name)
        case tuple() | list():
            for item in value:
                _add_dtypes(item, found)
        case dict():
            _add_dtypes(list(value.values()), found)


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "out": step.out,
        "name": step.name,
        "args": [encode(arg) for arg in step.args],
        "kwargs": {key: encode(value) for key, value in step.kwargs.items()},
        "depth": step.depth,
    }


def indented(step: Step) -> str:
    """Return a step as code, indented by its depth."""
    return "\n".join("    " * step.depth + line for line in line_of(step).splitlines())


def line_of(step: Step) -> str:
    """Return a step as a line of torch code, the definition of a routine as several."""
    if step.name == "def":
        return definition(step.args[0], indented)
    if step.name == "define":
        return str(step.args[1])
    text = _expression(step.name, [source_of(arg) for arg in step.args], step.kwargs)
    return text if step.out is None else f"{step.out} = {text}"


def definition(routine: Routine, line: Callable[[Step], str]) -> str:
    """Return a routine as code; `line` gives that of a step, indented by its depth."""
    body = [f"    {line(step)}".replace("\n", "\n    ") for step in routine.steps]
    head = f"def {routine.name}({', '.join(routine.parameters)}):"
    return "\n".join([head, *body, f"    return {source_of(routine.result)}"])


def _expression(name: str, args: list[str], kwargs: dict[str, Any]) -> str:
    namespace, _, member = name.partition(".")
    given = [*args, *(f"{key}={source_of(value)}" for key, value in kwargs.items())]
    match namespace:
        case "make":
            return f"torch.tensor({args[0]}, dtype={args[1]})"
        case "with":
            return f"with {member}({', '.join(given)}):"
        case "is":
            return f"{args[0]} is {args[1]}"
        case "getattr":
            return f"{args[0]}.{args[1].strip(chr(39))}"
        case "setattr":
            return f"{args[0]}.{args[1].strip(chr(39))} = {args[2]}"
        case "builtins":
            return f"{member}({', '.join(given)})"
        case "call":
            return f"{given[0]}({', '.join(given[1:])})"
        case "operator":
            return _syntax(member, args)
        case "Tensor":
            called = args[0] if re.fullmatch(r"\w+", args[0]) else f"({args[0]})"
            return f"{called}.{member}" + ("" if member in ATTRIBUTES else f"({', '.join(given[1:])})")
        case _:
            return f"{name}({', '.join(given)})"


def _syntax(member: str, args: list[str]) -> str:
    if member in _PREFIXES:
        return f"{_PREFIXES[member]}{args[0]}"
    if member == "getitem":
        return f"{args[0]}[{args[1]}]"
    if member == "setitem":
        return f"{args[0]}[{args[1]}] = {args[2]}"
    if member == "contains":
        return f"{args[1]} in {args[0]}"
    if member in _OPERATORS:
        return f"{args[0]} {_OPERATORS[member]} {args[1]}"
    if member.startswith("i") and member[1:] in _OPERATORS | {"and": "&", "or": "|"}:
        return f"operator.{member}({args[0]}, {args[1]})"
    return f"operator.{member}({', '.join(args)})"


def source_of(value: Any) -> str:
    """Return a Python expression for an argument."""
    match value:
        case Handle() | Name() | Routine():
            return value.name
        case np.ndarray():
            return f"np.array({_nested(value.tolist())}, dtype=np.{value.dtype.name})"
        case float() | complex():
            return _number(value)
        case tuple():
            return "(" + ", ".join(map(source_of, value)) + ("," if len(value) == 1 else "") + ")"
        case list():
            return "[" + ", ".join(map(source_of, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key!r}: {source_of(item)}" for key, item in value.items()) + "}"
        case slice():
            return f"slice({', '.join(source_of(part) for part in (value.start, value.stop, value.step))})"
        case Elements():
            return value.source
        case type():
            return value.__name__
        case _:
            return repr(value)


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """The elements of a tensor made from an array."""

    array: Array

    @property
    def source(self) -> str:
        """Nested lists whose numbers convert back to the same elements."""
        array = self.array
        wide = array.astype(np.float64) if array.dtype.kind == "V" else array
        text = _nested(wide.tolist())
        return text if array.size else f"np.zeros({array.shape}, np.float32)"


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return _number(value) if isinstance(value, float | complex) else repr(value)


def _number(value: float | complex) -> str:
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    return repr(value) if np.isfinite(value) else f"float('{value}')"


def encode(value: Any) -> Any:
    """Return an argument as a JSON value: containers and constants are tagged objects."""
    match value:
        case Handle() | Name():
            return {"ref": value.name}
        case Routine():
            return {
                "function": value.name,
                "parameters": list(value.parameters),
                "steps": [_step_to_json(step) for step in value.steps],
                "result": encode(value.result),
            }
        case DType():
            return {"dtype": value.name}
        case Symbol():
            return {"symbol": value.path}
        case Elements():
            return encode(value.array)
        case np.ndarray():
            name = dtypes.of_array(value).name
            return {"array": _hexadecimal(value), "dtype": name, "shape": list(value.shape)}
        case bool() | int() | str() | None:
            return value
        case float():
            return {"float": value.hex()}
        case complex():
            return {"complex": [value.real.hex(), value.imag.hex()]}
        case tuple():
            return {"tuple": [encode(item) for item in value]}
        case list():
            return [encode(item) for item in value]
        case dict():
            return {"dict": {key: encode(item) for key, item in value.items()}}
        case slice():
            return {"slice": [encode(part) for part in (value.start, value.stop, value.step)]}
        case _:
            return {"repr": repr(value)}


def _hexadecimal(array: Array) -> list[Any]:
    if array.dtype.kind in "biu":
        return array.reshape(-1).tolist()
    if array.dtype.kind == "c":
        return [[float(z.real).hex(), float(z.imag).hex()] for z in array.reshape(-1)]
    return [float(x).hex() for x in array.reshape(-1)]
