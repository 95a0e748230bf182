"""The laws, over the op table: one drawn input serves all laws of an op."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from tensorcanon.conformance.backend import Array
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

EXACT = [op for op in OPS if op.is_exact]
NEAR = [op for op in OPS if not op.is_exact]


@dataclass(frozen=True, eq=False)
class Case:
    """Operands, and a choice among the numbers that may take the place of the last of them."""

    operands: tuple[Operand, ...]
    pick: int

    @property
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


SHARED = (
    laws.a_result_has_the_promoted_type,
    laws.a_result_has_the_broadcast_shape,
    laws.contiguous_operands_give_a_contiguous_result,
    laws.the_layout_of_operands_does_not_matter,
    laws.operands_stay_as_they_were,
    laws.a_result_shares_no_memory_with_operands,
    laws.a_second_call_gives_the_same_bits,
)


@verifies(laws.every_element_is_the_function_of_its_operands, *SHARED, each=EXACT, drawn=draw)
def test_exact_results(run: Run, op: Op, case: Case) -> None:
    hold_results(run, op, case, laws.every_element_is_the_function_of_its_operands)


@verifies(laws.every_element_is_near_the_exact_one, *SHARED, each=NEAR, drawn=draw)
def test_near_results(run: Run, op: Op, case: Case) -> None:
    hold_results(run, op, case, laws.every_element_is_near_the_exact_one)


def hold_results(run: Run, op: Op, case: Case, elements: Clause[Any]) -> None:
    given = [run.tensor(array) for array in case.arrays]
    made = run.expect(laws.a_result_has_the_promoted_type(op, *case.arrays), op.call, *given, **op.arguments)
    run.look(laws.a_result_has_the_broadcast_shape(op, *case.arrays), made)
    run.look(laws.contiguous_operands_give_a_contiguous_result(op, *case.arrays), made)
    run.look(elements(op, *case.arrays), made)
    for operand, handle in zip(case.arrays, given, strict=True):
        run.look(laws.operands_stay_as_they_were(operand), handle)
    first = run.see(made)
    run.call("Tensor.zero_", made)
    for operand, handle in zip(case.arrays, given, strict=True):
        run.look(laws.a_result_shares_no_memory_with_operands(operand), handle)
    if isinstance(first, Seen) and first.value is not None:
        again = laws.a_second_call_gives_the_same_bits(first.value)
        run.expect(again, op.call, *given, **op.arguments)
    laid_out = [run.tensor(operand) for operand in case.operands]
    run.expect(
        laws.the_layout_of_operands_does_not_matter(op, *case.arrays), op.call, *laid_out, **op.arguments
    )
    run.require_data()


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


def in_place_call(op: Op) -> tuple[str, dict[str, Any]]:
    if "inplace" in op.forms:
        return f"Tensor.{op.name}_", dict(op.arguments)
    return op.call, {**op.arguments, "inplace": True}


# A complex tensor takes no result of another category.
IN_PLACE = [
    op
    for op in OPS
    if op.forms & {"inplace", "inplace keyword"} and not (op.dtypes == COMPLEXES and op.gives != "common")
]


@verifies(
    laws.in_place_forms_write_the_result,
    laws.in_place_forms_return_their_tensor,
    laws.a_write_reaches_the_tensor_only,
    each=IN_PLACE,
    drawn=draw,
)
def test_in_place(run: Run, op: Op, case: Case) -> None:
    first, *others = case.operands
    written = first.dtype
    if not writable(op, case, first):
        return
    storage = run.tensor(first.base())
    target = storage
    for name, args in first.recipe():
        target = run.call(name, target, *args)
    given = [run.tensor(operand) for operand in others]
    way, arguments = in_place_call(op)
    allowed = laws.in_place_forms_write_the_result(op, written, *case.arrays)
    made = run.expect(allowed, way, target, *given, **arguments)
    run.look(laws.in_place_forms_write_the_result(op, written, *case.arrays), target)
    run.expect(laws.in_place_forms_return_their_tensor(), "is", made, target)
    gaps = Operand(np.zeros(first.shape, bool), first.layout).base()
    run.look(laws.a_write_reaches_the_tensor_only(first.base(), gaps), storage)
    for operand, handle in zip(others, given, strict=True):
        run.look(laws.a_write_reaches_the_tensor_only(operand.array), handle)


def writable(op: Op, case: Case, target: Operand) -> bool:
    """Whether a result may be written into a tensor of the target's type, shape and layout."""
    result = op.result(*case.arrays)
    return (
        shape_of(*case.arrays) == target.shape
        and target.effective_layout != "expanded"
        and promotion.can_cast(result, target.dtype)
        and not (target.dtype.is_complex and not result.is_complex)
    )


@verifies(
    laws.out_receives_the_result,
    laws.out_is_returned,
    laws.out_keeps_its_layout,
    laws.a_write_reaches_the_tensor_only,
    each=[op for op in OPS if "out" in op.forms],
    drawn=draw,
)
def test_out(run: Run, op: Op, case: Case) -> None:
    result, shape = op.result(*case.arrays), shape_of(*case.arrays)
    target = Operand(np.ones(shape, result.storage), case.operands[-1].layout)
    if target.effective_layout == "expanded":
        target = Operand(target.array, "stepped")
    storage = run.tensor(target.base())
    out = storage
    for name, args in target.recipe():
        out = run.call(name, out, *args)
    given = [run.tensor(operand) for operand in case.operands]
    allowed = laws.out_receives_the_result(op, result, *case.arrays)
    made = run.expect(allowed, op.call, *given, out=out, **op.arguments)
    run.look(laws.out_receives_the_result(op, result, *case.arrays), out)
    run.expect(laws.out_is_returned(), "is", made, out)
    run.look(laws.out_keeps_its_layout(shape, target.strides), out)
    gaps = Operand(np.zeros(shape, bool), target.layout).base()
    run.look(laws.a_write_reaches_the_tensor_only(target.base(), gaps), storage)
