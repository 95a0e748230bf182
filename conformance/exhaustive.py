"""Many elements in one call: every value of a narrow type, a sample of a wide one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any, cast

import numpy as np

from tensorcanon.spec.clause import Clause
from tensorcanon.spec.ops.op import Op
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from . import values
from .backend import Array
from .check import verifies
from .refusal import Refused
from .run import Run
from .tally import Tally

Arrays = tuple[Array, ...]

NARROW = (dtypes.bool_, dtypes.uint8, dtypes.int8, dtypes.int16, dtypes.float16, dtypes.bfloat16)
_BYTES = NARROW[:3]
_SAMPLE = 2048


@cache
def every(dtype: DType) -> Array:
    """Return every value of an 8- or 16-bit type; the many NaNs are all quiet ones."""
    if dtype is dtypes.bool_:
        return np.array([False, True])
    return _quiet(np.arange(1 << dtype.bits, dtype=f"u{dtype.itemsize}").view(dtype.storage))


def _quiet(array: Array) -> Array:
    """Make signalling NaNs, of which the documentation does not speak, quiet ones."""
    made = array.copy()
    if made.dtype.kind not in "iu":
        with np.errstate(invalid="ignore"):
            made[np.isnan(made)] = np.nan
    return made


@cache
def sample(dtype: DType, kind: str = "any") -> Array:
    """Return the curated values of a type, moderate ones and random bits of it."""
    curated = values.table(dtype, cast(values.Kind, kind))
    if kind != "any" or dtype.format is None:
        return curated
    rng = np.random.Generator(np.random.PCG64(dtype.bits))
    part = dtypes.real_of(dtype).storage
    moderate = rng.uniform(-12, 12, _SAMPLE).astype(part)
    random = _quiet(np.frombuffer(rng.bytes(_SAMPLE * part.itemsize), part))
    both = np.concatenate([moderate, random])
    if dtype.is_complex:
        both = both.view(dtype.storage)
    return np.concatenate([curated, both])


def operands(op: Op, dtype: DType) -> list[Arrays]:
    """Return the operands on which to try an op: all there are for narrow types, many for wide ones."""
    if op.operands == 1:
        return [(every(dtype) if dtype in NARROW else sample(dtype),)]
    if op.operands == 2 and dtype in _BYTES:
        return [_every_pair(dtype, op.kind(0), op.kind(1))]
    return [_mixed(dtype, tuple(op.kind(place) for place in range(op.operands)))]


def is_complete(op: Op, dtype: DType) -> bool:
    """Return whether `operands` gives all there are."""
    return dtype in (NARROW if op.operands == 1 else _BYTES if op.operands == 2 else ())


@cache
def _every_pair(dtype: DType, first: str, second: str) -> Arrays:
    a, b = np.meshgrid(_admitted(dtype, first), _admitted(dtype, second))
    return a.reshape(-1), b.reshape(-1)


def _admitted(dtype: DType, kind: str) -> Array:
    everything = every(dtype)
    low, _ = dtypes.integer_range(dtype)
    match kind:
        case "divisor":
            return np.asarray(everything[everything != 0])
        case "dividend" if low:
            return np.asarray(everything[everything != low])
        case "shift":
            return np.asarray(everything[(everything >= 0) & (everything < dtype.bits)])
    return everything


@cache
def _mixed(dtype: DType, kinds: tuple[str, ...]) -> Arrays:
    """The curated values in every combination of the first, then samples against each other."""
    few = [values.table(dtype, cast(values.Kind, kind))[-96:] for kind in kinds[:2]]
    pairs = np.array(list(product(range(96), repeat=2))).T
    rng = np.random.Generator(np.random.PCG64(7))
    made = []
    for place, kind in enumerate(kinds):
        pool = sample(dtype, kind)
        any_order = pool[rng.integers(0, len(pool), 9216 + 4096)]
        if place < 2:
            any_order[:9216] = few[place][pairs[place] % len(few[place])]
        made.append(any_order)
    return tuple(made)


def expect_everywhere(run: Run, clause: Clause[Any], op: Op, *arrays: Array, name: str = "") -> None:
    """Judge an op on arrays of one length; a refusal is shown on as few elements as refute the clause.

    Raises
    ------
    Refused
    """
    try:
        _expect(run, clause, op, arrays, name)
    except Refused as refusal:
        raise _smallest(run, clause, op, arrays, name) or refusal from None


def _expect(run: Run, clause: Clause[Any], op: Op, arrays: Arrays, name: str) -> None:
    allowed = clause(op, *arrays)
    run.expect(allowed, name or op.call, *map(run.tensor, arrays), **op.arguments)


def _smallest(run: Run, clause: Clause[Any], op: Op, arrays: Arrays, name: str) -> Refused | None:
    found = None
    while len(arrays[0]) > 1:
        half = len(arrays[0]) // 2
        for part in (slice(half), slice(half, None)):
            halves = tuple(array[part] for array in arrays)
            try:
                _expect(Run(run.backend, run.clauses, Tally(), run.closed), clause, op, halves, name)
            except Refused as refusal:
                found, arrays = refusal, halves
                break
        else:
            return found
    return found


def family_tests(
    families: Sequence[tuple[Clause[Any], Sequence[Op]]], module: str
) -> dict[str, Callable[..., None]]:
    """Return tests by name: for each clause, one over narrow types that proves it, and one over wide ones.

    Parameters
    ----------
    families : sequence of (Clause, sequence of Op)
        Clauses that take an op and its operands, and the rows they speak of.
    module : str
        The name of the module that will hold the tests.
    """
    tests = {}
    for clause, ops in families:
        for part, complete in (("every_value", True), ("wide_types", False)):
            name = f"test_{clause.rule.__name__}_{part}"
            chosen = [op for op in ops if any(is_complete(op, dtype) is complete for dtype in op.dtypes)]
            if chosen:
                tests[name] = _test_of_family(clause, chosen, complete, name, module)
    return tests


def _test_of_family(
    clause: Clause[Any], ops: Sequence[Op], complete: bool, name: str, module: str
) -> Callable[..., None]:
    def cases(op: Op) -> list[Arrays]:
        chosen = [dtype for dtype in op.dtypes if is_complete(op, dtype) is complete]
        return [case for dtype in chosen for case in operands(op, dtype)]

    def test(run: Run, op: Op, case: Arrays) -> None:
        expect_everywhere(run, clause, op, *case)

    test.__name__, test.__module__, test.__doc__ = name, module, clause.statement
    return verifies(clause, each=ops, over=cases, proves=complete)(test)
