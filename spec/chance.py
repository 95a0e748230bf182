"""Outcomes of random numbers: not which, but how often and in what order.

A sample that is right is refused with a probability below `ALARM` for each number judged: the bounds are
those of Bernstein (1924) for sums of independent bounded terms. Samples of some thousand elements make a few
dozen judgements, so a run of the canon is falsely red less than once in a million runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .observation import Array, Observation, Seen
from .outcome import Structure
from .rules.distributions import Cells

ALARM = 1e-12
# Elements this far apart are compared with each other.
_LAGS = (1, 2, 3, 4, 8, 16, 32, 256)


def leeway(count: int, chance: float) -> float:
    """Return how far a count of successes strays from its mean at most, but for a chance of `ALARM`."""
    weight = math.log(2 / ALARM)
    return weight / 3 + math.sqrt(weight * weight / 9 + 2 * weight * count * chance * (1 - chance))


@dataclass(frozen=True, eq=False)
class Frequencies(Structure):
    """Independent numbers of one distribution.

    Attributes
    ----------
    cells : Cells
        Where the numbers lie and how often.
    blur : float
        By how much rounding to the type may change the chance of a cell.
    resolution : float or None
        Of numbers on a continuous range: how many equally likely values there are at least.
    """

    cells: Cells | None = None
    blur: float = 0.0
    resolution: float | None = None

    def refusal(self, seen: Observation) -> str | None:
        reason = super().refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None or self.cells is None:
            return reason
        values = seen.value.reshape(-1).astype(np.float64)
        return (
            _outside(values, self.cells)
            or _wrong_counts(values, self.cells, self.blur)
            or (_repeated(values, self.resolution) if self.resolution else None)
            or _ordered(values)
        )

    def __str__(self) -> str:
        return f"{super().__str__()}, with the chances {self.cells}"


def _outside(values: Array, cells: Cells) -> str | None:
    wrong = ~((values >= cells.edges[0]) & (values < cells.edges[-1]))
    if cells.whole:
        wrong |= values != np.floor(values)
    if not wrong.any():
        return None
    kind = "a whole number" if cells.whole else "a number"
    return f"{values[wrong][0]}, due: {kind} in [{cells.edges[0]}, {cells.edges[-1]})"


def _wrong_counts(values: Array, cells: Cells, blur: float) -> str | None:
    places = np.searchsorted(cells.edges, values, side="right") - 1
    counts = np.bincount(places, minlength=len(cells.chances))
    for place, chance in enumerate(cells.chances):
        due, bound = values.size * chance, leeway(values.size, chance) + values.size * blur
        if chance in (0.0, 1.0):
            bound = values.size * blur
        if abs(counts[place] - due) > bound:
            return (
                f"{counts[place]} of {values.size} in [{cells.edges[place]}, {cells.edges[place + 1]}), "
                f"due: {due:.1f} within {bound:.1f}"
            )
    return None


def _repeated(values: Array, resolution: float) -> str | None:
    """Refuse values that occur again more often than by chance, as those of a short cycle do."""
    again = values.size - np.unique(values).size
    chance = min(values.size / resolution, 1.0)
    most = values.size * chance + leeway(values.size, chance)
    return f"{again} elements occur again, at most: {most:.1f}" if again > most else None


def _ordered(values: Array) -> str | None:
    """Refuse values whose order is not that of independent ones: half of the unequal pairs rise."""
    for lag in _LAGS:
        rising, pairs = rises(values, lag)
        if abs(rising - pairs / 2) > leeway(pairs, 0.5):
            return f"{rising} of {pairs} pairs at a distance of {lag} rise, due: half of them"
    return None


def rises(values: Array, lag: int) -> tuple[int, int]:
    """Return how many of the disjoint pairs at a distance rise, and how many pairs there are."""
    whole = values[: values.size - values.size % (2 * lag)].reshape(-1, 2, lag)
    first, second = whole[:, 0].reshape(-1), whole[:, 1].reshape(-1)
    unequal = first != second
    return int((first < second)[unequal].sum()), int(unequal.sum())


@dataclass(frozen=True, eq=False)
class Shuffled(Structure):
    """All of some numbers, each once, in random order.

    Attributes
    ----------
    items : ndarray
        The numbers, one-dimensional.
    """

    items: Array | None = None

    def refusal(self, seen: Observation) -> str | None:
        reason = super().refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None or self.items is None:
            return reason
        values = seen.value.astype(np.float64)
        if not np.array_equal(np.sort(values), np.sort(self.items.astype(np.float64))):
            return f"{values}, due: each of {self.items} once"
        return _ordered(values) or _settled(values)

    def __str__(self) -> str:
        return f"{super().__str__()}, each of {self.items} once, in random order"


def _settled(values: Array) -> str | None:
    """Refuse an order in which numbers of the upper half keep to one half of the places."""
    if values.size < 2:
        return None
    upper = values > np.median(values)
    count = int(upper[: values.size // 2].sum())
    # Sampling without replacement strays less than the independent draws of this bound.
    if abs(count - upper.sum() / 2) > leeway(values.size // 2, 0.5) + 1:
        return f"{count} of {upper.sum()} upper numbers in the first half of the places, due: half of them"
    return None


@dataclass(frozen=True, eq=False)
class Arrangements(Structure):
    """Rows, each a permutation of the numbers below its length: every number everywhere equally often."""

    def refusal(self, seen: Observation) -> str | None:
        reason = super().refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        rows, length = seen.value.shape
        if not np.array_equal(np.sort(seen.value, axis=1), np.tile(np.arange(length), (rows, 1))):
            return f"a row that is no permutation of the numbers below {length}"
        for number in range(length):
            for place, count in enumerate((seen.value == number).sum(axis=0)):
                if abs(count - rows / length) > leeway(rows, 1 / length):
                    return f"{number} at place {place} in {count} of {rows} rows, due: {rows / length:.1f}"
        return None

    def __str__(self) -> str:
        return f"{super().__str__()}, rows of random permutations"


@dataclass(frozen=True, eq=False)
class DistinctRows(Structure):
    """Rows of distinct numbers out of some.

    Attributes
    ----------
    items : ndarray
        The numbers that may occur.
    """

    items: Array | None = None

    def refusal(self, seen: Observation) -> str | None:
        reason = super().refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None or self.items is None:
            return reason
        ordered = np.sort(np.atleast_2d(seen.value), axis=1)
        if (ordered[:, 1:] == ordered[:, :-1]).any():
            return "a row holds a number twice"
        strange = ~np.isin(ordered, self.items)
        return f"{ordered[strange][0]}, due: one of {self.items}" if strange.any() else None

    def __str__(self) -> str:
        return f"{super().__str__()}, rows of distinct numbers out of {self.items}"
