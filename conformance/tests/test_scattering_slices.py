"""Reading and writing whole slices, gathering with broadcasting, and parts replaced."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.subscripts import draw_indices, draw_slice
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import scattering
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Number

Shape = tuple[int, ...]
COUNTED = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_)
RANKED = (1, 2, 3, 4)


@dataclass(frozen=True)
class Slices:
    """A tensor, a dimension, a vector of indices along it and a source with a slice for each."""

    operand: Operand
    dim: int
    index: Operand
    source: Operand

    @property
    def plain(self) -> tuple[Array, int, Array]:
        return self.operand.array, self.dim, self.index.array

    def given(self, run: Run) -> tuple[Any, int, Any]:
        return run.tensor(self.operand), self.dim, run.tensor(self.index)


def draw_slices(tape: Tape, dtype: DType, kind: Kind = "any", *, narrow: bool = False) -> Slices:
    """Draw listed slices; `narrow` allows int32 indices."""
    shape = draw_shape(tape)
    rank = max(len(shape), 1)
    dim = tape.below(2 * rank) - rank
    size = shape[dim] if shape else 1
    length = 0 if size == 0 else tape.choose((3, size, 2, 5, 1, 0)) if shape else 1
    goal = () if length == 1 and tape.one_in(2) else (length,)
    index = draw_indices(tape, goal, size, negative=False)
    if narrow and tape.one_in(3):
        index = index.astype(np.int32)
    spread = list(shape)
    if shape:
        spread[dim] = length
    source = draw_operand(tape, dtype, tuple(spread), kind)
    layout = "stepped" if tape.one_in(4) else "contiguous"
    return Slices(draw_operand(tape, dtype, shape, kind), dim, Operand(index, layout), source)


@verifies(
    scattering.index_select_copies_the_listed_slices,
    drawn=lambda tape: draw_slices(tape, tape.choose(dtypes.COMMON), narrow=True),
)
def test_index_select(run: Run, case: Slices) -> None:
    allowed = scattering.index_select_copies_the_listed_slices(*case.plain)
    x, dim, index = case.given(run)
    run.expect(allowed, "torch.index_select", x, dim, index)
    picked = run.expect(allowed, "Tensor.index_select", x, dim, index)
    if picked is not None:
        run.call("Tensor.fill_", picked, 1)
        run.expect(allowed, "Tensor.index_select", x, dim, index)


@verifies(
    scattering.a_slice_out_of_range_is_refused,
    over=list(product((((3,), 0), ((2, 3), 1), ((3, 2), 0), ((0,), 0)), (3, 100), (1, 2))),
)
def test_slices_out_of_range(run: Run, case: tuple[tuple[Shape, int], int, int]) -> None:
    (shape, dim), wrong, length = case
    allowed = scattering.a_slice_out_of_range_is_refused()
    x, index = run.tensor(np.zeros(shape, np.float32)), run.tensor(np.full(length, wrong))
    source = run.tensor(np.ones((*shape[:dim], length, *shape[dim + 1 :]), np.float32))
    run.expect(allowed, "torch.index_select", x, dim, index)
    run.expect(allowed, "Tensor.index_add_", x, dim, index, source)
    run.expect(allowed, "Tensor.index_copy_", x, dim, index, source)
    run.expect(allowed, "Tensor.index_fill_", x, dim, index, 1)


def draw_addition(tape: Tape) -> tuple[Slices, Number]:
    dtype = tape.choose(COUNTED)
    alphas: tuple[Number, ...] = (2, 3, -1, 0) if dtype.is_integral else (2, -1, 2.5, 0.5)
    if dtype is dtypes.uint8:
        alphas = (2, 3)
    return draw_slices(tape, dtype, "exact", narrow=True), 1 if tape.one_in(2) else tape.choose(alphas)


@verifies(scattering.index_add_adds_every_listed_slice, drawn=draw_addition)
def test_index_add(run: Run, drawn: tuple[Slices, Number]) -> None:
    case, alpha = drawn
    allowed = scattering.index_add_adds_every_listed_slice(*case.plain, case.source.array, alpha)
    x, dim, index = case.given(run)
    source = run.tensor(case.source)
    options = {} if alpha == 1 else {"alpha": alpha}
    run.expect(allowed, "torch.index_add", x, dim, index, source, **options)
    run.expect(allowed, "Tensor.index_add", x, dim, index, source, **options)
    run.expect(allowed, "Tensor.index_add_", x, dim, index, source, **options)
    run.look(allowed, x)


@verifies(
    scattering.index_add_adds_every_listed_slice,
    over=list(product((dtypes.float32, dtypes.int64, dtypes.float16), ((4200,), (4200, 2)), (1, 3))),
)
def test_large_index_add(run: Run, case: tuple[DType, Shape, int]) -> None:
    """Many indices for few slices: every contribution counts."""
    dtype, shape, rows = case
    source = (np.arange(np.prod(shape)) % 5 == 0).reshape(shape).astype(dtype.storage)
    index = np.arange(shape[0]) % rows
    array = np.zeros((rows, *shape[1:]), dtype.storage)
    allowed = scattering.index_add_adds_every_listed_slice(array, 0, index, source)
    run.expect(allowed, "Tensor.index_add_", run.tensor(array), 0, run.tensor(index), run.tensor(source))


@verifies(
    scattering.as_many_slices_as_indices_are_due,
    over=[
        *(((2, 3), 0, 2, source) for source in [(1, 3), (3, 3), (2, 2), (2, 4), (2,)]),
        *(((2, 3), 1, 1, source) for source in [(2, 3), (3, 1), (2, 0), (2, 1, 1)]),
        *(((3,), 0, 2, source) for source in [(1,), (3,), (0,)]),
    ],
)
def test_sizes_of_sources(run: Run, case: tuple[Shape, int, int, Shape]) -> None:
    run.require_data()
    shape, dim, length, size = case
    allowed = scattering.as_many_slices_as_indices_are_due()
    x, index = run.tensor(np.zeros(shape, np.float32)), run.tensor(np.zeros(length, np.int64))
    source = run.tensor(np.ones(size, np.float32))
    for name in ("Tensor.index_add_", "Tensor.index_add", "Tensor.index_copy_", "Tensor.index_copy"):
        run.expect(allowed, name, x, dim, index, source)


@verifies(
    scattering.index_copy_overwrites_the_listed_slices,
    drawn=lambda tape: draw_slices(tape, tape.choose(dtypes.COMMON)),
)
def test_index_copy(run: Run, case: Slices) -> None:
    allowed = scattering.index_copy_overwrites_the_listed_slices(*case.plain, case.source.array)
    x, dim, index = case.given(run)
    source = run.tensor(case.source)
    run.expect(allowed, "torch.index_copy", x, dim, index, source)
    run.expect(allowed, "Tensor.index_copy", x, dim, index, source)
    run.expect(allowed, "Tensor.index_copy_", x, dim, index, source)
    run.look(allowed, x)


def draw_filling(tape: Tape) -> tuple[Slices, Number]:
    dtype = tape.choose(dtypes.COMMON)
    return draw_slices(tape, dtype), tape.choose((1, 0, 3, 2.5) if not dtype.is_integral else (1, 0, 3, 7))


@verifies(scattering.index_fill_fills_the_listed_slices, drawn=draw_filling)
def test_index_fill(run: Run, drawn: tuple[Slices, Number]) -> None:
    case, number = drawn
    allowed = scattering.index_fill_fills_the_listed_slices(*case.plain, number)
    x, dim, index = case.given(run)
    value = run.tensor(np.asarray(number).astype(case.operand.array.dtype))
    run.expect(allowed, "torch.index_fill", x, dim, index, number)
    run.expect(allowed, "Tensor.index_fill", x, dim, index, value)
    run.expect(allowed, "Tensor.index_fill_", x, dim, index, number)
    run.look(allowed, x)


@verifies(
    scattering.indices_of_take_and_index_copy_are_int64,
    over=[dtype for dtype in dtypes.COMMON if dtype is not dtypes.int64],
)
def test_types_of_indices(run: Run, dtype: DType) -> None:
    run.require_data()
    allowed = scattering.indices_of_take_and_index_copy_are_int64()
    x, index = run.tensor(np.ones(3, np.float32)), run.tensor(np.array([0, 1]).astype(dtype.storage))
    source = run.tensor(np.ones(2, np.float32))
    run.expect(allowed, "torch.take", x, index)
    run.expect(allowed, "Tensor.put_", x, index, source)
    run.expect(allowed, "torch.take_along_dim", x, index, 0)
    run.expect(allowed, "Tensor.index_copy_", x, 0, index, source)
    run.expect(allowed, "Tensor.index_fill_", x, 0, index, 1)


# Gathering with broadcasting.


def draw_spread(tape: Tape) -> tuple[Operand, Operand, int | None]:
    operand = draw_operand(tape, tape.choose(dtypes.COMMON), draw_shape(tape, ndim=RANKED))
    if tape.one_in(4):
        operand = Operand(operand.array, "offset" if tape.one_in(2) else "contiguous")
        count = operand.array.size
        return operand, Operand(draw_indices(tape, (3 if count else 0,), count, negative=False)), None
    dim = tape.below(operand.ndim)
    size = operand.shape[dim]
    goal = tuple(1 if tape.one_in(3) else length for length in operand.shape)
    length = 0 if size == 0 else size if size > 100 else tape.choose((size, 1, 2, 0))
    goal = (*goal[:dim], length, *goal[dim + 1 :])
    index = draw_indices(tape, goal, size, negative=False)
    return operand, Operand(index, draw_layout(tape)), dim - operand.ndim if tape.one_in(2) else dim


@verifies(scattering.take_along_dim_gathers_with_broadcasting, drawn=draw_spread)
def test_take_along_dim(run: Run, case: tuple[Operand, Operand, int | None]) -> None:
    operand, index, dim = case
    allowed = scattering.take_along_dim_gathers_with_broadcasting(operand.array, index.array, dim)
    x, places = run.tensor(operand), run.tensor(index)
    run.expect(allowed, "torch.take_along_dim", x, places, **({} if dim is None else {"dim": dim}))
    if dim is not None:
        run.expect(allowed, "Tensor.take_along_dim", x, places, dim)


@verifies(scattering.take_along_dim_flattens_any_layout, over=["transposed", "stepped"])
def test_take_along_no_dim(run: Run, layout: str) -> None:
    array, index = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([0, 4, 1])
    allowed = scattering.take_along_dim_flattens_any_layout(array, index)
    run.expect(allowed, "torch.take_along_dim", run.tensor(Operand(array, layout)), run.tensor(index))


@verifies(
    scattering.taking_along_a_sorted_index_sorts,
    over=list(product(((4,), (3, 5), (2, 3, 4), (2, 300)), (0, -1), (dtypes.float32, dtypes.int32))),
)
def test_take_along_a_sorted_index(run: Run, case: tuple[Shape, int, DType]) -> None:
    shape, dim, dtype = case
    array = (np.arange(np.prod(shape)) * 7919 % 1009).reshape(shape).astype(dtype.storage)
    x = run.tensor(Operand(array, "transposed"))
    order = run.call("Tensor.argsort", x, dim)
    run.expect(
        scattering.taking_along_a_sorted_index_sorts(array, dim), "Tensor.take_along_dim", x, order, dim
    )


# A part replaced.


def draw_selected(tape: Tape) -> tuple[Operand, Operand, int, int]:
    shape = draw_shape(tape, ndim=RANKED)
    dims = [dim for dim in range(len(shape)) if shape[dim]] or [0]
    dim = tape.choose(dims)
    shape = shape if shape[dim] else (1, *shape[1:])
    dtype = tape.choose(dtypes.COMMON)
    part = shape[:dim] + shape[dim + 1 :]
    index = tape.below(2 * shape[dim]) - shape[dim]
    return draw_operand(tape, dtype, shape), draw_operand(tape, dtype, part), dim, index


@verifies(scattering.select_scatter_replaces_a_slice, drawn=draw_selected)
def test_select_scatter(run: Run, case: tuple[Operand, Operand, int, int]) -> None:
    operand, source, dim, index = case
    allowed = scattering.select_scatter_replaces_a_slice(operand.array, source.array, dim, index)
    x, given = run.tensor(operand), run.tensor(source)
    run.expect(allowed, "torch.select_scatter", x, given, dim, index)
    run.expect(allowed, "Tensor.select_scatter", x, given, dim - operand.ndim, index)


def draw_ranged(tape: Tape) -> tuple[Operand, Operand, int, slice]:
    shape = draw_shape(tape, ndim=RANKED)
    dim = tape.below(len(shape))
    part = draw_slice(tape, shape[dim])
    length = len(range(shape[dim])[part])
    dtype = tape.choose(dtypes.COMMON)
    return (
        draw_operand(tape, dtype, shape),
        draw_operand(tape, dtype, (*shape[:dim], length, *shape[dim + 1 :])),
        dim,
        part,
    )


@verifies(scattering.slice_scatter_replaces_a_range, drawn=draw_ranged)
def test_slice_scatter(run: Run, case: tuple[Operand, Operand, int, slice]) -> None:
    operand, source, dim, part = case
    allowed = scattering.slice_scatter_replaces_a_range(operand.array, source.array, dim, part)
    x, given = run.tensor(operand), run.tensor(source)
    run.expect(allowed, "torch.slice_scatter", x, given, dim, part.start, part.stop, part.step or 1)
    named = {"dim": dim, "start": part.start, "end": part.stop, "step": part.step or 1}
    run.expect(allowed, "Tensor.slice_scatter", x, given, **named)
    own = np.moveaxis(np.moveaxis(operand.array, dim, 0)[part], 0, dim)
    run.look(scattering.slice_scatter_replaces_a_range(operand.array, own, dim, part), x)


@verifies(
    scattering.diagonal_scatter_replaces_a_diagonal,
    over=list(product(((3, 3), (2, 4), (4, 2), (2, 3, 2)), (-2, -1, 0, 1, 2), ("contiguous", "transposed"))),
)
def test_diagonal_scatter(run: Run, case: tuple[Shape, int, str]) -> None:
    shape, offset, layout = case
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    source = -1 - np.ascontiguousarray(np.diagonal(array, offset, 0, 1))
    allowed = scattering.diagonal_scatter_replaces_a_diagonal(array, source, offset)
    x, given = run.tensor(Operand(array, layout)), run.tensor(source)
    run.expect(allowed, "torch.diagonal_scatter", x, given, offset)
    run.expect(allowed, "Tensor.diagonal_scatter", x, given, offset=offset)


@verifies(
    scattering.a_source_of_another_shape_than_the_part_is_refused,
    over=[
        *(("select_scatter", size, (0, 0)) for size in [(1,), (2,), (), (1, 3)]),
        *(("slice_scatter", size, (1, 0, 2)) for size in [(2, 1), (1, 2), (2, 3), (2,)]),
        *(("diagonal_scatter", size, ()) for size in [(1,), (3,), ()]),
    ],
)
def test_sources_of_another_shape(run: Run, case: tuple[str, Shape, tuple[int, ...]]) -> None:
    run.require_data()
    name, size, args = case
    x, source = run.tensor(np.zeros((2, 3), np.float32)), run.tensor(np.ones(size, np.float32))
    allowed = scattering.a_source_of_another_shape_than_the_part_is_refused()
    run.expect(allowed, f"torch.{name}", x, source, *args)


SQUARES = [(3, 3), (2, 3), (3, 2), (7, 3), (7, 2), (3, 7), (2, 2, 2), (3, 3, 3, 3), (1, 1)]


@verifies(
    scattering.fill_diagonal_fills_the_main_diagonal,
    over=[
        *product([*SQUARES, (2, 2, 3), (3,), ()], (False,), ("contiguous", "transposed", "stepped")),
        *product([*SQUARES, (2, 2, 3), (3,)], (True,), ("contiguous", "offset")),
    ],
)
def test_fill_diagonal(run: Run, case: tuple[Shape, bool, str]) -> None:
    shape, wrap, layout = case
    array = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
    allowed = scattering.fill_diagonal_fills_the_main_diagonal(array, 9, wrap)
    x = run.tensor(Operand(array, layout))
    run.expect(allowed, "Tensor.fill_diagonal_", x, 9, wrap)
