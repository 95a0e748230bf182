"""Promotion where the result has a place to go: in place and into ``out=``."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import NUMBERS, filled, filled_of_every_type, given
from tensorcanon.spec import promotion
from tensorcanon.spec.rules import dtypes, promoting
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promoting import Value
from tensorcanon.spec.rules.promotion import can_cast

NAMES = list(promoting.ARITHMETIC)
WRITES = [
    (target, other)
    for target, other in product(filled_of_every_type(0, 1), [*NUMBERS, *filled_of_every_type(0, 1)])
    if np.ndim(other) <= target.ndim
]


def fits(target: Array, other: Value) -> bool:
    """Whether the promoted type may be stored in the target's."""
    return can_cast(promoting.common(target, other), dtypes.of_array(target))


def subtracts_bool(name: str, *values: Value) -> bool:
    """Whether a subtraction involves bools, which is refused for another reason."""
    return name == "sub" and any(np.asarray(value).dtype.kind == "b" for value in values)


@verifies(
    promotion.in_place_arithmetic_keeps_the_type,
    each=NAMES,
    over=[pair for pair in WRITES if fits(*pair)],
    proves=True,
)
def test_in_place(run: Run, name: str, pair: tuple[Array, Value]) -> None:
    if subtracts_bool(name, *pair):
        return
    target, other = pair
    allowed = promotion.in_place_arithmetic_keeps_the_type(name, target, other)
    for form in (f"Tensor.{name}_", f"operator.i{name}"):
        x = run.tensor(target)
        run.expect(allowed, form, x, given(run, other))
        run.look(allowed, x)


@verifies(
    promotion.in_place_arithmetic_refuses_a_higher_category,
    promotion.a_refused_write_changes_nothing,
    each=[*NAMES, "div"],
    over=[pair for pair in WRITES if not fits(*pair)],
    proves=True,
)
def test_in_place_refused(run: Run, name: str, pair: tuple[Array, Value]) -> None:
    if subtracts_bool(name, *pair):
        return
    run.require_data()
    target, other = pair
    allowed = promotion.in_place_arithmetic_refuses_a_higher_category(
        dtypes.of_array(target), promoting.common(target, other)
    )
    for form in (f"Tensor.{name}_", f"operator.i{'truediv' if name == 'div' else name}"):
        x = run.tensor(target)
        run.expect(allowed, form, x, given(run, other))
        run.look(promotion.a_refused_write_changes_nothing(target), x)


OTHERS = {"remainder": "mod", "floor_divide": "floordiv", "pow": "pow", "atan2": "", "copysign": ""}


@verifies(
    promotion.in_place_arithmetic_refuses_a_higher_category,
    promotion.a_refused_write_changes_nothing,
    each=list(OTHERS),
    over=[
        (target, other)
        for target, other in WRITES
        if not fits(target, other) and promoting.common(target, other).is_floating_point
    ],
    proves=True,
)
def test_other_functions_in_place_refused(run: Run, name: str, pair: tuple[Array, Value]) -> None:
    run.require_data()
    target, other = pair
    if name == "atan2" and not isinstance(other, np.ndarray):
        return
    allowed = promotion.in_place_arithmetic_refuses_a_higher_category(
        dtypes.of_array(target), promoting.common(target, other)
    )
    forms = [f"Tensor.{name}_"] + [f"operator.i{symbol}" for symbol in [OTHERS[name]] if symbol]
    for form in forms:
        x = run.tensor(target)
        run.expect(allowed, form, x, given(run, other))
        run.look(promotion.a_refused_write_changes_nothing(target), x)


@verifies(
    promotion.in_place_arithmetic_refuses_a_higher_category,
    promotion.a_refused_write_changes_nothing,
    over=product(filled_of_every_type(0, 1, types=(dtypes.bool_, *dtypes.INTEGERS)), (True, 2)),
    proves=True,
)
def test_in_place_division_of_integers(run: Run, case: tuple[Array, int]) -> None:
    target, other = case
    allowed = promotion.in_place_arithmetic_refuses_a_higher_category(dtypes.of_array(target), dtypes.float32)
    for form in ("Tensor.div_", "operator.itruediv"):
        x = run.tensor(target)
        run.expect(allowed, form, x, other)
        run.look(promotion.a_refused_write_changes_nothing(target), x)


@verifies(
    promotion.out_takes_results_of_no_higher_category,
    each=NAMES,
    over=product(dtypes.COMMON, dtypes.COMMON, dtypes.COMMON),
    proves=True,
)
def test_out(run: Run, name: str, types: tuple[DType, DType, DType]) -> None:
    a, b = filled(types[0], 1), filled(types[1], 1, 2)
    if subtracts_bool(name, a, b):
        return
    allowed = promotion.out_takes_results_of_no_higher_category(name, a, b, types[2])
    initial = filled(types[2], 1)
    x, y, out = run.tensor(a), run.tensor(b), run.tensor(initial)
    returned = run.expect(allowed, f"torch.{name}", x, y, out=out)
    if returned is not None:
        run.look(allowed, out)


@verifies(
    promotion.a_refused_write_changes_nothing,
    over=[pair for pair in product(dtypes.COMMON, repeat=2) if not can_cast(*pair)],
    proves=True,
)
def test_refused_out(run: Run, pair: tuple[DType, DType]) -> None:
    source, target = pair
    operand, initial = filled(source, 1), filled(target, 1)
    x, out = run.tensor(operand), run.tensor(initial)
    refused = promotion.out_takes_results_of_no_higher_category("add", operand, operand, target)
    run.expect(refused, "torch.add", x, x, out=out)
    run.look(promotion.a_refused_write_changes_nothing(initial), out)
