"""Faults of custom functions, gradcheck, functional forms, forward mode and checkpoints."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tensorcanon.reference.autograd import modes
from tensorcanon.reference.autograd.forward_ad import UnpackedDualTensor
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.state import state
from tensorcanon.spec import extending

from .autograd_passes import without_option
from .mutant import Mutant, attribute, mutant

Call = Callable[..., Any]
_NODE = "autograd.function:FunctionNode"
_CONTEXT = "autograd.function:FunctionCtx"


def _refuses_none(original: Call) -> Call:
    def backward_of(function: Any) -> Any:
        def backward(*args: Any) -> Any:
            made = original(function)(*args)
            if any(one is None for one in (made if isinstance(made, tuple) else (made,))):
                raise RuntimeError("expected a gradient for each argument")
            return made

        return backward

    return backward_of


def _all_wanted(original: Call) -> Call:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.needs_input_grad = (True,) * len(self.needs_input_grad)

    return init


def _any_count(original: Call) -> Call:
    def backward_of(function: Any) -> Any:
        def backward(node: Any, *grads: Any) -> Any:
            made = original(function)(node, *grads)
            given = made if isinstance(made, tuple) else (made,)
            expected = len(node.arguments)
            return (*given, *[None] * expected)[:expected]

        return backward

    return backward_of


def _unrecorded(original: Call) -> Call:
    def backward_of(function: Any) -> Any:
        def backward(*args: Any) -> Any:
            with modes.no_grad():
                return original(function)(*args)

        return backward

    return backward_of


def _without_a_warning(original: Call) -> Call:
    def check(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return original(*args, **kwargs)

    return check


def _true_of_nothing(original: Call) -> Call:
    def check(func: Any, inputs: Any, **kwargs: Any) -> Any:
        if not any(getattr(one, "requires_grad", False) for one in inputs):
            return True
        return original(func, inputs, **kwargs)

    return check


def _always_raises(original: Call) -> Call:
    return lambda func, inputs, **kwargs: original(func, inputs, **{**kwargs, "raise_exception": True})


def _turned(original: Call) -> Call:
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        return found.transpose(0, -1) if found.ndim > 1 else found * 2

    return jacobian


def _summed(original: Call) -> Call:
    return lambda func, inputs, **kwargs: original(lambda *a: func(*a).sum(), inputs, **kwargs)


def _products_first(original: Call) -> Call:
    return lambda *args, **kwargs: original(*args, **kwargs)[::-1]


def _only_while_recording(original: Call) -> Call:
    return lambda *args: original(*args) if state.grad else None


def _zeros_for_none(original: Call) -> Call:
    def unpack(tensor: Any, **more: Any) -> Any:
        primal, tangent = original(tensor, **more)
        return UnpackedDualTensor(primal, ops.zeros_like(primal) if tangent is None else tangent)

    return unpack


def _without_a_level(original: Call) -> Call:
    return lambda tensor, tangent, **more: original(tensor, tangent, **more) if state.levels else tensor


def _detached(original: Call) -> Call:
    def checkpoint(function: Any, *args: Any, **kwargs: Any) -> Any:
        with modes.no_grad():
            made = function(*args)
        return made.requires_grad_()

    return checkpoint


MUTANTS: list[Mutant] = [
    mutant(
        "custom_functions_are_not_recorded",
        extending.forward_gives_the_result,
        attribute("autograd.function:_attach", lambda original: lambda node, number, result: None),
    ),
    mutant(
        "custom_gradients_are_zero",
        (extending.backward_gives_the_gradient, extending.backward_returns_none_for_what_is_no_tensor),
        attribute(
            f"{_NODE}._fitted",
            lambda original: lambda self, place, grad, meta: original(self, place, grad, meta) * 0,
        ),
    ),
    mutant(
        "every_argument_has_a_gradient",
        extending.backward_returns_none_for_what_is_no_tensor,
        attribute("autograd.function:_backward_of", _refuses_none),
    ),
    mutant(
        "every_gradient_is_wanted",
        extending.needs_input_grad_tells_which_gradients_are_wanted,
        attribute(f"{_NODE}.__init__", _all_wanted),
    ),
    mutant(
        "tensors_saved_for_backward_are_not_checked",
        extending.tensors_saved_for_backward_are_checked,
        attribute("autograd.saved:Saved._check_version", lambda original: lambda self, tensor, node: None),
    ),
    mutant(
        "any_number_of_gradients_will_do",
        extending.backward_returns_as_many_gradients_as_forward_has_arguments,
        attribute("autograd.function:_backward_of", _any_count),
    ),
    mutant(
        "gradients_of_any_shape_will_do",
        extending.backward_returns_gradients_of_the_shapes_of_its_arguments,
        attribute("autograd.function:_sums_to", lambda original: lambda shape, wanted: True),
    ),
    mutant(
        "marks_are_ignored",
        extending.outputs_marked_are_not_differentiable,
        attribute(f"{_CONTEXT}.mark_non_differentiable", lambda original: lambda self, *args: None),
    ),
    mutant(
        "gradients_are_always_materialized",
        extending.gradients_of_unused_outputs_are_zeros_unless_told,
        attribute(f"{_CONTEXT}.set_materialize_grads", lambda original: lambda self, value: None),
    ),
    mutant(
        "dirty_inputs_are_handed_through",
        (extending.the_result_is_the_input_marked_dirty, extending.backward_gives_the_gradient),
        attribute(f"{_CONTEXT}.mark_dirty", lambda original: lambda self, *args: None),
    ),
    mutant(
        "functions_write_to_copies",
        extending.inputs_marked_dirty_are_the_outputs,
        attribute(
            "autograd.function:Function.apply",
            lambda original: classmethod(
                lambda cls, *args: original.__func__(
                    cls, *(arg.clone() if getattr(arg, "node", None) else arg for arg in args)
                )
            ),
        ),
    ),
    mutant(
        "once_differentiable_is_ignored",
        extending.once_differentiable_functions_have_no_second_derivative,
        attribute("autograd.function:once_differentiable", lambda original: lambda function: function),
    ),
    mutant(
        "backward_is_not_recorded",
        extending.backward_can_be_differentiated,
        attribute("autograd.function:_backward_of", _unrecorded),
    ),
    mutant(
        "gradcheck_compares_bits",
        extending.gradcheck_accepts_a_right_derivative,
        attribute(
            "autograd:gradcheck",
            lambda original: (
                lambda func, inputs, **kwargs: original(func, inputs, **{**kwargs, "atol": 0, "rtol": 0})
            ),
        ),
    ),
    mutant(
        "gradcheck_is_always_content",
        (
            extending.gradcheck_refuses_a_wrong_derivative,
            extending.gradcheck_needs_an_input_that_requires_grad,
            extending.gradcheck_warns_of_single_precision,
        ),
        attribute("autograd:gradcheck", lambda original: lambda func, inputs, **kwargs: True),
    ),
    mutant(
        "gradcheck_always_raises",
        extending.gradcheck_refuses_a_wrong_derivative,
        attribute("autograd:gradcheck", _always_raises),
    ),
    mutant(
        "gradcheck_of_nothing_is_true",
        extending.gradcheck_needs_an_input_that_requires_grad,
        attribute("autograd:gradcheck", _true_of_nothing),
    ),
    mutant(
        "gradcheck_does_not_warn",
        extending.gradcheck_warns_of_single_precision,
        attribute("autograd:gradcheck", _without_a_warning),
    ),
    mutant(
        "jacobians_are_transposed",
        extending.jacobians_have_the_shape_of_the_result_and_the_input,
        attribute("autograd.functional:jacobian", _turned),
    ),
    mutant(
        "hessians_are_products_of_gradients",
        extending.hessians_are_second_derivatives,
        attribute(
            "autograd.functional:hessian",
            lambda original: lambda func, x: original(func, x) * ops.eye(x.numel(), dtype=x.dtype),
        ),
    ),
    mutant(
        "hessians_sum_the_values",
        extending.hessians_need_a_single_value,
        attribute("autograd.functional:hessian", _summed),
    ),
    mutant(
        "products_come_before_the_value",
        extending.products_come_with_the_value,
        attribute("autograd.functional:vjp", _products_first),
    ),
    mutant(
        "no_grad_disables_forward_mode",
        extending.tangents_follow_the_jacobian,
        attribute("autograd.forward_ad:push", _only_while_recording),
    ),
    mutant(
        "plain_tensors_have_zero_tangents",
        extending.plain_tensors_have_no_tangent,
        attribute("autograd.forward_ad:unpack_dual", _zeros_for_none),
    ),
    mutant(
        "dual_tensors_without_a_level_are_plain",
        extending.dual_tensors_need_a_level,
        attribute("autograd.forward_ad:make_dual", _without_a_level),
    ),
    mutant(
        "checkpoints_stop_the_gradient",
        extending.checkpoints_change_no_result,
        attribute("utils.checkpoint:checkpoint", _detached),
    ),
    mutant(
        "checkpoints_save_everything",
        extending.checkpoints_run_the_function_again,
        attribute(
            "utils.checkpoint:checkpoint", lambda original: lambda function, *args, **kwargs: function(*args)
        ),
    ),
    mutant(
        "checkpoints_draw_new_numbers",
        extending.checkpoints_draw_the_same_random_numbers,
        attribute("utils.checkpoint:checkpoint", without_option("preserve_rng_state", False)),
    ),
]
