"""Functions of three operands. Sources: the pages of the functions, whose formulas they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules.dtypes import COMPLEXES, FLOATS, INTEGERS, REALS
from .bounds import terms
from .op import Op

_VALUE = 2


def _products(exact: Any, x: Any, a: Any, b: Any) -> Any:
    return np.abs(x) + np.abs(a) * np.abs(b)


def _doubled_products(exact: Any, x: Any, a: Any, b: Any) -> Any:
    return np.abs(x) + _VALUE * np.abs(a) * np.abs(b)


def _quotients(exact: Any, x: Any, a: Any, b: Any) -> Any:
    return np.abs(x) + np.abs(a) / np.abs(b)


def _between(exact: Any, start: Any, end: Any, weight: Any) -> Any:
    return np.abs(start) + np.abs(end) + np.abs(weight) * np.abs(end - start)


def _moderate(*operands: Any) -> Any:
    """Where no intermediate result leaves the range of the narrowest type, whatever the order of steps."""
    fine = [(x == 0) | ((np.abs(x) > 1e-3) & (np.abs(x) < 100)) for x in operands]
    return fine[0] & fine[1] & fine[2]


def _clamp(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


MULTIPLYING = (
    Op("addcmul", lambda x, a, b: x + a * b, INTEGERS, 3, variant="integer"),
    Op(
        "addcmul",
        lambda x, a, b: x + a * b,
        FLOATS,
        3,
        signed_zero=False,
        bound=terms(4, _products),
        defined=_moderate,
    ),
    Op(
        "addcmul",
        lambda x, a, b: x + a * b,
        COMPLEXES,
        3,
        signed_zero=False,
        bound=terms(8, _products),
        defined=_moderate,
        variant="complex",
    ),
    Op(
        "addcmul",
        lambda x, a, b: x + _VALUE * a * b,
        FLOATS,
        3,
        signed_zero=False,
        bound=terms(4, _doubled_products),
        defined=_moderate,
        arguments={"value": _VALUE},
        variant="value",
    ),
    Op(
        "addcdiv",
        lambda x, a, b: x + a / b,
        FLOATS,
        3,
        signed_zero=False,
        bound=terms(4, _quotients),
        defined=_moderate,
    ),
)
MIXING = (
    Op(
        "lerp",
        lambda start, end, weight: start + weight * (end - start),
        FLOATS,
        3,
        signed_zero=False,
        bound=terms(4, _between),
        defined=_moderate,
        promotes=False,
        kinds=("any", "any", "unit"),
    ),
)
BOUNDING = (Op("clamp", _clamp, REALS, 3, signed_zero=False, aliases=("clip",)),)

TERNARY = (*MULTIPLYING, *MIXING, *BOUNDING)
