"""Faults of what an optimizer's step does besides its rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tensorcanon.reference.autograd import enable_grad
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import optimizers as o

from .mutant import attribute, mutant

Method = Callable[..., Any]


_OPTIMIZER = "optim.optimizer:Optimizer"


def constant(value: Any) -> Callable[[Any], Any]:
    return lambda _: lambda *args, **kwargs: value


def _without_state(original: Method) -> Method:
    def load(self: Any, state_dict: Any) -> None:
        original(self, {**state_dict, "state": {}})
        self.state = defaultdict(dict)

    return load


def _own_rate(original: Method) -> Method:
    def load(self: Any, state_dict: Any) -> None:
        rates = [group["lr"] for group in self.param_groups]
        original(self, state_dict)
        for group, rate in zip(self.param_groups, rates, strict=True):
            group["lr"] = rate

    return load


def _fresh_count(original: Method) -> Method:
    def load(self: Any, state_dict: Any) -> None:
        original(self, state_dict)
        for kept in self.state.values():
            if "step" in kept:
                kept["step"] = kept["step"] * 0

    return load


def _fresh_parameter(original: Method) -> Method:
    def move(self: Any, parameter: Any, gradient: Any, group: Any) -> None:
        copy = parameter.detach().clone()
        self.state[copy] = self.state[parameter]
        original(self, copy, gradient, group)
        self.state[parameter] = self.state.pop(copy)
        parameter.storage, parameter.offset, parameter.strides = copy.storage, copy.offset, copy.strides

    return move


def _uncounted(original: Method) -> Method:
    def move(self: Any, parameter: Any, gradient: Any, group: Any) -> None:
        count = parameter.version.count
        original(self, parameter, gradient, group)
        parameter.version.count = count

    return move


def _cleared(original: Method) -> Method:
    def move(self: Any, parameter: Any, gradient: Any, group: Any) -> None:
        original(self, parameter, gradient, group)
        parameter.grad = None

    return move


def _decayed_gradient(original: Method) -> Method:
    def move(self: Any, parameter: Any, gradient: Any, group: Any) -> None:
        original(self, parameter, gradient, group)
        if group["weight_decay"]:
            gradient.add_(parameter, alpha=group["weight_decay"])

    return move


def _without_gradients(original: Method) -> Method:
    def take(self: Any, closure: Any = None) -> Any:
        for group in self.param_groups:
            for one in group["params"]:
                if one.grad is None:
                    one.grad = ops.zeros_like(one.detach())
        return original(self, closure)

    return take


def _first_group(original: Method) -> Method:
    def zero_grad(self: Any, set_to_none: bool = True) -> None:
        groups, self.param_groups = self.param_groups, self.param_groups[:1]
        original(self, set_to_none)
        self.param_groups = groups

    return zero_grad


def _frozen_options(original: Method) -> Method:
    def move(self: Any, parameter: Any, gradient: Any, group: Any) -> None:
        kept = self.__dict__.setdefault("first_options", {})
        options = kept.setdefault(id(group["params"]), dict(group))
        original(self, parameter, gradient, options)

    return move


def _deaf_groups(original: Method) -> Method:
    def add(self: Any, param_group: Any) -> None:
        original(self, {"params": param_group["params"]})

    return add


def _defaults_only(original: Method) -> Method:
    return lambda self, p, g, group: original(self, p, g, {**group, **self.defaults})


def _unchecked_sharing(original: Method) -> Method:
    def add(self: Any, param_group: Any) -> None:
        groups, self.param_groups = self.param_groups, []
        original(self, param_group)
        self.param_groups = [*groups, *self.param_groups]

    return add


def _zipped(original: Method) -> Method:
    def load(self: Any, state_dict: Any) -> None:
        try:
            original(self, state_dict)
        except ValueError:
            return

    return load


def _objects(original: Method) -> Method:
    def state_dict(self: Any) -> Any:
        return {**original(self), "param_groups": self.param_groups}

    return state_dict


def _eager(original: Method) -> Method:
    def init(self: Any, params: Any, defaults: Any) -> None:
        original(self, params, defaults)
        for one in self._parameters():
            self.state[one] = {}

    return init


def _silent_closure(original: Method) -> Method:
    def take(self: Any, closure: Any = None) -> Any:
        original(self, closure)

    return take


def _late_closure(original: Method) -> Method:
    def take(self: Any, closure: Any = None) -> Any:
        original(self)
        with enable_grad():
            return None if closure is None else closure()

    return take


def _frozen_after_its_move(original: Any) -> Any:
    def move(self: Any, p: Any, g: Any, group: Any) -> None:
        original(self, p, g, group)
        p.requires_grad = False

    return move


MUTANTS = [
    mutant(
        "step_makes_a_new_tensor",
        o.a_step_writes_into_the_parameter,
        attribute(f"{_OPTIMIZER}._move", _fresh_parameter),
    ),
    mutant("step_is_no_write", o.a_step_counts_as_a_write, attribute(f"{_OPTIMIZER}._move", _uncounted)),
    mutant("step_clears_gradients", o.a_step_leaves_the_gradient, attribute(f"{_OPTIMIZER}._move", _cleared)),
    mutant(
        "step_decays_into_the_gradient",
        o.a_step_leaves_the_gradient,
        attribute(f"{_OPTIMIZER}._move", _decayed_gradient),
    ),
    mutant(
        "step_is_recorded",
        o.a_step_leaves_a_leaf_that_requires_grad,
        attribute(
            f"{_OPTIMIZER}._move",
            _frozen_after_its_move,
        ),
    ),
    mutant(
        "missing_gradient_is_zero",
        o.a_step_skips_what_has_no_gradient,
        attribute(f"{_OPTIMIZER}._take", _without_gradients),
    ),
    mutant(
        "zero_grad_always_fills",
        (o.zero_grad_sets_gradients_to_none, o.a_step_skips_what_has_no_gradient),
        attribute(
            f"{_OPTIMIZER}.zero_grad",
            lambda original: lambda self, set_to_none=True: original(self, False),
        ),
    ),
    mutant(
        "zero_grad_always_takes_away",
        (o.zero_grad_sets_gradients_to_none, o.a_step_on_zero_gradients_is_a_step),
        attribute(
            f"{_OPTIMIZER}.zero_grad",
            lambda original: lambda self, set_to_none=True: original(self, True),
        ),
    ),
    mutant(
        "zero_grad_sees_one_group",
        o.zero_grad_sets_gradients_to_none,
        attribute(f"{_OPTIMIZER}.zero_grad", _first_group),
    ),
    mutant(
        "options_are_those_of_the_first_step",
        o.options_of_a_group_hold_from_the_next_step,
        attribute(f"{_OPTIMIZER}._move", _frozen_options),
    ),
    mutant(
        "groups_lose_their_options",
        (o.groups_override_the_defaults, o.groups_hold_all_their_options),
        attribute(f"{_OPTIMIZER}.add_param_group", _deaf_groups),
    ),
    mutant("defaults_win", o.groups_override_the_defaults, attribute(f"{_OPTIMIZER}._move", _defaults_only)),
    mutant(
        "parameters_in_two_groups",
        o.a_parameter_belongs_to_one_group,
        attribute(f"{_OPTIMIZER}.add_param_group", _unchecked_sharing),
    ),
    mutant(
        "rates_unchecked",
        o.constructors_check_what_they_are_given,
        *(
            attribute(f"optim.{name}:check_not_negative", constant(None))
            for name in ("sgd", "adam", "adaptive")
        ),
    ),
    mutant(
        "betas_unchecked",
        o.constructors_check_what_they_are_given,
        attribute("optim.adam:check_betas", constant(None)),
    ),
    mutant(
        "results_taken_as_parameters",
        o.constructors_check_what_they_are_given,
        attribute(f"{_OPTIMIZER}._check_members", constant(None)),
    ),
    mutant(
        "state_dropped_on_loading",
        o.a_saved_state_continues_the_trajectory,
        attribute(f"{_OPTIMIZER}.load_state_dict", _without_state),
        fault="NJUNMT-pytorch#12",
    ),
    mutant(
        "rate_kept_on_loading",
        o.a_saved_state_continues_the_trajectory,
        attribute(f"{_OPTIMIZER}.load_state_dict", _own_rate),
        fault="whr94621/NJUNMT-pytorch#8",
    ),
    mutant(
        "count_of_steps_dropped_on_loading",
        o.a_saved_state_continues_the_trajectory,
        attribute(f"{_OPTIMIZER}.load_state_dict", _fresh_count),
    ),
    mutant(
        "state_of_others_taken",
        o.a_state_of_other_groups_is_refused,
        attribute(f"{_OPTIMIZER}.load_state_dict", _zipped),
    ),
    mutant(
        "state_dict_holds_tensors",
        o.a_state_dict_names_parameters_by_index,
        attribute(f"{_OPTIMIZER}.state_dict", _objects),
    ),
    mutant(
        "state_made_at_once", o.state_is_made_by_the_first_step, attribute(f"{_OPTIMIZER}.__init__", _eager)
    ),
    mutant(
        "closure_loses_its_loss",
        o.a_step_returns_the_closures_loss,
        attribute(f"{_OPTIMIZER}._take", _silent_closure),
    ),
    mutant(
        "closure_runs_after_the_step",
        o.a_step_follows_the_closures_gradient,
        attribute(f"{_OPTIMIZER}._take", _late_closure),
    ),
    mutant(
        "hooks_of_optimizers_stay",
        o.hooks_run_around_a_step,
        attribute("optim.optimizer:Handle.remove", constant(None)),
    ),
    mutant(
        "post_hooks_before_the_step",
        o.hooks_run_around_a_step,
        attribute(
            f"{_OPTIMIZER}.register_step_post_hook",
            lambda _: lambda self, hook: self.register_step_pre_hook(hook),
        ),
    ),
    mutant(
        "differentiable_is_not_recorded",
        o.differentiable_steps_are_recorded,
        attribute("optim.optimizer:set_grad_enabled", lambda original: lambda mode: original(False)),
    ),
    mutant(
        "names_dropped",
        o.groups_keep_the_names_of_parameters,
        attribute(
            f"{_OPTIMIZER}.add_param_group",
            lambda original: (
                lambda self, group: (
                    original(self, group),
                    group.update(param_names=[""]) if "param_names" in group else None,
                )[0]
            ),
        ),
    ),
    mutant(
        "nesterov_unchecked",
        o.nesterov_needs_momentum_without_dampening,
        attribute(
            "optim.sgd:SGD.__init__",
            lambda original: (
                lambda self, params, nesterov=False, **options: original(self, params, **options)
            ),
        ),
    ),
]
