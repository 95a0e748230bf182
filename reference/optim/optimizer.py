"""What the optimizers share: groups of parameters, their state, the course of a step. Source: ``optim``."""

from __future__ import annotations

import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..autograd.modes import enable_grad, set_grad_enabled
from ..dispatch import ops
from ..tensor import Tensor

Group = dict[str, Any]
State = dict[str, Any]


class Handle:
    """What removes a hook."""

    def __init__(self, hooks: OrderedDict[int, Any]) -> None:
        self._hooks = hooks
        self._key = max(hooks, default=-1) + 1

    def register(self, hook: Any) -> Handle:
        self._hooks[self._key] = hook
        return self

    def remove(self) -> None:
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Optimizer:
    """A rule that moves parameters along their gradients.

    Parameters
    ----------
    params : iterable
        Tensors, pairs of a name and a tensor, or dicts of ``params`` and options.
    defaults : dict
        The options of groups that do not give their own.

    Raises
    ------
    TypeError
        For a tensor in the place of an iterable, and for what is no tensor.
    ValueError
        Where there is no parameter, or one that is no leaf, or one twice.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._pre_hooks: OrderedDict[int, Any] = OrderedDict()
        self._post_hooks: OrderedDict[int, Any] = OrderedDict()
        self._opt_called = False
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + params.type()
            )
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    # Groups.

    def add_param_group(self, param_group: Group) -> None:
        """Append a group; the options it does not give are the constructor's."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of "
                "tensors in sets will change between runs. Please use a list instead."
            )
        listed = [params] if isinstance(params, Tensor) else list(params)
        if listed and all(isinstance(one, tuple) for one in listed):
            param_group["param_names"] = [name for name, _ in listed]
            listed = [tensor for _, tensor in listed]
        param_group["params"] = listed
        self._check_members(listed)
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        known = {id(one) for group in self.param_groups for one in group["params"]}
        if known & {id(one) for one in listed}:
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def _check_members(self, listed: list[Any]) -> None:
        for one in listed:
            if not isinstance(one, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(one).__name__}"
                )
            if not self.defaults.get("differentiable") and not (one.is_leaf or one.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        if len({id(one) for one in listed}) < len(listed):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause "
                "an error",
                UserWarning,
                stacklevel=4,
            )

    # The course of a step.

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; return the closure's loss, None without one."""
        args: tuple[Any, ...] = () if closure is None else (closure,)
        for hook in list(self._pre_hooks.values()):
            changed = hook(self, args, {})
            if changed is not None:
                args, _ = changed
        result = self._take(*args)
        for hook in list(self._post_hooks.values()):
            hook(self, args, {})
        self._opt_called = True
        return result

    def _take(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        with set_grad_enabled(bool(self.defaults.get("differentiable"))):
            if closure is not None:
                with enable_grad():
                    loss = closure()
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        self._move(parameter, parameter.grad, group)
        return loss

    def _move(self, parameter: Tensor, gradient: Tensor, group: Group) -> None:
        state = self.state[parameter]
        if parameter.dtype.is_complex:
            parameter, gradient = ops.view_as_real(parameter), ops.view_as_real(gradient)
        self.update(parameter, gradient, state, group)

    def update(self, p: Tensor, g: Tensor, state: State, group: Group) -> None:
        """Move one parameter; a complex one comes as its real and imaginary parts."""
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Take the gradients of all parameters away, or fill them with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if set_to_none:
                    parameter.grad = None
                    continue
                parameter.grad = parameter.grad.detach()
                parameter.grad.zero_()

    # Saving.

    def state_dict(self) -> dict[str, Any]:
        """Return the state by the numbers of the parameters, and the groups."""
        numbers = {id(one): number for number, one in enumerate(self._parameters())}
        groups = [
            {**group, "params": [numbers[id(one)] for one in group["params"]]} for group in self.param_groups
        ]
        groups = [{**_options(group), "params": group["params"]} for group in groups]
        state = {numbers.get(id(one), one): kept for one, kept in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the options and the state that another optimizer saved.

        Raises
        ------
        ValueError
            Where the number of groups, or of parameters in a group, is another one.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(self.param_groups, saved, strict=True))
        if any(len(own["params"]) != len(other["params"]) for own, other in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        numbers = [number for group in saved for number in group["params"]]
        by_number = dict(zip(numbers, self._parameters(), strict=True))
        self.state = defaultdict(dict)
        for number, kept in state_dict["state"].items():
            owner = by_number[number]
            self.state[owner] = {name: _converted(name, value, owner) for name, value in kept.items()}
        self.param_groups = [self._restored(own, other) for own, other in pairs]

    def _restored(self, own: Group, saved: Group) -> Group:
        group = {**saved, "params": own["params"]}
        if "param_names" in own and "param_names" not in saved:
            group["param_names"] = own["param_names"]
        return group

    def _parameters(self) -> list[Tensor]:
        return [one for group in self.param_groups for one in group["params"]]

    # Hooks.

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        return Handle(self._pre_hooks).register(hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        return Handle(self._post_hooks).register(hook)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _options(group: Group) -> Group:
    return {name: value for name, value in group.items() if name != "params"}


def _converted(name: str, value: Any, owner: Tensor) -> Any:
    """Return a saved value in the type of its parameter; counts of steps keep theirs."""
    if not isinstance(value, Tensor) or name == "step" or not owner.dtype.is_floating_point:
        return value
    return value.to(owner.dtype)


# Checks and beginnings that the rules share.


def check_not_negative(**options: float) -> None:
    """Raise ValueError for an option below zero; names have blanks in the place of underscores."""
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {_TITLES.get(name, name + ' value')}: {value}")


_TITLES = {"lr": "learning rate", "eps": "epsilon value", "momentum": "momentum value"}


def check_betas(betas: tuple[float, float]) -> None:
    """Raise ValueError for a rate outside 0 to 1, 1 excluded."""
    for place, rate in enumerate(betas):
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"Invalid beta parameter at index {place}: {rate}")


def check_implementation(foreach: bool | None, fused: bool | None, differentiable: bool = False) -> None:
    """Raise RuntimeError where what is asked for excludes the rest."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def begin(state: State, p: Tensor, *names: str) -> None:
    """Before the first step, make the count and a zero for each name in the layout of the parameter."""
    if not state:
        state["step"] = ops.tensor(0.0, dtype=dtypes.float32)
        for name in names:
            state[name] = ops.zeros_like(p)


def count_step(state: State) -> int:
    """Count a step and return its number."""
    state["step"] += 1
    return int(state["step"].item())


def wanted(p: Tensor, g: Tensor, group: Group) -> Tensor:
    """Return the gradient to follow: turned around to climb, with the decay as a term of its own."""
    if group["maximize"]:
        g = ops.neg(g)
    if group["weight_decay"]:
        g = g.add(p, alpha=group["weight_decay"])
    return g
