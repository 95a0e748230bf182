"""Evenly spaced numbers: arange, linspace, logspace; eye and the indices of triangles."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import sequences
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules import sequences as rules
from tensorcanon.spec.rules.dtypes import DType

Real = int | float

# Steps that every floating type holds, and steps that none does.
EXACT_STEPS = (1, 2, 0.5, 3, -1, -0.25, 7, 0.125, -2)
ROUNDED_STEPS = (0.1, 0.3, 1 / 3, -0.7, 1e-2, 2.3)


def draw_arange(tape: Tape) -> tuple[Real, Real, Real, DType]:
    """Bounds and a step of the right sign; the count passes 2048 and 4096 in one of 16 draws."""
    dtype = tape.choose((*dtypes.FLOATS, *dtypes.INTEGERS))
    steps = [step for step in EXACT_STEPS if isinstance(step, int)] if dtype.is_integral else EXACT_STEPS
    step = tape.choose(ROUNDED_STEPS) if dtype in dtypes.FLOATS and tape.one_in(3) else tape.choose(steps)
    count = tape.below(12)
    if tape.one_in(16) and dtype in (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64):
        count = tape.choose((2051, 4099, 260))
    start: Real = tape.below(9) + (0.5 if dtype in dtypes.FLOATS and tape.one_in(2) else 0)
    if dtype.signed and tape.one_in(3):
        start = -start
    if not dtype.signed and step < 0:
        start += count * -step
    return start, start + count * step, step, dtype


@verifies(sequences.arange_steps_from_start_to_before_end, drawn=draw_arange)
def test_arange(run: Run, case: tuple[Real, Real, Real, DType]) -> None:
    start, end, step, dtype = case
    run.require(dtype)
    allowed = sequences.arange_steps_from_start_to_before_end(start, end, step, dtype)
    run.expect(allowed, "torch.arange", start, end, step, dtype=dtype)
    run.expect(allowed, "torch.arange", start=start, end=end, step=step, dtype=dtype)
    if step == 1:
        run.expect(allowed, "torch.arange", start, end, dtype=dtype)
        if start == 0:
            run.expect(allowed, "torch.arange", end, dtype=dtype)


@verifies(
    sequences.arange_steps_from_start_to_before_end,
    over=[
        *((1, 10, 2, None), (0, 100, 10, None), (0, 0, 1, None), (3, 3, -1, None), (5, 0, -2, None)),
        *((1, 1.3, 0.1, dtypes.float32), (1, 1.3, 0.1, dtypes.float64), (0, 1, 0.1, dtypes.float64)),
        *((0, 1 - 1e-12, 0.25, dtypes.float64), (0, 1 + 1e-12, 0.25, dtypes.float64), (0.5, 0.5, 1, None)),
        *(
            (1, 2.5, 0.5, None),
            (2**40, 2**40 + 5, 2, dtypes.int64),
            (-(2**62), -(2**62) + 3, 1, dtypes.int64),
        ),
        *(
            (0, 3, 2, dtypes.float16),
            (-1.5, 1.5, 0.75, dtypes.bfloat16),
            (2**53, 2**53 + 4, 2, dtypes.float64),
        ),
    ],
)
def test_arange_examples(run: Run, case: tuple[Real, Real, Real, DType | None]) -> None:
    start, end, step, dtype = case
    kind = dtype or rules.arange_dtype(start, end, step)
    allowed = sequences.arange_steps_from_start_to_before_end(start, end, step, kind)
    run.expect(allowed, "torch.arange", start, end, step, dtype=dtype)


@verifies(
    sequences.arange_of_integers_is_int64,
    over=product(
        [(3,), (3.0,), (0, 3), (0.0, 3), (0, 3.0), (0, 3, 1), (0, 3, 1.0), (0, 3.0, 1), (0.0, 3, 1)],
        (dtypes.float32, dtypes.float64),
    ),
    proves=True,
)
def test_arange_type(run: Run, case: tuple[tuple[Real, ...], DType]) -> None:
    arguments, default = case
    with run.default_dtype(default):
        allowed = sequences.arange_of_integers_is_int64(*arguments, default=default)
        run.expect(allowed, "torch.arange", *arguments)


@verifies(
    sequences.arange_refuses_bounds_it_cannot_reach,
    over=[
        *((0, 3, 0), (0, 3, -1), (3, 0, 1), (0.0, 1.0, -0.5), (1.0, 0.0, 0.5), (0, 3, 0.0), (0.5, 0.5, 0.0)),
        *(
            (0, float("inf"), 1),
            (float("-inf"), 0, 1),
            (float("nan"), 3, 1),
            (0, float("nan"), 1),
            (0, -3, 1),
        ),
    ],
)
def test_arange_errors(run: Run, case: tuple[Real, Real, Real]) -> None:
    run.call("torch.arange", 0, 3, 1)
    run.expect(sequences.arange_refuses_bounds_it_cannot_reach(), "torch.arange", *case)
    if case[2] == 1:
        run.expect(sequences.arange_refuses_bounds_it_cannot_reach(), "torch.arange", *case[:2])


def draw_linspace(tape: Tape) -> tuple[Real, Real, int, DType]:
    dtype = tape.choose((dtypes.float32, *dtypes.FLOATS, *dtypes.INTEGERS))
    low = 0 if dtype is dtypes.uint8 else -20
    pick = [0, 1, 10, 20, 3, 100, 7, *([] if low == 0 else [-1, -20, -3])]
    start: Real = tape.choose(pick)
    end: Real = tape.choose(pick[::-1])
    if dtype in dtypes.FLOATS and tape.one_in(3):
        start, end = start + tape.choose((0.5, 0.1, -0.3)), end / 3
    steps = tape.choose((5, 4, 1, 0, 2, 3, 7, 11, 17, 33, 101))
    if tape.one_in(16) and dtype in (dtypes.float32, dtypes.float64, dtypes.int64):
        steps = tape.choose((2051, 4099))
    return start, end, steps, dtype


@verifies(sequences.linspace_spaces_evenly, sequences.linspace_hits_both_ends, drawn=draw_linspace)
def test_linspace(run: Run, case: tuple[Real, Real, int, DType]) -> None:
    start, end, steps, dtype = case
    run.require(dtype)
    allowed = sequences.linspace_spaces_evenly(start, end, steps, dtype)
    made = run.expect(allowed, "torch.linspace", start, end, steps, dtype=dtype)
    if steps > 1:
        run.look(sequences.linspace_hits_both_ends(start, end, steps, dtype), made)
    if dtype is dtypes.float32:
        run.expect(allowed, "torch.linspace", start, end, steps=steps)


@verifies(
    sequences.linspace_spaces_evenly, over=product(dtypes.FLOATS, [(0, 1), (1, 20), (0.5, 2.5)], (5, 3, 1))
)
def test_linspace_default(run: Run, case: tuple[DType, tuple[Real, Real], int]) -> None:
    default, ends, steps = case
    run.require(default)
    with run.default_dtype(default):
        allowed = sequences.linspace_spaces_evenly(*ends, steps, default)
        run.expect(allowed, "torch.linspace", *ends, steps)
        bounds = [run.tensor(np.array(end, np.float64)) for end in ends]
        run.expect(allowed, "torch.linspace", *bounds, steps)


@verifies(
    sequences.linspace_needs_a_number_of_steps,
    over=product(("linspace", "logspace"), (dtypes.float32, dtypes.int64), (None, -1, -5)),
)
def test_steps(run: Run, case: tuple[str, DType, int | None]) -> None:
    name, dtype, steps = case
    run.call(f"torch.{name}", 0, 1, 3, dtype=dtype)
    given = () if steps is None else (steps,)
    run.expect(sequences.linspace_needs_a_number_of_steps(steps), f"torch.{name}", 0, 1, *given, dtype=dtype)


def draw_logspace(tape: Tape) -> tuple[Real, Real, int, float, DType]:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    ends = tape.choose((0, 1, 3, -2, 0.5)), tape.choose((2, 3, -1, 0, 1.25))
    return *ends, tape.choose((4, 5, 1, 0, 2, 11, 300)), tape.choose((10.0, 2.0, 0.5, 3.0)), dtype


@verifies(sequences.logspace_raises_the_base_to_even_steps, drawn=draw_logspace)
def test_logspace(run: Run, case: tuple[Real, Real, int, float, DType]) -> None:
    start, end, steps, base, dtype = case
    allowed = sequences.logspace_raises_the_base_to_even_steps(start, end, steps, base, dtype)
    run.expect(allowed, "torch.logspace", start, end, steps, base, dtype=dtype)
    if base == 10.0:
        run.expect(allowed, "torch.logspace", start, end, steps=steps, dtype=dtype)


@verifies(sequences.complex_sequences_may_be_refused, over=dtypes.COMPLEXES)
def test_complex_sequences(run: Run, dtype: DType) -> None:
    run.require_data()
    run.call("torch.arange", 0, 2)
    run.expect(sequences.complex_sequences_may_be_refused(None), "torch.arange", 0, 2, dtype=dtype)
    for start, end, steps in ((0, 1j, 3), (1 + 1j, -2, 7), (0.5, 2j, 2)):
        values = np.linspace(start, end, steps)
        allowed = sequences.complex_sequences_may_be_refused(values, dtype)
        run.expect(allowed, "torch.linspace", start, end, steps, dtype=dtype)


@verifies(
    sequences.eye_has_ones_on_its_diagonal,
    over=product((0, 1, 2, 3, 5, 67), (None, 0, 1, 2, 3, 7, 65), (None, *dtypes.COMMON)),
)
def test_eye(run: Run, case: tuple[int, int | None, DType | None]) -> None:
    rows, columns, dtype = case
    run.require(dtype or dtypes.float32)
    allowed = sequences.eye_has_ones_on_its_diagonal(
        rows, rows if columns is None else columns, dtype or dtypes.float32
    )
    sizes = (rows,) if columns is None else (rows, columns)
    run.expect(allowed, "torch.eye", *sizes, dtype=dtype)


@verifies(sequences.eye_has_ones_on_its_diagonal, over=dtypes.FLOATS)
def test_eye_default(run: Run, default: DType) -> None:
    run.require(default)
    with run.default_dtype(default):
        run.expect(sequences.eye_has_ones_on_its_diagonal(3, 2, default), "torch.eye", 3, 2)


@verifies(
    sequences.triangle_indices_are_ordered_by_row,
    over=product((0, 1, 3, 4, 66), (0, 1, 2, 4, 67), (0, 1, -1, -5, 9), (True, False)),
)
def test_triangles(run: Run, case: tuple[int, int, int, bool]) -> None:
    rows, columns, offset, lower = case
    name = "torch.tril_indices" if lower else "torch.triu_indices"
    allowed = sequences.triangle_indices_are_ordered_by_row(rows, columns, offset, lower)
    run.expect(allowed, name, rows, columns, offset)
    run.expect(allowed, name, rows, columns, offset=offset)
    if offset == 0:
        run.expect(allowed, name, rows, columns)
    short = sequences.triangle_indices_are_ordered_by_row(rows, columns, offset, lower, dtypes.int32)
    run.expect(short, name, rows, columns, offset, dtype=dtypes.int32)
