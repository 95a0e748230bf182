"""Reductions of one, several and all dimensions."""

from __future__ import annotations

from typing import Any

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.reducing import (
    Reducing,
    draw_out,
    draw_reducing,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.ops.reductions import Reduction

KINDS: dict[str, tuple[Kind, ...]] = {
    "prod": ("positive", "small", "any", "unit"),
    "logsumexp": ("any", "small", "finite"),
    "all": ("any", "positive", "ties"),
    "any": ("any", "ties"),
}
NUMERIC: tuple[Kind, ...] = ("any", "exact", "any", "finite", "unit")


def draw_case(tape: Tape, op: Reduction) -> Reducing:
    return draw_reducing(tape, op, KINDS.get(op.name, NUMERIC), empty=op.identity)


def judge(run: Run, op: Reduction, case: Reducing, law: Clause[Any]) -> None:
    """Hold a call to its structure, then its result, its ``out=`` and its input to their values."""
    array = case.operand.array
    x = run.tensor(case.operand)
    args, kwargs = case.arguments(op)
    structure = reductions.reduced_dims_vanish_or_stay_with_size_one(
        op, case.operand.dtype, case.operand.shape, case.axes, case.keepdim
    )
    result = run.expect(structure, case.name(op), x, *args, **kwargs)
    run.look(law(op, array, case.axes, case.keepdim), result, op.name)
    if op.out and case.dims is not None and case.form == "function":
        out = draw_out(run, op, case)
        run.call(f"torch.{op.name}", x, *args, **kwargs, out=out)
        run.look(law(op, array, case.axes, case.keepdim), out, op.name)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


SHARED = (reductions.reduced_dims_vanish_or_stay_with_size_one, reductions.the_input_is_left_as_it_was)


@verifies(reductions.sums_means_and_products_are_the_exact_ones, *SHARED, drawn=draw_case, each=ops.SUMS)
def test_sums(run: Run, op: Reduction, case: Reducing) -> None:
    judge(run, op, case, reductions.sums_means_and_products_are_the_exact_ones)


@verifies(reductions.nan_variants_reduce_the_other_elements, *SHARED, drawn=draw_case, each=ops.NAN_SUMS)
def test_nan_variants(run: Run, op: Reduction, case: Reducing) -> None:
    judge(run, op, case, reductions.nan_variants_reduce_the_other_elements)


@verifies(reductions.amax_and_amin_are_the_extreme_elements, *SHARED, drawn=draw_case, each=ops.EXTREMES)
def test_extremes(run: Run, op: Reduction, case: Reducing) -> None:
    judge(run, op, case, reductions.amax_and_amin_are_the_extreme_elements)


@verifies(reductions.all_and_any_test_for_non_zero, *SHARED, drawn=draw_case, each=ops.TESTS)
def test_all_and_any(run: Run, op: Reduction, case: Reducing) -> None:
    judge(run, op, case, reductions.all_and_any_test_for_non_zero)


@verifies(reductions.logsumexp_does_not_overflow, *SHARED, drawn=lambda tape: draw_case(tape, ops.LOGSUMEXP))
def test_logsumexp(run: Run, case: Reducing) -> None:
    array, x = case.operand.array, run.tensor(case.operand)
    args, kwargs = case.arguments(ops.LOGSUMEXP)
    structure = reductions.reduced_dims_vanish_or_stay_with_size_one(
        ops.LOGSUMEXP, case.operand.dtype, case.operand.shape, case.axes, case.keepdim
    )
    result = run.expect(structure, case.name(ops.LOGSUMEXP), x, *args, **kwargs)
    run.look(reductions.logsumexp_does_not_overflow(array, case.axes, case.keepdim), result, "logsumexp")
    run.look(reductions.the_input_is_left_as_it_was(array), x)


@verifies(
    reductions.count_nonzero_counts_what_is_not_zero,
    reductions.the_input_is_left_as_it_was,
    drawn=lambda tape: draw_case(tape, ops.COUNT_NONZERO),
)
def test_count_nonzero(run: Run, case: Reducing) -> None:
    array, x = case.operand.array, run.tensor(case.operand)
    args, kwargs = case.arguments(ops.COUNT_NONZERO)
    due = reductions.count_nonzero_counts_what_is_not_zero(array, case.axes)
    run.expect(due, case.name(ops.COUNT_NONZERO), x, *args, **kwargs)
    run.look(reductions.the_input_is_left_as_it_was(array), x)
