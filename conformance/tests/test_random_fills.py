"""Fills in place: every layout and type, and nothing beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import random
from tensorcanon.spec.rules import distributions, dtypes
from tensorcanon.spec.rules.distributions import Cells
from tensorcanon.spec.rules.dtypes import DType

FLOATS = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)
WIDE = (dtypes.float32, dtypes.float64)
INTEGERS = (dtypes.int64, dtypes.int32, dtypes.int16, dtypes.int8, dtypes.uint8)
SHAPES: tuple[Shape, ...] = ((4096,), (64, 65), (2, 2051), (3, 41, 37), (5000,))


@dataclass(frozen=True)
class Fill:
    """A fill in place: its name and arguments, what it gives, and the types it fills."""

    name: str
    args: tuple[Any, ...]
    cells: Callable[[DType], Cells]
    types: tuple[DType, ...]
    continuous: bool = True

    def __str__(self) -> str:
        return f"{self.name}{self.args}"


def _same(cells: Cells) -> Callable[[DType], Cells]:
    return lambda dtype: cells


def _everything(dtype: DType) -> Cells:
    if dtype.format is not None:
        return distributions.any_integer(dtype.format.digits, 0)
    return distributions.any_integer(None, dtypes.integer_range(dtype)[1])


FILLS = (
    Fill("Tensor.uniform_", (), _same(distributions.uniform()), FLOATS),
    Fill("Tensor.uniform_", (-2.0, 3.0), _same(distributions.uniform(-2.0, 3.0)), FLOATS),
    Fill("Tensor.normal_", (), _same(distributions.normal()), FLOATS),
    Fill("Tensor.normal_", (-4.0, 0.5), _same(distributions.normal(-4.0, 0.5)), FLOATS),
    Fill("Tensor.random_", (-3, 5), _same(distributions.integers(-3, 5)), (*INTEGERS[:-1], *FLOATS), False),
    Fill("Tensor.random_", (100,), _same(distributions.integers(0, 100)), (*INTEGERS, *FLOATS), False),
    Fill("Tensor.random_", (1 << 40,), _same(distributions.integers(0, 1 << 40)), (dtypes.int64,), False),
    Fill("Tensor.random_", (), _everything, (*INTEGERS, *FLOATS, dtypes.bool_), False),
    Fill("Tensor.exponential_", (), _same(distributions.exponential(1.0)), WIDE),
    Fill("Tensor.exponential_", (0.25,), _same(distributions.exponential(0.25)), (*WIDE, dtypes.bfloat16)),
    Fill(
        "Tensor.bernoulli_",
        (),
        _same(distributions.bernoulli(0.5)),
        (*FLOATS, *INTEGERS, dtypes.bool_),
        False,
    ),
    Fill("Tensor.bernoulli_", (0.9,), _same(distributions.bernoulli(0.9)), (*FLOATS, *INTEGERS), False),
    Fill("Tensor.bernoulli_", (1.0,), _same(distributions.bernoulli(1.0)), (*FLOATS, dtypes.bool_), False),
    Fill("Tensor.geometric_", (0.3,), _same(distributions.geometric(0.3)), (*FLOATS, *INTEGERS), False),
    Fill("Tensor.cauchy_", (2.0, 0.5), _same(distributions.cauchy(2.0, 0.5)), WIDE),
    Fill("Tensor.log_normal_", (0.5, 0.25), _same(distributions.log_normal(0.5, 0.25)), WIDE),
)
# Views of a tensor of two times 65 by 64 elements: the step that makes each, and its arguments.
VIEWS: dict[str, tuple[str | None, Any]] = {
    "whole": (None, ()),
    "stepped": ("operator.getitem", ((Ellipsis, slice(None, None, 2)),)),
    "offset": ("operator.getitem", (1,)),
    "every other row": ("operator.getitem", ((slice(None), slice(None, None, 2)),)),
    "transposed": ("Tensor.permute", ((2, 1, 0),)),
    "middle": ("operator.getitem", ((slice(None), slice(1, 60), slice(3, 63)),)),
}
FILLER = 1


@dataclass(frozen=True)
class Filling:
    """A fill of a view."""

    fill: Fill
    dtype: DType
    view: str
    seed: int


def draw_filling(tape: Tape, fill: Fill) -> Filling:
    return Filling(fill, tape.choose(fill.types), tape.choose(list(VIEWS)), tape.below(1 << 16))


@verifies(
    random.fills_draw_from_their_distribution,
    random.fills_return_their_tensor,
    random.fills_write_their_own_elements_only,
    drawn=draw_filling,
    each=FILLS,
)
def test_fills(run: Run, fill: Fill, case: Filling) -> None:
    base = np.full((2, 65, 64), FILLER, case.dtype.storage)
    x = run.tensor(base)
    target = _view(run, x, case.view)
    mask = np.zeros(base.shape, bool)
    window = _window(mask, case.view)
    window[...] = True
    run.call("torch.manual_seed", case.seed)
    filled = run.call(fill.name, target, *fill.args)
    run.expect(random.fills_return_their_tensor(), "is", filled, target)
    cells = fill.cells(case.dtype)
    allowed = random.fills_draw_from_their_distribution(
        cells, case.dtype, window.shape, continuous=fill.continuous
    )
    run.look(allowed, _view(run, x, case.view))
    run.look(random.fills_write_their_own_elements_only(base, ~mask), x)


def _view(run: Run, x: Handle, name: str) -> Handle:
    step, args = VIEWS[name]
    return x if step is None else run.call(step, x, *args)


def _window(array: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    step, args = VIEWS[name]
    if step is None:
        return array
    return array.transpose(*args) if step == "Tensor.permute" else array[args[0]]
