"""Learning rate schedulers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
        allowed = schedulers.lambda_lr_multiplies_the_initial_rate(_INITIAL[place], 5, partial(pow, base))
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
