"""``torch.device``; every tensor of the reference lies on the CPU.

Source: ``tensor_attributes#torch-device``.
"""

from __future__ import annotations

from typing import Any

_KINDS = ("cpu", "cuda", "mps", "xpu", "meta", "hpu", "mtia", "xla", "vulkan", "ipu", "privateuseone")


class device:
    """A kind of device and, where several exist, its index."""

    __slots__ = ("index", "type")

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            self.type: str = type.type
            self.index: int | None = type.index
            return
        if isinstance(type, int):
            type, index = "cuda", type
        kind, _, number = str(type).partition(":")
        if kind not in _KINDS:
            raise RuntimeError(
                f"Expected one of {', '.join(_KINDS)} device type at start of device string: {kind}"
            )
        if number and index is not None:
            raise RuntimeError(
                "type (string) must not include an index because index was passed explicitly: " + str(type)
            )
        if number and not (number.isdigit() and (number == "0" or number[0] != "0")):
            raise RuntimeError(f"Invalid device string: '{type}'")
        self.type = kind
        self.index = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)


cpu = device("cpu")


def checked(where: Any) -> device:
    """Return the CPU for a device argument that means it.

    Raises
    ------
    AssertionError
        For CUDA, as a build without it does.
    RuntimeError
        For any other device.
    """
    if where is None:
        return cpu
    wanted = device(where)
    if wanted.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    if wanted.type != "cpu":
        raise RuntimeError(f"the reference has no device of type {wanted.type}")
    return cpu
