"""Every value of a narrow type in one call, every pair of bytes in another."""

from __future__ import annotations

from collections.abc import Callable

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.exhaustive import Arrays, every, expect_everywhere, is_complete, operands
from tensorcanon.conformance.run import Run
from tensorcanon.spec import exhaustive
from tensorcanon.spec.ops import OPS
from tensorcanon.spec.ops.op import Op
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType


def narrow(op: Op) -> list[Arrays]:
    """Return all operands of each type of which there are few."""
    return [case for dtype in op.dtypes if is_complete(op, dtype) for case in operands(op, dtype)]


def of(count: int, holds: Callable[[Op], bool] = lambda op: True) -> list[Op]:
    """Return the rows with so many operands that take a narrow type."""
    return [op for op in OPS if op.operands == count and holds(op) and narrow(op)]


@verifies(
    exhaustive.exact_functions_hold_at_every_narrow_value,
    each=of(1, lambda op: op.is_exact),
    over=narrow,
    proves=True,
)
def test_exact_functions(run: Run, op: Op, case: Arrays) -> None:
    expect_everywhere(run, exhaustive.exact_functions_hold_at_every_narrow_value, op, *case)


@verifies(
    exhaustive.other_functions_are_near_at_every_narrow_value,
    each=of(1, lambda op: not op.is_exact),
    over=narrow,
    proves=True,
)
def test_near_functions(run: Run, op: Op, case: Arrays) -> None:
    expect_everywhere(run, exhaustive.other_functions_are_near_at_every_narrow_value, op, *case)


@verifies(
    exhaustive.functions_of_two_hold_at_every_pair_of_bytes,
    each=of(2),
    over=narrow,
    proves=True,
)
def test_functions_of_two(run: Run, op: Op, case: Arrays) -> None:
    expect_everywhere(run, exhaustive.functions_of_two_hold_at_every_pair_of_bytes, op, *case)


SOURCES = [dtype for dtype in dtypes.ALL if dtype.bits <= 16]
# Half-precision complex numbers have few kernels anywhere.
TARGETS = [dtype for dtype in dtypes.ALL if dtype is not dtypes.complex32]


@verifies(exhaustive.casts_hold_at_every_narrow_value, each=SOURCES, over=TARGETS, proves=True)
def test_casts(run: Run, source: DType, target: DType) -> None:
    run.require(source, target)
    allowed = exhaustive.casts_hold_at_every_narrow_value(every(source), target)
    run.expect(allowed, "Tensor.to", run.tensor(every(source)), target)
