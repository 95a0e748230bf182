"""Faults of optimizers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tensorcanon.reference.autograd import enable_grad
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.optim.optimizer import wanted
from tensorcanon.spec import optimizers as o

from .mutant import Patch, attribute, mutant

Method = Callable[..., Any]


def with_group(path: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Patch:
    """Let an update see other options than those of its group."""

    def make(original: Method) -> Method:
        return lambda self, p, g, state, group: original(self, p, g, state, change(group))

    return attribute(path, make)


def constant(value: Any) -> Callable[[Any], Any]:
    return lambda _: lambda *args, **kwargs: value


_SGD, _ADAM = "optim.sgd:SGD.update", "optim.adam:Adam.update"
_OPTIMIZER = "optim.optimizer:Optimizer"


def _dampened(original: Method) -> Method:
    def gathered(g: Any, state: Any, group: Any) -> Any:
        if "momentum_buffer" not in state:
            g = g * (1 - group["dampening"])
        return original(g, state, group)

    return gathered


def _late_nesterov(_: Method) -> Method:
    def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
        g = wanted(p, g, group)
        buffer = state.get("momentum_buffer", ops.zeros_like(g))
        step = g.add(buffer, alpha=group["momentum"]) if group["nesterov"] else None
        state["momentum_buffer"] = buffer * group["momentum"] + g * (1 - group["dampening"])
        p.add_(state["momentum_buffer"] if step is None else step, alpha=-group["lr"])

    return update


def _eps_before_correction(_: Method) -> Method:
    def length(square: Any, step: int, group: Any) -> Any:
        return (square.sqrt() + group["eps"]) / (1 - group["betas"][1] ** step) ** 0.5

    return length


def _eps_inside(_: Method) -> Method:
    def length(square: Any, step: int, group: Any) -> Any:
        return (square / (1 - group["betas"][1] ** step) + group["eps"]).sqrt()

    return length


def _skewed(name: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda group: {**group, name: value} if group.get(name) else group


def _decoupled(original: Method) -> Method:
    def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
        p.mul_(1 - group["lr"] * group["weight_decay"])
        original(self, p, g, state, {**group, "weight_decay": 0})

    return update


def _coupled(original: Method) -> Method:
    def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
        original(self, p, g, state, {**group, "decoupled_weight_decay": False})

    return update


def _latest(original: Method) -> Method:
    def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
        if "max_exp_avg_sq" in state:
            state["max_exp_avg_sq"].zero_()
        original(self, p, g, state, group)

    return update


def _eps_outside(_: Method) -> Method:
    def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
        g = wanted(p, g, group)
        rho, eps = group["rho"], group["eps"]
        square = state.setdefault("square_avg", ops.zeros_like(p))
        moved = state.setdefault("acc_delta", ops.zeros_like(p))
        square.mul_(rho).addcmul_(g, g, value=1 - rho)
        delta = (moved.sqrt() + eps) / (square.sqrt() + eps) * g
        moved.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        p.add_(delta, alpha=-float(group["lr"]))

    return update


def _climbing_decay(_: Method) -> Method:
    def changed(p: Any, g: Any, group: Any) -> Any:
        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        return ops.neg(g) if group["maximize"] else g

    return changed


def _whole_module(change: Callable[[Method], Method]) -> tuple[Patch, ...]:
    return tuple(attribute(f"optim.{name}:wanted", change) for name in ("sgd", "adam", "adaptive"))


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


def _same_place(name: str) -> Callable[[Method], Method]:
    def change(original: Method) -> Method:
        def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
            original(self, p, g, state, {**group, "lr": group["lr"] * (1 + 1e-4)} if group[name] else group)

        return update

    return change


_CLASSES = {
    "optim.sgd:SGD": (o.sgd_goes_down_the_gradient,),
    "optim.adaptive:Adagrad": (o.adagrad_sums_the_squares,),
    "optim.adam:Adamax": (o.adamax_divides_by_the_greatest_magnitude,),
    "optim.adam:RAdam": (o.variants_of_adam_follow_their_rules,),
}


def _slanted(original: Method) -> Method:
    """Read a gradient in the order of its memory."""

    def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
        if g.ndim > 1 and not g.is_contiguous():
            g = ops.reshape(ops.permute(g, tuple(reversed(range(g.ndim)))), g.shape)
        original(self, p, g, state, group)

    return update


MUTANTS = [
    *(
        mutant(f"{path.rpartition(':')[2].lower()}_reads_gradients_in_storage_order", kills, _patch)
        for path, kills in _CLASSES.items()
        for _patch in [attribute(f"{path}.update", _slanted)]
    ),
    mutant(
        "first_step_dampened", o.momentum_gathers_the_gradients, attribute("optim.sgd:gathered", _dampened)
    ),
    mutant(
        "dampening_ignored", o.momentum_gathers_the_gradients, with_group(_SGD, _skewed("dampening", 0.0))
    ),
    mutant(
        "nesterov_with_the_buffer_of_before",
        o.nesterov_looks_ahead,
        attribute(_SGD, _late_nesterov),
        fault="ml-explore/mlx#87",
    ),
    mutant(
        "nesterov_is_plain_momentum",
        o.nesterov_looks_ahead,
        with_group(_SGD, _skewed("nesterov", False)),
        fault="kozistr/pytorch_optimizer#517",
    ),
    mutant(
        "adam_without_bias_correction",
        (o.adam_corrects_the_bias_of_its_averages, o.adamw_decays_apart_from_the_gradient),
        attribute("optim.adam:correction", constant(1.0)),
        fault="ml-explore/mlx#1640",
    ),
    mutant(
        "eps_before_the_correction",
        o.adam_corrects_the_bias_of_its_averages,
        attribute("optim.adam:length", _eps_before_correction),
        fault="pytorch/pytorch#22628",
    ),
    mutant(
        "eps_inside_the_root",
        o.adam_corrects_the_bias_of_its_averages,
        attribute("optim.adam:length", _eps_inside),
        fault="keras-team/keras#17391",
    ),
    mutant(
        "adam_decays_apart",
        o.weight_decay_is_a_part_of_the_gradient,
        with_group(_ADAM, lambda group: {**group, "decoupled_weight_decay": True}),
        fault="flagos-ai/FlagGems#4989",
    ),
    mutant(
        "sgd_decays_after_momentum",
        o.weight_decay_is_a_part_of_the_gradient,
        attribute(_SGD, _decoupled),
    ),
    mutant("adamw_couples_its_decay", o.adamw_decays_apart_from_the_gradient, attribute(_ADAM, _coupled)),
    mutant(
        "adagrad_forgets_to_decay",
        o.weight_decay_is_a_part_of_the_gradient,
        with_group("optim.adaptive:Adagrad.update", _skewed("weight_decay", 0)),
    ),
    mutant("amsgrad_keeps_the_latest", o.amsgrad_keeps_the_greatest_square, attribute(_ADAM, _latest)),
    mutant(
        "adagrad_forgets_its_start",
        o.adagrad_sums_the_squares,
        attribute("optim.adaptive:_start", lambda _: lambda parameter, value: 0.0),
    ),
    mutant(
        "adagrad_ignores_its_rates_decay",
        o.adagrad_sums_the_squares,
        with_group("optim.adaptive:Adagrad.update", _skewed("lr_decay", 0.0)),
    ),
    mutant(
        "rmsprop_is_never_centered",
        o.rmsprop_divides_by_the_root_of_the_average_square,
        with_group("optim.adaptive:RMSprop.update", _skewed("centered", False)),
    ),
    mutant(
        "rmsprop_ignores_momentum",
        o.rmsprop_divides_by_the_root_of_the_average_square,
        with_group("optim.adaptive:RMSprop.update", _skewed("momentum", 0)),
    ),
    mutant(
        "adadelta_adds_eps_outside_the_root",
        o.adadelta_measures_steps_by_earlier_steps,
        attribute("optim.adaptive:Adadelta.update", _eps_outside),
    ),
    mutant("maximize_turns_the_decay_around", o.maximize_goes_up, *_whole_module(_climbing_decay)),
    mutant(
        "maximize_ignored", o.maximize_goes_up, with_group("optim.sgd:SGD.update", _skewed("maximize", False))
    ),
    mutant(
        "foreach_moves_farther",
        (o.implementations_follow_the_same_rule,),
        attribute(_SGD, _same_place("foreach")),
    ),
    mutant(
        "fused_moves_farther",
        (o.implementations_follow_the_same_rule,),
        attribute(_ADAM, _same_place("fused")),
    ),
    mutant(
        "default_is_not_the_loop",
        o.a_default_step_is_that_of_the_loop,
        attribute(
            _SGD,
            lambda original: (
                lambda self, p, g, state, group: original(
                    self, p, g, state, {**group, "lr": group["lr"] * (1 + 1e-6 * (group["foreach"] is None))}
                )
            ),
        ),
    ),
    mutant(
        "foreach_with_fused",
        o.foreach_and_fused_exclude_each_other,
        *(
            attribute(f"optim.{name}:check_implementation", constant(None))
            for name in ("sgd", "adam", "adaptive")
        ),
    ),
    mutant(
        "complex_without_parts",
        o.complex_parameters_move_as_their_parts,
        attribute(
            f"{_OPTIMIZER}._move",
            lambda _: (
                lambda self, p, g, group: self.update(
                    ops.view_as_real(p) if p.dtype.is_complex else p,
                    ops.view_as_real(g.conj().resolve_conj()) if p.dtype.is_complex else g,
                    self.state[p],
                    group,
                )
            ),
        ),
    ),
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
            lambda original: (
                lambda self, p, g, group: (
                    original(self, p, g, group),
                    setattr(p, "requires_grad", False),
                )[0]
            ),
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
        "hooks_stay",
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
