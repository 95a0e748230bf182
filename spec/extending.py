"""Derivatives of one's own and derivatives checked: custom functions, gradcheck, functional forms,
forward mode and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure, Warns

_FUNCTION = "notes/extending; torch.autograd.Function"
_CONTEXT = "autograd.function.FunctionCtx; notes/extending"
_CHECK = "torch.autograd.gradcheck; notes/gradcheck"
_FUNCTIONAL = "torch.autograd.functional"
_DUAL = "torch.autograd.forward_ad"
_CHECKPOINT = "torch.utils.checkpoint.checkpoint"


def _exact(value: Array) -> Exactly:
    return Exactly(np.asarray(value), signed_zero=False)


# Custom functions.


@clause(_FUNCTION, covers="autograd.custom-function")
def forward_gives_the_result(values: Array, requires_grad: bool) -> Outcome:
    """`apply` of a custom function returns what its `forward` returns, recorded where an argument requires
    gradients."""
    return Exactly(values, requires_grad=requires_grad, signed_zero=False)


@clause(_FUNCTION, covers="autograd.custom-function")
def backward_gives_the_gradient(gradient: Array) -> Outcome:
    """The gradient of a custom function is what its `backward` returns, right or wrong, called with the
    gradient of the result and what `forward` saved."""
    return _exact(gradient)


@clause(_FUNCTION, covers="autograd.custom-function")
def backward_returns_none_for_what_is_no_tensor(gradient: Array) -> Outcome:
    """`backward` returns one gradient for each argument of `forward`, None for arguments that are no
    tensors."""
    return _exact(gradient)


@clause(_CONTEXT, covers="autograd.custom-function")
def needs_input_grad_tells_which_gradients_are_wanted(wanted: Sequence[bool]) -> Outcome:
    """`ctx.needs_input_grad` says for each argument whether its gradient is wanted."""
    return Exactly(tuple(wanted))


@clause(_CONTEXT, covers="autograd.custom-function")
def tensors_saved_for_backward_are_checked() -> Outcome:
    """A tensor given to `ctx.save_for_backward` that is written to before the pass is an error there."""
    return Raises("RuntimeError", message="modified by an inplace operation")


@clause(_FUNCTION, covers="autograd.custom-function-arity")
def backward_returns_as_many_gradients_as_forward_has_arguments() -> Outcome:
    """Too few gradients are an error, as is a tensor too many."""
    return Raises("RuntimeError", message="returned an incorrect number of gradients")


@clause(_FUNCTION, covers="autograd.custom-function-arity")
def backward_returns_gradients_of_the_shapes_of_its_arguments() -> Outcome:
    """A gradient of another shape than its argument's is an error."""
    return Raises("RuntimeError", message="returned an invalid gradient")


@clause(_CONTEXT, covers="autograd.custom-mark", level="extended")
def outputs_marked_are_not_differentiable(requires_grad: Sequence[bool]) -> Outcome:
    """An output given to `ctx.mark_non_differentiable` does not require gradients, the others do."""
    return Each(tuple(Structure(requires_grad=one) for one in requires_grad))


@clause(_CONTEXT, covers="autograd.custom-mark", level="extended")
def gradients_of_unused_outputs_are_zeros_unless_told(materialize: bool, like: Array) -> Outcome:
    """`backward` gets zeros for an output that was not used, or None where `ctx.set_materialize_grads(False)`
    was called."""
    return _exact(np.zeros_like(like)) if materialize else Exactly(None)


@clause(_CONTEXT, covers="autograd.custom-mark", level="extended")
def inputs_marked_dirty_are_the_outputs(values: Array) -> Outcome:
    """An input that `forward` modifies, gives to `ctx.mark_dirty` and returns is the result itself, and
    has the function in its history."""
    return Exactly(values, requires_grad=True)


@clause(_CONTEXT, covers="autograd.custom-mark", level="extended")
def the_result_is_the_input_marked_dirty() -> Outcome:
    """`apply` returns that very tensor."""
    return Exactly(True)


@clause(
    "autograd.function.once_differentiable; notes/extending", covers="autograd.custom-mark", level="extended"
)
def once_differentiable_functions_have_no_second_derivative() -> Outcome:
    """A second derivative through a `backward` marked `once_differentiable` is an error."""
    return Raises("RuntimeError")


@clause("notes/extending", covers="autograd.custom-function")
def backward_can_be_differentiated(second: Array) -> Outcome:
    """A `backward` made of differentiable operations is differentiated in its turn."""
    return _exact(second)


# Checks of derivatives.


@clause(_CHECK, covers="autograd.gradcheck")
def gradcheck_accepts_a_right_derivative() -> Outcome:
    """`gradcheck` returns True where the gradient agrees with differences of the function."""
    return Exactly(True)


@clause(_CHECK, covers="autograd.gradcheck")
def gradcheck_refuses_a_wrong_derivative(raising: bool) -> Outcome:
    """Where it does not agree `gradcheck` raises an error, or returns False with `raise_exception=False`."""
    return Raises("GradcheckError", "RuntimeError") if raising else Exactly(False)


@clause(_CHECK, covers="autograd.gradcheck")
def gradcheck_needs_an_input_that_requires_grad() -> Outcome:
    """`gradcheck` of inputs of which none requires gradients is a `ValueError`."""
    return Raises("ValueError")


@clause(_CHECK, covers="autograd.gradcheck")
def gradcheck_warns_of_single_precision() -> Outcome:
    """`gradcheck` of inputs in single precision warns."""
    return Warns("UserWarning", Exactly(True))


# Functional forms.


@clause(f"{_FUNCTIONAL}.jacobian", covers="autograd.functional-jacobian")
def jacobians_have_the_shape_of_the_result_and_the_input(jacobian: Array) -> Outcome:
    """`jacobian(f, x)` holds the derivative of each element of the result by each of the input; its shape
    is theirs, one after the other."""
    return _exact(jacobian)


@clause(f"{_FUNCTIONAL}.hessian", covers="autograd.functional-jacobian")
def hessians_are_second_derivatives(hessian: Array) -> Outcome:
    """`hessian(f, x)` of a function with one value holds its second derivatives, twice the input's shape."""
    return _exact(hessian)


@clause(f"{_FUNCTIONAL}.hessian", covers="autograd.functional-jacobian")
def hessians_need_a_single_value() -> Outcome:
    """`hessian` of a function with several values is an error."""
    return Raises("RuntimeError")


@clause(f"{_FUNCTIONAL}.vjp; {_FUNCTIONAL}.jvp", covers="autograd.functional-jacobian")
def products_come_with_the_value(value: Array, product: Array) -> Outcome:
    """`vjp`, `jvp`, `hvp` and `vhp` return the value of the function and the product of its Jacobian or
    Hessian with a vector."""
    return Each((_exact(value), _exact(product)))


# Forward mode.


@clause(_DUAL, covers="autograd.forward-mode", level="extended")
def tangents_follow_the_jacobian(primal: Array, tangent: Array) -> Outcome:
    """The tangent of a function of a dual tensor is its Jacobian times the tangent of the input; `no_grad`
    makes no difference."""
    return Each((_exact(primal), _exact(tangent)), names=("primal", "tangent"))


@clause(_DUAL, covers="autograd.forward-mode", level="extended")
def plain_tensors_have_no_tangent() -> Outcome:
    """Unpacking a tensor that was not made dual, or after its level was left, gives None for the tangent."""
    return Exactly(None)


@clause(_DUAL, covers="autograd.forward-mode", level="extended")
def dual_tensors_need_a_level() -> Outcome:
    """Making a dual tensor outside any level is an error."""
    return Raises("RuntimeError")


# Checkpoints.


@clause(_CHECKPOINT, covers="autograd.checkpoint", level="extended")
def checkpoints_change_no_result(values: Array) -> Outcome:
    """A checkpointed function has the results and gradients that it has without."""
    return _exact(values)


@clause(_CHECKPOINT, covers="autograd.checkpoint", level="extended")
def checkpoints_run_the_function_again(calls: int) -> Outcome:
    """A checkpointed function is called once, and once more by each pass that needs what it computed."""
    return Exactly(calls)


@clause(_CHECKPOINT, covers="autograd.checkpoint", level="extended")
def checkpoints_draw_the_same_random_numbers(gradient: Array) -> Outcome:
    """The second call draws the random numbers of the first.

    Parameters
    ----------
    gradient : ndarray
        What the gradient of ``x * noise`` must be: the noise that the first call drew.
    """
    return _exact(gradient)
