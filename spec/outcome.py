"""An outcome: what a clause allows. `refusal` says why an observation is not allowed, None where it is."""

from __future__ import annotations

from dataclasses import dataclass

from .comparison import describe
from .judged import Judged, Outcome
from .observation import Failed, Observation, Several, Warned
from .tensor_outcomes import Between, Exactly, Satisfies, Structure, Within

__all__ = [
    "Between",
    "Each",
    "Exactly",
    "OneOf",
    "Outcome",
    "Raises",
    "Satisfies",
    "Structure",
    "Unspecified",
    "Warns",
    "Within",
]


@dataclass(frozen=True, eq=False)
class OneOf(Judged):
    """Any of several outcomes, where the documentation leaves the choice."""

    options: tuple[Outcome, ...]

    def __init__(self, *options: Outcome) -> None:
        object.__setattr__(self, "options", options)

    def refusal(self, seen: Observation) -> str | None:
        reasons = [option.refusal(seen) for option in self.options]
        if None in reasons:
            return None
        return "none of the outcomes allowed: " + "; ".join(str(reason) for reason in reasons)

    def __str__(self) -> str:
        return " or ".join(str(option) for option in self.options)


@dataclass(frozen=True, eq=False)
class Raises(Judged):
    """An error of one of these kinds.

    Attributes
    ----------
    kinds : tuple of str
        Names of exception classes as in `observation.ERROR_KINDS`.
    message : str or None
        A part of the message, only where the documentation or a tutorial shows it.
    from_values : bool
        The error follows from elements, so a device without data need not raise it.
    """

    kinds: tuple[str, ...]
    message: str | None
    from_values: bool

    def __init__(self, *kinds: str, message: str | None = None, from_values: bool = False) -> None:
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "message", message)
        object.__setattr__(self, "from_values", from_values)

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Failed):
            return f"{self} was due, seen: {describe(seen)}"
        if not any(seen.is_a(kind) for kind in self.kinds):
            return f"{seen.kind} ({seen.message}), due: {self}"
        if self.message is not None and self.message not in seen.message:
            return f"message {seen.message!r}, due: one with {self.message!r}"
        return None

    def __str__(self) -> str:
        return " or ".join(self.kinds) + (f" saying {self.message!r}" if self.message else "")


@dataclass(frozen=True, eq=False)
class Each(Judged):
    """A tuple or list whose items meet these outcomes, in order.

    Attributes
    ----------
    items : tuple of Outcome
    names : tuple of str
        Field names of a named tuple; empty leaves them open.
    sequence : {"tuple", "list"} or None
        The Python type; None leaves it open.
    """

    items: tuple[Outcome, ...]
    names: tuple[str, ...] = ()
    sequence: str | None = None

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Several):
            return f"{len(self.items)} results were due, seen: {describe(seen)}"
        if len(seen.items) != len(self.items):
            return f"{len(seen.items)} results, due: {len(self.items)}"
        if self.names and seen.names != self.names:
            return f"fields {seen.names}, due: {self.names}"
        if self.sequence is not None and seen.sequence != self.sequence:
            return f"a {seen.sequence}, due: a {self.sequence}"
        for place, (due, got) in enumerate(zip(self.items, seen.items, strict=True)):
            reason = due.refusal(got)
            if reason is not None:
                return f"result {place}: {reason}"
        return None

    def __str__(self) -> str:
        return "(" + ", ".join(str(item) for item in self.items) + ")"


@dataclass(frozen=True, eq=False)
class Warns(Judged):
    """An outcome together with a warning of this class; an empty name leaves open whether there is one."""

    category: str
    then: Outcome

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Warned) or (self.category and self.category not in seen.categories):
            return f"a {self.category} was due, seen: {describe(seen)}"
        return self.then.refusal(seen.then)

    def __str__(self) -> str:
        return f"{self.then} with a {self.category}" if self.category else str(self.then)


@dataclass(frozen=True, eq=False)
class Unspecified(Judged):
    """Anything but a crash: the documentation leaves it open, an error included."""

    def refusal(self, seen: Observation) -> str | None:
        return None

    def __str__(self) -> str:
        return "anything (unspecified)"
