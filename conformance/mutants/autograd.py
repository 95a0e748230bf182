"""Faults of recording: flags, leaves and nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.spec import autograd

from . import autograd_passes
from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]
_FLAG = "tensor:Tensor.requires_grad"


def silent_flags(original: Any) -> Any:
    """Take every flag that is set, whatever the type or history of the tensor."""

    def set_flag(self: Any, wanted: bool) -> None:
        if self.dtype.is_differentiable and self.node is None:
            self.tracked = bool(wanted)

    return property(original.fget, set_flag)


def _forgets_flags(original: Any) -> Any:
    return property(original.fget, lambda self, wanted: None)


def sets_without_checks(original: Call) -> Call:
    def requires_grad_(input: Any, requires_grad: bool = True) -> Any:
        if input.dtype.is_differentiable and input.node is None:
            input.tracked = requires_grad
        return input

    return requires_grad_


class Nothing:
    """A context manager and decorator that does nothing."""

    def __init__(self, *args: Any) -> None:
        self.function = args[0] if args and callable(args[0]) else None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, *args: Any) -> Any:
        return args[0] if self.function is None else self.function(*args)


def _only_the_first(original: Call) -> Call:
    def wants(values: Any) -> bool:
        return bool(original(list(values)[:1]))

    return wants


MUTANTS: list[Mutant] = [
    mutant(
        "flags_are_forgotten",
        autograd.tensors_require_grad_where_it_was_asked_for,
        attribute(_FLAG, _forgets_flags),
    ),
    mutant(
        "requires_grad_returns_another_tensor",
        autograd.requires_grad_returns_its_tensor,
        kernel("requires_grad_", lambda original: lambda *a, **k: original(*a, **k).detach()),
    ),
    mutant(
        "parameters_require_grad_whatever_they_are_told",
        autograd.parameters_require_grad,
        attribute(
            "parameters:Parameter.__new__",
            lambda original: staticmethod(
                lambda cls, data=None, requires_grad=True: original(cls, data, True)
            ),
        ),
    ),
    mutant(
        "only_the_first_operand_counts",
        autograd.results_require_grad_where_an_operand_does,
        attribute("autograd.tape:_wants_grad", _only_the_first),
    ),
    mutant(
        "no_grad_leaks",
        (
            autograd.views_made_without_recording_do_not_require_grad,
            autograd.backward_needs_something_to_differentiate,
        ),
        attribute(":no_grad", lambda original: Nothing),
    ),
    mutant(
        "what_requires_grad_is_no_leaf",
        autograd.leaves_are_what_no_recorded_operation_made,
        attribute("tensor:Tensor.is_leaf", lambda original: property(lambda self: not self.requires_grad)),
    ),
    mutant(
        "flags_are_taken_silently",
        (
            autograd.flags_of_results_cannot_be_cleared,
            autograd.only_floating_and_complex_tensors_require_grad,
        ),
        attribute(_FLAG, silent_flags),
        kernel("requires_grad_", sets_without_checks),
    ),
    mutant(
        "requires_grad_of_integers_is_ignored",
        autograd.only_floating_and_complex_tensors_require_grad,
        kernel("requires_grad_", sets_without_checks),
    ),
    mutant(
        "views_have_no_node",
        autograd.recorded_results_have_a_node,
        attribute(
            "tensor:Tensor.grad_fn",
            lambda original: property(lambda self: None if self.base is not None else original.fget(self)),
        ),
    ),
    mutant(
        "nodes_have_no_number",
        autograd.nodes_are_named_after_the_operation,
        attribute("autograd.recording:node_name", lambda original: lambda *a: original(*a)[:-1]),
    ),
    mutant(
        "inputs_are_listed_backwards",
        (
            autograd.nodes_lead_to_the_nodes_of_their_inputs,
            autograd.the_graph_ends_at_nodes_that_hold_the_leaves,
        ),
        attribute(
            "autograd.nodes:Node.next_functions",
            lambda original: property(lambda self: original.fget(self)[::-1]),
        ),
    ),
    *autograd_passes.MUTANTS,
]
