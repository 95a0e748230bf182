"""Contractions whose dimensions are labelled, by their definition: multiply everything, then sum.

Source: ``torch.einsum``.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..accuracy import Array

_ELLIPSIS = "..."
# Labels for the dimensions under an ellipsis, counted from the last.
_UNNAMED = "0123456789"


def contracted(equation: str, *operands: Array) -> Any:
    """Return the sums of products that an equation with an output states.

    Parameters
    ----------
    equation : str
        Such as ``"ij,jk->ik"``.
    *operands : ndarray
        Sizes of 1 broadcast.
    """
    inputs, output = _named(equation, operands)
    rest = sorted(set("".join(inputs)) - set(output))
    order = [*output, *rest]
    aligned = (_aligned(*pair, order) for pair in zip(operands, inputs, strict=True))
    terms = reduce(np.multiply, aligned)
    return terms.sum(tuple(range(len(output), len(order))), dtype=terms.dtype)


def _named(equation: str, operands: tuple[Array, ...]) -> tuple[list[str], str]:
    """Return the labels of each operand and of the output, those under an ellipsis included."""
    given, _, output = equation.partition("->")
    inputs, most = [], 0
    for labels, operand in zip(given.split(","), operands, strict=True):
        count = operand.ndim - len(labels.replace(_ELLIPSIS, ""))
        inputs.append(labels.replace(_ELLIPSIS, _UNNAMED[10 - count :]))
        most = max(most, count)
    return inputs, output.replace(_ELLIPSIS, _UNNAMED[10 - most :])


def _aligned(operand: Array, labels: str, order: list[str]) -> Array:
    """Return an operand with a dimension for each label of the order, of size 1 for one it lacks."""
    while repeated := [label for label in labels if labels.count(label) > 1]:
        first = labels.index(repeated[0])
        second = labels.index(repeated[0], first + 1)
        operand = np.diagonal(operand, axis1=first, axis2=second)
        labels = (
            "".join(one for place, one in enumerate(labels) if place not in (first, second)) + repeated[0]
        )
    own = [labels.index(label) for label in order if label in labels]
    return operand.transpose(own)[tuple(slice(None) if label in labels else None for label in order)]
