"""What a step of an optimizer does besides its rule: skipping, groups, states, closures, hooks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.walks import Walk, draw_walk, take_step
from tensorcanon.spec import optimizers
from tensorcanon.spec.rules import dtypes

ONES = np.array([1.0, 2.0, -4.0], np.float32)
SLOPE = np.array([0.5, -1.0, 2.0], np.float32)
NAMES = ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta")
# Options that move a parameter even without a gradient's help.
_MOVING: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.5, "momentum": 0.5, "weight_decay": 0.5},
    "RMSprop": {"momentum": 0.9, "weight_decay": 0.5},
}


def leaf(run: Run, array: Any = ONES) -> Handle:
    return run.tensor(array, requires_grad=True)


def stepped(run: Run, name: str, p: Handle, gradient: Any = SLOPE) -> Handle:
    """Return an optimizer that has made a step."""
    optimizer: Handle = run.call(f"torch.optim.{name}", [p], **_MOVING.get(name, {"weight_decay": 0.5}))
    take_step(run, optimizer, p, Operand(gradient))
    return optimizer


# In place.


@verifies(
    optimizers.a_step_leaves_a_leaf_that_requires_grad,
    optimizers.a_step_counts_as_a_write,
    optimizers.a_step_leaves_the_gradient,
    optimizers.a_step_writes_into_the_parameter,
    over=NAMES,
)
def test_in_place(run: Run, name: str) -> None:
    p = leaf(run)
    with run.within("torch.no_grad"):
        window = run.call("operator.getitem", p, slice(None))
    before = run.whole("Tensor._version", p)
    g = run.tensor(SLOPE)
    optimizer = run.call(f"torch.optim.{name}", [p], **_MOVING.get(name, {}))
    for _ in range(2):
        run.call("setattr", p, "grad", g)
        run.call("Tensor.step", optimizer)
    run.look(optimizers.a_step_leaves_the_gradient(SLOPE), run.call("Tensor.grad", p))
    run.expect(optimizers.a_step_leaves_a_leaf_that_requires_grad(), "Tensor.is_leaf", p)
    run.expect(optimizers.a_step_leaves_a_leaf_that_requires_grad(), "Tensor.requires_grad", p)
    after = run.whole("Tensor._version", p)
    run.expect(optimizers.a_step_counts_as_a_write(), "operator.gt", after, before)
    run.require_data()
    written = run.call("Tensor.detach", p)
    run.expect(optimizers.a_step_leaves_a_leaf_that_requires_grad(), "torch.equal", window, written)
    base = run.tensor(ONES)
    moved = run.call("Tensor.requires_grad_", run.call("operator.getitem", base, slice(1, 3)))
    take_step(run, run.call("torch.optim.SGD", [moved], lr=1.0), moved, Operand(SLOPE[1:]))
    due = ONES - np.array([0.0, -1.0, 2.0], np.float32)
    run.look(optimizers.a_step_writes_into_the_parameter(due), base)


@verifies(optimizers.a_step_skips_what_has_no_gradient, over=NAMES)
def test_skipped(run: Run, name: str) -> None:
    p, q = leaf(run), leaf(run)
    optimizer = run.call(f"torch.optim.{name}", [p, q], **_MOVING.get(name, {"weight_decay": 0.5}))
    take_step(run, optimizer, q, Operand(SLOPE))
    run.look(optimizers.a_step_skips_what_has_no_gradient(ONES), p)
    run.call("Tensor.zero_grad", optimizer)
    held = run.call("Tensor.clone", run.call("Tensor.detach", q))
    run.call("Tensor.step", optimizer)
    run.look(optimizers.a_step_skips_what_has_no_gradient(ONES), p)
    run.require_data()
    run.expect(optimizers.a_step_skips_what_has_no_gradient(None), "torch.equal", held, q)


@verifies(optimizers.zero_grad_sets_gradients_to_none, over=[None, True, False])
def test_zero_grad(run: Run, set_to_none: bool | None) -> None:
    p, q, r = leaf(run), leaf(run), leaf(run)
    optimizer = run.call("torch.optim.SGD", [{"params": [p]}, {"params": [q, r], "lr": 1.0}])
    for one in (p, q):
        run.call("setattr", one, "grad", run.tensor(SLOPE))
    keyword = {} if set_to_none is None else {"set_to_none": set_to_none}
    run.call("Tensor.zero_grad", optimizer, **keyword)
    for one in (p, q):
        run.expect(optimizers.zero_grad_sets_gradients_to_none(set_to_none, SLOPE), "Tensor.grad", one)
    run.expect(optimizers.zero_grad_sets_gradients_to_none(None, SLOPE), "Tensor.grad", r)


@verifies(optimizers.a_step_on_zero_gradients_is_a_step, over=[True, False])
def test_steps_on_zeros(run: Run, set_to_none: bool) -> None:
    p = leaf(run)
    options = _MOVING["SGD"]
    optimizer = run.call("torch.optim.SGD", [p], **options)
    take_step(run, optimizer, p, Operand(SLOPE))
    run.call("Tensor.zero_grad", optimizer, set_to_none)
    run.call("Tensor.step", optimizer)
    second = None if set_to_none else np.zeros_like(SLOPE)
    clause = optimizers.a_step_on_zero_gradients_is_a_step
    run.look(clause(ONES, [SLOPE, second], options, dtypes.float32), p)


# Groups.


@verifies(optimizers.options_of_a_group_hold_from_the_next_step, over=["lr", "weight_decay", "momentum"])
def test_changed_options(run: Run, name: str) -> None:
    p = leaf(run)
    options: list[dict[str, Any]] = [{"lr": 0.5, "momentum": 0.5}, {"lr": 0.5, "momentum": 0.5, name: 0.25}]
    optimizer = run.call("torch.optim.SGD", [p], **options[0])
    take_step(run, optimizer, p, Operand(SLOPE))
    group = run.call("getattr", optimizer, "param_groups")[0]
    run.call("operator.setitem", group, name, 0.25)
    take_step(run, optimizer, p, Operand(SLOPE))
    clause = optimizers.options_of_a_group_hold_from_the_next_step
    run.look(clause(ONES, [SLOPE, SLOPE], options, dtypes.float32), p)


@verifies(optimizers.groups_override_the_defaults, over=["constructor", "added"])
def test_groups(run: Run, way: str) -> None:
    p, q = leaf(run), leaf(run)
    own = {"lr": 0.25, "momentum": 0.5}
    common = {"lr": 0.5, "weight_decay": 0.125}
    groups: list[Any] = [{"params": [p]}, {"params": q, **own}]
    if way == "constructor":
        optimizer = run.call("torch.optim.SGD", groups, **common)
    else:
        optimizer = run.call("torch.optim.SGD", groups[:1], **common)
        run.call("Tensor.add_param_group", optimizer, groups[1])
    for _ in range(2):
        run.call("setattr", p, "grad", run.tensor(SLOPE))
        take_step(run, optimizer, q, Operand(SLOPE))
    clause = optimizers.groups_override_the_defaults
    run.look(clause(ONES, [SLOPE, SLOPE], common, dtypes.float32), p)
    run.look(clause(ONES, [SLOPE, SLOPE], {**common, **own}, dtypes.float32), q)


@verifies(optimizers.groups_hold_all_their_options, over=[None])
def test_group_dicts(run: Run, _: None) -> None:
    p, q = leaf(run), leaf(run)
    clause = optimizers.groups_hold_all_their_options
    optimizer = run.call("torch.optim.SGD", [p], lr=0.5, momentum=0.9)
    run.call("Tensor.add_param_group", optimizer, {"params": [q], "lr": 0.25})
    groups = run.call("getattr", optimizer, "param_groups")
    run.expect(clause(2), "builtins.len", groups)
    for group, lr in zip(groups, (0.5, 0.25), strict=True):
        run.expect(clause(lr), "operator.getitem", group, "lr")
        run.expect(clause(0.9), "operator.getitem", group, "momentum")
        run.expect(clause(1), "builtins.len", run.call("operator.getitem", group, "params"))
    same = run.call("operator.getitem", groups[1], "params")[0]
    run.expect(clause(True), "is", same, q)


@verifies(optimizers.a_parameter_belongs_to_one_group, over=["constructor", "added"])
def test_shared_parameters(run: Run, way: str) -> None:
    p = leaf(run)
    allowed = optimizers.a_parameter_belongs_to_one_group()
    if way == "constructor":
        run.expect(allowed, "torch.optim.SGD", [{"params": [p]}, {"params": [p]}], lr=0.5)
    else:
        optimizer = run.call("torch.optim.SGD", [p], lr=0.5)
        run.expect(allowed, "Tensor.add_param_group", optimizer, {"params": [p]})


# Errors.

_BAD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("SGD", {"lr": -1.0}),
    ("SGD", {"momentum": -0.5}),
    ("SGD", {"weight_decay": -0.5}),
    ("Adam", {"lr": -1.0}),
    ("Adam", {"eps": -1.0}),
    ("Adam", {"betas": (1.0, 0.9)}),
    ("Adam", {"betas": (0.9, -0.1)}),
    ("AdamW", {"weight_decay": -0.5}),
    ("AdamW", {"betas": (0.9, 1.0)}),
    ("Adagrad", {"lr_decay": -0.5}),
    ("Adagrad", {"eps": -1.0}),
    ("RMSprop", {"alpha": -0.5}),
    ("RMSprop", {"momentum": -0.5}),
    ("Adadelta", {"rho": 1.5}),
    ("Adadelta", {"eps": -1.0}),
)


@verifies(optimizers.constructors_check_what_they_are_given, over=_BAD)
def test_options_out_of_range(run: Run, case: tuple[str, dict[str, Any]]) -> None:
    name, options = case
    run.call(f"torch.optim.{name}", [leaf(run)])
    allowed = optimizers.constructors_check_what_they_are_given("ValueError")
    run.expect(allowed, f"torch.optim.{name}", [leaf(run)], **options)


@verifies(optimizers.constructors_check_what_they_are_given, over=NAMES)
def test_parameters_of_other_kinds(run: Run, name: str) -> None:
    clause = optimizers.constructors_check_what_they_are_given
    p = leaf(run)
    run.expect(clause("ValueError"), f"torch.optim.{name}", [])
    run.expect(clause("ValueError"), f"torch.optim.{name}", [run.call("operator.mul", p, 2.0)])
    run.expect(clause("TypeError"), f"torch.optim.{name}", p)
    run.expect(clause("TypeError"), f"torch.optim.{name}", [1.0])


@verifies(
    optimizers.nesterov_needs_momentum_without_dampening,
    over=[(0.0, 0.0), (0.9, 0.5), (0.0, 0.5), (0.9, 0.0)],
)
def test_nesterov_options(run: Run, case: tuple[float, float]) -> None:
    momentum, dampening = case
    allowed = optimizers.nesterov_needs_momentum_without_dampening(momentum, dampening)
    options = {"lr": 0.5, "momentum": momentum, "dampening": dampening, "nesterov": True}
    if momentum and not dampening:
        made = run.call("torch.optim.SGD", [leaf(run)], **options)
        group = run.call("getattr", made, "param_groups")[0]
        run.expect(allowed, "operator.getitem", group, "nesterov")
    else:
        run.expect(allowed, "torch.optim.SGD", [leaf(run)], **options)


# States.

_RESUMED: dict[str, tuple[str, ...]] = {
    "SGD": ("lr", "momentum"),
    "Adam": ("lr", "betas", "eps"),
    "AdamW": ("lr", "betas", "eps"),
    "Adagrad": ("lr", "lr_decay"),
    "RMSprop": ("lr", "alpha", "centered", "momentum"),
    "Adadelta": ("lr", "rho"),
}


def _resumed(tape: Tape) -> tuple[str, Walk, int]:
    name = tape.choose(NAMES)
    walk = draw_walk(tape, (), _RESUMED[name], pauses=False)
    return name, walk, tape.below(len(walk.gradients) + 1)


@verifies(optimizers.a_saved_state_continues_the_trajectory, drawn=_resumed)
def test_resuming(run: Run, case: tuple[str, Walk, int]) -> None:
    name, walk, cut = case
    p = run.tensor(walk.start, requires_grad=True)
    optimizer = run.call(f"torch.optim.{name}", [p], **walk.options)
    for gradient in walk.gradients[:cut]:
        take_step(run, optimizer, p, gradient)
    state = run.call("Tensor.state_dict", optimizer)
    copy = run.call("Tensor.requires_grad_", run.call("Tensor.clone", run.call("Tensor.detach", p)))
    fresh = run.call(f"torch.optim.{name}", [copy])
    run.call("Tensor.load_state_dict", fresh, state)
    for gradient in walk.gradients[cut:]:
        take_step(run, fresh, copy, gradient)
    clause = optimizers.a_saved_state_continues_the_trajectory
    run.look(clause(name, walk.start.array, walk.slopes, walk.options, walk.dtype), copy)


@verifies(optimizers.a_state_dict_names_parameters_by_index, over=[None])
def test_state_dict(run: Run, _: None) -> None:
    p, q, r = leaf(run), leaf(run), leaf(run)
    clause = optimizers.a_state_dict_names_parameters_by_index
    optimizer = run.call("torch.optim.Adam", [{"params": [p]}, {"params": [q, r], "lr": 0.5}])
    take_step(run, optimizer, q, Operand(SLOPE))
    state = run.call("Tensor.state_dict", optimizer)
    keys = run.call("builtins.sorted", state)
    run.expect(clause(("param_groups", "state")), "builtins.tuple", keys)
    groups = run.call("operator.getitem", state, "param_groups")
    for group, numbers in zip(groups, ((0,), (1, 2)), strict=True):
        listed = run.call("operator.getitem", group, "params")
        run.expect(clause(numbers), "builtins.tuple", listed)
    kept = run.call("operator.getitem", state, "state")
    run.expect(clause((1,)), "builtins.tuple", run.call("builtins.sorted", kept))
    run.expect(clause(0.5), "operator.getitem", groups[1], "lr")


@verifies(optimizers.a_state_of_other_groups_is_refused, over=["groups", "parameters"])
def test_other_states(run: Run, what: str) -> None:
    p, q = leaf(run), leaf(run)
    other: list[Any] = [p, q] if what == "parameters" else [{"params": [p]}, {"params": [q]}]
    state = run.call("Tensor.state_dict", run.call("torch.optim.SGD", other, lr=0.5))
    fresh = run.call("torch.optim.SGD", [leaf(run)], lr=0.5)
    run.expect(optimizers.a_state_of_other_groups_is_refused(), "Tensor.load_state_dict", fresh, state)


_KEPT: dict[str, tuple[str, ...]] = {
    "Adam": ("exp_avg", "exp_avg_sq", "step"),
    "AdamW": ("exp_avg", "exp_avg_sq", "step"),
    "SGD": ("momentum_buffer",),
}


@verifies(optimizers.state_is_made_by_the_first_step, over=list(_KEPT))
def test_lazy_state(run: Run, name: str) -> None:
    p = leaf(run)
    clause = optimizers.state_is_made_by_the_first_step
    optimizer = run.call(f"torch.optim.{name}", [p], **_MOVING.get(name, {}))
    state = run.call("getattr", optimizer, "state")
    run.expect(clause(0), "builtins.len", state)
    take_step(run, optimizer, p, Operand(SLOPE))
    run.expect(clause(1), "builtins.len", state)
    kept = run.call("operator.getitem", state, p)
    run.expect(clause(_KEPT[name]), "builtins.tuple", run.call("builtins.sorted", kept))


# Closures and hooks.


@verifies(
    optimizers.a_step_returns_the_closures_loss, optimizers.a_step_follows_the_closures_gradient, over=NAMES
)
def test_closures(run: Run, name: str) -> None:
    p = leaf(run)
    optimizer = run.call(f"torch.optim.{name}", [p], lr=0.5)
    weight = run.tensor(SLOPE)

    def body(write: Any) -> Any:
        write.call("Tensor.zero_grad", optimizer)
        loss = write.call("Tensor.sum", write.call("operator.mul", p, weight))
        write.call("Tensor.backward", loss)
        return write.call("Tensor.detach", loss)

    closure = run.function("closure", "", body)
    loss = np.array((ONES * SLOPE).sum(), np.float32)
    with run.within("torch.no_grad"):
        run.expect(optimizers.a_step_returns_the_closures_loss(loss), "Tensor.step", optimizer, closure)
    run.expect(optimizers.a_step_returns_the_closures_loss(None), "Tensor.step", optimizer)
    if name == "SGD":
        clause = optimizers.a_step_follows_the_closures_gradient
        run.look(clause(ONES, [SLOPE, SLOPE], {"lr": 0.5}, dtypes.float32), p)


@verifies(optimizers.hooks_run_around_a_step, over=[None])
def test_hooks(run: Run, _: None) -> None:
    p = leaf(run)
    optimizer = run.call("torch.optim.SGD", [p], lr=0.5)
    log = run.whole("builtins.list")

    def logging(word: str) -> Any:
        return run.function(
            f"log_{word}", "optimizer args kwargs", lambda w, *_: w.call("Tensor.append", log, word)
        )

    handles = [
        run.call("Tensor.register_step_pre_hook", optimizer, logging("before")),
        run.call("Tensor.register_step_post_hook", optimizer, logging("after")),
        run.call("Tensor.register_step_pre_hook", optimizer, logging("second")),
    ]
    take_step(run, optimizer, p, Operand(SLOPE))
    due = ["before", "second", "after"]
    run.expect(optimizers.hooks_run_around_a_step(due), "Tensor.join", ",", log)
    run.call("Tensor.remove", handles[0])
    run.call("Tensor.step", optimizer)
    run.expect(optimizers.hooks_run_around_a_step([*due, "second", "after"]), "Tensor.join", ",", log)


# Extensions.


@verifies(optimizers.differentiable_steps_are_recorded, over=[0.5, 0.25])
def test_differentiable(run: Run, lr: float) -> None:
    w = leaf(run)
    p = run.call("Tensor.clone", w)
    run.call("setattr", p, "grad", run.call("operator.mul", w, 2.0))
    optimizer = run.call("torch.optim.SGD", [p], lr=lr, differentiable=True)
    run.call("Tensor.step", optimizer)
    run.call("Tensor.backward", run.call("Tensor.sum", p))
    due = np.full(3, 1 - 2 * lr, np.float32)
    run.expect(optimizers.differentiable_steps_are_recorded(due), "Tensor.grad", w)


@verifies(optimizers.groups_keep_the_names_of_parameters, over=[None])
def test_named_parameters(run: Run, _: None) -> None:
    p, q = leaf(run), leaf(run)
    optimizer = run.call("torch.optim.SGD", [("weight", p), ("bias", q)], lr=0.5)
    group = run.call("getattr", optimizer, "param_groups")[0]
    names = run.whole("operator.getitem", group, "param_names")
    clause = optimizers.groups_keep_the_names_of_parameters
    run.expect(clause(("weight", "bias")), "Tensor.join", ",", names)
