"""Faults of learning rate schedulers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tensorcanon.reference.optim import schedules
from tensorcanon.spec import schedulers as s

from .mutant import Patch, attribute, mutant

Method = Callable[..., Any]
_SCHEDULES, _CYCLES = "optim.schedules", "optim.cycles"


def late(name: str) -> Patch:
    """Let a schedule of factors be one epoch late."""
    return attribute(
        f"{_SCHEDULES}:{name}.factor",
        lambda original: lambda self, epoch: original(self, max(epoch - 1, 0)) if epoch > 1 else 1.0,
    )


def early(path: str) -> Patch:
    return attribute(path, lambda original: lambda self, epoch: original(self, epoch + 1))


def _unwritten(_: Method) -> Method:
    def initial(self: Any) -> None:
        self._step_count, self.last_epoch = 1, self.last_epoch + 1
        self._last_lr = self.current()

    return initial


def _late_restarts(_: Method) -> Method:
    def step(self: Any, epoch: Any = None) -> None:
        self.T_cur += 1
        if self.T_cur > self.T_i:
            self.T_cur, self.T_i = 0, self.T_i * self.T_mult
        self.last_epoch += 1
        self.write(self.get_lr())

    return step


def _equal_cycles(original: Method) -> Method:
    def step(self: Any, epoch: Any = None) -> None:
        self.T_mult = 1
        original(self, epoch)

    return step


def _set_of_milestones(original: Method) -> Method:
    def init(self: Any, optimizer: Any, milestones: Any, *args: Any, **options: Any) -> None:
        original(self, optimizer, sorted(set(milestones)), *args, **options)

    return init


def _held_cosine(original: Method) -> Method:
    def get_lr(self: Any) -> Any:
        if self.last_epoch > self.T_max:
            return [self.eta_min for _ in self.base_lrs]
        return original(self)

    return get_lr


def _without(*names: str) -> Callable[[Method], Method]:
    def change(original: Method) -> Method:
        def load(self: Any, state_dict: Any) -> None:
            original(self, {key: value for key, value in state_dict.items() if key not in names})

        return load

    return change


def _options(**fixed: Any) -> Callable[[Method], Method]:
    """Let a method see other attributes than the object's own."""

    def change(original: Method) -> Method:
        def method(self: Any, *args: Any) -> Any:
            kept = {name: getattr(self, name) for name in fixed}
            self.__dict__.update(fixed)
            try:
                return original(self, *args)
            finally:
                self.__dict__.update(kept)

        return method

    return change


def _bare(original: Method) -> Method:
    def reduce(self: Any) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = float(group["lr"]) * self.factor

    return reduce


def _unlimited(original: Method) -> Method:
    def get_lr(self: Any) -> Any:
        steps, self.last_epoch = self.last_epoch, min(self.last_epoch, self.total_steps - 1)
        found = original(self)
        self.last_epoch = steps
        return found

    return get_lr


def _own_epochs(original: Method) -> Method:
    def step(self: Any) -> None:
        for one in self._schedulers:
            one.last_epoch = self.last_epoch
        original(self)

    return step


def _counted_twice(original: Any) -> Any:
    def write(self: Any, rates: Any) -> None:
        original(self, rates)
        self.last_epoch += self.last_epoch > 0

    return write


def _stepped_without_a_word(original: Any) -> Any:
    def step(self: Any, epoch: Any = None) -> None:
        self._step_count += 1
        self.go_to(epoch)

    return step


MUTANTS = [
    mutant("step_lr_late", s.step_lr_multiplies_every_few_epochs, late("StepLR")),
    mutant("step_lr_early", s.step_lr_multiplies_every_few_epochs, early(f"{_SCHEDULES}:StepLR.factor")),
    mutant("multi_step_lr_late", s.multi_step_lr_multiplies_at_its_milestones, late("MultiStepLR")),
    mutant(
        "milestones_are_a_set",
        s.multi_step_lr_multiplies_at_its_milestones,
        attribute(f"{_SCHEDULES}:MultiStepLR.__init__", _set_of_milestones),
    ),
    mutant(
        "exponential_lr_late",
        (s.exponential_lr_multiplies_every_epoch, s.each_group_follows_from_its_own_rate),
        late("ExponentialLR"),
    ),
    mutant(
        "cosine_stays_at_its_end",
        s.cosine_annealing_follows_a_cosine,
        attribute(f"{_SCHEDULES}:CosineAnnealingLR.get_lr", _held_cosine),
    ),
    mutant(
        "cosine_ends_at_zero",
        s.cosine_annealing_follows_a_cosine,
        attribute(f"{_SCHEDULES}:CosineAnnealingLR.get_lr", _options(eta_min=0.0)),
    ),
    mutant(
        "lambda_of_the_last_rate",
        s.lambda_lr_multiplies_the_initial_rate,
        attribute(
            f"{_SCHEDULES}:LambdaLR.get_lr",
            lambda _: (
                lambda self: [
                    rate * function(self.last_epoch)
                    for rate, function in zip(self.current(), self.lr_lambdas, strict=True)
                ]
            ),
        ),
    ),
    mutant(
        "lambda_of_the_first_group",
        (s.lambda_lr_multiplies_the_initial_rate, s.lambda_lr_needs_a_function_for_each_group),
        attribute(
            f"{_SCHEDULES}:functions_for",
            lambda original: (
                lambda optimizer, given: original(
                    optimizer, given[0] if isinstance(given, list | tuple) else given
                )
            ),
        ),
    ),
    mutant(
        "multiplicative_of_the_initial_rate",
        s.multiplicative_lr_multiplies_the_last_rate,
        attribute(
            f"{_SCHEDULES}:MultiplicativeLR.get_lr", lambda _: lambda self: schedules.LambdaLR.get_lr(self)
        ),
    ),
    mutant("linear_lr_late", s.linear_lr_goes_along_a_line, late("LinearLR")),
    mutant(
        "linear_lr_overshoots",
        s.linear_lr_goes_along_a_line,
        attribute(
            f"{_SCHEDULES}:LinearLR.factor",
            lambda original: lambda self, epoch: original(self, min(epoch, self.total_iters)),
        ),
    ),
    mutant(
        "constant_lr_late",
        s.constant_lr_holds_back_for_some_epochs,
        attribute(
            f"{_SCHEDULES}:ConstantLR.factor",
            lambda original: lambda self, epoch: original(self, epoch - 1 if epoch else 0),
        ),
    ),
    mutant(
        "polynomial_without_power",
        s.polynomial_lr_falls_to_zero,
        attribute(f"{_SCHEDULES}:PolynomialLR.factor", _options(power=1.0)),
    ),
    mutant(
        "warm_restarts_late",
        s.warm_restarts_begin_again_at_the_initial_rate,
        attribute(f"{_CYCLES}:CosineAnnealingWarmRestarts.step", _late_restarts),
        fault="pytorch/pytorch#23480",
    ),
    mutant(
        "warm_restarts_of_equal_length",
        s.warm_restarts_begin_again_at_the_initial_rate,
        attribute(f"{_CYCLES}:CosineAnnealingWarmRestarts.step", _equal_cycles),
    ),
    mutant(
        "one_cycle_always_along_cosines",
        (s.one_cycle_rises_to_its_peak_and_falls, s.one_cycle_turns_the_momentum_around),
        attribute(f"{_CYCLES}:OneCycleLR.between", _options(anneal_strategy="cos")),
    ),
    mutant(
        "one_cycle_leaves_the_momentum",
        s.one_cycle_turns_the_momentum_around,
        attribute(f"{_CYCLES}:write_momentum", lambda _: lambda group, value: None),
    ),
    mutant(
        "one_cycle_without_end",
        s.one_cycle_ends_with_its_steps,
        attribute(f"{_CYCLES}:OneCycleLR.get_lr", _unlimited),
    ),
    mutant(
        "cyclic_never_shrinks",
        s.cyclic_lr_goes_up_and_down_along_lines,
        attribute(f"{_CYCLES}:CyclicLR.scaled", lambda _: lambda self, place: 1.0),
    ),
    mutant(
        "cyclic_halves_a_cycle_early",
        s.cyclic_lr_goes_up_and_down_along_lines,
        attribute(
            f"{_CYCLES}:CyclicLR.scaled", lambda original: lambda self, place: original(self, place + 1)
        ),
    ),
    mutant(
        "plateau_one_step_early",
        s.plateaus_lower_the_rate,
        attribute(
            "optim.plateau:ReduceLROnPlateau.step",
            lambda original: (
                lambda self, metrics, epoch=None: _options(patience=self.patience - 1)(original)(
                    self, metrics, epoch
                )
            ),
        ),
    ),
    mutant(
        "plateau_without_floor",
        s.plateaus_lower_the_rate,
        attribute("optim.plateau:ReduceLROnPlateau.reduce", _bare),
    ),
    mutant(
        "plateau_without_cooldown",
        s.plateaus_lower_the_rate,
        attribute("optim.plateau:ReduceLROnPlateau.step", _options(cooldown=0)),
    ),
    mutant(
        "plateau_without_threshold",
        s.plateaus_lower_the_rate,
        attribute("optim.plateau:ReduceLROnPlateau.improves", _options(threshold=0.0)),
    ),
    mutant(
        "plateau_lowers_at_once",
        s.metrics_that_stay_do_not_lower_the_rate,
        attribute("optim.plateau:ReduceLROnPlateau.improves", lambda _: lambda self, value: False),
    ),
    mutant(
        "schedules_write_over_each_other",
        s.chained_schedules_multiply,
        attribute(f"{_SCHEDULES}:Factors.get_lr", lambda _: lambda self: self.rates_at(self.last_epoch)),
    ),
    mutant(
        "chained_steps_the_last_only",
        s.chained_schedules_multiply,
        attribute("optim.combined:ChainedScheduler.step", lambda _: lambda self: self._schedulers[-1].step()),
    ),
    mutant(
        "turns_keep_the_common_epoch",
        s.sequential_schedules_take_turns,
        attribute("optim.combined:SequentialLR.step", _own_epochs),
    ),
    mutant(
        "turns_without_a_fresh_start",
        s.sequential_schedules_take_turns,
        attribute(
            "optim.combined:bisect_right",
            lambda _: lambda milestones, epoch: sum(one < epoch for one in milestones),
        ),
    ),
    mutant(
        "groups_share_the_first_rate",
        s.each_group_follows_from_its_own_rate,
        attribute(
            f"{_SCHEDULES}:LRScheduler.write",
            lambda original: lambda self, rates: original(self, [next(iter(rates))] * len(self.base_lrs)),
        ),
    ),
    mutant(
        "first_rate_not_written",
        (s.the_constructor_writes_the_first_rate, s.a_new_scheduler_writes_over_a_loaded_rate),
        attribute(f"{_SCHEDULES}:LRScheduler._initial_step", _unwritten),
    ),
    mutant(
        "last_rates_are_the_initial_ones",
        s.get_last_lr_returns_the_rates_of_the_groups,
        attribute(f"{_SCHEDULES}:LRScheduler.get_last_lr", lambda _: lambda self: self.base_lrs),
    ),
    mutant(
        "epochs_counted_twice",
        s.a_scheduler_counts_its_epochs,
        attribute(
            f"{_SCHEDULES}:LRScheduler.write",
            _counted_twice,
        ),
    ),
    mutant(
        "initial_rate_is_the_first",
        s.a_scheduler_keeps_the_initial_rate,
        attribute(
            f"{_SCHEDULES}:LRScheduler._initial_step",
            lambda original: (
                lambda self: (
                    original(self),
                    [group.update(initial_lr=group["lr"]) for group in self.optimizer.param_groups],
                )[0]
            ),
        ),
    ),
    mutant(
        "no_word_on_the_order",
        s.schedulers_step_after_optimizers,
        attribute(
            f"{_SCHEDULES}:LRScheduler.step",
            _stepped_without_a_word,
        ),
    ),
    mutant(
        "epoch_not_restored",
        (s.a_loaded_schedule_knows_its_epoch, s.a_saved_schedule_continues),
        attribute(f"{_SCHEDULES}:LRScheduler.load_state_dict", _without("last_epoch")),
        fault="pytorch/pytorch#65342",
    ),
    mutant(
        "rates_of_the_start_restored",
        s.a_saved_schedule_continues,
        attribute(
            f"{_SCHEDULES}:LRScheduler.load_state_dict",
            lambda original: lambda self, state: (original(self, state), self.write(self.base_lrs))[0],
        ),
    ),
    mutant(
        "going_on_without_initial_rates",
        s.going_on_needs_the_initial_rates,
        attribute(
            f"{_SCHEDULES}:LRScheduler.__init__",
            lambda original: lambda self, optimizer, last_epoch=-1: original(self, optimizer, -1),
        ),
    ),
    mutant(
        "cosine_off_by_half",
        s.warm_restarts_begin_again_at_the_initial_rate,
        attribute(
            f"{_CYCLES}:CosineAnnealingWarmRestarts.get_lr",
            lambda _: (
                lambda self: [
                    self.eta_min + base * (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
                    for base in self.base_lrs
                ]
            ),
        ),
    ),
]
