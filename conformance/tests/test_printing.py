"""How tensors, sizes, types and results show as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance import values
from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import filled
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import printing
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.printing import DEFAULT, PROFILES, Options

SMALL = ((3,), (), (1,), (2, 3), (4, 1), (2, 2, 2), (1, 2, 1, 3), (17,), (2, 30), (30,))
LARGE = ((1001,), (2, 501), (40, 30), (11, 11, 11), (600, 2), (5, 7, 50), (1000,), (7, 150))
EMPTY = ((0,), (0, 3), (2, 0), (3, 0, 2))
INTEGRAL = (dtypes.bool_, *dtypes.INTEGERS)
DIFFERENTIABLE = (*dtypes.FLOATS, *dtypes.COMPLEXES)


def on_cpu(run: Run, operand: Operand | Array, *, requires_grad: bool = False) -> Handle:
    """Return a tensor in main memory: elsewhere the text names the device too."""
    run.require_data()
    if run.backend.identity.device == "cpu":
        return run.tensor(operand, requires_grad=requires_grad)
    made = run.call("Tensor.cpu", run.tensor(operand))
    return run.call("Tensor.requires_grad_", made) if requires_grad else made  # type: ignore[no-any-return]


def draw_elements(tape: Tape, dtype: DType, shape: tuple[int, ...]) -> Array:
    """Draw elements that are whole, short, of one magnitude, of several, or anything."""
    kind = tape.choose(("exact", "small", "unit", "positive", "any", "ties"))
    table = values.table(dtype, kind)
    few = tape.choose((256, 4, 12))
    return table[tape.take(int(np.prod(shape))).astype(np.intp) % few].reshape(shape)


@verifies(printing.tensors_print_as_tutorials_show, over=list(printing.SHOWN))
def test_tutorials(run: Run, text: str) -> None:
    data, dtype, gradient = printing.SHOWN[text]
    x = on_cpu(run, np.array(data).astype(dtype.storage), requires_grad=bool(gradient))
    if gradient.startswith("grad_fn"):
        x = run.call("torch.add", x, 0)
    run.expect(printing.tensors_print_as_tutorials_show(text), "builtins.repr", x)


@verifies(
    printing.integers_and_bools_are_aligned_to_the_right,
    drawn=lambda tape: Operand(
        draw_elements(tape, tape.choose((dtypes.int64, dtypes.bool_)), tape.choose(SMALL)), draw_layout(tape)
    ),
)
def test_integers(run: Run, operand: Operand) -> None:
    allowed = printing.integers_and_bools_are_aligned_to_the_right(operand.array)
    run.expect(allowed, "builtins.repr", on_cpu(run, operand))


@verifies(
    printing.floats_have_no_or_four_decimals,
    drawn=lambda tape: Operand(
        values.table(dtypes.float32, tape.choose(("exact", "small", "unit", "positive")))[
            tape.take(int(np.prod(shape := tape.choose(SMALL)))) % 12
        ].reshape(shape),
        draw_layout(tape),
    ),
)
def test_floats(run: Run, operand: Operand) -> None:
    allowed = printing.floats_have_no_or_four_decimals(operand.array)
    run.expect(allowed, "builtins.repr", on_cpu(run, operand))


@verifies(
    printing.a_type_that_is_no_default_is_named,
    over=product(
        (*dtypes.COMMON, *dtypes.UNSIGNED[1:]), ((), (2,), (2, 2), (0,)), (dtypes.float32, dtypes.float64)
    ),
    proves=True,
)
def test_types(run: Run, case: tuple[DType, tuple[int, ...], DType]) -> None:
    dtype, shape, default = case
    array = np.ones(shape).astype(dtype.storage)
    x = on_cpu(run, array)
    with run.default_dtype(default):
        run.expect(printing.a_type_that_is_no_default_is_named(array, default), "builtins.repr", x)


@verifies(printing.gradients_are_named, over=product(DIFFERENTIABLE, (0, 1, 2)), proves=True)
def test_gradients(run: Run, case: tuple[DType, int]) -> None:
    array = filled(*case)
    x = on_cpu(run, array, requires_grad=True)
    run.expect(printing.gradients_are_named(array, "requires_grad=True"), "builtins.repr", x)
    computed = run.call("torch.add", x, 0)
    run.expect(printing.gradients_are_named(array, "grad_fn=<AddBackward0>"), "builtins.repr", computed)
    for name in ("Tensor.data", "Tensor.detach"):
        run.expect(printing.gradients_are_named(array, ""), "builtins.repr", run.call(name, x))


@verifies(
    printing.a_wide_range_prints_in_scientific_notation,
    over=[
        [1.0, 1000.0],
        [1.0, 1001.0],
        [0.5, 500.0],
        [0.5, 500.5],
        [1e8],
        [1e8 + 8],
        [-2e8, 1.0],
        [1e-4, 1e-3],
        [9e-5],
        [0.0, 1e-5],
        [0.0, 0.0],
        [float("inf"), 1e9, float("nan"), 0.0],
        [float("nan"), float("inf")],
        [float("-inf"), 0.5],
        [-0.0, 1e-6],
        [1e30],
        [1e-30, 1e30],
    ],
)
def test_scientific(run: Run, numbers: list[float]) -> None:
    for dtype in (dtypes.float32, dtypes.float64, dtypes.bfloat16):
        array = np.array(numbers).astype(dtype.storage)
        allowed = printing.a_wide_range_prints_in_scientific_notation(array)
        run.expect(allowed, "builtins.repr", on_cpu(run, array))


@verifies(
    printing.a_wide_range_prints_in_scientific_notation,
    drawn=lambda tape: Operand(
        draw_elements(tape, tape.choose(dtypes.FLOATS), tape.choose(SMALL)), draw_layout(tape)
    ),
)
def test_any_floats(run: Run, operand: Operand) -> None:
    allowed = printing.a_wide_range_prints_in_scientific_notation(operand.array)
    run.expect(allowed, "builtins.repr", on_cpu(run, operand))


@verifies(
    printing.long_tensors_are_summarised,
    drawn=lambda tape: Operand(
        draw_elements(tape, tape.choose((dtypes.int64, dtypes.float32, dtypes.uint8)), tape.choose(LARGE)),
        draw_layout(tape),
    ),
)
def test_summaries(run: Run, operand: Operand) -> None:
    allowed = printing.long_tensors_are_summarised(operand.array)
    run.expect(allowed, "builtins.repr", on_cpu(run, operand))


@contextmanager
def print_options(run: Run, **options: Any) -> Iterator[None]:
    """Take steps under other print options; the default profile, with ``sci_mode`` unset, follows."""
    run.call("torch.set_printoptions", **options)
    try:
        yield
    finally:
        run.call("torch.set_printoptions", profile="default")


def draw_options(tape: Tape) -> tuple[Array, Options]:
    """Draw elements and print options."""
    options = Options(
        precision=tape.choose((4, 0, 1, 2, 7)),
        threshold=tape.choose((1000, 0, 5, 10)),
        edgeitems=tape.choose((3, 1, 2)),
        linewidth=tape.choose((80, 20, 40, 120)),
        sci_mode=tape.choose((None, True, False)),
    )
    dtype = tape.choose((dtypes.float32, dtypes.int64, dtypes.float64, dtypes.complex64))
    return draw_elements(tape, dtype, tape.choose((*SMALL, (5, 5, 5)))), options


@verifies(printing.print_options_apply_to_every_tensor, drawn=draw_options)
def test_options(run: Run, case: tuple[Array, Options]) -> None:
    array, options = case
    allowed = printing.print_options_apply_to_every_tensor(array, options)
    x = on_cpu(run, array)
    with print_options(run, **asdict(options)):
        run.expect(allowed, "builtins.repr", x)
    run.expect(printing.print_options_apply_to_every_tensor(array, DEFAULT), "builtins.repr", x)


@verifies(
    printing.print_options_apply_to_every_tensor,
    over=product(PROFILES, ((5,), (1001,), (8, 130)), (dtypes.float32, dtypes.int64)),
)
def test_profiles(run: Run, case: tuple[str, tuple[int, ...], DType]) -> None:
    profile, shape, dtype = case
    array = (np.arange(int(np.prod(shape))).reshape(shape) / 8).astype(dtype.storage)
    x = on_cpu(run, array)
    with print_options(run, profile=profile):
        allowed = printing.print_options_apply_to_every_tensor(array, PROFILES[profile])
        run.expect(allowed, "builtins.repr", x)


SPECS = ("", ".5f", ".2e", "8.3f", "+.1f", "g")
INTEGER_SPECS = ("", "d", "5d", ">8", "x")


@verifies(
    printing.a_zero_dim_tensor_is_formatted_as_its_number,
    over=[
        (np.array(number).astype(dtype.storage), spec)
        for dtype, numbers, specs in (
            *((dtype, (0.00094, 20.0, -1.5, 10000.0), SPECS) for dtype in dtypes.FLOATS),
            *((dtype, (5, 0, 100), INTEGER_SPECS) for dtype in dtypes.INTEGERS),
        )
        for number, spec in product(numbers, specs)
    ],
)
def test_format(run: Run, case: tuple[Array, str]) -> None:
    element, spec = case
    allowed = printing.a_zero_dim_tensor_is_formatted_as_its_number(element, spec)
    run.expect(allowed, "builtins.format", on_cpu(run, element), spec)


@verifies(
    printing.other_tensors_take_no_format,
    over=product(dtypes.COMMON, ((1,), (2,), (1, 1), (0,)), (".5f", "d", ">8")),
)
def test_no_format(run: Run, case: tuple[DType, tuple[int, ...], str]) -> None:
    dtype, shape, spec = case
    x = on_cpu(run, np.ones(shape).astype(dtype.storage))
    run.expect(printing.other_tensors_take_no_format(shape), "builtins.format", x, spec)


@verifies(
    printing.str_and_repr_agree, drawn=lambda tape: draw_elements(tape, dtypes.float32, tape.choose(SMALL))
)
def test_str(run: Run, array: Array) -> None:
    allowed = printing.str_and_repr_agree(array)
    x = on_cpu(run, array)
    run.expect(allowed, "builtins.str", x)
    if array.ndim:
        run.expect(allowed, "builtins.format", x, "")


@verifies(printing.sizes_print_with_their_name, over=[*SMALL, *EMPTY])
def test_sizes(run: Run, shape: tuple[int, ...]) -> None:
    allowed = printing.sizes_print_with_their_name(shape)
    x = run.tensor(np.ones(shape, np.float32))
    for name in ("Tensor.shape", "Tensor.size"):
        size = run.whole(name, x)
        run.expect(allowed, "builtins.repr", size)
        run.expect(allowed, "builtins.str", size)


@verifies(printing.types_print_as_their_names, over=dtypes.ALL, proves=True)
def test_types_themselves(run: Run, dtype: DType) -> None:
    run.expect(printing.types_print_as_their_names(dtype), "builtins.repr", dtype)
    run.expect(printing.types_print_as_their_names(dtype), "builtins.str", dtype)


@verifies(printing.tensors_of_every_type_are_of_one_class, over=dtypes.COMMON, proves=True)
def test_class(run: Run, dtype: DType) -> None:
    kind = run.call("builtins.type", run.tensor(filled(dtype, 1)))
    run.expect(printing.tensors_of_every_type_are_of_one_class(dtype), "builtins.str", kind)


@verifies(
    printing.an_unset_gradient_is_none,
    over=[(filled(dtype, 1), needs) for dtype, needs in product(DIFFERENTIABLE, (False, True))],
)
def test_unset_gradient(run: Run, case: tuple[Array, bool]) -> None:
    array, needs = case
    x = run.tensor(array, requires_grad=needs)
    run.expect(printing.an_unset_gradient_is_none(array), "Tensor.grad", x)


@verifies(printing.empty_tensors_show_their_size, over=product(dtypes.COMMON, EMPTY), proves=True)
def test_empty(run: Run, case: tuple[DType, tuple[int, ...]]) -> None:
    dtype, shape = case
    array = np.ones(shape).astype(dtype.storage)
    run.expect(printing.empty_tensors_show_their_size(array), "builtins.repr", on_cpu(run, array))


@verifies(
    printing.complex_numbers_print_in_two_columns,
    drawn=lambda tape: draw_elements(tape, tape.choose(dtypes.COMPLEXES), tape.choose((*SMALL, (501, 2)))),
)
def test_complex(run: Run, array: Array) -> None:
    allowed = printing.complex_numbers_print_in_two_columns(array)
    run.expect(allowed, "builtins.repr", on_cpu(run, array))


@verifies(
    printing.parameters_print_below_a_heading,
    over=[filled(dtype, ndim) for dtype, ndim in product(dtypes.FLOATS, (0, 1, 2))],
)
def test_parameters(run: Run, array: Array) -> None:
    parameter = run.call("torch.nn.Parameter", on_cpu(run, array))
    run.expect(printing.parameters_print_below_a_heading(array), "builtins.repr", parameter)


@verifies(
    printing.named_results_print_field_by_field,
    over=product(("max", "min", "sort", "median", "cummax"), (dtypes.float32, dtypes.int64), (1, 2)),
)
def test_named_results(run: Run, case: tuple[str, DType, int]) -> None:
    name, dtype, ndim = case
    array = filled(dtype, ndim)[..., :1]
    x = on_cpu(run, array)
    reduces = name in ("max", "min", "median")
    shown = array[..., 0] if reduces else array
    fields = [("values", shown), ("indices", np.zeros(shown.shape, np.int64))]
    results = run.whole(f"torch.{name}", x, -1)
    run.expect(printing.named_results_print_field_by_field(name, fields), "builtins.repr", results)
