"""Operations that join, repeat and rearrange into fresh storage. Sources: the pages of the functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dispatch import op
from .kernels import elements, fresh, promoted, wrap_dim
from .tensor import Tensor


@op("cat", "concat", "concatenate", method=False, out=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors joined along a dimension; types promote, a tensor of shape (0,) is left out."""
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    common = promoted(*tensors)
    for place, one in enumerate(tensors):
        if not one.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {place}) cannot be concatenated")
    joined = [one for one in tensors if one.shape != (0,)] or tensors[:1]
    first = joined[0]
    axis = wrap_dim(dim, first.ndim)
    for place, one in enumerate(joined):
        _check_joins(first, one, axis, place)
    return fresh(np.concatenate([elements(one, common) for one in joined], axis=axis), common)


def _check_joins(first: Tensor, one: Tensor, axis: int, place: int) -> None:
    if one.ndim != first.ndim:
        raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {one.ndim}")
    for dim, (expected, size) in enumerate(zip(first.shape, one.shape, strict=True)):
        if dim != axis and expected != size:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {axis}. Expected size {expected} but got "
                f"size {size} for tensor number {place} in the list."
            )
