"""Backward passes: what they add, to whom, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, Operand, draw_array, draw_layout, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.smooth import draw_weight
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import autograd
from tensorcanon.spec.rules import dtypes

ONES = np.ones(3, np.float32)
FLOATS = (dtypes.float32, dtypes.float64)


def draw_pair(tape: Tape) -> tuple[Operand, Operand]:
    dtype, shape = tape.choose(FLOATS), draw_shape(tape, large=False)
    x, y = (Operand(draw_array(tape, dtype, shape, "small"), draw_layout(tape)) for _ in range(2))
    return x, y


def leaf(run: Run, operand: Operand | Array) -> Any:
    return run.tensor(operand, requires_grad=True)


def backward(run: Run, tensor: Any, **arguments: Any) -> None:
    """Take the sum of a tensor backward."""
    run.call("Tensor.backward", run.call("Tensor.sum", tensor), **arguments)


def gradient(run: Run, allowed: Any, tensor: Any) -> None:
    run.expect(allowed, "Tensor.grad", tensor)


@verifies(
    autograd.backward_adds_the_derivative_to_the_leaves,
    autograd.gradients_look_like_their_tensor,
    autograd.grad_is_none_until_a_backward_pass,
    drawn=draw_pair,
)
def test_polynomials(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = case
    x, y = leaf(run, a), leaf(run, b)
    square, cube = run.call("operator.pow", x, 2), run.call("operator.pow", y, 3)
    loss = run.call("operator.add", square, run.call("operator.mul", cube, 3.0))
    gradient(run, autograd.grad_is_none_until_a_backward_pass(), x)
    backward(run, loss)
    gradient(run, autograd.backward_adds_the_derivative_to_the_leaves(2 * a.array), x)
    gradient(run, autograd.backward_adds_the_derivative_to_the_leaves(9 * b.array * b.array), y)
    gradient(run, autograd.gradients_look_like_their_tensor(a.array), x)


@verifies(autograd.gradients_of_all_uses_add_up, drawn=draw_pair)
def test_uses(run: Run, case: tuple[Operand, Operand]) -> None:
    a, _ = case
    x = leaf(run, a)
    total = run.call("operator.mul", x, x)
    total = run.call("operator.add", total, run.call("operator.mul", x, 3.0))
    total = run.call("operator.sub", run.call("operator.mul", total, 2.0), x)
    backward(run, run.call("operator.add", total, total))
    gradient(run, autograd.gradients_of_all_uses_add_up(2 * (2 * (2 * a.array + 3) - 1)), x)


@verifies(autograd.a_gradient_that_is_none_has_no_attributes, over=["data", "zero_"])
def test_attributes_of_none(run: Run, name: str) -> None:
    x = leaf(run, ONES)
    run.expect(
        autograd.a_gradient_that_is_none_has_no_attributes(), "getattr", run.call("Tensor.grad", x), name
    )


SIZES = ((), (1,), (1, 1), (1, 1, 1), (2,), (1, 3), (0,))


@verifies(
    autograd.backward_without_argument_needs_one_element,
    over=[(size, way) for size in SIZES for way in ("Tensor.backward", "torch.autograd.backward")],
)
def test_one_element(run: Run, case: tuple[tuple[int, ...], str]) -> None:
    size, way = case
    y = run.call("operator.mul", leaf(run, np.ones(size, np.float32)), 2.0)
    allowed = autograd.backward_without_argument_needs_one_element(int(np.prod(size)))
    run.expect(allowed, way, y)


def draw_linear(tape: Tape) -> tuple[Operand, Array, Array]:
    """Draw a vector, a matrix to multiply it by, and the gradient of the product."""
    dtype = tape.choose(FLOATS)
    size, rows = tape.between(1, 4), tape.between(1, 4)
    x = Operand(draw_array(tape, dtype, (size,), "small"), draw_layout(tape))
    return x, draw_array(tape, dtype, (rows, size), "small"), draw_weight(tape, (rows,), dtype)


@verifies(autograd.backward_multiplies_by_the_gradient_given, drawn=draw_linear)
def test_gradient_given(run: Run, case: tuple[Operand, Array, Array]) -> None:
    operand, matrix, weight = case
    x = leaf(run, operand)
    y = run.call("torch.mv", run.tensor(matrix), x)
    run.call("Tensor.backward", y, gradient=run.tensor(weight))
    gradient(run, autograd.backward_multiplies_by_the_gradient_given(matrix, weight), x)


@verifies(
    autograd.the_gradient_given_has_the_shape_of_the_result,
    over=[((3,), (1,)), ((3,), ()), ((3,), (3, 1)), ((2, 3), (3,)), ((), (1,)), ((2, 3), (3, 2))],
)
def test_shape_of_gradient(run: Run, case: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    size, given = case
    y = run.call("operator.mul", leaf(run, np.ones(size, np.float32)), 2.0)
    allowed = autograd.the_gradient_given_has_the_shape_of_the_result()
    run.expect(allowed, "Tensor.backward", y, run.tensor(np.ones(given, np.float32)))


@verifies(autograd.gradients_of_several_results_add_up, drawn=draw_linear)
def test_several_results(run: Run, case: tuple[Operand, Array, Array]) -> None:
    operand, matrix, weight = case
    x = leaf(run, operand)
    first, second = run.call("torch.mv", run.tensor(matrix), x), run.call("operator.mul", x, 3.0)
    own = np.ones_like(operand.array) * 2
    run.call("torch.autograd.backward", [first, second], [run.tensor(weight), run.tensor(own)])
    gradient(run, autograd.gradients_of_several_results_add_up([weight @ matrix, 3 * own]), x)


RESETS = ("none", "zero_", "None", "keep")


def draw_passes(tape: Tape) -> tuple[Operand, list[tuple[float, str]]]:
    """Draw a vector, and for some passes a factor and what is done to the gradient before."""
    operand, _ = draw_pair(tape)
    return operand, [(float(tape.between(1, 5)), tape.choose(RESETS)) for _ in range(tape.between(2, 5))]


@verifies(autograd.gradients_accumulate_over_passes, drawn=draw_passes)
def test_accumulation(run: Run, case: tuple[Operand, list[tuple[float, str]]]) -> None:
    operand, passes = case
    x = leaf(run, operand)
    added: list[Array] = []
    for factor, reset in passes:
        if added and reset == "zero_":
            run.call("Tensor.zero_", run.call("Tensor.grad", x))
        elif reset == "None":
            run.call("setattr", x, "grad", None)
        if reset in ("zero_", "None"):
            added.clear()
        backward(run, run.call("operator.mul", x, factor))
        added.append(np.full_like(operand.array, factor))
        gradient(run, autograd.gradients_accumulate_over_passes(added), x)


@verifies(autograd.the_graph_is_recorded_anew_in_each_pass, drawn=draw_passes)
def test_control_flow(run: Run, case: tuple[Operand, list[tuple[float, str]]]) -> None:
    operand, passes = case
    x = leaf(run, operand)
    for factor, _ in passes:
        y = x
        for _ in range(int(factor)):
            y = run.call("operator.mul", y, 2.0)
        run.call("setattr", x, "grad", None)
        backward(run, y)
        due = np.full_like(operand.array, 2.0 ** int(factor))
        gradient(run, autograd.the_graph_is_recorded_anew_in_each_pass(due), x)


DENSE = tuple(
    layout for layout in LAYOUTS if layout in ("contiguous", "transposed", "channels_last", "offset")
)


@verifies(autograd.the_first_gradient_has_the_layout_of_a_dense_leaf, over=DENSE)
def test_layout(run: Run, layout: str) -> None:
    operand = Operand(np.ones((2, 3, 2, 2), np.float32), layout)
    x = leaf(run, operand)
    backward(run, run.call("operator.mul", x, run.tensor(np.ones((2, 3, 2, 2), np.float32))))
    gradient(run, autograd.the_first_gradient_has_the_layout_of_a_dense_leaf(operand.strides), x)


@verifies(
    autograd.later_passes_add_in_place_unless_recorded,
    autograd.gradients_require_grad_where_their_pass_was_recorded,
    over=[True, False],
)
def test_objects(run: Run, create_graph: bool) -> None:
    x = leaf(run, ONES)
    backward(run, run.call("operator.mul", x, x))
    first = run.call("Tensor.grad", x)
    backward(run, run.call("operator.mul", x, x), create_graph=create_graph)
    second = run.call("Tensor.grad", x)
    run.look(autograd.gradients_require_grad_where_their_pass_was_recorded(create_graph), second)
    run.expect(autograd.later_passes_add_in_place_unless_recorded(create_graph), "is", first, second)


@verifies(
    autograd.results_keep_no_gradient,
    autograd.results_keep_their_gradient_where_asked,
    autograd.retains_grad_tells_who_keeps_a_gradient,
    drawn=draw_pair,
)
def test_results_on_the_way(run: Run, case: tuple[Operand, Operand]) -> None:
    a, _ = case
    x = leaf(run, a)
    y, z = run.call("operator.mul", x, 2.0), run.call("operator.mul", x, 3.0)
    run.call("Tensor.retain_grad", z)
    run.call("Tensor.retain_grad", x)
    backward(run, run.call("operator.mul", run.call("operator.add", y, z), 5.0))
    run.expect(autograd.results_keep_no_gradient(), "Tensor.grad", y)
    run.expect(autograd.results_keep_their_gradient_where_asked(np.full_like(a.array, 5)), "Tensor.grad", z)
    for tensor, asked, is_leaf in ((x, True, True), (y, False, False), (z, True, False)):
        allowed = autograd.retains_grad_tells_who_keeps_a_gradient(asked, is_leaf)
        run.expect(allowed, "getattr", tensor, "retains_grad")


# Operations that save what they need for the pass.
SAVING: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Tensor.exp", ()),
    ("Tensor.sin", ()),
    ("operator.pow", (2,)),
    ("Tensor.sigmoid", ()),
    ("Tensor.relu", ()),
    ("Tensor.tanh", ()),
    ("Tensor.sqrt", ()),
    ("Tensor.log", ()),
    ("Tensor.prod", ()),
    ("Tensor.cumprod", (0,)),
    ("Tensor.abs", ()),
)


@verifies(
    autograd.a_graph_is_gone_after_one_pass,
    over=[
        (op, first, second)
        for op in SAVING
        for first in (None, True, False)
        for second in ("backward", "grad")
    ],
)
def test_second_pass(run: Run, case: tuple[tuple[str, tuple[Any, ...]], bool | None, str]) -> None:
    (name, args), retained, second = case
    x = leaf(run, np.array([1.0, 2.0], np.float32))
    y = run.call("Tensor.sum", run.call(name, x, *args))
    run.call("Tensor.backward", y, **({} if retained is None else {"retain_graph": retained}))
    allowed = autograd.a_graph_is_gone_after_one_pass(bool(retained))
    if second == "backward":
        run.expect(allowed, "Tensor.backward", y)
    elif not retained:
        run.expect(allowed, "torch.autograd.grad", y, x)


@verifies(autograd.a_graph_is_gone_after_one_pass, over=["shared", "grad", "product", "create_graph"])
def test_second_pass_of_parts(run: Run, kind: str) -> None:
    x, y = leaf(run, ONES), leaf(run, ONES)
    shared = run.call("operator.mul", x, y) if kind == "product" else run.call("Tensor.exp", x)
    first, second = (
        run.call("Tensor.sum", shared),
        run.call("Tensor.sum", run.call("operator.mul", shared, 2.0)),
    )
    if kind == "grad":
        run.call("torch.autograd.grad", first, x)
    else:
        run.call("Tensor.backward", first, create_graph=kind == "create_graph")
    run.expect(autograd.a_graph_is_gone_after_one_pass(kind == "create_graph"), "Tensor.backward", second)


@verifies(autograd.graphs_that_saved_nothing_can_be_walked_again, drawn=draw_pair)
def test_nothing_saved(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = case
    x = leaf(run, a)
    y = run.call("operator.sub", run.call("operator.add", x, run.tensor(b)), run.call("Tensor.neg", x))
    total = run.call("Tensor.sum", y)
    for passes in (2, 4):
        run.call("Tensor.backward", total)
        due = np.full_like(a.array, passes)
        gradient(run, autograd.graphs_that_saved_nothing_can_be_walked_again(due), x)


@verifies(
    autograd.grad_returns_the_gradients_of_its_inputs, autograd.grad_leaves_the_leaves_alone, drawn=draw_pair
)
def test_grad(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = case
    x, y = leaf(run, a), leaf(run, b)
    way = run.call("operator.mul", x, 2.0)
    loss = run.call("Tensor.sum", run.call("operator.mul", way, y))
    due = [2 * a.array, b.array, 2 * b.array]
    allowed = autograd.grad_returns_the_gradients_of_its_inputs(due)
    run.expect(allowed, "torch.autograd.grad", loss, [y, way, x])
    for tensor in (x, y):
        gradient(run, autograd.grad_leaves_the_leaves_alone(), tensor)


@verifies(
    autograd.grad_of_an_unused_input,
    over=[(False, False), (True, False), (None, True), (True, True), (None, False)],
)
def test_unused(run: Run, case: tuple[bool | None, bool]) -> None:
    allow, materialize = case
    x, other = leaf(run, ONES), leaf(run, np.ones((2, 2), np.float64))
    loss = run.call("Tensor.sum", run.call("operator.mul", x, 2.0))
    keywords = {} if allow is None else {"allow_unused": allow}
    if materialize:
        keywords["materialize_grads"] = True
    allowed = autograd.grad_of_an_unused_input(np.ones((2, 2)), bool(allow), materialize)
    run.expect(allowed, "torch.autograd.grad", loss, [other], **keywords)


def draw_power(tape: Tape) -> tuple[Operand, int, int]:
    operand, _ = draw_pair(tape)
    return operand, tape.between(1, 4), tape.between(1, 4)


@verifies(autograd.gradients_of_powers_follow_the_power_rule, drawn=draw_power)
def test_powers(run: Run, case: tuple[Operand, int, int]) -> None:
    operand, exponent, order = case
    x = leaf(run, operand)
    order = min(order, exponent)
    y = run.call("operator.pow", x, exponent)
    for _ in range(order):
        (y,) = run.call("torch.autograd.grad", run.call("Tensor.sum", y), x, create_graph=True)
    run.look(autograd.gradients_of_powers_follow_the_power_rule(exponent, order, operand.array), y)


def draw_quadratic(tape: Tape) -> tuple[Array, Array, Array]:
    dtype, size = tape.choose(FLOATS), tape.between(1, 4)
    x, vector = (draw_array(tape, dtype, (size,), "small") for _ in range(2))
    return draw_array(tape, dtype, (size, size), "small"), x, vector


@verifies(autograd.the_gradient_along_a_vector_gives_hessian_products, drawn=draw_quadratic)
def test_hessian_products(run: Run, case: tuple[Array, Array, Array]) -> None:
    matrix, array, vector = case
    x = leaf(run, array)
    value = run.call("torch.dot", x, run.call("torch.mv", run.tensor(matrix), x))
    (first,) = run.call("torch.autograd.grad", value, x, create_graph=True)
    (product,) = run.call("torch.autograd.grad", run.call("torch.dot", first, run.tensor(vector)), x)
    allowed = autograd.the_gradient_along_a_vector_gives_hessian_products(matrix + matrix.T, vector)
    run.look(allowed, product)


@verifies(autograd.backward_reaches_only_the_inputs_named, drawn=draw_pair)
def test_inputs(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = case
    x, y = leaf(run, a), leaf(run, b)
    way = run.call("operator.mul", x, y)
    run.call("Tensor.retain_grad", way)
    loss = run.call("Tensor.sum", run.call("operator.mul", way, 3.0))
    run.call("Tensor.backward", loss, inputs=[x, way], retain_graph=True)
    clause = autograd.backward_reaches_only_the_inputs_named
    gradient(run, clause(3 * b.array), x)
    gradient(run, clause(None), y)
    run.call("Tensor.backward", loss, inputs=y)
    gradient(run, clause(3 * b.array), x)
    gradient(run, clause(3 * a.array), y)
