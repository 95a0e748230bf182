"""Faults of hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.autograd import engine
from tensorcanon.reference.autograd.nodes import Handle
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import hooks

from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]


def _never_on_leaves(original: Call) -> Call:
    def register(input: Any, hook: Any) -> Any:
        return Handle({}, 0) if input.is_leaf and input.requires_grad else original(input, hook)

    return register


def _anywhere(original: Call) -> Call:
    def register(input: Any, hook: Any) -> Any:
        try:
            return original(input, hook)
        except RuntimeError:
            return Handle({}, 0)

    return register


def _backwards(original: Call) -> Call:
    def hooked(node: Any, grads: list[Any]) -> list[Any]:
        for number, registered in node.tensor_hooks.items():
            for hook in reversed(list(registered.values())):
                if grads[number] is not None:
                    grads[number] = engine._checked(hook, grads[number], hook(grads[number]))
        return grads

    return hooked


def _before_accumulation(original: Call) -> Call:
    def apply(self: Any, grads: list[Any]) -> list[Any]:
        held = self.variable._grad
        self.variable._grad = ops.zeros_like(self.variable).detach() if held is None else held
        for hook in list(self.after.values()):
            hook(self.variable)
        self.variable._grad = held
        after, self.after = self.after, {}
        result: list[Any] = original(self, grads)
        self.after = after
        return result

    return apply


def _once_for_each(original: Call) -> Call:
    def register(tensors: Any, fn: Any, **more: Any) -> None:
        for one in tensors:
            one.register_hook(lambda grad: fn([grad]))

    return register


def _executes(order: str) -> Call:
    def make(original: Call) -> Call:
        def execute(node: Any, grads: list[Any], keep_graph: bool) -> list[Any]:
            before, after = node.pre_hooks, node.post_hooks
            node.pre_hooks, node.post_hooks = {}, {}
            if order == "after first":
                for hook in after.values():
                    hook((), tuple(grads))
            for hook in before.values():
                hook(tuple(grads))
            results: list[Any] = original(node, grads, keep_graph)
            if order == "swapped":
                for hook in after.values():
                    hook(tuple(grads), tuple(results))
            if order == "unheard":
                for hook in after.values():
                    hook(tuple(results), tuple(grads))
            node.pre_hooks, node.post_hooks = before, after
            return results

        return execute

    return make


def _everything_runs(original: Call) -> Call:
    def survey(starts: Any, capture: Any) -> Any:
        return original(starts, None)

    return survey


def _shows_copies(original: Call) -> Call:
    def show(self: Any, name: str) -> Any:
        found = original(self, name)
        return found.clone() if name.startswith("_saved_") and hasattr(found, "clone") else found

    return show


class _OneBuffer:
    """Keeps the first tensor that was saved for all of them."""

    def __init__(self) -> None:
        self.first: Any = None

    def pack(self, tensor: Any) -> Any:
        self.first = tensor.clone() if self.first is None else self.first
        return self.first


def _one_buffer(original: Call) -> Call:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.pack_hook = _OneBuffer().pack

    return init


MUTANTS: list[Mutant] = [
    mutant(
        "hooks_of_leaves_are_never_called",
        hooks.hooks_are_called_with_the_gradient,
        kernel("register_hook", _never_on_leaves),
        fault="Oneflow-Inc/oneflow#8956",
    ),
    mutant(
        "what_hooks_return_is_ignored",
        hooks.a_tensor_that_a_hook_returns_replaces_the_gradient,
        attribute("autograd.engine:_checked", lambda original: lambda hook, grad, changed: grad),
    ),
    mutant(
        "a_hook_that_returns_none_stops_the_gradient",
        hooks.a_hook_that_returns_none_keeps_the_gradient,
        attribute(
            "autograd.engine:_checked",
            lambda original: lambda hook, grad, changed: grad * 0 if changed is None else changed,
        ),
    ),
    mutant(
        "the_last_hook_runs_first",
        hooks.hooks_run_in_the_order_of_their_registration,
        attribute("autograd.engine:_hooked", _backwards),
    ),
    mutant(
        "hooks_cannot_be_removed",
        hooks.hooks_run_in_the_order_of_their_registration,
        attribute("autograd.nodes:Handle.remove", lambda original: lambda self: None),
    ),
    mutant(
        "hooks_go_on_any_tensor",
        hooks.hooks_need_a_tensor_that_requires_grad,
        kernel("register_hook", _anywhere),
    ),
    mutant(
        "hooks_after_accumulation_come_before",
        hooks.hooks_after_accumulation_see_the_new_gradient,
        attribute("autograd.nodes:AccumulateGrad.apply", _before_accumulation),
    ),
    mutant(
        "hooks_after_accumulation_go_on_any_tensor",
        hooks.hooks_after_accumulation_need_a_leaf,
        kernel("register_post_accumulate_grad_hook", _anywhere),
    ),
    mutant(
        "hooks_of_several_tensors_are_called_for_each",
        hooks.hooks_of_several_tensors_wait_for_all,
        attribute("autograd.graph:register_multi_grad_hook", _once_for_each),
    ),
    mutant(
        "hooks_of_nodes_get_their_arguments_swapped",
        hooks.hooks_of_a_node_see_its_gradients,
        attribute("autograd.engine:_execute", _executes("swapped")),
    ),
    mutant(
        "what_hooks_of_nodes_return_is_ignored",
        hooks.what_a_hook_of_a_node_returns_replaces_the_gradients,
        attribute("autograd.engine:_execute", _executes("unheard")),
    ),
    mutant(
        "hooks_after_a_node_come_first",
        hooks.hooks_run_in_a_fixed_order,
        attribute("autograd.engine:_execute", _executes("after first")),
    ),
    mutant(
        "every_node_runs",
        hooks.hooks_run_only_where_their_node_does,
        attribute("autograd.engine:_survey", _everything_runs),
    ),
    mutant(
        "nodes_show_copies",
        hooks.nodes_show_what_they_saved,
        attribute("autograd.recording:OperationNode.__getattr__", _shows_copies),
    ),
    mutant(
        "saved_tensors_stay",
        hooks.saved_tensors_are_freed_by_a_pass,
        attribute("autograd.recording:OperationNode.release", lambda original: lambda self: None),
    ),
    mutant(
        "saved_tensors_are_not_packed",
        (hooks.packed_tensors_are_those_saved, hooks.the_pass_uses_what_was_unpacked),
        attribute("autograd.saved:unpacking", lambda original: lambda: None),
    ),
    mutant(
        "one_buffer_holds_all_tensors",
        hooks.tensors_saved_elsewhere_give_the_same_gradient,
        attribute("autograd.graph:save_on_cpu.__init__", _one_buffer),
    ),
    mutant(
        "nan_is_no_anomaly",
        hooks.anomaly_detection_refuses_nan,
        attribute("autograd.engine:_refuse_nan", lambda original: lambda node, results: None),
    ),
]
