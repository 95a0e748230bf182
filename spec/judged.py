"""What every outcome has: its verdict on an observation, and the clause that states it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

from .observation import Observation

if TYPE_CHECKING:
    from .clause import Clause


class Outcome(Protocol):
    """A set of observations."""

    @property
    def origin(self) -> Clause[Any] | None:
        """The clause that states it, None where it was not made by a clause's call."""

    def refusal(self, seen: Observation) -> str | None:
        """Return why the observation is outside the set, None where it is inside."""

    def allows(self, seen: Observation) -> bool:
        """Return whether the observation is inside the set."""

    def stated_by(self, clause: Clause[Any] | None) -> Self:
        """Return the outcome, which speaks for a clause from here on."""

    def __str__(self) -> str:
        """Describe the set in one or a few lines."""


class Judged:
    """The verdict that follows from the refusal, and the clause that states the outcome."""

    origin: Clause[Any] | None = None

    def refusal(self, seen: Observation) -> str | None:
        raise NotImplementedError

    def allows(self, seen: Observation) -> bool:
        return self.refusal(seen) is None

    def stated_by(self, clause: Clause[Any] | None) -> Self:
        # The judge must know which clause an outcome speaks for; outcomes are frozen for everyone else.
        object.__setattr__(self, "origin", clause)
        return self
