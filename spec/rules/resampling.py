"""Where the samples of a resampled line come from. Source: ``nn.functional.interpolate``."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def nearest_places(length: int, size: int) -> Array:
    """Return for each of `size` samples the place it copies: its own number scaled, rounded down."""
    return np.arange(size) * length // size


def linear_weights(length: int, size: int, *, align_corners: bool) -> Array:
    """Return the share of each place in each sample, of shape ``(size, length)``.

    With `align_corners` the first and last samples are the first and last places; otherwise samples and
    places are cells of which the centres are compared, and the outermost places go on for ever.
    """
    number = np.arange(size, dtype=np.longdouble)
    if align_corners:
        places = number * (length - 1) / max(size - 1, 1)
    else:
        places = np.maximum((number + 0.5) * length / size - 0.5, 0)
    low = np.minimum(np.floor(places).astype(np.int64), length - 1)
    high = np.minimum(low + 1, length - 1)
    identity = np.eye(length, dtype=np.longdouble)
    part = (places - low)[:, None]
    return np.asarray(identity[low] * (1 - part) + identity[high] * part)
