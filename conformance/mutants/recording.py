"""Faults of gradient modes, inference mode and the ways out of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.autograd import modes
from tensorcanon.reference.autograd.nodes import alias
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.state import state
from tensorcanon.reference.storage import Version
from tensorcanon.spec import recording

from .autograd import Nothing
from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]


class _Later(modes.set_grad_enabled):
    """Switches only inside a block."""

    def __init__(self, mode: bool) -> None:
        self.previous, self.mode = state.grad, mode


def _only_in_grad_mode(original: Call) -> Call:
    return lambda made, requires_grad=False: original(made, requires_grad and state.grad)


class _ForAllThreads(modes.no_grad):
    """Switches what other threads start with as well."""

    def __enter__(self) -> None:
        super().__enter__()
        type(state).grad = False

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        type(state).grad = True


def _freezes(original: Call) -> Call:
    def evaluate(self: Any) -> Any:
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        return original(self)

    return evaluate


def _saves_everything(original: Call) -> Call:
    def save(self: Any, tensor: Any, **more: Any) -> None:
        was, tensor.inference = tensor.inference, False
        original(self, tensor, **more)
        tensor.inference = was

    return save


def _stays_inference(original: Call) -> Call:
    def clone(input: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(input, *args, **kwargs)
        made.inference = made.inference or input.inference
        return made

    return clone


def _refuses_normal_targets(original: Call) -> Call:
    def check(target: Any, args: Any, kwargs: Any) -> None:
        if state.inference and not target.inference:
            raise RuntimeError("Inplace update to a normal tensor in inference mode is not allowed.")
        original(target, args, kwargs)

    return check


def _of_another_version(original: Call) -> Call:
    def detach(input: Any) -> Any:
        made = original(input)
        made.version = Version()
        return made

    return detach


def _copied(original: Call) -> Call:
    def detach(input: Any) -> Any:
        return original(original(input).clone())

    return detach


def _deep(original: Call) -> Call:
    def copy(self: Any, memo: Any) -> Any:
        return alias(self).requires_grad_(self.requires_grad)

    return copy


MUTANTS: list[Mutant] = [
    mutant(
        "no_grad_does_nothing",
        (recording.the_innermost_mode_decides, recording.what_is_not_recorded_has_no_gradient),
        attribute(":no_grad", lambda original: Nothing),
    ),
    mutant(
        "operations_are_always_said_to_be_recorded",
        recording.is_grad_enabled_tells_the_mode,
        attribute(":is_grad_enabled", lambda original: lambda: True),
    ),
    mutant(
        "decorators_do_nothing",
        recording.no_grad_is_a_decorator,
        attribute("autograd.modes:_Mode.__call__", lambda original: lambda self, function: function),
    ),
    mutant(
        "set_grad_enabled_waits_for_a_block",
        recording.set_grad_enabled_acts_at_once,
        attribute(":set_grad_enabled", lambda original: _Later),
    ),
    mutant(
        "factories_ask_the_mode",
        recording.factories_keep_their_argument_in_every_mode,
        attribute("creation:finished", _only_in_grad_mode),
    ),
    mutant(
        "modes_reach_all_threads",
        recording.modes_belong_to_their_thread,
        attribute(":no_grad", lambda original: _ForAllThreads),
    ),
    mutant(
        "evaluation_freezes_the_parameters",
        recording.evaluation_mode_keeps_recording,
        attribute("nn.module:Module.eval", _freezes),
    ),
    mutant(
        "inference_mode_does_nothing",
        recording.inference_mode_records_nothing,
        attribute(":inference_mode", lambda original: Nothing),
    ),
    mutant(
        "inference_mode_makes_normal_tensors",
        (
            recording.tensors_made_in_inference_mode_are_inference_tensors,
            recording.inference_tensors_stay_out_of_recorded_work,
        ),
        attribute(":inference_mode", lambda original: lambda mode=True: modes.set_grad_enabled(not mode)),
    ),
    mutant(
        "inference_tensors_are_saved",
        recording.inference_tensors_stay_out_of_recorded_work,
        attribute("autograd.saved:Saved.__init__", _saves_everything),
    ),
    mutant(
        "clones_of_inference_tensors_are_inference_tensors",
        recording.clones_of_inference_tensors_are_normal,
        kernel("clone", _stays_inference),
    ),
    mutant(
        "normal_tensors_are_not_written_in_inference_mode",
        recording.normal_tensors_may_be_used_in_inference_mode,
        attribute("autograd.tape:check_writable", _refuses_normal_targets),
    ),
    mutant(
        "inference_tensors_are_added_to",
        recording.inference_tensors_take_no_part_in_recorded_operations,
        attribute("autograd.saved:Saved.__init__", _saves_everything),
    ),
    mutant(
        "clones_are_windows",
        recording.clones_share_no_memory,
        kernel("clone", lambda original: lambda input, *a, **k: alias(input)),
    ),
    mutant(
        "clones_are_constants",
        recording.clones_pass_the_gradient_on,
        attribute(
            "tensor:Tensor.clone", lambda original: lambda self, **k: original(self.detach()).requires_grad_()
        ),
    ),
    mutant(
        "detach_keeps_tracking",
        (
            recording.detached_tensors_are_out_of_the_graph,
            recording.no_gradient_flows_through_detach,
            recording.integers_and_numbers_cut_the_graph,
        ),
        kernel(
            "detach",
            lambda original: lambda input: input.view_as(input) if input.grad_fn else original(input),
        ),
        fault="tinygrad/tinygrad#13380",
    ),
    mutant(
        "detached_tensors_are_copies",
        recording.detached_tensors_share_memory,
        kernel("detach", _copied),
    ),
    mutant(
        "detach_in_place_does_nothing",
        recording.detach_in_place_returns_the_tensor_without_history,
        kernel("detach_", lambda original: lambda input: input.detach()),
    ),
    mutant(
        "data_is_a_copy",
        recording.data_shares_memory_and_has_no_history,
        attribute(
            "tensor:Tensor.data",
            lambda original: property(lambda self: ops.clone(self.detach()), original.fset),
        ),
    ),
    mutant(
        "data_counts_its_writes",
        recording.edits_through_data_go_unnoticed,
        attribute("tensor:Tensor.data", lambda original: property(alias, original.fset)),
    ),
    mutant(
        "detached_tensors_count_writes_for_themselves",
        recording.edits_through_detach_are_noticed,
        kernel("detach", _of_another_version),
    ),
    mutant(
        "arrays_are_made_of_everything",
        recording.arrays_are_not_made_of_tensors_that_require_grad,
        attribute("tensor:_check_numpy", lambda original: lambda tensor: None),
    ),
    mutant(
        "frozen_leaves_thaw",
        recording.frozen_leaves_get_no_gradient,
        kernel("requires_grad_", lambda original: lambda input, requires_grad=True: original(input, True)),
    ),
    mutant(
        "gradients_keep_the_type_they_come_in",
        recording.gradients_are_cast_back,
        attribute(
            "autograd.recording:fitted",
            lambda original: lambda grad, shape, kind: original(grad, shape, grad.dtype),
        ),
    ),
    mutant(
        "conversions_drop_the_graph",
        recording.gradients_are_cast_back,
        kernel("_to", lambda original: lambda *args, **kwargs: original(*args, **kwargs).detach()),
        fault="tinygrad/tinygrad#3593",
    ),
    mutant(
        "deep_copies_are_windows",
        (recording.deep_copies_share_no_memory, recording.only_leaves_are_copied_deeply),
        attribute("tensor:Tensor.__deepcopy__", _deep),
    ),
    mutant(
        "zero_grad_lays_gradients_out_anew",
        recording.zero_grad_keeps_the_layout_of_gradients,
        attribute(
            "autograd.accumulation:own_copy",
            lambda original: lambda variable, grad: original(variable, grad).contiguous(),
        ),
    ),
]
