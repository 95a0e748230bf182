"""Functions of layers: values in every floating type, whatever the layout and the size, and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from .accuracy import Array, Close, Dot
from .clause import clause
from .ops.layer import Layer
from .outcome import Each, Exactly, Outcome, Raises, Structure, Within
from .rules import differentiation as rules
from .rules import dtypes
from .rules.dtypes import DType

_COVERS = (
    "modules.linear",
    "modules.layernorm",
    "modules.group-instance-rms",
    "modules.batchnorm-train",
    "modules.sdpa",
    "modules.embedding",
    "modules.embedding-bag",
    "modules.cosine-similarity",
    "modules.interpolate",
    "losses.multi-margin",
)
_PAGES = (
    "nn.functional.linear; nn.functional.layer_norm; nn.functional.interpolate; nn.EmbeddingBag; "
    "nn.MultiMarginLoss; nn.MultiLabelSoftMarginLoss"
)

# What is left of the digits of float64 by the method of `rules.differentiation`.
_DOUBLE = Close(1e-9, 1e-9)


def _tiled(array: Array, copies: int, *, apart: bool) -> Array:
    """Return a batch of copies, or the sum of them."""
    if copies == 1:
        return array
    return np.concatenate([array] * copies) if apart else np.asarray(array * copies)


# Arrays as what can be remembered: the same elements come in several types and layouts.
Frozen = tuple[tuple[tuple[int, ...], bytes], ...]


def _frozen(arrays: Sequence[Array]) -> Frozen:
    return tuple((array.shape, array.astype(np.float64).tobytes()) for array in arrays)


def _thawed(frozen: Frozen) -> list[Array]:
    return [rules.extended(np.frombuffer(data).reshape(shape)) for shape, data in frozen]


@lru_cache(4096)
def _value(row: Layer, operands: Frozen) -> Array:
    return np.asarray(row.exact(*_thawed(operands)))


@lru_cache(4096)
def _gradient(row: Layer, place: int, frozen: Frozen) -> Array:
    weight, *operands = _thawed(frozen)
    return rules.pulled_back(row.exact, operands, place, weight)


def _near(exact: Array, scale: float, terms: int, dtype: DType) -> Outcome:
    return Within(exact, Dot(np.abs(exact) + scale, terms), dtype, signed_zero=False)


@clause(_PAGES, covers=_COVERS)
def functions_of_layers_follow_their_formulas(row: Layer, copies: int, *operands: Array) -> Outcome:
    """A function of a layer gives its exact value to within the roundings of its formula, in every floating
    type, for every layout, for batches of any size, with gradients recorded or not."""
    exact = _value(row, _frozen(operands))
    size = max(1.0, float(np.abs(exact).max(initial=0)))
    dtype = dtypes.of_array(operands[0])
    return _near(_tiled(exact, copies, apart=True), size, row.terms, dtype)


@clause(f"{_PAGES}; torch.autograd.gradcheck", covers=("autograd.finite-difference", *_COVERS))
def gradients_of_layers_are_derivatives(
    row: Layer, place: int, weight: Array, copies: int, *operands: Array
) -> Outcome:
    """The gradient of an operand is the derivative of the weighted sum of the results: that of a sample is
    its own, that of a parameter the sum over the samples."""
    gradient = _gradient(row, place, _frozen((weight, *operands)))
    apart = list(row.shapes)[place] in row.batched
    exact, added = _tiled(gradient, copies, apart=apart), 1 if apart else copies
    dtype = dtypes.of_array(operands[place])
    if dtype is dtypes.float64:
        return Within(exact, _DOUBLE, dtype, signed_zero=False)
    size = max(1.0, float(np.abs(gradient).max(initial=0))) * float(np.abs(weight).max(initial=1))
    return _near(exact, size * added, row.terms * added, dtype)


@clause("nn.functional.interpolate", covers="modules.interpolate", level="extended")
def a_size_or_a_factor_is_given() -> Outcome:
    """Resampling needs a size or a factor, and not both."""
    return Raises("ValueError")


@clause("nn.EmbeddingBag", covers="modules.embedding-bag", level="extended")
def bags_are_given_once() -> Outcome:
    """Offsets belong to indices in one dimension: without them, or with indices in rows, it is an error."""
    return Raises("ValueError")


# Alignments.


def _alignments(steps: int, classes: int, labels: Sequence[int], blank: int) -> Array:
    """Return every row of symbols that gives the labels once repetitions and then blanks are left out."""

    def collapsed(row: tuple[int, ...]) -> tuple[int, ...]:
        kept = [one for place, one in enumerate(row) if place == 0 or one != row[place - 1]]
        return tuple(one for one in kept if one != blank)

    every = (row for row in product(range(classes), repeat=steps) if collapsed(row) == tuple(labels))
    return np.array(list(every), np.int64).reshape(-1, steps)


def _aligned(x: Array, labels: Sequence[Sequence[int]], lengths: Sequence[int], blank: int) -> Array:
    """Return minus the log of the probability of all alignments of each sample, of logits (T, N, C)."""
    logs = x - np.log(np.exp(x).sum(2, keepdims=True))
    losses = []
    for place, (own, steps) in enumerate(zip(labels, lengths, strict=True)):
        rows = _alignments(steps, x.shape[2], own, blank)
        each = logs[np.arange(steps), place, rows].sum(1)
        losses.append(-np.log(np.exp(each).sum()) if len(rows) else np.longdouble(np.inf))
    return np.array(losses, np.longdouble)


@clause("nn.CTCLoss", covers="losses.ctc", level="extended")
def alignments_are_summed(
    x: Array, labels: Sequence[Sequence[int]], lengths: Sequence[int], blank: int, reduction: str, weight: Any
) -> Outcome:
    """`ctc_loss` is minus the logarithm of the probability of all rows of symbols that give the labels once
    repetitions and then blanks are left out; the mean divides each by the number of its labels first. The
    gradient, by the logits, is that of this sum.

    Parameters
    ----------
    x : ndarray
        Logits of shape ``(T, N, C)``, of which the logarithmic softmax is taken.
    weight : ndarray
        The gradient of the result.
    """
    counts = np.array([max(len(own), 1) for own in labels])

    def reduced(logits: Array) -> Any:
        losses = _aligned(logits, labels, lengths, blank)
        if reduction == "mean":
            return (losses / counts).mean()
        return losses.sum() if reduction == "sum" else losses

    wide, dtype = rules.extended(x), dtypes.of_array(x)
    slope = rules.pulled_back(reduced, [wide], 0, rules.extended(weight))
    bound = _DOUBLE if dtype is dtypes.float64 else Close(1e-4, 1e-4)
    return Each(
        tuple(Within(np.asarray(one), bound, dtype, signed_zero=False) for one in (reduced(wide), slope))
    )


@clause("nn.CTCLoss", covers="losses.ctc", level="extended")
def what_cannot_be_aligned_costs_infinity(kept: bool, shape: tuple[int, ...]) -> Outcome:
    """Labels that need more steps than there are have no alignment and cost infinity; `zero_infinity` makes
    that 0, of which the gradient is 0.

    Judged are the loss and, with `zero_infinity`, the gradient.
    """
    loss = np.array([np.inf if kept else 0.0], np.float32)
    slope = Structure(shape=shape) if kept else Exactly(np.zeros(shape, np.float32), signed_zero=False)
    return Each((Exactly(loss), slope))
