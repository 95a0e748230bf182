"""Moves between devices and types, tensors of several devices, tensors without data, modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.run import Run, Unclaimed
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

FLOATING = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)


def here(run: Run) -> str:
    return run.backend.identity.device


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
    return draw_operand(tape, tape.choose(dtypes.COMMON))


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
    name = f"{place}:0" if place == "cuda" else place
    run.expect(device.only_the_cpu_shares_memory_with_numpy(name), "Tensor.numpy", x)


# Tensors of several devices.

MIXED = (
    ("torch.add", lambda a, b: (a, b)),
    ("operator.mul", lambda a, b: (a, b)),
    ("operator.lt", lambda a, b: (a, b)),
    ("torch.maximum", lambda a, b: (a, b)),
    ("torch.cat", lambda a, b: ([a, b],)),
    ("torch.stack", lambda a, b: ([a, b],)),
)


def _pair(run: Run, case: str) -> tuple[str, str]:
    """Return two devices: one without data beside the CPU, or the CPU beside the one under test."""
    pair = ("cpu", "meta") if case == "meta" else ("cpu", here(run))
    if pair[0] == pair[1]:
        raise Unclaimed("another device than the CPU")
    return pair


@verifies(device.devices_do_not_mix, over=[(case, step) for case in ("meta", "here") for step in MIXED])
def test_mixed_devices(run: Run, case: tuple[str, tuple[str, Any]]) -> None:
    which, (name, given) = case
    first, second = _pair(run, which)
    for shape in ((2, 3), (2, 2), (1, 1), (3,)):
        a = run.call("torch.ones", shape, device=first)
        b = run.call("torch.ones", shape, device=second)
        run.expect(device.devices_do_not_mix(), name, *given(a, b))
        run.expect(device.devices_do_not_mix(), name, *given(b, a))


@verifies(
    device.zero_dim_tensors_of_the_cpu_mix,
    device.zero_dim_tensors_of_other_devices_do_not_mix,
    over=[(case, name) for case in ("meta", "here") for name in ("torch.add", "operator.mul", "torch.sub")],
)
def test_zero_dim_tensors_of_another_device(run: Run, case: tuple[str, str]) -> None:
    which, name = case
    first, second = _pair(run, which)
    for kind, other in ((dtypes.float32, dtypes.float64), (dtypes.float16, dtypes.int64)):
        number = run.call("torch.ones", (), dtype=other, device=first)
        there = run.call("torch.ones", (2, 3), dtype=kind, device=second)
        allowed = device.zero_dim_tensors_of_the_cpu_mix(kind, (2, 3), second)
        run.expect(allowed, name, number, there)
        run.expect(allowed, name, there, number)
        refused = device.zero_dim_tensors_of_other_devices_do_not_mix()
        number = run.call("torch.ones", (), dtype=other, device=second)
        here_ = run.call("torch.ones", (2, 3), dtype=kind, device=first)
        run.expect(refused, name, number, here_)
        run.expect(refused, name, here_, number)


@verifies(device.results_lie_where_the_operands_do, over=("meta", "here"))
def test_places_of_results(run: Run, case: str) -> None:
    place = here(run) if case == "here" else case
    x = run.call("torch.ones", 2, 3, device=place)
    for name, args, shape in (
        ("torch.add", (x, 1), (2, 3)),
        ("operator.neg", (x,), (2, 3)),
        ("Tensor.clone", (x,), (2, 3)),
        ("Tensor.t", (x,), (3, 2)),
        ("torch.zeros_like", (x,), (2, 3)),
        ("Tensor.new_zeros", (x, 4), (4,)),
        ("torch.sum", (x, 1), (2,)),
        ("operator.matmul", (x, run.call("Tensor.t", x)), (2, 2)),
        ("Tensor.mul_", (x, 2), (2, 3)),
        ("operator.getitem", (x, 1), (3,)),
    ):
        allowed = device.results_lie_where_the_operands_do(dtypes.float32, shape, place)
        run.expect(allowed, name, *args)
        with run.within("torch.device", "cpu"):
            run.expect(allowed, name, *args)


# Without data.

# An operation on x of shape (4, 3) and float32, with the type, shape and strides of its result.
SHAPES: tuple[tuple[str, tuple[Any, ...], DType, tuple[int, ...], tuple[int, ...]], ...] = (
    ("torch.exp", (), dtypes.float32, (4, 3), (3, 1)),
    ("operator.add", (2,), dtypes.float32, (4, 3), (3, 1)),
    ("torch.eq", (1,), dtypes.bool_, (4, 3), (3, 1)),
    ("Tensor.t", (), dtypes.float32, (3, 4), (1, 3)),
    ("Tensor.reshape", ((2, 6),), dtypes.float32, (2, 6), (6, 1)),
    ("Tensor.expand", (2, 4, 3), dtypes.float32, (2, 4, 3), (0, 3, 1)),
    ("Tensor.narrow", (1, 1, 2), dtypes.float32, (4, 2), (3, 1)),
    ("torch.sum", (0,), dtypes.float32, (3,), (1,)),
    ("torch.sum", (-1, True), dtypes.float32, (4, 1), (1, 1)),
    ("torch.argmax", (1,), dtypes.int64, (4,), (1,)),
    ("torch.any", (0,), dtypes.bool_, (3,), (1,)),
    ("Tensor.to", (dtypes.int16,), dtypes.int16, (4, 3), (3, 1)),
    ("torch.unsqueeze", (1,), dtypes.float32, (4, 1, 3), (3, 3, 1)),
    ("torch.mean", (1,), dtypes.float32, (4,), (1,)),
    ("operator.getitem", (2,), dtypes.float32, (3,), (1,)),
    ("operator.getitem", (slice(None, None, 2),), dtypes.float32, (2, 3), (6, 1)),
    ("torch.cumsum", (0,), dtypes.float32, (4, 3), (3, 1)),
)


@verifies(device.meta_results_have_the_shape_of_real_ones, over=SHAPES)
def test_shapes_without_data(run: Run, case: Any) -> None:
    name, args, *due = case
    x = run.call("torch.empty", 4, 3, device="meta")
    run.expect(device.meta_results_have_the_shape_of_real_ones(*due), name, x, *args)


@verifies(device.meta_results_have_the_shape_of_real_ones, over=((2, 5), (0, 4), (7, 1)))
def test_products_without_data(run: Run, case: tuple[int, int]) -> None:
    rows, columns = case
    a = run.call("torch.empty", rows, 3, device="meta", dtype=dtypes.float64)
    b = run.call("torch.empty", 3, columns, device="meta", dtype=dtypes.float64)
    row = run.call("torch.empty", 1, 3, device="meta", dtype=dtypes.int32)

    def due(shape: tuple[int, int]) -> Any:
        return device.meta_results_have_the_shape_of_real_ones(dtypes.float64, shape, (shape[1], 1))

    run.expect(due((rows, columns)), "torch.matmul", a, b)
    run.expect(due((rows, 3)), "torch.add", a, row)
    run.expect(due((rows + 1, 3)), "torch.cat", [a, run.call("Tensor.double", row)])


READS = (
    "x.item()",
    "x.tolist()",
    "bool(x)",
    "float(x)",
    "x.to('cpu')",
    "x.cpu()",
    "torch.nonzero(x)",
    "torch.zeros(1).copy_(x)",
    "x[x > 0]",
)


@verifies(device.what_has_no_data_cannot_be_read, over=READS)
def test_reading_without_data(run: Run, read: str) -> None:
    x = run.call("torch.zeros", 1, device="meta")
    run.expect(
        device.what_has_no_data_cannot_be_read(), "call", run.define(f"def read(x):\n    return {read}"), x
    )


# Modules.

MODULE = """
    class Counter(torch.nn.Module):
        def __init__(self, device=None):
            super().__init__()
            self.first = torch.nn.Linear(3, 3, device=device)
            self.second = torch.nn.Linear(3, 3, device=device)
            self.second.weight = self.first.weight
            self.register_buffer("steps", torch.zeros(2, dtype=torch.int64, device=device))
            self.register_buffer("mean", torch.zeros(4, device=device))
"""


@verifies(
    device.modules_move_in_place,
    device.moving_a_module_returns_the_module,
    device.tied_parameters_stay_tied,
    over=[
        (place, kind)
        for place in ("here", "meta")
        for kind in (dtypes.float32, dtypes.float64, dtypes.bfloat16)
    ],
)
def test_moving_modules(run: Run, case: tuple[str, DType]) -> None:
    place, kind = here(run) if case[0] == "here" else case[0], case[1]
    for args in ((place, kind), (kind,), (place,)):
        module = run.call("call", run.define(MODULE), here(run))
        kept = _member(run, module, "first.weight")
        moved = run.call("Tensor.to", module, *args)
        run.expect(device.moving_a_module_returns_the_module(), "is", moved, module)
        where = place if place in args else here(run)
        due = kind if kind in args else dtypes.float32
        for name, dtype, shape in (
            ("first.weight", due, (3, 3)),
            ("second.bias", due, (3,)),
            ("steps", dtypes.int64, (2,)),
            ("mean", due, (4,)),
        ):
            run.look(device.modules_move_in_place(dtype, shape, where), _member(run, module, name))
        if where == here(run):
            weight = _member(run, module, "first.weight")
            run.expect(
                device.tied_parameters_stay_tied(), "is", weight, _member(run, module, "second.weight")
            )
            run.expect(device.tied_parameters_stay_tied(), "is", weight, kept)


def _member(run: Run, module: Handle, path: str) -> Handle:
    for name in path.split("."):
        module = run.call("getattr", module, name)
    return module


@verifies(
    device.meta_modules_are_given_memory_by_to_empty,
    device.meta_modules_cannot_be_moved,
    device.assigned_states_replace_meta_parameters,
    over=("argument", "block"),
)
def test_modules_without_data(run: Run, way: str) -> None:
    run.require_data()
    place = here(run)

    def made() -> Handle:
        if way == "argument":
            return run.call("torch.nn.Linear", 3, 2, device="meta")  # type: ignore[no-any-return]
        with run.within("torch.device", "meta"):
            return run.call("torch.nn.Linear", 3, 2)  # type: ignore[no-any-return]

    module = made()
    run.expect(device.meta_modules_cannot_be_moved(), "Tensor.to", module, place)
    run.call("Tensor.to_empty", module, device=place)
    for name, shape in (("weight", (2, 3)), ("bias", (2,))):
        allowed = device.meta_modules_are_given_memory_by_to_empty(dtypes.float32, shape, place)
        run.look(allowed, run.call("getattr", module, name))
    module = made()
    weight, bias = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32)
    state = {
        name: run.call("Tensor.cpu", run.tensor(one)) for name, one in (("weight", weight), ("bias", bias))
    }
    run.whole("Tensor.load_state_dict", module, state, assign=True)
    for name, array in (("weight", weight), ("bias", bias)):
        run.look(device.assigned_states_replace_meta_parameters(array), run.call("getattr", module, name))


# One arithmetic.


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
        values = run.see(first).value  # type: ignore[union-attr]
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
