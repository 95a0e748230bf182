"""Integers that single and double precision do not hold, rows at the limits of their type, halves."""

from __future__ import annotations

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.reducing import Reducing, draw_reducing
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import reductions, sorting, statistics
from tensorcanon.spec.ops import cumulative
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.ops.reductions import Reduction, largest, smallest
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# Neighbours of the powers of two past which single and double precision skip integers.
WIDE = [
    np.array([2**power + 1, 2**power, 2**power + 2, -(2**power) - 1, 3, 2**power + 1], kind)
    for kind, power in ((np.int32, 24), (np.int64, 24), (np.int64, 31), (np.int64, 53), (np.int64, 60))
]


@verifies(
    reductions.integers_and_bools_accumulate_as_int64,
    reductions.amax_and_amin_are_the_extreme_elements,
    reductions.extremes_along_a_dim_come_with_their_indices,
    reductions.the_extreme_of_all_elements_is_a_zero_dim_tensor,
    reductions.argmax_is_the_first_index_of_the_extreme,
    reductions.running_results_combine_the_elements_so_far,
    reductions.diff_subtracts_each_element_from_the_next,
    over=WIDE,
)
def test_wide_integers(run: Run, array: np.ndarray) -> None:
    x = run.tensor(array)
    total = reductions.integers_and_bools_accumulate_as_int64(ops.SUM, array[1:4], (0,), False)
    run.expect(total, "torch.sum", run.tensor(array[1:4]))
    for name, op, upper in (("max", ops.AMAX, True), ("min", ops.AMIN, False)):
        run.expect(
            reductions.amax_and_amin_are_the_extreme_elements(op, array, (0,), False), f"torch.a{name}", x
        )
        whole = reductions.the_extreme_of_all_elements_is_a_zero_dim_tensor(array, largest=upper)
        run.expect(whole, f"Tensor.{name}", x)
        along = reductions.extremes_along_a_dim_come_with_their_indices(array, 0, False, largest=upper)
        run.expect(along, f"torch.{name}", x, 0)
        first = reductions.argmax_is_the_first_index_of_the_extreme(array, 0, False, largest=upper)
        run.expect(first, f"torch.arg{name}", x, 0)
    for scan in (cumulative.CUMSUM, cumulative.CUMMAX, cumulative.CUMMIN):
        due = reductions.running_results_combine_the_elements_so_far(scan, array[1:4], 0)
        run.expect(due, f"torch.{scan.name}", run.tensor(array[1:4]), 0)
    due = reductions.diff_subtracts_each_element_from_the_next(array, 1, 0, None, None)
    run.expect(due, "torch.diff", x)


@verifies(
    sorting.sort_orders_each_row_and_says_from_where,
    sorting.a_stable_sort_keeps_the_order_of_equal_elements,
    sorting.topk_gives_the_extreme_elements,
    sorting.kthvalue_gives_the_kth_smallest,
    sorting.searchsorted_finds_where_values_go,
    sorting.unique_gives_the_distinct_elements_in_order,
    statistics.the_median_is_the_lower_middle_element,
    over=WIDE,
)
def test_order_of_wide_integers(run: Run, array: np.ndarray) -> None:
    run.require_data()
    x, ordered = run.tensor(array), np.sort(array)
    for descending in (False, True):
        sort = sorting.sort_orders_each_row_and_says_from_where(array, 0, descending=descending)
        run.expect(sort, "torch.sort", x, descending=descending)
        stable = sorting.a_stable_sort_keeps_the_order_of_equal_elements(array, 0, descending=descending)
        run.expect(stable, "torch.argsort", x, descending=descending, stable=True)
        top = sorting.topk_gives_the_extreme_elements(array, 3, 0, largest=descending, in_order=True)
        run.expect(top, "torch.topk", x, 3, largest=descending)
    run.expect(sorting.kthvalue_gives_the_kth_smallest(array, 4, 0, False), "torch.kthvalue", x, 4)
    places = sorting.searchsorted_finds_where_values_go(ordered, array, right=False, index=dtypes.int64)
    run.expect(places, "torch.searchsorted", run.tensor(ordered), x)
    unique = sorting.unique_gives_the_distinct_elements_in_order(array, None, inverse=True, counts=True)
    run.expect(unique, "torch.unique", x, return_inverse=True, return_counts=True)
    run.expect(statistics.the_median_is_the_lower_middle_element(array, skip_nan=False), "torch.median", x)


def limits(dtype: DType) -> tuple[float, float]:
    """Return the numbers below and above all others."""
    return (-np.inf, np.inf) if dtype.is_floating_point else dtypes.integer_range(dtype)


@verifies(
    reductions.extremes_along_a_dim_come_with_their_indices,
    reductions.argmax_is_the_first_index_of_the_extreme,
    reductions.amax_and_amin_are_the_extreme_elements,
    sorting.topk_gives_the_extreme_elements,
    over=[(dtype, count) for dtype in dtypes.REALS for count in (1, 3, 40, 300)],
)
def test_rows_at_the_limit(run: Run, case: tuple[DType, int]) -> None:
    dtype, count = case
    for name, op, limit in zip(("max", "min"), (ops.AMAX, ops.AMIN), limits(dtype), strict=True):
        upper = name == "max"
        array = np.full((2, count), limit).astype(dtype.storage)
        x = run.tensor(array)
        run.expect(
            reductions.amax_and_amin_are_the_extreme_elements(op, array, (1,), False), f"torch.a{name}", x, 1
        )
        along = reductions.extremes_along_a_dim_come_with_their_indices(array, 1, False, largest=upper)
        run.expect(along, f"torch.{name}", x, 1)
        first = reductions.argmax_is_the_first_index_of_the_extreme(array, 1, False, largest=upper)
        run.expect(first, f"torch.arg{name}", x, 1)
        top = sorting.topk_gives_the_extreme_elements(array, 1, 1, largest=upper, in_order=True)
        run.expect(top, "torch.topk", x, 1, largest=upper)


def edges(dtype: DType) -> np.ndarray:
    """Return the limits of a type and their neighbours, zeros and small numbers, in no order."""
    low, high = limits(dtype)
    if dtype.is_floating_point:
        values = [1.0, high, -0.0, low, largest(dtype), 0.0, -1.0, -largest(dtype), smallest(dtype), 2.0]
        return np.array(values).astype(dtype.storage)
    return np.array([1, int(high), 0, int(low), int(high) - 1, 2, int(low) + 1, 1], dtype.storage)


@verifies(
    sorting.sort_orders_each_row_and_says_from_where,
    sorting.topk_gives_the_extreme_elements,
    sorting.kthvalue_gives_the_kth_smallest,
    sorting.unique_gives_the_distinct_elements_in_order,
    statistics.the_median_is_the_lower_middle_element,
    reductions.extremes_along_a_dim_come_with_their_indices,
    reductions.running_results_combine_the_elements_so_far,
    over=dtypes.REALS,
)
def test_edges(run: Run, dtype: DType) -> None:
    run.require_data()
    array = edges(dtype)
    x = run.tensor(array)
    for flag in (False, True):
        sort = sorting.sort_orders_each_row_and_says_from_where(array, 0, descending=flag)
        run.expect(sort, "torch.sort", x, descending=flag)
        top = sorting.topk_gives_the_extreme_elements(array, 4, 0, largest=flag, in_order=True)
        run.expect(top, "torch.topk", x, 4, largest=flag)
        along = reductions.extremes_along_a_dim_come_with_their_indices(array, 0, False, largest=flag)
        run.expect(along, "torch.max" if flag else "torch.min", x, 0)
    for rank in range(1, array.size + 1):
        kth = sorting.kthvalue_gives_the_kth_smallest(array, rank, 0, False)
        run.expect(kth, "torch.kthvalue", x, rank)
    unique = sorting.unique_gives_the_distinct_elements_in_order(array, None, inverse=True, counts=True)
    run.expect(unique, "torch.unique", x, return_inverse=True, return_counts=True)
    median = statistics.the_median_is_the_lower_middle_element(array, skip_nan=False)
    run.expect(median, "torch.median", x)
    for scan in (cumulative.CUMMAX, cumulative.CUMMIN):
        due = reductions.running_results_combine_the_elements_so_far(scan, array, 0)
        run.expect(due, f"torch.{scan.name}", x, 0)


NAN_SUMS = [np.array(row) for row in ([np.nan] * 3, [np.nan], [np.nan, 1, 2], [np.inf, np.nan], [1.0, 2.0])]


@verifies(
    reductions.nan_variants_reduce_the_other_elements,
    over=[(op, dtype, row) for op in ops.NAN_SUMS for dtype in dtypes.FLOATS for row in NAN_SUMS],
)
def test_nan_sums(run: Run, case: tuple[Reduction, DType, np.ndarray]) -> None:
    op, dtype, row = case
    array = row.astype(dtype.storage)
    due = reductions.nan_variants_reduce_the_other_elements(op, array, (0,), False)
    run.expect(due, f"torch.{op.name}", run.tensor(array))
    run.expect(due, f"torch.{op.name}", run.tensor(array), 0)


def draw_halves(tape: Tape, op: Reduction) -> Reducing:
    half = Reduction(op.name, op.law, (dtypes.float16, dtypes.bfloat16))
    return draw_reducing(tape, half, ("positive", "exact", "unit", "finite", "any"), empty=False)


@verifies(reductions.sums_of_halves_are_rounded_once, drawn=draw_halves, each=(ops.SUM, ops.MEAN))
def test_halves(run: Run, op: Reduction, case: Reducing) -> None:
    args, kwargs = case.arguments(op)
    due = reductions.sums_of_halves_are_rounded_once(op, case.operand.array, case.axes, case.keepdim)
    run.expect(due, case.name(op), run.tensor(case.operand), *args, **kwargs)


@verifies(
    reductions.sums_of_halves_are_rounded_once,
    over=[
        (op, dtype, count)
        for op in (ops.SUM, ops.MEAN)
        for dtype in (dtypes.float16, dtypes.bfloat16)
        for count in (3, 300, 4099)
    ],
)
def test_many_halves(run: Run, case: tuple[Reduction, DType, int]) -> None:
    op, dtype, count = case
    array = (np.arange(count) % 5 * 0.3 + 0.1).astype(dtype.storage)
    due = reductions.sums_of_halves_are_rounded_once(op, array, (0,), False)
    run.expect(due, f"torch.{op.name}", run.tensor(array))
    large = np.full(count, 30000).astype(dtype.storage)
    due = reductions.sums_of_halves_are_rounded_once(op, large, (0,), False)
    run.expect(due, f"torch.{op.name}", run.tensor(large))
