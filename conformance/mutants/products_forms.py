"""Faults of products that show in one form, one layout, one type, or past one size only."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import elements, fresh
from tensorcanon.spec import products as p

from .mutant import attribute, kernel, mutant

# How a fault reads a matrix: the elements in the order in which they are stored.


def _as_stored(one: Any) -> Any:
    rows, columns = one.shape
    return fresh(np.ascontiguousarray(one.array.T).reshape(rows, columns), one.dtype)


def _dense(one: Any) -> Any:
    """Read as many elements in a row as there are, whatever the step between them."""
    start, count = one.storage_offset(), one.numel()
    return (
        ops.as_strided(one, tuple(one.shape), ops.zeros(tuple(one.shape)).stride(), start) if count else one
    )


def _reading(place: int, when: Any, read: Any) -> Any:
    """Make a mutant that reads one operand wrongly wherever a condition on it holds."""

    def make(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = list(args)
            if getattr(given[place], "ndim", 0) == 2 and when(given[place]):
                given[place] = read(given[place])
            return original(*given, **kwargs)

        return call

    return make


def _is_turned(one: Any) -> bool:
    return bool(min(one.shape) > 1 and one.stride(0) == 1 and one.stride(1) > 1)


def _is_stepped(one: Any) -> bool:
    return bool(one.numel() > 1 and one.stride(1) == 2 and one.shape[1] > 1)


def _from_start(one: Any) -> Any:
    return ops.as_strided(one, tuple(one.shape), one.stride(), 0)


def _in_form(name: str, change: Any) -> Any:
    """Make a mutant of `writing` that changes the keyword arguments of one op."""
    return lambda original: (
        lambda op, *rest: original(op, *rest[:-1], change(dict(rest[-1])) if op.name == name else rest[-1])
    )


def _without_alpha(kwargs: dict[str, Any]) -> dict[str, Any]:
    if kwargs.get("beta", 1) != 1:
        kwargs.pop("alpha", None)
    return kwargs


def _without_beta(kwargs: dict[str, Any]) -> dict[str, Any]:
    if kwargs.get("beta", 1) != 0:
        kwargs.pop("beta", None)
    return kwargs


def _unscaled(when: Any) -> Any:
    """Make a mutant that ignores alpha where a condition on beta and the addend holds."""

    def make(original: Any) -> Any:
        def call(input: Any, *factors: Any, beta: Any = 1, alpha: Any = 1) -> Any:
            alpha = 1 if when(input, beta) else alpha
            return original(input, *factors, beta=beta, alpha=alpha)

        return call

    return make


def _whole_alpha(original: Any) -> Any:
    return lambda input, product, beta, alpha: original(
        input, product, beta, int(alpha) if alpha > 0 else alpha
    )


def _first_addend(original: Any) -> Any:
    """Read a column that is to be spread as if it were a single number."""

    def call(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
        if input.ndim == 2 and input.shape[1] == 1 < input.shape[0]:
            input = input[:1]
        return original(input, product, beta, alpha)

    return call


def _of_type(kind: Any, change: Any) -> Any:
    """Make a mutant of the product of one type."""

    def make(original: Any) -> Any:
        def call(a: Any, b: Any, asked: Any) -> Any:
            if asked is not kind:
                return original(a, b, asked)
            with np.errstate(all="ignore"):
                return np.asarray(change(elements(a, asked), elements(b, asked)))

        return call

    return make


def _through(narrow: Any) -> Any:
    return lambda a, b: np.matmul(a.astype(narrow), b.astype(narrow)).astype(a.dtype)


def _saturating(a: Any, b: Any) -> Any:
    limits = np.iinfo(a.dtype)
    return np.clip(np.matmul(a.astype(np.int64), b.astype(np.int64)), limits.min, limits.max).astype(a.dtype)


def _conjugated(a: Any, b: Any) -> Any:
    return np.matmul(a, np.conj(b)) if a.ndim == 2 == b.ndim else np.matmul(a, b)


def _first_256(original: Any) -> Any:
    def call(a: Any, b: Any, kind: Any) -> Any:
        if a.shape[-1] > 256 and b.ndim > 1:
            a, b = a[..., :256], b[..., :256, :]
        return original(a, b, kind)

    return call


def _past_64_rows(original: Any) -> Any:
    def call(a: Any, b: Any, kind: Any) -> Any:
        result = original(a, b, kind)
        if result.ndim == 2:
            result[64:] = result[:1]
        return result

    return call


def _row_major(original: Any) -> Any:
    """Write a product into the storage of `out` row by row, whatever its strides."""

    def call(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        turned = op.name == "mm" and out.ndim == 2 and out.stride() != (out.shape[1], 1) and out.numel() > 1
        if not turned or tuple(out.shape) != (args[0].shape[0], args[1].shape[1]) or out.stride(0) != 1:
            return original(op, out, args, kwargs)
        original(op, out.t().reshape(-1).view(out.shape), args, kwargs)
        flat = ops.mm(*args).reshape(-1)
        ops.as_strided(out, (flat.numel(),), (1,), out.storage_offset()).copy_(flat)
        return out

    return call


def _first_of_left(original: Any) -> Any:
    """Take the first element of what has size 1 on the right only."""

    def call(a: Any, b: Any, summed: set[int]) -> Any:
        for dim in summed:
            if b.shape[dim] == 1 < a.shape[dim]:
                a = a.narrow(dim, 0, 1)
        return original(a, b, summed)

    return call


def _unsummed_single(original: Any) -> Any:
    """Take the first element of a label that one operand alone has, instead of the sum."""

    def call(operand: Any, dims: Any) -> Any:
        for dim in dims:
            operand = operand.narrow(dim, 0, min(1, operand.shape[dim]))
        return operand

    return call


def _without_offset(original: Any) -> Any:
    def call(input: Any, tensor: Any) -> Any:
        if tensor.ndim == 1 and tensor.storage_offset() and tensor.numel():
            tensor = ops.as_strided(tensor, tuple(tensor.shape), tensor.stride(), 0)
        return original(input, tensor)

    return call


_MATRICES = p.a_product_of_matrices_sums_over_the_inner_dimension
_ADDED = p.an_addend_and_a_product_are_scaled_apart

MUTANTS = (
    mutant(
        "mm_reads_a_transposed_right_operand_untransposed_for_odd_columns",
        _MATRICES,
        kernel("mm", _reading(1, lambda one: one.shape[1] % 2 and _is_turned(one), _as_stored)),
        fault="tracel-ai/burn#5304",
    ),
    mutant(
        "mm_reads_a_transposed_left_operand_untransposed_past_32_rows",
        _MATRICES,
        kernel("mm", _reading(0, lambda one: one.shape[0] > 32 and _is_turned(one), _as_stored)),
        fault="tracel-ai/burn#5304",
    ),
    mutant(
        "mm_reads_transposed_doubles_untransposed",
        _MATRICES,
        kernel("mm", _reading(0, lambda one: one.dtype is dtypes.float64 and _is_turned(one), _as_stored)),
    ),
    mutant("mm_reads_stepped_operands_densely", _MATRICES, kernel("mm", _reading(0, _is_stepped, _dense))),
    mutant(
        "mm_ignores_the_offset_of_the_right_operand",
        _MATRICES,
        kernel("mm", _reading(1, lambda one: one.storage_offset() and one.numel(), _from_start)),
    ),
    mutant(
        "mv_reads_a_transposed_matrix_untransposed",
        p.mv_multiplies_a_matrix_by_a_vector,
        kernel("mv", _reading(0, _is_turned, _as_stored)),
    ),
    mutant(
        "addmm_reads_a_transposed_left_operand_untransposed",
        _ADDED,
        kernel("addmm", _reading(1, _is_turned, _as_stored)),
    ),
    mutant("mm_writes_a_transposed_out_row_by_row", _MATRICES, attribute("writing:into", _row_major)),
    mutant("dot_ignores_the_offset_of_the_second", p.dot_conjugates_nothing, kernel("dot", _without_offset)),
    mutant(
        "products_of_doubles_through_float32",
        _MATRICES,
        attribute("products:_product", _of_type(dtypes.float64, _through(np.float32))),
    ),
    mutant(
        "products_of_int64_through_doubles",
        _MATRICES,
        attribute("products:_product", _of_type(dtypes.int64, _through(np.float64))),
    ),
    mutant(
        "products_of_bytes_saturate",
        _MATRICES,
        attribute("products:_product", _of_type(dtypes.uint8, _saturating)),
    ),
    mutant(
        "products_of_complex64_conjugate_the_right",
        _MATRICES,
        attribute("products:_product", _of_type(dtypes.complex64, _conjugated)),
    ),
    mutant("products_sum_256_terms_at_most", _MATRICES, attribute("products:_product", _first_256)),
    mutant("products_repeat_rows_past_64", _MATRICES, attribute("products:_product", _past_64_rows)),
    mutant(
        "baddbmm_ignores_alpha_where_beta_is_not_one",
        _ADDED,
        kernel("baddbmm", _unscaled(lambda input, beta: beta != 1)),
        fault="kulinseth/pytorch#274",
    ),
    mutant(
        "addmm_of_complex_ignores_alpha",
        _ADDED,
        kernel("addmm", _unscaled(lambda input, beta: input.dtype.is_complex)),
    ),
    mutant(
        "addmm_in_place_ignores_alpha_where_beta_is_not_one",
        _ADDED,
        attribute("writing:inplace", _in_form("addmm", _without_alpha)),
        fault="pytorch/pytorch#194474",
    ),
    mutant(
        "baddbmm_into_out_ignores_beta",
        _ADDED,
        attribute("writing:into", _in_form("baddbmm", _without_beta)),
    ),
    mutant("addmm_truncates_alpha", _ADDED, attribute("products:_combined", _whole_alpha)),
    mutant("addmm_spreads_the_first_of_a_column", _ADDED, attribute("products:_combined", _first_addend)),
    mutant(
        "einsum_does_not_spread_the_right_operand",
        p.a_labelled_dimension_of_size_one_broadcasts,
        attribute("contractions:_paired", _first_of_left),
        fault="robertknight/rten#1369",
    ),
    mutant(
        "einsum_takes_the_first_of_a_label_of_one_operand",
        p.labels_that_are_not_kept_are_summed,
        attribute("contractions:_summed_out", _unsummed_single),
    ),
)
