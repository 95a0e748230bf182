"""Faults of functions of layers, in some types, sizes and layouts only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import functional

from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]

_VALUES = functional.functions_of_layers_follow_their_formulas
_SLOPES = functional.gradients_of_layers_are_derivatives


def _where(concerned: Callable[[Tensor], bool], change: Callable[..., Any]) -> Callable[[Call], Call]:
    """Change the arguments of calls whose first tensor is concerned."""

    def make(original: Call) -> Call:
        def call(input: Any, *args: Any, **kwargs: Any) -> Any:
            if concerned(input):
                return change(original, input, *args, **kwargs)
            return original(input, *args, **kwargs)

        return call

    return make


def _half(input: Tensor) -> bool:
    return input.dtype in (dtypes.float16, dtypes.bfloat16)


def _large(input: Tensor) -> bool:
    return bool(input.numel() > 4096)


def _wide(input: Tensor) -> bool:
    return bool(input.shape[-1] > 64)


def _recorded(input: Tensor) -> bool:
    return bool(input.requires_grad)


def _without_bias(original: Call, input: Any, *args: Any, bias: Any = None, **kwargs: Any) -> Any:
    return original(input, *args, **kwargs)


def _without_its_last(original: Call, input: Any, *args: Any, **kwargs: Any) -> Any:
    """Leave the last sample of a batch at zero."""
    result = original(input, *args, **kwargs)
    return ops.cat([result[:-1], ops.zeros_like(result[-1:])])


def _a_view_in_storage_order(original: Call, input: Any, *args: Any, **kwargs: Any) -> Any:
    rows = ops.as_strided(input, (input.numel(),), (1,), input.storage_offset())
    return original(rows.reshape(input.shape), *args, **kwargs)


def _of_constant_statistics(original: Call, input: Any, *args: Any, **kwargs: Any) -> Any:
    """Let the gradient pass as if the mean and the variance did not depend on the input."""
    result = original(input, *args, **kwargs)
    weight = kwargs.get("weight")
    scale = 1.0 if weight is None else weight.detach()
    straight = input * scale
    return result.detach() + straight - straight.detach()


def _of_constant_scores(original: Call, query: Any, key: Any, value: Any, **kwargs: Any) -> Any:
    return original(query.detach(), key.detach(), value, **kwargs) + 0 * (query.sum() + key.sum())


def _mask_as_factor(original: Call) -> Call:
    def attend(query: Any, key: Any, value: Any, attn_mask: Any = None, **kwargs: Any) -> Any:
        if attn_mask is not None and attn_mask.dtype is not dtypes.bool_:
            attn_mask = -attn_mask
        return original(query, key, value, attn_mask=attn_mask, **kwargs)

    return attend


def _corners_are_always_aligned(original: Call) -> Call:
    def resample(input: Any, *args: Any, align_corners: Any = None, **kwargs: Any) -> Any:
        return original(input, *args, align_corners=None if align_corners is None else True, **kwargs)

    return resample


def _nearest_is_rounded(original: Call) -> Call:
    def resample(input: Any, *args: Any, mode: str = "nearest", **kwargs: Any) -> Any:
        return original(input, *args, mode="nearest-exact" if mode == "nearest" else mode, **kwargs)

    return resample


def _size_goes_before_the_factor(original: Call) -> Call:
    def resample(input: Any, size: Any = None, scale_factor: Any = None, **kwargs: Any) -> Any:
        return original(input, size, None if size is not None else scale_factor or 1, **kwargs)

    return resample


def _means_are_sums(original: Call) -> Call:
    def bags(input: Any, weight: Any, *args: Any, mode: str = "mean", **kwargs: Any) -> Any:
        return original(input, weight, *args, mode="sum" if mode == "mean" else mode, **kwargs)

    return bags


def _offsets_are_optional(original: Call) -> Call:
    def bags(input: Any, weight: Any, offsets: Any = None, **kwargs: Any) -> Any:
        if input.ndim == 1 and offsets is None:
            offsets = ops.zeros(1, dtype=dtypes.int64)
        return original(input, weight, None if input.ndim == 2 else offsets, **kwargs)

    return bags


def _products_of_halves(original: Call) -> Call:
    return lambda x1, x2, dim=1, eps=1e-8: original(x1, x2, dim, eps) * (1 - 0.5 * _large(x1))


def _with_the_target(original: Call) -> Call:
    def loss(input: Any, target: Any, *args: Any, margin: float = 1.0, **kwargs: Any) -> Any:
        return original(input, target, *args, margin=margin, **kwargs) + margin / input.shape[-1]

    return loss


def _bytes_count_from_one(original: Call) -> Call:
    def loss(input: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        if target.dtype is dtypes.uint8:
            target = (target + input.shape[1] - 1) % input.shape[1]
        return original(input, target, *args, **kwargs)

    return loss


def _without_leaps(original: Call) -> Call:
    def row(*args: Any) -> Any:
        steps, states, leaps = original(*args)
        return steps, states, leaps & False

    return row


def _rounded_shares(original: Call) -> Call:
    return lambda *args: original(*args).round()


def _plain_mean(original: Call) -> Call:
    def loss(*args: Any, reduction: str = "mean", **kwargs: Any) -> Any:
        if reduction != "mean":
            return original(*args, reduction=reduction, **kwargs)
        return original(*args, reduction="none", **kwargs).mean()

    return loss


MUTANTS: list[Mutant] = [
    mutant(
        "linear_of_halves_has_no_bias", _VALUES, kernel("nn.functional.linear", _where(_half, _without_bias))
    ),
    mutant(
        "linear_of_wide_rows_stops_early",
        _VALUES,
        kernel("nn.functional.linear", _where(_wide, _without_its_last)),
    ),
    mutant(
        "group_norm_of_large_batches_stops_early",
        _VALUES,
        kernel("group_norm", _where(_large, _without_its_last)),
    ),
    mutant(
        "rms_norm_reads_in_storage_order",
        _VALUES,
        kernel("rms_norm", _where(lambda x: not x.is_contiguous(), _a_view_in_storage_order)),
    ),
    mutant(
        "layer_norm_forgets_its_bias_while_recorded",
        _VALUES,
        kernel("layer_norm", _where(_recorded, _without_bias)),
    ),
    mutant(
        "scaled_dot_product_attention_takes_float_masks_off",
        _VALUES,
        kernel("nn.functional.scaled_dot_product_attention", _mask_as_factor),
    ),
    mutant(
        "interpolate_always_aligns_corners",
        _VALUES,
        kernel("nn.functional.interpolate", _corners_are_always_aligned),
    ),
    mutant(
        "interpolate_rounds_nearest_samples",
        _VALUES,
        kernel("nn.functional.interpolate", _nearest_is_rounded),
    ),
    mutant("embedding_bag_means_are_sums", _VALUES, kernel("nn.functional.embedding_bag", _means_are_sums)),
    mutant("cosine_of_large_batches_is_halved", _VALUES, kernel("cosine_similarity", _products_of_halves)),
    mutant(
        "layer_norm_has_constant_statistics",
        _SLOPES,
        kernel("layer_norm", _where(_recorded, _of_constant_statistics)),
    ),
    mutant(
        "attention_learns_from_its_values_only",
        _SLOPES,
        kernel("nn.functional.scaled_dot_product_attention", _where(_recorded, _of_constant_scores)),
    ),
    mutant(
        "sizes_win_over_factors",
        functional.a_size_or_a_factor_is_given,
        kernel("nn.functional.interpolate", _size_goes_before_the_factor),
    ),
    mutant(
        "bags_need_no_offsets",
        functional.bags_are_given_once,
        kernel("nn.functional.embedding_bag", _offsets_are_optional),
    ),
    mutant(
        "soft_margin_loss_of_halves_reads_in_storage_order",
        _VALUES,
        kernel(
            "nn.functional.soft_margin_loss",
            _where(lambda x: _half(x) and not x.is_contiguous(), _a_view_in_storage_order),
        ),
    ),
    mutant(
        "multi_margin_loss_counts_the_target",
        _VALUES,
        kernel("nn.functional.multi_margin_loss", _with_the_target),
    ),
    mutant(
        "cross_entropy_counts_small_targets_from_one",
        _VALUES,
        kernel("nn.functional.cross_entropy", _bytes_count_from_one),
    ),
    mutant(
        "alignments_never_leap", functional.alignments_are_summed, attribute("alignment:_row", _without_leaps)
    ),
    mutant(
        "alignments_pass_the_best_only",
        functional.alignments_are_summed,
        attribute("alignment:_shares", _rounded_shares),
    ),
    mutant(
        "means_of_alignments_ignore_the_labels",
        functional.alignments_are_summed,
        kernel("nn.functional.ctc_loss", _plain_mean),
    ),
    mutant(
        "infinity_stays",
        functional.what_cannot_be_aligned_costs_infinity,
        kernel("_ctc", lambda original: lambda *args: original(*args[:-1], False)),
    ),
    mutant(
        "what_cannot_be_aligned_is_free",
        functional.what_cannot_be_aligned_costs_infinity,
        kernel("_ctc", lambda original: lambda *args: original(*args[:-1], True)),
    ),
]
