"""Every type in every layout, small and large: reductions, running results, order."""

from __future__ import annotations

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand
from tensorcanon.conformance.reducing import Reducing, every_dim, every_layout
from tensorcanon.conformance.run import Run
from tensorcanon.spec import reductions, sorting, statistics
from tensorcanon.spec.ops import cumulative
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.ops.cumulative import Scan
from tensorcanon.spec.ops.reductions import Axes, Reduction, terms
from tensorcanon.spec.ops.statistics import SPREADS
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes


def reducings(op: Reduction) -> list[Reducing]:
    """Return calls of a reduction for every type, layout and way to give dimensions."""
    modulus = 3 if op is ops.PROD else 11
    calls = []
    for operand in (operand for dtype in op.dtypes for operand in every_layout(dtype, modulus=modulus)):
        given: list[int | Axes | None] = [*every_dim(operand)]
        given += [None] if op.whole else []
        given += [(0, -1)] if op.many and operand.ndim > 1 else []
        calls += [Reducing(operand, dims, False, "function") for dims in given]
    return calls


def judge(run: Run, op: Reduction, case: Reducing, due: Outcome) -> None:
    args, kwargs = case.arguments(op)
    run.expect(due, case.name(op), run.tensor(case.operand), *args, **kwargs)


@verifies(reductions.sums_means_and_products_are_the_exact_ones, over=reducings, each=ops.SUMS)
def test_sums(run: Run, op: Reduction, case: Reducing) -> None:
    law = reductions.sums_means_and_products_are_the_exact_ones
    judge(run, op, case, law(op, case.operand.array, case.axes, False))


@verifies(reductions.nan_variants_reduce_the_other_elements, over=reducings, each=ops.NAN_SUMS)
def test_nan_sums(run: Run, op: Reduction, case: Reducing) -> None:
    law = reductions.nan_variants_reduce_the_other_elements
    judge(run, op, case, law(op, case.operand.array, case.axes, False))


@verifies(reductions.amax_and_amin_are_the_extreme_elements, over=reducings, each=ops.EXTREMES)
def test_extremes(run: Run, op: Reduction, case: Reducing) -> None:
    law = reductions.amax_and_amin_are_the_extreme_elements
    judge(run, op, case, law(op, case.operand.array, case.axes, False))


@verifies(reductions.all_and_any_test_for_non_zero, over=reducings, each=ops.TESTS)
def test_tests(run: Run, op: Reduction, case: Reducing) -> None:
    law = reductions.all_and_any_test_for_non_zero
    judge(run, op, case, law(op, case.operand.array, case.axes, False))


@verifies(reductions.logsumexp_does_not_overflow, over=reducings(ops.LOGSUMEXP))
def test_logsumexp(run: Run, case: Reducing) -> None:
    due = reductions.logsumexp_does_not_overflow(case.operand.array, case.axes, False)
    judge(run, ops.LOGSUMEXP, case, due)


@verifies(statistics.deviations_are_exact_whatever_the_mean, over=reducings, each=SPREADS)
def test_deviations(run: Run, op: Reduction, case: Reducing) -> None:
    if terms(case.operand.shape, case.axes) > 1:
        law = statistics.deviations_are_exact_whatever_the_mean
        judge(run, op, case, law(op, case.operand.array, case.axes, False))


# Along one dimension.

Along = tuple[Operand, int]
ORDERED = [
    (operand, dim) for dtype in dtypes.REALS for operand in every_layout(dtype) for dim in every_dim(operand)
]


def alongs(op: Scan) -> list[Along]:
    operands = (operand for dtype in op.dtypes for operand in every_layout(dtype, modulus=3))
    return [(operand, dim) for operand in operands for dim in every_dim(operand)]


@verifies(reductions.running_results_combine_the_elements_so_far, over=alongs, each=cumulative.SCANS)
def test_running_results(run: Run, op: Scan, case: Along) -> None:
    operand, dim = case
    x = run.tensor(operand)
    due = reductions.running_results_combine_the_elements_so_far(op, operand.array, dim)
    run.expect(due, f"torch.{op.name}", x, dim)
    written = operand.layout != "expanded" and operand.dtype.is_floating_point
    if op.inplace and written:
        run.expect(due, f"Tensor.{op.name}_", x, dim)
        run.look(due, x)


@verifies(
    reductions.extremes_along_a_dim_come_with_their_indices,
    reductions.argmax_is_the_first_index_of_the_extreme,
    over=ORDERED,
)
def test_indices_of_extremes(run: Run, case: Along) -> None:
    operand, dim = case
    x, array = run.tensor(operand), operand.array
    for name, largest in (("max", True), ("min", False)):
        due = reductions.extremes_along_a_dim_come_with_their_indices(array, dim, False, largest=largest)
        run.expect(due, f"torch.{name}", x, dim)
        first = reductions.argmax_is_the_first_index_of_the_extreme(array, dim, False, largest=largest)
        run.expect(first, f"torch.arg{name}", x, dim)
        flat = reductions.argmax_is_the_first_index_of_the_extreme(array, None, False, largest=largest)
        run.expect(flat, f"torch.arg{name}", x)


@verifies(
    sorting.sort_orders_each_row_and_says_from_where,
    sorting.argsort_gives_the_indices_that_sort,
    sorting.topk_gives_the_extreme_elements,
    sorting.kthvalue_gives_the_kth_smallest,
    over=ORDERED,
)
def test_order(run: Run, case: Along) -> None:
    operand, dim = case
    x, array = run.tensor(operand), operand.array
    k = min(array.shape[dim], 3) if array.ndim else 1
    for flag in (False, True):
        sort = sorting.sort_orders_each_row_and_says_from_where(array, dim, descending=flag)
        run.expect(sort, "torch.sort", x, dim, flag)
        places = sorting.argsort_gives_the_indices_that_sort(array, dim, descending=flag)
        run.expect(places, "torch.argsort", x, dim, flag)
        top = sorting.topk_gives_the_extreme_elements(array, k, dim, largest=flag, in_order=True)
        run.expect(top, "torch.topk", x, k, dim, flag)
    kth = sorting.kthvalue_gives_the_kth_smallest(array, k, dim, False)
    run.expect(kth, "torch.kthvalue", x, k, dim)


@verifies(
    statistics.the_median_along_a_dim_comes_with_an_index,
    statistics.the_median_is_the_lower_middle_element,
    statistics.the_mode_is_a_most_frequent_element,
    over=[(operand, dim) for operand, dim in ORDERED if operand.layout != "expanded"],
)
def test_middles(run: Run, case: Along) -> None:
    operand, dim = case
    x, array = run.tensor(operand), operand.array
    along = statistics.the_median_along_a_dim_comes_with_an_index(array, dim, False, skip_nan=False)
    run.expect(along, "torch.median", x, dim)
    whole = statistics.the_median_is_the_lower_middle_element(array, skip_nan=False)
    run.expect(whole, "torch.median", x)
    if array.size < 3000:
        mode = statistics.the_mode_is_a_most_frequent_element(array, dim, False)
        run.expect(mode, "torch.mode", x, dim)


@verifies(
    sorting.unique_gives_the_distinct_elements_in_order,
    sorting.unique_consecutive_drops_equal_neighbours,
    over=[operand for dtype in (*dtypes.REALS, dtypes.bool_) for operand in every_layout(dtype)],
)
def test_distinct(run: Run, operand: Operand) -> None:
    run.require_data()
    x, array = run.tensor(operand), operand.array
    due = sorting.unique_gives_the_distinct_elements_in_order(array, None, inverse=True, counts=True)
    run.expect(due, "torch.unique", x, return_inverse=True, return_counts=True)
    runs = sorting.unique_consecutive_drops_equal_neighbours(array, None, inverse=True, counts=True)
    run.expect(runs, "torch.unique_consecutive", x, return_inverse=True, return_counts=True)
