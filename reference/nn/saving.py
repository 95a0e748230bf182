"""What a module saves and how it is loaded. Sources: ``torch.nn.Module.state_dict``, ``load_state_dict``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..autograd.graph import Handle
from ..autograd.modes import no_grad
from ..parameters import Parameter
from .hooks import registered


class IncompatibleKeys(NamedTuple):
    """The keys that a module wants and was not given, and those it was given and has no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def _own_state(module: Any) -> Iterator[tuple[str, Any]]:
    yield from ((name, value) for name, value in module._parameters.items() if value is not None)
    for name, value in module._buffers.items():
        if value is not None and name not in module._non_persistent_buffers_set:
            yield name, value


def state_dict(self: Any, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
    """Return parameters and persistent buffers by path; they share memory with the module's own."""
    found = OrderedDict() if destination is None else destination
    for hook in list(self._state_dict_pre_hooks.values()):
        hook(self, prefix, keep_vars)
    for name, value in list(_own_state(self)):
        found[prefix + name] = value if keep_vars else value.detach()
    for name, child in self._modules.items():
        if child is not None:
            child.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in list(self._state_dict_hooks.values()):
        hook(self, found, prefix, {})
    return found


def load_own(
    self: Any,
    state: Mapping[str, Any],
    prefix: str,
    assign: bool,
    missing: list[str],
    errors: list[str],
) -> None:
    """Copy into one module's own tensors, or put others in their place."""
    for name, value in list(_own_state(self)):
        key = prefix + name
        if key not in state:
            missing.append(key)
            continue
        given = state[key]
        if given.shape != value.shape:
            errors.append(
                f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
                f"the shape in current model is {value.shape}."
            )
        elif assign:
            wanted = isinstance(value, Parameter)
            setattr(self, name, Parameter(given, value.requires_grad) if wanted else given)
        else:
            with no_grad():
                value.copy_(given)


def load_state_dict(
    self: Any, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
) -> Any:
    """Copy saved tensors into the module's own.

    Raises
    ------
    TypeError
        For what is no mapping.
    RuntimeError
        Where shapes differ, and if strict where keys are missing or unexpected.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    state = OrderedDict(state_dict)
    errors: list[str] = []
    keys = IncompatibleKeys([], [])
    known: set[str] = set()
    for path, module in self.named_modules(remove_duplicate=False):
        prefix = f"{path}." if path else ""
        for hook in list(module._load_state_dict_pre_hooks.values()):
            hook(module, state, prefix, {}, strict, keys.missing_keys, keys.unexpected_keys, errors)
        module._load_from_state_dict(state, prefix, assign, keys.missing_keys, errors)
        known |= {prefix + name for name, _ in _own_state(module)}
    keys.unexpected_keys.extend(key for key in state if key not in known)
    for module in reversed(list(self.modules())):
        for hook in list(module._load_state_dict_post_hooks.values()):
            hook(module, keys)
    if strict:
        for what, names in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
            if names:
                listed = ", ".join(f'"{name}"' for name in names)
                errors.insert(0, f"{what} key(s) in state_dict: {listed}. ")
    if errors:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(errors)
        )
    return keys


def register_state_dict_post_hook(self: Any, hook: Any) -> Handle:
    """Call ``hook(module, state_dict, prefix, local_metadata)`` after saving."""
    return registered(self._state_dict_hooks, hook)


def register_state_dict_pre_hook(self: Any, hook: Any) -> Handle:
    """Call ``hook(module, prefix, keep_vars)`` before saving."""
    return registered(self._state_dict_pre_hooks, hook)


def register_load_state_dict_pre_hook(self: Any, hook: Any) -> Handle:
    """Call a hook with the module, the state and the lists of what is wrong before loading."""
    return registered(self._load_state_dict_pre_hooks, hook)


def register_load_state_dict_post_hook(self: Any, hook: Any) -> Handle:
    """Call ``hook(module, incompatible_keys)`` after loading."""
    return registered(self._load_state_dict_post_hooks, hook)
