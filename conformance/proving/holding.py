"""One chunk of a proof: a backend and the oracle on the same values, and how far apart they are.

The oracle is the row's exact function in NumPy, on float64 where the result is a narrower floating type. Its
own error, a few units in the last place of a double, is some 2**-27 of a float32's: measured errors are that
uncertain, and no verdict turns on it unless a result is that near to the bound.

A result that is the exact one, rounded, lies within every bound. So only the others are measured: all else
costs one conversion and one comparison of bits. Where the bound counts in another unit than the last place,
and where a type has few values, every result is measured.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from tensorcanon.spec import laws
from tensorcanon.spec.accuracy import Bound, Ulp
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.observation import Observation, Seen
from tensorcanon.spec.ops.op import prepared
from tensorcanon.spec.outcome import Within
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Array, Backend, Handle
from ..backends.catalogue import resolve
from ..refusal import Refused
from ..reproduction import script
from ..run import Run
from ..tally import Tally
from .question import Question, question

# Large enough that calls cost little, small enough that a block's arrays stay in the caches.
BLOCK = 1 << 16
_FEW = 1 << 16


@dataclass(frozen=True)
class Largest:
    """The largest error, in the unit of the bound, with the input that gives it and its bit pattern."""

    error: float
    pattern: str
    input: str
    seen: str
    exact: str


@dataclass(frozen=True)
class Counterexample:
    """An input whose result is not allowed; `script` shows it without this package."""

    pattern: str
    input: str
    reason: str
    script: str


@dataclass(frozen=True)
class Held:
    """What one chunk showed.

    Attributes
    ----------
    first, end : int
        The bit patterns that were tried: from `first` to before `end`.
    rounded : int
        How many results are the exact one, rounded.
    seconds : float
    largest : Largest or None
        None where nothing was measured.
    counterexample : Counterexample or None
        The first one found.
    """

    first: int
    end: int
    rounded: int = 0
    seconds: float = 0.0
    largest: Largest | None = None
    counterexample: Counterexample | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the record of the chunk."""
        return {"kind": "chunk", **asdict(self)}


@dataclass(frozen=True)
class Holder:
    """Holds a backend to the answer of one question."""

    backend: Backend
    question: Question

    @cached_property
    def clause(self) -> Clause[Any]:
        """The law by which results are judged."""
        if self.question.op.is_exact:
            return laws.every_element_is_the_function_of_its_operands
        return laws.every_element_is_near_the_exact_one

    @cached_property
    def bound(self) -> Bound | None:
        """How far results may lie from the exact ones; None where they are determined to the last bit."""
        op, one = self.question.op, self.question.values(np.array([1]))
        return op.bound(self._result, self.exact(one), *prepared(op, one))

    def hold(self, first: int, end: int) -> Held:
        """Try the values whose bit patterns lie from `first` to before `end`."""
        rounded, off, shown = 0, list[Array](), list[Array]()
        block = np.uint32(first) + np.arange(min(BLOCK, end - first), dtype=np.uint32)
        with np.errstate(all="ignore"):
            for start in range(first, end, BLOCK):
                patterns = block[: end - start]
                values = self.question.values(patterns)
                seen = self.see(values)
                results = self._results(seen, values)
                if results is None:
                    return self._refuted(Held(first, end, rounded), patterns, values, seen)
                places = self._off(values, results)
                rounded += len(values) - len(places)
                if self._measures_all:
                    places = np.arange(len(values))
                if len(places):
                    off.append(patterns[places])
                    shown.append(results[places])
                block += np.uint32(BLOCK)
            held = Held(first, end, rounded)
            return self._measured(held, np.concatenate(off), np.concatenate(shown)) if off else held

    def see(self, values: Array) -> Observation:
        """Return what the backend shows for an array of values."""
        op = self.question.op
        try:
            made = Handle("x1", self.backend.make(values, self.question.dtype))
            return self.backend.look(self.backend.call(op.call, (made,), dict(op.arguments)))
        except Exception as error:
            return self.backend.failure(error)

    def exact(self, values: Array) -> Array:
        """Return what the oracle gives for an array of values."""
        op = self.question.op
        return np.asarray(op.exact(*prepared(op, values)))

    def rounded(self, values: Array) -> Array:
        """Return what the oracle gives, rounded to the type of the result."""
        exact, storage = self.question.op.exact, self._result.storage
        if (
            isinstance(exact, np.ufunc)
            and values.dtype == storage == np.float32
            and not self.question.op.is_exact
        ):
            # NumPy then converts, computes and rounds in pieces that stay in the nearest cache.
            out = np.empty(values.shape, storage)
            exact(values, out=out, dtype=np.float64, casting="same_kind")
            return out
        return self.exact(values).astype(storage, copy=False)

    @cached_property
    def _result(self) -> DType:
        return self.question.result

    @cached_property
    def _measures_all(self) -> bool:
        return self.bound is not None and (self.question.size <= _FEW or not isinstance(self.bound, Ulp))

    def _results(self, seen: Observation, values: Array) -> Array | None:
        """Return the elements that a backend shows, None where they are not of the type and shape due."""
        if isinstance(seen, Seen) and seen.dtype is self._result and seen.shape == values.shape:
            return seen.value
        return None

    def _off(self, values: Array, results: Array) -> Array:
        """Return the places of results that are not the exact ones, rounded; a NaN is as good as another."""
        bits = f"u{results.itemsize}"
        rounded = self.rounded(values)
        wrong = rounded.view(bits) != results.view(bits)
        many = np.count_nonzero(wrong) > len(wrong) // 8
        if many and self._result.format is not None:
            wrong &= ~(np.isnan(rounded) & np.isnan(results))
        off = np.flatnonzero(wrong)
        if off.size and not many and self._result.format is not None:
            off = off[~(np.isnan(rounded[off]) & np.isnan(results[off]))]
        return off

    def _measured(self, held: Held, patterns: Array, results: Array) -> Held:
        """Measure and judge the results that belong to some bit patterns."""
        for start in range(0, len(patterns), BLOCK):
            part = slice(start, start + BLOCK)
            values, got = self.question.values(patterns[part]), results[part]
            seen = Seen(self._result, got.shape, value=got)
            allowed = self.clause(self.question.op, values)
            if isinstance(allowed, Within):
                error, worst = allowed.error(seen)
                if worst is not None and (held.largest is None or error > held.largest.error):
                    texts = (str(array[worst]) for array in (values, got, allowed.value))
                    pattern = self.question.spelled(int(patterns[part][worst]))
                    held = replace(held, largest=Largest(error, pattern, *texts))
                if error <= allowed.bound.limit and allowed.value.all():
                    continue  # Only the sign of a zero is left to refuse.
            if not allowed.allows(seen):
                held = self._refuted(held, patterns[part], values, seen)
        return held

    def _refuted(self, held: Held, patterns: Array, values: Array, seen: Observation) -> Held:
        """Add the first input whose result is not allowed, unless there is one."""
        if held.counterexample is not None:
            return held
        place = self._first_refused(values, seen)
        one = values[place : place + 1]
        reason = str(self.clause(self.question.op, values).refusal(seen))
        shown = ""
        op, run = self.question.op, Run(self.backend, (self.clause,), Tally())
        try:
            run.expect(self.clause(op, one), op.call, run.tensor(one), **op.arguments)
        except Refused as refusal:
            reason, shown = refusal.reason, script(refusal, self.backend.identity)
        pattern = self.question.spelled(int(patterns[place]))
        return replace(held, counterexample=Counterexample(pattern, str(one[0]), reason, shown))

    def _first_refused(self, values: Array, seen: Observation) -> int:
        low, high = 0, len(values)
        while isinstance(seen, Seen) and seen.value is not None and high - low > 1:
            middle = (low + high) // 2
            half = replace(seen, shape=(middle - low,), strides=None, value=seen.value[low:middle])
            refused = not self.clause(self.question.op, values[low:middle]).allows(half)
            low, high = (low, middle) if refused else (middle, high)
        return low


@cache
def _holder(backend: str, op: str, dtype: str) -> Holder:
    return Holder(resolve(backend), question(op, dtype))


def hold_chunk(backend: str, op: str, dtype: str, first: int, end: int) -> Held:
    """Hold a backend named on the command line to one chunk, in whatever process this is."""
    holder, started = _holder(backend, op, dtype), time.perf_counter()
    held = holder.hold(first, end)
    return replace(held, seconds=round(time.perf_counter() - started, 6))
