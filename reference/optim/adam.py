"""Adam and its kin. Sources: ``optim.Adam``, ``AdamW``, ``Adamax``, ``NAdam``, ``RAdam``."""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .optimizer import (
    Group,
    Optimizer,
    State,
    begin,
    check_betas,
    check_implementation,
    check_not_negative,
    count_step,
    wanted,
)

Betas = tuple[float, float]


class Adam(Optimizer):
    """The average gradient over the root of the average square, both freed of the bias of their start."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        check_implementation(foreach, fused, differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        greatest = ("max_exp_avg_sq",) if group["amsgrad"] else ()
        begin(state, p, "exp_avg", "exp_avg_sq", *greatest)
        step, lr = count_step(state), float(group["lr"])
        if group["decoupled_weight_decay"]:
            p.mul_(1 - lr * group["weight_decay"])
            g = ops.neg(g) if group["maximize"] else g
        else:
            g = wanted(p, g, group)
        average(state, g, group["betas"])
        square = state["exp_avg_sq"]
        if group["amsgrad"]:
            ops.maximum(state["max_exp_avg_sq"], square, out=state["max_exp_avg_sq"])
            square = state["max_exp_avg_sq"]
        p.addcdiv_(
            state["exp_avg"],
            length(square, step, group),
            value=-lr / correction(group["betas"][0], step),
        )


def average(state: State, g: Tensor, betas: Betas) -> None:
    """Bring a gradient into the running averages of the gradient and its square."""
    state["exp_avg"].lerp_(g, 1 - betas[0])
    state["exp_avg_sq"].mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])


def correction(rate: float, step: int) -> float:
    """Return what an average that started at zero falls short by, as a factor."""
    return 1 - rate**step


def length(square: Tensor, step: int, group: Group) -> Tensor:
    """Return the root of the corrected average square, and ``eps``."""
    root = square.sqrt() / math.sqrt(correction(group["betas"][1], step))
    return root.add_(group["eps"])  # type: ignore[no-any-return]


class AdamW(Adam):
    """Adam whose decay is no part of the gradient."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, **options, decoupled_weight_decay=True
        )


class Adamax(Optimizer):
    """The corrected average gradient over the greatest of its discounted magnitudes."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        g = wanted(p, g, group)
        begin(state, p, "exp_avg", "exp_inf")
        step, rates = count_step(state), group["betas"]
        state["exp_avg"].lerp_(g, 1 - rates[0])
        magnitude = ops.abs(g).add_(group["eps"])
        state["exp_inf"].copy_(ops.maximum(state["exp_inf"] * rates[1], magnitude))
        p.addcdiv_(state["exp_avg"], state["exp_inf"], value=-float(group["lr"]) / correction(rates[0], step))


class NAdam(Optimizer):
    """Adam with Nesterov's momentum, whose share grows with the steps."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        if not state:
            begin(state, p, "exp_avg", "exp_avg_sq")
            state["mu_product"] = ops.ones_like(state["step"])
        step, lr, first = count_step(state), float(group["lr"]), group["betas"][0]
        if group["decoupled_weight_decay"]:
            p.mul_(1 - lr * group["weight_decay"])
            g = ops.neg(g) if group["maximize"] else g
        else:
            g = wanted(p, g, group)
        share, following = (
            first * (1 - 0.5 * 0.96 ** (count * group["momentum_decay"])) for count in (step, step + 1)
        )
        state["mu_product"] *= share
        product = state["mu_product"].item()
        average(state, g, group["betas"])
        root = (state["exp_avg_sq"] / correction(group["betas"][1], step)).sqrt().add_(group["eps"])
        p.addcdiv_(g, root, value=-lr * (1 - share) / (1 - product))
        p.addcdiv_(state["exp_avg"], root, value=-lr * following / (1 - product * following))


class RAdam(Optimizer):
    """Adam that heeds the squares once there are enough of them."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "decoupled_weight_decay": decoupled_weight_decay,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        begin(state, p, "exp_avg", "exp_avg_sq")
        step, lr = count_step(state), float(group["lr"])
        if group["decoupled_weight_decay"]:
            p.mul_(1 - lr * group["weight_decay"])
            g = ops.neg(g) if group["maximize"] else g
        else:
            g = wanted(p, g, group)
        average(state, g, group["betas"])
        mean = state["exp_avg"] / correction(group["betas"][0], step)
        factor = _rectification(group["betas"][1], step)
        if factor is None:
            p.add_(mean * lr, alpha=-1.0)
            return
        root = state["exp_avg_sq"].sqrt().add_(group["eps"])
        adaptive = math.sqrt(correction(group["betas"][1], step)) / root
        p.add_(mean * lr * adaptive * factor, alpha=-1.0)


def _rectification(rate: float, step: int) -> float | None:
    """Return the factor that makes up for the variance of few squares, None where there are too few."""
    longest = 2 / (1 - rate) - 1
    effective = longest - 2 * step * rate**step / correction(rate, step)
    if effective <= 5:
        return None
    above = (effective - 4) * (effective - 2) * longest
    return math.sqrt(above / ((longest - 4) * (longest - 2) * effective))
