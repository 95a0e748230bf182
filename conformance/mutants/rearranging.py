"""Faults of joining, of results that share storage, and those of `rearranging_elements`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import rearranging
from tensorcanon.spec.rules.strides import is_dense

from .mutant import Mutant, mutant
from .rearranging_elements import ORDER, REPEATS
from .separating import aliasing, changed
from .storing import in_storage_order

Call = Callable[..., Any]


# Storage.


def _permuted(input: Tensor) -> bool:
    return not input.is_contiguous() and is_dense(input.shape, input.strides)


def _zeros_when_permuted(original: Call, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    made: Tensor = original(input, *args, **kwargs)
    return fresh(np.zeros(made.shape), made.dtype) if _permuted(input) else made


STORAGE = [
    *(
        mutant(
            f"{op}_shares_the_storage_of_its_input",
            rearranging.a_copy_does_not_see_writes_to_its_input,
            aliasing(op),
        )
        for op in ("cat", "flip", "roll", "clone", "index_select")
    ),
    mutant("repeat_by_ones_is_a_view", rearranging.a_write_to_a_copy_leaves_its_input, aliasing("repeat")),
    mutant("a_quarter_turn_is_a_view", rearranging.a_write_to_a_copy_leaves_its_input, aliasing("rot90")),
    mutant(
        "softplus_of_a_permuted_tensor_is_zero",
        rearranging.an_operation_reads_through_the_strides,
        changed("nn.functional.softplus", _zeros_when_permuted),
        fault="pytorch/pytorch#131736",
    ),
    mutant(
        "sum_reads_storage_order",
        rearranging.an_operation_reads_through_the_strides,
        changed(
            "cumsum",
            lambda original, input, *args, **kwargs: original(in_storage_order(input), *args, **kwargs),
        ),
    ),
    mutant(
        "narrow_copy_is_a_view",
        rearranging.a_copy_does_not_see_writes_to_its_input,
        changed("narrow_copy", lambda original, input, *args, **kwargs: input.narrow(*args, **kwargs)),
    ),
    mutant(
        "permute_copy_reads_storage_order",
        rearranging.copies_of_views_hold_what_the_view_shows,
        changed(
            "permute_copy",
            lambda original, input, dims: in_storage_order(original(in_storage_order(input), dims)),
        ),
    ),
]


# Joining.


def _without_strides(original: Call, tensors: Any, dim: int = 0) -> Tensor:
    return original([in_storage_order(one) for one in tensors], dim)  # type: ignore[no-any-return]


def _in_the_first_type(original: Call, tensors: Any, dim: int = 0) -> Tensor:
    return original([one.to(tensors[0].dtype) for one in tensors] if len(tensors) else tensors, dim)  # type: ignore[no-any-return]


def _mismatches_cut_off(original: Call, tensors: Any, dim: int = 0) -> Tensor:
    sizes = {tuple(one.shape[1:]) for one in tensors}
    if dim == 0 and len(sizes) > 1 and all(one.ndim == 2 for one in tensors):
        width = min(one.shape[1] for one in tensors)
        tensors = [one.narrow(1, 0, width) for one in tensors]
    return original(tensors, dim)  # type: ignore[no-any-return]


def _with_empty_vectors(original: Call, tensors: Any, dim: int = 0) -> Tensor:
    if any(one.shape == (0,) for one in tensors) and any(one.ndim > 1 for one in tensors):
        raise RuntimeError("Tensors must have same number of dimensions")
    return original(tensors, dim)  # type: ignore[no-any-return]


def _dim_before(original: Call, tensors: Any, dim: int = 0) -> Tensor:
    return original(tensors, dim - 1 if tensors and -tensors[0].ndim <= dim < 0 else dim)  # type: ignore[no-any-return]


def _rounds(original: Call, tensors: Any, dim: int = 0) -> Tensor:
    made: Tensor = original(tensors, dim)
    return fresh(made.array[::-1], made.dtype) if dim == 1 and made.ndim == 2 else made


JOINS = [
    mutant(
        "cat_ignores_strides",
        rearranging.cat_joins_along_a_dimension,
        changed("cat", _without_strides),
        fault="pytorch/pytorch#85675",
    ),
    mutant(
        "cat_takes_the_type_of_the_first_tensor",
        rearranging.cat_joins_along_a_dimension,
        changed("cat", _in_the_first_type),
        fault="pytorch/pytorch#35014",
    ),
    mutant(
        "cat_cuts_tensors_that_do_not_fit",
        rearranging.cat_joins_along_a_dimension,
        changed("cat", _mismatches_cut_off),
    ),
    mutant(
        "cat_refuses_empty_vectors",
        rearranging.cat_leaves_out_empty_vectors,
        changed("cat", _with_empty_vectors),
    ),
    mutant(
        "stack_counts_negative_dimensions_of_its_inputs",
        rearranging.stack_joins_along_a_new_dimension,
        changed("stack", _dim_before),
    ),
    mutant(
        "stack_of_vectors_along_one_is_upside_down",
        (rearranging.stack_is_cat_of_unsqueezed_tensors, rearranging.stack_joins_along_a_new_dimension),
        changed("stack", _rounds),
    ),
    mutant(
        "unbind_of_a_stack_is_reversed",
        rearranging.unbind_undoes_stack,
        changed("unbind", lambda original, input, dim=0: original(input, dim)[::-1]),
    ),
    mutant(
        "hstack_of_vectors_makes_rows",
        rearranging.stacks_of_rows_columns_and_depth,
        changed(
            "hstack",
            lambda original, tensors: original(
                [one.view(1, -1) if one.ndim == 1 and one.is_contiguous() else one for one in tensors]
            ),
        ),
    ),
    mutant(
        "column_stack_does_not_turn_vectors",
        rearranging.stacks_of_rows_columns_and_depth,
        changed(
            "column_stack",
            lambda original, tensors: original(
                [one.reshape(1, -1) if one.ndim == 1 else one for one in tensors]
            ),
        ),
    ),
    mutant(
        "block_diag_joins_along_rows",
        rearranging.block_diag_surrounds_blocks_with_zeros,
        changed("block_diag", lambda original, *tensors: original(*tensors[::-1])),
    ),
]

MUTANTS: list[Mutant] = [*STORAGE, *JOINS, *ORDER, *REPEATS]
