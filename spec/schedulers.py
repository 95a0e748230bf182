"""Learning rate schedulers: the rate of each epoch in closed form, and the course of the steps.

The clauses of the schedules return the rates of one group at the epochs from 0 to `steps`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .clause import clause
from .outcome import Exactly, Outcome, Raises, Warns
from .rates import rates

_PAGE = "optim#how-to-adjust-learning-rate"
_OF = "optim.lr_scheduler."
Share = Callable[[int], float]


def _scaled(initial: float, steps: int, share: Share) -> Outcome:
    return rates([initial * share(epoch) for epoch in range(steps + 1)])


# Shares of the initial rate, by epoch.


def stepped(step_size: int, gamma: float) -> Share:
    return lambda epoch: gamma ** (epoch // step_size)


def exponential(gamma: float) -> Share:
    return lambda epoch: gamma**epoch


def constant(factor: float, total_iters: int) -> Share:
    return lambda epoch: factor if epoch < total_iters else 1.0


def linear(start: float, end: float, total_iters: int) -> Share:
    return lambda epoch: start + (end - start) * min(epoch, total_iters) / total_iters


# The schedules.


@clause(_OF + "StepLR", covers="schedulers.step-lr")
def step_lr_multiplies_every_few_epochs(initial: float, steps: int, step_size: int, gamma: float) -> Outcome:
    """`StepLR` multiplies the rate by `gamma` each time `step_size` epochs have passed."""
    return _scaled(initial, steps, stepped(step_size, gamma))


@clause(_OF + "MultiStepLR", covers="schedulers.multistep")
def multi_step_lr_multiplies_at_its_milestones(
    initial: float, steps: int, milestones: Sequence[int], gamma: float
) -> Outcome:
    """`MultiStepLR` multiplies the rate by `gamma` at each milestone, twice where it is listed twice."""
    return _scaled(initial, steps, lambda epoch: gamma ** sum(one <= epoch for one in milestones))


@clause(_OF + "ExponentialLR", covers="schedulers.exponential")
def exponential_lr_multiplies_every_epoch(initial: float, steps: int, gamma: float) -> Outcome:
    """`ExponentialLR` multiplies the rate by `gamma` at every epoch."""
    return _scaled(initial, steps, exponential(gamma))


@clause(_OF + "CosineAnnealingLR", covers="schedulers.cosine")
def cosine_annealing_follows_a_cosine(initial: float, steps: int, t_max: int, eta_min: float) -> Outcome:
    """`CosineAnnealingLR` goes from the initial rate to `eta_min` in `T_max` epochs along half a cosine, and
    on along the cosine."""
    return rates([_cosine(initial, eta_min, epoch / t_max) for epoch in range(steps + 1)])


def _cosine(high: float, low: float, way: float) -> float:
    return low + (high - low) * (1 + math.cos(math.pi * way)) / 2


@clause(_OF + "LambdaLR", covers="schedulers.lambda")
def lambda_lr_multiplies_the_initial_rate(initial: float, steps: int, function: Share) -> Outcome:
    """`LambdaLR` multiplies the initial rate by a function of the epoch."""
    return _scaled(initial, steps, function)


@clause(_OF + "LambdaLR", covers="schedulers.lambda", basis="observed")
def lambda_lr_needs_a_function_for_each_group() -> Outcome:
    """A list of functions of another length than the groups is an error."""
    return Raises("ValueError")


@clause(_OF + "MultiplicativeLR", covers="schedulers.multiplicative")
def multiplicative_lr_multiplies_the_last_rate(initial: float, steps: int, function: Share) -> Outcome:
    """`MultiplicativeLR` multiplies the rate of the epoch before by a function of the epoch."""
    return _scaled(initial, steps, lambda epoch: math.prod(function(one) for one in range(1, epoch + 1)))


@clause(_OF + "LinearLR", covers="schedulers.linear-constant")
def linear_lr_goes_along_a_line(
    initial: float, steps: int, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
) -> Outcome:
    """`LinearLR` goes from one share of the rate to another in `total_iters` epochs and stays there."""
    return _scaled(initial, steps, linear(start_factor, end_factor, total_iters))


@clause(_OF + "ConstantLR", covers="schedulers.linear-constant")
def constant_lr_holds_back_for_some_epochs(
    initial: float, steps: int, factor: float = 1 / 3, total_iters: int = 5
) -> Outcome:
    """`ConstantLR` multiplies the rate by `factor` until `total_iters` epochs have passed."""
    return _scaled(initial, steps, constant(factor, total_iters))


@clause(_OF + "PolynomialLR", covers="schedulers.polynomial")
def polynomial_lr_falls_to_zero(
    initial: float, steps: int, total_iters: int = 5, power: float = 1.0
) -> Outcome:
    """`PolynomialLR` multiplies the rate by a power of the part of `total_iters` that is left."""
    return _scaled(initial, steps, lambda epoch: (1 - min(epoch, total_iters) / total_iters) ** power)


@clause(_OF + "CosineAnnealingWarmRestarts", covers="schedulers.warm-restarts")
def warm_restarts_begin_again_at_the_initial_rate(
    initial: float, steps: int, t_0: int, t_mult: int, eta_min: float
) -> Outcome:
    """`CosineAnnealingWarmRestarts` goes to `eta_min` along half a cosine in `T_0` epochs, then starts at the
    initial rate again, each cycle `T_mult` times as long as the one before."""
    due, place, length = [], 0, t_0
    for _ in range(steps + 1):
        if place == length:
            place, length = 0, length * t_mult
        due.append(_cosine(initial, eta_min, place / length))
        place += 1
    return rates(due)


@clause(_OF + "OneCycleLR", covers="schedulers.onecycle")
def one_cycle_rises_to_its_peak_and_falls(
    max_lr: float, total_steps: int, pct_start: float = 0.3, anneal: str = "cos"
) -> Outcome:
    """`OneCycleLR` starts at a 25th of `max_lr`, reaches it after `pct_start` of the steps and ends at a
    ten-thousandth of the start, along cosines or lines; the rates are those of all its steps."""
    first = max_lr / 25
    return rates(_one_cycle(first, max_lr, first / 1e4, total_steps, pct_start, anneal))


@clause(_OF + "OneCycleLR", covers="schedulers.onecycle")
def one_cycle_turns_the_momentum_around(
    low: float, high: float, total_steps: int, pct_start: float = 0.3, anneal: str = "cos"
) -> Outcome:
    """Meanwhile the momentum, or the first of `betas`, goes from the greatest to the least and back."""
    return rates(_one_cycle(high, low, high, total_steps, pct_start, anneal))


def _one_cycle(
    start: float, middle: float, end: float, total: int, pct_start: float, anneal: str
) -> list[float]:
    top, last = pct_start * total - 1, total - 1
    due = []
    for step in range(total):
        first, second, way = (
            (start, middle, step / top) if step <= top else (middle, end, (step - top) / (last - top))
        )
        due.append(_cosine(first, second, way) if anneal == "cos" else first + (second - first) * way)
    return due


@clause(_OF + "OneCycleLR", covers="schedulers.onecycle", basis="observed")
def one_cycle_ends_with_its_steps() -> Outcome:
    """A step past `total_steps` is an error."""
    return Raises("ValueError")


@clause(_OF + "CyclicLR", covers="schedulers.cyclic")
def cyclic_lr_goes_up_and_down_along_lines(
    low: float, high: float, steps: int, up: int, down: int, mode: str = "triangular", gamma: float = 1.0
) -> Outcome:
    """`CyclicLR` goes from the base rate to the greatest in `step_size_up` steps and back in
    `step_size_down`; ``triangular2`` halves the height with each cycle, ``exp_range`` multiplies it by
    `gamma` to the power of the steps."""
    due = []
    for step in range(steps + 1):
        cycle, place = divmod(step, up + down)
        height = place / up if place <= up else (up + down - place) / down
        part = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": gamma**step}[mode]
        due.append(low + (high - low) * height * part)
    return rates(due)


# A metric.


def _plateau(initial: float, metrics: Sequence[float], options: dict[str, Any]) -> list[float]:
    """Return the rates after each metric, by the description of the class."""
    given = {"mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "threshold_mode": "rel"}
    known: dict[str, Any] = {**given, "cooldown": 0, "min_lr": 0.0, "eps": 1e-8, **options}
    sign = -1 if known["mode"] == "max" else 1
    best, bad, rest, rate, due = math.inf * sign, 0, 0, initial, []
    for metric in metrics:
        margin = sign * known["threshold"]
        target = best * (1 - margin) if known["threshold_mode"] == "rel" else best - margin
        better = sign * metric < sign * target
        best, bad = (metric, 0) if better else (best, bad + 1)
        if rest:
            rest, bad = rest - 1, 0
        if bad > known["patience"]:
            lowered = max(rate * known["factor"], known["min_lr"])
            rate = lowered if rate - lowered > known["eps"] else rate
            rest, bad = known["cooldown"], 0
        due.append(rate)
    return due


@clause(_OF + "ReduceLROnPlateau", covers="schedulers.plateau")
def plateaus_lower_the_rate(initial: float, metrics: Sequence[float], options: dict[str, Any]) -> Outcome:
    """`ReduceLROnPlateau` multiplies the rate by `factor` where the metric has not improved on the best by
    the threshold for more than `patience` steps; not below `min_lr`, not by less than `eps`, and not during
    the `cooldown` after it did."""
    return rates(_plateau(initial, metrics, options))


@clause(_OF + "ReduceLROnPlateau", covers="schedulers.plateau-equal", level="extended")
def metrics_that_stay_do_not_lower_the_rate(initial: float, metrics: Sequence[float]) -> Outcome:
    """With `patience=0` the rate is lowered where the metric gets worse, not where it stays the same."""
    return rates([initial] * len(metrics))


# Schedules together.


@clause(_PAGE + "; " + _OF + "ChainedScheduler", covers="schedulers.chained")
def chained_schedules_multiply(
    initial: float, steps: int, gamma: float, factor: float, total_iters: int
) -> Outcome:
    """Schedulers that are stepped one after the other, by hand or by a `ChainedScheduler`, each change the
    rate that the other left: here `ExponentialLR` and `ConstantLR`."""
    held = constant(factor, total_iters)
    return _scaled(initial, steps, lambda epoch: gamma**epoch * held(epoch))


@clause(_OF + "SequentialLR", covers="schedulers.sequential")
def sequential_schedules_take_turns(
    initial: float, steps: int, shares: Sequence[Share], milestones: Sequence[int]
) -> Outcome:
    """`SequentialLR` hands over to the next scheduler at each milestone, which starts at its own epoch 0."""

    def share(epoch: int) -> float:
        turn = sum(one <= epoch for one in milestones)
        return shares[turn](epoch - (milestones[turn - 1] if turn else 0))

    return _scaled(initial, steps, share)


@clause(_OF + "LRScheduler", covers="schedulers.groups")
def each_group_follows_from_its_own_rate(initial: float, steps: int, gamma: float) -> Outcome:
    """A schedule is applied to each group from the group's own initial rate."""
    return _scaled(initial, steps, exponential(gamma))


# The course of the steps.


@clause(_PAGE, covers="schedulers.protocol")
def get_last_lr_returns_the_rates_of_the_groups(due: Sequence[float]) -> Outcome:
    """`get_last_lr()` returns a list of the rates that the groups have now."""
    return rates(due)


@clause(_PAGE, covers="schedulers.protocol")
def a_scheduler_counts_its_epochs(due: int) -> Outcome:
    """`last_epoch` is 0 after the constructor and grows by 1 with each `step()`."""
    return Exactly(due)


@clause(_PAGE, covers="schedulers.protocol")
def a_scheduler_keeps_the_initial_rate(initial: float) -> Outcome:
    """The constructor keeps each group's rate as its `initial_lr`."""
    return Exactly(initial)


@clause(_PAGE, covers="schedulers.protocol")
def the_constructor_writes_the_first_rate(initial: float, factor: float) -> Outcome:
    """The rate of epoch 0 is in force once the scheduler is made."""
    return rates([initial * factor])


@clause(_PAGE, covers="schedulers.order-warning")
def schedulers_step_after_optimizers(early: bool) -> Outcome:
    """A first step of a scheduler before the first step of the optimizer is warned about."""
    return Warns("UserWarning" if early else "", Exactly(None))


@clause(_OF + "LRScheduler.state_dict", covers="schedulers.state-dict")
def a_saved_schedule_continues(name: str, initial: float, steps: int, options: dict[str, Any]) -> Outcome:
    """A scheduler that has loaded another's `state_dict`, on an optimizer that has loaded the other's, goes
    on as that one would have; the rates are those of all epochs."""
    match name:
        case "StepLR":
            return _scaled(initial, steps, stepped(**options))
        case "ExponentialLR":
            return _scaled(initial, steps, exponential(**options))
    low = options["eta_min"]
    return rates([_cosine(initial, low, epoch / options["T_max"]) for epoch in range(steps + 1)])


@clause(_OF + "LRScheduler.state_dict", covers="schedulers.state-dict")
def a_loaded_schedule_knows_its_epoch(due: int) -> Outcome:
    """`last_epoch` is part of the state that is saved and loaded."""
    return Exactly(due)


@clause(_OF + "LRScheduler", covers="schedulers.last-epoch-resume", level="extended", basis="observed")
def going_on_needs_the_initial_rates() -> Outcome:
    """A scheduler with a `last_epoch` other than -1 needs groups that have an `initial_lr`."""
    return Raises("KeyError")


@clause(_PAGE, covers="schedulers.init-overwrites-lr", level="extended")
def a_new_scheduler_writes_over_a_loaded_rate(initial: float, factor: float) -> Outcome:
    """A scheduler made after the state of an optimizer was loaded writes its rate of epoch 0 over it."""
    return rates([initial * factor])
