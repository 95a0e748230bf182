"""Objects that name how a tensor is stored. Source: ``tensor_attributes#torch-layout``."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcanon.spec.rules import strides as rules


class layout:
    """How elements are stored; the reference knows strided tensors only."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class memory_format(layout):
    """The order in which the dimensions of a dense tensor lie in storage."""


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


def lies_in(order: memory_format, shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Return whether strides are those of a memory format, up to dimensions of size 1."""
    if order is channels_last or order is channels_last_3d:
        ndim = 4 if order is channels_last else 5
        return len(shape) == ndim and rules.same_layout(shape, strides, rules.channels_last_strides(shape))
    return rules.is_contiguous(shape, strides)
