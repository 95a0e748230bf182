"""Tensors on memory that others own. Sources: ``torch.frombuffer``, ``torch.asarray``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import dtypes
from .creation import finished, from_numpy
from .devices import checked
from .dispatch import op, ops
from .storage import Storage
from .tensor import Tensor

_READ_ONLY = (
    "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can "
    "write to the underlying (supposedly non-writable) buffer using the tensor."
)


@op("frombuffer", method=False, raw=True)
def frombuffer(
    buffer: Any, *, dtype: dtypes.dtype, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a vector on the bytes of a buffer.

    Raises
    ------
    ValueError
        Where the object is no buffer, or the offset and the count do not fit it.
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    length = view.nbytes
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({length} bytes) minus 1"
        )
    size = dtype.itemsize
    left = length - offset
    if count < 0 and left % size:
        raise ValueError(
            f"buffer length ({left} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({size})"
        )
    items = left // size if count < 0 else count
    if items * size > left:
        raise ValueError(
            f"requested buffer length ({items} * {size} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({length} bytes)"
        )
    if view.readonly:
        warnings.warn(_READ_ONLY, UserWarning, stacklevel=4)
    data = np.frombuffer(view, np.uint8, items * size, offset)
    made = Tensor.make(Storage(data, resizable=False), (items,), (1,), 0, dtype)
    return finished(made, requires_grad)


@op("asarray", method=False, raw=True)
def asarray(
    obj: Any,
    *,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Return data as a tensor that shares its memory, unless it must be converted or copied.

    Raises
    ------
    ValueError
        Where ``copy=False`` cannot be met.
    """
    checked(device)
    shared = _shared(obj, dtype)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return finished(ops.tensor(obj, dtype=dtype), bool(requires_grad))
    if requires_grad is False:
        shared = shared.detach()
    if dtype is not None and dtype is not shared.dtype:
        if copy is False:
            raise ValueError(
                f"can't alias tensor with dtype '{shared.dtype.scalar_name}' "
                f"into dtype '{dtype.scalar_name}'."
            )
        shared = ops._to(shared, dtype)
    elif copy or isinstance(obj, np.generic):
        shared = ops.clone(shared)
    if requires_grad and not shared.requires_grad:
        shared.requires_grad_()
    return shared


def _shared(obj: Any, dtype: dtypes.dtype | None) -> Tensor | None:
    """Return a tensor on the memory of an object; None where it has none to share."""
    if isinstance(obj, Tensor):
        return obj
    if isinstance(obj, np.ndarray | np.generic):
        return from_numpy(np.array(obj) if isinstance(obj, np.generic) else obj)
    if isinstance(obj, bytes | bytearray | memoryview):
        return frombuffer(obj, dtype=dtype or dtypes.get_default_dtype())
    return None
