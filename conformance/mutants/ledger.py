"""All mutants, by name."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from typing import Any

from tensorcanon.spec.canon import CHAPTERS
from tensorcanon.spec.observation import Failed, Observation
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Array, Backend, Claims, Identity
from ..backends.catalogue import reference
from .mutant import Mutant


class BrokenMutantError(RuntimeError):
    """A mutant cannot be put in place."""


@cache
def mutants() -> dict[str, Mutant]:
    """Return every mutant by name.

    Raises
    ------
    ValueError
        If two have one name.
    """
    found: dict[str, Mutant] = {}
    for chapter in CHAPTERS:
        for mutant in importlib.import_module(f"tensorcanon.conformance.mutants.{chapter}").MUTANTS:
            if mutant.name in found:
                raise ValueError(f"two mutants are called {mutant.name}")
            found[mutant.name] = mutant
    return found


def mutant_backend(name: str) -> Backend:
    """Return the reference with a fault in place for the time of each verb.

    Raises
    ------
    KeyError
        If no mutant has this name.
    BrokenMutantError
        If what it is to replace is not there: on each call that would pass for an error of the backend.
    """
    mutant = mutants()[name]
    try:
        with mutant.applied():
            pass
    except Exception as error:
        raise BrokenMutantError(f"cannot be put in place: {type(error).__name__}: {error}") from error
    return _Mutated(mutant, reference())


class _Mutated:
    def __init__(self, mutant: Mutant, healthy: Backend) -> None:
        self.mutant = mutant
        self.healthy = healthy
        self.claims: Claims = healthy.claims
        self.identity: Identity = replace(
            healthy.identity, spec=f"mutant:{mutant.name}", name=f"mutant {mutant.name}"
        )

    def make(self, array: Array, dtype: DType) -> Any:
        with self.mutant.applied():
            return self.healthy.make(array, dtype)

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with self.mutant.applied():
            return self.healthy.call(name, args, kwargs)

    def look(self, native: Any) -> Observation:
        with self.mutant.applied():
            return self.healthy.look(native)

    def failure(self, error: Exception) -> Failed:
        return self.healthy.failure(error)
