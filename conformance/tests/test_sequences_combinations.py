"""Grids, products, choices and one-hot rows."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import sequences
from tensorcanon.spec.rules import combinations, dtypes


def draw_vectors(tape: Tape) -> list[Operand]:
    """One to four vectors of one type."""
    dtype = tape.choose(dtypes.COMMON)
    sizes = [tape.choose((2, 3, 1, 5, 0)) for _ in range(tape.choose((2, 3, 1, 4)))]
    if tape.one_in(16):
        sizes[:2] = [67, 65][: len(sizes)]
        del sizes[2:]
    return [Operand(draw_array(tape, dtype, (size,)), draw_layout(tape)) for size in sizes]


@verifies(
    sequences.meshgrid_repeats_each_vector_along_its_own_dimension,
    sequences.meshgrid_is_a_view_of_its_vectors,
    drawn=draw_vectors,
)
def test_meshgrid(run: Run, vectors: list[Operand]) -> None:
    arrays = [vector.array for vector in vectors]
    handles = [run.tensor(vector) for vector in vectors]
    for indexing in ("ij", "xy"):
        allowed = sequences.meshgrid_repeats_each_vector_along_its_own_dimension(arrays, indexing)
        grids = run.expect(allowed, "torch.meshgrid", *handles, indexing=indexing)
        run.expect(allowed, "torch.meshgrid", handles, indexing=indexing)
        strides = combinations.meshgrid_strides([vector.strides[0] for vector in vectors], indexing)
        for grid, array, stride in zip(grids, combinations.meshgrid(arrays, indexing), strides, strict=True):
            run.look(sequences.meshgrid_is_a_view_of_its_vectors(array, stride), grid)
    written = [*arrays[:-1], np.ones_like(arrays[-1])]
    run.call("Tensor.fill_", handles[-1], 1)
    run.look(sequences.meshgrid_is_a_view_of_its_vectors(combinations.meshgrid(written, "xy")[-1]), grids[-1])


@verifies(sequences.meshgrid_without_indexing_warns, over=((2,), (2, 3), (2, 3, 2)))
def test_meshgrid_warning(run: Run, sizes: tuple[int, ...]) -> None:
    arrays = [np.arange(size) for size in sizes]
    handles = [run.tensor(array) for array in arrays]
    run.call("torch.set_warn_always", True)
    try:
        run.expect(sequences.meshgrid_without_indexing_warns(arrays), "torch.meshgrid", *handles)
    finally:
        run.call("torch.set_warn_always", False)


@verifies(sequences.cartesian_prod_lists_all_tuples, drawn=draw_vectors)
def test_cartesian_prod(run: Run, vectors: list[Operand]) -> None:
    handles = [run.tensor(vector) for vector in vectors]
    allowed = sequences.cartesian_prod_lists_all_tuples([vector.array for vector in vectors])
    run.expect(allowed, "torch.cartesian_prod", *handles)


def draw_choices(tape: Tape) -> tuple[Operand, int, bool]:
    dtype = tape.choose(dtypes.COMMON)
    vector = Operand(draw_array(tape, dtype, (tape.choose((3, 4, 1, 5, 0)),)), draw_layout(tape))
    return vector, tape.choose((2, 1, 3, 4)), tape.one_in(2)


@verifies(sequences.combinations_lists_choices_by_place, drawn=draw_choices)
def test_combinations(run: Run, case: tuple[Operand, int, bool]) -> None:
    vector, length, repeats = case
    x = run.tensor(vector)
    allowed = sequences.combinations_lists_choices_by_place(vector.array, length, repeats)
    run.expect(allowed, "torch.combinations", x, r=length, with_replacement=repeats)
    if length == 2 and not repeats:
        run.expect(allowed, "torch.combinations", x)


def draw_classes(tape: Tape) -> tuple[Operand, int]:
    shape = draw_shape(tape, ndim=(0, 1, 2, 3))
    array = tape.take(int(np.prod(shape))).reshape(shape) % 6
    return Operand(array.astype(np.int64), draw_layout(tape)), tape.choose((-1, 6, 9, 3))


@verifies(sequences.one_hot_marks_the_class, drawn=draw_classes)
def test_one_hot(run: Run, case: tuple[Operand, int]) -> None:
    classes, count = case
    if count == -1:
        run.require_data()
    x = run.tensor(classes)
    allowed = sequences.one_hot_marks_the_class(classes.array, count)
    run.expect(allowed, "torch.nn.functional.one_hot", x, count)
    run.expect(allowed, "torch.nn.functional.one_hot", x, num_classes=count)
    if count == -1:
        run.expect(allowed, "torch.nn.functional.one_hot", x)


@verifies(
    sequences.one_hot_marks_the_class,
    over=[
        *product(([0, -1], [-1], [3], [[2], [4]]), (3,)),
        *(([0, -2], -1), ([], -1), ([0, 1], 0), ([0], 1)),
    ],
)
def test_one_hot_refusals(run: Run, case: tuple[Any, int]) -> None:
    data, count = case
    run.require_data()
    array: Array = np.array(data, np.int64)
    x = run.tensor(array)
    run.expect(sequences.one_hot_marks_the_class(array, count), "torch.nn.functional.one_hot", x, count)


@verifies(sequences.one_hot_marks_the_class, over=(np.int32, np.uint8, np.float32, np.bool_))
def test_one_hot_types(run: Run, kind: type) -> None:
    array: Array = np.array([0, 1], kind)
    run.call("torch.nn.functional.one_hot", run.tensor(np.array([0, 1])), 2)
    refused = sequences.one_hot_marks_the_class(array, 2)
    run.expect(refused, "torch.nn.functional.one_hot", run.tensor(array), 2)
