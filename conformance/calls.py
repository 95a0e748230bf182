"""Calls of an operation in one of its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules.dtypes import DType

from .run import Run
from .tape import Tape

Args = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Call:
    """A call.

    Attributes
    ----------
    form : str
        The name called. One that ends with ``*`` takes the items of a sequence as arguments of their own,
        one that ends with ``~`` a tensor in the place of its shape.
    args : tuple
        Those after the first tensor, or list of tensors.
    names : tuple of str
        Their names, where they are given by keyword.
    """

    form: str
    args: Args
    names: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        return self.form.rstrip("*~")

    def given(self, run: Run, dtype: DType) -> tuple[Args, dict[str, Any]]:
        """Return the arguments as the form takes them, positional ones and named ones."""
        if self.names and self.form == self.function:
            return (), dict(zip(self.names, self.args, strict=False))
        if self.form.endswith("*") and self.args[0]:
            return self.args[0], {}
        if self.form.endswith("~"):
            return (run.tensor(np.zeros(self.args[0], dtype.storage)),), {}
        return self.args, {}

    def expect(self, run: Run, allowed: Outcome, first: Any, dtype: DType) -> Any:
        """Take the step and judge it; returns the result, None for an error."""
        positional, named = self.given(run, dtype)
        return run.expect(allowed, self.function, first, *positional, **named)

    def take(self, run: Run, first: Any, dtype: DType) -> Any:
        """Take the step without judging it."""
        positional, named = self.given(run, dtype)
        return run.call(self.function, first, *positional, **named)


def draw_call(tape: Tape, forms: tuple[str, ...], args: Args, names: tuple[str, ...] = ()) -> Call:
    """Draw the form of a call; one in four is by keyword, where the names of all arguments are known."""
    by_name = len(names) >= len(args) > 0 and tape.one_in(4)
    return Call(tape.choose(forms), args, names if by_name else ())


def both(name: str, *others: str) -> tuple[str, ...]:
    """Return the function and method forms of names."""
    return tuple(f"{space}.{each}" for each in (name, *others) for space in ("torch", "Tensor"))
