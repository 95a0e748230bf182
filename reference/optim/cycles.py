"""Schedulers that rise and fall. Sources: ``CyclicLR``, ``OneCycleLR`` in ``optim.lr_scheduler``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .optimizer import Group, Optimizer
from .schedules import LRScheduler


class CosineAnnealingWarmRestarts(LRScheduler):
    """Goes down along half a cosine and starts again, each time ``T_mult`` times as long."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min = T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch or to the one given, which may lie between two."""
        if epoch is None:
            self.T_cur, reached = self.T_cur + 1, self.last_epoch + 1.0
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            reached, self.T_cur, self.T_i = epoch, epoch, self.T_0
            while self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        self.last_epoch = math.floor(reached)
        self.write(self.get_lr())

    def go_to(self, epoch: int | None) -> None:
        self.step(epoch)

    def get_lr(self) -> list[Any]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


def momentum_of(group: Group) -> float:
    """Return a group's momentum, or the rate that stands in its place."""
    return float(group["betas"][0] if "betas" in group else group["momentum"])


def write_momentum(group: Group, value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def per_group(name: str, optimizer: Optimizer, given: Any) -> list[Any]:
    """Return a value for each group; ValueError where a list has another length."""
    count = len(optimizer.param_groups)
    if not isinstance(given, list | tuple):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"{name} must have the same length as optimizer.param_groups. Got {len(given)}")
    return list(given)


def _check_momentum(optimizer: Optimizer, name: str) -> None:
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(f"optimizer must support momentum or beta1 with `{name}` option enabled")


class CyclicLR(LRScheduler):
    """Goes up and down between two rates along straight lines, cycle after cycle."""

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.optimizer = optimizer
        if last_epoch == -1:
            for group, rate in zip(
                optimizer.param_groups, per_group("base_lr", optimizer, base_lr), strict=True
            ):
                group["lr"] = rate
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            _check_momentum(optimizer, "cycle_momentum")
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = per_group("base_lr", optimizer, base_lr)

    def scaled(self, place: float) -> float:
        """Return what is left of the height in a cycle, or at an iteration."""
        if self.scale_fn is not None:
            return self.scale_fn(place)
        if self.mode == "triangular2":
            return float(0.5 ** (place - 1))
        return float(self.gamma**place) if self.mode == "exp_range" else 1.0

    def get_lr(self) -> list[Any]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        way = 1.0 + self.last_epoch / self.total_size - cycle
        height = way / self.step_ratio if way <= self.step_ratio else (way - 1) / (self.step_ratio - 1)
        height *= self.scaled(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            pairs = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, pairs, strict=True):
                write_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]


class OneCycleLR(LRScheduler):
    """Goes up to the greatest rate, then down far below the first, once."""

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = optimizer
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        top = pct_start * self.total_steps - 1
        last = self.total_steps - 1
        ends = [top, 2 * top, last] if three_phase else [top, last]
        names = ["initial_lr", "max_lr", "initial_lr", "min_lr"] if three_phase else []
        moments = ["max_momentum", "base_momentum", "max_momentum", "max_momentum"] if three_phase else []
        self.ends = ends
        self.rates = names or ["initial_lr", "max_lr", "min_lr"]
        self.moments = moments or ["max_momentum", "base_momentum", "max_momentum"]
        if last_epoch == -1:
            for group, high in zip(
                optimizer.param_groups, per_group("max_lr", optimizer, max_lr), strict=True
            ):
                group["initial_lr"] = high / div_factor
                group["max_lr"] = high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            _check_momentum(optimizer, "cycle_momentum")
            self._keep_momentums(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _keep_momentums(self, low: Any, high: Any, last_epoch: int) -> None:
        if last_epoch != -1:
            return
        lows = per_group("base_momentum", self.optimizer, low)
        highs = per_group("max_momentum", self.optimizer, high)
        for group, least, greatest in zip(self.optimizer.param_groups, lows, highs, strict=True):
            write_momentum(group, greatest)
            group["base_momentum"], group["max_momentum"] = least, greatest

    def get_lr(self) -> list[Any]:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is {self.total_steps}"
            )
        phase = next((n for n, end in enumerate(self.ends) if step <= end), len(self.ends) - 1)
        start = self.ends[phase - 1] if phase else 0.0
        way = (step - start) / (self.ends[phase] - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                ends = group[self.moments[phase]], group[self.moments[phase + 1]]
                write_momentum(group, self.between(*ends, way))
        return [self.between(group[self.rates[phase]], group[self.rates[phase + 1]], way) for group in groups]

    def between(self, start: float, end: float, way: float) -> float:
        """Return the value part of the way from one to another."""
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2.0 * (1 + math.cos(math.pi * way))
        return start + (end - start) * way


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    if total_steps is None:
        assert epochs is not None and steps_per_epoch is not None
        return epochs * steps_per_epoch
    if total_steps <= 0:
        raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
    return total_steps
