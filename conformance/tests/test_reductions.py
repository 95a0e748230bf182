"""Reductions of one, several and all dimensions."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_shape
from tensorcanon.conformance.reducing import (
    Reducing,
    draw_dim,
    draw_laid_out,
    draw_out,
    draw_reducing,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.ops import cumulative, norms, statistics
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.ops.reductions import Reduction
from tensorcanon.spec.outcome import Raises
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

KINDS: dict[str, tuple[Kind, ...]] = {
    "prod": ("positive", "small", "any", "unit"),
    "logsumexp": ("any", "small", "finite"),
    "all": ("any", "positive", "ties"),
    "any": ("any", "ties"),
}
NUMERIC: tuple[Kind, ...] = ("exact", "any", "finite", "unit")


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


def draw_halves(tape: Tape) -> Reducing:
    half = Reduction("sum", ops.total, (dtypes.float16, dtypes.bfloat16))
    return draw_reducing(tape, half, ("positive", "exact", "unit"))


@verifies(reductions.sums_of_halves_are_rounded_once, drawn=draw_halves)
def test_halves(run: Run, case: Reducing) -> None:
    args, kwargs = case.arguments(ops.SUM)
    due = reductions.sums_of_halves_are_rounded_once(case.operand.array, case.axes, case.keepdim)
    run.expect(due, case.name(ops.SUM), run.tensor(case.operand), *args, **kwargs)


# Integers and dtype=.

INTEGRAL = (dtypes.bool_, *dtypes.INTEGERS)


def draw_integers(tape: Tape) -> tuple[Operand, int]:
    dtype = tape.choose(INTEGRAL)
    shape = draw_shape(tape, ndim=(1, 2, 3))
    kind: Kind = tape.choose(("any", "distinct", "positive", "ties"))
    return draw_laid_out(tape, dtype, shape, kind), draw_dim(tape, len(shape))


@verifies(reductions.integers_and_bools_accumulate_as_int64, drawn=draw_integers)
def test_integer_sums(run: Run, case: tuple[Operand, int]) -> None:
    operand, dim = case
    x, axis = run.tensor(operand), dim % operand.ndim
    law = reductions.integers_and_bools_accumulate_as_int64
    for op in (ops.SUM, ops.PROD):
        run.expect(law(op, operand.array, (axis,), False), f"torch.{op.name}", x, dim)
        run.expect(law(op, operand.array, tuple(range(operand.ndim)), False), f"Tensor.{op.name}", x)
    for scan in (cumulative.CUMSUM, cumulative.CUMPROD):
        run.expect(law(scan, operand.array, dim), f"torch.{scan.name}", x, dim)


@verifies(reductions.integers_and_bools_accumulate_as_int64, over=[128, 256, 300, 2049, 4097, 70000])
def test_counting_true(run: Run, count: int) -> None:
    array = np.ones(count, np.bool_)
    x = run.tensor(array)
    law = reductions.integers_and_bools_accumulate_as_int64
    run.expect(law(ops.SUM, array, (0,), False), "Tensor.sum", x)
    run.expect(law(cumulative.CUMSUM, array, 0), "torch.cumsum", x, 0)


# A value of each category that a conversion before the sum and one after it treat differently.
CASTS = [
    (source, target)
    for source, target in product((*dtypes.INTEGERS, *dtypes.FLOATS), (*dtypes.INTEGERS, *dtypes.FLOATS))
    if source.is_floating_point or not target.is_integral or target.bits >= source.bits
]


@verifies(reductions.dtype_argument_casts_before_accumulation, over=CASTS)
def test_dtype_argument(run: Run, case: tuple[DType, DType]) -> None:
    source, target = case
    array = np.array([[1.5, 2.5, 100.5], [3.5, 100.5, 1.5]]).astype(source.storage)
    x = run.tensor(array)
    law = reductions.dtype_argument_casts_before_accumulation
    for op in (ops.SUM, *((ops.MEAN,) if target.is_floating_point else ())):
        run.expect(law(op, array, target, (1,), False), f"torch.{op.name}", x, 1, dtype=target)
        run.expect(law(op, array, target, (0, 1), False), f"Tensor.{op.name}", x, dtype=target)
    small = np.minimum(array, np.array(3.5).astype(source.storage))
    few = run.tensor(small)
    run.expect(law(ops.PROD, small, target, (0,), False), "torch.prod", few, 0, dtype=target)
    run.expect(law(cumulative.CUMSUM, array, target, 1), "torch.cumsum", x, 1, dtype=target)
    run.expect(law(cumulative.CUMPROD, small, target, 0), "Tensor.cumprod", few, 0, dtype=target)


@verifies(reductions.mean_and_deviation_of_integers_are_errors, over=INTEGRAL, proves=True)
def test_mean_of_integers(run: Run, dtype: DType) -> None:
    x = run.tensor(np.ones((2, 3), dtype.storage))
    for name in ("mean", "nanmean", "var", "std"):
        run.expect(reductions.mean_and_deviation_of_integers_are_errors(dtype), f"torch.{name}", x)
        run.expect(reductions.mean_and_deviation_of_integers_are_errors(dtype), f"Tensor.{name}", x, dim=1)


# Slices, formatting.


def draw_batch(tape: Tape) -> tuple[np.ndarray, int]:
    shape = tape.choose(((3, 5), (2, 300), (5, 33), (2, 4099)))
    place = tape.below(2)
    return draw_array(tape, tape.choose(dtypes.FLOATS), shape, "unit"), place


@verifies(reductions.a_slice_sums_to_about_what_the_batch_has, drawn=draw_batch)
def test_slices(run: Run, case: tuple[np.ndarray, int]) -> None:
    array, place = case
    x = run.tensor(array)
    law = reductions.a_slice_sums_to_about_what_the_batch_has
    sums = run.call("Tensor.sum", x, -1)
    run.expect(law(array, place, of_slice=False), "operator.getitem", sums, place)
    part = run.call("operator.getitem", x, place)
    run.expect(law(array, place, of_slice=True), "Tensor.sum", part)


FORMATS = [
    ("min", np.arange(0, 100, 10), 0, ""),
    ("max", np.arange(0, 100, 10), 90, ""),
    ("mean", np.arange(0, 100, 10.0), 45.0, ""),
    ("sum", np.arange(0, 100, 10), 450, ""),
    ("any", np.array([False, True]), True, ""),
    ("mean", np.array([1.0, 2.0, 2.0], np.float32), float(np.float32(5) / 3), ".2f"),
    ("sum", np.array([-1, -2]), -3, "+5d"),
]


@verifies(reductions.a_zero_dim_result_is_formatted_as_its_number, over=FORMATS)
def test_format(run: Run, case: tuple[str, np.ndarray, float, str]) -> None:
    name, array, number, spec = case
    run.require_data()
    result = run.call(f"Tensor.{name}", run.tensor(array))
    due = reductions.a_zero_dim_result_is_formatted_as_its_number(number, spec)
    run.expect(due, "builtins.format", result, spec)


# Nothing to reduce, and wrong dimensions.

EMPTY: list[tuple[tuple[int, ...], Any]] = [
    ((0,), None),
    ((0,), 0),
    ((0, 3), None),
    ((0, 3), 0),
    ((2, 0), 1),
    ((2, 0), -1),
    ((2, 0, 3), (0, 1)),
    ((0, 0), 1),
]
WITH_IDENTITY = (
    *(ops.SUM, ops.PROD, ops.MEAN, ops.NANSUM, ops.NANMEAN, ops.ALL, ops.ANY, ops.COUNT_NONZERO),
    *(ops.LOGSUMEXP, statistics.VAR, statistics.STD, norms.VECTOR_NORM),
)


def empties(op: Reduction) -> list[tuple[DType, tuple[int, ...], Any]]:
    given = [
        (shape, dims)
        for shape, dims in EMPTY
        if (op.whole or dims is not None) and (op.many or not isinstance(dims, tuple))
    ]
    return [(dtype, shape, dims) for dtype in op.dtypes for shape, dims in given]


@verifies(reductions.the_reduction_of_nothing_is_the_identity, over=empties, each=WITH_IDENTITY)
def test_identities(run: Run, op: Reduction, case: tuple[DType, tuple[int, ...], Any]) -> None:
    dtype, shape, dims = case
    array = np.zeros(shape, dtype.storage)
    x = run.tensor(array)
    due = reductions.the_reduction_of_nothing_is_the_identity(op, array, ops.axes_of(dims, len(shape)), False)
    kwargs = {} if dims is None else {"dim": dims}
    # Twice: uninitialised memory often answers right once.
    run.expect(due, f"torch.{op.name}", x, **kwargs)
    run.expect(due, f"Tensor.{op.name}" if op.method else f"torch.{op.name}", x, **kwargs)


@verifies(reductions.the_median_of_nothing_is_nan, over=dtypes.FLOATS, proves=True)
def test_median_of_nothing(run: Run, dtype: DType) -> None:
    x = run.tensor(np.zeros((0, 3), dtype.storage))
    run.expect(reductions.the_median_of_nothing_is_nan(dtype), "torch.median", x)
    run.expect(reductions.the_median_of_nothing_is_nan(dtype), "Tensor.median", x)


EXTREMES_OF_NOTHING = list(
    product(
        ("max", "min", "amax", "amin", "argmax", "argmin"),
        (dtypes.uint8, dtypes.int64, dtypes.float16, dtypes.float32, dtypes.float64),
        (((0,), None), ((0, 3), None), ((0,), 0), ((0, 3), 0), ((2, 0), 1), ((2, 0), -1), ((0, 3), 1)),
    )
)


@verifies(reductions.extremes_of_nothing_are_errors, over=EXTREMES_OF_NOTHING)
def test_extremes_of_nothing(run: Run, case: tuple[str, DType, tuple[tuple[int, ...], Any]]) -> None:
    name, dtype, (shape, dims) = case
    x = run.tensor(np.zeros(shape, dtype.storage))
    due = reductions.extremes_of_nothing_are_errors(name, shape, dims)
    if isinstance(due, Raises) or not name.startswith("m"):
        args = () if dims is None else (dims,)
        run.expect(due, f"torch.{name}", x, *args)
        run.expect(due, f"Tensor.{name}", x, *args)
    else:
        values, indices = run.call(f"torch.{name}", x, dims)
        run.look(due, values)
        run.look(due, indices)


@verifies(reductions.extremes_of_nothing_are_errors, over=dtypes.FLOATS)
def test_aminmax_of_nothing(run: Run, dtype: DType) -> None:
    x = run.tensor(np.zeros((0, 3), dtype.storage))
    run.expect(reductions.extremes_of_nothing_are_errors("aminmax", (0, 3), None), "torch.aminmax", x)
    run.expect(reductions.extremes_of_nothing_are_errors("aminmax", (0, 3), None), "Tensor.aminmax", x)


@verifies(reductions.aminmax_along_an_empty_dim_is_a_runtime_error, over=[(0, 0), (-2, 0), (1, 1)])
def test_aminmax_along_an_empty_dim(run: Run, case: tuple[int, int]) -> None:
    dim, place = case
    x = run.tensor(np.zeros((0, 3) if place == 0 else (2, 0), np.float32))
    run.expect(reductions.aminmax_along_an_empty_dim_is_a_runtime_error(), "torch.aminmax", x, dim=dim)


WRONG_DIMS = [((0, 0), 2), ((0, -2), 2), ((1, 0, -1), 2), ((0, 2), 2), ((2,), 2), ((-3,), 2), ((1,), 0)]


@verifies(
    reductions.dims_out_of_range_or_given_twice_are_errors,
    over=lambda op: WRONG_DIMS,
    each=[op for op in (*ops.FOLDS, statistics.VAR, norms.VECTOR_NORM) if op.many],
)
def test_wrong_dims(run: Run, op: Reduction, case: tuple[tuple[int, ...], int]) -> None:
    dims, ndim = case
    x = run.tensor(np.ones((2, 3)[:ndim], np.float32))
    due = reductions.dims_out_of_range_or_given_twice_are_errors(dims, ndim)
    run.expect(due, f"torch.{op.name}", x, dim=dims)
    run.call(f"torch.{op.name}", x, dim=0)


@verifies(
    reductions.dims_out_of_range_or_given_twice_are_errors,
    over=product(
        ("max", "min", "argmax", "prod", "cumsum", "cummax", "median", "mode", "logcumsumexp"),
        [((2,), 2), ((-3,), 2), ((1,), 0)],
    ),
)
def test_wrong_dim(run: Run, case: tuple[str, tuple[tuple[int, ...], int]]) -> None:
    name, (dims, ndim) = case
    x = run.tensor(np.ones((2, 3)[:ndim], np.float32))
    run.expect(
        reductions.dims_out_of_range_or_given_twice_are_errors(dims, ndim), f"torch.{name}", x, dims[0]
    )


@verifies(
    reductions.no_dims_means_all_dims_but_for_all_and_any,
    over=product((ops.SUM, ops.MEAN, ops.AMAX, ops.ALL, ops.ANY, statistics.STD), dtypes.FLOATS),
)
def test_no_dims(run: Run, case: tuple[Reduction, DType]) -> None:
    op, dtype = case
    x = run.tensor(np.ones((2, 3), dtype.storage))
    due = reductions.no_dims_means_all_dims_but_for_all_and_any(op, dtype, (2, 3))
    run.expect(due, f"torch.{op.name}", x, dim=())
