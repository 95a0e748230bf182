"""Calls that draw random numbers, for the properties that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.observation import Seen
from tensorcanon.spec.rules import dtypes

from .backend import Array, Handle
from .refusal import Unclaimed
from .run import Run


@dataclass(frozen=True)
class Sampler:
    """A call that draws.

    Attributes
    ----------
    name : str
    take : callable
        Takes a `Run`, how many numbers to draw and keyword arguments such as ``generator``.
    """

    name: str
    take: Callable[..., Handle]

    def __str__(self) -> str:
        return self.name


def _fresh(name: str, *before: Any, **fixed: Any) -> Sampler:
    """Return a sampler whose last argument is the shape."""

    def take(run: Run, count: int, **options: Any) -> Handle:
        return run.call(name, *before, (count,), **fixed, **options)  # type: ignore[no-any-return]

    return Sampler(name, take)


def _fill(name: str, *args: Any, dtype: dtypes.DType = dtypes.float32) -> Sampler:
    """Return a sampler that fills a tensor in place."""

    def take(run: Run, count: int, **options: Any) -> Handle:
        target = run.tensor(np.zeros(count, dtype.storage))
        return run.call(name, target, *args, **options)  # type: ignore[no-any-return]

    return Sampler(name, take)


def _permutation(run: Run, count: int, **options: Any) -> Handle:
    return run.call("torch.randperm", count, **options)  # type: ignore[no-any-return]


def _of_chances(name: str, chance: float) -> Sampler:
    """Return a sampler whose input is a tensor of parameters."""

    def take(run: Run, count: int, **options: Any) -> Handle:
        chances = run.tensor(np.full(count, chance, np.float32))
        return run.call(name, chances, **options)  # type: ignore[no-any-return]

    return Sampler(name, take)


def _choice(run: Run, count: int, **options: Any) -> Handle:
    weights = run.tensor(np.array([1.0, 2.0, 0.5, 4.0], np.float32))
    return run.call("torch.multinomial", weights, count, True, **options)  # type: ignore[no-any-return]


SAMPLERS = (
    _fresh("torch.rand"),
    _fresh("torch.randn"),
    _fresh("torch.randn", dtype=dtypes.float64),
    _fresh("torch.rand", dtype=dtypes.float64),
    _fresh("torch.randint", 0, 100),
    _fresh("torch.normal", 1.0, 2.0),
    Sampler("torch.randperm", _permutation),
    Sampler("torch.multinomial", _choice),
    _of_chances("torch.bernoulli", 0.5),
    _of_chances("torch.poisson", 3.0),
    _fill("Tensor.uniform_", -1.0, 3.0),
    _fill("Tensor.normal_", 0.5, 2.0),
    _fill("Tensor.random_", dtype=dtypes.int64),
    _fill("Tensor.exponential_"),
    _fill("Tensor.bernoulli_", 0.25),
    _fill("Tensor.geometric_", 0.1),
)


def elements(run: Run, handle: Handle) -> Array:
    """Return the elements that a tensor shows."""
    seen = run.see(handle)
    assert isinstance(seen, Seen) and seen.value is not None
    return seen.value


def generator(run: Run) -> Handle:
    """Return a new generator on the backend's device."""
    return run.call("torch.Generator", run.backend.identity.device)  # type: ignore[no-any-return]


def on_cpu(run: Run) -> None:
    """Leave the example to the CPU.

    The stream of another device is another one, and bad parameters among elements may end the process there.
    """
    if run.backend.identity.device != "cpu":
        raise Unclaimed("the generator of the CPU")
