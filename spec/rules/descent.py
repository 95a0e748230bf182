"""The published update rules of the optimizers: one step of each, as the page of the class gives it.

Every function takes the parameter and its gradient as `Estimate`, what the earlier steps left (a dict, empty
before the first step, which it fills), and the options under the names of the constructor; it returns the
parameter after the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .dtypes import DType
from .rounding import Array, Estimate

State = dict[str, Any]
Rule = Callable[..., Estimate]


def _first(gradient: Estimate, parameter: Estimate, maximize: bool, weight_decay: float) -> Estimate:
    """Return the gradient to follow: turned around to climb, with the decay as a term of its own."""
    wanted = -gradient if maximize else gradient
    return wanted + parameter * weight_decay if weight_decay else wanted


def _squared(gradient: Estimate) -> Estimate:
    return gradient * gradient


def _zero(like: Estimate) -> Estimate:
    return Estimate(np.zeros_like(like.value), np.zeros_like(like.error), like.unit)


def _counted(state: State) -> int:
    state["step"] = state.get("step", 0) + 1
    return int(state["step"])


def _averaged(state: State, name: str, decay: float, new: Estimate) -> Estimate:
    """Return the running average of a quantity that starts at zero."""
    old = state.get(name, _zero(new))
    state[name] = old * decay + new * (1 - decay)
    average: Estimate = state[name]
    return average


def sgd(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Estimate:
    """Gradient descent: the first step with momentum follows the gradient undampened."""
    g = _first(g, p, maximize, weight_decay)
    if momentum:
        known = state.get("momentum_buffer")
        buffer = g if known is None else known * momentum + g * (1 - dampening)
        state["momentum_buffer"] = buffer
        g = g + buffer * momentum if nesterov else buffer
    return p - g * lr


def adam(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
) -> Estimate:
    """Corrected averages of the gradient and its square; the greatest of the latter with ``amsgrad``."""
    g = _first(g, p, maximize, weight_decay)
    t = _counted(state)
    mean = _averaged(state, "exp_avg", betas[0], g)
    square = _averaged(state, "exp_avg_sq", betas[1], _squared(g))
    if amsgrad:
        square = state["max_exp_avg_sq"] = square.maximum(state.get("max_exp_avg_sq", _zero(square)))
    length = (square / (1 - betas[1] ** t)).root() + eps
    return p - mean / (1 - betas[0] ** t) / length * lr


def adamw(
    p: Estimate, g: Estimate, state: State, *, lr: float = 1e-3, weight_decay: float = 1e-2, **options: Any
) -> Estimate:
    """Adam, after the parameter has shrunk on its own: the decay is no part of the gradient."""
    return adam(p * (1 - lr * weight_decay), g, state, lr=lr, **options)


def adagrad(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> Estimate:
    """The gradient over the root of the sum of its squares so far."""
    g = _first(g, p, maximize, weight_decay)
    t = _counted(state)
    total = state.get("sum", _zero(g) + initial_accumulator_value) + _squared(g)
    state["sum"] = total
    moved: Estimate = p - g * (lr / (1 + (t - 1) * lr_decay)) / (total.root() + eps)
    return moved


def rmsprop(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> Estimate:
    """The gradient over the root of the average of its square, or over its standard deviation."""
    g = _first(g, p, maximize, weight_decay)
    square = _averaged(state, "square_avg", alpha, _squared(g))
    if centered:
        square = square - _squared(_averaged(state, "grad_avg", alpha, g))
    update = g / (square.root() + eps)
    if momentum:
        update = state["momentum_buffer"] = state.get("momentum_buffer", _zero(g)) * momentum + update
    return p - update * lr


def adadelta(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Estimate:
    """The gradient in units of itself, times the size of the updates so far."""
    g = _first(g, p, maximize, weight_decay)
    square = _averaged(state, "square_avg", rho, _squared(g))
    size = (state.get("acc_delta", _zero(g)) + eps).root()
    update = size / (square + eps).root() * g
    _averaged(state, "acc_delta", rho, _squared(update))
    moved: Estimate = p - update * lr
    return moved


def adamax(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Estimate:
    """Adam with the greatest magnitude, discounted, in the place of the root of the squares."""
    g = _first(g, p, maximize, weight_decay)
    t = _counted(state)
    mean = _averaged(state, "exp_avg", betas[0], g)
    greatest = (state.get("exp_inf", _zero(g)) * betas[1]).maximum(abs(g) + eps)
    state["exp_inf"] = greatest
    moved: Estimate = p - mean * (lr / (1 - betas[0] ** t)) / greatest
    return moved


def nadam(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    maximize: bool = False,
) -> Estimate:
    """Adam with Nesterov's momentum, whose share grows with the steps."""
    g = _first(g, p, maximize, weight_decay)
    t = _counted(state)
    share, following = (betas[0] * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (t, t + 1))
    product = state["mu_product"] = state.get("mu_product", 1.0) * share
    mean = _averaged(state, "exp_avg", betas[0], g)
    square = _averaged(state, "exp_avg_sq", betas[1], _squared(g))
    ahead = mean * (following / (1 - product * following)) + g * ((1 - share) / (1 - product))
    moved: Estimate = p - ahead / ((square / (1 - betas[1] ** t)).root() + eps) * lr
    return moved


def radam(
    p: Estimate,
    g: Estimate,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Estimate:
    """Adam, rectified: the squares are heeded once there are enough of them to tell their variance."""
    g = _first(g, p, maximize, weight_decay)
    t = _counted(state)
    mean = _averaged(state, "exp_avg", betas[0], g) / (1 - betas[0] ** t)
    square = _averaged(state, "exp_avg_sq", betas[1], _squared(g))
    longest = 2 / (1 - betas[1]) - 1
    length = longest - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    if length <= 5:
        return p - mean * lr
    rectified = math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    adaptive = math.sqrt(1 - betas[1] ** t) / (square.root() + eps)
    return p - mean * lr * rectified * adaptive


RULES: dict[str, Rule] = {
    "SGD": sgd,
    "Adam": adam,
    "AdamW": adamw,
    "Adagrad": adagrad,
    "RMSprop": rmsprop,
    "Adadelta": adadelta,
    "Adamax": adamax,
    "NAdam": nadam,
    "RAdam": radam,
}


def trajectory(
    name: str,
    parameter: Array,
    gradients: Sequence[Array | None],
    options: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    dtype: DType,
) -> list[Estimate]:
    """Return the parameter after each step.

    Parameters
    ----------
    name : str
        The class of the optimizer.
    parameter : ndarray
    gradients : sequence of ndarray or None
        Of each step; None is a step without a gradient, which changes nothing.
    options : mapping or sequence of mappings
        The options, for all steps or for each.
    dtype : DType
        Of the parameter; its rounding is what the errors follow.
    """
    assert dtype.format is not None
    unit = 2.0**-dtype.format.digits
    each = [options] * len(gradients) if isinstance(options, Mapping) else options
    state: State = {}
    p, after = Estimate.exact(parameter, unit), []
    for gradient, chosen in zip(gradients, each, strict=True):
        if gradient is not None:
            p = RULES[name](p, Estimate.exact(gradient, unit), state, **chosen)
        after.append(p)
    return after
