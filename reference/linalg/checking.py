"""What functions of matrices ask of their arguments, and how their results lie. Source: ``linalg``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.spec.rules.strides import contiguous_strides

from ..dtypes import dtype
from ..errors import LinAlgError
from ..folding import lacks_kernel
from ..kernels import Array, as_tensor, elements, with_strides
from ..tensor import Tensor


def check_matrix(A: Tensor, name: str, argument: str = "A") -> None:
    """Raise RuntimeError for a tensor of fewer than two dimensions."""
    if as_tensor(A).ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def check_square(A: Tensor, name: str, argument: str = "A") -> None:
    """Raise RuntimeError unless the matrices are square."""
    check_matrix(A, name, argument)
    rows, columns = A.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by {columns} "
            "matrices"
        )


def check_floating(A: Tensor, name: str) -> None:
    """Raise RuntimeError for integers and bools."""
    if not as_tensor(A).dtype.is_differentiable:
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {A.dtype.scalar_name}"
        )


def check_precise(A: Tensor, name: str) -> None:
    """Raise RuntimeError for integers, bools and the floating types of 16 bits and fewer."""
    check_floating(A, name)
    if is_low(A.dtype):
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {A.dtype.scalar_name}")


def is_low(kind: dtype) -> bool:
    """Return whether a floating type is computed in a wider one."""
    return kind.compute is not kind


def check_kernel(A: Tensor, kernel: str) -> None:
    """Raise NotImplementedError unless the type has single or double precision."""
    if not A.dtype.is_differentiable or is_low(A.dtype):
        raise lacks_kernel(kernel, A.dtype)


def check_same_type(A: Tensor, B: Tensor, name: str) -> None:
    """Raise RuntimeError for operands of two types."""
    if A.dtype is not B.dtype:
        raise RuntimeError(
            f"{name}: Expected A and B to have the same dtype, but found A of type {A.dtype.scalar_name} and "
            f"B of type {B.dtype.scalar_name} instead"
        )


def check_info(info: Tensor, message: str) -> None:
    """Raise LinAlgError where a factorisation failed, with the batch element and its number in the message.

    What is computed of a meta tensor says nothing.
    """
    if info.is_meta or not info.array.any():
        return
    codes = info.array
    place = int(np.flatnonzero(codes)[0])
    batch = f"(Batch element {place}): " if codes.ndim else ""
    raise LinAlgError(message.format(batch=batch, order=int(codes.reshape(-1)[place])))


def values_of(A: Tensor) -> Array:
    """Return elements in double precision, so that results are exact to the rounding of their type."""
    values = elements(A, A.dtype)
    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


def columnwise(array: Array, kind: dtype) -> Tensor:
    """Return matrices laid out column by column, as LAPACK leaves them."""
    rows, _ = array.shape[-2:]
    strides = (*contiguous_strides(array.shape)[:-2], 1, max(rows, 1))
    return with_strides(np.asarray(array), kind, strides)


def adjoint(array: Array) -> Array:
    """Return the conjugate transposes."""
    return np.conj(np.swapaxes(array, -2, -1))


def identity_like(A: Any) -> Array:
    """Return as many unit matrices as an array has."""
    return np.broadcast_to(np.eye(A.shape[-1], dtype=A.dtype), A.shape)
