"""How samples are grouped. Sources: ``data.BatchSampler``, ``data.random_split``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Batch = np.ndarray[Any, np.dtype[Any]]


def grouped(indices: Sequence[int], size: int, drop_last: bool = False) -> list[tuple[int, ...]]:
    """Return the indices in groups of a size; the last one may be shorter, or is dropped then."""
    groups = [tuple(indices[start : start + size]) for start in range(0, len(indices), size)]
    return [group for group in groups if len(group) == size or not drop_last]


def split_sizes(count: int, lengths: Sequence[float]) -> list[int] | None:
    """Return the sizes of the parts of a dataset, None where the lengths do not fit it."""
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        sizes = [math.floor(count * share) for share in lengths]
        for place in range(count - sum(sizes)):
            sizes[place % len(sizes)] += 1
        return sizes
    return [int(length) for length in lengths] if sum(lengths) == count else None
