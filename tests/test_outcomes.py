"""Outcomes accept what they say and nothing else: what the peers' comparers let through is refused."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tensorcanon.spec import accuracy
from tensorcanon.spec.observation import Failed, Plain, Seen, Several, Warned
from tensorcanon.spec.outcome import (
    Each,
    Exactly,
    OneOf,
    Outcome,
    Raises,
    Structure,
    Unspecified,
    Warns,
    Within,
)
from tensorcanon.spec.rules import dtypes, strides

F32 = np.array([[1.0, -0.0], [np.nan, 1e-45]], np.float32)


def seen(array: Any, layout: tuple[int, ...] | None = None) -> Seen:
    array = np.asarray(array)
    layout = strides.contiguous_strides(array.shape) if layout is None else layout
    return Seen(dtypes.of_array(array), array.shape, layout, array)


def at(place: tuple[int, int], value: float) -> np.ndarray:
    changed = F32.copy()
    changed[place] = value
    return changed


ONE_AND_EPS = seen(np.nextafter(np.float32([1]), np.float32(2)))


@pytest.mark.parametrize(
    ("allowed", "observation"),
    [
        (Exactly(F32), seen(F32)),
        (Exactly(F32, strides=(2, 1)), seen(F32)),
        (Exactly(F32, signed_zero=False), seen(at((0, 1), 0.0))),
        (Exactly(F32, where=np.array([[True, False], [True, True]])), seen(at((0, 1), 7.0))),
        (Exactly(3), Plain(3)),
        (Exactly(float("nan")), Plain(float("nan"))),
        (Raises("RuntimeError"), Failed("NotImplementedError")),
        (Raises("IndexError", "ValueError"), Failed("ValueError")),
        (OneOf(Exactly(1), Exactly(2)), Plain(2)),
        (
            Each((Exactly(1), Exactly(2)), names=("values", "indices")),
            Several((Plain(1), Plain(2)), ("values", "indices")),
        ),
        (Warns("UserWarning", Exactly(1)), Warned(("UserWarning",), Plain(1))),
        (Unspecified(), Failed("ValueError")),
        (Structure(dtypes.float32, (2, 2), dense=True), seen(F32, (1, 2))),
        (
            Within(np.array([1.0]), accuracy.Ulp(1), dtypes.float32),
            ONE_AND_EPS,
        ),
        (Within(np.array([1e39]), accuracy.ROUNDED, dtypes.float32), seen(np.float32([np.inf]))),
    ],
)
def test_allowed(allowed: Outcome, observation: Any) -> None:
    assert allowed.refusal(observation) is None
    assert allowed.allows(observation)


@pytest.mark.parametrize(
    ("allowed", "observation"),
    [
        (Exactly(F32), seen(F32.astype(np.float64))),
        (Exactly(F32), seen(F32[0])),
        (Exactly(F32), seen(at((0, 1), 0.0))),
        (Exactly(F32), seen(at((1, 1), 0.0))),
        (Exactly(F32), seen(at((1, 0), 1.0))),
        (Exactly(F32, strides=(1, 2)), seen(F32)),
        (Exactly(F32), Plain(1.0)),
        (Exactly(F32), Failed("RuntimeError")),
        (Exactly(True), Plain(1)),
        (Exactly(0.0), Plain(-0.0)),
        (Raises("IndexError"), seen(F32)),
        (Raises("NotImplementedError"), Failed("RuntimeError")),
        (Raises("RuntimeError", message="size"), Failed("RuntimeError", "no")),
        (OneOf(Exactly(1), Exactly(2)), Plain(3)),
        (Each((Exactly(1),)), Several((Plain(1), Plain(1)))),
        (Each((Exactly(1),), sequence="list"), Several((Plain(1),))),
        (Warns("UserWarning", Exactly(1)), Plain(1)),
        (Structure(dense=True), seen(F32, (4, 2))),
        (Structure(requires_grad=True), seen(F32)),
        (
            Within(np.array([1.0]), accuracy.ROUNDED, dtypes.float32),
            ONE_AND_EPS,
        ),
        (Within(np.array([0.0]), accuracy.Ulp(4), dtypes.float32), seen(np.float32([-0.0]))),
        (Within(np.array([1e-40]), accuracy.Ulp(4), dtypes.float32), seen(np.float32([0.0]))),
        (Within(np.array([4e-6]), accuracy.Ulp(4), dtypes.float32), seen(np.float32([0.0]))),
        (Within(np.array([np.nan]), accuracy.Ulp(4), dtypes.float32), seen(np.float32([0.0]))),
        (Within(np.array([np.inf]), accuracy.Ulp(4), dtypes.float32), seen(np.float32([3e38]))),
        (Exactly(np.array([1.0], ml_dtypes.bfloat16)), seen(np.array([-1.0], ml_dtypes.bfloat16))),
    ],
)
def test_refused(allowed: Outcome, observation: Any) -> None:
    assert allowed.refusal(observation)
    assert not allowed.allows(observation)


def test_the_largest_error_is_measured_in_the_unit_of_the_bound() -> None:
    exact = np.array([1.0, 2.0])
    got = exact.astype(np.float32) * np.float32([1 + 2**-22, 1])
    error, place = Within(exact, accuracy.Ulp(4), dtypes.float32).error(seen(got))
    assert (error, place) == (2.0, 0)


def test_a_sum_may_err_by_its_absolute_terms() -> None:
    bound = accuracy.dot(3, np.array([2e8 + 1]))
    assert Within(np.array([1.0]), bound, dtypes.float32).allows(seen(np.float32([0.0])))
    assert not Within(np.array([1.0]), bound, dtypes.float32).allows(seen(np.float32([300.0])))
