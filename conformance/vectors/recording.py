"""An example told as data: its steps, and what is due of them.

Checks are Python that looks at what a backend shows and goes on from there. Of an example, only that is data
which does not depend on it: so it is recorded twice, the second time from a backend whose answers are changed
on their way to the check, and the vector is what both recordings have in common.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tensorcanon.spec.observation import Failed, Observation
from tensorcanon.spec.outcome import Each, Exactly, Outcome

from ..backend import Array, Backend, Handle, Identity
from ..check import Check
from ..inputs import Operand
from ..refusal import Unclaimed
from ..routine import Name, Step
from ..run import Run
from ..tally import Tally
from . import answers, numerals, outcomes
from .numerals import Json, NotTellableError
from .restoring import restores

DEPENDS = "what is due follows from what the backend shows"
_LONGEST = 16_000
_COMPUTED = "what is judged was computed in Python"


@dataclass
class Told:
    """What an example gives: a vector, None where nothing of it is data, and why clauses are not in it."""

    vector: Json | None
    untold: dict[str, str]


def told(check: Check, backend: Backend, case: Any) -> Told:
    """Record one example.

    Parameters
    ----------
    check : Check
    backend : Backend
        Carries the steps out, so that the check can go on; nothing it answers is in the vector.
    case : object
    """
    honest = _recorded(check, backend, case, lies=False)
    changed = _recorded(check, backend, case, lies=True)
    lines: list[Json] = []
    untold = dict(honest.untold)
    ends = False
    for place, line in enumerate(honest.lines):
        other = changed.lines[place] if place < len(changed.lines) else {}
        ends = ends or _step_of(line) != _step_of(other)
        if ends:
            lines += [line] if restores(line) else []
        elif line == other:
            lines.append(line)
        elif "look" not in line:
            lines.append(_step_of(line))
        if "clause" in line and (ends or line != other):
            untold.setdefault(line["clause"], DEPENDS)
    judged = {line["clause"] for line in lines if "clause" in line}
    untold = {clause: reason for clause, reason in untold.items() if clause not in judged}
    if not judged:
        return Told(None, untold)
    kept = _without_rest(_short(lines))
    return Told({"needs": honest.needs(kept), "steps": kept}, untold)


def _step_of(line: Json) -> Json:
    return {key: value for key, value in line.items() if key not in ("clause", "allowed")}


def _short(lines: list[Json]) -> list[Json]:
    """Return as many of the first lines as a vector may hold, but all up to the first that is judged."""
    size, judged = 0, False
    for place, line in enumerate(lines):
        size += len(json.dumps(line))
        if size > _LONGEST and judged:
            return [*lines[:place], *filter(restores, lines[place:])]
        judged = judged or "clause" in line
    return lines


def _without_rest(lines: list[Json]) -> list[Json]:
    """Return the lines without those after the last that is judged, but for what puts settings back."""
    last = max(place for place, line in enumerate(lines) if "clause" in line)
    return [*lines[: last + 1], *filter(restores, lines[last + 1 :])]


def _recorded(check: Check, backend: Backend, case: Any, *, lies: bool) -> Recording:
    watched = _Watched(backend)
    recording = Recording(watched, check, lies=lies)
    reason = "nothing is judged"
    try:
        check.body(recording, case)
    except Unclaimed as error:
        reason = f"the reference has not what it needs: {error}"
    except NotTellableError as error:
        reason = str(error)
    except Exception:
        # What the check makes of a changed answer, or of one that the reference refuses.
        reason = DEPENDS
    recording.finish()
    if watched.asked > recording.asked:
        recording.lines.clear()
        reason = "the check asks the backend past its program"
    judged = {line.get("clause") for line in recording.lines}
    for clause in check.clauses:
        if clause.id not in judged:
            recording.untold.setdefault(clause.id, reason)
    return recording


class _Watched:
    """A backend that counts what it is asked, and whether it is asked for its name."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.claims = backend.claims
        self.asked = 0
        self.named = False

    @property
    def identity(self) -> Identity:
        self.named = True
        return self._backend.identity

    def make(self, array: Array, dtype: Any) -> Any:
        self.asked += 1
        return self._backend.make(array, dtype)

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.asked += 1
        return self._backend.call(name, args, kwargs)

    def look(self, native: Any) -> Observation:
        return self._backend.look(native)

    def failure(self, error: Exception) -> Failed:
        return self._backend.failure(error)


class Recording(Run):
    """A run that judges nothing and writes down what it would judge."""

    def __init__(self, backend: _Watched, check: Check, *, lies: bool) -> None:
        super().__init__(backend, check.clauses, Tally())
        self._watched = backend
        self._lies = lies
        self._settled = False
        self._flags: list[tuple[Any, str]] = []
        self._shown: list[tuple[Observation, Json]] = []
        self._needs: set[str] = set()
        self._taken = 0
        self.asked = 0
        self.lines: list[Json] = []
        self.untold: dict[str, str] = {}

    def tensor(self, operand: Operand | Array, *, requires_grad: bool = False) -> Handle:
        if isinstance(operand, Operand) and operand.layout != "contiguous":
            self._needs.add("strides")
        if requires_grad:
            self._needs.add("autograd")
        return super().tensor(operand, requires_grad=requires_grad)

    def define(self, source: str) -> Handle:
        raise NotTellableError("it defines a function or class in Python")

    def require_data(self) -> None:
        self._needs.add("data")

    def expect(self, allowed: Outcome, name: str, *args: Any, **kwargs: Any) -> Any:
        out = self._out(name, kwargs)
        self.program.record(out, name, args, kwargs)
        self._write(allowed)
        try:
            native = self.backend.call(name, args, kwargs)
        except Exception:
            return None
        self._settled = _is_settled(allowed)
        made = self._bound(out, native)
        self._settled = False
        return made

    def look(self, allowed: Outcome, value: Any, label: str = "") -> None:
        if "." in label:
            # An attribute was read that the program would show only where it is wrong.
            self.program.record(self._out(label, {}), label, (value,), {})
            self._write(allowed)
        else:
            self._note(allowed, self._subject(value))

    def judge(self, seen: Observation, *allowed: Outcome) -> None:
        subject = next((subject for known, subject in self._shown if known is seen), None)
        if subject is None:
            raise NotTellableError(_COMPUTED)
        for outcome in allowed:
            self._note(outcome, subject)

    def see(self, value: Any) -> Observation:
        seen = super().see(value)
        if self._lies:
            seen = answers.changed_observation(seen)
        self._shown.append((seen, self._subject(value)))
        return seen

    def _note(self, allowed: Outcome, subject: Json) -> None:
        self._write()
        due = self._due(allowed)
        if due:
            self.lines.append({"look": subject, **_depth(self.program.depth), **due})

    def _subject(self, value: Any) -> Json:
        if isinstance(value, tuple | list):
            items = [self._subject(item) for item in value]
            return items if isinstance(value, list) else {"tuple": items}
        if isinstance(value, Handle):
            return {"name": value.name}
        named = getattr(value, "variable", None)
        flags = (name for known, name in reversed(self._flags) if known is value)
        named = named or next(flags, None)
        if named is None:
            raise NotTellableError(_COMPUTED)
        return {"name": named}

    def _bound(self, out: str | None, native: Any) -> Any:
        made = super()._bound(out, native)
        if isinstance(made, bool | None):
            flag = made if made is None or self._settled or not self._lies else not made
            self._flags.append((flag, out or "_"))
            return flag
        value = answers.changed(made, len(self.lines)) if self._lies and not self._settled else made
        return answers.named(value, out or "_")

    def _step(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str | None, Any]:
        made = super()._step(name, args, kwargs)
        self._write()
        return made

    def _make(self, array: Array, dtype: Any) -> Handle:
        made = super()._make(array, dtype)
        self._write()
        return made

    def finish(self) -> None:
        """Write down what was recorded last."""
        with suppress(NotTellableError):
            self._write()

    def _write(self, allowed: Outcome | None = None) -> None:
        """Write down the steps recorded since the last time; an outcome is due of the last of them."""
        steps = self.program.steps[self._taken :]
        self._taken = len(self.program.steps)
        for step, after in pairwise([*steps, None]):
            assert step is not None
            if step.name != "def":
                self.asked += 1
                due = {} if allowed is None or after is not None else self._due(allowed)
                self.lines.append({**_line(step), **due})

    def _due(self, allowed: Outcome) -> Json:
        clause = (allowed.origin or self.clauses[0]).id
        try:
            return {"clause": clause, "allowed": outcomes.encode(allowed)}
        except NotTellableError as error:
            self.untold.setdefault(clause, str(error))
            return {}

    def needs(self, lines: list[Json]) -> Json:
        """Return what a backend must claim to be judged by these lines."""
        needs: Json = {"dtypes": sorted(numerals.dtypes_in(lines))}
        needs |= dict.fromkeys(sorted(self._needs), True)
        if self._watched.named:
            needs["device"] = self.backend.identity.device
        return needs


def _line(step: Step) -> Json:
    kwargs = {key: numerals.encode(value, _reference) for key, value in step.kwargs.items()}
    return {
        **({} if step.out is None else {"out": step.out}),
        "name": step.name,
        "args": [numerals.encode(arg, _reference) for arg in step.args],
        **({"kwargs": kwargs} if kwargs else {}),
        **_depth(step.depth),
    }


def _depth(depth: int) -> Json:
    return {"depth": depth} if depth else {}


def _reference(value: Any) -> Json:
    if isinstance(value, Handle | Name):
        return {"name": value.name}
    if hasattr(value, "variable"):
        return {"name": value.variable}
    raise NotTellableError(f"a step takes a Python object, {type(value).__name__}")


def _is_settled(allowed: Outcome) -> bool:
    """Whether only one Python value is allowed, on which a check may build."""
    if isinstance(allowed, Each):
        return all(map(_is_settled, allowed.items))
    return isinstance(allowed, Exactly)
