"""Objects that name how a tensor is stored. Source: ``tensor_attributes#torch-layout``."""

from __future__ import annotations


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
