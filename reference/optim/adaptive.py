"""Rules that divide by a measure of earlier gradients: ``optim.Adagrad``, ``RMSprop``, ``Adadelta``."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..dispatch import ops
from ..tensor import Tensor
from .optimizer import (
    Group,
    Optimizer,
    State,
    begin,
    check_implementation,
    check_not_negative,
    count_step,
    wanted,
)


class Adagrad(Optimizer):
    """The gradient over the root of the sum of all its squares."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_not_negative(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        check_implementation(foreach, fused, differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        for group in self.param_groups:
            for one in group["params"]:
                self.state[one] = {
                    "step": ops.tensor(0.0, dtype=dtypes.float32),
                    "sum": ops.full_like(one.detach(), _start(one, initial_accumulator_value)),
                }

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        step = count_step(state)
        g = wanted(p, g, group)
        total = state["sum"]
        if total.dtype.is_complex:
            total = ops.view_as_real(total)
        total.addcmul_(g, g, value=1)
        rate = float(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
        p.addcdiv_(g, total.sqrt().add_(group["eps"]), value=-rate)


def _start(parameter: Tensor, value: float) -> complex | float:
    return complex(value, value) if parameter.dtype.is_complex else value


class RMSprop(Optimizer):
    """The gradient over the root of its average square, or over its standard deviation."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "capturable": capturable,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        buffers = ["square_avg"]
        buffers += ["momentum_buffer"] if group["momentum"] > 0 else []
        buffers += ["grad_avg"] if group["centered"] else []
        begin(state, p, *buffers)
        count_step(state)
        g = wanted(p, g, group)
        root = spread(g, state, group).add_(group["eps"])
        if group["momentum"] > 0:
            state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(g, root)
            p.add_(state["momentum_buffer"], alpha=-float(group["lr"]))
        else:
            p.addcdiv_(g, root, value=-float(group["lr"]))


def spread(g: Tensor, state: State, group: Group) -> Tensor:
    """Return the root of the average square, less the square of the average where that is asked for."""
    alpha = group["alpha"]
    square = state["square_avg"].mul_(alpha).addcmul_(g, g, value=1 - alpha)
    if group["centered"]:
        mean = state["grad_avg"].lerp_(g, 1 - alpha)
        square = square.addcmul(mean, mean, value=-1)
    return square.sqrt()  # type: ignore[no-any-return]


class Adadelta(Optimizer):
    """The gradient over the root of its average square, times that of the updates so far."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(eps=eps, weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "capturable": capturable,
                "foreach": foreach,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        begin(state, p, "square_avg", "acc_delta")
        count_step(state)
        g = wanted(p, g, group)
        rho, eps = group["rho"], group["eps"]
        square, moved = state["square_avg"], state["acc_delta"]
        square.mul_(rho).addcmul_(g, g, value=1 - rho)
        delta = (moved + eps).sqrt() / (square + eps).sqrt() * g
        moved.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        p.add_(delta, alpha=-float(group["lr"]))
