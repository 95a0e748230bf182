"""Schedulers made of others. Sources: ``SequentialLR`` and ``ChainedScheduler`` in ``optim.lr_scheduler``."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from .optimizer import Optimizer
from .schedules import LRScheduler, same_optimizer


class SequentialLR(LRScheduler):
    """One scheduler after another, each from its own start."""

    def __init__(
        self, optimizer: Optimizer, schedulers: list[Any], milestones: list[int], last_epoch: int = -1
    ) -> None:
        same_optimizer("SequentialLR", schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number "
                f"of milestone points, but got number of schedulers {len(schedulers)} and the number of "
                f"milestones to be equal to {len(milestones)}"
            )
        self.optimizer, self.last_epoch = optimizer, last_epoch + 1
        self._schedulers, self._milestones = schedulers, milestones
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self.undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def undo(self) -> None:
        """Take back the first step that the schedulers have made, which only one of them is due."""
        for one in self._schedulers:
            if isinstance(one, SequentialLR):
                one.undo()
            else:
                one.last_epoch -= 1
                if hasattr(one, "T_cur"):
                    one.T_cur -= 1

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is; at a milestone it starts."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == self.last_epoch:
            scheduler.go_to(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        return _saved(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        _restore(self, state_dict)


class ChainedScheduler(LRScheduler):
    """Several schedulers, all stepped at once."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        self.optimizer = same_optimizer("ChainedScheduler", schedulers, optimizer)
        self._schedulers = schedulers
        self._last_lr = self.current()

    def step(self) -> None:  # type: ignore[override]
        """Step every scheduler in turn."""
        for one in self._schedulers:
            one.step()
        self._last_lr = self.current()

    def state_dict(self) -> dict[str, Any]:
        return _saved(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        _restore(self, state_dict)


def _saved(scheduler: Any) -> dict[str, Any]:
    """Return what changes, with the states of the schedulers in their places."""
    kept = {k: v for k, v in scheduler.__dict__.items() if k not in ("optimizer", "_schedulers")}
    return {**kept, "_schedulers": [one.state_dict() for one in scheduler._schedulers]}


def _restore(scheduler: Any, state: dict[str, Any]) -> None:
    scheduler.__dict__.update({k: v for k, v in state.items() if k != "_schedulers"})
    for one, own in zip(scheduler._schedulers, state["_schedulers"], strict=True):
        one.load_state_dict(own)
