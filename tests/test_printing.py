"""Tensors print as the installed torch prints them."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcanon.reference as canon

torch = pytest.importorskip("torch")

rng = np.random.RandomState(0)
VALUES = {
    "zero_dim": 3.14,
    "zero_dim_int": 3,
    "ints": [1, 2, 3],
    "ints_aligned": [0, -10, 200],
    "whole_floats": [1.0, -2.0, 30.0],
    "mixed": [1.0, 1.5, -2.25],
    "many_digits": [0.123456, 100.5],
    "ratio": [1.0, 1000.5],
    "ratio_at_limit": [1.0, 1000.0],
    "small": [0.00001, 1.0],
    "large": [1e9, 2e9],
    "large_fraction": [1.5, 123456789.0],
    "non_finite": [float("nan"), float("inf"), -float("inf"), 1.0],
    "non_finite_fraction": [float("nan"), float("-inf"), 1.5],
    "only_nan": [float("nan")],
    "zeros": [0.0, -0.0],
    "zero_and_fraction": [0.0, 0.5],
    "bools": [True, False],
    "matrix": [[6, 8], [10, 12]],
    "float_matrix": [[1.0, 2.5], [-3.0, 4.0]],
    "cube": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
    "four_dims": np.arange(16).reshape(2, 2, 2, 2).tolist(),
    "empty": [],
    "empty_rows": [[], []],
    "complex": [1 + 2j, -1.5 - 0.5j],
    "complex_whole": [1 + 2j, 3 - 4j],
    "complex_zero_dim": 1j,
    "complex_nan": [complex(float("nan"), float("inf")), 1j],
    "long_row": list(range(100)),
    "long_float_row": (np.arange(60) / 7).tolist(),
    "beyond_threshold": list(range(1001)),
    "wide_beyond_threshold": np.arange(4000).reshape(40, 100).tolist(),
    "deep_beyond_threshold": (np.arange(3000).reshape(10, 10, 30) / 3).tolist(),
    "uneven_beyond_threshold": np.arange(2000).reshape(2, 1000).tolist(),
    "complex_beyond_threshold": (np.arange(1500) * (1 + 0.5j)).tolist(),
    "random": rng.randn(5, 7).tolist(),
}


@pytest.mark.parametrize("name", VALUES)
def test_default_options(name: str) -> None:
    assert repr(canon.tensor(VALUES[name])) == repr(torch.tensor(VALUES[name]))


@pytest.mark.parametrize(
    "dtype", ["float16", "bfloat16", "float64", "int8", "int32", "uint8", "bool", "complex128"]
)
@pytest.mark.parametrize("data", [[], [[]], [1, 0], [[1, 2], [3, 4]], list(range(25)), 7])
def test_types(dtype: str, data: object) -> None:
    ours = canon.tensor(data, dtype=getattr(canon, dtype))
    assert repr(ours) == repr(torch.tensor(data, dtype=getattr(torch, dtype)))


OPTIONS = [
    {"precision": 2},
    {"sci_mode": True},
    {"sci_mode": False},
    {"linewidth": 40},
    {"threshold": 5},
    {"threshold": 5, "edgeitems": 1},
    {"edgeitems": 0, "threshold": 5},
    {"profile": "short"},
    {"profile": "full"},
    {"profile": "full", "precision": 8},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options(options: dict[str, object]) -> None:
    chosen = [
        VALUES[name] for name in ("mixed", "ratio", "long_float_row", "cube", "complex", "random", "large")
    ]
    torch.set_printoptions(**options)
    try:
        with canon.printing.printoptions(**options):
            for data in chosen:
                assert repr(canon.tensor(data)) == repr(torch.tensor(data))
    finally:
        torch.set_printoptions(profile="default")


def test_gradients() -> None:
    for library in (canon, torch):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        texts = [x, x + 1, (x * x).sum(), x.data, x.detach(), x[0], x.exp()]
        if library is canon:
            ours = [repr(text) for text in texts]
    assert ours == [repr(text) for text in texts]


def test_long_suffixes_go_to_a_new_line() -> None:
    data = [1.123456] * 8
    ours = canon.tensor(data, dtype=canon.float64, requires_grad=True)
    assert repr(ours) == repr(torch.tensor(data, dtype=torch.float64, requires_grad=True))


def test_sizes_types_and_formats() -> None:
    assert repr(canon.Size([2, 3])) == "torch.Size([2, 3])"
    assert repr(canon.tensor(1).shape) == "torch.Size([])"
    assert repr(canon.float32) == "torch.float32"
    assert f"{canon.tensor(1.23456):.3f}" == "1.235"
    with pytest.raises(TypeError):
        f"{canon.tensor([1.0]):.3f}"


def test_named_tuples() -> None:
    pair = canon.return_types.max(canon.tensor(3.0), canon.tensor(2))
    assert repr(pair) == "torch.return_types.max(\nvalues=tensor(3.),\nindices=tensor(2))"
