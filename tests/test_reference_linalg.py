"""Linear algebra of the reference: gradients by differences, failures, devices, forms."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as canon

torch = pytest.importorskip("torch")

linalg = canon.linalg
A = np.array([[2.0, -1.0, 0.5], [1.0, 3.0, 0.25], [-0.5, 0.75, 1.5]])
B = np.array([[1.0, 2.0], [-1.0, 0.5], [3.0, -2.0]])
TALL, WIDE = B, B.T
COMPLEX = A + 1j * A.T[::-1]
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
PAIR = np.stack([A, A @ A])


def even(x: Any) -> Any:
    return x @ x.mH + 2 * canon.eye(x.shape[-1], dtype=x.dtype)


def shares(vectors: Any) -> Any:
    """Return what is left of vectors that are known up to a factor of magnitude 1."""
    return (vectors * vectors.conj()).real


GRADIENTS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "inv": (linalg.inv, (PAIR,)),
    "inv_of_complex": (linalg.inv, (COMPLEX,)),
    "det": (linalg.det, (PAIR,)),
    "slogdet": (lambda x: linalg.slogdet(x)[1], (A,)),
    "slogdet_of_complex": (lambda x: tuple(linalg.slogdet(x)), (COMPLEX,)),
    "logdet": (lambda x: canon.logdet(even(x)), (A,)),
    "solve": (linalg.solve, (A, B)),
    "solve_from_the_right": (lambda a, b: linalg.solve(a, b, left=False), (A, WIDE)),
    "solve_batch": (linalg.solve, (PAIR, B)),
    "solve_vector": (linalg.solve, (A, B[:, 0])),
    "solve_complex": (linalg.solve, (COMPLEX, COMPLEX[:, :2])),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, upper=True), (A, B)),
    "solve_unitriangular": (
        lambda a, b: linalg.solve_triangular(a, b, upper=False, left=False, unitriangular=True),
        (COMPLEX, COMPLEX[:2]),
    ),
    "cholesky": (lambda x: linalg.cholesky(even(x)), (PAIR,)),
    "cholesky_of_complex": (lambda x: linalg.cholesky(even(x), upper=True), (COMPLEX,)),
    "cholesky_solve": (lambda b, x: canon.cholesky_solve(b, linalg.cholesky(even(x))), (B, A)),
    "cholesky_inverse": (lambda x: canon.cholesky_inverse(linalg.cholesky(even(x))), (A,)),
    "qr": (lambda x: tuple(linalg.qr(x)), (A,)),
    "qr_of_a_tall_matrix": (lambda x: tuple(linalg.qr(x)), (TALL,)),
    "qr_of_a_wide_matrix": (lambda x: tuple(linalg.qr(x)), (WIDE,)),
    "eigh": (lambda x: (lambda e: (e[0], shares(e[1])))(linalg.eigh(even(x))), (A,)),
    "eigh_of_complex": (lambda x: (lambda e: (e[0], shares(e[1])))(linalg.eigh(even(x))), (COMPLEX,)),
    "eigvalsh": (lambda x: linalg.eigvalsh(even(x)), (PAIR,)),
    "eig": (lambda x: (lambda e: (e[0], shares(e[1])))(linalg.eig(x)), (COMPLEX,)),
    "eigvals": (linalg.eigvals, (COMPLEX,)),
    "svd": (lambda x: (lambda e: (e[1], shares(e[0]), shares(e[2])))(linalg.svd(x)), (A,)),
    "svd_of_a_tall_matrix": (
        lambda x: (lambda e: (e[1], shares(e[0]), shares(e[2])))(linalg.svd(x, full_matrices=False)),
        (TALL,),
    ),
    "svd_product": (
        lambda x: (lambda e: e[0] @ canon.diag(canon.exp(e[1])).to(x.dtype) @ e[2])(linalg.svd(x, False)),
        (COMPLEX[:, :2],),
    ),
    "svdvals": (linalg.svdvals, (TALL,)),
    "pinv": (linalg.pinv, (TALL,)),
    "pinv_of_a_wide_matrix": (linalg.pinv, (WIDE,)),
    "matrix_exp": (canon.matrix_exp, (PAIR,)),
    "matrix_power": (lambda x: linalg.matrix_power(x, -3) + linalg.matrix_power(x, 5), (A,)),
    "multi_dot": (lambda a, b: linalg.multi_dot([a, b, b.T, a[0]]), (A, B)),
    "nuclear_norm": (lambda x: linalg.matrix_norm(x, "nuc"), (PAIR,)),
    "norms": (lambda x: sum(linalg.matrix_norm(x, o) for o in (1, -1, 2, -2, "fro")), (A,)),
    "cond": (lambda x: linalg.cond(x) + linalg.cond(x, 1) + linalg.cond(x, "fro"), (A,)),
    "cross": (lambda a, b: linalg.cross(a, b), (COMPLEX, COMPLEX[:1])),
    "vecdot": (linalg.vecdot, (COMPLEX, COMPLEX[:, ::-1].copy())),
    "vander": (linalg.vander, (A[0],)),
    "trace": (canon.trace, (B,)),
    "kron": (canon.kron, (A, B)),
    "inner": (canon.inner, (A, WIDE @ A)),
    "tensordot": (lambda a, b: canon.tensordot(a, b, ([1, 0], [0, 1])), (A, PAIR[0])),
    "einsum": (lambda a, b, c: canon.einsum("bij,jk,ii->bik", a, b, c), (PAIR, B, A)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_what_differences_say(name: str) -> None:
    function, arrays = GRADIENTS[name]
    inputs = tuple(canon.tensor(array).requires_grad_() for array in arrays)
    assert canon.autograd.gradcheck(function, inputs)


SECOND = (
    "inv_of_complex",
    "det",
    "solve",
    "cholesky",
    "qr",
    "eigh_of_complex",
    "eig",
    "svd",
    "matrix_exp",
    "pinv",
)


@pytest.mark.parametrize("name", SECOND)
def test_second_gradients_are_what_differences_say(name: str) -> None:
    function, arrays = GRADIENTS[name]
    inputs = tuple(canon.tensor(array).requires_grad_() for array in arrays)
    assert canon.autograd.gradgradcheck(function, inputs)


def test_the_determinant_of_a_singular_matrix_has_its_adjugate_as_gradient() -> None:
    x = canon.tensor(SINGULAR).requires_grad_()
    linalg.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4.0, -2.0], [-2.0, 1.0]], atol=1e-12)


def test_repeated_singular_values_have_gradients() -> None:
    x = canon.eye(3, dtype=canon.float64).requires_grad_()
    linalg.svd(x)[1].sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3), atol=1e-12)


FAILURES: tuple[str, ...] = (
    "linalg.inv(zeros(2, 2))",
    "linalg.inv(stack([eye(2), zeros(2, 2)]))",
    "linalg.inv(ones(2, 3))",
    "linalg.inv(ones(3))",
    "linalg.inv(ones(2, 2).half())",
    "linalg.inv(ones(2, 2).long())",
    "linalg.cholesky(tensor([[1.0, 2.0], [2.0, 1.0]]))",
    "linalg.cholesky(stack([eye(2), -eye(2)]))",
    "linalg.solve(zeros(2, 2), ones(2, 2))",
    "linalg.solve(ones(2, 2), ones(2, 2).double())",
    "linalg.solve_triangular(eye(2).half(), eye(2).half(), upper=True)",
    "linalg.svd(tensor([[float('nan')]]))",
    "linalg.eig(tensor([[float('inf')]]))",
    "linalg.eigh(ones(2, 3))",
    "linalg.eigh(eye(2).long())",
    "linalg.qr(eye(2), mode='other')",
    "linalg.matrix_norm(eye(2), 3)",
    "linalg.matrix_norm(eye(2), 'other')",
    "linalg.matrix_norm(eye(2), dim=(0, 0))",
    "linalg.norm(zeros(2, 2, 2), 2)",
    "linalg.cond(eye(2), 3)",
    "linalg.cond(ones(2, 3), 1)",
    "linalg.matrix_power(eye(2), 0.5)",
    "linalg.multi_dot([eye(2)])",
    "linalg.multi_dot([eye(2), ones(3, 2)])",
    "linalg.cross(ones(2), ones(2))",
    "linalg.vander(ones(2), N=1)",
    "linalg.vecdot(ones(2).long(), ones(2).long())",
    "tensordot(eye(3), ones(2, 2), 1)",
    "inner(eye(3), ones(2))",
    "trace(ones(2))",
    "einsum('ij', eye(2), eye(2))",
    "einsum('i1', eye(2))",
    "einsum('ij->ik', eye(2))",
    "einsum('ij->ijj', eye(2))",
    "einsum('i...j...', eye(2))",
    "einsum('i,i', ones(2), ones(3))",
    "einsum('kii,ij->kj', ones(2, 3, 2), eye(3))",
)


@pytest.mark.parametrize("program", FAILURES)
def test_failures_are_torchs(program: str) -> None:
    failures = []
    for module in (torch, canon):
        names = {"float": float, **{name: getattr(module, name) for name in _NAMES}}
        with pytest.raises(Exception) as caught:
            eval(program, names)
        failures.append((type(caught.value).__name__.removeprefix("_"), str(caught.value)))
    assert failures[1] == failures[0]


_NAMES = ("linalg", "zeros", "ones", "eye", "stack", "tensor", "tensordot", "inner", "trace", "einsum")


def test_what_cannot_be_factorised_is_numbered() -> None:
    matrices = np.stack([np.eye(2), [[1.0, 2.0], [2.0, 1.0]], -np.eye(2)])
    assert linalg.cholesky_ex(canon.tensor(matrices)).info.tolist() == [0, 2, 1]
    assert linalg.inv_ex(canon.tensor(np.stack([np.eye(2), SINGULAR]))).info.tolist() == [0, 2]
    result = linalg.solve_ex(
        canon.tensor(np.stack([np.eye(2), SINGULAR])), canon.ones(1, 2, 2, dtype=canon.float64)
    )
    assert result.info.tolist() == [0, 2]
    assert result.result[0].tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("name", ["eigh", "eig", "svd", "qr", "slogdet", "cholesky_ex", "inv_ex"])
def test_results_have_torchs_names_and_strides(name: str) -> None:
    matrices = PAIR @ PAIR.mT + 3 * np.eye(3)
    own = getattr(linalg, name)(canon.tensor(matrices))
    theirs = getattr(torch.linalg, name)(torch.tensor(matrices))
    assert type(own).__name__ == type(theirs).__name__
    assert [getattr(own, field).stride() for field in own._fields] == [one.stride() for one in theirs]
    nothing = getattr(linalg, name)(canon.zeros(2, 3, 3, dtype=canon.float64, device="meta"))
    assert [(one.shape, one.stride()) for one in nothing] == [(one.shape, one.stride()) for one in own]


def test_matrices_are_mapped() -> None:
    mapped = canon.vmap(lambda x: linalg.solve(x, x.sum(0)))(canon.tensor(PAIR))
    np.testing.assert_allclose(mapped.numpy(), np.linalg.solve(PAIR, PAIR.sum(1)[..., None])[..., 0])


def test_old_names_warn_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            canon.qr(canon.eye(2))
    assert len(caught) <= 1
