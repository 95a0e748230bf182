"""Contractions of labelled and listed dimensions, products of blocks, vector products and chains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.factors import arrays_of, draw_factors, expect_forms
from tensorcanon.conformance.inputs import LAYOUTS, Operand, Shape, draw_array, draw_reduced
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import products
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Pair = tuple[Operand, Operand]
# Sums of narrower integers may be wider, which the documentation leaves open.
SUMMED = (dtypes.int64, *dtypes.FLOATS, *dtypes.COMPLEXES)


@dataclass(frozen=True, eq=False)
class Equation:
    """A call of einsum."""

    text: str
    operands: tuple[Operand, ...]


def draw_labelled(tape: Tape, texts: tuple[str, ...], *, ones: bool = False) -> Equation:
    """Draw an equation and operands whose sizes fit it; with `ones` some sizes are 1 where others are not."""
    text = tape.choose(texts)
    inputs = text.partition("->")[0].split(",")
    sizes = {
        label: tape.choose((2, 3, 1, 4, 5, 2, 3, 0, 17)) for label in sorted(set(text)) if label.isalpha()
    }
    if len(sizes) > 4:
        sizes = {label: min(size, 3) for label, size in sizes.items()}
    shapes = [tuple(1 if ones and tape.one_in(3) else sizes[label] for label in labels) for labels in inputs]
    return Equation(text, draw_factors(tape, *shapes, types=SUMMED))


def judge(run: Run, clause: Clause[Any], equation: Equation) -> None:
    given = [run.tensor(operand) for operand in equation.operands]
    due = clause(equation.text, *arrays_of(equation.operands))
    run.expect(due, "torch.einsum", equation.text, *given)
    run.expect(due, "torch.einsum", equation.text, given)


EXPLICIT = (
    *("ij,jk->ik", "i,i->", "i,j->ij", "ij,ij->ij", "ij->ji", "ij->", "ij->j", "bij,bjk->bik", "ij,kj->ik"),
    *("ijk,ilm->jklm", "bn,anm,bm->ba", "ij,jk,kl->il", "ijk->kij", "ij,ij->", "i,ij,j->", "bij,kj->bik"),
    *("ab,cd->dacb", "ij,j->i", "i->i", "->", "ij,->ji", "Ab,bA->A", "bijk,bkl->jbil", "ij,ik,il->jkl"),
    *("ij,jk->k", "ij,k->ik", "ij,kl->jk", "i,jk->k", "ij,jk->", "ijk,j->k"),
)


@verifies(products.labels_that_are_not_kept_are_summed, drawn=lambda tape: draw_labelled(tape, EXPLICIT))
def test_explicit(run: Run, equation: Equation) -> None:
    judge(run, products.labels_that_are_not_kept_are_summed, equation)


@verifies(
    products.labels_that_are_not_kept_are_summed,
    over=list(product(EXPLICIT, ("234567", "333333"), (dtypes.float32, dtypes.int64))),
)
def test_every_equation(run: Run, case: tuple[str, str, DType]) -> None:
    text, digits, dtype = case
    sizes = dict(zip(sorted(filter(str.isalpha, set(text))), map(int, digits), strict=False))
    shapes = [tuple(sizes[label] for label in labels) for labels in text.partition("->")[0].split(",")]
    arrays = [np.arange(np.prod(shape)).reshape(shape) % 7 - step for step, shape in enumerate(shapes)]
    judge(run, products.labels_that_are_not_kept_are_summed, Equation(text, operands_of(arrays, dtype)))


def operands_of(arrays: Iterable[Array], dtype: DType) -> tuple[Operand, ...]:
    return tuple(Operand(array.astype(dtype.storage)) for array in arrays)


IMPLICIT = (
    *("ij,jk", "ba", "ij,jh", "i,i", "zyx", "ji,ik"),
    *("Ba", "bA", "ij", "ki,kj", "cab,b", "ij,ij", "aB,Bc"),
)


@verifies(
    products.without_an_output_labels_seen_once_are_kept_in_order,
    drawn=lambda tape: draw_labelled(tape, IMPLICIT),
)
def test_implicit(run: Run, equation: Equation) -> None:
    judge(run, products.without_an_output_labels_seen_once_are_kept_in_order, equation)


REPEATED = (
    *("ii->i", "ii->", "ii", "bii->bi", "iij->j"),
    *("iji->ij", "iji->ji", "ii,i->i", "ij,jj->i", "iii->i", "ii,ii->"),
)


@verifies(
    products.a_label_repeated_in_an_operand_takes_its_diagonal,
    drawn=lambda tape: draw_labelled(tape, REPEATED),
)
def test_repeated(run: Run, equation: Equation) -> None:
    judge(run, products.a_label_repeated_in_an_operand_takes_its_diagonal, equation)


ELLIPSES = (
    *("...ij,...jk->...ik", "...ij->...ji", "...i,...i->..."),
    *("i...->...", "...", "...ij,...jk", "i...,i...->i..."),
)


def draw_ellipsis(tape: Tape) -> Equation:
    text = tape.choose(ELLIPSES)
    inputs = text.partition("->")[0].split(",")
    sizes = {label: tape.choose((2, 3, 1, 4)) for label in "ijk"}
    batch = tape.choose(((2,), (), (3, 2), (2, 1, 2)))
    shapes = []
    for labels in inputs:
        before, _, after = labels.partition("...")
        own = draw_reduced(tape, batch) if tape.one_in(2) else batch
        shapes.append((*(sizes[i] for i in before), *own, *(sizes[i] for i in after)))
    return Equation(text, draw_factors(tape, *shapes, types=SUMMED))


@verifies(products.an_ellipsis_stands_for_dimensions_that_broadcast, drawn=draw_ellipsis)
def test_ellipsis(run: Run, equation: Equation) -> None:
    judge(run, products.an_ellipsis_stands_for_dimensions_that_broadcast, equation)


SHARED = (
    *("ij,jk->ik", "i,i->", "ij,ij->ij", "ij,ij->"),
    *("bij,bjk->bik", "ij,jk,kl->il", "ij,j->i", "ij,kj->ik", "bi,bj->ij"),
)


@verifies(
    products.a_labelled_dimension_of_size_one_broadcasts,
    drawn=lambda tape: draw_labelled(tape, SHARED, ones=True),
)
def test_sizes_of_one(run: Run, equation: Equation) -> None:
    judge(run, products.a_labelled_dimension_of_size_one_broadcasts, equation)


UNFIT_EQUATIONS: tuple[tuple[str, tuple[Shape, ...]], ...] = (
    *(("ij,jk->ik", ((2, 3), (4, 2))), ("i,i->", ((3,), (2,))), ("ii->i", ((2, 3),)), ("ij->ik", ((2, 3),))),
    *(
        ("ij->iij", ((2, 2),)),
        ("ij", ((2,),)),
        ("i", ((2, 3),)),
        ("i,j->ij", ((2,),)),
        ("ij->i", ((2, 2), (2, 2))),
    ),
    *(("ij->i", ((2, 2), (2, 2))), ("...i,...i->i", ((2, 3), (3, 3))), ("i..->i", ((2, 2),))),
)


@verifies(products.equations_must_fit_their_operands, over=UNFIT_EQUATIONS)
def test_unfit_equations(run: Run, case: tuple[str, tuple[Shape, ...]]) -> None:
    text, shapes = case
    run.call("torch.einsum", "ij->ji", run.tensor(np.ones((2, 3), np.float32)))
    given = (run.tensor(np.ones(shape, np.float32)) for shape in shapes)
    run.expect(products.equations_must_fit_their_operands(), "torch.einsum", text, *given)


# Listed dimensions.

Dims = int | tuple[list[int], list[int]]
TENSORDOTS: tuple[tuple[Shape, Shape, Dims], ...] = (
    *(((2, 3), (3, 4), 1), ((2, 3, 4), (3, 4, 5), 2), ((2,), (3,), 0), ((2, 3), (2, 3), 2), ((3,), (3,), 1)),
    *(((2, 3, 4), (4, 3, 2), ([1, 2], [1, 0])), ((3, 4, 5), (4, 3, 2), ([1, 0], [0, 1]))),
    *(((2, 3), (4, 3), ([-1], [-1])), ((2, 3, 2), (3, 5), ([1], [0])), ((2, 3), (3, 0), 1)),
    *(
        ((17, 5), (5, 33), 1),
        ((2, 0), (0, 3), 1),
        ((2, 3), (2, 3), ([], [])),
        ((4, 2, 3), (5, 4), ([0], [1])),
    ),
)


def draw_tensordot(tape: Tape) -> tuple[Operand, Operand, Dims]:
    left, right, dims = tape.choose(TENSORDOTS)
    a, b = draw_factors(tape, left, right)
    return a, b, dims


@verifies(products.tensordot_contracts_the_last_with_the_first, drawn=draw_tensordot)
def test_tensordot(run: Run, case: tuple[Operand, Operand, Dims]) -> None:
    a, b, dims = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.tensordot_contracts_the_last_with_the_first(a.array, b.array, dims)
    run.expect(due, "torch.tensordot", x, y, dims=dims)
    if dims == 2:
        run.expect(due, "torch.tensordot", x, y)


@verifies(
    products.contracted_sizes_must_agree,
    over=[((2, 3), (4, 2), 1), ((2, 3), (2, 3), ([0], [1])), ((3,), (3,), 2), ((2, 3, 4), (4, 3), 2)],
)
def test_unfit_dimensions(run: Run, case: tuple[Shape, Shape, Dims]) -> None:
    left, right, dims = case
    fitting = run.tensor(np.ones((3, 3), np.float32))
    run.call("torch.tensordot", fitting, fitting, dims=1)
    x, y = (run.tensor(np.ones(shape, np.float32)) for shape in (left, right))
    run.expect(products.contracted_sizes_must_agree(), "torch.tensordot", x, y, dims=dims)


# Blocks.

X, Y = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(1, 7, dtype=np.float32).reshape(2, 3)
BLOCKS: tuple[Shape, ...] = ((2, 3), (2,), (3, 2), (), (1, 4), (2, 2, 2), (3, 0), (17,), (5, 3))


KRON = ("torch.kron", "Tensor.kron")


def draw_blocks(tape: Tape) -> Pair:
    a, b = draw_factors(tape, tape.choose(BLOCKS), tape.choose(BLOCKS))
    # Transposed ones have a clause of their own.
    straight = (Operand(one.array, "offset") if one.layout in TURNED else one for one in (a, b))
    return next(straight), next(straight)


TURNED = ("transposed", "channels_last", "expanded")


@verifies(products.kron_puts_the_other_in_the_place_of_each_element, drawn=draw_blocks)
def test_kron(run: Run, case: Pair) -> None:
    a, b = case
    due = products.kron_puts_the_other_in_the_place_of_each_element(a.array, b.array)
    expect_forms(run, due, KRON, run.tensor(a), run.tensor(b))


@verifies(
    products.kron_takes_transposed_operands,
    over=[(Operand(X, a), Operand(Y, b)) for a in LAYOUTS[:4] for b in LAYOUTS[:4]],
)
def test_kron_layouts(run: Run, case: Pair) -> None:
    a, b = case
    due = products.kron_takes_transposed_operands(a.array, b.array)
    expect_forms(run, due, KRON, run.tensor(a), run.tensor(b))


# Vector products.

TRIPLES: tuple[tuple[Shape, Shape, int], ...] = (
    *(((3,), (3,), -1), ((2, 3), (2, 3), -1), ((3, 2), (3, 2), 0), ((2, 3), (1, 3), 1), ((3, 3), (3, 3), 0)),
    *(((4, 3, 2), (4, 3, 2), 1), ((3, 3, 3), (3, 3, 3), -2), ((1, 3), (5, 3), -1), ((0, 3), (0, 3), -1)),
    *(((3, 33), (3, 33), 0), ((2, 1, 3), (1, 4, 3), 2), ((3, 3), (3, 3), -1), ((700, 3), (700, 3), 1)),
)


def draw_triples(tape: Tape) -> tuple[Operand, Operand, int]:
    left, right, dim = tape.choose(TRIPLES)
    a, b = draw_factors(tape, left, right)
    return a, b, dim


@verifies(products.cross_is_the_vector_product_along_a_dimension, drawn=draw_triples)
def test_cross(run: Run, case: tuple[Operand, Operand, int]) -> None:
    a, b, dim = case
    x, y = run.tensor(a), run.tensor(b)
    due = products.cross_is_the_vector_product_along_a_dimension(a.array, b.array, dim)
    run.expect(due, "torch.linalg.cross", x, y, dim=dim)
    expect_forms(run, due, ("torch.cross", "Tensor.cross"), x, y, dim=dim)
    if a.shape[-1] == 3 == b.shape[-1]:
        last = products.cross_is_the_vector_product_along_a_dimension(a.array, b.array)
        run.expect(last, "torch.linalg.cross", x, y)


@verifies(
    products.vector_products_need_three_elements,
    over=[((2,), (2,)), ((3, 2), (3, 2)), ((4,), (4,)), ((1,), (3,)), ((2, 3), (3,)), ((3, 4), (3, 4))],
)
def test_unfit_vectors(run: Run, shapes: tuple[Shape, Shape]) -> None:
    fitting = run.tensor(np.ones(3, np.float32))
    run.call("torch.linalg.cross", fitting, fitting)
    x, y = (run.tensor(np.ones(shape, np.float32)) for shape in shapes)
    run.expect(products.vector_products_need_three_elements(), "torch.linalg.cross", x, y)


@verifies(
    products.cross_without_a_dim_takes_the_first_of_size_three,
    over=[(3,), (2, 3), (3, 3), (3, 2), (2, 3, 3), (3, 2, 3), (4, 2, 3)],
)
def test_cross_without_dim(run: Run, shape: Shape) -> None:
    a, b = (draw_array(Tape(bytes(range(k, k + 40))), dtypes.float32, shape, "small") for k in (3, 60))
    due = products.cross_without_a_dim_takes_the_first_of_size_three(a, b)
    run.call("torch.set_warn_always", True)
    try:
        run.expect(due, "torch.cross", run.tensor(a), run.tensor(b))
    finally:
        run.call("torch.set_warn_always", False)


# Chains.

CHAINS: tuple[tuple[Shape, ...], ...] = (
    *(((2, 3), (3, 4)), ((2, 3), (3, 4), (4, 2)), ((3,), (3, 2), (2, 5)), ((2, 3), (3, 2), (2,))),
    *(((3,), (3,)), ((3,), (3, 3), (3,)), ((5, 2), (2, 7), (7, 1), (1, 3)), ((2, 9), (9, 2), (2, 8), (8, 3))),
    *(((2, 0), (0, 3), (3, 2)), ((17, 3), (3, 33), (33, 2))),
)


@verifies(products.a_chain_is_the_product_of_all, drawn=lambda tape: draw_factors(tape, *tape.choose(CHAINS)))
def test_chains(run: Run, operands: tuple[Operand, ...]) -> None:
    given = [run.tensor(operand) for operand in operands]
    due = products.a_chain_is_the_product_of_all(*arrays_of(operands))
    run.expect(due, "torch.linalg.multi_dot", given)
    if all(operand.ndim == 2 for operand in operands):
        run.expect(due, "torch.chain_matmul", *given)
