"""Products of matrices and of batches of them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.factors import (
    MULTIPLIED,
    draw_blank,
    draw_factors,
    draw_sizes,
    expect_forms,
)
from tensorcanon.conformance.inputs import LAYOUTS, Operand, Shape, draw_array
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import products
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Pair = tuple[Operand, Operand]
Written = tuple[Operand, Operand, Operand]
MATMUL = ("torch.matmul", "Tensor.matmul", "operator.matmul", "torch.linalg.matmul")
MM = ("torch.mm", "Tensor.mm")


def draw_written(tape: Tape, a: Shape, b: Shape, shape: Shape) -> Written:
    first, second = draw_factors(tape, a, b)
    return first, second, draw_blank(tape, first.dtype, shape)


def draw_matrices(tape: Tape) -> Written:
    rows, inner, columns = draw_sizes(tape)
    return draw_written(tape, (rows, inner), (inner, columns), (rows, columns))


@verifies(products.a_product_of_matrices_sums_over_the_inner_dimension, drawn=draw_matrices)
def test_matrices(run: Run, case: Written) -> None:
    a, b, blank = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.a_product_of_matrices_sums_over_the_inner_dimension(a.array, b.array)
    expect_forms(run, due, (*MM, *MATMUL), x, y)
    out = run.tensor(blank)
    run.expect(due, "torch.mm", x, y, out=out)
    run.look(due, out, "mm")
    run.expect(due, "torch.matmul", x, y, out=run.tensor(blank))


ODD = ((1, 3, 2), (3, 2, 3), (5, 7, 3), (17, 4, 9), (33, 5, 2), (2, 5, 7), (67, 2, 65))


@verifies(
    products.a_product_of_matrices_sums_over_the_inner_dimension,
    over=list(product((dtypes.float32, dtypes.float64, dtypes.bfloat16, dtypes.int32), ODD)),
)
def test_layouts_of_matrices(run: Run, case: tuple[DType, tuple[int, int, int]]) -> None:
    dtype, (rows, inner, columns) = case
    left = (np.arange(rows * inner).reshape(rows, inner) % 7 - 2).astype(dtype.storage)
    right = (np.arange(inner * columns).reshape(inner, columns) % 5 - 1).astype(dtype.storage)
    due = products.a_product_of_matrices_sums_over_the_inner_dimension(left, right)
    layouts = [layout for layout in LAYOUTS if layout not in ("expanded", "channels_last")]
    given = [[run.tensor(Operand(one, layout)) for layout in layouts] for one in (left, right)]
    for x, y in product(*given):
        run.expect(due, "torch.mm", x, y)


@verifies(
    products.a_product_of_matrices_sums_over_the_inner_dimension,
    products.bmm_multiplies_matrix_by_matrix,
    products.mv_multiplies_a_matrix_by_a_vector,
    over=list(product((*dtypes.FLOATS, *dtypes.COMPLEXES), (300, 1025, 2051))),
)
def test_long_sums(run: Run, case: tuple[DType, int]) -> None:
    # Nothing cancels, so that a narrow sum soon takes no more terms.
    dtype, inner = case
    tapes = (Tape(bytes(range(first, first + 64))) for first in (1, 90))
    a, b = (np.abs(draw_array(tape, dtype, (3, inner), "unit")).astype(dtype.storage) for tape in tapes)
    b = np.ascontiguousarray(b.T)
    x, y = run.tensor(a), run.tensor(b)
    expect_forms(run, products.a_product_of_matrices_sums_over_the_inner_dimension(a, b), MM, x, y)
    due = products.bmm_multiplies_matrix_by_matrix(a[None], b[None])
    run.expect(due, "torch.bmm", run.tensor(a[None]), run.tensor(b[None]))
    column = np.ascontiguousarray(b[:, 0])
    due = products.mv_multiplies_a_matrix_by_a_vector(a, column)
    run.expect(due, "torch.mv", x, run.tensor(column))


@verifies(
    products.an_empty_inner_dimension_gives_zeros,
    over=product(
        MULTIPLIED,
        (
            ((2, 0), (0, 3)),
            ((0,), (0,)),
            ((2, 0), (0,)),
            ((0,), (0, 2)),
            ((2, 3, 0), (2, 0, 4)),
            ((0, 2), (2, 3)),
        ),
    ),
)
def test_empty(run: Run, case: tuple[DType, tuple[Shape, Shape]]) -> None:
    dtype, shapes = case
    a, b = (np.ones(shape, dtype.storage) for shape in shapes)
    due = products.an_empty_inner_dimension_gives_zeros(a, b)
    x, y = run.tensor(a), run.tensor(b)
    # Twice: memory that was not written to may hold zeros by chance.
    expect_forms(run, due, MATMUL * 2, x, y)
    if a.ndim == 2 == b.ndim:
        out = run.tensor(np.full((a.shape[0], b.shape[1]), 99, dtype.storage))
        run.expect(due, "torch.mm", x, y, out=out)


def draw_with_vector(tape: Tape) -> Written:
    rows, inner, columns = draw_sizes(tape)
    batch = tape.choose(((), (2,), (2, 3)))
    match tape.choose(("dot", "right", "left")):
        case "dot":
            return draw_written(tape, (inner,), (inner,), ())
        case "right":
            return draw_written(tape, (*batch, rows, inner), (inner,), (*batch, rows))
        case _:
            return draw_written(tape, (inner,), (*batch, inner, columns), (*batch, columns))


@verifies(products.a_vector_multiplies_as_a_row_or_a_column, drawn=draw_with_vector)
def test_vectors(run: Run, case: Written) -> None:
    a, b, blank = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.a_vector_multiplies_as_a_row_or_a_column(a.array, b.array)
    expect_forms(run, due, MATMUL, x, y)
    run.expect(due, "torch.matmul", x, y, out=run.tensor(blank.array))


def draw_vectors(tape: Tape) -> Pair:
    length = tape.choose((3, 1, 2, 7))
    a, b = draw_factors(tape, (length,), (length,))
    return a, b


@verifies(products.products_accumulated_from_zero_are_the_dot_product, drawn=draw_vectors)
def test_accumulated_by_hand(run: Run, case: Pair) -> None:
    a, b = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.products_accumulated_from_zero_are_the_dot_product(a.array, b.array)
    total: Any = 0
    for place in range(len(a.array)):
        factors = (run.call("operator.getitem", one, place) for one in (x, y))
        total = run.call("operator.add", total, run.call("operator.mul", *factors))
    run.look(due, total, "accumulated")
    run.expect(due, "torch.matmul", x, y)


BATCHES: tuple[tuple[Shape, Shape], ...] = (
    *(((2,), (2,)), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((1,), (4,)), ((2, 3), (2, 3)), ((0,), (0,))),
    *(((3, 1), (1, 2)), ((2,), (3, 1)), ((33,), (33,)), ((0,), (1,)), ((1, 2, 1), (2, 1, 2))),
)


def draw_batches(tape: Tape) -> Written:
    left, right = tape.choose(BATCHES)
    rows, inner, columns = (tape.choose((2, 3, 1, 5, 4, 0, 9)) for _ in range(3))
    batch = np.broadcast_shapes(left, right)
    return draw_written(tape, (*left, rows, inner), (*right, inner, columns), (*batch, rows, columns))


@verifies(products.batches_of_matrices_broadcast, drawn=draw_batches)
def test_batches(run: Run, case: Written) -> None:
    a, b, blank = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.batches_of_matrices_broadcast(a.array, b.array)
    expect_forms(run, due, MATMUL, x, y)
    run.expect(due, "torch.matmul", x, y, out=run.tensor(blank.array))


def draw_bmm(tape: Tape) -> Written:
    count = tape.choose((2, 3, 1, 0, 33))
    rows, inner, columns = draw_sizes(tape) if count < 33 else (3, 2, 5)
    return draw_written(tape, (count, rows, inner), (count, inner, columns), (count, rows, columns))


@verifies(products.bmm_multiplies_matrix_by_matrix, drawn=draw_bmm)
def test_bmm(run: Run, case: Written) -> None:
    a, b, blank = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.bmm_multiplies_matrix_by_matrix(a.array, b.array)
    expect_forms(run, due, ("torch.bmm", "Tensor.bmm"), x, y)
    run.expect(due, "torch.bmm", x, y, out=run.tensor(blank))


def draw_mv(tape: Tape) -> Written:
    rows, inner, _ = draw_sizes(tape)
    return draw_written(tape, (rows, inner), (inner,), (rows,))


@verifies(products.mv_multiplies_a_matrix_by_a_vector, drawn=draw_mv)
def test_mv(run: Run, case: Written) -> None:
    a, b, blank = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.mv_multiplies_a_matrix_by_a_vector(a.array, b.array)
    expect_forms(run, due, ("torch.mv", "Tensor.mv"), x, y)
    run.expect(due, "torch.mv", x, y, out=run.tensor(blank))


def draw_sliced(tape: Tape) -> tuple[Operand, Operand, int]:
    count = tape.choose((2, 3, 5))
    rows, inner, columns = draw_sizes(tape)
    a, b = draw_factors(tape, (count, rows, inner), (count, inner, columns))
    return a, b, tape.below(count)


@verifies(products.a_slice_of_a_product_is_near_the_product_of_slices, drawn=draw_sliced)
def test_slices(run: Run, case: tuple[Operand, Operand, int]) -> None:
    a, b, place = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.a_slice_of_a_product_is_near_the_product_of_slices(a.array, b.array, place)
    run.expect(due, "operator.getitem", run.call("operator.matmul", x, y), place)
    parts = (run.call("operator.getitem", one, place) for one in (x, y))
    run.expect(due, "operator.matmul", *parts)


def draw_special(tape: Tape) -> Pair:
    rows, inner, columns = (tape.choose((2, 3, 1, 5, 9)) for _ in range(3))
    batch = tape.choose(((), (), (2,)))
    dtype = tape.choose(dtypes.FLOATS)
    a, b = (
        draw_array(tape, dtype, shape, "ties") for shape in ((*batch, rows, inner), (*batch, inner, columns))
    )
    for one in (a, b):
        if tape.one_in(2) or one is b:
            one = one.reshape(-1)
            one[tape.below(one.size)] = tape.choose((np.nan, np.inf, -np.inf))
    return Operand(a), Operand(b)


@verifies(products.products_take_no_account_of_zeros, drawn=draw_special)
def test_special_elements(run: Run, case: Pair) -> None:
    a, b = case
    due = products.products_take_no_account_of_zeros(a.array, b.array)
    run.expect(due, "torch.matmul", run.tensor(a), run.tensor(b))


# Shapes that do not fit.

UNFIT = (
    ((3, 2), (3, 2)),
    ((2, 3), (2, 3)),
    ((1, 3), (1, 3)),
    ((4, 1), (3, 4)),
    ((2, 0), (1, 2)),
    ((65, 2), (3, 65)),
)


@verifies(
    products.inner_sizes_must_agree,
    over=list(product((*MM, *MATMUL), UNFIT, (dtypes.float32, dtypes.int64, dtypes.float16))),
)
def test_unfit_matrices(run: Run, case: tuple[str, tuple[Shape, Shape], DType]) -> None:
    name, (a, b), dtype = case
    x, y = (run.tensor(np.ones(shape, dtype.storage)) for shape in (a, b))
    run.expect(products.inner_sizes_must_agree(a, b), name, x, y)
    run.call(name, x, run.call("Tensor.new_ones", x, (a[1], 2)))


UNFIT_RANKS = (
    *(((3,), (2,)), ((2, 3), (2,)), ((3,), (2, 3)), ((2, 2, 3), (2, 2, 3)), ((1,), (3,)), ((2, 3, 4), (3,))),
    *(((2, 3, 3), (3, 3, 3)), ((2, 1, 3, 3), (3, 4, 3, 3)), ((3,), (2, 4, 3)), ((2, 3), (2, 2, 3))),
)


@verifies(products.vectors_and_batches_must_agree_too, over=list(product(MATMUL, UNFIT_RANKS)))
def test_unfit_ranks(run: Run, case: tuple[str, tuple[Shape, Shape]]) -> None:
    name, shapes = case
    x, y = (run.tensor(np.ones(shape, np.float32)) for shape in shapes)
    run.call(name, x, run.call("Tensor.new_ones", x, shapes[0][-1]))
    run.expect(products.vectors_and_batches_must_agree_too(), name, x, y)


@verifies(
    products.zero_dim_tensors_have_no_matrix_product,
    over=list(product(MATMUL, (((), ()), ((), (3,)), ((2, 3), ()), ((), (2, 2)), ((1,), ())))),
)
def test_zero_dim(run: Run, case: tuple[str, tuple[Shape, Shape]]) -> None:
    name, shapes = case
    x, y = (run.tensor(np.ones(shape, np.float32)) for shape in shapes)
    vector = run.tensor(np.ones(3, np.float32))
    run.call(name, vector, vector)
    run.expect(products.zero_dim_tensors_have_no_matrix_product(), name, x, y)


# By strict product: shapes that fit, and shapes that do not though `matmul` may take them.
STRICT: dict[str, tuple[tuple[Shape, Shape], tuple[tuple[Shape, Shape], ...]]] = {
    "mm": (((2, 3), (3, 2)), (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((1, 2, 3), (3, 2)), ((), ()))),
    "bmm": (
        ((2, 2, 3), (2, 3, 2)),
        (
            ((2, 3), (3, 2)),
            ((2, 2, 3), (1, 3, 2)),
            ((1, 2, 3), (2, 3, 2)),
            ((2, 2, 3), (3, 2)),
            ((2, 2, 3), (2, 2, 3)),
        ),
    ),
    "mv": (
        ((2, 3), (3,)),
        (((3,), (3,)), ((2, 3), (3, 1)), ((2, 3), (1,)), ((2, 2, 3), (3,)), ((2, 3), (2,))),
    ),
    "dot": (
        ((3,), (3,)),
        (((2, 3), (3,)), ((3,), (1,)), ((1,), (3,)), ((3,), (2,)), ((1, 3), (3, 1)), ((), ())),
    ),
    "vdot": (((3,), (3,)), (((2, 3), (3,)), ((3,), (1,)), ((3,), (2,)), ((1, 3), (3, 1)), ((), (3,)))),
}


@verifies(
    products.strict_products_do_not_broadcast,
    over=[
        (name, form, unfit)
        for name, (_, many) in STRICT.items()
        for form in ("torch", "Tensor")
        for unfit in many
    ],
)
def test_strict_products(run: Run, case: tuple[str, str, tuple[Shape, Shape]]) -> None:
    name, form, unfit = case
    run.call(f"{form}.{name}", *(run.tensor(np.ones(shape, np.float32)) for shape in STRICT[name][0]))
    given = (run.tensor(np.ones(shape, np.float32)) for shape in unfit)
    run.expect(products.strict_products_do_not_broadcast(), f"{form}.{name}", *given)
