"""Which checks there are, and which clauses they hold a backend to."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from . import tests
from .check import Check


@cache
def checks() -> dict[str, Check]:
    """Return every check by name, as pytest would collect them from `tensorcanon.conformance.tests`."""
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(tests.__path__):
        if module.name.startswith("test_"):
            imported = importlib.import_module(f"{tests.__name__}.{module.name}")
            for value in vars(imported).values():
                found.update({check.name: check for check in getattr(value, "checks", ())})
    return found


def check_name(nodeid: str) -> str:
    """Return the name of the check that a pytest node runs."""
    return nodeid.rpartition("/")[2]


def clause_ids(selected: Iterable[Check]) -> set[str]:
    """Return the ids of the clauses that checks verify."""
    return {clause.id for check in selected for clause in check.clauses}
