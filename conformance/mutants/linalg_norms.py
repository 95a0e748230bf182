"""Faults of norms, ranks, conditions and powers of matrices, and of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.spec import linalg as a

from .gradients import formula
from .mutant import attribute, kernel, mutant


def _no_tolerance(original: Any) -> Any:
    return lambda input, largest, atol, rtol: np.zeros_like(original(input, largest, None, rtol))


def _halved(original: Any) -> Any:
    def call(input: Any, largest: Any, atol: Any, rtol: Any) -> Any:
        return original(input, largest, None if atol is None else atol / 2, rtol)

    return call


def _over_matrices(original: Any) -> Any:
    """Take the norm of a matrix without an order to be the spectral one."""

    def call(input: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
        precise = input.dtype.compute is input.dtype
        if ord is None and dim is None and input.ndim == 2 and precise and input.numel():
            return ops.linalg.matrix_norm(input, 2)
        return original(input, ord, dim, keepdim, **kwargs)

    return call


def _exchanged(original: Any) -> Any:
    """Exchange rows and columns."""

    def call(input: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, **kwargs: Any) -> Any:
        swapped = {1: float("inf"), float("inf"): 1}
        return original(input, swapped.get(ord, ord) if ord != "nuc" else ord, dim, keepdim, **kwargs)

    return call


def _without_sum(original: Any) -> Any:
    def call(input: Any, ord: Any = "fro", *args: Any, **kwargs: Any) -> Any:
        return original(input, 2 if ord == "nuc" else ord, *args, **kwargs)

    return call


def _vectors_too(original: Any) -> Any:
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        return original(input if input.ndim > 1 else input.reshape(1, -1), *args, **kwargs)

    return call


def _inverted(original: Any) -> Any:
    def call(input: Any, p: Any = None) -> Any:
        return 1 / original(input, p) if p is None else original(input, p)

    return call


def _one_less(original: Any) -> Any:
    return lambda input, n: original(input, n - 1 if n > 3 else n)


def _positive(original: Any) -> Any:
    return lambda input, n: original(input, abs(n))


def _elementwise(original: Any) -> Any:
    return lambda values: original(values) if not values.shape[-1] % 2 else np.exp(values)


def _falling(original: Any) -> Any:
    def call(x: Any, *, N: Any = None) -> Any:
        return ops.flip(original(x, N=N), (-1,))

    return call


def _ones_between(matrix: Any) -> Any:
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


MUTANTS = (
    mutant(
        "matrix_rank_counts_rounding_errors",
        a.the_rank_counts_independent_rows,
        attribute("linalg.norms:tolerance", _no_tolerance),
    ),
    mutant(
        "matrix_rank_halves_the_tolerance",
        a.singular_values_up_to_a_tolerance_do_not_count,
        attribute("linalg.norms:tolerance", _halved),
    ),
    mutant(
        "cond_is_inverted",
        a.the_condition_is_the_ratio_of_singular_values,
        kernel("linalg.cond", _inverted),
    ),
    mutant(
        "norm_of_a_matrix_is_spectral",
        a.without_an_order_all_elements_make_one_vector,
        kernel("linalg.norm", _over_matrices),
    ),
    mutant(
        "matrix_norm_exchanges_rows_and_columns",
        a.a_matrix_norm_follows_from_its_order,
        kernel("linalg.matrix_norm", _exchanged),
    ),
    mutant(
        "nuclear_norm_is_spectral",
        a.a_matrix_norm_follows_from_its_order,
        kernel("linalg.matrix_norm", _without_sum),
    ),
    mutant(
        "matrix_norm_takes_vectors",
        a.matrix_norms_need_a_matrix,
        kernel("linalg.matrix_norm", _vectors_too),
    ),
    mutant(
        "matrix_power_stops_early",
        a.powers_multiply_a_matrix_with_itself,
        kernel("linalg.matrix_power", _one_less),
    ),
    mutant(
        "matrix_power_ignores_the_sign",
        a.negative_powers_are_those_of_the_inverse,
        kernel("linalg.matrix_power", _positive),
    ),
    mutant(
        "matrix_exp_is_elementwise_for_odd_sides",
        a.the_exponential_sums_the_powers,
        attribute("linalg.powers:_exponential", _elementwise),
    ),
    mutant(
        "vander_starts_with_the_highest_power",
        a.vander_has_the_powers_of_each_element_in_a_row,
        kernel("linalg.vander", _falling),
    ),
    mutant(
        "gradient_of_inv_is_transposed",
        a.gradients_of_matrix_functions_are_derivatives,
        formula("linalg.inv_ex", A=lambda grad, result: -ops.matmul(result, ops.matmul(grad, result))),
    ),
    mutant(
        "gradient_of_det_is_not_transposed",
        a.gradients_of_matrix_functions_are_derivatives,
        formula("linalg.det", A=lambda grad, A, result: grad * result * ops.linalg.inv(A)),
    ),
    mutant(
        "gradient_of_eigenvalues_reads_the_diagonal",
        a.gradients_of_values_are_outer_products_of_vectors,
        formula("linalg.eigh", input=lambda grads, results: ops.diag_embed(grads[0])),
    ),
    mutant(
        "gradient_of_singular_values_ignores_weights",
        a.gradients_of_values_are_outer_products_of_vectors,
        formula("linalg.svdvals", A=lambda grad, A: fresh(_ones_between(A.detach().array), A.dtype)),
    ),
)
