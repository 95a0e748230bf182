"""What modules pass on to all that is inside, hooks, containers, text."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance import layers
from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import modules

ONES = np.ones((2, 2), np.float32)


def tree(run: Run) -> tuple[Handle, list[Handle]]:
    """Return a module three levels deep, and every module inside, the deepest first."""
    run.require_data()
    leaf = layers.made(run, "Linear", 2, 2, bias=False)
    other = layers.made(run, "Linear", 2, 2, bias=False)
    inner = run.whole("torch.nn.Sequential", leaf)
    root = run.whole("torch.nn.Sequential", run.whole("torch.nn.ModuleList", [inner]), other)
    holder = run.whole("operator.getitem", root, 0)
    return root, [leaf, inner, holder, other, root]


@verifies(modules.the_mode_reaches_every_module_inside, modules.changes_return_the_module, over=[1, 2])
def test_modes(run: Run, rounds: int) -> None:
    root, every = tree(run)

    def judge(training: bool) -> None:
        allowed = modules.the_mode_reaches_every_module_inside(training)
        for module in every:
            run.expect(allowed, "getattr", module, "training")

    judge(True)
    for _ in range(rounds):
        for name, args, training in (("eval", (), False), ("train", (), True), ("train", (False,), False)):
            same = run.whole(f"Tensor.{name}", root, *args)
            run.expect(modules.changes_return_the_module(), "is", same, root)
            judge(training)
        run.whole("Tensor.train", every[1])
        run.expect(modules.the_mode_reaches_every_module_inside(True), "getattr", every[0], "training")
        run.expect(modules.the_mode_reaches_every_module_inside(False), "getattr", root, "training")


@verifies(modules.zero_grad_forgets_gradients, modules.gradients_can_be_zeroed_in_place, over=[True, False])
def test_gradients(run: Run, forget: bool) -> None:
    root, every = tree(run)
    weights = [run.call("getattr", every[place], "weight") for place in (0, 3)]
    for weight in weights:
        run.call("setattr", weight, "grad", run.tensor(ONES))
    before = run.call("Tensor.grad", weights[0])
    run.call("Tensor.zero_grad", root, *(() if forget else (False,)))
    for weight in weights:
        if forget:
            run.expect(modules.zero_grad_forgets_gradients(), "Tensor.grad", weight)
        else:
            run.expect(modules.gradients_can_be_zeroed_in_place((2, 2)), "Tensor.grad", weight)
    if not forget:
        run.look(modules.gradients_can_be_zeroed_in_place((2, 2)), before)


@verifies(
    modules.the_flag_is_set_on_every_parameter,
    modules.changes_return_the_module,
    modules.a_function_is_applied_to_children_first,
    over=[True, False],
)
def test_all(run: Run, wanted: bool) -> None:
    root, every = tree(run)
    weights = [run.call("getattr", every[place], "weight") for place in (0, 3)]
    same = run.whole("Tensor.requires_grad_", root, *(() if wanted else (False,)))
    run.expect(modules.changes_return_the_module(), "is", same, root)
    for weight in weights:
        run.expect(modules.the_flag_is_set_on_every_parameter(wanted), "Tensor.requires_grad", weight)
    log = run.whole("builtins.list")

    def note(write: Any, module: Any) -> None:
        write.call("Tensor.append", log, write.call("Tensor._get_name", module))

    same = run.whole("Tensor.apply", root, run.function("note", "module", note))
    run.expect(modules.changes_return_the_module(), "is", same, root)
    order = ("Linear", "Sequential", "ModuleList", "Linear", "Sequential")
    run.look(modules.a_function_is_applied_to_children_first(order), log)


@verifies(
    modules.hooks_before_forward_may_replace_the_arguments,
    modules.hooks_after_forward_may_replace_the_output,
    over=["before", "after", "both", "none"],
)
def test_hooks(run: Run, kind: str) -> None:
    x = run.tensor(ONES)
    module = run.whole("torch.nn.Identity")
    before = run.function(
        "before",
        "module args",
        lambda w, m, a: (w.call("operator.mul", w.call("operator.getitem", a, 0), 3),),
    )
    after = run.function("after", "module args output", lambda w, m, a, o: w.call("operator.add", o, 10))
    silent = run.function("silent", "module args output", lambda w, m, a, o: None)
    due, handles = ONES, []
    if kind in ("before", "both"):
        handles.append(run.whole("Tensor.register_forward_pre_hook", module, before))
        due = due * 3
    run.whole("Tensor.register_forward_hook", module, silent)
    if kind in ("after", "both"):
        handles.append(run.whole("Tensor.register_forward_hook", module, after))
        due = due + 10

    def judge(array: Any, name: str) -> None:
        laws: list[Any] = []
        if kind != "after":
            laws.append(modules.hooks_before_forward_may_replace_the_arguments)
        if kind != "before":
            laws.append(modules.hooks_after_forward_may_replace_the_output)
        for law in laws:
            run.expect(law(array), name, module, x)

    judge(due, "Tensor.__call__")
    judge(ONES, "Tensor.forward")
    for handle in handles:
        run.call("Tensor.remove", handle)
    judge(ONES, "Tensor.__call__")


@verifies(
    modules.backward_hooks_see_the_gradients,
    modules.backward_hooks_may_replace_the_gradient,
    modules.backward_hooks_are_called_once,
    over=[True, False],
)
def test_backward_hooks(run: Run, replaces: bool) -> None:
    log = run.whole("builtins.list")
    module = layers.made(run, "Linear", 2, 2, bias=False)
    weight = np.array([[1, 2], [3, 4]], np.float32)
    layers.fill(run, module, weight=weight)

    def hook(write: Any, module: Any, inputs: Any, outputs: Any) -> Any:
        first = write.call("operator.getitem", inputs, 0)
        write.call("Tensor.append", log, first)
        write.call("Tensor.append", log, write.call("operator.getitem", outputs, 0))
        return (write.call("operator.mul", first, 10),) if replaces else None

    run.whole(
        "Tensor.register_full_backward_hook", module, run.function("hook", "module inputs outputs", hook)
    )
    x = run.tensor(ONES, requires_grad=True)
    grad = np.array([[1, 0], [2, -1]], np.float32)
    run.call("Tensor.backward", layers.called(run, module, x), run.tensor(grad))
    see = modules.backward_hooks_see_the_gradients
    run.expect(see(grad @ weight), "operator.getitem", log, 0)
    run.expect(see(grad), "operator.getitem", log, 1)
    factor = np.float32(10 if replaces else 1)
    run.expect(modules.backward_hooks_may_replace_the_gradient(grad @ weight * factor), "Tensor.grad", x)
    own = run.call("Tensor.grad", run.call("getattr", module, "weight"))
    run.look(see(grad.T @ ONES), own)
    run.expect(modules.backward_hooks_are_called_once(2), "builtins.len", log)


def scaled(run: Run, factor: int) -> Handle:
    def body(write: Any, self: Any, x: Any) -> Any:
        return write.call("operator.add", write.call("operator.mul", x, factor), factor)

    forward = run.function("forward", "self x", body)
    return run.whole("operator.call", layers.derived(run, "Scaled", forward=forward))


@verifies(modules.a_sequence_feeds_each_output_on, over=[(0, 4), (1, 3), (2, 4), (0, 1)])
def test_sequences(run: Run, case: tuple[int, int]) -> None:
    law = modules.a_sequence_feeds_each_output_on
    factors = (2, 3, 5, -1)
    every = run.whole("torch.nn.Sequential", *(scaled(run, factor) for factor in factors[:3]))
    run.whole("Tensor.append", every, scaled(run, factors[3]))
    x = run.tensor(ONES)

    def due(used: Any) -> Any:
        result = ONES
        for factor in used:
            result = result * np.float32(factor) + np.float32(factor)
        return result

    run.expect(law(due(factors)), "Tensor.__call__", every, x)
    part = run.whole("operator.getitem", every, slice(*case))
    run.expect(law(due(factors[slice(*case)])), "Tensor.__call__", part, x)
    one = run.whole("operator.getitem", every, case[0] - 4)
    run.expect(law(due(factors[case[0] - 4 : case[0] - 3 or None])), "Tensor.__call__", one, x)


@verifies(modules.containers_register_their_members, modules.a_list_of_modules_is_not_called, over=[None])
def test_containers(run: Run, case: None) -> None:
    law = modules.containers_register_their_members

    def judge(container: Handle, names: tuple[str, ...]) -> None:
        named = run.whole("builtins.dict", run.whole("Tensor.named_parameters", container))
        run.expect(law(names), "builtins.tuple", named)

    def linear() -> Handle:
        return run.whole("torch.nn.Linear", 2, 1, bias=False)

    listed = run.whole("torch.nn.ModuleList", [linear(), linear()])
    run.whole("Tensor.append", listed, linear())
    run.whole("Tensor.insert", listed, 0, run.whole("torch.nn.ReLU"))
    judge(listed, ("1.weight", "2.weight", "3.weight"))
    run.expect(modules.a_list_of_modules_is_not_called(), "Tensor.__call__", listed, run.tensor(ONES))
    judge(run.whole("torch.nn.ModuleDict", {"b": linear(), "a": linear()}), ("b.weight", "a.weight"))
    pair = [run.tensor(ONES), run.tensor(ONES)]
    judge(run.whole("torch.nn.ParameterList", pair), ("0", "1"))
    keyed = run.whole("torch.nn.ParameterDict", {"x": pair[0], "y": pair[1]})
    judge(keyed, ("x", "y"))
    judge(
        run.whole("torch.nn.Sequential", listed, linear()),
        ("0.1.weight", "0.2.weight", "0.3.weight", "1.weight"),
    )


TEXTS: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("Linear", (20, 30), "Linear(in_features=20, out_features=30, bias=True)"),
    ("Linear", (2, 3, False), "Linear(in_features=2, out_features=3, bias=False)"),
    ("ReLU", (), "ReLU()"),
    ("Dropout", (0.2,), "Dropout(p=0.2, inplace=False)"),
    ("Embedding", (5, 3), "Embedding(5, 3)"),
    ("Flatten", (), "Flatten(start_dim=1, end_dim=-1)"),
    ("Sequential", (), "Sequential()"),
)


@verifies(modules.modules_print_their_children, over=TEXTS)
def test_texts(run: Run, case: tuple[str, tuple[Any, ...], str]) -> None:
    name, args, text = case
    module = run.whole(f"torch.nn.{name}", *args)
    run.expect(modules.modules_print_their_children(text), "builtins.repr", module)
    inner = run.whole("torch.nn.Sequential", module)
    outer = run.whole("torch.nn.Sequential", inner, run.whole("torch.nn.ReLU"))
    due = f"Sequential(\n  (0): Sequential(\n    (0): {text}\n  )\n  (1): ReLU()\n)"
    run.expect(modules.modules_print_their_children(due), "builtins.repr", outer)


@verifies(modules.hooks_run_around_saving_and_loading, over=[None])
def test_saving_hooks(run: Run, case: None) -> None:
    module = layers.made(run, "Linear", 2, 2)
    log = run.whole("builtins.list")

    def noting(text: str, parameters: str) -> Any:
        return run.function("note", parameters, lambda w, *given: w.call("Tensor.append", log, text) and None)

    run.whole("Tensor.register_state_dict_pre_hook", module, noting("save", "module prefix keep"))
    run.whole("Tensor.register_load_state_dict_post_hook", module, noting("load", "module keys"))
    state = run.whole("Tensor.state_dict", module)
    run.look(modules.hooks_run_around_saving_and_loading(("save",)), log)
    run.call("Tensor.load_state_dict", module, state)
    run.look(modules.hooks_run_around_saving_and_loading(("save", "load")), log)


@verifies(modules.lazy_layers_take_sizes_from_their_first_input, over=[1, 4])
def test_lazy(run: Run, features: int) -> None:
    run.require_data()
    module = layers.placed(run, run.whole("torch.nn.LazyLinear", 3))
    layers.called(run, module, run.tensor(np.ones((2, features), np.float32)))
    law = modules.lazy_layers_take_sizes_from_their_first_input
    run.expect(law(features), "getattr", module, "in_features")
    run.expect(law("Linear"), "Tensor._get_name", module)
    run.expect(law((3, features)), "Tensor.shape", run.call("getattr", module, "weight"))
