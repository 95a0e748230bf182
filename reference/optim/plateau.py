"""The scheduler that heeds a metric. Source: ``optim.lr_scheduler.ReduceLROnPlateau``."""

from __future__ import annotations

from typing import Any

from .optimizer import Optimizer
from .schedules import LRScheduler


class ReduceLROnPlateau(LRScheduler):
    """Lowers the rates where a metric has not improved for more than ``patience`` steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        count = len(optimizer.param_groups)
        if isinstance(min_lr, list | tuple) and len(min_lr) != count:
            raise ValueError(f"expected {count} min_lrs, got {len(min_lr)}")
        self.optimizer = optimizer
        self.min_lrs = list(min_lr) if isinstance(min_lr, list | tuple) else [min_lr] * count
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.last_epoch = 0
        self.best = float("inf") if mode == "min" else -float("inf")
        self.num_bad_epochs = self.cooldown_counter = 0
        self._last_lr = self.current()

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Heed a metric, a number or a tensor of one element."""
        value = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.improves(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self.current()

    def improves(self, value: float) -> bool:
        """Return whether a metric is better than the best by more than the threshold."""
        margin = self.threshold if self.mode == "max" else -self.threshold
        target = self.best * (1 + margin) if self.threshold_mode == "rel" else self.best + margin
        return value > target if self.mode == "max" else value < target

    def reduce(self) -> None:
        """Lower the rate of each group, unless the change is too small."""
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            lowered = max(float(group["lr"]) * self.factor, least)
            if float(group["lr"]) - lowered > self.eps:
                group["lr"] = lowered
