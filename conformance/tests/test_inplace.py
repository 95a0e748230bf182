"""Writes: methods with an underscore, augmented assignment, views, version counters, overlap."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout, draw_operand
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import inplace
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Operand as Promoted
from tensorcanon.spec.rules.promotion import can_cast, result_type

MASK = np.eye(3, dtype=bool)
ROW = np.array([0, 1, 2], np.float32)
ROWS = np.array([2, 0])
PLACES = np.array([[0, 2, 1], [1, 0, 2]])
TWO_ROWS = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]], np.float32)


@dataclass(frozen=True)
class Write:
    """A method that writes into a 3 x 3 float32 tensor: its arguments and what NumPy makes of it."""

    name: str
    args: tuple[Any, ...]
    expected: Callable[[Array], Array]

    def __str__(self) -> str:
        return self.name


def _scattered(x: Array, add: bool) -> Array:
    made = x.copy()
    for row in range(2):
        for column in range(3):
            place = PLACES[row, column]
            made[place, column] = TWO_ROWS[row, column] + (made[place, column] if add else 0)
    return made


def _with_rows(x: Array, rows: Any) -> Array:
    made = x.copy()
    made[ROWS] = rows
    return made


def _filled_diagonal(x: Array) -> Array:
    made = x.copy()
    np.fill_diagonal(made, 4)
    return made


WRITES = (
    Write("add_", (2.0,), lambda x: x + np.float32(2)),
    Write("sub_", (1.0,), lambda x: x - np.float32(1)),
    Write("mul_", (2.0,), lambda x: x * np.float32(2)),
    Write("div_", (2.0,), lambda x: x / np.float32(2)),
    Write("pow_", (2,), lambda x: x * x),
    Write("neg_", (), lambda x: -x),
    Write("abs_", (), np.abs),
    Write("square_", (), lambda x: x * x),
    Write("floor_", (), np.floor),
    Write("ceil_", (), np.ceil),
    Write("round_", (), np.round),
    Write("trunc_", (), np.trunc),
    Write("sign_", (), np.sign),
    Write("relu_", (), lambda x: np.maximum(x, np.float32(0))),
    Write("zero_", (), np.zeros_like),
    Write("fill_", (3.0,), lambda x: np.full_like(x, 3)),
    Write("clamp_", (-1.0, 1.0), lambda x: np.clip(x, np.float32(-1), np.float32(1))),
    Write("clamp_min_", (0.5,), lambda x: np.maximum(x, np.float32(0.5))),
    Write("clamp_max_", (0.5,), lambda x: np.minimum(x, np.float32(0.5))),
    Write("copy_", (np.arange(3, dtype=np.float32),), lambda x: np.broadcast_to(ROW, (3, 3))),
    Write("masked_fill_", (MASK, 5.0), lambda x: np.where(MASK, np.float32(5), x)),
    Write("index_fill_", (0, ROWS, 6.0), lambda x: _with_rows(x, 6)),
    Write("index_copy_", (0, ROWS, TWO_ROWS), lambda x: _with_rows(x, TWO_ROWS)),
    Write("index_add_", (0, ROWS, TWO_ROWS), lambda x: _with_rows(x, x[ROWS] + TWO_ROWS)),
    Write("scatter_", (0, PLACES, TWO_ROWS), lambda x: _scattered(x, add=False)),
    Write("scatter_add_", (0, PLACES, TWO_ROWS), lambda x: _scattered(x, add=True)),
    Write("tril_", (), np.tril),
    Write("triu_", (), np.triu),
    Write("cumsum_", (1,), lambda x: np.cumsum(x, axis=1, dtype=np.float32)),
    Write("lerp_", (np.zeros((3, 3), np.float32), 0.5), lambda x: x + np.float32(0.5) * -x),
    Write("fill_diagonal_", (4.0,), _filled_diagonal),
)
# What these compute is held elsewhere; here it counts that they write.
APPROXIMATE = (
    "exp_",
    "expm1_",
    "log_",
    "sqrt_",
    "rsqrt_",
    "sin_",
    "cos_",
    "tan_",
    "sigmoid_",
    "tanh_",
    "erf_",
)


def square(tape: Tape, *_: Any) -> Operand:
    return draw_operand(tape, dtypes.float32, (3, 3), "exact")


def applied(run: Run, write: Write, x: Handle) -> Any:
    args = [run.tensor(arg) if isinstance(arg, np.ndarray) else arg for arg in write.args]
    return run.call(f"Tensor.{write.name}", x, *args)


@verifies(
    inplace.underscore_methods_return_self,
    inplace.underscore_methods_write_the_result,
    inplace.in_place_operations_raise_the_version,
    inplace.writes_through_a_view_reach_the_base,
    each=WRITES,
    drawn=square,
)
def test_methods(run: Run, write: Write, case: Operand) -> None:
    x = run.tensor(case)
    before = run.whole("Tensor._version", x)
    returned = applied(run, write, x)
    run.expect(inplace.underscore_methods_return_self(), "is", returned, x)
    after = run.whole("Tensor._version", x)
    run.expect(inplace.in_place_operations_raise_the_version(), "operator.gt", after, before)
    with np.errstate(all="ignore"):
        result = np.asarray(write.expected(case.array), np.float32)
    run.look(inplace.underscore_methods_write_the_result(result, case.strides), x)
    _write_through_a_view(run, write, case.array)


@verifies(
    inplace.underscore_methods_return_self,
    inplace.in_place_operations_raise_the_version,
    each=APPROXIMATE,
    drawn=square,
)
def test_approximate_methods(run: Run, name: str, case: Operand) -> None:
    x = run.tensor(case)
    before = run.whole("Tensor._version", x)
    returned = run.call(f"Tensor.{name}", x)
    run.expect(inplace.underscore_methods_return_self(), "is", returned, x)
    after = run.whole("Tensor._version", x)
    run.expect(inplace.in_place_operations_raise_the_version(), "operator.gt", after, before)


def _write_through_a_view(run: Run, write: Write, array: Array) -> None:
    around = np.stack([np.full((3, 3), 77, np.float32), array, np.full((3, 3), 55, np.float32)])
    base = run.tensor(around)
    view = run.call("operator.getitem", base, 1)
    applied(run, write, run.call("Tensor.t", view))
    expected = around.copy()
    expected[1] = np.asarray(write.expected(array.T), np.float32).T
    run.look(inplace.writes_through_a_view_reach_the_base(expected), base)


VIEWS: tuple[tuple[str, tuple[Any, ...], Callable[[Array], Array]], ...] = (
    ("operator.getitem", (1,), lambda x: x[1]),
    ("operator.getitem", ((slice(None), 1),), lambda x: x[:, 1]),
    ("operator.getitem", ((slice(None, None, 2), slice(1, None)),), lambda x: x[::2, 1:]),
    ("Tensor.t", (), lambda x: x.T),
    ("Tensor.T", (), lambda x: x.T),
    (
        "Tensor.diagonal",
        (),
        lambda x: np.lib.stride_tricks.as_strided(x, (3,), (x.strides[0] + x.strides[1],)),
    ),
    ("Tensor.detach", (), lambda x: x),
    ("Tensor.unsqueeze", (0,), lambda x: x[None]),
    ("Tensor.narrow", (1, 0, 2), lambda x: x[:, :2]),
    ("Tensor.select", (0, -1), lambda x: x[-1]),
)


@verifies(
    inplace.writes_through_a_view_reach_the_base,
    inplace.writes_to_the_base_reach_its_views,
    inplace.views_share_the_version_counter,
    drawn=lambda tape: (square(tape), tape.choose(VIEWS)),
)
def test_views(run: Run, case: tuple[Operand, tuple[str, tuple[Any, ...], Any]]) -> None:
    operand, (name, args, of_numpy) = case
    base = run.tensor(operand)
    view = run.call(name, base, *args)
    expected = operand.array.copy()
    version = run.whole("Tensor._version", base)
    run.call("Tensor.add_", view, 1.0)
    of_numpy(expected)[...] += 1
    run.look(inplace.writes_through_a_view_reach_the_base(expected), base)
    raised = run.whole("Tensor._version", base)
    run.expect(inplace.views_share_the_version_counter(), "operator.gt", raised, version)
    version = run.whole("Tensor._version", view)
    run.call("Tensor.mul_", base, 2.0)
    expected *= 2
    run.look(inplace.writes_to_the_base_reach_its_views(of_numpy(expected)), view)
    raised = run.whole("Tensor._version", view)
    run.expect(inplace.views_share_the_version_counter(), "operator.gt", raised, version)


@verifies(inplace.other_operations_keep_the_version, drawn=square)
def test_out_of_place_versions(run: Run, case: Operand) -> None:
    x = run.tensor(case)
    before = run.call("Tensor._version", x)
    for name, args in (("add", (1,)), ("mul", (2,)), ("neg", ()), ("sum", ()), ("t", ()), ("clone", ())):
        run.call(f"Tensor.{name}", x, *args)
        run.expect(inplace.other_operations_keep_the_version(before), "Tensor._version", x)


@verifies(
    inplace.detached_tensors_share_the_version_counter, over=[("Tensor.detach", False), ("Tensor.data", True)]
)
def test_detached_versions(run: Run, case: tuple[str, bool]) -> None:
    name, through_data = case
    x = run.tensor(np.ones(3, np.float32))
    version = run.whole("Tensor._version", x)
    run.call("Tensor.add_", run.call(name, x), 1)
    raised = run.whole("Tensor._version", x)
    allowed = inplace.detached_tensors_share_the_version_counter(through_data)
    run.expect(allowed, "operator.gt", raised, version)


AUGMENTED: dict[str, Callable[[Any, Any], Any]] = {
    "iadd": operator.add,
    "isub": operator.sub,
    "imul": operator.mul,
    "itruediv": operator.truediv,
    "ifloordiv": operator.floordiv,
    "imod": operator.mod,
    "ipow": operator.pow,
}
AUGMENTED_TYPES = (dtypes.uint8, dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


def _augmented_result(name: str, x: Array, y: Array | float) -> Array | None:
    """Return what is stored, in the type of `x`, None where the result may not be stored there."""
    dtype = dtypes.of_array(x)
    other = Promoted(dtypes.of_array(y), y.ndim) if isinstance(y, np.ndarray) else y
    common = result_type(Promoted(dtype, x.ndim), other)
    if name == "itruediv" and common.is_integral:
        common = dtypes.float32
    if not can_cast(common, dtype):
        return None
    operands = (np.asarray(value).astype(common.storage) for value in (x, y))
    return np.asarray(AUGMENTED[name](*operands)).astype(x.dtype)


@verifies(
    inplace.augmented_assignment_is_in_place,
    inplace.augmented_assignment_keeps_the_object,
    inplace.refused_writes_leave_the_tensor_alone,
    over=[(name, a, b) for name in AUGMENTED for a in AUGMENTED_TYPES for b in (*AUGMENTED_TYPES, 2, 2.0)],
    proves=True,
)
def test_augmented_assignment(run: Run, case: tuple[str, DType, DType | float]) -> None:
    name, dtype, other = case
    x_array = np.array([6, 4, 9]).astype(dtype.storage)
    y_array = np.array([3, 2, 3]).astype(other.storage) if isinstance(other, DType) else other
    x = run.tensor(x_array)
    y = run.tensor(y_array) if isinstance(y_array, np.ndarray) else y_array
    alias = run.call("Tensor.view", x, -1)
    result = _augmented_result(name, x_array, y_array)
    allowed = inplace.augmented_assignment_is_in_place(result)
    returned = run.expect(allowed, f"operator.{name}", x, y)
    if returned is None:
        run.look(inplace.refused_writes_leave_the_tensor_alone(x_array), x)
        return
    run.expect(inplace.augmented_assignment_keeps_the_object(), "is", returned, x)
    run.look(allowed, alias)


@verifies(inplace.rebinding_leaves_other_references_alone, drawn=square)
def test_rebinding(run: Run, case: Operand) -> None:
    x = run.tensor(case)
    for name in ("add", "sub", "mul", "truediv"):
        run.call(f"operator.{name}", x, 2.0)
        run.look(inplace.rebinding_leaves_other_references_alone(case.array), x)


def writing(tape: Tape) -> tuple[Operand, str, Operand | float]:
    target = draw_operand(
        tape, tape.choose(dtypes.COMMON), tape.choose([(2, 3), (3,), (), (4, 1), (0, 3)]), "small"
    )
    name = tape.choose(["copy_", "fill_", "zero_"])
    if name == "copy_":
        shape = tape.choose([(2, 3), (1, 3), (3,), (2, 1), (), (1,), (4,), (2, 2)])
        # The source's category may be higher: copy_ converts as a cast does.
        dtype = tape.choose([dtypes.int64, dtypes.float32, dtypes.bool_, dtypes.int8, dtypes.float16])
        return target, name, draw_operand(tape, dtype, shape, "positive")
    return target, name, 0 if name == "zero_" else tape.between(0, 9)


@verifies(inplace.writes_convert_and_broadcast, drawn=writing)
def test_writes(run: Run, case: tuple[Operand, str, Operand | float]) -> None:
    target, name, source = case
    x = run.tensor(target)
    if isinstance(source, Operand):
        allowed = inplace.writes_convert_and_broadcast(target.array, source.array)
        run.expect(allowed, "Tensor.copy_", x, run.tensor(source))
        return
    allowed = inplace.writes_convert_and_broadcast(target.array, source)
    run.expect(allowed, f"Tensor.{name}", x, *([source] if name == "fill_" else []))
    run.look(allowed, x)


@verifies(
    inplace.item_assignment_converts_and_writes,
    over=[(d, v) for d in dtypes.REALS for v in (3, 2.5, True, -1) if v != -1 or d.signed],
)
def test_item_assignment(run: Run, case: tuple[DType, float]) -> None:
    dtype, value = case
    array = np.array([[1, 2], [3, 4]]).astype(dtype.storage)
    x = run.tensor(array)
    run.call("operator.setitem", x, (0, 1), value)
    array[0, 1] = np.array(value).astype(dtype.storage)
    run.look(inplace.item_assignment_converts_and_writes(array), x)
    row = run.call("operator.getitem", x, 1)
    run.call("operator.setitem", x, 1, run.call("operator.iadd", row, 1))
    array[1] += np.array(1).astype(dtype.storage)
    run.look(inplace.item_assignment_converts_and_writes(array), x)


@verifies(inplace.apply_and_map_replace_each_element, drawn=square)
def test_apply(run: Run, case: Operand) -> None:
    run.require_data()
    if run.backend.identity.device != "cpu":
        raise Unclaimed("functions of Python on elements")
    allowed = inplace.apply_and_map_replace_each_element(_next, case.array)
    run.expect(allowed, "Tensor.apply_", run.tensor(case), _next)
    other = np.arange(9, dtype=np.float32).reshape(3, 3)
    allowed = inplace.apply_and_map_replace_each_element(_mix, case.array, other)
    run.expect(allowed, "Tensor.map_", run.tensor(case), run.tensor(other), _mix)


def _next(a: float) -> float:
    return a + 1


def _mix(a: float, b: float) -> float:
    return 2 * a + b


# A method, its arguments, and the range outside of which a value is as good as impossible.
RANDOM_FILLS = (
    ("uniform_", (1.0, 2.0), 1.0, 2.0),
    ("normal_", (1000.0, 1.0), 900.0, 1100.0),
    ("random_", (5, 9), 5.0, 8.0),
    ("bernoulli_", (1.0,), 1.0, 1.0),
)


@verifies(
    inplace.random_fills_reach_every_element,
    inplace.writes_stay_inside_the_view,
    drawn=lambda tape: (draw_layout(tape), tape.choose([(5, 7), (33,), (3,), (2, 2051)])),
)
def test_random_fills(run: Run, case: tuple[str, tuple[int, ...]]) -> None:
    layout, shape = case
    for name, args, low, high in RANDOM_FILLS:
        operand = Operand(np.zeros(shape, np.float32), layout)
        base = run.tensor(operand.base())
        view = base
        for step, step_args in operand.recipe():
            view = run.call(step, view, *step_args)
        allowed = inplace.random_fills_reach_every_element(dtypes.float32, shape, low, high)
        run.expect(allowed, f"Tensor.{name}", view, *args)
        if layout == "stepped":
            gaps = run.call("operator.getitem", base, (Ellipsis, slice(1, None, 2)))
            run.look(inplace.writes_stay_inside_the_view(np.full(shape, 77, np.float32)), gaps)


OVERLAPS: tuple[tuple[slice, slice, bool], ...] = (
    (slice(1, None), slice(None, -1), True),
    (slice(None, -1), slice(1, None), True),
    (slice(None), slice(None), False),
    (slice(None, 3), slice(3, None), False),
)


@verifies(inplace.writes_need_memory_that_does_not_overlap, over=OVERLAPS)
def test_overlap(run: Run, case: tuple[slice, slice, bool]) -> None:
    target, source, overlaps = case
    array = np.arange(6, dtype=np.float32)
    for name, result in (("add_", array[target] + array[source]), ("mul_", array[target] * array[source])):
        base = run.tensor(array)
        x, y = (run.call("operator.getitem", base, part) for part in (target, source))
        allowed = inplace.writes_need_memory_that_does_not_overlap(overlaps, result)
        run.expect(allowed, f"Tensor.{name}", x, y)
