"""The reference draws torch's CPU stream, bit for bit, and leaves the generator where torch leaves it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as reference
from tensorcanon.reference.fused import fma

torch = pytest.importorskip("torch")

FLOATS = ("float32", "float64", "float16", "bfloat16")
SIZES = ("0", "1", "2", "15", "16", "17", "31", "32", "33", "1000", "(3, 5)", "(4, 8)", "()")
LAYOUTS = ("", ".transpose(0, 1)", "[::2]", "[:, 1:]")
FILLS = (
    *("uniform_()", "uniform_(-2, 3)", "uniform_(0.1, 0.7)", "uniform_(1.0, 1.0000005)", "random_()"),
    *("normal_()", "normal_(0.3, 1.7)", "random_(3, 900)", "bernoulli_(0.3)", "exponential_(2.0)"),
    *("geometric_(0.3)", "cauchy_(1, 2)", "log_normal_(0.5, 0.25)"),
)
ENDS = (1, 2, 100, 127, 128, 255, 2**24, 2**24 + 1, 2**27, 2**28 - 1, 2**28, 2**31 - 1, 2**40, 2**63 - 1)
OTHERS = (
    *(f"randperm({count})" for count in (0, 1, 2, 10, 5000)),
    *(
        "normal(0.0, 1.0, (3, 4))",
        "normal(torch.rand(3, 1), torch.rand(1, 4))",
        "normal(torch.rand(20), 2.0)",
    ),
    *(
        "randn(7, dtype=torch.complex64)",
        "randn(20, dtype=torch.complex128)",
        "rand(3, dtype=torch.complex64)",
    ),
    *("rand_like(torch.zeros(3, 4).transpose(0, 1))", "randint_like(torch.zeros(8), 2, 5)"),
    *("bernoulli(torch.rand(5, 7).transpose(0, 1))", "bernoulli(torch.rand(10), 0.3)"),
    *(
        "multinomial(torch.rand(4, 7), 3)",
        "multinomial(torch.rand(4, 7), 3, True)",
        "multinomial(torch.rand(9), 1)",
    ),
    *(
        "poisson(torch.rand(5, 7) * 30)",
        "cat([torch.randn(3), torch.randn(3), torch.rand(2), torch.randn(1)])",
    ),
)


def drawn(torch: Any, expression: str, seed: int) -> tuple[Any, ...]:
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = eval(f"torch.{expression}", {"torch": torch})
    values = np.array(result.tolist(), complex if result.is_complex() else float)
    return values, str(result.dtype), tuple(result.stride()), torch.get_rng_state().tolist()


def assert_alike(expression: str, *seeds: int) -> None:
    for seed in seeds or (0, 42):
        ours, theirs = drawn(reference, expression, seed), drawn(torch, expression, seed)
        assert np.array_equal(ours[0], theirs[0]), expression
        assert ours[1:] == theirs[1:], expression


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", ["rand", "randn"])
def test_sizes(function: str, dtype: str) -> None:
    for size in SIZES:
        assert_alike(f"{function}({size}, dtype=torch.{dtype})")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fills_in_every_layout(layout: str, dtype: str) -> None:
    for fill in FILLS:
        for shape in ("(5, 3)", "(8, 4)"):
            assert_alike(f"zeros({shape}, dtype=torch.{dtype}){layout}.{fill}")


@pytest.mark.parametrize("dtype", ["int64", "float32", "bfloat16", "float64"])
def test_ranges(dtype: str) -> None:
    for end in ENDS:
        assert_alike(f"randint({end}, (9,), dtype=torch.{dtype})")
        assert_alike(f"randint(-{end}, {end}, (9,), dtype=torch.{dtype})")


@pytest.mark.parametrize("expression", OTHERS)
def test_other_draws(expression: str) -> None:
    assert_alike(expression)


def test_many_normal_numbers() -> None:
    assert_alike("randn(1 << 18)", 3)


def test_states_are_interchangeable() -> None:
    torch.manual_seed(5)
    torch.randn(5)
    reference.set_rng_state(reference.tensor(torch.get_rng_state().tolist(), dtype=reference.uint8))
    assert reference.randn(40).tolist() == torch.randn(40).tolist()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_fma_rounds_once(kind: Any) -> None:
    from fractions import Fraction

    rng = np.random.Generator(np.random.PCG64(1))
    a, b = (rng.standard_normal(2000).astype(kind) for _ in range(2))
    c = (-a * b * (1 + rng.integers(-2, 3, 2000) * np.finfo(kind).eps)).astype(kind)
    exact = [
        Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)) for x, y, z in zip(a, b, c, strict=True)
    ]
    assert np.array_equal(fma(a, b, c), np.array([float(x) for x in exact]).astype(kind))
