"""Schedulers of metrics, schedulers together, and the course of their steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import schedulers

from .test_schedulers import advance, course, optimizer_of, options_now, scheduler_of

_INITIAL = (0.5, 0.1, 0.03)
_GAMMA = (0.5, 0.9, 0.1)

# Metrics.

_METRICS = (1.0, 0.5, 2.0, 0.99995, 0.9, 0.25, 3.0, 1.00002)


def _metrics(tape: Tape) -> tuple[list[float], dict[str, Any]]:
    metrics = [tape.choose(_METRICS) for _ in range(tape.between(2, 12))]
    options = {
        "mode": tape.choose(("min", "max")),
        "factor": tape.choose((0.5, 0.1)),
        "patience": tape.choose((0, 1, 2)),
        "threshold": tape.choose((1e-4, 0.1, 0.0)),
        "threshold_mode": tape.choose(("rel", "abs")),
        "cooldown": tape.choose((0, 1, 2)),
        "min_lr": tape.choose((0.0, 0.05)),
        "eps": tape.choose((1e-8, 0.01)),
    }
    return metrics, {
        name: value for name, value in options.items() if not tape.one_in(3) or name == "patience"
    }


@verifies(schedulers.plateaus_lower_the_rate, drawn=_metrics)
def test_plateau(run: Run, case: tuple[list[float], dict[str, Any]]) -> None:
    metrics, options = case
    # A metric that only equals the best is judged by a clause of its own.
    best: list[float] = []
    for metric in metrics:
        if metric not in best:
            best.append(metric)
    optimizer = optimizer_of(run, 0.5)
    scheduler = scheduler_of(run, "ReduceLROnPlateau", optimizer, **options)
    seen = []
    for metric in best:
        run.call("Tensor.step", optimizer)
        run.call("Tensor.step", scheduler, metric)
        seen += options_now(run, optimizer)
    run.look(schedulers.plateaus_lower_the_rate(0.5, best, options), seen)


@verifies(schedulers.metrics_that_stay_do_not_lower_the_rate, over=[2, 3])
def test_unchanged_metrics(run: Run, count: int) -> None:
    optimizer = optimizer_of(run, 0.5)
    scheduler = scheduler_of(run, "ReduceLROnPlateau", optimizer, patience=0)
    seen = []
    for _ in range(count):
        run.call("Tensor.step", optimizer)
        run.call("Tensor.step", scheduler, 1.0)
        seen += options_now(run, optimizer)
    run.look(schedulers.metrics_that_stay_do_not_lower_the_rate(0.5, [1.0] * count), seen)


# Together.


@verifies(
    schedulers.chained_schedules_multiply,
    drawn=lambda t: (t.choose(("by hand", "chained")), t.choose(_GAMMA), t.between(1, 5)),
)
def test_chained(run: Run, case: tuple[str, float, int]) -> None:
    way, gamma, total = case
    optimizer = optimizer_of(run, 0.5)
    both = [
        scheduler_of(run, "ExponentialLR", optimizer, gamma=gamma),
        scheduler_of(run, "ConstantLR", optimizer, factor=0.25, total_iters=total),
    ]
    stepping = both if way == "by hand" else [scheduler_of(run, "ChainedScheduler", both)]
    allowed = schedulers.chained_schedules_multiply(0.5, 7, gamma, 0.25, total)
    run.look(allowed, course(run, optimizer, 7, *stepping))


def _turns(tape: Tape) -> tuple[Sequence[int], float]:
    first = tape.between(1, 4)
    return [first, first + tape.between(1, 4)], tape.choose(_GAMMA)


@verifies(schedulers.sequential_schedules_take_turns, drawn=_turns)
def test_sequential(run: Run, case: tuple[Sequence[int], float]) -> None:
    milestones, gamma = case
    optimizer = optimizer_of(run, 0.5)
    turns = [
        scheduler_of(run, "LinearLR", optimizer, start_factor=0.25, total_iters=3),
        scheduler_of(run, "ExponentialLR", optimizer, gamma=gamma),
        scheduler_of(run, "StepLR", optimizer, step_size=2, gamma=0.5),
    ]
    scheduler = scheduler_of(run, "SequentialLR", optimizer, schedulers=turns, milestones=milestones)
    shares = (schedulers.linear(0.25, 1.0, 3), schedulers.exponential(gamma), schedulers.stepped(2, 0.5))
    allowed = schedulers.sequential_schedules_take_turns(0.5, 10, shares, milestones)
    run.look(allowed, course(run, optimizer, 10, scheduler))


@verifies(schedulers.each_group_follows_from_its_own_rate, over=[2, 3])
def test_groups(run: Run, count: int) -> None:
    optimizer = optimizer_of(run, *_INITIAL[:count])
    scheduler = scheduler_of(run, "ExponentialLR", optimizer, gamma=0.5)
    seen = [options_now(run, optimizer)]
    for _ in range(4):
        advance(run, optimizer, scheduler)
        seen.append(options_now(run, optimizer))
    for place, initial in enumerate(_INITIAL[:count]):
        allowed = schedulers.each_group_follows_from_its_own_rate(initial, 4, 0.5)
        run.look(allowed, [one[place] for one in seen])


# The course.


@verifies(
    schedulers.get_last_lr_returns_the_rates_of_the_groups,
    schedulers.a_scheduler_counts_its_epochs,
    schedulers.a_scheduler_keeps_the_initial_rate,
    schedulers.the_constructor_writes_the_first_rate,
    over=["ConstantLR", "LinearLR"],
)
def test_protocol(run: Run, name: str) -> None:
    keyword = "factor" if name == "ConstantLR" else "start_factor"
    optimizer = optimizer_of(run, 0.5, 0.125)
    scheduler = scheduler_of(run, name, optimizer, **{keyword: 0.25})
    run.look(schedulers.the_constructor_writes_the_first_rate(0.5, 0.25), options_now(run, optimizer)[:1])
    for place, initial in enumerate((0.5, 0.125)):
        kept = options_now(run, optimizer, "initial_lr")[place]
        run.look(schedulers.a_scheduler_keeps_the_initial_rate(initial), kept)
    for epoch in range(3):
        run.expect(schedulers.a_scheduler_counts_its_epochs(epoch), "getattr", scheduler, "last_epoch")
        due = options_now(run, optimizer)
        allowed = schedulers.get_last_lr_returns_the_rates_of_the_groups(due)
        run.expect(allowed, "Tensor.get_last_lr", scheduler)
        advance(run, optimizer, scheduler)


@verifies(schedulers.schedulers_step_after_optimizers, over=[True, False])
def test_order(run: Run, early: bool) -> None:
    optimizer = optimizer_of(run, 0.5)
    scheduler = scheduler_of(run, "ExponentialLR", optimizer, gamma=0.5)
    if not early:
        run.call("Tensor.step", optimizer)
    run.expect(schedulers.schedulers_step_after_optimizers(early), "Tensor.step", scheduler)


_SAVED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.75}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
)


@verifies(
    schedulers.a_saved_schedule_continues,
    schedulers.a_loaded_schedule_knows_its_epoch,
    over=[(*one, cut) for one in _SAVED for cut in (0, 1, 4)],
)
def test_resuming(run: Run, case: tuple[str, dict[str, Any], int]) -> None:
    name, options, cut = case
    optimizer = optimizer_of(run, 0.5)
    scheduler = scheduler_of(run, name, optimizer, **options)
    seen = course(run, optimizer, cut, scheduler)
    fresh = optimizer_of(run, 0.25)
    other = scheduler_of(run, name, fresh, **options)
    run.call("Tensor.load_state_dict", fresh, run.call("Tensor.state_dict", optimizer))
    run.call("Tensor.load_state_dict", other, run.call("Tensor.state_dict", scheduler))
    run.expect(schedulers.a_loaded_schedule_knows_its_epoch(cut), "getattr", other, "last_epoch")
    seen += course(run, fresh, 4, other)[1:]
    run.look(schedulers.a_saved_schedule_continues(name, 0.5, cut + 4, options), seen)


@verifies(schedulers.going_on_needs_the_initial_rates, over=[0, 3])
def test_going_on(run: Run, last_epoch: int) -> None:
    optimizer = optimizer_of(run, 0.5)
    allowed = schedulers.going_on_needs_the_initial_rates()
    name = "torch.optim.lr_scheduler.ExponentialLR"
    run.expect(allowed, name, optimizer, gamma=0.5, last_epoch=last_epoch)


@verifies(schedulers.a_new_scheduler_writes_over_a_loaded_rate, over=[0.25])
def test_made_after_loading(run: Run, factor: float) -> None:
    optimizer = optimizer_of(run, 0.5)
    fresh = optimizer_of(run, 0.125)
    run.call("Tensor.load_state_dict", fresh, run.call("Tensor.state_dict", optimizer))
    scheduler_of(run, "ConstantLR", fresh, factor=factor)
    allowed = schedulers.a_new_scheduler_writes_over_a_loaded_rate(0.5, factor)
    run.look(allowed, options_now(run, fresh))
