"""Counts by value: bincount, histc, histogram."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array
from tensorcanon.conformance.reducing import draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions, statistics
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Counting = tuple[Operand, np.ndarray, int]


def draw_counting(tape: Tape) -> Counting:
    dtype = tape.choose(dtypes.INTEGERS)
    size = tape.choose((3, 1, 0, 7, 33, 260, 4099))
    kind: Kind = tape.choose(("ties", "positive", "distinct"))
    operand = draw_laid_out(tape, dtype, (size,), kind)
    array = np.abs(operand.array.astype(np.int64)).astype(dtype.storage) & 0x7F
    weight = tape.choose((dtypes.float64, dtypes.float32, dtypes.int64, dtypes.int32, dtypes.bool_))
    weights = draw_array(tape, weight, (size,), "exact")
    return Operand(array, operand.layout), weights, tape.choose((0, 3, 10, 300))


@verifies(
    statistics.bincount_counts_each_value,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_counting,
)
def test_bincount(run: Run, case: Counting) -> None:
    operand, _, minlength = case
    run.require_data()
    x = run.tensor(operand)
    plain = statistics.bincount_counts_each_value(operand.array, 0)
    run.expect(plain, "torch.bincount", x)
    run.expect(plain, "Tensor.bincount", x)
    due = statistics.bincount_counts_each_value(operand.array, minlength)
    run.expect(due, "torch.bincount", x, minlength=minlength)
    run.look(reductions.the_input_is_left_as_it_was(operand.array), x)


@verifies(statistics.bincount_sums_weights, drawn=draw_counting)
def test_bincount_with_weights(run: Run, case: Counting) -> None:
    operand, weights, minlength = case
    run.require_data()
    if operand.array.size == 0:
        # The type of no counts is not documented.
        operand, weights = Operand(np.zeros(1, np.int64)), np.ones(1, np.float32)
    due = statistics.bincount_sums_weights(operand.array, weights, minlength)
    run.expect(due, "torch.bincount", run.tensor(operand), run.tensor(weights), minlength)


REFUSED = [np.array([-1]), np.array([2, -3, 1]), np.array([[1, 2]]), np.array(1), np.array([1.0, 2.0])]


@verifies(statistics.bincount_refuses_what_has_no_bin, over=REFUSED)
def test_bincount_refuses(run: Run, array: np.ndarray) -> None:
    run.require_data()
    run.call("torch.bincount", run.tensor(np.array([0, 1])))
    run.expect(statistics.bincount_refuses_what_has_no_bin(), "torch.bincount", run.tensor(array))


# Histograms over ranges whose bins begin at exact numbers.

Range = tuple[float, float]
RANGES: tuple[Range, ...] = ((0.0, 4.0), (-4.0, 4.0), (-2.0, 0.0), (1.0, 3.0), (0.0, 0.0))


def draw_histc(tape: Tape) -> tuple[Operand, int, Range]:
    dtype = tape.choose(dtypes.FLOATS)
    shape = tape.choose(((5,), (2, 3), (17,), (0,), (), (130,)))
    low, high = tape.choose(RANGES)
    operand = draw_laid_out(tape, dtype, shape, "exact")
    array = operand.array
    if low == high:
        array = np.clip(array, -2, 2).astype(array.dtype)
        # The data's own range must be one whose bins begin at exact numbers.
        if array.size > 1:
            array.reshape(-1)[:2] = (-2, 2)
        if operand.layout == "expanded":
            return Operand(array), tape.choose((4, 1, 8)), (low, high)
    return Operand(array, operand.layout), tape.choose((4, 1, 8, 16)), (low, high)


@verifies(statistics.histc_counts_in_bins_of_equal_width, drawn=draw_histc)
def test_histc(run: Run, case: tuple[Operand, int, Range]) -> None:
    operand, bins, (low, high) = case
    due = statistics.histc_counts_in_bins_of_equal_width(operand.array, bins, low, high)
    run.expect(due, "torch.histc", run.tensor(operand), bins, low, high)
    run.expect(due, "Tensor.histc", run.tensor(operand), bins=bins, min=low, max=high)


@verifies(statistics.histc_counts_in_bins_of_equal_width, over=dtypes.FLOATS)
def test_histc_ignores(run: Run, dtype: DType) -> None:
    array = np.array([np.nan, -1, 0, 1, 4, 4.5, np.inf, -np.inf, 2, np.nan]).astype(dtype.storage)
    x = run.tensor(array)
    due = statistics.histc_counts_in_bins_of_equal_width(array, 4, 0.0, 4.0)
    run.expect(due, "torch.histc", x, 4, 0, 4)


@verifies(statistics.histc_counts_in_bins_of_equal_width, over=(dtypes.float32, dtypes.float64))
def test_histc_defaults(run: Run, dtype: DType) -> None:
    array = np.concatenate([[0, 100], np.arange(100) + 0.5]).astype(dtype.storage)
    due = statistics.histc_counts_in_bins_of_equal_width(array, 100, 0.0, 0.0)
    run.expect(due, "torch.histc", run.tensor(array))


@verifies(
    statistics.histc_needs_a_finite_range_and_a_floating_type,
    over=[np.array([1.0, np.inf]), np.array([-np.inf, 0.0]), np.array([1, 2])],
)
def test_histc_refuses(run: Run, array: np.ndarray) -> None:
    run.require_data()
    run.call("torch.histc", run.tensor(np.array([1.0, 2.0])), 4)
    run.expect(
        statistics.histc_needs_a_finite_range_and_a_floating_type(), "torch.histc", run.tensor(array), 4
    )


EDGES = (np.array([0.0, 1.0, 2.0, 4.0]), np.array([-4.0, 0.0, 4.0]), np.linspace(-2, 2, 9))


@verifies(
    statistics.histogram_gives_weights_and_edges,
    over=product((np.float32, np.float64), EDGES, (False, True), (False, True)),
)
def test_histogram(run: Run, case: tuple[type, np.ndarray, bool, bool]) -> None:
    kind, edges, weighted, density = case
    array: np.ndarray = ((np.arange(40) % 33 - 16) / 4).reshape(5, 8).astype(kind)
    weight: np.ndarray | None = (np.arange(40) % 7 + 1).reshape(5, 8).astype(kind) if weighted else None
    x = run.tensor(array)
    named: dict[str, Any] = {"density": density}
    if weight is not None:
        named["weight"] = run.tensor(weight)
    due = statistics.histogram_gives_weights_and_edges(array, edges, weight, density=density)
    run.expect(due, "torch.histogram", x, run.tensor(edges.astype(kind)), **named)
    if np.ptp(np.diff(edges)) == 0:
        span = (float(edges[0]), float(edges[-1]))
        run.expect(due, "torch.histogram", x, len(edges) - 1, range=span, **named)
