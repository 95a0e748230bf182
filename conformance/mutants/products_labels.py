"""Faults of contractions, blocks, vector products and chains."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import products as p

from .mutant import attribute, kernel, mutant


def _silent(original: Any) -> Any:
    return lambda *args, **kwargs: None


def _first_of_spread(original: Any) -> Any:
    """Take the first element where the other operand has size 1, instead of the sum."""

    def call(a: Any, b: Any, summed: set[int]) -> Any:
        for dim in summed:
            if b.shape[dim] == 1 < a.shape[dim]:
                a = a.narrow(dim, 0, 1)
            elif a.shape[dim] == 1 < b.shape[dim]:
                b = b.narrow(dim, 0, 1)
        return original(a, b, summed)

    return call


def _as_they_come(original: Any) -> Any:
    def call(terms: Any) -> Any:
        every = [label for term in terms for label in term]
        return [one for one in original(terms)[:1] if one == -1] + [
            label for label in every if every.count(label) == 1 and label != -1
        ]

    return call


def _ellipsis_last(original: Any) -> Any:
    def call(terms: Any) -> Any:
        found = original(terms)
        return [*found[1:], found[0]] if found and found[0] == -1 else found

    return call


def _first_row(original: Any) -> Any:
    """Read the first row in the place of the diagonal."""

    def call(operand: Any, labels: list[int], read: Any) -> Any:
        if len(labels) == 2 and labels[0] == labels[1] and operand.numel():
            operand = operand[:1].expand(operand.shape).t()
        return original(operand, labels, read)

    return call


def _along_rows(original: Any) -> Any:
    """Sum along the rows of a square matrix instead of its columns."""

    def call(equation: Any, *operands: Any) -> Any:
        if equation == "ij->j":
            (x,) = operands[0] if isinstance(operands[0], list) else operands
            return ops.sum(x, 1) if x.shape[0] == x.shape[1] else original(equation, *operands)
        return original(equation, *operands)

    return call


def _backwards(original: Any) -> Any:
    def call(a: Any, b: Any, dims: Any) -> Any:
        first, second = original(a, b, dims)
        return first, second[::-1]

    return call


def _cut(original: Any) -> Any:
    """Contract what two dimensions have in common."""

    def call(a: Any, b: Any, dims: Any = 2) -> Any:
        if dims == 1:
            count = min(a.shape[-1], b.shape[0])
            a, b = a.narrow(-1, 0, count), b.narrow(0, 0, count)
        return original(a, b, dims)

    return call


def _trailing(original: Any) -> Any:
    """Align operands of different ranks at their first dimension."""

    def call(input: Any, other: Any) -> Any:
        ndim = max(input.ndim, other.ndim)
        given = (one.reshape([*one.shape, *[1] * (ndim - one.ndim)]) for one in (input, other))
        return original(*given)

    return call


def _last_dim(original: Any) -> Any:
    def call(input: Any, other: Any, *, dim: int = -1) -> Any:
        return original(input, other, dim=-1 if input.shape[-1] == 3 == other.shape[-1] else dim)

    return call


def _padded(original: Any) -> Any:
    """Give plane vectors a third element of 0."""

    def call(input: Any, other: Any, *, dim: int = -1) -> Any:
        if input.ndim and input.shape[dim] == 2 == other.shape[dim]:
            widths = [(0, 0)] * (input.ndim - 1) + [(0, 1)]
            input, other = (fresh(np.pad(one.array, widths)) for one in (input, other))
        return original(input, other, dim=dim)

    return call


def _last_of_three(original: Any) -> Any:
    def call(input: Any, other: Any, dim: Any = None) -> Any:
        result = original(input, other, dim)
        places = [place for place, size in enumerate(input.shape) if size == 3]
        return result if dim is not None else ops.linalg.cross(input, other, dim=places[-1])

    return call


def _transposing(original: Any) -> Any:
    """Transpose square factors."""

    def call(matrices: Any, split: Any) -> Any:
        rest = [one.t() if one.shape[0] == one.shape[1] else one for one in matrices[1:]]
        return original([matrices[0], *rest], split)

    return call


MUTANTS = (
    mutant(
        "einsum_does_not_spread_a_summed_size_of_one",
        p.a_labelled_dimension_of_size_one_broadcasts,
        attribute("contractions:_paired", _first_of_spread),
        fault="robertknight/rten#1369",
    ),
    mutant(
        "einsum_orders_labels_as_they_come",
        p.without_an_output_labels_seen_once_are_kept_in_order,
        attribute("subscripts:_implied", _as_they_come),
    ),
    mutant(
        "einsum_puts_the_ellipsis_last",
        p.an_ellipsis_stands_for_dimensions_that_broadcast,
        attribute("subscripts:_implied", _ellipsis_last),
    ),
    mutant(
        "einsum_reads_a_row_for_a_diagonal",
        p.a_label_repeated_in_an_operand_takes_its_diagonal,
        attribute("contractions:_aligned", _first_row),
    ),
    mutant(
        "einsum_sums_the_wrong_dimension",
        p.labels_that_are_not_kept_are_summed,
        kernel("einsum", _along_rows),
    ),
    mutant(
        "einsum_does_not_check_the_output",
        p.equations_must_fit_their_operands,
        attribute("subscripts:_check_result", _silent),
    ),
    mutant(
        "tensordot_pairs_lists_backwards",
        p.tensordot_contracts_the_last_with_the_first,
        attribute("contractions:_contracted", _backwards),
    ),
    mutant("tensordot_cuts_sizes", p.contracted_sizes_must_agree, kernel("tensordot", _cut)),
    mutant(
        "kron_exchanges_its_operands",
        p.kron_puts_the_other_in_the_place_of_each_element,
        kernel("kron", lambda original: lambda input, other: original(other, input)),
    ),
    mutant(
        "kron_aligns_first_dimensions",
        p.kron_puts_the_other_in_the_place_of_each_element,
        kernel("kron", _trailing),
    ),
    mutant(
        "cross_prefers_the_last_dimension",
        p.cross_is_the_vector_product_along_a_dimension,
        kernel("linalg.cross", _last_dim),
    ),
    mutant(
        "cross_is_left_handed",
        p.cross_is_the_vector_product_along_a_dimension,
        kernel("linalg.cross", lambda o: lambda input, other, *, dim=-1: o(other, input, dim=dim)),
    ),
    mutant(
        "cross_pads_plane_vectors", p.vector_products_need_three_elements, kernel("linalg.cross", _padded)
    ),
    mutant(
        "cross_takes_the_last_dimension_of_three",
        p.cross_without_a_dim_takes_the_first_of_size_three,
        kernel("cross", _last_of_three),
    ),
    mutant(
        "cross_without_a_dim_does_not_warn",
        p.cross_without_a_dim_takes_the_first_of_size_three,
        attribute("linalg.vectors:warn_once", _silent),
    ),
    mutant(
        "multi_dot_transposes_square_factors",
        p.a_chain_is_the_product_of_all,
        attribute("linalg.powers:_multiplied", _transposing),
    ),
)
