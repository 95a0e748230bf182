"""Sorting, ranks, searches."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape, draw_array, draw_shape
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions, sorting
from tensorcanon.spec.ops import sorting as ops
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

SORTED = (*dtypes.REALS, dtypes.bool_)
# Past the sizes at which sorts change their ways: warp, block, 2048, 4096.
SIZES = (1, 2, 16, 17, 32, 33, 128, 129, 300, 1024, 1025, 2047, 2048, 2049, 3000, 4096, 4097, 9000)

Row = tuple[Operand, int, bool]


def draw_row(tape: Tape) -> Row:
    """Draw an operand, a dimension and a direction."""
    shape = draw_shape(tape)
    operand = draw_laid_out(tape, tape.choose(SORTED), shape, tape.choose(("any", "ties", "finite")))
    return operand, draw_dim(tape, len(shape)), tape.one_in(2)


@verifies(
    sorting.sort_orders_each_row_and_says_from_where,
    sorting.argsort_gives_the_indices_that_sort,
    sorting.a_stable_sort_keeps_the_order_of_equal_elements,
    sorting.msort_sorts_along_the_first_dim,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_row,
)
def test_sort(run: Run, case: Row) -> None:
    operand, dim, descending = case
    array, x = operand.array, run.tensor(operand)
    given = {"dim": dim, "descending": descending}
    sort = sorting.sort_orders_each_row_and_says_from_where(array, dim, descending=descending)
    run.expect(sort, "torch.sort", x, dim, descending)
    run.expect(sort, "Tensor.sort", x, **given)
    stable = sorting.a_stable_sort_keeps_the_order_of_equal_elements(array, dim, descending=descending)
    found = run.expect(sort, "torch.sort", x, **given, stable=True)
    run.look(stable, found[1], "sort")
    places = sorting.argsort_gives_the_indices_that_sort(array, dim, descending=descending)
    run.expect(places, "torch.argsort", x, dim, descending)
    run.expect(stable, "Tensor.argsort", x, **given, stable=True)
    plain = sorting.sort_orders_each_row_and_says_from_where(array, -1, descending=False)
    run.expect(plain, "Tensor.sort", x)
    msort = sorting.msort_sorts_along_the_first_dim(array)
    run.expect(msort, "torch.msort", x)
    run.expect(msort, "Tensor.msort", x)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


def scrambled(count: int, modulus: int) -> np.ndarray:
    """Return numbers below a modulus in no order, each about as often."""
    return np.arange(count) * 7919 % 10007 % modulus


@verifies(
    sorting.sort_orders_each_row_and_says_from_where,
    sorting.argsort_gives_the_indices_that_sort,
    sorting.a_stable_sort_keeps_the_order_of_equal_elements,
    over=product(SIZES, (dtypes.float32, dtypes.int64, dtypes.bfloat16, dtypes.uint8)),
)
def test_sizes(run: Run, case: tuple[int, DType]) -> None:
    count, dtype = case
    array = scrambled(count, 101).astype(dtype.storage)
    x = run.tensor(array)
    for descending in (False, True):
        sort = sorting.sort_orders_each_row_and_says_from_where(array, 0, descending=descending)
        run.expect(sort, "torch.sort", x, descending=descending)
        places = sorting.argsort_gives_the_indices_that_sort(array, 0, descending=descending)
        run.expect(places, "torch.argsort", x, descending=descending)
        stable = sorting.a_stable_sort_keeps_the_order_of_equal_elements(array, 0, descending=descending)
        run.expect(stable, "torch.argsort", x, descending=descending, stable=True)


@verifies(
    sorting.sort_orders_each_row_and_says_from_where,
    over=product(((3, 2100), (2100, 3), (2, 2, 1100), (4200, 2)), (0, 1, -1), (False, True)),
)
def test_large_matrices(run: Run, case: tuple[Shape, int, bool]) -> None:
    shape, dim, descending = case
    array = scrambled(int(np.prod(shape)), 10007).reshape(shape).astype(np.float32)
    due = sorting.sort_orders_each_row_and_says_from_where(array, dim, descending=descending)
    run.expect(due, "torch.sort", run.tensor(Operand(array, "transposed")), dim, descending)


@verifies(sorting.sort_orders_each_row_and_says_from_where, over=SORTED)
def test_sort_into_out(run: Run, dtype: DType) -> None:
    array = (scrambled(12, 7).reshape(3, 4)).astype(dtype.storage)
    due = sorting.sort_orders_each_row_and_says_from_where(array, 1, descending=False)
    outs = run.tensor(np.zeros((3, 4), dtype.storage)), run.tensor(np.zeros((3, 4), np.int64))
    run.expect(due, "torch.sort", run.tensor(array), 1, out=outs)


# NaN.

NAN_ROWS = [
    np.array(values)
    for values in (
        [np.nan, 1, np.inf, -np.inf, np.nan, 0],
        [np.nan],
        [1, np.nan],
        [np.inf, np.nan, np.inf],
        [np.nan] * 3 + list(range(40)) + [np.nan],
        [*range(2100), np.nan, *range(2100)],
    )
]


@verifies(
    sorting.nan_sorts_above_every_number,
    sorting.topk_gives_the_extreme_elements,
    over=product(dtypes.FLOATS, NAN_ROWS),
)
def test_nan(run: Run, case: tuple[DType, np.ndarray]) -> None:
    dtype, values = case
    array = values.astype(dtype.storage)
    x = run.tensor(array)
    for descending in (False, True):
        due = sorting.nan_sorts_above_every_number(array, descending=descending)
        run.look(due, run.call("torch.sort", x, descending=descending)[0], "sort")
        run.look(due, run.call("torch.sort", x, descending=descending, stable=True)[0], "sort")
        run.look(due, run.call("torch.topk", x, array.size, largest=descending)[0], "topk")
    top = sorting.topk_gives_the_extreme_elements(array, 1, 0, largest=True, in_order=True)
    run.expect(top, "torch.topk", x, 1)


# Ranks.

Top = tuple[Operand, int, int, bool, bool]
RANKED = dtypes.REALS


def draw_top(tape: Tape) -> Top:
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    operand = draw_laid_out(tape, tape.choose(RANKED), shape, tape.choose(("any", "ties", "finite")))
    dim = draw_dim(tape, len(shape))
    size = shape[dim] if shape else 1
    k = tape.between(1, min(size, 255)) if tape.one_in(2) else tape.choose((1, size))
    return operand, k, dim, not tape.one_in(2), not tape.one_in(3)


@verifies(
    sorting.topk_gives_the_extreme_elements,
    sorting.kthvalue_gives_the_kth_smallest,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_top,
)
def test_ranks(run: Run, case: Top) -> None:
    operand, k, dim, largest, in_order = case
    array, x = operand.array, run.tensor(operand)
    due = sorting.topk_gives_the_extreme_elements(array, k, dim, largest=largest, in_order=in_order)
    run.expect(due, "torch.topk", x, k, dim, largest, in_order)
    run.expect(due, "Tensor.topk", x, k, dim=dim, largest=largest, sorted=in_order)
    plain = sorting.topk_gives_the_extreme_elements(array, 1, -1, largest=True, in_order=True)
    run.expect(plain, "Tensor.topk", x, 1)
    for keepdim in (False, True):
        kth = sorting.kthvalue_gives_the_kth_smallest(array, k, dim, keepdim)
        run.expect(kth, "torch.kthvalue", x, k, dim, keepdim)
    run.expect(kth, "Tensor.kthvalue", x, k, dim=dim, keepdim=True)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


@verifies(
    sorting.topk_gives_the_extreme_elements,
    sorting.kthvalue_gives_the_kth_smallest,
    over=product((33, 300, 1025, 2049, 4097, 9000), (1, 5, 33), (False, True)),
)
def test_ranks_of_many(run: Run, case: tuple[int, int, bool]) -> None:
    count, k, largest = case
    array = scrambled(count, 10007).astype(np.float32)
    x = run.tensor(array)
    due = sorting.topk_gives_the_extreme_elements(array, k, 0, largest=largest, in_order=True)
    run.expect(due, "torch.topk", x, k, largest=largest)
    run.expect(sorting.kthvalue_gives_the_kth_smallest(array, k, 0, False), "torch.kthvalue", x, k)


@verifies(sorting.topk_gives_the_extreme_elements, over=RANKED)
def test_top_none(run: Run, dtype: DType) -> None:
    array = np.ones((2, 3), dtype.storage)
    due = sorting.topk_gives_the_extreme_elements(array, 0, 1, largest=True, in_order=True)
    run.expect(due, "torch.topk", run.tensor(array), 0)
    run.expect(due, "torch.topk", run.tensor(array), 0)


@verifies(sorting.a_rank_outside_the_row_is_an_error, over=product(RANKED, ((3,), (2, 3), ())))
def test_ranks_outside(run: Run, case: tuple[DType, Shape]) -> None:
    dtype, shape = case
    x = run.tensor(np.ones(shape, dtype.storage))
    size = shape[-1] if shape else 1
    run.call("torch.topk", x, size)
    run.call("torch.kthvalue", x, size)
    due = sorting.a_rank_outside_the_row_is_an_error()
    run.expect(due, "torch.topk", x, size + 1)
    run.expect(due, "torch.kthvalue", x, size + 1)
    run.expect(due, "torch.kthvalue", x, 0)


# Searches.

Search = tuple[Operand, Operand, bool, DType]


def draw_search(tape: Tape) -> Search:
    """Draw a sorted sequence, or rows of them, values, a side and the type of the result."""
    dtype = tape.choose(dtypes.REALS)
    rows = tape.choose(((), (2,), (2, 3), ()))
    length = tape.choose((3, 1, 0, 7, 33, 260))
    # Where NaN and infinities go is said elsewhere, and unclearly.
    kind: Kind = tape.choose(("ties", "exact", "small"))
    sequence = ops.ordered(draw_array(tape, dtype, (*rows, length), kind), -1)
    sought = draw_shape(tape, large=False) if not rows else (*rows, tape.choose((2, 1, 5)))
    values = draw_laid_out(tape, dtype, sought, kind)
    layout = tape.choose(("contiguous", "transposed", "stepped", "offset"))
    return Operand(sequence, layout), values, tape.one_in(2), tape.choose((dtypes.int64, dtypes.int32))


@verifies(
    sorting.searchsorted_finds_where_values_go,
    sorting.bucketize_finds_the_bucket_of_each_value,
    drawn=draw_search,
)
def test_search(run: Run, case: Search) -> None:
    operand, values, right, index = case
    sequence, x = run.tensor(operand), run.tensor(values)
    given = {"out_int32": True} if index is dtypes.int32 else {}
    due = sorting.searchsorted_finds_where_values_go(operand.array, values.array, right=right, index=index)
    run.expect(due, "torch.searchsorted", sequence, x, right=right, **given)
    run.expect(due, "torch.searchsorted", sequence, x, side="right" if right else "left", **given)
    boundaries = operand.array[(0,) * (operand.ndim - 1)]
    due = sorting.bucketize_finds_the_bucket_of_each_value(values.array, boundaries, right=right, index=index)
    run.expect(due, "torch.bucketize", x, run.tensor(boundaries), right=right, **given)


@verifies(
    sorting.searchsorted_finds_where_values_go,
    sorting.bucketize_finds_the_bucket_of_each_value,
    over=product((False, True), (1, 3, 4, 5.5, 0, 9)),
)
def test_search_of_a_number(run: Run, case: tuple[bool, float]) -> None:
    right, number = case
    array = np.array([1.0, 3.0, 3.0, 5.5])
    x = run.tensor(array)
    sought = np.array(float(number))
    due = sorting.searchsorted_finds_where_values_go(array, sought, right=right, index=dtypes.int64)
    run.expect(due, "torch.searchsorted", x, number, right=right)
    due = sorting.bucketize_finds_the_bucket_of_each_value(sought, array, right=right, index=dtypes.int64)
    run.expect(due, "torch.bucketize", number, x, right=right)


@verifies(sorting.searchsorted_finds_where_values_go, over=product((300, 4097), (False, True)))
def test_long_search(run: Run, case: tuple[int, bool]) -> None:
    count, right = case
    array = (np.arange(count) // 3).astype(np.float32)
    sought = np.arange(-1, count // 3 + 2).astype(np.float32)
    due = sorting.searchsorted_finds_where_values_go(array, sought, right=right, index=dtypes.int64)
    run.expect(due, "torch.searchsorted", run.tensor(array), run.tensor(sought), right=right)


@verifies(sorting.a_value_without_a_number_is_placed_at_zero, over=(dtypes.float32, dtypes.float64))
def test_search_of_nan(run: Run, dtype: DType) -> None:
    x = run.tensor(np.array([1, 3, 5], dtype.storage))
    values = run.tensor(np.array([np.nan, np.nan], dtype.storage))
    due = sorting.a_value_without_a_number_is_placed_at_zero(2)
    run.expect(due, "torch.searchsorted", x, values)
    run.expect(due, "torch.bucketize", values, x)


@verifies(
    sorting.a_sorter_stands_in_for_sorting,
    drawn=lambda tape: (
        draw_array(tape, tape.choose(dtypes.REALS), tape.choose(((5,), (1,), (2, 4), (33,))), "ties"),
        tape.below(256),
    ),
)
def test_sorter(run: Run, case: tuple[np.ndarray, int]) -> None:
    sequence, _ = case
    sorter = ops.order(sequence, -1)
    values = np.take_along_axis(sequence, sorter, -1)
    due = sorting.a_sorter_stands_in_for_sorting(sequence, sorter, values)
    x = run.tensor(sequence)
    run.expect(due, "torch.searchsorted", x, run.tensor(values), sorter=run.tensor(sorter))
    own = run.call("torch.argsort", x, stable=True)
    run.expect(due, "torch.searchsorted", x, run.tensor(values), sorter=own)


@verifies(sorting.side_and_right_must_agree, over=(dtypes.int64, dtypes.float32))
def test_side_and_right(run: Run, dtype: DType) -> None:
    x = run.tensor(np.array([1, 3, 5], dtype.storage))
    run.call("torch.searchsorted", x, 3, side="right", right=True)
    run.expect(sorting.side_and_right_must_agree(), "torch.searchsorted", x, 3, side="left", right=True)
