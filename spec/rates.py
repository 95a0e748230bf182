"""The outcome of a sequence of learning rates, or of other numbers of a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .comparison import describe
from .judged import Judged
from .observation import Observation, Plain, Several

# A schedule may follow its formula from step to step: a few roundings each, in double precision.
_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Rates(Judged):
    """Python numbers near the exact ones, in order.

    Attributes
    ----------
    values : tuple of float
    scale : float
        The largest number that the computation meets; errors are relative to it.
    """

    values: tuple[float, ...]
    scale: float

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Several) or len(seen.items) != len(self.values):
            return f"{len(self.values)} numbers were due, seen: {describe(seen)}"
        for epoch, (due, got) in enumerate(zip(self.values, seen.items, strict=True)):
            if not isinstance(got, Plain) or not isinstance(got.value, int | float):
                return f"a number was due, seen: {describe(got)}"
            if not abs(got.value - due) <= _TOLERANCE * self.scale:
                return f"{got.value!r} at place {epoch}, due: {due!r}"
        return None

    def __str__(self) -> str:
        return f"{list(self.values)} within {_TOLERANCE:g} of {self.scale:g}"


def rates(values: Sequence[float]) -> Rates:
    """Return the outcome of a sequence; errors are relative to its largest number."""
    return Rates(tuple(values), max((abs(value) for value in values), default=1.0))
