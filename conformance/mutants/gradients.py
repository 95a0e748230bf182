"""Faults of derivatives."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from unittest import mock

from tensorcanon.reference.autograd.derivatives import DERIVATIVES, Derivative
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import gradients

from .mutant import Mutant, Patch, attribute, mutant

Call = Callable[..., Any]


def formula(op: str, **formulas: Call) -> Patch:
    """Replace formulas of an op, by argument name."""
    entry = {
        argument: Derivative(one, tuple(inspect.signature(one).parameters))
        for argument, one in formulas.items()
    }
    return lambda: mock.patch.dict(DERIVATIVES, {op: {**DERIVATIVES.get(op, {}), **entry}})


def _first_of_broadcast(original: Call) -> Call:
    def sum_to(grad: Any, shape: Any) -> Any:
        if grad.shape == shape:
            return grad
        missing = grad.ndim - len(shape)
        part = grad[(0,) * missing]
        return part[tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)]

    return sum_to


def _divided_product(grad: Any, input: Any, result: Any, dim: int) -> Any:
    summed = ops.flip(ops.cumsum(ops.flip(grad * result, (dim,)), dim), (dim,))
    return summed / input


def _reversed_pieces(original: Call) -> Call:
    def pieces(grad: Any, tensors: Any, dim: int) -> Any:
        parts = original(grad, tensors, dim)
        equal = len({one.shape for one in tensors}) == 1 and dim in (-1, grad.ndim - 1)
        return parts[::-1] if equal else parts

    return pieces


def _reversed_stack(grad: Any, meta: Any, dim: int) -> Any:
    return [ops.select(grad, dim, place) for place in reversed(range(len(meta.tensors)))]


def _overwritten(grad: Any, meta: Any, dim: int, index: Any) -> Any:
    return ops.index_copy(grad.new_zeros(meta.input.shape), dim, index, grad)


def _by_rows(original: Call) -> Call:
    return lambda shape, dim: shape[0] if len(shape) and dim is None else original(shape, dim)


def _to_all(original: Call) -> Call:
    def evenly(grad: Any, input: Any, result: Any, dim: Any, keepdim: bool) -> Any:
        from tensorcanon.reference.autograd.formulas_reductions import restored

        hits = input == restored(result, input.shape, dim, keepdim)
        return hits * restored(grad, input.shape, dim, keepdim)

    return evenly


def _to_the_first_index(original: Call) -> Call:
    def picked(grad: Any, results: Any, meta: Any, dim: Any, keepdim: bool) -> Any:
        return original(grad, (results[0], results[1] * 0), meta, dim, keepdim)

    return picked


def _norm_of_quotient(grad: Any, input: Any, result: Any, ord: Any, dim: Any, keepdim: bool) -> Any:
    from tensorcanon.reference.autograd.formulas_reductions import restored

    scaled = restored(grad / result, input.shape, dim, keepdim)
    return input * scaled


def _accepts_every_scalar(original: Call) -> Call:
    def implicit(root: Any, place: int) -> Any:
        return ops.ones_like(root) if root.dtype.is_complex else original(root, place)

    return implicit


def _magnitudes(original: Call) -> Call:
    def fitted(grad: Any, shape: Any, kind: Any) -> Any:
        lost = grad.dtype.is_complex and not kind.is_complex
        return original(ops.abs(grad) if lost else grad, shape, kind)

    return fitted


MUTANTS: list[Mutant] = [
    mutant(
        "broadcast_gradients_are_not_summed",
        gradients.gradients_of_elements_are_derivatives_of_the_function,
        attribute("autograd.reducing:sum_to", _first_of_broadcast),
    ),
    mutant(
        "tanh_has_the_slope_of_one_less_itself",
        gradients.gradients_of_elements_are_derivatives_of_the_function,
        formula("tanh", input=lambda grad, result: grad * (1 - result)),
    ),
    mutant(
        "hypot_is_not_divided_by_the_result",
        gradients.gradients_of_elements_are_derivatives_of_the_function,
        formula("hypot", other=lambda grad, other: grad * other),
    ),
    mutant(
        "slopes_are_constants",
        gradients.gradients_have_gradients,
        formula("exp", input=lambda grad, result: grad * result.detach()),
    ),
    mutant(
        "cumprod_divides_by_its_input",
        gradients.gradients_of_combined_elements_are_derivatives_of_the_function,
        formula("cumprod", input=_divided_product),
        fault="tracel-ai/burn#3864",
    ),
    mutant(
        "the_softmax_of_a_dimension_forgets_the_others",
        gradients.gradients_of_combined_elements_are_derivatives_of_the_function,
        formula("softmax", input=lambda grad, result, dim: grad * result * (1 - result)),
    ),
    mutant(
        "variances_divide_by_the_count",
        gradients.gradients_of_combined_elements_are_derivatives_of_the_function,
        attribute("autograd.formulas_statistics:variance", lambda original: lambda *a: original(*a[:-1], 0)),
    ),
    mutant(
        "equal_parts_of_a_joined_tensor_are_reversed",
        gradients.gradients_of_moved_elements_return_to_their_places,
        attribute("autograd.formulas_shape:pieces", _reversed_pieces),
    ),
    mutant(
        "parts_of_a_stack_are_reversed",
        gradients.gradients_of_moved_elements_return_to_their_places,
        formula("stack", tensors=_reversed_stack),
    ),
    mutant(
        "repeated_indices_overwrite_each_other",
        gradients.gradients_of_moved_elements_return_to_their_places,
        formula("index_select", input=_overwritten),
    ),
    mutant(
        "means_divide_by_the_rows",
        gradients.gradients_of_a_linear_model_follow_from_its_error,
        attribute("autograd.formulas_reductions:count", _by_rows),
    ),
    mutant(
        "relu_rises_at_zero",
        gradients.kinks_take_the_subgradient_of_least_norm,
        formula("relu", input=lambda grad, result: grad * (result >= 0)),
        fault="pytorch/pytorch#185831",
    ),
    mutant(
        "abs_falls_at_zero",
        gradients.kinks_take_the_subgradient_of_least_norm,
        formula("abs", input=lambda grad, input: ops.where(input > 0, grad, -grad)),
    ),
    mutant(
        "hardtanh_rises_at_its_bounds",
        gradients.kinks_take_the_subgradient_of_least_norm,
        formula(
            "nn.functional.hardtanh",
            input=lambda grad, input, min_val, max_val: grad * ((input >= min_val) & (input <= max_val)),
        ),
    ),
    mutant(
        "roots_have_finite_slopes",
        gradients.infinite_slopes_are_infinite,
        formula("sqrt", input=lambda grad, result: grad / (2 * result + 1e-12)),
    ),
    mutant(
        "rounding_passes_the_gradient_on",
        gradients.steps_have_gradient_zero,
        formula("round", input=lambda grad: grad),
    ),
    mutant(
        "signs_have_a_slope_at_zero",
        gradients.steps_have_gradient_zero,
        formula("sign", input=lambda grad, input: grad * (input == 0)),
    ),
    mutant(
        "clamp_passes_everything_on",
        gradients.bounds_of_clamp_take_the_subgradient_of_least_norm,
        attribute("autograd.formulas_elementwise:clamped", lambda original: lambda grad, *a: grad),
    ),
    mutant(
        "equal_operands_both_get_the_gradient",
        gradients.equal_operands_share_the_gradient,
        attribute(
            "autograd.formulas_elementwise:shared",
            lambda original: lambda grad, a, b, wins: ops.where(a == b, grad, original(grad, a, b, wins)),
        ),
    ),
    mutant(
        "equal_extremes_all_get_the_gradient",
        gradients.equal_extremes_share_the_gradient,
        attribute("autograd.formulas_reductions:evenly", _to_all),
        fault="tensorflow/tensorflow#109337",
    ),
    mutant(
        "extremes_send_the_gradient_to_the_front",
        gradients.extremes_of_a_dimension_send_the_gradient_to_the_index_returned,
        attribute("autograd.formulas_reductions:picked", _to_the_first_index),
    ),
    mutant(
        "norms_of_zero_divide_by_zero",
        gradients.norms_have_gradient_zero_at_zero,
        formula("linalg.vector_norm", input=_norm_of_quotient),
        fault="pytorch/pytorch#2421",
    ),
    mutant(
        "division_by_zero_has_no_gradient",
        gradients.masks_after_a_division_keep_its_nan,
        formula("div", input=lambda grad, other: ops.where(other == 0, 0, grad / other)),
    ),
    mutant(
        "zeros_stay_zeros_in_the_branch_not_taken",
        gradients.where_sends_zeros_into_the_branch_not_taken,
        formula("sqrt", input=lambda grad, result: ops.where(grad == 0, 0, grad / (2 * result))),
    ),
    mutant(
        "complex_slopes_are_not_conjugated",
        (
            gradients.complex_gradients_point_uphill,
            gradients.holomorphic_functions_pull_back_by_the_conjugate,
        ),
        formula("exp", input=lambda grad, result: grad * result),
    ),
    mutant(
        "complex_gradients_are_halved",
        gradients.complex_gradients_point_uphill,
        formula("abs", input=lambda grad, input: grad * ops.sgn(input) / 2),
    ),
    mutant(
        "complex_scalars_are_taken_back",
        gradients.complex_results_need_a_gradient_of_their_own,
        attribute("autograd.engine:_implicit_grad", _accepts_every_scalar),
    ),
    mutant(
        "real_inputs_get_magnitudes",
        gradients.real_inputs_get_real_gradients,
        attribute("autograd.recording:fitted", _magnitudes),
    ),
]
