"""Joining: lists of shapes that fit and that do not, and how stack, cat and unbind go together."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, Operand, Shape
from tensorcanon.conformance.run import Run
from tensorcanon.spec import rearranging
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Shapes = tuple[list[Shape], int]


@verifies(
    rearranging.stack_is_cat_of_unsqueezed_tensors,
    rearranging.unbind_undoes_stack,
    over=product(dtypes.COMMON, ((2, 3), (), (0,), (4,)), LAYOUTS[:4]),
)
def test_stack_cat_and_unbind(run: Run, case: tuple[DType, Shape, str]) -> None:
    dtype, shape, layout = case
    arrays = [(np.arange(np.prod(shape)) + k).reshape(shape).astype(dtype.storage) for k in range(3)]
    tensors = [run.tensor(Operand(array, layout)) for array in arrays]
    for dim in range(-len(shape) - 1, len(shape) + 1):
        allowed = rearranging.stack_is_cat_of_unsqueezed_tensors(arrays, dim)
        stacked = run.expect(allowed, "torch.stack", tensors, dim)
        run.expect(allowed, "torch.cat", [run.call("Tensor.unsqueeze", x, dim) for x in tensors], dim)
        run.expect(rearranging.unbind_undoes_stack(arrays), "torch.unbind", stacked, dim)


# Lists of shapes that do not fit, and dimensions that do not exist.
MISFITS: tuple[Shapes, ...] = (
    ([(2, 3), (2, 4)], 0),
    ([(2, 3), (3, 3)], 1),
    ([(2, 3), (3,)], 0),
    ([(2, 3, 4), (2, 3)], 0),
    ([(), ()], 0),
    ([(2,), ()], 0),
    ([(2, 3), (2, 3)], 2),
    ([(2, 3), (2, 3)], -3),
    ([(1, 0), (2, 3)], 0),
    ([(2, 3), (2, 3), (2, 2)], 0),
)
EMPTIES: tuple[Shapes, ...] = (
    ([(0,), (2, 3)], 0),
    ([(0,), (2, 3)], 1),
    ([(2, 3), (0,), (2, 1)], 1),
    ([(0,), (0,)], 0),
    ([(2, 3, 4), (0,)], -1),
    ([(0,), (2,), (3,)], 0),
    ([], 0),
)


@verifies(rearranging.cat_joins_along_a_dimension, over=product(MISFITS, dtypes.COMMON))
def test_cat_refuses(run: Run, case: tuple[Shapes, DType]) -> None:
    run.require_data()
    (shapes, dim), dtype = case
    arrays = [np.ones(shape, dtype.storage) for shape in shapes]
    run.expect(
        rearranging.cat_joins_along_a_dimension(arrays, dim),
        "torch.cat",
        [run.tensor(a) for a in arrays],
        dim,
    )


@verifies(rearranging.cat_leaves_out_empty_vectors, over=product(EMPTIES, dtypes.COMMON))
def test_cat_of_empty_vectors(run: Run, case: tuple[Shapes, DType]) -> None:
    (shapes, dim), dtype = case
    arrays = [np.ones(shape, dtype.storage) for shape in shapes]
    run.expect(
        rearranging.cat_leaves_out_empty_vectors(arrays, dim),
        "torch.cat",
        [run.tensor(a) for a in arrays],
        dim,
    )


STACK_MISFITS: tuple[Shapes, ...] = (
    ([(2,), (3,)], 0),
    ([(2,), (2, 1)], 0),
    ([(0,), (2,)], 0),
    ([(2,), (2,)], 2),
    ([(2,), (2,)], -3),
    ([(), ()], 1),
    ([], 0),
)


@verifies(rearranging.stack_joins_along_a_new_dimension, over=STACK_MISFITS)
def test_stack_refuses(run: Run, case: Shapes) -> None:
    shapes, dim = case
    arrays = [np.ones(shape, np.float32) for shape in shapes]
    allowed = rearranging.stack_joins_along_a_new_dimension(arrays, dim)
    run.expect(allowed, "torch.stack", [run.tensor(array) for array in arrays], dim)


@verifies(rearranging.stacks_of_rows_columns_and_depth, over=[(2, 3), (3, 2)])
def test_stacks_refuse(run: Run, case: tuple[int, int]) -> None:
    tall, wide = (np.ones(shape, np.float32) for shape in (case, case[::-1]))
    for name in ("vstack", "hstack", "dstack", "column_stack"):
        allowed = rearranging.stacks_of_rows_columns_and_depth(name, [tall, wide])
        run.expect(allowed, f"torch.{name}", [run.tensor(tall), run.tensor(wide)])
