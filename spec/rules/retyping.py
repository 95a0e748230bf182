"""Windows of another data type on the same bytes.

Sources: ``torch.Tensor.view``, ``torch.view_as_real``, ``torch.view_as_complex``, ``complex_numbers``.
"""

from __future__ import annotations

from dataclasses import replace

from . import dtypes
from .dtypes import DType
from .windows import Window


def view_dtype(window: Window, dtype: DType) -> Window:
    """Return the window that reads the bytes as another type; the last dimension grows or shrinks.

    Raises
    ------
    RuntimeError
        If the widths differ and the tensor is zero-dim or the stride of its last dimension is not 1; if the
        type becomes wider and the last size, the offset or another stride does not divide.
    """
    old, new = window.itemsize, dtype.itemsize
    if old == new:
        return replace(window, dtype=dtype)
    widths = f"to view {window.dtype.name} as {dtype.name} (different element sizes)"
    if not window.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {widths}")
    if window.strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {widths}, but got {window.strides[-1]}")
    if old > new:
        return _narrower(window, dtype, old // new)
    _check_divides(window, new // old, widths)
    return _wider(window, dtype, new // old)


def _narrower(window: Window, dtype: DType, ratio: int) -> Window:
    return Window(
        (*window.shape[:-1], window.shape[-1] * ratio),
        (*(stride * ratio for stride in window.strides[:-1]), 1),
        window.offset * ratio,
        dtype,
    )


def _wider(window: Window, dtype: DType, ratio: int) -> Window:
    return Window(
        (*window.shape[:-1], window.shape[-1] // ratio),
        (*(stride // ratio for stride in window.strides[:-1]), 1),
        window.offset // ratio,
        dtype,
    )


def _check_divides(window: Window, ratio: int, widths: str) -> None:
    outer = [(f"self.stride({dim})", stride) for dim, stride in enumerate(window.strides[:-1])]
    for name, value in (
        ("self.size(-1)", window.shape[-1]),
        ("self.storage_offset()", window.offset),
        *outer,
    ):
        if value % ratio:
            raise RuntimeError(f"{name} must be divisible by {ratio} {widths}, but got {value}")


def real(window: Window) -> Window:
    """Return the window on the real parts; that of a real tensor as it is."""
    return _part(window, 0) if window.dtype.is_complex else window


def imag(window: Window) -> Window:
    """Return the window on the imaginary parts; RuntimeError for a real tensor."""
    if not window.dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _part(window, 1)


def _part(window: Window, place: int) -> Window:
    return Window(
        window.shape,
        tuple(2 * stride for stride in window.strides),
        2 * window.offset + place,
        dtypes.real_of(window.dtype),
    )


def view_as_real(window: Window) -> Window:
    """Return the window on both parts, as a last dimension of size 2; RuntimeError for a real tensor."""
    if not window.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    parts = _part(window, 0)
    return replace(parts, shape=(*parts.shape, 2), strides=(*parts.strides, 1))


def view_as_complex(window: Window) -> Window:
    """Return the window that reads the pairs of a last dimension of size 2 as complex numbers.

    Raises
    ------
    RuntimeError
        If the type is none of float16, float32 and float64, the last dimension is not of size 2 and stride
        1, or the offset or another stride is odd.
    """
    if window.dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of "
            f"type {window.dtype.name}"
        )
    if not window.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if window.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if window.strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    pairs = zip(window.shape[:-1], window.strides[:-1], strict=True)
    if any(stride % 2 for size, stride in pairs if size > 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if window.offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return Window(
        window.shape[:-1],
        tuple(stride // 2 for stride in window.strides[:-1]),
        window.offset // 2,
        dtypes.complex_of(window.dtype),
    )
