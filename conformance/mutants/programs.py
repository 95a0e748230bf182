"""Faults that show in whole programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.state import state
from tensorcanon.spec import programs

from .autograd import Nothing
from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]


def _keeps_what_was_there(original: Call) -> Call:
    return lambda input, base, window: original(input, base, window) * 0 + input


def _never_regenerated(original: Any) -> Any:
    def grad_fn(self: Any) -> Any:
        self.seen_version = self.version.count
        return original.fget(self)

    return property(grad_fn)


def _base_only(original: Call) -> Call:
    return lambda self: self.tracked or self.node is not None


def _uncounted_without_grad(original: Call) -> Call:
    def write(self: Any, values: Any) -> None:
        original(self, values)
        if not state.grad:
            self.version.count -= 1

    return write


def _recorded_in_every_mode(original: Call) -> Call:
    def recording(op: Any, target: Any, args: Any, kwargs: Any) -> Any:
        before, state.grad = state.grad, True
        try:
            return original(op, target, args, kwargs)
        finally:
            state.grad = before

    return recording


def _only_leaves_themselves(original: Call) -> Call:
    def check(target: Any, args: Any, kwargs: Any) -> None:
        if target.base is None:
            original(target, args, kwargs)

    return check


MUTANTS: list[Mutant] = [
    mutant(
        "detached_windows_are_copies",
        programs.every_window_shows_every_write,
        kernel("detach", lambda original: lambda input: original(original(input).clone())),
    ),
    mutant(
        "writes_through_a_view_keep_the_old_gradient",
        programs.passes_add_the_derivative_of_the_recorded_program,
        kernel("_window_zero", _keeps_what_was_there),
    ),
    mutant(
        "views_keep_their_first_node",
        programs.passes_add_the_derivative_of_the_recorded_program,
        attribute("tensor:Tensor.grad_fn", _never_regenerated),
    ),
    mutant(
        "writes_under_no_grad_are_recorded",
        programs.passes_add_the_derivative_of_the_recorded_program,
        attribute("autograd.tape:inplace_recording", _recorded_in_every_mode),
    ),
    mutant(
        "no_grad_does_nothing_in_programs",
        programs.results_and_written_tensors_require_grad_as_their_operands_do,
        attribute(":no_grad", lambda original: Nothing),
    ),
    mutant(
        "views_do_not_ask_their_base",
        programs.results_and_written_tensors_require_grad_as_their_operands_do,
        attribute(
            "tensor:Tensor.requires_grad",
            lambda original: property(_base_only(original), original.fset),
        ),
    ),
    mutant(
        "written_tensors_are_leaves",
        programs.leaves_stay_leaves,
        attribute(
            "tensor:Tensor.is_leaf",
            lambda original: property(lambda self: original.fget(self) or self.version.count > 0),
        ),
    ),
    mutant(
        "views_of_leaves_are_written",
        programs.leaves_refuse_recorded_writes,
        attribute("autograd.tape:check_writable", _only_leaves_themselves),
    ),
    mutant(
        "writes_under_no_grad_do_not_count",
        programs.passes_refuse_what_was_written_since,
        attribute("tensor:Tensor.write", _uncounted_without_grad),
    ),
    mutant(
        "passes_from_constants_do_nothing",
        programs.passes_refuse_what_was_written_since,
        kernel(
            "backward",
            lambda original: lambda input, *a, **k: original(input, *a, **k) if input.requires_grad else None,
        ),
    ),
]
