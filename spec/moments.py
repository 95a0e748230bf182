"""Outcomes of random layers: elements dropped, and weights drawn, judged by counts and moments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .accuracy import Array
from .observation import Observation, Seen
from .outcome import Structure


@dataclass(frozen=True, eq=False)
class Spread(Structure):
    """Independent numbers, uniform within a bound or normal with a deviation, judged by their moments.

    Each judgement strays from its mean by more than seven standard errors with a chance below 1e-11.
    """

    bound: float | None = None
    deviation: float | None = None
    mean: float = 0.0

    def refusal(self, seen: Observation) -> str | None:
        reason = super().refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        values = seen.value.reshape(-1).astype(np.float64) - self.mean
        if self.bound is not None and np.abs(values).max() > self.bound * (1 + 1e-6):
            return f"{np.abs(values).max()} from the mean, due: at most {self.bound}"
        sigma = self.bound / math.sqrt(3) if self.bound is not None else self.deviation
        assert sigma is not None
        error = 7 * sigma / math.sqrt(values.size)
        if abs(values.mean()) > error:
            return f"a mean of {values.mean() + self.mean}, due: {self.mean} within {error}"
        # The fourth moment of a normal number is 3, that of a uniform one 1.8 times the squared variance.
        kurtosis = 1.8 if self.bound is not None else 3.0
        spread = 7 * sigma**2 * math.sqrt((kurtosis - 1) / values.size) + error**2
        if abs((values**2).mean() - sigma**2) > spread:
            return f"a mean square of {(values**2).mean()}, due: {sigma**2} within {spread}"
        return None


@dataclass(frozen=True, eq=False)
class Dropped(Structure):
    """Elements of an input that are zeroed in groups, or divided by the chance to be kept."""

    source: Array | None = None
    p: float = 0.5
    group: int = 1

    def refusal(self, seen: Observation) -> str | None:
        reason = super().refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None or self.source is None:
            return reason
        due = self.source.astype(np.float64) / (1 - self.p)
        got = seen.value.astype(np.float64)
        zero, kept = got == 0, np.isclose(got, due, rtol=1e-5, atol=0)
        if not (zero | kept).all():
            return "an element is neither zero nor divided by the chance to be kept"
        rows = zero.reshape(-1, self.group)
        if (rows.any(1) != rows.all(1)).any():
            return "a channel is dropped in part"
        count, n = int(rows.all(1).sum()), len(rows)
        leeway = 7 * math.sqrt(n * self.p * (1 - self.p)) + 7
        if abs(count - n * self.p) > leeway:
            return f"{count} of {n} dropped, due: {n * self.p:g} within {leeway:.3g}"
        return None
