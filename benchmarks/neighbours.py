"""Neighbours of faults: each operation made wrong under one condition only, and whether the canon notices.

``python benchmarks/neighbours.py [WORD ...]`` runs the checks, or those whose names hold one of the words, on
the reference with the examples of profile ci. Where a step calls an operation under a condition, the example
runs again with one element of what that operation gives then changed: the pair of operation and condition is
killed once a check refuses. A pair counts as surviving after `TRIES` examples that no check refuses.
"""

from __future__ import annotations

import itertools
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np

from tensorcanon.conformance.attempt import attempt
from tensorcanon.conformance.backend import Backend
from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.check import Check
from tensorcanon.conformance.examples import Example, case_of, numbers, tapes
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import PROFILES
from tensorcanon.conformance.refusal import Refused
from tensorcanon.conformance.tally import Tally
from tensorcanon.reference import dispatch, writing
from tensorcanon.reference.autograd.tape import tensors_in
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.state import state
from tensorcanon.reference.tensor import Tensor

Pair = tuple[str, str]
TRIES = 200


@dataclass
class Call:
    """A call of an operation: the tensors it took, then those it gave; its form; which call it is."""

    tensors: list[Tensor]
    form: str
    turn: int


CONDITIONS: dict[str, Callable[[Call], bool]] = {
    "large": lambda call: any(one.numel() > 2048 for one in call.tensors),
    "float64": lambda call: call.tensors[0].dtype.rule.name == "float64",
    "stepped": lambda call: not call.tensors[0].is_contiguous(),
    "offset": lambda call: call.tensors[0].offset > 0,
    "in place": lambda call: call.form == "in place",
    "out": lambda call: call.form == "out",
    "second call": lambda call: call.turn % 2 == 1,
    "no_grad": lambda call: not state.grad,
}


def spoiled(result: Any, given: list[Tensor], *, written: bool) -> Any:
    """Return a result with another last element; None where it has none."""
    if isinstance(result, bool):
        return not result
    if isinstance(result, int | float):
        return result + 1
    if isinstance(result, tuple | list) and result:
        first = spoiled(result[0], given, written=written)
        if first is None or first is result[0]:
            return None if first is None else result
        return type(result)([first, *result[1:]]) if type(result) in (tuple, list) else None
    if not isinstance(result, Tensor) or not result.numel() or result.is_meta:
        return None
    if not written and any(one.storage is result.storage for one in given):
        result = fresh(result.array.copy(), result.dtype)
    places = result.places
    last = places[(-1,) * places.ndim]
    with np.errstate(all="ignore"):
        plain = places.dtype.kind in "fciu" and np.isfinite(last) and abs(last) < 1e6
        places[(-1,) * places.ndim] = last + places.dtype.type(1) if plain else np.asarray(not last)
    return result


@dataclass
class Switch:
    """Stands between the steps of a program and the operations they call."""

    wrong: Pair | None = None
    seen: set[Pair] = field(default_factory=set)
    turns: Counter[str] = field(default_factory=Counter)
    asked: bool = False

    def set(self, wrong: Pair | None) -> None:
        """Make one pair wrong from here on, or none."""
        self.wrong = wrong
        self.seen, self.turns = set(), Counter()

    def step(self, call: Any) -> Any:
        def taken(*args: Any) -> Any:
            self.asked = True
            try:
                return call(*args)
            finally:
                self.asked = False

        return taken

    def operation(self, original: Any, form: str) -> Any:
        def run(op: Any, *rest: Any) -> Any:
            if not self.asked:
                return original(op, *rest)
            self.asked = False
            args, kwargs = rest[-2:]
            actual = self._form(op, kwargs, form)
            given = list(tensors_in((*args, *kwargs.values())))
            result = original(op, *rest)
            return self._passed(op.name, given, actual, result)

        return run

    def _form(self, op: Any, kwargs: dict[str, Any], form: str) -> str:
        if op.writes or (op.inplace_keyword and kwargs.get("inplace")):
            return "in place"
        return "out" if kwargs.get("out") is not None else form

    def _passed(self, name: str, given: list[Tensor], form: str, result: Any) -> Any:
        tensors = [*given, *tensors_in((result,))]
        self.turns[name] += 1
        if not tensors:
            return result
        call = Call(tensors, form, self.turns[name] - 1)
        held = {(name, label) for label, holds in CONDITIONS.items() if holds(call)}
        if self.wrong is None:
            self.seen |= held
        elif self.wrong in held:
            made = spoiled(result, given, written=form != "function")
            if made is not None:
                self.seen.add(self.wrong)
                return made
        return result


@contextmanager
def switched(backend: Backend) -> Iterator[Switch]:
    """Put a switch in place until the block ends."""
    switch = Switch()
    with ExitStack() as stack:
        for owner, name, wrapped in (
            (dispatch, "_run", switch.operation(dispatch._run, "function")),
            (writing, "inplace", switch.operation(writing.inplace, "in place")),
            (backend, "call", switch.step(backend.call)),
        ):
            stack.enter_context(mock.patch.object(owner, name, wrapped))
        yield switch


@dataclass
class Survey:
    """Which pairs are killed, and how often the others were tried."""

    backend: Backend
    switch: Switch
    killed: set[Pair] = field(default_factory=set)
    tried: Counter[Pair] = field(default_factory=Counter)

    def hold(self, check: Check) -> None:
        profile = PROFILES["ci"]
        examples = numbers(check, profile, 0) if check.cases else tapes(check, profile, 0, lambda: False)
        for example in examples:
            self._refuses(check, example, None)
            for pair in self.switch.seen - self.killed:
                if self.tried[pair] < TRIES:
                    refused = self._refuses(check, example, pair)
                    self.tried[pair] += pair in self.switch.seen
                    if refused:
                        self.killed.add(pair)

    def _refuses(self, check: Check, example: Example, wrong: Pair | None) -> bool:
        self.switch.set(wrong)
        try:
            return isinstance(attempt(check, self.backend, case_of(check, example), Tally()), Refused)
        except Exception:  # A check may stumble over what is wrong; that is no verdict.
            return False

    def survivors(self) -> list[Pair]:
        return sorted(pair for pair, times in self.tried.items() if times and pair not in self.killed)

    def untried(self) -> list[Pair]:
        """Return the pairs that no step met, of operations called; forms they may lack do not count."""
        labels = CONDITIONS.keys() - {"in place", "out"}
        met = self.killed | set(self.survivors())
        return sorted(
            (name, label) for name in {a for a, _ in met} for label in labels if (name, label) not in met
        )


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")
    backend, started = reference(), time.process_time()
    chosen = [check for name, check in checks().items() if not words or any(word in name for word in words)]
    # The laws kill most, so that later checks are tried with what is left.
    chosen.sort(key=lambda check: not check.name.startswith(("test_laws", "test_functions")))
    with switched(backend) as switch:
        survey = Survey(backend, switch)
        for module, several in itertools.groupby(chosen, lambda check: check.name.partition("::")[0]):
            for check in several:
                survey.hold(check)
            spent = time.process_time() - started
            print(f"{spent:6.0f} s, {len(survey.killed)} killed: {module}", flush=True)
    survivors, untried = survey.survivors(), survey.untried()
    for title, pairs in (("survives", survivors), ("never met", untried)):
        for name, own in itertools.groupby(pairs, lambda pair: pair[0]):
            print(f"{title}: {name}:", *(f"{pair[1]} ({survey.tried[pair]})" for pair in own))
    tried = len(survey.killed) + len(survivors)
    print(f"{len(survey.killed)} of {tried} killed ({len(survey.killed) / max(tried, 1):.1%})")


if __name__ == "__main__":
    main(sys.argv[1:])
