"""Tensors of sizes: fills, unspecified elements, deterministic mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import creation
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.data import filled
from tensorcanon.spec.rules.dtypes import DType

Shape = tuple[int, ...]

FILLS = {"zeros": 0, "ones": 1}
SHAPES: tuple[Shape, ...] = ((), (3,), (0,), (2, 3), (2, 0, 3), (1, 1, 1, 2), (4099,), (67, 65))


@verifies(
    creation.a_fill_is_contiguous_and_of_the_default_type, over=product(FILLS, SHAPES, (None, *dtypes.ALL))
)
def test_fills(run: Run, case: tuple[str, Shape, DType | None]) -> None:
    name, shape, dtype = case
    run.require(dtype or dtypes.float32)
    allowed = creation.a_fill_is_contiguous_and_of_the_default_type(
        shape, FILLS[name], dtype or dtypes.float32
    )
    run.expect(allowed, f"torch.{name}", shape, dtype=dtype)
    run.expect(allowed, f"torch.{name}", list(shape), dtype=dtype)
    run.expect(allowed, f"torch.{name}", size=shape, dtype=dtype)
    if shape:
        run.expect(allowed, f"torch.{name}", *shape, dtype=dtype)


@verifies(
    creation.a_fill_is_contiguous_and_of_the_default_type,
    creation.empty_has_unspecified_elements,
    over=dtypes.FLOATS,
)
def test_default_type(run: Run, default: DType) -> None:
    run.require(default)
    fill = creation.a_fill_is_contiguous_and_of_the_default_type
    with run.default_dtype(default):
        run.expect(fill((2, 3), 0, default), "torch.zeros", 2, 3)
        run.expect(fill((2, 3), 1, default), "torch.ones", 2, 3)
        run.expect(creation.empty_has_unspecified_elements((2, 3), default), "torch.empty", 2, 3)


@verifies(creation.sizes_of_zero_are_valid, drawn=lambda tape: tape)
def test_zero_sizes(run: Run, tape: Tape) -> None:
    shape = tape.choose(((0,), (0, 3), (2, 0), (2, 3, 0), (0, 0), (1, 0, 4), (0, 1)))
    dtype = tape.choose((dtypes.float32, dtypes.int64, dtypes.float64, dtypes.uint8, dtypes.complex64))
    allowed = creation.sizes_of_zero_are_valid
    name = tape.choose(("zeros", "ones", "empty"))
    empty = run.expect(allowed(np.zeros(shape, dtype.storage)), f"torch.{name}", shape, dtype=dtype)
    other = run.tensor(np.ones([1 if size else tape.choose((0, 1)) for size in shape]).astype(dtype.storage))
    for op in ("add", "mul"):
        run.expect(allowed(np.zeros(shape, dtype.storage)), f"torch.{op}", empty, other)
        run.expect(allowed(np.zeros(shape, dtype.storage)), f"torch.{op}", other, empty)
    wide = dtypes.int64 if dtype.is_integral else dtype
    run.expect(allowed(np.zeros((), wide.storage)), "torch.sum", empty)
    run.expect(allowed(np.ones((), wide.storage)), "torch.prod", empty)
    run.expect(allowed(0), "Tensor.numel", empty)


NUMBERS = (True, False, 0, 3, -7, 100, 2**40, 2.5, -0.0, float("inf"), float("nan"), 1j, complex(2, -0.5))


@verifies(creation.full_infers_the_type_from_the_number, over=product(NUMBERS, SHAPES))
def test_full(run: Run, case: tuple[complex, Shape]) -> None:
    number, shape = case
    run.expect(creation.full_infers_the_type_from_the_number(shape, number), "torch.full", shape, number)
    with run.default_dtype(dtypes.float64):
        allowed = creation.full_infers_the_type_from_the_number(shape, number, None, dtypes.float64)
        run.expect(allowed, "torch.full", list(shape), number)


@verifies(
    creation.full_infers_the_type_from_the_number,
    over=product((True, 0, 3, 2.75, complex(1.5, -2)), dtypes.COMMON),
)
def test_full_of_a_type(run: Run, case: tuple[complex, DType]) -> None:
    number, dtype = case
    if isinstance(number, complex) and not dtype.is_complex:
        return
    run.require(dtype)
    allowed = creation.full_infers_the_type_from_the_number((2, 3), number, dtype)
    run.expect(allowed, "torch.full", (2, 3), number, dtype=dtype)
    run.expect(allowed, "torch.full", size=(2, 3), fill_value=number, dtype=dtype)
    alone = creation.full_infers_the_type_from_the_number((), number, dtype)
    run.expect(alone, "torch.scalar_tensor", number, dtype=dtype)


@verifies(creation.full_needs_a_sequence_of_sizes, over=[(5, 1), (3, 2.5), (0, True)])
def test_full_size(run: Run, case: tuple[int, complex]) -> None:
    size, number = case
    run.call("torch.full", (size,), number)
    run.expect(creation.full_needs_a_sequence_of_sizes(), "torch.full", size, number)


@verifies(
    creation.negative_sizes_are_refused,
    over=product(("zeros", "ones", "empty", "full", "rand", "randn", "eye"), ((-1,), (2, -3), (0, -1))),
)
def test_negative_sizes(run: Run, case: tuple[str, Shape]) -> None:
    name, sizes = case
    refused = creation.negative_sizes_are_refused()
    if name == "full":
        run.call("torch.full", (2,), 1.0)
        run.expect(refused, "torch.full", sizes, 1.0)
        return
    run.call(f"torch.{name}", 2)
    run.expect(refused, f"torch.{name}", *sizes)
    if name != "eye":
        run.expect(refused, f"torch.{name}", list(sizes))


@verifies(creation.empty_has_unspecified_elements, over=product(SHAPES, (None, *dtypes.ALL)))
def test_empty(run: Run, case: tuple[Shape, DType | None]) -> None:
    shape, dtype = case
    run.require(dtype or dtypes.float32)
    allowed = creation.empty_has_unspecified_elements(shape, dtype or dtypes.float32)
    run.expect(allowed, "torch.empty", shape, dtype=dtype)
    if shape:
        run.expect(allowed, "torch.empty", *shape, dtype=dtype)


@verifies(creation.uninitialised_times_zero_is_zero_or_nan, over=((2, 3), (0,), (67, 65)))
def test_uninitialised_times_zero(run: Run, shape: Shape) -> None:
    for name in ("FloatTensor", "empty", "DoubleTensor"):
        product_ = run.call("operator.mul", run.call(f"torch.{name}", *shape), 0)
        zero, nan = run.call("torch.eq", product_, 0), run.call("torch.isnan", product_)
        run.expect(creation.uninitialised_times_zero_is_zero_or_nan(shape), "torch.logical_or", zero, nan)


@contextmanager
def deterministic(run: Run) -> Iterator[None]:
    run.call("torch.use_deterministic_algorithms", True)
    try:
        yield
    finally:
        run.call("torch.use_deterministic_algorithms", False)


@verifies(
    creation.deterministic_mode_fills_what_is_uninitialised,
    over=[*product(dtypes.COMMON, ((), (0,), (2, 3))), (dtypes.float32, (4099,)), (dtypes.int8, (67, 65))],
)
def test_deterministic_fill(run: Run, case: tuple[DType, Shape]) -> None:
    dtype, shape = case
    run.require(dtype)
    run.require_data()
    allowed = creation.deterministic_mode_fills_what_is_uninitialised(shape, dtype)
    x = run.tensor(filled(shape, 0, dtype))
    nothing = run.tensor(filled((0,), 0, dtype))
    steps = tuple(range(1, len(shape) + 1))
    rows = tuple(int(np.prod([max(size, 1) for size in shape[step:]])) for step in steps)
    with deterministic(run):
        run.expect(allowed, "torch.empty", shape, dtype=dtype)
        run.expect(allowed, "torch.empty_like", x)
        run.expect(allowed, "torch.empty_strided", shape, rows, dtype=dtype)
        run.expect(allowed, "Tensor.new_empty", x, shape)
        run.expect(allowed, "Tensor.resize_", nothing, shape)
