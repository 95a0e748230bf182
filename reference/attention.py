"""Attention and gated units. Sources: their pages of ``torch.nn.functional``."""

from __future__ import annotations

import math
from typing import Any

from . import dtypes
from .dispatch import op, ops
from .dropping import dropout
from .tensor import Tensor


@op("nn.functional.scaled_dot_product_attention", composite=True)
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Return values weighted by the softmax of scaled products of queries and keys.

    A bool mask is True where a query may attend; other masks are added. A row without any key gives zeros.
    """
    if not query.dtype is key.dtype is value.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{query.dtype.c_name} key.dtype: {key.dtype.c_name} and value.dtype: {value.dtype.c_name} "
            "instead."
        )
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key, value = (one.repeat_interleave(times, -3) for one in (key, value))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query, key.transpose(-2, -1)) * factor
    allowed = _allowed(scores, attn_mask, is_causal)
    if attn_mask is not None and attn_mask.dtype is not dtypes.bool_:
        scores = scores + attn_mask
    if allowed is not None:
        scores = ops.masked_fill(scores, ops.logical_not(allowed), -math.inf)
    nothing = (scores == -math.inf).all(-1, keepdim=True)
    weights = ops.masked_fill(ops.softmax(ops.masked_fill(scores, nothing, 0.0), -1), nothing, 0.0)
    if dropout_p:
        weights = dropout(weights, dropout_p)
    return ops.matmul(weights, value)


def _allowed(scores: Any, mask: Tensor | None, is_causal: bool) -> Any:
    allowed = mask if mask is not None and mask.dtype is dtypes.bool_ else None
    if not is_causal:
        return allowed
    causal = ops.ones(tuple(scores.shape[-2:]), dtype=dtypes.bool_).tril()
    return causal if allowed is None else ops.logical_and(allowed, causal)


@op("nn.functional.glu", composite=True)
def glu(input: Tensor, dim: int = -1) -> Any:
    """Return the first half along a dimension times the sigmoid of the second; RuntimeError for odd sizes."""
    if input.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}")
    first, second = input.chunk(2, dim)
    return first * ops.sigmoid(second)


@op("prelu", "nn.functional.prelu", composite=True)
def prelu(input: Tensor, weight: Tensor) -> Any:
    """Return x where it is above zero, a learned part of it elsewhere: one, or one a channel."""
    if not input.ndim and weight.numel() > 1:
        raise RuntimeError("Not allow zero-dim input tensor.")
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )
    slope = weight.reshape(-1, *(1,) * max(input.ndim - 2, 0)) if weight.numel() > 1 else weight
    if input.ndim < 2 and weight.numel() == 1:
        slope = weight.reshape(())
    return ops.where(input > 0, input, input * slope)


@op("nn.functional.bilinear", "bilinear", method=False, composite=True)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Any:
    """Return ``x1 A x2`` for each matrix A of a weight, plus a bias."""
    left = ops.matmul(input1.unsqueeze(-2).unsqueeze(-3), weight)
    result = ops.matmul(left, input2.unsqueeze(-1).unsqueeze(-3)).squeeze(-1).squeeze(-1)
    return result if bias is None else result + bias


@op("nn.functional.unfold", method=False, composite=True)
def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Return the windows of a batch of images as columns."""
    from tensorcanon.spec.rules.sizes import repeated

    kernel, dilation, padding, stride = (repeated(one, 2) for one in (kernel_size, dilation, padding, stride))
    batch = input if input.ndim == 4 else input.unsqueeze(0)
    spread = ops.constant_pad_nd(batch, (padding[1], padding[1], padding[0], padding[0]))
    for dim, (k, d, s) in enumerate(zip(kernel, dilation, stride, strict=True), start=2):
        spread = spread.unfold(dim, d * (k - 1) + 1, s)[..., ::d]
    columns = spread.permute(0, 1, 4, 5, 2, 3)
    shape = columns.shape
    result = columns.reshape(shape[0], shape[1] * shape[2] * shape[3], shape[4] * shape[5])
    return result if input.ndim == 4 else result.squeeze(0)
