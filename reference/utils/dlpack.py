"""``torch.utils.dlpack``."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..tensor import Tensor


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return a tensor that shares memory with an object of the DLPack protocol."""
    return ops.from_dlpack(ext_tensor, device=device, copy=copy)  # type: ignore[no-any-return]


def to_dlpack(tensor: Tensor) -> Any:
    """Return a capsule that describes a tensor's memory."""
    return tensor.__dlpack__()
