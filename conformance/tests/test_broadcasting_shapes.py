"""Which shapes broadcast, what the errors say, and the views that broadcasting makes."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_broadcastable, draw_layout, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import broadcasting
from tensorcanon.spec.rules.broadcasting import NotBroadcastableError, broadcast_shapes

Shape = tuple[int, ...]

PLAIN = ("add", "mul", "maximum", "eq")


def draw_shapes(tape: Tape) -> list[Shape]:
    """Two or three shapes that mostly broadcast; sometimes one size is another."""
    shapes = draw_broadcastable(tape, tape.choose((2, 3)), large=False)
    if tape.one_in(2):
        place = tape.below(len(shapes))
        shape = list(shapes[place])
        if shape:
            shape[tape.below(len(shape))] = tape.choose((4, 0, 2, 1))
            shapes[place] = tuple(shape)
    return shapes


@verifies(
    broadcasting.shapes_combine_from_the_last_dimension,
    broadcasting.broadcast_shapes_gives_the_common_shape,
    drawn=draw_shapes,
)
def test_shapes(run: Run, shapes: list[Shape]) -> None:
    run.expect(
        broadcasting.broadcast_shapes_gives_the_common_shape(*shapes), "torch.broadcast_shapes", *shapes
    )
    handles = [run.tensor(np.zeros(shape, np.float32)) for shape in shapes]
    allowed = broadcasting.shapes_combine_from_the_last_dimension(*shapes)
    if len(shapes) == 3:
        for name in ("addcmul", "lerp", "clamp"):
            run.expect(allowed, f"torch.{name}", *handles)
        condition = run.tensor(np.zeros(shapes[0], bool))
        run.expect(allowed, "torch.where", condition, *handles[1:])
        return
    for name in PLAIN:
        run.expect(allowed, f"torch.{name}", *handles)
    run.expect(allowed, "operator.add", *reversed(handles))


SIZES: tuple[Shape, ...] = ((), (0,), (1,), (2,), (3,), (3, 1), (2, 2), (0, 3), (1, 0), (2, 1, 0))


@verifies(
    broadcasting.shapes_combine_from_the_last_dimension,
    broadcasting.broadcast_shapes_gives_the_common_shape,
    over=product(SIZES, SIZES),
)
def test_small_shapes(run: Run, pair: tuple[Shape, Shape]) -> None:
    a, b = (run.tensor(np.zeros(shape, np.float32)) for shape in pair)
    allowed = broadcasting.shapes_combine_from_the_last_dimension(*pair)
    for name in PLAIN:
        run.expect(allowed, f"torch.{name}", a, b)
    run.expect(broadcasting.broadcast_shapes_gives_the_common_shape(*pair), "torch.broadcast_shapes", *pair)


@verifies(
    broadcasting.broadcast_shapes_gives_the_common_shape, over=[(), ((),), ((2, 3),), ((3,), 1, (2, 1))]
)
def test_odd_numbers_of_shapes(run: Run, shapes: tuple[Shape | int, ...]) -> None:
    tuples = [shape if isinstance(shape, tuple) else (shape,) for shape in shapes]
    run.expect(
        broadcasting.broadcast_shapes_gives_the_common_shape(*tuples), "torch.broadcast_shapes", *shapes
    )


@verifies(broadcasting.the_larger_size_wins, over=((0, 1), (1, 0)))
def test_zero_against_one(run: Run, sizes: tuple[int, int]) -> None:
    a, b = (run.tensor(np.zeros(size, np.float32)) for size in sizes)
    run.expect(broadcasting.the_larger_size_wins(*sizes), "torch.add", a, b)


MISMATCHES: tuple[tuple[Shape, Shape], ...] = (
    *(((2,), (3,)), ((5, 2, 4, 1), (3, 1, 1)), ((2, 3), (4, 3)), ((2, 3), (3, 2)), ((0,), (2, 2))),
    *(((4, 1, 3), (2, 2)), ((7,), (2, 3, 1, 6))),
)


@verifies(
    broadcasting.the_error_names_the_first_pair_from_the_back,
    each=("torch.add", "torch.mul", "torch.maximum", "torch.eq", "operator.sub", "Tensor.add_"),
    over=lambda name: [pair for a, b in MISMATCHES for pair in ((a, b), (b, a))],
)
def test_message(run: Run, name: str, pair: tuple[Shape, Shape]) -> None:
    run.require_data()
    a, b = (run.tensor(np.zeros(shape, np.float32)) for shape in pair)
    run.expect(broadcasting.the_error_names_the_first_pair_from_the_back(*pair), name, a, b)


@verifies(broadcasting.the_in_place_error_speaks_of_expansion, over=[(1, 7, 2), (1, 3, 0)])
def test_in_place_message(run: Run, case: tuple[int, int, int]) -> None:
    size, other, dim = case
    shape = tuple(other if place == dim else 1 for place in range(3))
    target = run.tensor(np.zeros((size, size, size), np.float32))
    refused = broadcasting.the_in_place_error_speaks_of_expansion(*case)
    run.expect(refused, "Tensor.add_", target, run.tensor(np.zeros(shape, np.float32)))


def common(shapes: list[Shape]) -> Shape | None:
    try:
        return broadcast_shapes(*shapes)
    except NotBroadcastableError:
        return None


def numbered(run: Run, shape: Shape, layout: str) -> tuple[Operand, Handle]:
    operand = Operand(np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape), layout)
    return operand, run.tensor(operand)


@verifies(broadcasting.broadcast_to_is_a_view, drawn=lambda tape: tape)
def test_broadcast_to(run: Run, tape: Tape) -> None:
    source, other = draw_shape(tape), draw_shapes(tape)[0]
    target = common([source, other]) or other
    operand, x = numbered(run, source, draw_layout(tape))
    allowed = broadcasting.broadcast_to_is_a_view
    seen = run.expect(allowed(operand.array, operand.strides, target), "torch.broadcast_to", x, target)
    run.expect(allowed(operand.array, operand.strides, target), "Tensor.broadcast_to", x, target)
    if seen is None or 0 in target:
        return
    run.call("Tensor.neg_", x)
    negated = np.asarray(-operand.array)
    run.look(allowed(negated, operand.strides, target), seen)
    place = tuple(tape.below(size) for size in target)
    run.call("operator.setitem", seen, place, 777)
    places = np.broadcast_to(operand.array, target)
    written = np.where(operand.array == places[place], 777, negated)
    run.look(allowed(written, operand.strides, operand.shape), x)


@verifies(broadcasting.broadcast_tensors_are_views, drawn=lambda tape: tape)
def test_broadcast_tensors(run: Run, tape: Tape) -> None:
    made = [numbered(run, shape, draw_layout(tape)) for shape in draw_shapes(tape)]
    operands, handles = [operand for operand, _ in made], [x for _, x in made]
    steps = [operand.strides for operand in operands]
    allowed = broadcasting.broadcast_tensors_are_views([operand.array for operand in operands], steps)
    seen = run.expect(allowed, "torch.broadcast_tensors", *handles)
    if seen is None:
        return
    for x in handles:
        run.call("Tensor.neg_", x)
    negated = [np.negative(operand.array, out=operand.array) for operand in operands]
    run.look(broadcasting.broadcast_tensors_are_views(negated, steps), seen)
