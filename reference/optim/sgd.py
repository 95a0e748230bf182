"""Stochastic gradient descent. Source: ``optim.SGD``."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .optimizer import Group, Optimizer, State, check_implementation, check_not_negative, wanted


class SGD(Optimizer):
    """The gradient, or what momentum makes of the gradients so far, times the learning rate."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_not_negative(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_implementation(foreach, fused, differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        g = wanted(p, g, group)
        if group["momentum"]:
            buffer = gathered(g, state, group)
            g = g.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
        p.add_(g, alpha=-float(group["lr"]))


def gathered(g: Tensor, state: State, group: Group) -> Tensor:
    """Return the momentum's buffer with a gradient in it; the first gradient comes in undampened."""
    buffer = state.get("momentum_buffer")
    if buffer is None:
        buffer = state["momentum_buffer"] = g.detach().clone()
    else:
        buffer.mul_(group["momentum"]).add_(g, alpha=1 - group["dampening"])
    return buffer  # type: ignore[no-any-return]
