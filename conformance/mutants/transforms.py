"""Faults of function transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorcanon.reference import func, trees
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.state import state
from tensorcanon.spec import transforms

from .autograd import Nothing
from .mutant import Mutant, attribute, mutant

Call = Callable[..., Any]


def _first_dimension(original: Call) -> Call:
    return lambda leaf, dim, place: original(leaf, None if dim is None else 0, place)


def _front(original: Call) -> Call:
    return lambda function, results, out_dims, level: original(function, results, 0, level)


def _the_smallest(original: Call) -> Call:
    def size(tree: Any, dims: Any) -> int:
        pairs = zip(trees.leaves(tree), trees.leaves(dims), strict=True)
        sizes = [leaf.shape[dim] for leaf, dim in pairs if dim is not None]
        return min(sizes, default=0)

    return size


@contextmanager
def _one_at_a_time(randomness: str) -> Iterator[None]:
    if state.mapping:
        raise NotImplementedError("vmap inside vmap")
    state.mapping = (randomness,)
    try:
        yield
    finally:
        state.mapping = ()


def _always_allowed(original: Call) -> Call:
    return lambda randomness: original("different")


def _only_the_first_slice(original: Call) -> Call:
    return lambda function, results, out_dims, level: results[0]


def _averaged(original: Call) -> Call:
    def stacked(function: Any, results: Any, out_dims: Any, level: int) -> Any:
        made = original(function, results, out_dims, level)
        return made.mean(0, keepdim=True).expand(made.shape) if hasattr(made, "mean") else made

    return stacked


def _first_chunk(original: Call) -> Call:
    def vmap(function: Any, *args: Any, chunk_size: int | None = None, **kwargs: Any) -> Any:
        made = original(function, *args, **kwargs)
        if chunk_size is None:
            return made
        return lambda *tensors: made(*(tensor[:chunk_size] for tensor in tensors))

    return vmap


def _first_argument(original: Call) -> Call:
    return lambda function, argnums=0, has_aux=False: original(function, 0, has_aux)


def _accumulates(original: Call) -> Call:
    def grad(function: Any, *options: Any, **kwargs: Any) -> Any:
        made = original(function, *options, **kwargs)

        def wrapped(*args: Any) -> Any:
            found = made(*args)
            args[0]._grad = trees.tensors(found)[0]
            return found

        return wrapped

    return grad


def _summed_value(original: Call) -> Call:
    def value(made: Any, *, has_aux: bool) -> Any:
        first = made[0] if has_aux else made
        return first.sum() if first.ndim else first

    return value


def _others_first(original: Call) -> Call:
    def grad(function: Any, argnums: Any = 0, has_aux: bool = False) -> Any:
        made = original(function, argnums, has_aux)
        return (lambda *args: made(*args)[::-1]) if has_aux else made

    return grad


def _weights_of_one(original: Call) -> Call:
    def pulled(outputs: Any, own: Any, weights: Any) -> Any:
        return original(outputs, own, [ops.ones_like(output) for output in outputs])

    return pulled


def _tangents_of_one(original: Call) -> Call:
    def pushed(outputs: Any, own: Any, tangents: Any) -> Any:
        return original(outputs, own, [ops.ones_like(one).detach() for one in own])

    return pushed


def _turned(original: Call) -> Call:
    def columns(output: Any, own: Any, by: Any) -> Any:
        made = original(output, own, by)
        return made.transpose(0, -1).reshape(made.shape)

    return columns


def _gauss_newton(original: Call) -> Call:
    def hessian(function: Any, argnums: Any = 0) -> Any:
        def wrapped(*args: Any) -> Any:
            first = func.grad(function, argnums)(*args)
            return ops.outer(first, first)

        return wrapped

    return hessian


@contextmanager
def _left_in_place(module: Any, values: Any) -> Iterator[None]:
    for name, value in values.items():
        module._parameters[name] = value
    yield


MUTANTS: list[Mutant] = [
    mutant(
        "vmap_maps_the_first_dimension",
        transforms.vmap_is_a_stack_of_calls,
        attribute("vmapping:_slice", _first_dimension),
    ),
    mutant(
        "vmap_stacks_in_front",
        transforms.vmap_is_a_stack_of_calls,
        attribute("vmapping:_stacked", _front),
    ),
    mutant(
        "vmap_stops_at_the_shortest",
        transforms.mapped_sizes_must_agree,
        attribute("vmapping:_size", _the_smallest),
    ),
    mutant(
        "vmap_cannot_be_nested",
        transforms.vmap_of_vmap_maps_two_dimensions,
        attribute("vmapping:_mapped", lambda original: _one_at_a_time),
    ),
    mutant(
        "vmap_gives_numbers_of_slices",
        transforms.vmap_refuses_what_depends_on_values,
        attribute("autograd.mapping:check_number", lambda original: lambda tensor: None),
    ),
    mutant(
        "vmap_writes_the_last_slice",
        transforms.vmap_refuses_what_depends_on_values,
        attribute("autograd.mapping:check_write", lambda original: lambda target, operands: None),
    ),
    mutant(
        "vmap_allows_random_numbers",
        transforms.vmap_refuses_random_numbers_unless_told,
        attribute("vmapping:_mapped", _always_allowed),
    ),
    mutant(
        "vmap_always_draws_different_numbers",
        transforms.draws_agree_where_they_are_the_same,
        attribute("generator:Generator.set_state", lambda original: lambda self, new_state: self),
    ),
    mutant(
        "vmap_draws_once",
        transforms.vmap_draws_the_same_or_different_numbers,
        attribute("vmapping:_stacked", _only_the_first_slice),
    ),
    mutant(
        "vmap_stops_after_a_chunk",
        transforms.chunks_change_no_result,
        attribute(":vmap", _first_chunk),
    ),
    mutant(
        "argnums_are_ignored",
        transforms.grad_is_the_gradient_of_a_value,
        attribute("func:grad", _first_argument),
    ),
    mutant(
        "grad_accumulates",
        transforms.grad_leaves_the_tensors_alone,
        attribute("func:grad", _accumulates),
    ),
    mutant(
        "grad_sums_the_values",
        transforms.grad_needs_a_function_with_one_value,
        attribute("func:_value", _summed_value),
    ),
    mutant(
        "other_results_come_first",
        transforms.grad_returns_what_else_it_was_asked_for,
        attribute("func:grad", _others_first),
    ),
    mutant(
        "grad_of_grad_is_zero",
        transforms.grad_of_grad_is_the_second_derivative,
        attribute(
            "func:_finished",
            lambda original: lambda tree, own: trees.mapped(lambda leaf: leaf.detach(), tree),
        ),
    ),
    mutant(
        "no_grad_is_ignored_inside",
        transforms.no_grad_inside_makes_constants,
        attribute(":no_grad", lambda original: Nothing),
    ),
    mutant(
        "gradients_are_averaged_over_the_batch",
        transforms.vmap_of_grad_gives_the_gradient_of_each_sample,
        attribute("vmapping:_stacked", _averaged),
    ),
    mutant(
        "vjp_ignores_its_vector",
        transforms.vjp_pulls_back,
        attribute("func:_pulled", _weights_of_one),
    ),
    mutant(
        "jvp_ignores_its_tangent",
        (transforms.jvp_pushes_forward, transforms.linearize_pushes_forward_again_and_again),
        attribute("func:_pushed", _tangents_of_one),
    ),
    mutant(
        "jacfwd_is_transposed",
        transforms.jacobians_agree_in_both_modes,
        attribute("func:_columns", _turned),
    ),
    mutant(
        "hessian_is_a_product_of_gradients",
        transforms.hessian_is_the_jacobian_of_the_gradient,
        attribute("func:hessian", _gauss_newton),
    ),
    mutant(
        "functional_call_uses_the_module_s_own",
        transforms.functional_call_uses_the_parameters_given,
        attribute("func:_replaced", lambda original: lambda module, values: Nothing()),
    ),
    mutant(
        "functional_call_leaves_its_parameters",
        transforms.functional_call_leaves_the_module_alone,
        attribute("func:_replaced", lambda original: _left_in_place),
    ),
    mutant(
        "the_first_module_is_stacked",
        transforms.stacked_modules_run_as_one,
        attribute(
            "func:stack_module_state", lambda original: lambda models: original([models[0] for _ in models])
        ),
    ),
    mutant(
        "compiled_functions_are_not_recorded",
        transforms.compiled_functions_do_what_they_did,
        attribute(":compile", lambda original: lambda model, **options: lambda *args: model(*args).detach()),
    ),
]
