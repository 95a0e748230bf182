"""What the schedulers share, and those that multiply step by step. Source: ``optim.lr_scheduler``."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .optimizer import Optimizer

_TOO_EARLY = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
    "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do "
    "this will result in PyTorch skipping the first value of the learning rate schedule."
)
_EPOCH = "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible."


class LRScheduler:
    """Writes the learning rate of each group of an optimizer, once at the start and once for each step.

    Raises
    ------
    TypeError
        For what is no optimizer.
    KeyError
        Where a schedule goes on (``last_epoch`` is not -1) and a group has no ``initial_lr``.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler "
                    "with last_epoch >= 0."
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self.step()

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to the one given, and write the learning rates."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(_TOO_EARLY, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(_EPOCH, UserWarning, stacklevel=2)
        self.go_to(epoch)

    def go_to(self, epoch: int | None) -> None:
        """Write the rates of the next epoch, or of one given."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self.write(self.get_lr() if epoch is None else self.rates_at(epoch))

    def write(self, rates: Iterable[Any]) -> None:
        """Write a learning rate into each group."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = self.current()

    def current(self) -> list[Any]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_lr(self) -> list[Any]:
        """Return the rates of the epoch that was just reached."""
        raise NotImplementedError

    def rates_at(self, epoch: int) -> list[Any]:
        """Return the rates of an epoch, whatever came before, where the schedule can tell."""
        return self.get_lr()

    def get_last_lr(self) -> list[Any]:
        """Return the rates that were written last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes, without the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)


class LambdaLR(LRScheduler):
    """The initial rate times a function of the epoch, of which each group may have its own."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        self.lr_lambdas = functions_for(optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(self.last_epoch) for base, function in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Return what changes; plain functions are not saved, callable objects as their attributes."""
        kept = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "lr_lambdas")}
        kept["lr_lambdas"] = [_attributes(function) for function in self.lr_lambdas]
        return kept

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        saved = dict(state_dict)
        for function, attributes in zip(self.lr_lambdas, saved.pop("lr_lambdas"), strict=True):
            if attributes is not None:
                function.__dict__.update(attributes)
        self.__dict__.update(saved)


def functions_for(optimizer: Optimizer, given: Any) -> list[Callable[[int], float]]:
    """Return a function for each group; ValueError where a list has another length."""
    count = len(optimizer.param_groups)
    if not isinstance(given, list | tuple):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"Expected {count} lr_lambdas, but got {len(given)}")
    return list(given)


def _attributes(function: Any) -> dict[str, Any] | None:
    return None if hasattr(function, "__code__") else dict(vars(function))


class MultiplicativeLR(LambdaLR):
    """The rate of the step before times a function of the epoch."""

    def get_lr(self) -> list[Any]:
        if self.last_epoch <= 0:
            return self.current()
        pairs = zip(self.current(), self.lr_lambdas, strict=True)
        return [rate * function(self.last_epoch) for rate, function in pairs]


class Factors(LRScheduler):
    """A schedule that multiplies the rate by a factor at each epoch, which other schedules may join."""

    def factor(self, epoch: int) -> float:
        """Return what the rate is multiplied by on reaching an epoch."""
        raise NotImplementedError

    def share(self, epoch: int) -> float:
        """Return the product of the factors up to an epoch."""
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        factor = self.factor(self.last_epoch)
        return [rate * factor for rate in self.current()]

    def rates_at(self, epoch: int) -> list[Any]:
        return [base * self.share(epoch) for base in self.base_lrs]


class StepLR(Factors):
    """Multiplies by ``gamma`` every ``step_size`` epochs."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        return self.gamma if epoch and epoch % self.step_size == 0 else 1.0

    def share(self, epoch: int) -> float:
        return float(self.gamma ** (epoch // self.step_size))


class MultiStepLR(Factors):
    """Multiplies by ``gamma`` at each milestone, as often as it is listed."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        return float(self.gamma ** self.milestones[epoch]) if epoch in self.milestones else 1.0

    def share(self, epoch: int) -> float:
        return float(self.gamma ** sum(n for at, n in self.milestones.items() if at <= epoch))


class ExponentialLR(Factors):
    """Multiplies by ``gamma`` at every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        return self.gamma if epoch else 1.0

    def share(self, epoch: int) -> float:
        return float(self.gamma**epoch)


class ConstantLR(Factors):
    """Multiplies by a factor at the start and takes it back after ``total_iters`` epochs."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1.0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.small, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        if epoch == 0:
            return self.small
        return 1.0 / self.small if epoch == self.total_iters else 1.0

    def share(self, epoch: int) -> float:
        return self.small if epoch < self.total_iters else 1.0


class LinearLR(Factors):
    """Goes from one share of the rate to another in ``total_iters`` epochs, and stays."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1.0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
            )
        if not 0 <= end_factor <= 1.0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        if epoch == 0:
            return self.start_factor
        return 1.0 if epoch > self.total_iters else self.share(epoch) / self.share(epoch - 1)

    def share(self, epoch: int) -> float:
        way = min(self.total_iters, epoch) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * way


class PolynomialLR(Factors):
    """Falls to zero in ``total_iters`` epochs as a power of what is left."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self, epoch: int) -> float:
        if epoch == 0 or epoch > self.total_iters:
            return 1.0
        return float(((self.total_iters - epoch) / (self.total_iters - epoch + 1)) ** self.power)

    def share(self, epoch: int) -> float:
        return float((1 - min(epoch, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(LRScheduler):
    """Goes down to ``eta_min`` in ``T_max`` epochs along half a cosine, and up again."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        epoch = self.last_epoch
        if epoch == 0:
            return self.current()
        if self._step_count == 1:
            return self.rates_at(epoch)
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            pairs = zip(self.current(), self.base_lrs, strict=True)
            return [rate + (base - self.eta_min) * rise for rate, base in pairs]
        ratio = self._height(epoch) / self._height(epoch - 1)
        return [ratio * (rate - self.eta_min) + self.eta_min for rate in self.current()]

    def rates_at(self, epoch: int) -> list[Any]:
        return [self.eta_min + (base - self.eta_min) * self._height(epoch) / 2 for base in self.base_lrs]

    def _height(self, epoch: int) -> float:
        return 1 + math.cos(math.pi * epoch / self.T_max)


def same_optimizer(name: str, schedulers: Sequence[Any], optimizer: Optimizer | None) -> Optimizer:
    """Return the optimizer that all schedulers have.

    Raises
    ------
    ValueError
        Where there is none, or two optimizers, or one that needs a metric.
    """
    from .plateau import ReduceLROnPlateau

    if not schedulers:
        raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
    common = optimizer or schedulers[0].optimizer
    for place, one in enumerate(schedulers):
        if isinstance(one, ReduceLROnPlateau):
            raise ValueError(
                f"{name} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to "
                f"be specified when calling `step`, but got one at index {place}."
            )
        if one.optimizer is not common:
            raise ValueError(f"{name} expects all schedulers to belong to the same optimizer.")
    return common
