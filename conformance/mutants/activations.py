"""Faults of activation functions and of the softmax family."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import activations as functions
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import activations

from .changes import ignoring
from .mutant import attribute, kernel, mutant
from .recomputing import Array, are_floating, recomputed


def _gelu_by_sigmoid(x: Array) -> Any:
    return x / (1 + np.exp(-1.702 * x))


def _first_dimension(original: Any) -> Any:
    def softmax(input: Any, dim: Any, dtype: Any = None) -> Any:
        return original(input, 0 if input.ndim == 2 else dim, dtype)

    return softmax


def _as_logarithm(original: Any) -> Any:
    def log_softmax(input: Any, dim: Any, dtype: Any = None) -> Any:
        return ops.log(ops.softmax(input, dim, dtype))

    return log_softmax


def _as_softmax(original: Any) -> Any:
    def softmin(input: Any, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
        return 1 - ops.softmax(input, functions._chosen("softmin", input, dim), dtype)

    return softmin


MUTANTS = [
    mutant(
        "relu_of_nan_is_zero",
        activations.activations_follow_their_formula,
        recomputed("relu", lambda x: np.where(x > 0, x, 0), are_floating),
    ),
    mutant(
        "relu6_is_relu",
        activations.activations_follow_their_formula,
        recomputed("nn.functional.relu6", lambda x: np.maximum(x, 0)),
    ),
    mutant(
        "gelu_is_approximated_by_a_sigmoid",
        activations.activations_follow_their_formula,
        recomputed("nn.functional.gelu", _gelu_by_sigmoid),
    ),
    mutant(
        "gelu_ignores_its_approximation",
        activations.activations_follow_their_formula,
        kernel("nn.functional.gelu", ignoring("approximate")),
    ),
    mutant(
        "leaky_relu_ignores_its_slope",
        activations.activations_follow_their_formula,
        kernel("nn.functional.leaky_relu", ignoring("negative_slope")),
    ),
    mutant(
        "softplus_ignores_its_threshold",
        activations.activations_follow_their_formula,
        kernel("nn.functional.softplus", ignoring("threshold")),
    ),
    mutant(
        "softplus_overflows",
        activations.activations_follow_their_formula,
        recomputed("nn.functional.softplus", lambda x: np.log1p(np.exp(x))),
    ),
    mutant(
        "logsigmoid_is_the_logarithm_of_the_sigmoid",
        activations.activations_follow_their_formula,
        recomputed("nn.functional.logsigmoid", lambda x: np.log(1 / (1 + np.exp(-x)))),
    ),
    mutant(
        "elu_of_small_numbers_loses_digits",
        activations.activations_follow_their_formula,
        recomputed("nn.functional.elu", lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)),
    ),
    mutant(
        "hardswish_is_silu",
        activations.activations_follow_their_formula,
        recomputed("nn.functional.hardswish", lambda x: x / (1 + np.exp(-x))),
    ),
    mutant(
        "softmax_overflows",
        activations.softmax_is_normalised_exponentials,
        attribute("activations:_lowered", lambda original: lambda values, axis: values),
    ),
    mutant(
        "softmax_of_a_matrix_goes_along_the_first_dimension",
        activations.softmax_is_normalised_exponentials,
        kernel("softmax", _first_dimension),
    ),
    mutant(
        "softmax_ignores_its_type",
        activations.softmax_is_normalised_exponentials,
        kernel("softmax", lambda original: lambda input, dim, dtype=None: original(input, dim)),
    ),
    mutant(
        "log_softmax_is_the_logarithm_of_the_softmax",
        activations.log_softmax_stays_finite,
        kernel("log_softmax", _as_logarithm),
        fault="pytorch/pytorch#795",
    ),
    mutant(
        "softmin_is_what_softmax_leaves",
        activations.softmin_is_the_softmax_of_the_negative,
        kernel("nn.functional.softmin", _as_softmax),
    ),
    mutant(
        "softmax_chooses_its_dimension_in_silence",
        activations.a_softmax_without_dimension_warns,
        attribute(
            "activations:_chosen", lambda original: lambda name, input, dim: -1 if dim is None else dim
        ),
    ),
]
