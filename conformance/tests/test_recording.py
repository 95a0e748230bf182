"""Gradient modes and inference mode."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import recording
from tensorcanon.spec.recording import MODES

Mode = tuple[str, bool | None]
ONES = np.ones(3, np.float32)


def entered(run: Run, mode: Mode) -> Any:
    name, flag = mode
    return run.within(f"torch.{name}", *([] if flag is None else [flag]))


def draw_modes(tape: Tape) -> list[Mode | None]:
    """Draw modes to enter; None leaves the innermost."""
    return [tape.choose((*MODES, None)) for _ in range(tape.between(1, 8))]


@verifies(recording.the_innermost_mode_decides, recording.is_grad_enabled_tells_the_mode, drawn=draw_modes)
def test_nesting(run: Run, steps: list[Mode | None]) -> None:
    x = run.tensor(ONES, requires_grad=True)
    nest(run, x, steps, [])


def nest(run: Run, x: Any, steps: list[Mode | None], modes: list[Mode]) -> None:
    """Enter and leave modes one inside another, and judge after each step."""
    judge(run, x, modes)
    while steps:
        step = steps.pop(0)
        if step is None:
            break
        with entered(run, step):
            nest(run, x, steps, [*modes, step])
        judge(run, x, modes)


def judge(run: Run, x: Any, modes: list[Mode]) -> None:
    run.expect(recording.the_innermost_mode_decides(modes), "operator.mul", x, 2.0)
    run.expect(recording.is_grad_enabled_tells_the_mode(modes), "torch.is_grad_enabled")


@verifies(
    recording.no_grad_is_a_decorator, over=[("no_grad", True), ("no_grad", False), ("enable_grad", True)]
)
def test_decorators(run: Run, case: tuple[str, bool]) -> None:
    name, called = case
    x = run.tensor(ONES, requires_grad=True)
    double = run.function("double", "x", lambda w, x: w.call("operator.mul", x, 2.0))
    mode = run.whole(f"torch.{name}") if called else Symbol(name)
    wrapped = run.whole("Tensor.__call__", mode, double) if called else run.whole(f"torch.{name}", double)
    with run.within("torch.set_grad_enabled", name == "no_grad"):
        for _ in range(2):
            result = run.call("Tensor.__call__", wrapped, x)
            run.look(recording.no_grad_is_a_decorator(name == "enable_grad"), result)
            after = run.call("operator.mul", x, 2.0)
            run.look(recording.no_grad_is_a_decorator(name == "no_grad"), after)


@verifies(recording.set_grad_enabled_acts_at_once, over=[(True, False), (False, True), (False, False)])
def test_set_grad_enabled(run: Run, case: tuple[bool, bool]) -> None:
    x = run.tensor(ONES, requires_grad=True)
    with run.within("torch.enable_grad"):
        for mode in (*case, True):
            run.call("torch.set_grad_enabled", mode)
            run.expect(recording.set_grad_enabled_acts_at_once(mode), "operator.mul", x, 2.0)


@verifies(
    recording.factories_keep_their_argument_in_every_mode,
    over=[(mode, asked) for mode in ("no_grad", "enable_grad", "inference_mode") for asked in (True, False)],
)
def test_factories(run: Run, case: tuple[str, bool]) -> None:
    mode, asked = case
    with run.within(f"torch.{mode}"):
        allowed = recording.factories_keep_their_argument_in_every_mode(asked)
        run.expect(allowed, "torch.ones", (2,), requires_grad=asked)
        run.expect(allowed, "torch.tensor", [1.0], requires_grad=asked)


@verifies(
    recording.what_is_not_recorded_has_no_gradient, over=["no_grad", "inference_mode", "set_grad_enabled"]
)
def test_constants(run: Run, mode: str) -> None:
    array = np.array([1.0, 2.0, -3.0], np.float32)
    x = run.tensor(array, requires_grad=True)
    with run.within(f"torch.{mode}", *([False] if mode == "set_grad_enabled" else [])):
        factor = run.call("operator.mul", x, 3.0)
    if mode == "inference_mode":
        factor = run.call("Tensor.clone", factor)
    y = run.call("Tensor.sum", run.call("operator.mul", x, factor))
    run.call("Tensor.backward", y)
    run.expect(recording.what_is_not_recorded_has_no_gradient(3 * array), "Tensor.grad", x)


@verifies(recording.modes_belong_to_their_thread, over=["no_grad", "enable_grad"])
def test_threads(run: Run, mode: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    found = run.whole("builtins.list")

    def work(writer: Any) -> Any:
        writer.call("Tensor.append", found, writer.call("operator.mul", x, 2.0))
        with writer.within("torch.no_grad"):
            writer.call("Tensor.append", found, writer.call("operator.mul", x, 2.0))

    target = run.function("work", "", work)
    with run.within(f"torch.{mode}"):
        thread = run.whole("threading.Thread", target=target)
        run.call("Tensor.start", thread)
        run.call("Tensor.join", thread)
        run.look(
            recording.modes_belong_to_their_thread(mode == "enable_grad"), run.call("operator.mul", x, 2.0)
        )
    for place, recorded in enumerate((True, False)):
        run.expect(recording.modes_belong_to_their_thread(recorded), "operator.getitem", found, place)


@verifies(recording.evaluation_mode_keeps_recording, over=["train", "eval"])
def test_evaluation(run: Run, mode: str) -> None:
    module = run.call("torch.nn.Linear", 2, 3)
    run.call(f"Tensor.{mode}", module)
    x = run.tensor(np.ones((4, 2), np.float32))
    run.expect(recording.evaluation_mode_keeps_recording(), "Tensor.__call__", module, x)


# Inference mode.


@verifies(
    recording.inference_mode_records_nothing,
    recording.tensors_made_in_inference_mode_are_inference_tensors,
    recording.normal_tensors_may_be_used_in_inference_mode,
)
def test_inference_mode(run: Run, tape: Tape) -> None:
    array = np.array([1.0, 2.0, 3.0], np.float32) * tape.between(1, 8)
    x, normal = run.tensor(array, requires_grad=True), run.tensor(array)
    kind = recording.tensors_made_in_inference_mode_are_inference_tensors
    with ExitStack() as stack:
        stack.enter_context(run.within("torch.inference_mode"))
        inside = run.expect(recording.inference_mode_records_nothing(False), "operator.mul", x, 2.0)
        run.expect(kind(True), "Tensor.is_inference", inside)
        run.expect(kind(True), "Tensor.is_inference", run.call("operator.getitem", inside, 0))
        run.expect(kind(True), "Tensor.is_inference", run.call("Tensor.view", inside, 3, 1))
        run.expect(kind(False), "Tensor.is_inference", x)
        run.expect(kind(True), "torch.is_inference_mode_enabled")
        run.call("Tensor.mul_", normal, 2.0)
        run.look(recording.normal_tensors_may_be_used_in_inference_mode(array * 2), normal)
        with run.within("torch.inference_mode", False):
            outside = run.expect(recording.inference_mode_records_nothing(True), "operator.mul", x, 2.0)
        run.expect(kind(False), "Tensor.is_inference", outside)
    run.expect(recording.inference_mode_records_nothing(True), "operator.mul", x, 2.0)
    run.expect(kind(False), "Tensor.is_inference", run.call("operator.mul", inside, 2.0))
    run.expect(kind(False), "Tensor.is_inference", run.call("Tensor.clone", inside))
    run.expect(kind(False), "torch.is_inference_mode_enabled")


MISUSES = ("mul", "pow", "add_", "setitem", "zero_", "requires_grad_", "attribute", "matmul")


@verifies(recording.inference_tensors_stay_out_of_recorded_work, over=MISUSES)
def test_misuse(run: Run, kind: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    with run.within("torch.inference_mode"):
        made = run.call("operator.mul", run.tensor(ONES), 2.0)
    allowed = recording.inference_tensors_stay_out_of_recorded_work()
    match kind:
        case "mul" | "matmul":
            run.expect(allowed, f"operator.{kind}", x, made)
        case "pow":
            run.expect(allowed, "torch.pow", x, made)
        case "add_":
            run.expect(allowed, "Tensor.add_", made, 1.0)
        case "setitem":
            run.expect(allowed, "operator.setitem", made, 0, 1.0)
        case "attribute":
            run.expect(allowed, "setattr", made, "requires_grad", True)
        case _:
            run.expect(allowed, f"Tensor.{kind}", made)


@verifies(recording.clones_of_inference_tensors_are_normal, over=["clone", "mul"])
def test_clones_of_inference_tensors(run: Run, kind: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    with run.within("torch.inference_mode"):
        made = run.call("operator.mul", run.tensor(ONES), 5.0)
    normal = run.call("Tensor.clone", made) if kind == "clone" else run.call("operator.mul", made, 1.0)
    run.call("Tensor.backward", run.call("Tensor.sum", run.call("operator.mul", x, normal)))
    run.expect(recording.clones_of_inference_tensors_are_normal(5 * ONES), "Tensor.grad", x)


@verifies(recording.inference_tensors_take_no_part_in_recorded_operations, over=["add", "sub"])
def test_unsaved_inference_tensors(run: Run, name: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    with run.within("torch.inference_mode"):
        made = run.call("operator.mul", run.tensor(ONES), 5.0)
    allowed = recording.inference_tensors_take_no_part_in_recorded_operations()
    run.expect(allowed, f"operator.{name}", x, made)


@verifies(recording.zero_grad_keeps_the_layout_of_gradients, over=["module", "optimizer"])
def test_layout_after_zero_grad(run: Run, kind: str) -> None:
    module = run.call("torch.nn.Linear", 3, 2, False)
    weight = run.call("getattr", module, "weight")
    own = run.call("Tensor.t", run.tensor(np.ones((3, 2), np.float32)))
    run.call("setattr", weight, "grad", own)
    owner = module if kind == "module" else run.call("torch.optim.SGD", [weight], lr=0.1)
    run.call("Tensor.zero_grad", owner)
    result = run.call("Tensor.__call__", module, run.tensor(np.ones((1, 3), np.float32)))
    run.call("Tensor.backward", run.call("Tensor.sum", result))
    run.expect(recording.zero_grad_keeps_the_layout_of_gradients((1, 2)), "Tensor.grad", weight)
