"""Reading an equation of labelled dimensions. Source: ``torch.einsum``."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

from .kernels import as_tensor
from .tensor import Tensor

_LETTERS = string.ascii_uppercase + string.ascii_lowercase
# The dimensions that an ellipsis stands for have labels beyond the letters', counted from the last.
_BEYOND = len(_LETTERS)
_NOTHING = (
    "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
    "subscripts list"
)
_ELLIPSIS = -1


@dataclass(frozen=True)
class Plan:
    """What an equation says.

    Attributes
    ----------
    pairs : tuple
        The operands, and for each the label of each of its dimensions.
    order : list of int
        All labels, those of the result first.
    kept : int
        How many the result has.
    """

    pairs: tuple[list[Tensor], list[list[int]]]
    order: list[int]
    kept: int


def plan(equation: Any, operands: tuple[Any, ...]) -> Plan:
    """Return the plan of an equation given as text, or of lists of integers after the operands."""
    if isinstance(equation, Tensor):
        tensors, terms, result = _from_lists((equation, *operands))
    else:
        given = operands[0] if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
        tensors = [as_tensor(one) for one in given]
        if not tensors:
            raise ValueError(_NOTHING)
        terms, result = _from_text(equation, len(tensors))
    widths = [_width(one, term, place) for place, (one, term) in enumerate(zip(tensors, terms, strict=True))]
    wide = max(widths)
    labels = [_spread(term, width) for term, width in zip(terms, widths, strict=True)]
    _check_sizes(tensors, labels)
    kept = _spread(_implied(terms) if result is None else result, wide)
    _check_result(kept, labels)
    every = sorted({label for one in labels for label in one})
    return Plan((tensors, labels), [*kept, *(one for one in every if one not in kept)], len(kept))


def _from_text(equation: str, count: int) -> tuple[list[list[int]], list[int] | None]:
    left, arrow, right = equation.partition("->")
    terms, start = [], 0
    texts = left.split(",")
    if len(texts) != count:
        more = "fewer" if len(texts) > count else "more"
        raise RuntimeError(f"einsum(): {more} operands were provided than specified in the equation")
    for place, text in enumerate(texts):
        terms.append(_term(text, start, f"operand {place}"))
        start += len(text) + 1
    return terms, _term(right, start + 1, "output") if arrow else None


def _term(text: str, start: int, name: str) -> list[int]:
    labels, at = [], 0
    while at < len(text):
        letter = text[at]
        if letter == ".":
            if _ELLIPSIS in labels:
                raise RuntimeError(f"einsum(): found '.' for {name} for which an ellipsis was already found")
            if text[at : at + 3] != "...":
                raise RuntimeError(f"einsum(): found '.' for {name} that is not part of any ellipsis (...)")
            labels.append(_ELLIPSIS)
            at += 2
        elif letter in _LETTERS:
            labels.append(_LETTERS.index(letter))
        elif letter != " ":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {start + at} in the equation string, "
                "subscripts must be in [a-zA-Z]"
            )
        at += 1
    return labels


def _from_lists(values: tuple[Any, ...]) -> tuple[list[Tensor], list[list[int]], list[int] | None]:
    if len(values) < 2:
        raise ValueError(_NOTHING)
    tensors = [as_tensor(one) for one in values[: len(values) // 2 * 2 : 2]]
    terms = [_listed(one) for one in values[1::2]]
    return tensors, terms, _listed(values[-1]) if len(values) % 2 else None


def _listed(values: Any) -> list[int]:
    labels = []
    for value in values:
        if value is Ellipsis:
            labels.append(_ELLIPSIS)
        elif 0 <= value < _BEYOND:
            labels.append(int(value))
        else:
            raise ValueError(f"einsum(): expected subscripts to be within range [0, 52), but got {value}")
    return labels


def _width(tensor: Tensor, term: list[int], place: int) -> int:
    """Return how many dimensions an operand's ellipsis stands for."""
    named = len(term) - (_ELLIPSIS in term)
    if _ELLIPSIS in term:
        if named > tensor.ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) is more than the number of "
                f"dimensions ({tensor.ndim}) for operand {place}"
            )
    elif named != tensor.ndim:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({named}) does not match the number of "
            f"dimensions ({tensor.ndim}) for operand {place} and no ellipsis was given"
        )
    return tensor.ndim - named


def _spread(term: list[int], width: int) -> list[int]:
    """Return a term with labels in the place of its ellipsis."""
    beyond = range(_BEYOND + width - 1, _BEYOND - 1, -1)
    return [label for one in term for label in (beyond if one == _ELLIPSIS else (one,))]


def _implied(terms: list[list[int]]) -> list[int]:
    """Return the labels that occur once, in the order of the alphabet, after the ellipsis."""
    every = [label for term in terms for label in term]
    once = sorted(label for label in set(every) if label != _ELLIPSIS and every.count(label) == 1)
    return [_ELLIPSIS, *once] if _ELLIPSIS in every else once


def _check_sizes(tensors: list[Tensor], labels: list[list[int]]) -> None:
    known: dict[int, int] = {}
    for place, (tensor, term) in enumerate(zip(tensors, labels, strict=True)):
        own: dict[int, int] = {}
        for label, size in zip(term, tensor.shape, strict=True):
            if own.setdefault(label, size) != size:
                raise RuntimeError(
                    f"einsum(): subscript {_name(label)} is repeated for operand {place} but the sizes don't "
                    f"match, {size} != {own[label]}"
                )
        for label, size in own.items():
            if known.get(label, 1) == 1:
                known[label] = size
            elif size not in (1, known[label]):
                raise RuntimeError(
                    f"einsum(): subscript {_name(label)} has size {size} for operand {place} which does not "
                    f"broadcast with previously seen size {known[label]}"
                )


def _check_result(kept: list[int], labels: list[list[int]]) -> None:
    for label in kept:
        if kept.count(label) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {_name(label)} appears more than once in the output"
            )
        if not any(label in term for term in labels):
            raise RuntimeError(
                f"einsum(): output subscript {_name(label)} does not appear in the equation for any input "
                "operand"
            )


def _name(label: int) -> str:
    return _LETTERS[label] if label < _BEYOND else "..."
