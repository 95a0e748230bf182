"""Faults of the quasi-Newton method and of averages of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.spec import optimizers as o

from .mutant import attribute, mutant

Call = Callable[..., Any]


def _first_group_only(original: Call) -> Call:
    def start(self: Any, params: Any, **options: Any) -> None:
        listed = list(params)
        original(self, listed[:1] if isinstance(listed[0], dict) else listed, **options)

    return start


def _without_closure(original: Call) -> Call:
    return lambda self, closure=None: None if closure is None else original(self, closure)


def _never_copies(original: Call) -> Call:
    def update(self: Any, model: Any) -> None:
        if not int(self.n_averaged):
            self.n_averaged += 1
        original(self, model)

    return update


MUTANTS = [
    mutant(
        "lbfgs_goes_up",
        o.lbfgs_finds_the_bottom_of_a_quadratic,
        attribute("optim.lbfgs:LBFGS._direction", lambda original: lambda *args: -original(*args)),
    ),
    mutant(
        "lbfgs_never_learns_the_curvature",
        o.lbfgs_finds_the_bottom_of_a_quadratic,
        attribute("optim.lbfgs:LBFGS._direction", lambda original: lambda self, gradient, *rest: -gradient),
    ),
    mutant(
        "lbfgs_takes_the_first_group",
        o.lbfgs_needs_a_closure_and_one_group,
        attribute("optim.lbfgs:LBFGS.__init__", _first_group_only),
    ),
    mutant(
        "lbfgs_steps_without_a_closure",
        o.lbfgs_needs_a_closure_and_one_group,
        attribute("optim.lbfgs:LBFGS.step", _without_closure),
    ),
    mutant(
        "averages_count_from_zero",
        o.averaged_models_follow_their_rule,
        attribute(
            "optim.swa_utils:get_swa_avg_fn",
            lambda original: lambda: lambda own, model, count: own + (model - own) / count,
        ),
    ),
    mutant(
        "averages_keep_the_share_of_the_model",
        o.averaged_models_follow_their_rule,
        attribute("optim.swa_utils:get_ema_avg_fn", lambda original: lambda decay=0.999: original(1 - decay)),
    ),
    mutant(
        "averages_begin_with_the_model_they_are_made_of",
        o.averaged_models_follow_their_rule,
        attribute("optim.swa_utils:AveragedModel.update_parameters", _never_copies),
    ),
]
