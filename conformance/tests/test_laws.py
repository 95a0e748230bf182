"""The laws, over the op table: one drawn input serves all laws of an op."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_broadcastable, draw_layout, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import laws
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.ops import OPS
from tensorcanon.spec.ops.op import Op, shape_of
from tensorcanon.spec.rules import promotion
from tensorcanon.spec.rules.broadcasting import Shape
from tensorcanon.spec.rules.dtypes import COMPLEXES, DType


@dataclass(frozen=True, eq=False)
class Case:
    """Operands, and a choice among the numbers that may take the place of the last of them."""

    operands: tuple[Operand, ...]
    pick: int

    @cached_property
    def arrays(self) -> tuple[Array, ...]:
        return tuple(operand.array for operand in self.operands)


def draw(tape: Tape, op: Op) -> Case:
    """Draw operands in their layouts; one draw in four mixes types, where the op promotes, one is special."""
    dtype = tape.choose(op.dtypes)
    mixed = op.promotes and op.operands > 1 and tape.one_in(4)
    any_kind = "special" if tape.one_in(4) else "any"
    shapes = draw_broadcastable(tape, op.operands) if op.operands > 1 else [draw_shape(tape)]
    operands = []
    for place, shape in enumerate(shapes):
        own = tape.choose(op.dtypes) if mixed else dtype
        kind = any_kind if op.kind(place) == "any" else op.kind(place)
        array = _shared(tape, own, shape, kind) if mixed else draw_array(tape, own, shape, cast(Kind, kind))
        operands.append(_laid_out(tape, array))
    return Case(tuple(operands), tape.below(16))


def _shared(tape: Tape, dtype: DType, shape: Shape, kind: str) -> Array:
    """Draw values of a kind that every type holds exactly, so that conversions do not round."""
    array = draw_array(tape, dtype, shape, "ties" if kind == "shift" else "small")
    return np.where(array == 0, array.dtype.type(1), array) if kind == "divisor" else array


def _laid_out(tape: Tape, array: Array) -> Operand:
    if array.ndim and array.shape[0] > 1 and tape.one_in(12):
        return Operand(np.repeat(array[:1], array.shape[0], axis=0), "expanded")
    last = array.ndim == 4 and tape.one_in(2)
    return Operand(array, "channels_last" if last else draw_layout(tape))


@dataclass(frozen=True, eq=False)
class Subject:
    """A row of the op table, with the laws that its forms are under."""

    op: Op

    @property
    def clauses(self) -> tuple[Clause[Any], ...]:
        written = IN_PLACE * self.has_in_place + OUT * self.has_out
        return self.elements, *written, *WRITING * bool(written)

    @property
    def elements(self) -> Clause[Any]:
        """The law of its values."""
        exact, near = (
            laws.every_element_is_the_function_of_its_operands,
            laws.every_element_is_near_the_exact_one,
        )
        return exact if self.op.is_exact else near

    @property
    def has_in_place(self) -> bool:
        """Whether a form writes into the first operand; a complex one takes no result of another category."""
        complex_only = self.op.dtypes == COMPLEXES and self.op.gives != "common"
        return bool(self.op.forms & {"inplace", "inplace keyword"}) and not complex_only

    @property
    def has_out(self) -> bool:
        return "out" in self.op.forms

    def __str__(self) -> str:
        return str(self.op)


RESULTS = (
    laws.a_result_has_the_promoted_type,
    laws.a_result_has_the_broadcast_shape,
    laws.contiguous_operands_give_a_contiguous_result,
    laws.the_layout_of_operands_does_not_matter,
    laws.operands_stay_as_they_were,
    laws.a_result_shares_no_memory_with_operands,
    laws.a_second_call_gives_the_same_bits,
)
IN_PLACE = (laws.in_place_forms_write_the_result, laws.in_place_forms_return_their_tensor)
OUT = (laws.out_receives_the_result, laws.out_is_returned, laws.out_keeps_its_layout)
WRITING = (laws.a_write_reaches_the_tensor_only,)


def draw_for(tape: Tape, subject: Subject) -> Case:
    return draw(tape, subject.op)


@verifies(*RESULTS, each=[Subject(op) for op in OPS], drawn=draw_for)
def test_laws(run: Run, subject: Subject, case: Case) -> None:
    """Hold one input to the laws of the function, of the form in place and of ``out``."""
    op, arrays = subject.op, case.arrays
    hold_result(run, subject, [run.tensor(array) for array in arrays], arrays)
    given = [run.tensor(operand) for operand in case.operands]
    run.expect(laws.the_layout_of_operands_does_not_matter(op, *arrays), op.call, *given, **op.arguments)
    run.require_data()
    if subject.has_in_place and writable(op, case, case.operands[0]):
        hold_in_place(run, op, case, given[1:])
    if subject.has_out:
        hold_out(run, op, case, given)


def hold_result(run: Run, subject: Subject, given: list[Handle], arrays: tuple[Array, ...]) -> None:
    op = subject.op
    made = run.expect(laws.a_result_has_the_promoted_type(op, *arrays), op.call, *given, **op.arguments)
    first = run.see(made)
    run.judge(
        first,
        laws.a_result_has_the_broadcast_shape(op, *arrays),
        laws.contiguous_operands_give_a_contiguous_result(op, *arrays),
        subject.elements(op, *arrays),
    )
    for operand, handle in zip(arrays, given, strict=True):
        run.look(laws.operands_stay_as_they_were(operand), handle)
    run.call("Tensor.zero_", made)
    for operand, handle in zip(arrays, given, strict=True):
        run.look(laws.a_result_shares_no_memory_with_operands(operand), handle)
    if isinstance(first, Seen) and first.value is not None:
        again = laws.a_second_call_gives_the_same_bits(first.value)
        run.expect(again, op.call, *given, **op.arguments)


def hold_in_place(run: Run, op: Op, case: Case, others: list[Handle]) -> None:
    first = case.operands[0]
    storage, target = made_within(run, first)
    way, arguments = in_place_call(op)
    allowed = laws.in_place_forms_write_the_result(op, first.dtype, *case.arrays)
    made = run.expect(allowed, way, target, *others, **arguments)
    run.look(allowed, target)
    run.expect(laws.in_place_forms_return_their_tensor(), "is", made, target)
    run.look(laws.a_write_reaches_the_tensor_only(first.base(), gaps(first)), storage)
    for operand, handle in zip(case.operands[1:], others, strict=True):
        run.look(laws.a_write_reaches_the_tensor_only(operand.array), handle)


def hold_out(run: Run, op: Op, case: Case, given: list[Handle]) -> None:
    result, shape = op.result(*case.arrays), shape_of(*case.arrays)
    receiver = Operand(np.ones(shape, result.storage), case.operands[-1].layout)
    if receiver.effective_layout == "expanded":
        receiver = Operand(receiver.array, "stepped")
    storage, out = made_within(run, receiver)
    allowed = laws.out_receives_the_result(op, result, *case.arrays)
    made = run.expect(allowed, op.call, *given, out=out, **op.arguments)
    run.judge(run.see(out), allowed, laws.out_keeps_its_layout(shape, receiver.strides))
    run.expect(laws.out_is_returned(), "is", made, out)
    run.look(laws.a_write_reaches_the_tensor_only(receiver.base(), gaps(receiver)), storage)


def made_within(run: Run, operand: Operand) -> tuple[Handle, Handle]:
    """Make the storage of an operand and the view of it that shows the operand."""
    storage = shown = run.tensor(operand.base())
    for name, args in operand.recipe():
        shown = run.call(name, shown, *args)
    return storage, shown


def gaps(operand: Operand) -> Array:
    """Return where the storage of an operand holds what it does not show."""
    return Operand(np.zeros(operand.shape, bool), operand.layout).base()


def in_place_call(op: Op) -> tuple[str, dict[str, Any]]:
    if "inplace" in op.forms:
        return f"Tensor.{op.name}_", dict(op.arguments)
    return op.call, {**op.arguments, "inplace": True}


def writable(op: Op, case: Case, target: Operand) -> bool:
    """Whether a result may be written into a tensor of the target's type, shape and layout."""
    result = op.result(*case.arrays)
    return (
        shape_of(*case.arrays) == target.shape
        and target.effective_layout != "expanded"
        and promotion.can_cast(result, target.dtype)
        and not (target.dtype.is_complex and not result.is_complex)
    )


PROMOTING = [op for op in OPS if op.promotes and op.operands == 2]


def pairs(op: Op) -> list[tuple[Array, Array]]:
    """Return ones of every two types, with and without dimensions."""
    ones = [np.ones((2,) * ndim, dtype.storage) for dtype in op.dtypes for ndim in (1, 0)]
    return [(a, b) for a in ones for b in ones]


@verifies(laws.a_result_has_the_promoted_type, each=PROMOTING, over=pairs, proves=True)
def test_promotion(run: Run, op: Op, case: tuple[Array, Array]) -> None:
    allowed = laws.a_result_has_the_promoted_type(op, *case)
    run.expect(allowed, op.call, *map(run.tensor, case), **op.arguments)


@verifies(laws.a_result_follows_the_layout_of_its_operands, each=[op for op in OPS if op.plain], drawn=draw)
def test_layouts_of_results(run: Run, op: Op, case: Case) -> None:
    run.require_data()
    if any(operand.dtype is not op.common(*case.arrays) for operand in case.operands):
        return  # A conversion on the way may change the layout.
    shape = shape_of(*case.arrays)
    windows = [(operand.shape, operand.strides) for operand in case.operands]
    allowed = laws.a_result_follows_the_layout_of_its_operands(shape, *windows)
    run.expect(allowed, op.call, *map(run.tensor, case.operands), **op.arguments)


def named(op: Op) -> list[str]:
    """Return every other way to call an op with tensors."""
    ways = [f"torch.{alias}" for alias in op.aliases]
    if "method" in op.forms:
        ways += [f"Tensor.{name}" for name in (op.name, *op.aliases) if "." not in name]
    if op.operator:
        ways.append(f"operator.{op.operator}")
    return ways


@verifies(laws.methods_operators_and_aliases_agree, each=[op for op in OPS if named(op)], drawn=draw)
def test_names(run: Run, op: Op, case: Case) -> None:
    given = [run.tensor(operand) for operand in case.operands]
    allowed = laws.methods_operators_and_aliases_agree(op, *case.arrays)
    for way in named(op):
        run.expect(allowed, way, *given, **op.arguments)


@verifies(laws.a_number_stands_for_an_operand, each=[op for op in OPS if op.numbers], drawn=draw)
def test_numbers(run: Run, op: Op, case: Case) -> None:
    array, number = case.arrays[0], op.numbers[case.pick % len(op.numbers)]
    given = run.tensor(case.operands[0])
    allowed = laws.a_number_stands_for_an_operand(op, array, number)
    for way in [op.call, *named(op)]:
        run.expect(allowed, way, given, number, **op.arguments)


@verifies(laws.recording_does_not_change_the_elements, each=OPS, drawn=draw)
def test_recording(run: Run, op: Op, case: Case) -> None:
    given = [run.tensor(operand) for operand in case.operands]
    allowed = laws.recording_does_not_change_the_elements(op, *case.arrays)
    with run.within("torch.no_grad"):
        run.expect(allowed, op.call, *given, **op.arguments)
    if all(operand.dtype.format is not None for operand in case.operands):
        recorded = [run.tensor(operand, requires_grad=True) for operand in case.operands]
        run.expect(allowed, op.call, *recorded, **op.arguments)
