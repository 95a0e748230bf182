"""The equations of recurrent networks and of attention, in double precision.

Sources: ``nn.RNN``, ``nn.LSTM``, ``nn.GRU``, ``nn.functional.scaled_dot_product_attention``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def _wide(array: Array) -> Array:
    return np.asarray(array, np.float64)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


Parameters = Mapping[str, Array]


def _step(kind: str, x: Array, state: tuple[Array, ...], p: Parameters, suffix: str) -> tuple[Array, ...]:
    ih, hh, bi, bh = (
        _wide(p[f"{name}_{suffix}"]) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    a, b = x @ ih.T + bi, state[0] @ hh.T + bh
    if kind == "RNN":
        return (np.tanh(a + b),)
    if kind == "LSTM":
        i, f, g, o = np.split(a + b, 4, -1)
        cell = _sigmoid(f) * state[1] + _sigmoid(i) * np.tanh(g)
        return _sigmoid(o) * np.tanh(cell), cell
    (ar, az, an), (br, bz, bn) = np.split(a, 3, -1), np.split(b, 3, -1)
    reset, update = _sigmoid(ar + br), _sigmoid(az + bz)
    return ((1 - update) * np.tanh(an + reset * bn) + update * state[0],)


def recurred(
    kind: str, x: Array, states: Sequence[Array], p: Parameters, layers: int, both_ways: bool
) -> tuple[Array, list[Array]]:
    """Return every step of the last layer, and the last states of each layer and direction."""
    steps, ways = _wide(x), 2 if both_ways else 1
    finals: list[tuple[Array, ...]] = []
    for layer in range(layers):
        outputs = []
        for way in range(ways):
            state = tuple(_wide(one[layer * ways + way]) for one in states)
            shown: list[Any] = [None] * len(steps)
            for time in range(len(steps)) if way == 0 else reversed(range(len(steps))):
                suffix = f"l{layer}" + ("_reverse" if way else "")
                state = _step(kind, steps[time], state, p, suffix)
                shown[time] = state[0]
            outputs.append(np.stack(shown))
            finals.append(state)
        steps = np.concatenate(outputs, -1)
    return steps, [np.stack(each) for each in zip(*finals, strict=True)]


def ordered(
    kind: str,
    x: Array,
    states: Sequence[Array],
    p: Parameters,
    layers: int,
    both_ways: bool,
    batch_first: bool,
) -> tuple[Array, list[Array]]:
    """Return what `recurred` does for ``(L, N, inputs)``, ``(N, L, inputs)`` or ``(L, inputs)``, in the same
    order of dimensions; the last states have the batch second."""
    alone = x.ndim == 2
    steps = x[:, None] if alone else x.swapaxes(0, 1) if batch_first else x
    output, finals = recurred(kind, steps, states, p, layers, both_ways)
    if alone:
        return output[:, 0], [one[:, 0] for one in finals]
    return output.swapaxes(0, 1) if batch_first else output, finals


def scored(q: Array, k: Array, mask: Array | None, causal: bool, scale: float | None) -> Array:
    """Return the scaled products of queries and keys, minus infinity where nothing is attended to."""
    scores = _wide(q) @ _wide(k).swapaxes(-1, -2) * (1 / np.sqrt(q.shape[-1]) if scale is None else scale)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + _wide(mask)
    if causal:
        scores = np.where(np.tri(*scores.shape[-2:]) == 1, scores, -np.inf)
    return np.asarray(scores)


def attended(scores: Array, v: Array) -> tuple[Array, Array]:
    """Return values averaged with the softmax of scores, and this softmax."""
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True)
    return weights @ v, weights


def heads_attended(
    x: Array, heads: int, p: Parameters, mask: Array | None, padding: Array | None = None
) -> tuple[Array, Array]:
    """Return what several heads make of (N, L, E), each with its part of the projections, and their weights.

    Masks are True where nothing is attended to: `mask` by query and key, `padding` by sample and key.
    """
    n, length, width = x.shape
    projected = _wide(x) @ _wide(p["in_proj_weight"]).T + p["in_proj_bias"]
    q, k, v = (one.reshape(n, length, heads, -1).swapaxes(1, 2) for one in np.split(projected, 3, axis=-1))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(width // heads)
    if mask is not None:
        scores = np.where(mask, -np.inf, scores)
    if padding is not None:
        scores = np.where(padding[:, None, None, :], -np.inf, scores)
    result, weights = attended(scores, v)
    joined = result.swapaxes(1, 2).reshape(n, length, width)
    return joined @ _wide(p["out_proj.weight"]).T + p["out_proj.bias"], weights
