"""What holds for every row of the table of functions (`tensorcanon.spec.ops.functions`)."""

from __future__ import annotations

import numpy as np

from .accuracy import Array, Close, Dot
from .clause import clause
from .ops.function import Function
from .outcome import Exactly, Outcome, Within
from .rules import differentiation, dtypes

_PAGES = "torch (the page of each function)"
# Of a formula for a derivative, in float32.
_ROUNDINGS = 96.0


@clause(f"{_PAGES}; numerical_accuracy")
def a_function_gives_what_its_page_says(function: Function, *tensors: Array) -> Outcome:
    """The results have the elements, types and shapes that the function's page states."""
    return function.outcome(*tensors)


@clause("tensor_view; torch.Tensor.is_contiguous")
def the_layout_of_inputs_does_not_matter(function: Function, *tensors: Array) -> Outcome:
    """Transposed, stepped and offset inputs give the elements that contiguous ones give."""
    return function.outcome(*tensors)


@clause("torch.Tensor (methods)")
def a_method_agrees_with_its_function(function: Function, *tensors: Array) -> Outcome:
    """The method of a tensor gives the results of the function of its name."""
    return function.outcome(*tensors)


@clause("notes/out")
def out_tensors_receive_the_results(function: Function, *tensors: Array) -> Outcome:
    """Tensors given as ``out`` receive the results, and are returned."""
    return function.outcome(*tensors)


@clause("tensor_view")
def inputs_of_a_function_stay_as_they_were(tensor: Array) -> Outcome:
    """No function without an underscore modifies an input."""
    return Exactly(tensor)


@clause("notes/randomness")
def a_repeated_call_gives_the_same(function: Function, *tensors: Array) -> Outcome:
    """A second call with the same inputs gives the same results."""
    return function.outcome(*tensors)


@clause("torch.no_grad; notes/autograd#locally-disable-grad-doc")
def results_do_not_depend_on_recording(function: Function, *tensors: Array) -> Outcome:
    """Inputs that require gradients give the same elements, recorded or under ``no_grad``."""
    return function.outcome(*tensors)


@clause("meta")
def a_function_has_the_same_structure_without_data(function: Function, *tensors: Array) -> Outcome:
    """On the device ``meta`` a function gives tensors of the types and shapes that it gives with data."""
    return function.structure(*tensors)


@clause("torch.vmap; func.ux_limitations")
def vmap_of_a_function_is_a_stack_of_calls(function: Function, *tensors: Array) -> Outcome:
    """Under `vmap` a function gives the stack of what it gives for each slice of its inputs."""
    return function.stacked(*tensors)


@clause("torch.autograd.gradcheck; notes/gradcheck#default-real-input-numerical-evaluation")
def gradients_of_functions_are_their_derivatives(
    function: Function, place: int, weight: Array, *tensors: Array
) -> Outcome:
    """The gradient of an input is the derivative of the weighted sum of the results, of the input's type
    and shape."""
    wide = [differentiation.extended(tensor) if tensor.dtype.kind == "f" else tensor for tensor in tensors]
    gradient = differentiation.pulled_back(function.first, wide, place, differentiation.extended(weight))
    return _near(gradient, tensors[place], weight)


@clause("torch.autograd.gradgradcheck; notes/gradcheck#gradgradcheck")
def second_gradients_of_functions_are_second_derivatives(
    function: Function, direction: Array, weight: Array, *tensors: Array
) -> Outcome:
    """The gradient of a gradient along a direction, made with `create_graph=True`, is the second
    derivative: here the one along that direction twice."""
    x, *others = [
        differentiation.extended(tensor) if tensor.dtype.kind == "f" else tensor for tensor in tensors
    ]
    wide_weight, along = differentiation.extended(weight), differentiation.extended(direction)

    def moved(by: Array) -> Array:
        return np.array([np.sum(wide_weight * function.first(x + step * along, *others)) for step in by])

    curvature = differentiation.second_derivative(moved, np.zeros(1, np.longdouble))
    return _near(curvature.reshape(()), tensors[0], np.maximum(np.abs(weight).max(initial=1), 1), 64)


def _near(exact: Array, like: Array, weight: Array, factor: float = 1) -> Outcome:
    dtype = dtypes.of_array(like)
    if dtype is dtypes.float64:
        return Within(exact, Close(1e-9 * factor, 1e-9 * factor), dtype, signed_zero=False)
    size = max(float(np.abs(like).max(initial=1)), 1.0) * max(float(np.abs(weight).max(initial=1)), 1.0)
    return Within(exact, Dot(np.abs(exact) + size, _ROUNDINGS * factor), dtype, signed_zero=False)
