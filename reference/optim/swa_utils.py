"""Averages of weights. Sources: ``optim.swa_utils.AveragedModel``, ``optim#weight-averaging-swa-and-ema``."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from ..autograd.modes import no_grad
from ..dispatch import ops
from ..nn.module import Module
from ..tensor import Tensor

Average = Callable[[Tensor, Tensor, Any], Tensor]
Averages = Callable[[list[Tensor], list[Tensor], Any], None]


def get_swa_avg_fn() -> Average:
    """Return the function that gives each of the models so far the same weight."""
    return lambda averaged, model, count: averaged + (model - averaged) / (count + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the function that keeps a share of the average and takes the rest of the model."""
    _check_decay(decay)
    return lambda averaged, model, count: decay * averaged + (1 - decay) * model


def get_swa_multi_avg_fn() -> Averages:
    """Return `get_swa_avg_fn` for lists, in place."""
    return _each(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """Return `get_ema_avg_fn` for lists, in place."""
    return _each(get_ema_avg_fn(decay))


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"the decay must lie between 0 and 1, not at {decay}")


def _each(average: Average) -> Averages:
    def averages(averaged: list[Tensor], models: list[Tensor], count: Any) -> None:
        for own, other in zip(averaged, models, strict=True):
            own.copy_(average(own, other, count))

    return averages


class AveragedModel(Module):
    """A model whose parameters are averages of those of another, by default of equal weight."""

    n_averaged: Any

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("only one of avg_fn and multi_avg_fn may be given")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", ops.tensor(0))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def _averaged(self, model: Module) -> list[Tensor]:
        return (
            list(chain(model.parameters(), model.buffers())) if self.use_buffers else list(model.parameters())
        )

    def update_parameters(self, model: Module) -> None:
        """Take a model into the average; the first one is copied, as are all buffers."""
        pairs = list(zip(self._averaged(self.module), self._averaged(model), strict=True))
        with no_grad():
            if not int(self.n_averaged):
                for own, other in pairs:
                    own.copy_(other)
            elif self.avg_fn is not None:
                for own, other in pairs:
                    own.copy_(self.avg_fn(own, other, self.n_averaged))
            else:
                average = self.multi_avg_fn or get_swa_multi_avg_fn()
                average([own for own, _ in pairs], [other for _, other in pairs], self.n_averaged)
            if not self.use_buffers:
                for own, other in zip(self.module.buffers(), model.buffers(), strict=True):
                    own.copy_(other)
            self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Take the running statistics of batch normalization anew from the batches of a loader."""
    layers = [one for one in model.modules() if hasattr(one, "running_mean") and hasattr(one, "momentum")]
    momenta = [one.momentum for one in layers]
    for one in layers:
        one.reset_running_stats()
        one.momentum = None
    before = model.training
    model.train()
    with no_grad():
        for batch in loader if layers else ():
            model(batch[0] if isinstance(batch, list | tuple) else batch)
    for one, momentum in zip(layers, momenta, strict=True):
        one.momentum = momentum
    model.train(before)
