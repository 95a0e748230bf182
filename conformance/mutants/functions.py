"""Faults of functions that are not elementwise, and of the modes they run in."""

from __future__ import annotations

import itertools
from typing import Any

from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import functions

from .changes import then, where
from .gradients import formula
from .mutant import Patch, attribute, kernel, mutant
from .recomputing import strided

PAGE = functions.a_function_gives_what_its_page_says


def _in_storage_order(original: Any) -> Any:
    """Read a strided input as if it were contiguous."""

    def call(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if strided(input):
            stored = input.storage.bytes.view(input.dtype.numpy)[input.offset :]
            if stored.size >= input.numel():
                input = fresh(stored[: input.numel()].reshape(input.shape), input.dtype)
        return original(input, *args, **kwargs)

    return call


def _misreading(*names: str) -> tuple[Patch, ...]:
    return tuple(kernel(name, _in_storage_order) for name in names)


def _written_back(original: Any) -> Any:
    """Sort the input itself as well."""

    def sort(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        made = original(input, *args, **kwargs)
        if not input.tracked and input.storage is not None:
            input.places[...] = made[0].array
        return made

    return sort


_calls = itertools.count()


def _second_call_reversed(original: Any) -> Any:
    def flip(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return input.clone() if next(_calls) % 2 else original(input, *args, **kwargs)

    return flip


def _not_copied(original: Any) -> Any:
    """Give the result and leave ``out`` as it was, where the type or shape already fits."""

    def into(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        if op.name in ("cumsum", "gather", "tril", "index_select"):
            return op.kernel(*args, **kwargs)
        return original(op, out, args, kwargs)

    return into


def _wrong_where_tracked(original: Any) -> Any:
    """Take a shortcut for inputs that require gradients."""

    def softmax(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return original(input * 1.0078125 if input.tracked else input, *args, **kwargs)

    return softmax


def _keeping_a_dimension(original: Any) -> Any:
    """Give another shape where there are no elements."""

    def amax(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        made = original(input, *args, **kwargs)
        return fresh(made.array[None], made.dtype) if input.is_meta else made

    return amax


def _negated(shifts: Any) -> Any:
    return tuple(-one for one in shifts) if isinstance(shifts, tuple) else -shifts


def _short(x: Tensor, dim: int, index: Tensor, source: Tensor) -> Any:
    """Add all but the last contribution of each row."""
    return ops.scatter(x, dim, index[..., :-1], source[..., :-1], reduce="add")


MUTANTS = [
    mutant(
        "roll_turns_the_other_way", PAGE, kernel("roll", lambda f: lambda x, n, *a: f(x, _negated(n), *a))
    ),
    mutant("tril_loses_the_diagonal", PAGE, kernel("tril", lambda f: lambda x, k=0: f(x, k - 1))),
    mutant("rot90_turns_back", PAGE, kernel("rot90", lambda f: lambda x, k=1, *a, **b: f(x, -k, *a, **b))),
    mutant(
        "cumsum_leaves_the_element_out",
        PAGE,
        kernel("cumsum", then(lambda made: ops.roll(made, 1, -1))),
    ),
    mutant(
        "topk_gives_the_least",
        PAGE,
        kernel("topk", lambda f: lambda x, k, dim=-1, *a, **b: f(x, k, dim, False)),
    ),
    mutant(
        "nn_max_unpool_ignores_the_indices",
        PAGE,
        kernel("nn.functional.max_unpool1d", then(lambda y: ops.sort(y)[0])),
    ),
    mutant(
        "index_copy_adds_the_source",
        PAGE,
        kernel("index_copy", lambda f: lambda x, d, i, y: ops.index_add(x, d, i, y)),
    ),
    mutant(
        "scatter_add_loses_the_last_column",
        PAGE,
        kernel("scatter_add", where(lambda x, d, i, y: True, _short)),
    ),
    mutant(
        "flip_reads_in_storage_order",
        functions.the_layout_of_inputs_does_not_matter,
        *_misreading("flip", "roll", "cumsum", "gather", "tril", "topk"),
    ),
    mutant(
        "sort_happens_in_place",
        functions.inputs_of_a_function_stay_as_they_were,
        kernel("sort", _written_back),
    ),
    mutant(
        "fill_writes_into_its_input",
        functions.inputs_of_a_function_stay_as_they_were,
        kernel("fill", lambda f: lambda x, value: f(x, value) if x.tracked else x.fill_(value)),
    ),
    mutant(
        "flip_is_a_copy_every_second_time",
        functions.a_repeated_call_gives_the_same,
        kernel("flip", _second_call_reversed),
    ),
    mutant(
        "cumsum_as_a_method_takes_the_first_dimension",
        functions.a_method_agrees_with_its_function,
        attribute("tensor:Tensor.cumsum", lambda method: lambda x, dim: method(x, 0)),
    ),
    mutant(
        "cumsum_does_not_write_out",
        functions.out_tensors_receive_the_results,
        attribute("writing:into", _not_copied),
    ),
    mutant(
        "softmax_scales_a_recorded_input",
        functions.results_do_not_depend_on_recording,
        kernel("softmax", _wrong_where_tracked),
    ),
    mutant(
        "amax_keeps_a_dimension_without_data",
        functions.a_function_has_the_same_structure_without_data,
        kernel("amax", _keeping_a_dimension),
    ),
    mutant(
        "reshape_under_vmap_is_stacked_backwards",
        functions.vmap_of_a_function_is_a_stack_of_calls,
        attribute("vmapping:_stacked", lambda stacked: lambda calls, *a: stacked(calls[::-1], *a)),
    ),
    mutant(
        "roll_has_a_gradient_rolled_on",
        functions.gradients_of_functions_are_their_derivatives,
        formula("roll", input=lambda grad, shifts, dims: ops.roll(grad, shifts, dims)),
    ),
    mutant(
        "softmax_has_a_gradient_that_forgets_its_own",
        functions.second_gradients_of_functions_are_second_derivatives,
        formula(
            "softmax",
            input=lambda grad, result, dim: (
                result.detach() * (grad - ops.sum(grad * result, dim, keepdim=True))
            ),
        ),
    ),
]
