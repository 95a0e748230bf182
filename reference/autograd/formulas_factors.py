"""Derivatives of factorisations and spectra. Source: ``linalg``, and the papers the functions cite.

The formulas are those of Giles, An extended collection of matrix derivative results (2008), and of Seeger et
al., Auto-differentiating linear algebra (2017), with conjugates where numbers are complex.
"""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..tensor import Tensor
from .derivatives import derivative
from .formulas_elementwise import conj
from .formulas_linalg import adjoint


def matmul(*factors: Any) -> Any:
    """Return the product of matrices."""
    product = factors[0]
    for factor in factors[1:]:
        product = ops.matmul(product, factor)
    return product


def diagonal(matrix: Tensor) -> Any:
    return ops.diagonal(matrix, 0, -2, -1)


def embedded(vector: Tensor) -> Any:
    return ops.diag_embed(vector)


def over(numerator: Tensor, denominator: Tensor) -> Any:
    """Divide; what is 0 stays 0, as where equal eigenvalues have vectors that no gradient asks for."""
    free = (numerator == 0) & (denominator == 0)
    return numerator / ops.where(free, 1, denominator)


def gaps(values: Tensor) -> Any:
    """Return each value less the one of its row, with ones on the diagonal."""
    apart = values.unsqueeze(-2) - values.unsqueeze(-1)
    return apart + ops.eye(values.shape[-1], dtype=values.dtype, device=values.device)


def skew(matrix: Tensor) -> Any:
    return matrix - adjoint(matrix)


# Triangular factors.


def halved(matrix: Tensor) -> Any:
    """Return the lower triangle with half of the diagonal."""
    return ops.tril(matrix) - embedded(diagonal(matrix) / 2)


def cholesky(grad: Tensor, factor: Tensor, upper: bool) -> Any:
    lower, slope = (adjoint(factor), adjoint(grad)) if upper else (factor, grad)
    inner = halved(matmul(adjoint(lower), ops.tril(slope)))
    even = inner + adjoint(inner)
    turned = ops.linalg.solve_triangular(adjoint(lower), even, upper=True)
    return ops.linalg.solve_triangular(lower, turned, upper=False, left=False) / 2


derivative(
    "linalg.cholesky_ex",
    input=lambda grad, result, upper: cholesky(grad, result, upper),
)


def qr(grads: Any, results: Any, meta: Any, mode: str) -> Any:
    """A wide matrix is a square one and columns that only R has."""
    (slope_q, slope_r), (q, r) = grads, results
    rows, columns = meta.A.shape[-2:]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
            "linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
        )
    if mode == "complete" and rows > columns:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols"
        )
    if rows >= columns:
        return _square_qr(slope_q, slope_r, q, r)
    rest = columns - rows
    own, slope_own = (ops.narrow(one, -1, 0, rows) for one in (r, slope_r))
    beyond, slope_beyond = (ops.narrow(one, -1, rows, rest) for one in (r, slope_r))
    turned = slope_q + matmul(q, beyond, adjoint(slope_beyond))
    return ops.cat([_square_qr(turned, slope_own, q, own), matmul(q, slope_beyond)], -1)


def _square_qr(slope_q: Tensor, slope_r: Tensor, q: Tensor, r: Tensor) -> Any:
    inner = ops.triu(matmul(ops.triu(slope_r), adjoint(r)) - matmul(adjoint(q), slope_q))
    half = inner - embedded(diagonal(inner) / 2)
    even = half + adjoint(half)
    turned = slope_q + matmul(q, even)
    return ops.linalg.solve_triangular(adjoint(r), turned, upper=False, left=False)


derivative("linalg.qr", A=lambda grads, results, meta, mode: qr(grads, results, meta, mode))

# Eigenvalues.


def hermitian(grads: Any, results: Any) -> Any:
    (slope, slope_vectors), (roots, vectors) = grads, results
    inner = over(skew(matmul(adjoint(vectors), slope_vectors)) / 2, gaps(roots))
    inner = inner - embedded(diagonal(inner)) + embedded(slope)
    return matmul(vectors, inner, adjoint(vectors))


def general(slope: Tensor, slope_vectors: Any, roots: Tensor, vectors: Tensor) -> Any:
    """The vectors have length 1: a change along them counts for nothing."""
    inner = embedded(slope)
    if slope_vectors is not None:
        within = matmul(adjoint(vectors), slope_vectors)
        along = matmul(adjoint(vectors), vectors) * ops.real(diagonal(within)).unsqueeze(-2)
        free = within - along
        inner = inner + over(free - embedded(diagonal(free)), conj(gaps(roots)))
    return ops.linalg.solve(adjoint(vectors), matmul(inner, adjoint(vectors)))


def roots_only(grad: Tensor, input: Tensor) -> Any:
    roots, vectors = ops.linalg.eig(input)
    return general(grad, None, roots, vectors)


derivative("linalg.eigh", input=lambda grads, results: hermitian(grads, results))
derivative("linalg.eig", input=lambda grads, results: general(*grads, *results))
derivative("linalg.eigvals", input=lambda grad, input: roots_only(grad, input))

# Singular values.


def singular(grads: Any, results: Any) -> Any:
    """Beyond the singular vectors, only what leads out of the space they span is left of the gradients."""
    left, size, right = results
    slope_left, slope, slope_right = grads
    count = size.shape[-1]
    left, slope_left = (ops.narrow(one, -1, 0, count) for one in (left, slope_left))
    right, slope_right = (ops.narrow(one, -2, 0, count) for one in (right, slope_right))
    rows, columns = left.shape[-2], right.shape[-1]
    apart = gaps(size * size)
    own = skew(matmul(adjoint(left), slope_left))
    other = skew(matmul(right, adjoint(slope_right)))
    inner = over(own, apart) * size.unsqueeze(-2) + size.unsqueeze(-1) * over(other, apart)
    inner = inner - embedded(diagonal(inner)) + embedded(slope)
    if left.dtype.is_complex:
        inner = inner + embedded(over(diagonal(own), 2 * size))
    result = matmul(left, inner, right)
    if rows > count:
        beyond = slope_left - matmul(left, adjoint(left), slope_left)
        result = result + matmul(over(beyond, size.unsqueeze(-2)), right)
    if columns > count:
        beyond = slope_right - matmul(slope_right, adjoint(right), right)
        result = result + matmul(left, over(beyond, size.unsqueeze(-1)))
    return result


def values_only(grad: Tensor, A: Tensor) -> Any:
    left, _, right = ops.linalg.svd(A, False)
    return matmul(left * grad.unsqueeze(-2), right)


derivative("linalg.svd", A=lambda grads, results: singular(grads, results))
derivative("linalg.svdvals", A=lambda grad, A: values_only(grad, A))
