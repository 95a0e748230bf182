"""What finite precision means for results."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import numerics
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.ops import row
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

_HALVES = (dtypes.float16, dtypes.bfloat16)
_INF, _NAN = float("inf"), float("nan")
_WIDE = (*dtypes.FLOATS[2:],)


def numbers(dtype: DType, *values: complex) -> Array:
    with np.errstate(all="ignore"):
        return np.array(values).astype(dtype.storage)


def extremes(dtype: DType) -> tuple[float, float, float]:
    """Return the largest, the smallest normal and the smallest positive number."""
    fmt = dtype.format
    assert fmt is not None
    largest = (2.0 - 2.0 ** (1 - fmt.digits)) * 2.0**fmt.emax
    return largest, 2.0**fmt.emin, 2.0 ** (fmt.emin - fmt.digits + 1)


@verifies(numerics.a_format_keeps_its_digits_only, over=dtypes.FLOATS[:3])
def test_digits(run: Run, dtype: DType) -> None:
    assert dtype.format is not None
    edge = 2.0**dtype.format.digits
    near = np.array([edge + k / 2 for k in range(-4, 9)])
    small = np.concatenate([near / edge, 0.1 * np.arange(1, 9), near / 2**20 * 1.0])
    values = np.concatenate([near[near <= extremes(dtype)[0]], small])
    allowed = numerics.a_format_keeps_its_digits_only(np.concatenate([values, -values]), dtype)
    run.expect(allowed, "Tensor.to", run.tensor(np.concatenate([values, -values])), dtype)


_TRIPLES = ((1e8, 1.0, -1e8), (0.1, 0.2, 0.3), (1.0, 2.0**-24, 2.0**-24), (1e16, 1.0, -1e16))


@verifies(numerics.sums_round_at_every_step, over=product(_WIDE, _TRIPLES))
def test_order_of_sums(run: Run, case: tuple[DType, tuple[float, float, float]]) -> None:
    dtype, triple = case
    a, b, c = (numbers(dtype, value) for value in triple)
    x, y, z = map(run.tensor, (a, b, c))
    left = run.call("torch.add", x, y)
    run.expect(numerics.sums_round_at_every_step(a, b, c, True), "torch.add", left, z)
    right = run.call("torch.add", y, z)
    run.expect(numerics.sums_round_at_every_step(a, b, c, False), "torch.add", x, right)


@verifies(numerics.results_past_the_range_are_no_errors, over=dtypes.FLOATS)
def test_overflow_and_underflow(run: Run, dtype: DType) -> None:
    largest, normal, smallest = extremes(dtype)
    pairs = [
        (largest, 2),
        (-largest, 2),
        (normal, 0.5),
        (smallest, 0.5),
        (smallest, 0.75),
        (_INF, 0),
        (largest, largest),
    ]
    a, b = (numbers(dtype, *column) for column in zip(*pairs, strict=True))
    x, y = run.tensor(a), run.tensor(b)
    for label in ("mul", "div", "add", "sub"):
        run.expect(numerics.results_past_the_range_are_no_errors(row(label), a, b), f"torch.{label}", x, y)
    powers = numbers(dtype, 100, -200, 1000, -1000, _INF, -_INF)
    allowed = numerics.results_past_the_range_are_no_errors(row("exp"), powers)
    run.expect(allowed, "torch.exp", run.tensor(powers))
    domain = numbers(dtype, -1, 0, -0.0, -_INF, 2)
    for label in ("log", "sqrt", "asin"):
        allowed = numerics.results_past_the_range_are_no_errors(row(label), domain)
        run.expect(allowed, f"torch.{label}", run.tensor(domain))


@verifies(numerics.nan_is_unordered, over=dtypes.FLOATS)
def test_nan(run: Run, dtype: DType) -> None:
    values = (_NAN, 0.0, -1.0, _INF, -_INF)
    a, b = (numbers(dtype, *column) for column in zip(*product(values, repeat=2), strict=True))
    x, y = run.tensor(a), run.tensor(b)
    for label in ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div"):
        run.expect(numerics.nan_is_unordered(row(label), a, b), f"torch.{label}", x, y)


@verifies(numerics.zeros_have_a_sign, over=dtypes.FLOATS)
def test_zeros(run: Run, dtype: DType) -> None:
    values = (0.0, -0.0, 1.0, -1.0)
    a, b = (numbers(dtype, *column) for column in zip(*product(values, repeat=2), strict=True))
    x, y = run.tensor(a), run.tensor(b)
    for label in ("eq", "lt", "mul", "div", "copysign", "add", "sub"):
        run.expect(numerics.zeros_have_a_sign(row(label), a, b), f"torch.{label}", x, y)
    for label in ("neg", "abs", "sqrt", "reciprocal", "floor", "signbit"):
        run.expect(numerics.zeros_have_a_sign(row(label), a), f"torch.{label}", x)


def draw_ones(tape: Tape) -> tuple[Operand, int]:
    dtype = tape.choose(_HALVES)
    count = tape.choose((4096, 2049, 300, 5000, 1, 257, 4099))
    array = np.ones((count, 3), dtype.storage) * dtype.storage.type(tape.choose((1, 2, 1)))
    dim = tape.below(2)
    return Operand(array if dim == 0 else np.ascontiguousarray(array.T), draw_layout(tape)), dim


@verifies(numerics.half_sums_accumulate_wider, drawn=draw_ones)
def test_half_sums(run: Run, case: tuple[Operand, int]) -> None:
    operand, dim = case
    x = run.tensor(operand)
    run.expect(numerics.half_sums_accumulate_wider(operand.array, dim), "torch.sum", x, dim)
    run.expect(numerics.half_sums_accumulate_wider(operand.array, dim, mean=True), "torch.mean", x, dim)
    flat = operand.array.reshape(-1)
    run.expect(numerics.half_sums_accumulate_wider(flat, 0), "Tensor.sum", run.tensor(flat))


@verifies(numerics.long_sums_stay_accurate, over=((10**6, 0.1), (2**20 + 3, 0.7)))
def test_long_sums(run: Run, case: tuple[int, float]) -> None:
    count, value = case
    array = np.full(count, value, np.float32)
    run.expect(numerics.long_sums_stay_accurate(array), "torch.sum", run.tensor(array))


@verifies(
    numerics.complex_arithmetic_follows_the_parts,
    numerics.a_complex_number_has_two_parts,
    over=dtypes.COMPLEXES,
)
def test_complex_numbers(run: Run, dtype: DType) -> None:
    a, b = numbers(dtype, 1 + 2j, 1j, -2, 0.5 - 3j), numbers(dtype, 3 - 1j, 1j, 2 + 1j, -1)
    x, y = run.tensor(a), run.tensor(b)
    for label in ("mul.complex", "add.complex", "sub.complex", "div.complex"):
        allowed = numerics.complex_arithmetic_follows_the_parts(row(label), a, b)
        run.expect(allowed, row(label).call, x, y)
    turned = numbers(dtype, *(1j * np.linspace(-3, 3, 9)))
    for label, given in (
        ("conj_physical", a),
        ("abs.complex", a),
        ("exp.complex", turned),
        ("angle.complex", a),
    ):
        allowed = numerics.complex_arithmetic_follows_the_parts(row(label), given)
        run.expect(allowed, row(label).call, run.tensor(given))
    run.expect(numerics.complex_arithmetic_follows_the_parts(row("conj_physical"), a), "torch.conj", x)
    for name, imaginary in (("real", False), ("imag", True)):
        for way in (f"torch.{name}", f"Tensor.{name}"):
            run.expect(numerics.a_complex_number_has_two_parts(a, imaginary), way, x)


_ROWS = (
    ("torch.exp", ()),
    ("torch.sum", (-1,)),
    ("torch.softmax", (-1,)),
    ("torch.cumsum", (-1,)),
    ("torch.tanh", ()),
)


@verifies(numerics.a_slice_agrees_with_the_whole, over=product((dtypes.float32, dtypes.float64), _ROWS))
def test_slices(run: Run, case: tuple[DType, tuple[str, tuple[int, ...]]]) -> None:
    dtype, (name, args) = case
    array = (np.arange(8 * 515).reshape(8, 515) % 37 / 8 - 2).astype(dtype.storage)
    x = run.tensor(array)
    whole = run.call(name, x, *args)
    for place in (0, 5):
        seen = run.see(run.call("operator.getitem", whole, place))
        if not isinstance(seen, Seen) or seen.value is None:
            raise Unclaimed("a device without data")
        part = run.call("operator.getitem", x, place)
        run.expect(numerics.a_slice_agrees_with_the_whole(seen.value), name, part, *args)


@verifies(numerics.subnormals_are_flushed_on_request, over=(dtypes.float32, dtypes.float64))
def test_flushing(run: Run, dtype: DType) -> None:
    array = numbers(dtype, *([extremes(dtype)[1]] * 9))
    x = run.tensor(array)
    supported = run.call("torch.set_flush_denormal", True)
    made = run.call("torch.mul", x, 0.5)
    run.call("torch.set_flush_denormal", False)
    run.look(numerics.subnormals_are_flushed_on_request(array, supported), made)
    run.expect(numerics.subnormals_are_flushed_on_request(array, False), "torch.mul", x, 0.5)


_BIG = np.array([2**63 - 2, 2**53 + 1, -(2**62) + 1, 2**24 + 1, -(2**63) + 1, 3], np.int64)


@verifies(
    numerics.integers_are_exact,
    over=("add", "sub", "mul", "eq", "lt", "le", "ne", "maximum", "remainder", "floor_divide"),
)
def test_big_integers(run: Run, label: str) -> None:
    other = _BIG + np.array([-1, 1, 1, -1, 1, 0])
    allowed = numerics.integers_are_exact(row(label), _BIG, other)
    run.expect(allowed, f"torch.{label}", run.tensor(_BIG), run.tensor(other))


@verifies(
    numerics.integer_sums_are_exact,
    numerics.integer_products_of_matrices_are_exact,
    numerics.integers_past_the_digits_round,
    over=(0, 1),
)
def test_integers(run: Run, shift: int) -> None:
    many = np.array([2**62, 2**62 - 1, -(2**53) - 1, 2**53, 1 - shift], np.int64)
    run.expect(numerics.integer_sums_are_exact(many), "torch.sum", run.tensor(many))
    a = np.array([[2**31 + 1, 3 - shift], [2**24 + 1, -5]], np.int64)
    b = np.array([[2**30 + 1, 7], [2**53 + 1, 1]], np.int64)
    allowed = numerics.integer_products_of_matrices_are_exact(a, b)
    run.expect(allowed, "torch.matmul", run.tensor(a), run.tensor(b))
    edge = 2**24 + np.arange(-3, 12, dtype=np.int64) + shift
    run.expect(numerics.integers_past_the_digits_round(edge), "Tensor.to", run.tensor(edge), dtypes.float32)


@verifies(numerics.threads_are_as_many_as_set, over=(1, 2))
def test_threads(run: Run, count: int) -> None:
    before = run.call("torch.get_num_threads")
    run.call("torch.set_num_threads", count)
    run.expect(numerics.threads_are_as_many_as_set(count), "torch.get_num_threads")
    run.call("torch.set_num_threads", before)
