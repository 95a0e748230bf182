"""Attention layers. Sources: ``nn.MultiheadAttention``, ``nn.TransformerEncoderLayer``."""

from __future__ import annotations

import copy
import math
from typing import Any

from .. import dtypes
from ..dispatch import ops
from . import init
from .containers import ModuleList
from .linear import Linear, parameter
from .module import Module
from .normalization import LayerNorm
from .simple import Dropout


class MultiheadAttention(Module):
    """Attention in several subspaces, whose results are joined and projected."""

    in_proj_weight: Any
    in_proj_bias: Any
    bias_k: Any
    bias_v: Any

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(f"embed_dim and num_heads must be greater than 0, got {embed_dim}, {num_heads}")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.batch_first, self.head_dim = batch_first, embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self.in_proj_weight = parameter(3 * embed_dim, embed_dim, dtype=dtype)
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim, dtype=dtype) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        init.xavier_uniform_(self.in_proj_weight)
        if bias:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """Return the attended values and, if wanted, the weights, averaged over the heads."""
        alone = query.ndim == 2
        given = [query, key, value]
        if alone:
            given = [one.unsqueeze(0) for one in given]
        elif not self.batch_first:
            given = [one.transpose(0, 1) for one in given]
        weights = self.in_proj_weight.chunk(3)
        biases = [None] * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        q, k, v = (
            self._heads(ops.nn.functional.linear(x, w, b))
            for x, w, b in zip(given, weights, biases, strict=True)
        )
        scores = ops.matmul(q, k.transpose(-2, -1)) / math.sqrt(self.head_dim)
        mask = self._mask(attn_mask, key_padding_mask, scores, alone)
        attention = ops.softmax(scores if mask is None else scores + mask, -1)
        dropped = ops.nn.functional.dropout(attention, self.dropout, self.training)
        joined = ops.matmul(dropped, v).transpose(1, 2).flatten(2)
        output = self.out_proj(joined)
        shown = None
        if need_weights:
            shown = attention.mean(1) if average_attn_weights else attention
            shown = shown.squeeze(0) if alone else shown
        if alone:
            return output.squeeze(0), shown
        return output if self.batch_first else output.transpose(0, 1), shown

    def _heads(self, x: Any) -> Any:
        return x.reshape(*x.shape[:2], self.num_heads, self.head_dim).transpose(1, 2)

    def _mask(self, attn_mask: Any, padding: Any, scores: Any, alone: bool) -> Any:
        total = None
        if attn_mask is not None:
            total = _added(attn_mask, scores.dtype)
            if total.ndim == 3:
                total = total.reshape(-1, self.num_heads, *total.shape[1:])
        if padding is not None:
            rows = _added(padding.unsqueeze(0) if alone else padding, scores.dtype)[:, None, None, :]
            total = rows if total is None else total + rows
        return total


def _added(mask: Any, kind: Any) -> Any:
    """Return a mask to be added: minus infinity where a bool mask is True."""
    if mask.dtype is not dtypes.bool_:
        return mask
    return ops.zeros(tuple(mask.shape), dtype=kind).masked_fill(mask, -math.inf)


class TransformerEncoderLayer(Module):
    """Self-attention and a feed-forward network, each with a residual and a normalization."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shared: dict[str, Any] = {"bias": bias, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **shared)
        self.linear1 = Linear(d_model, dim_feedforward, **shared)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **shared)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **shared)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **shared)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        if isinstance(activation, str):
            if activation not in ("relu", "gelu"):
                raise RuntimeError(f"activation should be relu/gelu, not {activation}")
            activation = getattr(ops.nn.functional, activation)
        self.activation = activation

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:
        def attend(x: Any) -> Any:
            options = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask}
            return self.dropout1(self.self_attn(x, x, x, need_weights=False, **options)[0])

        if self.norm_first:
            x = src + attend(self.norm1(src))
            return x + self._feed(self.norm2(x))
        x = self.norm1(src + attend(src))
        return self.norm2(x + self._feed(x))

    def _feed(self, x: Any) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """Encoder layers one after the other."""

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, **ignored: Any
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, **ignored: Any) -> Any:
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask)
        return src if self.norm is None else self.norm(src)
