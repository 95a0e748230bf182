"""Derivatives of inverses, solutions, determinants, exponentials and contractions. Source: ``linalg``."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .derivatives import derivative
from .formulas_elementwise import conj
from .formulas_factors import matmul
from .formulas_linalg import adjoint
from .formulas_reductions import product_of_others

# Inverses and solutions.


def inverse(grad: Tensor, result: Tensor) -> Any:
    turned = adjoint(result)
    return -matmul(turned, grad, turned)


def pseudoinverse(grad: Tensor, input: Tensor, result: Tensor) -> Any:
    """The formula of Golub and Pereyra (1973), grouped so that no product is square in the longer side."""
    slope, turned = adjoint(grad), adjoint(result)
    if input.shape[-2] <= input.shape[-1]:
        inner = matmul(slope, result)
        outer = matmul(inner, turned)
        rest = matmul(matmul(turned, result), slope - matmul(inner, input))
        return outer - adjoint(matmul(result, inner)) - matmul(matmul(input, result), outer) + rest
    inner = matmul(result, slope)
    outer = matmul(turned, inner)
    rest = matmul(slope - matmul(input, inner), result, turned)
    return outer - adjoint(matmul(inner, result)) - matmul(matmul(outer, result), input) + rest


def right_side(grad: Tensor, A: Tensor, left: bool) -> Any:
    return ops._solve_matrices(adjoint(A), grad, left)[0]


def coefficients(grad: Tensor, A: Tensor, result: Tensor, left: bool) -> Any:
    side = right_side(grad, A, left)
    return -(matmul(side, adjoint(result)) if left else matmul(adjoint(result), side))


derivative("linalg.inv_ex", A=lambda grad, result: inverse(grad, result))
derivative("linalg.pinv", input=lambda grad, input, result: pseudoinverse(grad, input, result))
derivative(
    "_solve_matrices",
    A=lambda grad, A, result, left: coefficients(grad, A, result, left),
    B=lambda grad, A, left: right_side(grad, A, left),
)


def triangular_side(grad: Tensor, input: Tensor, upper: bool, left: bool, unitriangular: bool) -> Any:
    return ops.linalg.solve_triangular(
        adjoint(input), grad, upper=not upper, left=left, unitriangular=unitriangular
    )


def triangle(
    grad: Tensor, input: Tensor, result: Tensor, upper: bool, left: bool, unitriangular: bool
) -> Any:
    side = triangular_side(grad, input, upper, left, unitriangular)
    full = -(matmul(side, adjoint(result)) if left else matmul(adjoint(result), side))
    return ops.triu(full, int(unitriangular)) if upper else ops.tril(full, -int(unitriangular))


derivative(
    "linalg.solve_triangular",
    input=lambda grad, input, result, upper, left, unitriangular: triangle(
        grad, input, result, upper, left, unitriangular
    ),
    B=lambda grad, input, upper, left, unitriangular: triangular_side(
        grad, input, upper, left, unitriangular
    ),
)

# Determinants.


def determinant(grad: Tensor, A: Tensor, result: Tensor) -> Any:
    """The determinant times the inverse; of a singular matrix, what that product tends to."""
    if not A.numel():
        return ops.zeros_like(A)
    turned = ops.linalg.inv_ex(adjoint(A))
    plain = turned.inverse * (grad * conj(result))[..., None, None]
    if not turned.info.array.any():
        return plain
    left, size, right = ops.linalg.svd(A, False)
    weight = grad * conj(ops.linalg.det(left) * ops.linalg.det(right))
    others = product_of_others(size, -1) * weight.unsqueeze(-1)
    limit = matmul(left * others.unsqueeze(-2), right)
    return ops.where((turned.info == 0)[..., None, None], plain, limit)


def log_determinant(grads: Any, A: Tensor, results: Any) -> Any:
    slope: Any = grads[1]
    if A.dtype.is_complex:
        slope = slope - 1j * ops.imag(conj(grads[0]) * results[0])
    unit = ops.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    return ops.linalg.solve_ex(adjoint(A), slope[..., None, None] * unit).result


derivative("linalg.det", A=lambda grad, A, result: determinant(grad, A, result))
derivative("linalg.slogdet", A=lambda grads, A, results: log_determinant(grads, A, results))

# The exponential: a block of that of a larger matrix.


def exponential(grad: Tensor, input: Tensor) -> Any:
    turned, size = adjoint(input), input.shape[-1]
    above = ops.cat([turned, grad], -1)
    below = ops.cat([ops.zeros_like(turned), turned], -1)
    whole = ops.linalg.matrix_exp(ops.cat([above, below], -2))
    return ops.narrow(ops.narrow(whole, -2, 0, size), -1, size, size)


derivative("linalg.matrix_exp", input=lambda grad, input: exponential(grad, input))

# Vectors and the trace.

derivative(
    "linalg.cross",
    input=lambda grad, other, dim: ops.linalg.cross(conj(other).expand(grad.shape), grad, dim=dim),
    other=lambda grad, input, dim: ops.linalg.cross(grad, conj(input).expand(grad.shape), dim=dim),
)
derivative(
    "trace",
    input=lambda grad, meta: grad * ops.eye(*meta.input.shape, dtype=grad.dtype, device=grad.device),
)
