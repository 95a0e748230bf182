"""The derivatives of functions: what a backward pass computes.

Each gradient is held to the derivative of the exact function in higher precision, never to another
implementation of automatic differentiation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .accuracy import Array, Bound, Close, Dot
from .clause import clause
from .ops.differentiable import Combining
from .ops.op import Op
from .outcome import Exactly, Outcome, Raises, Within
from .rules import differentiation as rules
from .rules import dtypes
from .rules.broadcasting import Shape
from .rules.dtypes import DType

_NUMERICAL = "torch.autograd.gradcheck; notes/gradcheck#default-real-input-numerical-evaluation"
_KINKS = "notes/autograd#gradients-for-non-differentiable-functions"
_COMPLEX = "notes/autograd#autograd-for-complex-numbers; notes/gradcheck"
_DIVISION = "notes/autograd#division-by-zero-in-autograd"
# What is left of the digits of float64 where functions are known to double precision themselves, for a first
# derivative and for a second.
_DOUBLE = Close(1e-9, 1e-9)
_TWICE = Close(1e-7, 1e-7)
# Roundings of a formula for a derivative, in float32 and narrower types.
_ROUNDINGS = 24.0


def _bound(dtype: DType, magnitude: Array, terms: float = 1) -> Bound:
    if dtypes.real_of(dtype) is dtypes.float64 if dtype.is_complex else dtype is dtypes.float64:
        return _DOUBLE
    return Dot(magnitude, _ROUNDINGS * terms)


def summed_to(array: Array, shape: Shape) -> Array:
    """Return an array summed over the dimensions along which a shape was broadcast to its own."""
    missing = array.ndim - len(shape)
    spread = tuple(place for place in range(array.ndim) if place < missing or shape[place - missing] == 1)
    return np.asarray(array.sum(spread, keepdims=True)).reshape(shape)


def _partial(op: Op, operands: tuple[Array, ...], place: int) -> Array:
    wide = [rules.extended(operand) for operand in operands]
    full = np.broadcast_arrays(*wide)

    def function(x: Array) -> Any:
        return op.exact(*full[:place], x, *full[place + 1 :])

    return rules.derivative(function, np.array(full[place]))


# Smooth places.


@clause(_NUMERICAL, covers="autograd.finite-difference")
def gradients_of_elements_are_derivatives_of_the_function(
    op: Op, place: int, weight: Array, *operands: Array
) -> Outcome:
    """Where a function of corresponding elements is smooth, the gradient of an operand is the derivative
    of the function times the weight of each result, summed over the results the element took part in."""
    rate = _partial(op, operands, place)
    wide = rules.extended(weight)
    shape = operands[place].shape
    magnitude = summed_to(np.abs(wide) * (1 + np.abs(rate)), shape)
    gradient = summed_to(wide * rate, shape)
    dtype = dtypes.of_array(operands[place])
    return Within(gradient, _bound(dtype, magnitude, np.log2(1 + rate.size)), dtype, signed_zero=False)


@clause("torch.autograd.grad; torch.autograd.gradgradcheck", covers="autograd.create-graph")
def gradients_have_gradients(op: Op, weight: Array, operand: Array) -> Outcome:
    """With `create_graph=True` a gradient is a differentiable function of its inputs, whose gradient is
    the second derivative."""
    rate = rules.second_derivative(op.exact, rules.extended(operand))
    gradient = rules.extended(weight) * rate
    dtype = dtypes.of_array(operand)
    bound = _TWICE if dtype is dtypes.float64 else _bound(dtype, np.abs(weight) + np.abs(gradient), 4)
    return Within(gradient, bound, dtype, signed_zero=False)


@clause(_NUMERICAL, covers="autograd.finite-difference")
def gradients_of_combined_elements_are_derivatives_of_the_function(
    function: Combining, place: int, weight: Array, *operands: Array
) -> Outcome:
    """The gradient of a function that combines elements, as reductions, running functions and products of
    matrices do, is the derivative of the weighted sum of its results, also where elements are zero."""
    wide = [rules.extended(operand) for operand in operands]
    gradient = rules.pulled_back(function.exact, wide, place, rules.extended(weight))
    size = max((float(np.abs(operand).max(initial=1)) for operand in operands), default=1.0)
    magnitude = np.abs(gradient) + size * max(float(np.abs(weight).max(initial=0)), 1.0)
    dtype = dtypes.of_array(operands[place])
    return Within(gradient, _bound(dtype, magnitude, 4), dtype, signed_zero=False)


@clause("tensor_view; torch.Tensor (indexing)", covers=("autograd.view-grad", "autograd.index-grad"))
def gradients_of_moved_elements_return_to_their_places(
    shape: Shape, places: tuple[Array, ...], weights: tuple[Array, ...]
) -> Outcome:
    """Where each element of a result is an element of the input, or a constant, the gradient of an input's
    element is the sum of those of all its copies, and 0 where it was not copied.

    Parameters
    ----------
    shape : tuple of int
        That of the input.
    places : tuple of ndarray of int
        For each result the flat place in the input that each element came from, -1 for a constant.
    weights : tuple of ndarray
        The gradient of each result, of which sums are exact.
    """
    total = np.zeros(int(np.prod(shape)) + 1, np.float64)
    for place, weight in zip(places, weights, strict=True):
        np.add.at(total, place.reshape(-1), weight.astype(np.float64).reshape(-1))
    return Exactly(total[:-1].reshape(shape).astype(weights[0].dtype), signed_zero=False)


@clause("nn.MSELoss; torch.matmul", covers="autograd.mse-linear-grads")
def gradients_of_a_linear_model_follow_from_its_error(x: Array, error: Array) -> Outcome:
    """For `z = x @ w + b` and the mean squared error against `y`, the gradient of `w` is the transpose of
    `x` times `2 (z - y) / N`, N being the number of elements of `z`.

    Parameters
    ----------
    x : ndarray
        The input; a row of ones gives the gradient of `b`.
    error : ndarray
        ``z - y``, exactly.
    """
    terms = 2 * rules.extended(error) / error.size
    gradient = rules.extended(x).T @ terms
    magnitude = np.abs(rules.extended(x)).T @ np.abs(terms)
    dtype = dtypes.of_array(x)
    return Within(gradient, _bound(dtype, magnitude), dtype, signed_zero=False)


# Places that are not smooth.


@clause(_KINKS, covers="autograd.subgradients")
def kinks_take_the_subgradient_of_least_norm(gradient: Array) -> Outcome:
    """Where a convex function has no derivative but subgradients, as `abs` and `relu` at 0 and the bounds
    of `relu6` and `hardtanh`, the gradient is the subgradient of least norm."""
    return Exactly(gradient, signed_zero=False)


@clause(_KINKS, covers="autograd.subgradients")
def infinite_slopes_are_infinite(gradient: Array) -> Outcome:
    """Where the derivative has an infinite limit, as that of `sqrt` at 0, the gradient is infinite."""
    return Exactly(gradient)


@clause(_KINKS, covers="autograd.subgradients")
def steps_have_gradient_zero(shape: Shape, dtype: DType) -> Outcome:
    """Functions that are constant between their jumps, such as `floor`, `round` and `sign`, have gradient 0
    everywhere, at their jumps too."""
    return Exactly(np.zeros(shape, dtype.storage), signed_zero=False)


@clause(_KINKS, covers="autograd.clamp-subgradient", level="extended")
def bounds_of_clamp_take_the_subgradient_of_least_norm(gradient: Array) -> Outcome:
    """At its bound `clamp` with one bound is convex or concave, so that the gradient is 0 there."""
    return Exactly(gradient, signed_zero=False)


@clause(
    "torch.maximum; torch.minimum", covers="autograd.clamp-subgradient", basis="observed", level="extended"
)
def equal_operands_share_the_gradient(gradient: Array) -> Outcome:
    """Where the operands of `maximum` or `minimum` are equal, each gets half of the gradient."""
    return Exactly(gradient, signed_zero=False)


@clause("torch.amax; torch.amin; torch.max; torch.min", covers="autograd.subgradients")
def equal_extremes_share_the_gradient(
    array: Array, axes: tuple[int, ...], weight: Array, sign: int
) -> Outcome:
    """`amax` and `amin`, and `max` and `min` over all elements, spread the gradient evenly over equal
    extremes.

    Parameters
    ----------
    array : ndarray
    axes : tuple of int
    weight : ndarray
        The gradient of the result with the reduced dimensions kept.
    sign : int
        1 for the largest, -1 for the smallest.
    """
    hits = array == (sign * array).max(axes, keepdims=True) * sign
    shares = rules.extended(weight) * hits / np.maximum(hits.sum(axes, keepdims=True), 1)
    dtype = dtypes.of_array(array)
    return Within(shares, _bound(dtype, np.abs(shares)), dtype, signed_zero=False)


@clause("torch.max; torch.min", covers="autograd.subgradients")
def extremes_of_a_dimension_send_the_gradient_to_the_index_returned(
    array: Array, dim: int, indices: Array, weight: Array
) -> Outcome:
    """`max` and `min` along a dimension give the whole gradient to the one place whose index they return."""
    gradient = np.zeros_like(array)
    np.put_along_axis(gradient, np.expand_dims(indices, dim), np.expand_dims(weight, dim), dim)
    return Exactly(gradient, signed_zero=False)


@clause(_KINKS, covers="autograd.subgradients")
def norms_have_gradient_zero_at_zero(shape: Shape, dtype: DType) -> Outcome:
    """A norm of zeros is at its minimum: its gradient, the subgradient of least norm, is 0."""
    return Exactly(np.zeros(shape, dtype.storage), signed_zero=False)


@clause(_DIVISION, covers="autograd.masked-inf-nan")
def masks_after_a_division_keep_its_nan(divisor: Array, mask_first: bool) -> Outcome:
    """Selecting the finite quotients after dividing by zero leaves NaN in the gradient of the others;
    selecting before the division leaves 0."""
    with np.errstate(all="ignore"):
        gradient = np.where(divisor != 0, 1 / divisor, 0 if mask_first else np.nan)
    return Exactly(gradient.astype(divisor.dtype), signed_zero=False)


@clause(_DIVISION, covers="autograd.where-nan")
def where_sends_zeros_into_the_branch_not_taken(array: Array, derivative: Array, taken: Array) -> Outcome:
    """`where` sends a gradient of 0 into the branch that is not taken, which an infinite derivative in
    that branch turns into NaN."""
    with np.errstate(all="ignore"):
        gradient = np.where(taken, 1.0, 0.0) * derivative
    return Exactly(gradient.astype(array.dtype), signed_zero=False)


# Complex numbers.


@clause(_COMPLEX, covers="autograd.complex-convention")
def complex_gradients_point_uphill(function: Callable[..., Any], z: Array, weight: Array) -> Outcome:
    """The gradient of a real loss L of a complex `z = a + ib` is dL/da + i dL/db, so that a step against it
    lowers the loss; where a complex result has gradient v, the loss is the real part of conj(v) times it.

    Parameters
    ----------
    function : callable
        Of corresponding elements.
    z, weight : ndarray
    """
    wide, v = rules.extended(z), np.conj(rules.extended(weight))
    step = np.longdouble(2.0**-10)

    def slope(direction: complex) -> Any:
        return rules.derivative(
            lambda t: function(wide + t * direction), np.zeros(z.shape, np.longdouble) + step * 0
        )

    gradient = (v * slope(1)).real + 1j * (v * slope(1j)).real
    dtype = dtypes.of_array(z)
    magnitude = np.abs(weight) + np.abs(gradient)
    return Within(gradient, _bound(dtype, magnitude, 2), dtype, signed_zero=False)


@clause(
    "notes/autograd#how-can-i-write-my-own-derivative-formula-for-a-complex-function",
    covers="autograd.holomorphic",
)
def holomorphic_functions_pull_back_by_the_conjugate(derivative: Array, weight: Array) -> Outcome:
    """For a holomorphic function the gradient is that of the result times the conjugate of f'(z)."""
    wide = rules.extended(weight) * np.conj(rules.extended(derivative))
    dtype = dtypes.of_array(weight)
    return Within(wide, _bound(dtype, np.abs(wide) + np.abs(weight)), dtype, signed_zero=False)


@clause(_COMPLEX, covers="autograd.complex-loss-error")
def complex_results_need_a_gradient_of_their_own() -> Outcome:
    """`backward` without an argument is an error on a complex tensor, even one of a single element."""
    return Raises("RuntimeError", message="grad can be implicitly created only for real scalar outputs")


@clause(_COMPLEX, covers="autograd.complex-convention")
def real_inputs_get_real_gradients(gradient: Array) -> Outcome:
    """Where a real tensor takes part in complex arithmetic, its gradient is real: the real part."""
    return Exactly(gradient, signed_zero=False)
