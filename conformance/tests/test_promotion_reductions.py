"""The types of sums, products and matrix products."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import filled
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import promotion
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

INTEGRAL = (dtypes.bool_, *dtypes.INTEGERS)
# Past the largest value of each 8-bit type, and past the blocks in which kernels count.
LENGTHS = (0, 1, 2, 128, 257, 5000, 70000)


def draw_integers(tape: Tape, name: str) -> tuple[Operand, int | None]:
    """Draw integers or bools of any values, and a dimension to reduce."""
    operand = draw_operand(tape, tape.choose(INTEGRAL))
    axis = tape.choose((None, *range(-operand.ndim, operand.ndim)))
    return operand, axis


@verifies(promotion.sums_of_integers_are_int64, each=("sum", "prod"), drawn=draw_integers)
def test_sums_of_integers(run: Run, name: str, case: tuple[Operand, int | None]) -> None:
    operand, axis = case
    allowed = promotion.sums_of_integers_are_int64(name, operand.array, axis)
    x = run.tensor(operand)
    extra = () if axis is None else (axis,)
    run.expect(allowed, f"torch.{name}", x, *extra)
    run.expect(allowed, f"Tensor.{name}", x, *extra)


@verifies(promotion.sums_of_integers_are_int64, over=product(INTEGRAL, LENGTHS))
def test_long_sums_of_integers(run: Run, case: tuple[DType, int]) -> None:
    dtype, length = case
    array = np.full((length, 2), 3).astype(dtype.storage)
    x = run.tensor(array)
    for axis in (None, 0, 1):
        extra = () if axis is None else (axis,)
        run.expect(promotion.sums_of_integers_are_int64("sum", array, axis), "torch.sum", x, *extra)


@verifies(
    promotion.sums_of_floats_keep_the_type,
    over=product(("sum", "prod"), (*dtypes.FLOATS, *dtypes.COMPLEXES), (0, 1, 2)),
    proves=True,
)
def test_sums_of_floats(run: Run, case: tuple[str, DType, int]) -> None:
    name, dtype, ndim = case
    x = run.tensor(filled(dtype, ndim))
    run.expect(promotion.sums_of_floats_keep_the_type(dtype), f"torch.{name}", x)


def _summands(dtype: DType, value: float) -> Array:
    return np.full(7, value * (1j if dtype.is_complex else 1)).astype(dtype.storage)


@verifies(
    promotion.dtype_converts_before_reducing,
    over=[
        (name, source, target, value)
        for name, source, target in product(("sum", "prod"), dtypes.COMMON, dtypes.COMMON)
        for value in ((0.75, 2) if source.format is not None else (2, 100))
        if target.is_complex or not source.is_complex
        if target.bits > 16 or target.is_integral or value == 2
    ],
    proves=True,
)
def test_dtype_argument(run: Run, case: tuple[str, DType, DType, float]) -> None:
    name, source, target, value = case
    array = _summands(source, value)
    x = run.tensor(array)
    run.expect(
        promotion.dtype_converts_before_reducing(name, array, target), f"torch.{name}", x, dtype=target
    )


# Each with the ranks of its operands.
PRODUCTS = {
    "matmul": (2, 2),
    "matmul of vectors": (1, 1),
    "matmul of batches": (3, 2),
    "mm": (2, 2),
    "bmm": (3, 3),
    "mv": (2, 1),
    "dot": (1, 1),
    "addmm": (2, 2, 2),
    "nn.functional.linear": (2, 2),
}


@verifies(
    promotion.matrix_products_take_one_type,
    each=list(PRODUCTS),
    over=product((dtypes.uint8, dtypes.int64, *dtypes.FLOATS, *dtypes.COMPLEXES), repeat=2),
)
def test_matrix_products(run: Run, label: str, pair: tuple[DType, DType]) -> None:
    run.require_data()
    ranks = PRODUCTS[label]
    types = [pair[0]] * (len(ranks) - 1) + [pair[1]]
    tensors = [run.tensor(filled(dtype, ndim)) for dtype, ndim in zip(types, ranks, strict=True)]
    run.expect(promotion.matrix_products_take_one_type(types), f"torch.{label.partition(' ')[0]}", *tensors)


@verifies(
    promotion.lerp_takes_one_type, over=product((*dtypes.FLOATS, *dtypes.COMPLEXES), repeat=3), proves=True
)
def test_lerp(run: Run, types: tuple[DType, DType, DType]) -> None:
    tensors = [run.tensor(filled(dtype, 1)) for dtype in types]
    run.expect(promotion.lerp_takes_one_type(types), "torch.lerp", *tensors)
