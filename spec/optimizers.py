"""Optimizers: the published update rules, step by step, and what a step does besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import accuracy
from .accuracy import Array, Close, Dot
from .clause import clause
from .outcome import Exactly, Outcome, Raises, Within
from .rules import descent, dtypes
from .rules.dtypes import DType

Gradients = Sequence[Array | None]
Options = Mapping[str, Any]

_STEP = "optim#taking-an-optimization-step; optim.Optimizer.step"
_ZERO = "optim.Optimizer.zero_grad"
_BASE = "optim.Optimizer"
_GROUPS = "optim#per-parameter-options"
# A rule may be carried out in another order or with fused operations: errors a few times those followed.
_SLACK = 8.0


def _after(name: str, parameter: Array, gradients: Gradients, options: Any, dtype: DType) -> Outcome:
    """Return the outcome of a parameter after the steps of a rule."""
    if not gradients:
        return Exactly(parameter)
    end = descent.trajectory(name, parameter, gradients, options, dtype)[-1]
    magnitude = np.asarray(end.error / (2 * end.unit), np.longdouble)
    return Within(end.value, Dot(magnitude, _SLACK), dtype, signed_zero=False)


# The rules.


@clause("optim.SGD", covers="optimizers.sgd")
def sgd_goes_down_the_gradient(p: Array, gradients: Gradients, options: Options, dtype: DType) -> Outcome:
    """A step of `SGD` takes the learning rate times the gradient from the parameter."""
    return _after("SGD", p, gradients, options, dtype)


@clause("optim.SGD", covers="optimizers.sgd-momentum")
def momentum_gathers_the_gradients(p: Array, gradients: Gradients, options: Options, dtype: DType) -> Outcome:
    """With momentum a step follows a buffer: the first gradient as it is, then at each step `momentum` times
    the buffer and `1 - dampening` times the gradient."""
    return _after("SGD", p, gradients, options, dtype)


@clause("optim.SGD", covers="optimizers.sgd-nesterov")
def nesterov_looks_ahead(p: Array, gradients: Gradients, options: Options, dtype: DType) -> Outcome:
    """With `nesterov=True` a step follows the gradient and `momentum` times the buffer that already holds
    it."""
    return _after("SGD", p, gradients, options, dtype)


@clause("optim.SGD", covers="optimizers.sgd-nesterov")
def nesterov_needs_momentum_without_dampening(momentum: float, dampening: float) -> Outcome:
    """`nesterov=True` without momentum, or with dampening, is an error."""
    if momentum > 0 and dampening == 0:
        return Exactly(True)
    return Raises("ValueError")


@clause(
    "optim.SGD; optim.Adam; optim.Adagrad; optim.RMSprop; optim.Adadelta", covers="optimizers.weight-decay-l2"
)
def weight_decay_is_a_part_of_the_gradient(
    name: str, p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """In all rules but AdamW's, `weight_decay` times the parameter is added to the gradient before anything
    else is done with it."""
    return _after(name, p, gradients, options, dtype)


@clause("optim.SGD; optim.Adam", covers="optimizers.maximize")
def maximize_goes_up(name: str, p: Array, gradients: Gradients, options: Options, dtype: DType) -> Outcome:
    """With `maximize=True` the negative of the gradient is followed; the decay still shrinks."""
    return _after(name, p, gradients, options, dtype)


@clause("optim.Adam", covers="optimizers.adam")
def adam_corrects_the_bias_of_its_averages(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """Adam follows the running average of the gradient over the root of that of its square, each divided by
    one minus its rate to the power of the steps; `eps` is added to the root."""
    return _after("Adam", p, gradients, options, dtype)


@clause("optim.AdamW", covers="optimizers.adamw")
def adamw_decays_apart_from_the_gradient(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """AdamW multiplies the parameter by `1 - lr * weight_decay` and goes on as Adam does without decay."""
    return _after("AdamW", p, gradients, options, dtype)


@clause("optim.Adam; optim.AdamW", covers="optimizers.amsgrad")
def amsgrad_keeps_the_greatest_square(
    name: str, p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """With `amsgrad=True` the average of the square is replaced by the greatest there was so far."""
    return _after(name, p, gradients, options, dtype)


@clause("optim.Adagrad", covers="optimizers.adagrad")
def adagrad_sums_the_squares(p: Array, gradients: Gradients, options: Options, dtype: DType) -> Outcome:
    """Adagrad divides by the root of the sum of the squares, which starts at `initial_accumulator_value`,
    plus `eps`, and its learning rate falls with `1 / (1 + steps taken * lr_decay)`."""
    return _after("Adagrad", p, gradients, options, dtype)


@clause("optim.RMSprop", covers="optimizers.rmsprop")
def rmsprop_divides_by_the_root_of_the_average_square(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """RMSprop divides by the root of the average square plus `eps`; `centered` takes the square of the
    average off first; `momentum` gathers the quotients."""
    return _after("RMSprop", p, gradients, options, dtype)


@clause("optim.Adadelta", covers="optimizers.adadelta")
def adadelta_measures_steps_by_earlier_steps(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """Adadelta multiplies by the root of the average square of its updates and divides by that of the
    gradients, `eps` added to both averages inside the root."""
    return _after("Adadelta", p, gradients, options, dtype)


@clause("optim.Adamax", covers="optimizers.adamax-nadam-radam", level="extended")
def adamax_divides_by_the_greatest_magnitude(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """Adamax divides by the greatest of the discounted magnitudes of the gradients plus `eps`."""
    return _after("Adamax", p, gradients, options, dtype)


@clause("optim.NAdam; optim.RAdam", covers="optimizers.adamax-nadam-radam", level="extended")
def variants_of_adam_follow_their_rules(
    name: str, p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """NAdam mixes in Nesterov's momentum; RAdam heeds the squares once their variance can be told."""
    return _after(name, p, gradients, options, dtype)


@clause("optim#algorithms", covers="optimizers.foreach-fused-equivalent")
def implementations_follow_the_same_rule(
    name: str, p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """`foreach` and `fused` choose how a step is carried out, never what it computes."""
    return _after(name, p, gradients, options, dtype)


@clause("optim#algorithms", covers="optimizers.foreach-fused-equivalent", basis="observed")
def foreach_and_fused_exclude_each_other() -> Outcome:
    """Asking for `foreach=True` and `fused=True` at once is an error."""
    return Raises("RuntimeError")


@clause("optim#algorithms", covers="optimizers.foreach-default-cpu", basis="observed", level="extended")
def a_default_step_is_that_of_the_loop() -> Outcome:
    """Where nothing is chosen, the result on a CPU is that of `foreach=False`, to the last bit.

    What is judged is whether all elements are equal.
    """
    return Exactly(True)


@clause("notes/autograd#what-about-optimizers; optim.SGD", covers="optimizers.complex", level="extended")
def complex_parameters_move_as_their_parts(
    name: str, p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """A complex parameter moves as a real one with the real and imaginary parts as elements."""
    parts = [None if g is None else _parts(g) for g in gradients]
    real = dtypes.float32 if dtype is dtypes.complex64 else dtypes.float64
    end = descent.trajectory(name, _parts(p), parts, options, real)[-1]
    magnitude = np.asarray((end.error / (2 * end.unit)).max(axis=-1), np.longdouble)
    value = end.value[..., 0] + 1j * end.value[..., 1]
    return Within(value, Dot(magnitude, _SLACK), dtype, signed_zero=False)


def _parts(array: Array) -> Array:
    return np.stack([array.real, array.imag], axis=-1)


# What a step does.


@clause(_STEP, covers="optimizers.step-inplace")
def a_step_writes_into_the_parameter(written: Array) -> Outcome:
    """A step writes into the parameter, so that who shares its memory sees it."""
    return Exactly(written, signed_zero=False)


@clause(_STEP, covers="optimizers.step-inplace")
def a_step_leaves_a_leaf_that_requires_grad() -> Outcome:
    """The parameter stays a leaf."""
    return Exactly(True)


@clause(_STEP, covers="optimizers.step-inplace")
def a_step_counts_as_a_write() -> Outcome:
    """The version of the parameter is another one after a step."""
    return Exactly(True)


@clause(_STEP, covers="optimizers.step-inplace")
def a_step_skips_what_has_no_gradient(p: Array | None) -> Outcome:
    """A parameter whose gradient is None stays as it is, weight decay and momentum notwithstanding.

    Without `p`, what is judged is whether it equals a copy.
    """
    return Exactly(True) if p is None else Exactly(p, requires_grad=True)


@clause(_STEP, covers="optimizers.step-inplace")
def a_step_leaves_the_gradient(gradient: Array) -> Outcome:
    """The gradients are neither cleared nor changed by a step."""
    return Exactly(gradient)


@clause(_ZERO, covers="optimizers.zero-grad")
def zero_grad_sets_gradients_to_none(set_to_none: bool | None, gradient: Array) -> Outcome:
    """`zero_grad()` sets the gradients of all parameters to None; with `set_to_none=False` to zeros."""
    return Exactly(np.zeros_like(gradient)) if set_to_none is False else Exactly(None)


@clause(_ZERO, covers="optimizers.zero-grad")
def a_step_on_zero_gradients_is_a_step(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """With gradients of zero, momentum and decay still move a parameter; with None they do not."""
    return _after("SGD", p, gradients, options, dtype)


@clause(_GROUPS, covers="optimizers.lr-mutable")
def options_of_a_group_hold_from_the_next_step(
    p: Array, gradients: Gradients, options: Sequence[Options], dtype: DType
) -> Outcome:
    """What is written into a group, such as its `lr`, is what the next step goes by."""
    return _after("SGD", p, gradients, options, dtype)


@clause(_GROUPS, covers="optimizers.param-groups")
def groups_override_the_defaults(p: Array, gradients: Gradients, options: Options, dtype: DType) -> Outcome:
    """A parameter follows the options of its own group, and the constructor's for those not given there."""
    return _after("SGD", p, gradients, options, dtype)


@clause(_GROUPS, covers="optimizers.param-groups")
def groups_hold_all_their_options(due: Any) -> Outcome:
    """`param_groups` is a list with a dict for each group, `add_param_group` appends to it, and a group
    holds its options by name."""
    return Exactly(due)


@clause("optim.Optimizer.add_param_group", covers="optimizers.param-groups")
def a_parameter_belongs_to_one_group() -> Outcome:
    """A parameter in two groups is an error."""
    return Raises("ValueError")


@clause(_BASE, covers="optimizers.constructor-errors", basis="observed")
def constructors_check_what_they_are_given(kind: str) -> Outcome:
    """An empty list, a tensor with a history and an option outside its range are a ValueError; a tensor in
    the place of a list, and what is no tensor, are a TypeError."""
    return Raises(kind)


@clause("optim.Optimizer.state_dict", covers="optimizers.state-dict")
def a_saved_state_continues_the_trajectory(
    name: str, p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """A fresh optimizer on a copy of the parameter that has loaded another's `state_dict` goes on as that
    one would have: with its options, its moments and its count of steps."""
    return _after(name, p, gradients, options, dtype)


@clause("optim.Optimizer.state_dict", covers="optimizers.state-dict")
def a_state_dict_names_parameters_by_index(due: Any) -> Outcome:
    """A `state_dict` has the keys `state` and `param_groups`; parameters appear as their numbers."""
    return Exactly(due)


@clause("optim.Optimizer.load_state_dict", covers="optimizers.state-dict")
def a_state_of_other_groups_is_refused() -> Outcome:
    """A state with another number of groups, or of parameters in a group, is an error."""
    return Raises("ValueError")


@clause("optim.Adam; optim.SGD", covers="optimizers.state-lazy", basis="observed")
def state_is_made_by_the_first_step(due: Any) -> Outcome:
    """`state` is empty before the first step; then it holds for each parameter what the rule remembers."""
    return Exactly(due)


@clause("optim#optimizer-step-closure", covers="optimizers.closure")
def a_step_returns_the_closures_loss(loss: Array | None) -> Outcome:
    """`step(closure)` evaluates the closure with gradients recorded and returns the loss; `step()` returns
    None."""
    return Exactly(loss)


@clause("optim#optimizer-step-closure", covers="optimizers.closure")
def a_step_follows_the_closures_gradient(
    p: Array, gradients: Gradients, options: Options, dtype: DType
) -> Outcome:
    """The gradients that the closure leaves are those of the step."""
    return _after("SGD", p, gradients, options, dtype)


# Extensions.


@clause("optim.Optimizer.register_step_pre_hook", covers="optimizers.step-hooks", level="extended")
def hooks_run_around_a_step(due: Sequence[str]) -> Outcome:
    """Hooks run before and after `step`, in the order of registration, until their handle removes them."""
    return Exactly(",".join(due))


@clause("optim.SGD", covers="optimizers.differentiable", level="extended")
def differentiable_steps_are_recorded(derivative: Array) -> Outcome:
    """With `differentiable=True` a step is recorded: the parameter's derivative with respect to what the
    gradient came from flows through it."""
    return Exactly(derivative)


@clause("optim#constructing-it", covers="optimizers.named-parameters", level="extended")
def groups_keep_the_names_of_parameters(names: Sequence[str]) -> Outcome:
    """Pairs of a name and a parameter are accepted; `param_names` of a group holds the names."""
    return Exactly(",".join(names))


@clause("optim.LBFGS", covers="optimizers.lbfgs", level="extended")
def lbfgs_finds_the_bottom_of_a_quadratic(target: Array, dtype: DType) -> Outcome:
    """A few steps of `LBFGS`, each with a closure that evaluates a quadratic anew, end at its minimum."""
    return Within(target.astype(np.float64), Close(1e-3, 1e-3), dtype, signed_zero=False)


@clause("optim.LBFGS", covers="optimizers.lbfgs", level="extended")
def lbfgs_needs_a_closure_and_one_group(kind: str) -> Outcome:
    """`LBFGS` takes a single group of parameters, and its step a closure: two groups are a ValueError, a step
    without a closure a TypeError."""
    return Raises(kind)


@clause(
    "optim.swa_utils.AveragedModel; optim#weight-averaging-swa-and-ema",
    covers="optimizers.swa-ema",
    level="extended",
)
def averaged_models_follow_their_rule(weights: Sequence[Array], decay: float | None) -> Outcome:
    """An averaged model starts as a copy of the first model it is updated with; then each update takes the
    mean of all models so far, or keeps a share of the average and takes the rest of the model. The model
    itself stays as it is."""
    average = weights[0].astype(np.float64)
    for count, one in enumerate(weights[1:], start=1):
        kept = count / (count + 1) if decay is None else decay
        average = kept * average + (1 - kept) * one
    return Within(average, accuracy.CLOSE["float32"], dtypes.float32, signed_zero=False)
