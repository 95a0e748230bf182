"""Faults of what modules register, list, save, load and convert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.nn.module import Module
from tensorcanon.reference.parameters import Parameter
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import modules as m

from .changes import always, forcing
from .modules_calls import CALLS, on_module
from .mutant import attribute, mutant


def _initialised_late(original: Any) -> Any:
    def ready(self: Any, what: str) -> None:
        if "_parameters" not in self.__dict__:
            Module.__init__(self)

    return ready


def _registering(allowed: Callable[[Any, str], bool]) -> Callable[[Any], Any]:
    """Let ordinary tensors become parameters under some names."""

    def make(original: Any) -> Any:
        def assign(self: Any, name: str, value: Any) -> None:
            plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
            original(self, name, Parameter(value) if plain and allowed(self, name) else value)

        return assign

    return make


def _as_parameters(original: Any) -> Any:
    def register(self: Any, name: str, param: Any) -> None:
        plain = isinstance(param, Tensor) and not isinstance(param, Parameter)
        original(self, name, Parameter(param) if plain else param)

    return register


def _by_name(original: Any) -> Any:
    return lambda self, *args: iter(sorted(original(self, *args)))


def _shared_often(original: Any) -> Any:
    return lambda self, store, prefix, recurse, remove: original(self, store, prefix, recurse, False)


def _children_first(original: Any) -> Any:
    def members(self: Any, store: str, prefix: str, recurse: bool, remove: bool) -> Any:
        found = list(original(self, store, prefix, recurse, remove))
        return iter(sorted(found, key=lambda pair: -pair[0].count(".")))

    return members


def _last_to_first(original: Any) -> Any:
    return lambda self, *args, **kwargs: iter(list(original(self, *args, **kwargs))[::-1])


def _without_itself(original: Any) -> Any:
    def named(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (pair for pair in original(self, *args, **kwargs) if pair[1] is not self)

    return named


def _always_kept(original: Any) -> Any:
    return lambda self, name, tensor, persistent=True: original(self, name, tensor)


def _kept_only(original: Any) -> Any:
    def named(self: Any, *args: Any, **kwargs: Any) -> Any:
        own = self._non_persistent_buffers_set
        return (pair for pair in original(self, *args, **kwargs) if pair[0] not in own)

    return named


def _cloned(original: Any) -> Any:
    def state(self: Any, **options: Any) -> Any:
        found = original(self, **options)
        found.update({name: value.clone() for name, value in found.items()})
        return found

    return state


def _shared_once(original: Any) -> Any:
    def state(self: Any, **options: Any) -> Any:
        found = original(self, **options)
        seen: set[int] = set()
        for name, value in list(found.items()):
            if id(value.storage) in seen:
                del found[name]
            seen.add(id(value.storage))
        return found

    return state


def _told_of_the_top_only(original: Any) -> Any:
    def load(self: Any, *args: Any, **kwargs: Any) -> Any:
        keys = original(self, *args, **kwargs)
        return type(keys)(*([name for name in names if "." not in name] for names in keys))

    return load


def _other_shapes_skipped(original: Any) -> Any:
    return lambda self, state, prefix, assign, missing, errors: original(
        self, state, prefix, assign, missing, []
    )


def _all_converted(original: Any) -> Any:
    return lambda self, dtype: self._convert(lambda one: one.to(dtype))


def _own_only(original: Any) -> Any:
    return lambda self, change, recurse=True: original(self, change, False)


def _new_parameters(original: Any) -> Any:
    def convert(self: Any, change: Any, recurse: bool = True) -> Any:
        original(self, change, recurse)
        for module in self.modules():
            for name, one in module._parameters.items():
                module._parameters[name] = None if one is None else Parameter(one.data)
        return self

    return convert


def _anything_accepted(original: Any) -> Any:
    def to(self: Any, dtype: Any) -> Any:
        return original(self, dtype) if dtype.is_floating_point else self

    return to


def _first_step(original: Any) -> Any:
    return lambda self, target: original(self, target.partition(".")[0])


def _whatever_is_there(original: Any) -> Any:
    def at(self: Any, target: str, store: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        return getattr(self.get_submodule(path), name)

    return at


def _left_as_none(original: Any) -> Any:
    def delete(self: Any, name: str) -> None:
        for store in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[store]:
                self.__dict__[store][name] = None

    return delete


def _shallow(original: Any) -> Any:
    """Copy the structure of a module, whose parameters share memory with the original's."""

    def copied(self: Any, memo: Any) -> Any:
        return Parameter(self, self.requires_grad)

    return copied


REGISTRATION = (
    mutant(
        "modules_initialise_themselves_late",
        m.a_class_must_initialise_its_base_first,
        on_module("_ready", _initialised_late),
    ),
    mutant(
        "tensors_are_registered",
        m.assigned_parameters_are_registered,
        on_module("__setattr__", _registering(lambda self, name: name not in self._buffers)),
    ),
    mutant(
        "tensors_replace_parameters",
        m.a_tensor_cannot_replace_a_parameter,
        on_module(
            "__setattr__", _registering(lambda self, name: name in self.__dict__.get("_parameters", ()))
        ),
    ),
    mutant(
        "none_is_not_registered",
        m.a_reserved_name_is_none,
        on_module("register_parameter", lambda o: lambda self, n, p: None if p is None else o(self, n, p)),
    ),
    mutant("any_name_is_taken", m.names_and_parameters_are_checked, on_module("_check_name", always(None))),
    mutant(
        "registered_tensors_become_parameters",
        m.names_and_parameters_are_checked,
        on_module("register_parameter", _as_parameters),
    ),
    mutant(
        "members_sorted_by_name",
        (
            m.assigned_parameters_are_registered,
            m.parameters_can_be_registered_by_name,
            m.parameters_are_listed_in_the_order_of_registration,
        ),
        on_module("_members", _by_name),
    ),
    mutant(
        "shared_parameters_listed_often",
        m.parameters_are_listed_in_the_order_of_registration,
        on_module("_members", _shared_often),
    ),
    mutant(
        "members_of_children_listed_first",
        m.parameters_are_listed_in_the_order_of_registration,
        on_module("_members", _children_first),
    ),
    mutant(
        "modules_listed_from_the_last",
        m.modules_are_listed_with_themselves_first,
        on_module("named_modules", _last_to_first),
    ),
    mutant(
        "modules_listed_without_themselves",
        m.modules_are_listed_with_themselves_first,
        on_module("named_modules", _without_itself),
    ),
    mutant(
        "passing_buffers_not_listed",
        m.buffers_are_state_that_is_not_learned,
        on_module("named_buffers", _kept_only),
    ),
    mutant("all_buffers_saved", m.the_state_has_every_name, on_module("register_buffer", _always_kept)),
    mutant(
        "deleted_names_stay_as_none",
        m.unknown_names_are_attribute_errors,
        on_module("__delattr__", _left_as_none),
    ),
    mutant(
        "paths_end_after_one_step", m.paths_lead_to_what_is_inside, on_module("get_submodule", _first_step)
    ),
    mutant(
        "any_attribute_is_a_parameter",
        m.unknown_names_are_attribute_errors,
        on_module("_at", _whatever_is_there),
    ),
)

STATE = (
    mutant("the_state_is_cloned", m.the_state_shares_memory, on_module("state_dict", _cloned)),
    mutant("shared_parameters_saved_once", m.the_state_has_every_name, on_module("state_dict", _shared_once)),
    mutant(
        "loading_always_assigns",
        m.loading_copies_into_the_modules_own_tensors,
        on_module("load_state_dict", forcing(assign=True)),
    ),
    mutant(
        "loading_never_assigns",
        m.assigning_loads_take_the_given_tensors,
        on_module("load_state_dict", forcing(assign=False)),
    ),
    mutant(
        "loading_is_never_strict",
        m.strict_loading_wants_the_same_keys,
        on_module("load_state_dict", forcing(strict=False)),
    ),
    mutant(
        "loading_tells_of_the_top_only",
        m.loading_tells_missing_and_unexpected_keys,
        on_module("load_state_dict", _told_of_the_top_only),
    ),
    mutant(
        "loading_skips_other_shapes",
        m.loading_wants_the_same_shapes,
        on_module("_load_from_state_dict", _other_shapes_skipped),
    ),
    mutant(
        "copied_modules_share_memory",
        m.deep_copies_are_independent,
        attribute("tensor:Tensor.__deepcopy__", _shallow),
    ),
)

CONVERSION = (
    mutant("integers_are_converted", m.conversion_changes_floating_state, on_module("to", _all_converted)),
    mutant(
        "conversion_stops_at_the_top", m.conversion_changes_floating_state, on_module("_convert", _own_only)
    ),
    mutant(
        "conversion_breaks_ties",
        m.conversion_keeps_parameters_the_same_objects,
        on_module("_convert", _new_parameters),
        fault="pytorch/xla#1247",
    ),
    mutant(
        "modules_ignore_integer_types",
        m.modules_convert_to_floating_types_only,
        on_module("to", _anything_accepted),
    ),
)

MUTANTS = (*REGISTRATION, *STATE, *CONVERSION, *CALLS)
