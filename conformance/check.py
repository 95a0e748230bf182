"""A check: a test of one clause, or of several laws that share their inputs, independent of pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tensorcanon.spec.clause import Clause

from .run import Run
from .tape import Tape

Body = Callable[[Run, Any], None]


@dataclass(frozen=True, eq=False)
class Check:
    """A test.

    Attributes
    ----------
    name : str
        The module and function of the test, with the subject in brackets where there is one.
    clauses : tuple of Clause
        What it holds a backend to; each must be judged at least once.
    body : callable
        Takes a `Run` and a case, takes steps and judges them.
    cases : callable or None
        Returns every case, where the cases are enumerated.
    draw : callable or None
        Decodes a case from a tape, where cases are drawn.
    proves : bool
        The enumerated cases are all there are.
    """

    name: str
    clauses: tuple[Clause[Any], ...]
    body: Body
    cases: Callable[[], Iterable[Any]] | None
    draw: Callable[[Tape], Any] | None
    proves: bool = False


def verifies(
    *clauses: Clause[Any],
    over: Iterable[Any] | Callable[..., Iterable[Any]] | None = None,
    drawn: Callable[..., Any] | None = None,
    each: Sequence[Any] | None = None,
    proves: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a pytest test of a function that holds a backend to one or more clauses.

    Parameters
    ----------
    *clauses : Clause
    over : iterable or callable, optional
        Enumerated cases: the function is ``(run, case)``.
    drawn : callable, optional
        A function from a `Tape` to a case. Without `over` and `drawn` the case is the tape itself.
    each : sequence, optional
        Subjects, such as ops, of which each gets a test of its own: the function is ``(run, subject, case)``
        and `drawn` (or a callable `over`) takes the subject as last argument. The `clauses` of a subject,
        where it has some, are verified besides those named.
    proves : bool
        The enumerated cases are all there are, so a pass is a proof.

    Raises
    ------
    TypeError
        If cases are both enumerated and drawn, or no clause is named.
    """
    if not clauses or (over is not None and drawn is not None):
        raise TypeError("name a clause, and either enumerate cases (over=) or draw them (drawn=)")
    listed = over if over is None or callable(over) else list(over)

    def make(function: Callable[..., None], *subject: Any) -> Check:
        name = f"{function.__module__.rpartition('.')[2]}.py::{function.__name__}"
        own: tuple[Clause[Any], ...] = ()
        if subject:
            name += f"[{subject[0]}]"
            own = getattr(subject[0], "clauses", ())
        cases = None
        if listed is not None:
            cases = (lambda: listed(*subject)) if callable(listed) else (lambda: listed)
        decode = drawn or _tape

        def body(run: Run, case: Any) -> None:
            function(run, *subject, case)

        draw = None if cases else lambda tape: decode(tape, *(subject if drawn else ()))
        return Check(name, (*clauses, *own), body, cases, draw, proves)

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        test = _test(function, clauses) if each is None else _test_of_each(function, clauses)
        checks = [make(function)] if each is None else [make(function, subject) for subject in each]
        test.checks = checks  # type: ignore[attr-defined]
        if each is not None:
            test = pytest.mark.parametrize("check", checks, ids=[str(subject) for subject in each])(test)
        return test

    return decorate


def _test(function: Callable[..., None], clauses: tuple[Clause[Any], ...]) -> Callable[..., None]:
    def test(canon: Any) -> None:
        canon.examine(test.checks[0])  # type: ignore[attr-defined]

    return _named(test, function, clauses)


def _test_of_each(function: Callable[..., None], clauses: tuple[Clause[Any], ...]) -> Callable[..., None]:
    def test(canon: Any, check: Check) -> None:
        canon.examine(check)

    return _named(test, function, clauses)


def _named(
    test: Callable[..., None], function: Callable[..., None], clauses: tuple[Clause[Any], ...]
) -> Callable[..., None]:
    test.__name__, test.__qualname__, test.__module__ = (
        function.__name__,
        function.__qualname__,
        function.__module__,
    )
    test.__doc__ = function.__doc__ or clauses[0].statement
    return test


def _tape(tape: Tape) -> Tape:
    return tape
