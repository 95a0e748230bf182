"""Results that are not unique, held against what defines them instead of against torch's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.testing._internal.opinfo.core import SampleInput

from .judging import difference

Equation = Callable[[SampleInput, Any, Any], str | None]


def _argument(sample: SampleInput, place: int, name: str, default: Any) -> Any:
    return sample.args[place] if place < len(sample.args) else sample.kwargs.get(name, default)


# Indices: which of several equal elements is named is free unless a stable order was asked for.


def _indices(place: int, default: int | None, *, alone: bool = False, drops: bool = False) -> Equation:
    """Return the check of an operation whose argument at a place is the dimension."""

    def agree(sample: SampleInput, own: Any, theirs: Any) -> str | None:
        exact = difference(own, theirs)
        dim = _argument(sample, place, "dim", default)
        if exact is None or dim is None or sample.kwargs.get("stable"):
            return exact
        pairs = ((None, own), (None, theirs)) if alone else (tuple(own), tuple(theirs))
        if not alone and (different := difference(own[0], theirs[0])):
            return different
        kept = not drops or _argument(sample, place + 1, "keepdim", False)
        named = [_elements(sample.input, dim, pair[1], kept) for pair in pairs]
        return difference(*named) or difference(pairs[0][1].shape, pairs[1][1].shape)

    return agree


def _elements(input: torch.Tensor, dim: int, indices: torch.Tensor, kept: bool) -> torch.Tensor:
    if not input.ndim:
        return input
    return input.detach().gather(dim, indices if kept else indices.unsqueeze(dim))


# Decompositions: the factors give the matrix again, and are what they should be.


def _product(name: str, *factors: torch.Tensor, of: torch.Tensor) -> str | None:
    made = factors[0]
    for factor in factors[1:]:
        made = made @ factor
    # Products of factors that are exact to the last digit are good for fewer.
    rtol = 1e-3 if of.dtype in (torch.float32, torch.complex64) else 1e-8
    scale = float(abs(of).max()) if of.numel() else 1.0
    close = torch.allclose(made, of, rtol=rtol, atol=rtol * max(scale, 1.0))
    return None if close else f"values: {name} differs from what it should be"


def _orthonormal(name: str, columns: torch.Tensor) -> str | None:
    unit = torch.eye(columns.shape[-1], dtype=columns.dtype).expand(
        *columns.shape[:-2], columns.shape[-1], columns.shape[-1]
    )
    return _product(f"{name}^H {name}", columns.mH, columns, of=unit)


def _same_kinds(own: Any, theirs: Any) -> str | None:
    return next(
        (
            f"{a.dtype} {tuple(a.shape)} instead of {b.dtype} {tuple(b.shape)}"
            for a, b in zip(own, theirs, strict=True)
            if (a.dtype, a.shape) != (b.dtype, b.shape)
        ),
        None,
    )


def _eig(sample: SampleInput, own: Any, theirs: Any) -> str | None:
    values, vectors = own
    matrix = sample.input.detach().to(vectors.dtype)
    scaled = vectors * values.unsqueeze(-2)
    return (
        _same_kinds(own, theirs)
        or _product("A V", matrix, vectors, of=scaled)
        or _product("the norms of V", torch.linalg.vector_norm(vectors, dim=-2), of=_ones_like(values))
    )


def _ones_like(values: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(values.real)


def _eigh(sample: SampleInput, own: Any, theirs: Any) -> str | None:
    values, vectors = own
    lower = _argument(sample, 0, "UPLO", "L").upper() == "L"
    half = sample.input.detach().tril(-1) if lower else sample.input.detach().triu(1)
    middle = torch.diag_embed(sample.input.detach().diagonal(dim1=-2, dim2=-1).real).to(half.dtype)
    matrix = half + half.mH + middle
    return (
        _same_kinds(own, theirs)
        or difference(values, theirs[0])
        or _product("A V", matrix, vectors, of=vectors * values.unsqueeze(-2))
        or _orthonormal("V", vectors)
    )


def _svd(sample: SampleInput, own: Any, theirs: Any, *, adjoint: bool = True) -> str | None:
    left, values, right = own
    if different := _same_kinds(own, theirs) or difference(values, theirs[1]):
        return different
    if not adjoint and not _argument(sample, 1, "compute_uv", True):
        return difference(left, theirs[0]) or difference(right, theirs[2])
    right = right.mH if adjoint else right
    count = values.shape[-1]
    scaled = left[..., :count] * values.unsqueeze(-2)
    return (
        _product("U S V^H", scaled, right[..., :count].mH, of=sample.input.detach())
        or _orthonormal("U", left)
        or _orthonormal("V", right)
    )


def _old_svd(sample: SampleInput, own: Any, theirs: Any) -> str | None:
    return _svd(sample, own, theirs, adjoint=False)


EQUATIONS: dict[str, Equation] = {
    "argsort": _indices(0, -1, alone=True),
    "sort": _indices(0, -1),
    "topk": _indices(1, -1),
    "kthvalue": _indices(1, -1, drops=True),
    "mode": _indices(0, -1, drops=True),
    "linalg.eig": _eig,
    "linalg.eigh": _eigh,
    "linalg.svd": _svd,
    "svd": _old_svd,
}
