"""Running results and differences along a dimension."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape, draw_array, draw_shape
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions
from tensorcanon.spec.ops import cumulative
from tensorcanon.spec.ops.cumulative import Scan
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

KINDS: dict[str, tuple[Kind, ...]] = {
    "cumprod": ("unit", "positive", "small", "any"),
    "cummax": ("any", "ties"),
    "cummin": ("any", "ties"),
}

Along = tuple[Operand, int]


def draw_along(tape: Tape, op: Scan) -> Along:
    shape = draw_shape(tape)
    kind = tape.choose(KINDS.get(op.name, ("exact", "any", "finite", "unit")))
    return draw_laid_out(tape, tape.choose(op.dtypes), shape, kind), draw_dim(tape, len(shape))


@verifies(
    reductions.running_results_combine_the_elements_so_far,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_along,
    each=cumulative.SCANS,
)
def test_running_results(run: Run, op: Scan, case: Along) -> None:
    operand, dim = case
    x = run.tensor(operand)
    due = reductions.running_results_combine_the_elements_so_far(op, operand.array, dim)
    run.expect(due, f"torch.{op.name}", x, dim)
    run.expect(due, f"Tensor.{op.name}", x, dim=dim)
    run.look(reductions.the_input_is_left_as_it_was(operand.array), x)


@verifies(
    reductions.running_results_combine_the_elements_so_far,
    over=product((cumulative.CUMSUM, cumulative.CUMPROD, cumulative.LOGCUMSUMEXP), dtypes.FLOATS),
)
def test_running_results_into_out(run: Run, case: tuple[Scan, DType]) -> None:
    op, dtype = case
    array = np.arange(12.0).reshape(3, 4).astype(dtype.storage)
    due = reductions.running_results_combine_the_elements_so_far(op, array, 1)
    out = run.tensor(np.full((3, 4), 7).astype(dtype.storage))
    run.expect(due, f"torch.{op.name}", run.tensor(array), 1, out=out)
    run.look(due, out)


@verifies(reductions.running_results_combine_the_elements_so_far, over=product((2049, 4097, 9000), (0, 1)))
def test_long_running_sums(run: Run, case: tuple[int, int]) -> None:
    count, dim = case
    array = (np.arange(count) % 8 / 8).astype(np.float32).reshape((count, 1) if dim == 0 else (1, count))
    due = reductions.running_results_combine_the_elements_so_far(cumulative.CUMSUM, array, dim)
    run.expect(due, "torch.cumsum", run.tensor(array), dim)


def draw_ties(tape: Tape) -> Along:
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    dtype = tape.choose(dtypes.REALS)
    return draw_laid_out(tape, dtype, shape, tape.choose(("ties", "any"))), draw_dim(tape, len(shape))


@verifies(reductions.running_extremes_point_to_the_latest_of_equal_elements, drawn=draw_ties)
def test_latest_of_equal_elements(run: Run, case: Along) -> None:
    operand, dim = case
    x = run.tensor(operand)
    law = reductions.running_extremes_point_to_the_latest_of_equal_elements
    run.look(law(operand.array, dim, largest=True), run.call("torch.cummax", x, dim)[1])
    run.look(law(operand.array, dim, largest=False), run.call("torch.cummin", x, dim)[1])


# Differences.

Differing = tuple[Operand, int, int, np.ndarray | None, np.ndarray | None]


def draw_differing(tape: Tape) -> Differing:
    dtype = tape.choose(dtypes.COMMON)
    shape = draw_shape(tape, ndim=(1, 2, 3))
    dim = draw_dim(tape, len(shape))
    operand = draw_laid_out(tape, dtype, shape, tape.choose(("exact", "any")))
    n = tape.choose((1, 1, 2, 3, 5))
    before, after = (
        draw_array(tape, dtype, resized(shape, dim, size), "exact") if size else None
        for size in (tape.below(3), tape.below(3))
    )
    return operand, n, dim, before, after


def resized(shape: Shape, dim: int, size: int) -> Shape:
    sizes = list(shape)
    sizes[dim] = size
    return tuple(sizes)


@verifies(
    reductions.diff_subtracts_each_element_from_the_next,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_differing,
)
def test_diff(run: Run, case: Differing) -> None:
    operand, n, dim, before, after = case
    x = run.tensor(operand)
    given = {
        name: run.tensor(part) for name, part in (("prepend", before), ("append", after)) if part is not None
    }
    due = reductions.diff_subtracts_each_element_from_the_next(operand.array, n, dim, before, after)
    run.expect(due, "torch.diff", x, n, dim, **given)
    run.expect(due, "Tensor.diff", x, n=n, dim=dim, **given)
    plain = reductions.diff_subtracts_each_element_from_the_next(operand.array, 1, -1, None, None)
    run.expect(plain, "torch.diff", x)
    run.look(reductions.the_input_is_left_as_it_was(operand.array), x)


def draw_curve(tape: Tape) -> tuple[Operand, int, float | np.ndarray]:
    dtype = tape.choose(dtypes.FLOATS[2:])
    shape = tuple(max(size, 1) for size in draw_shape(tape, ndim=(1, 2, 3)))
    dim = draw_dim(tape, len(shape))
    spacing: float | np.ndarray = tape.choose((1.0, 0.5, 3.0, -2.0))
    if tape.one_in(3):
        spacing = draw_array(tape, dtype, shape, "exact")
    return draw_laid_out(tape, dtype, shape, "exact"), dim, spacing


@verifies(reductions.trapezoid_sums_the_means_of_neighbours, drawn=draw_curve)
def test_trapezoid(run: Run, case: tuple[Operand, int, float | np.ndarray]) -> None:
    operand, dim, spacing = case
    y = run.tensor(operand)
    given = {"dx": spacing} if isinstance(spacing, float) else {"x": run.tensor(spacing)}
    for name, running in (("trapezoid", False), ("cumulative_trapezoid", True)):
        due = reductions.trapezoid_sums_the_means_of_neighbours(
            operand.array, spacing, dim, cumulative_=running
        )
        run.expect(due, f"torch.{name}", y, dim=dim, **given)
