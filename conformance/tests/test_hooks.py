"""Hooks of tensors, of nodes and of saved tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.routine import Routine
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import hooks
from tensorcanon.spec.rules import dtypes

ONES = np.ones(3, np.float32)


def logging(run: Run, log: Any, label: str | None = None, name: str = "hook") -> Routine:
    """Return a hook that appends its argument, or a label, to a list."""

    def body(writer: Any, *given: Any) -> None:
        writer.call("Tensor.append", log, given[0] if label is None else label)

    return run.function(name, "*rest" if label is not None else "grad", body)


def scaling(run: Run, factor: float) -> Routine:
    return run.function("scale", "grad", lambda w, grad: w.call("operator.mul", grad, factor))


def take_back(run: Run, tensor: Any) -> None:
    run.call("Tensor.backward", run.call("Tensor.sum", tensor))


def draw_tensor(tape: Tape) -> tuple[Operand, bool, list[float]]:
    """Draw a tensor, whether it is a leaf or a result, and the factors of some passes."""
    operand = draw_operand(tape, tape.choose((dtypes.float32, dtypes.float64)), (2, 3), "small")
    return operand, tape.one_in(2), [float(tape.between(1, 4)) for _ in range(tape.between(1, 3))]


def watched(run: Run, operand: Operand, is_result: bool) -> tuple[Any, Any]:
    """Return a leaf, and it or its triple."""
    x = run.tensor(operand, requires_grad=True)
    return x, run.call("operator.mul", x, 3.0) if is_result else x


@verifies(hooks.hooks_are_called_with_the_gradient, drawn=draw_tensor)
def test_calls(run: Run, case: tuple[Operand, bool, list[float]]) -> None:
    operand, is_result, factors = case
    _x, y = watched(run, operand, is_result)
    log = run.whole("builtins.list")
    run.call("Tensor.register_hook", y, logging(run, log))
    for factor in factors:
        total = run.call("operator.add", run.call("operator.mul", y, factor), y)
        run.call("Tensor.backward", run.call("Tensor.sum", total), retain_graph=True)
    due = [np.full_like(operand.array, factor + 1) for factor in factors]
    run.look(hooks.hooks_are_called_with_the_gradient(due), log)


@verifies(
    hooks.a_tensor_that_a_hook_returns_replaces_the_gradient,
    hooks.a_hook_that_returns_none_keeps_the_gradient,
    drawn=draw_tensor,
)
def test_replacements(run: Run, case: tuple[Operand, bool, list[float]]) -> None:
    operand, is_result, factors = case
    x, y = watched(run, operand, is_result)
    for factor in factors:
        run.call("Tensor.register_hook", y, scaling(run, factor))
        run.call("Tensor.register_hook", y, logging(run, run.whole("builtins.list")))
    take_back(run, run.call("operator.mul", y, 2.0))
    due = np.full_like(operand.array, 2 * np.prod(factors) * (3 if is_result else 1))
    run.expect(hooks.a_tensor_that_a_hook_returns_replaces_the_gradient(due), "Tensor.grad", x)
    run.expect(hooks.a_hook_that_returns_none_keeps_the_gradient(due), "Tensor.grad", x)


@verifies(hooks.hooks_run_in_the_order_of_their_registration, drawn=draw_tensor)
def test_order(run: Run, case: tuple[Operand, bool, list[float]]) -> None:
    operand, is_result, factors = case
    _x, y = watched(run, operand, is_result)
    log = run.whole("builtins.list")
    labels = ["first", "second", "third", "fourth"]
    handles = [run.call("Tensor.register_hook", y, logging(run, log, label, label)) for label in labels]
    for place in {int(factor) - 1 for factor in factors[1:]}:
        run.call("Tensor.remove", handles[place])
        labels[place] = ""
    take_back(run, run.call("operator.mul", y, 2.0))
    left = [label for label in labels if label]
    run.look(hooks.hooks_run_in_the_order_of_their_registration(left), log)


@verifies(hooks.hooks_need_a_tensor_that_requires_grad, over=["plain", "integer", "detached"])
def test_unfit_tensors(run: Run, kind: str) -> None:
    x = run.tensor(np.arange(3) if kind == "integer" else ONES)
    if kind == "detached":
        x = run.call("Tensor.detach", run.call("operator.mul", run.tensor(ONES, requires_grad=True), 2.0))
    run.expect(hooks.hooks_need_a_tensor_that_requires_grad(), "Tensor.register_hook", x, scaling(run, 2.0))


@verifies(
    hooks.hooks_after_accumulation_see_the_new_gradient,
    hooks.hooks_after_accumulation_need_a_leaf,
    drawn=draw_tensor,
)
def test_after_accumulation(run: Run, case: tuple[Operand, bool, list[float]]) -> None:
    operand, _, factors = case
    x = run.tensor(operand, requires_grad=True)
    log = run.whole("builtins.list")

    def body(writer: Any, leaf: Any) -> None:
        writer.call("Tensor.append", log, writer.call("Tensor.clone", writer.call("Tensor.grad", leaf)))

    hook = run.function("after", "leaf", body)
    run.call("Tensor.register_post_accumulate_grad_hook", x, hook)
    for factor in factors:
        take_back(run, run.call("operator.mul", x, factor))
    due = [np.full_like(operand.array, total) for total in np.cumsum(factors)]
    run.look(hooks.hooks_after_accumulation_see_the_new_gradient(due), log)
    result = run.call("operator.mul", x, 2.0)
    run.expect(
        hooks.hooks_after_accumulation_need_a_leaf(),
        "Tensor.register_post_accumulate_grad_hook",
        result,
        hook,
    )


@verifies(
    hooks.hooks_of_several_tensors_wait_for_all,
    over=[("both",), ("both", "first"), ("first", "both", "second")],
)
def test_several_tensors(run: Run, passes: tuple[str, ...]) -> None:
    x, y = (run.tensor(ONES * factor, requires_grad=True) for factor in (2, 3))
    log = run.whole("builtins.list")

    def body(writer: Any, gradients: Any) -> None:
        writer.call("Tensor.append", log, writer.call("builtins.list", gradients))

    run.call("torch.autograd.graph.register_multi_grad_hook", [x, y], run.function("both", "gradients", body))
    calls: list[list[Array | None]] = []
    for kind in passes:
        operands = {"both": (x, y), "first": (x, 5.0), "second": (5.0, y)}[kind]
        take_back(run, run.call("operator.mul", *operands))
        due: dict[str, list[Array | None]] = {
            "both": [ONES * 3, ONES * 2],
            "first": [ONES * 5, None],
            "second": [None, ONES * 5],
        }
        calls.append(due[kind])
    run.look(hooks.hooks_of_several_tensors_wait_for_all(calls), log)


# Nodes.


@verifies(hooks.hooks_of_a_node_see_its_gradients, over=["before", "after"])
def test_arguments_of_nodes(run: Run, kind: str) -> None:
    x, z = (run.tensor(ONES, requires_grad=True) for _ in range(2))
    y = run.call("operator.mul", x, z)
    node = run.whole("Tensor.grad_fn", y)
    log = run.whole("builtins.list")

    def body(writer: Any, *given: Any) -> None:
        for each in given:
            writer.call("Tensor.append", log, writer.call("builtins.len", each))

    if kind == "before":
        run.call("Tensor.register_prehook", node, run.function("before", "outputs", body))
    else:
        run.call("Tensor.register_hook", node, run.function("after", "inputs outputs", body))
    take_back(run, y)
    run.look(hooks.hooks_of_a_node_see_its_gradients((1,) if kind == "before" else (2, 1)), log)


@verifies(hooks.what_a_hook_of_a_node_returns_replaces_the_gradients, over=["before", "after"])
def test_replacements_of_nodes(run: Run, kind: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    y = run.call("Tensor.neg", x)
    node = run.whole("Tensor.grad_fn", y)

    def body(writer: Any, gradients: Any, *rest: Any) -> Any:
        return (writer.call("operator.mul", writer.call("operator.getitem", gradients, 0), 5.0),)

    if kind == "before":
        run.call("Tensor.register_prehook", node, run.function("before", "outputs", body))
    else:
        run.call("Tensor.register_hook", node, run.function("after", "inputs outputs", body))
    take_back(run, y)
    run.expect(hooks.what_a_hook_of_a_node_returns_replaces_the_gradients(-5 * ONES), "Tensor.grad", x)


@verifies(hooks.hooks_run_in_a_fixed_order, over=["leaf", "result"])
def test_order_of_kinds(run: Run, kind: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    y = run.call("operator.mul", x, 2.0)
    node = run.whole("Tensor.grad_fn", y)
    if kind == "leaf":
        following = run.whole("operator.getitem", run.whole("getattr", node, "next_functions"), 0)
        node = run.whole("operator.getitem", following, 0)
    log = run.whole("builtins.list")
    run.call("Tensor.register_hook", node, logging(run, log, "after the node", "after"))
    run.call("Tensor.register_prehook", node, logging(run, log, "before the node", "before"))
    due = ["tensor", "before the node", "after the node"]
    if kind == "leaf":
        hook = logging(run, log, "after accumulation", "accumulated")
        run.call("Tensor.register_post_accumulate_grad_hook", x, hook)
        due.insert(2, "after accumulation")
    run.call("Tensor.register_hook", x if kind == "leaf" else y, logging(run, log, "tensor", "first"))
    take_back(run, y)
    run.look(hooks.hooks_run_in_a_fixed_order(due), log)


@verifies(hooks.hooks_run_only_where_their_node_does, over=["backward", "grad", "other"])
def test_nodes_that_do_not_run(run: Run, kind: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    y = run.call("operator.mul", x, 2.0)
    log = run.whole("builtins.list")
    run.call("Tensor.register_hook", run.whole("Tensor.grad_fn", y), logging(run, log, "called"))
    total = run.call("Tensor.sum", y)
    if kind == "backward":
        run.call("Tensor.backward", total)
    else:
        run.call("torch.autograd.grad", total, y if kind == "grad" else total)
    allowed = hooks.hooks_run_only_where_their_node_does(int(kind == "backward"))
    run.expect(allowed, "builtins.len", log)


# Saved tensors.


@verifies(hooks.nodes_show_what_they_saved, hooks.saved_tensors_are_freed_by_a_pass, over=["pow", "sin"])
def test_saved_tensors(run: Run, name: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    y = run.call(f"torch.{name}", x, *([2] if name == "pow" else []))
    node = run.whole("Tensor.grad_fn", y)
    run.expect(hooks.nodes_show_what_they_saved(), "is", run.whole("getattr", node, "_saved_self"), x)
    take_back(run, y)
    run.expect(hooks.saved_tensors_are_freed_by_a_pass(), "getattr", node, "_saved_self")


def draw_array(tape: Tape) -> tuple[Array, float]:
    return np.array([float(tape.between(1, 8)) for _ in range(3)]), float(tape.between(1, 4))


@verifies(hooks.packed_tensors_are_those_saved, hooks.the_pass_uses_what_was_unpacked, drawn=draw_array)
def test_packing(run: Run, case: tuple[Array, float]) -> None:
    array, factor = case
    x = run.tensor(array, requires_grad=True)
    log = run.whole("builtins.list")

    def pack(writer: Any, tensor: Any) -> Any:
        writer.call("Tensor.append", log, tensor)
        return "kept", writer.call("Tensor.detach", tensor)

    def unpack(writer: Any, packed: Any) -> Any:
        return writer.call("operator.mul", writer.call("operator.getitem", packed, 1), factor)

    functions = run.function("pack", "tensor", pack), run.function("unpack", "packed", unpack)
    with run.within("torch.autograd.graph.saved_tensors_hooks", *functions):
        y = run.call("operator.pow", x, 2)
    outside = run.call("operator.pow", x, 2)
    run.look(hooks.packed_tensors_are_those_saved([array]), log)
    take_back(run, y)
    run.expect(hooks.the_pass_uses_what_was_unpacked(2 * factor * array), "Tensor.grad", x)
    take_back(run, outside)
    run.expect(hooks.the_pass_uses_what_was_unpacked(2 * (factor + 1) * array), "Tensor.grad", x)


@verifies(hooks.tensors_saved_elsewhere_give_the_same_gradient, drawn=draw_array)
def test_saving_on_the_host(run: Run, case: tuple[Array, float]) -> None:
    array, _factor = case
    x = run.tensor(array, requires_grad=True)
    with run.within("torch.autograd.graph.save_on_cpu"):
        y = run.call("operator.mul", run.call("operator.mul", x, x), x)
    take_back(run, y)
    run.expect(hooks.tensors_saved_elsewhere_give_the_same_gradient(3 * array * array), "Tensor.grad", x)


@verifies(hooks.anomaly_detection_refuses_nan, over=["inside", "outside", "off", "sound"])
def test_anomalies(run: Run, kind: str) -> None:
    run.require_data()
    x = run.tensor(np.array([0.0 if kind != "sound" else 4.0]), requires_grad=True)

    def loss() -> Any:
        return run.call("Tensor.sum", run.call("operator.mul", run.call("torch.sqrt", x), 0.0))

    if kind == "outside":
        y = loss()
        run.expect(hooks.anomaly_detection_refuses_nan(False), "Tensor.backward", y)
        return
    with run.within("torch.autograd.set_detect_anomaly", kind != "off"):
        y = loss()
        run.expect(hooks.anomaly_detection_refuses_nan(kind == "inside"), "Tensor.backward", y)
