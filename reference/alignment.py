"""The loss of aligning a sequence with labels. Source: ``nn.functional.ctc_loss``.

What is summed over are all ways to stretch labels over steps, with blanks in between: a step may stay where
it is, go on, or leap over a blank between two different labels. Forward and backward sums give the share of
each symbol at each step, which is the derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .autograd.derivatives import derivative
from .dispatch import op, ops
from .kernels import fresh
from .losses import check_reduction
from .tensor import Tensor

Array = np.ndarray[Any, Any]


def _row(log_probs: Array, labels: Array, blank: int) -> tuple[Array, Array, Array]:
    """Return the log-probabilities of the states at each step, the states' symbols, and where leaps end."""
    states = np.full(2 * len(labels) + 1, blank)
    states[1::2] = labels
    leaps = np.zeros(len(states), bool)
    leaps[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    return log_probs[:, states].astype(np.float64), states, leaps


def _forward(steps: Array, leaps: Array) -> Array:
    """Return the log of the sum over all beginnings that end in each state at each step."""
    reached = np.full(steps.shape, -np.inf)
    reached[0, :2] = steps[0, :2]
    for time in range(1, len(steps)):
        before = reached[time - 1]
        on = np.concatenate([[-np.inf], before[:-1]])
        leap = np.where(leaps, np.concatenate([[-np.inf] * 2, before[:-2]])[: len(before)], -np.inf)
        reached[time] = np.logaddexp(np.logaddexp(before, on), leap) + steps[time]
    return reached


def _loss(log_probs: Array, labels: Array, blank: int) -> float:
    if not len(log_probs):
        return 0.0 if not len(labels) else np.inf
    steps, _, leaps = _row(log_probs, labels, blank)
    return -float(np.logaddexp.reduce(_forward(steps, leaps)[-1, -2:]))


def _shares(log_probs: Array, labels: Array, blank: int) -> Array:
    """Return the share of each symbol at each step among all alignments, weighted by their probability."""
    steps, states, leaps = _row(log_probs, labels, blank)
    ahead = _forward(steps, leaps)
    # Seen from the end the leaps go the other way, and end two states before they began.
    leaps_back = np.concatenate([leaps[2:], [False, False]])[: len(leaps)][::-1]
    behind = _forward(steps[::-1, ::-1], leaps_back)[::-1, ::-1]
    whole = np.logaddexp.reduce(ahead[-1, -2:])
    if whole == -np.inf:
        return np.full(log_probs.shape, np.nan)
    shares = np.zeros(log_probs.shape)
    np.add.at(shares.T, states, np.exp(ahead + behind - steps - whole).T)
    return shares


def _samples(log_probs: Tensor, targets: Array, inputs: Sequence[int], lengths: Sequence[int]) -> Any:
    starts = np.concatenate([[0], np.cumsum(lengths)])
    for place, (steps, count) in enumerate(zip(inputs, lengths, strict=True)):
        labels = targets[place, :count] if targets.ndim == 2 else targets[starts[place] : starts[place + 1]]
        yield place, log_probs.array[:steps, place], labels


@op("_ctc", method=False)
def ctc(input: Tensor, targets: Any, lengths: Any, counts: Any, blank: int, zero_infinity: bool) -> Tensor:
    """Return minus the log of the sum over all alignments, for each sample; 0 for infinity where wanted."""
    losses = [_loss(rows, labels, blank) for _, rows, labels in _samples(input, targets, lengths, counts)]
    if zero_infinity:
        losses = [0.0 if one == np.inf else one for one in losses]
    return fresh(np.array(losses).astype(input.dtype.numpy), input.dtype)


@op("_ctc_back", method=False, differentiable=False)
def ctc_back(
    input: Tensor, targets: Any, lengths: Any, counts: Any, blank: int, zero_infinity: bool
) -> Tensor:
    """Return the derivative by the inputs of the logarithmic softmax that made ``input``."""
    slopes = np.zeros(input.shape)
    for place, rows, labels in _samples(input, targets, lengths, counts):
        slopes[: len(rows), place] = np.exp(rows.astype(np.float64)) - _shares(rows, labels, blank)
    if zero_infinity:
        slopes = np.nan_to_num(slopes, nan=0.0)
    return fresh(slopes.astype(input.dtype.numpy), input.dtype)


derivative(
    "_ctc",
    input=lambda grad, input, targets, lengths, counts, blank, zero_infinity: (
        ops._ctc_back(input, targets, lengths, counts, blank, zero_infinity) * grad.unsqueeze(-1)
    ),
)


@op("nn.functional.ctc_loss", "ctc_loss", method=False, composite=True)
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """Return the loss of aligning (T, N, C) with labels; the mean divides by the lengths of the labels first.

    Raises
    ------
    RuntimeError
        For a number of lengths other than that of the samples, or a length past the sequence.
    """
    check_reduction(reduction)
    alone = log_probs.ndim == 2
    rows = log_probs.unsqueeze(1) if alone else log_probs
    lengths, counts = (np.atleast_1d(np.asarray(_plain(one))) for one in (input_lengths, target_lengths))
    if not len(lengths) == len(counts) == rows.shape[1]:
        raise RuntimeError("input_lengths and target_lengths must have one length for each sample")
    if len(lengths) and (lengths.max() > rows.shape[0] or lengths.min() < 0):
        raise RuntimeError(f"an input length lies outside 0 to {rows.shape[0]}")
    labels = targets.array.reshape(1, -1) if alone else targets.array
    losses = ops._ctc(rows, labels, lengths.tolist(), counts.tolist(), blank, zero_infinity)
    if reduction == "mean":
        return (losses / fresh(np.maximum(counts, 1).astype(rows.dtype.numpy))).mean()
    if alone:
        losses = losses.squeeze(0)
    return losses.sum() if reduction == "sum" else losses


def _plain(lengths: Any) -> Any:
    return lengths.tolist() if isinstance(lengths, Tensor) else list(lengths)
