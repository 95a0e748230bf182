"""Derivatives of operations that move elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout
from tensorcanon.conformance.moves import MOVES, Move
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.smooth import draw_weight
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import gradients
from tensorcanon.spec.rules import dtypes

TYPES = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)
NAMES = tuple(dict.fromkeys(str(move) for move in MOVES))


def draw_move(tape: Tape, name: str) -> tuple[Move, Operand, tuple[Array, ...]]:
    """Draw an operation of a name, the tensor and the gradient of each result."""
    move = tape.choose([move for move in MOVES if str(move) == name])
    dtype = tape.choose(TYPES)
    # A view must keep the strides that its arguments were chosen for.
    layout = "contiguous" if name in ("view", "as_strided") else draw_layout(tape)
    operand = Operand(np.arange(int(np.prod(move.shape))).reshape(move.shape).astype(dtype.storage), layout)
    return move, operand, tuple(draw_weight(tape, place.shape, dtype) for place in move.results())


@verifies(gradients.gradients_of_moved_elements_return_to_their_places, each=NAMES, drawn=draw_move)
def test_moves(run: Run, name: str, case: tuple[Move, Operand, tuple[Array, ...]]) -> None:
    move, operand, weights = case
    x = run.tensor(operand, requires_grad=True)
    results = move.take(run, x)
    run.call("torch.autograd.backward", list(results), [run.tensor(weight) for weight in weights])
    allowed = gradients.gradients_of_moved_elements_return_to_their_places(
        move.shape, move.results(), weights
    )
    run.expect(allowed, "Tensor.grad", x)


JOINS: tuple[tuple[str, int, tuple[tuple[int, ...], ...]], ...] = (
    ("torch.cat", 0, ((2, 3), (1, 3))),
    ("torch.cat", -1, ((2, 2), (2, 2), (2, 2))),
    ("torch.cat", 1, ((2, 1), (2, 3))),
    ("torch.cat", 0, ((3,), (0,), (2,))),
    ("torch.stack", 0, ((2, 3), (2, 3))),
    ("torch.stack", -1, ((2, 3), (2, 3), (2, 3))),
    ("torch.stack", 1, ((3,), (3,))),
    ("torch.hstack", 1, ((2, 2), (2, 1))),
    ("torch.vstack", 0, ((2, 2), (1, 2))),
)


def draw_join(tape: Tape) -> tuple[Any, list[str], Array]:
    join = tape.choose(JOINS)
    name, dim, shapes = join
    joined = _joined(name, dim, [np.zeros(shape) for shape in shapes])
    return join, [draw_layout(tape) for _ in shapes], draw_weight(tape, joined.shape, dtypes.float32)


def _joined(name: str, dim: int, arrays: list[Array]) -> Array:
    return np.stack(arrays, dim) if name == "torch.stack" else np.concatenate(arrays, dim)


@verifies(gradients.gradients_of_moved_elements_return_to_their_places, drawn=draw_join)
def test_joins(run: Run, case: tuple[Any, list[str], Array]) -> None:
    (name, dim, shapes), layouts, weight = case
    tensors = [
        run.tensor(Operand(np.zeros(shape, np.float32), layout), requires_grad=True)
        for shape, layout in zip(shapes, layouts, strict=True)
    ]
    result = run.call(name, tensors, dim) if name in ("torch.cat", "torch.stack") else run.call(name, tensors)
    run.call("Tensor.backward", result, run.tensor(weight))
    for place, (shape, tensor) in enumerate(zip(shapes, tensors, strict=True)):
        own = np.arange(int(np.prod(shape))).reshape(shape)
        places = [own if at == place else np.full(other, -1) for at, other in enumerate(shapes)]
        allowed = gradients.gradients_of_moved_elements_return_to_their_places(
            shape, (_joined(name, dim, places),), (weight,)
        )
        run.expect(allowed, "Tensor.grad", tensor)


INDEX = np.array([1, 3, 1])
ALONG = np.array([[0, 1], [1, 0]])


def _at(i: Array, key: Any, value: Any) -> Array:
    out = i.copy()
    out[key] = value
    return out


# What is written into a tensor of shape (2, 4) from a source: place k of the source is called -1 - k.
WRITES: tuple[tuple[str, tuple[Any, ...], tuple[int, ...], Any], ...] = (
    ("index_copy", (1, np.array([1, 3])), (2, 2), lambda i, s: _at(i, (slice(None), [1, 3]), s)),
    ("scatter", (1, ALONG), (2, 2), lambda i, s: _scattered(i, s)),
    (
        "masked_scatter",
        (np.tile([True, False], (2, 2)),),
        (4,),
        lambda i, s: _at(i, (slice(None), [0, 2]), s.reshape(2, 2)),
    ),
    ("select_scatter", (), (4,), lambda i, s: _at(i, 1, s)),
    ("slice_scatter", (), (1, 4), lambda i, s: _at(i, slice(1, 2), s)),
    ("index_put", ((np.array([0, 1]), np.array([3, 0])),), (2,), lambda i, s: _at(i, ([0, 1], [3, 0]), s)),
    ("copy", (), (2, 4), lambda i, s: s),
    ("setitem", (), (4,), lambda i, s: _at(i, 0, s)),
)
_LAST: dict[str, tuple[Any, ...]] = {"select_scatter": (0, 1), "slice_scatter": (0, 1, 2)}


def _scattered(i: Array, source: Array) -> Array:
    out = i.copy()
    np.put_along_axis(out, ALONG, source, 1)
    return out


def draw_write(tape: Tape) -> tuple[Any, Array]:
    return tape.choose(WRITES), draw_weight(tape, (2, 4), dtypes.float32)


@verifies(gradients.gradients_of_moved_elements_return_to_their_places, drawn=draw_write)
def test_writes(run: Run, case: tuple[Any, Array]) -> None:
    (name, args, size, places), weight = case
    x = run.tensor(np.zeros((2, 4), np.float32), requires_grad=True)
    source = run.tensor(np.ones(size, np.float32), requires_grad=True)
    given = [_given(run, arg) for arg in args]
    if name in ("copy", "setitem"):
        result = run.call("operator.mul", x, 1.0)
        if name == "copy":
            run.call("Tensor.copy_", result, source)
        else:
            run.call("operator.setitem", result, 0, source)
    else:
        result = run.call(f"torch.{name}", x, *given, source, *_LAST.get(name, ()))
    run.call("Tensor.backward", result, run.tensor(weight))
    own = np.arange(8).reshape(2, 4)
    made = np.asarray(places(own, -1 - np.arange(int(np.prod(size))).reshape(size)))
    for handle, shape, place in ((x, (2, 4), made), (source, size, -1 - made)):
        allowed = gradients.gradients_of_moved_elements_return_to_their_places(
            shape, (np.where(place < 0, -1, place),), (weight,)
        )
        run.expect(allowed, "Tensor.grad", handle)


def _given(run: Run, arg: Any) -> Any:
    if isinstance(arg, tuple):
        return tuple(_given(run, item) for item in arg)
    return run.tensor(arg) if isinstance(arg, np.ndarray) else arg
