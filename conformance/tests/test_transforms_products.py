"""Jacobians and their products, modules and compilation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.forms import CURVED, FUNCTIONAL, Form, draw_form, product, pulled, typed
from tensorcanon.conformance.inputs import draw_array
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import transforms
from tensorcanon.spec.rules import dtypes

Drawn = tuple[Array, Array, Array]


def value_of(form: Form, array: Array) -> Array:
    return typed(form.value(array.astype(np.float64)), array)


@verifies(transforms.vjp_pulls_back, transforms.jvp_pushes_forward, each=FUNCTIONAL, drawn=draw_form)
def test_products(run: Run, form: Form, case: Drawn) -> None:
    array, vector, weight = case
    function, x = run.function("f", "x", form.body), run.tensor(array)
    value, pull = run.call("torch.func.vjp", function, x)
    run.look(transforms.vjp_pulls_back(value_of(form, array)), value)
    (pulled_back,) = run.call("Tensor.__call__", pull, run.tensor(weight))
    run.look(transforms.vjp_pulls_back(pulled(form, array, weight)), pulled_back)
    allowed = transforms.jvp_pushes_forward(value_of(form, array), product(form, array, vector))
    run.expect(allowed, "torch.func.jvp", function, (x,), (run.tensor(vector),))


@verifies(transforms.linearize_pushes_forward_again_and_again, each=FUNCTIONAL[:2], over=[1, 2])
def test_linearize(run: Run, form: Form, factor: int) -> None:
    array = np.array([1.0, -2.0, 3.0]) * factor
    function, x = run.function("f", "x", form.body), run.tensor(array)
    value, push = run.call("torch.func.linearize", function, x)
    run.look(transforms.linearize_pushes_forward_again_and_again(value_of(form, array)), value)
    for vector in (np.array([1.0, 2.0, 0.0]), np.array([-1.0, 1.0, 4.0])):
        allowed = transforms.linearize_pushes_forward_again_and_again(product(form, array, vector))
        run.expect(allowed, "Tensor.__call__", push, run.tensor(vector))


@verifies(transforms.jacobians_agree_in_both_modes, each=FUNCTIONAL, drawn=draw_form)
def test_jacobians(run: Run, form: Form, case: Drawn) -> None:
    array = case[0]
    function = run.function("f", "x", form.body)
    due = typed(form.jacobian(array.astype(np.float64)), array)
    for name in ("jacrev", "jacfwd"):
        made = run.whole(f"torch.func.{name}", function)
        run.expect(transforms.jacobians_agree_in_both_modes(due), "Tensor.__call__", made, run.tensor(array))


@verifies(transforms.hessian_is_the_jacobian_of_the_gradient, each=CURVED, drawn=draw_form)
def test_hessians(run: Run, form: Form, case: Drawn) -> None:
    array = case[0]
    assert form.hessian is not None
    due = typed(form.hessian(array.astype(np.float64)), array)
    made = run.whole("torch.func.hessian", run.function("f", "x", form.body))
    run.expect(
        transforms.hessian_is_the_jacobian_of_the_gradient(due), "Tensor.__call__", made, run.tensor(array)
    )


# Modules.


def draw_layer(tape: Tape) -> tuple[Array, Array, Array]:
    weight = draw_array(tape, dtypes.float32, (2, 3), "small")
    return (
        weight,
        draw_array(tape, dtypes.float32, (2,), "small"),
        draw_array(tape, dtypes.float32, (4, 3), "small"),
    )


@verifies(
    transforms.functional_call_uses_the_parameters_given,
    transforms.functional_call_leaves_the_module_alone,
    drawn=draw_layer,
)
def test_functional_call(run: Run, case: tuple[Array, Array, Array]) -> None:
    weight, bias, x = case
    module = run.call("torch.nn.Linear", 3, 2)
    own = run.call("getattr", module, "weight")
    with run.within("torch.no_grad"):
        run.call("Tensor.fill_", own, 5.0)
    given = {"weight": run.tensor(weight), "bias": run.tensor(bias)}
    allowed = transforms.functional_call_uses_the_parameters_given(x @ weight.T + bias)
    run.expect(allowed, "torch.func.functional_call", module, given, (run.tensor(x),))
    kept = run.call("getattr", module, "weight")
    run.look(transforms.functional_call_leaves_the_module_alone(np.full((2, 3), 5, np.float32)), kept)


@verifies(transforms.stacked_modules_run_as_one, drawn=draw_layer)
def test_stacked_modules(run: Run, case: tuple[Array, Array, Array]) -> None:
    weight, bias, x = case
    modules = [run.call("torch.nn.Linear", 3, 2) for _ in range(2)]
    for place, module in enumerate(modules):
        with run.within("torch.no_grad"):
            run.call("Tensor.copy_", run.call("getattr", module, "weight"), run.tensor(weight + place))
            run.call("Tensor.copy_", run.call("getattr", module, "bias"), run.tensor(bias - place))
    parameters, buffers = run.call("torch.func.stack_module_state", modules)

    def body(w: Any, parameters: Any, buffers: Any, x: Any) -> Any:
        return w.call("torch.func.functional_call", modules[0], (parameters, buffers), (x,))

    made = run.whole("torch.vmap", run.function("f", "parameters buffers x", body), in_dims=(0, 0, None))
    due = np.stack([x @ (weight + place).T + (bias - place) for place in range(2)])
    run.expect(
        transforms.stacked_modules_run_as_one(due),
        "Tensor.__call__",
        made,
        parameters,
        buffers,
        run.tensor(x),
    )


@verifies(transforms.compiled_functions_do_what_they_did, over=[False, True])
def test_compile(run: Run, trained: bool) -> None:
    module = run.call("torch.nn.Linear", 3, 2)
    with run.within("torch.no_grad"):
        for name in ("weight", "bias"):
            run.call("Tensor.fill_", run.call("getattr", module, name), 2.0)
    compiled = run.call("torch.compile", module, backend="eager")
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    due = np.broadcast_to(2 * x.sum(1, keepdims=True) + 2, (2, 2))
    allowed = transforms.compiled_functions_do_what_they_did(np.array(due))
    result = run.expect(allowed, "Tensor.__call__", compiled, run.tensor(x))
    if trained:
        run.call("Tensor.backward", run.call("Tensor.sum", result))
        gradient = np.broadcast_to(x.sum(0), (2, 3))
        weight = run.call("getattr", module, "weight")
        run.expect(transforms.compiled_functions_do_what_they_did(np.array(gradient)), "Tensor.grad", weight)
