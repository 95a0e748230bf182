"""Faults of optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.optim.optimizer import wanted
from tensorcanon.spec import optimizers as o
from tensorcanon.spec.clause import Clause

from .mutant import Patch, attribute, mutant
from .optimizers_averages import MUTANTS as OF_AVERAGES
from .optimizers_steps import MUTANTS as OF_STEPS
from .optimizers_steps import constant

Method = Callable[..., Any]


def with_group(path: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Patch:
    """Let an update see other options than those of its group."""

    def make(original: Method) -> Method:
        return lambda self, p, g, state, group: original(self, p, g, state, change(group))

    return attribute(path, make)


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


def _same_place(name: str) -> Callable[[Method], Method]:
    def change(original: Method) -> Method:
        def update(self: Any, p: Any, g: Any, state: Any, group: Any) -> None:
            original(self, p, g, state, {**group, "lr": group["lr"] * (1 + 1e-4)} if group[name] else group)

        return update

    return change


_CLASSES: dict[str, tuple[Clause[Any], ...]] = {
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
    *OF_STEPS,
    *OF_AVERAGES,
]
