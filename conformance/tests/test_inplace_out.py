"""``out=``, and what changes a tensor's own storage."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_layout, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import inplace
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .test_inplace import OVERLAPS

# Functions of two 3 x 3 tensors, and whether they promote.
FUNCTIONS: dict[str, tuple[Callable[[Array, Array], Array], bool]] = {
    "add": (lambda a, b: a + b, True),
    "mul": (lambda a, b: a * b, True),
    "maximum": (np.maximum, True),
    "matmul": (lambda a, b: a @ b, False),
}


def receiving(tape: Tape) -> tuple[str, Operand, Operand, Operand]:
    a, b = (draw_operand(tape, dtypes.float32, (3, 3), "exact") for _ in range(2))
    out = Operand(np.full((3, 3), 99, np.float32), draw_layout(tape))
    return tape.choose(list(FUNCTIONS)), a, b, out


@verifies(inplace.out_receives_the_result, inplace.out_is_what_the_function_returns, drawn=receiving)
def test_out(run: Run, case: tuple[str, Operand, Operand, Operand]) -> None:
    name, a, b, out = case
    target = run.tensor(out)
    alias = run.call("Tensor.detach", target)
    allowed = inplace.out_receives_the_result(FUNCTIONS[name][0](a.array, b.array), out.strides)
    returned = run.expect(allowed, f"torch.{name}", run.tensor(a), run.tensor(b), out=target)
    run.expect(inplace.out_is_what_the_function_returns(), "is", returned, target)
    # The storage is kept as well: an alias made before shows the result.
    run.look(allowed, alias)


@verifies(inplace.out_is_resized, over=[(0,), (0, 3), (2, 3), (9,)])
def test_out_resizes(run: Run, shape: tuple[int, ...]) -> None:
    x = np.arange(9, dtype=np.float32).reshape(3, 3)
    out = run.tensor(np.zeros(shape, np.float32))
    allowed = inplace.out_is_resized(x + 1, 0 in shape)
    run.expect(allowed, "torch.add", run.tensor(x), 1.0, out=out)


OUT_TYPES = (dtypes.bool_, dtypes.uint8, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.complex64)


@verifies(
    inplace.out_holds_a_type_the_result_can_be_cast_to,
    over=list(product(FUNCTIONS, (dtypes.int64, dtypes.float32), OUT_TYPES)),
    proves=True,
)
def test_out_dtypes(run: Run, case: tuple[str, DType, DType]) -> None:
    name, dtype, out_dtype = case
    function, promotes = FUNCTIONS[name]
    a: Array = np.arange(9).reshape(3, 3).astype(dtype.storage)
    out = run.tensor(np.zeros((3, 3), out_dtype.storage))
    allowed = inplace.out_holds_a_type_the_result_can_be_cast_to(function(a, a), out_dtype, promotes)
    run.expect(allowed, f"torch.{name}", run.tensor(a), run.tensor(a), out=out)


@verifies(inplace.out_does_not_support_autograd, over=[True, False])
def test_out_and_autograd(run: Run, grad_mode: bool) -> None:
    array = np.ones(3, np.float32)
    x = run.tensor(array, requires_grad=True)
    out = run.tensor(np.zeros(3, np.float32))
    allowed = inplace.out_does_not_support_autograd(grad_mode, array * 2)
    with run.within("torch.set_grad_enabled", grad_mode):
        run.expect(allowed, "torch.mul", x, 2.0, out=out)


@verifies(inplace.out_may_not_overlap_an_input_in_part, over=OVERLAPS)
def test_out_overlap(run: Run, case: tuple[slice, slice, bool]) -> None:
    target, source, overlaps = case
    array = np.arange(6, dtype=np.float32)
    base = run.tensor(array)
    out, x = (run.call("operator.getitem", base, part) for part in (target, source))
    allowed = inplace.out_may_not_overlap_an_input_in_part(overlaps, array[source] * 2)
    run.expect(allowed, "torch.mul", x, 2.0, out=out)


@verifies(
    inplace.resize_keeps_the_leading_elements, over=[(4,), (2, 2), (2, 3), (6,), (0,), (3, 3), (1, 5), (2, 0)]
)
def test_resize(run: Run, shape: tuple[int, ...]) -> None:
    array = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    x = run.tensor(array)
    allowed = inplace.resize_keeps_the_leading_elements(array, shape)
    run.expect(allowed, "Tensor.resize_", x, shape)
    run.look(allowed, x)


@verifies(inplace.resize_refuses_tensors_that_require_grad)
def test_resize_and_autograd(run: Run, tape: Tape) -> None:
    x = run.tensor(np.ones(3, np.float32), requires_grad=True)
    run.expect(inplace.resize_refuses_tensors_that_require_grad(), "Tensor.resize_", x, (2, 3))


@verifies(
    inplace.set_shares_the_storage_of_its_source,
    drawn=lambda tape: draw_operand(tape, dtypes.float32, (3, 4), "exact"),
)
def test_set(run: Run, source: Operand) -> None:
    x = run.tensor(np.zeros(2, np.float32))
    y = run.tensor(source)
    run.expect(
        inplace.set_shares_the_storage_of_its_source(source.array, source.strides), "Tensor.set_", x, y
    )
    run.call("Tensor.fill_", y, 8.0)
    run.look(inplace.set_shares_the_storage_of_its_source(np.full((3, 4), 8, np.float32), source.strides), x)


@verifies(
    inplace.assigning_data_replaces_the_storage,
    inplace.assigning_data_leaves_the_gradient,
    over=[np.array([5.0, 6.0], np.float32), np.array([[1.0, 2.0, 3.0]], np.float32)],
)
def test_assigning_data(run: Run, value: Array) -> None:
    w = run.tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    run.call("Tensor.backward", run.call("Tensor.sum", run.call("operator.mul", w, 3.0)))
    source = run.tensor(value)
    run.call("setattr", w, "data", source)
    run.look(inplace.assigning_data_replaces_the_storage(value), w)
    run.call("Tensor.mul_", source, 2.0)
    run.look(inplace.assigning_data_replaces_the_storage(value * 2), w)
    gradient = inplace.assigning_data_leaves_the_gradient(np.array([3.0, 3.0], np.float32))
    run.expect(gradient, "Tensor.grad", w)


@verifies(inplace.assigning_data_needs_a_compatible_type, over=[dtypes.int64, dtypes.bool_])
def test_assigning_data_of_another_type(run: Run, dtype: DType) -> None:
    w = run.tensor(np.ones(2, np.float32), requires_grad=True)
    value = run.tensor(np.ones(2, dtype.storage))
    run.expect(inplace.assigning_data_needs_a_compatible_type(dtype), "setattr", w, "data", value)
