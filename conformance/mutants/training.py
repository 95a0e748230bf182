"""Faults of training: gradients that stay or go astray, steps of the wrong size, states that are lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.random import default_generator
from tensorcanon.spec import training as t

from .mutant import Mutant, attribute, kernel, mutant

Method = Callable[..., Any]

_SGD = "optim.sgd:SGD.update"


def _restarted(original: Method) -> Method:
    def accumulate(variable: Any, grad: Any) -> None:
        variable._grad = None
        original(variable, grad)

    return accumulate


def _scaled(factor: float) -> Callable[[Method], Method]:
    def make(original: Method) -> Method:
        def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
            original(self, p, g, state, {**group, "lr": group["lr"] * factor})

        return update

    return make


def _without(*names: str) -> Callable[[Method], Method]:
    def make(original: Method) -> Method:
        def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
            original(self, p, g, state, {**group, **dict.fromkeys(names, 0)})

        return update

    return make


def _climbing(original: Method) -> Method:
    def move(self: Any, parameter: Any, gradient: Any, group: Any) -> None:
        original(self, parameter, -gradient, group)

    return move


def _nothing(original: Method) -> Method:
    return lambda *args, **kwargs: None


def _stateless(original: Method) -> Method:
    def load(self: Any, state_dict: dict[str, Any]) -> None:
        original(self, {**state_dict, "state": {}})

    return load


def _moving_on(original: Method) -> Method:
    def manual_seed(seed: Any) -> Any:
        state = default_generator.get_state()
        result = original(seed)
        default_generator.set_state(state)
        return result

    return manual_seed


def _capped(original: Method) -> Method:
    return lambda input, *args, **kwargs: original(input, *args, **kwargs).clamp(max=1e30)


def _drifting(original: Method) -> Method:
    def linear(input: Any, weight: Any, bias: Any = None) -> Any:
        result = original(input, weight, bias)
        weight.detach().mul_(1.001)
        return result

    return linear


MUTANTS: list[Mutant] = [
    mutant(
        "gradients_overwritten",
        (t.gradients_left_in_place_add_up, t.gradients_of_parts_add_up),
        attribute("autograd.accumulation:accumulate", _restarted),
    ),
    mutant(
        "zeroing_ignored",
        (
            t.descent_on_a_quadratic_follows_its_closed_form,
            t.descent_by_samples_follows_their_order,
            t.descent_prints_what_it_reaches,
        ),
        kernel("zero_", lambda original: lambda self: self),
    ),
    mutant(
        "zero_grad_ignored",
        (
            t.descent_on_a_quadratic_follows_its_closed_form,
            t.a_linear_layer_learns_the_line,
            t.optimizers_reach_the_normal_equations,
            t.shuffled_batches_reach_the_line,
        ),
        attribute("optim.optimizer:Optimizer.zero_grad", _nothing),
    ),
    mutant(
        "rate_slightly_off",
        t.descent_on_a_quadratic_follows_its_closed_form,
        attribute(_SGD, _scaled(1 + 1e-4)),
    ),
    mutant("decay_ignored", t.decay_alone_shrinks, attribute(_SGD, _without("weight_decay"))),
    mutant("momentum_ignored", t.momentum_is_ahead_in_a_narrow_valley, attribute(_SGD, _without("momentum"))),
    mutant(
        "climbing",
        (
            t.one_small_step_lowers_a_convex_loss,
            t.full_batches_lower_the_loss_every_time,
            t.classifiers_reach_their_accuracy,
        ),
        attribute("optim.optimizer:Optimizer._move", _climbing),
    ),
    mutant("overflow_capped", t.too_large_a_rate_diverges, kernel("pow", _capped)),
    mutant(
        "evaluation_writes_weights",
        t.evaluation_changes_no_weight,
        kernel("nn.functional.linear", _drifting),
    ),
    mutant(
        "seed_ignored",
        t.equal_seeds_give_equal_courses,
        attribute(":manual_seed", _moving_on),
    ),
    mutant(
        "state_not_restored",
        t.saved_training_goes_on_as_if_never_stopped,
        attribute("optim.optimizer:Optimizer.load_state_dict", _stateless),
    ),
    mutant(
        "rng_state_not_restored",
        t.saved_training_goes_on_as_if_never_stopped,
        attribute(":set_rng_state", _nothing),
    ),
]
