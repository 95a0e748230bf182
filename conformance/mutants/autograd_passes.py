"""Faults of backward passes: what they start from, where gradients arrive and what is left after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.autograd import accumulation, engine
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import autograd

from .mutant import Mutant, Patch, attribute, kernel, mutant

Call = Callable[..., Any]


def _starts_with_zeros(original: Call) -> Call:
    def requires_grad_(input: Any, requires_grad: bool = True) -> Any:
        result = original(input, requires_grad)
        input._grad = ops.zeros_like(input).detach()
        return result

    return requires_grad_


def _each_operation_once(original: Call) -> Call:
    done: dict[int, set[str]] = {}

    def apply(self: Any, grads: list[Any]) -> list[Any]:
        seen = done.setdefault(engine.current_pass().number, set())
        if self.op in seen and len(grads) == len(self.edges) == 1:
            return grads
        seen.add(self.op)
        return original(self, grads)  # type: ignore[no-any-return]

    return apply


def _broadcast_weights(original: Call) -> Call:
    def root_grads(roots: Any, given: Any, **more: Any) -> Any:
        fitted = [
            weight.expand(root.shape) if weight is not None and weight.ndim <= root.ndim else weight
            for root, weight in zip(roots, given, strict=False)
        ]
        return original(roots, fitted if len(fitted) == len(given) else given, **more)

    return root_grads


def _weights_of_one(original: Call) -> Call:
    def root_grads(roots: Any, given: Any, **more: Any) -> Any:
        return [ops.ones_like(grad) for grad in original(roots, given, **more)]

    return root_grads


def _first_root(original: Call) -> Call:
    def backward(tensors: Any, grad_tensors: Any = None, *args: Any, **kwargs: Any) -> None:
        if isinstance(tensors, list | tuple) and grad_tensors:
            tensors, grad_tensors = tensors[:1], grad_tensors[:1]
        original(tensors, grad_tensors, *args, **kwargs)

    return backward


def _quiet_without_graph(original: Call) -> Call:
    def backward(input: Any, *args: Any, **kwargs: Any) -> None:
        if input.requires_grad:
            original(input, *args, **kwargs)

    return backward


def _overwritten(variable: Any, grad: Any) -> None:
    variable._grad = accumulation.own_copy(variable, grad)


def _replaced(original: Call) -> Call:
    def accumulate(variable: Any, grad: Any) -> None:
        held = variable._grad
        if held is None:
            original(variable, grad)
        else:
            variable._grad = held + grad

    return accumulate


def _last_use(buffers: Any, edge: Any, grad: Any) -> None:
    buffers.setdefault(edge.node, [None] * edge.node.outputs)[edge.number] = grad


def _in_single_precision(original: Call) -> Call:
    return lambda variable, grad: original(variable, grad.float())


def _row_major(original: Call) -> Call:
    return lambda variable, grad: original(variable, grad).contiguous()


def without_option(name: str, value: Any) -> Call:
    """Return a maker of functions that pass another value for a keyword."""

    def make(original: Call) -> Call:
        def call(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **{**kwargs, name: value})

        return call

    return make


def _backward_without(place: int, value: Any) -> Patch:
    def make(original: Call) -> Call:
        def backward(input: Any, *args: Any, **kwargs: Any) -> None:
            names = ("gradient", "retain_graph", "create_graph", "inputs")
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            original(input, **{**given, names[place]: value})

        return backward

    return kernel("backward", make)


def _raises_when_freed(original: Call) -> Call:
    def apply(self: Any, grads: list[Any]) -> list[Any]:
        if self.freed:
            raise RuntimeError("Trying to backward through the graph a second time")
        return original(self, grads)  # type: ignore[no-any-return]

    return apply


def _adds_to_the_leaves(original: Call) -> Call:
    def grad(outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(outputs, inputs, *args, **kwargs)
        every = inputs if isinstance(inputs, list | tuple) else [inputs]
        for one, gradient in zip(every, found, strict=True):
            if one.is_leaf:
                one._grad = gradient
        return found

    return grad


def _in_order_of_the_graph(original: Call) -> Call:
    return lambda *args, **kwargs: original(*args, **kwargs)[::-1]


MUTANTS: list[Mutant] = [
    mutant(
        "an_operation_counts_once_in_a_pass",
        autograd.the_graph_is_recorded_anew_in_each_pass,
        attribute("autograd.recording:OperationNode.apply", _each_operation_once),
    ),
    mutant(
        "powers_keep_their_exponent",
        (
            autograd.backward_adds_the_derivative_to_the_leaves,
            autograd.gradients_of_powers_follow_the_power_rule,
        ),
        attribute(
            "autograd.formulas_elementwise:power_base",
            lambda original: lambda grad, input, exponent: grad * exponent * input**exponent,
        ),
    ),
    mutant(
        "backward_sums_what_has_several_elements",
        autograd.backward_without_argument_needs_one_element,
        attribute("autograd.engine:_implicit_grad", lambda original: lambda root, place: ops.ones_like(root)),
    ),
    mutant(
        "gradients_given_are_ones",
        autograd.backward_multiplies_by_the_gradient_given,
        attribute("autograd.engine:_root_grads", _weights_of_one),
    ),
    mutant(
        "gradients_given_are_broadcast",
        autograd.the_gradient_given_has_the_shape_of_the_result,
        attribute("autograd.engine:_root_grads", _broadcast_weights),
    ),
    mutant(
        "the_first_of_several_results_counts",
        autograd.gradients_of_several_results_add_up,
        attribute("autograd:backward", _first_root),
    ),
    mutant(
        "backward_of_nothing_does_nothing",
        autograd.backward_needs_something_to_differentiate,
        kernel("backward", _quiet_without_graph),
    ),
    mutant(
        "gradients_start_as_zeros",
        (autograd.grad_is_none_until_a_backward_pass, autograd.a_gradient_that_is_none_has_no_attributes),
        kernel("requires_grad_", _starts_with_zeros),
    ),
    mutant(
        "gradients_are_overwritten",
        autograd.gradients_accumulate_over_passes,
        attribute("autograd.accumulation:accumulate", lambda original: _overwritten),
    ),
    mutant(
        "the_last_use_counts",
        autograd.gradients_of_all_uses_add_up,
        attribute("autograd.engine:_add", lambda original: _last_use),
    ),
    mutant(
        "gradients_are_in_single_precision",
        autograd.gradients_look_like_their_tensor,
        attribute("autograd.accumulation:own_copy", _in_single_precision),
    ),
    mutant(
        "any_gradient_may_be_assigned",
        autograd.assigned_gradients_must_fit,
        attribute(
            "tensor:Tensor.grad",
            lambda original: property(original.fget, lambda self, value: setattr(self, "_grad", value)),
        ),
    ),
    mutant(
        "gradients_are_row_major",
        autograd.the_first_gradient_has_the_layout_of_a_dense_leaf,
        attribute("autograd.accumulation:own_copy", _row_major),
    ),
    mutant(
        "later_passes_replace_the_gradient",
        autograd.later_passes_add_in_place_unless_recorded,
        attribute("autograd.accumulation:accumulate", _replaced),
    ),
    mutant(
        "gradients_of_results_are_read_without_a_warning",
        autograd.results_keep_no_gradient,
        attribute("tensor:Tensor.grad", lambda original: property(lambda self: self._grad, original.fset)),
    ),
    mutant(
        "retain_grad_is_ignored",
        (autograd.results_keep_their_gradient_where_asked, autograd.retains_grad_tells_who_keeps_a_gradient),
        kernel("retain_grad", lambda original: lambda input: None),
    ),
    mutant(
        "graphs_are_kept",
        autograd.a_graph_is_gone_after_one_pass,
        attribute("autograd.recording:OperationNode.release", lambda original: lambda self: None),
        fault="tinygrad/tinygrad#6145",
    ),
    mutant(
        "graphs_are_not_retained",
        autograd.a_graph_is_gone_after_one_pass,
        _backward_without(1, False),
    ),
    mutant(
        "every_graph_can_be_walked_once",
        autograd.graphs_that_saved_nothing_can_be_walked_again,
        attribute("autograd.recording:OperationNode.apply", _raises_when_freed),
    ),
    mutant(
        "gradients_come_in_the_order_of_the_graph",
        autograd.grad_returns_the_gradients_of_its_inputs,
        attribute("autograd:grad", _in_order_of_the_graph),
    ),
    mutant(
        "grad_adds_to_the_leaves",
        autograd.grad_leaves_the_leaves_alone,
        attribute("autograd:grad", _adds_to_the_leaves),
    ),
    mutant(
        "unused_inputs_are_allowed",
        autograd.grad_of_an_unused_input,
        attribute("autograd:grad", without_option("allow_unused", True)),
    ),
    mutant(
        "gradients_are_never_recorded",
        (
            autograd.gradients_of_powers_follow_the_power_rule,
            autograd.the_gradient_along_a_vector_gives_hessian_products,
        ),
        attribute("autograd:grad", without_option("create_graph", False)),
    ),
    mutant(
        "passes_are_never_recorded",
        autograd.gradients_require_grad_where_their_pass_was_recorded,
        _backward_without(2, False),
    ),
    mutant(
        "all_leaves_are_reached",
        autograd.backward_reaches_only_the_inputs_named,
        _backward_without(3, None),
    ),
]
