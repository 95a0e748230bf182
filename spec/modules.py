"""Modules: what they register, save, pass on to what is inside, and how they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure
from .rules.dtypes import DType

_MODULE = "torch.nn.Module"
_STATE = "notes/modules#module-state"


def _texts(names: Sequence[str]) -> Outcome:
    return Exactly(tuple(names))


@clause(_MODULE, covers="modules.subclass")
def a_class_must_initialise_its_base_first() -> Outcome:
    """Assigning a parameter or a submodule before the base class's initialiser has run is an error."""
    return Raises("AttributeError", message="before Module.__init__() call")


@clause(_MODULE, covers="modules.subclass")
def calling_a_module_runs_forward(result: Array) -> Outcome:
    """Calling an instance runs its `forward` with the same arguments."""
    return Exactly(result)


@clause("torch.nn.Module.forward", covers="modules.forward-missing")
def a_module_without_forward_cannot_be_called() -> Outcome:
    """Calling a module whose class defines no `forward` is not implemented."""
    return Raises("NotImplementedError")


@clause(f"torch.nn.Module.register_parameter; {_STATE}", covers="modules.parameter-registration")
def assigned_parameters_are_registered(names: Sequence[str]) -> Outcome:
    """Assigning a parameter to an attribute registers it, among parameters and in the state; an ordinary
    tensor is an attribute and nothing more."""
    return _texts(names)


@clause("torch.nn.Module.register_parameter", covers="modules.parameter-registration")
def a_tensor_cannot_replace_a_parameter() -> Outcome:
    """Assigning an ordinary tensor to the name of a parameter is an error of type."""
    return Raises("TypeError")


@clause("torch.nn.Module.register_parameter", covers="modules.register-parameter")
def parameters_can_be_registered_by_name(names: Sequence[str]) -> Outcome:
    """Registering a parameter by name is as good as assigning it; None keeps the name, shows as None, and is
    neither listed nor saved."""
    return _texts(names)


@clause("torch.nn.Module.register_parameter", covers="modules.register-parameter")
def a_reserved_name_is_none() -> Outcome:
    """A name that was registered with None shows None."""
    return Exactly(None)


@clause("torch.nn.Module.register_parameter", covers="modules.register-parameter", basis="observed")
def names_and_parameters_are_checked(what: str) -> Outcome:
    """A name with a dot in it, an empty one or one that is taken is refused as a key, and what is no
    parameter as a type."""
    return Raises("TypeError" if what == "tensor" else "KeyError")


@clause(
    "torch.nn.Module.named_parameters; notes/modules#modules-as-building-blocks",
    covers="modules.named-order-prefix",
)
def parameters_are_listed_in_the_order_of_registration(names: Sequence[str]) -> Outcome:
    """Own parameters come first and then those of the children, in the order in which they were registered,
    under names joined by dots; a shared parameter is listed once."""
    return _texts(names)


@clause("torch.nn.Module.named_modules", covers="modules.named-order-prefix")
def modules_are_listed_with_themselves_first(names: Sequence[str]) -> Outcome:
    """All modules inside are listed after the module itself, whose name is empty, once, depth first."""
    return _texts(names)


@clause(f"torch.nn.Module.register_buffer; {_STATE}", covers="modules.buffers")
def buffers_are_state_that_is_not_learned(names: Sequence[str]) -> Outcome:
    """A buffer is listed among the buffers and not among the parameters, and saved only if persistent."""
    return _texts(names)


@clause("torch.nn.Module.state_dict", covers="modules.state-dict")
def the_state_has_every_name(names: Sequence[str]) -> Outcome:
    """The state holds parameters and persistent buffers under their paths: each module's parameters, its
    buffers, then its children."""
    return _texts(names)


@clause("torch.nn.Module.state_dict", covers="modules.state-dict")
def the_state_shares_memory(value: Array) -> Outcome:
    """Tensors of the state are detached and share memory with the module: a write through either is seen
    through the other."""
    return Exactly(value, requires_grad=False)


@clause("torch.nn.Module.load_state_dict", covers="modules.load-state-dict")
def loading_copies_into_the_modules_own_tensors(value: Array) -> Outcome:
    """Loading copies elements into the tensors that the module has, which stay the same objects."""
    return Exactly(value)


@clause("torch.nn.Module.load_state_dict", covers="modules.load-state-dict")
def loading_tells_missing_and_unexpected_keys(missing: Sequence[str], unexpected: Sequence[str]) -> Outcome:
    """Loading returns the names that were missing and those that the module has no place for."""
    listed = (Each(tuple(map(Exactly, names)), sequence="list") for names in (missing, unexpected))
    return Each(tuple(listed), names=("missing_keys", "unexpected_keys"))


@clause("torch.nn.Module.load_state_dict", covers="modules.load-state-dict")
def strict_loading_wants_the_same_keys() -> Outcome:
    """Strict loading, the default, refuses missing and unexpected keys."""
    return Raises("RuntimeError")


@clause("torch.nn.Module.load_state_dict", covers="modules.load-state-dict")
def loading_wants_the_same_shapes() -> Outcome:
    """A tensor of another shape is refused, strict or not."""
    return Raises("RuntimeError")


@clause("torch.nn.Module.load_state_dict", covers="modules.load-state-dict")
def assigning_loads_take_the_given_tensors(value: Array) -> Outcome:
    """With ``assign=True`` the given tensors take the place of the module's own, so that writes to them are
    seen in it."""
    return Exactly(value)


@clause(
    "torch.nn.Module.train; torch.nn.Module.eval; notes/modules#neural-network-training-with-modules",
    covers="modules.train-eval",
)
def the_mode_reaches_every_module_inside(training: bool) -> Outcome:
    """Modules start in training mode; `train` and `eval` set the mode of the module and of all inside it, at
    any depth."""
    return Exactly(training)


@clause(
    "torch.nn.Module.train; torch.nn.Module.apply; torch.nn.Module.requires_grad_; torch.nn.Module.to",
    covers=("modules.train-eval", "modules.apply", "modules.requires-grad", "modules.to"),
)
def changes_return_the_module() -> Outcome:
    """Functions that change a whole module return it."""
    return Exactly(True)


@clause("torch.nn.Module.zero_grad", covers="modules.zero-grad")
def zero_grad_forgets_gradients() -> Outcome:
    """By default the gradient of every parameter inside becomes None."""
    return Exactly(None)


@clause("torch.nn.Module.zero_grad", covers="modules.zero-grad")
def gradients_can_be_zeroed_in_place(shape: Sequence[int]) -> Outcome:
    """With ``set_to_none=False`` the gradients are filled with zeros in place."""
    return Exactly(np.zeros(tuple(shape), np.float32))


@clause("torch.nn.Module.to; notes/modules", covers=("modules.to", "modules.buffers"))
def conversion_changes_floating_state(dtype: DType, shape: Sequence[int]) -> Outcome:
    """Conversion to a floating type changes parameters and floating buffers, in all modules inside, and
    leaves integer buffers as they are."""
    return Structure(dtype=dtype, shape=tuple(shape))


@clause("torch.nn.Module.to", covers="modules.to", basis="observed")
def conversion_keeps_parameters_the_same_objects() -> Outcome:
    """Parameters are converted in place: an optimizer that holds them holds the converted ones."""
    return Exactly(True)


@clause("torch.nn.Module.to", covers="modules.to")
def modules_convert_to_floating_types_only() -> Outcome:
    """Only floating and complex types are accepted."""
    return Raises("TypeError")


@clause("torch.nn.Module.apply", covers="modules.apply")
def a_function_is_applied_to_children_first(names: Sequence[str]) -> Outcome:
    """A function is applied to every module inside, children before their parents and the module itself last.

    Judged is the list of what it was called with.
    """
    return Each(tuple(map(Exactly, names)))


@clause("torch.nn.Module.requires_grad_", covers="modules.requires-grad")
def the_flag_is_set_on_every_parameter(wanted: bool) -> Outcome:
    """Setting the flag on a module sets it on every parameter inside."""
    return Exactly(wanted)


@clause(
    "torch.nn.Module.register_forward_pre_hook; notes/modules#module-hooks", covers="modules.forward-hooks"
)
def hooks_before_forward_may_replace_the_arguments(result: Array) -> Outcome:
    """A hook before `forward` gets the module and its arguments; what it returns takes their place."""
    return Exactly(result)


@clause("torch.nn.Module.register_forward_hook; notes/modules#module-hooks", covers="modules.forward-hooks")
def hooks_after_forward_may_replace_the_output(result: Array) -> Outcome:
    """A hook after `forward` gets the module, the arguments and the output; what it returns takes the
    output's place. Hooks run when the module is called, not when `forward` is, and no more once
    removed."""
    return Exactly(result)


@clause("torch.nn.Module.register_full_backward_hook", covers="modules.backward-hooks")
def backward_hooks_see_the_gradients(grad: Array) -> Outcome:
    """A backward hook gets tuples of the gradients of the inputs and of the outputs, computed."""
    return Exactly(grad, signed_zero=False)


@clause("torch.nn.Module.register_full_backward_hook", covers="modules.backward-hooks")
def backward_hooks_may_replace_the_gradient(grad: Array) -> Outcome:
    """A tuple that a backward hook returns takes the place of the gradients of the inputs."""
    return Exactly(grad, signed_zero=False)


@clause("torch.nn.Module.register_full_backward_hook", covers="modules.backward-hooks")
def backward_hooks_are_called_once(notes: int) -> Outcome:
    """A backward hook is called once for each pass through the module.

    Judged is the number of notes that it took, two a call.
    """
    return Exactly(notes)


@clause("nn.Sequential", covers="modules.containers")
def a_sequence_feeds_each_output_on(result: Array) -> Outcome:
    """A sequence calls its modules in order, each with the output of the one before; a slice is a sequence of
    the same modules."""
    return Exactly(result)


@clause(
    "nn.Sequential; nn.ModuleList; nn.ModuleDict; nn.ParameterList; nn.ParameterDict",
    covers="modules.containers",
)
def containers_register_their_members(names: Sequence[str]) -> Outcome:
    """Members of a container are registered under their places or keys."""
    return _texts(names)


@clause("nn.ModuleList", covers="modules.containers", basis="observed")
def a_list_of_modules_is_not_called() -> Outcome:
    """A list of modules has no `forward`."""
    return Raises("NotImplementedError")


@clause("torch.nn.Module; nn.Sequential", covers="modules.repr")
def modules_print_their_children(text: str) -> Outcome:
    """A module prints its class with what configures it, and each child on a line of its own behind its
    name."""
    return Exactly(text)


@clause("torch.nn.Module.get_submodule; torch.nn.Module.get_parameter", covers="modules.get-set-attr")
def paths_lead_to_what_is_inside() -> Outcome:
    """A dotted path leads to the very submodule or parameter that is registered there."""
    return Exactly(True)


@clause("torch.nn.Module.get_submodule; torch.nn.Module.get_parameter", covers="modules.get-set-attr")
def unknown_names_are_attribute_errors() -> Outcome:
    """An attribute or path that is not there, or was deleted, is an error of attribute."""
    return Raises("AttributeError")


@clause("torch.nn.Module", covers="modules.deepcopy", basis="observed")
def deep_copies_are_independent(value: Array) -> Outcome:
    """A deep copy has parameters of the same values in memory of its own."""
    return Exactly(value)


@clause(
    "torch.nn.Module.register_load_state_dict_post_hook; torch.nn.Module.register_state_dict_pre_hook",
    covers="modules.state-dict-prefix-hooks",
    level="extended",
)
def hooks_run_around_saving_and_loading(calls: Sequence[Any]) -> Outcome:
    """Hooks registered for it run before the state is saved and after it is loaded.

    Judged is the list of their calls.
    """
    return Each(tuple(map(Exactly, calls)))


@clause("nn.LazyLinear", covers="modules.lazy", level="extended")
def lazy_layers_take_sizes_from_their_first_input(names: Any) -> Outcome:
    """A lazy layer gets its number of input features from the first input and becomes an ordinary layer."""
    return Exactly(names)
