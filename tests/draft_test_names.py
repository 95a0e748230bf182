"""Every operation that torch's own tests know is called by a check of the canon."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.check import Check
from tensorcanon.conformance.examine import examine
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import Profile

NAMES = (Path(__file__).with_name("agreement") / "names.txt").read_text(encoding="utf-8").split()
# One name may be below several namespaces.
_PREFIXES = ("torch.ops.aten.", "torch.special.", "torch.", "Tensor.", "operator.")
BRIEF = Profile("brief", drawn=1, seeded=2, enumerated=8)


def bare(called: str) -> str:
    """Return the name of an operation as torch's tests know it."""
    prefix = next((prefix for prefix in _PREFIXES if called.startswith(prefix)), "")
    return called.removeprefix(prefix)


def candidates(name: str) -> Iterator[Check]:
    """Yield the checks that may call an operation: those named after it, then those of modules naming it."""
    word = name.rpartition(".")[2]
    rest = []
    for check in checks().values():
        if f"[{word}" in check.name or f".{word}]" in check.name:
            yield check
        elif word in check.name or f'{word}"' in _source(check):
            rest.append(check)
    yield from rest


def _source(check: Check) -> str:
    return inspect.getsource(importlib.import_module(check.body.__module__))


def test_every_name_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = reference()
    seen = set()
    call: Any = type(backend).call

    def noting(self: Any, name: str, *rest: Any) -> Any:
        seen.add(bare(name))
        return call(self, name, *rest)

    monkeypatch.setattr(type(backend), "call", noting)
    for name in NAMES:
        for check in candidates(name) if name not in seen else ():
            examine(check, backend, BRIEF, seed=0)
            if name in seen:
                break
    assert set(NAMES) <= seen, sorted(set(NAMES) - seen)
