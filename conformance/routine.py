"""A function that a program defines and a backend calls: a hook, the body of a transform, a method.

It is data, as the program is: steps on named arguments, which any backend can carry out when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One line: `out` is the variable bound, None for a statement; `depth` its indentation."""

    out: str | None
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A variable of a routine."""

    name: str

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Routine:
    """A function.

    Attributes
    ----------
    name : str
    parameters : tuple of str
        The last one takes the remaining arguments as a tuple where it starts with a star.
    steps : tuple of Step
    result : object
        What is returned: `Name`, handles, Python values, and tuples, lists and dicts of these.
    """

    name: str
    parameters: tuple[str, ...]
    steps: tuple[Step, ...]
    result: Any

    def __repr__(self) -> str:
        return self.name


@dataclass
class Writer:
    """Takes the steps of a routine while it is written."""

    steps: list[Step] = field(default_factory=list)
    depth: int = 0

    def call(self, name: str, *args: Any, **kwargs: Any) -> Name:
        """Add a step and return the variable that holds its result."""
        made = Name(f"y{len(self.steps) + 1}")
        self.steps.append(Step(made.name, name, args, kwargs, self.depth))
        return made

    @contextmanager
    def within(self, name: str, *args: Any) -> Iterator[None]:
        """Add the steps inside to the body of a context manager."""
        self.steps.append(Step(None, f"with.{name}", args, {}, self.depth))
        self.depth += 1
        yield
        self.depth -= 1


def written(name: str, parameters: str, body: Callable[..., Any]) -> Routine:
    """Return a routine.

    Parameters
    ----------
    name : str
    parameters : str
        Names with blanks between them; the last one may start with a star.
    body : callable
        Takes a `Writer` and the parameters as `Name`, adds the steps and returns the result.
    """
    writer = Writer()
    names = tuple(parameters.split())
    result = body(writer, *(Name(one.lstrip("*")) for one in names))
    return Routine(name, names, tuple(writer.steps), result)


def callable_of(routine: Routine, call: Callable[[str, tuple[Any, ...], dict[str, Any]], Any]) -> Any:
    """Return a Python function that carries a routine out.

    Parameters
    ----------
    routine : Routine
    call : callable
        Takes a step's name, positional and keyword arguments, in which native values stand for variables.
    """

    signature = Signature([_parameter(name) for name in routine.parameters])

    def function(*given: Any) -> Any:
        signature.bind(*given)
        known = _bound(routine.parameters, given)
        _carry_out(routine.steps, known, call)
        return call("return", (filled(routine.result, known),), {})

    # Some engines look at it to see what a function takes.
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__name__ = function.__qualname__ = routine.name
    return function


def _parameter(name: str) -> Parameter:
    kind = Parameter.VAR_POSITIONAL if name.startswith("*") else Parameter.POSITIONAL_OR_KEYWORD
    return Parameter(name.removeprefix("*"), kind)


def _bound(parameters: Sequence[str], given: Sequence[Any]) -> dict[str, Any]:
    if parameters and parameters[-1].startswith("*"):
        fixed = parameters[:-1]
        return {**dict(zip(fixed, given, strict=False)), parameters[-1][1:]: tuple(given[len(fixed) :])}
    return dict(zip(parameters, given, strict=True))


def _carry_out(
    steps: Sequence[Step],
    known: dict[str, Any],
    call: Callable[[str, tuple[Any, ...], dict[str, Any]], Any],
) -> None:
    at = 0
    while at < len(steps):
        step = steps[at]
        at += 1
        args, kwargs = filled(step.args, known), filled(step.kwargs, known)
        if not step.name.startswith("with."):
            made = call(step.name, args, kwargs)
            if step.out is not None:
                known[step.out] = made
            continue
        end = at
        while end < len(steps) and steps[end].depth > step.depth:
            end += 1
        with call(step.name.removeprefix("with."), args, kwargs):
            _carry_out(steps[at:end], known, call)
        at = end


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """Return an argument with native values in the place of variables."""
    match value:
        case Name():
            return known[value.name]
        case tuple():
            return tuple(filled(item, known) for item in value)
        case list():
            return [filled(item, known) for item in value]
        case dict():
            return {key: filled(item, known) for key, item in value.items()}
    return value
