"""Sizes, and reshaping where views and copies mix."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance import arguments
from tensorcanon.conformance.aliasing import altered, draw_base, repeats, storage_of, window_of
from tensorcanon.conformance.backend import Symbol
from tensorcanon.conformance.calls import Call, both, draw_call
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, SHAPES, Operand, Shape, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import shape as chapter
from tensorcanon.spec.outcome import Raises
from tensorcanon.spec.rules import dtypes, reshaping
from tensorcanon.spec.rules.dtypes import DType


@verifies(
    chapter.size_is_a_tuple_of_the_sizes,
    chapter.a_size_is_a_tuple,
    chapter.size_of_one_dimension_is_an_int,
    chapter.dim_is_the_number_of_sizes,
    chapter.numel_is_the_product_of_the_sizes,
    over=product(SHAPES, ("contiguous", "transposed", "expanded"), (dtypes.float32, dtypes.bool_)),
)
def test_sizes(run: Run, case: tuple[Shape, str, DType]) -> None:
    shape, layout, dtype = case
    x = run.tensor(Operand(np.zeros(shape, dtype.storage), layout))
    for form in ("Tensor.size", "Tensor.shape"):
        if shape:
            run.expect(chapter.size_is_a_tuple_of_the_sizes(shape), form, x)
        size = run.call(form, x)
        run.expect(chapter.a_size_is_a_tuple(), "operator.eq", size, shape)
        run.expect(chapter.a_size_is_a_tuple(), "builtins.isinstance", size, Symbol("Size"))
        run.expect(chapter.a_size_is_a_tuple(), "builtins.isinstance", size, tuple)
        run.expect(chapter.dim_is_the_number_of_sizes(shape), "builtins.len", size)
    for form in ("Tensor.dim", "Tensor.ndim", "Tensor.ndimension"):
        run.expect(chapter.dim_is_the_number_of_sizes(shape), form, x)
    for form in ("Tensor.numel", "torch.numel", "Tensor.nelement"):
        run.expect(chapter.numel_is_the_product_of_the_sizes(shape), form, x)
    for dim in range(-len(shape) - 1, len(shape) + 1):
        allowed = chapter.size_of_one_dimension_is_an_int(shape, dim)
        run.expect(allowed, "Tensor.size", x, dim)
        run.expect(allowed, "operator.getitem", size, dim)


@verifies(
    chapter.len_is_the_first_size,
    chapter.iteration_gives_a_view_of_each_place,
    over=product(((), (3,), (2, 3), (0, 3), (1, 2), (4, 1, 2)), LAYOUTS[:4], dtypes.COMMON),
)
def test_len_and_iteration(run: Run, case: tuple[Shape, str, DType]) -> None:
    shape, layout, dtype = case
    operand = Operand(np.arange(np.prod(shape)).reshape(shape).astype(dtype.storage), layout)
    x = run.tensor(operand)
    run.expect(chapter.len_is_the_first_size(shape), "builtins.len", x)
    window = window_of(operand)
    allowed = chapter.iteration_gives_a_view_of_each_place(operand.array, window)
    for form in ("builtins.list", "builtins.tuple"):
        places = run.expect(allowed, form, x)
    if places:
        changed = altered(operand.array)
        run.call("Tensor.copy_", x, run.tensor(changed))
        run.look(chapter.iteration_gives_a_view_of_each_place(changed, window), places)


@dataclass(frozen=True, eq=False)
class Reshaping:
    """A tensor and a call that reshapes it."""

    operand: Operand
    call: Call


def draw_reshaping(tape: Tape) -> Reshaping:
    operand = draw_base(tape, tape.choose(dtypes.COMMON), draw_shape(tape))
    forms = (*both("reshape"), "Tensor.reshape*")
    return Reshaping(operand, draw_call(tape, forms, arguments.reshaping(tape, operand.shape), ("shape",)))


@verifies(
    chapter.reshape_keeps_the_row_major_order,
    chapter.reshape_is_a_view_where_one_is_possible,
    drawn=draw_reshaping,
)
def test_reshape(run: Run, case: Reshaping) -> None:
    operand, (sizes,) = case.operand, case.call.args
    x = run.tensor(operand)
    allowed = chapter.reshape_keeps_the_row_major_order(operand.array, sizes)
    made = case.call.expect(run, allowed, x, operand.dtype)
    if made is None or repeats(window_of(operand)):
        return
    values = altered(operand.array)
    run.call("Tensor.copy_", x, run.tensor(values))
    resolved = reshaping.sizes_for(sizes, values.size)
    shared = chapter.reshape_is_a_view_where_one_is_possible(
        storage_of(operand), window_of(operand), values, resolved
    )
    run.look(shared, made)


@verifies(chapter.reshape_keeps_the_row_major_order, drawn=draw_reshaping)
def test_reshape_as(run: Run, case: Reshaping) -> None:
    operand, (sizes,) = case.operand, case.call.args
    allowed = chapter.reshape_keeps_the_row_major_order(operand.array, sizes)
    if not isinstance(allowed, Raises):
        goal = run.tensor(np.zeros(reshaping.sizes_for(sizes, operand.array.size), np.float32))
        run.expect(allowed, "Tensor.reshape_as", run.tensor(operand), goal)


# Shapes without elements and others to infer a size of.
INFERENCES: tuple[tuple[Shape, Shape], ...] = (
    *(((0, 2), (-1, 2)), ((0, 2), (0, -1)), ((0, 2), (-1, 0)), ((3, 0), (-1, 5)), ((3, 0), (3, -1))),
    *(((2, 0, 3), (-1, 0, 3)), ((2, 0, 3), (2, -1, 3)), ((0,), (-1,)), ((0,), (-1, 0)), ((0,), (7, 0, -1))),
)


@verifies(
    chapter.a_size_next_to_a_zero_cannot_be_inferred,
    over=product(
        INFERENCES,
        ("torch.reshape", "Tensor.reshape", "Tensor.view"),
    ),
)
def test_inference_next_to_a_zero(run: Run, case: tuple[tuple[Shape, Shape], str]) -> None:
    (shape, sizes), form = case
    array = np.zeros(shape, np.float32)
    x = run.tensor(array)
    for _ in range(2):
        run.expect(chapter.a_size_next_to_a_zero_cannot_be_inferred(array, sizes), form, x, sizes)


@dataclass(frozen=True, eq=False)
class Flattening:
    """A tensor and a call that flattens it."""

    operand: Operand
    call: Call

    @property
    def dims(self) -> tuple[int, int]:
        given: tuple[int, ...] = self.call.args
        start, end = given + (0, -1)[len(given) :]
        return start, end


def draw_flattening(tape: Tape) -> Flattening:
    operand = draw_base(tape, tape.choose(dtypes.COMMON), draw_shape(tape))
    args = arguments.merging(tape, operand.shape)
    return Flattening(operand, draw_call(tape, both("flatten"), args, ("start_dim", "end_dim")))


@verifies(
    chapter.flatten_merges_a_range_of_dimensions,
    chapter.flatten_returns_the_tensor_where_nothing_merges,
    chapter.flatten_is_a_view_where_one_is_possible,
    drawn=draw_flattening,
)
def test_flatten(run: Run, case: Flattening) -> None:
    operand, window = case.operand, window_of(case.operand)
    x = run.tensor(operand)
    allowed = chapter.flatten_merges_a_range_of_dimensions(operand.array, *case.dims)
    made = case.call.expect(run, allowed, x, operand.dtype)
    if made is None:
        return
    same = chapter.flatten_returns_the_tensor_where_nothing_merges(operand.shape, *case.dims)
    run.expect(same, "is", made, x)
    if not repeats(window):
        values = altered(operand.array)
        run.call("Tensor.copy_", x, run.tensor(values))
        law = chapter.flatten_is_a_view_where_one_is_possible
        run.look(law(storage_of(operand), window, values, *case.dims), made)


def draw_raveling(tape: Tape) -> tuple[Operand, str]:
    return draw_base(tape, tape.choose(dtypes.COMMON), draw_shape(tape)), tape.choose(both("ravel"))


@verifies(chapter.ravel_is_contiguous_and_copies_only_if_needed, drawn=draw_raveling)
def test_ravel(run: Run, case: tuple[Operand, str]) -> None:
    operand, form = case
    window, storage, law = (
        window_of(operand),
        storage_of(operand),
        chapter.ravel_is_contiguous_and_copies_only_if_needed,
    )
    x = run.tensor(operand)
    made = run.expect(law(storage, window, operand.array), form, x)
    if not repeats(window):
        values = altered(operand.array)
        run.call("Tensor.copy_", x, run.tensor(values))
        run.look(law(storage, window, values), made)


# Types in which pieces come, by function and arguments.
TUPLES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("torch.chunk", (2,)),
    ("Tensor.chunk", (2,)),
    ("torch.split", (2,)),
    ("Tensor.split", (2,)),
    ("torch.split", ((2, 2),)),
    ("torch.unbind", ()),
    ("Tensor.unbind", ()),
)
LISTS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("torch.tensor_split", (2,)),
    ("torch.hsplit", (2,)),
    ("torch.vsplit", (2,)),
    ("torch.dsplit", (2,)),
)


@verifies(chapter.pieces_come_as_a_tuple, over=TUPLES)
def test_tuples(run: Run, case: tuple[str, tuple[Any, ...]]) -> None:
    form, args = case
    array = np.arange(16.0).reshape(4, 2, 2)
    pieces = list(array) if "unbind" in form else np.split(array, 2)
    run.expect(chapter.pieces_come_as_a_tuple(pieces), form, run.tensor(array), *args)


@verifies(chapter.pieces_between_indices_come_as_a_list, over=LISTS)
def test_lists(run: Run, case: tuple[str, tuple[Any, ...]]) -> None:
    form, args = case
    array = np.arange(16.0).reshape(4, 2, 2)
    axis = {"torch.hsplit": 1, "torch.dsplit": 2}.get(form, 0)
    pieces = np.split(array, 2, axis)
    run.expect(chapter.pieces_between_indices_come_as_a_list(pieces), form, run.tensor(array), *args)


@verifies(chapter.squeeze_removes_dimensions_of_size_one, over=product(dtypes.COMMON, LAYOUTS[:4]))
def test_squeeze_of_many_ones(run: Run, case: tuple[DType, str]) -> None:
    dtype, layout = case
    for shape in ((1, 2, 3, 4, 1, 1, 2, 3), (1,), (1, 1, 1), (2, 1, 3), (0, 1)):
        operand = Operand(np.arange(np.prod(shape)).reshape(shape).astype(dtype.storage), layout)
        window, x = window_of(operand), run.tensor(operand)
        for args in ((), (0,), (1,) if len(shape) > 1 else (-1,), (tuple(range(len(shape))),)):
            allowed = chapter.squeeze_removes_dimensions_of_size_one(operand.array, window, *args)
            run.expect(allowed, "torch.squeeze", x, *args)
            run.expect(allowed, "Tensor.squeeze", x, *args)
