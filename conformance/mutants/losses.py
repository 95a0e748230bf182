"""Faults of losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import losses as s

from .mutant import Patch, attribute, kernel, mutant

Method = Callable[..., Any]
_F = "nn.functional."
_CE = _F + "cross_entropy"


def fixed(op: str, **options: Any) -> Patch:
    """Let a loss see other options than those given."""
    return kernel(_F + op, lambda original: lambda *args, **given: original(*args, **{**given, **options}))


def without(op: str, *names: str) -> Patch:
    """Let a loss not see some options."""
    return kernel(
        _F + op,
        lambda original: (
            lambda *args, **given: original(
                *args, **{name: value for name, value in given.items() if name not in names}
            )
        ),
    )


def scaled(op: str, factor: float) -> Patch:
    return kernel(_F + op, lambda original: lambda *args, **given: original(*args, **given) * factor)


def tolerant(op: str) -> Patch:
    """Let a loss answer zero where it is due an error."""

    def make(original: Method) -> Method:
        def loss(input: Any, *args: Any, **given: Any) -> Any:
            try:
                return original(input, *args, **given)
            except (IndexError, RuntimeError, ValueError):
                return ops.sum(input) * 0

        return loss

    return kernel(_F + op, make)


def _by_rows(original: Method) -> Method:
    def mse(input: Any, target: Any, *args: Any, reduction: str = "mean", **given: Any) -> Any:
        if reduction != "mean" or not input.ndim:
            return original(input, target, *args, reduction=reduction, **given)
        return original(input, target, *args, reduction="sum", **given) / input.shape[0]

    return mse


def _smoothed_ignored(_: Method) -> Method:
    def uniform(logs: Any, target: Any, weight: Any, ignore_index: int, reduction: str, axis: int) -> Any:
        from tensorcanon.reference.likelihoods import _heavy

        losses = -ops.sum(_heavy(logs, weight, axis), axis)
        return losses if reduction == "none" else getattr(ops, reduction)(losses)

    return uniform


def _of_batch(_: Method) -> Method:
    return lambda heavy, kept: ops.sum(ops.ones_like(heavy) * kept)


def _of_all(_: Method) -> Method:
    return lambda heavy, kept: ops.sum(heavy)


def _naive(_: Method) -> Method:
    def loss(
        input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
    ) -> Any:
        share = ops.sigmoid(input)
        first = target * ops.log(share) * (1 if pos_weight is None else pos_weight)
        losses = -(first + (1 - target) * ops.log(1 - share)) * (1 if weight is None else weight)
        return losses if reduction == "none" else getattr(ops, reduction)(losses)

    return loss


def _batchmean(original: Method) -> Method:
    def kl_div(*args: Any, reduction: str = "mean", **given: Any) -> Any:
        return original(*args, reduction="mean" if reduction == "batchmean" else reduction, **given)

    return kl_div


def _dropped_weight(original: Method) -> Method:
    def loss(input: Any, target: Any, weight: Any = None, **given: Any) -> Any:
        return original(input, target, **given)

    return loss


def _of_heavy(original: Method) -> Method:
    def probabilities(
        input: Any, target: Any, weight: Any, reduction: str, smoothing: float, axis: int
    ) -> Any:
        value = original(input, target, weight, reduction, smoothing, axis)
        return value if weight is None or reduction != "mean" else value / ops.mean(weight)

    return probabilities


MUTANTS = [
    mutant(
        "mse_mean_by_rows",
        (s.mse_squares_the_difference, s.losses_are_reduced_as_asked),
        kernel(_F + "mse_loss", _by_rows),
    ),
    mutant("mse_halved", s.mse_squares_the_difference, scaled("mse_loss", 0.5)),
    mutant("reduction_ignored", s.losses_are_reduced_as_asked, fixed("l1_loss", reduction="mean")),
    mutant(
        "reductions_unchecked",
        s.other_reductions_are_refused,
        *(tolerant(name) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")),
    ),
    mutant(
        "old_flags_ignored",
        s.old_flags_choose_the_reduction,
        without("mse_loss", "size_average", "reduce"),
    ),
    mutant(
        "old_flags_turned_around",
        s.old_flags_choose_the_reduction,
        attribute(
            "losses:chosen",
            lambda original: (
                lambda reduction, average, reduce: original(
                    reduction, None if average is None else not average, reduce
                )
            ),
        ),
    ),
    mutant(
        "mean_loss_of_nothing_is_zero",
        s.a_loss_of_nothing,
        kernel(
            _F + "mse_loss",
            lambda original: (
                lambda input, *args, **given: (
                    original(input, *args, **given) if input.numel() else ops.sum(input)
                )
            ),
        ),
    ),
    mutant(
        "shapes_broadcast_silently",
        s.other_shapes_are_broadcast_with_a_warning,
        attribute("losses:paired", lambda _: lambda input, target: None),
    ),
    mutant(
        "l1_is_squared",
        (s.l1_takes_the_magnitude, s.l1_takes_the_magnitude_of_complex_numbers),
        kernel(
            _F + "l1_loss",
            lambda _: (
                lambda input, target, reduction="mean", **given: (
                    ops.nn.functional.mse_loss(input, target, reduction=reduction)
                    if not input.dtype.is_complex
                    else ops.real(input - target)
                )
            ),
        ),
    ),
    mutant("smooth_l1_without_beta", s.smooth_l1_is_a_parabola_below_beta, without("smooth_l1_loss", "beta")),
    mutant("huber_without_delta", s.huber_is_a_parabola_up_to_delta, without("huber_loss", "delta")),
    mutant(
        "huber_is_smooth_l1",
        s.huber_is_a_parabola_up_to_delta,
        kernel(
            _F + "huber_loss",
            lambda _: (
                lambda input, target, reduction="mean", delta=1.0, weight=None: (
                    ops.nn.functional.smooth_l1_loss(input, target, reduction=reduction, beta=delta)
                )
            ),
        ),
    ),
    mutant("thresholds_unchecked", s.thresholds_are_checked, tolerant("smooth_l1_loss")),
    mutant(
        "l1_never_vanishes",
        s.losses_vanish_where_the_input_is_the_target,
        kernel(_F + "l1_loss", lambda original: lambda *args, **given: original(*args, **given) + 1e-3),
    ),
    mutant(
        "mean_divides_by_the_rows",
        (s.nll_picks_the_targets_class, s.class_weights_divide_the_mean),
        attribute("likelihoods:divisor", _of_batch),
        fault="pytorch/pytorch#54843",
    ),
    mutant(
        "ignored_targets_divide",
        s.ignored_targets_count_for_nothing,
        attribute("likelihoods:divisor", _of_all),
    ),
    mutant(
        "ignore_index_ignored",
        (s.ignored_targets_count_for_nothing, s.a_loss_of_ignored_targets),
        tolerant(_CE.removeprefix(_F)),
        without("cross_entropy", "ignore_index"),
    ),
    mutant(
        "softmax_over_the_last_dimension",
        s.cross_entropy_is_nll_of_the_log_softmax,
        kernel("log_softmax", lambda original: lambda input, dim, dtype=None: original(input, -1, dtype)),
    ),
    mutant(
        "class_weights_dropped",
        s.class_weights_divide_the_mean,
        kernel(_CE, _dropped_weight),
    ),
    mutant(
        "smoothing_counts_ignored_targets",
        s.label_smoothing_mixes_in_the_other_classes,
        attribute("likelihoods:_uniform", _smoothed_ignored),
        fault="pytorch/pytorch#73205",
    ),
    mutant(
        "smoothing_without_weights",
        s.label_smoothing_mixes_in_the_other_classes,
        attribute("likelihoods:_heavy", lambda _: lambda logs, weight, axis: logs),
    ),
    mutant(
        "smoothing_dropped",
        s.label_smoothing_mixes_in_the_other_classes,
        without("cross_entropy", "label_smoothing"),
    ),
    mutant("smoothing_unchecked", s.label_smoothing_is_a_share, tolerant("cross_entropy")),
    mutant(
        "probabilities_divided_by_weights",
        s.targets_may_be_probabilities,
        attribute("likelihoods:_of_probabilities", _of_heavy),
    ),
    mutant("targets_unchecked", s.targets_are_classes_of_the_input, tolerant("cross_entropy")),
    mutant(
        "batchmean_is_mean",
        s.kl_div_measures_from_logarithms,
        kernel(_F + "kl_div", _batchmean),
        fault="tracel-ai/burn#4399",
    ),
    mutant("log_target_ignored", s.kl_div_measures_from_logarithms, without("kl_div", "log_target")),
    mutant(
        "kl_div_says_nothing",
        s.the_mean_of_kl_div_is_warned_about,
        attribute(
            "likelihoods:warnings", lambda _: type("Silent", (), {"warn": staticmethod(lambda *a, **k: None)})
        ),
    ),
    mutant(
        "logarithms_unbounded",
        s.logarithms_of_zero_count_as_minus_a_hundred,
        attribute("likelihoods:bounded", lambda _: lambda logarithms: logarithms),
        fault="ml-explore/mlx#1280",
    ),
    mutant(
        "bce_without_weight",
        s.bce_is_the_entropy_of_two_classes,
        kernel(_F + "binary_cross_entropy", _dropped_weight),
    ),
    mutant("bce_unchecked", s.bce_needs_probabilities_of_equal_shape, tolerant("binary_cross_entropy")),
    mutant(
        "bce_through_the_sigmoid",
        s.bce_with_logits_is_finite_far_out,
        kernel(_F + "binary_cross_entropy_with_logits", _naive),
    ),
    mutant(
        "pos_weight_dropped",
        s.bce_with_logits_is_finite_far_out,
        without("binary_cross_entropy_with_logits", "pos_weight"),
    ),
    mutant(
        "hinge_without_margin", s.hinge_embedding_asks_for_a_margin, without("hinge_embedding_loss", "margin")
    ),
    mutant("soft_margin_doubled", s.soft_margin_is_the_logistic_loss, scaled("soft_margin_loss", 2.0)),
    mutant(
        "ranking_without_margin", s.margin_ranking_orders_two_inputs, without("margin_ranking_loss", "margin")
    ),
    mutant(
        "cosine_without_margin",
        s.cosine_embedding_measures_the_angle,
        without("cosine_embedding_loss", "margin"),
    ),
    mutant("triplet_without_p", s.triplet_margin_compares_two_distances, without("triplet_margin_loss", "p")),
    mutant(
        "poisson_always_of_logarithms",
        s.poisson_nll_is_the_rate_less_the_targets_share,
        without("poisson_nll_loss", "log_input"),
    ),
    mutant(
        "items_are_halved",
        s.items_of_losses_are_numbers,
        scaled("mse_loss", 0.5),
    ),
    mutant(
        "losses_are_not_recorded",
        s.sums_of_losses_keep_their_graphs,
        kernel(_F + "mse_loss", lambda original: lambda *args, **given: original(*args, **given) * 2),
    ),
]
