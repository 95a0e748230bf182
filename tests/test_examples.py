"""The examples print and plot the same on torch and on the reference, and the figures they are known for."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as reference

torch = pytest.importorskip("torch")

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = ("tensor_course", "library_tour", "first_steps", "regression", "fundamentals")
LIBRARIES = {"torch": torch, "reference": reference}
# What takes minutes on the reference is repeated less often, and has converged by then.
SHORTER = {"regression": {"epochs": 1500}}
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")

# What the tutorials show, and draws of a seed, as torch prints them.
FIGURES = {
    "tensor_course": (
        "tensor([1, 3, 5, 7, 9]) tensor([ 1.0000,  5.7500, 10.5000, 15.2500, 20.0000])",
        "seed 18",
        "tensor([5., 6., 7.])",
        "tensor(3.) tensor(-1.) tensor(2.) tensor(0.5000) tensor(3.)",
        "drawn table [[5.0, 6.0], [1.0, 6.0], [8.0, 2.0]]",
        "drawn grid [[7, 5, 2, 4, 5], [9, 7, 5, 2, 7], [7, 6, 5, 3, 7], [4, 2, 8, 8, 4]]",
        "flipped [[4, 8, 8, 2, 4], [7, 3, 5, 6, 7], [7, 2, 5, 7, 9], [5, 4, 2, 5, 7]]",
        "torch.Size([2, 12]) False True",
        "gradient tensor([40., 80.]) next tensor([ 9.6000, 19.2000])",
        "gradient tensor(40.) next tensor(9.6000)",
        "after 459: weight 0.00094, gradient 0.00192, loss 20.00000",
        "after 500: 4.1024e-04",
    ),
    "library_tour": (
        "tensor(3.1400) tensor([1, 2, 3]) tensor([]) tensor([4, 5, 6])",
        "tensor([100,   2,   3]) tensor([1, 2, 3])",
        "tensor([1., 2., 3.], grad_fn=<CloneBackward0>) tensor([1., 2., 3.])",
        "torch.Size([5, 3]) 5 5 3 3",
        "tensor([[ 6,  8],\n        [10, 12]])",
        "tensor([2, 3, 4])",
        "tensor([4, 6, 8])",
        "tensor([-4, -6, -8])",
        "tensor(2) tensor([[4, 5],\n        [7, 8]]) tensor([4, 5, 6])",
        "tensor([ 1,  4,  9, 16, 25])",
        "tensor(5) torch.Size([]) tensor([5]) torch.Size([1]) tensor(5) 5",
        "before None None AddBackward0 PowBackward0",
        "gradients tensor(6.) tensor(48.)",
        "gradients tensor([3., 6., 9.])",
    ),
    "first_steps": (
        "tensor(1.) tensor(1)",
        "tensor(1, dtype=torch.int8)",
        "tensor([0, 2, 4, 6, 8])",
        "tensor([[2, 3],\n        [3, 4],\n        [4, 5]])",
        "torch.Size([2, 1, 3]) torch.Size([2, 1, 3]) torch.Size([2, 3])",
        "tensor(1., requires_grad=True) tensor(5., grad_fn=<AddBackward0>) True True True",
        "AttributeError: 'NoneType' object has no attribute 'data'",
        "after 1 tensor(1.) tensor(2.)",
        "after 5 tensor(5.) tensor(10.)",
        "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn",
    ),
    "regression": (
        "best weight 2.0",
        "tensor([1.], requires_grad=True) tensor([1.]) torch.FloatTensor torch.FloatTensor None "
        "<class 'NoneType'>",
        "predict before 4 4.0",
        "grad 1.0 2.0 -2.0",
        "grad 2.0 4.0 -7.84",
        "grad 3.0 6.0 -16.2288",
        "predict after 4 7.999998569488525",
        "weight with an outlier 16.8368",
        "weight at a large rate nan",
        "near 2 and 0.5 True True",
        "cost below 1e-4 True",
        "weight near 2 True",
        "bias near 0 True",
        "[6] loss",
        "accuracy 100 %",
        "torch.Size([48, 16, 3, 3])",
    ),
    "fundamentals": (
        "tensor(7) 0 torch.Size([])",
        "AttributeError AttributeError",
        "tensor([3., 6., 9.]) torch.float32 tensor([3., 6., 9.], dtype=torch.float16) torch.float16",
        "tensor([ 9., 36., 81.]) torch.float32",
        "Shape: torch.Size([3, 4])\nDatatype: torch.float32\nDevice: cpu",
        "tensor(14) tensor(14) RuntimeError: self must be a matrix",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x2 and 3x2)",
        "tensor([[ 27.,  30.,  33.],\n        [ 61.,  68.,  75.],\n        [ 95., 106., 117.]])",
        "tensor([[2.2368, 1.2292, 0.4714, 0.3864, 0.1309, 0.9838],\n"
        "        [4.4919, 2.1970, 0.4469, 0.5285, 0.3401, 2.4777],\n"
        "        [6.7469, 3.1648, 0.4224, 0.6705, 0.5493, 3.9716]],\n"
        "       grad_fn=<AddmmBackward0>)",
        "Minimum: 0\nMaximum: 90\nMean: 45.0\nSum: 450",
        "largest at 8, smallest at 0",
        "tensor([10, 20, 30, 40, 50, 60, 70, 80, 90], dtype=torch.int8)",
        "tensor([[5., 2., 3., 4., 5., 6., 7.]]) tensor([5., 2., 3., 4., 5., 6., 7.])",
        "IndexError",
        "torch.Size([3, 224, 224])",
        "tensor(9) tensor([[3, 6, 9]])",
        "tensor([[0.8823, 0.9150, 0.3829, 0.9593],\n"
        "        [0.3904, 0.6009, 0.2566, 0.7936],\n"
        "        [0.9408, 0.1332, 0.9346, 0.5936]])",
    ),
}


@contextlib.contextmanager
def beside_the_examples() -> Iterator[None]:
    """Let the examples import what they share, as they do when run as scripts."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        yield
    finally:
        sys.path.remove(str(EXAMPLES))


@cache
def ran(name: str, library: str) -> tuple[str, dict[str, list[np.ndarray[Any, Any]]], bytes]:
    """Run an example once; return what it prints and plots, and where it leaves the random stream."""
    with beside_the_examples():
        example, stage = importlib.import_module(name), importlib.import_module("stage")
    plots, printed = stage.Plots(), io.StringIO()
    with contextlib.redirect_stdout(printed):
        example.main(LIBRARIES[library], plots, **SHORTER.get(name, {}))
    state = LIBRARIES[library].get_rng_state().numpy()  # type: ignore[attr-defined]
    return printed.getvalue(), plots.drawn, state.tobytes()


def close(seen: str, wanted: str) -> bool:
    """Say whether two printed numbers agree to 1e-5, or in all but the last digit shown."""
    digits = len(wanted.partition("e")[0].partition(".")[2])
    exponent = int(wanted.partition("e")[2] or 0)
    last = 10.0 ** (exponent - digits) if "." in wanted else 0.0
    return abs(float(seen) - float(wanted)) <= max(1e-5 * abs(float(wanted)), last * (1 + 1e-9))


@pytest.mark.parametrize("name", NAMES)
def test_prints_the_same(name: str) -> None:
    seen, wanted = (ran(name, library)[0].splitlines() for library in ("reference", "torch"))
    assert len(seen) == len(wanted)
    for line, expected in zip(seen, wanted, strict=True):
        if "drawn" in expected:
            assert line == expected
        assert NUMBER.sub("#", line) == NUMBER.sub("#", expected)
        numbers = zip(NUMBER.findall(line), NUMBER.findall(expected), strict=True)
        assert all(close(one, other) for one, other in numbers), (line, expected)


@pytest.mark.parametrize("name", NAMES)
def test_leaves_the_random_stream_at_the_same_place(name: str) -> None:
    assert ran(name, "reference")[2] == ran(name, "torch")[2]


@pytest.mark.parametrize("name", NAMES)
def test_plots_the_same(name: str) -> None:
    seen, wanted = ran(name, "reference")[1], ran(name, "torch")[1]
    assert list(seen) == list(wanted)
    for title, arrays in wanted.items():
        for array, expected in zip(seen[title], arrays, strict=True):
            assert array.shape == expected.shape
            np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-6, err_msg=title)
            if title.endswith("values"):
                np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", NAMES)
def test_shows_the_known_figures(name: str, library: str) -> None:
    printed = ran(name, library)[0]
    for figure in FIGURES[name]:
        assert figure in printed


def test_draws_the_plots_where_matplotlib_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with beside_the_examples():
        stage = importlib.import_module("stage")
    plots = stage.Plots(tmp_path)
    plots.histogram("some values", reference.rand(20))
    plots.lines("a line", samples=([0, 1], [0, 1]), fitted=([0, 1], [0, 2]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-line.png", "some-values.png"]
