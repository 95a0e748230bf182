"""Functions of functions: `torch.func` and `torch.vmap`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure

_VMAP = "torch.vmap"
_LIMITS = "func.ux_limitations#vmap-limitations"
_RANDOM = "func.ux_limitations#randomness"
_GRAD = "torch.func.grad"


def _exact(value: Array) -> Exactly:
    return Exactly(np.asarray(value), signed_zero=False)


# Mapping over a dimension.


@clause(f"{_VMAP}; {_LIMITS}", covers=("transforms.vmap", "transforms.vmap-indims"))
def vmap_is_a_stack_of_calls(
    function: Callable[..., Array],
    operands: Sequence[Array],
    in_dims: Sequence[int | None],
    out_dim: int,
) -> Outcome:
    """`vmap(f)` of tensors is the stack of `f` of their slices: along `in_dims` of the operands, None for
    an operand that every call gets whole, and along `out_dims` of the result.

    Parameters
    ----------
    function : callable
        Of arrays, exact for these.
    """
    size = next(x.shape[dim] for x, dim in zip(operands, in_dims, strict=True) if dim is not None)
    calls = [
        function(
            *(x if dim is None else np.take(x, place, dim) for x, dim in zip(operands, in_dims, strict=True))
        )
        for place in range(size)
    ]
    return _exact(np.stack(calls, out_dim).astype(operands[0].dtype))


@clause(_VMAP, covers="transforms.vmap-indims")
def mapped_sizes_must_agree() -> Outcome:
    """Operands with different sizes along the mapped dimensions are a `ValueError`, as is a dimension that
    an operand does not have."""
    return Raises("ValueError")


@clause(_VMAP, covers="transforms.vmap-nested")
def vmap_of_vmap_maps_two_dimensions(values: Array) -> Outcome:
    """`vmap(vmap(f))` maps over two dimensions."""
    return _exact(values)


@clause(_LIMITS, covers="transforms.vmap-restrictions")
def vmap_refuses_what_depends_on_values() -> Outcome:
    """Within `vmap` a Python number of a mapped tensor, control flow that depends on one, results whose
    shape depends on values, and writing a mapped tensor into one that is not, are errors."""
    return Raises("RuntimeError")


@clause(_RANDOM, covers="transforms.vmap-randomness")
def vmap_refuses_random_numbers_unless_told() -> Outcome:
    """Random operations within `vmap` are an error, unless `randomness` is "same" or "different"."""
    return Raises("RuntimeError")


@clause(_RANDOM, covers="transforms.vmap-randomness")
def vmap_draws_the_same_or_different_numbers(shape: tuple[int, ...]) -> Outcome:
    """With "same" all calls get one draw, with "different" each gets its own."""
    return Structure(shape=shape)


@clause(_RANDOM, covers="transforms.vmap-randomness")
def draws_agree_where_they_are_the_same(same: bool) -> Outcome:
    """Judged is whether the draws of two calls are equal."""
    return Exactly(same)


@clause(_VMAP, covers="transforms.vmap-chunk", level="extended")
def chunks_change_no_result(values: Array) -> Outcome:
    """`chunk_size` does not change the result."""
    return _exact(values)


# Derivatives.


@clause(_GRAD, covers="transforms.grad")
def grad_is_the_gradient_of_a_value(gradients: Sequence[Array], several: bool) -> Outcome:
    """`grad(f)` of tensors is the gradient of the value of `f` with respect to the first one, or those
    that `argnums` names, a tuple where it is one."""
    if several:
        return Each(tuple(map(_exact, gradients)), sequence="tuple")
    return _exact(gradients[0])


@clause(_GRAD, covers="transforms.grad")
def grad_leaves_the_tensors_alone() -> Outcome:
    """`grad(f)` does not touch the attribute `grad` of its operands."""
    return Exactly(None)


@clause(_GRAD, covers="transforms.grad")
def grad_needs_a_function_with_one_value() -> Outcome:
    """`grad` of a function whose result has dimensions, or is no tensor, is an error."""
    return Raises("RuntimeError")


@clause(f"{_GRAD}; torch.func.grad_and_value", covers="transforms.grad")
def grad_returns_what_else_it_was_asked_for(gradient: Array, other: Array) -> Outcome:
    """With `has_aux=True` the second result of the function comes with the gradient, and so does the value
    with `grad_and_value`."""
    return Each((_exact(gradient), _exact(other)))


@clause(_GRAD, covers="transforms.grad")
def grad_of_grad_is_the_second_derivative(second: Array) -> Outcome:
    """`grad` of a function that uses `grad` gives a derivative of higher order."""
    return _exact(second)


@clause(f"{_GRAD}; notes/autograd#no-grad-mode", covers="transforms.grad-no-grad")
def no_grad_inside_makes_constants(gradient: Array) -> Outcome:
    """What the function computes under `no_grad` is a constant for `grad`; a `no_grad` around the call
    makes no difference."""
    return _exact(gradient)


@clause("torch.func", covers="transforms.per-sample-grad")
def vmap_of_grad_gives_the_gradient_of_each_sample(gradients: Array) -> Outcome:
    """`vmap(grad(f))` gives the gradient for each sample of a batch."""
    return _exact(gradients)


@clause("torch.func.vjp", covers="transforms.vjp-jvp")
def vjp_pulls_back(value: Array) -> Outcome:
    """`vjp(f, x)` returns the value and a function that multiplies a vector by the Jacobian from the left.

    Judged are the value and what that function returns.
    """
    return _exact(value)


@clause("torch.func.jvp", covers="transforms.vjp-jvp")
def jvp_pushes_forward(value: Array, product: Array) -> Outcome:
    """`jvp(f, (x,), (t,))` returns the value and the Jacobian times `t`."""
    return Each((_exact(value), _exact(product)))


@clause("torch.func.linearize", covers="transforms.linearize", level="extended")
def linearize_pushes_forward_again_and_again(product: Array) -> Outcome:
    """`linearize(f, x)` returns the value and a function that multiplies by the Jacobian at `x`."""
    return _exact(product)


@clause("torch.func.jacrev; torch.func.jacfwd", covers="transforms.jac")
def jacobians_agree_in_both_modes(jacobian: Array) -> Outcome:
    """`jacrev(f)` and `jacfwd(f)` give the Jacobian, of the shape of the result and then of the operand."""
    return _exact(jacobian)


@clause("torch.func.hessian", covers="transforms.jac")
def hessian_is_the_jacobian_of_the_gradient(hessian: Array) -> Outcome:
    """`hessian(f)` gives the second derivatives."""
    return _exact(hessian)


# Modules.


@clause("torch.func.functional_call", covers="transforms.functional-call")
def functional_call_uses_the_parameters_given(values: Array) -> Outcome:
    """`functional_call(module, parameters, args)` runs the module with the tensors given in the place of
    its parameters."""
    return _exact(values)


@clause("torch.func.functional_call", covers="transforms.functional-call")
def functional_call_leaves_the_module_alone(values: Array) -> Outcome:
    """The module's own parameters are what they were."""
    return _exact(values)


@clause("torch.func.stack_module_state", covers="transforms.stack-module-state", level="extended")
def stacked_modules_run_as_one(values: Array) -> Outcome:
    """`vmap` of `functional_call` over `stack_module_state(models)` gives the results of the models."""
    return _exact(values)


# Compilation.


@clause("torch.compile", covers="transforms.compile-equivalence")
def compiled_functions_do_what_they_did(values: Array) -> Outcome:
    """`torch.compile(f)` gives the results of `f`, and its gradients."""
    return _exact(values)
