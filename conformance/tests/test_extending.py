"""Custom functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.customs import Body, custom, product_function, square_function
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import extending
from tensorcanon.spec.rules import dtypes

ONES = np.ones(3, np.float32)


def take_back(run: Run, tensor: Any) -> None:
    run.call("Tensor.backward", run.call("Tensor.sum", tensor))


def draw_operands(tape: Tape) -> tuple[Operand, Operand, float, bool, bool]:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    a, b = (draw_operand(tape, dtype, (2, 3), "small") for _ in range(2))
    return a, b, float(tape.between(1, 4)), tape.one_in(3), tape.one_in(3)


@verifies(
    extending.forward_gives_the_result,
    extending.backward_gives_the_gradient,
    extending.backward_returns_none_for_what_is_no_tensor,
    drawn=draw_operands,
)
def test_products(run: Run, case: tuple[Operand, Operand, float, bool, bool]) -> None:
    a, b, number, *frozen = case
    function = product_function(run, 10.0)
    tensors = [run.tensor(x, requires_grad=not cold) for x, cold in zip((a, b), frozen, strict=True)]
    values = a.array * b.array * a.array.dtype.type(number)
    allowed = extending.forward_gives_the_result(values, not all(frozen))
    result = run.expect(allowed, "Tensor.apply", function, *tensors, number)
    with run.within("torch.no_grad"):
        allowed = extending.forward_gives_the_result(values, False)
        run.expect(allowed, "Tensor.apply", function, *tensors, number)
    if all(frozen):
        return
    take_back(run, result)
    for own, other, cold in ((tensors[0], b, frozen[0]), (tensors[1], a, frozen[1])):
        if not cold:
            run.expect(extending.backward_gives_the_gradient(10 * number * other.array), "Tensor.grad", own)
            allowed = extending.backward_returns_none_for_what_is_no_tensor(10 * number * other.array)
            run.expect(allowed, "Tensor.grad", own)


@verifies(
    extending.needs_input_grad_tells_which_gradients_are_wanted,
    over=[(True, True), (True, False), (False, True)],
)
def test_needs(run: Run, wanted: tuple[bool, bool]) -> None:
    log = run.whole("builtins.list")

    def forward(w: Any, ctx: Any, a: Any, b: Any, number: Any) -> Any:
        return w.call("operator.mul", a, b)

    def backward(w: Any, ctx: Any, grad: Any) -> Any:
        w.call("Tensor.append", log, w.call("getattr", ctx, "needs_input_grad"))
        return grad, grad, None

    function = custom(run, "Needs", ("ctx a b number", forward), ("ctx grad", backward))
    tensors = [run.tensor(ONES, requires_grad=one) for one in wanted]
    take_back(run, run.call("Tensor.apply", function, *tensors, 2.0))
    allowed = extending.needs_input_grad_tells_which_gradients_are_wanted((*wanted, False))
    run.expect(allowed, "operator.getitem", log, 0)


@verifies(extending.tensors_saved_for_backward_are_checked, over=["first", "second"])
def test_saved_tensors(run: Run, which: str) -> None:
    function = product_function(run)
    tensors = [run.call("operator.mul", run.tensor(ONES, requires_grad=True), 1.0) for _ in range(2)]
    result = run.call("Tensor.sum", run.call("Tensor.apply", function, *tensors, 2.0))
    run.call("Tensor.add_", tensors[which == "second"], 1.0)
    run.expect(extending.tensors_saved_for_backward_are_checked(), "Tensor.backward", result)


def returning(run: Run, make: Body, arguments: str = "a b") -> Any:
    """Return the class of a sum whose backward returns what is made of the gradient."""

    def forward(w: Any, ctx: Any, a: Any, *rest: Any) -> Any:
        return w.call("operator.mul", a, 2.0)

    return custom(
        run, "Wrong", (f"ctx {arguments}", forward), ("ctx grad", lambda w, ctx, grad: make(w, grad))
    )


@verifies(
    extending.backward_returns_as_many_gradients_as_forward_has_arguments,
    over=["too few", "too many", "one of two"],
)
def test_arity(run: Run, kind: str) -> None:
    makes: dict[str, Body] = {
        "too few": lambda w, grad: (grad,),
        "one of two": lambda w, grad: grad,
        "too many": lambda w, grad: (grad, grad, grad),
    }
    x = run.tensor(ONES, requires_grad=True)
    result = run.call("Tensor.sum", run.call("Tensor.apply", returning(run, makes[kind]), x, x))
    allowed = extending.backward_returns_as_many_gradients_as_forward_has_arguments()
    run.expect(allowed, "Tensor.backward", result)


@verifies(
    extending.backward_returns_gradients_of_the_shapes_of_its_arguments,
    over=[slice(0, 2), slice(0, 1), slice(0, 0)],
)
def test_shapes(run: Run, part: slice) -> None:
    function = returning(run, lambda w, grad: w.call("operator.getitem", grad, part), "a")
    x = run.tensor(ONES, requires_grad=True)
    result = run.call("Tensor.sum", run.call("Tensor.apply", function, x))
    allowed = extending.backward_returns_gradients_of_the_shapes_of_its_arguments()
    run.expect(allowed, "Tensor.backward", result)


@verifies(
    extending.outputs_marked_are_not_differentiable,
    extending.gradients_of_unused_outputs_are_zeros_unless_told,
    over=[(marked, materialize) for marked in (True, False) for materialize in (True, False)],
)
def test_marks(run: Run, case: tuple[bool, bool]) -> None:
    marked, materialize = case
    log = run.whole("builtins.list")

    def forward(w: Any, ctx: Any, a: Any) -> Any:
        first, second = w.call("operator.mul", a, 2.0), w.call("operator.mul", a, 3.0)
        if marked:
            w.call("Tensor.mark_non_differentiable", ctx, second)
        if not materialize:
            w.call("Tensor.set_materialize_grads", ctx, False)
        return first, second

    def backward(w: Any, ctx: Any, grad: Any, other: Any) -> Any:
        w.call("Tensor.append", log, other)
        return grad

    function = custom(run, "Marked", ("ctx a", forward), ("ctx grad other", backward))
    x = run.tensor(ONES, requires_grad=True)
    allowed = extending.outputs_marked_are_not_differentiable((True, not marked))
    first, _ = run.expect(allowed, "Tensor.apply", function, x)
    take_back(run, first)
    allowed = extending.gradients_of_unused_outputs_are_zeros_unless_told(materialize, ONES)
    run.expect(allowed, "operator.getitem", log, 0)


@verifies(
    extending.inputs_marked_dirty_are_the_outputs,
    extending.the_result_is_the_input_marked_dirty,
    extending.backward_gives_the_gradient,
    over=["once", "twice"],
)
def test_dirty(run: Run, kind: str) -> None:
    def forward(w: Any, ctx: Any, a: Any) -> Any:
        w.call("Tensor.mark_dirty", ctx, a)
        w.call("Tensor.mul_", a, 3.0)
        return a

    function = custom(
        run,
        "Triple",
        ("ctx a", forward),
        ("ctx grad", lambda w, ctx, grad: w.call("operator.mul", grad, 3.0)),
    )
    x = run.tensor(ONES, requires_grad=True)
    y = run.call("operator.mul", x, 1.0)
    due = ONES
    for _ in range(1 if kind == "once" else 2):
        result = run.call("Tensor.apply", function, y)
        run.expect(extending.the_result_is_the_input_marked_dirty(), "is", result, y)
        due = due * 3
        run.look(extending.inputs_marked_dirty_are_the_outputs(due), y)
    take_back(run, y)
    run.expect(extending.backward_gives_the_gradient(due), "Tensor.grad", x)


@verifies(extending.once_differentiable_functions_have_no_second_derivative, over=["grad", "backward"])
def test_once_differentiable(run: Run, kind: str) -> None:
    function = square_function(run, "torch.autograd.function.once_differentiable")
    x = run.tensor(ONES * 2, requires_grad=True)
    y = run.call("Tensor.apply", function, x)
    total = run.call("Tensor.sum", run.call("operator.mul", y, y))
    (first,) = run.call("torch.autograd.grad", total, x, create_graph=True)
    total = run.call("Tensor.sum", first)
    allowed = extending.once_differentiable_functions_have_no_second_derivative()
    if kind == "grad":
        run.expect(allowed, "torch.autograd.grad", total, x)
    else:
        run.expect(allowed, "Tensor.backward", total)


@verifies(extending.backward_can_be_differentiated, drawn=draw_operands)
def test_second_derivatives(run: Run, case: tuple[Operand, Operand, float, bool, bool]) -> None:
    operand = case[0]
    x = run.tensor(operand, requires_grad=True)
    y = run.call("Tensor.apply", square_function(run), x)
    total = run.call("Tensor.sum", run.call("operator.mul", y, y))
    (first,) = run.call("torch.autograd.grad", total, x, create_graph=True)
    (second,) = run.call("torch.autograd.grad", run.call("Tensor.sum", first), x)
    due: Array = 12 * operand.array * operand.array
    run.look(extending.backward_can_be_differentiated(due), second)
