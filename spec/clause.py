"""A clause: one documented behaviour, as a function that returns the outcomes it allows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Literal, ParamSpec

from .outcome import Outcome

P = ParamSpec("P")

Strength = Literal["must", "should", "may"]
Basis = Literal["documented", "observed", "implementation-defined"]
Level = Literal["core", "extended"]


@dataclass(frozen=True, eq=False)
class Clause(Generic[P]):
    """One documented behaviour.

    Attributes
    ----------
    rule : callable
        A pure function of plain data that returns an `Outcome`. Its docstring is the statement.
    source : str
        Where the behaviour is documented: a page and anchor (``notes/broadcasting#general-semantics``) or
        a qualified name whose docstring states it (``torch.Tensor.view``). Several are separated by ``;``.
    covers : tuple of str
        The behaviours of ``behaviours.toml`` that the clause holds a backend to.
    strength : {"must", "should", "may"}
    basis : {"documented", "observed", "implementation-defined"}
        Whether the documentation states it, or torch only shows it, or each build may choose.
    level : {"core", "extended"}
    since, until : str or None
        The torch versions between which the behaviour holds.
    """

    rule: Callable[P, Outcome]
    source: str
    covers: tuple[str, ...] = ()
    strength: Strength = "must"
    basis: Basis = "documented"
    level: Level = "core"
    since: str | None = None
    until: str | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Outcome:
        return self.rule(*args, **kwargs).stated_by(self)

    @property
    def chapter(self) -> str:
        """The module of the clause, without its package."""
        return self.rule.__module__.rpartition(".")[2]

    @cached_property
    def id(self) -> str:
        """The import path below ``tensorcanon.spec``."""
        return f"{self.chapter}.{self.rule.__name__}"

    @property
    def statement(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join(inspect.cleandoc(self.rule.__doc__ or "").partition("\n\n")[0].split())

    @property
    def code(self) -> str:
        """The executable form."""
        return inspect.getsource(self.rule)

    def __repr__(self) -> str:
        return f"<clause {self.id}>"


def clause(
    source: str,
    *,
    covers: str | tuple[str, ...] = (),
    strength: Strength = "must",
    basis: Basis = "documented",
    level: Level = "core",
    since: str | None = None,
    until: str | None = None,
) -> Callable[[Callable[P, Outcome]], Clause[P]]:
    """Make a clause of a function; the parameters are those of `Clause`."""
    covered = (covers,) if isinstance(covers, str) else covers

    def decorate(rule: Callable[P, Outcome]) -> Clause[P]:
        return Clause(rule, source, covered, strength, basis, level, since, until)

    return decorate
