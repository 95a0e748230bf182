"""``torch.device``, and which device new tensors take: the CPU, or ``meta``, whose tensors have no data.

Source: ``tensor_attributes#torch-device``.
"""

from __future__ import annotations

import threading
from typing import Any

_KINDS = ("cpu", "cuda", "mps", "xpu", "meta", "hpu", "mtia", "xla", "vulkan", "ipu", "privateuseone")
NO_DATA = "Cannot copy out of meta tensor; no data!"


class _State(threading.local):
    """The default devices in force, innermost last, per thread; whether any but the CPU was ever used."""

    stack: tuple[device, ...] = ()
    used = False


state = _State()


class device:
    """A kind of device and, where several exist, its index."""

    __slots__ = ("index", "type")

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            self.type: str = type.type
            self.index: int | None = type.index
            return
        if isinstance(type, int):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        if not isinstance(type, str):
            raise TypeError(f"device() takes a string, a device or an index, not {type.__class__.__name__}")
        if not type:
            raise RuntimeError("Device string must not be empty")
        kind, colon, number = type.partition(":")
        if kind not in _KINDS:
            raise RuntimeError(
                f"Expected one of {', '.join(_KINDS)} device type at start of device string: {kind}"
            )
        if number and index is not None:
            raise RuntimeError(
                "type (string) must not include an index because index was passed explicitly: " + type
            )
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        if colon and not (number.isdigit() and (number == "0" or number[0] != "0")):
            raise RuntimeError(f"Invalid device string: '{type}'")
        self.type = kind
        self.index = int(number) if number else index

    def __enter__(self) -> device:
        state.stack = (*state.stack, self)
        _State.used = True
        return self

    def __exit__(self, *_: object) -> None:
        state.stack = state.stack[:-1]

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
meta = device("meta")


def checked(where: Any) -> device:
    """Return the device that an argument names, the CPU for None.

    Raises
    ------
    AssertionError
        For CUDA, as a build without it does.
    RuntimeError
        For any other device but the CPU and meta.
    """
    if where is None:
        return cpu
    wanted = device(where)
    if wanted.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    if wanted.type == "meta":
        _State.used = True
        return meta
    if wanted.type != "cpu":
        raise RuntimeError(f"the reference has no device of type {wanted.type}")
    return cpu


def wanted(where: Any) -> device:
    """Return the device that an argument names, the default one for None."""
    return checked(get_default_device() if where is None else where)


def stacked() -> bool:
    """Return whether a default device was chosen."""
    return bool(state.stack)


def get_default_device() -> device:
    """Return the device that new tensors take."""
    return state.stack[-1] if state.stack else cpu


def set_default_device(device: Any) -> None:
    """Let new tensors take a device from now on; None stands for the CPU."""
    state.stack = () if device is None else (named(device),)
    _State.used = True


def named(name: Any) -> device:
    """Return a device unchanged, or the one of a name."""
    return name if isinstance(name, device) else device(name)
