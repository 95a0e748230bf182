"""Learning rate schedulers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.routine import Routine
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import schedulers

_INITIAL = (0.5, 0.1, 0.03)
_GAMMA = (0.5, 0.9, 0.1)


def optimizer_of(run: Run, *initial: float, name: str = "SGD", **options: Any) -> Handle:
    """Return an optimizer with a group for each rate."""
    groups = [
        {"params": [run.tensor(np.ones(1, np.float32), requires_grad=True)], "lr": lr} for lr in initial
    ]
    return run.call(f"torch.optim.{name}", groups, **options)  # type: ignore[no-any-return]


def scheduler_of(run: Run, name: str, *args: Any, **options: Any) -> Handle:
    return run.call(f"torch.optim.lr_scheduler.{name}", *args, **options)  # type: ignore[no-any-return]


def options_now(run: Run, optimizer: Handle, name: str = "lr") -> list[Any]:
    """Return an option of each group."""
    groups = run.call("getattr", optimizer, "param_groups")
    found = [run.call("operator.getitem", group, name) for group in groups]
    return [one[0] if isinstance(one, tuple) else one for one in found]


def advance(run: Run, optimizer: Handle, *stepping: Handle) -> None:
    run.call("Tensor.step", optimizer)
    for scheduler in stepping:
        run.call("Tensor.step", scheduler)


def course(run: Run, optimizer: Handle, steps: int, *stepping: Handle) -> list[float]:
    """Return the first group's rate at each epoch from 0 on."""
    seen = options_now(run, optimizer)[:1]
    for _ in range(steps):
        advance(run, optimizer, *stepping)
        seen += options_now(run, optimizer)[:1]
    return seen


def _drawn(
    options: Callable[[Tape], dict[str, Any]],
) -> Callable[[Tape], tuple[float, int, dict[str, Any]]]:
    return lambda tape: (tape.choose(_INITIAL), tape.between(1, 12), options(tape))


def follow(run: Run, name: str, case: tuple[float, int, dict[str, Any]]) -> list[float]:
    initial, steps, options = case
    optimizer = optimizer_of(run, initial)
    return course(run, optimizer, steps, scheduler_of(run, name, optimizer, **options))


Case = tuple[float, int, dict[str, Any]]


@verifies(
    schedulers.step_lr_multiplies_every_few_epochs,
    drawn=_drawn(lambda t: {"step_size": t.between(1, 5), "gamma": t.choose(_GAMMA)}),
)
def test_step(run: Run, case: Case) -> None:
    initial, steps, options = case
    run.look(
        schedulers.step_lr_multiplies_every_few_epochs(initial, steps, **options), follow(run, "StepLR", case)
    )


@verifies(
    schedulers.multi_step_lr_multiplies_at_its_milestones,
    drawn=_drawn(
        lambda t: {
            "milestones": [t.between(1, 8) for _ in range(t.between(1, 4))],
            "gamma": t.choose(_GAMMA),
        }
    ),
)
def test_multi_step(run: Run, case: Case) -> None:
    initial, steps, options = case
    clause = schedulers.multi_step_lr_multiplies_at_its_milestones
    run.look(clause(initial, steps, **options), follow(run, "MultiStepLR", case))


@verifies(
    schedulers.exponential_lr_multiplies_every_epoch, drawn=_drawn(lambda t: {"gamma": t.choose(_GAMMA)})
)
def test_exponential(run: Run, case: Case) -> None:
    initial, steps, options = case
    clause = schedulers.exponential_lr_multiplies_every_epoch
    run.look(clause(initial, steps, **options), follow(run, "ExponentialLR", case))


@verifies(
    schedulers.cosine_annealing_follows_a_cosine,
    drawn=_drawn(lambda t: {"T_max": t.choose((4, 1, 3, 5, 10)), "eta_min": t.choose((0.0, 0.01))}),
)
def test_cosine(run: Run, case: Case) -> None:
    initial, steps, options = case
    allowed = schedulers.cosine_annealing_follows_a_cosine(
        initial, steps, options["T_max"], options["eta_min"]
    )
    run.look(allowed, follow(run, "CosineAnnealingLR", case))


@verifies(
    schedulers.linear_lr_goes_along_a_line,
    drawn=_drawn(
        lambda t: (
            {
                "start_factor": t.choose((0.5, 0.25, 1.0)),
                "end_factor": t.choose((1.0, 0.75, 0.1)),
                "total_iters": t.between(1, 7),
            }
            if not t.one_in(8)
            else {}
        )
    ),
)
def test_linear(run: Run, case: Case) -> None:
    initial, steps, options = case
    clause = schedulers.linear_lr_goes_along_a_line
    run.look(clause(initial, steps, **options), follow(run, "LinearLR", case))


@verifies(
    schedulers.constant_lr_holds_back_for_some_epochs,
    drawn=_drawn(
        lambda t: {} if t.one_in(8) else {"factor": t.choose((0.5, 0.1)), "total_iters": t.between(1, 7)}
    ),
)
def test_constant(run: Run, case: Case) -> None:
    initial, steps, options = case
    clause = schedulers.constant_lr_holds_back_for_some_epochs
    run.look(clause(initial, steps, **options), follow(run, "ConstantLR", case))


@verifies(
    schedulers.polynomial_lr_falls_to_zero,
    drawn=_drawn(
        lambda t: {} if t.one_in(8) else {"total_iters": t.between(1, 9), "power": t.choose((2.0, 1.0, 0.5))}
    ),
)
def test_polynomial(run: Run, case: Case) -> None:
    initial, steps, options = case
    clause = schedulers.polynomial_lr_falls_to_zero
    run.look(clause(initial, steps, **options), follow(run, "PolynomialLR", case))


@verifies(
    schedulers.warm_restarts_begin_again_at_the_initial_rate,
    drawn=_drawn(
        lambda t: {"T_0": t.between(1, 4), "T_mult": t.choose((1, 2, 3)), "eta_min": t.choose((0.0, 0.01))}
    ),
)
def test_warm_restarts(run: Run, case: Case) -> None:
    initial, steps, options = case
    clause = schedulers.warm_restarts_begin_again_at_the_initial_rate
    allowed = clause(initial, steps, options["T_0"], options["T_mult"], options["eta_min"])
    run.look(allowed, follow(run, "CosineAnnealingWarmRestarts", case))


# Functions.


def power(run: Run, name: str, base: float) -> Routine:
    """Return a function of the epoch: the base to its power."""
    return run.function(name, "epoch", lambda write, epoch: write.call("operator.pow", base, epoch))


@verifies(schedulers.lambda_lr_multiplies_the_initial_rate, over=[1, 2])
def test_lambda(run: Run, count: int) -> None:
    optimizer = optimizer_of(run, *_INITIAL[:count])
    bases = (0.5, 0.75)[:count]
    functions = [
        run.function(
            f"share_{place}", "epoch", lambda w, epoch, base=base: w.call("operator.pow", base, epoch)
        )
        for place, base in enumerate(bases)
    ]
    given = functions if count > 1 else functions[0]
    scheduler = scheduler_of(run, "LambdaLR", optimizer, given)
    seen = [options_now(run, optimizer)]
    for _ in range(5):
        advance(run, optimizer, scheduler)
        seen.append(options_now(run, optimizer))
    for place, base in enumerate(bases):
        allowed = schedulers.lambda_lr_multiplies_the_initial_rate(
            _INITIAL[place], 5, lambda epoch, base=base: base**epoch
        )
        run.look(allowed, [one[place] for one in seen])


@verifies(schedulers.lambda_lr_needs_a_function_for_each_group, over=[1, 3])
def test_lambda_lengths(run: Run, count: int) -> None:
    share = power(run, "share", 0.5)
    allowed = schedulers.lambda_lr_needs_a_function_for_each_group()
    optimizer = optimizer_of(run, 0.5, 0.25)
    run.expect(allowed, "torch.optim.lr_scheduler.LambdaLR", optimizer, [share] * count)


@verifies(schedulers.multiplicative_lr_multiplies_the_last_rate, over=_INITIAL)
def test_multiplicative(run: Run, initial: float) -> None:
    share = power(run, "share", 0.9)
    optimizer = optimizer_of(run, initial)
    scheduler = scheduler_of(run, "MultiplicativeLR", optimizer, share)
    allowed = schedulers.multiplicative_lr_multiplies_the_last_rate(initial, 5, lambda epoch: 0.9**epoch)
    run.look(allowed, course(run, optimizer, 5, scheduler))


# Cycles.


def _one_cycle(tape: Tape) -> tuple[int, dict[str, Any], str]:
    total = tape.choose((10, 20, 8, 13))
    options: dict[str, Any] = {"anneal_strategy": tape.choose(("cos", "linear"))}
    if tape.one_in(2):
        options["pct_start"] = tape.choose((0.5, 0.25))
    return total, options, tape.choose(("SGD", "Adam"))


@verifies(
    schedulers.one_cycle_rises_to_its_peak_and_falls,
    schedulers.one_cycle_turns_the_momentum_around,
    schedulers.one_cycle_ends_with_its_steps,
    drawn=_one_cycle,
)
def test_one_cycle(run: Run, case: tuple[int, dict[str, Any], str]) -> None:
    total, options, name = case
    momentum = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = optimizer_of(run, 0.5, name=name, **momentum)
    scheduler = scheduler_of(run, "OneCycleLR", optimizer, max_lr=0.25, total_steps=total, **options)
    key = "momentum" if name == "SGD" else "betas"
    seen, moments = options_now(run, optimizer), options_now(run, optimizer, key)
    for _ in range(total - 1):
        advance(run, optimizer, scheduler)
        seen += options_now(run, optimizer)
        moments += options_now(run, optimizer, key)
    pct_start, anneal = options.get("pct_start", 0.3), options["anneal_strategy"]
    run.look(schedulers.one_cycle_rises_to_its_peak_and_falls(0.25, total, pct_start, anneal), seen)
    run.look(schedulers.one_cycle_turns_the_momentum_around(0.85, 0.95, total, pct_start, anneal), moments)
    # Some releases allow one step more than there are.
    advance(run, optimizer, scheduler)
    run.expect(schedulers.one_cycle_ends_with_its_steps(), "Tensor.step", scheduler)


def _cyclic(tape: Tape) -> dict[str, Any]:
    up, down = tape.between(1, 4), tape.between(1, 4)
    mode = tape.choose(("triangular", "triangular2", "exp_range"))
    return {"up": up, "down": down, "mode": mode, "gamma": 0.5 if mode == "exp_range" else 1.0}


@verifies(schedulers.cyclic_lr_goes_up_and_down_along_lines, drawn=_drawn(_cyclic))
def test_cyclic(run: Run, case: Case) -> None:
    _, steps, options = case
    optimizer = optimizer_of(run, 0.5, momentum=0.9)
    scheduler = scheduler_of(
        run,
        "CyclicLR",
        optimizer,
        base_lr=0.125,
        max_lr=0.625,
        step_size_up=options["up"],
        step_size_down=options["down"],
        mode=options["mode"],
        gamma=options["gamma"],
        cycle_momentum=False,
    )
    allowed = schedulers.cyclic_lr_goes_up_and_down_along_lines(0.125, 0.625, steps, **options)
    run.look(allowed, course(run, optimizer, steps, scheduler))


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
