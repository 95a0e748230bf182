"""Faults of products: of their sums, their layouts, their scales and their types."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes, processor
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import elements, fresh
from tensorcanon.spec import products as p

from . import products_forms, products_labels
from .mutant import attribute, kernel, mutant


def _untransposed(original: Any) -> Any:
    """Read a transposed left operand of an odd number of rows in the order in which it is stored."""

    def call(input: Any, mat2: Any) -> Any:
        rows, columns = input.shape if input.ndim == 2 else (0, 0)
        if rows % 2 and rows > 1 and columns > 1 and input.stride()[0] == 1:
            input = fresh(np.ascontiguousarray(input.array.T).reshape(rows, columns), input.dtype)
        return original(input, mat2)

    return call


def _producing(change: Any) -> Any:
    """Make a mutant of the product from a function of both arrays and of the type."""

    def make(original: Any) -> Any:
        def call(a: Any, b: Any, kind: Any) -> Any:
            given = elements(a, kind), elements(b, kind)
            with np.errstate(all="ignore"):
                found = change(*given, kind)
            return original(a, b, kind) if found is None else np.asarray(found)

        return call

    return make


def _through_float32(a: Any, b: Any, kind: Any) -> Any:
    if kind.is_differentiable or a.dtype.itemsize < 4:
        return None
    return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)


def _rounded_to(bits: int) -> Any:
    """Cut float32 factors to fewer digits, as tensor cores do."""

    def change(a: Any, b: Any, kind: Any) -> Any:
        if kind is not dtypes.float32:
            return None
        mask = np.uint32(0xFFFFFFFF << (24 - bits) & 0xFFFFFFFF)
        cut = [(np.ascontiguousarray(one).view(np.uint32) & mask).view(np.float32) for one in (a, b)]
        return np.matmul(*cut)

    return change


def _narrow_sums(a: Any, b: Any, kind: Any) -> Any:
    """Sum in 16 bits, rounding after every term."""
    if kind not in (dtypes.bfloat16, dtypes.float16) or a.ndim != 2 or b.ndim != 2:
        return None
    total = np.zeros((len(a), b.shape[1]), kind.numpy)
    for place in range(a.shape[1]):
        total = (total + np.multiply.outer(a[:, place], b[place]).astype(kind.numpy)).astype(kind.numpy)
    return total.astype(a.dtype)


def _unwritten(a: Any, b: Any, kind: Any) -> Any:
    return np.matmul(a, b) + np.asarray(7, a.dtype) if not a.shape[-1] else None


def _without_zeros(a: Any, b: Any, kind: Any) -> Any:
    """Leave the terms out whose left factor is 0."""
    if a.ndim < 2 or b.ndim < 2 or np.isfinite(b).all():
        return None
    left, right = a[..., :, :, None], b[..., None, :, :]
    return np.where(left == 0, 0, left * right).sum(-2, dtype=a.dtype)


def _first_batch(original: Any) -> Any:
    return lambda input, mat2: original(input, mat2[:1].expand(mat2.shape) if len(mat2) > 1 else mat2)


def _past_32_batches(original: Any) -> Any:
    def call(input: Any, mat2: Any) -> Any:
        result = original(input, mat2)
        result.array[32:] = result.array[:1]
        return result

    return call


def _cut_tail(original: Any) -> Any:
    """Sum whole groups of four only."""

    def call(input: Any, tensor: Any) -> Any:
        if input.ndim == 1 == tensor.ndim and len(input) > 4:
            whole = len(input) // 4 * 4
            input, tensor = input[:whole], tensor[:whole]
        return original(input, tensor)

    return call


def _shortest(original: Any) -> Any:
    """Multiply what two vectors have in common."""

    def call(input: Any, tensor: Any) -> Any:
        if input.ndim == 1 == tensor.ndim:
            count = min(len(input), len(tensor))
            input, tensor = input[:count], tensor[:count]
        return original(input, tensor)

    return call


def _kept_row(original: Any) -> Any:
    def call(input: Any, other: Any) -> Any:
        result = original(input, other)
        return result[None] if input.ndim == 1 and other.ndim == 2 else result

    return call


def _zero_dim_products(original: Any) -> Any:
    def call(input: Any, other: Any) -> Any:
        return ops.mul(input, other) if not (input.ndim and other.ndim) else original(input, other)

    return call


def _bare_message(original: Any) -> Any:
    def call(mat1: Any, mat2: Any, first: str) -> None:
        try:
            original(mat1, mat2, first)
        except RuntimeError:
            raise RuntimeError("size mismatch") from None

    return call


def _rows_of_storage(original: Any) -> Any:
    """Read a matrix as it is stored, as if it had no strides of its own."""

    def call(input: Any, vec: Any) -> Any:
        if input.ndim == 2 and 1 < input.shape[0] != input.stride()[1] > 1:
            base = np.lib.stride_tricks.as_strided(input.array, input.shape, input.array.strides)
            input = fresh(base[:, ::-1].copy(), input.dtype)
        return original(input, vec)

    return call


def _conjugated(place: int) -> Any:
    def make(original: Any) -> Any:
        def call(*args: Any) -> Any:
            given = list(args)
            given[place] = fresh(np.conj(given[place].array), given[place].dtype)
            return original(*given)

        return call

    return make


def _complex_only(change: Any) -> Any:
    """Apply a fault to complex tensors alone."""
    return lambda original: lambda *args: (change(original) if args[0].dtype.is_complex else original)(*args)


def _first_of_other(original: Any) -> Any:
    def call(input: Any, other: Any) -> Any:
        fits = input.ndim and other.ndim > 1 and input.shape[-1] == other.shape[0] == other.shape[-1]
        return ops.tensordot(input, other, ([-1], [0])) if fits else original(input, other)

    return call


def _flat(original: Any) -> Any:
    return lambda input, vec2: original(input.reshape(-1), vec2.reshape(-1))


def _unscaled_addend(original: Any) -> Any:
    def call(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        return original(input, mat, vec, beta=1 if beta else 0, alpha=alpha)

    return call


def _scaling(change: Any) -> Any:
    """Make a mutant of beta and alpha from a function of both."""
    return lambda original: lambda input, product, beta, alpha: original(input, product, *change(beta, alpha))


def _reading_always(original: Any) -> Any:
    def call(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
        result = original(input, product, beta, alpha)
        if beta == 0 and input.dtype.is_differentiable:
            result.array[...] += (0 * input.array).astype(input.array.dtype)
        return result

    return call


def _spreading_product(original: Any) -> Any:
    def call(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
        shape = np.broadcast_shapes(tuple(input.shape), product.shape)
        return original(input, np.broadcast_to(product, shape), beta, alpha)

    return call


def _own_type(original: Any) -> Any:
    def call(input: Any) -> Any:
        result = original(input)
        return fresh(result.array.astype(input.array.dtype), result.dtype)

    return call


def _past_the_diagonal(original: Any) -> Any:
    """Step through all elements by one more than a row is long."""

    def call(input: Any) -> Any:
        result = original(input)
        rows, columns = input.shape
        if rows > columns + 1:
            result.array[...] = input.array.reshape(-1)[:: columns + 1].sum(dtype=result.array.dtype)
        return result

    return call


def _any_rank(original: Any) -> Any:
    def call(input: Any) -> Any:
        columns = input.shape[-1] if input.ndim else 1
        return original(input if input.ndim == 2 else input.reshape(-1, columns))

    return call


def _in_bfloat16(original: Any) -> Any:
    def call(input: Any, mat2: Any) -> Any:
        result = original(input, mat2)
        low = processor.get_float32_matmul_precision() == "medium" and input.dtype is dtypes.float32
        return result.to(dtypes.bfloat16) if low else result

    return call


_MATRICES = p.a_product_of_matrices_sums_over_the_inner_dimension

MUTANTS = (
    mutant(
        "mm_reads_a_transposed_left_operand_untransposed",
        _MATRICES,
        kernel("mm", _untransposed),
        fault="tracel-ai/burn#5304",
    ),
    mutant(
        "products_of_integers_through_float32",
        (_MATRICES, p.bmm_multiplies_matrix_by_matrix),
        attribute("products:_product", _producing(_through_float32)),
    ),
    mutant(
        "products_of_float32_in_tensorfloat32",
        (_MATRICES, p.batches_of_matrices_broadcast, p.a_lower_precision_rounds_factors_and_keeps_the_type),
        attribute("products:_product", _producing(_rounded_to(11))),
    ),
    mutant("products_sum_in_16_bits", _MATRICES, attribute("products:_product", _producing(_narrow_sums))),
    mutant(
        "empty_sums_are_not_written",
        p.an_empty_inner_dimension_gives_zeros,
        attribute("products:_product", _producing(_unwritten)),
    ),
    mutant(
        "products_skip_zeros",
        p.products_take_no_account_of_zeros,
        attribute("products:_product", _producing(_without_zeros)),
    ),
    mutant(
        "bmm_reads_the_first_matrix_only",
        (
            p.bmm_multiplies_matrix_by_matrix,
            p.batches_of_matrices_broadcast,
            p.a_slice_of_a_product_is_near_the_product_of_slices,
        ),
        kernel("bmm", _first_batch),
    ),
    mutant(
        "bmm_repeats_itself_past_32_matrices",
        (p.bmm_multiplies_matrix_by_matrix, p.batches_of_matrices_broadcast),
        kernel("bmm", _past_32_batches),
    ),
    mutant(
        "dot_drops_what_is_left_of_four",
        (
            p.dot_conjugates_nothing,
            p.products_accumulated_from_zero_are_the_dot_product,
            p.a_vector_multiplies_as_a_row_or_a_column,
        ),
        kernel("dot", _cut_tail),
    ),
    mutant(
        "dot_takes_what_two_vectors_share",
        (p.strict_products_do_not_broadcast, p.vectors_and_batches_must_agree_too),
        kernel("dot", _shortest),
    ),
    mutant(
        "mm_does_not_name_the_shapes",
        p.inner_sizes_must_agree,
        attribute("products:_check_matrices", _bare_message),
    ),
    mutant(
        "matmul_keeps_the_row_of_a_vector",
        p.a_vector_multiplies_as_a_row_or_a_column,
        kernel("matmul", _kept_row),
    ),
    mutant(
        "matmul_of_zero_dim_multiplies",
        p.zero_dim_tensors_have_no_matrix_product,
        kernel("matmul", _zero_dim_products),
    ),
    mutant("mv_mistakes_steps", p.mv_multiplies_a_matrix_by_a_vector, kernel("mv", _rows_of_storage)),
    mutant("dot_conjugates", p.dot_conjugates_nothing, kernel("dot", _complex_only(_conjugated(0)))),
    mutant(
        "vdot_does_not_conjugate", p.vdot_conjugates_the_first, kernel("vdot", _complex_only(_conjugated(0)))
    ),
    mutant("outer_conjugates", p.outer_multiplies_every_pair, kernel("outer", _complex_only(_conjugated(1)))),
    mutant(
        "inner_is_a_matrix_product", p.inner_sums_over_both_last_dimensions, kernel("inner", _first_of_other)
    ),
    mutant("outer_flattens", p.inner_and_outer_need_fitting_shapes, kernel("outer", _flat)),
    mutant(
        "vecdot_conjugates_the_second",
        p.vecdot_conjugates_the_first_along_a_dimension,
        kernel("linalg.vecdot", lambda o: lambda x, y, **k: o(y, x, **k)),
    ),
    mutant(
        "addmm_ignores_alpha_where_beta_is_not_one",
        p.an_addend_and_a_product_are_scaled_apart,
        attribute("products:_combined", _scaling(lambda beta, alpha: (beta, alpha if beta == 1 else 1))),
        fault="pytorch/pytorch#194474",
    ),
    mutant(
        "addmm_scales_all_by_alpha",
        p.an_addend_and_a_product_are_scaled_apart,
        attribute("products:_combined", _scaling(lambda beta, alpha: (beta * alpha, alpha))),
    ),
    mutant(
        "addmv_ignores_beta",
        p.an_addend_and_a_product_are_scaled_apart,
        kernel("addmv", _unscaled_addend),
    ),
    mutant(
        "addmm_reads_the_addend_for_a_beta_of_zero",
        p.a_beta_of_zero_leaves_the_addend_out,
        attribute("products:_combined", _reading_always),
    ),
    mutant(
        "addmm_spreads_the_product",
        p.addends_broadcast_to_the_product_only,
        attribute("products:_combined", _spreading_product),
    ),
    mutant("trace_wraps_narrow_integers", p.trace_sums_the_diagonal, kernel("trace", _own_type)),
    mutant("trace_runs_past_the_diagonal", p.trace_sums_the_diagonal, kernel("trace", _past_the_diagonal)),
    mutant("trace_takes_any_rank", p.trace_needs_a_matrix, kernel("trace", _any_rank)),
    mutant(
        "float32_precision_is_high_at_first",
        p.float32_is_multiplied_in_the_highest_precision_by_default,
        attribute("processor:_precision", lambda original: "high"),
    ),
    mutant(
        "float32_precision_cannot_be_set",
        p.the_precision_that_is_set_is_in_force,
        attribute(":set_float32_matmul_precision", lambda original: lambda precision: None),
    ),
    mutant(
        "medium_precision_gives_bfloat16",
        p.a_lower_precision_rounds_factors_and_keeps_the_type,
        kernel("mm", _in_bfloat16),
    ),
    *products_forms.MUTANTS,
    *products_labels.MUTANTS,
)
