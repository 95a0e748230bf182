"""Every operation that torch's own tests know is called by a check of the canon."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.conformance import tests
from tensorcanon.conformance.attempt import attempt
from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.check import Check
from tensorcanon.conformance.examples import Example, case_of, numbers, tapes
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import Profile
from tensorcanon.conformance.tally import Tally
from tensorcanon.reference.tensor import Tensor

NAMES = frozenset(Path(__file__).with_name("agreement").joinpath("names.txt").read_text("utf-8").split())
# Where one example of a check does not show what it calls.
SEVERAL = Profile("several", drawn=1, seeded=40, enumerated=256)


class Calls:
    """Notes the operations that checks call, under the names of torch's tests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.backend = reference()
        self.names: set[str] = set()
        call: Any = type(self.backend).call

        def noting(backend: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            self.names.add(operation(name, args))
            return call(backend, name, args, kwargs)

        monkeypatch.setattr(type(self.backend), "call", noting)

    def of(self, check: Check, examples: Iterator[Example] | range, wanted: str | None = None) -> None:
        """Run examples of a check until a wanted name is called."""
        for example in examples:
            if wanted in self.names:
                return
            attempt(check, self.backend, case_of(check, example), Tally())


def operation(called: str, args: tuple[Any, ...]) -> str:
    """Return which operation a call by name is of, empty where it is none: modules have methods, too."""
    if called.startswith("Tensor."):
        on_tensor = args and isinstance(args[0], Handle) and isinstance(args[0].native, Tensor)
        return called.removeprefix("Tensor.") if on_tensor else ""
    return called.removeprefix("torch.").removeprefix("ops.aten.") if called.startswith("torch.") else ""


def likely(name: str) -> list[Check]:
    """Return the checks of modules that speak of an operation, the number of its dimensions left out."""
    word = re.compile(rf'["._]{re.sub(r"[123]d$", "", name.rpartition(".")[2])}(?![a-z_])')
    return [check for check in checks().values() if word.search(_source(check.name.partition(".py")[0]))]


@cache
def _source(module: str) -> str:
    return inspect.getsource(importlib.import_module(f"{tests.__name__}.{module}"))


@pytest.mark.filterwarnings("ignore")
def test_every_name_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    for check in checks().values():
        # Whole loops of training show nothing that shorter checks do not.
        if not check.name.startswith("test_training"):
            calls.of(check, iter([0 if check.cases else bytes(1)]))
    for name in sorted(NAMES - calls.names):
        for check in likely(name):
            several = numbers(check, SEVERAL, 0) if check.cases else tapes(check, SEVERAL, 0, lambda: False)
            calls.of(check, several, wanted=name)
    assert not NAMES - calls.names
