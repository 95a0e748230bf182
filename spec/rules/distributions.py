"""How often a random number falls where: the cells of a range and the chance of each.

Sources: the pages of the samplers, which name their distributions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_PARTS = 8


@dataclass(frozen=True)
class Cells:
    """A partition of the numbers that can occur.

    Attributes
    ----------
    edges : tuple of float
        Increasing; cell i holds the numbers from edge i, included, to edge i + 1, excluded. Nothing lies
        outside the first and the last edge.
    chances : tuple of float
        One a cell.
    whole : bool
        Only whole numbers occur.
    """

    edges: tuple[float, ...]
    chances: tuple[float, ...]
    whole: bool = False


def uniform(low: float = 0.0, high: float = 1.0) -> Cells:
    """Return the cells of numbers uniform in [low, high)."""
    edges = tuple(low + (high - low) * part / _PARTS for part in range(_PARTS + 1))
    return Cells(edges, (1 / _PARTS,) * _PARTS)


def integers(low: int, high: int) -> Cells:
    """Return the cells of integers uniform in [low, high): each one where they are few, else ranges."""
    parts = min(_PARTS, high - low)
    ends = [low + (high - low) * part // parts for part in range(parts + 1)]
    widths = [end - start for start, end in itertools.pairwise(ends)]
    return Cells(tuple(float(end) for end in ends), tuple(width / (high - low) for width in widths), True)


def bernoulli(chance: float) -> Cells:
    """Return the cells of ones of some chance, and zeros."""
    return Cells((0.0, 1.0, 2.0), (1 - chance, chance), True)


def weighted(weights: Sequence[float]) -> Cells:
    """Return the cells of indices drawn in proportion to weights."""
    total = math.fsum(weights)
    return Cells(
        tuple(float(place) for place in range(len(weights) + 1)), tuple(w / total for w in weights), True
    )


def second(weights: Sequence[float]) -> list[float]:
    """Return the chance of each index to be drawn second by weight, after another one was taken out."""
    total = math.fsum(weights)
    return [
        math.fsum(
            one / total * weight / (total - one)
            for other, one in enumerate(weights)
            if other != place and one
        )
        for place, weight in enumerate(weights)
    ]


def normal(mean: float = 0.0, std: float = 1.0) -> Cells:
    """Return the cells of normal numbers; of a deviation of 0, all lie at the mean."""
    if std == 0:
        return Cells((mean, math.nextafter(mean, math.inf)), (1.0,))
    steps = (-math.inf, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.inf)
    return _of_cumulative(
        [mean + std * step for step in steps], lambda x: (1 + math.erf((x - mean) / (std * math.sqrt(2)))) / 2
    )


def log_normal(mean: float, std: float) -> Cells:
    """Return the cells of numbers whose logarithm is normal."""
    logarithms = normal(mean, std)
    return Cells(tuple(math.exp(edge) for edge in logarithms.edges), logarithms.chances)


def exponential(rate: float) -> Cells:
    """Return the cells of exponential numbers, which are above 0."""
    least = math.nextafter(0.0, 1.0)
    edges = [-math.log1p(-part / _PARTS) / rate for part in range(1, _PARTS)]
    return _of_cumulative([least, *edges, math.inf], lambda x: -math.expm1(-rate * x))


def any_integer(digits: int | None, most: int) -> Cells:
    """Return the cells of what `random_` gives unasked: up to 2**digits, or to the largest integer."""
    return integers(0, most + 1 if digits is None else (1 << digits) + 1)


def cauchy(median: float, sigma: float) -> Cells:
    """Return the cells of Cauchy numbers."""
    steps = (-math.inf, -8.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 8.0, math.inf)
    return _of_cumulative(
        [median + sigma * step for step in steps], lambda x: math.atan((x - median) / sigma) / math.pi + 0.5
    )


def geometric(chance: float) -> Cells:
    """Return the cells of the number of trials up to the first success."""
    edges = [*(float(count) for count in range(1, _PARTS + 1)), math.inf]
    return Cells(
        tuple(edges), tuple(_steps([1 - (1 - chance) ** (count - 1) for count in range(1, _PARTS + 1)])), True
    )


def poisson(rate: float) -> Cells:
    """Return the cells of Poisson counts, in ranges around the rate."""
    if rate == 0:
        return Cells((0.0, 1.0), (1.0,), True)
    spread = max(1, round(math.sqrt(rate) / 2))
    inner = sorted({max(1, round(rate) + spread * step) for step in range(-4, 6)})
    below = [_poisson_below(rate, count) for count in inner]
    return Cells((0.0, *(float(count) for count in inner), math.inf), tuple(_steps([0.0, *below])), True)


def _poisson_below(rate: float, count: int) -> float:
    return math.fsum(math.exp(k * math.log(rate) - rate - math.lgamma(k + 1)) for k in range(count))


def _of_cumulative(edges: list[float], below: Callable[[float], float]) -> Cells:
    return Cells(tuple(edges), tuple(_steps([below(edge) for edge in edges[:-1]])))


def _steps(below: Sequence[float]) -> list[float]:
    """Return the chances between cumulative ones, the last up to 1."""
    return [after - before for before, after in zip(below, [*below[1:], 1.0], strict=True)]
