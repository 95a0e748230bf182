"""Devices: one arithmetic everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.places import here
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import elements
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes


def draw_matrices(tape: Tape) -> tuple[Operand, Operand]:
    rows, inner, columns = tape.between(1, 40), tape.between(1, 70), tape.between(1, 40)
    a = draw_operand(tape, dtypes.float32, (rows, inner), "small")
    return a, draw_operand(tape, dtypes.float32, (inner, columns), "small")


@verifies(device.every_device_multiplies_to_full_precision, drawn=draw_matrices)
def test_products(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = (np.asarray(one.array, np.float32) * np.float32(1.001) for one in case)
    run.require_data()
    allowed = device.every_device_multiplies_to_full_precision(a, b)
    run.expect(
        allowed,
        "torch.matmul",
        run.tensor(Operand(a, case[0].layout)),
        run.tensor(Operand(b, case[1].layout)),
    )


@verifies(device.results_are_those_of_the_order_written, over=(100, 5000))
def test_order_of_steps(run: Run, count: int) -> None:
    run.require_data()
    x = run.tensor(np.zeros(count, np.float64))
    kept = []
    for step in range(1, 6):
        run.call("Tensor.add_", x, step)
        run.call("Tensor.mul_", x, 2)
        kept.append(run.call("Tensor.clone", x))
    value = 0.0
    for step, one in enumerate(kept, start=1):
        value = (value + step) * 2
        run.expect(device.results_are_those_of_the_order_written(np.full(count, value)), "Tensor.cpu", one)


SUMS = (
    ("Tensor.index_add_", lambda x, index, source: (x, 0, index, source)),
    ("Tensor.scatter_add_", lambda x, index, source: (x, 0, index, source)),
    ("Tensor.index_put_", lambda x, index, source: (x, (index,), source, True)),
)


@verifies(device.deterministic_sums_repeat_their_bits, over=SUMS)
def test_deterministic_sums(run: Run, case: tuple[str, Any]) -> None:
    run.require_data()
    name, given = case
    index = run.tensor((np.arange(3000) * 7919 % 5).astype(np.int64))
    source = run.tensor((np.sin(np.arange(3000)) * 1e3).astype(np.float32))
    mode = "torch.use_deterministic_algorithms"
    run.call(mode, True)
    try:
        first = run.call(name, *given(run.call("torch.zeros", 5), index, source))
        values = elements(run, first)
        for _ in range(3):
            again = given(run.call("torch.zeros", 5), index, source)
            run.expect(device.deterministic_sums_repeat_their_bits(values), name, *again)
    finally:
        run.call(mode, False)


@verifies(
    device.integers_divided_by_zero_fail_on_the_cpu, over=("operator.floordiv", "operator.mod", "torch.fmod")
)
def test_integer_division_by_zero(run: Run, name: str) -> None:
    run.require_data()
    a, b = run.tensor(np.array([5, 7])), run.tensor(np.array([1, 0]))
    run.expect(device.integers_divided_by_zero_fail_on_the_cpu(here(run)), name, a, b)


@verifies(device.indices_out_of_range_fail_at_once_on_the_cpu, over=(3, -4, 1000))
def test_indices_out_of_range(run: Run, place: int) -> None:
    run.require_data()
    if here(run) != "cpu":
        raise Unclaimed("errors at once")
    x, index = run.tensor(np.arange(3.0)), run.tensor(np.array([0, place]))
    allowed = device.indices_out_of_range_fail_at_once_on_the_cpu()
    for _ in range(2):
        run.expect(allowed, "operator.getitem", x, index)
        run.expect(allowed, "torch.index_select", x, 0, index)
        run.expect(allowed, "torch.take", x, index)
