"""Training: descent goes where the mathematics of its steps sends it, twice the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .accuracy import Array, Dot
from .clause import clause
from .outcome import Exactly, Outcome, Within
from .rules import dtypes, learning
from .rules.dtypes import DType

_BACKWARD = "torch.Tensor.backward"
_SGD = "optim.SGD"


def _near(value: Array, error: float, dtype: DType) -> Outcome:
    """Allow an absolute error, given in units of roundoff."""
    return Within(np.asarray(value), Dot(np.ones_like(value), error), dtype, signed_zero=False)


def _within(value: Array, distance: float) -> Outcome:
    return _near(value, distance / 2.0**-23, dtypes.float32)


# Quadratics.


@clause(
    f"{_BACKWARD}; {_SGD}",
    covers=(
        "training.closed-form-steps",
        "training.quadratic-decay",
        "training.manual-sgd-scalar",
        "training.manual-sgd-two-points",
    ),
)
def descent_on_a_quadratic_follows_its_closed_form(
    start: Array, curvature: float, rate: float, steps: int, dtype: DType
) -> Outcome:
    """Each step of gradient descent on half of `curvature` times the square multiplies the parameter by one
    minus the rate times the curvature."""
    factor = 1 - rate * curvature
    powers = np.asarray(factor, np.longdouble) ** np.arange(1, steps + 1)
    course = np.multiply.outer(powers, start.astype(np.longdouble))
    # Each step rounds the rate, the slope, their product and the difference.
    lost = 1 + 4 * rate * curvature / max(abs(factor), 2.0**-10)
    magnitude = np.abs(course) * np.arange(1, steps + 1).reshape(-1, *[1] * start.ndim) * lost
    return Within(course, Dot(magnitude, 1.0), dtype, signed_zero=False)


@clause(_BACKWARD, covers="training.quadratic-decay")
def descent_prints_what_it_reaches() -> Outcome:
    """From 10, at a rate of 0.01, 459 steps on the square plus 20 end at a weight of 0.00094."""
    return Exactly("0.00094 0.00192 20.00000")


@clause("torch.autograd.backward", covers="training.missing-zero-grad")
def gradients_left_in_place_add_up(start: float, rate: float, steps: int) -> Outcome:
    """Where gradients are not set to zero, each step on a square follows the sum of all of them so far."""
    w, total, course = np.longdouble(start), np.longdouble(0), []
    for _ in range(steps):
        total += 2 * w
        w -= rate * total
        course.append(w)
    # The linear map of a step has its powers bounded, so that errors add up.
    return _near(np.array(course), 16.0 * steps * abs(start), dtypes.float32)


@clause(_SGD, covers="training.weight-decay-shrinks")
def decay_alone_shrinks(start: Array, rate: float, decay: float, steps: int, dtype: DType) -> Outcome:
    """Where the gradient is zero, each step with `weight_decay` shrinks the parameter by one minus the rate
    times the decay."""
    exact = start.astype(np.longdouble) * (1 - np.longdouble(rate) * decay) ** steps
    return Within(exact, Dot(np.abs(exact) * 4.0 * steps, 1.0), dtype, signed_zero=False)


@clause(_SGD, covers="training.momentum-acceleration")
def momentum_is_ahead_in_a_narrow_valley() -> Outcome:
    """On an ill-conditioned quadratic, momentum reaches a lower loss in as many steps."""
    return Exactly(True)


@clause("numerical_accuracy#extremal-values", covers="training.divergence")
def too_large_a_rate_diverges() -> Outcome:
    """Too large a learning rate takes the loss to infinity, and then the parameter to NaN."""
    return Exactly("inf nan")


# Lines.


@clause(
    _BACKWARD,
    covers=("training.linear-regression-wx", "training.outlier-wx", "training.linear-wx-plus-b"),
)
def descent_by_samples_follows_their_order(
    start: Array, inputs: Array, targets: Array, rate: float, epochs: int, dtype: DType
) -> Outcome:
    """Descent sample by sample takes a step for each in its order, and ends where those steps lead, at an
    outlier's cycle as at the line without noise."""
    rows = [(inputs[k : k + 1], targets[k : k + 1]) for k in range(len(inputs))]
    course = learning.steps_on_rows(start, rows * epochs, rate)
    return _near(course.value, course.error, dtype)


@clause("nn.Linear; optim.SGD", covers="training.module-linear-regression")
def a_linear_layer_learns_the_line(seed: int, steps: int, rate: float) -> Outcome:
    """From its default initialization a linear layer of one input reaches a weight of 2 and a bias of 0 on
    the samples 2, 4, 6 of 1, 2, 3."""
    inputs = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    slowest = 1 - 2 * rate * float(np.linalg.eigvalsh(inputs.T @ inputs)[0])
    farthest = float(np.hypot(3.0, 1.0))
    rounding = learning.steps_on_rows(np.zeros(2), [(inputs, inputs @ [2.0, 0.0])] * 200, rate).error
    return _within(np.array([2.0, 0.0]), farthest * slowest**steps + rounding * 2.0**-23)


@clause("optim.SGD", covers=("training.module-linear-regression", "training.random-targets-loss-decreases"))
def full_batches_lower_the_loss_every_time(seed: int) -> Outcome:
    """With the whole data in each step and a small rate, the squared error falls at every step."""
    return Exactly(True)


@clause("optim; optim.Optimizer.step", covers="training.optimizers-descend")
def optimizers_reach_the_normal_equations(
    name: str, start: Array, inputs: Array, targets: Array, options: Mapping[str, Any], steps: int
) -> Outcome:
    """Each optimizer takes a linear layer to the least-squares solution, as near as its exact rule comes in
    as many steps."""
    left = learning.distance_left(name, start, inputs, targets, options, steps)
    wanted = learning.solution(inputs, targets)
    slopes = np.abs(inputs).T @ (np.abs(inputs) @ np.abs(wanted) + np.abs(targets))
    flattest = float(np.linalg.eigvalsh(inputs.T @ inputs)[0])
    rounding = 2.0**-23 * 16 * float(np.linalg.norm(slopes)) / flattest
    return _within(wanted, 4 * left + rounding)


@clause("optim; optim.Optimizer.step", covers="training.optimizers-descend")
def one_small_step_lowers_a_convex_loss(name: str) -> Outcome:
    """One step of an optimizer at a small rate lowers a smooth convex loss."""
    return Exactly(True)


@clause("data.DataLoader; optim.SGD", covers="training.minibatch-regression")
def shuffled_batches_reach_the_line(
    inputs: Array, targets: Array, rate: float, size: int, epochs: int
) -> Outcome:
    """Shuffled batches of noisy samples take a linear layer to the least-squares line, as near as descent
    comes for any order of the samples (see `rules.learning.distance_of_shuffled`)."""
    design = np.stack([inputs, np.ones_like(inputs)], axis=1)
    # A layer of one input starts with both parameters between -1 and 1.
    left = learning.distance_of_shuffled(design, targets, math.sqrt(2), rate, size, epochs)
    return _within(learning.solution(design, targets), left)


@clause("torch.autograd.backward", covers="training.grad-accumulation-equivalence")
def gradients_of_parts_add_up(weight: Array, inputs: Array, targets: Array) -> Outcome:
    """Gradients accumulated over equal parts, each of the mean loss over their number, are the gradient of
    the mean over all."""
    error = inputs @ weight - targets
    slope = 2 * inputs.T @ error / len(inputs)
    terms = 2 * np.abs(inputs).T @ (np.abs(inputs) @ np.abs(weight) + np.abs(targets)) / len(inputs)
    return Within(slope, Dot(terms, len(inputs) + len(weight) + 4.0), dtypes.float32, signed_zero=False)


# Classes.


@clause("nn.CrossEntropyLoss; optim.SGD", covers="training.classification-loop")
def classifiers_reach_their_accuracy(model: str) -> Outcome:
    """A network trained by cross entropy reaches the stated share of right answers."""
    return Exactly(True)


@clause("torch.no_grad", covers="training.classification-loop")
def evaluation_changes_no_weight() -> Outcome:
    """Evaluation without gradients leaves every weight as it was."""
    return Exactly(True)


# The same again.


@clause("notes/randomness", covers="training.reproducible-run")
def equal_seeds_give_equal_courses(model: str) -> Outcome:
    """From the same seed, initialization, shuffling, dropout and each step come out the same, bit for bit."""
    return Exactly(True)


@clause("notes/serialization; optim.Optimizer.state_dict", covers="training.reproducible-run")
def saved_training_goes_on_as_if_never_stopped(name: str, options: Mapping[str, Any]) -> Outcome:
    """Training resumed from the saved states of model, optimizer, scheduler and generator takes the course
    of training that was not interrupted."""
    return Exactly(True)


STATED: Mapping[str, float] = {"bands": 1.0, "digits": 0.9, "convolution": 0.85}
OPTIMIZERS: Sequence[str] = ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta")
