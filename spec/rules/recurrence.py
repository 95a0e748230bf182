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


def attended(scores: Array, v: Array) -> tuple[Array, Array]:
    """Return values averaged with the softmax of scores, and this softmax."""
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True)
    return weights @ v, weights
