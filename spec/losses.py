"""Losses: what they measure, how they are reduced, and their gradients.

Where a clause takes an input, a target and a reduction, its outcome is that of the loss together with the
gradient of its sum with respect to the input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import accuracy
from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure, Warns, Within
from .rules import dtypes, losses
from .rules.dtypes import DType
from .rules.losses import Graded, Rows

_NN = "nn."
_CE = "nn.CrossEntropyLoss"
# Roundings of one loss or slope; exponentials and logarithms count for a few.
_STEPS = 16


def _wide(*arrays: Array) -> list[Array]:
    return [np.asarray(array, np.longdouble) for array in arrays]


def _pair(x: Array, y: Array) -> tuple[Array, Array]:
    return np.asarray(x, np.longdouble), np.asarray(y, np.longdouble)


def _near(value: Any, size: Any, terms: int, dtype: DType) -> Outcome:
    exact = np.asarray(value, np.longdouble)
    magnitude = np.broadcast_to(np.asarray(size, np.longdouble), exact.shape)
    return Within(exact, accuracy.dot(terms + _STEPS, magnitude), dtype, signed_zero=False)


def _reduced(part: Graded, reduction: str, dtype: DType, weight: Array | None = None) -> Outcome:
    """Return the outcome of reduced losses and of the gradient of their sum."""
    heavy = np.ones((), np.longdouble) if weight is None else _wide(weight)[0]
    value, size = part.value * heavy, part.size * np.abs(heavy)
    slope, slope_size = part.slope * heavy, part.slope_size * np.abs(heavy)
    return _over(value, size, slope, slope_size, value.size, reduction, dtype)


def _over(
    value: Array, size: Array, slope: Array, slope_size: Array, count: Any, reduction: str, dtype: DType
) -> Outcome:
    if reduction == "none":
        return Each((_near(value, size, 0, dtype), _near(slope, slope_size, 0, dtype)))
    divisor = np.longdouble(1 if reduction == "sum" else count)
    with np.errstate(all="ignore"):
        total, whole = value.sum() / divisor, size.sum() / np.abs(divisor)
        gradient, spread = slope / divisor, slope_size / np.abs(divisor)
    return Each((_near(total, whole, value.size, dtype), _near(gradient, spread, value.size, dtype)))


def _classified(x: Array, shares: Rows, reduction: str, dtype: DType, logits: bool = True) -> Outcome:
    rows = losses.rows_of(x).reshape(*shares.shares.shape)
    value, size, slope, slope_size = losses.over_classes(rows, shares, logits)
    slope, slope_size = losses.restored(slope, x), losses.restored(slope_size, x)
    if x.ndim == 1:
        value, size = value.reshape(()), size.reshape(())
    return _over(value, size, slope, slope_size, shares.divisor.sum(), reduction, dtype)


# Reductions.


@clause(_NN + "MSELoss; nn.L1Loss; nn.SmoothL1Loss; nn.HuberLoss", covers="losses.reduction")
def losses_are_reduced_as_asked(name: str, x: Array, y: Array, reduction: str, dtype: DType) -> Outcome:
    """`reduction` says whether a loss is that of each element (`none`), their sum or their mean, which is the
    default; the module and the function agree."""
    functions = {
        "mse": losses.squared,
        "l1": losses.absolute,
        "smooth_l1": losses.smooth,
        "huber": losses.huber,
    }
    return _reduced(functions[name](*_pair(x, y)), reduction, dtype)


@clause(_NN + "MSELoss", covers="losses.reduction", basis="observed")
def other_reductions_are_refused() -> Outcome:
    """The name of no reduction is an error."""
    return Raises("ValueError")


@clause(_NN + "MSELoss", covers="losses.legacy-reduction")
def old_flags_choose_the_reduction(
    x: Array, y: Array, size_average: bool | None, reduce: bool | None, dtype: DType
) -> Outcome:
    """The flags `size_average` and `reduce` are deprecated and warned about; `reduce=False` means `none`,
    else `size_average=False` means `sum`."""
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    each = _reduced(losses.squared(*_pair(x, y)), reduction, dtype)
    assert isinstance(each, Each)
    return Warns("UserWarning", each.items[0])


@clause(_NN + "MSELoss", covers="losses.empty", basis="observed")
def a_loss_of_nothing(reduction: str, dtype: DType) -> Outcome:
    """Of no elements, the mean is NaN and the sum 0."""
    return Exactly(np.array(np.nan if reduction == "mean" else 0.0, dtype.storage))


# Differences.


@clause(_NN + "MSELoss", covers="losses.mse")
def mse_squares_the_difference(x: Array, y: Array, reduction: str, dtype: DType) -> Outcome:
    """`mse_loss` is the square of the difference, and the mean one over all elements."""
    return _reduced(losses.squared(*_pair(x, y)), reduction, dtype)


@clause(_NN + "MSELoss", covers="losses.mse-broadcast-warning", basis="observed")
def other_shapes_are_broadcast_with_a_warning(x: Array, y: Array, dtype: DType) -> Outcome:
    """An input and a target of different shapes are broadcast, with a warning; where they cannot be, it is
    an error."""
    try:
        part = losses.squared(*_pair(x, y))
    except ValueError:
        return Warns("", Raises("RuntimeError"))
    return Warns("UserWarning", _near(part.value.mean(), part.size.mean(), part.value.size, dtype))


@clause(_NN + "L1Loss", covers="losses.l1")
def l1_takes_the_magnitude(x: Array, y: Array, reduction: str, dtype: DType) -> Outcome:
    """`l1_loss` is the magnitude of the difference; its gradient is 0 where there is none."""
    return _reduced(losses.absolute(*_pair(x, y)), reduction, dtype)


@clause(_NN + "L1Loss", covers="losses.l1")
def l1_takes_the_magnitude_of_complex_numbers(x: Array, y: Array, dtype: DType) -> Outcome:
    """Of complex numbers the magnitude is real."""
    far = np.abs(x.astype(np.clongdouble) - y)
    return _near(far, np.abs(x) + np.abs(y), 4, dtype)


@clause(_NN + "SmoothL1Loss", covers="losses.smooth-l1")
def smooth_l1_is_a_parabola_below_beta(
    x: Array, y: Array, reduction: str, beta: float, dtype: DType
) -> Outcome:
    """`smooth_l1_loss` is half the square over `beta` below `beta`, and the magnitude less half of `beta`
    above; with `beta=0` it is the magnitude."""
    return _reduced(losses.smooth(*_pair(x, y), beta=beta), reduction, dtype)


@clause(_NN + "HuberLoss", covers="losses.huber")
def huber_is_a_parabola_up_to_delta(
    x: Array, y: Array, reduction: str, delta: float, dtype: DType
) -> Outcome:
    """`huber_loss` is half the square up to `delta`, and `delta` times the magnitude less half of `delta`
    above."""
    return _reduced(losses.huber(*_pair(x, y), delta=delta), reduction, dtype)


@clause(_NN + "SmoothL1Loss; nn.HuberLoss", covers=("losses.smooth-l1", "losses.huber"))
def thresholds_are_checked() -> Outcome:
    """A negative `beta`, and a `delta` that is not positive, are errors."""
    return Raises("RuntimeError", "ValueError")


@clause(_NN + "MSELoss", covers="losses.zero-at-match")
def losses_vanish_where_the_input_is_the_target(equal: Array, dtype: DType) -> Outcome:
    """The losses of differences are zero where input and target are equal and positive elsewhere.

    What is judged is whether each is positive.
    """
    return Exactly(np.asarray(~equal))


# Classes.


@clause(_NN + "NLLLoss", covers="losses.nll")
def nll_picks_the_targets_class(
    x: Array, target: Array, weight: Array | None, reduction: str, dtype: DType
) -> Outcome:
    """`nll_loss` is minus the input at the target's class, times the weight of that class; the mean divides
    by the sum of these weights."""
    shares = losses.class_shares(_count(x), np.atleast_1d(target), weight)
    return _classified(x, shares, reduction, dtype, logits=False)


def _count(x: Array) -> int:
    return int(x.shape[0] if x.ndim == 1 else x.shape[1])


@clause(_CE, covers=("losses.cross-entropy-indices", "losses.cross-entropy-grad"))
def cross_entropy_is_nll_of_the_log_softmax(x: Array, target: Array, reduction: str, dtype: DType) -> Outcome:
    """`cross_entropy` with class indices is the negative logarithm of the softmax over dimension 1 at the
    target's class; its gradient is the softmax less one at that class."""
    return _classified(x, losses.class_shares(_count(x), np.atleast_1d(target)), reduction, dtype)


@clause(_CE, covers="losses.cross-entropy-weight")
def class_weights_divide_the_mean(
    x: Array, target: Array, weight: Array, reduction: str, dtype: DType
) -> Outcome:
    """With weights of classes each loss is multiplied by the target's, and the mean divides by their sum."""
    shares = losses.class_shares(_count(x), np.atleast_1d(target), weight)
    return _classified(x, shares, reduction, dtype)


@clause(_CE, covers="losses.cross-entropy-ignore")
def ignored_targets_count_for_nothing(
    x: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str, dtype: DType
) -> Outcome:
    """Targets equal to `ignore_index` add nothing to the loss, the gradient and the divisor of the mean."""
    shares = losses.class_shares(_count(x), np.atleast_1d(target), weight, ignore_index)
    return _classified(x, shares, reduction, dtype)


@clause(_CE, covers="losses.cross-entropy-ignore", basis="observed")
def a_loss_of_ignored_targets(reduction: str, dtype: DType) -> Outcome:
    """Where all targets are ignored, the mean is NaN and the sum 0."""
    return Exactly(np.array(np.nan if reduction == "mean" else 0.0, dtype.storage), signed_zero=False)


@clause(_CE, covers="losses.label-smoothing")
def label_smoothing_mixes_in_the_other_classes(
    x: Array,
    target: Array,
    weight: Array | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: str,
    dtype: DType,
) -> Outcome:
    """With `label_smoothing` the target is mixed with the same share of every class; weights apply to these
    shares as well, ignored targets have none, and the divisor of the mean stays."""
    shares = losses.class_shares(_count(x), np.atleast_1d(target), weight, ignore_index, label_smoothing)
    return _classified(x, shares, reduction, dtype)


@clause(_CE, covers="losses.label-smoothing", basis="observed")
def label_smoothing_is_a_share() -> Outcome:
    """A `label_smoothing` above 1 is an error."""
    return Raises("RuntimeError")


@clause(_CE, covers="losses.cross-entropy-probs")
def targets_may_be_probabilities(
    x: Array, target: Array, weight: Array | None, label_smoothing: float, reduction: str, dtype: DType
) -> Outcome:
    """A floating target of the input's shape holds a probability for each class; each class is weighted, and
    the mean divides by the number of rows."""
    shares = losses.probability_shares(losses.rows_of(target), weight, label_smoothing)
    return _classified(x, shares, reduction, dtype)


@clause(_CE, covers="losses.cross-entropy-target-error", basis="observed")
def targets_are_classes_of_the_input(kind: str, from_values: bool) -> Outcome:
    """A class past the last is an IndexError; a target of another type a RuntimeError; one of another batch a
    ValueError."""
    return Raises(kind, from_values=from_values)


# Probabilities.


@clause(_NN + "KLDivLoss", covers="losses.kl-div")
def kl_div_measures_from_logarithms(
    x: Array, y: Array, log_target: bool, reduction: str, dtype: DType
) -> Outcome:
    """`kl_div` is the target times the difference of its logarithm and the input, zero where the target is;
    with `log_target` the target is a logarithm already; `batchmean` divides the sum by the first size."""
    part = losses.divergence(*_pair(x, y), log_target=log_target)
    if reduction != "batchmean":
        return _reduced(part, reduction, dtype)
    return _over(part.value, part.size, part.slope, part.slope_size, x.shape[0], "mean", dtype)


@clause(_NN + "KLDivLoss", covers="losses.kl-div")
def the_mean_of_kl_div_is_warned_about(mean: bool) -> Outcome:
    """`reduction="mean"` does not give the divergence, which is warned about."""
    return Warns("UserWarning" if mean else "", Structure(dtypes.float32, ()))


@clause(_NN + "BCELoss", covers="losses.bce")
def bce_is_the_entropy_of_two_classes(
    x: Array, y: Array, weight: Array | None, reduction: str, dtype: DType
) -> Outcome:
    """`binary_cross_entropy` is minus the target times the logarithm of the input, and the rest of either
    likewise, times the weight."""
    return _reduced(losses.entropy(*_pair(x, y)), reduction, dtype, weight)


@clause(_NN + "BCELoss", covers="losses.bce")
def logarithms_of_zero_count_as_minus_a_hundred(x: Array, y: Array, dtype: DType) -> Outcome:
    """Logarithms are bounded below by -100, so that the loss of 0 against 1 is 100."""
    part = losses.entropy(*_pair(x, y))
    return _near(part.value, part.size, 0, dtype)


@clause(_NN + "BCELoss", covers="losses.bce", basis="observed")
def bce_needs_probabilities_of_equal_shape(kind: str) -> Outcome:
    """An input outside 0 to 1 is a RuntimeError, a target of another shape a ValueError."""
    return Raises(kind, from_values=kind == "RuntimeError")


@clause(_NN + "BCEWithLogitsLoss", covers="losses.bce-logits")
def bce_with_logits_is_finite_far_out(
    x: Array, y: Array, weight: Array | None, pos_weight: Array | None, reduction: str, dtype: DType
) -> Outcome:
    """`binary_cross_entropy_with_logits` is the entropy of the input's sigmoid, however far out the input
    is; `pos_weight` multiplies the part of the target."""
    positive = None if pos_weight is None else _wide(pos_weight)[0]
    return _reduced(losses.logit_entropy(*_pair(x, y), pos_weight=positive), reduction, dtype, weight)


# Margins.


@clause(_NN + "HingeEmbeddingLoss", covers="losses.hinge-margin")
def hinge_embedding_asks_for_a_margin(
    x: Array, y: Array, margin: float, reduction: str, dtype: DType
) -> Outcome:
    """`hinge_embedding_loss` is the input where the target is 1, and what it lacks to the margin where the
    target is -1."""
    return _reduced(losses.hinge(*_pair(x, y), margin=margin), reduction, dtype)


@clause(_NN + "SoftMarginLoss", covers="losses.hinge-margin")
def soft_margin_is_the_logistic_loss(x: Array, y: Array, reduction: str, dtype: DType) -> Outcome:
    """`soft_margin_loss` is the logarithm of one plus the exponential of minus target times input."""
    return _reduced(losses.soft_margin(*_pair(x, y)), reduction, dtype)


@clause(_NN + "MarginRankingLoss", covers="losses.hinge-margin")
def margin_ranking_orders_two_inputs(
    x: Array, other: Array, y: Array, margin: float, reduction: str, dtype: DType
) -> Outcome:
    """`margin_ranking_loss` is what the first input lacks to be above the second by the margin, where the
    target is 1; the other way round where it is -1."""
    first, second, sign = _wide(x, other, y)
    open_part = -sign * (first - second) + margin
    slope = np.where(open_part > 0, -sign, 0)
    size = np.abs(first) + np.abs(second) + abs(margin)
    part = Graded(np.maximum(0, open_part), slope, size, np.ones_like(slope))
    return _reduced(part, reduction, dtype)


@clause(_NN + "CosineEmbeddingLoss", covers="losses.cosine-triplet")
def cosine_embedding_measures_the_angle(
    x: Array, other: Array, y: Array, margin: float, dtype: DType
) -> Outcome:
    """`cosine_embedding_loss` is one less the cosine of the angle between the inputs where the target is 1,
    and what the cosine exceeds the margin by where it is -1."""
    a, b, sign = _wide(x, other, y)
    cosine = (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    value = np.where(sign == 1, 1 - cosine, np.maximum(0, cosine - margin))
    return _near(value, 2 + abs(margin), 4 * x.shape[-1], dtype)


@clause(_NN + "TripletMarginLoss", covers="losses.cosine-triplet")
def triplet_margin_compares_two_distances(
    anchor: Array, positive: Array, negative: Array, margin: float, p: float, dtype: DType
) -> Outcome:
    """`triplet_margin_loss` is what the distance to the positive example exceeds that to the negative less
    the margin by; distances are p-norms of the differences, to which 1e-6 is added."""
    a, near, far = _wide(anchor, positive, negative)

    def distance(one: Array, two: Array) -> Array:
        return np.asarray((np.abs(one - two + 1e-6) ** p).sum(-1) ** (1 / np.longdouble(p)))

    close, wide = distance(a, near), distance(a, far)
    size = np.abs(a).sum(-1) + np.abs(near).sum(-1) + np.abs(far).sum(-1) + abs(margin)
    return _near(np.maximum(0, close - wide + margin), size, anchor.shape[-1], dtype)


@clause(_NN + "PoissonNLLLoss", covers="losses.poisson-gaussian", level="extended")
def poisson_nll_is_the_rate_less_the_targets_share(
    x: Array, y: Array, log_input: bool, reduction: str, dtype: DType
) -> Outcome:
    """`poisson_nll_loss` is the exponential of the input less target times input; without `log_input`, the
    input less target times its logarithm, 1e-8 added."""
    return _reduced(losses.poisson(*_pair(x, y), log_input=log_input), reduction, dtype)


# Uses.


@clause("torch.Tensor.item", covers="losses.item-accumulate")
def items_of_losses_are_numbers(value: float) -> Outcome:
    """`item()` of a loss is a Python number, without a graph."""
    return Exactly(value)


@clause("torch.Tensor.item", covers="losses.item-accumulate")
def sums_of_losses_keep_their_graphs(gradient: Array) -> Outcome:
    """A sum of losses is recorded: its gradient is the sum of theirs."""
    return Exactly(gradient)
