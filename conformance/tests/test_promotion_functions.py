"""Promotion in functions other than arithmetic, over every pair of data types."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand as Input
from tensorcanon.conformance.inputs import draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import NUMBERS, PAIRS, filled, filled_of_every_type, given
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import promotion
from tensorcanon.spec.rules import dtypes, promoting
from tensorcanon.spec.rules.dtypes import Category, DType
from tensorcanon.spec.rules.promoting import Promoting, Value
from tensorcanon.spec.rules.promotion import Number

INTEGRAL = (dtypes.bool_, *dtypes.INTEGERS)
# What a comparison is held against besides tensors: numbers that no narrow type holds exactly are among them.
COMPARED: tuple[Number, ...] = (0, 1, -1, 2, 0.5, 0.1, 1 / 3, 1e10, float("inf"), float("nan"), 1j, True)
OPERATORS = {
    "remainder": "mod",
    "floor_divide": "floordiv",
    "bitwise_left_shift": "lshift",
    "bitwise_right_shift": "rshift",
}


def _operands(function: Promoting) -> Iterable[tuple[Array, Value]]:
    tensors = filled_of_every_type(0, 1)
    return product(tensors, [*tensors, *(NUMBERS if function.numbers else ())])


def _accepts(function: Promoting, a: Value, b: Value) -> bool:
    dtype = promoting.common(a, b)
    return dtype.category in function.categories and dtype is not dtypes.complex32


@verifies(
    promotion.functions_of_two_operands_promote_alike,
    each=promoting.FUNCTIONS,
    over=lambda function: [(a, b) for a, b in _operands(function) if _accepts(function, a, b)],
    proves=True,
)
def test_other_functions(run: Run, function: Promoting, pair: tuple[Array, Value]) -> None:
    allowed = promotion.functions_of_two_operands_promote_alike(function, *pair)
    x, y = (given(run, value) for value in pair)
    run.expect(allowed, f"torch.{function}", x, y)
    run.expect(allowed, f"Tensor.{function}", x, y)
    if function.name in OPERATORS and not any(np.asarray(value).dtype.kind == "b" for value in pair):
        run.expect(allowed, f"operator.{OPERATORS[function.name]}", x, y)
        run.expect(allowed, f"operator.{OPERATORS[function.name]}", y, x)


@verifies(
    promotion.functions_with_floating_values_give_floats,
    over=product(promoting.FLOAT_VALUED, dtypes.COMMON, (dtypes.float32, dtypes.float64), (0, 1)),
    proves=True,
)
def test_floating_values(run: Run, case: tuple[str, DType, DType, int]) -> None:
    name, source, default, ndim = case
    if source.is_complex and name in promoting.REAL_VALUED:
        return
    x = run.tensor(filled(source, ndim))
    allowed = promotion.functions_with_floating_values_give_floats(source, default)
    with run.default_dtype(default):
        run.expect(allowed, f"torch.{name}", x)
        run.expect(allowed, f"Tensor.{name}", x)


@verifies(
    promotion.functions_with_floating_values_refuse_integers_in_place,
    promotion.a_refused_write_changes_nothing,
    over=product(promoting.FLOAT_VALUED, INTEGRAL),
    proves=True,
)
def test_floating_values_in_place(run: Run, case: tuple[str, DType]) -> None:
    run.require_data()
    name, source = case
    elements = filled(source, 1)
    x = run.tensor(elements)
    run.expect(
        promotion.functions_with_floating_values_refuse_integers_in_place(source), f"Tensor.{name}_", x
    )
    run.look(promotion.a_refused_write_changes_nothing(elements), x)


@verifies(
    promotion.comparisons_give_bool,
    each=list(promoting.COMPARISONS),
    over=lambda name: [
        (a, b)
        for a, b in product([*NUMBERS, *filled_of_every_type(0, 1)], repeat=2)
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray)
        if _compares(name, a, b)
    ],
    proves=True,
)
def test_comparisons(run: Run, name: str, pair: tuple[Value, Value]) -> None:
    allowed = promotion.comparisons_give_bool(name, *pair)
    x, y = (given(run, value) for value in pair)
    run.expect(allowed, f"operator.{name}", x, y)
    if isinstance(pair[0], np.ndarray):
        run.expect(allowed, f"torch.{name}", x, y)
        run.expect(allowed, f"Tensor.{name}", x, y)


def _compares(name: str, a: Value, b: Value) -> bool:
    dtype = promoting.common(a, b)
    return dtype is not dtypes.complex32 and (name in ("eq", "ne") or not dtype.is_complex)


def draw_compared(tape: Tape, name: str) -> tuple[Input, Input | Number]:
    """Draw a tensor of any values, and another that equals it in part or a number."""
    a = draw_operand(tape, tape.choose(dtypes.COMMON))
    b: Input | Number = Input(a.array.copy()) if tape.one_in(4) else tape.choose(COMPARED)
    if tape.one_in(2):
        shape = tape.choose((a.shape, a.shape[-1:], ()))
        b = draw_operand(tape, tape.choose(dtypes.COMMON), shape)
    if not _compares(name, a.array, b.array if isinstance(b, Input) else b):
        b = True
    if not _compares(name, a.array, True):
        a = draw_operand(tape, dtypes.float64, a.shape)
    return a, b


@verifies(promotion.comparisons_give_bool, each=list(promoting.COMPARISONS), drawn=draw_compared)
def test_compared_values(run: Run, name: str, pair: tuple[Input, Input | Number]) -> None:
    a, b = (value.array if isinstance(value, Input) else value for value in pair)
    x, y = (run.tensor(value) if isinstance(value, Input) else value for value in pair)
    allowed = promotion.comparisons_give_bool(name, a, b)
    run.expect(allowed, f"torch.{name}", x, y)
    run.expect(allowed, f"operator.{name}", x, y)


@verifies(
    promotion.where_promotes_its_branches,
    over=product([*NUMBERS, *filled_of_every_type(0, 1)], repeat=2),
    proves=True,
)
def test_where(run: Run, pair: tuple[Value, Value]) -> None:
    run.require(promoting.common(*pair))
    x, y = (given(run, value) for value in pair)
    for condition in (np.array([True, False]), np.array(True)):
        chooses = run.tensor(condition)
        run.expect(promotion.where_promotes_its_branches(condition, *pair), "torch.where", chooses, x, y)


JOINING = {"cat": (1, 0), "concat": (2, 1), "hstack": (1, 0), "hstack 2-D": (2, 1), "vstack": (2, 0)}


@verifies(
    promotion.joined_tensors_take_a_type_that_holds_all,
    each=list(JOINING),
    over=product(PAIRS, (2, 1, 0)),
    proves=True,
)
def test_joined(run: Run, joining: str, case: tuple[tuple[DType, DType], int]) -> None:
    pair, length = case
    ndim, axis = JOINING[joining]
    name = joining.partition(" ")[0]
    # The second tensor may be shorter or empty: its type counts all the same.
    arrays = [filled(pair[0], ndim), filled(pair[1], ndim, 2)[(slice(None),) * axis + (slice(length),)]]
    allowed = promotion.joined_tensors_take_a_type_that_holds_all(arrays, axis)
    tensors = [run.tensor(array) for array in arrays]
    extra = (axis,) if name in ("cat", "concat") else ()
    run.expect(allowed, f"torch.{name}", tensors, *extra)


@verifies(promotion.joined_tensors_take_a_type_that_holds_all, over=product(PAIRS, (0, 1)), proves=True)
def test_stacked(run: Run, case: tuple[tuple[DType, DType], int]) -> None:
    pair, ndim = case
    arrays = [filled(pair[0], ndim), filled(pair[1], ndim, 2)]
    tensors = [run.tensor(array) for array in arrays]
    allowed = promotion.joined_tensors_take_a_type_that_holds_all([a[None] for a in arrays], 0)
    run.expect(allowed, "torch.stack", tensors)
    if ndim == 0:
        flat = promotion.joined_tensors_take_a_type_that_holds_all([a.reshape(1) for a in arrays], 0)
        run.expect(flat, "torch.hstack", tensors)


def draw_joined(tape: Tape) -> tuple[list[Input], int]:
    """Draw two to four tensors of any types, layouts and sizes along the joined dimension."""
    shape = list(draw_shape(tape, ndim=(1, 2, 3)))
    axis = tape.below(len(shape))
    parts = []
    for _ in range(tape.between(2, 4)):
        shape[axis] = tape.choose((2, 1, 3, 0))
        parts.append(draw_operand(tape, tape.choose(dtypes.COMMON), tuple(shape), "exact"))
    return parts, axis


@verifies(promotion.joined_tensors_take_a_type_that_holds_all, drawn=draw_joined)
def test_joined_layouts(run: Run, case: tuple[list[Input], int]) -> None:
    parts, axis = case
    allowed = promotion.joined_tensors_take_a_type_that_holds_all([part.array for part in parts], axis)
    run.expect(allowed, "torch.cat", [run.tensor(part) for part in parts], axis)


@verifies(
    promotion.bitwise_functions_promote_bools_and_integers,
    each=list(promoting.BITWISE),
    over=[
        (a, b)
        for a, b in product([True, False, 6, -1, *filled_of_every_type(0, 1, types=INTEGRAL)], repeat=2)
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray)
    ],
    proves=True,
)
def test_bitwise(run: Run, name: str, pair: tuple[Value, Value]) -> None:
    allowed = promotion.bitwise_functions_promote_bools_and_integers(name, *pair)
    x, y = (given(run, value) for value in pair)
    symbol = name.removeprefix("bitwise_")
    run.expect(allowed, f"operator.{symbol if symbol == 'xor' else symbol + '_'}", x, y)
    if isinstance(pair[0], np.ndarray):
        run.expect(allowed, f"torch.{name}", x, y)
        run.expect(allowed, f"Tensor.{name}", x, y)


@verifies(
    promotion.bitwise_functions_refuse_floats,
    each=list(promoting.BITWISE),
    over=[
        (a, b)
        for a, b in product(filled_of_every_type(0, 1), [*NUMBERS, *filled_of_every_type(0, 1)])
        if promoting.common(a, b).format is not None
    ],
    proves=True,
)
def test_bitwise_of_floats(run: Run, name: str, pair: tuple[Array, Value]) -> None:
    run.require_data()
    allowed = promotion.bitwise_functions_refuse_floats(promoting.common(*pair))
    run.expect(allowed, f"torch.{name}", *(given(run, value) for value in pair))


@verifies(
    promotion.powers_promote,
    over=[
        (a, b)
        for a, b in product([*NUMBERS, *filled_of_every_type(0, 1)], repeat=2)
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray)
        if promoting.common(a, b) not in (dtypes.bool_, dtypes.complex32)
    ],
    proves=True,
)
def test_powers(run: Run, pair: tuple[Value, Value]) -> None:
    allowed = promotion.powers_promote(*pair)
    x, y = (given(run, value) for value in pair)
    run.expect(allowed, "operator.pow", x, y)
    run.expect(allowed, "torch.pow", x, y)


@verifies(
    promotion.integers_have_no_negative_powers,
    over=product(filled_of_every_type(0, 1, types=dtypes.INTEGERS), (-1, -2)),
    proves=True,
)
def test_negative_powers(run: Run, case: tuple[Array, int]) -> None:
    base, exponent = case
    allowed = promotion.integers_have_no_negative_powers(base, exponent)
    x = run.tensor(base)
    run.expect(allowed, "operator.pow", x, exponent)
    run.expect(allowed, "torch.pow", x, exponent)


@verifies(
    promotion.clamp_promotes_its_bounds,
    over=[
        (a, b)
        for a, b in product(filled_of_every_type(0, 1), [*NUMBERS, *filled_of_every_type(0, 1)])
        if promoting.common(a, b).category in (Category.INTEGER, Category.FLOATING)
    ],
    proves=True,
)
def test_clamp(run: Run, pair: tuple[Array, Value]) -> None:
    allowed = promotion.clamp_promotes_its_bounds(*pair)
    x, bound = (given(run, value) for value in pair)
    run.expect(allowed, "torch.clamp", x, min=bound)
    run.expect(allowed, "Tensor.clamp", x, max=bound)


LOSSES = ("mse_loss", "l1_loss", "smooth_l1_loss")


@verifies(
    promotion.losses_of_differences_promote,
    over=product(LOSSES, product(dtypes.FLOATS, repeat=2)),
    proves=True,
)
def test_losses(run: Run, case: tuple[str, tuple[DType, DType]]) -> None:
    name, pair = case
    input, target = run.tensor(filled(pair[0], 1)), run.tensor(filled(pair[1], 1, 2))
    allowed = promotion.losses_of_differences_promote(*pair)
    run.expect(allowed, f"torch.nn.functional.{name}", input, target)
