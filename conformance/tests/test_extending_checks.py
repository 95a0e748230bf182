"""Derivatives checked, functional forms, forward mode and checkpoints."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.customs import product_function, square_function
from tensorcanon.conformance.forms import CURVED, FORMS, FUNCTIONAL, Form, draw_form, product, pulled, typed
from tensorcanon.conformance.routine import Routine
from tensorcanon.conformance.run import Run
from tensorcanon.spec import extending
from tensorcanon.spec.observation import Seen

ONES = np.ones(3, np.float32)
GRADCHECK = "torch.autograd.gradcheck"


def take_back(run: Run, tensor: Any) -> None:
    run.call("Tensor.backward", run.call("Tensor.sum", tensor))


def cube(run: Run) -> Routine:
    return run.function("cube", "x", lambda w, x: w.call("operator.pow", x, 3))


@verifies(extending.gradcheck_accepts_a_right_derivative, over=["function", "custom", "several", "complex"])
def test_right_derivatives(run: Run, kind: str) -> None:
    run.require_data()
    array = np.array([0.5, 1.25, -2.0])
    x = run.tensor(array + 1j * array if kind == "complex" else array, requires_grad=True)
    function: Any = cube(run)
    inputs: tuple[Any, ...] = (x,)
    if kind == "custom":
        function = run.whole("getattr", square_function(run), "apply")
    elif kind == "several":
        function = run.whole("getattr", product_function(run), "apply")
        inputs = (x, run.tensor(array + 1, requires_grad=True), 3.0)
    run.expect(extending.gradcheck_accepts_a_right_derivative(), GRADCHECK, function, inputs)


@verifies(
    extending.gradcheck_refuses_a_wrong_derivative,
    over=[(factor, raising) for factor in (2.0, 1.1, -1.0) for raising in (None, True, False)],
)
def test_wrong_derivatives(run: Run, case: tuple[float, bool | None]) -> None:
    run.require_data()
    factor, raising = case
    function = run.whole("getattr", product_function(run, factor), "apply")
    x, y = (run.tensor(np.array([0.5, 1.25, -2.0]) + shift, requires_grad=True) for shift in (0, 1))
    keywords = {} if raising is None else {"raise_exception": raising}
    allowed = extending.gradcheck_refuses_a_wrong_derivative(raising is not False)
    run.expect(allowed, GRADCHECK, function, (x, y, 2.0), **keywords)


@verifies(extending.gradcheck_needs_an_input_that_requires_grad, over=["plain", "integer"])
def test_inputs_of_gradcheck(run: Run, kind: str) -> None:
    x = run.tensor(np.arange(1, 4) if kind == "integer" else np.ones(3))
    run.expect(extending.gradcheck_needs_an_input_that_requires_grad(), GRADCHECK, cube(run), (x,))


@verifies(extending.gradcheck_warns_of_single_precision, over=[1])
def test_precision(run: Run, _: int) -> None:
    run.require_data()
    x = run.tensor(np.array([0.5, 1.0, -2.0], np.float32), requires_grad=True)
    double = run.function("double", "x", lambda w, x: w.call("operator.mul", x, 2.0))
    allowed = extending.gradcheck_warns_of_single_precision()
    run.expect(allowed, GRADCHECK, double, (x,), eps=0.125, atol=0.01)


# Functional forms.


@verifies(extending.jacobians_have_the_shape_of_the_result_and_the_input, each=FUNCTIONAL, drawn=draw_form)
def test_jacobians(run: Run, form: Form, case: tuple[Array, Array, Array]) -> None:
    array = case[0]
    function = run.function("f", "x", form.body)
    due = typed(form.jacobian(array.astype(np.float64)), array)
    allowed = extending.jacobians_have_the_shape_of_the_result_and_the_input(due)
    run.expect(allowed, "torch.autograd.functional.jacobian", function, run.tensor(array))


@verifies(extending.products_come_with_the_value, each=FUNCTIONAL, drawn=draw_form)
def test_products(run: Run, form: Form, case: tuple[Array, Array, Array]) -> None:
    array, vector, weight = case
    function, x = run.function("f", "x", form.body), run.tensor(array)
    value = typed(form.value(array.astype(np.float64)), array)
    allowed = extending.products_come_with_the_value(value, pulled(form, array, weight))
    run.expect(allowed, "torch.autograd.functional.vjp", function, x, run.tensor(weight))
    allowed = extending.products_come_with_the_value(value, product(form, array, vector))
    run.expect(allowed, "torch.autograd.functional.jvp", function, x, run.tensor(vector))
    if form.hessian is not None:
        due = typed(form.hessian(array.astype(np.float64)) @ vector, array)
        for name in ("hvp", "vhp"):
            allowed = extending.products_come_with_the_value(value, due)
            run.expect(allowed, f"torch.autograd.functional.{name}", function, x, run.tensor(vector))


@verifies(extending.hessians_are_second_derivatives, each=CURVED, drawn=draw_form)
def test_hessians(run: Run, form: Form, case: tuple[Array, Array, Array]) -> None:
    array = case[0]
    assert form.hessian is not None
    due = typed(form.hessian(array.astype(np.float64)), array)
    function = run.function("f", "x", form.body)
    allowed = extending.hessians_are_second_derivatives(due)
    run.expect(allowed, "torch.autograd.functional.hessian", function, run.tensor(array))


@verifies(extending.hessians_need_a_single_value, over=FORMS[:3])
def test_hessians_of_several_values(run: Run, form: Form) -> None:
    function = run.function("f", "x", form.body)
    allowed = extending.hessians_need_a_single_value()
    run.expect(allowed, "torch.autograd.functional.hessian", function, run.tensor(ONES))


# Forward mode.

FORWARD = "torch.autograd.forward_ad"


@verifies(extending.tangents_follow_the_jacobian, each=FUNCTIONAL, drawn=draw_form)
def test_tangents(run: Run, form: Form, case: tuple[Array, Array, Array]) -> None:
    array, vector, _ = case
    function = run.function("f", "x", form.body)
    value = typed(form.value(array.astype(np.float64)), array)
    for mode in ("enable_grad", "no_grad"):
        with run.within(f"{FORWARD}.dual_level"), run.within(f"torch.{mode}"):
            dual = run.call(f"{FORWARD}.make_dual", run.tensor(array), run.tensor(vector))
            result = run.call("Tensor.__call__", function, dual)
            allowed = extending.tangents_follow_the_jacobian(value, product(form, array, vector))
            run.expect(allowed, f"{FORWARD}.unpack_dual", result)


@verifies(extending.plain_tensors_have_no_tangent, over=["plain", "left", "constant"])
def test_plain_tensors(run: Run, kind: str) -> None:
    x = run.tensor(ONES)
    with run.within(f"{FORWARD}.dual_level"):
        made = run.call("Tensor.detach", x)
        if kind == "left":
            made = run.call(f"{FORWARD}.make_dual", x, run.tensor(ONES))
        else:
            unpacked = run.whole(f"{FORWARD}.unpack_dual", made)
            run.expect(extending.plain_tensors_have_no_tangent(), "getattr", unpacked, "tangent")
    with run.within(f"{FORWARD}.dual_level"):
        unpacked = run.whole(f"{FORWARD}.unpack_dual", made)
        run.expect(extending.plain_tensors_have_no_tangent(), "getattr", unpacked, "tangent")


@verifies(extending.dual_tensors_need_a_level, over=["never", "left"])
def test_levels(run: Run, kind: str) -> None:
    x = run.tensor(ONES)
    if kind == "left":
        with run.within(f"{FORWARD}.dual_level"):
            run.call(f"{FORWARD}.make_dual", x, run.tensor(ONES))
    run.expect(extending.dual_tensors_need_a_level(), f"{FORWARD}.make_dual", x, run.tensor(ONES))


# Checkpoints.

CHECKPOINT = "torch.utils.checkpoint.checkpoint"


@verifies(extending.checkpoints_change_no_result, each=FUNCTIONAL, drawn=draw_form)
def test_checkpoints(run: Run, form: Form, case: tuple[Array, Array, Array]) -> None:
    array, _, weight = case
    function, x = run.function("f", "x", form.body), run.tensor(array, requires_grad=True)
    value = typed(form.value(array.astype(np.float64)), array)
    y = run.expect(
        extending.checkpoints_change_no_result(value), CHECKPOINT, function, x, use_reentrant=False
    )
    run.call("Tensor.backward", y, run.tensor(weight))
    run.expect(extending.checkpoints_change_no_result(pulled(form, array, weight)), "Tensor.grad", x)


@verifies(extending.checkpoints_run_the_function_again, over=[1, 2, 3])
def test_calls(run: Run, passes: int) -> None:
    log = run.whole("builtins.list")

    def body(w: Any, x: Any) -> Any:
        w.call("Tensor.append", log, 1)
        return w.call("Tensor.exp", w.call("operator.mul", x, x))

    function, x = run.function("f", "x", body), run.tensor(ONES, requires_grad=True)
    y = run.call("Tensor.sum", run.call(CHECKPOINT, function, x, use_reentrant=False))
    run.expect(extending.checkpoints_run_the_function_again(1), "builtins.len", log)
    run.call("Tensor.backward", y)
    run.expect(extending.checkpoints_run_the_function_again(2), "builtins.len", log)
    for place in range(1, passes):
        take_back(run, run.call(CHECKPOINT, function, x, use_reentrant=False))
        run.expect(extending.checkpoints_run_the_function_again(2 + 2 * place), "builtins.len", log)


@verifies(extending.checkpoints_draw_the_same_random_numbers, over=[0, 1, 42])
def test_random_numbers(run: Run, seed: int) -> None:
    run.require_data()
    log = run.whole("builtins.list")

    def body(w: Any, x: Any) -> Any:
        noise = w.call("torch.rand", 3)
        w.call("Tensor.append", log, noise)
        return w.call("operator.mul", w.call("operator.mul", x, x), noise)

    run.call("torch.manual_seed", seed)
    x = run.tensor(ONES, requires_grad=True)
    y = run.call(CHECKPOINT, run.function("f", "x", body), x, use_reentrant=False)
    run.call("torch.rand", 5)
    take_back(run, y)
    first = run.see(run.call("operator.getitem", log, 0))
    assert isinstance(first, Seen) and first.value is not None
    run.expect(extending.checkpoints_draw_the_same_random_numbers(2 * first.value), "Tensor.grad", x)
