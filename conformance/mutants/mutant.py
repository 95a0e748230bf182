"""A mutant: the reference, wrong on purpose in one way, that a clause must reject."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from tensorcanon.reference import dispatch
from tensorcanon.spec.clause import Clause

Patch = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, eq=False)
class Mutant:
    """One fault.

    Attributes
    ----------
    name : str
        What is wrong, as an identifier.
    kills : tuple of Clause
        The clauses that must reject it.
    patches : tuple of callable
        Each returns a context manager that puts part of the fault in place.
    fault : str
        A real report of such a fault (``owner/repo#number``), empty where the fault is of our making.
    """

    name: str
    kills: tuple[Clause[Any], ...]
    patches: tuple[Patch, ...]
    fault: str = ""

    @contextmanager
    def applied(self) -> Any:
        """Put the fault in place for the time of a with statement."""
        with ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(patch())
            yield


def mutant(
    name: str, kills: Clause[Any] | tuple[Clause[Any], ...], *patches: Patch, fault: str = ""
) -> Mutant:
    """Make a mutant; a single clause may be given as it is."""
    return Mutant(name, kills if isinstance(kills, tuple) else (kills,), patches, fault)


def kernel(op: str, make: Callable[[Any], Any]) -> Patch:
    """Replace the kernel of an op, in all its forms, with ``make(kernel)``."""
    return lambda: dispatch.replaced(op, make)


def attribute(path: str, make: Callable[[Any], Any]) -> Patch:
    """Replace an attribute of a module or class of the reference with ``make(attribute)``.

    Parameters
    ----------
    path : str
        Below ``tensorcanon.reference``: ``module:attribute``, ``module:Class.attribute``, or ``:attribute``
        of the namespace itself.
    """

    def patch() -> AbstractContextManager[Any]:
        module, _, inner = path.partition(":")
        owner: Any = importlib.import_module(f"tensorcanon.reference.{module}".rstrip("."))
        *outer, name = inner.split(".")
        for part in outer:
            owner = getattr(owner, part)
        original = owner.__dict__[name]
        return mock.patch.object(owner, name, make(original))

    return patch
