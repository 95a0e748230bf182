"""Faults of errors: raised too late, of another class, with another text, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import errors

from .changes import Call
from .mutant import Mutant, attribute, kernel, mutant

DIMS = errors.dimensions_and_indices_out_of_range_are_index_errors


def _clips(original: Call) -> Call:
    def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
        return original(input, dim, start, min(length, input.shape[dim] - start))  # type: ignore[no-any-return]

    return narrow


def _wraps(original: Call) -> Call:
    return lambda input, dim: original(input, dim % (input.ndim + 1))


def _wraps_both(original: Call) -> Call:
    return lambda input, a, b: original(input, a % max(input.ndim, 1), b % max(input.ndim, 1))


def _none_is_zero(original: Call) -> Call:
    return lambda input, other, **kwargs: original(input, 0 if other is None else other, **kwargs)


def _ignores_unknown_keywords(original: Call) -> Call:
    def reshape(input: Tensor, *shape: Any, **_: Any) -> Tensor:
        return original(input, *shape)  # type: ignore[no-any-return]

    return reshape


def _in_floats(original: Call) -> Call:
    def call(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return original(input if input.dtype.is_differentiable else input.float(), *args, **kwargs)

    return call


def _infinite(original: Call) -> Call:
    def inv(A: Tensor) -> Tensor:
        try:
            return original(A)  # type: ignore[no-any-return]
        except RuntimeError:
            if not A.dtype.is_differentiable:
                raise
            return fresh(np.full(A.shape, np.inf), A.dtype)

    return inv


def _spoils_its_target(original: Call) -> Call:
    def inplace(op: Any, args: Any, kwargs: Any) -> Any:
        try:
            return original(op, args, kwargs)
        except RuntimeError:
            args[0].places[...] = 0
            raise

    return inplace


def _spoils_its_out(original: Call) -> Call:
    def check_category(result: Tensor, target: Tensor) -> None:
        try:
            original(result, target)
        except RuntimeError:
            target.places[...] = 0
            raise

    return check_category


def _exclusive_or(original: Call) -> Call:
    def sub(input: Any, other: Any, **kwargs: Any) -> Any:
        if all(isinstance(one, Tensor) and one.dtype is dtypes.bool_ for one in (input, other)):
            return fresh(np.logical_xor(input.array, other.array))
        return original(input, other, **kwargs)

    return sub


def _any_of_bools(original: Call) -> Call:
    def total(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if input.dtype is dtypes.bool_ and not args and not kwargs:
            return fresh(np.array(input.array.any(), np.int64))
        return original(input, *args, **kwargs)

    return total


def _truncates(original: Call) -> Call:
    return lambda input, key: original(input, int(key) if isinstance(key, float) else key)


def _bools_as_integers(original: Call) -> Call:
    def getitem(input: Tensor, key: Any) -> Any:
        bools = isinstance(key, np.ndarray) and key.dtype == np.bool_
        return original(input, key.astype(np.int64) if bools else key)

    return getitem


def _each_once(original: Call) -> Call:
    def total(input: Tensor, dim: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(dim, tuple | list) and input.ndim:
            dim = tuple(dict.fromkeys(one % input.ndim for one in dim))
        return original(input, dim, *args, **kwargs)

    return total


def _vaguely(original: Call) -> Call:
    def matmul(input: Any, other: Any) -> Any:
        try:
            return original(input, other)
        except RuntimeError:
            raise RuntimeError("size mismatch") from None

    return matmul


def _ones(original: Call) -> Call:
    def implicit(root: Tensor, place: int) -> Any:
        return ops.ones_like(root) if root.requires_grad else original(root, place)

    return implicit


MUTANTS: list[Mutant] = [
    mutant(
        "narrow_clips_its_length", errors.sizes_that_disagree_are_runtime_errors, kernel("narrow", _clips)
    ),
    mutant("unsqueeze_wraps_its_dim", DIMS, kernel("unsqueeze", _wraps)),
    mutant("transpose_wraps_its_dims", DIMS, kernel("transpose", _wraps_both)),
    mutant(
        "none_counts_as_zero", errors.arguments_of_a_wrong_type_are_type_errors, kernel("add", _none_is_zero)
    ),
    mutant(
        "reshape_ignores_unknown_keywords",
        errors.arguments_of_a_wrong_type_are_type_errors,
        kernel("reshape", _ignores_unknown_keywords),
    ),
    mutant(
        "any_reduction_is_the_sum",
        errors.python_values_without_a_meaning_are_value_errors,
        attribute("losses:check_reduction", lambda original: lambda reduction: None),
        attribute("losses:reduced", lambda original: lambda losses, reduction: ops.sum(losses)),
    ),
    mutant(
        "softmax_of_integers_is_floating",
        (
            errors.missing_kernels_are_not_implemented_errors,
            errors.floating_operations_refuse_integers,
        ),
        kernel("softmax", _in_floats),
    ),
    mutant(
        "running_out_of_memory_is_a_memory_error",
        errors.special_errors_are_runtime_errors,
        attribute("cuda:OutOfMemoryError", lambda original: MemoryError),
    ),
    mutant(
        "the_inverse_of_a_singular_matrix_is_infinite",
        errors.a_singular_matrix_is_a_linalg_error,
        kernel("linalg.inv", _infinite),
    ),
    mutant(
        "a_refused_write_leaves_zeros",
        errors.a_refused_operation_changes_nothing,
        attribute("writing:inplace", _spoils_its_target),
    ),
    mutant(
        "a_refused_out_is_cleared",
        errors.a_refused_operation_changes_nothing,
        attribute("writing:check_category", _spoils_its_out),
    ),
    mutant(
        "results_are_cast_to_any_target",
        errors.shapes_and_types_are_checked_first,
        attribute("writing:check_category", lambda original: lambda result, target: None),
    ),
    mutant(
        "mean_of_integers_is_computed",
        errors.floating_operations_refuse_integers,
        kernel("mean", _in_floats),
    ),
    mutant(
        "relu_of_integers_is_refused",
        errors.integer_operations_take_integers,
        kernel("relu", _in_floats),
    ),
    mutant("minus_of_bools_is_exclusive_or", errors.arithmetic_refuses_bools, kernel("sub", _exclusive_or)),
    mutant(
        "sum_of_bools_is_whether_any_is_true",
        errors.logic_and_order_take_bools,
        kernel("sum", _any_of_bools),
        fault="IntelPython/dpctl#2017",
    ),
    mutant("a_float_index_is_truncated", errors.indices_must_be_integers, kernel("getitem", _truncates)),
    mutant(
        "numpy_bools_index_as_integers",
        errors.numpy_integers_and_ranges_are_indices,
        kernel("getitem", _bools_as_integers),
    ),
    mutant("a_dim_named_twice_counts_once", errors.a_dimension_may_be_named_once, kernel("sum", _each_once)),
    mutant("matmul_names_no_shapes", errors.matmul_names_both_shapes, kernel("matmul", _vaguely)),
    mutant(
        "backward_without_history_names_no_tensor",
        errors.backward_needs_history,
        attribute("autograd.engine:_NO_GRAD", lambda original: "no history"),
    ),
    mutant(
        "backward_of_many_starts_from_ones",
        errors.backward_needs_a_gradient_unless_the_tensor_is_a_number,
        attribute("autograd.engine:_implicit_grad", _ones),
    ),
    mutant(
        "set_warn_always_is_forgotten",
        (errors.the_warning_flag_is_off_until_set, errors.warnings_come_every_time_when_asked_for),
        attribute("cautions:_always", lambda original: original),
    ),
]
