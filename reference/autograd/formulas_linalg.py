"""Derivatives of products of matrices. Sources: the pages of the functions."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .derivatives import derivative
from .formulas_elementwise import conj, scaled


def adjoint(matrix: Tensor) -> Any:
    """Return the conjugate transpose of the last two dimensions."""
    return conj(ops.transpose(matrix, -2, -1))


def columns(grad: Tensor, vector: Tensor) -> Any:
    """Return the matrix of products of two vectors, the second conjugated."""
    return grad[:, None] * conj(vector)


def repeated(grad: Tensor, meta: Any) -> Any:
    """Return a matrix once for each of a batch."""
    return grad.expand(meta.batch1.shape[0], *grad.shape)


derivative(
    "mm",
    input=lambda grad, mat2: ops.mm(grad, adjoint(mat2)),
    mat2=lambda grad, input: ops.mm(adjoint(input), grad),
)
derivative(
    "bmm",
    input=lambda grad, mat2: ops.bmm(grad, adjoint(mat2)),
    mat2=lambda grad, input: ops.bmm(adjoint(input), grad),
)
derivative(
    "mv",
    input=lambda grad, vec: columns(grad, vec),
    vec=lambda grad, input: ops.mv(adjoint(input), grad),
)
derivative(
    "dot",
    input=lambda grad, tensor: grad * conj(tensor),
    tensor=lambda grad, input: grad * conj(input),
)
derivative(
    "vdot",
    input=lambda grad, other: conj(grad) * other,
    other=lambda grad, input: grad * input,
)
derivative(
    "outer",
    input=lambda grad, vec2: ops.mv(grad, conj(vec2)),
    vec2=lambda grad, input: ops.mv(ops.transpose(grad, 0, 1), conj(input)),
)

# Sums of a tensor and a product.

derivative(
    "addmm",
    input=lambda grad, beta: scaled(grad, beta),
    mat1=lambda grad, mat2, alpha: scaled(ops.mm(grad, adjoint(mat2)), alpha),
    mat2=lambda grad, mat1, alpha: scaled(ops.mm(adjoint(mat1), grad), alpha),
)
derivative(
    "baddbmm",
    input=lambda grad, beta: scaled(grad, beta),
    batch1=lambda grad, batch2, alpha: scaled(ops.bmm(grad, adjoint(batch2)), alpha),
    batch2=lambda grad, batch1, alpha: scaled(ops.bmm(adjoint(batch1), grad), alpha),
)
derivative(
    "addbmm",
    input=lambda grad, beta: scaled(grad, beta),
    batch1=lambda grad, batch2, alpha, meta: scaled(ops.bmm(repeated(grad, meta), adjoint(batch2)), alpha),
    batch2=lambda grad, batch1, alpha, meta: scaled(ops.bmm(adjoint(batch1), repeated(grad, meta)), alpha),
)
derivative(
    "addmv",
    input=lambda grad, beta: scaled(grad, beta),
    mat=lambda grad, vec, alpha: scaled(columns(grad, vec), alpha),
    vec=lambda grad, mat, alpha: scaled(ops.mv(adjoint(mat), grad), alpha),
)
derivative(
    "addr",
    input=lambda grad, beta: scaled(grad, beta),
    vec1=lambda grad, vec2, alpha: scaled(ops.mv(grad, conj(vec2)), alpha),
    vec2=lambda grad, vec1, alpha: scaled(ops.mv(ops.transpose(grad, 0, 1), conj(vec1)), alpha),
)
