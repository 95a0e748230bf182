"""Writes under autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import inplace
from tensorcanon.spec.rules import dtypes


def vector(tape: Tape) -> Operand:
    return draw_operand(tape, dtypes.float32, (4,), "small")


VIEWS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("", ()),
    ("operator.getitem", (slice(1, 3),)),
    ("Tensor.view", (2, 2)),
    ("Tensor.unsqueeze", (0,)),
)


@verifies(
    inplace.leaves_that_require_grad_refuse_writes,
    inplace.refused_writes_leave_the_tensor_alone,
    over=[
        (view, name, mode) for view in VIEWS for name in ("add_", "mul_", "zero_") for mode in (True, False)
    ],
)
def test_leaves(run: Run, case: tuple[tuple[str, tuple[Any, ...]], str, bool]) -> None:
    (view, view_args), name, grad_mode = case
    array = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    x = run.tensor(array, requires_grad=True)
    if not grad_mode and view:
        return
    target = run.call(view, x, *view_args) if view else x
    args = [] if name == "zero_" else [2.0]
    result = {"add_": array + 2, "mul_": array * 2, "zero_": array * 0}[name]
    with run.within("torch.set_grad_enabled", grad_mode):
        # The message speaks of a view where it is one; both say what a leaf is not to be used for.
        run.expect(
            inplace.leaves_that_require_grad_refuse_writes(grad_mode, result), f"Tensor.{name}", target, *args
        )
    if grad_mode:
        values = run.call("Tensor.detach", x)
        run.look(inplace.refused_writes_leave_the_tensor_alone(array), values)


@verifies(inplace.non_leaves_and_integers_accept_writes, drawn=vector)
def test_non_leaves(run: Run, case: Operand) -> None:
    x = run.tensor(case, requires_grad=True)
    y = run.call("operator.mul", x, 2.0)
    result = case.array * 2 + 1
    run.expect(inplace.non_leaves_and_integers_accept_writes(result, True), "Tensor.add_", y, 1.0)
    integers = case.array.astype(np.int64)
    z = run.tensor(integers)
    run.expect(inplace.non_leaves_and_integers_accept_writes(integers + 1, False), "Tensor.add_", z, 1)


# What is done to a, an intermediate of x, with what is saved of it for backward.
SAVING: tuple[tuple[str, Callable[[Run, Handle], Handle], bool], ...] = (
    ("mul", lambda run, a: run.call("operator.mul", a, a), True),
    ("exp", lambda run, a: run.call("Tensor.exp", a), False),
    ("pow", lambda run, a: run.call("Tensor.pow", a, 2), True),
    ("sin", lambda run, a: run.call("Tensor.sin", a), True),
    ("add", lambda run, a: run.call("operator.add", a, 3.0), False),
    ("neg", lambda run, a: run.call("Tensor.neg", a), False),
)
WRITES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    *(
        ("add_", (1.0,)),
        ("mul_", (2.0,)),
        ("fill_", (3.0,)),
        ("zero_", ()),
        ("exp_", ()),
        ("relu_", ()),
        ("neg_", ()),
    ),
    *(
        ("sigmoid_", ()),
        ("clamp_", (0.0, 1.0)),
        ("sqrt_", ()),
        ("div_", (2.0,)),
        ("sub_", (2.0,)),
        ("pow_", (2,)),
    ),
    *(("setitem", ()), ("view", ())),
)


@verifies(
    inplace.backward_refuses_a_modified_saved_tensor, over=[(op, write) for op in SAVING for write in WRITES]
)
def test_saved_tensors(run: Run, case: tuple[Any, tuple[str, tuple[Any, ...]]]) -> None:
    (_, function, saves), (write, args) = case
    x = run.tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    a = run.call("operator.mul", x, 1.0)
    y = function(run, a)
    if write == "setitem":
        run.call("operator.setitem", a, 0, 5.0)
    elif write == "view":
        run.call("Tensor.add_", run.call("operator.getitem", a, slice(0, 1)), 1.0)
    else:
        run.call(f"Tensor.{write}", a, *args)
    total = run.call("Tensor.sum", y)
    run.expect(inplace.backward_refuses_a_modified_saved_tensor(saves), "Tensor.backward", total)


def _steps(run: Run, y: Handle, name: str) -> Array:
    """Write to y, which is x * 1, and return the gradient that each element of its sum then has in x."""
    ones = np.ones(4, np.float32)
    match name:
        case "mul":
            run.call("Tensor.mul_", y, 3.0)
            return ones * 3
        case "item":
            run.call("operator.setitem", y, 0, 0.0)
            return np.array([0, 1, 1, 1], np.float32)
        case "view":
            run.call("Tensor.mul_", run.call("operator.getitem", y, slice(1, 3)), 5.0)
            return np.array([1, 5, 5, 1], np.float32)
        case "view of view":
            square = run.call("Tensor.view", y, 2, 2)
            run.call("Tensor.mul_", run.call("operator.getitem", run.call("Tensor.t", square), 0), 7.0)
            return np.array([7, 1, 7, 1], np.float32)
        case "zero":
            run.call("Tensor.zero_", y)
            return ones * 0
        case _:
            run.call("Tensor.copy_", run.call("operator.getitem", y, slice(0, 2)), run.tensor(ones[:2]))
            return np.array([0, 0, 1, 1], np.float32)


@verifies(
    inplace.gradients_account_for_writes,
    over=[
        (name, layout)
        for name in ("mul", "item", "view", "view of view", "zero", "copy")
        for layout in ("contiguous", "stepped")
    ],
)
def test_gradients(run: Run, case: tuple[str, str]) -> None:
    name, layout = case
    leaf = run.tensor(Operand(np.array([1.0, 2.0, 3.0, 4.0], np.float32), layout), requires_grad=True)
    y = run.call("operator.mul", leaf, 1.0)
    gradient = _steps(run, y, name)
    run.call("Tensor.backward", run.call("Tensor.sum", y))
    run.expect(inplace.gradients_account_for_writes(gradient), "Tensor.grad", leaf)


@verifies(
    inplace.outputs_of_multi_views_refuse_writes, over=[("unbind", ()), ("split", (1,)), ("chunk", (2,))]
)
def test_multi_views(run: Run, case: tuple[str, tuple[int, ...]]) -> None:
    name, args = case
    x = run.tensor(np.ones((2, 2), np.float32), requires_grad=True)
    pieces = run.call(f"Tensor.{name}", run.call("operator.mul", x, 1.0), *args)
    for piece in pieces:
        run.expect(inplace.outputs_of_multi_views_refuse_writes(), "Tensor.mul_", piece, 2.0)


@verifies(inplace.views_made_without_grad_refuse_writes_with_it, over=["leaf", "intermediate"])
def test_views_made_without_grad(run: Run, kind: str) -> None:
    x = run.tensor(np.ones(3, np.float32), requires_grad=True)
    base = x if kind == "leaf" else run.call("operator.mul", x, 1.0)
    with run.within("torch.no_grad"):
        view = run.call("operator.getitem", base, slice(0, 2))
    run.expect(inplace.views_made_without_grad_refuse_writes_with_it(), "Tensor.mul_", view, 2.0)


@verifies(inplace.storage_of_others_refuses_writes_under_autograd)
def test_shared_storage(run: Run, tape: Tape) -> None:
    x = run.tensor(np.ones(3, np.float32), requires_grad=True)
    y = run.call("operator.mul", x, 1.0)
    run.call("operator.getitem", y, slice(0, 2))
    run.expect(inplace.storage_of_others_refuses_writes_under_autograd(), "Tensor.mul_", y, 2.0)
