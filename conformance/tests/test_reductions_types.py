"""Types of sums, the dtype argument, truth of elements, sums of slices, formatting."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_shape
from tensorcanon.conformance.reducing import draw_dim, draw_laid_out
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import reductions
from tensorcanon.spec.ops import cumulative
from tensorcanon.spec.ops import reductions as ops
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

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
    run.require_data()
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


# Truth.


def fits(value: complex, dtype: DType) -> bool:
    """Return whether a type holds a number."""
    if dtype.is_complex or np.iscomplexobj(value):
        return dtype.is_complex
    if dtype.is_floating_point:
        return True
    low, high = dtypes.integer_range(dtype)
    return bool(low <= value.real <= high) and value.real % 1 == 0


def of_type(value: complex, dtype: DType) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.array([value]).astype(dtype.storage)


# Zero, not zero, and what is hard to tell from it.
TRUTHS = [
    of_type(value, dtype)
    for dtype in dtypes.COMMON
    for value in (0, 1, -0.0, 0.5, 2.0**-14, 5e-324, np.nan, np.inf, -1, 256, 2**32, 1j, complex(0, np.nan))
    if fits(value, dtype)
]


@verifies(
    reductions.all_and_any_test_for_non_zero,
    reductions.count_nonzero_counts_what_is_not_zero,
    over=product(TRUTHS, (1, 9, 70)),
)
def test_truth(run: Run, case: tuple[np.ndarray, int]) -> None:
    value, count = case
    ones, zeros = np.ones((2, count), value.dtype), np.zeros((2, count), value.dtype)
    ones[1, count // 2] = zeros[1, count // 2] = value[0]
    x, y = run.tensor(ones), run.tensor(zeros)
    law = reductions.all_and_any_test_for_non_zero
    run.expect(law(ops.ALL, ones, (1,), False), "torch.all", x, 1)
    run.expect(law(ops.ANY, zeros, (1,), False), "torch.any", y, 1)
    run.expect(law(ops.ALL, ones, (0, 1), False), "Tensor.all", x)
    run.expect(law(ops.ANY, zeros, (0, 1), False), "Tensor.any", y)
    counted = reductions.count_nonzero_counts_what_is_not_zero(zeros, (1,))
    run.expect(counted, "torch.count_nonzero", y, 1)
