"""Positive controls: an error that is due counts only where the same op works on a right call."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from .attempt import attempt
from .backend import Backend
from .check import Check
from .examples import Example, case_of
from .refusal import Refused
from .tally import Tally
from .tape import LENGTH

# Names that call whatever they are given: that one of them works says nothing of another.
_SYNTAX = frozenset({"call", "define", "getattr", "setattr", "is", "return"})
# Whole loops of training: long, and every op in them works in a shorter example.
_LONG = frozenset({"training"})
_SIMPLEST = bytes(LENGTH)
_TRIES = 3


def missing(check: Check, backend: Backend, tally: Tally) -> Iterator[Refused]:
    """Yield what refutes a clause whose errors come from ops that never work on this backend.

    Parameters
    ----------
    check : Check
    backend : Backend
    tally : Tally
        Of the check's examples on the backend.
    """
    worked = _worked_on(backend)
    worked |= tally.worked
    for (_, name), refusal in tally.erred.items():
        if name not in worked and name not in _SYNTAX and _never_works(name, backend):
            yield refusal


def _never_works(name: str, backend: Backend) -> bool:
    """Whether examples in which an op works on the reference show it failing on a backend."""
    worked = _worked_on(backend)
    tried = False
    for check, example in islice(_EXAMPLES.of(name), _TRIES):
        tally = Tally()
        attempt(check, backend, case_of(check, example), tally)
        worked |= tally.worked
        if tally.unclaimed or name in worked:
            return False
        tried = True
    return tried


def _worked_on(backend: Backend) -> set[str]:
    if _seen.get("backend") is not backend:
        _seen.update(backend=backend, worked=set())
    worked: set[str] = _seen["worked"]
    return worked


_seen: dict[str, Any] = {}


class _Examples:
    """The simplest examples in which an op gives a result on the reference, gathered as they are needed."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[Check, Example]]] = {}
        self._rest: Iterator[None] | None = None

    def of(self, name: str) -> Iterator[tuple[Check, Example]]:
        """Yield the examples of an op; those that nobody asks for are not looked for."""
        self._rest = self._rest or self._gather()
        for place in count():
            while len(self._found.get(name, ())) <= place:
                if next(self._rest, self) is self:
                    return
            yield self._found[name][place]

    def _gather(self) -> Iterator[None]:
        from .backends.catalogue import reference
        from .inventory import checks

        healthy = reference()
        for check in checks().values():
            if check.clauses[0].chapter in _LONG:
                continue
            example: Example = 0 if check.cases else _SIMPLEST
            tally = Tally()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # An example that the reference does not finish still shows the ops before.
                try:
                    attempt(check, healthy, case_of(check, example), tally)
                except Exception:
                    continue
            for name in tally.worked:
                self._found.setdefault(name, []).append((check, example))
            yield None


_EXAMPLES = _Examples()
