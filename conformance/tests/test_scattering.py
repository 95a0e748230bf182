"""Reading and writing single elements along a dimension, and in the flattened tensor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.subscripts import draw_indices
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import scattering
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.scattering import Reduction

Shape = tuple[int, ...]
COUNTED = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_)
REDUCTIONS: tuple[Reduction, ...] = ("sum", "prod", "mean", "amax", "amin")


@dataclass(frozen=True)
class Along:
    """A tensor, a dimension, an index along it and a source for the index."""

    operand: Operand
    dim: int
    index: Operand
    source: Operand

    @property
    def plain(self) -> tuple[Array, int, Array, Array]:
        return self.operand.array, self.dim, self.index.array, self.source.array

    def given(self, run: Run) -> tuple[Any, int, Any, Any]:
        return run.tensor(self.operand), self.dim, run.tensor(self.index), run.tensor(self.source)


def draw_along(tape: Tape, dtype: DType, kind: Kind = "any") -> Along:
    shape = draw_shape(tape, ndim=(0, 1, 2, 3, 4))
    dim = tape.below(2 * max(len(shape), 1)) - max(len(shape), 1)
    size = shape[dim] if shape else 1
    goal = [max(length - tape.below(2), 0) if tape.one_in(3) else length for length in shape]
    if shape:
        goal[dim] = _length(tape, size)
    elif tape.one_in(2):
        goal = [tape.choose((1, 2, 0))]
    index = draw_indices(tape, tuple(goal), size, negative=False)
    larger = tuple(length + (tape.below(2) if tape.one_in(4) else 0) for length in goal)
    return Along(
        draw_operand(tape, dtype, shape, kind),
        dim,
        Operand(index, draw_layout(tape)),
        draw_operand(tape, dtype, larger, kind),
    )


def _length(tape: Tape, size: int) -> int:
    """Draw how long an index is along its dimension: it may be longer than the tensor."""
    if size == 0 or size > 100:
        return size
    return tape.choose((size, size, size + 2, 1, 2 * size, 0))


# Reading.


@verifies(
    scattering.gather_reads_along_a_dimension, drawn=lambda tape: draw_along(tape, tape.choose(dtypes.COMMON))
)
def test_gather(run: Run, case: Along) -> None:
    x, dim, index, _ = case.given(run)
    allowed = scattering.gather_reads_along_a_dimension(*case.plain[:3])
    run.expect(allowed, "torch.gather", x, dim, index)
    run.expect(allowed, "Tensor.gather", x, dim, index)


# Writing.


def draw_write(tape: Tape) -> tuple[Along, bool]:
    return draw_along(tape, tape.choose(dtypes.COMMON)), tape.one_in(3)


@verifies(scattering.scatter_writes_along_a_dimension, drawn=draw_write)
def test_scatter(run: Run, drawn: tuple[Along, bool]) -> None:
    case, by_number = drawn
    x, dim, index, source = case.given(run)
    array, _, places, values = case.plain
    value = 1 if by_number else source
    allowed = scattering.scatter_writes_along_a_dimension(array, dim, places, 1 if by_number else values)
    run.expect(allowed, "torch.scatter", x, dim, index, value)
    run.expect(allowed, "Tensor.scatter", x, dim, index, value)
    run.look(
        scattering.scatter_writes_along_a_dimension(
            array, dim, places[:0] if places.ndim else np.zeros(0, int), 0
        ),
        x,
    )
    run.expect(allowed, "Tensor.scatter_", x, dim, index, value)
    run.look(allowed, x)


@verifies(
    scattering.scatter_add_sums_what_meets_at_a_place,
    drawn=lambda tape: draw_along(tape, tape.choose(COUNTED), "exact"),
)
def test_scatter_add(run: Run, case: Along) -> None:
    x, dim, index, source = case.given(run)
    allowed = scattering.scatter_add_sums_what_meets_at_a_place(*case.plain)
    run.expect(allowed, "torch.scatter_add", x, dim, index, source)
    run.expect(allowed, "Tensor.scatter_add", x, dim, index, source)
    run.expect(allowed, "Tensor.scatter_add_", x, dim, index, source)
    run.look(allowed, x)


@verifies(
    scattering.the_gradient_of_gather_is_scatter_add,
    over=list(product(((4,), (2, 3), (3, 2, 2)), (0, -1), (1, 3), (dtypes.float32, dtypes.float64))),
)
def test_gradient_of_gather(run: Run, case: tuple[Shape, int, int, DType]) -> None:
    shape, dim, length, dtype = case
    goal = list(shape)
    goal[dim] = length
    places = (np.arange(np.prod(goal)) * 5 % 3 % shape[dim]).reshape(goal)
    weights = np.arange(1, places.size + 1).reshape(goal).astype(dtype.storage)
    array = np.ones(shape, dtype.storage)
    x = run.tensor(array, requires_grad=True)
    gathered = run.call("torch.gather", x, dim, run.tensor(places))
    run.call("Tensor.backward", gathered, run.tensor(weights))
    run.expect(
        scattering.the_gradient_of_gather_is_scatter_add(array, dim, places, weights), "Tensor.grad", x
    )


def draw_reduction(tape: Tape, reduction: Reduction) -> tuple[Along, bool]:
    types = [dtype for dtype in COUNTED if not dtype.is_complex or reduction in ("sum", "prod", "mean")]
    kind: Kind = "exact" if reduction in ("sum", "mean") else "ties" if reduction == "prod" else "finite"
    return draw_along(tape, tape.choose(types), kind), tape.one_in(2)


@verifies(scattering.scatter_reduce_reduces_what_meets_at_a_place, drawn=draw_reduction, each=REDUCTIONS)
def test_scatter_reduce(run: Run, reduction: Reduction, drawn: tuple[Along, bool]) -> None:
    case, without_self = drawn
    x, dim, index, source = case.given(run)
    rule = scattering.scatter_reduce_reduces_what_meets_at_a_place
    allowed = rule(*case.plain, reduction, not without_self)
    options = {"include_self": False} if without_self else {}
    run.expect(allowed, "torch.scatter_reduce", x, dim, index, source, reduction, **options)
    run.expect(allowed, "Tensor.scatter_reduce", x, dim, index, source, reduce=reduction, **options)
    run.expect(allowed, "Tensor.scatter_reduce_", x, dim, index, source, reduction, **options)
    run.look(allowed, x)


@verifies(
    scattering.scatter_extremes_of_nan_are_nan,
    over=list(product(("amax", "amin"), (True, False), dtypes.FLOATS)),
)
def test_scatter_reduce_of_nan(run: Run, case: tuple[Reduction, bool, DType]) -> None:
    reduction, include_self, dtype = case
    nan = float("nan")
    array = np.array([nan, 1.0, 2.0, 3.0]).astype(dtype.storage)
    source = np.array([5.0, nan, 0.0, 7.0, nan, 1.0]).astype(dtype.storage)
    index = np.array([0, 1, 1, 2, 2, 0])
    allowed = scattering.scatter_extremes_of_nan_are_nan(array, 0, index, source, reduction, include_self)
    args = run.tensor(array), 0, run.tensor(index), run.tensor(source), reduction
    run.expect(allowed, "torch.scatter_reduce", *args, include_self=include_self)


@verifies(
    scattering.scatter_takes_a_reduction,
    over=list(product(("add", "multiply", "mean", "sum", "amax", "nonsense"), (3, -1, None))),
)
def test_scatter_with_a_reduction(run: Run, case: tuple[str, int | None]) -> None:
    reduce, number = case
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    index, source = np.array([[0, 1, 1], [1, 1, 1]]), np.array([[2, 3, 4], [5, 6, 7]], np.float32)
    value = source if number is None else number
    allowed = scattering.scatter_takes_a_reduction(array, 0, index, value, reduce)
    x, given = run.tensor(array), run.tensor(source) if number is None else number
    run.expect(allowed, "Tensor.scatter", x, 0, run.tensor(index), given, reduce=reduce)
    run.expect(allowed, "Tensor.scatter_", x, 0, run.tensor(index), given, reduce=reduce)


# What is refused.

WRITERS = ("Tensor.scatter", "Tensor.scatter_add", "Tensor.scatter_reduce")


def write(run: Run, name: str, x: Any, index: Any, allowed: Any, source: Any) -> None:
    more = ("sum",) if name.endswith("reduce") else ()
    for form in (name, f"{name}_"):
        run.expect(allowed, form, x, 0, index, source, *more)


@verifies(
    scattering.indices_along_a_dimension_are_not_negative_nor_too_large,
    over=[*product(((3,), (2, 3), (3, 0, 2), ()), (-1, -100, 3, 10**9), ("contiguous", "transposed"))],
)
def test_indices_out_of_range(run: Run, case: tuple[Shape, int, str]) -> None:
    shape, wrong, layout = case
    allowed = scattering.indices_along_a_dimension_are_not_negative_nor_too_large()
    goal = tuple(size or 1 for size in shape)
    if 0 in shape:
        shape = (0, *goal[1:])
    x = run.tensor(Operand(np.zeros(shape, np.float32), layout))
    places = np.zeros(goal, np.int64)
    places.reshape(-1)[-1] = wrong
    index, source = run.tensor(places), run.tensor(np.ones(goal, np.float32))
    run.expect(allowed, "torch.gather", x, 0, index)
    for name in WRITERS:
        write(run, name, x, index, allowed, source)
    run.expect(allowed, "Tensor.scatter_", x, 0, index, 1)


@verifies(
    scattering.an_index_of_another_rank_or_a_larger_size_is_refused,
    over=[
        *(((2, 3), shape, (9, 9)) for shape in [(3,), (1, 1, 1), (2, 4), (1, 4), ()]),
        *(((2, 3, 4), shape, (9, 9, 9)) for shape in [(2, 3, 5), (2, 4, 4), (2, 3)]),
        *(((2, 3), shape, source) for shape, source in [((2, 3), (2, 2)), ((2, 3), (1, 3)), ((2, 2), (2,))]),
    ],
)
def test_sizes_of_indices(run: Run, case: tuple[Shape, Shape, Shape]) -> None:
    shape, size, source_shape = case
    allowed = scattering.an_index_of_another_rank_or_a_larger_size_is_refused()
    x, index = run.tensor(np.zeros(shape, np.float32)), run.tensor(np.zeros(size, np.int64))
    source = run.tensor(np.zeros(source_shape, np.float32))
    for name in WRITERS:
        write(run, name, x, index, allowed, source)
    if 9 in source_shape:
        run.expect(allowed, "torch.gather", x, 0, index)
        run.expect(allowed, "Tensor.scatter_", x, 0, index, 1)


@verifies(scattering.scatter_broadcasts_its_index, over=[(0, [1, 0, 1]), (1, [1, 0, 2])])
def test_broadcast_of_indices(run: Run, case: tuple[int, list[int]]) -> None:
    dim, places = case
    array, index = np.zeros((2, 3), np.float32), np.array(places)
    allowed = scattering.scatter_broadcasts_its_index(array, dim, index, 1)
    run.expect(allowed, "Tensor.scatter", run.tensor(array), dim, run.tensor(index), 1)


@verifies(
    scattering.a_source_of_another_type_is_refused,
    over=[(a, b) for a, b in product(dtypes.COMMON, repeat=2) if a is not b],
)
def test_types_of_sources(run: Run, case: tuple[DType, DType]) -> None:
    run.require_data()
    target, other = case
    allowed = scattering.a_source_of_another_type_is_refused()
    x, source = run.tensor(np.zeros(3, target.storage)), run.tensor(np.ones(2, other.storage))
    index = run.tensor(np.array([0, 1]))
    for name in WRITERS:
        write(run, name, x, index, allowed, source)
    for name in ("Tensor.index_add_", "Tensor.index_copy_"):
        run.expect(allowed, name, x, 0, index, source)
    run.expect(allowed, "Tensor.put_", x, index, source)


@verifies(scattering.indices_of_gather_and_scatter_are_int64, over=dtypes.COMMON)
def test_types_of_indices(run: Run, dtype: DType) -> None:
    array, source = np.array([4.0, 5.0, 6.0], np.float32), np.array([7.0, 8.0], np.float32)
    places = np.array([0, 1])
    x, index, given = run.tensor(array), run.tensor(places.astype(dtype.storage)), run.tensor(source)
    allowed = scattering.indices_of_gather_and_scatter_are_int64
    read = scattering.gather_reads_along_a_dimension(array, 0, places)
    run.expect(allowed(dtype, read), "torch.gather", x, 0, index)
    written = scattering.scatter_writes_along_a_dimension(array, 0, places, source)
    run.expect(allowed(dtype, written), "Tensor.scatter", x, 0, index, given)
    added = scattering.scatter_add_sums_what_meets_at_a_place(array, 0, places, source)
    run.expect(allowed(dtype, added), "Tensor.scatter_add", x, 0, index, given)


# The flattened tensor.


@dataclass(frozen=True)
class Flat:
    """A tensor, places of its elements and a source for them."""

    operand: Operand
    index: Operand
    source: Operand


def draw_flat(tape: Tape, dtype: DType, kind: Kind = "any") -> Flat:
    shape = draw_shape(tape)
    size = int(np.prod(shape))
    goal = tape.choose(((3,), (2,), (2, 2), (1,), (), (0,), (2, 3), (3, 0))) if size else (0,)
    if size > 1000:
        goal = (4200,)
    index = Operand(draw_indices(tape, goal, size), draw_layout(tape))
    reshaped = goal if tape.one_in(2) else (int(np.prod(goal)), 1)
    return Flat(draw_operand(tape, dtype, shape, kind), index, draw_operand(tape, dtype, reshaped, kind))


@verifies(
    scattering.take_reads_the_flattened_tensor, drawn=lambda tape: draw_flat(tape, tape.choose(dtypes.COMMON))
)
def test_take(run: Run, case: Flat) -> None:
    allowed = scattering.take_reads_the_flattened_tensor(case.operand.array, case.index.array)
    x, index = run.tensor(case.operand), run.tensor(case.index)
    run.expect(allowed, "torch.take", x, index)
    run.expect(allowed, "Tensor.take", x, index)


def draw_put(tape: Tape) -> tuple[Flat, bool]:
    accumulate = tape.one_in(2)
    types = COUNTED if accumulate else dtypes.COMMON
    return draw_flat(tape, tape.choose(types), "exact" if accumulate else "any"), accumulate


@verifies(scattering.put_writes_the_flattened_tensor, drawn=draw_put)
def test_put(run: Run, drawn: tuple[Flat, bool]) -> None:
    case, accumulate = drawn
    array, index, source = case.operand.array, case.index.array, case.source.array
    allowed = scattering.put_writes_the_flattened_tensor(array, index, source, accumulate)
    x, places, given = (run.tensor(operand) for operand in (case.operand, case.index, case.source))
    run.expect(allowed, "Tensor.put", x, places, given, accumulate)
    run.expect(allowed, "Tensor.put_", x, places, given, accumulate=accumulate)
    run.look(allowed, x)


@verifies(
    scattering.a_place_out_of_range_is_refused,
    over=list(product(((2, 3), (6,), (1, 6, 1)), (6, -7, 1000), ((1,), (2, 2)))),
)
def test_places_out_of_range(run: Run, case: tuple[Shape, int, Shape]) -> None:
    shape, wrong, goal = case
    allowed = scattering.a_place_out_of_range_is_refused()
    places = np.zeros(goal, np.int64)
    places.reshape(-1)[-1] = wrong
    x, index = run.tensor(np.zeros(shape, np.float32)), run.tensor(places)
    run.expect(allowed, "torch.take", x, index)
    run.expect(allowed, "Tensor.put_", x, index, run.tensor(np.ones(goal, np.float32)))


@verifies(
    scattering.put_needs_as_many_elements_as_indices,
    over=[((2,), (3,)), ((2,), (1,)), ((2,), ()), ((2, 2), (2,)), ((1,), (0,)), ((3,), (2,))],
)
def test_sources_of_put(run: Run, case: tuple[Shape, Shape]) -> None:
    run.require_data()
    goal, size = case
    x, index = run.tensor(np.zeros((2, 3), np.float32)), run.tensor(np.zeros(goal, np.int64))
    source = run.tensor(np.ones(size, np.float32))
    run.expect(scattering.put_needs_as_many_elements_as_indices(), "Tensor.put_", x, index, source)
