"""Memory shared with other libraries. Sources: ``torch.from_dlpack``, ``dlpack``, ``torch.Tensor.numpy``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .creation import from_numpy
from .devices import checked
from .dispatch import op
from .kernels import view_of
from .storage import Storage
from .tensor import Tensor

Array = np.ndarray[Any, Any]

# The number that the protocol gives to memory of the CPU.
_CPU = (1, 0)


@op("from_dlpack", method=False, raw=True)
def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return a tensor that shares memory with any object of the DLPack protocol, or a copy.

    Raises
    ------
    BufferError
        For tensors that require gradients, and lazy conjugates.
    RuntimeError
        For what does not speak the protocol.
    """
    checked(device)
    if isinstance(ext_tensor, Tensor):
        _check_exportable(ext_tensor)
        made = view_of(ext_tensor, ext_tensor.shape, ext_tensor.strides, ext_tensor.offset)
        made.base = None
    elif hasattr(ext_tensor, "__dlpack__"):
        made = _of_array(np.from_dlpack(ext_tensor))
    else:
        raise RuntimeError("from_dlpack received an invalid capsule.")
    return made.clone() if copy else made


@op("as_subclass", function=False, view=True)
def as_subclass(input: Tensor, cls: type[Tensor]) -> Tensor:
    """Return the same window as an instance of a derived class."""
    made = view_of(input, input.shape, input.strides, input.offset)
    made.__class__ = cls
    return made


def _of_array(array: Array) -> Tensor:
    if array.flags.writeable:
        return from_numpy(array)
    # The protocol may not say that memory is read-only; torch takes it as it is.
    strides = [stride // array.itemsize for stride in array.strides]
    made = from_numpy(np.empty(array.shape, array.dtype))
    made.storage, made.strides = Storage.of_array(array), tuple(strides)
    return made


def _check_exportable(tensor: Tensor) -> None:
    if tensor.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if tensor.conjugate:
        raise BufferError("Can't export tensors with the conjugate bit set")


def _dlpack(self: Tensor, **options: Any) -> Any:
    """Export the memory through NumPy; BufferError for types that NumPy does not have."""
    _check_exportable(self)
    return self.places.__dlpack__(**options)


def _array_wrap(self: Tensor, array: Array, context: Any = None, return_scalar: bool = False) -> Tensor:
    """Make a tensor of what a function of NumPy gave for this one; bools come as uint8."""
    return from_numpy(np.asarray(array.astype(np.uint8) if array.dtype == np.bool_ else array))


def _dlpack_device(self: Tensor) -> tuple[int, int]:
    return _CPU


for _name, _method in (
    ("__dlpack__", _dlpack),
    ("__dlpack_device__", _dlpack_device),
    ("__array_wrap__", _array_wrap),
):
    setattr(Tensor, _name, _method)
