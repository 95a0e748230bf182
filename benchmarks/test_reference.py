"""What the reference costs beside bare NumPy, and where it matters beside torch, as ratios in one run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as reference

torch = pytest.importorskip("torch")

SIZE = 1_000_000
ROUNDS = 15
MOST_BESIDE_NUMPY = 1.3
MOST_BESIDE_TORCH = 3.0
MOST_MICROSECONDS = 5.0

RNG = np.random.Generator(np.random.PCG64(1))
A, B = (RNG.uniform(0.5, 2, SIZE).astype(np.float32) for _ in range(2))
M = A.reshape(1000, 1000)

# Each as torch's name with the reference's operands, and as the bare expression.
ELEMENTWISE: dict[str, tuple[Callable[..., Any], Callable[[], Any], tuple[Any, ...]]] = {
    "add": (reference.add, lambda: A + B, (A, B)),
    "mul": (reference.mul, lambda: A * B, (A, B)),
    "div": (reference.div, lambda: A / B, (A, B)),
    "add a number": (lambda a: a + 1.5, lambda: A + np.float32(1.5), (A,)),
    "neg": (reference.neg, lambda: -A, (A,)),
    "sqrt": (reference.sqrt, lambda: np.sqrt(A), (A,)),
    "exp": (reference.exp, lambda: np.exp(A), (A,)),
    "log": (reference.log, lambda: np.log(A), (A,)),
    "sin": (reference.sin, lambda: np.sin(A), (A,)),
    "tanh": (reference.tanh, lambda: np.tanh(A), (A,)),
    "maximum": (reference.maximum, lambda: np.maximum(A, B), (A, B)),
    "lt": (reference.lt, lambda: A < B, (A, B)),
    "where": (reference.where, lambda: np.where(A < 1, A, B), (A < 1, A, B)),
}
REDUCTIONS: dict[str, tuple[Callable[..., Any], Callable[[], Any], tuple[Any, ...]]] = {
    "sum": (reference.sum, lambda: A.sum(), (A,)),
    "mean": (reference.mean, lambda: A.mean(), (A,)),
    "amax": (reference.amax, lambda: A.max(), (A,)),
    "prod": (reference.prod, lambda: A.prod(), (A,)),
    "argmax": (reference.argmax, lambda: A.argmax(), (A,)),
    "sum of rows": (lambda m: m.sum(1), lambda: M.sum(1), (M,)),
    "sum of columns": (lambda m: m.sum(0), lambda: M.sum(0), (M,)),
    "amax of rows": (lambda m: m.amax(1), lambda: M.max(1), (M,)),
    "std": (reference.std, lambda: A.std(ddof=1), (A,)),
    "var of rows": (lambda m: m.var(1), lambda: M.var(1, ddof=1), (M,)),
    "cumsum": (lambda a: a.cumsum(0), lambda: np.cumsum(A), (A,)),
}


def fastest(*functions: Callable[[], Any], rounds: int = ROUNDS, calls: int = 1) -> list[float]:
    """Return the shortest time of each function; they take turns, so that all see the same machine."""
    times = [math.inf] * len(functions)
    for _ in range(rounds):
        for place, function in enumerate(functions):
            started = time.process_time()
            for _ in range(calls):
                function()
            times[place] = min(times[place], (time.process_time() - started) / calls)
    return times


@pytest.mark.parametrize("table", [ELEMENTWISE, REDUCTIONS], ids=["elementwise", "reductions"])
def test_beside_numpy(benchmark: Any, table: dict[str, Any]) -> None:
    def ratios() -> dict[str, float]:
        found = {}
        for name, (function, bare, arrays) in table.items():
            tensors = [reference.from_numpy(array) for array in arrays]
            mine, numpy = fastest(lambda f=function, t=tensors: f(*t), bare)
            found[name] = mine / numpy
        return found

    found = benchmark.pedantic(ratios, rounds=1)
    mean = math.exp(sum(map(math.log, found.values())) / len(found))
    benchmark.extra_info.update({name: round(ratio, 2) for name, ratio in found.items()})
    benchmark.extra_info["geometric mean"] = round(mean, 3)
    assert mean <= MOST_BESIDE_NUMPY, found


def test_convolution_beside_torch(benchmark: Any) -> None:
    torch.set_num_threads(1)
    x = RNG.standard_normal((16, 32, 28, 28)).astype(np.float32)
    w = RNG.standard_normal((64, 32, 3, 3)).astype(np.float32)

    def convolution(module: Any) -> Callable[[], Any]:
        image, weight = module.from_numpy(x), module.from_numpy(w)
        return lambda: module.nn.functional.conv2d(image, weight, padding=1)

    calls = convolution(reference), convolution(torch)
    mine, theirs = benchmark.pedantic(lambda: fastest(*calls), rounds=1)
    benchmark.extra_info.update(milliseconds=round(mine * 1e3, 1), ratio=round(mine / theirs, 2))
    assert mine <= MOST_BESIDE_TORCH * theirs


def test_add_of_three_elements(benchmark: Any) -> None:
    def addition(module: Any) -> Callable[[], Any]:
        a, b = module.tensor([1.0, 2.0, 3.0]), module.tensor([4.0, 5.0, 6.0])
        return lambda: a + b

    calls = addition(reference), addition(torch)
    mine, theirs = benchmark.pedantic(lambda: fastest(*calls, calls=2000), rounds=1)
    benchmark.extra_info.update(microseconds=round(mine * 1e6, 2), torch=round(theirs * 1e6, 2))
    assert mine * 1e6 <= MOST_MICROSECONDS
