"""Recording operations and taking gradients: who requires them, how they arrive, when that is an error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure, Warns
from .rules import dtypes
from .rules.dtypes import DType

_FLAGS = "notes/autograd#setting-requires-grad"
_GRAPH = "autograd#autograd-graph"
_BACKWARD = "torch.Tensor.backward; torch.autograd.backward"
_GRAD = "torch.autograd.grad"


def _exact(gradient: Array, like: Array | None = None) -> Exactly:
    """Return the outcome of a gradient whose sums are exact, in its type or another's."""
    value = np.asarray(gradient)
    return Exactly(value if like is None else value.astype(like.dtype), signed_zero=False)


# Flags.


@clause(_FLAGS, covers="autograd.requires-grad-default")
def tensors_require_grad_where_it_was_asked_for(asked: bool) -> Outcome:
    """A new tensor does not require gradients, unless its factory, its attribute `requires_grad` or its
    method `requires_grad_` was told so."""
    return Structure(requires_grad=asked)


@clause("torch.Tensor.requires_grad_", covers="autograd.requires-grad-default")
def requires_grad_returns_its_tensor() -> Outcome:
    """`x.requires_grad_()` returns `x` itself."""
    return Exactly(True)


@clause("nn.Parameter", covers="autograd.requires-grad-default")
def parameters_require_grad(asked: bool | None) -> Outcome:
    """A parameter requires gradients unless it is made with `requires_grad=False`."""
    return Structure(requires_grad=asked is not False)


@clause(_FLAGS, covers="autograd.propagation")
def results_require_grad_where_an_operand_does(
    recording: bool, operands: Sequence[bool], result: DType
) -> Outcome:
    """A result requires gradients where operations are recorded, an operand requires them, and the result
    is of a floating or complex type."""
    kind = result.is_floating_point or result.is_complex
    return Structure(dtype=result, requires_grad=recording and any(operands) and kind)


@clause("notes/autograd#no-grad-mode; torch.no_grad", covers="autograd.propagation")
def views_made_without_recording_do_not_require_grad() -> Outcome:
    """Under `no_grad` the result of every operation does not require gradients, a view's no more than
    another's."""
    return Structure(requires_grad=False)


@clause("torch.Tensor.is_leaf", covers="autograd.leaf")
def leaves_are_what_no_recorded_operation_made(requires_grad: bool, made_by_operation: bool) -> Outcome:
    """A tensor is a leaf where it does not require gradients, or requires them and was made by the user:
    not by an operation, a conversion included."""
    return Exactly(not (requires_grad and made_by_operation))


@clause(_FLAGS, covers="autograd.set-on-nonleaf-error")
def flags_of_results_cannot_be_cleared() -> Outcome:
    """The flag of a tensor that is no leaf cannot be set to False."""
    return Raises("RuntimeError", message="you can only change requires_grad flags of leaf variables")


@clause(_FLAGS, covers="autograd.set-on-nonleaf-error")
def only_floating_and_complex_tensors_require_grad(dtype: DType) -> Outcome:
    """Asking an integer or bool tensor to require gradients is an error, in whatever way it is asked."""
    if dtype.is_floating_point or dtype.is_complex:
        return Structure(dtype=dtype, requires_grad=True)
    return Raises("RuntimeError")


# The graph.


@clause("torch.Tensor.grad_fn; " + _GRAPH, covers="autograd.grad-fn")
def recorded_results_have_a_node(recorded: bool) -> Outcome:
    """`grad_fn` is None for leaves and results that were not recorded, and a node for the others.

    What is judged is whether it is None.
    """
    return Exactly(not recorded)


@clause(_GRAPH, covers="autograd.grad-fn", basis="observed", level="extended")
def nodes_are_named_after_the_operation(name: str) -> Outcome:
    """A node's name is that of the operation, `Backward` and the number of the overload."""
    return Exactly(name)


@clause("autograd.graph.Node.next_functions", covers="autograd.next-functions")
def nodes_lead_to_the_nodes_of_their_inputs() -> Outcome:
    """`next_functions` of a node holds the nodes that made its inputs."""
    return Exactly(True)


@clause("autograd.graph.Node.next_functions", covers="autograd.next-functions")
def the_graph_ends_at_nodes_that_hold_the_leaves() -> Outcome:
    """For a leaf it holds a node that accumulates gradients, whose `variable` is the leaf."""
    return Exactly(True)


@clause(
    "torch.autograd.backward; notes/autograd#how-autograd-encodes-the-history",
    covers="autograd.define-by-run",
)
def the_graph_is_recorded_anew_in_each_pass(gradient: Array) -> Outcome:
    """The graph is what was carried out: a loop that runs another number of times gives another one."""
    return _exact(gradient)


# Backward.


@clause(_BACKWARD, covers="autograd.backward-scalar")
def backward_adds_the_derivative_to_the_leaves(gradient: Array) -> Outcome:
    """`loss.backward()` adds to the `grad` of each leaf the derivative of the loss with respect to it."""
    return _exact(gradient)


@clause(_BACKWARD, covers=("autograd.backward-one-element", "autograd.backward-nonscalar-error"))
def backward_without_argument_needs_one_element(elements: int) -> Outcome:
    """`backward()` takes a tensor of one element, whatever its dimensions; for any other it is an error."""
    if elements == 1:
        return Exactly(None)
    return Raises("RuntimeError", message="grad can be implicitly created only for scalar outputs")


@clause(_BACKWARD, covers="autograd.backward-gradient-arg")
def backward_multiplies_by_the_gradient_given(jacobian: Array, gradient: Array) -> Outcome:
    """`y.backward(gradient=v)` adds the product of `v` with the Jacobian, of which sums are exact here."""
    size = gradient.size
    product = gradient.reshape(size) @ jacobian.reshape(size, -1)
    return _exact(product.reshape(jacobian.shape[gradient.ndim :]), gradient)


@clause(_BACKWARD, covers="autograd.backward-gradient-arg")
def the_gradient_given_has_the_shape_of_the_result() -> Outcome:
    """A `gradient` of another shape is an error, even one that could be broadcast."""
    return Raises("RuntimeError", message="shape")


@clause("torch.autograd.backward", covers="autograd.multi-root")
def gradients_of_several_results_add_up(products: Sequence[Array]) -> Outcome:
    """`torch.autograd.backward` of several tensors adds the sum of their vector-Jacobian products."""
    return _exact(np.sum(products, axis=0), products[0])


@clause("torch.autograd.backward", covers="autograd.no-grad-required-error")
def backward_needs_something_to_differentiate() -> Outcome:
    """`backward` of a tensor that does not require gradients is an error."""
    message = "does not require grad and does not have a grad_fn"
    return Raises("RuntimeError", message=message)


@clause("torch.Tensor.grad", covers="autograd.grad-none")
def grad_is_none_until_a_backward_pass() -> Outcome:
    """`grad` is None until a backward pass reaches the tensor."""
    return Exactly(None)


@clause("torch.Tensor.grad", covers="autograd.grad-none")
def a_gradient_that_is_none_has_no_attributes() -> Outcome:
    """Reading `data` or `zero_` of a `grad` that is None is an `AttributeError`."""
    return Raises("AttributeError")


@clause("torch.autograd.backward; torch.Tensor.grad", covers="autograd.accumulation")
def gradients_accumulate_over_passes(gradients: Sequence[Array]) -> Outcome:
    """Each backward pass adds to `grad`, from zero again after it was zeroed or set to None."""
    return _exact(np.sum(gradients, axis=0), gradients[0])


@clause("torch.autograd.backward", covers="autograd.multiple-uses")
def gradients_of_all_uses_add_up(gradient: Array) -> Outcome:
    """The gradient of a tensor that is used several times is the sum over its uses."""
    return _exact(gradient)


@clause("torch.Tensor.grad", covers="autograd.grad-shape-dtype")
def gradients_look_like_their_tensor(array: Array) -> Outcome:
    """`x.grad` has the shape and type of `x` and does not require gradients itself."""
    return Structure(dtypes.of_array(array), tuple(array.shape), requires_grad=False)


@clause("torch.Tensor.grad", covers="autograd.grad-shape-dtype", basis="observed")
def assigned_gradients_must_fit() -> Outcome:
    """Assigning to `grad` a tensor of another shape or type, or something that is no tensor, is an error."""
    return Raises("RuntimeError", "TypeError")


@clause("autograd#default-gradient-layouts", covers="autograd.grad-layout")
def the_first_gradient_has_the_layout_of_a_dense_leaf(strides: tuple[int, ...]) -> Outcome:
    """Where the memory of a leaf is dense and does not overlap, its first `grad` gets its strides."""
    return Structure(strides=strides)


@clause("autograd#default-gradient-layouts", covers="autograd.grad-layout")
def later_passes_add_in_place_unless_recorded(create_graph: bool) -> Outcome:
    """A later pass adds to `grad` in place, so that it stays the same tensor; with `create_graph=True` it
    is replaced."""
    return Exactly(not create_graph)


# Results on the way.


@clause("torch.Tensor.grad; torch.Tensor.retain_grad", covers="autograd.nonleaf-grad")
def results_keep_no_gradient() -> Outcome:
    """`grad` of a tensor that is no leaf stays None, and reading it warns."""
    return Warns("UserWarning", Exactly(None))


@clause("torch.Tensor.retain_grad", covers="autograd.nonleaf-grad")
def results_keep_their_gradient_where_asked(gradient: Array) -> Outcome:
    """After `retain_grad()` a backward pass leaves the gradient in `grad` of the result."""
    return _exact(gradient)


@clause("torch.Tensor.retains_grad", covers="autograd.nonleaf-grad")
def retains_grad_tells_who_keeps_a_gradient(asked: bool, leaf: bool) -> Outcome:
    """`retains_grad` is True for a result of which `retain_grad` was asked, False for a leaf."""
    return Exactly(asked and not leaf)


# Once and again.


@clause("torch.autograd.backward", covers="autograd.graph-freed")
def a_graph_is_gone_after_one_pass(retained: bool) -> Outcome:
    """A pass frees what operations saved, so that a second one through them is an error, unless the first
    was told to retain it."""
    if retained:
        return Exactly(None)
    return Raises("RuntimeError", message="backward through the graph a second time")


@clause("docs silent", covers="autograd.graph-freed-no-saved", basis="observed", level="extended")
def graphs_that_saved_nothing_can_be_walked_again(gradient: Array) -> Outcome:
    """Operations that saved nothing, such as additions, sums and views, allow a second pass."""
    return _exact(gradient)


# torch.autograd.grad


@clause(_GRAD, covers="autograd.grad-function")
def grad_returns_the_gradients_of_its_inputs(gradients: Sequence[Array]) -> Outcome:
    """`torch.autograd.grad` returns a tuple with the gradient of each input, a result on the way included."""
    return Each(tuple(_exact(gradient) for gradient in gradients), sequence="tuple")


@clause(_GRAD, covers="autograd.grad-function")
def grad_leaves_the_leaves_alone() -> Outcome:
    """`torch.autograd.grad` does not touch the `grad` of any tensor."""
    return Exactly(None)


@clause(_GRAD, covers="autograd.grad-function")
def grad_of_an_unused_input(like: Array, allow_unused: bool, materialize: bool) -> Outcome:
    """The gradient of an input that took no part is an error; None with `allow_unused=True`, zeros with
    `materialize_grads=True`."""
    if materialize:
        return Each((Exactly(np.zeros_like(like)),))
    if allow_unused:
        return Exactly((None,))
    return Raises("RuntimeError", message="appears to not have been used in the graph")


@clause(_GRAD, covers="autograd.create-graph")
def gradients_of_powers_follow_the_power_rule(exponent: int, order: int, array: Array) -> Outcome:
    """With `create_graph=True` gradients can be differentiated again and again: the n-th derivative of
    `x ** k` is `k (k - 1) ... (k - n + 1) x ** (k - n)`."""
    factor = np.prod([exponent - place for place in range(order)])
    power = array.astype(np.float64) ** max(exponent - order, 0)
    return _exact(factor * power, array)


@clause(_GRAD, covers="autograd.create-graph")
def the_gradient_along_a_vector_gives_hessian_products(hessian: Array, vector: Array) -> Outcome:
    """The gradient of the product of a gradient with a vector is the Hessian times that vector."""
    return _exact(hessian @ vector, vector)


@clause(_GRAD, covers="autograd.create-graph")
def gradients_require_grad_where_their_pass_was_recorded(create_graph: bool) -> Outcome:
    """A gradient requires gradients itself only with `create_graph=True`."""
    return Structure(requires_grad=create_graph)


@clause("torch.autograd.backward", covers="autograd.backward-inputs")
def backward_reaches_only_the_inputs_named(gradient: Array | None) -> Outcome:
    """`backward(inputs=...)` adds to the `grad` of the tensors named, results on the way included, and of
    no others."""
    return Exactly(None) if gradient is None else _exact(gradient)
