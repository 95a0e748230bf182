"""How elements pass from one data type to another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance import values
from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.cautions import every_warning
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, Operand, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import filled
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import dtypes as chapter
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.rules import casts, dtypes
from tensorcanon.spec.rules.dtypes import DType

SOURCES = [dtype for dtype in dtypes.ALL if dtype is not dtypes.complex32]
METHODS = {
    "bool": dtypes.bool_,
    "byte": dtypes.uint8,
    "char": dtypes.int8,
    "short": dtypes.int16,
    "int": dtypes.int32,
    "long": dtypes.int64,
    "half": dtypes.float16,
    "bfloat16": dtypes.bfloat16,
    "float": dtypes.float32,
    "double": dtypes.float64,
    "cfloat": dtypes.complex64,
    "cdouble": dtypes.complex128,
}


def elements(dtype: DType) -> Array:
    """Return every value of a narrow type; the curated ones of a wide type with arbitrary bits."""
    if dtype is dtypes.bool_:
        return np.array([False, True])
    if dtype.bits <= 16:
        return np.arange(2**dtype.bits, dtype=f"uint{dtype.bits}").view(dtype.storage)
    arbitrary = np.random.Generator(np.random.PCG64(7)).bytes(512 * dtype.itemsize)
    return np.concatenate([values.table(dtype), np.frombuffer(arbitrary, dtype.storage)])


def clause_of(source: DType, target: DType) -> Clause[Any]:
    """Return the clause that states how one type becomes another."""
    if target is dtypes.bool_:
        return chapter.bool_is_whatever_is_not_zero
    if source is dtypes.bool_:
        return chapter.bools_become_zero_and_one
    if target.is_complex:
        return chapter.numbers_become_complex_part_by_part
    if source.is_complex:
        return chapter.complex_numbers_lose_their_imaginary_part
    if target.is_floating_point:
        return chapter.numbers_round_to_the_nearest
    integers = chapter.integers_keep_their_low_bits
    return integers if source.is_integral else chapter.floats_lose_their_fraction


def cases(*sources: DType) -> Iterator[tuple[Clause[Any], DType, DType]]:
    """Yield every pair of types whose cast gives no warning, with the clause that states it."""
    for source, target in product(sources, dtypes.ALL):
        clause = clause_of(source, target)
        if clause is not chapter.complex_numbers_lose_their_imaginary_part:
            yield clause, source, target


CASTS = list(cases(*SOURCES))


@verifies(
    *dict.fromkeys(clause for clause, _, _ in CASTS),
    over=[(clause, source, target) for clause, source, target in CASTS if source is not target],
)
def test_values(run: Run, case: tuple[Clause[Any], DType, DType]) -> None:
    clause, source, target = case
    run.require(source, target)
    array = elements(source)
    allowed = clause(array) if target is dtypes.bool_ else clause(array, target)
    run.expect(allowed, "Tensor.to", run.tensor(array), target)


@verifies(
    chapter.complex_numbers_lose_their_imaginary_part,
    over=product(dtypes.COMPLEXES, [d for d in dtypes.ALL if not d.is_complex and d is not dtypes.bool_]),
    proves=True,
)
def test_complex_to_real(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    run.require_data()
    source, target = pair
    array = elements(source)
    x = run.tensor(array)
    with every_warning(run):
        run.expect(chapter.complex_numbers_lose_their_imaginary_part(array, target), "Tensor.to", x, target)


SMALL = np.arange(10, 100, 10).astype(np.float32)


@verifies(
    chapter.floats_lose_their_fraction,
    chapter.numbers_round_to_the_nearest,
    over=[d for d in dtypes.ALL if d.is_integral or (d.is_floating_point and d.bits > 8)],
)
def test_small_numbers(run: Run, target: DType) -> None:
    clause = clause_of(dtypes.float32, target)
    x = run.tensor(SMALL)
    for name in ("Tensor.to", "Tensor.type"):
        run.expect(clause(SMALL, target), name, x, target)


@verifies(
    chapter.floats_outside_an_integer_type_give_any_value,
    over=product((*dtypes.FLOAT8, *dtypes.FLOATS), [d for d in dtypes.ALL if d.is_integral]),
    proves=True,
)
def test_floats_outside(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    source, target = pair
    with np.errstate(over="ignore"):
        array = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300]).astype(source.storage)
    allowed = chapter.floats_outside_an_integer_type_give_any_value(array.shape, target)
    run.expect(allowed, "Tensor.to", run.tensor(array), target)


def draw_cast(tape: Tape) -> tuple[Operand, DType]:
    """Draw a tensor in any layout and the type to cast it to."""
    source = tape.choose(dtypes.COMMON)
    target = tape.choose([d for d in METHODS.values() if d.is_complex or not source.is_complex])
    shape = draw_shape(tape)
    return draw_operand(tape, source, shape, layout=tape.choose(("contiguous", *LAYOUTS[:5]))), target


def forms(run: Run, x: Any, target: DType) -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Yield each way of casting as a name, arguments and keyword arguments."""
    other = run.tensor(filled(target, 1))
    yield "Tensor.to", (x, target), {}
    yield "Tensor.to", (x,), {"dtype": target}
    yield "Tensor.to", (x, other), {}
    yield "Tensor.to", (x, run.backend.identity.device, target), {}
    yield "Tensor.type", (x, target), {}
    yield "Tensor.type_as", (x, other), {}
    yield f"Tensor.{next(name for name, dtype in METHODS.items() if dtype is target)}", (x,), {}
    if not target.is_complex and run.backend.identity.device == "cpu":
        yield "Tensor.type", (x, chapter.legacy_name(target)), {}


@verifies(chapter.every_way_of_casting_gives_the_same, drawn=draw_cast)
def test_forms(run: Run, case: tuple[Operand, DType]) -> None:
    operand, target = case
    allowed = chapter.every_way_of_casting_gives_the_same(operand.array, target)
    x = run.tensor(operand)
    for name, args, kwargs in forms(run, x, target):
        run.expect(allowed, name, *args, **kwargs)


@verifies(chapter.writes_convert_to_the_type_of_the_target, drawn=draw_cast)
def test_writes(run: Run, case: tuple[Operand, DType]) -> None:
    operand, target = case
    allowed = chapter.writes_convert_to_the_type_of_the_target(operand.array, target)
    x = run.tensor(operand)
    empty = Operand(np.zeros(operand.shape).astype(target.storage), operand.layout)
    copied = run.tensor(empty)
    run.expect(allowed, "Tensor.copy_", copied, x)
    run.look(allowed, copied)
    assigned = run.tensor(empty)
    run.call("operator.setitem", assigned, ..., x)
    run.look(allowed, assigned)


@verifies(
    chapter.a_cast_to_its_own_type_is_the_tensor_itself, over=product(METHODS.values(), LAYOUTS), proves=True
)
def test_casts_without_effect(run: Run, case: tuple[DType, str]) -> None:
    dtype, layout = case
    x = run.tensor(Operand(filled(dtype, 2), layout))
    for name, args, kwargs in forms(run, x, dtype):
        made = run.call(name, *args, **kwargs)
        run.expect(chapter.a_cast_to_its_own_type_is_the_tensor_itself(dtype), "is", made, x)


@verifies(
    chapter.a_copy_is_another_tensor,
    chapter.a_copy_has_memory_of_its_own,
    over=product(METHODS.values(), METHODS.values(), LAYOUTS[:4], range(5)),
)
def test_copies(run: Run, case: tuple[DType, DType, str, int]) -> None:
    source, target, layout, form = case
    if source.is_complex and not target.is_complex:
        return
    operand = Operand(filled(source, 2, 1), layout)
    x = run.tensor(operand)
    other = run.tensor(filled(target, 1))
    device = run.backend.identity.device
    args, kwargs = (
        ((target,), {"copy": True}),
        ((target, False, True), {}),
        ((), {"dtype": target, "copy": True}),
        ((other,), {"copy": True}),
        ((device, target), {"copy": True}),
    )[form]
    due = chapter.a_copy_is_another_tensor(casts.cast(operand.array, target))
    made = run.expect(due, "Tensor.to", x, *args, **kwargs)
    run.call("Tensor.zero_", made)
    run.look(chapter.a_copy_has_memory_of_its_own(operand.array), x)
    run.call("Tensor.fill_", x, 1)
    run.look(chapter.a_copy_has_memory_of_its_own(np.zeros_like(filled(target, 2))), made)


DIFFERENTIABLE = (*dtypes.FLOATS, *dtypes.COMPLEXES)


@verifies(
    chapter.casts_between_floating_types_are_differentiable,
    over=[
        (source, target)
        for source, target in product(DIFFERENTIABLE, repeat=2)
        if target.is_complex or not source.is_complex
    ],
    proves=True,
)
def test_casts_in_the_graph(run: Run, pair: tuple[DType, DType]) -> None:
    source, target = pair
    x = run.tensor(filled(source, 1), requires_grad=True)
    for name, args, kwargs in forms(run, x, target):
        run.expect(chapter.casts_between_floating_types_are_differentiable(target), name, *args, **kwargs)


INTEGERS = dtypes.INTEGERS


def draw_integers(tape: Tape, name: str) -> tuple[Operand, Operand]:
    """Draw two tensors of one integer type with any values."""
    dtype = tape.choose(INTEGERS)
    shape = draw_shape(tape)
    return draw_operand(tape, dtype, shape), draw_operand(tape, dtype, tape.choose((shape, shape[-1:], ())))


@verifies(chapter.integer_arithmetic_wraps_around, each=list(chapter.WRAPPING), drawn=draw_integers)
def test_integer_overflow(run: Run, name: str, pair: tuple[Operand, Operand]) -> None:
    allowed = chapter.integer_arithmetic_wraps_around(name, *(operand.array for operand in pair))
    x, y = map(run.tensor, pair)
    run.expect(allowed, f"torch.{name}", x, y)
    run.expect(allowed, f"operator.{name}", x, y)
    target = run.call("Tensor.clone", x)
    run.expect(allowed, f"Tensor.{name}_", target, y)


@verifies(
    chapter.integer_arithmetic_wraps_around,
    over=product(chapter.WRAPPING, INTEGERS, (0, 1), (0, 1, 2, -1, 100)),
)
def test_integer_overflow_with_numbers(run: Run, case: tuple[str, DType, int, int]) -> None:
    name, dtype, ndim, number = case
    low, high = dtypes.integer_range(dtype)
    if not low <= number <= high:
        return
    operand, constant = np.array([low, high], dtype.storage), np.array(number, dtype.storage)
    operand = operand if ndim else operand[1:].reshape(())
    allowed = chapter.integer_arithmetic_wraps_around(name, operand, constant)
    x = run.tensor(operand)
    run.expect(allowed, f"operator.{name}", x, number)
    run.expect(allowed, f"Tensor.{name}_", x, number)


WRITES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "fill": ("Tensor.fill_", ()),
    "setitem": ("operator.setitem", (0,)),
    "setitem of a slice": ("operator.setitem", (slice(None),)),
    "masked_fill": ("Tensor.masked_fill_", ("mask",)),
    "full_like": ("torch.full_like", ()),
    "clamp": ("torch.clamp", ()),
}


def unfitting() -> list[tuple[DType, int]]:
    """Return types with integers that neither they nor their signed or unsigned twin hold."""
    pairs = product((dtypes.uint8, dtypes.int8, dtypes.int16, dtypes.int32), (300, 2**16, 2**33, -(2**40)))
    return [(dtype, number) for dtype, number in pairs if abs(number) > dtypes.integer_range(dtype)[1]]


@verifies(chapter.numbers_out_of_range_cannot_be_written, each=list(WRITES), over=unfitting())
def test_writes_out_of_range(run: Run, write: str, case: tuple[DType, int]) -> None:
    dtype, number = case
    name, args = WRITES[write]
    x = run.tensor(filled(dtype, 1))
    mask = run.tensor(np.array([True, False]))
    given = [mask if arg == "mask" else arg for arg in args]
    allowed = chapter.numbers_out_of_range_cannot_be_written(dtype, number)
    run.expect(allowed, name, x, *given, number)
    if write == "clamp":
        run.expect(allowed, name, x, max=number)


@verifies(chapter.numbers_out_of_range_cannot_be_written, over=unfitting())
def test_full_and_where_out_of_range(run: Run, case: tuple[DType, int]) -> None:
    dtype, number = case
    allowed = chapter.numbers_out_of_range_cannot_be_written(dtype, number)
    run.expect(allowed, "torch.full", (2,), number, dtype=dtype)
    x = run.tensor(filled(dtype, 1))
    mask = run.tensor(np.array([True, False]))
    run.expect(allowed, "torch.where", mask, x, number)
