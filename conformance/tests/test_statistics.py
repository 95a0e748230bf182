"""Deviations and order statistics."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_shape
from tensorcanon.conformance.reducing import (
    Reducing,
    draw_dim,
    draw_laid_out,
    draw_out,
    draw_reducing,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import reductions, statistics
from tensorcanon.spec.ops import reductions as folds
from tensorcanon.spec.ops import statistics as ops
from tensorcanon.spec.ops.reductions import Dims, Reduction
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# Means far above the deviation, as far as the type resolves eighths or so.
OFFSETS = {
    dtypes.float16: (0, 100, -1000),
    dtypes.bfloat16: (0, 30, -200),
    dtypes.float32: (0, 1e4, -1e6),
    dtypes.float64: (0, 1e8, -1e12),
}


def draw_spread(tape: Tape, op: Reduction) -> Reducing:
    """Draw a call that combines two elements at least, often with a mean far from zero."""
    drawn = draw_reducing(tape, op, ("exact", "exact", "finite", "any"), empty=False)
    operand = drawn.operand
    if folds.terms(operand.shape, drawn.axes) < 2:
        operand = Operand(np.stack([operand.array.reshape(-1)[:1].reshape(())] * 3), operand.layout)
        drawn = Reducing(operand, None, drawn.keepdim, drawn.form)
    offset = tape.choose(OFFSETS[dtypes.real_of(operand.dtype)])
    with np.errstate(all="ignore"):
        shifted = (operand.array + operand.dtype.storage.type(offset)).astype(operand.array.dtype)
    return Reducing(Operand(shifted, operand.layout), drawn.dims, drawn.keepdim, drawn.form)


@verifies(
    statistics.deviations_are_exact_whatever_the_mean,
    reductions.reduced_dims_vanish_or_stay_with_size_one,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_spread,
    each=ops.SPREADS,
)
def test_deviations(run: Run, op: Reduction, case: Reducing) -> None:
    array, x = case.operand.array, run.tensor(case.operand)
    args, kwargs = case.arguments(op)
    structure = reductions.reduced_dims_vanish_or_stay_with_size_one(
        op, case.operand.dtype, case.operand.shape, case.axes, case.keepdim
    )
    result = run.expect(structure, case.name(op), x, *args, **kwargs)
    law = statistics.deviations_are_exact_whatever_the_mean
    run.look(law(op, array, case.axes, case.keepdim), result, op.name)
    if op.out and case.dims is not None and case.form == "function":
        out = draw_out(run, op, case)
        run.call(f"torch.{op.name}", x, *args, **kwargs, out=out)
        run.look(law(op, array, case.axes, case.keepdim), out, op.name)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


def draw_halves(tape: Tape) -> Reducing:
    return draw_spread(tape, replace(ops.VAR, dtypes=(dtypes.float16, dtypes.bfloat16)))


@verifies(statistics.deviations_of_halves_are_rounded_once, drawn=draw_halves)
def test_halves(run: Run, case: Reducing) -> None:
    x = run.tensor(case.operand)
    args, kwargs = case.arguments(ops.VAR)
    for op in (ops.VAR, ops.STD):
        due = statistics.deviations_of_halves_are_rounded_once(
            case.operand.array, case.axes, case.keepdim, root=op is ops.STD
        )
        run.expect(due, case.name(op), x, *args, **kwargs)


# Long rows around a large mean.
@verifies(
    statistics.deviations_are_exact_whatever_the_mean,
    over=product((ops.VAR, ops.STD), dtypes.FLOATS, (2, 3, 100, 2049, 4099)),
)
def test_large_means(run: Run, case: tuple[Reduction, DType, int]) -> None:
    op, dtype, count = case
    for offset in OFFSETS[dtype]:
        array = (offset + np.arange(count) % 2 * np.abs(offset or 1) / 256).astype(dtype.storage)
        due = statistics.deviations_are_exact_whatever_the_mean(op, array, (0,), False)
        run.expect(due, f"torch.{op.name}", run.tensor(array))


PLACES: list[tuple[tuple[int, ...], Dims]] = [
    ((4, 5), None),
    ((4, 5), 1),
    ((4, 5), (0, -1)),
    ((3, 2, 3), 0),
]


@verifies(statistics.correction_lowers_the_count, over=product(dtypes.FLOATS, (0, 1, 2, 0.5), PLACES))
def test_correction(run: Run, case: tuple[DType, float, tuple[tuple[int, ...], Dims]]) -> None:
    dtype, correction, (shape, dims) = case
    array = (np.arange(np.prod(shape)) ** 2 % 17).reshape(shape).astype(dtype.storage)
    x, axes = run.tensor(array), folds.axes_of(dims, len(shape))
    for name, root in (("var", False), ("std", True)):
        due = statistics.correction_lowers_the_count(array, axes, False, correction, root=root)
        run.expect(due, f"torch.{name}", x, dim=dims, correction=correction)
        kept = statistics.correction_lowers_the_count(array, axes, True, correction, root=root)
        run.expect(kept, f"Tensor.{name}", x, dim=dims, correction=correction, keepdim=True)
        if correction in (0, 1):
            args = () if dims is None else (dims,)
            run.expect(due, f"Tensor.{name}", x, *args, unbiased=bool(correction))


TOO_FEW = [
    (np.ones(1), (0,), 1),
    (np.ones((3, 1)), (1,), 1),
    (np.ones((1, 3)), (0,), 1),
    (np.ones(()), (), 1),
    (np.array([1.0, 2.0]), (0,), 2),
    (np.array([[1.0, 3.0], [2.0, 2.0]]), (1,), 2),
    (np.array([1.0, 2.0]), (0,), 5),
    (np.ones((0, 3)), (0,), 1),
]


@verifies(statistics.too_few_elements_have_no_deviation, over=product(dtypes.FLOATS, TOO_FEW))
def test_too_few(run: Run, case: tuple[DType, tuple[np.ndarray, tuple[int, ...], int]]) -> None:
    dtype, (values, axes, correction) = case
    run.require_data()
    array = values.astype(dtype.storage)
    x = run.tensor(array)
    for name, root in (("var", False), ("std", True)):
        due = statistics.too_few_elements_have_no_deviation(array, axes, correction, root=root)
        run.expect(due, f"torch.{name}", x, dim=axes or None, correction=correction)


# Order statistics.

Row = tuple[Operand, int, bool]


def draw_row(tape: Tape) -> Row:
    """Draw an operand without empty dimensions, a dimension and keepdim."""
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    operand = draw_laid_out(tape, tape.choose(dtypes.REALS), shape, tape.choose(("any", "ties", "finite")))
    return operand, draw_dim(tape, len(shape)), tape.one_in(3)


def draw_materialized(tape: Tape) -> Row:
    """Draw a row that is not expanded, along which torch 2.13's median reads past the storage."""
    operand, dim, keepdim = draw_row(tape)
    layout = "contiguous" if operand.layout == "expanded" else operand.layout
    return Operand(operand.array, layout), dim, keepdim


@verifies(
    statistics.the_median_is_the_lower_middle_element,
    statistics.the_median_along_a_dim_comes_with_an_index,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_materialized,
)
def test_median(run: Run, case: Row) -> None:
    operand, dim, keepdim = case
    array, x = operand.array, run.tensor(operand)
    for name, skip_nan in (("median", False), ("nanmedian", True)):
        whole = statistics.the_median_is_the_lower_middle_element(array, skip_nan=skip_nan)
        run.expect(whole, f"torch.{name}", x)
        run.expect(whole, f"Tensor.{name}", x)
        along = statistics.the_median_along_a_dim_comes_with_an_index(array, dim, keepdim, skip_nan=skip_nan)
        run.expect(along, f"torch.{name}", x, dim, keepdim)
        run.expect(along, f"Tensor.{name}", x, dim=dim, keepdim=keepdim)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


@verifies(
    statistics.the_mode_is_a_most_frequent_element,
    statistics.the_least_of_equally_frequent_elements_is_the_mode,
    reductions.the_input_is_left_as_it_was,
    drawn=lambda tape: (*draw_ties(tape), tape.one_in(3)),
)
def test_mode(run: Run, case: Row) -> None:
    operand, dim, keepdim = case
    array, x = operand.array, run.tensor(operand)
    due = statistics.the_mode_is_a_most_frequent_element(array, dim, keepdim)
    run.expect(due, "torch.mode", x, dim, keepdim)
    run.expect(due, "Tensor.mode", x, dim=dim, keepdim=keepdim)
    least = statistics.the_least_of_equally_frequent_elements_is_the_mode(array, dim, keepdim)
    run.expect(least, "torch.mode", x, dim, keepdim)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


def draw_ties(tape: Tape) -> tuple[Operand, int]:
    shape = tuple(max(size, 1) for size in draw_shape(tape))
    dtype = tape.choose((*dtypes.REALS, dtypes.bool_))
    return draw_laid_out(tape, dtype, shape, tape.choose(("ties", "small"))), draw_dim(tape, len(shape))


# Quantiles.

Quantile = tuple[Operand, np.ndarray, int | None, bool, str]


def draw_quantile(tape: Tape) -> Quantile:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    shape = tuple(max(size, 1) for size in draw_shape(tape, ndim=(0, 1, 2, 3)))
    operand = draw_laid_out(tape, dtype, shape, tape.choose(("exact", "finite", "any", "unit")))
    levels = tape.shuffled((0.5, 0.0, 1.0, 0.25, 0.75, 0.1, 1 / 3, 0.9))
    q = np.array(levels[0] if tape.one_in(2) else levels[: tape.between(1, 4)]).astype(dtype.storage)
    dim = None if tape.one_in(3) else draw_dim(tape, len(shape))
    return operand, q, dim, tape.one_in(3), tape.choose(ops.INTERPOLATIONS)


@verifies(
    statistics.quantiles_interpolate_between_sorted_elements,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_quantile,
)
def test_quantiles(run: Run, case: Quantile) -> None:
    operand, q, dim, keepdim, method = case
    array, x = operand.array, run.tensor(operand)
    law = statistics.quantiles_interpolate_between_sorted_elements
    given = {"dim": dim, "keepdim": keepdim, "interpolation": method}
    levels = run.tensor(q)
    for name, skip_nan in (("quantile", False), ("nanquantile", True)):
        due = law(array, q, dim, keepdim, method, skip_nan=skip_nan)
        run.expect(due, f"torch.{name}", x, levels, **given)
        if q.ndim == 0:
            run.expect(due, f"Tensor.{name}", x, float(q), **given)
    run.look(reductions.the_input_is_left_as_it_was(array), x)


@verifies(
    statistics.quantiles_reach_from_the_least_to_the_greatest,
    over=product((np.float32, np.float64), (1, 2, 7, 100, 4099)),
)
def test_range_of_quantiles(run: Run, case: tuple[type, int]) -> None:
    kind, count = case
    array: np.ndarray = ((np.arange(count) * 7) % 11 - 3).astype(kind)
    x = run.tensor(array)
    law = statistics.quantiles_reach_from_the_least_to_the_greatest
    for method in ops.INTERPOLATIONS:
        run.expect(law(array, greatest=True), "torch.quantile", x, 1.0, interpolation=method)
        run.expect(law(array, greatest=False), "torch.quantile", x, 0.0, interpolation=method)


@verifies(
    statistics.quantiles_interpolate_between_sorted_elements,
    over=product((np.float32, np.float64), range(1, 9), ops.INTERPOLATIONS),
)
def test_exact_positions(run: Run, case: tuple[type, int, str]) -> None:
    kind, count, method = case
    array: np.ndarray = (np.arange(count) * 5 % 8 * 3).astype(kind)
    x = run.tensor(array)
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        q: np.ndarray = np.array(level, kind)
        due = statistics.quantiles_interpolate_between_sorted_elements(
            array, q, None, False, method, skip_nan=False
        )
        run.expect(due, "torch.quantile", x, level, interpolation=method)


@verifies(statistics.quantile_refuses_other_q_and_types, over=(1.5, -0.5, 1.0000001))
def test_q_outside(run: Run, q: float) -> None:
    x = run.tensor(np.arange(3.0))
    run.call("torch.quantile", x, 1.0)
    run.expect(statistics.quantile_refuses_other_q_and_types(), "torch.quantile", x, q)
    levels = run.tensor(np.array([0.5, q]))
    run.expect(statistics.quantile_refuses_other_q_and_types(), "torch.quantile", x, levels)


@verifies(
    statistics.quantile_refuses_other_q_and_types,
    over=[dtype for dtype in dtypes.COMMON if dtype not in (dtypes.float32, dtypes.float64)],
)
def test_quantile_of_other_types(run: Run, dtype: DType) -> None:
    x = run.tensor(np.ones(3, dtype.storage))
    run.expect(statistics.quantile_refuses_other_q_and_types(), "torch.quantile", x, 0.5)


# Rows of NaN, and rows with some.

NAN_ROWS = [np.array(row) for row in ([np.nan] * 3, [np.nan], [1, np.nan, np.nan, 3], [np.nan, 2, -1, 5, 5])]


@verifies(
    statistics.the_median_is_the_lower_middle_element,
    statistics.the_median_along_a_dim_comes_with_an_index,
    statistics.quantiles_interpolate_between_sorted_elements,
    over=product(dtypes.FLOATS, NAN_ROWS),
)
def test_nan(run: Run, case: tuple[DType, np.ndarray]) -> None:
    dtype, values = case
    array = values.astype(dtype.storage)
    x = run.tensor(array)
    for name, skip_nan in (("median", False), ("nanmedian", True)):
        whole = statistics.the_median_is_the_lower_middle_element(array, skip_nan=skip_nan)
        run.expect(whole, f"torch.{name}", x)
        along = statistics.the_median_along_a_dim_comes_with_an_index(array, 0, False, skip_nan=skip_nan)
        run.expect(along, f"torch.{name}", x, 0)
    wide = values.astype(np.float32)
    for name, skip_nan in (("quantile", False), ("nanquantile", True)):
        q = np.array(0.5, np.float32)
        due = statistics.quantiles_interpolate_between_sorted_elements(
            wide, q, None, False, "linear", skip_nan=skip_nan
        )
        run.expect(due, f"torch.{name}", run.tensor(wide), 0.5)
