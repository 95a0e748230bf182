"""Norms, distances and covariances."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array
from tensorcanon.conformance.reducing import (
    Reducing,
    draw_laid_out,
    draw_out,
    draw_reducing,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import reductions, statistics
from tensorcanon.spec.ops.norms import VECTOR_NORM
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

INF = float("inf")
ORDERS = (2, 1, INF, -INF, 0, 3, 0.5, -1, 2.5)


def draw_norm(tape: Tape) -> tuple[Reducing, float]:
    op = replace(VECTOR_NORM, keepdim="always")
    return draw_reducing(tape, op, ("exact", "any", "finite", "positive"), empty=False), tape.choose(ORDERS)


@verifies(
    statistics.vector_norm_is_the_root_of_the_sum_of_powers,
    reductions.reduced_dims_vanish_or_stay_with_size_one,
    reductions.the_input_is_left_as_it_was,
    drawn=draw_norm,
)
def test_vector_norm(run: Run, case: tuple[Reducing, float]) -> None:
    reducing, order = case
    array, x = reducing.operand.array, run.tensor(reducing.operand)
    _, kwargs = reducing.arguments(VECTOR_NORM)
    structure = reductions.reduced_dims_vanish_or_stay_with_size_one(
        VECTOR_NORM, reducing.operand.dtype, reducing.operand.shape, reducing.axes, reducing.keepdim
    )
    due = statistics.vector_norm_is_the_root_of_the_sum_of_powers(
        array, reducing.axes, reducing.keepdim, order
    )
    result = run.expect(structure, "torch.linalg.vector_norm", x, order, **kwargs)
    run.look(due, result, "vector_norm")
    if order == 2:
        run.expect(due, "torch.linalg.vector_norm", x, **kwargs)
    if reducing.dims is not None:
        run.expect(due, "Tensor.norm", x, order, **kwargs)
        out = draw_out(run, VECTOR_NORM, reducing)
        run.expect(due, "torch.linalg.vector_norm", x, order, **kwargs, out=out)
        run.look(due, out, "vector_norm")
    run.look(reductions.the_input_is_left_as_it_was(array), x)


@verifies(
    statistics.vector_norm_is_the_root_of_the_sum_of_powers,
    over=product((*dtypes.FLOATS, *dtypes.COMPLEXES), ((), (1,), (3,), (2, 3), (2, 2, 2), (300,), (5000,))),
)
def test_norm_of_all(run: Run, case: tuple[DType, tuple[int, ...]]) -> None:
    dtype, shape = case
    array = (np.arange(np.prod(shape)) % 5 - 2).reshape(shape).astype(dtype.storage)
    x, axes = run.tensor(array), tuple(range(len(shape)))
    due = statistics.vector_norm_is_the_root_of_the_sum_of_powers(array, axes, False, 2)
    run.expect(due, "Tensor.norm", x)
    run.expect(due, "torch.norm", x)
    for order in (1, INF):
        due = statistics.vector_norm_is_the_root_of_the_sum_of_powers(array, axes, False, order)
        run.expect(due, "torch.norm", x, order)


@verifies(
    statistics.a_norm_may_overflow_within_its_type_only,
    over=product((np.float32, np.float64), ((1e20, 1e20), (3e19, 4e19), (-2e25, 0.0, 1.0))),
)
def test_overflowing_norm(run: Run, case: tuple[type, tuple[float, ...]]) -> None:
    kind, values = case
    array: np.ndarray = np.array(values, kind)
    due = statistics.a_norm_may_overflow_within_its_type_only(array)
    run.expect(due, "torch.linalg.vector_norm", run.tensor(array))
    run.expect(due, "Tensor.norm", run.tensor(array))


@verifies(statistics.keepdim_of_norm_is_ignored_without_dim, over=[(2, 2), (3,), (2, 1, 3)])
def test_keepdim_of_norm(run: Run, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, np.float32)
    due = statistics.keepdim_of_norm_is_ignored_without_dim(array)
    run.expect(due, "torch.norm", run.tensor(array), keepdim=True)


# Distances.

Pair = tuple[Operand, Operand, float]
CLOUDS = (((3, 2), (4, 2)), ((1, 3), (1, 3)), ((2, 3, 2), (2, 4, 2)), ((30, 3), (31, 3)), ((2, 1), (3, 1)))


def draw_clouds(tape: Tape) -> Pair:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    a, b = tape.choose(CLOUDS)
    order = tape.choose((2.0, 1.0, 0.0, INF, 3.0))
    return draw_laid_out(tape, dtype, a, "exact"), draw_laid_out(tape, dtype, b, "exact"), order


@verifies(statistics.cdist_gives_the_norms_of_all_differences, drawn=draw_clouds)
def test_cdist(run: Run, case: Pair) -> None:
    a, b, order = case
    due = statistics.cdist_gives_the_norms_of_all_differences(a.array, b.array, order)
    run.expect(due, "torch.cdist", run.tensor(a), run.tensor(b), order)


# Covariances.


def draw_variables(tape: Tape) -> tuple[Operand, int]:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    shape = tape.choose(((2, 5), (3, 4), (6,), (4, 33), (2, 2051)))
    operand = draw_laid_out(tape, dtype, shape, tape.choose(("exact", "unit")))
    offset = dtype.storage.type(tape.choose((0, 0, 50)))
    return Operand(operand.array + offset, operand.layout), tape.choose((1, 0))


@verifies(
    statistics.cov_of_rows_divides_by_the_corrected_count,
    statistics.corrcoef_divides_by_the_deviations,
    drawn=draw_variables,
)
def test_covariance(run: Run, case: tuple[Operand, int]) -> None:
    operand, correction = case
    array, x = operand.array, run.tensor(operand)
    due = statistics.cov_of_rows_divides_by_the_corrected_count(array, correction)
    run.expect(due, "torch.cov", x, correction=correction)
    default = statistics.cov_of_rows_divides_by_the_corrected_count(array, 1)
    run.expect(default, "Tensor.cov", x)
    run.expect(statistics.corrcoef_divides_by_the_deviations(array), "torch.corrcoef", x)


@verifies(statistics.corrcoef_divides_by_the_deviations, over=[1.0, -2.0, 0.1])
def test_perfect_correlation(run: Run, slope: float) -> None:
    rng = draw_array(Tape(bytes(range(64))), dtypes.float32, (9,), "unit")
    array = np.stack([rng, rng * np.float32(slope)])
    run.expect(statistics.corrcoef_divides_by_the_deviations(array), "torch.corrcoef", run.tensor(array))
