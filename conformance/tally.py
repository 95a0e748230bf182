"""What the examples of one test add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tensorcanon.spec.rules.dtypes import DType

from .refusal import Refused


@dataclass
class Measured:
    """The largest error of one op and data type, with the limit it was held to."""

    unit: str
    largest: float
    limit: float


@dataclass
class Tally:
    """What the examples of one test added up to.

    Attributes
    ----------
    judged : Counter
        Observations by clause id.
    worked : set of str
        The ops that gave a result.
    erred : dict
        By clause id and op, an error that was due, as a refusal: what it is if the op never works.
    """

    examples: int = 0
    judged: Counter[str] = field(default_factory=Counter)
    unclaimed: int = 0
    errors: dict[tuple[str, str], Measured] = field(default_factory=dict)
    layouts: Counter[tuple[str, str]] = field(default_factory=Counter)
    specials: Counter[tuple[str, str]] = field(default_factory=Counter)
    worked: set[str] = field(default_factory=set)
    erred: dict[tuple[str, str], Refused] = field(default_factory=dict)

    def keep(self, op: str, dtype: DType, error: float, unit: str, limit: float) -> None:
        """Keep the error of an op and type if it is the nearest to its limit so far."""
        known = self.errors.setdefault((op, dtype.name), Measured(unit, 0.0, 0.0))
        if error / limit >= known.largest / (known.limit or 1.0):
            known.largest, known.limit = error, float(limit)
