"""What operations on broadcast operands give, against operands repeated out explicitly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from tensorcanon.conformance import values
from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_broadcastable, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import broadcasting
from tensorcanon.spec.outcome import Raises
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.broadcasting import broadcast_shapes
from tensorcanon.spec.rules.dtypes import DType

Shape = tuple[int, ...]
# A type, the operand that is repeated, the shape and what is repeated to it.
Case = tuple[DType, int, tuple[Shape, Shape]]

ORDERED = (dtypes.float32, dtypes.bool_, *dtypes.REALS)
ARITHMETIC = (*ORDERED[:1], *dtypes.REALS, *dtypes.COMPLEXES)
FLOATING = (dtypes.float32, dtypes.float64)


@dataclass(frozen=True)
class Subject:
    """An operation: the types and number of its operands, where its mask stands, and its form in place."""

    types: tuple[DType, ...]
    operands: int = 2
    mask: int | None = None
    function: bool = True
    in_place: str | None = None


SUBJECTS = {
    "add": Subject((*ARITHMETIC, dtypes.bool_), in_place="add_"),
    "sub": Subject(ARITHMETIC, in_place="sub_"),
    "mul": Subject((*ARITHMETIC, dtypes.bool_), in_place="mul_"),
    "maximum": Subject(ORDERED),
    "minimum": Subject(ORDERED),
    "eq": Subject((*ORDERED, *dtypes.COMPLEXES), in_place="eq_"),
    "lt": Subject(ORDERED, in_place="lt_"),
    "lerp": Subject(FLOATING, 3, in_place="lerp_"),
    "addcmul": Subject((*FLOATING, dtypes.int64), 3, in_place="addcmul_"),
    "clamp": Subject((*FLOATING, dtypes.int32), 3, in_place="clamp_"),
    "where": Subject(dtypes.COMMON, 3, mask=0),
    "masked_fill": Subject(dtypes.COMMON, 3, mask=1, in_place="masked_fill_"),
    "copy": Subject(dtypes.COMMON, function=False, in_place="copy_"),
}
FUNCTIONS = [name for name, subject in SUBJECTS.items() if subject.function]
IN_PLACE = [name for name, subject in SUBJECTS.items() if subject.in_place]

# Sizes on both sides of a block, repeated along the first, a middle and the last dimension.
LARGE: tuple[tuple[Shape, Shape], ...] = (
    ((67, 65), (1, 65)),
    ((67, 65), (67, 1)),
    ((67, 65), (65,)),
    ((67, 65), ()),
    ((2051, 3), (1, 3)),
    ((2051, 3), (2051, 1)),
    ((3, 2051), (3, 1)),
    ((4099,), (1,)),
    ((130, 3, 11), (130, 1, 11)),
    ((130, 3, 11), (1, 3, 1)),
)
# Both operands repeat; equal counts of elements must not be paired up.
CROSSED: tuple[tuple[Shape, Shape], ...] = (
    ((65, 1), (65,)),
    ((1, 67), (65, 1)),
    ((3, 1, 5), (4, 1)),
    ((6, 1, 4), (24, 1)),
)


def typed(name: str, dtype: DType) -> list[DType]:
    """The type of each operand."""
    subject = SUBJECTS[name]
    return [dtypes.bool_ if place == subject.mask else dtype for place in range(subject.operands)]


def draw_operands(tape: Tape, name: str) -> list[Operand]:
    dtype = tape.choose(SUBJECTS[name].types)
    shapes = draw_broadcastable(tape, SUBJECTS[name].operands)
    if name == "masked_fill":
        shapes[2] = ()
    return draw_each(tape, name, dtype, shapes)


def draw_each(tape: Tape, name: str, dtype: DType, shapes: list[Shape]) -> list[Operand]:
    return [
        Operand(draw_array(tape, kind, shape, "exact"), draw_layout(tape))
        for kind, shape in zip(typed(name, dtype), shapes, strict=True)
    ]


@verifies(broadcasting.results_are_those_of_expanded_operands, each=FUNCTIONS, drawn=draw_operands)
def test_values(run: Run, name: str, operands: list[Operand]) -> None:
    handles = [run.tensor(operand) for operand in operands]
    allowed = broadcasting.results_are_those_of_expanded_operands(name, *(o.array for o in operands))
    run.expect(allowed, f"torch.{name}", *handles)
    if name in ("add", "sub", "mul", "eq", "lt"):
        run.expect(allowed, f"operator.{name}", *handles)
    elif name != "where":
        run.expect(allowed, f"Tensor.{name}", *handles)


def large_cases(name: str) -> list[Case]:
    subject = SUBJECTS[name]
    repeated = range(subject.operands - (name == "masked_fill"))
    kinds = [dtype for dtype in (dtypes.float32, dtypes.int64) if dtype in subject.types]
    return list(product(kinds, repeated, LARGE))


def crossed_cases(name: str) -> list[Case]:
    operands = dict.fromkeys((dtype, small) for dtype, small, _ in large_cases(name))
    return [(dtype, small, shapes) for (dtype, small), shapes in product(operands, CROSSED)]


def large_operands(name: str, case: Case) -> list[Array]:
    """Operands of the large shape, one of them of the shape that is repeated."""
    dtype, small, (shape, repeated) = case
    generator = np.random.Generator(np.random.PCG64([small, *shape, len(repeated)]))
    shapes = [repeated if place == small else shape for place in range(SUBJECTS[name].operands)]
    if name == "masked_fill":
        shapes[2] = ()
    return [
        np.asarray(values.table(kind, "exact")[generator.integers(0, 256, shape, np.uint8)])
        for kind, shape in zip(typed(name, dtype), shapes, strict=True)
    ]


@verifies(
    broadcasting.results_are_those_of_expanded_operands,
    each=FUNCTIONS,
    over=lambda name: [*large_cases(name), *crossed_cases(name)],
)
def test_large_values(run: Run, name: str, case: Case) -> None:
    operands = large_operands(name, case)
    handles = [run.tensor(operand) for operand in operands]
    allowed = broadcasting.results_are_those_of_expanded_operands(name, *operands)
    run.expect(allowed, f"torch.{name}", *handles)


def draw_targeted(tape: Tape, name: str) -> list[Operand]:
    """A target and operands that mostly broadcast to it."""
    dtype = tape.choose(SUBJECTS[name].types)
    shapes = draw_broadcastable(tape, SUBJECTS[name].operands)
    if name == "masked_fill":
        shapes[2] = ()
    if not tape.one_in(5):
        shapes[0] = broadcast_shapes(*shapes)
    return draw_each(tape, name, dtype, shapes)


@verifies(broadcasting.in_place_operations_keep_the_shape_of_their_target, each=IN_PLACE, drawn=draw_targeted)
def test_in_place(run: Run, name: str, operands: list[Operand]) -> None:
    target, *others = [run.tensor(operand) for operand in operands]
    allowed = broadcasting.in_place_operations_keep_the_shape_of_their_target(
        name, *(operand.array for operand in operands)
    )
    if isinstance(allowed, Raises):
        run.require_data()
    method = f"Tensor.{SUBJECTS[name].in_place}"
    if run.expect(allowed, method, target, *others) is not None:
        run.look(allowed, target)


@verifies(
    broadcasting.in_place_operations_keep_the_shape_of_their_target,
    each=IN_PLACE,
    over=lambda name: [case for case in large_cases(name) if case[1] > 0],
)
def test_large_in_place(run: Run, name: str, case: Case) -> None:
    operands = large_operands(name, case)
    allowed = broadcasting.in_place_operations_keep_the_shape_of_their_target(name, *operands)
    for layout in ("contiguous", "transposed"):
        target = run.tensor(Operand(operands[0], layout))
        others = [run.tensor(operand) for operand in operands[1:]]
        run.call(f"Tensor.{SUBJECTS[name].in_place}", target, *others)
        run.look(allowed, target)
