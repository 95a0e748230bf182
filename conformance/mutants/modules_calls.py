"""Faults of what modules pass on to all that is inside, of hooks, containers and text."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tensorcanon.spec import modules as m

from .changes import always, then
from .mutant import Patch, attribute, mutant


def on_module(name: str, make: Callable[[Any], Any]) -> Patch:
    """Replace a method of every module."""
    return attribute(f"nn.module:Module.{name}", make)


def _run_twice(original: Any) -> Any:
    """Run `forward` once more on its own result, where a class outside the namespace defines it."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        own = "forward" in vars(type(self)) and type(self).__module__ != "torch.nn"
        return self.forward(result) if own else result

    return call


def _children_in_turn(original: Any) -> Any:
    def forward(self: Any, input: Any) -> Any:
        for child in self.children():
            input = child(input)
        return input

    return forward


def _direct_children_only(original: Any) -> Any:
    def train(self: Any, mode: bool = True) -> Any:
        for module in (self, *self.children()):
            module.training = mode
        return self

    return train


def _new_zeros(original: Any) -> Any:
    def zero(self: Any, set_to_none: bool = True) -> None:
        for one in self.parameters():
            if one.grad is not None:
                one.grad = None if set_to_none else one.grad * 0

    return zero


def _parents_first(original: Any) -> Any:
    def apply(self: Any, fn: Any) -> Any:
        for module in self.modules():
            fn(module)
        return self

    return apply


def _own_flags(original: Any) -> Any:
    def set_flag(self: Any, wanted: bool = True) -> Any:
        for one in self.parameters(recurse=False):
            one.requires_grad_(wanted)
        return self

    return set_flag


def _through(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register something made of the hook in its place."""

    def make(original: Any) -> Any:
        return lambda self, hook, **options: original(self, change(hook), **options)

    return make


def _unheard(hook: Any) -> Any:
    def call(*args: Any) -> None:
        hook(*args)

    return call


def _unremovable(original: Any) -> Any:
    def registered(store: Any, hook: Any, **options: Any) -> Any:
        original(store, hook, **options)
        return original(OrderedDict(), hook)

    return registered


def _sides_swapped(hook: Any) -> Any:
    return lambda module, inputs, outputs: hook(module, outputs, inputs)


def _called_again(hook: Any) -> Any:
    return lambda *args: (hook(*args), hook(*args))[1]


def _last_first(original: Any) -> Any:
    def forward(self: Any, input: Any) -> Any:
        for module in reversed(list(self)):
            input = module(input)
        return input

    return forward


def _ends_included(original: Any) -> Any:
    def item(self: Any, index: Any) -> Any:
        if isinstance(index, slice) and index.stop is not None:
            index = slice(index.start, index.stop + 1, index.step)
        return original(self, index)

    return item


def _sorted_update(original: Any) -> Any:
    return lambda self, modules: original(self, dict(sorted(dict(modules).items())))


def _lazy_still(original: Any) -> Any:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        self.in_features = 0
        return result

    return call


CALLS = (
    mutant("forward_runs_twice", m.calling_a_module_runs_forward, on_module("__call__", _run_twice)),
    mutant(
        "forward_defaults_to_the_children",
        (m.a_module_without_forward_cannot_be_called, m.a_list_of_modules_is_not_called),
        on_module("forward", _children_in_turn),
    ),
    mutant(
        "modes_reach_direct_children_only",
        m.the_mode_reaches_every_module_inside,
        on_module("train", _direct_children_only),
    ),
    mutant("train_returns_none", m.changes_return_the_module, on_module("train", then(lambda module: None))),
    mutant("conversion_returns_a_copy", m.changes_return_the_module, on_module("to", then(copy.copy))),
    mutant(
        "zero_grad_fills_by_default",
        m.zero_grad_forgets_gradients,
        on_module("zero_grad", lambda o: lambda self, set_to_none=False: o(self, set_to_none)),
    ),
    mutant(
        "zeroed_gradients_are_new", m.gradients_can_be_zeroed_in_place, on_module("zero_grad", _new_zeros)
    ),
    mutant(
        "functions_reach_parents_first",
        m.a_function_is_applied_to_children_first,
        on_module("apply", _parents_first),
    ),
    mutant(
        "flags_stop_at_the_top", m.the_flag_is_set_on_every_parameter, on_module("requires_grad_", _own_flags)
    ),
    mutant(
        "arguments_are_not_replaced",
        m.hooks_before_forward_may_replace_the_arguments,
        on_module("register_forward_pre_hook", _through(_unheard)),
    ),
    mutant(
        "outputs_are_not_replaced",
        m.hooks_after_forward_may_replace_the_output,
        on_module("register_forward_hook", _through(_unheard)),
    ),
    mutant(
        "hooks_stay",
        (m.hooks_before_forward_may_replace_the_arguments, m.hooks_after_forward_may_replace_the_output),
        attribute("nn.hooks:registered", _unremovable),
    ),
    mutant(
        "backward_hooks_mix_up_the_sides",
        m.backward_hooks_see_the_gradients,
        on_module("register_full_backward_hook", _through(_sides_swapped)),
    ),
    mutant(
        "backward_hooks_replace_nothing",
        m.backward_hooks_may_replace_the_gradient,
        on_module("register_full_backward_hook", _through(_unheard)),
    ),
    mutant(
        "backward_hooks_run_twice",
        m.backward_hooks_are_called_once,
        on_module("register_full_backward_hook", _through(_called_again)),
    ),
    mutant(
        "sequences_run_backwards",
        m.a_sequence_feeds_each_output_on,
        attribute("nn.containers:Sequential.forward", _last_first),
    ),
    mutant(
        "slices_include_their_end",
        m.a_sequence_feeds_each_output_on,
        attribute("nn.containers:_Listed.__getitem__", _ends_included),
    ),
    mutant(
        "keys_are_sorted",
        m.containers_register_their_members,
        attribute("nn.containers:ModuleDict.update", _sorted_update),
    ),
    mutant(
        "lists_hold_plain_tensors",
        m.containers_register_their_members,
        attribute("nn.containers:_as_parameter", lambda o: lambda value: value),
    ),
    mutant(
        "text_is_not_indented",
        m.modules_print_their_children,
        attribute("nn.text:indented", lambda o: lambda text, width=2: text),
    ),
    mutant(
        "saving_calls_no_hooks",
        m.hooks_run_around_saving_and_loading,
        on_module("register_state_dict_pre_hook", _through(always(None))),
    ),
    mutant(
        "loading_calls_no_hooks",
        m.hooks_run_around_saving_and_loading,
        on_module("register_load_state_dict_post_hook", _through(always(None))),
    ),
    mutant(
        "lazy_layers_do_not_tell_their_size",
        m.lazy_layers_take_sizes_from_their_first_input,
        attribute("nn.linear:LazyLinear.__call__", _lazy_still),
    ),
)
