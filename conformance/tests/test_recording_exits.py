"""Ways out of the graph: clones, detached tensors, data, numbers, casts and deep copies."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.places import here
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import recording
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

ONES = np.ones(3, np.float32)


def draw_source(tape: Tape) -> tuple[Operand, bool]:
    """Draw a tensor, and whether it is a leaf or a result."""
    operand = draw_operand(tape, tape.choose((dtypes.float32, dtypes.float64)), (2, 3), "small")
    return operand, tape.one_in(2)


def source(run: Run, case: tuple[Operand, bool]) -> tuple[Any, Any]:
    """Return a leaf, and it or its clone."""
    operand, is_result = case
    x = run.tensor(operand, requires_grad=True)
    return x, run.call("Tensor.clone", x) if is_result else x


def take_back(run: Run, tensor: Any) -> None:
    run.call("Tensor.backward", run.call("Tensor.sum", tensor))


@verifies(recording.clones_pass_the_gradient_on, recording.clones_share_no_memory, drawn=draw_source)
def test_clone(run: Run, case: tuple[Operand, bool]) -> None:
    array = case[0].array
    x, origin = source(run, case)
    copy = run.call("Tensor.clone", origin)
    weight = array + 1
    take_back(run, run.call("operator.mul", copy, run.tensor(weight)))
    run.expect(recording.clones_pass_the_gradient_on(weight), "Tensor.grad", x)
    with run.within("torch.no_grad"):
        run.call("Tensor.fill_", copy, 9.0)
        run.look(recording.clones_share_no_memory(array), origin)
        run.call("Tensor.fill_", origin, 5.0)
        run.look(recording.clones_share_no_memory(np.full_like(array, 9)), copy)


@verifies(
    recording.detached_tensors_are_out_of_the_graph,
    recording.detached_tensors_share_memory,
    recording.no_gradient_flows_through_detach,
    drawn=draw_source,
)
def test_detach(run: Run, case: tuple[Operand, bool]) -> None:
    array = case[0].array
    x, origin = source(run, case)
    cut = run.expect(recording.detached_tensors_are_out_of_the_graph(array), "Tensor.detach", origin)
    doubled = run.call("operator.mul", cut, 2.0)
    run.look(recording.detached_tensors_are_out_of_the_graph(2 * array), doubled)
    take_back(run, run.call("operator.mul", origin, doubled))
    run.expect(recording.no_gradient_flows_through_detach(2 * array), "Tensor.grad", x)
    run.call("Tensor.fill_", cut, 9.0)
    run.look(recording.detached_tensors_share_memory(np.full_like(array, 9)), origin)
    with run.within("torch.no_grad"):
        run.call("Tensor.fill_", origin, 5.0)
    run.look(recording.detached_tensors_share_memory(np.full_like(array, 5)), cut)


@verifies(recording.detach_in_place_returns_the_tensor_without_history, drawn=draw_source)
def test_detach_in_place(run: Run, case: tuple[Operand, bool]) -> None:
    array = case[0].array
    x = run.tensor(array, requires_grad=True)
    y = run.call("operator.mul", x, 2.0)
    allowed = recording.detach_in_place_returns_the_tensor_without_history(2 * array)
    run.expect(allowed, "Tensor.detach_", y)
    run.look(recording.detach_in_place_returns_the_tensor_without_history(2 * array), y)


@verifies(recording.data_shares_memory_and_has_no_history, drawn=draw_source)
def test_data(run: Run, case: tuple[Operand, bool]) -> None:
    array = case[0].array
    _, origin = source(run, case)
    data = run.expect(recording.data_shares_memory_and_has_no_history(array), "Tensor.data", origin)
    run.call("Tensor.mul_", data, 2.0)
    values = run.call("Tensor.detach", origin)
    run.look(recording.data_shares_memory_and_has_no_history(2 * array), values)


@verifies(
    recording.edits_through_data_go_unnoticed, recording.edits_through_detach_are_noticed, drawn=draw_source
)
def test_edits(run: Run, case: tuple[Operand, bool]) -> None:
    array = case[0].array
    for way in ("data", "detach"):
        x, origin = source(run, case)
        total = run.call("Tensor.sum", run.call("operator.mul", origin, origin))
        run.call("Tensor.fill_", run.call(f"Tensor.{way}", origin), 7.0)
        if way == "detach":
            run.expect(recording.edits_through_detach_are_noticed(), "Tensor.backward", total)
            return
        run.call("Tensor.backward", total)
        due = np.full_like(array, 14)
        run.expect(recording.edits_through_data_go_unnoticed(due), "Tensor.grad", x)


@verifies(
    recording.arrays_are_not_made_of_tensors_that_require_grad, over=["leaf", "result", "detached", "plain"]
)
def test_numpy(run: Run, kind: str) -> None:
    run.require_data()
    x = run.tensor(ONES, requires_grad=kind != "plain")
    if kind in ("result", "detached"):
        x = run.call("operator.mul", x, 2.0)
    if kind == "detached":
        x = run.call("Tensor.detach", x)
    refused = kind in ("leaf", "result")
    allowed = recording.arrays_are_not_made_of_tensors_that_require_grad(
        refused, ONES * (2 if kind == "detached" else 1)
    )
    if here(run) != "cpu":
        x = run.call("Tensor.cpu", x)
    if refused:
        run.expect(allowed, "Tensor.numpy", x)
    else:
        run.expect(allowed, "Tensor.tolist", run.whole("Tensor.numpy", x))


def draw_frozen(tape: Tape) -> list[bool]:
    return [tape.one_in(2) for _ in range(3)]


@verifies(recording.frozen_leaves_get_no_gradient, drawn=draw_frozen)
def test_freezing(run: Run, frozen: list[bool]) -> None:
    leaves = [run.tensor(ONES * (place + 1), requires_grad=True) for place in range(3)]
    for x, cold in zip(leaves, frozen, strict=True):
        if cold:
            run.call("Tensor.requires_grad_", x, False)
    product = run.call("operator.mul", run.call("operator.mul", leaves[0], leaves[1]), leaves[2])
    if not all(frozen):
        take_back(run, product)
    for place, (x, cold) in enumerate(zip(leaves, frozen, strict=True)):
        due = None if cold else ONES * (6 // (place + 1))
        run.expect(recording.frozen_leaves_get_no_gradient(due), "Tensor.grad", x)


CUTS: tuple[tuple[str, ...], ...] = (
    ("Tensor.long", "Tensor.float"),
    ("Tensor.int", "Tensor.float"),
    ("Tensor.bool", "Tensor.float"),
    ("Tensor.detach",),
    ("Tensor.tolist", "torch.tensor"),
    ("Tensor.detach", "Tensor.numpy", "torch.from_numpy"),
)


@verifies(
    recording.integers_and_numbers_cut_the_graph,
    over=[(cut, kind) for cut in CUTS for kind in ("leaf", "result")],
)
def test_cuts(run: Run, case: tuple[tuple[str, ...], str]) -> None:
    run.require_data()
    names, kind = case
    if "Tensor.numpy" in names and here(run) != "cpu":
        raise Unclaimed("arrays that share memory")
    array = np.array([1.0, 1.0, 0.0], np.float32)
    x = run.tensor(array, requires_grad=True)
    cut = x if kind == "leaf" else run.call("operator.mul", x, 1.0)
    for name in names:
        cut = run.call(name, cut) if name != "Tensor.numpy" else run.whole(name, cut)
    take_back(run, run.call("operator.mul", x, cut))
    run.expect(recording.integers_and_numbers_cut_the_graph(array), "Tensor.grad", x)


WAYS = ("to", "type", "copy_", "method", "type_as")


@verifies(
    recording.gradients_are_cast_back,
    over=[(a, b, way) for a, b in permutations(dtypes.FLOATS, 2) for way in WAYS],
)
def test_casts(run: Run, case: tuple[DType, DType, str]) -> None:
    own, other, way = case
    x = run.tensor(np.array([1.0, 2.0, 3.0]).astype(own.storage), requires_grad=True)
    match way:
        case "method":
            names = {"float64": "double", "float32": "float", "float16": "half", "bfloat16": "bfloat16"}
            y = run.call(f"Tensor.{names[other.name]}", x)
        case "copy_":
            y = run.call("Tensor.copy_", run.tensor(np.zeros(3, other.storage)), x)
        case "type_as":
            y = run.call("Tensor.type_as", x, run.tensor(np.zeros(3, other.storage)))
        case _:
            y = run.call(f"Tensor.{way}", x, other)
    weight = np.array([2.0, -1.0, 0.5])
    run.call("Tensor.backward", y, run.tensor(weight.astype(other.storage)))
    run.expect(recording.gradients_are_cast_back(weight, own), "Tensor.grad", x)


@verifies(
    recording.only_leaves_are_copied_deeply,
    recording.deep_copies_share_no_memory,
    over=["leaf", "plain", "result"],
)
def test_deep_copies(run: Run, kind: str) -> None:
    array: Array = ONES * 2
    x = run.tensor(array, requires_grad=kind != "plain")
    if kind == "result":
        x = run.call("operator.mul", x, 2.0)
    memo = run.whole("builtins.dict")
    allowed = recording.only_leaves_are_copied_deeply(kind != "result", array, kind == "leaf")
    copy = run.expect(allowed, "Tensor.__deepcopy__", x, memo)
    if copy is None:
        values = run.call("Tensor.detach", x)
        run.look(recording.deep_copies_share_no_memory(array * 2), values)
        return
    with run.within("torch.no_grad"):
        run.call("Tensor.fill_", copy, 7.0)
    run.look(recording.deep_copies_share_no_memory(array), x)
