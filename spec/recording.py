"""What is recorded and what is not: gradient modes, inference mode, and ways out of the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure
from .rules.dtypes import DType

_NO_GRAD = "torch.no_grad; notes/autograd#no-grad-mode"
_INFERENCE = "torch.inference_mode; notes/autograd#inference-mode"
# What each mode does to recording, by the name of its context manager and its argument.
MODES: dict[tuple[str, bool | None], bool] = {
    ("no_grad", None): False,
    ("enable_grad", None): True,
    ("set_grad_enabled", False): False,
    ("set_grad_enabled", True): True,
}


def _gradient(value: Array) -> Exactly:
    return Exactly(np.asarray(value), signed_zero=False)


# Modes.


@clause(
    f"{_NO_GRAD}; torch.enable_grad; torch.set_grad_enabled",
    covers=("autograd.no-grad", "autograd.set-grad-enabled"),
)
def the_innermost_mode_decides(modes: Sequence[tuple[str, bool | None]]) -> Outcome:
    """Inside nested gradient modes the innermost one decides whether operations are recorded; leaving it
    brings back the one around it.

    Judged is the result of an operation on a tensor that requires gradients.
    """
    return Structure(requires_grad=MODES[modes[-1]] if modes else True)


@clause("torch.is_grad_enabled", covers="autograd.no-grad")
def is_grad_enabled_tells_the_mode(modes: Sequence[tuple[str, bool | None]]) -> Outcome:
    """`is_grad_enabled()` says whether operations are recorded."""
    return Exactly(MODES[modes[-1]] if modes else True)


@clause(_NO_GRAD, covers="autograd.no-grad")
def no_grad_is_a_decorator(enabled_inside: bool) -> Outcome:
    """A gradient mode called with a function gives a function that runs in the mode, each time."""
    return Structure(requires_grad=enabled_inside)


@clause("torch.set_grad_enabled", covers="autograd.set-grad-enabled")
def set_grad_enabled_acts_at_once(mode: bool) -> Outcome:
    """`set_grad_enabled(mode)` called as a function switches recording from there on."""
    return Structure(requires_grad=mode)


@clause(_NO_GRAD, covers="autograd.no-grad-factories")
def factories_keep_their_argument_in_every_mode(asked: bool) -> Outcome:
    """A factory told `requires_grad=True` makes a tensor that requires gradients under `no_grad` too."""
    return Structure(requires_grad=asked)


@clause(_NO_GRAD, covers="autograd.no-grad")
def what_is_not_recorded_has_no_gradient(gradient: Array) -> Outcome:
    """A value computed under `no_grad` is a constant for the operations after it."""
    return _gradient(gradient)


@clause(_NO_GRAD, covers="autograd.thread-local-modes", level="extended")
def modes_belong_to_their_thread(recorded: bool) -> Outcome:
    """A mode entered in one thread does not reach another, which starts in grad mode."""
    return Structure(requires_grad=recorded)


@clause("notes/autograd#evaluation-mode-nn-module-eval", covers="autograd.eval-not-nograd")
def evaluation_mode_keeps_recording() -> Outcome:
    """A module in evaluation mode is recorded as one in training mode is."""
    return Structure(requires_grad=True)


# Inference mode.


@clause(_INFERENCE, covers="autograd.inference-mode")
def inference_mode_records_nothing(recording: bool) -> Outcome:
    """Under `inference_mode` results do not require gradients; `inference_mode(False)` inside it records."""
    return Structure(requires_grad=recording)


@clause(f"{_INFERENCE}; torch.Tensor.is_inference", covers="autograd.inference-mode")
def tensors_made_in_inference_mode_are_inference_tensors(made_inside: bool) -> Outcome:
    """`is_inference()` is True for tensors allocated in inference mode, and their views, and for no
    others."""
    return Exactly(made_inside)


@clause(_INFERENCE, covers="autograd.inference-mode")
def inference_tensors_stay_out_of_recorded_work() -> Outcome:
    """Outside inference mode, saving an inference tensor for a backward pass, writing to one in place and
    asking one to require gradients are errors."""
    return Raises("RuntimeError")


@clause(_INFERENCE, covers="autograd.inference-mode")
def clones_of_inference_tensors_are_normal(gradient: Array) -> Outcome:
    """A clone made outside inference mode is a normal tensor, which may be saved for a backward pass."""
    return _gradient(gradient)


@clause(_INFERENCE, covers="autograd.inference-mode")
def normal_tensors_may_be_used_in_inference_mode(values: Array) -> Outcome:
    """In inference mode normal tensors can be read, and written to in place where they are no leaf that
    requires gradients."""
    return Exactly(values)


@clause(_INFERENCE, covers="autograd.inference-tensor-unsaved", level="extended")
def inference_tensors_take_no_part_in_recorded_operations() -> Outcome:
    """A recorded operation refuses an inference tensor."""
    return Raises("RuntimeError")


# Out of the graph.


@clause("torch.clone; torch.Tensor.clone", covers="autograd.clone-differentiable")
def clones_pass_the_gradient_on(gradient: Array) -> Outcome:
    """The gradient of a clone flows to the tensor it was made of, unchanged."""
    return _gradient(gradient)


@clause("torch.clone; torch.Tensor.clone", covers="autograd.clone-differentiable")
def clones_share_no_memory(values: Array) -> Outcome:
    """A write to a clone is not seen in its source, nor conversely."""
    return Exactly(values)


@clause("torch.Tensor.detach", covers="autograd.detach")
def detached_tensors_are_out_of_the_graph(values: Array) -> Outcome:
    """`detach()` gives the same elements as a leaf that does not require gradients, of a result too."""
    return Exactly(values, requires_grad=False)


@clause("torch.Tensor.detach", covers="autograd.detach")
def detached_tensors_share_memory(values: Array) -> Outcome:
    """A write to a detached tensor is seen in its source, and conversely."""
    return Exactly(values)


@clause("torch.Tensor.detach", covers="autograd.detach")
def no_gradient_flows_through_detach(gradient: Array) -> Outcome:
    """What is computed from a detached tensor does not count for the gradient of its source."""
    return _gradient(gradient)


@clause("torch.Tensor.detach_", covers="autograd.detach")
def detach_in_place_returns_the_tensor_without_history(values: Array) -> Outcome:
    """`detach_()` takes the tensor itself out of the graph."""
    return Exactly(values, requires_grad=False)


@clause("autograd#variable-deprecated", covers="autograd.data-attr")
def data_shares_memory_and_has_no_history(values: Array) -> Outcome:
    """`x.data` shares the memory of `x` and does not require gradients."""
    return Exactly(values, requires_grad=False)


@clause("autograd#variable-deprecated", covers="autograd.data-attr")
def edits_through_data_go_unnoticed(gradient: Array) -> Outcome:
    """A backward pass takes a saved tensor as it is, after an edit through `data` too, and raises no
    error."""
    return _gradient(gradient)


@clause("torch.Tensor.detach; notes/autograd#in-place-correctness-checks", covers="autograd.detach")
def edits_through_detach_are_noticed() -> Outcome:
    """A backward pass that needs a tensor which was edited through `detach()` is an error."""
    return Raises("RuntimeError", message="modified by an inplace operation")


@clause("torch.Tensor.numpy", covers="autograd.numpy-requires-grad-error")
def arrays_are_not_made_of_tensors_that_require_grad(requires_grad: bool, values: Array) -> Outcome:
    """`numpy()` of a tensor that requires gradients is an error; of the detached tensor it is not."""
    if requires_grad:
        return Raises("RuntimeError", message="Can't call numpy() on Tensor that requires grad")
    return Each(tuple(Exactly(value) for value in values.tolist()), sequence="list")


@clause("notes/autograd#setting-requires-grad", covers="autograd.freeze")
def frozen_leaves_get_no_gradient(gradient: Array | None) -> Outcome:
    """A leaf of which `requires_grad_(False)` was asked gets no gradient; the others get theirs."""
    return Exactly(None) if gradient is None else _gradient(gradient)


@clause("notes/autograd#setting-requires-grad", covers="autograd.backward-nondiff-int")
def integers_and_numbers_cut_the_graph(gradient: Array) -> Outcome:
    """What passes through an integer type, a Python number, an array or `detach` has no gradient."""
    return _gradient(gradient)


@clause("torch.Tensor.to", covers="autograd.dtype-cast-grad")
def gradients_are_cast_back(gradient: Array, dtype: DType) -> Outcome:
    """The gradient of a tensor that was converted to another floating type comes back in its own."""
    return _gradient(gradient.astype(dtype.storage))


@clause("docs silent", covers="autograd.deepcopy", basis="observed")
def only_leaves_are_copied_deeply(leaf: bool, values: Array, requires_grad: bool) -> Outcome:
    """A deep copy of a leaf has its elements and requires gradients as it does; of a result it is an
    error."""
    if not leaf:
        return Raises("RuntimeError")
    return Exactly(values, requires_grad=requires_grad)


@clause("docs silent", covers="autograd.deepcopy", basis="observed")
def deep_copies_share_no_memory(values: Array) -> Outcome:
    """A write to a deep copy is not seen in its source."""
    return Exactly(values)


@clause("autograd#default-gradient-layouts", covers="autograd.zero-grad-resets-layout", level="extended")
def zero_grad_keeps_the_layout_of_gradients(strides: tuple[int, ...]) -> Outcome:
    """A gradient that was assigned with a layout of its own keeps it over `zero_grad` and later passes."""
    return Structure(strides=strides)
