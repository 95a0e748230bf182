"""The device's own stream of random numbers: seeds start it, draws of the CPU do not move it."""

from __future__ import annotations

from typing import Any

import torch

_GENERATOR = torch.Generator()


def lend(given: list[Any], options: dict[str, Any], place: int) -> None:
    """Put the device's generator among the arguments of a draw, unless one is named there."""
    if place < len(given):
        given[place] = given[place] or _GENERATOR
    else:
        options["generator"] = options.get("generator") or _GENERATOR


def seed(value: int) -> None:
    """Start the stream."""
    _GENERATOR.manual_seed(value)


def state() -> torch.Tensor:
    """Return where the stream stands, as bytes on the CPU."""
    return _GENERATOR.get_state()


def restore(value: torch.Tensor) -> None:
    """Go back to where the stream stood."""
    _GENERATOR.set_state(value)
