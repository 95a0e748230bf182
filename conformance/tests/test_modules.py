"""What modules register, list, save and load."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance import layers
from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import modules
from tensorcanon.spec.rules import dtypes

ONES = np.ones((2, 2), np.float32)
TWOS = np.full((2, 2), 2, np.float32)
COUNT = np.array(3, np.int64)


def parameter(run: Run, array: Any = ONES) -> Handle:
    made: Handle = run.call("torch.nn.Parameter", run.tensor(array))
    return made


def nested(run: Run) -> Handle:
    """Return a module with a parameter, two buffers, and two levels of children that share one parameter."""
    run.require_data()
    inner, middle, outer = (run.whole("torch.nn.Module") for _ in range(3))
    shared = parameter(run)
    run.call("setattr", outer, "first", parameter(run))
    run.call("Tensor.register_buffer", outer, "kept", run.tensor(ONES))
    run.call("Tensor.register_buffer", outer, "count", run.tensor(COUNT))
    run.call("Tensor.register_buffer", outer, "passing", run.tensor(ONES), persistent=False)
    run.call("setattr", inner, "deep", shared)
    run.call("Tensor.register_buffer", inner, "below", run.tensor(ONES))
    run.call("setattr", middle, "inner", inner)
    run.call("setattr", middle, "own", parameter(run))
    run.call("setattr", middle, "again", shared)
    run.call("setattr", outer, "middle", middle)
    run.call("setattr", outer, "last", parameter(run))
    return outer


PARAMETERS = ("first", "last", "middle.own", "middle.again")
STATE = (
    "first",
    "last",
    "kept",
    "count",
    "middle.own",
    "middle.again",
    "middle.inner.deep",
    "middle.inner.below",
)


def keys(run: Run, module: Handle) -> Handle:
    return layers.names(run, run.whole("Tensor.state_dict", module))


@verifies(modules.a_class_must_initialise_its_base_first, over=["parameter", "module"])
def test_initialisation(run: Run, kind: str) -> None:
    value = parameter(run) if kind == "parameter" else run.whole("torch.nn.Module")
    empty = run.function("__init__", "self", lambda write, self: None)
    made = run.whole("operator.call", layers.derived(run, "Net", __init__=empty))
    run.expect(modules.a_class_must_initialise_its_base_first(), "setattr", made, "inside", value)


@verifies(
    modules.calling_a_module_runs_forward, modules.a_module_without_forward_cannot_be_called, over=[1, 2]
)
def test_forward(run: Run, count: int) -> None:
    x = run.tensor(ONES)
    forward = run.function("forward", "self x", lambda write, self, x: write.call("operator.mul", x, 3))
    made = run.whole("operator.call", layers.derived(run, "Net", forward=forward))
    for _ in range(count):
        run.expect(modules.calling_a_module_runs_forward(3 * ONES), "Tensor.__call__", made, x)
    bare = run.whole("torch.nn.Module")
    run.expect(modules.a_module_without_forward_cannot_be_called(), "Tensor.__call__", bare, x)


@verifies(
    modules.assigned_parameters_are_registered,
    modules.parameters_can_be_registered_by_name,
    modules.a_tensor_cannot_replace_a_parameter,
    modules.a_reserved_name_is_none,
    over=[("setattr",), ("Tensor.register_parameter",)],
)
def test_registration(run: Run, case: tuple[str]) -> None:
    module = run.whole("torch.nn.Module")
    run.call(case[0], module, "b", parameter(run))
    run.call(case[0], module, "a", parameter(run))
    run.call("setattr", module, "plain", run.tensor(ONES))
    law = modules.assigned_parameters_are_registered
    if case[0] != "setattr":
        law = modules.parameters_can_be_registered_by_name
        run.call("Tensor.register_parameter", module, "none", None)
        run.expect(modules.a_reserved_name_is_none(), "getattr", module, "none")
    named = run.whole("builtins.dict", run.whole("Tensor.named_parameters", module))
    run.expect(law(("b", "a")), "builtins.tuple", named)
    run.expect(law(("b", "a")), "builtins.tuple", run.whole("Tensor.state_dict", module))
    refused = modules.a_tensor_cannot_replace_a_parameter()
    run.expect(refused, "setattr", module, "a", run.tensor(ONES))
    run.call("setattr", module, "plain", parameter(run))
    named = run.whole("builtins.dict", run.whole("Tensor.named_parameters", module))
    run.expect(law(("b", "a", "plain")), "builtins.tuple", named)


@verifies(
    modules.names_and_parameters_are_checked,
    over=[(what, kind) for what in ("dot", "empty", "taken", "tensor") for kind in ("parameter", "buffer")],
)
def test_names(run: Run, case: tuple[str, str]) -> None:
    what, kind = case
    name = {"dot": "a.b", "empty": "", "taken": "training", "tensor": "a"}[what]
    module = run.whole("torch.nn.Module")
    value = run.tensor(ONES) if (what == "tensor") == (kind == "parameter") else parameter(run)
    if kind == "buffer" and what == "tensor":
        value = run.whole("torch.nn.Module")
    allowed = modules.names_and_parameters_are_checked(what)
    run.expect(allowed, f"Tensor.register_{kind}", module, name, value)


@verifies(
    modules.parameters_are_listed_in_the_order_of_registration,
    modules.modules_are_listed_with_themselves_first,
    modules.buffers_are_state_that_is_not_learned,
    modules.the_state_has_every_name,
    over=[None],
)
def test_lists(run: Run, case: None) -> None:
    module = nested(run)

    def judge(allowed: Any, name: str, *args: Any, **kwargs: Any) -> None:
        run.expect(
            allowed, "builtins.tuple", run.whole("builtins.dict", run.whole(name, module, *args, **kwargs))
        )

    judge(
        modules.modules_are_listed_with_themselves_first(("", "middle", "middle.inner")),
        "Tensor.named_modules",
    )
    judge(modules.modules_are_listed_with_themselves_first(("middle",)), "Tensor.named_children")
    order = modules.parameters_are_listed_in_the_order_of_registration
    judge(order(PARAMETERS), "Tensor.named_parameters")
    judge(order(("first", "last")), "Tensor.named_parameters", recurse=False)
    judge(order(tuple(f"x.{name}" for name in PARAMETERS)), "Tensor.named_parameters", prefix="x")
    held = ("kept", "count", "passing", "middle.inner.below")
    judge(modules.buffers_are_state_that_is_not_learned(held), "Tensor.named_buffers")
    judge(modules.the_state_has_every_name(STATE), "Tensor.state_dict")
    prefixed = tuple(f"net.{name}" for name in STATE)
    judge(modules.the_state_has_every_name(prefixed), "Tensor.state_dict", prefix="net.")


@verifies(modules.the_state_shares_memory, over=["first", "kept", "middle.inner.deep", "middle.inner.below"])
def test_state(run: Run, name: str) -> None:
    module = nested(run)
    state = run.whole("Tensor.state_dict", module)
    saved = run.call("operator.getitem", state, name)
    get = "Tensor.get_buffer" if name in ("kept", "middle.inner.below") else "Tensor.get_parameter"
    own = run.call("Tensor.detach", run.call(get, module, name))
    run.look(modules.the_state_shares_memory(ONES), saved)
    run.call("Tensor.mul_", own, 2)
    run.look(modules.the_state_shares_memory(TWOS), saved)
    run.call("Tensor.add_", saved, 1)
    run.look(modules.the_state_shares_memory(TWOS + 1), own)


@verifies(
    modules.loading_copies_into_the_modules_own_tensors,
    modules.assigning_loads_take_the_given_tensors,
    over=[True, False],
)
def test_loading(run: Run, assign: bool) -> None:
    module = nested(run)
    given = run.whole("Tensor.state_dict", nested(run))
    tensors = {}
    for name in ("first", "kept", "middle.inner.deep", "middle.own"):
        tensors[name] = run.call("Tensor.mul_", run.call("operator.getitem", given, name), 2)
    own = run.call("Tensor.get_parameter", module, "middle.inner.deep")
    run.call("Tensor.load_state_dict", module, given, assign=assign)
    law = modules.loading_copies_into_the_modules_own_tensors
    if not assign:
        run.look(law(TWOS), own)
    for name, tensor in tensors.items():
        get = "Tensor.get_buffer" if name == "kept" else "Tensor.get_parameter"
        if not assign:
            run.call("Tensor.add_", tensor, 5)
            run.expect(law(TWOS), get, module, name)
            continue
        run.call("Tensor.add_", tensor, 5)
        run.expect(modules.assigning_loads_take_the_given_tensors(TWOS + 5), get, module, name)


@verifies(
    modules.loading_tells_missing_and_unexpected_keys,
    modules.strict_loading_wants_the_same_keys,
    modules.loading_wants_the_same_shapes,
    over=[((), ()), (("last",), ()), ((), ("extra",)), (("kept", "middle.own"), ("middle.extra",))],
)
def test_keys(run: Run, case: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    missing, unexpected = case
    module = nested(run)
    given = run.whole("Tensor.state_dict", nested(run))
    for name in missing:
        run.call("Tensor.pop", given, name)
    for name in unexpected:
        run.call("operator.setitem", given, name, run.tensor(ONES))
    allowed = modules.loading_tells_missing_and_unexpected_keys(missing, unexpected)
    run.expect(allowed, "Tensor.load_state_dict", module, given, strict=False)
    if missing or unexpected:
        run.expect(modules.strict_loading_wants_the_same_keys(), "Tensor.load_state_dict", module, given)
    for shape in ((3, 2), (1, 2), (2,), (1,)):
        run.call("operator.setitem", given, "first", run.tensor(np.ones(shape, np.float32)))
        refused = modules.loading_wants_the_same_shapes()
        run.expect(refused, "Tensor.load_state_dict", module, given, strict=False)


@verifies(
    modules.paths_lead_to_what_is_inside,
    modules.unknown_names_are_attribute_errors,
    over=[None],
)
def test_paths(run: Run, case: None) -> None:
    module = nested(run)
    middle = run.whole("getattr", module, "middle")
    inner = run.whole("getattr", middle, "inner")
    law = modules.paths_lead_to_what_is_inside
    run.expect(law(), "is", run.whole("Tensor.get_submodule", module, "middle.inner"), inner)
    run.expect(law(), "is", run.whole("Tensor.get_submodule", module, ""), module)
    deep = run.call("getattr", inner, "deep")
    run.expect(law(), "is", run.call("Tensor.get_parameter", module, "middle.inner.deep"), deep)
    refused = modules.unknown_names_are_attribute_errors()
    run.expect(refused, "getattr", module, "nothing")
    run.expect(refused, "Tensor.get_submodule", module, "middle.nothing")
    run.expect(refused, "Tensor.get_parameter", module, "middle.nothing")
    run.expect(refused, "Tensor.get_parameter", module, "kept")
    for owner, name in ((module, "first"), (module, "kept"), (module, "middle")):
        run.call("Tensor.__delattr__", owner, name)
        run.expect(refused, "getattr", owner, name)
    left = ("last", "count")
    run.expect(
        modules.the_state_has_every_name(left), "builtins.tuple", run.whole("Tensor.state_dict", module)
    )


@verifies(modules.deep_copies_are_independent, over=["first", "middle.own", "middle.inner.deep"])
def test_copies(run: Run, name: str) -> None:
    module = nested(run)
    copy = run.whole("copy.deepcopy", module)
    own, other = (
        run.call("Tensor.detach", run.call("Tensor.get_parameter", m, name)) for m in (module, copy)
    )
    run.look(modules.deep_copies_are_independent(ONES), other)
    run.call("Tensor.mul_", own, 2)
    run.look(modules.deep_copies_are_independent(ONES), other)
    run.call("Tensor.mul_", other, 3)
    run.look(modules.deep_copies_are_independent(TWOS), own)


@verifies(
    modules.conversion_changes_floating_state,
    modules.conversion_keeps_parameters_the_same_objects,
    modules.modules_convert_to_floating_types_only,
    modules.changes_return_the_module,
    over=[dtypes.float64, dtypes.float16, dtypes.bfloat16],
)
def test_conversion(run: Run, dtype: Any) -> None:
    module = nested(run)
    run.require(dtype)
    own = run.call("Tensor.get_parameter", module, "middle.inner.deep")
    same = run.whole("Tensor.to", module, dtype)
    run.expect(modules.changes_return_the_module(), "is", same, module)
    run.look(modules.conversion_changes_floating_state(dtype, (2, 2)), own)
    now = run.call("Tensor.get_parameter", module, "middle.inner.deep")
    tied = run.call("Tensor.get_parameter", module, "middle.again")
    for other in (own, tied):
        run.expect(modules.conversion_keeps_parameters_the_same_objects(), "is", now, other)
    for name in ("kept", "passing", "middle.inner.below"):
        allowed = modules.conversion_changes_floating_state(dtype, (2, 2))
        run.expect(allowed, "Tensor.get_buffer", module, name)
    allowed = modules.conversion_changes_floating_state(dtypes.int64, ())
    run.expect(allowed, "Tensor.get_buffer", module, "count")
    for wrong in (dtypes.int64, dtypes.int32, dtypes.bool_):
        run.expect(modules.modules_convert_to_floating_types_only(), "Tensor.to", module, wrong)
