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


derivative(
    "mm",
    "bmm",
    input=lambda grad, mat2: matrices(grad, adjoint(mat2)),
    mat2=lambda grad, input: matrices(adjoint(input), grad),
)
derivative(
    "mv",
    input=lambda grad, vec: ops.mul(ops.unsqueeze(grad, 1), conj(vec)),
    vec=lambda grad, input: ops.mv(adjoint(input), grad),
)
derivative(
    "dot", input=lambda grad, tensor: grad * conj(tensor), tensor=lambda grad, input: grad * conj(input)
)
derivative("vdot", input=lambda grad, other: conj(grad) * other, other=lambda grad, input: grad * input)
derivative(
    "outer",
    input=lambda grad, vec2: ops.mv(grad, conj(vec2)),
    vec2=lambda grad, input: ops.mv(ops.transpose(grad, 0, 1), conj(input)),
)
derivative(
    "addmm",
    "baddbmm",
    input=lambda grad, beta: scaled(grad, beta),
    mat1=lambda grad, mat2, alpha: scaled(matrices(grad, adjoint(mat2)), alpha),
    mat2=lambda grad, mat1, alpha: scaled(matrices(adjoint(mat1), grad), alpha),
    batch1=lambda grad, batch2, alpha: scaled(matrices(grad, adjoint(batch2)), alpha),
    batch2=lambda grad, batch1, alpha: scaled(matrices(adjoint(batch1), grad), alpha),
)
derivative(
    "addmv",
    input=lambda grad, beta: scaled(grad, beta),
    mat=lambda grad, vec, alpha: scaled(ops.mul(ops.unsqueeze(grad, 1), conj(vec)), alpha),
    vec=lambda grad, mat, alpha: scaled(ops.mv(adjoint(mat), grad), alpha),
)


def matrices(a: Tensor, b: Tensor) -> Any:
    return ops.bmm(a, b) if a.ndim == 3 else ops.mm(a, b)
