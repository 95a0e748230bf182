"""Functions that autograd calls on the way: hooks of tensors, of nodes and of saved tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises

_TENSOR = "torch.Tensor.register_hook; notes/autograd#backward-hooks-execution"
_LEAF = "torch.Tensor.register_post_accumulate_grad_hook"
_ORDER = "notes/autograd#the-order-in-which-the-different-hooks-are-fired"
_NODE = "autograd.graph.Node.register_hook; autograd.graph.Node.register_prehook"
_SAVED = "notes/autograd#saved-tensors"
_PACKED = "autograd.graph.saved_tensors_hooks; notes/autograd#hooks-for-saved-tensors"


def _gradient(value: Array) -> Exactly:
    return Exactly(np.asarray(value), signed_zero=False)


# Tensors.


@clause(_TENSOR, covers="autograd.tensor-hook")
def hooks_are_called_with_the_gradient(gradients: Sequence[Array]) -> Outcome:
    """A hook of a tensor, a leaf or a result, is called once in each pass that reaches it, with the sum of
    the gradients of all its uses.

    Judged is the list of what it was called with.
    """
    return Each(tuple(_gradient(gradient) for gradient in gradients))


@clause(_TENSOR, covers="autograd.tensor-hook")
def a_tensor_that_a_hook_returns_replaces_the_gradient(gradient: Array) -> Outcome:
    """What a hook returns takes the place of the gradient, for the hooks after it and for everything before
    the tensor in the graph."""
    return _gradient(gradient)


@clause(_TENSOR, covers="autograd.hook-modify-in-place", level="extended")
def a_hook_that_returns_none_keeps_the_gradient(gradient: Array) -> Outcome:
    """A hook that returns None leaves the gradient as it was."""
    return _gradient(gradient)


@clause(_TENSOR, covers="autograd.tensor-hook")
def hooks_run_in_the_order_of_their_registration(labels: Sequence[str]) -> Outcome:
    """Hooks of a tensor run in the order in which they were registered; a handle's `remove` takes one out.

    Judged is the list of their calls.
    """
    return Each(tuple(map(Exactly, labels)))


@clause(_TENSOR, covers="autograd.tensor-hook")
def hooks_need_a_tensor_that_requires_grad() -> Outcome:
    """Registering a hook on a tensor that does not require gradients is an error."""
    return Raises("RuntimeError")


@clause(_LEAF, covers="autograd.post-accumulate-hook", level="extended")
def hooks_after_accumulation_see_the_new_gradient(gradients: Sequence[Array]) -> Outcome:
    """A hook for after accumulation is called with the leaf when its `grad` has grown.

    Judged is the list of what `grad` was.
    """
    return Each(tuple(_gradient(gradient) for gradient in gradients))


@clause(_LEAF, covers="autograd.post-accumulate-hook", level="extended")
def hooks_after_accumulation_need_a_leaf() -> Outcome:
    """Registering such a hook on a tensor that is no leaf is an error."""
    return Raises("RuntimeError")


@clause("autograd.graph.register_multi_grad_hook", covers="autograd.multi-grad-hook", level="extended")
def hooks_of_several_tensors_wait_for_all(gradients: Sequence[Sequence[Array | None]]) -> Outcome:
    """A hook of several tensors is called once in a pass, when the gradients of all of them are there, with
    a list of these, None for a tensor that the pass does not reach."""
    return Each(
        tuple(
            Each(tuple(Exactly(None) if one is None else _gradient(one) for one in call))
            for call in gradients
        )
    )


# Nodes.


@clause(_NODE, covers="autograd.node-hooks", level="extended")
def hooks_of_a_node_see_its_gradients(counts: tuple[int, ...]) -> Outcome:
    """A hook before a node is called with the gradients of its outputs, one after it with those of its
    inputs and outputs.

    Judged is how many gradients each tuple holds.
    """
    return Each(tuple(map(Exactly, counts)))


@clause(_NODE, covers="autograd.node-hooks", level="extended")
def what_a_hook_of_a_node_returns_replaces_the_gradients(gradient: Array) -> Outcome:
    """A tuple that a hook of a node returns takes the place of the gradients of its outputs, or of its
    inputs for a hook after it."""
    return _gradient(gradient)


@clause(_ORDER, covers="autograd.node-hooks", level="extended")
def hooks_run_in_a_fixed_order(labels: Sequence[str]) -> Outcome:
    """In a pass hooks of a tensor come first, then hooks before its node, then the node, hooks after
    accumulation, and hooks after the node.

    Judged is the list of calls.
    """
    return Each(tuple(map(Exactly, labels)))


@clause(
    "notes/autograd#whether-a-particular-hook-will-be-fired", covers="autograd.node-hooks", level="extended"
)
def hooks_run_only_where_their_node_does(calls: int) -> Outcome:
    """A hook of a node that the pass does not run is not called.

    Judged is the number of calls.
    """
    return Exactly(calls)


# Saved tensors.


@clause(_SAVED, covers="autograd.saved-tensors", level="extended")
def nodes_show_what_they_saved() -> Outcome:
    """A node shows the tensors it saved as attributes; an input saved is that very tensor."""
    return Exactly(True)


@clause(_SAVED, covers="autograd.saved-tensors", level="extended")
def saved_tensors_are_freed_by_a_pass() -> Outcome:
    """Reading such an attribute after a pass freed it is an error."""
    return Raises("RuntimeError")


@clause(_PACKED, covers="autograd.saved-tensors-hooks", level="extended")
def packed_tensors_are_those_saved(values: Sequence[Array]) -> Outcome:
    """Within `saved_tensors_hooks` the first function is called with each tensor that an operation saves.

    Judged is the list of these.
    """
    return Each(tuple(_gradient(value) for value in values))


@clause(_PACKED, covers="autograd.saved-tensors-hooks", level="extended")
def the_pass_uses_what_was_unpacked(gradient: Array) -> Outcome:
    """A pass uses what the second function makes of what the first one returned, outside the block too."""
    return _gradient(gradient)


@clause("autograd.graph.save_on_cpu", covers="autograd.saved-tensors-hooks", level="extended")
def tensors_saved_elsewhere_give_the_same_gradient(gradient: Array) -> Outcome:
    """Under `save_on_cpu` gradients are what they are without it."""
    return _gradient(gradient)


@clause("autograd.detect_anomaly", covers="autograd.anomaly", level="extended")
def anomaly_detection_refuses_nan(detecting: bool) -> Outcome:
    """Under `detect_anomaly` a pass in which an operation makes a NaN is an error; otherwise it is not."""
    return Raises("RuntimeError", message="returned nan values") if detecting else Exactly(None)
