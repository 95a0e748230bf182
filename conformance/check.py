"""A check: a test of one clause, independent of pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tensorcanon.spec.clause import Clause

from .run import Run
from .tape import Tape

Body = Callable[[Run, Any], None]


@dataclass(frozen=True, eq=False)
class Check:
    """A test of one clause.

    Attributes
    ----------
    clause : Clause
    body : callable
        Takes a `Run` and a case, takes steps and judges them.
    cases : callable or None
        Returns every case, where the cases are enumerated.
    draw : callable or None
        Decodes a case from a tape, where cases are drawn.
    proves : bool
        The enumerated cases are all there are.
    """

    clause: Clause[Any]
    body: Body
    cases: Callable[[], Iterable[Any]] | None
    draw: Callable[[Tape], Any] | None
    proves: bool = False

    @property
    def name(self) -> str:
        """The module and function of the test."""
        return f"{self.body.__module__.rpartition('.')[2]}.py::{self.body.__name__}"


def verifies(
    clause: Clause[Any],
    *,
    over: Iterable[Any] | Callable[[], Iterable[Any]] | None = None,
    drawn: Callable[[Tape], Any] | None = None,
    proves: bool = False,
) -> Callable[[Body], Callable[..., None]]:
    """Make a pytest test of a function ``(run, case)`` that holds a backend to a clause.

    Parameters
    ----------
    clause : Clause
    over : iterable or callable, optional
        Enumerated cases, each a value given to the function.
    drawn : callable, optional
        A function from a `Tape` to a case. Without `over` and `drawn` the case is the tape itself.
    proves : bool
        The enumerated cases are all there are, so a pass is a proof.
    """
    if over is not None and drawn is not None:
        raise TypeError("cases are enumerated (over=) or drawn (drawn=), not both")
    if over is None:
        cases = None
    elif callable(over):
        cases = over
    else:
        listed = list(over)

        def cases() -> Iterable[Any]:
            return listed

    def decorate(body: Body) -> Callable[..., None]:
        check = Check(clause, body, cases, None if cases else drawn or _tape, proves)

        def test(canon: Any) -> None:
            canon.examine(check)

        test.__name__ = body.__name__
        test.__qualname__ = body.__qualname__
        test.__doc__ = body.__doc__ or clause.statement
        test.__module__ = body.__module__
        test.check = check  # type: ignore[attr-defined]
        return test

    return decorate


def _tape(tape: Tape) -> Tape:
    return tape
