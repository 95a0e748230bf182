"""Changing the type or layout of a tensor. Sources: ``torch.Tensor.to``, ``torch.clone``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import devices, dtypes, formats, placement
from .casting import cast
from .cautions import warn_once
from .dispatch import op, ops
from .kernels import strides_in, with_strides
from .legacy import kind_of, type_name
from .tensor import Tensor


@op("clone")
def clone(input: Tensor, *, memory_format: Any = formats.preserve_format) -> Tensor:
    """Return a copy; under ``preserve_format`` dense strides are kept, others become row-major."""
    strides = strides_in(memory_format, input.shape, input.strides)
    return with_strides(input.array.copy(), input.dtype, strides)


@op("contiguous", function=False, composite=True)
def contiguous(input: Tensor, memory_format: Any = formats.contiguous_format) -> Tensor:
    """Return the tensor itself where its elements lie in order, otherwise a copy that does."""
    if formats.lies_in(memory_format, input.shape, input.strides) and not (input.conjugate or input.negated):
        return input
    return ops.clone(input, memory_format=memory_format)  # type: ignore[no-any-return]


@op("to", function=False, composite=True)
def to(
    input: Tensor,
    *args: Any,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    other: Tensor | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = formats.preserve_format,
) -> Tensor:
    """Return the tensor in another type: itself where nothing changes and no copy is asked for."""
    flags = [arg for arg in args if isinstance(arg, bool)]
    for arg in (*args, other):
        if isinstance(arg, dtypes.dtype | type):
            dtype = dtypes.given(arg)
        elif isinstance(arg, Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, str | devices.device) or type(arg) is int:
            device = devices.named(arg)
    copy = flags[1] if len(flags) > 1 else copy
    place = input.device if device is None else devices.checked(device)
    kind: dtypes.dtype = dtypes.given(dtype) or input.dtype
    in_order = memory_format is formats.preserve_format or formats.lies_in(
        memory_format, input.shape, input.strides
    )
    if kind is input.dtype and in_order and not copy and place == input.device:
        return input
    return moved(ops._to_copy(input, kind, memory_format), place)


def moved(fresh: Tensor, place: devices.device) -> Tensor:
    """Put a new tensor on a device; NotImplementedError where it would need data that it does not have."""
    if fresh.is_meta and place != devices.meta:
        raise NotImplementedError(devices.NO_DATA)
    if place != fresh.device:
        placement.move(fresh, place)
    return fresh


@op("_to_copy", method=False)
def to_copy(input: Tensor, dtype: dtypes.dtype, memory_format: Any) -> Tensor:
    """Return a copy in a type and memory format."""
    if input.dtype.is_complex and not dtype.is_complex and dtype is not dtypes.bool_:
        warn_once("Casting complex values to real discards the imaginary part", stacklevel=7)
    strides = strides_in(memory_format, input.shape, input.strides)
    array = input.array
    return with_strides(array.copy() if dtype is input.dtype else cast(array, dtype), dtype, strides)


_METHODS = {
    "half": dtypes.float16,
    "bfloat16": dtypes.bfloat16,
    "float": dtypes.float32,
    "double": dtypes.float64,
    "bool": dtypes.bool_,
    "byte": dtypes.uint8,
    "char": dtypes.int8,
    "short": dtypes.int16,
    "int": dtypes.int32,
    "long": dtypes.int64,
    "chalf": dtypes.complex32,
    "cfloat": dtypes.complex64,
    "cdouble": dtypes.complex128,
}


def _converter(kind: dtypes.dtype) -> Callable[..., Tensor]:
    def convert(input: Tensor, memory_format: Any = formats.preserve_format) -> Tensor:
        return ops._to(input, kind, memory_format=memory_format)  # type: ignore[no-any-return]

    convert.__doc__ = f"Return the tensor as {kind!r}, itself where it is."
    return convert


op("_to", method=False, composite=True)(to)
for _name, _kind in _METHODS.items():
    op(_name, function=False, composite=True)(_converter(_kind))


@op("type_as", function=False, composite=True)
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in the type of another."""
    return ops._to(input, other.dtype)  # type: ignore[no-any-return]


@op("type", function=False, composite=True)
def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Return the name of the tensor's type, or the tensor in a type given by name, constructor or dtype."""
    return type_name(input) if dtype is None else ops._to(input, kind_of(dtype))


@op("cpu", function=False, composite=True)
def cpu(input: Tensor, memory_format: Any = formats.preserve_format) -> Any:
    """Return the tensor on the CPU, itself where it lies there."""
    return ops._to(input, "cpu", memory_format=memory_format)


@op("cuda", function=False, raw=True)
def cuda(input: Tensor, device: Any = None, **options: Any) -> Tensor:
    """Refuse: there is no CUDA device."""
    devices.checked("cuda")
    return input


@op("pin_memory", function=False, raw=True)
def pin_memory(input: Tensor, device: Any = None) -> Tensor:
    """Refuse: there is no accelerator to pin memory for."""
    raise RuntimeError("Cannot access accelerator device when none is available.")
