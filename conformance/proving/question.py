"""What is to be proved: a row of the op table, a type, and the bit patterns of that type's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tensorcanon.spec.ops import OPS
from tensorcanon.spec.ops.op import Op
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Array

Interval = tuple[int, int]

# Beyond this a proof would take years.
_MOST_BITS = 32


class QuestionError(ValueError):
    """This cannot be proved; the message says why and what can be."""


@dataclass(frozen=True)
class Question:
    """A row of the op table and a type of its operand.

    Attributes
    ----------
    op : Op
    dtype : DType
    """

    op: Op
    dtype: DType

    @property
    def size(self) -> int:
        """How many values the type has."""
        return 2 if self.dtype is dtypes.bool_ else 1 << self.dtype.bits

    @property
    def result(self) -> DType:
        """The type of the result."""
        return self.op.result(self.values(np.array([0])))

    def values(self, patterns: Array) -> Array:
        """Return the values of some bit patterns."""
        return patterns.astype(f"u{self.dtype.itemsize}", copy=False).view(self.dtype.storage)

    def spelled(self, pattern: int) -> str:
        """Return a bit pattern in hexadecimal digits, all that the type has."""
        return f"0x{pattern:0{self.dtype.bits // 4}x}"


def question(name: str, dtype_name: str) -> Question:
    """Return what is asked for by the name or label of an op and the name of a type.

    Raises
    ------
    QuestionError
        If there is no such op or type, or their values are too many to try.
    """
    found = [op for op in OPS if name in (op.label, op.name, *op.aliases)]
    if not found:
        raise QuestionError(f"no op {name!r} in the op table; give a function of one operand, such as exp")
    if all(op.operands > 1 for op in found):
        raise QuestionError(f"{name} takes {found[0].operands} operands: only functions of one can be proved")
    try:
        dtype = dtypes.named(dtype_name)
    except KeyError:
        raise QuestionError(f"no data type {dtype_name!r}: give float32, bfloat16, int8, …") from None
    if dtype.bits > _MOST_BITS or dtype.is_complex:
        raise QuestionError(
            f"{dtype.name} has 2**{dtype.bits} values, too many to try, and a sample is no proof; "
            "give a type of at most 32 bits"
        )
    rows = [op for op in found if op.operands == 1 and dtype in op.dtypes]
    if not rows:
        known = {one.name for op in found for one in op.dtypes if one.bits <= _MOST_BITS}
        raise QuestionError(f"the op table has no {name} of {dtype.name}: give {', '.join(sorted(known))}")
    return Question(rows[0], dtype)


def remaining(whole: Interval, done: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the parts of an interval that none of some others covers, in order."""
    first, end = whole
    for start, stop in sorted(done):
        if start > first:
            yield first, min(start, end)
        first = max(first, stop)
        if first >= end:
            return
    yield first, end


def chunks(parts: Iterable[Interval], size: int) -> Iterator[Interval]:
    """Cut intervals into pieces of at most `size`, at multiples of it."""
    for first, end in parts:
        while first < end:
            stop = min(end, (first // size + 1) * size)
            yield first, stop
            first = stop
