"""``torch.random``: the default generator. Sources: ``notes/randomness``, ``torch.random.fork_rng``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .generator import Generator
from .tensor import Tensor

default_generator = Generator()


def manual_seed(seed: Any) -> Generator:
    """Start the default generator's stream of a seed; a float loses its fraction."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Start the default generator's stream of a seed drawn from the system."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the state of the default generator as a tensor of bytes."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default generator's stream from a state."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **options: Any) -> Iterator[None]:
    """Leave the default generator's stream, after the block, where it was before."""
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
