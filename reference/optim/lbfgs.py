"""A quasi-Newton method of limited memory. Sources: ``optim.LBFGS``; Nocedal and Wright, chapters 3, 7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd.modes import enable_grad, no_grad
from ..kernels import fresh
from .optimizer import Optimizer

Array = np.ndarray[Any, Any]
# The constants of the strong Wolfe conditions: enough descent, and a slope flat enough.
_DESCENT, _FLATNESS = 1e-4, 0.9
_SEARCHES = 25


@dataclass
class Trial:
    """A point along a direction: how far, the loss, the gradient and the slope along the direction."""

    far: float
    loss: float
    gradient: Array
    slope: float


class LBFGS(Optimizer):
    """Newton's method with an inverse Hessian made of the latest changes; `step` needs a closure."""

    def __init__(
        self,
        params: Any,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if lr < 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS takes one group of parameters")
        self._kept: dict[str, Any] = {"steps": [], "changes": []}

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Take up to ``max_iter`` steps and return the loss before the first.

        Raises
        ------
        RuntimeError
            For a line search of another name than ``strong_wolfe``.
        """
        with no_grad():
            return self._steps(closure)

    def _steps(self, closure: Callable[[], Any]) -> Any:
        group, state = self.param_groups[0], self.state[self._members[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        before = state["func_evals"]

        def evaluate() -> Any:
            state["func_evals"] += 1
            with enable_grad():
                return closure()

        first = evaluate()
        loss, gradient = float(first), self._gradient()
        for _ in range(group["max_iter"]):
            if np.abs(gradient).max(initial=0) <= group["tolerance_grad"]:
                break
            direction = self._direction(gradient, group, state)
            far = group["lr"] * (1.0 if state["n_iter"] > 1 else min(1.0, 1.0 / np.abs(gradient).sum()))
            slope = float(gradient @ direction)
            if slope > -group["tolerance_change"]:
                break
            start = Trial(0.0, loss, gradient, slope)
            end = self._moved(start, direction, float(far), group["line_search_fn"], evaluate)
            self._kept |= {"far": end.far, "gradient": gradient, "direction": direction}
            change = np.abs(direction * end.far).max(initial=0)
            still = change <= group["tolerance_change"] or abs(end.loss - loss) < group["tolerance_change"]
            loss, gradient = end.loss, end.gradient
            if still or state["func_evals"] - before >= group["max_eval"]:
                break
        return first

    @property
    def _members(self) -> list[Any]:
        return list(self.param_groups[0]["params"])

    def _gradient(self) -> Array:
        parts = [
            np.zeros(one.numel(), one.dtype.numpy) if one.grad is None else one.grad.array.reshape(-1)
            for one in self._members
        ]
        return np.concatenate(parts)

    def _direction(self, gradient: Array, group: Any, state: Any) -> Array:
        """Return where to go: the recursion over the latest steps and the changes of the gradient there."""
        state["n_iter"] += 1
        if state["n_iter"] == 1:
            return -gradient
        steps, changes = self._kept["steps"], self._kept["changes"]
        step = self._kept["direction"] * self._kept["far"]
        change = gradient - self._kept["gradient"]
        if float(change @ step) > 1e-10:
            if len(steps) == group["history_size"]:
                del steps[0], changes[0]
            steps.append(step)
            changes.append(change)
            self._kept["scale"] = float(change @ step) / float(change @ change)
        rest, shares = -gradient, []
        for one, other in zip(reversed(steps), reversed(changes), strict=True):
            shares.append(one @ rest / (other @ one))
            rest = rest - shares[-1] * other
        rest = rest * self._kept.get("scale", 1.0)
        for one, other, share in zip(steps, changes, reversed(shares), strict=True):
            rest = rest + one * (share - other @ rest / (other @ one))
        return np.asarray(rest)

    def _moved(
        self, start: Trial, direction: Array, far: float, search: str | None, evaluate: Callable[[], Any]
    ) -> Trial:
        """Move along a direction, all the way or as far as the search says."""
        origin = [one.array.copy() for one in self._members]

        def at(distance: float) -> Trial:
            self._place(origin, direction, distance)
            loss = float(evaluate())
            gradient = self._gradient()
            return Trial(distance, loss, gradient, float(gradient @ direction))

        if search is None:
            return at(far)
        if search != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        found = _searched(start, far, at)
        self._place(origin, direction, found.far)
        return found

    def _place(self, origin: list[Array], direction: Array, far: float) -> None:
        done = 0
        for one, elements in zip(self._members, origin, strict=True):
            part = direction[done : done + elements.size].reshape(elements.shape)
            one.copy_(fresh((elements + far * part).astype(elements.dtype), one.dtype))
            done += elements.size


def _searched(start: Trial, far: float, at: Callable[[float], Trial]) -> Trial:
    """Return a point that meets the strong Wolfe conditions, or the best one found."""
    low, high = start, None
    trial = at(far)
    for _ in range(_SEARCHES):
        enough = trial.loss <= start.loss + _DESCENT * trial.far * start.slope
        if enough and abs(trial.slope) <= -_FLATNESS * start.slope:
            return trial
        if not enough or (low is not start and trial.loss >= low.loss):
            high = trial
        else:
            if trial.slope * (1 if high is None else high.far - low.far) >= 0:
                high = low
            low = trial
        trial = at(2 * low.far if high is None else _between(low, high))
    return min(low, trial, key=lambda one: one.loss)


def _between(low: Trial, high: Trial) -> float:
    """Return the minimum of the cubic through two points, kept away from both."""
    mean = low.slope + high.slope - 3 * (low.loss - high.loss) / (low.far - high.far)
    square = mean**2 - low.slope * high.slope
    near, away = sorted((low.far, high.far))
    if square < 0:
        return (near + away) / 2
    root = float(np.sqrt(square)) * (1 if high.far > low.far else -1)
    share = (high.slope + root - mean) / (high.slope - low.slope + 2 * root)
    place = high.far - (high.far - low.far) * share
    margin = 0.1 * (away - near)
    return float(min(max(place, near + margin), away - margin))
