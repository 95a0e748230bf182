"""Random counts and choices. Sources: ``torch.multinomial``, ``torch.poisson``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes
from .dispatch import op, ops
from .generator import Generator
from .kernels import elementwise, fresh
from .sampling import source
from .tensor import Tensor

Array = np.ndarray[Any, Any]

_DIGITS = 53
_MOST_CATEGORIES = 1 << 24


@op("multinomial", out=True, exact_out=True, differentiable=False)
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Return indices of a row of weights, or of each row, drawn in proportion to the weights.

    Raises
    ------
    RuntimeError
        For weights that are negative, not finite or all zero, and for more draws without replacement than
        there are categories.
    """
    _check_weights(input, num_samples, replacement)
    if not replacement or num_samples == 1:
        return _without_replacement(input, num_samples, generator)
    rows = input.array if input.ndim == 2 else input.array[None]
    drawn = source(generator)
    picked = np.stack([_by_bisection(row, drawn.uniform(num_samples, _DIGITS)) for row in rows])
    return fresh(picked if input.ndim == 2 else picked[0], dtypes.int64)


def _check_weights(input: Tensor, num_samples: int, replacement: bool) -> None:
    if input.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not input.is_floating_point():
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: " + input.dtype.scalar_name
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > input.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if input.shape[-1] > _MOST_CATEGORIES:
        raise RuntimeError("number of categories cannot exceed 2^24")
    weights = input.array
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (weights.astype(np.float64).sum(-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


def _without_replacement(input: Tensor, count: int, generator: Generator | None) -> Tensor:
    """The largest ratios of weight and exponential number: a race that each wins by its weight."""
    race = elementwise(np.divide, input, ops.empty_like(input).exponential_(generator=generator)).array
    return fresh(np.argsort(-race, axis=-1, kind="stable")[..., :count], dtypes.int64)


def _by_bisection(weights: Array, drawn: Array) -> Array:
    single = np.float64 if weights.dtype == np.float64 else np.float32
    sums = np.add.accumulate(weights.astype(single))
    sums = sums / sums[-1]
    sums[-1] = 1
    return np.searchsorted(sums.astype(np.float64), drawn, side="left")


@op("poisson", differentiable=False)
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Return counts of the Poisson distribution whose rates are the input's elements."""
    if not input.is_floating_point():
        raise NotImplementedError(f"\"poisson_cpu\" not implemented for '{input.dtype.scalar_name}'")
    rates = input.array.astype(np.float64)
    if not (rates >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    drawn = source(generator)
    counts = [_poisson(drawn, rate) for rate in rates.reshape(-1).tolist()]
    return fresh(np.array(counts, np.int64).reshape(rates.shape), input.dtype)


def _poisson(generator: Generator, rate: float) -> int:
    if rate == 0:
        return 0
    return _by_rejection(generator, rate) if rate >= 10 else _by_product(generator, rate)


def _uniform(generator: Generator) -> float:
    return float(generator.uniform(1, _DIGITS)[0])


def _by_product(generator: Generator, rate: float) -> int:
    count, product = 0, _uniform(generator)
    while product > math.exp(-rate):
        count, product = count + 1, product * _uniform(generator)
    return count


def _by_rejection(generator: Generator, rate: float) -> int:
    """Transformed rejection (Hoermann, 1993): one pair of uniform numbers mostly suffices."""
    root, logarithm = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse, limit = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = _uniform(generator) - 0.5, _uniform(generator)
        distance = 0.5 - abs(u)
        count = math.floor((2 * a / distance + b) * u + rate + 0.43)
        if distance >= 0.07 and v <= limit:
            return count
        if count < 0 or (distance < 0.013 and v > distance):
            continue
        envelope = math.log(v) + math.log(inverse) - math.log(a / (distance * distance) + b)
        if envelope <= -rate + count * logarithm - math.lgamma(count + 1):
            return count
