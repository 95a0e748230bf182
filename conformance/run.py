"""One example on one backend: it records the program, looks at results and judges them."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from tensorcanon.spec.clause import Clause
from tensorcanon.spec.comparison import describe
from tensorcanon.spec.modes import loosened
from tensorcanon.spec.observation import Failed, Observation, Plain, Seen, Several, Warned
from tensorcanon.spec.outcome import (
    Between,
    Each,
    Exactly,
    OneOf,
    Outcome,
    Raises,
    Satisfies,
    Warns,
    Within,
)
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .backend import Absent, Array, Backend, Handle
from .inputs import Operand
from .names import NO_OPS, needs_autograd, short
from .program import Elements, Program, source_of
from .refusal import Refused, Shown, Unclaimed
from .routine import Routine, written
from .script_outcomes import wants_warnings
from .tally import Tally


class Run:
    """The steps of one example.

    Parameters
    ----------
    backend : Backend
    clauses : tuple of Clause
        Those under test; a setup step that fails refutes the first of them that is still open.
    tally : Tally
        Counts over all examples of the test.
    closed : set of Clause
        Clauses already refuted, whose refusals no longer end an example.
    """

    def __init__(
        self,
        backend: Backend,
        clauses: tuple[Clause[Any], ...],
        tally: Tally,
        closed: frozenset[Clause[Any]] = frozenset(),
    ) -> None:
        self.backend = backend
        self.clauses = clauses
        self.tally = tally
        self.closed = closed
        self.program = Program()
        # Whether something was let pass of a clause already refuted: what follows may not fit together.
        self.spoiled = False
        self.due: Outcome | None = None

    def tensor(self, operand: Operand | Array, *, requires_grad: bool = False) -> Handle:
        """Make a tensor of an operand, in its layout, or a contiguous one of an array.

        Raises
        ------
        Unclaimed
            If the backend does not claim the data type, or views where the layout needs them.
        """
        if isinstance(operand, np.ndarray):
            operand = Operand(operand)
        self.require(operand.dtype)
        if operand.layout != "contiguous" and not self.backend.claims.strides:
            raise Unclaimed("layouts")
        operand.count(self.tally.layouts, self.tally.specials)
        made = self._make(operand.base(), operand.dtype)
        for name, args in operand.recipe():
            made = self.call(name, made, *args)
        if requires_grad:
            made = self.call("Tensor.requires_grad_", made)
        return made

    def define(self, source: str) -> Handle:
        """Define a Python function or class, written with ``torch`` and ``np``, for later steps to use.

        The last ``def`` or ``class`` at the margin is the one meant.
        """
        source = textwrap.dedent(source).strip()
        name = re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)[-1]
        self.program.record(None, "define", (name, source), {})
        with self._answering():
            return Handle(name, self.backend.call("define", (name, source), {}))

    def require(self, *needed: DType) -> None:
        """Raise `Unclaimed` unless the backend claims these data types."""
        missing = [dtype for dtype in needed if dtype not in self.backend.claims.dtypes]
        if missing:
            raise Unclaimed(f"{missing[0]}")

    def require_data(self) -> None:
        """Raise `Unclaimed` unless elements can be looked at."""
        if not self.backend.claims.data:
            raise Unclaimed("a device without data")

    def _make(self, array: Array, dtype: DType) -> Handle:
        name = self.program.new_name()
        self.program.record(name, "make", (Elements(array), dtype), {})
        with self._answering():
            return Handle(name, self.backend.make(array, dtype))

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Take a step that is not judged itself; an error of the backend there refutes the clause."""
        return self._bound(*self._step(name, args, kwargs))

    def whole(self, name: str, *args: Any, **kwargs: Any) -> Handle:
        """Take a step as `call` does and keep its result in one piece, a tuple too."""
        out, native = self._step(name, args, kwargs)
        return Handle(out or "_", native)

    def _step(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str | None, Any]:
        out = self._out(name, kwargs)
        self.program.record(out, name, args, kwargs)
        with self._answering():
            native = self.backend.call(name, args, kwargs)
        self.tally.worked.add(name)
        return out, native

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Ask the backend for what it owes: an error refutes the clause, what it lacks is not claimed."""
        try:
            yield
        except Absent as error:
            raise Unclaimed(str(error)) from error
        except Exception as error:
            failed = self.backend.failure(error)
            self._unless_dataless(failed)
            reason = f"{failed.kind}: {failed.message}"
            raise Refused(
                self._concerned(), reason, self._allowed(), describe(failed), self.program, due=self.due
            ) from error

    def _allowed(self) -> str:
        return "a result" if self.due is None else str(self.due)

    def _concerned(self) -> Clause[Any]:
        """Return the clause of the outcome that is due, where none is the first that is still open."""
        if self.due is not None and self.due.origin is not None:
            return self.due.origin
        return next((clause for clause in self.clauses if clause not in self.closed), self.clauses[0])

    def expect(self, allowed: Outcome, name: str, *args: Any, **kwargs: Any) -> Any:
        """Take a step and judge its result or error; returns the result as `call` does, None for an error.

        Raises
        ------
        Refused
            If the outcome does not allow what is seen.
        """
        out = self._out(name, kwargs)
        self.program.record(out, name, args, kwargs)
        allowed = self._in_mode(allowed, short(name))
        self.due = allowed
        seen, native = self._observe(name, args, kwargs, with_warnings=wants_warnings(allowed))
        self._judge(allowed, seen, short(name))
        if isinstance(seen, Failed):
            self._count_error(allowed, seen, name)
            self.program.raised.add(len(self.program.steps) - 1)
            return None
        self.tally.worked.add(name)
        return self._bound(out, native)

    def look(self, allowed: Outcome, value: Any, label: str = "") -> None:
        """Judge what a value shows now; its errors count as those of the last op, unless a label is given."""
        label = label or self._last_op()
        allowed = self._in_mode(allowed, label)
        self.due = allowed
        named = isinstance(value, Handle | tuple | list)
        self._judge(allowed, self.see(value), label, source_of(value) if named else None)

    def _in_mode(self, allowed: Outcome, op: str) -> Outcome:
        return loosened(allowed, self.backend.identity.details.get("accuracy", ""), op)

    def judge(self, seen: Observation, *allowed: Outcome) -> None:
        """Judge what was seen by several outcomes, in their order."""
        for outcome in allowed:
            self._judge(outcome, seen, self._last_op())

    def _last_op(self) -> str:
        names = (short(step.name) for step in reversed(self.program.steps))
        return next((name for name in names if name not in NO_OPS), "look")

    def see(self, value: Any) -> Observation:
        """Return what a value shows now."""
        if isinstance(value, tuple | list):
            return Several(
                tuple(self.see(item) for item in value),
                getattr(value, "_fields", ()),
                "list" if isinstance(value, list) else "tuple",
            )
        if not isinstance(value, Handle):
            return Plain(value)
        with self._answering():
            return self.backend.look(value.native)

    def function(self, name: str, parameters: str, body: Callable[..., Any]) -> Routine:
        """Define a function that a backend is to call, as `routine.written` does."""
        routine = written(name, parameters, body)
        self.program.record(None, "def", (routine,), {})
        return routine

    @contextmanager
    def within(self, name: str, *args: Any) -> Iterator[None]:
        """Take the steps inside a context manager of the namespace, such as ``torch.no_grad``."""
        self.program.record(None, f"with.{name}", args, {})
        self.program.depth += 1
        try:
            with ExitStack() as block:
                with self._answering():
                    block.enter_context(self.backend.call(name, args, {}))
                yield
        finally:
            self.program.depth -= 1

    @contextmanager
    def default_dtype(self, dtype: DType) -> Iterator[None]:
        """Take the steps inside under another default data type."""
        self.call("torch.set_default_dtype", dtype)
        try:
            yield
        finally:
            self.call("torch.set_default_dtype", dtypes.float32)

    def _out(self, name: str, kwargs: dict[str, Any]) -> str | None:
        """Return the variable of a step's result, None where it has none."""
        if not self.backend.claims.autograd and (needs_autograd(name) or kwargs.get("requires_grad")):
            raise Unclaimed("autograd")
        return None if name in ("operator.setitem", "setattr") else self.program.new_name()

    def _observe(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, with_warnings: bool
    ) -> tuple[Observation, Any]:
        if with_warnings:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                seen, native = self._observe(name, args, kwargs, with_warnings=False)
            return Warned(tuple(sorted({w.category.__name__ for w in caught})), seen), native
        try:
            native = self.backend.call(name, args, kwargs)
        except Absent as error:
            raise Unclaimed(str(error)) from error
        except Exception as error:
            return self.backend.failure(error), None
        with self._answering():
            return self.backend.look(native), native

    def lost(self, verdict: Shown, reason: str) -> Refused:
        """Return the refusal of a step that the backend did not survive."""
        return Refused(
            self._concerned(), reason, self._allowed(), reason, self.program, due=self.due, verdict=verdict
        )

    def _count_error(self, allowed: Outcome, seen: Failed, name: str) -> None:
        """Note an error that was due of an op that has not worked so far."""
        clause = allowed.origin or self.clauses[0]
        if name not in self.tally.worked and (clause.id, name) not in self.tally.erred:
            reason = f"{name} raises {seen.kind} on a right call as well, so an error of it shows nothing"
            self.tally.erred[clause.id, name] = Refused(
                clause, reason, str(allowed), describe(seen), self.program, due=allowed
            )

    def _judge(self, allowed: Outcome, seen: Observation, label: str, subject: str | None = None) -> None:
        if not self.backend.claims.data:
            self._unless_valued(allowed, seen)
        clause = allowed.origin or self.clauses[0]
        self.tally.judged[clause.id] += 1
        reason = allowed.refusal(seen) or self._without_elements(allowed, seen)
        self._measure(allowed, seen, label)
        if reason is not None:
            if clause not in self.closed:
                raise Refused(
                    clause, reason, str(allowed), describe(seen), self.program, due=allowed, subject=subject
                )
            self.spoiled = True
        self.due = None

    def _without_elements(self, allowed: Outcome, seen: Observation) -> str | None:
        """Where elements are due, a backend with data must show some."""
        due = self.backend.claims.data and isinstance(allowed, Exactly | Within | Between | Satisfies)
        return "a tensor without data" if due and isinstance(seen, Seen) and seen.value is None else None

    def _unless_valued(self, allowed: Outcome, seen: Observation) -> None:
        """Without data, errors that follow from elements and results that are elements are not claimed."""
        if isinstance(allowed, Raises) and allowed.from_values:
            raise Unclaimed("a device without data")
        if isinstance(seen, Failed):
            self._unless_dataless(seen)

    def _unless_dataless(self, failed: Failed) -> None:
        if not self.backend.claims.data and ("meta" in failed.message or failed.is_a("NotImplementedError")):
            raise Unclaimed("a device without data")

    def _measure(self, allowed: Outcome, seen: Observation, label: str) -> None:
        match allowed, seen:
            case Within(), _ if (value := getattr(seen, "value", None)) is not None:
                if value.shape != allowed.value.shape or getattr(seen, "dtype", None) is not allowed.dtype:
                    return
                error, _ = allowed.error(seen)  # type: ignore[arg-type]
                self.tally.keep(label, allowed.dtype, error, allowed.bound.unit, allowed.bound.limit)
            case Satisfies(), _ if allowed.structure.allows(seen):
                error, _ = allowed.error(seen)
                self.tally.keep(label, allowed.dtype, error, allowed.unit, allowed.limit)
            case Each(), Several():
                for due, got in zip(allowed.items, seen.items, strict=False):
                    self._measure(due, got, label)
            case ((OneOf() | Warns()), _):
                return

    def _bound(self, out: str | None, native: Any) -> Any:
        """Bind a native result to its variable: tuples item by item, Python values as they are."""
        if isinstance(native, tuple | list) and type(native).__name__ != "Size":
            items = [self._bound(f"{out}[{place}]", item) for place, item in enumerate(native)]
            return items if isinstance(native, list) else tuple(items)
        plain = isinstance(native, bool | int | float | complex | str | bytes) or native is None
        return native if plain else Handle(out or "_", native)
