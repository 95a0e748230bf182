"""Devices: moves between places and types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.places import here
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

FLOATING = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)


@dataclass(frozen=True)
class Move:
    """A tensor and the type it is brought to."""

    operand: Operand
    target: DType


def draw_move(tape: Tape) -> Move:
    operand = draw_operand(tape, tape.choose(dtypes.COMMON))
    same = tape.one_in(3)
    return Move(operand, operand.dtype if same else tape.choose(dtypes.COMMON))


def draw_bits(tape: Tape) -> Operand:
    return draw_operand(tape, tape.choose(dtypes.COMMON), kind=tape.choose(("any", "special")))


@verifies(
    device.forms_of_a_move_agree,
    device.a_move_leaves_its_source_alone,
    device.moves_keep_dense_strides,
    drawn=draw_move,
)
def test_forms(run: Run, move: Move) -> None:
    run.require_data()
    run.require(move.target)
    operand, target, place = move.operand, move.target, here(run)
    x = run.tensor(operand)
    other = run.call("torch.empty", 1, dtype=target)
    allowed = device.forms_of_a_move_agree(operand.array, target, place)
    strides = device.moves_keep_dense_strides(target, operand.array.shape, operand.strides)
    for args, options in (
        ((target,), {}),
        ((place, target), {}),
        ((other,), {}),
        ((place, target, False, True), {}),
        ((), {"device": place, "dtype": target, "non_blocking": True, "copy": True}),
        ((), {"dtype": target}),
        ((run.call("torch.device", place), target), {}),
    ):
        moved = run.expect(allowed, "Tensor.to", x, *args, **options)
        run.look(strides, moved)
    run.look(device.a_move_leaves_its_source_alone(operand.array), x)


@verifies(
    device.a_move_that_changes_nothing_returns_the_tensor,
    device.a_copy_asked_for_is_another_tensor,
    drawn=draw_bits,
)
def test_moves_to_the_same_place(run: Run, operand: Operand) -> None:
    run.require_data()
    x, place = run.tensor(operand), here(run)
    same = device.a_move_that_changes_nothing_returns_the_tensor()
    own = run.call("Tensor.device", x)
    for args in (
        (place,),
        (own,),
        (place, operand.dtype),
        (operand.dtype,),
        (own, operand.dtype, True),
        (x,),
    ):
        run.expect(same, "is", run.call("Tensor.to", x, *args), x)
    if place in ("cpu", "cuda"):
        run.expect(same, "is", run.call(f"Tensor.{place}", x), x)
    for args in ((place,), (operand.dtype,), (own, operand.dtype), (x,)):
        _is_a_copy(run, operand, run.call("Tensor.to", x, *args, copy=True), x)


def _is_a_copy(run: Run, operand: Operand, copy: Handle, x: Handle) -> None:
    allowed = device.a_copy_asked_for_is_another_tensor(operand.array)
    run.look(allowed, copy)
    run.call("Tensor.zero_", copy)
    run.look(allowed, x)
    before = run.call("Tensor.clone", x)
    again = run.call("Tensor.to", before, operand.dtype, copy=True)
    run.call("Tensor.zero_", before)
    run.look(allowed, again)


@verifies(device.there_and_back_keeps_every_bit, device.non_blocking_changes_no_element, drawn=draw_bits)
def test_there_and_back(run: Run, operand: Operand) -> None:
    run.require_data()
    place = here(run)
    x = run.call("Tensor.to", run.tensor(operand), "cpu")
    allowed = device.there_and_back_keeps_every_bit(operand.array)
    there = run.call("Tensor.to", x, place, copy=True)
    run.expect(allowed, "Tensor.cpu", there)
    run.expect(allowed, "Tensor.to", there, "cpu", copy=True)
    run.look(allowed, x)
    if place == "cuda":
        run.expect(allowed, "Tensor.cpu", run.call("Tensor.cuda", x))
    moved = run.call("Tensor.to", x, place, non_blocking=True, copy=True)
    run.look(device.non_blocking_changes_no_element(operand.array), moved)


@verifies(device.gradients_flow_back_through_moves, over=[(a, b) for a in FLOATING for b in FLOATING])
def test_gradients(run: Run, case: tuple[DType, DType]) -> None:
    run.require_data()
    source, target = case
    slope = np.array([[0.5, -2.0, 3.0]]).astype(source.storage)
    place = here(run)
    for args, options in (
        ((target,), {}),
        ((place, target), {}),
        ((place, target), {"copy": True}),
        ((run.call("torch.empty", 0, dtype=target),), {}),
        ((), {"device": "cpu", "dtype": target, "non_blocking": True}),
    ):
        x = run.tensor(np.ones((1, 3)).astype(source.storage), requires_grad=True)
        moved = run.call("Tensor.to", x, *args, **options)
        weights = run.call("Tensor.to", run.tensor(slope.astype(target.storage)), moved)
        run.call("Tensor.backward", run.call("Tensor.sum", run.call("torch.mul", moved, weights)))
        run.look(device.gradients_flow_back_through_moves(slope), run.call("Tensor.grad", x))


@verifies(device.only_the_cpu_shares_memory_with_numpy, over=("meta", "here"))
def test_numpy_of_other_devices(run: Run, case: str) -> None:
    place = here(run) if case == "here" else case
    if place == "cpu":
        raise Unclaimed("another device than the CPU")
    x = run.call("torch.zeros", 2, device=place)
    name = place if place == "meta" else f"{place}:0"
    run.expect(device.only_the_cpu_shares_memory_with_numpy(name), "Tensor.numpy", x)
