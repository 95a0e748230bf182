"""Complex tensors made of their parts. Sources: ``torch.complex``, ``torch.polar``."""

from __future__ import annotations

import numpy as np

from . import dtypes
from .dispatch import op
from .kernels import arranged, broadcast
from .tensor import Tensor

_PARTS = (dtypes.float16, dtypes.float32, dtypes.float64)


def _check(first: Tensor, second: Tensor) -> None:
    if first.dtype not in _PARTS or second.dtype not in _PARTS:
        names = f"{first.dtype.scalar_name} and {second.dtype.scalar_name}"
        raise RuntimeError(f"Expected both inputs to be Half, Float or Double tensors but got {names}")
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {first.dtype.scalar_name} but got scalar type "
            f"{second.dtype.scalar_name} for second argument"
        )


@op("complex", method=False, out=True)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Return the complex numbers with these parts; RuntimeError unless both have one floating type."""
    _check(real, imag)
    kind = real.dtype.to_complex()
    joined = np.empty(broadcast(tuple(real.shape), tuple(imag.shape)), kind.compute.numpy)
    joined.real, joined.imag = real.array, imag.array
    return arranged(joined, kind, real, imag)


@op("polar", method=False, out=True)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Return the complex numbers of these lengths and angles."""
    _check(abs, angle)
    if abs.dtype is dtypes.float16:
        raise NotImplementedError("\"polar_cpu\" not implemented for 'Half'")
    kind = abs.dtype.to_complex()
    joined = np.empty(broadcast(tuple(abs.shape), tuple(angle.shape)), kind.numpy)
    with np.errstate(all="ignore"):
        joined.real = abs.array * np.cos(angle.array)
        joined.imag = abs.array * np.sin(angle.array)
    return arranged(joined, kind, abs, angle)
