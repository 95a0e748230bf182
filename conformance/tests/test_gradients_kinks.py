"""Gradients where a function is not smooth, and those of complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.smooth import draw_places, draw_weight
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import gradients
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.ops import row
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

inf = float("inf")
FLOATS = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)


def gradient_of(run: Run, name: str, x: Array, *args: Any, **kwargs: Any) -> Any:
    """Take the sum of a function's result backward and return the tensor whose gradient is to be judged."""
    handle = run.tensor(x, requires_grad=True)
    result = run.call(name, handle, *args, **kwargs)
    run.call("Tensor.backward", run.call("Tensor.sum", result))
    return handle


# At these places the subgradients of a convex function, or of one that is so locally, have these least norms.
KINKS: tuple[tuple[str, tuple[Any, ...], list[float], list[float]], ...] = (
    ("torch.abs", (), [0.0, -0.0, 1.0, -2.0], [0, 0, 1, -1]),
    ("torch.relu", (), [0.0, -0.0, 1.0, -2.0], [0, 0, 1, 0]),
    ("Tensor.relu", (), [0.0, 3.0], [0, 1]),
    ("torch.nn.functional.relu", (), [0.0, -0.0, 1.0], [0, 0, 1]),
    ("torch.nn.functional.relu6", (), [0.0, 3.0, 6.0, 7.0], [0, 1, 0, 0]),
    ("torch.nn.functional.hardtanh", (), [-1.0, 0.0, 1.0, 2.0], [0, 1, 0, 0]),
    ("torch.nn.functional.softshrink", (), [0.5, -0.5, 1.0, 0.0], [0, 0, 1, 0]),
    ("torch.nn.functional.leaky_relu", (0.5,), [0.0, -1.0, 1.0], [0.5, 0.5, 1]),
)


@verifies(
    gradients.kinks_take_the_subgradient_of_least_norm,
    over=[(dtype, kink) for dtype in FLOATS for kink in KINKS],
)
def test_kinks(run: Run, case: tuple[DType, Any]) -> None:
    dtype, (name, args, x, gradient) = case
    handle = gradient_of(run, name, np.array(x, dtype.storage), *args)
    allowed = gradients.kinks_take_the_subgradient_of_least_norm(np.array(gradient, dtype.storage))
    run.expect(allowed, "Tensor.grad", handle)


@verifies(gradients.infinite_slopes_are_infinite, over=[dtypes.float32, dtypes.float64])
def test_infinite_slopes(run: Run, dtype: DType) -> None:
    handle = gradient_of(run, "torch.sqrt", np.array([0.0, 1.0], dtype.storage))
    allowed = gradients.infinite_slopes_are_infinite(np.array([inf, 0.5], dtype.storage))
    run.expect(allowed, "Tensor.grad", handle)


STEPS = ("floor", "ceil", "round", "trunc", "sign")


@verifies(
    gradients.steps_have_gradient_zero,
    over=[(name, dtype, form) for name in STEPS for dtype in FLOATS for form in ("torch", "Tensor")],
)
def test_steps(run: Run, case: tuple[str, DType, str]) -> None:
    name, dtype, form = case
    handle = gradient_of(run, f"{form}.{name}", np.array([0.0, 0.5, -1.0, 2.25, -3.5], dtype.storage))
    run.expect(gradients.steps_have_gradient_zero((5,), dtype), "Tensor.grad", handle)


BOUNDS: tuple[tuple[dict[str, float], list[float], list[float]], ...] = (
    ({"min": 1.0}, [0.0, 1.0, 2.0], [0, 0, 1]),
    ({"max": 1.0}, [0.0, 1.0, 2.0], [1, 0, 0]),
)


@verifies(gradients.bounds_of_clamp_take_the_subgradient_of_least_norm, over=BOUNDS)
def test_clamp(run: Run, case: tuple[dict[str, float], list[float], list[float]]) -> None:
    bounds, x, gradient = case
    handle = gradient_of(run, "torch.clamp", np.array(x, np.float32), **bounds)
    allowed = gradients.bounds_of_clamp_take_the_subgradient_of_least_norm(np.array(gradient, np.float32))
    run.expect(allowed, "Tensor.grad", handle)


def draw_ties(tape: Tape) -> tuple[str, DType, Array, Array, Array]:
    dtype = tape.choose(FLOATS)
    x, y = draw_array(tape, dtype, (2, 3), "ties"), draw_array(tape, dtype, (2, 3), "ties")
    return tape.choose(("maximum", "minimum")), dtype, x, y, draw_weight(tape, (2, 3), dtype)


@verifies(gradients.equal_operands_share_the_gradient, drawn=draw_ties)
def test_equal_operands(run: Run, case: tuple[str, DType, Array, Array, Array]) -> None:
    name, dtype, x, y, weight = case
    handles = [run.tensor(array, requires_grad=True) for array in (x, y)]
    run.call("Tensor.backward", run.call(f"torch.{name}", *handles), run.tensor(weight))
    sign = 1 if name == "maximum" else -1
    for own, other, handle in ((x, y, handles[0]), (y, x, handles[1])):
        share = np.where(own == other, 0.5, np.where(sign * own > sign * other, 1.0, 0.0))
        allowed = gradients.equal_operands_share_the_gradient((weight * share).astype(dtype.storage))
        run.expect(allowed, "Tensor.grad", handle)


def draw_extremes(tape: Tape) -> tuple[str, Operand, tuple[int, ...], bool, Array]:
    dtype = tape.choose(FLOATS[:2])
    shape = tape.choose(((4,), (2, 3), (3, 2, 2), (1,), ()))
    operand = Operand(draw_array(tape, dtype, shape, "ties"), draw_layout(tape))
    name = tape.choose(("amax", "amin", "max", "min"))
    axes = tuple(range(len(shape)))
    if name.startswith("a") and axes:
        axes = tuple(tape.subset(axes)) or axes
    kept = tuple(1 if place in axes else size for place, size in enumerate(shape))
    return name, operand, axes, tape.one_in(2), draw_weight(tape, kept, dtype)


@verifies(gradients.equal_extremes_share_the_gradient, drawn=draw_extremes)
def test_equal_extremes(run: Run, case: tuple[str, Operand, tuple[int, ...], bool, Array]) -> None:
    name, operand, axes, keepdim, weight = case
    x = run.tensor(operand, requires_grad=True)
    if name.startswith("a"):
        result = run.call(f"torch.{name}", x, axes, keepdim)
        given = weight if keepdim else np.squeeze(weight, axes)
    else:
        result, given = run.call(f"torch.{name}", x), weight.reshape(())
    run.call("Tensor.backward", result, run.tensor(np.asarray(given)))
    sign = 1 if name.endswith("max") else -1
    allowed = gradients.equal_extremes_share_the_gradient(operand.array, axes, weight, sign)
    run.expect(allowed, "Tensor.grad", x)


def draw_indexed(tape: Tape) -> tuple[str, Operand, int, Array]:
    dtype = tape.choose(FLOATS[:2])
    operand = Operand(draw_array(tape, dtype, (3, 4), "ties"), draw_layout(tape))
    dim = tape.choose((0, 1, -1, -2))
    return (
        tape.choose(("max", "min")),
        operand,
        dim,
        draw_weight(tape, (4,) if dim in (0, -2) else (3,), dtype),
    )


@verifies(gradients.extremes_of_a_dimension_send_the_gradient_to_the_index_returned, drawn=draw_indexed)
def test_indexed_extremes(run: Run, case: tuple[str, Operand, int, Array]) -> None:
    run.require_data()
    name, operand, dim, weight = case
    x = run.tensor(operand, requires_grad=True)
    values, indices = run.call(f"torch.{name}", x, dim)
    run.call("Tensor.backward", values, run.tensor(weight))
    found = run.see(indices)
    assert isinstance(found, Seen) and found.value is not None
    allowed = gradients.extremes_of_a_dimension_send_the_gradient_to_the_index_returned(
        operand.array, dim, found.value, weight
    )
    run.expect(allowed, "Tensor.grad", x)


NORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("torch.norm", {}),
    ("torch.norm", {"p": 2, "dim": 0}),
    ("torch.linalg.vector_norm", {}),
    *(("torch.linalg.vector_norm", {"ord": order, "dim": 1}) for order in (1, 2, 3)),
    ("Tensor.norm", {}),
)


@verifies(gradients.norms_have_gradient_zero_at_zero, over=[(d, n) for d in FLOATS[:2] for n in NORMS])
def test_norms(run: Run, case: tuple[DType, Any]) -> None:
    dtype, (name, arguments) = case
    handle = gradient_of(run, name, np.zeros((2, 3), dtype.storage), **arguments)
    run.expect(gradients.norms_have_gradient_zero_at_zero((2, 3), dtype), "Tensor.grad", handle)


@verifies(
    gradients.masks_after_a_division_keep_its_nan,
    over=[(first, divisor) for first in (True, False) for divisor in ([0.0, 1.0], [2.0, 0.0, 4.0], [1.0])],
)
def test_masks(run: Run, case: tuple[bool, list[float]]) -> None:
    mask_first, divisor = case
    x = run.tensor(np.ones(len(divisor), np.float32), requires_grad=True)
    by = run.tensor(np.array(divisor, np.float32))
    mask = run.tensor(np.array(divisor) != 0)
    if mask_first:
        picked = run.call(
            "operator.truediv", run.call("operator.getitem", x, mask), run.call("operator.getitem", by, mask)
        )
    else:
        picked = run.call("operator.getitem", run.call("operator.truediv", x, by), mask)
    run.call("Tensor.backward", run.call("Tensor.sum", picked))
    allowed = gradients.masks_after_a_division_keep_its_nan(np.array(divisor, np.float32), mask_first)
    run.expect(allowed, "Tensor.grad", x)


BRANCHES: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("torch.sqrt", lambda x: 0.5 / np.sqrt(x)),
    ("torch.log", lambda x: 1 / x),
    ("torch.reciprocal", lambda x: -1 / (x * x)),
)


@verifies(gradients.where_sends_zeros_into_the_branch_not_taken, over=BRANCHES)
def test_where(run: Run, case: tuple[str, Callable[[Array], Array]]) -> None:
    name, derivative = case
    array = np.array([0.0, 1.0, 4.0, 0.25], np.float32)
    x = run.tensor(array, requires_grad=True)
    condition = run.call("operator.gt", x, 0.5)
    chosen = run.call("torch.where", condition, run.call(name, x), run.call("operator.mul", x, 0.0))
    run.call("Tensor.backward", run.call("Tensor.sum", chosen))
    with np.errstate(all="ignore"):
        rate = derivative(array)
    allowed = gradients.where_sends_zeros_into_the_branch_not_taken(array, rate, array > 0.5)
    run.expect(allowed, "Tensor.grad", x)


# Complex numbers.

COMPLEX = (
    *("exp.complex", "log.complex", "sqrt.complex", "sin.complex", "cos.complex", "square.complex"),
    *("abs.complex", "reciprocal.complex", "neg.complex", "sinh.complex", "angle.complex", "conj_physical"),
)


def draw_complex(tape: Tape, label: str) -> tuple[Operand, Array]:
    dtype = tape.choose((dtypes.complex128, dtypes.complex64))
    real = dtypes.real_of(dtype)
    shape = tape.choose(((3,), (2, 2), ()))
    z = draw_places(tape, "positive", shape, real) + 1j * draw_places(tape, "line", shape, real)
    result = real if row(label).gives == "real" else dtype
    weight = draw_weight(tape, shape, real).astype(result.storage)
    if result.is_complex:
        weight = (weight + 1j * draw_weight(tape, shape, real)).astype(result.storage)
    return Operand(np.asarray(z).astype(dtype.storage), draw_layout(tape)), weight


@verifies(gradients.complex_gradients_point_uphill, each=COMPLEX, drawn=draw_complex)
def test_complex(run: Run, label: str, case: tuple[Operand, Array]) -> None:
    operand, weight = case
    op = row(label)
    z = run.tensor(operand, requires_grad=True)
    run.call("Tensor.backward", run.call(op.call, z), run.tensor(weight))
    run.expect(gradients.complex_gradients_point_uphill(op.exact, operand.array, weight), "Tensor.grad", z)


LOSSES: tuple[tuple[tuple[str, ...], Callable[[Array], Array]], ...] = (
    (("Tensor.abs", "torch.square"), lambda z: z.real**2 + z.imag**2),
    (("Tensor.real",), lambda z: z.real),
    (("Tensor.imag", "torch.square"), lambda z: z.imag**2),
    (("Tensor.conj", "torch.exp", "Tensor.imag"), lambda z: np.exp(np.conj(z)).imag),
)


def draw_loss(tape: Tape) -> tuple[Any, Array]:
    z = draw_places(tape, "positive", (3,), dtypes.float64) + 1j * draw_places(
        tape, "line", (3,), dtypes.float64
    )
    return tape.choose(LOSSES), z


@verifies(gradients.complex_gradients_point_uphill, drawn=draw_loss)
def test_losses(run: Run, case: tuple[Any, Array]) -> None:
    (names, function), array = case
    z = run.tensor(array, requires_grad=True)
    loss = z
    for name in names:
        loss = run.call(name, loss)
    run.call("Tensor.backward", run.call("Tensor.sum", loss))
    allowed = gradients.complex_gradients_point_uphill(function, array, np.ones(3))
    run.expect(allowed, "Tensor.grad", z)


HOLOMORPHIC: tuple[tuple[str, tuple[Any, ...], Callable[[Array], Array]], ...] = (
    ("torch.pow", (2,), lambda z: 2 * z),
    ("torch.exp", (), np.exp),
    ("operator.mul", (2 + 1j,), lambda z: np.full_like(z, 2 + 1j)),
    ("torch.sin", (), np.cos),
)


def draw_holomorphic(tape: Tape) -> tuple[Any, Array, Array]:
    z = draw_places(tape, "line", (3,), dtypes.float64) + 1j * draw_places(tape, "line", (3,), dtypes.float64)
    weight = draw_weight(tape, (3,), dtypes.float64) + 1j * draw_weight(tape, (3,), dtypes.float64)
    return tape.choose(HOLOMORPHIC), z, weight


@verifies(gradients.holomorphic_functions_pull_back_by_the_conjugate, drawn=draw_holomorphic)
def test_holomorphic(run: Run, case: tuple[Any, Array, Array]) -> None:
    (name, args, derivative), array, weight = case
    z = run.tensor(array, requires_grad=True)
    run.call("Tensor.backward", run.call(name, z, *args), run.tensor(weight))
    allowed = gradients.holomorphic_functions_pull_back_by_the_conjugate(derivative(array), weight)
    run.expect(allowed, "Tensor.grad", z)


@verifies(
    gradients.complex_results_need_a_gradient_of_their_own,
    over=[(dtype, shape) for dtype in (dtypes.complex64, dtypes.complex128) for shape in ((), (1,))],
)
def test_complex_loss(run: Run, case: tuple[DType, tuple[int, ...]]) -> None:
    dtype, shape = case
    z = run.tensor(np.full(shape, 1 + 2j, dtype.storage), requires_grad=True)
    loss = run.call("operator.mul", z, z)
    run.expect(gradients.complex_results_need_a_gradient_of_their_own(), "Tensor.backward", loss)


@verifies(gradients.real_inputs_get_real_gradients, drawn=draw_holomorphic)
def test_real_inputs(run: Run, case: tuple[Any, Array, Array]) -> None:
    _, factor, weight = case
    x = run.tensor(np.array([1.0, 2.0, -1.0]), requires_grad=True)
    run.call("Tensor.backward", run.call("operator.mul", x, run.tensor(factor)), run.tensor(weight))
    gradient = (weight * np.conj(factor)).real
    run.expect(gradients.real_inputs_get_real_gradients(gradient), "Tensor.grad", x)


def draw_model(tape: Tape) -> tuple[Array, Array, Array, Array]:
    rows, columns, outputs = tape.between(1, 4), tape.between(1, 3), tape.between(1, 3)
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    shapes = ((rows, columns), (columns, outputs), (outputs,), (rows, outputs))
    x, w, b, y = (draw_array(tape, dtype, shape, "small") for shape in shapes)
    return x, w, b, y


@verifies(gradients.gradients_of_a_linear_model_follow_from_its_error, drawn=draw_model)
def test_linear_model(run: Run, case: tuple[Array, Array, Array, Array]) -> None:
    x, w, b, y = case
    weight, bias = (run.tensor(array, requires_grad=True) for array in (w, b))
    z = run.call("operator.add", run.call("operator.matmul", run.tensor(x), weight), bias)
    error = run.call("operator.sub", z, run.tensor(y))
    loss = run.call("Tensor.mean", run.call("operator.mul", error, error))
    run.call("Tensor.backward", loss)
    due = x @ w + b - y
    allowed = gradients.gradients_of_a_linear_model_follow_from_its_error(x, due)
    run.expect(allowed, "Tensor.grad", weight)
    ones = np.ones((len(x), 1), x.dtype)
    allowed = gradients.gradients_of_a_linear_model_follow_from_its_error(ones, due)
    run.expect(allowed, "Tensor.view", run.call("Tensor.grad", bias), 1, -1)
