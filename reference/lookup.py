"""Rows looked up in a table. Sources: ``nn.functional.embedding``, ``nn.functional.embedding_bag``."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from . import dtypes
from .autograd.derivatives import derivative
from .dispatch import op, ops
from .kernels import fresh
from .tensor import Tensor


@op("_embedding", method=False)
def rows(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool) -> Tensor:
    """Return the rows of a table; an index outside raises IndexError."""
    wanted = indices.array.astype(np.int64)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= weight.shape[0]):
        raise IndexError("index out of range in self")
    return fresh(weight.array[wanted], weight.dtype)


def _of_weight(grad: Any, indices: Any, padding_idx: int, scale_grad_by_freq: bool, meta: Any) -> Any:
    flat = indices.reshape(-1).to(dtypes.int64)
    sent = grad.reshape(flat.numel(), meta.weight.shape[1])
    factors = (flat.array != padding_idx).astype(np.float64)
    if scale_grad_by_freq:
        counts = np.bincount(flat.array, minlength=meta.weight.shape[0])
        factors = factors / counts[flat.array]
    sent = ops.where(fresh(factors != 0).unsqueeze(1), sent * fresh(factors, grad.dtype).unsqueeze(1), 0.0)
    return ops.index_add(ops.zeros(tuple(meta.weight.shape), dtype=grad.dtype), 0, flat, sent)


derivative("_embedding", weight=_of_weight)


def _check_indices(input: Tensor) -> None:
    if input.dtype not in (dtypes.int32, dtypes.int64):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
            f"but got torch.{input.dtype.scalar_name}Tensor instead"
        )


def _shorten(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up down to a norm, in place."""
    for row in np.unique(input.array):
        one = weight.detach()[int(row)]
        length = float(ops.linalg.vector_norm(one, norm_type).item())
        if length > max_norm:
            one.mul_(max_norm / (length + 1e-7))


@op("nn.functional.embedding", composite=True)
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Return the rows of a table that an integer tensor of any shape names.

    Raises
    ------
    IndexError
        For an index outside the table.
    RuntimeError
        For indices that are not int32 or int64.
    """
    _check_indices(input)
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if padding_idx is not None:
        if not -weight.shape[0] <= padding_idx < weight.shape[0]:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= weight.shape[0]
    if max_norm is not None:
        _shorten(weight, input, max_norm, norm_type)
    return ops._embedding(weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq)


@op("nn.functional.embedding_bag", composite=True)
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """Return the sum, mean or maximum of the rows of each bag; an empty bag gives zeros.

    Raises
    ------
    ValueError
        For offsets with a 2-D input or none with a 1-D one, and for another mode.
    """
    _check_indices(input)
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch"
            )
        width = input.shape[1]
        starts = list(range(0, input.numel() + 1, width)) if width else [0] * (input.shape[0] + 1)
    else:
        if input.ndim != 1:
            raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        starts = [*offsets.tolist(), *([] if include_last_offset else [input.numel()])]
    flat = input.reshape(-1)
    found = embedding(flat, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)
    # The sum is rounded once.
    found = found.to(weight.dtype.compute)
    if per_sample_weights is not None:
        found = found * per_sample_weights.reshape(-1, 1).to(found.dtype)
    if input.ndim == 2 and padding_idx is None and input.numel():
        return _reduced(found.reshape(*input.shape, -1), mode, 1).to(weight.dtype)
    kept = np.ones(flat.numel(), bool)
    if padding_idx is not None:
        kept = flat.array != padding_idx % weight.shape[0]
    bags = []
    for start, stop in pairwise(starts):
        inside = np.flatnonzero(kept[start:stop]) + start
        bag = found.index_select(0, fresh(inside.astype(np.int64)))
        bags.append(_reduced(bag, mode if bag.shape[0] else "sum", 0))
    return ops.stack(bags).to(weight.dtype) if bags else ops.zeros((0, weight.shape[1]), dtype=weight.dtype)


def _reduced(rows: Any, mode: str, dim: int) -> Any:
    if mode == "max":
        return rows.max(dim).values
    return rows.sum(dim) if mode == "sum" else rows.mean(dim)
