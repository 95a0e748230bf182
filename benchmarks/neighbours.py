"""Neighbours of faults: each operation of the tables made wrong under one condition only, and who notices.

``python benchmarks/neighbours.py [NAME ...]`` changes one element of what an operation of the reference gives
where a condition holds, and runs the operation's own checks in profile ci. A condition under which the
operation is never called, as in place without such a form, counts as ``none``.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.check import Check
from tensorcanon.conformance.examine import examine
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import PROFILES
from tensorcanon.reference import dispatch, writing
from tensorcanon.reference.autograd.tape import tensors_in
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.state import state
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec.ops import OPS
from tensorcanon.spec.ops.functions import GROUPS

Condition = Callable[[list[Tensor], str], bool]


def _alternating(turns: Iterator[bool]) -> Condition:
    return lambda given, form: next(turns)


CONDITIONS: dict[str, Callable[[], Condition]] = {
    "large": lambda: lambda given, form: any(one.numel() > 2048 for one in given),
    "float64": lambda: lambda given, form: given[0].dtype.rule.name == "float64",
    "stepped": lambda: lambda given, form: not given[0].is_contiguous(),
    "offset": lambda: lambda given, form: given[0].offset > 0,
    "in place": lambda: lambda given, form: form == "in place",
    "out": lambda: lambda given, form: form == "out",
    "second call": lambda: _alternating(itertools.cycle((False, True))),
    "no_grad": lambda: lambda given, form: not state.grad,
}


def spoiled(result: Any, given: list[Tensor], *, written: bool) -> Any:
    """Return a result with another last element."""
    if isinstance(result, bool):
        return not result
    if isinstance(result, tuple | list) and result:
        first = spoiled(result[0], given, written=written)
        if first is result[0]:
            return result
        return type(result)([first, *result[1:]]) if type(result) in (tuple, list) else result
    if not isinstance(result, Tensor) or not result.numel() or result.is_meta:
        return result
    if not written and any(one.storage is result.storage for one in given):
        result = fresh(result.array.copy(), result.dtype)
    places = result.places
    last = places[(-1,) * places.ndim]
    with np.errstate(all="ignore"):
        plain = places.dtype.kind in "fciu" and np.isfinite(last) and abs(last) < 1e6
        places[(-1,) * places.ndim] = last + places.dtype.type(1) if plain else np.asarray(not last)
    return result


@contextmanager
def fault(name: str, condition: Condition) -> Iterator[Counter[str]]:
    """Make an operation wrong where a condition holds; yield how often it did."""
    fired: Counter[str] = Counter()

    def wrong(original: Any, form: str) -> Any:
        def run(op: Any, *rest: Any) -> Any:
            args, kwargs = rest[-2:]
            actual = "out" if "out" in kwargs or len(rest) > 2 else form
            given = list(tensors_in((*args, *kwargs.values())))
            result = original(op, *rest)
            if op.name != name or not given or not condition(given, actual):
                return result
            fired["times"] += 1
            return spoiled(result, given, written=form != "function" or actual == "out")

        return run

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(dispatch, "_run", wrong(dispatch._run, "function")))
        stack.enter_context(mock.patch.object(writing, "inplace", wrong(writing.inplace, "in place")))
        yield fired


def checks_of(name: str) -> list[Check]:
    """Return the checks whose subject is an operation."""
    word = name.rpartition(".")[2]
    return [check for check in checks().values() if any(f"{a}{word}]" in check.name for a in "[.")]


def verdict(name: str, condition: Condition) -> str:
    """Return whether an operation's checks notice: ``killed``, ``survives`` or ``none``."""
    with fault(name, condition) as fired:
        for check in checks_of(name):
            if any(
                one.verdict in ("fail", "flaky") for one in examine(check, reference(), PROFILES["ci"], 0)
            ):
                return "killed"
    return "survives" if fired["times"] else "none"


def main(names: list[str]) -> None:
    counts: Counter[str] = Counter()
    for name in names or dict.fromkeys([op.name for op in OPS] + [group.name for group in GROUPS]):
        found = {label: verdict(name, make()) for label, make in CONDITIONS.items()}
        counts.update(found.values())
        survivors = [label for label, result in found.items() if result == "survives"]
        killed = sum(result == "killed" for result in found.values())
        print(f"{name}: {killed} of {killed + len(survivors)} killed", *survivors, flush=True)
    tried = counts["killed"] + counts["survives"]
    print(f"{counts['killed']} of {tried} killed ({counts['killed'] / max(tried, 1):.1%})")


if __name__ == "__main__":
    main(sys.argv[1:])
