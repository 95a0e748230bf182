"""Products of vectors, matrices and batches of matrices. Sources: the pages of the functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes
from .casting import number_array
from .dispatch import op, ops
from .dtypes import dtype
from .kernels import Array, as_tensor, broadcast, elements, fresh, promoted
from .tensor import Tensor
from .views import expand


def _product(a: Tensor, b: Tensor, kind: dtype) -> Array:
    """Return the matrix product in the type in which ``kind`` is computed."""
    with np.errstate(all="ignore"):
        return np.asarray(np.matmul(elements(a, kind), elements(b, kind)))


def _check_ndim(tensor: Any, ndim: int, message: str) -> Tensor:
    if as_tensor(tensor).ndim != ndim:
        raise RuntimeError(message)
    return tensor  # type: ignore[no-any-return]


def _check_kernel(name: str, kind: dtype) -> None:
    if kind is dtypes.bool_:
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'")


def _check_matrices(mat1: Tensor, mat2: Tensor, first: str) -> None:
    _check_ndim(mat1, 2, f"{first} must be a matrix")
    _check_ndim(mat2, 2, "mat2 must be a matrix")
    if mat1.shape[1] != mat2.shape[0]:
        sizes = ["x".join(map(str, one.shape)) for one in (mat1, mat2)]
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes[0]} and {sizes[1]})")


@op("mm", out=True, exact_out=True)
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the product of two matrices of one type.

    Raises
    ------
    RuntimeError
        Unless both are matrices of one type, as many rows in the second as columns in the first.
    NotImplementedError
        For bool.
    """
    _check_matrices(input, mat2, "self")
    if input.dtype is not mat2.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {input.dtype.c_name} != {mat2.dtype.c_name}"
        )
    _check_kernel("addmm_impl_cpu_", input.dtype)
    return fresh(_product(input, mat2, input.dtype), input.dtype)


@op("mv", out=True, exact_out=True)
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Return the product of a matrix and a vector of one type; errors as for `addmv`."""
    start = np.zeros(as_tensor(input).shape[:1], input.dtype.numpy)
    return addmv(fresh(start), input, vec, beta=0)


@op("dot", out=True, exact_out=True)
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Return the sum of products of two vectors of one type and length; nothing is conjugated."""
    _check_vectors(input, tensor, "dot")
    return fresh(_product(input, tensor, input.dtype), input.dtype)


@op("vdot", out=True, exact_out=True)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Return the sum of products of two vectors, the first conjugated."""
    _check_vectors(input, other, "vdot")
    first = fresh(np.conj(input.array)) if input.dtype.is_complex else input
    return fresh(_product(first, other, input.dtype), input.dtype)


def _check_vectors(a: Tensor, b: Tensor, name: str) -> None:
    if as_tensor(a).ndim != 1 or as_tensor(b).ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"{name} : expected both vectors to have same dtype, but found {a.dtype.scalar_name} and "
            f"{b.dtype.scalar_name}"
        )
    if a.numel() != b.numel():
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.numel()}] and src [{b.numel()}] to have the same "
            f"number of elements, but got {a.numel()} and {b.numel()} elements respectively"
        )
    _check_kernel(name, a.dtype)


@op("bmm", out=True, exact_out=True)
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the products of two batches of matrices of one type; batch sizes do not broadcast."""
    _check_batches(input, mat2)
    return fresh(_product(input, mat2, input.dtype), input.dtype)


def _check_batches(a: Tensor, b: Tensor) -> None:
    _check_ndim(a, 3, "batch1 must be a 3D tensor")
    _check_ndim(b, 3, "batch2 must be a 3D tensor")
    if (b.shape[0], b.shape[1]) != (a.shape[0], a.shape[2]):
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{a.shape[0]}, {a.shape[2]}] but got: [{b.shape[0]}, {b.shape[1]}]."
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(f"expected scalar type {a.dtype.scalar_name} but found {b.dtype.scalar_name}")
    _check_kernel("bmm", a.dtype)


@op("matmul", "linalg.matmul", out=True, exact_out=True, composite=True)
def matmul(input: Tensor, other: Tensor) -> Any:
    """Return the matrix product; what is computed follows from the ranks.

    Vectors act as a row on the left and as a column on the right, and that dimension is then dropped; all but
    the last two dimensions broadcast.

    Raises
    ------
    RuntimeError
        For a zero-dim argument, and as the product that is carried out does.
    """
    a, b = as_tensor(input), as_tensor(other, "other")
    if not a.ndim or not b.ndim:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
        )
    if a.ndim <= 2 and b.ndim <= 2:
        return _of_low_rank(a, b)
    if b.ndim <= 2:
        flat = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])
        return ops._unsafe_view(_of_low_rank(flat, b), *a.shape[:-1], *b.shape[1:])
    rows = a[None] if a.ndim == 1 else a
    product = _of_batches(rows, b)
    return product[..., 0, :] if a.ndim == 1 else product


def _of_low_rank(a: Tensor, b: Tensor) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return ops.dot(a, b)
    if b.ndim == 1:
        return ops.mv(a, b)
    return ops.mm(a[None], b)[0] if a.ndim == 1 else ops.mm(a, b)


def _of_batches(a: Tensor, b: Tensor) -> Any:
    batch = broadcast(a.shape[:-2], b.shape[:-2])
    count = math.prod(batch)
    folded = [one.expand(*batch, *one.shape[-2:]).reshape(count, *one.shape[-2:]) for one in (a, b)]
    return ops._unsafe_view(ops.bmm(*folded), *batch, a.shape[-2], b.shape[-1])


@op("outer", "ger", out=True)
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Return all products of the elements of two vectors; types promote."""
    _check_ndim(input, 1, f"outer: Expected 1-D argument self, but got {input.ndim}-D")
    _check_ndim(vec2, 1, f"outer: Expected 1-D argument vec2, but got {vec2.ndim}-D")
    kind = promoted(input, vec2)
    with np.errstate(all="ignore"):
        return fresh(np.multiply.outer(elements(input, kind), elements(vec2, kind)), kind)


# Sums of a tensor and a product.


def _check_types(input: Tensor, one: Tensor, two: Tensor) -> None:
    if input.dtype is not two.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {input.dtype.scalar_name} and "
            f"{two.dtype.scalar_name}"
        )
    if one.dtype is not two.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {one.dtype.scalar_name} and "
            f"{two.dtype.scalar_name}"
        )


def _combined(input: Tensor, product: Array, beta: Any, alpha: Any) -> Tensor:
    """Return ``beta * input + alpha * product``; a ``beta`` of 0 leaves the input out, NaN included."""
    kind = input.dtype
    spread = elements(expand(input, product.shape), kind)
    with np.errstate(all="ignore"):
        scaled = product if alpha == 1 else number_array(alpha, kind.compute) * product
        if beta == 0:
            return fresh(scaled, kind)
        return fresh((spread if beta == 1 else number_array(beta, kind.compute) * spread) + scaled, kind)


@op("addmm", inplace=True, out=True, exact_out=True)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)``; the input is expanded to the product's shape."""
    _check_matrices(mat1, mat2, "mat1")
    _check_types(input, mat1, mat2)
    _check_kernel("addmm_impl_cpu_", input.dtype)
    return _combined(input, _product(mat1, mat2, input.dtype), beta, alpha)


@op("addmv", inplace=True, out=True, exact_out=True)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat @ vec)``."""
    if as_tensor(mat).ndim != 2 or as_tensor(vec).ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}")
    if mat.shape[1] != vec.shape[0] or input.numel() not in (1, mat.shape[0]):
        raise RuntimeError(
            f"size mismatch, got input ({input.numel()}), mat ({mat.shape[0]}x{mat.shape[1]}), "
            f"vec ({vec.shape[0]})"
        )
    kinds = [one.dtype.scalar_name for one in (input, mat, vec)]
    if len(set(kinds)) > 1:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {kinds[0]}, {kinds[1]}, and {kinds[2]}"
        )
    _check_kernel("addmv_impl_cpu", input.dtype)
    return _combined(input, _product(mat, vec, input.dtype), beta, alpha)


@op("baddbmm", inplace=True, out=True, exact_out=True)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * (batch1 @ batch2)``, matrix by matrix."""
    _check_batches(batch1, batch2)
    _check_types(input, batch1, batch2)
    return _combined(input, _product(batch1, batch2, input.dtype), beta, alpha)


@op("addbmm", inplace=True, out=True, exact_out=True)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * sum(batch1[i] @ batch2[i])``."""
    _check_batches(batch1, batch2)
    _check_types(input, batch1, batch2)
    total = _product(batch1, batch2, input.dtype).sum(axis=0, dtype=input.dtype.compute.numpy)
    return _combined(input, total, beta, alpha)


@op("addr", inplace=True, out=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * outer(vec1, vec2)``; types promote."""
    _check_ndim(vec1, 1, f"addr: Expected 1-D argument vec1, but got {vec1.ndim}-D")
    _check_ndim(vec2, 1, f"addr: Expected 1-D argument vec2, but got {vec2.ndim}-D")
    kind = promoted(input, vec1, vec2)
    with np.errstate(all="ignore"):
        product = np.multiply.outer(elements(vec1, kind), elements(vec2, kind))
    return _combined(
        input if input.dtype is kind else fresh(elements(input, kind), kind), product, beta, alpha
    )


@op("nn.functional.linear", composite=True)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Any:
    """Return the products of the last dimension with the rows of a weight matrix, plus a bias."""
    if bias is not None and input.ndim == 2:
        return ops.addmm(bias, input, weight.t())
    if bias is not None and input.ndim == 3 and input.is_contiguous() and weight.ndim == 2:
        rows = input.reshape(math.prod(input.shape[:2]), input.shape[2])
        return ops.addmm(bias, rows, weight.t()).view(*input.shape[:2], weight.shape[0])
    product = ops.matmul(input, weight.t())
    return product if bias is None else ops.add(product, bias)
