"""Reductions of nothing and over wrong dimensions."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import reductions
from tensorcanon.spec.ops import norms, statistics
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.ops.reductions import Reduction
from tensorcanon.spec.outcome import Raises
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

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
    run.require_data()
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
    run.require_data()
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
    run.require_data()
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
