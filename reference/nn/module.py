"""``torch.nn.Module``. Sources: ``torch.nn.Module``, ``notes/modules``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from .. import devices
from ..dispatch import ops
from ..dtypes import dtype as Dtype  # noqa: N812 (a class with torch's name)
from ..parameters import Parameter
from ..tensor import Tensor
from . import hooks, saving
from .text import module_text

_STORES = ("_parameters", "_buffers", "_modules")


class Module:
    """Something with parameters, buffers and submodules, that is called.

    Assigning a `Parameter` or a `Module` registers it; other values are plain attributes.
    """

    __module__ = "torch.nn"
    training: bool
    forward: Callable[..., Any]

    def __init__(self) -> None:
        fresh: dict[str, Any] = {
            "training": True,
            "_parameters": {},
            "_buffers": {},
            "_modules": {},
            "_non_persistent_buffers_set": set(),
            **{name: OrderedDict() for name in hooks.STORES},
        }
        for name, value in fresh.items():
            object.__setattr__(self, name, value)

    # Registration.

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._ready("parameters")
            self._remove(name)
            self.register_parameter(name, value)
        elif name in self.__dict__.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as parameter '{name}' "
                    "(torch.nn.Parameter or None expected)"
                )
            self._parameters[name] = None
        elif isinstance(value, Module):
            self._ready("module")
            self._remove(name)
            self._modules[name] = value
        elif name in self.__dict__.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as child module '{name}' "
                    "(torch.nn.Module or None expected)"
                )
            self._modules[name] = None
        elif name in self.__dict__.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def _ready(self, what: str) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")

    def _remove(self, name: str) -> None:
        self.__dict__.pop(name, None)
        for store in _STORES:
            self.__dict__[store].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name: str) -> Any:
        for store in _STORES:
            held = self.__dict__.get(store)
            if held is not None and name in held:
                return held[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for store in _STORES:
            if name in self.__dict__[store]:
                del self.__dict__[store][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        held = [name for store in _STORES for name in self.__dict__[store]]
        return sorted({*dir(type(self)), *self.__dict__, *held})

    def _check_name(self, kind: str, name: str, store: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[store]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Register a parameter, or None to keep its name.

        Raises
        ------
        AttributeError
            Before ``Module.__init__()`` has run.
        KeyError
            For a name with a dot, an empty one or one that is taken.
        TypeError
            For what is no `Parameter`.
        ValueError
            For one that an operation made.
        """
        self._ready("parameter")
        self._check_name("parameter", name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(f"Cannot assign non-leaf Tensor to parameter '{name}'.")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Register a tensor that is state but is not learned; it is saved if persistent."""
        self._ready("buffer")
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Register a submodule."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_name("module", name, "_modules")
        self._modules[name] = module

    register_module = add_module

    # What is inside.

    def children(self) -> Iterator[Module]:
        for _, module in self.named_children():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self) -> Iterator[Module]:
        for _, module in self.named_modules():
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield this module, then those inside it, depth first."""
        seen = set() if memo is None else memo
        if self in seen:
            return
        if remove_duplicate:
            seen.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                inner = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(seen, inner, remove_duplicate)

    def _members(
        self, store: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        holders = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in holders:
            for name, value in module.__dict__[store].items():
                if value is None or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                yield f"{path}.{name}" if path else name, value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield parameters with their paths, each once, own ones first."""
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def get_submodule(self, target: str) -> Module:
        """Return the module at a dotted path; AttributeError where there is none."""
        module = self
        for name in target.split(".") if target else []:
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def _at(self, target: str, store: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module.__dict__[store]:
            raise AttributeError(f"`{name}` is not {what}")
        return getattr(module, name)

    def get_parameter(self, target: str) -> Any:
        """Return the parameter at a dotted path; AttributeError where there is none."""
        return self._at(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target: str) -> Any:
        return self._at(target, "_buffers", "a buffer")

    # What changes all that is inside.

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call a function on every module inside, children first, and on this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Set the mode of this module and of all inside."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros in place."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    def _convert(self, change: Callable[[Tensor], Tensor], recurse: bool = True) -> Module:
        for module in self.modules() if recurse else [self]:
            for parameter in module._parameters.values():
                if parameter is None:
                    continue
                parameter.data = change(parameter.data)
                if parameter.grad is not None:
                    grad = change(parameter.grad.data)
                    parameter.grad = None
                    parameter.grad = grad
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = change(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Convert floating parameters and buffers in place, and move all of them to a device.

        Raises
        ------
        TypeError
            For a data type that is neither floating nor complex.
        """
        given = [*args, *kwargs.values()]
        kind = next((one for one in given if isinstance(one, Dtype)), None)
        kind = next((one.dtype for one in given if isinstance(one, Tensor)), kind)
        if kind is not None and not kind.is_differentiable:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={kind}"
            )
        place = next((devices.checked(one) for one in given if isinstance(one, str | devices.device)), None)
        place = next((one.device for one in given if isinstance(one, Tensor)), place)

        def change(one: Tensor) -> Tensor:
            to_kind = kind if one.dtype.is_differentiable else None
            return one.to(device=place, dtype=to_kind)  # type: ignore[no-any-return]

        return self if kind is None and place is None else self._convert(change)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Module:
        """Give parameters and buffers unspecified elements on a device, in place."""
        return self._convert(lambda one: ops.empty_like(one, device=devices.wanted(device)), recurse)

    def type(self, dst_type: Any) -> Module:
        return self._convert(lambda one: one.to(dst_type))

    def float(self) -> Module:
        return self._convert(lambda one: one.float() if one.is_floating_point() else one)

    def double(self) -> Module:
        return self._convert(lambda one: one.double() if one.is_floating_point() else one)

    def half(self) -> Module:
        return self._convert(lambda one: one.half() if one.is_floating_point() else one)

    def bfloat16(self) -> Module:
        return self._convert(lambda one: one.bfloat16() if one.is_floating_point() else one)

    def cpu(self) -> Module:
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Module:
        return self.to("cuda" if device is None else device)

    # Saving, calling, hooks, text.

    state_dict = saving.state_dict
    load_state_dict = saving.load_state_dict
    _load_from_state_dict = saving.load_own
    register_state_dict_post_hook = saving.register_state_dict_post_hook
    register_state_dict_pre_hook = saving.register_state_dict_pre_hook
    register_load_state_dict_pre_hook = saving.register_load_state_dict_pre_hook
    register_load_state_dict_post_hook = saving.register_load_state_dict_post_hook
    register_forward_pre_hook = hooks.register_forward_pre_hook
    register_forward_hook = hooks.register_forward_hook
    register_full_backward_hook = hooks.register_full_backward_hook
    register_full_backward_pre_hook = hooks.register_full_backward_pre_hook
    __call__ = hooks.call

    def forward(self, *input: Any) -> Any:  # type: ignore[no-redef]
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def extra_repr(self) -> str:
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return module_text(self)
